"""Notebooks that trials are made from: solved, blank, with another answer in a place."""

import json
from copy import deepcopy
from functools import cache

import nbformat
from nbformat import NotebookNode

from grader.builder import Builder
from grader.release import Definition


def solved(definition: Definition) -> NotebookNode:
    """Return the notebook of a student who gives the model answers."""
    notebook = Builder(definition).build()
    for cell in notebook.cells:
        lines = cell.source.splitlines()
        cell.source = "\n".join(line for line in lines if " SOLUTION" not in line)
    return notebook


@cache
def released(definition: Definition) -> bytes:
    """Return the released notebook that stands in the repository."""
    return definition.release.read_bytes()


def blank(definition: Definition) -> NotebookNode:
    """Return the notebook of a student who writes nothing."""
    return nbformat.reads(released(definition).decode(), as_version=4)


def answer_cell(notebook: NotebookNode, question: str) -> NotebookNode:
    """Return the cell in which a question is answered."""
    return next(
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == question
    )


def replaced(notebook: NotebookNode, question: str, code: str) -> NotebookNode:
    """Return a copy with another answer to a question."""
    copy = deepcopy(notebook)
    answer_cell(copy, question)["source"] = f"# question: {question}\n{code}"
    return copy


def dump(notebook: NotebookNode) -> bytes:
    """Return a notebook as the bytes of a file."""
    return json.dumps(notebook, indent=1).encode()


def everything(definition: Definition) -> dict[str, float]:
    """Return what each question that the machine grades is worth: all is lost."""
    return {question.id: question.points for question in definition.assignment.graded}
