"""A term in small, without sandboxes: made hand-ins and results, for what comes after grading."""

import hashlib
import json
import shutil

from grader.course import Course
from grader.deadlines import Deadlines
from grader.gradebook import Given, Writer, give
from grader.handins import HandIn, add, recount
from grader.release import define
from grader.roster import import_roster, read_roster

NAME = "a2_convolution"
ASSIGNMENT = define(NAME).assignment
MACHINE = sum(question.points for question in ASSIGNMENT.graded)


def released(folder):
    """Return a course in which the assignment is released, which takes seconds."""
    course = Course.open(folder)
    course.release(NAME)
    return course


def copy(course, folder):
    """Return a copy of a course."""
    shutil.copytree(course.root, folder, dirs_exist_ok=True)
    return Course.open(folder)


def result(points=None, human="", readable=True):
    """Return what grading returns: full points, or those given by question."""
    questions = []
    for question in ASSIGNMENT.questions if readable else ():
        written = question not in ASSIGNMENT.graded
        got = None if written else (points or {}).get(question.id, question.points)
        questions.append(
            {
                "question": question.id,
                "title": question.title,
                "maximum": question.points,
                "points": got,
                "lines": [],
                "notes": [],
                "human": "",
            }
        )
    used = {"seconds": 1.0, "peak": 2**20, "starts": 1}
    return {"questions": questions, "human": human} | used


def roster(course, text):
    """Put students on the list."""
    path = course.root / "list.csv"
    path.write_text(text, "utf-8")
    import_roster(course, read_roster(path)[0])


def hand_in(course, student, content="x", **about):
    """Put a hand-in into the course; return its bytes."""
    notebook = json.dumps({"cells": [], "metadata": {"text": content}}).encode()
    digest = hashlib.sha256(notebook).hexdigest() if content else ""
    about = {"time": "2025-12-01T10:00:00+00:00", "clock": "file"} | about
    add(course, NAME, student, HandIn(digest=digest, **about), notebook)
    recount(course, NAME, student, Deadlines(course))
    return notebook


def grade(course, student, result, content=None):
    """Write a result of a student's hand-in."""
    with Writer(course, NAME) as book:
        book.write(student, content or hand_in(course, student), result)


def look(course, student, points=2.0, comment=""):
    """Give points for the answer in words, as a person does."""
    (written,) = ASSIGNMENT.written
    give(course, NAME, student, written, Given(points, comment))
