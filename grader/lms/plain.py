"""No LMS: one folder or one notebook for each student; a table of points by question."""

from pathlib import PurePosixPath
from typing import Any

from grader.lms.format import Format, total
from grader.people import clean, slug
from grader.questions import Assignment
from grader.results import Origin, Score


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

    def takes(self, origin: Origin) -> bool:
        """Take everyone."""
        return True

    def row(
        self, origin: Origin, scores: dict[str, Score], assignment: Assignment
    ) -> dict[str, Any]:
        """Return the points of each question, and which wait for a person."""
        points = {question.id: scores[question.id].points for question in assignment.questions}
        pending = sorted(question for question, score in scores.items() if score.pending)
        return {
            "student": origin.student,
            "assignment": assignment.name,
            **points,
            "total": total(scores),
            "maximum": assignment.points,
            "pending": " ".join(pending),
        }
