"""What several commands share: their options, and the course that they work in."""

import argparse
import sys
from typing import TYPE_CHECKING

from grader.course import Course, CourseError

if TYPE_CHECKING:
    from grader.release import Definition


OFTEN = 25  # so many more are done: time for a line


def positive(text: str) -> int:
    """Read a whole number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def tell(done: int, total: int, words: str) -> None:
    """Say how far it is: in one line that changes, or in about ten where output is kept."""
    if sys.stdout.isatty():
        print(f"\r{words}", end="\n" if done == total else "", flush=True)
    elif done == total or done % max(1, min(OFTEN, total // 10)) == 0:
        print(words, flush=True)


def add_course(parser: argparse.ArgumentParser, seed: bool = False) -> None:
    """Add the options of a command that works in a course folder."""
    parser.add_argument("--course", metavar="FOLDER", help="default: $GRADING_FOLDER or term/")
    if seed:
        parser.add_argument(
            "--seed",
            help="default: $GRADING_SEED or seed.txt of the course, where the seed is kept",
        )


def add_name(parser: argparse.ArgumentParser) -> None:
    """Add the assignment."""
    parser.add_argument("name", metavar="NAME", help="of the assignment")


def course_of(options: argparse.Namespace) -> "tuple[Course, Definition]":
    """Return the course and its assignment; make nothing where there is none."""
    from grader.release import define  # takes seconds, which quick commands do without

    definition = define(options.name)
    course = Course.find(options.course)
    course.released(options.name)
    return course, definition


def find_student(course: Course, name: str, student: str) -> None:
    """Refuse a student who is unknown or has not handed in."""
    folder = course.root / "submitted"
    if student not in {path.name for path in folder.glob("*")}:
        raise CourseError(f"No student is called {student}: the names are the folders in {folder}.")
    if student not in {path.parent.name for path in folder.glob(f"*/{name}")}:
        raise CourseError(f"{student} has not handed in {name}.")
