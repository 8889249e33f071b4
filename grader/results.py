"""What is known about a submission: where it came from, its result, and the points that count.

Feedback, exports and the list for people read all of it here. Origin and result are JSON files
beside the notebooks; the points stand in nbgrader's gradebook, where people change them.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from grader.course import Course


@dataclass
class Origin:
    """Where a submission comes from: kept beside it, and used again for an LMS's import.

    `lms` is the name of the format that recognized it, empty for a plain folder.
    """

    student: str
    lms: str = ""
    lms_id: str = ""
    full_name: str = ""
    file: str = ""
    problem: str = ""


def origin_of(course: Course, name: str, student: str) -> Origin:
    """Return where a submission came from, as far as it is known."""
    path = course.submitted(student, name) / "origin.json"
    return Origin(**json.loads(path.read_text("utf-8"))) if path.exists() else Origin(student)


def keep_origin(course: Course, name: str, origin: Origin) -> None:
    """Note where a submission came from, beside it."""
    path = course.submitted(origin.student, name) / "origin.json"
    path.write_text(json.dumps(asdict(origin), indent=1, ensure_ascii=False), "utf-8")


def result_of(course: Course, name: str, student: str) -> dict[str, Any] | None:
    """Return the stored result of a submission, None if it has not been graded.

    It is what `grade.grade` returned, with "mark", a digest of the notebook, and "problem", that
    of its origin.
    """
    path = course.autograded(student, name) / "result.json"
    return json.loads(path.read_text()) if path.exists() else None


def keep_result(course: Course, name: str, student: str, result: dict[str, Any]) -> None:
    """Store the result of a submission."""
    (course.autograded(student, name) / "result.json").write_text(json.dumps(result))


@dataclass(frozen=True)
class Score:
    """What counts now for one question: the machine's points, or those that a person gave."""

    points: float
    maximum: float
    pending: bool  # a person has yet to look
    manual: bool  # a person has changed the machine's points
    comment: str


def scores_of(submission: Any) -> dict[str, Score]:
    """Return the scores by question of one of nbgrader's submitted notebooks."""
    comments = {comment.cell.name: comment.manual_comment for comment in submission.comments}
    scores = {}
    for grade in submission.grades:
        question = grade.cell.name.removesuffix("-check")
        scores[question] = Score(
            points=grade.score,
            maximum=grade.max_score,
            pending=bool(grade.needs_manual_grade),
            manual=grade.manual_score is not None and grade.auto_score is not None,
            comment=comments.get(question) or "",
        )
    return scores


def scores(book: Any, name: str, student: str | None = None) -> Iterator[tuple[str, dict]]:
    """Yield the students who are in an open gradebook, by name, and their scores by question.

    Parameters
    ----------
    book : nbgrader.api.Gradebook
    name : str
        The assignment.
    student : str, optional
        One student alone.
    """
    found = {each.student.id: each for each in book.notebook_submissions(name, name)}
    for each in sorted(found):
        if student in (None, each):
            yield each, scores_of(found[each])
