"""Canvas: *Download Submissions*, and the gradebook that *Import* takes back.

Files arrive without folders, as ``familyname_12345_67890_any.ipynb`` or, after the deadline,
``familyname_LATE_12345_67890_any.ipynb``; the first number is the student's.
"""

import re
from pathlib import PurePosixPath
from typing import Any

from grader.lms.format import Format, slug, total
from grader.questions import Assignment
from grader.results import Origin, Score

NAME = re.compile(r"^(?P<name>[^_/]+)_(?:late_)?(?P<id>\d+)_(?P<file>\d+)_.+$", re.I)


class Canvas(Format):
    """Canvas finds people by their ID."""

    name = "canvas"
    title = "Canvas"

    def owner(self, path: PurePosixPath) -> Origin | None:
        """Read the name of a file that lies in no folder; students name files like that, too."""
        found = NAME.match(path.name) if len(path.parts) == 1 else None
        if found is None:
            return None
        student = f"{slug(found['name'])}-{found['id']}"
        return Origin(student, "canvas", found["id"], found["name"], str(path))

    def owner_within(self, path: PurePosixPath) -> Origin | None:
        """Leave out the folders around the download, as it has none of its own."""
        return self.owner(PurePosixPath(path.name))

    def row(
        self, origin: Origin, scores: dict[str, Score], assignment: Assignment
    ) -> dict[str, Any]:
        """Return a row of the gradebook (*Import*)."""
        return {
            "Student": origin.full_name,
            "ID": origin.lms_id,
            "SIS User ID": "",
            "SIS Login ID": "",
            "Section": "",
            assignment.title: total(scores),
        }
