"""Writes grades as a table: for people, or as an LMS imports them (``lms/``)."""

import csv
from pathlib import Path
from typing import Any

from grader.course import Course, CourseError
from grader.lms import Format
from grader.questions import Assignment
from grader.results import origin_of, scores


def _harmless(value: Any) -> Any:
    """Keep a spreadsheet from taking a text for a formula."""
    formula = isinstance(value, str) and value.lstrip().startswith(("=", "+", "-", "@"))
    return f"'{value}" if formula else value


def _table(course: Course, assignment: Assignment, format: Format) -> list[dict[str, Any]]:
    table = []
    with course.gradebook() as book:
        for student, by_question in scores(book, assignment.name):
            origin = origin_of(course, assignment.name, student)
            if format.takes(origin):
                table.append(format.row(origin, by_question, assignment))
    return table


def write_grades(
    course: Course, assignment: Assignment, format: Format, path: Path | None = None
) -> Path:
    """Write the grades of an assignment as a CSV file; return the file.

    Raises
    ------
    CourseError
        If there is nothing to write.
    """
    table = _table(course, assignment, format)
    if not table:
        raise CourseError(f"There is no graded submission of {assignment.name}{format.whence}.")
    target = path or course.root / "exports" / f"{assignment.name}-{format.name}.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(table[0]))
        writer.writeheader()
        writer.writerows({key: _harmless(v) for key, v in row.items()} for row in table)
    return target
