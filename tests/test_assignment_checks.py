"""The visible checks: they pass every right answer of the benches and stop the wrong ones."""

import contextlib
import io
from functools import cache
from importlib import import_module

import matplotlib
import pytest

pytest.importorskip("nbgrader", reason="the assignments need the development requirements")

from assignments.bench import Wrong, solved
from assignments.build import check_id, define, names
from assignments.submission import Notebook, read

matplotlib.use("agg")


@cache
def notebook(name: str) -> Notebook:
    """Return the solved notebook."""
    import json

    return read(json.dumps(solved(define(name))).encode())


@cache
def answered(name: str) -> dict:
    """Return the namespace behind the setup and all model answers."""
    space: dict = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in notebook(name).code:
            if cell.setup or (cell.question and not cell.check and cell.id):
                exec(compile(cell.source, f"{name}, {cell.id}", "exec"), space)
    return space


def check(name: str, question: str) -> str:
    """Return the source of the visible check of a question."""
    return next(cell.source for cell in notebook(name).code if cell.check == question)


def run_check(name: str, question: str, code: str) -> str | None:
    """Answer a question, run its check; return the hint, None if there is none."""
    space = dict(answered(name))
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, "answer", "exec"), space)
        try:
            exec(compile(check(name, question), check_id(question), "exec"), space)
        except AssertionError as error:
            return str(error)
        except Exception as error:  # an answer of the wrong type stops with Python's own words
            return f"{type(error).__name__}: {error}"
    return None


def cases() -> list:
    """Return every answer of the benches, with its assignment."""
    return [
        pytest.param(name, wrong, id=f"{name}: {wrong.question}: {wrong.name}")
        for name in names()
        for wrong in import_module(f"assignments.{name}.bench").WRONG
    ]


@pytest.mark.parametrize(
    ("name", "question"),
    [(name, question.id) for name in names() for question in define(name).assignment.graded],
)
def test_the_model_answer_passes_its_check(name: str, question: str) -> None:
    assert run_check(name, question, "") is None


@pytest.mark.parametrize(("name", "wrong"), cases())
def test_a_check_tells_right_from_wrong(name: str, wrong: Wrong) -> None:
    hint = run_check(name, wrong.question, wrong.code)
    if wrong.loses:
        assert hint, "a wrong answer passes the visible check"
    else:
        assert hint is None
