"""Where everyone stands in an assignment: for the lists, the tables and the feedback.

A total is final when nothing waits for a person; until then nobody is shown a number that looks
like one. It is what was earned, less what late work costs.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from grader.course import Course
from grader.deadlines import Deadlines, late_words, penalty
from grader.handins import counting, doubt, due_of, history
from grader.people import Person, clean, key, listed, students_of
from grader.questions import Assignment, Written
from grader.results import Origin, Score, all_scores, origin_of, result_of, waiting
from grader.roster import roster_of

HEADING = re.compile(r"#+ (?:\d+\. )?(.*?)(?: \(\d+ points?\))?(?:\n|\Z)")

#: What can be with a student's work, and the words for it in a table.
STATES = {
    "final": "graded",
    "waiting": "waiting for a person",
    "unreadable": "no notebook of this assignment",
    "stale": "to be graded again",
    "ungraded": "not graded yet",
    "missing": "not handed in",
}


@dataclass(frozen=True)
class Standing:
    """Where one student stands.

    Attributes
    ----------
    state : str
        One of `STATES`.
    reasons : list of str
        Why a person must still look.
    result : dict, optional
        The stored result; None if nothing is graded.
    late : timedelta
        How late the work came, as far as it is known; nothing within the grace.
    doubt : str
        What is not known about that, in words, where it matters for the points.
    loss : float
        What is taken off for it.
    member : bool
        Whether the student is on the list, where there is one.
    """

    person: Person
    origin: Origin
    state: str
    reasons: list[str] = field(default_factory=list)
    scores: dict[str, Score] = field(default_factory=dict)
    result: dict[str, Any] | None = None
    late: timedelta = timedelta()
    doubt: str = ""
    loss: float = 0.0
    member: bool = True

    @property
    def student(self) -> str:
        """The student's ID."""
        return self.person.id

    @property
    def name(self) -> str:
        """First and last name, or what the LMS or the student wrote; two may share it."""
        known = f"{self.person.first_name} {self.person.last_name}".strip()
        return known or self.origin.full_name or self.person.id

    @cached_property
    def earned(self) -> float:
        """The points that count now, before anything is taken off."""
        return sum(score.points for score in self.scores.values() if not score.pending)

    @property
    def final(self) -> bool:
        """Whether the total will not change by itself any more."""
        return self.state == "final"

    @property
    def total(self) -> float | None:
        """The points in the end; None while they are not final."""
        return round(max(0.0, self.earned - self.loss), 2) if self.final else None

    @property
    def lateness(self) -> str:
        """How late the work came, in words; empty if it did not."""
        return late_words(self.late) if self.late else self.doubt


def outline(course: Course, name: str) -> Assignment:
    """Return the questions and points of a released assignment as its notebook has them.

    Without what they are graded by, so that no ``checks.py`` has to run, which takes seconds.
    """
    title, heading, questions = "", name, []
    for cell in json.loads(course.released(name))["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and (found := HEADING.match(text)):
            heading = found[1]
            title = title or heading
        grading = cell["metadata"].get("nbgrader", {})
        if grading.get("grade"):
            identity, points = grading["grade_id"].removesuffix("-check"), grading["points"]
            questions.append(Written(identity, heading, points, ""))
    return Assignment(name, title, 0, tuple(questions))


def standings(course: Course, assignment: Assignment) -> list[Standing]:
    """Return where everyone stands who is on the list or has handed in, by the student's ID."""
    name = assignment.name
    on, gone = roster_of(course)
    people = {person.id: person for person in students_of(course)}
    handed_in = {path.parent.name for path in (course.root / "submitted").glob(f"*/{name}")}
    scores, deadlines = all_scores(course, name), Deadlines(course)
    found = []
    for student in sorted(on | handed_in):
        person = people.get(student, Person(student))
        member = student in on or not (on or gone)
        if student in handed_in:
            found.append(
                _standing(course, assignment, person, scores.get(student, {}), deadlines, member)
            )
        else:
            found.append(Standing(person, Origin(student), "missing", member=member))
    return found


def _standing(
    course: Course,
    assignment: Assignment,
    person: Person,
    scores: dict[str, Score],
    deadlines: Deadlines,
    member: bool,
) -> Standing:
    name, student = assignment.name, person.id
    origin, due = origin_of(course, name, student), due_of(deadlines, name, student)
    late = deadlines.late(name, student)
    result = result_of(course, name, student)
    reasons = waiting(course, assignment, student, scores)
    earned = sum(score.points for score in scores.values() if not score.pending)
    decided = bool(scores) and not any(score.pending for score in scores.values())
    nothing = decided and not earned  # which late work could lose
    costs = deadlines.policy.per_day or deadlines.policy.no_credit_after is not None
    unknown = doubt(origin, due) if costs and not nothing else ""
    state = _state(course, name, student, due, result)
    if state == "final" and (reasons or unknown):
        state = "waiting" if result and result["questions"] else "unreadable"
    if unknown:
        reasons = [*reasons, unknown]
    loss = penalty(deadlines.policy, earned, late)
    return Standing(person, origin, state, reasons, scores, result, late, unknown, loss, member)


def _state(
    course: Course, name: str, student: str, due: datetime | None, result: dict[str, Any] | None
) -> str:
    """Return what is with a hand-in, apart from what a person has to look at."""
    kept = history(course, name, student)
    counted = counting(kept.all, due, kept.chosen)
    if result is None:
        there = (course.submitted(student, name) / f"{name}.ipynb").exists()
        return "ungraded" if there else "unreadable"
    if counted and counted.digest and result["mark"] != counted.digest:
        return "stale"
    return "final"


def called(found: Iterable[Standing]) -> dict[str, str]:
    """Return how to call students, by ID: by name; with the mail or the ID where two share it."""
    every = list(found)
    names = {one.student: clean(one.name) for one in every}
    counts = Counter(key(name) for name in names.values())
    for one in every:
        name = names[one.student]
        if counts[key(name)] > 1:
            names[one.student] = f"{name} ({clean(one.person.email) or one.student})"
    return names


def who(some: Iterable[Standing], found: Iterable[Standing]) -> str:
    """Return the names of some of all students for a sentence."""
    names = called(found)
    return listed([names[one.student] for one in some])
