"""The analytics of an assignment: numbers worked out by hand, on a page that names nobody."""

import math
import re
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from bs4 import BeautifulSoup

from grader.analytics import Record, render, tabulate
from grader.analytics.drawing import edges, histogram, shares
from grader.questions import Assignment, Case, Mistake, Question, Written
from grader.results import Score

EVIL = "<img src=x onerror=alert(1)>"
WHOLE, HALF = (
    Case("whole numbers", 2, lambda rng: None, ""),
    Case("halves", 1, lambda rng: None, ""),
)
ASSIGNMENT = Assignment(
    "a9",
    f"Title {EVIL}",
    60,
    (
        Question(
            "add", "add", "Addition", sum, (WHOLE, HALF), mistakes=(Mistake(max, "the larger"),)
        ),
        Question("sub", "sub", "Subtraction", sum, (WHOLE,)),
        Written("why", "Why", 3, ""),
    ),
)


def line(kind, points, maximum, words="", **more):
    return {"kind": kind, "points": points, "maximum": maximum, "words": words} | more


def question(identity, lines, notes=(), **more):
    title = next(each.title for each in ASSIGNMENT.questions if each.id == identity)
    return {
        "question": identity,
        "title": title,
        "maximum": sum(each["maximum"] for each in lines),
        "points": sum(each["points"] for each in lines),
        "lines": lines,
        "notes": list(notes),
        "human": "",
    } | more


def essay(points=None):
    return question("why", [], maximum=3.0, points=points)


def result(*questions, seconds=1.0, peak=100 * 2**20, starts=1, human=""):
    return {
        "questions": list(questions),
        "human": human,
        "seconds": seconds,
        "peak": peak,
        "starts": starts,
    }


def hand_in(day, hour=12):
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def four():
    """Return four submissions: all right, a known mistake, one unanswered, one unreadable."""
    right = result(
        question("add", [line("whole numbers", 2, 2), line("halves", 1, 1)], visible="passed"),
        question("sub", [line("whole numbers", 2, 2)], visible="absent"),
        essay(),
    )
    wrong = result(
        question(
            "add",
            [
                line("whole numbers", 0, 2, "the larger. Expected: a sum", mistake="the larger"),
                line("halves", 0, 1, "the larger. Expected: a sum", mistake="the larger"),
            ],
            visible="passed",
        ),
        question("sub", [line("whole numbers", 2, 2)], visible="failed"),
        essay(),
        seconds=3.0,
        peak=300 * 2**20,
        starts=2,
    )
    blank = result(
        question("add", [line("whole numbers", 2, 2), line("halves", 0, 1, "all differ")]),
        question("sub", [line("whole numbers", 0, 2)], ["Not answered."]),
        essay(0.0),
        seconds=2.0,
        peak=200 * 2**20,
    )
    given = {"why": Score(2.5, 3, False, True, "")}
    return [
        Record(right, given, False, hand_in(1)),
        Record(wrong, {"why": Score(0, 3, True, False, "")}, True, hand_in(1, 23)),
        Record(blank, {}, False, hand_in(3), late=True),
        Record(result(human="The file is empty."), {}, True),
        Record(None),
    ]


def test_submissions_are_counted():
    tables = tabulate(ASSIGNMENT, four())
    counted = (tables.submissions, tables.graded, tables.unreadable, tables.waiting, tables.late)
    assert counted == (5, 4, 1, 2, 1)
    assert tables.totals.tolist() == [3 + 2 + 2.5, 0 + 2, 2 + 0 + 0]


def test_questions_have_the_points_that_are_known():
    table = tabulate(ASSIGNMENT, four()).questions.set_index("question")
    columns = ["maximum", "points", "full", "part", "none", "waiting", "blank"]
    assert table.loc["add", columns].tolist() == [3, pytest.approx(5 / 3), 1, 1, 1, 0, 0]
    assert table.loc["sub", columns].tolist() == [2, pytest.approx(4 / 3), 2, 0, 1, 0, 1]
    assert table.loc["why", columns].tolist() == [3, 1.25, 0, 1, 1, 1, 0]


def test_points_that_a_person_gave_count_more_than_the_machines():
    records = four()
    records[1] = replace(records[1], scores={"add": Score(3, 3, False, True, "")})
    assert tabulate(ASSIGNMENT, records).questions["full"].tolist() == [2, 2, 0]


def test_kinds_are_sorted_by_what_was_lost():
    table = tabulate(ASSIGNMENT, four()).kinds
    assert table.to_dict("split")["data"] == [
        ["Addition", "halves", 1, 2, 2],  # the same points, but of more submissions
        ["Addition", "whole numbers", 2, 1, 2],
        ["Subtraction", "whole numbers", 2, 1, 2],
    ]


def test_a_mistake_counts_once_for_each_submission():
    table = tabulate(ASSIGNMENT, four()).mistakes
    assert table.to_dict("split")["data"] == [
        ["Addition", "the larger", True, 1],
        ["Addition", "all differ", False, 1],
    ]


def test_results_without_the_field_for_mistakes_are_understood():
    records = four()
    for each in records[1].questions[0]["lines"]:
        del each["mistake"]
    assert tabulate(ASSIGNMENT, records).mistakes["known"].tolist() == [True, False]


def test_visible_checks_are_set_against_hidden_cases():
    table = tabulate(ASSIGNMENT, four()).checks.set_index("question")
    columns = ["passed", "lost", "failed", "absent"]
    assert table.loc["Addition", columns].tolist() == [1, 1, 0, 0]
    assert table.loc["Subtraction", columns].tolist() == [0, 0, 1, 1]


def test_costs_and_days():
    tables = tabulate(ASSIGNMENT, four())
    assert tables.costs["seconds"].tolist() == [1, 3, 2]
    assert tables.costs["memory"].tolist() == [100, 300, 200]
    assert tables.days.tolist() == [2, 1]


def test_discrimination_is_the_correlation_with_the_other_questions():
    def one(add, sub):
        lines = [line("whole numbers", min(add, 2), 2), line("halves", max(add - 2, 0), 1)]
        return Record(
            result(question("add", lines), question("sub", [line("whole numbers", sub, 2)]))
        )

    add, sub = [3, 3, 2, 2, 0, 0, 3, 2, 0, 3], [2, 2, 2, 0, 0, 0, 2, 2, 0, 0]
    table = tabulate(ASSIGNMENT, [one(*pair) for pair in zip(add, sub, strict=True)]).questions
    wanted = np.corrcoef(add, sub)[0, 1]
    assert table["discrimination"].tolist()[:2] == pytest.approx([wanted, wanted])
    assert table["discrimination"].isna().tolist() == [False, False, True]
    few = tabulate(ASSIGNMENT, [one(*pair) for pair in zip(add[:9], sub, strict=False)])
    assert few.questions["discrimination"].isna().all()


@pytest.mark.parametrize("number", [0, 1, 30, 300])
def test_the_page_works_for_any_number_of_submissions(number):
    records = (four() * 75)[:number]
    soup = BeautifulSoup(render(ASSIGNMENT, tabulate(ASSIGNMENT, records)), "html.parser")
    assert soup.find(class_="facts").li.get_text().split()[0] == str(number)
    assert bool(soup.find_all("svg")) == (number > 0)
    assert "nan" not in soup.get_text().lower()


def test_the_page_says_when_nothing_could_be_read():
    page = render(ASSIGNMENT, tabulate(ASSIGNMENT, four()[3:]))
    assert "nothing to show" in page


def test_a_small_class_is_warned_about():
    assert "who did what" in render(ASSIGNMENT, tabulate(ASSIGNMENT, four()[:1]))
    assert "who did what" not in render(ASSIGNMENT, tabulate(ASSIGNMENT, four() * 2))


def test_every_text_is_escaped_and_nothing_is_loaded_or_run():
    records = four()
    for each in records[1].questions:
        each["lines"] = [each | line(EVIL, 0, 2, EVIL, mistake=EVIL) for each in each["lines"]]
    page = render(ASSIGNMENT, tabulate(ASSIGNMENT, records))
    soup = BeautifulSoup(page, "html.parser")
    assert soup.find_all(["img", "script", "link", "iframe", "a", "form"]) == []
    assert not [tag for tag in soup.find_all(True) if any(a.startswith("on") for a in tag.attrs)]
    assert not soup.find_all(style=True)
    assert EVIL in soup.main.get_text()
    assert not re.findall(r"url\(|@import|https?:|//", soup.style.get_text())
    assert soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"].startswith(
        "default-src 'none'; style-src 'sha256-"
    )


def test_every_picture_says_in_words_what_it_shows():
    soup = BeautifulSoup(render(ASSIGNMENT, tabulate(ASSIGNMENT, four())), "html.parser")
    for picture in soup.find_all("svg"):
        assert picture["role"] == "img"
        assert picture.title.get_text()


def test_a_browser_applies_the_style_and_finds_nothing_to_complain(chromium, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(render(ASSIGNMENT, tabulate(ASSIGNMENT, four() * 8)), "utf-8")
    page, said = chromium.new_page(viewport={"width": 390, "height": 800}), []
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    assert said == []
    assert page.evaluate("getComputedStyle(document.querySelector('.strip')).display") == "block"
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.close()


def test_bins_have_round_edges_around_all_values():
    assert edges(0, 18).tolist() == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]
    assert edges(0, 0).size >= 2
    for most in (0.003, 0.7, 1, 7.47, 139, 5000):
        bins = edges(0, most)
        assert bins[0] <= 0
        assert most <= bins[-1] or math.isclose(most, bins[-1])
        assert 2 <= len(bins) <= 14


def test_pictures_have_the_sizes_of_what_they_show():
    widths = re.findall(r'width="([\d.]+)"', str(shares([("full", "all", 3), ("none", "no", 1)])))
    assert list(map(float, widths)) == pytest.approx([74.6, 24.6])
    drawn = str(histogram([1, 1, 3], np.array([0, 2, 4]), "Title", "points"))
    tall = [float(height) for height in re.findall(r'height="([\d.]+)"/>', drawn)]
    assert tall[0] == pytest.approx(2 * tall[1])
