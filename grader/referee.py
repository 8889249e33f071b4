"""Grades a submission: stands between the student's sandbox and the judge, and watches both.

Two processes that know nothing of each other: the student's interpreter, which never sees a
check, and the confined judge, which holds the checks and the seed and reads what the student
wrote. Here, messages between them are passed on unread, limits are held, and the judge's result
is checked for size and form.

`grade` depends on its arguments alone: it may run on any machine that has bubblewrap and the
Python environment.
"""

import math
import re
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from grader import wire
from grader.confined import WORDS, Child, FaultError, shared
from grader.confined_tasks.judging import CLOSE, OPEN, TRANSFER, USED, WANT
from grader.exchange import LostError
from grader.line import ASK, RESULT
from grader.questions import Assignment, from_source
from grader.sandbox import MIB, Limits, find_mode
from grader.session import Session
from grader.submission import UnreadableError

JUDGE_SECONDS = 60.0  # of processor time for all that the judge does
JUDGE_MEMORY = 1024 * MIB
MESSAGE = 16 * MIB  # bytes from the judge: the inputs of one call at most
LONGEST, DEEPEST, MOST = 4000, 6, 20_000  # characters of a text; levels and values of a result


@dataclass(frozen=True)
class Task:
    """All that grading one submission needs, as plain data that can travel.

    `problem` says why the notebook could not be read; then it is empty.
    """

    name: str
    notebook: bytes
    checks: str
    release: bytes
    seed: str
    unsafe: bool = False
    problem: str = ""


class _Sandbox:
    """The student's sandbox, opened and closed as the judge asks."""

    def __init__(self, mode: str, limits: Limits) -> None:
        self.mode, self.limits = mode, limits
        self.session: Session | None = None
        self._loss, self._used = "", (0.0, 0, 0)
        self.seconds, self.peak, self.starts = 0.0, 0, 0
        patience = limits.patience * (limits.notebook_seconds + JUDGE_SECONDS)
        self._end = time.monotonic() + patience + 60  # the judge keeps time; this is a backstop

    def __enter__(self) -> "_Sandbox":
        return self

    def __exit__(self, *unused: object) -> None:
        self._close()

    def _close(self) -> None:
        if self.session is not None:
            self.peak = max(self.peak, self.session.peak)
            self.seconds += self.session.seconds
            self.session.__exit__()
            self.session = None

    def watch(self) -> None:
        """Hold the sandbox's limits while the judge thinks; it hears of a loss when it asks."""
        if self.session is not None:
            try:
                self.session.look()
            except LostError as error:
                self._loss = str(error)
                self._used = (self.session.seconds, self.session.memory, self.session.peak)
                self._close()

    def answer(self, request: bytes) -> bytes:
        """Do what the judge asks; return the message for it."""
        if len(request) < WANT.size:
            raise LostError("lied")
        what, cpu, wall = WANT.unpack_from(request)
        if not 0 <= cpu <= wall <= 3600:
            raise LostError("lied")
        if time.monotonic() > self._end:
            raise LostError("clock")
        loss, reply = self._loss if what == TRANSFER else "", b""
        self._loss = ""
        session = self.session
        if loss:
            pass  # while the judge was thinking
        elif what == TRANSFER and session is not None:
            try:
                reply = session.transfer(request[WANT.size :], cpu, wall)
            except LostError as error:
                loss = str(error)
        elif what == OPEN and session is None:
            session = self.session = Session(self.mode, self.limits).__enter__()
            self.starts += 1
        elif what != CLOSE:
            raise LostError("lied")
        used = (session.seconds, session.memory, session.peak) if session else self._used
        if loss or what == CLOSE:
            self._close()
        return USED.pack(loss.encode(), *used) + reply


@lru_cache(maxsize=8)
def _assignment(name: str, checks: str) -> Assignment:
    return from_source(checks, name)


def grade(task: Task) -> dict[str, Any]:
    """Grade a submission; return plain data.

    Returns
    -------
    dict
        What `grade.grade_notebook` returns; and "seconds": processor time in the sandbox;
        "peak": bytes of memory seen there; "starts": how many sandboxes it took.

    Raises
    ------
    IsolationError, StartError
        If this machine cannot do it, which says nothing about the submission.
    """
    assignment = _assignment(task.name, task.checks)
    mode = "unsafe" if task.unsafe else find_mode()
    release = np.frombuffer(task.release, np.uint8)
    with ExitStack() as stack:
        sandbox = stack.enter_context(_Sandbox(mode, assignment.limits))
        if task.problem:
            result: dict[str, Any] = {"questions": [], "human": task.problem}
        else:
            child = shared(task.unsafe).open(
                "judging.grade",
                prepare=[task.name, task.checks, release],
                seconds=JUDGE_SECONDS,
                memory=JUDGE_MEMORY,
                reply=MESSAGE,
            )
            stack.callback(child.close)
            result = _result(child, sandbox, task, assignment)
    used = {"seconds": round(sandbox.seconds, 3), "peak": sandbox.peak, "starts": sandbox.starts}
    return result | used


def _result(child: Child, sandbox: _Sandbox, task: Task, assignment: Assignment) -> dict[str, Any]:
    """Pass messages on until the judge is done; return its result."""
    message = wire.encode([np.frombuffer(task.notebook, np.uint8), task.seed])
    child.watch = sandbox.watch
    try:
        kind, body = child.step(message, JUDGE_SECONDS)
        while kind == ASK:
            kind, body = child.step(sandbox.answer(body), JUDGE_SECONDS)
        if kind != RESULT or wire.is_heavy(body):
            raise LostError("lied")
        return checked(wire.decode(body), assignment)
    except (LostError, UnreadableError, wire.WireError) as loss:
        words = WORDS.get(str(loss), WORDS["lied"])
    except FaultError as fault:  # ours, but what brought it about is in this notebook
        found = re.match(r"\w{1,60}", str(fault).strip().rpartition("\n")[2])
        words = f"the grader itself failed ({found[0] if found else 'without a word'})"
    human = f"The notebook could not be graded: {words}."
    return {"questions": [], "human": human, "waited": words == WORDS["clock"]}


def checked(given: Any, assignment: Assignment) -> dict[str, Any]:
    """Return a result in which nothing is longer, deeper or of another kind than it should be.

    Raises
    ------
    LostError
        If it is not the result of this assignment.
    """
    result = _plain(given, DEEPEST, [MOST])
    questions = {question.id: question.points for question in assignment.questions}
    try:
        found = {each["question"]: each for each in result["questions"]}
        right = list(found) in ([], list(questions)) and isinstance(result["human"], str)
        right = right and len(found) == len(result["questions"])
        for name, each in found.items():
            maximum, points = questions[name], each["points"]
            right = right and each["maximum"] == maximum
            right = right and (points is None or 0 <= points <= maximum)
            right = right and isinstance(each["human"], str) and isinstance(each["lines"], list)
    except (KeyError, TypeError) as error:
        raise LostError("lied") from error
    if not right:
        raise LostError("lied")
    return result


def _plain(value: Any, depth: int, left: list[int]) -> Any:
    """Return a value of which only lists, dicts, short texts, numbers and None are left."""
    left[0] -= 1
    if depth < 0 or left[0] < 0:
        raise LostError("lied")
    if value is None or isinstance(value, bool | int) or _is_finite(value):
        return value
    if isinstance(value, str):
        text = value if len(value) <= LONGEST else f"{value[:LONGEST]} …"
        return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)
    if isinstance(value, list):
        return [_plain(each, depth - 1, left) for each in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key[:LONGEST]: _plain(each, depth - 1, left) for key, each in value.items()}
    raise LostError("lied")


def _is_finite(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)
