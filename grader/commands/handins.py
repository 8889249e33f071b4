"""List what students have handed in, and choose which notebook of a student counts."""

import argparse
from zoneinfo import ZoneInfo

from grader.commands._common import add_course, add_name, positive
from grader.course import Course, CourseError
from grader.deadlines import Deadlines, check_zone, local_time
from grader.handins import (
    HandIn,
    History,
    counting,
    doubt,
    due_of,
    history,
    keep,
    on_time,
    recount,
    set_time,
    students_with,
)
from grader.handover import give

RULE = "rule"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    parser.add_argument("student", nargs="?", metavar="STUDENT", help="default: all")
    parser.add_argument(
        "--count",
        metavar="N",
        help=f"let hand-in number N count; {RULE}: the newest that is on time, as at first",
    )
    parser.add_argument(
        "--time", metavar="TIME", help="set when it was handed in, such as 2026-12-01T23:59"
    )
    parser.add_argument(
        "--number", type=positive, metavar="N", help="which one --time is of; default: what counts"
    )
    parser.add_argument(
        "--give-to", metavar="ID", help="they are another student's, such as one of the list"
    )
    parser.add_argument(
        "--timezone", metavar="ZONE", help="of the times; default: that of the deadline, or UTC"
    )
    add_course(parser)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course = Course.find(options.course)
    deadlines = Deadlines(course)
    known = deadlines.due.get(options.name)
    zone = check_zone(options.timezone or (known.zone if known else "UTC"))
    every = students_with(course, options.name)
    if not every:
        raise CourseError(f"Nothing is collected for {options.name} in {course.root}.")
    if options.student and options.student not in every:
        raise CourseError(f"{options.student} has not handed in {options.name}.")
    if options.count or options.time or options.give_to:
        if not options.student:
            raise CourseError("Name the student: handins NAME STUDENT --count N.")
        _change(course, options, deadlines, zone)
    if options.give_to:
        give(course, options.name, options.student, options.give_to)
        options.student = options.give_to
    for student in [options.student] if options.student else every:
        _show(course, options.name, student, deadlines, zone)
    return 0


def _change(course: Course, options: argparse.Namespace, deadlines: Deadlines, zone: str) -> None:
    """Do what the instructor has decided."""
    name, student = options.name, options.student
    if not (options.count or options.time):
        return
    kept = history(course, name, student)
    if options.count:
        kept.chosen = None if options.count == RULE else _numbered(kept, options.count).number
        keep(course, name, student, kept)
    if options.time:
        number = _numbered(kept, options.number).number if options.number else None
        local = local_time(options.time, zone).replace(tzinfo=ZoneInfo(zone))
        state = set_time(course, name, student, local, number)
    else:
        state = recount(course, name, student, deadlines)
    if state in ("new", "changed"):
        print(f"Another notebook counts now: python -m grader grade {name}{course.option}")


def _numbered(kept: History, number: str | int) -> HandIn:
    """Return a notebook by its number."""
    found = kept.numbered(int(number)) if str(number).isdecimal() else None
    if found is None or not found.digest:
        numbers = ", ".join(str(one.number) for one in kept.all if one.digest) or "none"
        raise CourseError(f"There is no notebook with the number {number}; there is {numbers}.")
    return found


def _show(course: Course, name: str, student: str, deadlines: Deadlines, zone: str) -> None:
    kept = history(course, name, student)
    due = due_of(deadlines, name, student)
    counted = counting(kept.all, due, kept.chosen)
    print(student)
    for one in sorted(kept.all, key=lambda each: each.order):
        state = ("counts, as chosen" if kept.chosen else "counts") if one is counted else ""
        late = doubt(one, due) or ("late" if on_time(one, due) is False else "")
        file = one.file if one.file.endswith(one.title) else f"{one.file}: {one.title}"
        about = [_time(one, zone), file, one.problem, late, state]
        print(f"  {one.number:2}  " + "; ".join(word for word in about if word))


def _time(one: HandIn, zone: str) -> str:
    if one.when is None:
        return "at an unknown time"
    by = "by " if one.clock == "download" else ""
    return f"{by}{one.when.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"
