"""Write the grades as a table, also as an LMS imports them."""

import argparse
from pathlib import Path

from grader.commands._common import add_course, add_name, course_of
from grader.export import write_grades
from grader.lms import FORMATS


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    parser.add_argument(
        "--to", dest="format", choices=FORMATS, default="plain", help="default: plain"
    )
    parser.add_argument("--output", type=Path, metavar="FILE")
    add_course(parser)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course, definition = course_of(options)
    path = write_grades(course, definition.assignment, FORMATS[options.format], options.output)
    print(f"Written: {path}")
    return 0
