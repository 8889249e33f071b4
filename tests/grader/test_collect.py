"""Submissions arrive as folders, zip files and LMS exports, with everything students do to them."""

import io
import json
import os
import zipfile
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from grader.__main__ import main
from grader.collect import collect_submissions
from grader.confined import FaultError
from grader.course import CourseError
from grader.deadlines import Deadlines, Due
from grader.handins import history
from grader.handover import give
from grader.lms import FORMATS
from grader.people import Person
from grader.results import origin_of
from grader.submission import strip
from grader.worksheet import read_worksheet

NAME = "a2_convolution"


def notebook(text="x = 1", assignment=NAME):
    cell = {"cell_type": "code", "source": text, "metadata": {}, "outputs": []}
    return json.dumps({"cells": [cell], "metadata": {"assignment": assignment}}).encode()


@pytest.fixture
def collect(course, reader):
    """Collect a source; return what became of it, by student."""

    def collect(source, **options):
        found = collect_submissions(course, NAME, source, reader=reader, **options)
        return {one.origin.student: one for one in found}

    return collect


@pytest.fixture
def take(collect, tmp_path):
    """Collect files given as a dict of path to bytes; return what became of them, by student."""

    def take(files, as_zip, folder=tmp_path):
        return collect(written(folder, files, as_zip))

    return take


def written(tmp_path, files, as_zip):
    """Write files, given as a dict of path to bytes, to a folder or a zip file."""
    source = tmp_path / ("export.zip" if as_zip else "export")
    if as_zip:
        with zipfile.ZipFile(source, "w") as archive:
            for path, content in files.items():
                archive.writestr(path, content)
    else:
        for path, content in files.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_bytes(content)
    return source


def stored(course, student):
    return (course.submitted(student, NAME) / f"{NAME}.ipynb").read_bytes()


LAYOUTS = {
    "a folder for each student": ("ann/answers.ipynb", "bob/Untitled (2).ipynb"),
    "a notebook for each student": ("ann.ipynb", "bob.ipynb"),
    "one folder around everything": ("hand ins/ann/x.ipynb", "hand ins/bob/y.ipynb"),
    "one folder around the notebooks": ("hand ins/ann.ipynb", "hand ins/bob.ipynb"),
    "nbgrader's own folders": (f"ann/{NAME}/{NAME}.ipynb", f"bob/{NAME}/{NAME}.ipynb"),
    "deep folders": ("ann/my work/final/x.ipynb", "bob/y.ipynb"),
    "names in capitals": ("Ann/x.ipynb", "BOB/y.ipynb"),
    "names of files like Canvas's": ("ann/hw_2_1_final.ipynb", "bob/hw_2_1_final.ipynb"),
    "the same, with a folder around": ("h/ann/hw_2_1_final.ipynb", "h/bob/hw_2_1_final.ipynb"),
    "two folders around everything": ("late/week 3/ann/x.ipynb", "late/week 3/bob/y.ipynb"),
}


@pytest.mark.parametrize("as_zip", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(course, take, layout, as_zip):
    ann, bob = LAYOUTS[layout]
    states = take({ann: notebook("a = 1"), bob: notebook("b = 2")}, as_zip)
    assert {student: one.state for student, one in states.items()} == {"ann": "new", "bob": "new"}
    assert stored(course, "ann") == strip(notebook("a = 1"))
    assert stored(course, "bob") == strip(notebook("b = 2"))


#: All that a source holds, and the students that it is of.
ALONE = {
    "one student, two notebooks": (("lee/a.ipynb", "lee/b.ipynb"), {"lee"}),
    "one student, one notebook": (("lee/a.ipynb",), {"lee"}),
    "one student, a name like Canvas's": (("lee/hw_2_1_final.ipynb",), {"lee"}),
    "one student, more of these": (("lee/hw_2_1_a.ipynb", "lee/hw_2_2_b.ipynb"), {"lee"}),
    "one student, other files": (("lee/a.ipynb", "lee/old/b.ipynb", "lee/notes.pdf"), {"lee"}),
    "one student, a deep folder": (("lee/my work/a.ipynb",), {"lee"}),
    "one student, nbgrader's folders": ((f"lee/{NAME}/{NAME}.ipynb",), {"lee"}),
    "one student, a folder around": (("week 3/lee/a.ipynb", "week 3/lee/b.ipynb"), {"lee"}),
    "one student, a folder around the file": (("hand-ins/lee.ipynb",), {"lee"}),
    "a folder named after the assignment": (
        (f"{NAME}/lee.ipynb", f"{NAME}/bo.ipynb"),
        {"lee", "bo"},
    ),
    "Canvas, a folder around": (("x/lee_7_90_a.ipynb", "x/bo_8_91_a.ipynb"), {"lee-7", "bo-8"}),
    "Canvas, one student": (("submissions/lee_7_90_a.ipynb",), {"lee-7"}),
    "Moodle, a folder around": (("A-1/Bo Li_12_assignsubmission_file_/a.ipynb",), {"bo-li"}),
}


@pytest.mark.parametrize("as_zip", [False, True])
@pytest.mark.parametrize("layout", ALONE)
def test_a_folder_around_everything_is_a_student_or_is_not(take, layout, as_zip):
    paths, students = ALONE[layout]
    files = {path: notebook(path) for path in paths}
    assert set(take(files, as_zip)) == students


def test_the_newest_of_a_late_students_notebooks_counts(course, take, collect, tmp_path):
    take({"lee/a.ipynb": notebook("a"), "lee/b.ipynb": notebook("b")}, False)
    os.utime(tmp_path / "export" / "lee" / "b.ipynb", (1e9, 1e9))
    one = collect(tmp_path / "export")["lee"]
    assert "2 notebooks" in one.origin.problem
    assert stored(course, "lee") == strip(notebook("a"))


def test_students_who_are_known_decide_how_a_folder_is_read(take, tmp_path):
    first = {"Late/a.ipynb": notebook("a"), "lee/a.ipynb": notebook("a")}
    assert set(take(first, False, tmp_path / "1")) == {"late", "lee"}
    again = {"Late/a.ipynb": notebook("a"), "Late/b.ipynb": notebook("b")}
    assert set(take(again, False, tmp_path / "2")) == {"late"}
    flat = {"x/lee.ipynb": notebook("a"), "x/new.ipynb": notebook("b")}
    assert set(take(flat, False, tmp_path / "3")) == {"lee", "new"}


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (["lee/a.ipynb", "lee/b.ipynb"], "folder lee: read as the work of one student"),
        (["hand ins/a.ipynb", "hand ins/b.ipynb"], "one notebook for each student"),
        (["x/a/1.ipynb", "x/b/1.ipynb"], "folder x: read as holding one folder for each student"),
    ],
)
def test_it_is_told_how_a_folder_around_everything_is_read(collect, tmp_path, paths, words):
    for path in paths:
        (tmp_path / "export" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "export" / path).write_bytes(notebook(path))
    told = []
    collect(tmp_path / "export", tell=told.append)
    assert len(told) == 1
    assert words in told[0]


def test_nothing_is_told_where_nothing_is_unclear(collect, tmp_path):
    for student in ("ann", "bob"):
        (tmp_path / "export" / student).mkdir(parents=True)
        (tmp_path / "export" / student / "x.ipynb").write_bytes(notebook(student))
    told = []
    collect(tmp_path / "export", tell=told.append)
    assert told == []


@pytest.mark.parametrize("as_zip", [False, True])
def test_moodle(course, take, as_zip):
    states = take(
        {
            "Ann Lee_1201_assignsubmission_file_/work.ipynb": notebook("a"),
            "Zoë Müller-Öz_1202_assignsubmission_file_/work.ipynb": notebook("z"),
            "Bo Li_1203_assignsubmission_file_/work.ipynb": notebook("b1"),
            "Bo Li_1204_assignsubmission_file_/work.ipynb": notebook("b2"),
        },
        as_zip,
    )
    assert set(states) == {"ann-lee", "zoë-müller-öz", "bo-li-1203", "bo-li-1204"}
    origin = origin_of(course, NAME, "ann-lee")
    assert (origin.lms, origin.lms_id, origin.full_name) == ("moodle", "1201", "Ann Lee")
    assert stored(course, "bo-li-1204") == strip(notebook("b2"))


@pytest.mark.parametrize("other", ["Ann-Lee", "Ann, Lee", "ann lee"])
def test_names_of_one_folder_get_their_numbers(take, other):
    """Late work in the folder ann-lee must not be another one's."""
    files = (f"{who}_assignsubmission_file_/x.ipynb" for who in (f"{other}_1203", "Ann Lee_1301"))
    assert set(take({path: notebook(path) for path in files}, True)) == {
        "ann-lee-1203",
        "ann-lee-1301",
    }


def test_a_second_person_of_the_same_name_hands_in_later(course, take):
    one, other = (f"Bo Li_{n}_assignsubmission_file_/work.ipynb" for n in (1203, 1204))
    assert set(take({one: notebook("1")}, False)) == {"bo-li"}
    both = take({one: notebook("1"), other: notebook("2")}, False)
    assert {s: each.state for s, each in both.items()} == {"bo-li": "same", "bo-li-1204": "new"}
    assert stored(course, "bo-li") == strip(notebook("1"))


#: Downloads without folders: the LMS, and for each file its student and their number there.
FLAT = {
    "Ann Lee_1201_assignsubmission_file_work.ipynb": ("moodle", "ann-lee", "1201"),
    "Bo Li_1203_assignsubmission_file_work.ipynb": ("moodle", "bo-li", "1203"),
    "leeann_71_9001_work.ipynb": ("canvas", "leeann-71", "71"),
    "bobb_LATE_72_9002_work-1.ipynb": ("canvas", "bobb-72", "72"),
}


@pytest.mark.parametrize("lms", ["moodle", "canvas"])
@pytest.mark.parametrize("as_zip", [False, True])
def test_downloads_without_folders(course, take, lms, as_zip):
    files = {path: who for path, who in FLAT.items() if who[0] == lms}
    states = take({path: notebook(path) for path in files}, as_zip)
    assert set(states) == {student for _, student, _ in files.values()}
    for path, (_, student, number) in files.items():
        origin = origin_of(course, NAME, student)
        assert (origin.lms, origin.lms_id) == (lms, number)
        assert stored(course, student) == strip(notebook(path))


def test_collecting_again_changes_nothing_until_a_student_does(course, take):
    files = {"ann/x.ipynb": notebook("a"), "bob/x.ipynb": notebook("b")}
    take(files, False)
    again = take(files, False)
    assert {one.state for one in again.values()} == {"same"}
    changed = take(files | {"bob/x.ipynb": notebook("new")}, False)
    assert changed["bob"].state == "changed"
    assert stored(course, "bob") == strip(notebook("new"))


def test_the_notebook_is_found_whatever_it_is_called(course, take):
    states = take(
        {
            "ann/answers.ipynb.txt": notebook("a"),
            "ann/notes.pdf": b"%PDF",
            "ann/.DS_Store": b"x",
            "bob/other.ipynb": notebook("no", "a1_data"),
            "bob/this.ipynb": notebook("yes"),
        },
        True,
    )
    assert {one.state for one in states.values()} == {"new"}
    assert stored(course, "ann") == strip(notebook("a"))
    assert stored(course, "bob") == strip(notebook("yes"))


def test_two_notebooks_are_reported_and_the_newest_counts(course, take):
    one = take(
        {"ann/1.ipynb": notebook("1"), "ann/2.ipynb": notebook("2"), "bob/x.ipynb": notebook()},
        True,
    )["ann"]
    assert one.state == "problem"
    assert "2 notebooks" in one.origin.problem
    assert stored(course, "ann") == strip(notebook("2"))


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"{}", b"def slide(): pass"])
def test_no_notebook_is_reported(course, take, content):
    one = take({"ann/x.ipynb": content, "bob/x.ipynb": notebook()}, True)["ann"]
    assert one.state == "problem"
    assert "no notebook" in one.origin.problem
    assert not (course.submitted("ann", NAME) / f"{NAME}.ipynb").exists()


@pytest.mark.parametrize(
    "path",
    [
        "../../../escape.ipynb",
        "/etc/escape.ipynb",
        "..\\..\\escape.ipynb",
        "ann/../../../escape.ipynb",
    ],
)
def test_names_that_point_out_of_the_folder_stay_inside(course, take, tmp_path, path):
    take({path: notebook("evil"), "bob/x.ipynb": notebook()}, True)
    outside = [p for p in tmp_path.rglob("*.ipynb") if not p.is_relative_to(course.root)]
    assert outside == []
    for folder in (course.root / "submitted").iterdir():
        assert folder.resolve().parent == course.root / "submitted"


def test_links_are_not_followed(course, collect, tmp_path):
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(notebook("secret"))
    source = tmp_path / "export"
    (source / "ann").mkdir(parents=True)
    (source / "ann" / "x.ipynb").symlink_to(secret)
    (source / "bob").symlink_to(tmp_path)
    states = collect(source)
    assert "symbolic link" in states["ann"].origin.problem
    assert not list((course.root / "submitted").rglob("*.ipynb"))


def test_names_cannot_give_orders_to_a_terminal(take):
    one = take({"ann/\x1b[2J\x07x.ipynb": b"", "bob/x.ipynb": notebook()}, False)["ann"]
    assert one.origin.problem.isprintable()


def test_names_that_are_not_unicode_are_collected(take):
    files = {
        os.fsdecode(name + b"/l\xf6sung.ipynb"): notebook() for name in (b"J\xfcrgen", b"Zo\xeb")
    }
    states = take(files, False)
    assert {student: one.state for student, one in states.items()} == {
        "jürgen": "new",
        "zoë": "new",
    }


def test_a_damaged_zip_file_costs_the_damaged_files_alone(collect, tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("ann/x.ipynb", (1980, 0, 0, 0, 0, 0)), notebook())
        archive.writestr("bob/x.ipynb", notebook("x" * 5000))
        archive.writestr(".", b"")
    content = bytearray(path.read_bytes())
    start = content.index(b"bob/x.ipynb") + len("bob/x.ipynb")
    content[start : start + 20] = b"\xff" * 20
    path.write_bytes(content)
    states = collect(path)
    assert states["ann"].state == "new"
    assert "cannot be unpacked" in states["bob"].origin.problem


def test_a_zip_file_whose_list_of_files_is_damaged_is_an_error(collect, tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ann/x.ipynb", notebook())
    content = path.read_bytes()
    start = content.index(b"PK\x01\x02")
    path.write_bytes(content[:start] + b"\xff" * 4 + content[start + 4 :])
    assert zipfile.is_zipfile(path)
    with pytest.raises(CourseError, match=r"damaged zip file.*Download it again"):
        collect(path)


def test_what_is_neither_folder_nor_zip_is_an_error(collect, tmp_path):
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(CourseError, match="neither a folder nor a zip"):
        collect(tmp_path / "file.txt")


LONG = "Maria Fernanda de los Angeles Guadalupe Rodriguez Hernandez Santos "

#: Paths of a download, and for each the student whose it is: by letters that are the same.
PEOPLE = {
    "names that begin alike": ([f"{LONG}One/x.ipynb", f"{LONG}Two/x.ipynb"], "ab"),
    "nothing but emoji": (["🦊/x.ipynb", "🐻/x.ipynb"], "ab"),
    "punctuation alone": (["Bo Li/x.ipynb", "Bo-Li/x.ipynb", "Bo, Li/x.ipynb"], "abc"),
    "one name in two normal forms": (["Zoë/x.ipynb", "Zoe\u0308/x.ipynb", "bo/x.ipynb"], "aab"),
    "marks of direction": (["\u200fשרה/x.ipynb", "שרה/x.ipynb", "bo/x.ipynb"], "aab"),
    "Moodle: a group before the name": (
        [
            "Ann Lee_12_assignsubmission_file_/x.ipynb",
            "Group A-Ann Lee_12_assignsubmission_file_/y.ipynb",
            "Group A-Ann Lee_13_assignsubmission_file_/y.ipynb",
        ],
        "aab",
    ),
    "Moodle: file and typed text": (
        [
            "Ann Lee_12_assignsubmission_file/x.ipynb",
            "Ann Lee_12_assignsubmission_onlinetext/onlinetext.html",
            "Bo Li_13_assignsubmission_onlinetext/onlinetext.html",
        ],
        "aab",
    ),
    "Moodle: names with dots": (
        [
            "Ann M. Lee Jr._12_assignsubmission_file/x.ipynb",
            "B. Li_13_assignsubmission_file/x.ipynb",
        ],
        "ab",
    ),
    "Moodle: blind marking": (
        [
            "Participant_12_assignsubmission_file/x.ipynb",
            "Participant_13_assignsubmission_file/x.ipynb",
        ],
        "ab",
    ),
    "Moodle: folders for groups": (
        [
            "tuesday/Ann Lee_12_assignsubmission_file/x.ipynb",
            "friday/Bo Li_13_assignsubmission_file/x.ipynb",
        ],
        "ab",
    ),
    "Canvas: _ in a name": (
        ["de_la_cruz_71_900_x.ipynb", "de_la_cruz_71_901_x-1.ipynb", "r2_d2_72_902_x.ipynb"],
        "aab",
    ),
    "Canvas: late and on time": (["lee_LATE_71_900_x.ipynb", "lee_71_901_x.ipynb"], "aa"),
    "Canvas: anonymous": (
        ["anon_aB3x9_900_x.ipynb", "LATE_anon_aB3x9_901_x.ipynb", "anon_Ab3X9_902_x.ipynb"],
        "aab",
    ),
    "Canvas: a student called anon": (["anon_71_900_x.ipynb", "anon_71_901_y.ipynb"], "aa"),
    "Canvas: a name of digits": (["12_71_900_x.ipynb", "12_72_901_x.ipynb"], "ab"),
    "Canvas: no name": (["_71_900_x.ipynb", "_72_901_x.ipynb"], "ab"),
    "Canvas: a typed text": (["lee_71_text.html", "lee_71_900_x.ipynb", "bo_72_link.html"], "aab"),
    "Canvas: numbers in the file's name": (
        ["lee_71_900_hw_3_4_x.ipynb", "bo_72_901_x.ipynb"],
        "ab",
    ),
    # What a student names says nothing of whose it is.
    "a folder named after somebody else": (
        ["ann/Bo Li_12_assignsubmission_file_/x.ipynb", "Bo Li/x.ipynb", "cy/x.ipynb"],
        "abc",
    ),
    "a file in Canvas named after somebody else": (
        ["ann_71_900_Bo Li_12_assignsubmission_file_x.ipynb", "boli_72_901_x.ipynb"],
        "ab",
    ),
    "a file in Moodle named after somebody else": (
        [
            "Ann Lee_12_assignsubmission_file_bo_72_901_x.ipynb",
            "Bo Li_13_assignsubmission_file_x.ipynb",
        ],
        "ab",
    ),
}


@pytest.mark.parametrize("case", PEOPLE)
def test_whose_a_file_is(course, take, case):
    paths, people = PEOPLE[case]
    states = take({path: notebook(path) for path in paths}, True)
    assert len(states) == len(set(people))
    found = {}
    for student in states:
        for one in history(course, NAME, student).all:
            found[one.file] = student
    pairs = {
        (person, found[path]) for path, person in zip(paths, people, strict=True) if path in found
    }
    assert len(pairs) == len({person for person, _ in pairs}) == len({who for _, who in pairs})


def test_people_keep_their_folders_when_they_hand_in_again(take):
    paths = [path for paths, _ in list(PEOPLE.values())[:5] for path in paths]
    files = {path: notebook(path) for path in paths}
    first, again = take(files, True), take(files, True)
    assert set(first) == set(again)
    assert {one.state for one in again.values()} <= {"same", "problem"}


def test_times_in_a_zip_file_are_local(course, collect, tmp_path, monkeypatch):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for student, month in (("ann", 1), ("bob", 7)):
            entry = zipfile.ZipInfo(f"{student}/x.ipynb", (2020, month, 2, 0, 30, 0))
            archive.writestr(entry, notebook(student))
    collect(path, zone=ZoneInfo("Europe/Berlin"))
    assert origin_of(course, NAME, "ann").time == "2020-01-01T23:30:00+00:00"
    assert origin_of(course, NAME, "bob").time == "2020-07-01T22:30:00+00:00"
    stamp = course.submitted("ann", NAME) / "timestamp.txt"
    assert stamp.read_text() == "2020-01-01 23:30:00 UTC\n"


def zipped(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, each in files.items():
            archive.writestr(zipfile.ZipInfo(path, (2009, 1, 1, 0, 0, 0)), each)
    return content.getvalue()


@pytest.mark.parametrize("as_zip", [False, True])
@pytest.mark.parametrize(
    "path", ["ann/work.zip", "ann.zip", "Ann_1_assignsubmission_file_/w.zip", "ann_7_90_work.zip"]
)
def test_zip_files_of_students_are_opened(course, take, path, as_zip):
    inside = zipped({"deep/x.ipynb": notebook("a"), "notes.pdf": b"%PDF", "__MACOSX/x.ipynb": b""})
    one, other = take({path: inside, "bo_8_91_x.ipynb": notebook("b")}, as_zip).values()
    ann = one if one.origin.student.startswith("ann") else other
    assert ann.state == "new"
    assert stored(course, ann.origin.student) == strip(notebook("a"))
    assert ann.origin.file == path  # as the LMS calls it
    # The time in it is what the student's machine said.
    assert not ann.origin.time.startswith("2009")


def test_a_zip_file_in_a_zip_file_is_opened_and_no_deeper(take):
    twice = zipped({"b.zip": zipped({"x.ipynb": notebook("a")})})
    states = take({"ann/a.zip": twice, "bob/a.zip": zipped({"c.zip": twice})}, True)
    assert states["ann"].state == "new"
    assert "too deep" in states["bob"].origin.problem


#: Zip files of a student that cost only this student's hand-in, and words about each.
BOMBS = {
    "many files": (zipped({f"{n}": b"" for n in range(600)}), "more than 500 files"),
    "empty": (zipped({}), "an empty zip file"),
    "damaged": (b"PK\x03\x04" + bytes(100), "a damaged zip file"),
    "no zip file": (b"\x89PNG" + bytes(100), "damaged zip file"),
}


@pytest.mark.parametrize("case", BOMBS)
def test_a_hostile_zip_file_costs_its_student_alone(take, case):
    content, words = BOMBS[case]
    states = take({"ann/w.zip": content, "bob/x.ipynb": notebook()}, True)
    assert states["bob"].state == "new"
    assert words in states["ann"].origin.problem


def test_a_notebook_with_the_name_of_a_zip_file_is_read(take):
    assert take({"ann/w.zip": notebook(), "bob/x.ipynb": notebook()}, True)["ann"].state == "new"


def test_a_locked_zip_file_is_said(take, tmp_path):
    content = bytearray(zipped({"x.ipynb": notebook()}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    one = take({"ann/w.zip": bytes(content), "bob/x.ipynb": notebook()}, True)["ann"]
    assert "locked with a password" in one.origin.problem


#: What students hand in instead of a notebook: a name, the first bytes, and what is said.
OTHERS = {
    "a PDF": ("report.pdf", b"%PDF-1.7", "a PDF"),
    "a PDF with another name": ("x.ipynb", b"%PDF-1.7", "a PDF"),
    "Python": ("x.py", b"import numpy as np\n", "Python code"),
    "a saved page": ("x.ipynb", b"<!DOCTYPE html><html><body>" + b"x" * 5000, "a web page"),
    "a page of Colab": (
        "x.html",
        b'<html><a href="https://colab.research.google.com/drive/1">',
        "a link to Colab",
    ),
    "a shortcut of Drive": ("x.gdoc", b'{"url": "https://docs.google.com/open?id=1"}', "a link to"),
    "a shortcut of Windows": (
        "x.url",
        b"[InternetShortcut]\nURL=https://x.org",
        "a link to a page",
    ),
    "a link in a text": ("x.txt", b"https://colab.research.google.com/drive/1", "a link to Colab"),
    "Word": ("x.docx", zipped({"word/document.xml": b"<w>"}), "a Word document"),
    "a tar file": ("x.tar.gz", b"\x1f\x8b\x08", "an archive of gzip"),
    "7z": ("x.7z", b"7z\xbc\xaf'\x1c", "a .7z archive, which is not opened"),
    "rar": ("x.rar", b"Rar!\x1a\x07", "a .rar archive"),
    "a screenshot": ("x.png", b"\x89PNG\r\n", "a picture"),
    "a notebook cut off": ("x.ipynb", notebook("x" * 99)[:60], "a damaged notebook"),
    "weights": ("x.h5", b"\x89HDF\r\n", "weights"),
    "UTF-16": ("x.ipynb", "{}".encode("utf-16"), "UTF-16"),
    "a typed text": ("onlinetext.html", b"<p>Hello</p>", "typed into the LMS"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_what_is_no_notebook_is_named(take, case):
    name, content, words = OTHERS[case]
    one = take({f"ann/{name}": content, "bob/x.ipynb": notebook()}, False)["ann"]
    assert one.state == "problem"
    assert f"{name}: " in one.origin.problem
    assert words in one.origin.problem
    assert "ask for" not in one.origin.problem  # students read it
    assert not one.counts


def test_a_file_that_is_hard_to_read_costs_its_student_alone(take):
    dense = b'{"cells":[' + b"{}," * 2_000_000 + b"{}]}"
    states = take({"ann/x.ipynb": dense, "bob/x.ipynb": notebook()}, True)
    assert states["bob"].state == "new"
    assert "no notebook was handed in. x.ipynb: " in states["ann"].origin.problem


def test_a_download_alone_in_a_folder_is_not_opened(course, collect, tmp_path):
    """A student may have sent it, with names of others in it."""
    files = {f"{who}_assignsubmission_file/x.ipynb": notebook(who) for who in ("A_1", "B_2")}
    (tmp_path / "late").mkdir()
    path = tmp_path / "late" / "Submissions.zip"
    path.write_bytes(zipped(files))
    with pytest.raises(CourseError, match=r"name it: .*Submissions\.zip\. If a student sent it"):
        collect(tmp_path / "late")
    assert not list((course.root / "submitted").glob("*"))
    assert set(collect(path)) == {"a", "b"}


def test_a_run_that_is_stopped_goes_on(course, reader, tmp_path):
    source = written(tmp_path, {f"{who}/x.ipynb": notebook(who) for who in "abc"}, True)
    first = collect_submissions(course, NAME, source, reader=reader)
    assert next(first).state == "new"
    first.close()
    states = [one.state for one in collect_submissions(course, NAME, source, reader=reader)]
    assert states == ["same", "new", "new"]


def test_outputs_are_not_kept(course, take):
    cells = [{"cell_type": "code", "source": "x", "outputs": [{"text": "y" * 9999}]}]
    content = json.dumps({"cells": cells, "metadata": {"assignment": NAME}}).encode()
    take({"ann/x.ipynb": content, "bob/x.ipynb": notebook()}, True)
    assert len(stored(course, "ann")) < 999


def test_the_command_tells_what_a_person_should_know(course, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("grader.commands.collect.course_of", lambda options: (course, None))
    monkeypatch.setattr("grader.register.roster_of", lambda course: ({"ann"}, set()))
    deadlines = Deadlines(course)
    deadlines.due[NAME] = Due("2020-01-01T00:00", "UTC")
    deadlines.keep()
    paths = ("Ann_1_assignsubmission_file/x.ipynb", "Bo_2_assignsubmission_file/x.pdf")
    source = written(tmp_path, dict(zip(paths, (notebook(), b"%PDF"), strict=True)), True)
    assert main(["collect", NAME, str(source), "--timezone", "Europe/Berlin"]) == 0
    text = capsys.readouterr().out
    assert "2 submissions: 1 new, 1 to look at." in text
    assert "1 of nobody on the list of students: bo" in text
    assert "bo: no notebook was handed in. x.pdf: a PDF\n" in text
    assert "1 without a notebook that can be graded: bo\nAsk for the .ipynb file" in text
    assert "2 came in a download made after the deadline" in text
    assert main(["collect", NAME, str(source), "--timezone", "Berlin"]) == 2
    assert "is no time zone" in capsys.readouterr().err


@pytest.mark.parametrize("number", ["9" * 19, "9" * 3000, "0" * 400])
@pytest.mark.parametrize("path", ["lee_{}_1_x.ipynb", "Lee_{}_assignsubmission_file/x.ipynb"])
def test_numbers_of_any_length_stop_nothing(take, path, number):
    states = take({path.format(number): notebook(), "bo_8_91_x.ipynb": notebook()}, True)
    assert [one.state for one in states.values()] == ["new", "new"]


def test_a_name_with_a_dot_before_it_is_not_hidden(take):
    files = (".Ann_1_assignsubmission_file/x.ipynb", "B_2_assignsubmission_file/.x.ipynb")
    assert set(take(dict.fromkeys(files, notebook()), True)) == {"ann", "b"}


#: Files that systems and editors leave behind, or seem to, and whether each is
#: read where it lies beside a notebook; alone it always is.
LEFT_BEHIND = {
    ".x.ipynb": True,
    "__MACOSX_x.ipynb": True,
    ".trash/x.ipynb": True,
    ".x.zip": True,
    "timestamp.txt": False,
    "._x.ipynb": False,
    ".ipynb_checkpoints/x-checkpoint.ipynb": False,
    "__MACOSX/x.ipynb": False,
}


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("path", LEFT_BEHIND)
def test_no_work_is_ignored_without_a_word(collect, tmp_path, path, told):
    content = zipped({"x.ipynb": notebook("y = 1")}) if path == ".x.zip" else notebook("y = 1")
    files = {
        f"Ann_1_assignsubmission_file_/{path}": content,
        f"B_2_assignsubmission_file_/{path}": content,
        "B_2_assignsubmission_file_/y.ipynb": notebook(),
    }
    options = {"format": FORMATS["moodle"]} if told else {}
    found = collect(written(tmp_path, files, True), **options)
    assert "ann" in found
    assert found["b"].origin.problem.startswith("2 notebooks") == LEFT_BEHIND[path]


def test_a_student_of_whom_only_rubbish_came_is_told_of(take):
    files = {f"{who}_assignsubmission_file/.DS_Store": b"x" for who in ("A_1", "B_2")}
    found = take(files | {"__MACOSX/._x": b"", ".DS_Store": b"", "x/.DS_Store": b""}, True)
    assert {student: one.state for student, one in found.items()} == {
        "a": "problem",
        "b": "problem",
    }


def test_who_is_missing_in_a_download_is_told(course, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("grader.commands.collect.course_of", lambda options: (course, None))
    sheet = tmp_path / "sheet.csv"
    times = ("1 December 2020 9:00 PM", "2 December 2020 9:00 PM", "-")
    rows = [f"Participant {n},Person {n},{time}" for n, time in enumerate(times, start=1)]
    head = "Identifier,Full name,Last modified (submission)"
    sheet.write_text("\n".join([head, *rows]), "utf-8")
    files = {"Person 1_1_assignsubmission_file/x.ipynb": notebook()}
    source = written(tmp_path, files, True)
    assert main(["collect", NAME, str(source), "--worksheet", str(sheet)]) == 0
    words = "1 handed in, as the worksheet says, but nothing of theirs is in this download: "
    assert f"{words}Person 2\n" in capsys.readouterr().out


def test_a_student_fills_no_disk(course, take, monkeypatch):
    monkeypatch.setattr("grader.picking.MOST_KEPT", 1000)
    many = zipped({f"{number}.ipynb": notebook(f"x = {number}") for number in range(99)})
    one = take({"ann/w.zip": many, "bob/x.ipynb": notebook()}, True)["ann"]
    assert "too many files" in one.origin.problem
    folder = course.root / "hand-ins" / "ann" / NAME
    assert sum(path.stat().st_size for path in folder.glob("*.ipynb")) < 2000


@pytest.mark.parametrize("letter", [",", "é", '"', "\n"])
def test_names_of_files_stop_no_batch(take, letter):
    names = [f"ann_7_{n}_{letter * (240 // len(letter.encode()))}.txt" for n in range(900)]
    states = take({"bo_8_91_x.ipynb": notebook(), **dict.fromkeys(names, b"")}, True)
    assert states["bo-8"].state == "new"


@pytest.mark.parametrize(
    "lie",
    [
        None,
        [1, 2],
        [[[1]], [2], [3], [4]],
        [np.array([9]), np.zeros(1, "u1"), np.zeros((1, 6), int), np.array([0])],
        [np.array([2, -1]), np.zeros(1, "u1"), np.zeros((2, 6), int), np.array([0, 1])],
        [np.array([1]), np.zeros(1, "u1"), np.zeros((1, 5), int), np.array([0])],
        [np.array([1]), np.zeros(1, "u1"), np.zeros((1, 6)), np.array([0])],
    ],
)
def test_a_list_of_files_of_another_form_is_refused(take, reader, monkeypatch, lie):
    call = reader.call
    monkeypatch.setattr(
        reader, "call", lambda f, *a, **m: lie if f == "arriving.listing" else call(f, *a, **m)
    )
    with pytest.raises(CourseError, match="reading it failed"):
        take({"ann/x.ipynb": notebook()}, True)


def test_a_fault_of_ours_in_one_file_stops_no_batch(take, reader, monkeypatch):
    call = reader.call

    def fail(function, place, *rest, **more):
        if rest == ("bad.ipynb",):
            raise FaultError("Traceback")
        return call(function, place, *rest, **more)

    monkeypatch.setattr(reader, "call", lambda f, *a, **m: fail(f, *a, **m) if a else call(f, **m))
    states = take({"ann/bad.ipynb": notebook(), "bob/x.ipynb": notebook()}, True)
    assert states["bob"].state == "new"
    assert "bad.ipynb: reading it failed" in states["ann"].origin.problem


def test_times_are_read_in_the_zone_of_the_deadline(course, tmp_path, monkeypatch):
    monkeypatch.setattr("grader.commands.collect.course_of", lambda options: (course, None))
    deadlines = Deadlines(course)
    deadlines.due[NAME] = Due("2026-11-01T23:59", "Asia/Tokyo")
    deadlines.keep()
    source = tmp_path / "work.zip"
    with zipfile.ZipFile(source, "w") as archive:
        for who in ("ann", "bo"):
            moment = zipfile.ZipInfo(f"{who}/x.ipynb", (2026, 11, 1, 23, 0, 0))
            archive.writestr(moment, notebook(who))
    assert main(["collect", NAME, str(source)]) == 0
    assert origin_of(course, NAME, "ann").time == "2026-11-01T14:00:00+00:00"


WHO = [Person("ann", "Ann", "Lee", "ann@uni.edu", "333"), Person("bo", "Bo", "Bob", "", "111")]
MOODLES = "{}_100{}_assignsubmission_file_/w.ipynb"


@pytest.fixture
def listed(monkeypatch):
    """Put two people on the list."""
    for module in ("register", "collect", "handover"):
        monkeypatch.setattr(f"grader.{module}.students_of", lambda course: WHO)
    monkeypatch.setattr("grader.register.roster_of", lambda course: ({"ann", "bo"}, set()))


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("name", "columns", "cells"),
    [
        ("ann@uni.edu \u200b", "Full name,Email address", '"ann@uni.edu \u200b",other@uni.edu'),
        ("Cy Oh", "Full name,Online text", "Cy Oh,ann@uni.edu"),
        ("Cy Oh", "Full name,Department,E-Mail", "Cy Oh,ann@uni.edu,n/a"),
    ],
)
def test_the_column_of_mails_alone_tells_a_mail(collect, tmp_path, name, columns, cells):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(f"Identifier,{columns}\nParticipant 1001,{cells}\n", "utf-8")
    files = {MOODLES.format(who, n): notebook(who) for n, who in enumerate((name, "Ann Lee"), 1)}
    found = collect(written(tmp_path, files, True), worksheet=read_worksheet(sheet))
    assert found.pop("ann").origin.full_name == "Ann Lee"
    assert [one.origin.matched for one in found.values()] == ["no"]


@pytest.mark.usefixtures("listed")
def test_two_who_claim_one_student_are_left_to_a_person(course, collect, take, tmp_path):
    files = {MOODLES.format(who, n): notebook(who) for n, who in enumerate(("Lee, Ann", "Ann Lee"))}
    for _ in range(2):  # the same when they are collected again
        found = take(files, True)
        assert set(found) == {"lee-ann-1000", "ann-lee-1001"}
        assert {one.state for one in found.values()} == {"problem"}
        assert all("a person decides" in one.origin.problem for one in found.values())
    give(course, NAME, "ann-lee-1001", "ann")
    found = take(files, True)
    assert set(found) == {"lee-ann-1000", "ann"}
    assert found["ann"].origin.problem == ""
    assert stored(course, "ann") == strip(notebook("Ann Lee"))


#: Downloads in which Bo's file is named as if Ann's lay in a folder of it.
BACKSLASHES = {
    "canvas": ("bobbo_111_222_x\\leeann_333_9999_y.ipynb", "leeann_333_444_w.ipynb"),
    "moodle": (
        "Bo Bob_1_assignsubmission_file_x\\Ann Lee_2_assignsubmission_file_w.ipynb",
        "Ann Lee_2_assignsubmission_file_w.ipynb",
    ),
}


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("lms", BACKSLASHES)
@pytest.mark.parametrize("alone", [True, False])
def test_a_backslash_in_a_name_is_no_folder(collect, course, tmp_path, lms, told, alone):
    evil, good = BACKSLASHES[lms]
    files = {evil: notebook("bo"), good: notebook("ann")}
    if alone:
        del files[good]
    source = written(tmp_path, files, True)
    found = collect(source, format=FORMATS[lms] if told else None)
    if not alone:
        assert found.pop("ann").state == "new"
        assert stored(course, "ann") == strip(notebook("ann"))
    (one,) = found.values()
    assert one.state == "problem"
    assert "holds a \\" in one.origin.problem
    assert one.origin.student == ("bo" if lms == "canvas" else "bo-bob-1")


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("told", [True, False])
def test_a_folder_that_a_backslash_became_takes_nobodys_place(collect, tmp_path, told):
    """As some programs unpack it."""
    files = {path.replace("\\", "/"): notebook(path) for path in BACKSLASHES["canvas"]}
    found = collect(written(tmp_path, files, False), format=FORMATS["canvas"] if told else None)
    assert found["ann"].origin.file == "leeann_333_444_w.ipynb"
    assert set(found) == {"ann", "bo" if told else "bobbo_111_222_x"}


def test_a_zip_file_with_backslashes_for_folders_is_refused(collect, tmp_path):
    files = {"ann\\x.ipynb": notebook(), "bo\\y.ipynb": notebook()}
    with pytest.raises(CourseError, match="unpack it, and collect the folder"):
        collect(written(tmp_path, files, True))


def test_a_machine_at_its_limits_stops_no_batch(take, reader, monkeypatch):
    opened = reader.open

    def fail(function, files=(), **more):
        if function == "arriving.look" and fail.left > 0:
            fail.left -= 1
            raise OSError(28, "No space left on device")
        return opened(function, files, **more)

    monkeypatch.setattr(reader, "open", fail)
    fail.left = 2
    states = take({"ann/x.ipynb": notebook(), "bob/x.ipynb": notebook()}, True)
    assert {student: one.state for student, one in states.items()} == {
        "ann": "problem",
        "bob": "new",
    }
    assert take({"ann/x.ipynb": notebook(), "bob/x.ipynb": notebook()}, True)["ann"].state == "new"


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("path", ["bo/work.zip", "bo.zip", "Bo Bob.zip", "bobbo_111_222_x.zip"])
def test_a_zip_file_of_a_student_is_no_download(collect, tmp_path, path):
    """Whatever the files in it are called, they are nobody else's."""
    inside = io.BytesIO()
    with zipfile.ZipFile(inside, "w") as archive:
        for number, name in enumerate(("Ann Lee", "Cy Oh")):
            archive.writestr(MOODLES.format(name, number), notebook(name))
    found = collect(written(tmp_path, {path: inside.getvalue()}, False))
    assert set(found) == {"bo"}


def test_what_two_lines_of_a_worksheet_tell_is_not_believed(tmp_path):
    sheet = tmp_path / "sheet.csv"
    head = "Identifier,Full name,Email address,Last modified (submission)\n"
    line = "Participant 1001,Ann Lee,{},{} December 2026 9:00 PM\n"
    sheet.write_text(head + line.format("ann@uni.edu", 1) + line.format("bo@uni.edu", 30))
    line = read_worksheet(sheet)["1001"]
    assert (line.name, line.mail, line.time) == ("Ann Lee", "", None)
