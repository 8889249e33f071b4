"""Grade one student's submission again, whatever is known from before."""

import argparse

from grader.commands._common import add_course, add_name, course_of, find_student
from grader.commands._grading import add_grading, grade_all


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    parser.add_argument("student", metavar="STUDENT")
    add_course(parser, seed=True)
    add_grading(parser)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course, _ = course_of(options)
    find_student(course, options.name, options.student)
    return grade_all(options, [options.student], again=True)
