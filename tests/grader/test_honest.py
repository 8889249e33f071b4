"""Honest work counts: unusual notebooks keep their points, or a person is asked."""

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest

from grader import tolerant, trials
from grader.__main__ import main
from grader.exchange import StartError
from grader.find import essay, find, plan
from grader.preflight import faults, model_answers
from grader.referee import grade
from grader.release import define
from grader.submission import Notebook, read, strip
from grader.trials.honest import honest
from grader.trials.notebooks import answer_cell, blank, dump, released, replaced, solved

NAME = "a2_convolution"
RELEASE = read(released(define(NAME)))
TRIALS = {trial.name: trial for trial in honest(define(NAME))}
sandboxed = pytest.mark.skipif(
    shutil.which("bwrap") is None and not os.environ.get("CI"), reason="needs bubblewrap"
)

# One for each way in which a notebook was graded too low; `make test-assignments` has them all.
CHOSEN = (
    "a later cell resets the namespace",
    "a later cell hides built-in functions",
    "a later cell changes how NumPy works",
    "a later cell takes the name of an answer",
    "a later cell imports everything over the answers",
    "the cell imports what is missing",
    "the cell installs a package",
    "the cell uses magics",
    "a helper that calls itself, under another name",
    "a generator",
    "decorators of a missing package",
    "type hints of a missing package",
    "written to a file and imported",
    "answers under %%capture out",
    "each answer above its place",
    "a helper below, and a reset",
    "an answer computes with a missing package",
    "an answer is imported from a file that is not there",
    "an answer needs a file that a cell has read",
    "words in the cell of the question",
)


@sandboxed
def test_unusual_notebooks_score_what_they_deserve():
    outcomes = trials.run_all(NAME, [TRIALS[name] for name in CHOSEN])
    wrong = [f"{o.trial.name}: {o.scored}, person: {o.human}" for o in outcomes if not o.ok]
    assert not wrong


def result_of(notebook, release=None):
    definition = define(NAME)
    task = model_answers(definition, release or strip(released(definition)), "seed")
    return grade(replace(task, notebook=strip(dump(notebook))))


# --- what stands behind a result -------------------------------------------------------------


@sandboxed
def test_where_visible_checks_pass_and_hidden_ones_fail_a_person_is_asked():
    """The function knows the angles of the visible check, and no others."""
    notebook = solved(define(NAME))
    code = answer_cell(notebook, "direction").source.split("\n", 1)[1]
    code = code.replace("def edge_kernel(", "def right(")
    code += "\ndef edge_kernel(angle):\n    return right(angle) if angle in (0, 45, 90) else None"
    checked = replaced(notebook, "direction", code)
    always = replaced(notebook, "strength", "def edge_strength(image):\n    return 1 / 0")
    found = {q["question"]: q for q in result_of(checked)["questions"]}
    assert found["direction"]["visible"] == "passed"
    assert found["slide"]["visible"] == "passed"
    assert found["direction"]["points"] == 0
    assert found["direction"]["human"].startswith("The visible check passes")
    found = {q["question"]: q for q in result_of(always)["questions"]}
    assert (found["strength"]["visible"], found["strength"]["human"]) == ("failed", "")


@sandboxed
def test_a_result_names_the_mistake_and_the_cells_that_failed():
    notebook = replaced(
        solved(define(NAME)), "parameters", "def count_parameters(*args):\n    return None"
    )
    flipped = (
        "def slide(image, kernel, stride=(1, 1), padding=0):\n    image = np.pad(image, padding)\n"
    )
    flipped += "    full = conv2d(image.astype(float), np.asarray(kernel, float)[::-1, ::-1])\n"
    notebook = replaced(notebook, "slide", flipped + "    return full[:: stride[0], :: stride[1]]")
    notebook.cells.insert(
        0, notebook.cells[3].copy() | {"source": "undefined_name", "metadata": {}}
    )
    result = result_of(notebook)
    first, last = result["questions"][0], result["questions"][4]
    assert {line["mistake"] for line in first["lines"] if line["points"] == 0} == {
        "the kernel is flipped: that is convolution in the mathematical sense"
    }
    assert {line["mistake"] for line in last["lines"]} == {""}
    assert [cell["cell"] for cell in result["cells"]] == [1]
    assert result["cells"][0]["words"].startswith("NameError")


# --- the model answers first -----------------------------------------------------------------


def broken_release():
    release = json.loads(strip(released(define(NAME))))
    cell = next(c for c in release["cells"] if "setup" in c["metadata"].get("tags", []))
    cell["source"] = "import a_package_that_is_not_installed"
    return json.dumps(release).encode()


@sandboxed
def test_a_setup_that_fails_is_the_machines_fault():
    with pytest.raises(StartError, match=r"setup cell .* fails on this machine"):
        result_of(blank(define(NAME)), broken_release())


@sandboxed
def test_grading_refuses_where_the_model_answers_lose_points(tmp_path, capsys):
    course = ["--course", str(tmp_path / "course")]
    assert main(["release", NAME, *course]) == 0
    folder = tmp_path / "hand-ins" / "ada"
    folder.mkdir(parents=True)
    (folder / "answers.ipynb").write_bytes(dump(solved(define(NAME))))
    assert main(["collect", NAME, str(tmp_path / "hand-ins"), *course]) == 0
    path = tmp_path / "course" / "release" / NAME / f"{NAME}.ipynb"
    right = path.read_bytes()
    path.write_bytes(broken_release())
    capsys.readouterr()
    assert main(["grade", NAME, *course, "--workers", "1"]) == 2
    told = capsys.readouterr()
    assert "the model answers of a2_convolution do not get all their points" in told.err
    assert not list((tmp_path / "course").glob("autograded/*/*/result.json"))
    path.write_bytes(right)  # what was refused is tried again
    assert main(["grade", NAME, *course, "--workers", "1"]) == 0
    assert "1 graded now" in capsys.readouterr().out
    assert main(["regrade", NAME, "--all", *course, "--workers", "1"]) == 0
    assert "1 graded now" in capsys.readouterr().out
    assert main(["regrade", NAME, *course]) == 2
    assert "say --all" in capsys.readouterr().err


def question(**changes):
    line = {"kind": "small images", "points": 1.0, "words": ""}
    right = {"question": "q", "points": 1.0, "maximum": 1.0, "visible": "passed", "notes": []}
    return right | {"lines": [line]} | changes


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        ({"questions": [question(points=None)]}, None),
        ({"human": "too much in it"}, "too much in it"),
        ({"cells": [{"cell": 4, "words": "ImportError"}]}, "cell 4: ImportError"),
        ({"questions": [question(points=0.0, notes=["It died."])]}, "question q: 0 of 1 points"),
        ({"questions": [question(visible="failed")]}, "its visible check fails"),
    ],
)
def test_what_is_wrong_with_the_model_answers_is_said(changes, words):
    result = {"human": "", "cells": [], "questions": [question()]} | changes
    found = list(faults(result))
    assert found == [] if words is None else words in found[0]


# --- finding answers -------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in TRIALS if TRIALS[name].pending is not None])
def test_answers_in_words_wait_wherever_they_stand(name):
    written = define(NAME).assignment.written[0]
    state, _ = essay(written, read(TRIALS[name].content), RELEASE)
    assert (state != "blank") == TRIALS[name].pending


def test_a_place_that_is_as_released_is_not_run_over_an_answer_above():
    slide = define(NAME).assignment.graded[0]
    notebook = read(TRIALS["each answer above its place"].content)
    sources = [cell.source for cell in plan(notebook, RELEASE)]
    assert not any("NotImplementedError" in source for source in sources)
    assert find(slide, notebook, RELEASE)[0] == "there"
    untouched = blank(define(NAME))
    cell = answer_cell(untouched, "slide")
    cell.source = cell.source.replace("# YOUR CODE HERE", "# TODO: ask tomorrow")
    assert find(slide, read(dump(untouched)), RELEASE)[0] == "blank"
    cell.source = "# question: slide"
    assert find(slide, read(dump(untouched)), RELEASE)[0] == "gone"


def test_nothing_is_found_in_a_notebook_without_cells():
    assignment, empty = define(NAME).assignment, Notebook([])
    assert find(assignment.graded[0], empty, RELEASE) == ("gone", [])
    assert essay(assignment.written[0], empty, RELEASE) == ("gone", [])


# --- inside the sandbox ----------------------------------------------------------------------


def test_answers_that_are_iterators_arrive_as_lists():
    given = {"a": iter([1, (2, 3)]), "b": {"x": 1}.items(), "c": map(str, range(2))}
    assert tolerant.settled(given) == {"a": [1, [2, 3]], "b": [["x", 1]], "c": ["0", "1"]}
    array = np.arange(3)
    assert tolerant.settled(array) is array
    assert tolerant.settled("text") == "text"
    with pytest.raises(ModuleNotFoundError, match="torch"):
        tolerant.settled([tolerant.Missing("torch")])


def test_a_stand_in_decorates_and_computes_nothing():
    torch = tolerant.Missing("torch")
    assert torch.no_grad()(len) is len
    assert torch.jit.script(len) is len
    assert not torch.cuda.is_available()
    assert not isinstance(3, torch.Tensor)
    assert (torch.Tensor | None) is not None
    with pytest.raises(ModuleNotFoundError, match="No module named 'torch'"):
        torch.tensor([1, 2])
    assert "torch" in tolerant.Missing.used
