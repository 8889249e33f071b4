"""Plays a student's notebook in a sandbox: its cells first, then the calls of its functions."""

import time
from typing import Any

from grader.questions import Assignment, Inputs, Question
from grader.session import LostError, Session
from grader.submission import Cell


class Player:
    """Plays a notebook in a sandbox, and again in a new one when a sandbox is lost."""

    def __init__(self, mode: str, assignment: Assignment, cells: list[Cell]) -> None:
        self.mode, self.limits = mode, assignment.limits
        self.names = [question.name for question in assignment.graded]
        self.cells = cells
        self.errors: dict[int, dict[str, Any]] = {}  # by number of the cell
        self.lost: dict[int, str] = {}
        self.seconds = 0.0
        self.peak = 0
        self.starts = 0
        self._begun = time.monotonic()
        self._session: Session | None = None

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

    def play(self) -> Session:
        """Run all cells, going around those that kill the kernel; return the sandbox."""
        while self._session is None:
            session = self._session = Session(self.mode, self.limits).__enter__()
            self.starts += 1
            if not all(self._run(session, n) for n in range(len(self.cells)) if n not in self.lost):
                continue
            # Cells out of order: what was missing before may be there by now.
            again = [n for n, error in self.errors.items() if error["type"] == "NameError"]
            all(self._run(session, number) for number in again)
        return self._session

    def _run(self, session: Session, number: int) -> bool:
        """Run a cell and note how it ended; return whether the sandbox is still there."""
        cell = self.cells[number]
        keep = [name for name in self.names if name in cell.defines()]
        seconds = min(self._left(), self.limits.cell_seconds)
        if seconds <= 0:
            self.lost[number] = "time"
            return True
        try:
            reply = session.ask("cell", seconds, source=cell.source, keep=keep)
        except LostError as loss:
            self.lost[number] = loss.args[0]
            self._close()
            return False
        if session.full(reply):
            self.lost[number] = "memory"
            self._close()
            return False
        self.errors.pop(number, None)
        if reply["error"]:
            self.errors[number] = reply["error"]
        elif reply.get("timeout") is True:
            self.lost[number] = "time"
        return True

    def _left(self) -> float:
        """Return the processor time that the notebook may still use.

        Time on the clock counts too, divided by the patience: a notebook may not sleep for ever.
        """
        used = self.seconds + (self._session.seconds if self._session else 0.0)
        clock = (time.monotonic() - self._begun) / self.limits.patience
        return self.limits.notebook_seconds - max(used, clock)

    def ask(self, do: str, question: Question, **details: Any) -> dict[str, Any]:
        """Ask about a question, from a new sandbox if the last one was lost.

        Raises
        ------
        LostError
            If the sandbox is lost by this, or the notebook has used up its time.
        """
        if self._left() <= 0:
            raise LostError("time")
        session = self.play()
        seconds = min(self._left(), self.limits.call_seconds)
        try:
            reply = session.ask(do, seconds, name=question.name, **details)
        except LostError:
            self._close()
            raise
        if reply.get("timeout") is True:
            raise LostError("time")
        if session.full(reply):
            self._close()  # the next question gets a new one
        return reply

    def call(self, question: Question, inputs: Inputs | None) -> dict[str, Any]:
        """Call the student's function, or read the variable if there are no inputs."""
        if inputs is None:
            return self.ask("value", question)
        return self.ask("call", question, args=list(inputs.args), kwargs=inputs.kwargs)
