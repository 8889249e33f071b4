"""Finds in a student's notebook what to run, and the answer to a question."""

from grader.questions import Question
from grader.submission import Cell, Notebook


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


def find(question: Question, notebook: Notebook, release: Notebook) -> tuple[str, list[Cell]]:
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
