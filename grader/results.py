"""What is known about a submission: where it came from, its result, and the points that count.

Feedback, exports, the lists and the pages for people read all of it here. Origin and result are
JSON files beside the notebooks; the points stand in nbgrader's gradebook, where people change
them. It is read with SQLite itself, without nbgrader, which takes seconds to import.
"""

import json
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from grader.course import Course
from grader.questions import Assignment
from grader.records import reading, write_record


@dataclass
class Origin:
    """Where a submission comes from: kept beside it, and used again for an LMS's import.

    Attributes
    ----------
    lms : str
        The name of the format that recognized it, empty for a plain folder.
    problem : str
        What a person should know about it, in words.
    time : str
        When it was handed in, UTC in ISO 8601; empty if nothing tells.
    clock : str
        What the time is of: "file", "worksheet" (of the LMS), "person" (set by hand), or
        "download": it was handed in by then, and nothing tells how long before.
    late : str
        What the LMS said: "late", "on time" or nothing.
    matched : str
        "no" if it is of nobody who is known, "name" if a name alone told whose it is; empty if
        that is certain.
    """

    student: str
    lms: str = ""
    lms_id: str = ""
    full_name: str = ""
    file: str = ""
    problem: str = ""
    time: str = ""
    clock: str = ""
    late: str = ""
    matched: str = ""


def origin_of(course: Course, name: str, student: str) -> Origin:
    """Return where a submission came from, as far as it is known."""
    path = course.submitted(student, name) / "origin.json"
    known = {field.name for field in fields(Origin)}
    try:
        with reading(path, "delete it, and collect again"):
            stored = json.loads(path.read_text("utf-8"))
            return Origin(**{key: value for key, value in stored.items() if key in known})
    except FileNotFoundError:
        return Origin(student)


def keep_origin(course: Course, name: str, origin: Origin) -> None:
    """Note where a submission came from, beside it."""
    write_record(course.submitted(origin.student, name) / "origin.json", asdict(origin))


def result_of(course: Course, name: str, student: str) -> dict[str, Any] | None:
    """Return the stored result of a submission, None if it has not been graded.

    It is what `grade.grade` returned, with "mark", a digest of the notebook, and "problem", that
    of its origin.
    """
    path = course.autograded(student, name) / "result.json"
    try:
        with reading(path, "delete it, and grade again"):
            return dict(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None


def graded_file(course: Course, name: str, student: str) -> Path:
    """Return the file of the notebook that was graded, without outputs; a student's own bytes.

    Its name is not that of a notebook, so that nobody opens and runs it by accident.
    """
    return course.autograded(student, name) / "graded.json"


def keep_result(course: Course, name: str, student: str, result: dict[str, Any]) -> None:
    """Store the result of a submission."""
    write_record(course.autograded(student, name) / "result.json", result)


# Grades by student and cell. nbgrader keeps the points of code in the cell of the checks, and the
# comment in the cell of the answer.
SCORES = """
SELECT submitted_assignment.student_id, base_cell.name, grade_cells.max_score,
       grade.auto_score, grade.manual_score, grade.extra_credit, grade.needs_manual_grade,
       (SELECT comment.manual_comment FROM comment
        JOIN base_cell AS place ON place.id = comment.cell_id
        WHERE comment.notebook_id = grade.notebook_id
          AND base_cell.name IN (place.name, place.name || '-check')
          AND comment.manual_comment IS NOT NULL)
FROM grade
JOIN base_cell ON base_cell.id = grade.cell_id
JOIN grade_cells ON grade_cells.id = grade.cell_id
JOIN submitted_notebook ON submitted_notebook.id = grade.notebook_id
JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
JOIN assignment ON assignment.id = submitted_assignment.assignment_id
WHERE assignment.name = ?
ORDER BY submitted_assignment.student_id
"""


TO_GRADE = "not graded yet"
ZERO_BEFORE = "0 points for everything were given before this hand-in came: confirm them or not"


@dataclass(frozen=True)
class Score:
    """What counts now for one question: the machine's points, or those that a person gave."""

    points: float
    maximum: float
    pending: bool  # a person has yet to look
    manual: bool  # a person has changed the machine's points
    comment: str
    machine: float | None = None  # the machine's points; None where a person alone gives some
    given: float | None = None  # a person's points


def all_scores(course: Course, name: str) -> dict[str, dict[str, Score]]:
    """Return the scores of one assignment, by student and question."""
    path = course.root / "gradebook.db"
    found: dict[str, dict[str, Score]] = {}
    if not path.exists():
        return found
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=30)) as book:
        rows = book.execute(SCORES, [name]).fetchall()
    for student, cell, maximum, machine, given, extra, pending, comment in rows:
        points = given if given is not None else machine or 0.0
        found.setdefault(student, {})[cell.removesuffix("-check")] = Score(
            points=points + (extra or 0.0),
            maximum=maximum,
            pending=bool(pending),
            manual=given is not None and machine is not None,
            comment=comment or "",
            machine=machine,
            given=given,
        )
    return found


@dataclass(frozen=True)
class Look:
    """What is unclear about a whole file, and what a person has noted about it.

    Attributes
    ----------
    mark : str
        A digest of the notebook that was graded.
    problems : list of str
        What is unclear, whether or not a person has looked at it.
    noted : dict
        The mark and the problems that a person looked at, and "zero": whether the person gave 0
        points for everything. Empty if nobody has looked.
    """

    mark: str
    problems: list[str]
    noted: dict[str, Any]

    @property
    def resolved(self) -> bool:
        """Whether a person has looked at just this."""
        now = {"mark": self.mark, "problems": self.problems}
        return all(self.noted.get(key) == value for key, value in now.items())

    def zero(self, scores: dict[str, Score]) -> str:
        """Tell whether a person gave 0 points for everything: "" if not, "now", or "before".

        "before" means that another notebook has come since: the person has to confirm it.
        """
        if not self.noted.get("zero") or any(score.given != 0 for score in scores.values()):
            return ""
        return "now" if self.noted.get("mark") == self.mark else "before"


def _look(course: Course, name: str, student: str, result: dict[str, Any] | None) -> Look:
    found = [origin_of(course, name, student).problem]
    if result is not None:
        found += [result["human"], result["problem"]]
    problems = [words for words in dict.fromkeys(found) if words]
    path = course.autograded(student, name) / "resolved.json"
    try:
        with reading(path, "delete it, and look at the file again in the review"):
            noted = dict(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        noted = {}
    return Look(result["mark"] if result else "", problems, noted)


def look_at(course: Course, name: str, student: str) -> Look:
    """Return what is unclear about a whole file, and what a person has noted."""
    return _look(course, name, student, result_of(course, name, student))


def resolve(
    course: Course, name: str, student: str, done: bool = True, nothing: bool = False
) -> None:
    """Note that a person has looked at a whole file that was unclear, or take that back.

    Parameters
    ----------
    nothing : bool
        Whether the person gave 0 points for everything.
    """
    path = course.autograded(student, name) / "resolved.json"
    if done:
        look = look_at(course, name, student)
        noted = {"mark": look.mark, "problems": look.problems, "zero": nothing}
        write_record(path, noted)
    else:
        path.unlink(missing_ok=True)


def waiting(
    course: Course,
    assignment: Assignment,
    student: str,
    scores: dict[str, Score] | None = None,
) -> list[str]:
    """Return why a person must still look at a submission; nothing if all is resolved.

    Parameters
    ----------
    scores : dict by question, optional
        The student's part of `all_scores`, which saves reading them again.
    """
    name = assignment.name
    result = result_of(course, name, student)
    look = _look(course, name, student, result)
    if result is None:
        return [*look.problems, TO_GRADE]
    if scores is None:
        scores = all_scores(course, name).get(student, {})
    reasons = [] if look.resolved else list(look.problems)
    if not result["questions"]:
        left = sum(score.pending for score in scores.values())
        by_hand = [f"{left} of {len(scores)} questions to grade by hand"] if left else []
        return reasons or by_hand
    if look.zero(scores) == "before":
        return [*reasons, ZERO_BEFORE]
    found = {question["question"]: question for question in result["questions"]}
    for question in assignment.questions:
        score = scores.get(question.id)
        if score is not None and score.pending:
            reasons.append(f"{question.title}: {_why(found.get(question.id), score)}")
    return reasons


def _why(question: dict[str, Any] | None, score: Score) -> str:
    """Return in words why a person must look at one question."""
    if question is not None and question["human"]:
        return question["human"]
    if score.given is not None:
        return "another hand-in has come since these points were given"
    return TO_GRADE
