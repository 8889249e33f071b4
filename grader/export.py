"""Writes grades as tables: one for people, and those that Moodle and Canvas import."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.collect import origin_of
from grader.course import Course, CourseError
from grader.feedback import scores_of
from grader.questions import Assignment

FORMATS = ("csv", "moodle", "canvas")


def rows(course: Course, assignment: Assignment, book: Any) -> Iterator[tuple[str, dict]]:
    """Yield each student who handed in, and the scores by question."""
    name = assignment.name
    found = {s.student.id: s for s in book.notebook_submissions(name, name)}
    for student in sorted(found):
        yield student, scores_of(found[student])


def _total(scores: dict[str, dict]) -> float:
    return sum(score["score"] for score in scores.values())


def _plain(course: Course, assignment: Assignment, book: Any) -> list[dict[str, Any]]:
    table = []
    for student, scores in rows(course, assignment, book):
        row = {"student": student, "assignment": assignment.name}
        row |= {question.id: scores[question.id]["score"] for question in assignment.questions}
        row |= {"total": _total(scores), "maximum": assignment.points}
        row["pending"] = " ".join(sorted(k for k, score in scores.items() if score["pending"]))
        table.append(row)
    return table


def _moodle(course: Course, assignment: Assignment, book: Any) -> list[dict[str, Any]]:
    """Return rows of Moodle's grading worksheet (*Upload grading worksheet*)."""
    table = []
    for student, scores in rows(course, assignment, book):
        origin = origin_of(course, assignment.name, student)
        if origin.lms == "moodle":
            table.append({
                "Identifier": f"Participant {origin.lms_id}",
                "Full name": origin.full_name,
                "Grade": _total(scores),
                "Maximum Grade": assignment.points,
            })  # fmt: skip
    return table


def _canvas(course: Course, assignment: Assignment, book: Any) -> list[dict[str, Any]]:
    """Return rows of Canvas's gradebook (*Import*), which finds students by their ID."""
    table = []
    for student, scores in rows(course, assignment, book):
        origin = origin_of(course, assignment.name, student)
        if origin.lms == "canvas":
            table.append({
                "Student": origin.full_name,
                "ID": origin.lms_id,
                "SIS User ID": "",
                "SIS Login ID": "",
                "Section": "",
                assignment.title: _total(scores),
            })  # fmt: skip
    return table


def _harmless(value: Any) -> Any:
    """Keep a spreadsheet from taking a text for a formula."""
    formula = isinstance(value, str) and value.lstrip().startswith(("=", "+", "-", "@"))
    return f"'{value}" if formula else value


def write(course: Course, assignment: Assignment, kind: str, path: Path | None = None) -> Path:
    """Write the grades of an assignment as a CSV file; return the file.

    Raises
    ------
    CourseError
        If there is nothing to write.
    """
    makers = {"csv": _plain, "moodle": _moodle, "canvas": _canvas}
    with course.gradebook() as book:
        table = makers[kind](course, assignment, book)
    if not table:
        source = "" if kind == "csv" else f" that was collected from an export of {kind.title()}"
        raise CourseError(f"There is no graded submission of {assignment.name}{source}.")
    target = path or course.root / "exports" / f"{assignment.name}-{kind}.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(table[0]))
        writer.writeheader()
        writer.writerows({key: _harmless(v) for key, v in row.items()} for row in table)
    return target
