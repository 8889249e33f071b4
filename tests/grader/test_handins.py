"""Every hand-in is kept; a rule says which counts, and the instructor may say otherwise."""

import json
import os
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from grader.__main__ import main
from grader.collect import collect_submissions
from grader.course import Course, CourseError
from grader.deadlines import Deadlines, Due, Policy
from grader.handins import HandIn, counting, doubt, history, moment, on_time, recount_all
from grader.handover import give
from grader.people import students_of
from grader.results import Score, origin_of
from grader.submission import strip
from grader.worksheet import Line, read_date, read_worksheet

NAME = "a2_convolution"
FREE = Policy()
DUE = datetime(2026, 12, 1, 22, 59, tzinfo=UTC)


def at(hours, **more):
    """Return a hand-in so many hours after the deadline."""
    time = (DUE + timedelta(hours=hours)).isoformat(timespec="seconds")
    return HandIn(**({"digest": "x", "time": time, "clock": "file"} | more))


def numbered(*hand_ins):
    return [HandIn(**(vars(one) | {"number": n})) for n, one in enumerate(hand_ins, start=1)]


#: Hand-ins in the order of their numbers, and which counts by the rule: with a deadline, and
#: without one.
RULE = {
    "the newest on time": ([at(-9), at(-2), at(5)], 2, 3),
    "in any order": ([at(5), at(-2), at(-9)], 2, 1),
    "on the minute": ([at(-1), at(0)], 2, 2),
    "all late: the newest": ([at(5), at(1), at(9)], 3, 3),
    "one alone": ([at(5)], 1, 1),
    "none": ([], None, None),
    "a PDF later": ([at(-5), at(-1, digest="")], 1, 1),
    "another assignment later": ([at(-5), at(-1, assignment="a1_data")], 1, 1),
    "only another assignment": ([at(-5, assignment="a1_data")], None, None),
    "a download before the deadline": ([at(-5), at(-1, clock="download")], 2, 2),
    "a download after it, of LATE work": ([at(-5), at(9, clock="download", late="late")], 1, 2),
    "a download after it, on time": ([at(-5), at(9, clock="download", late="on time")], 2, 2),
    "a download after it, unknown": ([at(-5), at(9, clock="download")], 1, 2),
    "unknown goes before late": ([at(3), at(9, clock="download"), at(20)], 2, 3),
    "the same time: the last": ([at(-1), at(-1)], 2, 2),
    "without a time": ([at(-1), HandIn(digest="x")], 1, 1),
}


@pytest.mark.parametrize("case", RULE)
def test_which_counts(case):
    hand_ins, with_deadline, without = RULE[case]
    for due, number in ((DUE, with_deadline), (None, without)):
        counted = counting(numbered(*hand_ins), due)
        assert (counted.number if counted else None) == number


def test_what_was_chosen_counts():
    every = numbered(at(-5), at(-1), at(3, assignment="a1_data"))
    assert [counting(every, DUE, chosen).number for chosen in (1, 2, 3)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("one", "known", "when", "words"),
    [
        (at(-1), True, True, ""),
        (at(1), False, True, ""),
        (at(-1, clock="download"), True, True, ""),
        (at(1, clock="download"), None, False, "nothing says whether"),
        (at(1, clock="download", late="late"), False, False, "nothing says how late"),
        (at(1, clock="download", late="on time"), True, False, ""),
        (at(1, clock="worksheet"), False, True, ""),
        (at(1, clock="person"), False, True, ""),
        (HandIn(), None, False, "nothing says whether"),
    ],
)
def test_what_is_known_of_a_time(one, known, when, words):
    assert on_time(one, DUE) is known
    assert (moment(one, DUE) is not None) is when
    assert words in doubt(one, DUE)
    assert bool(doubt(one, DUE)) == bool(words)
    assert doubt(one, None) == ""


def notebook(text="x = 1", assignment=NAME):
    cell = {"cell_type": "code", "source": text, "metadata": {}, "outputs": []}
    return json.dumps({"cells": [cell], "metadata": {"assignment": assignment}}).encode()


class Term:
    """A course in which hand-ins of Ann Lee arrive one after the other, hours from the deadline."""

    def __init__(self, folder, reader):
        self.course, self.reader = Course.open(folder / "course"), reader
        self.folder = folder

    def hand_in(self, text, hours, path="Ann Lee/x.ipynb", **options):
        source = self.folder / str(len(list(self.folder.iterdir())))
        file = source / path
        file.parent.mkdir(parents=True)
        file.write_bytes(text if isinstance(text, bytes) else notebook(text))
        time = (DUE + timedelta(hours=hours)).timestamp()
        os.utime(file, (time, time))
        os.utime(source, (time, time))
        options = {"reader": self.reader} | options
        (one,) = collect_submissions(self.course, NAME, source, **options)
        return one

    def due(self, policy=FREE, **extensions):
        deadlines = Deadlines(self.course)
        deadlines.due[NAME] = Due("2026-12-01T23:59", "Europe/Berlin", extensions)
        deadlines.policy = policy
        deadlines.keep()

    def counts(self, student="ann-lee"):
        content = (self.course.submitted(student, NAME) / f"{NAME}.ipynb").read_bytes()
        return json.loads(content)["cells"][0]["source"]

    def all(self, student="ann-lee"):
        return history(self.course, NAME, student).all


@pytest.fixture
def term(tmp_path, reader, monkeypatch):
    class Later(datetime):
        @classmethod
        def now(cls, zone=None):
            return DUE + timedelta(days=99)

    monkeypatch.setattr("grader.collect.datetime", Later)
    return Term(tmp_path, reader)


def test_a_later_hand_in_never_overwrites_the_earlier(term):
    states = [term.hand_in(text, hours).state for text, hours in (("a", -9), ("b", -5), ("c", -1))]
    assert states == ["new", "changed", "changed"]
    assert term.counts() == "c"
    folder = term.course.root / "hand-ins" / "ann-lee" / NAME
    kept = [(folder / f"{one.number}.ipynb").read_bytes() for one in term.all()]
    assert kept == [strip(notebook(text)) for text in "abc"]
    assert [one.time[:16] for one in term.all()] == [
        "2026-12-01T13:59",
        "2026-12-01T17:59",
        "2026-12-01T21:59",
    ]


def test_what_comes_after_the_deadline_is_kept_and_does_not_count(term):
    term.due()
    term.hand_in("a", -1)
    late = term.hand_in("b", 5)
    assert (late.state, late.words) == (
        "kept",
        "handed in again after the deadline; the earlier one counts",
    )
    assert term.counts() == "a"
    assert len(term.all()) == 2


def test_an_extension_lets_the_later_one_count(term):
    term.due()
    term.hand_in("a", -1)
    term.hand_in("b", 5)
    term.due(**{"ann-lee": "+1d"})
    assert recount_all(term.course, NAME) == ["ann-lee"]
    assert term.counts() == "b"


def test_what_comes_within_the_grace_counts(term):
    term.due(Policy(10, grace=360))
    term.hand_in("a", -1)
    assert term.hand_in("b", 5).state == "changed"


def test_the_time_for_nbgrader_is_that_of_the_one_that_counts(term):
    term.due()
    term.hand_in("a", -1)
    term.hand_in("b", 5)
    stamp = term.course.submitted("ann-lee", NAME) / "timestamp.txt"
    assert stamp.read_text() == "2026-12-01 21:59:00 UTC\n"
    assert origin_of(term.course, NAME, "ann-lee").time == "2026-12-01T21:59:00+00:00"


def test_the_same_again_is_no_hand_in(term):
    for hours in (-9, -9, -2):
        state = term.hand_in("a", hours).state
    assert state == "same"
    assert len(term.all()) == 1


def test_an_older_download_again_changes_nothing(term):
    for text, hours in (("a", -9), ("b", -2), ("a", -9)):
        state = term.hand_in(text, hours).state
    assert (state, term.counts(), len(term.all())) == ("same", "b", 2)


def test_a_student_goes_back_to_an_earlier_notebook(term):
    for text, hours in (("a", -9), ("b", -5), ("a", -2)):
        state = term.hand_in(text, hours).state
    assert (state, term.counts(), len(term.all())) == ("changed", "a", 3)


def test_a_pdf_after_a_notebook_is_told_and_does_not_count(term):
    term.hand_in("a", -9)
    one = term.hand_in(b"%PDF-1.7", -2, "Ann Lee/report.pdf")
    assert one.state == "problem"
    assert one.origin.problem == ("handed in later: no notebook was handed in. report.pdf: a PDF")
    assert term.counts() == "a"
    assert term.hand_in("b", -1).origin.problem == ""


def test_another_assignment_is_kept_and_never_new(term):
    one = term.hand_in(notebook("x", "a1_data"), -9)
    assert one.state == "problem"
    assert one.origin.problem == f"the file x.ipynb is a1_data, not {NAME}"
    assert not (term.course.submitted("ann-lee", NAME) / f"{NAME}.ipynb").exists()
    assert term.all()[0].assignment == "a1_data"


def test_canvas_tells_of_late_work(term):
    term.due()
    early = term.hand_in("a", 30, "leeann_71_900_x.ipynb")
    assert (early.origin.late, early.origin.clock) == ("on time", "download")
    assert doubt(early.origin, DUE) == ""
    assert not (term.course.submitted("leeann-71", NAME) / "timestamp.txt").exists()
    late = term.hand_in("b", 50, "leeann_LATE_71_901_x-1.ipynb")
    assert late.state == "kept"
    assert term.counts("leeann-71") == "a"
    assert [one.late for one in term.all("leeann-71")] == ["on time", "late"]


def test_a_worksheet_of_moodle_tells_when(term):
    term.due()
    path = "Ann Lee_1201_assignsubmission_file/x.ipynb"
    assert doubt(term.hand_in("a", 30, path).origin, DUE)
    lines = {"1201": Line("Ann Lee", "ann@x.edu", DUE - timedelta(hours=3))}
    one = term.hand_in("a", 30, path, worksheet=lines)
    assert (one.origin.clock, one.origin.time) == ("worksheet", "2026-12-01T19:59:00+00:00")
    assert doubt(one.origin, DUE) == ""
    assert len(term.all()) == 1


def test_a_worksheet_that_is_newer_than_the_download_tells_nothing(term):
    lines = {"1201": Line("Ann Lee", "", DUE + timedelta(hours=60))}
    path = "Ann Lee_1201_assignsubmission_file/x.ipynb"
    one = term.hand_in("a", 30, path, worksheet=lines)
    assert one.origin.clock == "download"
    assert one.newer
    lines = {"1201": Line("Ann Lee", "", DUE + timedelta(hours=20))}
    assert not term.hand_in("a", 30, path, worksheet=lines).newer


def test_what_was_collected_before_hand_ins_were_kept_is_kept(term):
    folder = term.course.submitted("ann-lee", NAME)
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_bytes(notebook("old"))
    (folder / "timestamp.txt").write_text("2026-11-30 10:00:00 UTC\n")
    assert term.hand_in("new", -1).state == "changed"
    assert [one.time for one in term.all()] == [
        "2026-11-30T10:00:00+00:00",
        "2026-12-01T21:59:00+00:00",
    ]


def command(term, *arguments):
    return main(["handins", NAME, *arguments, "--course", str(term.course.root)])


def test_the_instructor_chooses(term, capsys):
    term.hand_in("a", -9)
    term.hand_in("b", -5)
    assert command(term, "ann-lee", "--count", "1") == 0
    assert term.counts() == "a"
    assert "Another notebook counts now" in capsys.readouterr().out
    newer = term.hand_in("c", -1)
    assert (newer.state, newer.words) == (
        "kept",
        "handed in again; number 1 counts, as it was chosen",
    )
    assert command(term, "ann-lee", "--count", "rule") == 0
    assert term.counts() == "c"


def test_the_instructor_sets_a_time(term, capsys):
    term.due()
    term.hand_in("a", 30, "Ann Lee_1201_assignsubmission_file/x.ipynb")
    assert command(term, "ann-lee", "--time", "2026-12-01T20:00") == 0
    assert "1  2026-12-01 20:00 (Europe/Berlin)" in capsys.readouterr().out
    origin = origin_of(term.course, NAME, "ann-lee")
    assert (origin.clock, origin.time) == ("person", "2026-12-01T19:00:00+00:00")


def test_all_hand_ins_are_listed(term, capsys):
    term.due()
    term.hand_in("a", -9)
    term.hand_in("b", 5)
    term.hand_in(b"\x1b[2J", 6, "Ann Lee/\x1b[2J.txt")
    assert command(term) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "ann-lee"
    assert lines[1].endswith("counts")
    assert lines[2].endswith("late")
    assert "no notebook" in lines[3]
    assert all(line.isprintable() for line in lines)


def test_hand_ins_are_given_to_whose_they_are(term, monkeypatch, capsys):
    path = "Bo Li_1203_assignsubmission_file/x.ipynb"
    term.hand_in("a", -9)
    term.hand_in("b", -5, path)
    assert command(term, "bo-li", "--give-to", "ann-lee") == 0
    assert "2  by 2026-12-01 17:59 (UTC)" in capsys.readouterr().out
    assert term.counts() == "b"
    for folder in ("hand-ins", "submitted"):
        assert [each.name for each in (term.course.root / folder).iterdir()] == ["ann-lee"]
    assert term.hand_in("c", -1, path).origin.student == "ann-lee"


def test_the_gradebook_forgets_whose_they_are_not(term):
    term.hand_in("a", -9)
    term.hand_in("b", -5, "Bo Li/x.ipynb")
    with term.course.gradebook() as book:
        book.add_assignment(NAME)
        for student in ("ann-lee", "bo-li"):
            book.add_student(student)
            book.add_submission(NAME, student)
    give(term.course, NAME, "bo-li", "ann-lee")
    assert [person.id for person in students_of(term.course)] == ["ann-lee"]


def test_points_of_a_person_are_not_given_away(term, monkeypatch, capsys):
    term.hand_in("a", -9)
    term.hand_in("b", -5, "Bo Li/x.ipynb")
    given = Score(1, 2, False, True, "", None, 1)
    monkeypatch.setattr("grader.handover.all_scores", lambda *_: {"bo-li": {"slide": given}})
    assert command(term, "bo-li", "--give-to", "ann-lee") == 2
    assert "would be lost" in capsys.readouterr().err
    assert term.counts("bo-li") == "b"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ann-lee", "--give-to", "nobody"], "nobody is no other student"),
        (["ann-lee", "--give-to", "../x"], "is no other student"),
        (["--give-to", "ann-lee"], "Name the student"),
        (["bob"], "bob has not handed in"),
        (["--count", "1"], "Name the student"),
        (["ann-lee", "--count", "7"], "no notebook with the number 7; there is 1"),
        (["ann-lee", "--count", "x"], "no notebook with the number x"),
        (["ann-lee", "--time", "soon"], "no date and time"),
        (["ann-lee", "--timezone", "Mars/Base"], "no time zone"),
    ],
)
def test_what_cannot_be_done_is_said(term, capsys, arguments, words):
    term.hand_in("a", -9)
    assert command(term, *arguments) == 2
    assert words in capsys.readouterr().err


def test_a_damaged_history_is_said(term):
    term.hand_in("a", -9)
    (term.course.root / "hand-ins" / "ann-lee" / NAME / "hand-ins.json").write_text("{")
    with pytest.raises(CourseError, match="is damaged"):
        term.hand_in("b", -5)


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    "text",
    [
        "Tuesday, 24 March 2026, 9:05 PM",
        "Tuesday, March 24, 2026, 9:05 PM",
        "Dienstag, 24. März 2026, 21:05",
        "mardi 24 mars 2026, 21:05",
        "martes, 24 de marzo de 2026, 21:05",
        "dinsdag, 24 maart 2026, 21:05",
    ],
)
def test_dates_of_moodle(text):
    assert read_date(text, BERLIN) == datetime(2026, 3, 24, 20, 5, tzinfo=UTC)


@pytest.mark.parametrize("text", ["-", "", "soon", "1 2 3", "31 February 2026, 9:00 PM", "9" * 999])
def test_what_is_no_date(text):
    assert read_date(text, BERLIN) is None


def test_noon_and_midnight():
    for text, hour in (("12:00 AM", 0), ("12:00 PM", 12), ("1:00 PM", 13)):
        assert read_date(f"Tuesday, 24 March 2026, {text}", UTC).hour == hour


WORKSHEET = (
    "\ufeffIdentifier,Full name,Email address,Status,Grade,Last modified (submission),"
    'Last modified (grade)\n"Participant 1201",Ann Lee,ann@x.edu,Submitted,,'
    '"Tuesday, 24 March 2026, 9:05 PM",-\nParticipant 1202,Bo Li,bo@x.edu,No submission,,-,-\n'
)


def test_a_worksheet_is_read(tmp_path):
    path = tmp_path / "Grades.csv"
    path.write_text(WORKSHEET)
    assert read_worksheet(path, BERLIN) == {
        "1201": Line("Ann Lee", "ann@x.edu", datetime(2026, 3, 24, 20, 5, tzinfo=UTC)),
        "1202": Line("Bo Li", "bo@x.edu", None),
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no grading worksheet"),
        ("Student,ID\nAnn,x\n", "no grading worksheet"),
        (
            WORKSHEET.replace("24 March 2026, 9:05 PM", "24 brezna 2026 v 21.05"),
            "Moodle in English",
        ),
    ],
)
def test_what_is_no_worksheet_is_said(tmp_path, text, words):
    path = tmp_path / "Grades.csv"
    path.write_text(text)
    with pytest.raises(CourseError, match=words):
        read_worksheet(path)
