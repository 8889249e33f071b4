"""Grades one notebook: runs its cells in a sandbox, asks its functions, compares the answers.

`grade` is a pure function of its arguments (the notebook, the checks, the release, the seed):
it may run on any machine that has bubblewrap and the Python environment.
"""

import builtins
import re
import time
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

from grader import questions, wire
from grader.questions import Assignment, Case, Question, Written
from grader.sandbox import find_mode
from grader.session import LostError, Session
from grader.submission import Cell, Notebook, UnreadableError, read

ATTEMPTS = 2  # sandboxes that one question may wear out
WORDS = {
    "time": "it took too long and was stopped",
    "memory": "it used too much memory and was stopped",
    "processes": "it started too many processes and was stopped",
    "output": "it printed or returned too much and was stopped",
    "died": "the kernel died",
    "lied": "the kernel sent something that is no answer",
}


@dataclass
class Line:
    """What one case earned, in words that a student may read."""

    kind: str
    points: float
    maximum: float
    words: str = ""


@dataclass
class Result:
    """What one question earned.

    `human` says why a person should look, if one should. A written answer has `points` None
    until a person gives some; an empty one has 0.
    """

    question: str
    title: str
    maximum: float
    points: float | None = 0.0
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    human: str = ""


@dataclass(frozen=True)
class Task:
    """All that grading one submission needs, as plain data that can travel."""

    name: str
    notebook: bytes
    checks: str
    release: bytes
    seed: str
    unsafe: bool = False


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

    def play(self) -> None:
        """Run all cells, going around those that kill the kernel."""
        while self._session is None:
            self._session = Session(self.mode, self.limits).__enter__()
            self.starts += 1
            if not all(self._run(n) for n in range(len(self.cells)) if n not in self.lost):
                continue
            # Cells out of order: what was missing before may be there by now.
            again = [n for n, error in self.errors.items() if error["type"] == "NameError"]
            all(self._run(number) for number in again)

    def _run(self, number: int) -> bool:
        """Run a cell and note how it ended; return whether the sandbox is still there."""
        cell = self.cells[number]
        keep = [name for name in self.names if name in cell.defines()]
        seconds = min(self._left(), self.limits.cell_seconds)
        if seconds <= 0:
            self.lost[number] = "time"
            return True
        try:
            reply = self._session.ask("cell", seconds, source=cell.source, keep=keep)
        except LostError as loss:
            self.lost[number] = loss.args[0]
            self._close()
            return False
        if self._session.full(reply):
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
        if self._session is None:
            self.play()
        seconds = min(self._left(), self.limits.call_seconds)
        try:
            reply = self._session.ask(do, seconds, name=question.name, **details)
        except LostError:
            self._close()
            raise
        if reply.get("timeout") is True:
            raise LostError("time")
        if self._session.full(reply):
            self._close()  # the next question gets a new one
        return reply

    def call(self, question: Question, inputs: questions.Inputs | None) -> dict[str, Any]:
        """Call the student's function, or read the variable if there are no inputs."""
        if inputs is None:
            return self.ask("value", question)
        return self.ask("call", question, args=list(inputs.args), kwargs=inputs.kwargs)


def plan(notebook: Notebook, release: Notebook) -> list[Cell]:
    """Return the code cells to run: the release's setup first, then the student's.

    The setup comes from the release, so that deleting or breaking it costs nothing; visible
    checks that are as released are left out, since no points depend on them.
    """
    setup = [cell for cell in release.code if cell.setup]
    known = {
        cell.source.strip()
        for cell in release.code
        if cell.setup or cell.check or "bootstrap" in cell.tags
    }
    return setup + [cell for cell in notebook.code if cell.source.strip() not in known]


def _error_words(error: dict[str, Any], private: bool) -> str:
    """Return an error for a student to read.

    In a call the student's code has seen hidden inputs, so only the name of a built-in error
    passes; a message could carry them out.
    """
    name = error["type"]
    known = isinstance(getattr(builtins, name, None), type)
    if private:
        return f"your code raised {name if known else 'an error'}"
    message = re.sub(r"(/[\w.~-]+){2,}/?", "…", error["message"])
    place = f" in line {error['line']} of the cell" if error["line"] else ""
    return f"{name}{place}: {message}" if message else f"{name}{place}"


def _judge(question: Question, case: Case, reply: dict[str, Any], draw: Any) -> str | None:
    """Return in words what is wrong with a reply, None if nothing is."""
    if reply["error"]:
        return _error_words(reply["error"], private=True)
    if "unsendable" in reply or "value" not in reply:
        return (
            "the answer is of a type or size that cannot be compared: "
            "return numbers, lists or arrays"
        )
    answer, inputs = reply["value"], draw()
    expected = question.reference() if inputs is None else inputs.apply(question.reference)
    try:
        words = question.compare(expected, answer, inputs)
    except Exception:  # an answer of a form that the comparison did not reckon with
        return f"the answer is {questions.kind_of(answer)}, which is not what was asked for"
    if words is None:
        return None
    for mistake in question.mistakes:
        try:
            wrong = draw().apply(mistake.wrong) if inputs is not None else mistake.wrong()
            wrong = wire.decode(wire.encode(wrong))  # as a student's answer arrives
            same = question.compare(wrong, answer, inputs) is None
            if same and question.compare(expected, wrong, inputs) is not None:
                return mistake.words
        except Exception:  # some mistakes cannot be made with some inputs
            continue
    return words


def _grade_case(player: Player, question: Question, case: Case, number: int, seed: str) -> Line:
    line = Line(case.kind, case.points, case.points)
    for turn in range(1 if question.variable else case.times):

        def draw(turn: int = turn) -> questions.Inputs | None:
            if question.variable:
                return None
            place = (question.id, number, turn)
            return case.draw(questions.generator(seed, *place))

        try:
            words = _judge(question, case, player.call(question, draw()), draw)
        except LostError as loss:
            line.points, line.words = 0.0, WORDS[loss.args[0]]
            raise _LostCaseError(line) from loss
        if words:
            line.points = 0.0
            line.words = f"{words}. Expected: {case.expected}"
            break
    return line


class _LostCaseError(Exception):
    """A case that cost the sandbox; carries its line."""


def _grade_question(player: Player, question: Question, seed: str) -> Result:
    result = Result(question.id, question.title, question.points)
    losses = 0
    for number, case in enumerate(question.cases):
        if losses == ATTEMPTS:
            line = Line(case.kind, 0.0, case.points, "not run, since others had to be stopped")
        else:
            try:
                line = _grade_case(player, question, case, number, seed)
            except _LostCaseError as loss:
                line, losses = loss.args[0], losses + 1
        result.lines.append(line)
    result.points = sum(line.points for line in result.lines)
    if any(WORDS["lied"] in line.words for line in result.lines):
        result.human = "The kernel sent data that the grader did not ask for."
    return result


def _find(question: Question, notebook: Notebook, release: Notebook) -> tuple[str, list[Cell]]:
    """Return how an answer stands: "there", "blank", "renamed" or "gone"; and its cells."""
    labelled = notebook.answers(question.id)
    defining = [cell for cell in notebook.code if question.name in cell.defines()]
    cells = list(dict.fromkeys([*labelled, *defining]))
    stubs = {cell.text for cell in release.answers(question.id)}
    written = [cell for cell in cells if cell.text not in stubs]
    if not cells:
        return "gone", []
    if not written:
        return "blank", cells
    return ("there" if defining else "renamed"), written


def _explain(result: Result, player: Player, cells: list[Cell]) -> None:
    """Add what happened to the cells of a question while they ran."""
    for number, cell in enumerate(player.cells):
        if cell not in cells:
            continue
        if number in player.lost:
            result.notes.append(f"When the cell ran, {WORDS[player.lost[number]]}.")
        elif number in player.errors:
            words = _error_words(player.errors[number], private=False)
            result.notes.append(f"When the cell ran: {words}")


def _nothing(question: Question, *notes: str) -> Result:
    lines = [Line(case.kind, 0.0, case.points) for case in question.cases]
    return Result(question.id, question.title, question.points, 0.0, lines, list(notes))


def _grade_defined(
    player: Player, question: Question, state: str, seed: str, defined: bool
) -> Result:
    if defined:
        return _grade_question(player, question, seed)
    result = _nothing(question, f"{question.name} is not defined after all cells have run.")
    if state == "gone":
        result.human = f"No cell of this question was found, nor anything named {question.name}."
    return result


def _grade_code(
    player: Player, question: Question, notebook: Notebook, release: Notebook, seed: str
) -> Result:
    state, cells = _find(question, notebook, release)
    if state == "blank":
        return _nothing(question, "Not answered.")
    try:
        defined = player.ask("has", question).get("has") is True
    except LostError as loss:
        words = f"The notebook did not get as far as this question: {WORDS[loss.args[0]]}."
        result = _nothing(question, words)
        result.human = words
    else:
        result = _grade_defined(player, question, state, seed, defined)
    _explain(result, player, cells)
    if state == "renamed" and not result.points:
        result.human = f"The cell of this question does not define {question.name}."
    if len({cell.text for cell in cells}) > 1 and result.points < result.maximum:
        result.human = (
            f"{len(cells)} different cells belong to this question; the last one counted."
        )
    return result


def _grade_written(question: Written, notebook: Notebook, release: Notebook) -> Result:
    result = Result(question.id, question.title, question.points, None)
    stubs = {cell.text for cell in release.essays(question.id)}
    cells = notebook.essays(question.id)
    if not cells:
        result.human = "The cell of this answer was not found: look through the notebook."
    elif all(cell.text in stubs for cell in cells):
        result.points, result.notes = 0.0, ["Not answered."]
    return result


@lru_cache(maxsize=8)
def _prepared(name: str, checks: str, release: bytes) -> tuple[Assignment, Notebook]:
    return questions.from_source(checks, name), read(release)


def grade(task: Task) -> dict[str, Any]:
    """Grade a submission; return plain data.

    Returns
    -------
    dict
        "questions": one dict per question, the fields of `Result`; "human": why a person must
        look at the whole file, or ""; "seconds": processor time in the sandbox; "peak": bytes
        of memory seen there; "starts": how many sandboxes it took.

    Raises
    ------
    IsolationError, StartError
        If this machine cannot do it, which says nothing about the submission.
    """
    assignment, release = _prepared(task.name, task.checks, task.release)
    mode = "unsafe" if task.unsafe else find_mode()
    try:
        notebook = read(task.notebook)
    except UnreadableError as error:
        return {"questions": [], "human": str(error), "seconds": 0.0, "peak": 0, "starts": 0}
    results = []
    with Player(mode, assignment, plan(notebook, release)) as player:
        player.play()
        for question in assignment.questions:
            if isinstance(question, Written):
                results.append(_grade_written(question, notebook, release))
            else:
                results.append(_grade_code(player, question, notebook, release, task.seed))
    return {
        "questions": [asdict(result) for result in results],
        "human": "",
        "seconds": round(player.seconds, 3),
        "peak": player.peak,
        "starts": player.starts,
    }
