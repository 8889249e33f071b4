"""Canvas: *Download Submissions*, and the gradebook that *Import* takes back.

Files arrive without folders, as ``familyname_12345_67890_any.ipynb`` or, after the deadline,
``familyname_LATE_12345_67890_any.ipynb``. The first number is the student's, the second the
file's. A typed text is ``familyname_12345_text.html``, a link ``familyname_12345_link.html``. The
name is the sortable one in lower case, without blanks and commas, and may hold ``_``. In
anonymous grading it is ``anon`` with five letters instead: ``anon_aB3x9_67890_any.ipynb``.
"""

from pathlib import PurePosixPath
from typing import Any

from grader.lms.format import Format, total
from grader.people import clean, slug
from grader.questions import Assignment
from grader.results import Origin, Score

TYPED = ("text.html", "link.html")


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit()


def _read(name: str) -> tuple[str, str, bool] | None:
    """Return name, number and lateness from the name of a file; None if it is not Canvas's."""
    words = name.split("_")
    late = words[0] == "LATE"
    if words[late : late + 1] == ["anon"] and len(words) > late + 3:
        anonymous, file = words[late + 1 : late + 3]
        if len(anonymous) == 5 and anonymous.isascii() and anonymous.isalnum() and _is_number(file):
            return "", f"anon_{anonymous}", late
    for place in range(1, len(words) - 1):
        follows = _is_number(words[place + 1]) and place + 2 < len(words)
        typed = words[place + 1 :] in ([each] for each in TYPED)
        if _is_number(words[place]) and (follows or typed):
            late = words[place - 1] == "LATE"
            return "_".join(words[: place - late]), words[place], late
    return None


class Canvas(Format):
    """Canvas finds people by their ID, which is the same in all assignments."""

    name = "canvas"
    title = "Canvas"
    everywhere = True

    def owner(self, path: PurePosixPath) -> Origin | None:
        """Read the name of a file that lies in no folder; students name files like that, too."""
        found = _read(path.name) if len(path.parts) == 1 else None
        if found is None:
            return None
        name, number, late = found
        if number.startswith("anon_"):
            student, name = number.replace("anon_", "anonymous-").lower(), number
        else:
            student = f"{slug(name)}-{number}" if name else f"student-{number}"
        late_words = "late" if late else "on time"
        return Origin(student, "canvas", number, clean(name), str(path), late=late_words)

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
