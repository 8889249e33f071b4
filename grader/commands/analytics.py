"""Write one page, without names: points by question, mistakes by how many, time and memory."""

import argparse

from grader.analytics import Record, render, tabulate
from grader.commands._common import add_course, add_name, course_of
from grader.course import Course
from grader.deadlines import Deadlines, handed_in
from grader.gradebook import submissions
from grader.questions import Assignment
from grader.results import all_scores, result_of, waiting


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    add_course(parser)


def _records(course: Course, assignment: Assignment) -> list[Record]:
    name, deadlines = assignment.name, Deadlines(course)
    scores = all_scores(course, name)
    records = []
    for student in submissions(course, name):
        known = scores.get(student, {})
        records.append(
            Record(
                result_of(course, name, student),
                known,
                bool(waiting(course, assignment, student, known)),
                handed_in(course, name, student),
                bool(deadlines.late(name, student)),
            )
        )
    return records


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course, definition = course_of(options)
    assignment = definition.assignment
    records = _records(course, assignment)
    path = course.root / "analytics" / f"{options.name}.html"
    path.parent.mkdir(exist_ok=True)
    path.write_text(render(assignment, tabulate(assignment, records)), "utf-8")
    print(f"{len(records)} submissions, without names: {path}")
    return 0
