"""Every hand-in is kept, and one of each student counts.

``hand-ins/STUDENT/NAME/`` of the course folder holds the notebooks, ``1.ipynb`` and so on, and
what is known of them, ``hand-ins.json``. The one that counts is copied to
``submitted/STUDENT/NAME/``, where nbgrader wants it and grading looks for it.

The rule: what the instructor chose; else the newest that is on time; else, among those of which
nobody knows, the newest; else the newest. Without a deadline all are on time.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from grader.course import Course, CourseError
from grader.deadlines import Deadlines
from grader.records import reading, write, write_record
from grader.results import Origin, keep_origin

CLOCKS = ("", "download", "file", "worksheet", "person")  # the later, the more it is believed


@dataclass(frozen=True)
class HandIn:
    """One notebook that a student handed in, or a file that is none.

    Attributes
    ----------
    number : int
        From 1, in the order in which they were collected.
    digest : str
        Of the notebook without outputs; empty if it is none.
    assignment : str
        Another assignment that the notebook is of; empty if it is of this one.
    file : str
        Where it lay in the download; for one in a zip file of the student's, the zip file.
    title : str
        The notebook's own name.
    source : str
        The folder or the download that it came in.
    collected : str
        When, UTC in ISO 8601.
    """

    number: int = 0
    digest: str = ""
    assignment: str = ""
    time: str = ""
    clock: str = ""
    late: str = ""
    lms: str = ""
    lms_id: str = ""
    full_name: str = ""
    file: str = ""
    title: str = ""
    problem: str = ""
    matched: str = ""
    source: str = ""
    collected: str = ""

    @property
    def usable(self) -> bool:
        """Whether it is a notebook of this assignment."""
        return bool(self.digest) and not self.assignment

    @property
    def when(self) -> datetime | None:
        """When it was handed in, at the latest."""
        return datetime.fromisoformat(self.time) if self.time else None

    @property
    def order(self) -> tuple[datetime, int]:
        """What the newest has the most of."""
        return self.when or datetime.min.replace(tzinfo=UTC), self.number


@dataclass
class History:
    """All hand-ins of one student, and the number of the one that the instructor chose."""

    all: list[HandIn]
    chosen: int | None = None

    def numbered(self, number: int) -> HandIn | None:
        """Return one of them."""
        return next((each for each in self.all if each.number == number), None)


def on_time(one: HandIn | Origin, due: datetime | None) -> bool | None:
    """Tell whether something was handed in on time; None if nobody knows."""
    when = datetime.fromisoformat(one.time) if one.time else None
    if due is None or (when and when <= due):
        return True
    if one.clock == "download" or when is None:
        return {"on time": True, "late": False}.get(one.late)
    return False


def moment(one: HandIn | Origin, due: datetime | None) -> datetime | None:
    """Return when something was handed in; None if it came late or not, but nobody knows when."""
    when = datetime.fromisoformat(one.time) if one.time else None
    if one.clock == "download" and when and due and when > due:
        return None
    return when


def counting(
    hand_ins: Sequence[HandIn], due: datetime | None, chosen: int | None = None
) -> HandIn | None:
    """Return the hand-in that counts, by the rule of this file; None if there is no notebook."""
    for one in hand_ins:
        if one.number == chosen:
            return one
    usable = [one for one in hand_ins if one.usable]
    for wanted in (True, None, False):
        if kept := [one for one in usable if on_time(one, due) is wanted]:
            return max(kept, key=lambda one: one.order)
    return None


def folder_of(course: Course, student: str, name: str) -> Path:
    """Return the folder in which all hand-ins of an assignment are kept."""
    return course.root / "hand-ins" / student / name


def history(course: Course, name: str, student: str) -> History:
    """Return all hand-ins of a student; empty if there are none."""
    path = folder_of(course, student, name) / "hand-ins.json"
    try:
        with reading(path, "move it away, and collect again"):
            kept = json.loads(path.read_text("utf-8"))
            known = {field.name for field in fields(HandIn)}
            every = [{k: v for k, v in one.items() if k in known} for one in kept["hand-ins"]]
            return History([HandIn(**one) for one in every], kept["chosen"])
    except FileNotFoundError:
        return History([])


def keep(course: Course, name: str, student: str, kept: History) -> None:
    """Write what is known of the hand-ins; all of it or nothing."""
    record = {"chosen": kept.chosen, "hand-ins": [asdict(one) for one in kept.all]}
    path = folder_of(course, student, name) / "hand-ins.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_record(path, record)


def _better(old: HandIn, new: HandIn) -> HandIn:
    """Return an old hand-in with what is known better now that the same has come again."""
    known = ("lms", "lms_id", "full_name", "file", "title", "source", "problem", "matched")
    late = "on time" if "on time" in (old.late, new.late) else old.late or new.late
    one = replace(old, late=late, **{key: getattr(new, key) for key in known})
    rank = CLOCKS.index(new.clock) - CLOCKS.index(old.clock)
    earlier = rank == 0 and new.time < old.time  # a copy is younger than the file
    if old.clock != "person" and new.time and (rank > 0 or earlier):
        one = replace(one, time=new.time, clock=new.clock)
    return one


def add(course: Course, name: str, student: str, new: HandIn, content: bytes) -> bool:
    """Keep a hand-in, unless it is there; tell whether it was not."""
    kept = history(course, name, student)
    same = [
        one
        for one in kept.all
        if one.digest == new.digest
        and (one.digest or (one.file, one.problem) == (new.file, new.problem))
    ]
    if same:
        newest = max(kept.all, key=lambda one: one.order)
        # What was handed in, replaced, and handed in again counts as new.
        if newest.digest == new.digest or not newest.time or new.time <= newest.time:
            place = kept.all.index(same[-1])
            kept.all[place] = _better(same[-1], new)
            keep(course, name, student, kept)
            return False
    number = max((one.number for one in kept.all), default=0) + 1
    folder = folder_of(course, student, name)
    folder.mkdir(parents=True, exist_ok=True)
    if new.digest:
        write(folder / f"{number}.ipynb", content)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    kept.all.append(replace(new, number=number, collected=now))
    keep(course, name, student, kept)
    return True


def due_of(deadlines: Deadlines, name: str, student: str) -> datetime | None:
    """Return until when a hand-in is on time: the deadline, an extension, and the grace."""
    due = deadlines.of(name, student)
    return due + timedelta(minutes=deadlines.policy.grace) if due else None


def _problem(kept: History, counted: HandIn | None, name: str) -> str:
    """Say what a person should know: of the hand-in that counts, and of what came after it."""
    if counted and counted.number == kept.chosen:
        return ""
    words = []
    if counted and counted.problem:
        words = [f"{counted.problem}; {counted.title} counts"]
    after = [one for one in kept.all if not one.usable]
    if counted:
        after = [one for one in after if one.order > counted.order]
    elif after:
        after = [max(after, key=lambda one: one.order)]
    for one in after:
        words.append(one.problem if not counted else f"handed in later: {one.problem}")
    return "; ".join(words)


def recount(course: Course, name: str, student: str, deadlines: Deadlines) -> str:
    """Choose the hand-in that counts, again; return "new", "changed", "same" or "none".

    It is copied to the folder of submissions, with where it comes from and when it was handed in.
    """
    kept = history(course, name, student)
    due = due_of(deadlines, name, student)
    counted = counting(kept.all, due, kept.chosen)
    about = counted or max(kept.all, key=lambda one: one.order, default=HandIn())
    known = {field.name for field in fields(Origin)} - {"student", "problem"}
    values = {key: value for key, value in asdict(about).items() if key in known}
    origin = Origin(student=student, problem=_problem(kept, counted, name), **values)
    folder = course.submitted(student, name)
    folder.mkdir(parents=True, exist_ok=True)
    keep_origin(course, name, origin)
    if counted is None or not counted.digest:
        return "none"
    when, stamp = moment(counted, due), folder / "timestamp.txt"
    if when:
        write(stamp, f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC\n".encode())
    else:
        stamp.unlink(missing_ok=True)
    target = folder / f"{name}.ipynb"
    content = (folder_of(course, student, name) / f"{counted.number}.ipynb").read_bytes()
    before = target.read_bytes() if target.exists() else None
    if before != content:
        write(target, content)
    return "new" if before is None else "same" if before == content else "changed"


def set_time(
    course: Course, name: str, student: str, when: datetime, number: int | None = None
) -> str:
    """Note when something was handed in, as a person knows it; return what `recount` does.

    Parameters
    ----------
    number : int, optional
        Of the hand-in; the one that counts, else the newest, if it is not given.

    Raises
    ------
    CourseError
        If there is no such hand-in.
    """
    kept, deadlines = history(course, name, student), Deadlines(course)
    if number is not None:
        one = kept.numbered(number)
    else:
        one = counting(kept.all, due_of(deadlines, name, student), kept.chosen)
        one = one or max(kept.all, key=lambda each: each.order, default=None)
    if one is None:
        raise CourseError(f"There is no such hand-in of {student} for {name}.")
    time = when.astimezone(UTC).isoformat(timespec="seconds")
    kept.all[kept.all.index(one)] = replace(one, time=time, clock="person")
    keep(course, name, student, kept)
    return recount(course, name, student, deadlines)


def students_with(course: Course, name: str) -> list[str]:
    """Return the students of whom hand-ins of an assignment are kept."""
    return sorted(path.parent.name for path in (course.root / "hand-ins").glob(f"*/{name}"))


def recount_all(course: Course, name: str) -> list[str]:
    """Choose again for all students, as after a new deadline; return those where it changed."""
    deadlines = Deadlines(course)
    every = students_with(course, name)
    states = {student: recount(course, name, student, deadlines) for student in every}
    return [student for student, state in states.items() if state in ("new", "changed")]


def doubt(one: HandIn | Origin, due: datetime | None) -> str:
    """Say what is not known about the time of a hand-in, if it matters for the deadline."""
    if due is None or moment(one, due) or on_time(one, due):
        return ""
    if on_time(one, due) is False:
        return "it came late, and nothing says how late"
    return "nothing says whether it came before the deadline"
