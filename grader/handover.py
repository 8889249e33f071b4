"""Gives what one student handed in to another: where a name in a download was not recognized."""

import shutil
from dataclasses import replace

from grader.course import Course, CourseError
from grader.deadlines import Deadlines
from grader.handins import add, folder_of, history, recount, students_with
from grader.people import students_of
from grader.results import all_scores
from grader.roster import roster_of


def give(course: Course, name: str, student: str, owner: str) -> None:
    """Move the hand-ins of an assignment to another student, who may have some already.

    The next download with the same number of the LMS finds the new owner.

    Raises
    ------
    CourseError
        If there is no such owner, or a person has given points, which would be lost.
    """
    known = {person.id for person in students_of(course)} | set(students_with(course, name))
    if owner == student or owner not in known:
        raise CourseError(f"{owner} is no other student: the list is python -m grader roster.")
    scores = all_scores(course, name).get(student, {})
    if any(score.given is not None or score.comment for score in scores.values()):
        raise CourseError(
            f"A person has given {student} points or comments, which would be lost: take them "
            f"back first, with python -m grader review {name}{course.option}"
        )
    for one in history(course, name, student).all:
        path = folder_of(course, student, name) / f"{one.number}.ipynb"
        one = replace(one, matched="")
        add(course, name, owner, one, path.read_bytes() if one.digest else b"")
    recount(course, name, owner, Deadlines(course))
    if any(person.id == student for person in students_of(course)):
        _forget(course, name, student)
    for folder in (
        course.autograded(student, name),
        course.submitted(student, name),
        folder_of(course, student, name),
    ):
        shutil.rmtree(folder, ignore_errors=True)
        if folder.parent.is_dir() and not any(folder.parent.iterdir()):
            folder.parent.rmdir()


def _forget(course: Course, name: str, student: str) -> None:
    """Take a submission from the gradebook, and the student with the last one, unless listed."""
    enrolled, left = roster_of(course)
    with course.gradebook() as book:
        if any(each.student.id == student for each in book.assignment_submissions(name)):
            book.remove_submission(name, student)
        others = book.find_student(student).submissions
        if student not in enrolled | left and not others:
            book.remove_student(student)
