"""Grades one notebook: holds the checks and the seed, and asks for a sandbox of the student's.

It runs in the confined process, where that sandbox cannot be opened: `Relayed` passes messages
through ``referee.py``, which opens it and watches it.
"""

import struct
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any

import numpy as np

from grader.grade import grade_notebook
from grader.line import ASK, Line
from grader.questions import Assignment, Case, Question, from_source, generator
from grader.sandbox import Limits
from grader.session import Conversation, LostError
from grader.submission import Notebook, read

OPEN, TRANSFER, CLOSE = b"otc"
WANT = struct.Struct(">Bdd")  # what is wanted, seconds of the processor's time and of the clock
USED = struct.Struct(">10sdQQ")  # why it was lost, seconds, bytes of memory now and at most


class Relayed(Conversation):
    """A student's sandbox, as the confined process has it."""

    def __init__(self, line: Line, limits: Limits) -> None:
        self.line, self.limits = line, limits

    def __enter__(self) -> "Relayed":
        self._want(OPEN)
        return self

    def __exit__(self, *unused: object) -> None:
        self._want(CLOSE)

    def transfer(self, message: bytes, cpu: float, wall: float) -> bytes:
        """Send a message; return the bytes of the reply."""
        return self._want(TRANSFER, cpu, wall, message)

    def _want(self, what: int, cpu: float = 0.0, wall: float = 0.0, message: bytes = b"") -> bytes:
        self.line.send(ASK, WANT.pack(what, cpu, wall) + message)
        answer = self.line.receive()
        loss, self.seconds, self.memory, self.peak = USED.unpack_from(answer)
        if word := loss.rstrip(b"\0").decode():
            raise LostError(word)
        return answer[USED.size :]


@lru_cache(maxsize=8)
def _prepared(name: str, checks: str, release: bytes) -> tuple[Assignment, Notebook]:
    assignment = from_source(checks, name)
    for question in assignment.graded:
        for case in question.cases:
            _warm(question, case)
    return assignment, read(release)


def _warm(question: Question, case: Case) -> None:
    """Answer a question once, so that every child finds imported and read what that needs."""
    with suppress(Exception):  # it is told when a submission is graded
        if question.variable:
            question.reference()
        else:
            case.draw(generator("to get warm", question.id)).apply(question.reference)


def prepare(name: str, checks: str, release: np.ndarray) -> tuple[Assignment, Notebook]:
    """Run the checks once for all submissions: they are the instructor's."""
    return _prepared(name, checks, release.tobytes())


def grade(
    prepared: tuple[Assignment, Notebook], line: Line, content: np.ndarray, seed: str
) -> dict[str, Any]:
    """Return the result of a notebook, as `grade_notebook` does."""
    assignment, release = prepared
    mode = partial(Relayed, line)
    return grade_notebook(content.tobytes(), assignment, release, seed, mode)
