"""No LMS: one folder or one notebook for each student; a table of points by question."""

from pathlib import PurePosixPath
from typing import Any

from grader.lms.format import Format, Wish, comment
from grader.people import clean, first_and_last, slug
from grader.questions import Assignment
from grader.results import Origin
from grader.standing import STATES, Standing


class Plain(Format):
    """A folder or a zip file, and a table for people."""

    name = "plain"
    title = "a plain folder"
    whence = ""  # of all, wherever they came from

    def owner(self, path: PurePosixPath) -> Origin:
        """Read the name of the folder, or of a notebook without one, as the student's."""
        name = path.parts[0] if len(path.parts) > 1 else path.stem.removesuffix(".ipynb")
        # All that is in a student's folder, however deep, is this student's.
        return Origin(slug(name), full_name=clean(name), file=str(path))

    def heads(self, assignment: Assignment, wish: Wish) -> list[str]:
        """Return the heads of a table for people."""
        questions = [question.id for question in assignment.questions]
        person = ["student", "first name", "last name", "mail", "assignment"]
        points = ["earned", "late", "penalty", "total", "maximum"]
        return [*person, *questions, *points, "state", "pending", *["comment"] * wish.comments]

    def row(self, standing: Standing, assignment: Assignment, wish: Wish) -> list[Any] | None:
        """Return the points of each question; none where they are not final, and why."""
        person, scores, grade = standing.person, standing.scores, wish.grade(standing)
        first, last = person.first_name, person.last_name
        if not (first or last):
            first, last = first_and_last(standing.origin.full_name)
        graded = standing.state in ("final", "waiting") and bool(scores)
        done = {name: each.points for name, each in scores.items() if not each.pending and graded}
        pending = sorted(name for name, score in scores.items() if score.pending)
        return [
            *(person.id, first, last, person.email, assignment.name),
            *(done.get(question.id, "") for question in assignment.questions),
            standing.earned if standing.final else "",
            standing.lateness,
            standing.loss if standing.final else "",
            "" if grade is None else grade,
            assignment.points,
            STATES[standing.state] + ("" if standing.member else ", not on the list"),
            " ".join(pending),
            *[comment(standing, assignment)] * wish.comments,
        ]
