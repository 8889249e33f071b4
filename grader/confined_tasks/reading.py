"""Reads what was handed in: notebooks, and zip files with notebooks inside."""

import hashlib
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import IO, Any

import numpy as np

from grader.submission import LARGEST, UnreadableError, read, strip, without_pictures

MOST_MEMBERS = 20_000
MOST_INSIDE = 2 * LARGEST  # bytes of the zip files inside one, together
DEEPEST = 3  # zip files inside one another
BLOCK = 1 << 20
DAMAGE = (
    OSError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


def _handed(content: bytes) -> list[Any]:
    stripped = strip(content)
    digest = hashlib.sha256(stripped).hexdigest()
    return [np.frombuffer(stripped, np.uint8), read(stripped).assignment, digest]


def notebook(file: IO[bytes]) -> list[Any]:
    """Return a notebook's content without outputs, its assignment, and the content's digest."""
    return _handed(_whole(file))


def graded(file: IO[bytes]) -> list[Any]:
    """Return the same without pictures, which is what is graded."""
    content, assignment, _ = _handed(_whole(file))
    plain = without_pictures(content.tobytes())
    return [np.frombuffer(plain, np.uint8), assignment, hashlib.sha256(plain).hexdigest()]


def _whole(file: IO[bytes]) -> bytes:
    content = bytearray()
    while block := file.read(BLOCK):
        content += block
        if len(content) > LARGEST:
            raise UnreadableError("too large")
    return bytes(content)


def _opened(file: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except DAMAGE as error:
        raise UnreadableError("a damaged zip file") from error


def archive(file: IO[bytes]) -> list[Any]:
    """Return path, size, time and place of every file in a zip file, and in those inside it."""
    rows = []
    for row in _rows(file, "", (), [MOST_INSIDE]):
        rows.append(row)
        if len(rows) > MOST_MEMBERS:
            raise UnreadableError(f"it holds more than {MOST_MEMBERS} files")
    return rows


def _rows(
    file: IO[bytes], before: str, place: tuple[int, ...], left: list[int]
) -> Iterator[list[Any]]:
    with _opened(file) as opened:
        for number, entry in enumerate(opened.infolist()):
            if entry.is_dir():
                continue
            path, here = before + entry.filename.replace("\\", "/"), (*place, number)
            if path.lower().endswith(".zip") and len(here) < DEEPEST and not _is_hidden(path):
                try:
                    inside = _content(opened, entry, left)
                    yield from list(_rows(BytesIO(inside), f"{path}/", here, left))
                    continue
                except UnreadableError:
                    pass  # listed as a file, for a person
            yield [path, entry.file_size, list(entry.date_time), list(here)]


def _is_hidden(path: str) -> bool:
    return path.rpartition("/")[2].startswith(".") or "__MACOSX/" in path


def _content(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, left: list[int]) -> bytes:
    content = b"".join(_blocks(opened, entry))
    left[0] -= len(content)
    if left[0] < 0:
        raise UnreadableError("too large")
    return content


def _blocks(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    size = 0
    try:
        with opened.open(entry) as file:
            while block := file.read(BLOCK):
                size += len(block)
                if size > LARGEST:
                    raise UnreadableError("too large")
                yield block
    except DAMAGE as error:
        raise UnreadableError("it cannot be unpacked") from error


def _inside(file: IO[bytes], place: list[int]) -> Iterator[bytes]:
    """Yield the bytes of a file inside a zip file, or inside one inside it."""
    *outer, last = place
    for number in outer:
        with _opened(file) as opened:
            file = BytesIO(_content(opened, opened.infolist()[number], [LARGEST]))
    with _opened(file) as opened:
        yield from _blocks(opened, opened.infolist()[last])


def member(file: IO[bytes], place: list[int]) -> list[Any]:
    """Return what `notebook` does, for a notebook inside a zip file."""
    return _handed(b"".join(_inside(file, place)))


def copy(file: IO[bytes], target: IO[bytes], place: list[int]) -> int:
    """Write a file inside a zip file to `target`; return how many bytes there were."""
    size = 0
    for block in _inside(file, place):
        view = memoryview(block)
        while view:
            view = view[target.write(view) :]
        size += len(block)
    return size
