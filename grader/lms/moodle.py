"""Moodle: *Download all submissions*, and the grading worksheet that *Upload* takes back.

Files arrive as ``Full Name_12345_assignsubmission_file/any.ipynb``, with another ``_`` behind
``file`` in old versions, or without folders as ``Full Name_12345_assignsubmission_file_any.ipynb``.
A typed text is in a folder ``…_assignsubmission_onlinetext``. The number is a participant's in
this assignment; the same person has another one in the next. With blind marking the name is
``Participant``; with groups, old versions write ``Group A-Full Name``.
"""

from pathlib import PurePosixPath
from typing import Any

from grader.lms.format import Format, total
from grader.people import clean, slug
from grader.questions import Assignment
from grader.results import Origin, Score

BEHIND = "_assignsubmission_"
# What a teacher's language calls a person without a name.
NAMELESS = ("participant", "teilnehmer", "teilnehmerin", "participante", "deelnemer")


def _read(part: str) -> tuple[str, str] | None:
    """Return name and number from the name of a folder or file; None if it is not Moodle's."""
    before, found, _ = part.partition(BEHIND)
    name, _, number = before.rpartition("_")
    if not (number.isascii() and number.isdigit()):
        name, number = before, ""  # the group of those who have none
    # Moodle replaces each _ in a name: with one in it, a student named the file.
    return (name, number) if found and name and "_" not in name else None


class Moodle(Format):
    """Moodle finds people by their number as a participant."""

    name = "moodle"
    title = "Moodle"
    certain = True

    def owner(self, path: PurePosixPath) -> Origin | None:
        """Read the name of the first folder, or of a file without one."""
        found = _read(path.parts[0]) if path.parts else None
        if found is None:
            return None
        name, number = found
        student = slug(name)
        if name.lower() in NAMELESS:
            name, student = f"{name} {number}", slug(f"{name} {number}")
        return Origin(student, "moodle", number, clean(name), str(path))

    def owner_within(self, path: PurePosixPath) -> Origin | None:
        """Look for the first folder or file that is named like Moodle's, however deep."""
        parts = path.parts
        inner = (PurePosixPath(*parts[depth:]) for depth in range(len(parts)))
        return next((owner for each in inner if (owner := self.owner(each))), None)

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
