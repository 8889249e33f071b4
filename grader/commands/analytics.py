"""Write one page, without names: points by question, mistakes by how many, time and memory."""

import argparse
from zoneinfo import ZoneInfo

from grader.analytics import Record, render, tabulate
from grader.commands._common import add_course, add_name, course_of
from grader.course import Course
from grader.deadlines import Deadlines, handed_in
from grader.questions import Assignment
from grader.standing import standings


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    add_course(parser)


def _records(course: Course, assignment: Assignment, zone: str) -> list[Record]:
    records = []
    for one in standings(course, assignment):
        if one.state == "missing":
            continue
        when = handed_in(course, assignment.name, one.student)
        records.append(
            Record(
                one.result,
                one.scores,
                one.state == "waiting",
                when and when.astimezone(ZoneInfo(zone)),
                bool(one.late),
                one.total,
            )
        )
    return records


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course, definition = course_of(options)
    assignment = definition.assignment
    due = Deadlines(course).due.get(options.name)
    zone = due.zone if due else "UTC"
    records = _records(course, assignment, zone)
    path = course.root / "analytics" / f"{options.name}.html"
    path.parent.mkdir(exist_ok=True)
    path.write_text(render(assignment, tabulate(assignment, records), zone), "utf-8")
    print(f"{len(records)} submissions, without names: {path}")
    return 0
