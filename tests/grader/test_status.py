"""The state of a term on one screen, soon."""

import os
import subprocess
import sys

import pytest
from bs4 import BeautifulSoup

from grader.__main__ import main
from grader.commands._common import tell
from grader.people import Person
from grader.release import ROOT
from grader.results import Origin
from grader.standing import Standing, called, outline
from tests.grader import small_term
from tests.grader.small_term import ASSIGNMENT, NAME, grade, hand_in, look, result

LIST = "id,full name\n" + "".join(f"s{number:02},Student {number}\n" for number in range(1, 31))


@pytest.fixture(scope="module")
def term(tmp_path_factory):
    """Return a course of 30: 12 have handed in, of whom two are done."""
    course = small_term.released(tmp_path_factory.mktemp("term"))
    small_term.roster(course, LIST)
    for number in range(1, 13):
        student = f"s{number:02}"
        late = "2025-12-03T10:00:00+00:00" if number == 2 else "2025-12-01T10:00:00+00:00"
        content = hand_in(course, student, "" if number == 4 else student, time=late)
        if number < 12:
            human = "The file is empty." if number == 4 else ""
            grade(course, student, result(None, human, readable=number != 4), content)
    hand_in(course, "stranger")
    look(course, "s01")
    look(course, "s02")
    return course


def status(course, capsys, *arguments):
    assert main(["status", *arguments, "--course", str(course.root)]) == 0
    return capsys.readouterr().out


def test_counts_come_first_and_names_after(term, capsys):
    option = ["--course", str(term.root)]
    assert main(["deadline", NAME, "2025-12-02", "--timezone", "UTC", *option]) == 0
    assert main(["late", "10%", *option]) == 0
    capsys.readouterr()
    out = status(term, capsys, NAME)
    lines = out.splitlines()
    assert lines[0] == (
        "a2_convolution: Convolution by hand, 18 points, was due 2025-12-02 23:59 (UTC)."
    )
    assert lines[1] == "Late work: 10 percent a day begun."
    assert lines[2] == (
        "31 students: 2 graded, 8 waiting for a person, 1 no notebook of this assignment, "
        "2 not graded yet, 18 not handed in, 1 late."
    )
    assert lines[3] == "Final totals, after what late work costs: 2, from 15.3 to 17, mean 16.1."
    assert "Not handed in (18):\n  s13, s14, s15, s16, s17, s18, s19, s20 and 10 more: --all" in out
    assert "No notebook of this assignment (1):\n  s04: The file is empty." in out
    assert "  s03: Flipped or not: not graded yet\n" in out
    assert "Late (1):\n  s02: 10 h, 1.7 points less\n" in out
    assert "Not on the list of students (1):\n  stranger\n" in out
    assert out.endswith(f"Next: python -m grader grade {NAME} --course {term.root}\n")
    assert len(lines) < 45
    assert all(len(line) < 130 for line in lines)


def test_within_the_grace_nobody_is_late(term, tmp_path, capsys):
    course = small_term.copy(term, tmp_path / "course")
    option = ["--course", str(course.root)]
    assert main(["deadline", NAME, "2025-12-03T09:50", "--timezone", "UTC", *option]) == 0
    assert main(["late", "10%", *option]) == 0
    assert "Late (1):\n  s02: 10 min, 1.7 points less\n" in status(course, capsys, NAME)
    assert main(["late", "10%", "--grace", "10", *option]) == 0
    out = status(course, capsys, NAME)
    assert "Late (" not in out
    assert " late." not in out
    assert "mean 17.0." in out


def test_analytics_tells_the_same_average(term, capsys):
    option = ["--course", str(term.root)]
    assert main(["deadline", NAME, "2025-12-02", "--timezone", "UTC", *option]) == 0
    assert main(["late", "10%", *option]) == 0
    assert "Final totals, after what late work costs: 2," in status(term, capsys, NAME)
    assert main(["analytics", NAME, *option]) == 0
    page = (term.root / "analytics" / f"{NAME}.html").read_text()
    text = " ".join(BeautifulSoup(page, "html.parser").get_text().split())
    assert "16.1 of 18 points on average" in text  # of 17 and of 17 less 10 %
    assert "of the 2 final totals, after what late work costs" in text


@pytest.mark.parametrize(
    ("zone", "days"),
    [("UTC", ["2025-12-01", "2025-12-03"]), ("Pacific/Kiritimati", ["2025-12-02", "2025-12-04"])],
)
def test_days_are_those_of_the_deadline(term, zone, days):
    option = ["--course", str(term.root)]
    assert main(["deadline", NAME, "2025-12-02", "--timezone", zone, *option]) == 0
    assert main(["analytics", NAME, *option]) == 0
    page = (term.root / "analytics" / f"{NAME}.html").read_text()
    table = BeautifulSoup(page, "html.parser").find_all("table")[-1]
    assert f"Day ({zone})" in table.get_text()
    assert [row.th.get_text() for row in table.tbody.find_all("tr")] == days


@pytest.mark.parametrize(
    ("people", "names"),
    [
        ([("a", "Ann", "Lee", ""), ("b", "Bo", "Li", "")], ["Ann Lee", "Bo Li"]),
        (
            [("a", "Ann", "Lee", "a@x"), ("b", "ANN", "Lee", ""), ("c", "Ann", "Li", "c@x")],
            ["Ann Lee (a@x)", "ANN Lee (b)", "Ann Li"],
        ),
        ([("a", "", "", ""), ("b", "A", "", "b@x")], ["a (a)", "A (b@x)"]),
    ],
)
def test_namesakes_are_told_apart(people, names):
    found = [Standing(Person(*person), Origin(person[0]), "missing") for person in people]
    assert list(called(found).values()) == names


def test_the_lists_name_comes_before_the_downloads():
    origin = Origin("s1", full_name="bo li (2)")
    assert called([Standing(Person("s1", "Bo", "Li"), origin, "final")]) == {"s1": "Bo Li"}
    assert called([Standing(Person("s1"), origin, "final")]) == {"s1": "bo li (2)"}


@pytest.mark.parametrize("buffered", ["", "1"])
@pytest.mark.parametrize("command", [["status"], ["status", NAME, "--all"], ["handins", NAME]])
def test_it_ends_quietly_where_nobody_reads(term, command, buffered):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "grader", *command, "--course", str(term.root)],
        cwd=ROOT,
        stdout=write,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": buffered},
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize(
    ("total", "lines"), [(1, 1), (5, 5), (30, 10), (99, 11), (300, 12), (1000, 40)]
)
def test_a_long_run_says_how_far_it_is_where_output_is_kept(capsys, total, lines):
    for done in range(1, total + 1):
        tell(done, total, f"{done} of {total}")
    said = capsys.readouterr().out.splitlines()
    assert (len(said), said[-1]) == (lines, f"{total} of {total}")


def test_all_are_named_if_wanted(term, capsys):
    out = status(term, capsys, NAME, "--all")
    assert "more: --all" not in out
    assert "s29, s30" in out


def test_without_a_name_there_is_a_line_for_each_assignment(term, capsys):
    out = status(term, capsys)
    assert out.startswith("a2_convolution ")
    assert "31 students: 2 graded" in out
    assert len(out.splitlines()) == 2


def test_what_a_student_wrote_is_shown_as_text(term, tmp_path, capsys):
    course = small_term.copy(term, tmp_path / "course")
    content = hand_in(course, "s01", "new\x1b[31m", problem="\x1b[2Jgone\u202e")
    grade(course, "s01", result(None, "\x1b]0;title\x07" + "x" * 500), content)
    out = status(course, capsys, NAME, "--all")
    assert all(line.isprintable() and len(line) < 600 for line in out.splitlines())


@pytest.mark.parametrize(
    ("arguments", "words"), [(["nope"], "is not released"), (["../x"], "is not released")]
)
def test_a_mistyped_name_is_told(term, capsys, arguments, words):
    assert main(["status", *arguments, "--course", str(term.root)]) == 2
    assert words in capsys.readouterr().err


def test_the_outline_of_a_release_is_the_assignments(term):
    found = outline(term, NAME)
    assert (found.title, found.points) == (ASSIGNMENT.title, ASSIGNMENT.points)
    assert [question.id for question in found.questions] == [q.id for q in ASSIGNMENT.questions]


def test_it_imports_nothing_that_takes_seconds(term):
    code = (
        "import sys; from grader.__main__ import main; "
        f"main(['status', {NAME!r}, '--course', {str(term.root)!r}]); "
        "print(sorted({'nbgrader', 'pandas', 'nbformat', 'jupytext', 'scipy', 'sqlalchemy', "
        "'distributed', 'tensorflow'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("\n[]\n")
