"""Makes notebooks from an assignment's ``source.md``: nbgrader's source, and the release.

A cell says in the source what it is: ``:question: ID`` (the student writes code),
``:check: ID`` (a visible check with hints), ``+++ {"answer": "ID"}`` (the student writes
words), ``:tags: [setup]`` (always runs before grading). Points come from ``checks.py``.
"""

import hashlib
from typing import TypeVar

import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from grader.install_cell import Address
from grader.questions import Question, Written
from grader.release import ROOT, Definition, SourceError, check_id

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


Kind = TypeVar("Kind", Question, Written)


def _grading(identity: str, kind: str, points: float | None = None) -> dict:
    grading = {
        "cell_type": "markdown" if kind == "written" else "code",
        "grade": kind != "answer",
        "grade_id": identity,
        "locked": kind == "check",
        "schema_version": 3,
        "solution": kind != "check",
        "task": False,
    }
    return grading | ({} if points is None else {"points": points})


class Builder:
    """Turns one source into nbgrader's source notebook."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.questions = {q.id: q for q in definition.assignment.questions}
        self.seen: list[str] = []

    def build(self, repository: str | None = None) -> NotebookNode:
        """Return the notebook with solutions and nbgrader's metadata.

        Raises
        ------
        SourceError
            If a cell refers to no question, or a question lacks a cell.
        """
        read = jupytext.read(self.definition.source, fmt="md:myst")
        cells = [self._cell(cell) for cell in read.cells]
        address = Address.read(ROOT, repository)
        cells[1:1] = [
            new_markdown_cell(address.badges(f"assignments/release/{self.definition.name}.ipynb")),
            new_code_cell(address.bootstrap(), metadata={"tags": ["bootstrap"]}),
        ]
        self._complete()
        for number, cell in enumerate(cells):
            text = f"{self.definition.name}/{number}/{cell.source}"
            cell["id"] = hashlib.sha256(text.encode()).hexdigest()[:8]
        metadata = {
            "kernelspec": KERNEL,
            "language_info": {"name": "python"},
            "assignment": self.definition.name,
        }
        return new_notebook(cells=cells, metadata=metadata)

    def _cell(self, cell: NotebookNode) -> NotebookNode:
        metadata = dict(cell.metadata)
        for kind, make in (
            ("question", self._answer),
            ("check", self._check),
            ("answer", self._written),
        ):
            if kind in metadata:
                return make(cell, str(metadata[kind]))
        kept = {"tags": metadata["tags"]} if metadata.get("tags") else {}
        if cell.cell_type == "code":
            return new_code_cell(cell.source, metadata=kept)
        return new_markdown_cell(cell.source)

    def _question(self, identity: str, kind: type[Kind]) -> Kind:
        question = self.questions.get(identity)
        if not isinstance(question, kind):
            raise SourceError(f"{self.definition.source}: checks.py has no question {identity!r}.")
        return question

    def _answer(self, cell: NotebookNode, identity: str) -> NotebookNode:
        self._question(identity, Question)
        self.seen.append(identity)
        source = f"# question: {identity}\n{cell.source}"
        return new_code_cell(source, metadata={"nbgrader": _grading(identity, "answer")})

    def _check(self, cell: NotebookNode, identity: str) -> NotebookNode:
        points = self._question(identity, Question).points
        self.seen.append(check_id(identity))
        grading = _grading(check_id(identity), "check", points)
        return new_code_cell(f"# check: {identity}\n{cell.source}", metadata={"nbgrader": grading})

    def _written(self, cell: NotebookNode, identity: str) -> NotebookNode:
        points = self._question(identity, Written).points
        self.seen.append(identity)
        source = f"<!-- answer: {identity} -->\n### BEGIN SOLUTION\n{cell.source}\n### END SOLUTION"
        grading = _grading(identity, "written", points)
        return new_markdown_cell(source, metadata={"nbgrader": grading})

    def _complete(self) -> None:
        assignment = self.definition.assignment
        wanted = [q.id for q in assignment.questions]
        wanted += [check_id(q.id) for q in assignment.graded]
        if sorted(self.seen) != sorted(wanted):
            raise SourceError(
                f"{self.definition.source}: the cells {sorted(self.seen)} do not match "
                f"the questions of checks.py, {sorted(wanted)}."
            )


def source_notebook(definition: Definition, repository: str | None = None) -> str:
    """Return nbgrader's source notebook as text."""
    return nbformat.writes(Builder(definition).build(repository)) + "\n"
