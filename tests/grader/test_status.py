"""The state of a term on one screen, soon."""

import subprocess
import sys

import pytest

from grader.__main__ import main
from grader.release import ROOT
from grader.standing import outline
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
        "31 students: 2 graded, 8 waiting for a person, 1 no notebook that can be read, "
        "2 not graded yet, 18 not handed in, 1 late."
    )
    assert lines[3] == "Final totals: 2, from 15.3 to 17, mean 16.1."
    assert "Not handed in (18):\n  s13, s14, s15, s16, s17, s18, s19, s20 and 10 more: --all" in out
    assert "No notebook that can be read (1):\n  s04: The file is empty." in out
    assert "  s03: Flipped or not: not graded yet\n" in out
    assert "Late (1):\n  s02: 10 h, 1.7 points less\n" in out
    assert "Not on the list of students (1):\n  stranger\n" in out
    assert out.endswith(f"Next: python -m grader grade {NAME} --course {term.root}\n")
    assert len(lines) < 45
    assert all(len(line) < 130 for line in lines)


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
