"""Write the grades as a table, also as an LMS imports them."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from grader.commands._common import add_course, add_name, course_of
from grader.course import CourseError
from grader.export import UnfinishedError, write_grades
from grader.lms import FORMATS
from grader.lms.format import Wish


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    parser.add_argument(
        "--to", dest="format", choices=FORMATS, default="plain", help="default: plain"
    )
    parser.add_argument(
        "--fill",
        type=Path,
        metavar="FILE",
        help="Moodle's grading worksheet or Canvas's gradebook, downloaded now",
    )
    parser.add_argument("--column", default="", metavar="HEAD", help="of the grades in that file")
    parser.add_argument(
        "--assignment-id", default="", metavar="ID", help="of Canvas, as in its address"
    )
    parser.add_argument(
        "--missing", type=float, metavar="POINTS", help="of who has not handed in; default: none"
    )
    parser.add_argument("--comments", action="store_true", help="with the points by question")
    parser.add_argument(
        "--unfinished", action="store_true", help="also while totals are not final: no grade there"
    )
    parser.add_argument("--decimal-comma", action="store_true", help="1,5 and semicolons")
    parser.add_argument("--output", type=Path, metavar="FILE")
    add_course(parser)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course, definition = course_of(options)
    if options.decimal_comma and options.format != "plain":
        raise CourseError("Moodle and Canvas want points in numbers: leave out --decimal-comma.")
    if options.missing is not None and not 0 <= options.missing <= definition.assignment.points:
        raise CourseError(f"--missing takes points up to {definition.assignment.points:g}.")
    if options.assignment_id and not (options.assignment_id + "0").isdecimal():
        raise CourseError("--assignment-id takes a number: the last one of the page's address.")
    wish = Wish(
        now=datetime.now(UTC),
        column=options.column,
        assignment_id=options.assignment_id,
        missing=options.missing,
        comments=options.comments,
    )
    if options.format == "canvas" and not (options.fill or options.assignment_id):
        raise CourseError(
            "Canvas finds the column by the assignment's number, and would make a new assignment: "
            "name it with --assignment-id (the last number of the page's address), or fill the "
            "gradebook that it exports with --fill FILE."
        )
    try:
        path, words = write_grades(
            course,
            definition.assignment,
            FORMATS[options.format],
            wish,
            options.output,
            options.fill and options.fill.expanduser(),
            options.unfinished,
            options.decimal_comma,
        )
    except UnfinishedError as error:
        print(f"Not written: {error}", file=sys.stderr)
        return 1
    for line in words:
        print(line)
    print(f"Written: {path}")
    return 0
