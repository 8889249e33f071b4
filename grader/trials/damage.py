"""Honest notebooks that editors or students have damaged: they keep their points.

Where that is impossible, a person must be asked; a silent zero is a failure.
"""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from grader.release import Definition
from grader.trials.notebooks import answer_cell, dump, everything, released, replaced, solved
from grader.trials.trial import Trial

Change = Callable[[NotebookNode], None]


def _strip_metadata(notebook: NotebookNode) -> None:
    notebook.metadata.clear()
    for cell in notebook.cells:
        cell.metadata.clear()


def _strip_markers(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        lines = cell.source.splitlines()
        cell.source = "\n".join(x for x in lines if not x.startswith(("# question", "<!--")))


def _strip_all(notebook: NotebookNode) -> None:
    _strip_metadata(notebook)
    _strip_markers(notebook)


def _grading(cell: NotebookNode) -> dict:
    return cell.metadata.get("nbgrader", {})


def _delete_checks(notebook: NotebookNode) -> None:
    notebook.cells = [c for c in notebook.cells if not _grading(c).get("locked")]


def _duplicate_checks(notebook: NotebookNode) -> None:
    for cell in [c for c in notebook.cells if _grading(c).get("locked")]:
        notebook.cells += [deepcopy(cell), deepcopy(cell)]


def _duplicate_answers(notebook: NotebookNode) -> None:
    for cell in [c for c in notebook.cells if _grading(c).get("solution")]:
        notebook.cells.insert(notebook.cells.index(cell), deepcopy(cell))


def _reverse(notebook: NotebookNode) -> None:
    notebook.cells.reverse()


def _delete_setup(notebook: NotebookNode) -> None:
    notebook.cells = [c for c in notebook.cells if not c.metadata.get("tags")]


def _one_cell(notebook: NotebookNode) -> None:
    code = [c.source for c in notebook.cells if c.cell_type == "code"]
    texts = [c for c in notebook.cells if c.cell_type == "markdown"]
    notebook.cells = [new_code_cell("\n\n".join(code)), *texts]


def _only_answers(notebook: NotebookNode) -> None:
    notebook.cells = [c for c in notebook.cells if _grading(c).get("solution")]


def _colab(notebook: NotebookNode) -> None:
    notebook.nbformat_minor = 0
    notebook.metadata["colab"] = {"provenance": [], "toc_visible": True}
    for number, cell in enumerate(notebook.cells):
        cell.pop("id", None)
        cell.metadata["id"] = f"aB{number}xY"
        if cell.cell_type == "code":
            cell.metadata["outputId"] = "9f"
            cell.metadata["colab"] = {"base_uri": "https://localhost:8080/"}
            cell.execution_count = None


def _vscode(notebook: NotebookNode) -> None:
    notebook.nbformat_minor = 2
    notebook.metadata = {
        "language_info": {"name": "python", "version": "3.12.1"},
        "kernelspec": {"display_name": ".venv", "name": "python3"},
    }
    for cell in notebook.cells:
        cell.pop("id", None)
        cell.metadata = {"vscode": {"languageId": "python"}}
        cell.source = cell.source.splitlines(keepends=True)


def _half_emoji(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.source += "\n# \ud83d" if cell.cell_type == "code" else "\n\ud83d"


def _windows(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.source = cell.source.replace("\n", "\r\n")


def _outputs(megabytes: int) -> Change:
    def change(notebook: NotebookNode) -> None:
        output = {"output_type": "stream", "name": "stdout", "text": "x" * megabytes * 1_000_000}
        next(c for c in notebook.cells if c.cell_type == "code")["outputs"] = [output]

    return change


def _strange_metadata(notebook: NotebookNode) -> None:
    notebook.metadata = ["a", "list"]
    for cell in notebook.cells:
        cell["metadata"] = {"tags": "a text", "nbgrader": 7}


def _drafts(notebook: NotebookNode) -> None:
    """Leave an earlier, wrong attempt above each answer."""
    for cell in [c for c in notebook.cells if _grading(c).get("solution")]:
        if cell.cell_type == "code":
            draft = deepcopy(cell)
            draft.source = cell.source.replace("return", "return None  #")
            notebook.cells.insert(notebook.cells.index(cell), draft)


HARMLESS: dict[str, Change] = {
    "metadata stripped": _strip_metadata,
    "markers deleted": _strip_markers,
    "metadata and markers gone": _strip_all,
    "checks deleted": _delete_checks,
    "checks duplicated": _duplicate_checks,
    "answers duplicated": _duplicate_answers,
    "cells in reverse order": _reverse,
    "setup deleted": _delete_setup,
    "all code in one cell": _one_cell,
    "nothing but the answers": _only_answers,
    "saved by Colab": _colab,
    "saved by VS Code": _vscode,
    "lines end as on Windows": _windows,
    "half an emoji in every cell": _half_emoji,
    "5 MB of output": _outputs(5),
    "metadata of strange types": _strange_metadata,
    "earlier drafts left above": _drafts,
}

# The answer in words cannot be recognized any more.
NEEDS_A_PERSON = {"metadata and markers gone"}


def _format_3(notebook: NotebookNode) -> bytes:
    cells = []
    for cell in notebook.cells:
        old = {"cell_type": cell.cell_type, "metadata": dict(cell.metadata)}
        old["input" if cell.cell_type == "code" else "source"] = cell.source.splitlines(True)
        cells.append(old | {"outputs": [], "language": "python"})
    worksheet = {"cells": cells, "metadata": {}}
    return json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [worksheet]}).encode()


def _unclear(definition: Definition) -> Iterator[Trial]:
    """Yield what only a person can decide."""
    reference, first = solved(definition), definition.assignment.graded[0]
    lost = {first.id: first.points}
    code = answer_cell(reference, first.id).source.split("\n", 1)[1]
    renamed = replaced(reference, first.id, code.replace(first.name, "my_own_name"))
    yield Trial(
        "damage",
        "function renamed",
        dump(_without_users(renamed, definition)),
        everything(definition),
        True,
    )
    deleted = deepcopy(reference)
    deleted.cells.remove(answer_cell(deleted, first.id))
    yield Trial(
        "damage",
        "answer deleted",
        dump(_without_users(deleted, definition)),
        everything(definition),
        True,
    )
    twice = deepcopy(reference)
    later = deepcopy(answer_cell(twice, first.id))
    later.source = f"def {first.name}(*args, **kwargs):\n    return None"
    twice.cells = [*_without_users(twice, definition).cells, later]
    yield Trial(
        "damage", "two answers that differ", dump(twice), everything(definition) | lost, True
    )
    for name, content in (
        ("empty file", b""),
        ("no JSON", b"def answer(): pass"),
        ("cut off", dump(reference)[:2000]),
        ("no cells", b"{}"),
    ):
        yield Trial("damage", name, content, everything(definition), True)


def _without_users(notebook: NotebookNode, definition: Definition) -> NotebookNode:
    """Return a copy in which all other questions are unanswered, as none may depend on it."""
    copy = deepcopy(notebook)
    empty = json.loads(released(definition))
    stubs = {c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in empty["cells"]}
    for question in definition.assignment.graded[1:]:
        source = stubs[question.id]["source"]
        answer_cell(copy, question.id)["source"] = "".join(source)
    return copy


def damage(definition: Definition) -> Iterator[Trial]:
    """Yield the damaged notebooks of an assignment."""
    for name, change in HARMLESS.items():
        notebook = solved(definition)
        change(notebook)
        yield Trial("damage", name, dump(notebook), human=name in NEEDS_A_PERSON)
    yield Trial("damage", "byte order mark", b"\xef\xbb\xbf" + dump(solved(definition)))
    yield Trial("damage", "notebook format 3", _format_3(solved(definition)))
    notebook = solved(definition)
    _outputs(100)(notebook)
    yield Trial("damage", "100 MB of output", dump(notebook), heavy=True)
    yield from _unclear(definition)
