"""Who handed something in: one name a person, whatever it comes as, and one person a name.

A name arrives in the letters of an LMS, of a file system or of a student's own folder. `key` is
what its spellings have in common; `slug` makes it the name of a folder. The list of students is
the gradebook's; it is read with SQLite itself, without nbgrader, which takes seconds to import.
"""

import hashlib
import os
import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass

from grader.course import Course

LONGEST = 300  # characters of a name that is kept as it is
LETTERS, BYTES = 60, 150  # of a folder's name that is made of another
LONGEST_ID = 200  # bytes; file systems take 255
# What Windows, whose folders a Linux machine may work in, keeps for itself.
RESERVED = {"con", "prn", "aux", "nul"} | {f"{p}{n}" for p in ("com", "lpt") for n in range(10)}


# Letters and marks that are not seen, besides those of the category Cf.
UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def digest(text: str) -> str:
    """Return eight letters that tell names apart."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _seen(text: str) -> str:
    """Drop what is not seen: marks of direction, joiners, variants of an emoji, fillers."""
    return "".join(c for c in text if unicodedata.category(c) != "Cf" and not UNSEEN.match(c))


def _decoded(text: str) -> str:
    """Read a name that was not written in UTF-8 as old programs write names."""
    try:
        raw = os.fsencode(text)
        return raw.decode("utf-8", "strict")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "backslashreplace")
    except UnicodeEncodeError:  # half of an emoji
        return text.encode("utf-8", "backslashreplace").decode()


def clean(text: str) -> str:
    """Return a name that a terminal shows and does not obey; different names stay different."""
    words = " ".join(_seen(unicodedata.normalize("NFC", _decoded(text))).split())
    shown = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in words)
    name = "".join(shown)
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 10]}… {digest(name)}"


def key(name: str) -> str:
    """Return what all spellings of a name have in common: capitals and spaces do not matter.

    Neither do control characters, which nobody sees either.
    """
    plain = "".join(c for c in name if c.isspace() or unicodedata.category(c) != "Cc")
    return " ".join(unicodedata.normalize("NFKC", clean(plain)).lower().split())


def slug(text: str) -> str:
    """Return a name as that of a folder: lower case, words joined by -.

    Where it had to be cut, nothing was left or the name is reserved, letters are added that
    belong to this name alone.
    """
    plain = key(text)
    # Marks are what many scripts write vowels with.
    kept = (c.isalnum() or c in "_.@+-" or unicodedata.category(c)[0] == "M" for c in plain)
    words = "".join(c if keep else " " for c, keep in zip(plain, kept, strict=True))
    name = "-".join(words.split()).strip("-.")
    short = name[:LETTERS].encode()[:BYTES].decode("utf-8", "ignore").strip("-.")
    if not name or short != name or name.split(".")[0] in RESERVED:
        return f"{short or 'unnamed'}-{digest(plain)}"
    return name


def first_and_last(full_name: str) -> tuple[str, str]:
    """Return first and last name, as nbgrader keeps them; a single word is the last."""
    if ", " in full_name:
        last, first = full_name.split(", ", 1)
        return first.strip(), last.strip()
    first, _, last = full_name.rpartition(" ")
    return first, last


@dataclass(frozen=True)
class Person:
    """A student of the list."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_id: str = ""

    @property
    def keys(self) -> set[str]:
        """What the student may be called."""
        first, last = self.first_name, self.last_name
        names = [f"{first} {last}", *([f"{last}, {first}"] if first and last else [])]
        return {key(name) for name in names} - {""}

    @property
    def accounts(self) -> set[str]:
        """What belongs to this student alone: the ID, the mail, the name before its @."""
        mail = key(self.email)
        return {key(self.id), mail, mail.partition("@")[0]} - {""}


def is_safe(student: str) -> bool:
    """Tell whether a student's ID can be the name of a folder as it is."""
    plain = student and student[0] not in ".-" and "/" not in student and student.isprintable()
    return bool(plain) and len(student.encode()) <= LONGEST_ID


def students_of(course: Course) -> list[Person]:
    """Return the students of the gradebook, without importing nbgrader."""
    path = course.root / "gradebook.db"
    if not path.exists():
        return []
    columns = "id, first_name, last_name, email, lms_user_id"
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as base:
        try:
            rows = base.execute(f"SELECT {columns} FROM student ORDER BY id").fetchall()
        except sqlite3.OperationalError:  # a gradebook without tables, or of an old nbgrader
            return []
    people = (Person(*(value or "" for value in row)) for row in rows)
    return [person for person in people if is_safe(person.id)]


def only(found: Iterable[str]) -> str:
    """Return the one name that is found; none if there are several."""
    names = set(found)
    return names.pop() if len(names) == 1 else ""


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return names for a sentence: so many of them at most, and how many more there are."""
    left = len(names) - most
    return ", ".join(names[:most]) + (f" and {left} more" if left > 0 else "")
