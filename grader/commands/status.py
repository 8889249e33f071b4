"""Show where everyone stands: who has handed in, what is graded, what waits, what is wrong."""

import argparse
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from grader.commands._common import add_course
from grader.course import Course, CourseError
from grader.deadlines import Deadlines
from grader.people import clean
from grader.standing import STATES, Standing, outline, standings

SHOWN = 8  # students of one kind, without --all
WIDTH = 110  # letters of a line about one student


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="of the assignment; default: all")
    parser.add_argument("--all", action="store_true", help="name all students")
    add_course(parser)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course = Course.find(options.course)
    if options.name:
        course.released(options.name)
        _one(course, options.name, options.all)
        return 0
    names = sorted(path.name for path in (course.root / "release").glob("*"))
    if not names:
        raise CourseError(f"Nothing is released: python -m grader release NAME{course.option}")
    deadlines = Deadlines(course)
    for name in names:
        found = standings(course, outline(course, name))
        print(f"{name:16} {_due(deadlines, name)}\n    {_counts(found)}")
    return 0


def _due(deadlines: Deadlines, name: str) -> str:
    due = deadlines.due.get(name)
    if due is None:
        return "no deadline"
    passed = "was" if due.at() < datetime.now(UTC) else "is"
    return f"{passed} due {due.at().astimezone(ZoneInfo(due.zone)):%Y-%m-%d %H:%M} ({due.zone})"


def _counts(found: Sequence[Standing]) -> str:
    """Return how many there are of each state, in one line."""
    counts = Counter(one.state for one in found)
    parts = [f"{counts[state]} {words}" for state, words in STATES.items() if counts[state]]
    if late := sum(bool(one.late) for one in found):
        parts.append(f"{late} late")
    return f"{len(found)} students: {', '.join(parts) or 'none has handed in'}."


def _one(course: Course, name: str, everyone: bool) -> None:
    """Print where one assignment stands: counts first, then names."""
    assignment, deadlines = outline(course, name), Deadlines(course)
    found = standings(course, assignment)
    print(f"{name}: {assignment.title}, {assignment.points:g} points, {_due(deadlines, name)}.")
    if name in deadlines.due:
        extended = len(deadlines.due[name].extensions)
        more = f" {extended} with an extension." if extended else ""
        print(f"Late work: {deadlines.policy}.{more}")
    print(_counts(found))
    totals = [one.total for one in found if one.total is not None]
    if totals:
        mean, least, most = sum(totals) / len(totals), min(totals), max(totals)
        print(
            f"Final totals, after what late work costs: {len(totals)}, "
            f"from {least:g} to {most:g}, mean {mean:.1f}."
        )
    for state in ("missing", "unreadable", "stale", "ungraded", "waiting"):
        some = [one for one in found if one.state == state]
        _list(STATES[state], some, everyone, reasons=state in ("unreadable", "waiting"))
    _list("late", [one for one in found if one.late], everyone, late=True)
    _list("not on the list of students", [one for one in found if not one.member], everyone)
    _next(found, name, course.option)


def _list(
    words: str,
    found: Sequence[Standing],
    everyone: bool,
    reasons: bool = False,
    late: bool = False,
) -> None:
    """Print the students of one kind, a few of them unless all are wanted."""
    if not found:
        return
    print(f"\n{words[0].upper()}{words[1:]} ({len(found)}):")
    kept = found if everyone else found[:SHOWN]
    if not (reasons or late):
        print("  " + ", ".join(clean(one.student) for one in kept) + _more(found, kept))
        return
    for one in kept:
        loss = f", {one.loss:g} points less" if one.loss and one.final else ""
        about = one.lateness + loss if late else "; ".join(map(clean, one.reasons))
        line = f"  {clean(one.student)}: {about}"
        print(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…")
    if more := _more(found, kept):
        print(" " + more)


def _more(found: Sequence[Standing], kept: Sequence[Standing]) -> str:
    left = len(found) - len(kept)
    return f" and {left} more: --all" if left else ""


def _next(found: Sequence[Standing], name: str, option: str) -> None:
    """Name the command that comes next."""
    states = {one.state for one in found}
    unread = any(one.state == "unreadable" and one.result is None for one in found)
    if unread or states & {"ungraded", "stale"}:
        command = "grade"
    elif states & {"waiting", "unreadable"}:
        command = "review"
    elif "final" in states:
        command = "export"
    else:
        command = "collect"
    print(f"\nNext: python -m grader {command} {name}{option}")
