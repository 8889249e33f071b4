"""The list of a course's students: read from a file or an LMS's export, kept in the gradebook.

A student keeps the ID that the first import or the first hand-in has given: it is the name of
folders. Later imports find people by it, by their ID in the LMS, their mail, or a name that only
one of them has. Who is on the list, and who has left, stands in ``roster.json``.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.course import Course, CourseError
from grader.people import Person, clean, first_and_last, is_safe, key, slug, students_of
from grader.records import reading, write_record
from grader.results import origin_of
from grader.tables import read_table

SHOWN = 5  # problems that a message holds
LONGEST = 128  # characters, of nbgrader's columns
PARTICIPANT = re.compile(r"\D{1,40} \d{1,20}", re.ASCII)

#: What the columns are called, in letters without capitals, by what they hold.
HEADS = {
    "id": "id; student; student id; student_id",
    "first_name": "first name; firstname; first_name; given name; vorname; prénom; nombre",
    "last_name": "last name; lastname; last_name; surname; family name; nachname; nom; "
    "nom de famille; apellido(s); apellidos; achternaam",
    "full_name": "full name; fullname; full_name; name; vollständiger name; nom complet; "
    "nombre completo",
    "email": "email address; email; e-mail; mail; mail address; e-mail-adresse; "
    "adresse de courriel; dirección de correo; e-mailadres",
    "lms_id": "lms id; lms_id; lms user id; lms_user_id",
    "login": "username; login; anmeldename; nom d’utilisateur; nombre de usuario",
    "number": "id number; idnumber; id-nummer; matrikelnummer",
}
CANVAS = {
    "student": "full_name",
    "id": "lms_id",
    "lastname": "last_name",
    "firstname": "first_name",
    "sis login id": "login",
    "sis user id": "number",
}


@dataclass
class Changes:
    """What an import did: the IDs of the students by what became of them, and words."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Entry:
    """A student as a file has it; `id` is empty where the file knows none."""

    line: int
    person: Person
    login: str = ""


def recognize(rows: list[list[str]]) -> str:
    """Return what a table is of, by the heads of its columns and by how people are called there."""
    plain = [key(head) for head in rows[0]]
    if plain[:1] == ["student"] and "id" in plain[1:2] and "section" in plain:
        return "canvas"
    if plain[:3] == ["lastname", "firstname", "id"] and "section" in plain:
        return "canvas"
    if "id" not in plain:
        return "moodle"
    place = plain.index("id")  # also of Moodle's worksheet in some languages: Participant 1201
    numbers = [PARTICIPANT.fullmatch(row[place]) for row in rows[1:] if len(row) > place]
    return "moodle" if numbers and all(numbers) else "plain"


def read_roster(path: Path, format: str | None = None) -> tuple[list[Entry], list[str]]:
    """Return the students of a file, and words about lines that are left out.

    Parameters
    ----------
    format : str, optional
        "plain", "moodle" or "canvas". Recognized, if it is not given.

    Raises
    ------
    CourseError
        If the file or lines of it are not what they should be; the message names them.
    """
    rows = read_table(path)
    if not (rows and rows[0]):
        raise CourseError(f"{path} is empty, or its first line is.")
    format = format or recognize(rows)
    columns = _columns(path, rows[0], format)
    entries, problems, words = [], [], []
    for line, row in enumerate(rows[1:], start=2):
        cells = {name: row[place] if place < len(row) else "" for name, place in columns.items()}
        if not row:
            continue
        if reason := _no_student(cells, format):
            words += [reason] if reason.strip() else []
            continue
        try:
            entries.append(_entry(line, cells, format, words))
        except NamelessError:
            words.append(f"line {line}: there is no name in it, so it is left out.")
        except CourseError as error:
            problems.append(f"line {line}: {error}")
    entries, doubled = _without_doubles(entries)
    problems += doubled
    if problems:
        more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        listed = "\n  ".join(problems[:SHOWN] + more)
        raise CourseError(f"Nothing of {path} was imported:\n  {listed}")
    if not entries:
        raise CourseError(f"{path} holds no students.")
    return entries, list(dict.fromkeys(words))


def _columns(path: Path, heads: list[str], format: str) -> dict[str, int]:
    plain = [key(head) for head in heads]
    known = {head: name for name, each in HEADS.items() for head in each.split("; ")}
    if format == "canvas":
        known = CANVAS
    elif format == "moodle":
        known = {head: name for head, name in known.items() if name != "id"}
    columns: dict[str, int] = {}
    for place, head in enumerate(plain):
        if head in known:
            columns.setdefault(known[head], place)
    named = "full_name" in columns or "last_name" in columns
    needed = {"plain": "id" in columns, "moodle": named, "canvas": named and "lms_id" in columns}
    if needed[format]:
        return columns
    example = {
        "plain": "id, first name, last name, mail, lms id; only the first is needed",
        "moodle": "First name, Last name, Email address, or Full name, Email address",
        "canvas": "Student, ID, SIS Login ID, Section",
    }
    shown = ", ".join(clean(head)[:30] for head in heads[:12])
    raise CourseError(
        f"The columns of {path} are {shown}, and those of a {format} list are {example[format]}: "
        "write these heads in its first line, or name another format with --from."
    )


def _no_student(cells: dict[str, str], format: str) -> str:
    """Return why a line is of no student: a blank where that needs no words."""
    if format != "canvas":
        return ""
    name = cells.get("full_name") or f"{cells.get('last_name')}, {cells.get('first_name')}"
    if not cells["lms_id"].strip():  # such as "Points Possible"
        return " "
    return "Canvas's test student is left out." if name == "Student, Test" else ""


class NamelessError(Exception):
    """A line of an LMS's list without a name: students choose it, and stop no list by it."""


def _entry(line: int, cells: dict[str, str], format: str, words: list[str]) -> Entry:
    """Read a line; words tell what of it is left out, since a student chose it too long.

    Raises
    ------
    CourseError
        If it is of nobody.
    """
    given = {name: clean(value) for name, value in cells.items()}
    full, first, last = (given.get(each, "") for each in ("full_name", "first_name", "last_name"))
    if full and not (first or last):
        first, last = first_and_last(full)
    mail = given.get("email", "")
    login = given.get("login", "")
    if format == "canvas" and "@" in login:
        mail = mail or login
    if len(given.get("lms_id", "")) > LONGEST:
        raise CourseError(f"the LMS ID has more than {LONGEST} characters")
    if max(len(first), len(last)) > LONGEST:
        words.append(f"line {line}: the name has more than {LONGEST} characters, and is cut.")
        first, last = first[:LONGEST], last[:LONGEST]
    if len(mail) > LONGEST:
        words.append(f"line {line}: the mail has more than {LONGEST} characters: left out.")
        mail = ""
    identity = given.get("id", "")
    if format == "plain" and not identity:
        raise CourseError("there is no ID")
    if format == "canvas" and not given["lms_id"].isdecimal():
        raise CourseError(f"the ID {given['lms_id'][:30]!r} is none of Canvas's, which are numbers")
    if format != "plain" and not (first or last):
        raise NamelessError
    if identity and not is_safe(identity := slug(identity)):
        raise CourseError(f"the ID {identity[:30]!r} cannot be the name of a folder")
    mail = mail if "@" in mail else ""
    person = Person(identity, first, last, mail, given.get("lms_id", ""))
    return Entry(line, person, login or given.get("number", ""))


def _without_doubles(entries: list[Entry]) -> tuple[list[Entry], list[str]]:
    """Return everyone once, and the lines that contradict each other."""
    seen: dict[tuple[str, str], Entry] = {}
    kept, problems = [], []
    for entry in entries:
        person = entry.person
        marks = [("ID", person.id), ("LMS ID", person.lms_id), ("mail", key(person.email))]
        marks = [(kind, value) for kind, value in marks if value]
        earlier = [(mark, seen[mark]) for mark in marks if mark in seen]
        for (kind, value), other in earlier[:1]:
            if other.person != person:
                problems.append(
                    f"line {entry.line}: the {kind} {value} is also in line {other.line}"
                )
        if not earlier:
            kept.append(entry)
            seen |= dict.fromkeys(marks, entry)
    return kept, problems


def _certain(entries: list[Entry], open_: dict[str, Person]) -> dict[int, Person]:
    """Take whom IDs, then numbers of the LMS, then mails tell; return them by line.

    For all lines at once, so that nobody is found by a name who is certain elsewhere.
    """
    found: dict[int, Person] = {}
    tells: tuple[Callable[[Person], str], ...] = (
        lambda person: key(person.id),
        lambda person: person.lms_id,
        lambda person: key(person.email),
    )
    for tell in tells:
        known = {tell(person): person for person in reversed(open_.values())}
        for entry in entries:
            mark = tell(entry.person)
            if mark and entry.line not in found and mark in known and known[mark].id in open_:
                found[entry.line] = open_.pop(known[mark].id)
    return found


def _called(person: Person, known: Iterable[Person]) -> list[Person]:
    """Return who may be meant by a name alone: nobody with an ID, mail or number of their own."""
    if person.id:
        return []
    return [
        each
        for each in known
        if each.keys & person.keys
        and not (each.email and person.email)
        and not (each.lms_id and person.lms_id)
    ]


def _others(course: Course) -> dict[str, set[str]]:
    """Return by folder of a student what LMSs called who handed in there."""
    found: dict[str, set[str]] = {}
    for path in (course.root / "submitted").glob("*/*"):
        origin = origin_of(course, path.name, path.parent.name)
        if origin.lms:
            found.setdefault(key(path.parent.name), set()).add(key(origin.full_name))
    return found


def _named(
    entries: list[Entry],
    known: list[Person],
    on: set[str],
    words: list[str],
    others: dict[str, set[str]],
) -> Iterator[tuple[Person, Person | None]]:
    """Give everyone an ID; yield the students with what was known of them.

    Where a line could be of several of the list, or several lines of one, they stay as they are,
    and words tell it. Nobody gets the folder in which `others`, of another name, handed in.
    """
    open_ = {person.id: person for person in known}
    certain = _certain(entries, open_)
    claims = {
        entry.line: _called(entry.person, open_.values())
        for entry in entries
        if entry.line not in certain
    }
    claimed = Counter(person.id for each in claims.values() for person in each)
    names = Counter(slug(f"{e.person.first_name} {e.person.last_name}") for e in entries)
    taken = {key(person.id) for person in known}
    for entry in entries:
        person = entry.person
        before, found = certain.get(entry.line), claims.get(entry.line, [])
        if len(found) == 1 and claimed[found[0].id] == 1:
            before = found[0]
        elif listed := [each for each in found if each.id in on]:
            words.append(
                f"line {entry.line}: {max(len(listed), claimed[listed[0].id])} students are called "
                f"{person.first_name} {person.last_name}, who stay as they are: to tell them "
                "apart, the file and the list have to hold their mail or ID."
            )
            yield from ((each, each) for each in listed)
            continue
        if before is not None:
            known_values = {
                name: getattr(person, name) or getattr(before, name) for name in ("email", "lms_id")
            }
            if not (person.first_name or person.last_name):
                known_values |= {"first_name": before.first_name, "last_name": before.last_name}
            yield replace(person, id=before.id, **known_values), before
            continue
        if not person.id:
            name = slug(f"{person.first_name} {person.last_name}")
            more = person.lms_id or entry.login or person.email
            if others.get(key(name), set()) - person.keys:
                taken.add(key(name))
            if names[name] > 1 or key(name) in taken:
                name = slug(f"{name}-{more}") if more else name
            number = 2
            while key(name) in taken:
                name, number = f"{name}-{number}", number + 1
            person = replace(person, id=name)
        taken.add(key(person.id))
        yield person, None


def import_roster(course: Course, entries: list[Entry], add: bool = False) -> Changes:
    """Write students to the gradebook, all or none; return what changed, and words about it.

    Parameters
    ----------
    add : bool
        Whether those who are not in the file stay on the list.
    """
    changes, written = Changes(), []
    on, gone = roster_of(course)
    others = _others(course)
    for person, before in _named(entries, students_of(course), on, changes.words, others):
        if person in written:  # one of several of a name
            continue
        if before is None:
            changes.new.append(person.id)
        elif person != before:
            changes.changed.append(person.id)
        else:
            changes.same.append(person.id)
        written.append(person)
    now = {person.id for person in written}
    if add:
        now |= on
    changes.left = sorted(on - now)
    _write(course, written)
    kept = {"enrolled": sorted(now), "left": sorted((gone | on) - now)}
    write_record(course.root / "roster.json", kept)
    return changes


def _write(course: Course, people: Iterable[Person]) -> None:
    from nbgrader.api import Student

    with course.gradebook() as book:
        for person in people:
            student = Student(
                id=person.id,
                first_name=person.first_name or None,
                last_name=person.last_name or None,
                email=person.email or None,
                lms_user_id=person.lms_id or None,
            )
            book.db.merge(student)
        book.db.commit()


def roster_of(course: Course) -> tuple[set[str], set[str]]:
    """Return the IDs of who is on the list, and of who has left it.

    Raises
    ------
    CourseError
        If the file is damaged.
    """
    path = course.root / "roster.json"
    try:
        with reading(path, "delete it, and import the list again"):
            kept = json.loads(path.read_text("utf-8"))
            return set(kept["enrolled"]), set(kept["left"])
    except FileNotFoundError:
        return set(), set()


def find(course: Course, student: str) -> None:
    """Refuse a student of whom nothing is known: neither on the list nor with a hand-in."""
    handed_in = {path.name for path in (course.root / "submitted").glob("*")}
    if student not in handed_in | {person.id for person in students_of(course)}:
        raise CourseError(
            f"No student is called {clean(student)}: python -m grader roster{course.option} "
            "lists them."
        )
