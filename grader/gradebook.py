"""Writes into nbgrader's gradebook: the machine's results, and what a person decides.

One process does this. Scores that a person has given are never overwritten; they are marked for
another look when the student hands in something else.
"""

import hashlib
import shutil
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.course import Course
from grader.lms import FORMATS
from grader.people import first_and_last
from grader.questions import Assignment, Question, Written
from grader.release import check_id
from grader.results import Origin, graded_file, keep_result, origin_of, result_of
from grader.roster import roster_of

if TYPE_CHECKING:
    from nbgrader.api import Grade, Gradebook


@dataclass(frozen=True)
class Given:
    """What a person gives for a question; no points where the machine's count."""

    points: float | None
    comment: str = ""


class Writer:
    """Writes the results of one assignment; use it in a `with` statement."""

    def __init__(self, course: Course, name: str) -> None:
        self.course, self.name = course, name

    def __enter__(self) -> "Writer":
        self._book = self.course.gradebook().__enter__()
        cells = self._book.find_notebook(self.name, self.name)
        every = [*cells.grade_cells, *cells.solution_cells]
        self._names = {cell.id: cell.name for cell in every}  # saves a query for each score
        self._listed = set().union(*roster_of(self.course))
        return self

    def __exit__(self, *error: object) -> None:
        self._book.__exit__(*error)

    def write(self, student: str, content: bytes, result: dict[str, Any]) -> None:
        """Write one submission: scores, comments, and what was graded, for the review."""
        origin = origin_of(self.course, self.name, student)
        folder = self.course.autograded(student, self.name)
        mark = hashlib.sha256(content).hexdigest()
        before = result_of(self.course, self.name, student)
        if before is None or before["mark"] != mark:
            before = None  # another notebook: nothing that a person decided holds for it
        about = {} if student in self._listed else _about(origin)
        self._book.update_or_create_student(student, **about)
        timestamp = self.course.submitted(student, self.name) / "timestamp.txt"
        when = {"timestamp": timestamp.read_text().strip()} if timestamp.exists() else {}
        with warnings.catch_warnings():  # SQLAlchemy's, about nbgrader's own code
            warnings.simplefilter("ignore")
            self._book.update_or_create_submission(self.name, student, **when)
        if not result["questions"] and origin.problem:
            result = result | {"human": origin.problem}
        self._scores(student, result, before)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.ipynb").unlink(missing_ok=True)  # of an older version
        self._keep(student, content)
        record = result | {"mark": mark, "problem": origin.problem}
        keep_result(self.course, self.name, student, record)

    def _keep(self, student: str, content: bytes) -> None:
        """Keep what was graded for the review, with its pictures."""
        handed_in = self.course.submitted(student, self.name) / f"{self.name}.ipynb"
        path = graded_file(self.course, self.name, student)
        if content and handed_in.is_file():
            shutil.copyfile(handed_in, path)
        else:
            path.write_bytes(content)

    def _scores(self, student: str, result: dict[str, Any], before: dict[str, Any] | None) -> None:
        found = {q["question"]: q for q in result["questions"]}
        known = {q["question"]: q for q in before["questions"]} if before else {}
        with self._book.db.no_autoflush:
            submission = self._book.find_submission_notebook(self.name, self.name, student)
            for grade in submission.grades:
                name = self._names[grade.cell_id].removesuffix("-check")
                question = found.get(name, {})
                points, human = question.get("points"), question.get("human", "")
                decided = grade.manual_score is not None
                asked = known.get(name, {}).get("human", "")
                same = decided or (grade.auto_score == points and asked == human)
                if not (before and same):
                    grade.needs_manual_grade = points is None or bool(human) or decided
                grade.auto_score = points
            for comment in submission.comments:
                question = found.get(self._names[comment.cell_id])
                comment.auto_comment = " ".join(question["notes"]) if question else None
        self._book.db.commit()


def _about(origin: Origin) -> dict[str, str | None]:
    """Return what the gradebook keeps of a student who is not on the list of students."""
    about: dict[str, str | None] = {}
    if origin.full_name:
        first, last = first_and_last(origin.full_name)
        about = {"first_name": first or None, "last_name": last or None}
    if origin.lms and FORMATS[origin.lms].everywhere:  # else it is another one in each assignment
        about["lms_user_id"] = origin.lms_id or None
    return about


def give(
    course: Course, name: str, student: str, question: Question | Written, given: Given
) -> None:
    """Write what a person decided about a question; the machine's points stay beside it.

    Without points those of the machine count; where it has none, the question waits again.
    """
    with course.gradebook() as book:
        _give(book, name, student, question, given.points)
        comment = book.find_comment(question.id, name, name, student)
        comment.manual_comment = given.comment or None
        book.db.commit()


def give_everything(
    course: Course, assignment: Assignment, student: str, points: float | None
) -> None:
    """Give the same points for every question, or take all back; comments stay."""
    result = result_of(course, assignment.name, student) or {"questions": []}
    unclear = {each["question"] for each in result["questions"] if each["human"]}
    with course.gradebook() as book:
        for question in assignment.questions:
            grade = _give(book, assignment.name, student, question, points)
            if points is None and question.id in unclear:
                grade.needs_manual_grade = True
        book.db.commit()


def _give(
    book: "Gradebook", name: str, student: str, question: Question | Written, points: float | None
) -> "Grade":
    cell = question.id if isinstance(question, Written) else check_id(question.id)
    grade = book.find_grade(cell, name, name, student)
    grade.manual_score = points
    grade.needs_manual_grade = points is None and grade.auto_score is None
    return grade


def submissions(course: Course, name: str) -> list[str]:
    """Return the students who have handed in an assignment."""
    return sorted(path.parent.name for path in (course.root / "submitted").glob(f"*/{name}"))
