"""Grades one notebook: runs its cells in a sandbox, asks its functions, compares the answers.

`grade` is a pure function of its arguments (the notebook, the checks, the release, the seed):
it may run on any machine that has bubblewrap and the Python environment.
"""

from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

from grader.find import find, plan
from grader.judge import LOSSES, error_words, judge
from grader.player import Player
from grader.questions import Assignment, Case, Inputs, Question, Written, from_source, generator
from grader.sandbox import find_mode
from grader.session import LostError
from grader.submission import Cell, Notebook, UnreadableError, read

ATTEMPTS = 2  # sandboxes that one question may wear out


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


class _LostCaseError(Exception):
    """A case that cost the sandbox; carries its line."""


def _grade_case(player: Player, question: Question, case: Case, number: int, seed: str) -> Line:
    line = Line(case.kind, case.points, case.points)
    for turn in range(1 if question.variable else case.times):

        def draw(turn: int = turn) -> Inputs | None:
            if question.variable:
                return None
            place = (question.id, number, turn)
            return case.draw(generator(seed, *place))

        try:
            words = judge(question, player.call(question, draw()), draw)
        except LostError as loss:
            line.points, line.words = 0.0, LOSSES[loss.args[0]]
            raise _LostCaseError(line) from loss
        if words:
            line.points = 0.0
            line.words = f"{words}. Expected: {case.expected}"
            break
    return line


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
    if any(LOSSES["lied"] in line.words for line in result.lines):
        result.human = "The kernel sent data that the grader did not ask for."
    return result


def _explain(result: Result, player: Player, cells: list[Cell]) -> None:
    """Add what happened to the cells of a question while they ran."""
    for number, cell in enumerate(player.cells):
        if cell not in cells:
            continue
        if number in player.lost:
            result.notes.append(f"When the cell ran, {LOSSES[player.lost[number]]}.")
        elif number in player.errors:
            words = error_words(player.errors[number], private=False)
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
    state, cells = find(question, notebook, release)
    if state == "blank":
        return _nothing(question, "Not answered.")
    try:
        defined = player.ask("has", question).get("has") is True
    except LostError as loss:
        words = f"The notebook did not get as far as this question: {LOSSES[loss.args[0]]}."
        result = _nothing(question, words)
        result.human = words
    else:
        result = _grade_defined(player, question, state, seed, defined)
    _explain(result, player, cells)
    if state == "renamed" and not result.points:
        result.human = f"The cell of this question does not define {question.name}."
    if len({cell.text for cell in cells}) > 1 and (result.points or 0) < result.maximum:
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
    return from_source(checks, name), read(release)


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
