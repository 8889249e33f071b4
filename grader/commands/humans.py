"""Show what still needs a person: unclear submissions, and answers in words."""

import argparse

from grader.commands._common import add_course, add_name, course_of
from grader.confined import printable
from grader.course import Course
from grader.questions import Assignment
from grader.results import TO_GRADE
from grader.standing import Standing, standings


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    add_course(parser)


def _handed_in(course: Course, assignment: Assignment) -> list[Standing]:
    return [one for one in standings(course, assignment) if one.state != "missing"]


def _unclear(found: list[Standing], assignment: Assignment) -> dict[str, list[str]]:
    """Return why submissions are unclear, by student, apart from answers in words to grade."""
    plain = {f"{written.title}: {TO_GRADE}" for written in assignment.written}
    return {one.student: [words for words in one.reasons if words not in plain] for one in found}


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course, definition = course_of(options)
    assignment = definition.assignment
    found = _handed_in(course, assignment)
    unclear = _unclear(found, assignment)
    if not unclear:
        print("Nobody has handed in yet.")
        return 0
    for student, reasons in unclear.items():
        for reason in reasons:
            print(f"{printable(student)}: {printable(reason)}")
    if not any(unclear.values()):
        print("No submission is unclear.")
    # A file that cannot be read is unclear as a whole.
    read = [one.scores for one in found if one.result and one.result["questions"]]
    answers = 0
    for written in assignment.written:
        left = sum(written.id in scores and scores[written.id].pending for scores in read)
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
    found = _unclear(_handed_in(course, assignment), assignment)
    unclear = sum(bool(found.get(student)) for student in students)
    command = f"python -m grader humans {assignment.name}{course.option}"
    if unclear:
        verb = "needs" if unclear == 1 else "need"
        print(f"{unclear} {verb} a person: {command}")
    else:
        print(f"None is unclear. Answers in words: {command}")
