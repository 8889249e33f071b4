"""The visible checks: they pass every right answer of the trials and stop the wrong ones."""

import contextlib
import io
import re
from functools import cache

import matplotlib
import numpy as np
import pytest

pytest.importorskip("nbgrader", reason="the assignments need the development requirements")

from grader.__main__ import main
from grader.questions import Inputs, compare_columns
from grader.release import ROOT, check_id, define, names
from grader.sandbox import MIB
from grader.submission import Notebook, read
from grader.trials import Wrong, solved
from grader.trials.answers import wrong_answers

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
    """Return every answer of the trials, with its assignment."""
    return [
        pytest.param(name, wrong, id=f"{name}: {wrong.question}: {wrong.name}")
        for name in names()
        for wrong in wrong_answers(define(name))
    ]


def test_there_are_four_assignments_of_a_lesson_each(capsys: pytest.CaptureFixture) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(names()) == 4
    for line, name in zip(lines, names(), strict=True):
        points, minutes = re.search(r", ([\d.]+) points, about (\d+) minutes$", line).groups()
        assert line.startswith(name)
        assert 10 <= float(points) <= 20
        assert 60 <= int(minutes) <= 90
        opening = notebook(name).cells[0].source
        assert f"{points} points" in opening
        assert f"{minutes} minutes" in opening
        assert len(define(name).assignment.written) == 1


def test_the_page_for_instructors_states_the_memory_of_a_notebook() -> None:
    memory = {name: define(name).assignment.limits.memory // MIB for name in names()}
    assert memory.pop("a3_training") == 3 * 1024
    assert set(memory.values()) == {1536}
    page = (ROOT / "pages" / "grading.md").read_text("utf-8")
    assert "1,536 MiB with all its processes, and 3 GiB in `a3_training`" in page


TABLE = {"recall": np.array([0.5, np.nan]), "precision": np.array([1.0, 0.25])}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"recall": [0.5, np.nan], "precision": np.array([1, 0.25]), "more": ["x"]}, None),
        ({"recall": [0.5, None], "precision": [1, 0.25]}, None),
        ([0.5, 1.0], "no table"),
        ({"recall": [0.5, np.nan]}, "the column 'precision' is missing"),
        (TABLE | {"recall": [0.5]}, "not one entry for each class"),
        (TABLE | {"recall": [0.5, 0]}, "NaN where, and only where, nothing is there"),
        (TABLE | {"precision": [1, np.nan]}, "NaN where, and only where, nothing is there"),
        (TABLE | {"precision": [1, 0.3]}, "in the column 'precision', some of the values differ"),
    ],
)
def test_tables_are_compared_column_by_column(answer: object, words: str | None) -> None:
    found = compare_columns("nothing is there")(TABLE, answer, Inputs())
    assert found is None if words is None else words in found


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
