"""Feedback is one file that needs no other, in the course's colors, with all text as text."""

import re
from datetime import timedelta

import nbformat
import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt

from fashion_lib._palette import PALETTE
from grader.feedback import as_notebook, page
from grader.people import Person
from grader.questions import Assignment, Written
from grader.results import Origin, Score
from grader.standing import Standing

EVIL = "<img src=x onerror=alert(1)>"


def make(score, about=None, **changes):
    """Return the feedback on one question; `about` is what is known of the student."""
    about = about or {}
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
    state = "waiting" if score.pending else "final"
    standing = Standing(Person("ann"), Origin("ann"), state, scores={"why": score}, **about)
    return page(assignment, result, standing)


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
    strays = [{"cell": 3, "words": f"Stray {EVIL}"}]
    text = make(score(pending=True), cells=strays)
    soup = BeautifulSoup(text, "html.parser")
    assert soup.find_all(["img", "script"]) == []
    for words in ("Title", "unclear", "Why", "note", "comment", "Wrong", "Stray"):
        assert f"{words} {EVIL}" in soup.main.get_text(), words
    assert soup.li.code.get_text() == "kind"
    assert soup.li.get_text().startswith(f"A kind {EVIL} (0 of 1.5). Wrong")


def test_the_file_needs_no_other():
    text = make(score())
    assert not re.findall(r"url\(|@import|https?:|//|src=(?!x )|href=", text)


def test_nothing_runs_in_it_should_something_not_be_escaped(chromium, tmp_path):
    run = "document.title = 'RUN'"
    evil = f"<script>{run}</script><img src=x onerror={run!r}><style>main {{ width: 1px }}</style>"
    evil += f'<a id=go href="javascript:{run}">x</a>'
    text = make(score()).replace("</main>", f"{evil}</main>")
    path = tmp_path / "feedback.html"
    path.write_text(text, "utf-8")
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    page.goto(path.as_uri(), wait_until="load")
    page.evaluate("document.getElementById('go').click()")
    assert page.title().startswith("Feedback: ")
    assert page.evaluate("document.querySelector('main').clientWidth") > 500
    assert page.evaluate("getComputedStyle(document.body).maxWidth") == "704px"  # its own
    page.close()


def test_the_colors_are_those_of_the_course():
    style = BeautifulSoup(make(score()), "html.parser").style.get_text()
    used = set(re.findall(r"var\(--course-([\w-]+)\)", style))
    assert used <= set(PALETTE["light"]) & set(PALETTE["dark"])
    colors = set(re.findall(r"#[0-9a-f]{3,8}\b", style))
    assert colors <= {*PALETTE["light"].values(), *PALETTE["dark"].values()}


@pytest.mark.parametrize(
    ("changes", "about", "total", "part"),
    [
        ({}, {}, "1.5 of 3 points", None),
        (
            {},
            {"loss": 0.3, "late": timedelta(hours=30)},
            "1.2 of 3 points",
            "1.5 earned, 0.3 taken off: it came 1 day 6 h late.",
        ),
        (
            {"pending": True},
            {},
            "Not graded to the end",
            "0 of 3 points so far, 1 answer is not graded yet.",
        ),
        (
            {"pending": True},
            {"late": timedelta(hours=5), "loss": 0.3},
            "Not graded to the end",
            "0 of 3 points so far, 1 answer is not graded yet; it came 5 h late.",
        ),
    ],
)
def test_no_number_looks_final_that_is_not(changes, about, total, part):
    soup = BeautifulSoup(make(score(**changes), about), "html.parser")
    assert soup.find(class_="total").get_text() == total
    found = soup.find(class_="part")
    assert (found.get_text() if found else None) == part
    assert ("not graded yet" in soup.h2.get_text()) == bool(changes)


def test_what_a_person_has_looked_at_is_not_unclear_any_more():
    assert "has to be looked at" in make(score(pending=True))
    assert "has to be looked at" not in make(score())


PDF = "no notebook was handed in. work.pdf: a PDF"


@pytest.mark.parametrize(
    ("state", "given", "words"),
    [
        ("unreadable", None, f"Your file has to be looked at by a person: {PDF}"),
        ("final", 0.0, f"Your file could not be graded by the machine: {PDF}"),
        ("final", 2.5, f"Your file could not be graded by the machine: {PDF}"),
    ],
)
def test_who_handed_in_no_notebook_reads_why_and_what_a_person_gave(state, given, words):
    score = Score(given or 0.0, 3.0, given is None, False, "", given=given)
    origin = Origin("ann", problem=PDF)
    standing = Standing(Person("ann"), origin, state, scores={"why": score})
    assignment = Assignment("a9", "Title", 60, (Written("why", "Why", 3.0, ""),))
    text = page(assignment, {"questions": [], "human": PDF}, standing)
    soup = BeautifulSoup(text, "html.parser")
    assert soup.find(class_="note").get_text() == words
    assert "What is graded is the notebook itself" in soup.get_text()
    points = [each.get_text() for each in soup.find_all(class_="points")]
    assert points == ([] if given is None else [f"{given:g} of 3"])


def test_errors_of_other_cells_are_told():
    cells = [{"cell": 12, "words": "the cell took too long."}]
    soup = BeautifulSoup(make(score(), cells=cells), "html.parser")
    assert "Cell 12: The cell took too long." in soup.get_text()
    assert "Other cells" not in make(score())


def test_formulas_stay_readable():
    soup = BeautifulSoup(make(score(comment="if $a<b$ & `c`")), "html.parser")
    assert soup.blockquote.get_text() == "if $a<b$ & `c`"


COMMENTS = [
    "[x](javascript:alert(1))",
    f"a\n\n{EVIL}\n\n[x](javascript:alert(1))",
    "</main>",
    "<li>",
]


@pytest.mark.parametrize("comment", COMMENTS)
def test_as_a_notebook_it_is_the_same_text_without_anything_that_runs(comment):
    html = make(score(comment=comment))
    notebook = nbformat.reads(as_notebook(html), as_version=4)
    nbformat.validate(notebook)
    (cell,) = notebook.cells
    shown = BeautifulSoup(MarkdownIt().render(cell.source), "html.parser")
    assert shown.find_all(["img", "script", "a", "style"]) == []
    plain = BeautifulSoup(html, "html.parser").main
    assert shown.get_text().replace("✗ ", "").split() == plain.get_text().split()
    assert shown.li.get_text().startswith("✗ A kind")
