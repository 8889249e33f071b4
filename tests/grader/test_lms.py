"""Formats: each in a file of its own, taken by --from and --to, and recognized without."""

import json
from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest

from grader.__main__ import main
from grader.collect import collect_submissions
from grader.course import CourseError
from grader.lms import FORMATS
from grader.lms.format import Wish
from grader.people import Person
from grader.release import ROOT, define
from grader.results import Origin, origin_of
from grader.standing import Standing

NAME = "a2_convolution"
ASSIGNMENT = define(NAME).assignment

#: For each format, a download of two students: where their files lie, and who they are.
DOWNLOADS = {
    "moodle": {
        "Ann Lee_1201_assignsubmission_file_/work.ipynb": Origin(
            "ann-lee", "moodle", "1201", "Ann Lee"
        ),
        "Bo Li_1203_assignsubmission_file_work.ipynb": Origin("bo-li", "moodle", "1203", "Bo Li"),
    },
    "canvas": {
        "leeann_71_9001_work.ipynb": Origin("leeann-71", "canvas", "71", "leeann"),
        "bobb_LATE_72_9002_work-1.ipynb": Origin("bobb-72", "canvas", "72", "bobb"),
    },
    "plain": {
        "Ann Lee/work.ipynb": Origin("ann-lee", "", "", "Ann Lee"),
        "bob.ipynb": Origin("bob", "", "", "bob"),
    },
}


def notebook(text="x = 1"):
    cell = {"cell_type": "code", "source": text, "metadata": {}, "outputs": []}
    return json.dumps({"cells": [cell], "metadata": {"assignment": NAME}}).encode()


def hand_in(folder, paths):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(notebook(str(path)))
    return folder


@pytest.fixture
def collect(course, reader):
    """Collect a source in a format; return what became of each student's files."""

    def collect(source, format=None, tell=None):
        return list(collect_submissions(course, NAME, source, format, tell, reader=reader))

    return collect


def test_a_format_is_a_file():
    files = {path.stem for path in (ROOT / "grader" / "lms").glob("*.py")}
    assert files == {*FORMATS, "__init__", "format"}
    assert set(DOWNLOADS) == set(FORMATS)


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("name", FORMATS)
def test_a_download_is_read_as_it_is_told_and_recognized(course, collect, tmp_path, name, told):
    source = hand_in(tmp_path / "download", DOWNLOADS[name])
    collect(source, FORMATS[name] if told else None)
    for path, origin in DOWNLOADS[name].items():
        found = origin_of(course, NAME, origin.student)
        assert (found.lms, found.lms_id, found.full_name) == (
            origin.lms,
            origin.lms_id,
            origin.full_name,
        )
        assert found.file == path


@pytest.mark.parametrize("name", ["moodle", "canvas"])
def test_folders_around_a_download_do_not_matter_where_it_is_told(collect, tmp_path, name):
    path, origin = next(iter(DOWNLOADS[name].items()))
    source = hand_in(tmp_path / "x", [f"week 3/lee/{path}"])
    told = []
    found = collect(source, FORMATS[name], told.append)
    assert [one.origin.student for one in found] == [origin.student]
    assert told == []


@pytest.mark.parametrize(
    ("paths", "students", "words"),
    [
        # Guessing takes the first for one folder around two students, the second for one student.
        (["late/ann.ipynb", "late/bob.ipynb"], {"late"}, ["folder late"]),
        (["ann_1_2_a.ipynb", "bob_3_4_b.ipynb"], {"ann_1_2_a", "bob_3_4_b"}, []),
        (["x/ann/1.ipynb", "x/bob/1.ipynb"], {"x"}, ["folder x"]),
    ],
)
def test_nothing_is_guessed_where_a_plain_folder_is_told(collect, tmp_path, paths, students, words):
    source, told = hand_in(tmp_path / "x", paths), []
    found = collect(source, FORMATS["plain"], told.append)
    assert {one.origin.student for one in found} == students
    assert len(told) == len(words)
    assert all(
        part in line and "one student" in line for part, line in zip(words, told, strict=True)
    )


@pytest.mark.parametrize("name", ["moodle", "canvas"])
def test_a_file_of_another_format_stops_what_was_told(course, collect, tmp_path, name):
    source = hand_in(tmp_path / "x", [*DOWNLOADS[name], "ann/other.ipynb"])
    words = rf"^ann/other.ipynb is not named as in .* {FORMATS[name].title}.* --from {name}"
    with pytest.raises(CourseError, match=words):
        collect(source, FORMATS[name])
    assert not (course.root / "submitted").exists()


def test_students_name_files_like_canvas_and_never_like_moodle():
    certain = {name for name, format in FORMATS.items() if format.certain}
    assert certain == {"moodle"}
    assert FORMATS["canvas"].owner(PurePosixPath("lee/hw_2_1_final.ipynb")) is None


@pytest.mark.parametrize(
    "arguments", [["collect", NAME, ".", "--from", "nope"], ["export", NAME, "--to", "nope"]]
)
def test_the_commands_know_the_formats(capsys, arguments):
    with pytest.raises(SystemExit):
        main(arguments)
    error = capsys.readouterr().err
    assert all(f"'{name}'" in error or name in error for name in FORMATS)


def test_a_name_that_ends_with_a_number_takes_nobodys_place(course, collect, tmp_path):
    mine, hers = "anna_31337_4711_9_a2.ipynb", "bobb_31337_8_a2.ipynb"
    source = hand_in(tmp_path / "x", [mine, hers])
    for state in ("new", "same"):
        states = {one.origin.file: one.state for one in collect(source)}
        assert states == {hers: state, mine: "problem"}
    victim = origin_of(course, NAME, "bobb-31337")
    assert (victim.file, victim.lms_id, victim.problem) == (hers, "31337", "")
    asked = origin_of(course, NAME, "anna-31337_4711")
    assert asked.file == mine
    assert "of the student 31337 or 4711" in asked.problem
    for origin, listed, number in (
        (victim, "", "31337"),
        (asked, "", None),  # no grade goes to either number
        (asked, "4711", "4711"),  # given to whose it is
    ):
        standing = Standing(Person("x", lms_id=listed), origin, "final")
        row = FORMATS["canvas"].row(standing, ASSIGNMENT, Wish(datetime.now(UTC)))
        assert (row and row[1]) == number


@pytest.mark.parametrize(
    ("paths", "students"),
    [
        (["leeann_71_900_2_x.ipynb", "leeann_71_901_notes.ipynb"], {"leeann-71"}),
        (["leeann_71_900_2_x.ipynb", "leeann_72_901_2_x.ipynb"], {"leeann-71", "leeann-72"}),
        (["r2_71_900_3_x.ipynb", "r2_71_LATE_72_901_x.ipynb"], {"r2-71", "r2_71-72"}),
    ],
)
def test_numbers_before_a_files_own_name_do_no_harm(collect, tmp_path, paths, students):
    source = hand_in(tmp_path / "x", paths)
    for _ in range(2):
        assert {one.origin.student for one in collect(source)} == students


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("Ann 31337_1201_assignsubmission_file/x.ipynb", "1201"),
        ("Ann 31337_1201_assignsubmission_file_31337_9_x.ipynb", "1201"),
        ("Ann_31337_1201_assignsubmission_file/x.ipynb", None),  # Moodle writes no _ in a name
        ("ann_31337_1201_9_Bo Li_31337_assignsubmission_file_x.ipynb", None),
    ],
)
def test_moodle_leaves_no_doubt_whose_number_it_is(path, number):
    every = FORMATS["moodle"].readings(PurePosixPath(path))
    assert [owner.lms_id for owner in every] == ([number] if number else [])
