"""Canvas: *Download Submissions*, and the gradebook that *Import* takes back.

Files arrive without folders, as ``familyname_12345_67890_any.ipynb`` or, after the deadline,
``familyname_LATE_12345_67890_any.ipynb``. The first number is the student's, the second the
file's. A typed text is ``familyname_12345_text.html``, a link ``familyname_12345_link.html``. The
name is the sortable one in lower case, without blanks and commas, and may hold ``_``. In
anonymous grading it is ``anon`` with five letters instead: ``anon_aB3x9_67890_any.ipynb``.

A name may end with a number, and so begin the name of a file: ``ann_12345_67890_1_a.ipynb`` is of
``ann`` with the number 12345, or of ``ann_12345`` with the number 67890. Canvas reads the first.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from grader.course import CourseError
from grader.lms.format import NUMBER_BEHIND, Finder, Format, Row, Table, Wish, shown
from grader.people import clean, slug
from grader.questions import Assignment
from grader.results import Origin
from grader.standing import Standing

TYPED = ("text.html", "link.html")


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 20


def _read(name: str) -> list[tuple[str, str, bool]]:
    """Return name, number and lateness from the name of a file, in each way it can be read."""
    words = name.split("_")
    late = words[0] == "LATE"
    if words[late : late + 1] == ["anon"] and len(words) > late + 3:
        anonymous, file = words[late + 1 : late + 3]
        if len(anonymous) == 5 and anonymous.isascii() and anonymous.isalnum() and _is_number(file):
            return [("", f"anon_{anonymous}", late)]
    places = [place for place in range(1, len(words) - 1) if _is_student(words, place)]
    if not places:
        return []
    first = places[0]
    if words[first - 1] == "LATE":  # in capitals, as no name is: the number stands behind it
        return [("_".join(words[: first - 1]), words[first], True)]
    # Canvas takes the _ from a number within a name, so that a name can only end with one.
    return [("_".join(words[:p]), words[p], False) for p in places if p <= first + 1]


def _is_student(words: list[str], place: int) -> bool:
    """Tell whether a student's number can stand there: the file's follows, or a typed text."""
    last = place + 2 == len(words)
    follows = words[place + 1] in TYPED if last else _is_number(words[place + 1])
    return _is_number(words[place]) and follows


class Canvas(Format):
    """Canvas finds people by their ID, which is the same in all assignments."""

    name = "canvas"
    title = "Canvas"
    everywhere = True

    def owner(self, path: PurePosixPath) -> Origin | None:
        """Read the name of a file that lies in no folder; students name files like that, too."""
        return next(iter(self.readings(path)), None)

    def readings(self, path: PurePosixPath) -> list[Origin]:
        """Return the same as Canvas reads it, then as it can be read, too."""
        found = _read(path.name) if len(path.parts) == 1 else []
        return [self._origin(path, *each) for each in found]

    @staticmethod
    def _origin(path: PurePosixPath, name: str, number: str, late: bool) -> Origin:
        if number.startswith("anon_"):
            student, name = number.replace("anon_", "anonymous-").lower(), number
        else:
            student = f"{slug(name)}-{number}" if name else f"student-{number}"
        late_words = "late" if late else "on time"
        return Origin(student, "canvas", number, clean(name), str(path), late=late_words)

    def owner_within(self, path: PurePosixPath) -> Origin | None:
        """Look for the first folder or file that is named like Canvas's, however deep.

        A download has no folders, but programs make some of a name with a backslash.
        """
        found = (self.owner(PurePosixPath(part)) for part in path.parts)
        owner = next(filter(None, found), None)
        return owner and replace(owner, file=path.name)

    def heads(self, assignment: Assignment, wish: Wish) -> list[str]:
        """Return the heads of the gradebook (*Import*); a number leaves no doubt of the column."""
        number = f" ({wish.assignment_id})" if wish.assignment_id else ""
        column = wish.column or f"{assignment.title}{number}"
        return ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", column]

    def before(self, assignment: Assignment, wish: Wish) -> Table:
        """Return the line of the points that can be reached."""
        return [["    Points Possible", "", "", "", "", assignment.points]]

    def row(self, standing: Standing, assignment: Assignment, wish: Wish) -> list[Any] | None:
        """Return a line of the gradebook; an empty grade would delete one that is there."""
        grade, number = wish.grade(standing), self._number(standing)
        if grade is None or not number:
            return None
        person = standing.person
        last_first = ", ".join(each for each in (person.last_name, person.first_name) if each)
        return [last_first or standing.name, number, "", "", "", grade]

    def _number(self, standing: Standing) -> str:
        """Return a student's ID; empty if it is not known, as in anonymous grading."""
        origin = standing.origin
        numbers = [origin.lms_id if origin.lms == self.name else "", standing.person.lms_id]
        return next(filter(_is_number, numbers), "")

    def fill(
        self, table: Table, standings: Sequence[Standing], assignment: Assignment, wish: Wish
    ) -> tuple[Table, list[str]]:
        """Fill an export of the gradebook; the other assignments are left out of it."""
        heads = table[0]
        if not ("ID" in heads and "Section" in heads):
            raise CourseError(f"This is no export of Canvas's gradebook: {shown(heads)}.")
        place, end = self._column(heads, assignment, wish), heads.index("Section") + 1
        about, filled, words = Finder(standings, self._number), [[*heads[:end], heads[place]]], []
        lines = [[*line, *[""] * (len(heads) - len(line))] for line in table[1:]]
        identity = heads.index("ID")
        students = [line for line in lines if _is_number(line[identity])]
        for line in lines:
            if "Points Possible" in line[0] and not line[identity]:
                filled.append([*line[:end], line[place]])
                words += _other_points(line[place], assignment)
        for line, found in zip(
            students,
            about.match([Row(line[identity], "", line[0]) for line in students]),
            strict=True,
        ):
            if found and (points := wish.grade(found)) is not None:
                filled.append([*line[:end], points])
        return filled, [*words, *about.words(wish)]

    @staticmethod
    def _column(heads: list[str], assignment: Assignment, wish: Wish) -> int:
        """Find the column of the assignment, whose head ends with its number in brackets."""
        named = {place: found for place, head in enumerate(heads) if (found := _titled(head))}
        wanted = {wish.column} if wish.column else {assignment.title, assignment.name}
        places = [
            place
            for place, (title, number) in named.items()
            if number == wish.assignment_id
            or (not wish.assignment_id and ({title, heads[place]} & wanted))
        ]
        if len(places) == 1:
            return places[0]
        every = [heads[place] for place in named]
        raise CourseError(
            f"{len(places)} columns could be {wish.assignment_id or ' or '.join(sorted(wanted))}; "
            f"name one with --assignment-id, the number in brackets: {shown(every)}."
        )

    def pack_name(self, origin: Origin, name: str) -> str | None:
        """Return the name of the downloaded file, which is how Canvas finds the hand-in.

        Canvas shows it to the student under the name of their own file, a notebook's.
        """
        parts = (part for part in PurePosixPath(origin.file).parts if part[0] != ".")
        files = (part for part in parts if _read(part))
        file = next(files, "")
        words = [word for word in file.split("_") if word != "LATE"]
        known = words[0] == "anon" or sum(map(_is_number, words)) > 1
        return file if origin.lms == self.name and known else None


def _titled(head: str) -> tuple[str, str] | None:
    found = NUMBER_BEHIND.fullmatch(head)
    return (found[1], found[2]) if found else None


def _other_points(text: str, assignment: Assignment) -> list[str]:
    try:
        same = float(text.replace(",", ".")) == assignment.points
    except ValueError:
        same = True
    words = f"In Canvas the assignment has {clean(text)} points, here {assignment.points:g}."
    return [] if same else [f"{words} Change it in Canvas, or the grades mean something else."]
