"""Show what needs a person: unclear submissions, and answers in words."""

import argparse
import shlex

from grader.commands._common import add_course, add_name, course_of
from grader.course import Course
from grader.gradebook import submissions
from grader.results import result_of, scores


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    add_course(parser)


def _reasons(course: Course, name: str, student: str) -> list[str]:
    """Return why a person should look at a submission, apart from written answers."""
    result = result_of(course, name, student)
    if result is None:
        return ["not graded yet"]
    reasons = [text for text in (result["human"], result["problem"]) if text]
    reasons += [f"{q['title']}: {q['human']}" for q in result["questions"] if q["human"]]
    return list(dict.fromkeys(reasons))


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course, definition = course_of(options)
    assignment, shown = definition.assignment, 0
    for student in submissions(course, options.name):
        for reason in _reasons(course, options.name, student):
            print(f"{student}: {reason}")
            shown += 1
    if not shown:
        print("No submission is unclear.")
    with course.gradebook() as book:
        found = [by_question for _, by_question in scores(book, options.name)]
    for written in assignment.written:
        waiting = sum(by_question[written.id].pending for by_question in found)
        print(f"\n{written.title}: {waiting} answers to grade, {written.points:g} points each.")
        print(f"  {written.guidance}")
    place = shlex.quote(str(course.root))
    print(f"\nGrade them in nbgrader's formgrader: (cd {place} && jupyter lab), then Nbgrader.")
    return 0


def hint(course: Course, name: str, students: list[str]) -> None:
    """Say how many submissions need a person, and the command that lists them."""
    command = f"python -m grader humans {name}{course.option}"
    unclear = sum(bool(_reasons(course, name, student)) for student in students)
    if unclear:
        verb = "needs" if unclear == 1 else "need"
        print(f"{unclear} {verb} a person: {command}")
    else:
        print(f"None is unclear. Answers in words: {command}")
