"""Moodle: *Download all submissions*, and the grading worksheet that *Upload* takes back.

Files arrive as ``Full Name_12345_assignsubmission_file_/any.ipynb``, or without folders as
``Full Name_12345_assignsubmission_file_any.ipynb``.
"""

import re
from pathlib import PurePosixPath
from typing import Any

from grader.lms.format import Format, slug, total
from grader.questions import Assignment
from grader.results import Origin, Score

NAME = re.compile(r"^(?P<name>.+?)_(?P<id>\d+)_assignsubmission_")


class Moodle(Format):
    """Moodle finds people by their number as a participant."""

    name = "moodle"
    title = "Moodle"
    certain = True

    def owner(self, path: PurePosixPath) -> Origin | None:
        """Look for the first folder or file that is named like Moodle's, however deep."""
        for part in path.parts:
            if found := NAME.match(part):
                return Origin(slug(found["name"]), "moodle", found["id"], found["name"], str(path))
        return None

    def row(
        self, origin: Origin, scores: dict[str, Score], assignment: Assignment
    ) -> dict[str, Any]:
        """Return a row of the grading worksheet (*Upload grading worksheet*)."""
        return {
            "Identifier": f"Participant {origin.lms_id}",
            "Full name": origin.full_name,
            "Grade": total(scores),
            "Maximum Grade": assignment.points,
        }
