"""Write the feedback for students, one HTML file each, also packed as an LMS takes it back."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from grader.commands._common import add_course, add_name, course_of, find_student
from grader.course import Course, CourseError
from grader.feedback import feedback_file, write_feedback
from grader.lms import FORMATS
from grader.packs import pack
from grader.people import listed
from grader.standing import Standing, standings, who


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    parser.add_argument("--student", help="one student alone")
    parser.add_argument(
        "--pack",
        choices=[name for name in FORMATS if name != "plain"],
        help="a zip file for the LMS, too",
    )
    parser.add_argument(
        "--unfinished", action="store_true", help="also where something is not graded yet"
    )
    add_course(parser)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course, definition = course_of(options)
    if options.student is not None:
        find_student(course, options.name, options.student)
    found = standings(course, definition.assignment)
    graded = [one for one in found if one.scores and options.student in (None, one.student)]
    if not graded:
        raise CourseError(
            f"Nothing of {options.name} has been graded: "
            f"python -m grader grade {options.name}{course.option}"
        )
    done = [one for one in graded if one.final or options.unfinished]
    left = [one for one in graded if not (one.final or options.unfinished)]
    if left:
        print(
            f"{len(left)} of {len(graded)} are not graded to the end and get no feedback yet: "
            f"{who(left, found)}. See python -m grader status {options.name}{course.option}; "
            "--unfinished writes theirs, too."
        )
    for one in left:  # what was written before is not true any more
        feedback_file(course, options.name, one.student).unlink(missing_ok=True)
    pages = [(one, write_feedback(course, definition.assignment, one)) for one in done]
    written = [(one, path) for one, path in pages if path]
    if not written:
        return 1
    print(f"{len(written)} files in {course.root / 'feedback'}, such as\n  {written[0][1]}")
    if options.pack:
        _pack(course, options.name, options.pack, written)
    return 0


def _pack(course: Course, name: str, format: str, pages: Sequence[tuple[Standing, Path]]) -> None:
    files, left = pack(course, name, FORMATS[format], pages)
    menu = {
        "moodle": "Upload multiple feedback files in a zip",
        "canvas": "Upload Submissions (the menu has it once they have been downloaded)",
    }
    for path in files:
        print(f"For {FORMATS[format].title}, {menu[format]}:\n  {path}")
    for reason, some in left.items():
        print(f"{len(some)} are not in it, {reason}: {listed(some, 8)}")
