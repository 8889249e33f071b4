"""What the pages tell of an assignment: who has handed in, what is done, and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grader.course import Course
from grader.gradebook import submissions
from grader.questions import Assignment, Written
from grader.results import result_of
from grader.standing import Standing, called, standings


@dataclass(frozen=True)
class Row:
    """One submission, as the list shows it."""

    standing: Standing
    name: str  # which tells people apart

    @property
    def student(self) -> str:
        """The student's ID."""
        return self.standing.student

    @property
    def waiting(self) -> list[str]:
        """Why it waits for a person."""
        return self.standing.reasons

    @property
    def pending(self) -> frozenset[str]:
        """The questions that wait."""
        scores = self.standing.scores
        return frozenset(name for name, score in scores.items() if score.pending)

    @property
    def graded(self) -> bool:
        """Whether the machine has seen it."""
        return bool(self.standing.scores) and self.standing.result is not None

    @property
    def readable(self) -> bool:
        """Whether its answers are among those of its questions."""
        return self.graded and bool(self.standing.result and self.standing.result["questions"])


@dataclass(frozen=True)
class Part:
    """One question of an assignment, and how far it is."""

    id: str
    title: str
    done: int
    total: int
    next: str | None  # the first student whose answer waits


class Review:
    """One assignment in a course, read anew for each page."""

    def __init__(self, course: Course, assignment: Assignment) -> None:
        self.course, self.assignment = course, assignment

    @property
    def students(self) -> list[str]:
        """Who has handed in, in the order of the pages."""
        return submissions(self.course, self.assignment.name)

    def rows(self) -> list[Row]:
        """Return the submissions."""
        found = standings(self.course, self.assignment)
        names = called(found)
        return [Row(one, names[one.student]) for one in found if one.state != "missing"]

    def parts(self, rows: Sequence[Row]) -> list[Part]:
        """Return the questions, and how many of their answers are done."""
        return [self.part(question.id, rows) for question in self.assignment.questions]

    def part(self, question: str, rows: Sequence[Row]) -> Part:
        """Return how far one question is."""
        rows = [row for row in rows if row.readable]
        left = [row.student for row in rows if question in row.pending]
        title = next(q.title for q in self.assignment.questions if q.id == question)
        first = left[0] if left else None
        return Part(question, title, len(rows) - len(left), len(rows), first)

    def result(self, student: str) -> dict[str, Any] | None:
        """Return the machine's result of a submission."""
        return result_of(self.course, self.assignment.name, student)


def is_written(question: Any) -> bool:
    """Tell whether a person alone grades a question."""
    return isinstance(question, Written)


def behind(student: str, rows: Sequence[Row], wanted: set[str]) -> str | None:
    """Return who comes next of the students wanted, in a circle; None if it is nobody else."""
    order = [row.student for row in rows]
    place = order.index(student) if student in order else -1
    circle = order[place + 1 :] + order[: max(place, 0)]
    return next((each for each in circle if each in wanted), None)
