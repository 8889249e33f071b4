"""List the students, or import them from a file: `roster`, `roster import FILE`."""

import argparse
from pathlib import Path

from grader.commands._common import add_course
from grader.course import Course, CourseError
from grader.people import clean, students_of
from grader.roster import import_roster, read_roster, roster_of


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("what", nargs="?", choices=["import"], help="without it: list them")
    parser.add_argument(
        "file", nargs="?", type=Path, help="CSV: of your own, or Moodle's or Canvas's export"
    )
    parser.add_argument(
        "--from",
        dest="format",
        choices=["plain", "moodle", "canvas"],
        help="what the file is; default: recognized",
    )
    parser.add_argument(
        "--add", action="store_true", help="those who are not in the file stay on the list"
    )
    add_course(parser)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    if not options.what:
        return _show(Course.find(options.course))
    if options.file is None:
        raise CourseError("Name the file: python -m grader roster import FILE")
    entries, words = read_roster(options.file.expanduser(), options.format)
    course = Course.open(options.course)
    changes = import_roster(course, entries, options.add)
    for line in [*words, *changes.words]:
        print(line)
    counts = {"new": changes.new, "changed": changes.changed, "as before": changes.same}
    parts = [f"{len(found)} {words}" for words, found in counts.items() if found]
    print(f"{sum(map(len, counts.values()))} students: {', '.join(parts)}.")
    if changes.left:
        print(f"{len(changes.left)} have left the list; what they handed in and earned is kept:")
        print("  " + ", ".join(changes.left))
    return 0


def _show(course: Course) -> int:
    on, gone = roster_of(course)
    people = students_of(course)
    width = max((len(person.id) for person in people), default=0)
    for person in people:
        if person.id in gone:
            state = "has left"
        else:
            state = "" if person.id in on or not on else "not on the list"
        name = clean(f"{person.first_name} {person.last_name}")
        cells = [f"{person.id:{width}}", name, clean(person.email), state]
        print("  ".join(cell for cell in cells if cell))
    print(f"{len(on)} on the list, {len(gone)} left, {len(people)} in the gradebook.")
    return 0
