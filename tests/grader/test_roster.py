"""The list of students: read from files and exports, kept with the IDs that people have."""

import json
import shutil

import pytest

from grader.__main__ import main
from grader.course import Course, CourseError
from grader.people import Person, students_of
from grader.results import Origin, keep_origin
from grader.roster import import_roster, read_roster, roster_of

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Convolution by hand (901),Current Score
,,,,,Manual Posting,
    Points Possible,,,,,18.00,(read only)
"Lee, Ann",71,s1,ann@uni.example,A,,
"O'Brien, Bo",72,s2,bo,"A and B",3.50,12
"Student, Test",99,,5c0f,A,,
"""
MOODLE = """\
"First name","Last name","Email address",Groups
Ann,Lee,ann@uni.example,"Group A"
Bo,O'Brien,bo@uni.example,
"""
WORKSHEET = """\
Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Last modified (grade)"
"Participant 1201","Ann Lee",ann@uni.example,"Submitted for grading",,18,-
"Participant 1203","Bo O'Brien",bo@uni.example,"No submission",,18,-
"""
GERMAN = """\
Vorname;Nachname;E-Mail-Adresse
Ann;Lee;ann@uni.example
Bo;O'Brien;bo@uni.example
"""
SHEET = """\
ID,"Vollständiger Name",E-Mail-Adresse,Status
"Teilnehmer/in 1201","Ann Lee",ann@uni.example,x
"Teilnehmer/in 1203","Bo O'Brien",bo@uni.example,x
"""
PLAIN = """\
id,first name,last name,mail,lms id
Ann,Ann,Lee,ann@uni.example,71
bo,Bo,O'Brien,n/a,
"""


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """Return a course whose gradebook is made, which takes seconds."""
    course = Course.open(tmp_path_factory.mktemp("empty"))
    with course.gradebook():
        return course


@pytest.fixture
def course(empty, tmp_path):
    course = Course.open(tmp_path / "course")
    shutil.copy(empty.root / "gradebook.db", course.root)
    return course


@pytest.fixture
def give(course, tmp_path):
    """Return a function that imports a text and returns what changed."""

    def function(text, format=None, **options):
        path = tmp_path / "list.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        entries, _ = read_roster(path, format)
        return import_roster(course, entries, **options)

    return function


@pytest.mark.parametrize(
    ("text", "people"),
    [
        (
            CANVAS,
            [
                Person("ann-lee", "Ann", "Lee", "ann@uni.example", "71"),
                Person("bo-o-brien", "Bo", "O'Brien", "", "72"),
            ],
        ),
        (
            CANVAS.replace("Student,ID", "LastName,FirstName,ID", 1)
            .replace('"Lee, Ann"', "Lee,Ann")
            .replace('"O\'Brien, Bo"', "O'Brien,Bo")
            .replace('"Student, Test"', "Student,Test")
            .replace(",,,,", ",,,,,", 2),
            [
                Person("ann-lee", "Ann", "Lee", "ann@uni.example", "71"),
                Person("bo-o-brien", "Bo", "O'Brien", "", "72"),
            ],
        ),
        *(
            (
                text,
                [
                    Person("ann-lee", "Ann", "Lee", "ann@uni.example"),
                    Person("bo-o-brien", "Bo", "O'Brien", "bo@uni.example"),
                ],
            )
            for text in (MOODLE, WORKSHEET, GERMAN, SHEET)
        ),
        (
            PLAIN,
            [
                Person("ann", "Ann", "Lee", "ann@uni.example", "71"),
                Person("bo", "Bo", "O'Brien", "", ""),
            ],
        ),
        ("id\nann\nbo\n", [Person("ann"), Person("bo")]),
    ],
)
def test_a_list_is_recognized_and_read(course, give, text, people):
    changes = give(text)
    assert changes.new == [person.id for person in people]
    assert students_of(course) == people
    assert roster_of(course) == ({person.id for person in people}, set())
    again = give(text)
    assert (again.new, again.changed, again.left) == ([], [], [])


def test_nbgrader_reads_the_students(course, give):
    give(CANVAS)
    with course.gradebook() as book:
        student = book.find_student("ann-lee")
        assert (student.first_name, student.last_name) == ("Ann", "Lee")
        assert (student.email, student.lms_user_id) == ("ann@uni.example", "71")


def test_people_keep_their_id_when_they_change_their_name(course, give):
    give(MOODLE)
    changes = give(MOODLE.replace("Ann,Lee", "Ann,Li"))
    assert (changes.new, changes.changed) == ([], ["ann-lee"])
    assert students_of(course)[0].last_name == "Li"


def test_lists_of_two_systems_are_of_the_same_people(course, give):
    give(CANVAS)
    changes = give(MOODLE)
    assert (changes.new, changes.changed) == ([], ["bo-o-brien"])  # the mail was not known
    assert students_of(course)[1] == Person("bo-o-brien", "Bo", "O'Brien", "bo@uni.example", "72")


def test_who_handed_in_before_the_list_came_is_on_it(course, give):
    with course.gradebook() as book:
        book.add_student("leeann-71", lms_user_id="71", first_name="leeann")
    changes = give(CANVAS)
    assert changes.changed == ["leeann-71"]
    assert students_of(course)[1] == Person("leeann-71", "Ann", "Lee", "ann@uni.example", "71")


def test_who_left_is_kept_and_said(course, give):
    give(MOODLE)
    changes = give(MOODLE.rpartition("Bo,")[0])
    assert changes.left == ["bo-o-brien"]
    assert roster_of(course) == ({"ann-lee"}, {"bo-o-brien"})
    assert [person.id for person in students_of(course)] == ["ann-lee", "bo-o-brien"]
    give(MOODLE)
    assert roster_of(course) == ({"ann-lee", "bo-o-brien"}, set())


def test_a_second_section_is_added(course, give):
    give(MOODLE)
    changes = give("First name,Last name,Email address\nCy,Day,cy@uni.example\n", add=True)
    assert (changes.new, changes.left) == (["cy-day"], [])
    assert len(roster_of(course)[0]) == 3


def test_namesakes_are_two(course, give):
    text = MOODLE + 'Ann,Lee,lee2@uni.example,""\n'
    give(text)
    assert [person.id for person in students_of(course)] == [
        "ann-lee-ann@uni.example",
        "ann-lee-lee2@uni.example",
        "bo-o-brien",
    ]
    assert give(text).new == []
    changes = give("First name,Last name\nAnn,Lee\nCy,Day\n")
    assert "line 2: 2 students are called Ann Lee, who stay as they are" in changes.words[0]
    assert (changes.new, changes.left) == (["cy-day"], ["bo-o-brien"])
    assert len(changes.same) == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            f"{'M ' * 90},Ory,mal@x.edu,",
            "line 4: the name has more than 128 characters, and is cut",
        ),
        (f"Mal,Ory,{'m' * 150}@x.edu,", "line 4: the mail has more than 128 characters: left out"),
        ("\u200b, ,mal@x.edu,", "line 4: there is no name in it, so it is left out"),
    ],
)
def test_no_students_name_stops_the_list(course, tmp_path, capsys, line, words):
    path = tmp_path / "list.csv"
    path.write_text(f"{MOODLE}{line}\nCy,Day,cy@x.edu,\n", "utf-8")
    assert main(["roster", "import", str(path), "--course", str(course.root)]) == 0
    assert words in capsys.readouterr().out
    assert {"ann-lee", "bo-o-brien", "cy-day"} <= {person.id for person in students_of(course)}


def test_namesakes_without_mail_stop_no_list(course, give):
    text = "First name,Last name\nAnn,Lee\nAnn,Lee\n"
    assert give(text).new == ["ann-lee", "ann-lee-2"]
    changes = give(text + "Bo,Li\n")
    assert (changes.new, changes.left, len(changes.same)) == (["bo-li"], [], 2)
    assert [line.partition(":")[0] for line in changes.words] == ["line 2", "line 3"]


@pytest.mark.parametrize(
    ("text", "format", "words"),
    [
        ("", None, "is empty"),
        ("id,name\n", None, "holds no students"),
        ("a,b\n1,2\n", None, "The columns of .* are a, b, and those of a moodle list are First"),
        (PLAIN, "canvas", "those of a canvas list are Student, ID"),
        (MOODLE, "plain", "those of a plain list are id"),
        ("id,name\nann,Ann\nANN,Bo\n", None, "line 3: the ID ann is also in line 2"),
        (MOODLE + "Cy,Day,ANN@uni.example,\n", None, "line 4: the mail ann@uni.example is also in"),
        (CANVAS + '"Day, Cy",71,,cy,A,,\n', None, "the LMS ID 71 is also in line 4"),
        (CANVAS + '"Day, Cy",x,,cy,A,,\n', None, "'x' is none of Canvas's"),
        ("id,name\n,Ann\n", None, "line 2: there is no ID"),
        (PLAIN.replace("71", "7" * 200), None, "line 2: the LMS ID has more than 128 characters"),
    ],
)
def test_what_cannot_be_read_changes_nothing(course, give, text, format, words):
    with pytest.raises(CourseError, match=words):
        give(text, format)
    assert students_of(course) == []
    assert not (course.root / "roster.json").exists()


def test_the_same_line_twice_is_one_student(course, give):
    give(CANVAS + '"Lee, Ann",71,s1,ann@uni.example,B,,\n')
    assert len(students_of(course)) == 2


EVIL = ["../../etc", "..", ".hidden", "a/b", "con", "\x1b[31mred", "=1+1", "a" * 100, "ann\u202e"]


@pytest.mark.parametrize("name", EVIL)
@pytest.mark.parametrize("head", ["id", "full name"])
def test_no_name_leaves_the_folder_or_reaches_the_terminal(course, give, capsys, name, head):
    give(f'{head},mail\n"{name}",x@uni.example\n')
    (person,) = students_of(course)
    assert "/" not in person.id
    assert not person.id.startswith((".", "-"))
    assert len(person.id) < 100
    assert main(["roster", "--course", str(course.root)]) == 0
    assert all(line.isprintable() for line in capsys.readouterr().out.splitlines())


def test_the_command_says_what_it_did(course, tmp_path, capsys):
    path, course = tmp_path / "list.csv", ["--course", str(course.root)]
    path.write_text(CANVAS)
    assert main(["roster", "import", str(path), *course]) == 0
    out = capsys.readouterr().out
    assert "Canvas's test student is left out." in out
    assert "2 students: 2 new." in out
    path.write_text(MOODLE.rpartition("Bo,")[0])
    assert main(["roster", "import", str(path), *course, "--from", "moodle"]) == 0
    out = capsys.readouterr().out
    assert "1 students: 1 as before." in out
    assert "1 have left the list; what they handed in and earned is kept:\n  bo-o-brien" in out
    assert main(["roster", *course]) == 0
    out = capsys.readouterr().out
    assert "ann-lee     Ann Lee  ann@uni.example\nbo-o-brien  Bo O'Brien  has left" in out
    assert "1 on the list, 1 left, 2 in the gradebook." in out


@pytest.mark.parametrize("arguments", [["import"], ["import", "nothing.csv"]])
def test_a_missing_file_is_told(tmp_path, capsys, arguments):
    course = ["--course", str(tmp_path / "course")]
    assert main(["roster", *arguments, *course]) == 2
    assert not (tmp_path / "course").exists()


def test_a_damaged_list_is_told(course, capsys):
    (course.root / "roster.json").write_text(json.dumps([1]))
    assert main(["roster", "--course", str(course.root)]) == 2
    assert "roster.json is damaged" in capsys.readouterr().err


@pytest.mark.parametrize(
    "lines",
    [
        '"Lee, Ann",999,,eve,A,,\n"Lee, Ann",71,s1,ann@uni.example,A,,\n',
        '"Lee, Ann",71,s1,ann@uni.example,A,,\n"Lee, Ann",999,,eve,A,,\n',
    ],
)
def test_who_is_certain_is_not_found_by_a_namesake(course, give, lines):
    """Wherever the line of the one who took the name stands."""
    give("id,first name,last name,mail\nann,Ann,Lee,ann@uni.example\neve,Eve,Fox,\n")
    give(CANVAS[: CANVAS.index('"Lee')] + lines)
    people = {person.id: person for person in students_of(course)}
    assert people["ann"] == Person("ann", "Ann", "Lee", "ann@uni.example", "71")
    assert people["ann-lee-999"].lms_id == "999"


def test_two_who_claim_one_of_the_list_are_left_to_a_person(course, give):
    give("id,first name,last name\nann,Ann,Lee\neve,Eve,Fox\n")
    line = "Ann,Lee,{}@uni.example\n"
    changes = give("First name,Last name,Email address\n" + line.format("x") + line.format("y"))
    assert [words.partition(" are")[0] for words in changes.words] == [
        "line 2: 2 students",
        "line 3: 2 students",
    ]
    assert students_of(course)[0] == Person("ann", "Ann", "Lee")
    assert roster_of(course) == ({"ann"}, {"eve"})


@pytest.mark.parametrize("name", ["Ann-Lee", "Ann Lee"])
def test_a_folder_of_another_name_is_not_given_to_who_comes_to_the_list(course, give, name):
    origin = Origin("ann-lee", "moodle", "1001", name)
    course.submitted("ann-lee", "a2_convolution").mkdir(parents=True)
    keep_origin(course, "a2_convolution", origin)
    give(MOODLE)
    (ann, _) = sorted(roster_of(course)[0])
    assert ann == ("ann-lee" if name == "Ann Lee" else "ann-lee-ann@uni.example")
