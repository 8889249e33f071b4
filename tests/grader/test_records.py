"""What a course folder knows is written whole or not at all; half of it is told in a sentence."""

import json
import os

import pytest

from grader.__main__ import main
from grader.commands._grading import alone
from grader.course import Course, CourseError
from grader.deadlines import Deadlines
from grader.handins import recount
from grader.records import write, write_record
from grader.results import origin_of, resolve
from tests.grader import small_term
from tests.grader.small_term import NAME, grade, hand_in, result


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Return a course with a file of each kind."""
    course = small_term.released(tmp_path_factory.mktemp("term"))
    small_term.roster(course, "id,full name\nann,Ann Lee\n")
    option = ["--course", str(course.root)]
    assert main(["deadline", NAME, "2025-12-02", "--timezone", "UTC", *option]) == 0
    grade(course, "ann", result(human="unclear"), hand_in(course, "ann"))
    resolve(course, NAME, "ann")
    return course


@pytest.fixture
def course(template, tmp_path):
    return small_term.copy(template, tmp_path / "course")


FILES = {
    "roster.json": "import the list again",
    "deadlines.json": "correct or delete it",
    f"hand-ins/ann/{NAME}/hand-ins.json": "collect again",
    f"submitted/ann/{NAME}/origin.json": "collect again",
    f"autograded/ann/{NAME}/result.json": "grade again",
    f"autograded/ann/{NAME}/resolved.json": "look at the file again",
}


def test_these_are_all_records_of_a_course(template):
    found = {str(path.relative_to(template.root)) for path in template.root.rglob("*.json")}
    assert found - {f"autograded/ann/{NAME}/graded.json"} == set(FILES)  # that is the student's own


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("kept", [0, 1, 0.5, -2])
def test_half_a_file_is_told_with_what_to_do(course, capsys, file, kept):
    path = course.root / file
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept) if isinstance(kept, float) else kept])
    capsys.readouterr()
    assert main(["status", NAME, "--course", str(course.root)]) == 2
    error = capsys.readouterr().err
    assert f"{path} is damaged" in error
    assert FILES[file] in error
    path.unlink()
    assert main(["status", NAME, "--course", str(course.root)]) == 0


def test_where_a_submission_came_from_is_known_again_when_it_is_collected(course):
    path = course.submitted("ann", NAME) / "origin.json"
    before = origin_of(course, NAME, "ann")
    path.write_bytes(path.read_bytes()[:9])
    recount(course, NAME, "ann", Deadlines(course))
    assert origin_of(course, NAME, "ann") == before


@pytest.mark.parametrize("fails", ["write", "fsync", "replace"])
def test_what_is_not_written_to_the_end_leaves_the_old(tmp_path, monkeypatch, fails):
    path = tmp_path / "record.json"
    write_record(path, {"name": "Žofie \ud83d"})
    old = path.read_bytes()

    def full(*unused):
        raise OSError("No space left on device")

    if fails == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    elif fails == "replace":
        monkeypatch.setattr(type(path), "replace", full)
    with pytest.raises((OSError, TypeError)):
        write(path, None if fails == "write" else b"new")
    assert path.read_bytes() == old
    assert json.loads(old) == {"name": "Žofie ?"}


def test_one_run_at_a_time_grades_in_a_course(tmp_path):
    course = Course(tmp_path)
    with alone(course), pytest.raises(CourseError, match="Another run grades"), alone(course):
        pass
    with alone(course):
        pass
