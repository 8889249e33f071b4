"""Reads notebooks that were handed in."""

import hashlib
from typing import IO, Any

import numpy as np

from grader.submission import (
    LARGEST,
    Cell,
    Notebook,
    UnreadableError,
    read,
    strip,
    without_pictures,
)

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


def answers(file: IO[bytes], release: IO[bytes], *others: IO[bytes]) -> bool:
    """Tell whether a notebook has an answer that stands neither in the release nor in others.

    An answer is what is written for a question of the release, comments not counted.
    """
    own, *known = (read(_whole(each)) for each in (file, release, *others))
    cells = known[0].cells
    questions = {cell.question for cell in cells if cell.kind == "code" and not cell.check}
    questions |= {cell.written for cell in cells if cell.kind != "code"}
    return any(_is_new(cell, q, known) for q in questions if q for cell in _answering(own, q))


def _answering(one: Notebook, question: str) -> list[Cell]:
    return [*one.answers(question), *one.essays(question)]


def _is_new(cell: Cell, question: str, known: list[Notebook]) -> bool:
    every = (each for one in known for each in _answering(one, question))
    return bool(cell.text or cell.pictures) and not any(_same(cell, each) for each in every)


def _same(cell: Cell, other: Cell) -> bool:
    if cell.kind == "code":
        return cell.same(other)
    return (cell.text.split(), cell.pictures) == (other.text.split(), other.pictures)


def _whole(file: IO[bytes]) -> bytes:
    content = bytearray()
    while block := file.read(BLOCK):
        content += block
        if len(content) > LARGEST:
            raise UnreadableError("too large")
    return bytes(content)
