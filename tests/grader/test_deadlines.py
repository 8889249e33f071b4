"""Deadlines with a zone, extensions, and what late work costs: worked by hand."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from grader.__main__ import main
from grader.course import Course, CourseError
from grader.deadlines import (
    Deadlines,
    Due,
    Policy,
    check_zone,
    deadline,
    handed_in,
    late_words,
    lateness,
    local_time,
    penalty,
)
from grader.results import Origin, keep_origin

NAME = "a2_convolution"
BERLIN = "Europe/Berlin"
TEN = Policy(per_day=10, grace=15, cap=50, no_credit_after=7)


def hours(number):
    return timedelta(hours=number)


@pytest.mark.parametrize(
    ("policy", "points", "late", "expected"),
    [
        (TEN, 12, hours(0), 0),
        (TEN, 12, timedelta(minutes=15), 0),  # the grace
        (TEN, 12, timedelta(minutes=16), 1.2),  # one day begun: 10 percent of 12
        (TEN, 12, hours(24), 1.2),
        (TEN, 12, hours(24.01), 2.4),
        (TEN, 12, hours(6 * 24), 6),  # 60 percent, capped at 50
        (TEN, 12, hours(7 * 24), 6),
        (TEN, 12, hours(7 * 24 + 1), 12),  # more than seven days: nothing is earned
        (TEN, 0, hours(30), 0),
        (TEN, 7.5, hours(30), 1.5),
        (Policy(per_day=2, percent=False), 12, hours(30), 4),
        (Policy(per_day=2, percent=False), 3, hours(30), 3),  # never below zero
        (Policy(per_day=2, percent=False, cap=5), 12, hours(100), 5),
        (Policy(), 12, hours(1000), 0),
        (Policy(no_credit_after=0), 12, hours(1), 12),
        (Policy(per_day=33), 1, hours(1), 0.33),
    ],
)
def test_what_late_work_costs(policy, points, late, expected):
    assert penalty(policy, points, late) == pytest.approx(expected)


def at(*time, zone=0):
    return datetime(*time, tzinfo=UTC) - timedelta(hours=zone)


@pytest.mark.parametrize(
    ("due", "came", "late"),
    [
        # The clock is put back on October 25, 2026: Sunday has 25 hours.
        (at(2026, 10, 24, 23, 59, zone=2), at(2026, 10, 25, 23, 59, zone=1), hours(24)),
        (at(2026, 10, 24, 23, 59, zone=2), at(2026, 10, 26, 0, 29, zone=1), hours(24.5)),
        # It is put forward on March 29: Sunday has 23 hours.
        (at(2026, 3, 28, 23, 59, zone=1), at(2026, 3, 29, 23, 59, zone=2), hours(23)),
        (at(2026, 3, 28, 23, 59, zone=1), at(2026, 3, 30, 0, 29, zone=2), hours(23.5)),
        # 2:30 comes twice; 2:10 of the second round is 40 minutes late, not early.
        (at(2026, 10, 25, 2, 30, zone=2), at(2026, 10, 25, 2, 10, zone=1), hours(40 / 60)),
        (at(2026, 12, 1, 22, 59), at(2026, 12, 1, 22, 59), hours(0)),
        (at(2026, 12, 1, 22, 59), at(2026, 12, 1, 22, 58), hours(0)),
    ],
)
def test_a_day_late_is_a_day_late_when_the_clock_changes(due, came, late):
    assert lateness(due, came, BERLIN) == late


@pytest.mark.parametrize(
    ("local", "extension", "utc"),
    [
        ("2026-12-01T23:59", None, "2026-12-01T22:59"),
        ("2026-07-01T23:59", None, "2026-07-01T21:59"),
        ("2026-10-23T23:59", "+3d", "2026-10-26T22:59"),  # the same hour, behind the change
        ("2026-10-23T23:59", "+72h", "2026-10-26T21:59"),  # 72 hours are 72 hours
        ("2026-12-01T23:59", "+30m", "2026-12-01T23:29"),
        ("2026-12-01T23:59", "2026-12-05", "2026-12-05T22:59"),
        ("2026-12-01T23:59", "2026-12-05T12:00", "2026-12-05T11:00"),
        ("2026-10-25T02:30", None, "2026-10-25T01:30"),  # it comes twice: the second
    ],
)
def test_deadlines_have_a_zone(local, extension, utc):
    due = Due(local, BERLIN, {"ann": extension} if extension else {})
    assert due.at("ann") == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert due.at("bob") == due.at()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("soon", "no date and time"),
        ("2026-13-01", "no date and time"),
        ("2026-12-01T23:59+01:00", "--timezone"),
        ("2026-12-01T23:59Z", "--timezone"),
        ("2026-03-29T02:30", "put forward"),
    ],
)
def test_times_that_mean_nothing_are_refused(text, words):
    with pytest.raises(CourseError, match=words):
        local_time(text, BERLIN)


@pytest.mark.parametrize("zone", ["Berlin", "", "../etc/passwd", "Europe/Berlin\0", "a" * 5000])
def test_zones_that_are_none_are_refused(zone):
    with pytest.raises(CourseError, match="no time zone"):
        check_zone(zone)


def test_a_date_means_its_last_minute():
    assert local_time("2026-12-01", BERLIN) == datetime(2026, 12, 1, 23, 59)


def submitted(tmp_path, text, **origin):
    course = Course.open(tmp_path / "course")
    folder = course.submitted("ann", NAME)
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text(text)
    keep_origin(course, NAME, Origin("ann", **origin))
    return course


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-12-01 12:00:00 UTC\n", ""),
        ("2026-12-01T13:00:00+01:00", ""),
        ("", "2026-12-01T12:00:00+00:00"),
        ("2026-12-03 12:00:00 UTC", "2026-12-01T12:00:00Z"),
    ],
)
def test_the_time_of_a_hand_in(tmp_path, text, time):
    course = submitted(tmp_path, text, time=time)
    assert handed_in(course, NAME, "ann") == datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday"])
def test_a_time_that_is_not_known(tmp_path, text):
    course = submitted(tmp_path, text)
    assert handed_in(course, NAME, "ann") is None
    assert handed_in(course, NAME, "nobody") is None


@pytest.mark.parametrize(("clock", "late"), [("file", 25), ("worksheet", 25), ("download", 0)])
def test_the_time_of_a_download_makes_nobody_late(tmp_path, clock, late):
    course = submitted(tmp_path, "", time="2026-12-02T23:59:00Z", clock=clock)
    assert run(course, *DUE) == 0
    assert Deadlines(course).late(NAME, "ann") == timedelta(hours=late)


@pytest.mark.parametrize(
    ("late", "words"),
    [(hours(0.01), "1 min"), (hours(5.5), "5 h"), (hours(24), "1 day"), (hours(50), "2 days 2 h")],
)
def test_lateness_in_words(late, words):
    assert late_words(late) == words


# --- the commands ------------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path):
    """Return a course with two students of whom one has handed in, a day and an hour late."""
    course = Course.open(tmp_path / "course")
    for student, when in [("ann", "2026-12-02 23:59:00 UTC"), ("bob", "2026-12-01 10:00:00 UTC")]:
        folder = course.submitted(student, "a2_convolution")
        folder.mkdir(parents=True)
        (folder / "timestamp.txt").write_text(when)
    return course


def run(course, *arguments):
    return main([*arguments, "--course", str(course.root)])


DUE = ["deadline", NAME, "2026-12-01T23:59", "--timezone", BERLIN]


def test_a_deadline_is_set_and_shown(course, capsys):
    assert run(course, *DUE, "--extension", "ann=+3d") == 0
    out = capsys.readouterr().out
    assert "a2_convolution is due 2026-12-01 23:59 (Europe/Berlin)" in out
    assert "ann: 2026-12-04 23:59" in out
    assert deadline(course, NAME, "ann") == datetime(2026, 12, 4, 22, 59, tzinfo=UTC)
    assert deadline(course, NAME, "bob") == datetime(2026, 12, 1, 22, 59, tzinfo=UTC)
    assert deadline(course, "a1_data", "bob") is None
    kept = Deadlines(course)
    assert kept.late(NAME, "ann") == timedelta()
    # The zone is known now, extensions stay, and follow a new deadline.
    assert run(course, "deadline", NAME, "2026-12-02") == 0
    assert deadline(course, NAME, "ann") == datetime(2026, 12, 5, 22, 59, tzinfo=UTC)
    assert run(course, "deadline", NAME, "--extension", "ann=none") == 0
    assert deadline(course, NAME, "ann") == datetime(2026, 12, 2, 22, 59, tzinfo=UTC)
    assert run(course, "deadline", NAME, "none") == 0
    assert deadline(course, NAME, "ann") is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["deadline", NAME, "2026-12-01"], "--timezone"),
        (["deadline", NAME, "2026-12-01", "--timezone", "Berlin"], "no time zone"),
        ([*DUE, "--extension", "nobody=+3d"], "No student is called nobody"),
        ([*DUE, "--extension", "ann"], "STUDENT=+3d"),
        ([*DUE, "--extension", "ann=3"], "no date and time"),
        ([*DUE, "--extension", "ann=2026-11-01"], "before the deadline"),
        ([*DUE, "--extension", "ann=+99999d"], "no date and time"),
        (["deadline", NAME, "--extension", "ann=+3d"], "has no deadline"),
        (["deadline", "nope", "2026-12-01"], "there are: a1"),
        (["late", "ten"], "10% or 2"),
        (["late", "-1"], "10% or 2"),
        (["late", "nan"], "10% or 2"),
        (["late", "110%"], "10% or 2"),
    ],
)
def test_what_cannot_be_meant_is_refused(course, capsys, arguments, words):
    try:
        status = run(course, *arguments)
    except SystemExit as stop:
        status = stop.code
    assert status == 2
    assert words in capsys.readouterr().err
    assert not (course.root / "deadlines.json").exists()


def test_a_late_policy_is_set_and_shown(course, capsys):
    assert run(course, *DUE) == 0
    assert run(course, "late", "10%", "--grace", "15", "--cap", "50", "--no-credit-after", "7") == 0
    words = "10 percent a day begun, at most 50 percent, no points after 7 days, 15 minutes of"
    assert words in capsys.readouterr().out
    kept = Deadlines(course)
    assert kept.penalty(NAME, "ann", 12) == pytest.approx(2.4)
    assert kept.penalty(NAME, "bob", 12) == 0
    assert run(course, "late") == 0
    assert words in capsys.readouterr().out
    assert run(course, "late", "none") == 0
    assert Deadlines(course).policy == Policy()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"assignments": {"a": {"local": "x", "zone": "UTC"}}}',
        '{"assignments": {"a": {"local": "2026-12-01", "zone": "Nowhere"}}}',
        '{"late": {"per_week": 3}}',
        "[]",
    ],
)
def test_a_damaged_file_is_told(course, text):
    (course.root / "deadlines.json").write_text(text)
    with pytest.raises(CourseError, match="is damaged"):
        Deadlines(course)


def test_the_file_says_what_the_instructor_said(course):
    assert run(course, *DUE, "--extension", "ann=+3d") == 0
    kept = json.loads((course.root / "deadlines.json").read_text())
    assert kept["assignments"][NAME] == {
        "local": "2026-12-01T23:59:00",
        "zone": BERLIN,
        "extensions": {"ann": "+3d"},
    }
