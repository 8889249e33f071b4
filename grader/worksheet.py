"""Moodle's grading worksheet: who has which number in an assignment, and when each handed in.

Its heads and dates are in the teacher's language. Dates are read in those that are named here.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from grader.course import CourseError
from grader.people import clean, key
from grader.roster import HEADS
from grader.tables import read_table

# What a column of times begins with; the first one in a worksheet is the hand-in's.
CHANGED = ("last modified", "zuletzt geändert", "dernière modification", "última modificación")
MAILS = HEADS["email"].split("; ")
NAMES = ("full name", "vollständiger name", "nom complet", "nombre completo")
MONTHS = (
    ("jan", "ene"),
    ("feb", "fév", "fev"),
    ("mar", "mär", "mrz", "maa"),
    ("apr", "avr", "abr"),
    ("may", "mai", "mei"),
    ("jun", "juin"),
    ("jul", "juil"),
    ("aug", "aoû", "ago"),
    ("sep",),
    ("oct", "okt"),
    ("nov",),
    ("dec", "dez", "déc", "dic"),
)
DATE = re.compile(r"(?<![0-9])([0-9]{1,2})(?![0-9:])|(?<![0-9:])([0-9]{4})(?![0-9])")
CLOCK = re.compile(r"\b([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?\s*([ap]\.?\s?m\b)?", re.I)
WORD = re.compile(r"[^\W\d_]{3,}")
IDENTIFIER = re.compile(r"[^0-9]{0,60}([0-9]{1,18})")


@dataclass(frozen=True)
class Line:
    """A participant: name, mail, and when something was handed in, if it was."""

    name: str = ""
    mail: str = ""
    time: datetime | None = None


def read_date(text: str, zone: tzinfo | None) -> datetime | None:
    """Return a date of Moodle's in UTC, such as "Wednesday, 23 September 2020, 9:00 PM"."""
    clock = CLOCK.search(text[:100])
    if clock is None:
        return None
    before = text[:100].replace(clock[0], " ")
    days = [int(day) for day, _ in DATE.findall(before) if day]
    years = [int(year) for _, year in DATE.findall(before) if year]
    months = [month for word in WORD.findall(before.lower()) if (month := _month(word))]
    hour, minute, half = int(clock[1]), int(clock[2]), (clock[3] or "").lower()[:1]
    if half:
        hour = hour % 12 + 12 * (half == "p")
    try:
        local = datetime(years[-1], months[-1], days[0], hour, minute)
    except (ValueError, IndexError):
        return None
    local = local.astimezone() if zone is None else local.replace(tzinfo=zone)
    return local.astimezone(UTC)


def _month(word: str) -> int:
    for number, names in enumerate(MONTHS, start=1):
        # Weekdays begin alike: mardi and mars, martes and marzo, März and mercredi.
        if word.startswith(names) and not word.startswith(("mard", "mart", "mari")):
            return number
    return 0


def _agreed(one: Line, other: Line) -> Line:
    """Return what two lines of one number both say: a student may have typed one of them."""
    return Line(
        one.name if one.name == other.name else "",
        one.mail if one.mail == other.mail else "",
        one.time if one.time == other.time else None,
    )


def read_worksheet(path: Path, zone: tzinfo | None = None) -> dict[str, Line]:
    """Return the participants by number.

    Parameters
    ----------
    zone : tzinfo, optional
        What its times are of; the machine's, if it is not given.

    Raises
    ------
    CourseError
        If it is no grading worksheet, or none of its times can be read.
    """
    rows = read_table(path)
    heads = [key(head) for head in rows[0]] if rows else []
    numbers = [IDENTIFIER.fullmatch(row[0]) if row else None for row in rows[1:]]
    if not any(numbers):
        raise CourseError(
            f"{path} is no grading worksheet: its first column holds no numbers of participants. "
            "In Moodle: the assignment, Submissions, Download grading worksheet."
        )
    name = next((place for place, head in enumerate(heads) if head in NAMES), None)
    when = next((place for place, head in enumerate(heads) if head.startswith(CHANGED)), None)
    # No other column is believed: students fill some, such as their name or a typed text.
    mail = next((place for place, head in enumerate(heads) if head in MAILS), None)
    lines: dict[str, Line] = {}
    unread = ""
    for number, row in zip(numbers, rows[1:], strict=True):
        if number is None:
            continue
        cell = row[when] if when is not None and when < len(row) else ""
        time = read_date(cell, zone)
        if time is None and any(letter.isdigit() for letter in cell):
            unread = cell
        shown = clean(row[name]) if name is not None and name < len(row) else ""
        address = clean(row[mail]) if mail is not None and mail < len(row) else ""
        line = Line(shown, address if "@" in address else "", time)
        lines[number[1]] = _agreed(lines.get(number[1], line), line)
    if unread and not any(line.time for line in lines.values()):
        raise CourseError(
            f"No time of {path} can be read, such as {clean(unread)[:60]!r}: download it with "
            "Moodle in English."
        )
    return lines
