"""Grades leave: final ones, for people and for two LMSs, by number and never by chance."""

import csv
import re
from datetime import UTC, datetime

import pytest

from grader.__main__ import main
from grader.course import CourseError
from grader.lms import FORMATS
from grader.lms.format import Wish
from grader.people import Person
from grader.results import Origin, resolve
from grader.standing import Standing, standings
from tests.grader import small_term
from tests.grader.small_term import ASSIGNMENT, MACHINE, NAME, grade, hand_in, look, result

LIST = """\
id,first name,last name,mail,lms id
ann,Ann,Lee,ann@uni.example,71
bo,Bo,O'Brien,bo@uni.example,72
cy,Cy,Day,cy@uni.example,73
dot,Dot,=1+1,dot@uni.example,74
eve,Eve,Fox,eve@uni.example,75
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Return a course: two are done, one waits, one is unreadable, one has not handed in."""
    course = small_term.released(tmp_path_factory.mktemp("term"))
    small_term.roster(course, LIST)
    for number, student in enumerate(["ann", "bo", "cy", "dot"], start=1201):
        names = {"full_name": f"{student.title()} X", "lms": "moodle", "lms_id": str(number)}
        empty = student == "dot"
        content = hand_in(course, student, "" if empty else student, **names)
        got = {"slide": 2.5} if student == "bo" else None
        human = "The file is empty." if empty else ""
        grade(course, student, result(got, human, readable=not empty), content)
    look(course, "ann", 2.0)
    look(course, "bo", 1.0)
    return course


@pytest.fixture
def course(template, tmp_path):
    return small_term.copy(template, tmp_path / "course")


def export(course, *arguments):
    return main(["export", NAME, "--course", str(course.root), *arguments])


def rows(course, format="plain", delimiter=","):
    path = course.root / "exports" / f"{NAME}-{format}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def people(course):
    head, *lines = rows(course)
    return {line[0]: dict(zip(head, line, strict=True)) for line in lines}


@pytest.fixture
def finished(course):
    look(course, "cy", 3.0)
    resolve(course, NAME, "dot")
    with course.gradebook() as book:
        for each in book.find_submission_notebook(NAME, NAME, "dot").grades:
            each.needs_manual_grade, each.manual_score = False, 0.0
        book.db.commit()
    return course


# --- the guard -----------------------------------------------------------------------------------


@pytest.mark.parametrize("to", [[], ["--to", "moodle"], ["--to", "canvas", "--assignment-id", "9"]])
def test_unfinished_totals_are_not_exported(course, capsys, to):
    assert export(course, *to) == 1
    error = capsys.readouterr().err
    assert (
        "2 of 5 are unfinished: 1 waiting for a person (Cy Day), "
        "1 no notebook of this assignment (Dot =1+1). See" in error
    )
    assert "--unfinished" in error
    assert not (course.root / "exports").exists()


def test_a_class_that_is_unfinished_is_not_named_to_the_last(course, capsys):
    for student in ("f", "g", "h", "i", "j"):
        hand_in(course, student)
    assert export(course) == 1
    assert "5 not graded yet (f, g, h, i, j)" in capsys.readouterr().err
    for student in ("eve", "k"):
        hand_in(course, student)
    assert export(course) == 1
    assert "7 not graded yet (Eve Fox, f, g, h, i and 2 more)" in capsys.readouterr().err


def test_unfinished_totals_are_empty_never_zero(course):
    assert export(course, "--unfinished") == 0
    found = people(course)
    assert {student: row["total"] for student, row in found.items()} == {
        "ann": str(float(MACHINE + 2)),
        "bo": str(MACHINE - 2.5 + 1),
        "cy": "",
        "dot": "",
        "eve": "",
    }
    assert [row["state"] for row in found.values()] == [
        "graded",
        "graded",
        "waiting for a person",
        "no notebook of this assignment",
        "not handed in",
    ]
    assert found["cy"]["pending"] == "flipping"
    assert found["cy"]["slide"] == "5.0"
    assert found["dot"]["slide"] == found["cy"]["flipping"] == ""


@pytest.mark.parametrize("to", ["moodle", "canvas"])
def test_an_lms_gets_no_grade_that_is_not_final(course, to):
    assert export(course, "--to", to, "--unfinished", "--assignment-id", "9") == 0
    assert "0.0" not in [cell for row in rows(course, to) for cell in row]
    names = [row[1] for row in rows(course, to)]
    assert ("73" in names) is False  # Canvas would delete a grade where the cell is empty


def test_a_finished_term_is_exported(finished, capsys):
    assert export(finished, "--missing", "0") == 0
    found = people(finished)
    assert found["eve"]["total"] == "0.0"
    assert found["dot"]["total"] == "0.0"  # a person has looked at it
    assert found["dot"]["last name"] == "'=1+1"


def test_a_hand_in_that_came_after_grading_is_not_final(finished, capsys):
    assert export(finished) == 0
    hand_in(finished, "ann", "another", time="2025-12-02T10:00:00+00:00")
    assert export(finished) == 1
    assert "1 to be graded again" in capsys.readouterr().err


def test_what_is_collected_but_not_graded_is_not_final(finished, capsys):
    hand_in(finished, "eve", "late")
    assert export(finished) == 1
    assert "1 not graded yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--missing", "-1"], "--missing takes points up to 18"),
        (["--missing", "nan"], "--missing takes points up to 18"),
        (["--missing", "19"], "--missing takes points up to 18"),
        (["--to", "moodle", "--decimal-comma"], "leave out --decimal-comma"),
        (["--to", "canvas"], "--assignment-id"),
        (["--to", "canvas", "--assignment-id", "x"], "takes a number"),
        (["--fill", "nothing.csv"], "nothing.csv"),
    ],
)
def test_what_cannot_be_meant_is_told(finished, capsys, arguments, words):
    assert export(finished, *arguments) == 2
    assert words in capsys.readouterr().err


# --- late work -----------------------------------------------------------------------------------


def test_what_late_work_costs_is_taken_off_everywhere(finished):
    option = ["--course", str(finished.root)]
    due = ["deadline", NAME, "2025-12-01T00:00", "--timezone", "UTC"]
    assert main([*due, *option, "--extension", "bo=+1d"]) == 0
    assert main(["late", "10%", *option]) == 0
    assert export(finished) == 0
    found = people(finished)
    assert (found["ann"]["earned"], found["ann"]["penalty"]) == ("17.0", "1.7")
    assert (found["ann"]["total"], found["ann"]["late"]) == ("15.3", "10 h")
    assert (found["bo"]["total"], found["bo"]["late"], found["bo"]["penalty"]) == (
        "13.5",
        "",
        "0.0",
    )
    with finished.gradebook() as book:
        submission = book.find_submission(NAME, "ann")
        assert submission.late_submission_penalty == pytest.approx(1.7)
        assert submission.total_seconds_late == 10 * 3600
        assert book.find_submission(NAME, "bo").total_seconds_late == 0
        assert book.find_assignment(NAME).duedate == datetime(2025, 12, 1)


def test_a_time_that_nobody_knows_has_to_be_set_where_it_costs(finished, capsys):
    option = ["--course", str(finished.root)]
    hand_in(finished, "eve", "x", time="2025-12-09T10:00:00+00:00", clock="download")
    grade(finished, "eve", result(), hand_in(finished, "eve", "x", clock="download"))
    look(finished, "eve")
    assert main(["deadline", NAME, "2025-11-01", "--timezone", "UTC", *option]) == 0
    assert export(finished) == 0
    assert main(["late", "10%", *option]) == 0
    assert export(finished) == 1
    assert "1 waiting for a person" in capsys.readouterr().err


# --- Moodle --------------------------------------------------------------------------------------


def moodle_takes(table, grade="Grade", modified="Last modified (grade)", word="Participant "):
    """Return the grades as Moodle's importer reads them; it wants three columns by their heads."""
    head, *lines = table
    identity, place, _ = (head.index(each) for each in ("Identifier", grade, modified))
    assert all(line[identity].startswith(word) for line in lines)
    return {line[identity][len(word) :]: line[place] for line in lines if line[place]}


def test_moodle_takes_the_worksheet(finished):
    assert export(finished, "--to", "moodle") == 0
    table = rows(finished, "moodle")
    assert moodle_takes(table) == {"1201": "17.0", "1202": "13.5", "1203": "18.0", "1204": "0.0"}
    times = [line[table[0].index("Last modified (grade)")] for line in table[1:]]
    assert all(datetime.fromisoformat(time).tzinfo for time in times)
    assert "Feedback comments" not in table[0]  # an empty one would delete what is there


def test_comments_are_html_for_moodle(finished):
    assert export(finished, "--to", "moodle", "--comments") == 0
    head, first, *_ = rows(finished, "moodle")
    text = first[head.index("Feedback comments")]
    assert "Slide a kernel over an image: 5 of 5; " in text
    assert text.endswith("Total: 17 of 18.")


WORKSHEET = """\
Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Last modified (grade)"\
,"Feedback comments"
"Participant 1201","Ann Lee",ann@uni.example,x,,"18,00",-,"- old"
"Participant 1299","Bo O'Brien",bo@uni.example,x,,"18,00",-,
"Participant 1300","Cy Day",,x,,"18,00","Monday, 2 November 2026, 9:00 AM",
"Participant 1301","Nobody Known",,x,3,"18,00",-,
"Participant 1302","Eve Fox",eve@uni.example,x,,"18,00",-,
"""
GERMAN = (
    WORKSHEET.replace('"Full name","Email address"', '"Vollständiger Name",E-Mail-Adresse')
    .replace("Identifier,", "ID,")
    .replace("Grade,", "Bewertung,", 1)
    .replace("Participant", "Teilnehmer/in")
)


@pytest.mark.parametrize("text", [WORKSHEET, GERMAN, "\ufeff" + WORKSHEET])
def test_a_worksheet_is_filled_by_number_mail_or_name(finished, tmp_path, capsys, text):
    (tmp_path / "sheet.csv").write_text(text, "utf-8")
    fill = ["--to", "moodle", "--fill", str(tmp_path / "sheet.csv"), "--missing", "0"]
    assert export(finished, *fill) == 0
    head, *lines = rows(finished, "moodle")
    # Cy has another number there: a name is not enough. What stood in a line without a grade goes:
    # a name could have put it there, and Moodle leaves such a line out.
    assert [line[4] for line in lines] == ["17.0", "13.5", "", "", "0.0"]
    assert lines[2][6] == "Monday, 2 November 2026, 9:00 AM"
    assert head == next(csv.reader(text.removeprefix("\ufeff").splitlines()))[:7]
    # Comments are left as they are in Moodle: the column is not in it.
    assert "2 with a grade are not in the file: cy, dot." in capsys.readouterr().out


ANN, BO = Person("ann", "Ann", "Lee", "ann@x.edu"), Person("bo", "Bo", "Li", "bo@x.edu")
NUMBERED = Origin("ann", "moodle", "1002")
HEADS = ["Identifier", "Full name", "Email address", "Grade"]

#: Who has a grade, by list and hand-in; the lines of a worksheet; the grades in it, and words.
LINES = {
    "a namesake above": (
        [(ANN, NUMBERED)],
        [("1001", "Ann Lee", ""), ("1002", "Ann Lee", "")],
        ["", "7"],
        [],
    ),
    "a namesake alone": (
        [(ANN, NUMBERED)],
        [("1001", "Ann Lee", "")],
        [""],
        ["None of its numbers is known", "not in the file: ann"],
    ),
    "two of her name": (
        [(ANN, Origin("ann"))],
        [("1001", "Ann Lee", ""), ("1002", "Lee, Ann", "")],
        ["", ""],
        ["1 with a grade could have several lines in the file, of which none is filled: ann."],
    ),
    "one number twice": (
        [(ANN, NUMBERED)],
        [("1002", "Ann Lee", ""), ("1002", "Ann Lee", "ann@x.edu")],
        ["", ""],
        ["several lines"],
    ),
    "mails before names": (
        [(ANN, Origin("ann")), (BO, Origin("bo"))],
        [("1001", "Ann Lee", "bo@x.edu"), ("1002", "x", "ann@x.edu")],
        ["7", "7"],
        [],
    ),
    "a worksheet of another assignment": (
        [(ANN, NUMBERED), (BO, Origin("bo", "moodle", "1003"))],
        [("2001", "Ann Lee", "ann@x.edu"), ("2002", "Bo Li", "bo@x.edu")],
        ["7", "7"],
        ["is it the file of this assignment"],
    ),
    "another mail": (
        [(ANN, Origin("ann")), (BO, Origin("bo"))],
        [("1001", "Ann Lee", "mal@x.edu"), ("1002", "Bo Li", "bo@x.edu")],
        ["", "7"],
        ["not in the file: ann"],
    ),
    "names alone": (
        [(ANN, Origin("ann")), (BO, Origin("bo"))],
        [("1001", "Lee, Ann", ""), ("1002", "BO LI", "")],
        ["7", "7"],
        [],
    ),
    "a namesake with a number": (
        [(ANN, NUMBERED), (Person("ann2", "Ann", "Lee"), Origin("ann2"))],
        [("1001", "Ann Lee", "")],
        [""],
        ["None of its numbers is known", "2 with a grade are not in the file: ann, ann2."],
    ),
}


@pytest.mark.parametrize("case", LINES)
def test_no_grade_goes_to_another_and_none_is_lost_in_silence(monkeypatch, case):
    monkeypatch.setattr(Wish, "grade", lambda wish, standing: 7)
    some, lines, grades, words = LINES[case]
    every = [Standing(person, origin, "final") for person, origin in some]
    table = [HEADS, *([f"Participant {n}", name, mail, ""] for n, name, mail in lines)]
    filled, told = FORMATS["moodle"].fill(table, every, ASSIGNMENT, Wish(datetime.now(UTC)))
    assert [str(line[3]) for line in filled[1:]] == grades
    assert len(told) == len(words)
    assert all(part in line for part, line in zip(words, told, strict=True))


def test_a_namesake_in_canvas_takes_no_grade(monkeypatch):
    monkeypatch.setattr(Wish, "grade", lambda wish, standing: 7)
    ann = Standing(ANN, Origin("ann", "canvas", "333"), "final")
    table = [
        ["Student", "ID", "Section", f"{ASSIGNMENT.title} (9)"],
        *(["Lee, Ann", number, "A", ""] for number in ("111", "333")),
    ]
    for lines, grades, words in ((table, [["333", 7]], 0), (table[:2], [], 2)):
        wish = Wish(datetime.now(UTC))
        filled, told = FORMATS["canvas"].fill(lines, [ann], ASSIGNMENT, wish)
        assert [[line[1], line[3]] for line in filled[1:]] == grades
        assert len(told) == words


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ("", [], "is empty"),
        ("a,b\n1,2\n", [], "no grading worksheet of Moodle: a, b"),
        (WORKSHEET.replace("Grade,", "Ocena,"), [], "--column: Identifier, Full name"),
        (WORKSHEET.replace(',"Feedback comments"', ""), ["--comments"], "no column for comments"),
    ],
)
def test_what_is_no_worksheet_is_told(finished, tmp_path, capsys, text, more, words):
    (tmp_path / "sheet.csv").write_text(text, "utf-8")
    assert export(finished, "--to", "moodle", "--fill", str(tmp_path / "sheet.csv"), *more) == 2
    assert words in capsys.readouterr().err


def test_another_column_is_named(finished, tmp_path):
    (tmp_path / "sheet.csv").write_text(WORKSHEET.replace("Grade,", "Ocena,", 1), "utf-8")
    fill = ["--to", "moodle", "--fill", str(tmp_path / "sheet.csv"), "--column", "ocena"]
    assert export(finished, *fill) == 0
    assert rows(finished, "moodle")[1][4] == "17.0"


# --- Canvas --------------------------------------------------------------------------------------

GRADEBOOK = """\
Student,ID,SIS User ID,SIS Login ID,Section,Notes,Look (900),Convolution by hand (901),Final Score
,,,,,,,Manual Posting,
    Points Possible,,,,,,20,18.00,(read only)
"Lee, Ann",71,s1,ann,A,x,19,,50
"O'Brien, Bo",72,s2,bo,A,,18,1.00,40
"Day, Cy",73,s3,cy,A,,17,,30
"Fox, Eve",75,s5,eve,A,,,,0
"Known, Nobody",80,s8,no,A,,,2.00,0
"Student, Test",99,,x,A,,,,
"""


def canvas_takes(table):
    """Return the assignment's number, the points, and the grades, as Canvas's importer does."""
    head, points, *lines = table
    assert "Student" in head[0]
    assert "ID" in head[1]
    assert head.index("Section") < len(head) - 1
    assert "Points Possible" in points[0]
    number = re.fullmatch(r".* \((\d+)\)", head[-1])[1]
    return number, points[-1], {line[1]: line[-1] for line in lines}


@pytest.fixture
def canvas(finished):
    """The hand-ins came from Canvas."""
    for student, number in zip(("ann", "bo", "cy", "dot"), ("71", "72", "73", "74"), strict=True):
        content = "" if student == "dot" else student
        hand_in(finished, student, content, lms="canvas", lms_id=number)
    return finished


def test_canvas_takes_the_gradebook(canvas):
    assert export(canvas, "--to", "canvas", "--assignment-id", "901", "--missing", "0") == 0
    number, points, grades = canvas_takes(rows(canvas, "canvas"))
    assert (number, points) == ("901", "18")
    assert grades == {"71": "17.0", "72": "13.5", "73": "18.0", "74": "0.0", "75": "0.0"}


@pytest.mark.parametrize("more", [[], ["--assignment-id", "901"]])
def test_a_gradebook_of_canvas_is_filled(canvas, tmp_path, more):
    (tmp_path / "book.csv").write_text(GRADEBOOK, "utf-8")
    fill = ["--to", "canvas", "--fill", str(tmp_path / "book.csv")]
    assert export(canvas, *fill, *more) == 0
    table = rows(canvas, "canvas")
    assert canvas_takes(table) == ("901", "18.00", {"71": "17.0", "72": "13.5", "73": "18.0"})
    # Other assignments may have changed since: they are not in it.
    assert table[0] == [*GRADEBOOK.splitlines()[0].split(",")[:5], "Convolution by hand (901)"]


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ("a,b\n1,2\n", [], "no export of Canvas's gradebook: a, b"),
        (GRADEBOOK, ["--assignment-id", "7"], "0 columns could be 7; name one .*Look .900., Conv"),
        (GRADEBOOK.replace("by hand", "x"), [], "0 columns could be Convolution by hand or a2_co"),
        (GRADEBOOK.replace("Look", "Convolution by hand"), [], "2 columns could be"),
    ],
)
def test_another_gradebook_is_told(canvas, tmp_path, capsys, text, more, words):
    (tmp_path / "book.csv").write_text(text, "utf-8")
    assert export(canvas, "--to", "canvas", "--fill", str(tmp_path / "book.csv"), *more) == 2
    assert re.search(words, capsys.readouterr().err)


def test_other_points_in_canvas_are_told(canvas, tmp_path, capsys):
    (tmp_path / "book.csv").write_text(GRADEBOOK.replace("18.00", "100"), "utf-8")
    assert export(canvas, "--to", "canvas", "--fill", str(tmp_path / "book.csv")) == 0
    assert "In Canvas the assignment has 100 points, here 18." in capsys.readouterr().out


def test_who_has_no_number_in_canvas_is_told(canvas, capsys):
    hand_in(canvas, "anonymous-ab3x9", "x", lms="canvas", lms_id="anon_aB3x9")
    content = hand_in(canvas, "anonymous-ab3x9", "x", lms="canvas", lms_id="anon_aB3x9")
    grade(canvas, "anonymous-ab3x9", result(), content)
    look(canvas, "anonymous-ab3x9")
    assert export(canvas, "--to", "canvas", "--assignment-id", "9") == 0
    assert "1 with a grade are left out, of whom Canvas knows no number" in capsys.readouterr().out


# --- the table -----------------------------------------------------------------------------------


def test_numbers_with_a_comma(finished):
    assert export(finished, "--decimal-comma") == 0
    head, first, *_ = rows(finished, delimiter=";")
    assert first[head.index("total")] == "17,0"


def test_who_left_is_marked(finished):
    small_term.roster(finished, "\n".join(LIST.splitlines()[:2]))
    assert export(finished) == 0
    found = people(finished)
    assert set(found) == {"ann", "bo", "cy", "dot"}  # eve has left and has not handed in
    assert found["bo"]["state"] == "graded, not on the list"


def test_a_plain_file_cannot_be_filled():
    with pytest.raises(CourseError, match="--to moodle or canvas"):
        FORMATS["plain"].fill([["a"]], [], ASSIGNMENT, Wish(datetime.now(UTC)))


def test_names_are_those_of_the_list(course):
    """Grading does not write over them what an LMS calls people."""
    names = {one.student: one.name for one in standings(course, ASSIGNMENT)}
    assert names == {
        "ann": "Ann Lee",
        "bo": "Bo O'Brien",
        "cy": "Cy Day",
        "dot": "Dot =1+1",
        "eve": "Eve Fox",
    }


def test_a_student_who_is_called_as_the_line_of_points_is_a_student():
    ann = Standing(ANN, Origin("ann", "canvas", "333"), "final")
    heads = ["Student", "ID", "Section", f"{ASSIGNMENT.title} (9)"]
    lines = [["    Points Possible", "", "", "18.00"], ["Points Possible", "333", "A", "17"]]
    filled, told = FORMATS["canvas"].fill(
        [heads, *lines], [ann], ASSIGNMENT, Wish(datetime.now(UTC))
    )
    assert filled[1:] == [lines[0], ["Points Possible", "333", "A", 0.0]]
    assert told == []
