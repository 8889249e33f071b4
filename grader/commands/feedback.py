"""Write the feedback for students, one HTML file each."""

import argparse

from grader.commands._common import add_course, add_name, course_of, find_student
from grader.course import CourseError
from grader.feedback import write_feedback
from grader.results import scores


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    parser.add_argument("--student", help="one student alone")
    add_course(parser)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course, definition = course_of(options)
    if options.student is not None:
        find_student(course, options.name, options.student)
    with course.gradebook() as book:
        written = [
            write_feedback(course, definition.assignment, student, by_question)
            for student, by_question in scores(book, options.name, options.student)
        ]
    done = [path for path in written if path]
    if not done:
        raise CourseError(
            f"Nothing of {options.name} has been graded: "
            f"python -m grader grade {options.name}{course.option}"
        )
    print(f"{len(done)} files in {course.root / 'feedback'}, such as\n  {done[0]}")
    return 0
