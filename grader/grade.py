"""Grades one notebook: runs its cells in a sandbox, asks its functions, compares the answers.

All of it runs in the confined process: see ``referee.py``.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from grader.find import essay, find, others, plan
from grader.judge import LOSSES, error_words, judge
from grader.player import LACKS, Check, Player
from grader.questions import Assignment, Case, Inputs, Question, Written, generator
from grader.session import LostError, Mode
from grader.submission import Cell, Notebook, UnreadableError, read

ATTEMPTS = 2  # sandboxes that one question may wear out
WAITED = (
    "The clock stopped it, not the processor time that it used: something in it waits, or the "
    "machine was busy. If nothing waits, `regrade` it."
)
MOST_STRAYS = 20  # cells whose errors are told


@dataclass
class Line:
    """What one case earned, in words that a student may read."""

    kind: str
    points: float
    maximum: float
    words: str = ""
    mistake: str = ""


@dataclass
class Result:
    """What one question earned.

    `human` says why a person should look, if one should. `visible` tells of the visible check:
    "passed", "failed", or "absent" if there was nothing to check. A written answer has `points`
    None until a person gives some; an empty one has 0.
    """

    question: str
    title: str
    maximum: float
    points: float | None = 0.0
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    human: str = ""
    visible: str = "absent"


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
            line.mistake = words if words in {each.words for each in question.mistakes} else ""
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
        if cell in cells and (words := _ended(player, number)):
            result.notes.append(f"When the cell ran{words}")


def _ended(player: Player, number: int) -> str:
    """Return how a cell ended, to be put behind "the cell ran"; nothing if it ended well."""
    if number in player.lost:
        return f", {LOSSES[player.lost[number]]}."
    if number in player.errors:
        return f": {error_words(player.errors[number], player.cells[number].source)}"
    return ""


def _strays(player: Player, notebook: Notebook, release: Notebook) -> list[dict[str, Any]]:
    """Return which cells that belong to no question ended badly, and how."""
    found = []
    for number in others(player.cells, notebook, release):
        unanswered = player.errors.get(number, {}).get("type") == "NotImplementedError"
        if (words := _ended(player, number)) and not unanswered:
            found.append({"cell": player.cells[number].number, "words": words.lstrip(" ,:")})
    return found[:MOST_STRAYS]


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


def _grade_code(player: Player, question: Question, state: str, seed: str) -> Result:
    if state == "blank":
        return _nothing(question, "Not answered.")
    try:
        defined = player.ask("has", question).get("has") is True
    except LostError as loss:
        words = f"The notebook did not get as far as this question: {LOSSES[loss.args[0]]}."
        result = _nothing(question, words)
        result.human = words
        return result
    return _grade_defined(player, question, state, seed, defined)


def _second_try(player: Player, graded: list[tuple[Question, Result]], seed: str) -> None:
    """Grade again, as it stood right behind its cell, what passes its visible check there.

    Later cells may have changed what an answer needs: a name, a module, the working folder.
    """
    lost = [(q, r) for q, r in graded if r.points != r.maximum and q.name in player.place]
    for question, _ in lost:
        if player.checks[question.name].slow:
            player.check(question.name)
    for question, result in sorted(lost, key=lambda each: player.place[each[0].name]):
        place, check = player.place[question.name] + 1, player.checks[question.name]
        passed = player.seen.get(question.name) == "passed"
        if place == len(player.cells) or check.slow == passed:
            continue
        player.rewind(place)
        if passed or player.check(question.name):
            _better(result, _grade_question(player, question, seed))


def _better(result: Result, again: Result) -> None:
    """Let a second result count if it has more points."""
    if (again.points or 0) > (result.points or 0):
        result.lines, result.points, result.human = again.lines, again.points, again.human
        result.notes.append("Graded as it stood right behind its cell: a later cell breaks it.")


def _conclude(result: Result, player: Player, question: Question, state: str, cells: list) -> None:
    """Add how the visible check ended, and why a person should look."""
    _explain(result, player, cells)
    full = result.points == result.maximum
    seen = player.seen.get(question.name, "failed")
    if state not in ("blank", "gone") and question.name in player.checks:
        result.visible = "passed" if full or seen == "passed" else "failed"
    if full:
        return
    if state == "renamed" and not result.points:
        result.human = f"The cell of this question does not define {question.name}."
    if len({cell.text for cell in cells}) > 1:
        result.human = (
            f"{len(cells)} different cells belong to this question; the last one counted."
        )
    if not result.human and question.name in player.lacks:
        result.human = f"The answer needs {LACKS[player.lacks[question.name]]}."
    if not (result.human or result.points) and result.visible == "passed":
        result.human = "The visible check passes, but not one of the hidden ones."
    if player.waited and state != "blank":
        result.human = f"{WAITED} {result.human}".strip()


def _grade_written(question: Written, notebook: Notebook, release: Notebook) -> Result:
    result = Result(question.id, question.title, question.points, None)
    state, cells = essay(question, notebook, release)
    if state == "gone":
        result.human = "The cell of this answer was not found: look through the notebook."
    elif state == "blank":
        result.points, result.notes = 0.0, ["Not answered."]
    elif state == "elsewhere":
        numbers = ", ".join(str(cell.number) for cell in cells[:MOST_STRAYS])
        result.human = f"The place of this answer is empty; look at cell {numbers}."
    return result


def _checks(assignment: Assignment, release: Notebook) -> tuple[Check, ...]:
    """Return the visible checks of the release."""
    names = {question.id: question for question in assignment.graded}
    return tuple(
        Check(names[cell.check].name, cell.source, names[cell.check].slow_check)
        for cell in release.code
        if cell.check in names
    )


def _play(
    player: Player, assignment: Assignment, notebook: Notebook, release: Notebook, seed: str
) -> dict[str, Any]:
    """Grade all questions with a notebook that is being played."""
    player.play()
    states = {q.id: find(q, notebook, release) for q in assignment.graded}
    results = {q.id: _grade_code(player, q, states[q.id][0], seed) for q in assignment.graded}
    _second_try(player, [(q, results[q.id]) for q in assignment.graded], seed)
    for question in assignment.graded:
        _conclude(results[question.id], player, question, *states[question.id])
    for written in assignment.written:
        results[written.id] = _grade_written(written, notebook, release)
    return {
        "questions": [asdict(results[question.id]) for question in assignment.questions],
        "cells": _strays(player, notebook, release),
        "human": "",
        "waited": any(WAITED in result.human for result in results.values()),
    }


def grade_notebook(
    content: bytes, assignment: Assignment, release: Notebook, seed: str, mode: Mode
) -> dict[str, Any]:
    """Grade a notebook; return plain data.

    Parameters
    ----------
    content : bytes
        The notebook, without outputs.
    mode : str or function
        How a sandbox is opened, as `session.open_session` takes it.

    Returns
    -------
    dict
        "questions": one dict per question, the fields of `Result`; "human": why a person must
        look at the whole file, or ""; "cells": errors of cells that belong to no question, each
        a dict of "cell", its number, and "words"; "waited": whether points were lost after
        something was stopped by the clock, so that grading it again may say otherwise.

    Raises
    ------
    StartError
        If the release's own setup fails: this machine's fault, which says nothing about the
        submission.
    """
    try:
        notebook = read(content)
    except UnreadableError as error:
        return {"questions": [], "human": str(error)}
    setup = len([cell for cell in release.code if cell.setup])
    cells, checks = plan(notebook, release), _checks(assignment, release)
    with Player(mode, assignment, cells, checks, setup) as player:
        return _play(player, assignment, notebook, release, seed)
