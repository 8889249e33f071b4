"""Grade one student's submission again, or all, whatever is known from before."""

import argparse

from grader.commands._common import add_course, add_name, course_of, find_student
from grader.commands._grading import add_grading, grade_all
from grader.course import CourseError
from grader.gradebook import submissions


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    parser.add_argument("student", metavar="STUDENT", nargs="?")
    parser.add_argument(
        "--all", action="store_true", help="all students; points given by people stay"
    )
    add_course(parser, seed=True)
    add_grading(parser)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course, _ = course_of(options)
    if bool(options.student) == options.all:
        raise CourseError("Name one student, or say --all.")
    if options.student:
        find_student(course, options.name, options.student)
        return grade_all(options, [options.student], again=True)
    students = submissions(course, options.name)
    if not students:
        raise CourseError(f"No submission of {options.name} has been collected.")
    return grade_all(options, students, again=True)
