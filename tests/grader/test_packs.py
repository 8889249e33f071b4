"""Feedback goes back: in zip files whose names Moodle and Canvas read as they read their own."""

import json
import re
import zipfile
from pathlib import PurePosixPath

import pytest

from grader import packs
from grader.__main__ import main
from grader.lms import FORMATS
from grader.results import Origin
from tests.grader import small_term
from tests.grader.small_term import NAME, grade, hand_in, look, result

MOODLE = {
    "ann": ("Ann Lee_1201_assignsubmission_file_/work.ipynb", "1201", "Ann Lee"),
    "bo": ("Group A-Bo Li_1202_assignsubmission_file/a/b.ipynb", "1202", "Bo Li"),
    "cy": ("Participant_1203_assignsubmission_file_my_work.ipynb", "1203", "Participant 1203"),
}
CANVAS = {
    "ann": ("leeann_71_9001_work.ipynb", "71"),
    "bo": ("o_brien_LATE_72_9002_my_work-1.ipynb", "72"),
    "cy": ("anon_aB3x9_9003_work.ipynb", "anon_aB3x9"),
    "dot": ("daydot_74_9004_all.zip/inside/work.ipynb", "74"),
    "eve": ("evefox_75_9005_work.txt", "75"),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return small_term.released(tmp_path_factory.mktemp("term"))


def finished(course, student, done=True, **about):
    grade(course, student, result(), hand_in(course, student, student, **about))
    if done:
        look(course, student)


@pytest.fixture
def course(template, tmp_path):
    """Return a course in which all of Moodle's and the last of nobody's are done but cy's."""
    course = small_term.copy(template, tmp_path / "course")
    for student, (file, number, name) in MOODLE.items():
        about = {"lms": "moodle", "lms_id": number, "full_name": name, "file": file}
        finished(course, student, done=student != "cy", **about)
    finished(course, "plain", file="plain/work.ipynb")
    return course


def feedback(course, *arguments):
    return main(["feedback", NAME, "--course", str(course.root), *arguments])


def names(course, lms):
    with zipfile.ZipFile(course.root / "exports" / f"{NAME}-{lms}-feedback.zip") as archive:
        return {each: archive.read(each).decode(errors="replace") for each in archive.namelist()}


def moodle_reads(path):
    """Return participant, plugin and file as Moodle's importer takes them from a path."""
    parts = path.split("/")
    while parts:
        info = parts.pop(0).split("_", 4)
        if len(info) < 4 or not info[1].isdigit():
            continue
        rest = "/".join([*info[4:], *parts])
        return info[1], "_".join(info[2:4]), rest
    return None


def canvas_reads(path):
    """Return the student's and the file's number as Canvas's importer takes them from a name."""
    words = [word for word in PurePosixPath(path).name.split("_") if word != "LATE"]
    if words[0] == "anon":
        return words[1], words[2]
    return tuple([word for word in words if re.fullmatch(r"\d+", word)][:2])


def test_moodle_finds_everyone(course, capsys):
    assert feedback(course, "--pack", "moodle") == 0
    found = names(course, "moodle")
    read = {moodle_reads(path) for path in found}
    file = f"{NAME}-feedback.html"
    assert read == {(number, "assignsubmission_file", file) for number in ("1201", "1202")}
    assert all("17 of 18 points" in html for html in found.values())
    out = capsys.readouterr().out
    assert "1 of 4 are not graded to the end and get no feedback yet" in out
    assert "1 are not in it, as they did not come in such a download: plain" in out


def test_what_is_not_final_says_so_if_it_is_wanted(course):
    assert feedback(course, "--pack", "moodle", "--unfinished") == 0
    found = {moodle_reads(path)[0]: html for path, html in names(course, "moodle").items()}
    assert set(found) == {"1201", "1202", "1203"}
    assert "Not graded to the end" in found["1203"]
    file = course.root / "feedback" / "cy" / NAME / f"{NAME}.html"
    assert file.exists()
    assert feedback(course) == 0
    assert not file.exists()


@pytest.fixture
def canvas(course):
    for student, (file, number) in CANVAS.items():
        finished(course, student, lms="canvas", lms_id=number, file=file)
    return course


def test_canvas_finds_everyone(canvas):
    assert feedback(canvas, "--pack", "canvas") == 0
    found = names(canvas, "canvas")
    read = {canvas_reads(path) for path in found}
    numbers = {number.removeprefix("anon_") for _, number in CANVAS.values()}
    assert read == {("71", "9001"), ("72", "9002"), ("aB3x9", "9003"), ("74", "9004")}
    assert {student for student, _ in read} == numbers - {"75"}


def test_what_canvas_calls_a_notebook_is_one(canvas):
    assert feedback(canvas, "--pack", "canvas", "--student", "ann") == 0
    ((name, text),) = names(canvas, "canvas").items()
    assert name == "leeann_71_9001_work.ipynb"
    assert "17 of 18 points" in "".join(json.loads(text)["cells"][0]["source"])


def begins(content):
    """Return what a file is, by how it begins."""
    return {b"<": "html", b"{": "ipynb", b"P": "zip"}[content[:1]] if content else None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("work.ipynb", "ipynb"),
        ("Work-2.IPYNB", "ipynb"),
        ("work.ipynb.txt", "ipynb"),
        ("work.ipynb-1.json", "ipynb"),
        ("page.html", "html"),
        ("all.zip", "zip"),
        ("work.pdf", None),
        ("work.ipynb.pdf", None),
        ("photo.jpeg", None),
        ("work.txt", None),
        ("work.py", None),
        ("work", None),
        ("notipynb", None),
    ],
)
def test_a_file_is_of_the_kind_that_its_name_says(name, kind):
    content = packs._content(f"leeann_71_9001_{name}", "<html><main></main></html>")
    assert begins(content) == kind


def test_who_cannot_open_it_is_named(canvas, capsys):
    assert feedback(canvas, "--pack", "canvas") == 0
    out = capsys.readouterr().out
    assert "1 are not in it, as Canvas would show it as a file of another kind" in out
    assert "like their own: eve\n" in out
    assert feedback(canvas, "--pack", "canvas", "--student", "eve") == 2
    assert "1 are left out, as Canvas would show it" in capsys.readouterr().err


def test_what_canvas_calls_a_zip_file_is_one(canvas):
    assert feedback(canvas, "--pack", "canvas", "--student", "dot") == 0
    with (
        zipfile.ZipFile(canvas.root / "exports" / f"{NAME}-canvas-feedback.zip") as archive,
        zipfile.ZipFile(archive.open("daydot_74_9004_all.zip")) as inner,
    ):
        assert inner.namelist() == ["feedback.html"]


def test_a_pack_is_split_where_it_is_too_large(course, monkeypatch):
    monkeypatch.setattr(packs, "MOST", 1)
    assert feedback(course, "--pack", "moodle") == 0
    files = sorted(path.name for path in (course.root / "exports").glob("*.zip"))
    assert files == [f"{NAME}-moodle-feedback-2.zip", f"{NAME}-moodle-feedback.zip"]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--pack", "canvas"], 2, "There is no feedback on a submission"),
        (["--student", "cy"], 1, "1 of 1 are not graded to the end"),
        (["--student", "nobody"], 2, "No student is called nobody"),
    ],
)
def test_what_cannot_be_done_is_told(course, capsys, arguments, status, words):
    assert feedback(course, *arguments) == status
    told = capsys.readouterr()
    assert words in told.out + told.err


EVIL = ["../../x_1_2_y.ipynb", "/etc/a_1_2_b", "a/../b_1_2_c", "._a_1_2_b", "\\..\\a_1_2_b"]


@pytest.mark.parametrize("name", EVIL)
@pytest.mark.parametrize("lms", ["moodle", "canvas"])
def test_names_in_a_pack_lead_nowhere(lms, name):
    target = FORMATS[lms].pack_name(Origin("x", lms, "1", full_name=name, file=name), NAME)
    assert target is None or ("/" not in target and not target.startswith("."))
    if target and lms == "moodle":
        assert moodle_reads(target)[0] == "1"
