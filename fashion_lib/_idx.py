"""The four files of Fashion-MNIST: their names, checksums and format.

The files are in the IDX format of MNIST: a big-endian header (magic number, number of
items and, for images, rows and columns), then one unsigned byte per pixel or label.
Checksums are those of the *decompressed* bytes, because publishers compress them differently.
"""

import hashlib
import os
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

MAGIC = 2048  # unsigned bytes; the number of axes is added to it
IMAGE_HEADER, LABEL_HEADER = 16, 8  # bytes
SIDE = 28  # pixels
_GZIP_START = b"\x1f\x8b"
_LARGEST_FILE = 200_000_000  # bytes: anything above is not one of our files
_DEPTH, _MOST_FILES = 3, 5_000  # how far below a folder, and how long, to look for our files
_PACKED = (".zip", ".tar", ".tgz", ".7z", ".rar")


class SourceError(Exception):
    """A source of data cannot be used; the message says why."""


@dataclass(frozen=True)
class IdxFile:
    """One file of the data set: its name, its decompressed size in bytes and its SHA-256."""

    name: str
    size: int
    sha256: str


class Edition(NamedTuple):
    """A complete data set: the files with training and test images and labels."""

    train_images: IdxFile
    train_labels: IdxFile
    test_images: IdxFile
    test_labels: IdxFile


def edition(n_train: int, n_test: int, checksums: tuple[str, str, str, str]) -> Edition:
    """Describe the four files of a data set with `n_train` and `n_test` images.

    `checksums` are the SHA-256 of the decompressed training images, training labels,
    test images and test labels.
    """
    pixels = SIDE * SIDE
    return Edition(
        IdxFile("train-images-idx3-ubyte", IMAGE_HEADER + n_train * pixels, checksums[0]),
        IdxFile("train-labels-idx1-ubyte", LABEL_HEADER + n_train, checksums[1]),
        IdxFile("t10k-images-idx3-ubyte", IMAGE_HEADER + n_test * pixels, checksums[2]),
        IdxFile("t10k-labels-idx1-ubyte", LABEL_HEADER + n_test, checksums[3]),
    )


FULL = edition(
    60_000,
    10_000,
    (
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
)

# Chosen and checked by tools/make_sample.py.
SAMPLE = edition(
    6_000,
    1_000,
    (
        "2f85b398302f60a3518bf67400221caf31967462df5daceffbf7e6d75806ed8f",
        "9f3fd2a11bb89b2735b2a21479e95f042955550dde8fea5ab5686a48d3706446",
        "07f25663b65f7b37903930dc7a4f73bb6c0618d8063dade73fb31aaad2c66d94",
        "081ea04e9a5ec7facad07f5789ec22f5a9031e2856da28e8675c0a3fa5e6d1ed",
    ),
)


def verify(content: bytes, file: IdxFile) -> None:
    """Raise `SourceError` unless `content` is, byte for byte, the decompressed `file`."""
    if len(content) != file.size:
        raise SourceError(f"{file.name} has {len(content):,} bytes instead of {file.size:,}")
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise SourceError(
            f"{file.name} has other content than the publisher's (SHA-256 differs); the digits of "
            "MNIST have files of the same names and sizes"
        )


def unpack(packed: bytes, file: IdxFile) -> bytes:
    """Return the verified content of `file`, of which `packed` is the gzip file.

    Never takes more memory than the content should, whatever the gzip file says. Content
    that is decompressed already (browsers and servers do so unasked) is accepted as well.
    """
    content = packed if len(packed) == file.size else _gunzip(packed, file)
    verify(content, file)
    return content


def _gunzip(packed: bytes, file: IdxFile) -> bytes:
    """Return the content of a gzip file, which may have several members."""
    if not packed.startswith(_GZIP_START):
        kind = "a web page" if packed.lstrip()[:1] == b"<" else "no gzip file"
        raise SourceError(f"{file.name}.gz is {kind}")
    content = b""
    while packed.startswith(_GZIP_START) and len(content) <= file.size:
        stream = zlib.decompressobj(wbits=31)  # 31: gzip header and checksum
        try:
            content += stream.decompress(packed, file.size + 1 - len(content))
        except zlib.error as error:
            raise SourceError(f"{file.name}.gz is damaged ({error})") from error
        if not stream.eof and len(content) <= file.size:
            raise SourceError(f"{file.name}.gz is cut off")
        packed = stream.unused_data
    return content


def locate_file(folder: Path, file: IdxFile) -> tuple[Path, bytes]:
    """Return where in `folder` a file is, and its verified content.

    It may have its own name, with or without ``.gz``, or one that a download or another library
    gave it (``train-images.idx3-ubyte``, ``… (1).gz``), also in folders below: the content decides.
    """
    problems: dict[str, None] = {}
    for path in _candidates(folder, file):
        try:
            if not path.is_file():
                continue
            if path.stat().st_size > _LARGEST_FILE:
                raise SourceError(f"{path.name} is too large")
            content = path.read_bytes()
            if path.suffix == ".gz" or content.startswith(_GZIP_START):
                return path, unpack(content, file)
            verify(content, file)
            return path, content
        except (SourceError, OSError) as error:
            problems[str(error)] = None
    raise SourceError("; ".join(problems) or _missing(folder, file))


def _candidates(folder: Path, file: IdxFile) -> Iterator[Path]:
    exact = [folder / file.name, folder / f"{file.name}.gz"]
    yield from exact
    part, kind, _ = file.name.split("-", 2)
    looks = re.compile(f"{part.replace('t10k', '(t10k|test)')}.?{kind}", re.IGNORECASE)
    below = (path for path in _files_below(folder) if looks.match(path.name))
    yield from sorted(path for path in below if path not in exact)


def _files_below(folder: Path) -> Iterator[Path]:
    def files() -> Iterator[Path]:
        for place, folders, names in os.walk(folder):
            if len(Path(place).relative_to(folder).parts) == _DEPTH:
                folders.clear()
            yield from (Path(place, name) for name in names)

    return islice(files(), _MOST_FILES)


def _missing(folder: Path, file: IdxFile) -> str:
    """Say that a file is missing, and what a folder has in its place."""
    names = sorted(path.name for path in _files_below(folder))
    way = ": unpack it first" if any(name.endswith(_PACKED) for name in names) else ""
    return (
        f"{file.name}.gz is missing from {folder}, which holds {', '.join(names[:3]) or 'no files'}"
        f"{way}"
    )


def read_file(folder: Path, file: IdxFile) -> bytes:
    """Return the verified content of `file` in `folder`, as `locate_file` finds it."""
    return locate_file(folder, file)[1]


def read_folder(folder: Path, expected: Edition) -> dict[str, bytes]:
    """Return the verified contents of the four files in `folder`, by name."""
    if folder.is_file():
        raise SourceError(f"{folder} is a file: name the folder that holds the four files")
    if not folder.is_dir():
        raise SourceError(f"there is no folder {folder.absolute()}")
    return {file.name: read_file(folder, file) for file in expected}


def parse(content: bytes) -> np.ndarray:
    """Return what a verified IDX file holds, as a writable uint8 array.

    Its form needs no check: only the publisher's bytes get this far.
    """
    axes = content[3]  # the last byte of the magic number
    header = 4 + 4 * axes
    shape = struct.unpack(f">{axes}I", content[4:header])
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape).copy()
