"""Moodle: *Download all submissions*, and the grading worksheet that *Upload* takes back.

Files arrive as ``Full Name_12345_assignsubmission_file/any.ipynb``, with another ``_`` behind
``file`` in old versions, or without folders as ``Full Name_12345_assignsubmission_file_any.ipynb``.
A typed text is in a folder ``…_assignsubmission_onlinetext``. The number is a participant's in
this assignment; the same person has another one in the next. With blind marking the name is
``Participant``; with groups, old versions write ``Group A-Full Name``.
"""

import re
from collections.abc import Sequence
from html import escape
from pathlib import PurePosixPath
from typing import Any

from grader.course import CourseError
from grader.lms.format import Finder, Format, Row, Table, Wish, comment, shown
from grader.people import clean, key, slug
from grader.questions import Assignment
from grader.results import Origin
from grader.standing import Standing

BEHIND = "_assignsubmission_"
# What a teacher's language calls a person without a name.
NAMELESS = ("participant", "teilnehmer", "teilnehmerin", "participante", "deelnemer")
# Heads of the worksheet in some languages; the importer wants those of the teacher's.
GRADES = ("Grade", "Bewertung", "Note", "Calificación", "Valutazione", "Cijfer", "Nota")
MODIFIED = "Last modified (grade)"
COMMENTS = ("Feedback comments", "Feedback als Kommentar", "Commentaires de feedback")
NAMES = ("Full name", "Vollständiger Name", "Nom complet", "Nombre completo")
MAILS = ("Email address", "E-Mail-Adresse", "Adresse de courriel", "Dirección de correo")
IDENTIFIER = re.compile(r"\D{1,40} \d{1,20}", re.ASCII)


def _read(part: str) -> tuple[str, str] | None:
    """Return name and number from the name of a folder or file; None if it is not Moodle's."""
    before, found, _ = part.partition(BEHIND)
    name, _, number = before.rpartition("_")
    if not (number.isascii() and number.isdigit() and len(number) < 20):
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

    def heads(self, assignment: Assignment, wish: Wish) -> list[str]:
        """Return the heads of the grading worksheet (*Upload grading worksheet*), in English."""
        comments = [COMMENTS[0]] if wish.comments else []
        return ["Identifier", "Full name", GRADES[0], "Maximum Grade", MODIFIED, *comments]

    def row(self, standing: Standing, assignment: Assignment, wish: Wish) -> list[Any] | None:
        """Return a line of the worksheet; Moodle leaves out one without a grade.

        With the time of now, nothing in Moodle is newer, and it takes all of them.
        """
        origin, grade = standing.origin, wish.grade(standing)
        if origin.lms != self.name or not origin.lms_id:
            return None
        time = wish.now.isoformat(timespec="seconds")
        identity = [f"Participant {origin.lms_id}", origin.full_name]
        comments = [escape(comment(standing, assignment))] if wish.comments else []
        return [*identity, "" if grade is None else grade, assignment.points, time, *comments]

    def fill(
        self, table: Table, standings: Sequence[Standing], assignment: Assignment, wish: Wish
    ) -> tuple[Table, list[str]]:
        """Fill a worksheet, in any language; its dates keep Moodle from undoing newer grades."""
        heads = table[0]
        lines = [[*line, *[""] * (len(heads) - len(line))] for line in table[1:] if line]
        identity, place = _identifiers(heads, lines), _column(heads, wish)
        name, mail = _place(heads, NAMES), _place(heads, MAILS)
        remarks, about = _place(heads, COMMENTS), Finder(standings, self._number)
        if wish.comments and remarks is None:
            raise CourseError("The worksheet has no column for comments: switch them on in Moodle.")
        rows = [
            Row(
                line[identity].rpartition(" ")[2],
                "" if mail is None else line[mail],
                "" if name is None else line[name],
            )
            for line in lines
        ]
        for line, found in zip(lines, about.match(rows), strict=True):
            grade = wish.grade(found) if found else None
            line[place] = "" if grade is None else grade  # Moodle leaves out one without a grade
            if found and grade is not None and wish.comments and remarks is not None:
                line[remarks] = escape(comment(found, assignment))
        kept = [p for p in range(len(heads)) if p != remarks or wish.comments]
        return [[line[p] for p in kept] for line in [heads, *lines]], about.words(wish)

    def _number(self, standing: Standing) -> str:
        return standing.origin.lms_id if standing.origin.lms == self.name else ""

    def pack_name(self, origin: Origin, name: str) -> str | None:
        """Return a name that begins as in the download, which is how Moodle finds people."""
        found = _read(origin.file.partition("/")[0]) or _read(PurePosixPath(origin.file).name)
        person = found[0] if found else origin.full_name.replace("_", " ").replace("/", " ")
        if origin.lms != self.name or not origin.lms_id:
            return None
        person = person.lstrip(".~ ")[:60] or "student"
        return f"{person}_{origin.lms_id}{BEHIND}file_{name}-feedback.html"


def _place(heads: list[str], names: Sequence[str]) -> int | None:
    return next((place for place, head in enumerate(heads) if key(head) in map(key, names)), None)


def _column(heads: list[str], wish: Wish) -> int:
    place = _place(heads, [wish.column] if wish.column else GRADES)
    if place is None:
        raise CourseError(f"Name the column of grades with --column: {shown(heads)}.")
    return place


def _identifiers(heads: list[str], lines: Table) -> int:
    """Find the column of participants' numbers, such as ``Participant 1201``."""
    for place in range(len(heads)):
        if lines and all(IDENTIFIER.fullmatch(line[place]) for line in lines):
            return place
    raise CourseError(f"This is no grading worksheet of Moodle: {shown(heads)}.")
