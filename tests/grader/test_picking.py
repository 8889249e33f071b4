"""Work that lies beside an untouched notebook is told of, and harmless files are not."""

import io
import json
import zipfile

import pytest

from grader.collect import collect_submissions

NAME = "a2_convolution"
STUB = "def slide(image):\n    raise NotImplementedError"
DONE = "def slide(image):\n    return image"


def notebook(code=DONE, essay="Because.", assignment=NAME, **more):
    """Return a notebook with two answers, one in code and one in words."""
    sources = {
        "markdown": f"<!-- answer: why -->\n{essay}",
        "code": f"# question: slide\n{code}",
        "raw": more.get("raw", "read this"),
    }
    cells = [{"cell_type": kind, "source": text, "metadata": {}} for kind, text in sources.items()]
    return json.dumps({"cells": cells, "metadata": {"assignment": assignment}}).encode()


RELEASE = notebook(STUB, "")
RUN = notebook(f"{STUB}  # later", "", raw="I only looked at it")
BARE = notebook(assignment=None)


def zipped(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, each in files.items():
            archive.writestr(path, each)
    return content.getvalue()


@pytest.fixture
def problem(course, reader, tmp_path):
    """Collect a student's files; return what a person should know."""

    def problem(files):
        (course.root / "release" / NAME).mkdir(parents=True)
        (course.root / "release" / NAME / f"{NAME}.ipynb").write_bytes(RELEASE)
        source = tmp_path / "export"
        for path, content in {**files, "../bo/x.ipynb": notebook()}.items():
            target = source / "ann" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        found = {
            one.origin.student: one
            for one in collect_submissions(course, NAME, source, reader=reader)
        }
        assert found["bo"].state == "new"
        assert (found["ann"].state == "problem") == bool(found["ann"].origin.problem)
        assert found["ann"].counts
        return found["ann"].origin.problem

    return problem


#: What lies beside a notebook into which nothing was written, and what is said.
BESIDE = {
    "metadata that an editor lost": ({"mine.ipynb": BARE}, "names no assignment"),
    "the same in a zip file": ({"w.zip": zipped({"mine.ipynb": BARE})}, "names no assignment"),
    "cut off": ({"mine.ipynb": notebook()[:-20]}, "mine.ipynb: a damaged notebook"),
    "Python": ({"mine.py": b"import numpy\n"}, "mine.py: Python code"),
    "a PDF": ({"mine.pdf": b"%PDF-1.5"}, "mine.pdf: a PDF"),
    "a damaged zip file": ({"w.zip": zipped({"x": BARE})[:-9]}, "w.zip: a damaged zip file"),
    "another name": ({"mine.ipynb": notebook(assignment="a1_data")}, "a notebook of a1_data"),
}


@pytest.mark.parametrize("untouched", [RELEASE, RUN])
@pytest.mark.parametrize("case", BESIDE)
def test_what_lies_beside_an_untouched_notebook_is_told(problem, case, untouched):
    files, words = BESIDE[case]
    found = problem({"a.ipynb": untouched, **files})
    assert "nothing was written into a.ipynb" in found
    assert words in found


@pytest.mark.parametrize("answered", [notebook(essay=""), notebook(STUB)])
def test_harmless_files_beside_answers_bother_nobody(problem, answered):
    files = {
        "notes.pdf": b"%PDF-1.5",
        "a1.ipynb": notebook("x = 1", "", assignment="a1_data").replace(b": slide", b": other"),
        "scratch.ipynb": notebook("x = 1", "", assignment=None).replace(b": slide", b": mine"),
        "again.ipynb": answered.replace(json.dumps(NAME).encode(), b"null"),
        "untouched.ipynb": notebook(STUB, "", assignment=None),
    }
    assert problem({"a.ipynb": answered, **files}) == ""


@pytest.mark.parametrize("assignment", [None, "a1_data"])
def test_other_answers_beside_answers_are_told(problem, assignment):
    files = {"a.ipynb": notebook(), "b.ipynb": notebook("slide = abs", assignment=assignment)}
    assert "other answers than in a.ipynb lay beside it: b.ipynb" in problem(files)


def test_an_untouched_notebook_alone_is_no_problem(problem):
    assert problem({"a.ipynb": RELEASE}) == ""
