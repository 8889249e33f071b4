"""Notebooks of any editor are read, and files that are none are named as such."""

import json

import pytest

from grader import submission
from grader.submission import Cell, UnreadableError, read, strip


def notebook(*cells, **metadata):
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)}
    ).encode()


def code(source, **metadata):
    return {
        "cell_type": "code",
        "source": source,
        "metadata": metadata,
        "outputs": [],
        "execution_count": 3,
    }


def test_sources_as_text_or_as_lines_are_the_same():
    one = read(notebook(code("a = 1\nb = 2")))
    other = read(notebook(code(["a = 1\r\n", "b = 2"])))
    assert one.cells == other.cells


def test_a_question_is_found_by_id_marker_or_name():
    by_id = Cell("code", "x = 1", id="slide")
    by_marker = Cell("code", "# question: slide\nx = 1")
    assert by_id.question == by_marker.question == "slide"
    assert "slide" in Cell("code", "def slide(image):\n    return 0").defines()
    assert Cell("code", "x = 1", id="old").question == "old"
    assert Cell("code", "# question: slide\nx = 1", id="old").question == "slide"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(): pass\nclass G: pass", {"f", "G"}),
        ("a, (b, c) = 1, (2, 3)\nd: int = 4", {"a", "b", "c", "d"}),
        ("import numpy as np\nfrom math import sin as s, cos", {"np", "s", "cos"}),
        ("%matplotlib inline\ndef f():\n    pass\nx = 3", {"f", "x"}),
        ("def f(:\n    pass", {"f"}),
        ("try:\n    def f(): pass\nexcept E:\n    if g:\n        h = 1", {"f", "h"}),
        ("def f():\n    inner = 1", {"f"}),
        ("x == 3", set()),
    ],
)
def test_names_that_a_cell_defines(source, names):
    assert Cell("code", source).defines() == names


def test_a_long_cell_is_not_parsed():
    """A syntax tree of some megabytes of source would fill the grader's memory."""
    cell = Cell("code", "def f():\n    return 1\nx = [" + "[]," * 200_000 + "]")
    assert cell.defines() == {"f", "x"}


def test_markers_do_not_count_as_text():
    assert Cell("markdown", "<!-- answer: why -->\nBecause.").text == "Because."
    assert Cell("code", "# question: slide\nx = 1").text == "x = 1"


def test_strip_removes_outputs_and_nothing_else():
    cell = code("a = 1", nbgrader={"grade_id": "slide"}) | {"outputs": [{"text": "x" * 10**6}]}
    stripped = strip(notebook(cell, assignment="a2_convolution"))
    assert len(stripped) < 1000
    assert read(stripped).cells == read(notebook(cell)).cells
    assert read(stripped).assignment == "a2_convolution"


@pytest.mark.parametrize(
    "cell",
    [
        code("a = 1"),
        code("a = 1\r\r\nb = 2\r\r\r\n\n\r\n"),
        code(["a = 1\r", "\r", "\n"]),
        code("a = 1\rb = 2\r\u2028\x0c\x85\n\r"),
        code("a", nbgrader=dict.fromkeys(("\ud83d", "b", "\ud83e"), 1)),
        {"cell_type": "heading", "input": "a\r\r\n"},
    ],
)
def test_strip_is_stable(cell):
    """A hand-in whose bytes change each time would have to be graded again for ever."""
    content = strip(notebook(cell))
    assert strip(content) == content


def test_ends_of_lines_are_found_quickly():
    assert read(notebook(code("\r" * 10**6))).cells[0].source == "\r" * 10**6


def test_half_an_emoji_can_be_sent():
    assert read(strip(notebook(code("a = '\ud83d'")))).cells[0].source == "a = '?'"


def test_what_is_large_without_outputs_is_refused(monkeypatch):
    monkeypatch.setattr(submission, "MOST_WRITTEN", 1024 * 1024)
    with pytest.raises(UnreadableError, match="larger than 1 MiB, outputs not counted"):
        strip(notebook(code("a" * 1024 * 1024)))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"def f(): pass", "not valid JSON"),
        (notebook(code("a"))[:-20], "not valid JSON"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b"[1, 2]", "no cells"),
        (b'{"cells": 3}', "no cells"),
        (b"[" * 10**6, "not valid JSON"),
    ],
)
def test_what_is_no_notebook_is_named(content, words):
    with pytest.raises(UnreadableError, match=words):
        read(content)


@pytest.mark.parametrize(
    "odd",
    [None, 3, "text", ["a"], {"source": 3}, {"cell_type": ["x"]}, {"metadata": 1, "source": None}],
)
def test_odd_cells_do_no_harm(odd):
    read(strip(notebook(odd, code("a = 1"))))
