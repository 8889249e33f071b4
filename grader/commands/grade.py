"""Grade all collected submissions in sandboxes and write the gradebook."""

import argparse

from grader.commands._common import add_course, add_name, course_of
from grader.commands._grading import add_grading, grade_all
from grader.course import CourseError
from grader.gradebook import submissions


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    add_course(parser, seed=True)
    add_grading(parser)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course, _ = course_of(options)
    students = submissions(course, options.name)
    if not students:
        raise CourseError(f"No submission of {options.name} has been collected.")
    return grade_all(options, students)
