"""When work is due, how late it came, and what that costs.

It is kept in ``deadlines.json`` of the course folder, as the instructor said it: local times with
their zone, so that "three days more" ends at the same hour although the clock changes in between.
`mirror` writes what follows from it to nbgrader's gradebook.
"""

import json
import math
import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from grader.course import Course, CourseError
from grader.records import reading, write_record
from grader.results import origin_of

DAY = timedelta(days=1)
MORE = re.compile(r"\+(\d{1,4})([dhm])", re.ASCII)
UNITS = {"d": "days", "h": "hours", "m": "minutes"}


@dataclass(frozen=True)
class Policy:
    """What late work costs; as it stands, nothing.

    Attributes
    ----------
    per_day : float
        For each day begun after the deadline: points, or percent of the points earned.
    percent : bool
    grace : int
        Minutes after the deadline in which nothing is lost.
    cap : float, optional
        The most that is lost, in the unit of `per_day`.
    no_credit_after : int, optional
        Work that is more than so many days late earns nothing.
    """

    per_day: float = 0.0
    percent: bool = True
    grace: int = 0
    cap: float | None = None
    no_credit_after: int | None = None

    def __str__(self) -> str:
        unit = " percent" if self.percent else " points"
        words = [f"{self.per_day:g}{unit} a day begun" if self.per_day else "nothing is taken off"]
        if self.per_day and self.cap is not None:
            words.append(f"at most {self.cap:g}{unit}")
        if self.no_credit_after is not None:
            words.append(f"no points after {_days(self.no_credit_after)}")
        if self.grace and (self.per_day or self.no_credit_after is not None):
            words.append(f"{self.grace} minutes of grace")
        return ", ".join(words)


@dataclass(frozen=True)
class Due:
    """A deadline, as it was given: the local time, its zone, and the extensions by student."""

    local: str
    zone: str
    extensions: dict[str, str] = field(default_factory=dict)

    def at(self, student: str | None = None) -> datetime:
        """Return the deadline of everyone, or of one student, in UTC."""
        due = _instant(datetime.fromisoformat(self.local), self.zone)
        given = self.extensions.get(student or "")
        return due if given is None else extended(due, given, self.zone)


def _days(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"


def _instant(local: datetime, zone: str) -> datetime:
    """Return a local time in UTC; where the clock shows it twice, the second."""
    return local.replace(tzinfo=ZoneInfo(zone), fold=1).astimezone(UTC)


def local_time(text: str, zone: str) -> datetime:
    """Read a date (its last minute is meant) or a date and a time.

    Raises
    ------
    CourseError
        If it is none, has a zone in it, or is left out when the clock is put forward.
    """
    text = text.strip()
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise CourseError(
            f"{text!r} is no date and time: write them as 2026-12-01T23:59."
        ) from error
    if when.tzinfo is not None:
        raise CourseError(f"{text!r} has a zone in it: leave it out, and name it with --timezone.")
    if len(text) <= len("2026-12-01"):
        when = when.replace(hour=23, minute=59)
    try:
        back = _instant(when, zone).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    except OverflowError as error:
        raise CourseError(f"{text!r} is too far away.") from error
    if back != when:
        raise CourseError(f"{text!r} does not exist in {zone}: the clock is put forward then.")
    return when


def check_zone(zone: str) -> str:
    """Return the name of a time zone, or refuse it."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CourseError(f"{zone!r} is no time zone: name one such as Europe/Berlin.") from error
    return zone


def extended(due: datetime, extension: str, zone: str) -> datetime:
    """Return a deadline after an extension: ``+3d``, ``+12h``, or a date.

    Raises
    ------
    CourseError
        If it is none, or before the deadline.
    """
    if found := MORE.fullmatch(extension):
        more = timedelta(**{UNITS[found[2]]: int(found[1])})
        if found[2] != "d":
            return due + more
        local = due.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        return _instant(local + more, zone)  # days end at the same hour of the clock
    when = _instant(local_time(extension, zone), zone)
    if when < due:
        raise CourseError(f"The extension {extension} is before the deadline.")
    return when


def lateness(due: datetime, handed_in: datetime, zone: str = "UTC") -> timedelta:
    """Return how late work is; nothing if it is on time.

    By the clock of the zone, or by the hours that have passed, whichever is less: a day late is a
    day late, also where the clock is put back in it.
    """
    passed = handed_in - due
    if passed <= timedelta():
        return timedelta()
    place = ZoneInfo(zone)
    clock = handed_in.astimezone(place).replace(tzinfo=None) - due.astimezone(place).replace(
        tzinfo=None
    )
    return min(passed, clock) if clock > timedelta() else passed


def penalty(policy: Policy, points: float, late: timedelta) -> float:
    """Return what is taken off the points earned, from nothing to all of them."""
    if late <= timedelta(minutes=policy.grace) or points <= 0:
        return 0.0
    days = math.ceil(late / DAY)
    if policy.no_credit_after is not None and days > policy.no_credit_after:
        return points
    loss = policy.per_day * days
    if policy.cap is not None:
        loss = min(loss, policy.cap)
    return round(min(points, points * loss / 100 if policy.percent else loss), 2)


class Deadlines:
    """All deadlines of a course and its late policy, as they are kept.

    Attributes
    ----------
    policy : Policy
    due : dict of Due, by assignment
    """

    def __init__(self, course: Course) -> None:
        self.path = course.root / "deadlines.json"
        self._course = course
        with reading(self.path, "correct or delete it"):
            kept = self._read()
            self.policy = Policy(**kept.get("late", {}))
            if not all(
                isinstance(each, int | float | None) for each in asdict(self.policy).values()
            ):
                raise ValueError("the late policy holds something else than numbers")
            self.due = {name: Due(**due) for name, due in kept.get("assignments", {}).items()}
            for due in self.due.values():
                for student in (None, *due.extensions):
                    due.at(student)

    def _read(self) -> dict[str, Any]:
        try:
            return json.loads(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return {}

    def keep(self) -> None:
        """Write them to the course folder."""
        due = {name: asdict(due) for name, due in sorted(self.due.items())}
        write_record(self.path, {"late": asdict(self.policy), "assignments": due})

    def of(self, name: str, student: str | None = None) -> datetime | None:
        """Return a deadline in UTC, None if there is none."""
        return self.due[name].at(student) if name in self.due else None

    def late(self, name: str, student: str) -> timedelta:
        """Return how late the counted hand-in of a student came, as far as it is known.

        Nothing within the grace: it is on time then.
        """
        due, when = self.of(name, student), handed_in(self._course, name, student)
        if due is None or when is None:
            return timedelta()
        if origin_of(self._course, name, student).clock == "download" and when > due:
            return timedelta()  # it came by then, and nobody knows how long before
        late = lateness(due, when, self.due[name].zone)
        return late if late > timedelta(minutes=self.policy.grace) else timedelta()

    def penalty(self, name: str, student: str, points: float) -> float:
        """Return what a student loses of the points earned."""
        return penalty(self.policy, points, self.late(name, student))


def handed_in(course: Course, name: str, student: str) -> datetime | None:
    """Return when the counted hand-in of a student came, at the latest; None if nothing tells."""
    origin = origin_of(course, name, student)
    path = course.submitted(student, name) / "timestamp.txt"
    try:
        text = origin.time or path.read_text("utf-8").strip().removesuffix(" UTC")
        when = datetime.fromisoformat(text)
    except (FileNotFoundError, ValueError):
        return None
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def deadline(course: Course, name: str, student: str | None = None) -> datetime | None:
    """Return when an assignment is due for a student, in UTC; None if there is no deadline."""
    return Deadlines(course).of(name, student)


def late_words(late: timedelta) -> str:
    """Return how late something is, in words."""
    days, rest = divmod(late, DAY)
    hours = rest // timedelta(hours=1)
    if days:
        return _days(days) + (f" {hours} h" if hours else "")
    return f"{hours} h" if hours else f"{max(1, rest // timedelta(minutes=1))} min"


def mirror(course: Course, book: Any, name: str) -> None:
    """Write deadline, extensions and penalties of an assignment to an open gradebook.

    Parameters
    ----------
    book : nbgrader.api.Gradebook
    """
    kept = Deadlines(course)
    due = kept.of(name)
    book.find_assignment(name).duedate = due.replace(tzinfo=None) if due else None
    for submission in book.assignment_submissions(name):
        student = submission.student.id
        own = kept.of(name, student)
        submission.extension = own - due if own and due and own != due else None
        for notebook in submission.notebooks:
            notebook.late_submission_penalty = kept.penalty(name, student, notebook.score)
    book.db.commit()
