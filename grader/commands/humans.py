"""Show what still needs a person: unclear submissions, and answers in words."""

import argparse

from grader.commands._common import add_course, add_name, course_of
from grader.confined import printable
from grader.course import Course
from grader.gradebook import submissions
from grader.questions import Assignment
from grader.results import TO_GRADE, all_scores, result_of, waiting


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    add_course(parser)


def _unclear(course: Course, assignment: Assignment) -> dict[str, list[str]]:
    """Return why submissions are unclear, by student, apart from answers in words to grade."""
    scores = all_scores(course, assignment.name)
    plain = {f"{written.title}: {TO_GRADE}" for written in assignment.written}
    found = {}
    for student in submissions(course, assignment.name):
        reasons = waiting(course, assignment, student, scores.get(student))
        found[student] = [reason for reason in reasons if reason not in plain]
    return found


def _is_read(course: Course, name: str, student: str) -> bool:
    """Tell whether a submission has answers; a file that cannot be read is unclear as a whole."""
    result = result_of(course, name, student)
    return bool(result and result["questions"])


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course, definition = course_of(options)
    assignment = definition.assignment
    unclear = _unclear(course, assignment)
    if not unclear:
        print("Nobody has handed in yet.")
        return 0
    for student, reasons in unclear.items():
        for reason in reasons:
            print(f"{printable(student)}: {printable(reason)}")
    if not any(unclear.values()):
        print("No submission is unclear.")
    scores = all_scores(course, options.name)
    read = [
        scores.get(student, {}) for student in unclear if _is_read(course, options.name, student)
    ]
    answers = 0
    for written in assignment.written:
        left = sum(written.id in found and found[written.id].pending for found in read)
        answers += left
        answer = "answer" if left == 1 else "answers"
        print(f"\n{written.title}: {left} {answer} to grade, {written.points:g} points each.")
        print(f"  {written.guidance}")
    if answers or any(unclear.values()):
        print(f"\nGrade them: python -m grader review {options.name}{course.option}")
    else:
        print("\nAll is done: nothing waits for a person.")
    return 0


def hint(course: Course, assignment: Assignment, students: list[str]) -> None:
    """Say how many submissions need a person, and the command that lists them."""
    found = _unclear(course, assignment)
    unclear = sum(bool(found.get(student)) for student in students)
    command = f"python -m grader humans {assignment.name}{course.option}"
    if unclear:
        verb = "needs" if unclear == 1 else "need"
        print(f"{unclear} {verb} a person: {command}")
    else:
        print(f"None is unclear. Answers in words: {command}")
