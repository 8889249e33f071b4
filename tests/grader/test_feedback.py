"""Feedback is one file that needs no other, in the course's colors, with all text as text."""

import re

import pytest
from bs4 import BeautifulSoup

from fashion_lib._palette import PALETTE
from grader.feedback import page
from grader.questions import Assignment, Written
from grader.results import Score

EVIL = "<img src=x onerror=alert(1)>"


def make(score, **changes):
    """Return the feedback on one question, parsed."""
    line = {"kind": f"a `kind` {EVIL}", "points": 0.0, "maximum": 1.5, "words": f"wrong {EVIL}"}
    question = {
        "question": "why",
        "title": f"Why {EVIL}",
        "maximum": 3.0,
        "lines": [line],
        "notes": [f"note {EVIL}"],
        "human": "",
    }
    result = {"questions": [question], "human": f"unclear {EVIL}"} | changes
    assignment = Assignment("a9", f"Title {EVIL}", 60, (Written("why", "Why", 3.0, ""),))
    return page(assignment, result, {"why": score})


def score(**changes):
    given = {
        "points": 1.5,
        "maximum": 3.0,
        "pending": False,
        "manual": True,
        "comment": f"comment {EVIL}",
    }
    return Score(**given | changes)


def test_every_text_is_escaped():
    text = make(score())
    soup = BeautifulSoup(text, "html.parser")
    assert soup.find_all(["img", "script"]) == []
    for words in ("Title", "unclear", "Why", "note", "comment", "Wrong"):
        assert f"{words} {EVIL}" in soup.main.get_text(), words
    assert soup.li.code.get_text() == "kind"
    assert soup.li.get_text().startswith(f"A kind {EVIL} (0 of 1.5). Wrong")


def test_the_file_needs_no_other():
    text = make(score())
    assert not re.findall(r"url\(|@import|https?:|//|src=(?!x )|href=", text)


def test_the_colors_are_those_of_the_course():
    style = BeautifulSoup(make(score()), "html.parser").style.get_text()
    used = set(re.findall(r"var\(--course-([\w-]+)\)", style))
    assert used <= set(PALETTE["light"]) & set(PALETTE["dark"])
    colors = set(re.findall(r"#[0-9a-f]{3,8}\b", style))
    assert colors <= {*PALETTE["light"].values(), *PALETTE["dark"].values()}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "1.5 of 3 points"),
        ({"pending": True}, "0 of 3 points, 1 answer is not graded yet"),
    ],
)
def test_points_that_wait_are_not_counted(changes, words):
    soup = BeautifulSoup(make(score(**changes)), "html.parser")
    assert soup.find(class_="total").get_text() == words
    assert ("not graded yet" in soup.h2.get_text()) == bool(changes)
