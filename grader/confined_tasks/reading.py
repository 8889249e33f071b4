"""Reads notebooks that were handed in."""

import hashlib
from typing import IO, Any

import numpy as np

from grader.submission import LARGEST, UnreadableError, read, strip, without_pictures

BLOCK = 1 << 20


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
