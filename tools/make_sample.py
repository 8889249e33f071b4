"""Choose the small sample of Fashion-MNIST that ships in the package: ``make derived``.

Writes the four IDX files of ``fashion_lib/sample/`` from the full data set: 600 training and
100 test images of each class, in their original order. Within a class the images with the
smallest SHA-256 are taken, which is as good as random, and the same for every version of
every library. ``--check`` writes nothing; it exits with 1 if the files differ from that.
"""

import argparse
import gzip
import hashlib
import struct
import sys
from pathlib import Path

import numpy as np

from fashion_lib import _idx, _sources
from fashion_lib.data import DataError, load_data

TRAIN_PER_CLASS, TEST_PER_CLASS = 600, 100
SALT = b"fashion_lib sample 0"  # plays the part of a seed


def choose(x: np.ndarray, y: np.ndarray, per_class: int) -> np.ndarray:
    """Return the sorted indices of `per_class` images of each class."""
    digests = np.array([hashlib.sha256(SALT + image.tobytes()).hexdigest() for image in x])
    chosen = [
        members[np.argsort(digests[members], kind="stable")[:per_class]]
        for members in (np.flatnonzero(y == label) for label in np.unique(y))
    ]
    return np.sort(np.concatenate(chosen))


def idx_bytes(values: np.ndarray) -> bytes:
    """Return uint8 images (n, rows, columns) or labels (n,) as the bytes of an IDX file."""
    header = struct.pack(f">{1 + values.ndim}I", _idx.MAGIC + values.ndim, *values.shape)
    return header + np.ascontiguousarray(values, dtype=np.uint8).tobytes()


def make_sample() -> dict[str, bytes]:
    """Return the contents of the sample's files, decompressed, by name."""
    contents = {}
    sizes = (TRAIN_PER_CLASS, TEST_PER_CLASS)
    (train, test), files = load_data(), _idx.SAMPLE
    for (x, y), per_class, names in zip((train, test), sizes, (files[:2], files[2:]), strict=True):
        chosen = choose(x, y, per_class)
        contents[names[0].name] = idx_bytes(x[chosen])
        contents[names[1].name] = idx_bytes(y[chosen])
    return contents


def differences(contents: dict[str, bytes], folder: Path) -> list[str]:
    """Say what is wrong with the files in `folder` and with the checksums in the library."""
    found = []
    for file in _idx.SAMPLE:
        expected = hashlib.sha256(contents[file.name]).hexdigest()
        if file.sha256 != expected:
            found.append(f"fashion_lib/_idx.py: SAMPLE should state {file.name} {expected}")
        try:
            if _idx.read_file(folder, file) != contents[file.name]:
                found.append(f"{file.name}.gz holds other images")
        except _idx.SourceError as error:
            found.append(str(error))
    return found


def write(contents: dict[str, bytes], folder: Path) -> None:
    """Write the files, compressed and without a time stamp, so that they stay the same."""
    for name, content in contents.items():
        with (
            (folder / f"{name}.gz").open("wb") as raw,
            gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=raw, mtime=0) as file,
        ):
            file.write(content)


def main() -> int:
    """Write or check the sample; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only compare, write nothing")
    arguments = parser.parse_args()
    try:
        contents = make_sample()
    except (DataError, ValueError) as error:
        print(f"The sample is made from the full data set. {error}", file=sys.stderr)
        return 1
    if not arguments.check:
        write(contents, _sources.SAMPLE_FOLDER)
    problems = differences(contents, _sources.SAMPLE_FOLDER)
    print(*problems, sep="\n", file=sys.stderr, end="\n" if problems else "")
    if not problems:
        print("The sample is in step with the full data set.")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
