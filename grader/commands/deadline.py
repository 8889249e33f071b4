"""Set an assignment's deadline and extensions, or show them: `deadline NAME [WHEN]`."""

import argparse
from dataclasses import replace
from zoneinfo import ZoneInfo

from grader.commands._common import add_course, add_name
from grader.course import Course, CourseError
from grader.deadlines import Deadlines, Due, Policy, check_zone, local_time, mirror
from grader.handins import recount_all
from grader.release import define
from grader.roster import find


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    parser.add_argument("when", nargs="?", metavar="WHEN", help="such as 2026-12-01T23:59, or none")
    parser.add_argument("--timezone", metavar="ZONE", help="such as Europe/Berlin")
    parser.add_argument(
        "--extension",
        action="append",
        default=[],
        metavar="STUDENT=MORE",
        help="+3d, +12h, a date, or none; may be given several times",
    )
    add_course(parser)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    define(options.name)
    course = Course.find(options.course)
    kept = Deadlines(course)
    if options.when == "none":
        kept.due.pop(options.name, None)
    elif options.when:
        _set(kept, options.name, options.when, options.timezone)
    elif options.timezone:
        raise CourseError("Give the deadline again with its zone: deadline NAME WHEN --timezone.")
    for given in options.extension:
        _extend(course, kept, options.name, given)
    if options.when or options.extension:
        kept.of(options.name)
        kept.keep()
        count_again(course, options.name)
        _mirror(course, options.name)
    show(kept, options.name)
    return 0


def count_again(course: Course, name: str) -> None:
    """Choose the hand-ins that count under a new deadline; tell of whom another one does."""
    if changed := recount_all(course, name):
        print(
            f"Another hand-in counts now, of {', '.join(changed)}: "
            f"python -m grader grade {name}{course.option}"
        )


def _set(kept: Deadlines, name: str, when: str, zone: str | None) -> None:
    known = [due.zone for due in (kept.due.get(name), *kept.due.values()) if due]
    if not (zone or known):
        raise CourseError("Name the zone of the deadline, such as --timezone Europe/Berlin.")
    zone = check_zone(zone or known[0])
    before = kept.due.get(name, Due("", zone))
    kept.due[name] = replace(before, local=local_time(when, zone).isoformat(), zone=zone)
    for student in before.extensions:
        try:
            kept.of(name, student)
        except CourseError as error:
            words = f"{student}: {error} Give it anew with --extension {student}=…"
            raise CourseError(words) from error


def _extend(course: Course, kept: Deadlines, name: str, given: str) -> None:
    student, mark, more = given.rpartition("=")
    if not (student and mark and more):
        raise CourseError(f"{given!r} is no extension: write STUDENT=+3d, or STUDENT=2026-12-05.")
    if name not in kept.due:
        raise CourseError(f"{name} has no deadline that could be extended.")
    find(course, student)
    extensions = {**kept.due[name].extensions, student: more}
    if more == "none":
        del extensions[student]
    kept.due[name] = replace(kept.due[name], extensions=extensions)
    kept.of(name, student)


def _mirror(course: Course, name: str) -> None:
    """Write it to the gradebook, if the assignment is in there."""
    if (course.root / "release" / name).exists():
        with course.gradebook() as book:
            mirror(course, book, name)


def show(kept: Deadlines, name: str) -> None:
    """Print the deadline of an assignment, and the extensions."""
    due = kept.due.get(name)
    if due is None:
        print(f"{name} has no deadline.")
        return
    zone = ZoneInfo(due.zone)
    print(f"{name} is due {due.at().astimezone(zone):%Y-%m-%d %H:%M} ({due.zone}).")
    for student, more in sorted(due.extensions.items()):
        until = due.at(student).astimezone(zone)
        print(f"  {student}: {until:%Y-%m-%d %H:%M} ({more})")
    print(f"Late work: {kept.policy}.")
    if kept.policy == Policy():
        print("To change that for all assignments: python -m grader late --help")
