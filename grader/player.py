"""Plays a student's notebook in a sandbox: its cells first, then the calls of its functions."""

import time
from typing import Any, NamedTuple

from grader.questions import Assignment, Inputs, Question
from grader.session import Conversation, LostError, Mode, StartError, open_session
from grader.submission import Cell

# What an answer may miss where it is graded, by the runner's word for it.
LACKS = {
    "package": "a package that is not installed where it is graded",
    "file": "a file that is not there where it is graded",
    "input": "a person who types something in",
}


class Check(NamedTuple):
    """A visible check of the release."""

    name: str  # what the question asks for
    source: str
    slow: bool  # takes seconds: run only where points are lost


class Player:
    """Plays a notebook in a sandbox, and again in a new one when a sandbox is lost.

    Right behind each answer its visible check is run, as when the student ran it: `seen` says
    how it ended and `place` behind which cell. `rewind` goes back there. A later cell that binds
    the name of what works, but does not define it (a star import, a loop), takes nothing of that.

    The first `setup` cells come from the release: if one fails in a new sandbox, before a
    student's code has run, it is the machine's fault.

    `waited` says whether anything was stopped by the clock, before it had used its processor time.
    Whose fault that is, no machine can tell: it waits, or others made the machine busy.
    """

    def __init__(
        self,
        mode: Mode,
        assignment: Assignment,
        cells: list[Cell],
        checks: tuple[Check, ...] = (),
        setup: int = 0,
    ) -> None:
        self.mode, self.limits = mode, assignment.limits
        self.names = [question.name for question in assignment.graded]
        self.cells, self.end, self.setup = cells, len(cells), setup
        self.checks = {check.name: check for check in checks}
        self.errors: dict[int, dict[str, Any]] = {}  # by number of the cell
        self.lost: dict[int, str] = {}
        self.lacks: dict[str, str] = {}  # what answers miss, by name
        self.place: dict[str, int] = {}  # the last cell that defines a name, or makes it work
        self.seen: dict[str, str] = {}  # "passed", "failed", or "early": something was missing
        self.waited = False
        self.seconds = 0.0
        self.peak = 0
        self.starts = 0
        self._begun = time.monotonic()
        self._session: Conversation | None = None
        self._done = 0
        self._checked: dict[tuple[str, int], str] = {}

    def __enter__(self) -> "Player":
        return self

    def __exit__(self, *unused: object) -> None:
        self._close()

    def _close(self) -> None:
        if self._session is not None:
            self.peak = max(self.peak, self._session.peak)
            self.seconds += self._session.seconds
            self._session.__exit__(None, None, None)
            self._session = None

    def rewind(self, cells: int) -> None:
        """Go to where only the first cells have run, for what is asked from now on."""
        if self._done > cells:
            self._close()
        self.end = cells

    def play(self) -> Conversation:
        """Run the cells, going around those that kill the kernel; return the sandbox."""
        while (session := self._session) is None or self._done < self.end:
            if session is None:
                session = self._session = open_session(self.mode, self.limits).__enter__()
                self.starts += 1
                self._done = 0
            number, self._done = self._done, self._done + 1
            alive = number in self.lost or self._run(session, number)
            if alive and self._whole and self._done == self.end:
                # Cells out of order: what was missing before may be there by now.
                again = [n for n, error in self.errors.items() if error["type"] == "NameError"]
                all(self._run(session, number, last=True) for number in again)
        return session

    @property
    def _whole(self) -> bool:
        return self.end == len(self.cells)

    def _run(self, session: Conversation, number: int, last: bool = False) -> bool:
        """Run a cell and note how it ended; return whether the sandbox is still there."""
        seconds = min(self._left(), self.limits.cell_seconds)
        if seconds <= 0:
            self.lost[number] = self._spent()
            return True
        source = self.cells[number].source
        try:
            reply = session.ask("cell", seconds, source=source, keep=self.names)
        except LostError as loss:
            self.lost[number] = self._late(loss.args[0])
            self._close()
            self._blame(number, loss.args[0])
            return False
        late = self._late(reply["timeout"])
        if reply["error"] or late:
            self._blame(number, (reply["error"] or {"type": late})["type"])
        if session.full(reply):
            self.lost[number] = "memory"
            self._close()
            return False
        if not self._whole:
            return True
        self.errors.pop(number, None)
        if reply["error"]:
            self.errors[number] = reply["error"]
        elif late:
            self.lost[number] = late
        meant = self.cells[number].names(self.names)
        return self._look(session, number if not last else self.end - 1, reply["bound"], meant)

    def _blame(self, number: int, words: str) -> None:
        """Raise an error if a cell of the release's setup has failed.

        In a second sandbox it may be the student's own doing, who has used up the time.
        """
        if number < self.setup and self.starts == 1:
            raise StartError(
                f"The setup cell of the release, number {number + 1} of {self.setup}, "
                f"fails on this machine: {words}"
            )

    def _look(self, session: Conversation, number: int, bound: list[str], meant: set[str]) -> bool:
        """Run the checks of what a cell defines; return whether the sandbox is still there.

        `bound` are names that have another value now, `meant` those that the cell defines in so
        many words. What works keeps its place where a cell takes its name by the way.
        """
        changed = [name for name in self.names if name in bound]  # `bound` is the student's word
        new = [name for name in changed if name in meant or not self._stays(name)]
        early = [name for name in self.names if self.seen.get(name) == "early" and name not in new]
        for name in new:
            self.place[name] = number
            self.seen.pop(name, None)
        return all(self._check_at(session, name, number) for name in [*new, *early])

    def _stays(self, name: str) -> bool:
        """Whether an answer has a place that a cell does not take by the way."""
        slow = name in self.checks and self.checks[name].slow
        return name in self.place and (slow or self.seen.get(name) == "passed")

    def _check_at(self, session: Conversation, name: str, number: int) -> bool:
        check = self.checks.get(name)
        if check is None or check.slow:
            return True
        key = (name, number)
        if key not in self._checked:
            self._checked[key] = self._check(session, check, self.limits.call_seconds)
        self.seen[name] = self._checked[key]
        if self.seen[name] != "early":
            self.place[name] = number
        return self._session is not None

    def _check(self, session: Conversation, check: Check, seconds: float) -> str:
        seconds = min(self._left(), seconds)
        if seconds <= 0:
            return "failed"
        try:
            reply = session.ask("check", seconds, source=check.source)
        except LostError as loss:
            self._late(loss.args[0])
            self._close()
            return "failed"
        self._late(reply["timeout"])
        if session.full(reply):
            self._close()
        if reply.get("passed") is True:
            return "passed"
        return "early" if (reply["error"] or {}).get("type") == "NameError" else "failed"

    def check(self, name: str) -> bool:
        """Run a slow check now; return whether it passes."""
        if name in self.checks and self._left() > 0:
            ended = self._check(self.play(), self.checks[name], self.limits.cell_seconds)
            self.seen[name] = "passed" if ended == "passed" else "failed"
        return self.seen.get(name) == "passed"

    @property
    def _used(self) -> float:
        return self.seconds + (self._session.seconds if self._session else 0.0)

    def _left(self) -> float:
        """Return the processor time that the notebook may still use.

        Time on the clock counts too, divided by the patience: a notebook may not sleep for ever.
        """
        clock = (time.monotonic() - self._begun) / self.limits.patience
        left = self.limits.notebook_seconds - max(self._used, clock)
        if left <= 0:
            self._late(self._spent())
        return left

    def _spent(self) -> str:
        """Return what has run out when nothing is left."""
        return "time" if self._used >= self.limits.notebook_seconds else "clock"

    def _late(self, loss: str) -> str:
        """Note if it was the clock that ran out; return the loss."""
        self.waited |= loss == "clock"
        return loss

    def ask(self, do: str, question: Question, **details: Any) -> dict[str, Any]:
        """Ask about a question, from a new sandbox if the last one was lost.

        Raises
        ------
        LostError
            If the sandbox is lost by this, or the notebook has used up its time.
        """
        session = self.play() if self._left() > 0 else None
        seconds = min(self._left(), self.limits.call_seconds)
        if session is None or seconds <= 0:
            raise LostError(self._spent())
        try:
            reply = session.ask(do, seconds, name=question.name, **details)
        except LostError as loss:
            self._late(loss.args[0])
            self._close()
            raise
        if late := self._late(reply["timeout"]):
            raise LostError(late)
        if session.full(reply):
            self._close()  # the next question gets a new one
        return reply

    def call(self, question: Question, inputs: Inputs | None) -> dict[str, Any]:
        """Call the student's function, or read the variable if there are no inputs."""
        if inputs is None:
            return self.ask("value", question)
        reply = self.ask("call", question, args=list(inputs.args), kwargs=inputs.kwargs)
        if reply["lack"] in LACKS:
            self.lacks[question.name] = reply["lack"]
        return reply
