"""What a format is: how files are named in its download, and what its import wants to read."""

import re
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, ClassVar, NamedTuple

from grader.course import CourseError
from grader.people import clean, key
from grader.questions import Assignment
from grader.results import Origin
from grader.standing import Standing

Table = list[list[Any]]
SHOWN = 8  # heads of columns that a message holds
NUMBER_BEHIND = re.compile(r"(.*?) ?\((\d{1,20})\)", re.ASCII | re.DOTALL)


@dataclass(frozen=True)
class Wish:
    """What an export should be like.

    Attributes
    ----------
    now : datetime
        When it is written.
    column : str
        The head of the column of grades, where a file is filled.
    assignment_id : str
        The number that the LMS gives the assignment.
    missing : float, optional
        The grade of who has not handed in; none, if it is not given.
    comments : bool
        Whether the points by question go along as a comment.
    """

    now: datetime
    column: str = ""
    assignment_id: str = ""
    missing: float | None = None
    comments: bool = False

    def grade(self, standing: Standing) -> float | None:
        """Return the grade of a student; None while there is none."""
        return self.missing if standing.state == "missing" else standing.total


class Format(ABC):
    """One way in which submissions arrive, and grades leave.

    Attributes
    ----------
    name : str
        What ``--from`` and ``--to`` call it.
    title : str
        What its makers call it.
    certain : bool
        Whether no file is named like this by accident: one name tells that all came this way.
    everywhere : bool
        Whether the number of a person is the same in all assignments.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    certain: ClassVar[bool] = False
    everywhere: ClassVar[bool] = False

    @property
    def whence(self) -> str:
        """Which submissions an import is of, as the end of a sentence."""
        return f" that was collected from an export of {self.title}"

    @abstractmethod
    def owner(self, path: PurePosixPath) -> Origin | None:
        """Tell who handed in a file, from where it lies in the download.

        None if files are not named like this there.
        """

    def readings(self, path: PurePosixPath) -> list[Origin]:
        """Return whose a file can be by its name, if that can be read in several ways.

        `owner` is the first of them.
        """
        owner = self.owner(path)
        return [owner] if owner else []

    def owner_within(self, path: PurePosixPath) -> Origin | None:
        """Tell the same where folders may stand around the download."""
        return self.owner(path)

    def fits(self, paths: Iterable[PurePosixPath]) -> bool:
        """Tell whether a folder with these files in it looks like a download of several people."""
        owners = [self.owner(path) for path in paths]
        return all(owners) and len({owner.lms_id for owner in owners if owner}) > 1

    @abstractmethod
    def heads(self, assignment: Assignment, wish: Wish) -> list[str]:
        """Return the heads of the columns of the import."""

    @abstractmethod
    def row(self, standing: Standing, assignment: Assignment, wish: Wish) -> list[Any] | None:
        """Return a student's line of the import; None if it cannot be told of the student."""

    def before(self, assignment: Assignment, wish: Wish) -> Table:
        """Return lines that stand before those of the students."""
        return []

    def fill(
        self, table: Table, standings: Sequence[Standing], assignment: Assignment, wish: Wish
    ) -> tuple[Table, list[str]]:
        """Return a file of the LMS with grades in it, heads first, and words about it.

        Raises
        ------
        CourseError
            If it is not the LMS's file, or the column of grades is not found.
        """
        raise CourseError(f"There is no file of {self.title} to fill: use --to moodle or canvas.")

    def pack_name(self, origin: Origin, name: str) -> str | None:
        """Return how a student's feedback is called in the zip file that the LMS takes.

        None if the LMS cannot tell whose it is.
        """
        return None


def comment(standing: Standing, assignment: Assignment) -> str:
    """Return the points of a graded student in a few words."""
    if not standing.final:
        return ""
    titles = {question.id: question.title for question in assignment.questions}
    parts = [
        f"{titles[name]}: {score.points:g} of {score.maximum:g}"
        for name, score in standing.scores.items()
        if name in titles
    ]
    if standing.loss:
        parts.append(f"{standing.lateness} late: -{standing.loss:g}")
    return "; ".join(parts) + f". Total: {standing.total:g} of {assignment.points:g}."


def shown(heads: Sequence[str]) -> str:
    """Return heads of columns for a message."""
    more = [f"and {len(heads) - SHOWN} more"] if len(heads) > SHOWN else []
    return ", ".join([clean(head)[:40] for head in heads[:SHOWN]] + more)


class Row(NamedTuple):
    """What a line of an LMS's file tells of a student."""

    number: str
    mail: str
    name: str


class Finder:
    """Finds the students of an LMS's file: by number, else by mail, else by name.

    All numbers come first, then all mails: nobody who has a number there is found by a name. Where
    two lines could be one student's, neither is.

    Parameters
    ----------
    standings : iterable of Standing
    number : function
        Returns a student's number in this LMS; empty if there is none.
    """

    def __init__(self, standings: Iterable[Standing], number: Callable[[Standing], str]) -> None:
        self.left = {standing.student: standing for standing in standings}
        self.number = number
        self._twice: set[str] = set()  # who could have several lines
        self._doubts: list[str] = []
        every = self.left.values()
        self._numbers = _by(every, lambda each: [number(each)])
        self._mails = _by(every, lambda each: [key(each.person.email)])
        self._names = _by(every, lambda each: each.person.keys | {key(each.name)})

    def match(self, rows: Sequence[Row]) -> list[Standing | None]:
        """Return whose each line is; None if nobody's, or if it is unclear."""
        found: list[Standing | None] = [None] * len(rows)
        waiting = dict(enumerate(rows))
        same_mails = any(key(row.mail) in self._mails for row in rows if row.mail)
        numbers = {row.number for row in rows if row.number}
        if numbers and self._numbers and numbers.isdisjoint(self._numbers):
            self._doubts = [
                "None of its numbers is known: is it the file of this assignment and course? "
                "Students can only be found by mail or name."
            ]
        for tells in (
            lambda row: self._numbers.get(row.number, []),
            lambda row: self._mails.get(key(row.mail), []),
            lambda row: self._named(row, same_mails),
        ):
            claims: dict[str, list[int]] = defaultdict(list)
            for place, row in waiting.items():
                if len(students := tells(row)) == 1 and students[0] in self.left:
                    claims[students[0]].append(place)
            for student, places in claims.items():
                if len(places) > 1 or student in self._twice:
                    self._twice.add(student)
                else:
                    found[places[0]] = self.left.pop(student)
                for place in places:
                    del waiting[place]
        return found

    def _named(self, row: Row, same_mails: bool) -> list[str]:
        """Return whose name a line has; nobody's who has a number, or another mail."""
        students = [s for s in self._names.get(key(row.name), ()) if s in self.left]
        for student in students:
            mail = self.left[student].person.email
            if self.number(self.left[student]) or (row.mail and mail and same_mails):
                return []
        return students

    def words(self, wish: Wish) -> list[str]:
        """Say who has a grade, but no line in the file."""
        names = [each.student for each in self.left.values() if wish.grade(each) is not None]
        lost = [name for name in names if name not in self._twice]
        words = list(self._doubts)
        if lost:
            words += [f"{len(lost)} with a grade are not in the file: {shown(lost)}."]
        if twice := [name for name in names if name in self._twice]:
            words += [
                f"{len(twice)} with a grade could have several lines in the file, of which none "
                f"is filled: {shown(twice)}."
            ]
        return words


def _by(
    every: Iterable[Standing], known: Callable[[Standing], Iterable[str]]
) -> dict[str, list[str]]:
    """Return students by what is known of them."""
    found: dict[str, list[str]] = defaultdict(list)
    for each in every:
        for word in set(known(each)) - {""}:
            found[word].append(each.student)
    return dict(found)
