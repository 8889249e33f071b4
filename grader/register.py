"""Decides whose a hand-in is: a student of the list, one who handed in before, or a new one.

What tells, in this order: the LMS's number of a person; an account (the student's ID, the mail,
the name before its @); a full name that one person alone has. Two people of one download are
never taken for one, and one number is never taken for two people.

Students choose the names that stand around a number. Where it can be read in several ways, it must
be known of somebody of that name, and the others of nobody; else a person is asked.
"""

import json
from collections import defaultdict
from dataclasses import replace

from grader.course import Course
from grader.owners import is_doubtful, readings
from grader.people import Person, digest, key, only, slug, students_of
from grader.results import Origin
from grader.roster import roster_of


def _joined(name: str) -> str:
    """Return a name as Canvas writes it in names of files, of last and first name."""
    return "".join(letter for letter in key(name) if letter.isalnum() or letter == "_")


def _identity(origin: Origin) -> str:
    """Return a number by which a person is found again: with the name where it may be another's."""
    doubt = f" {key(origin.full_name)}" if is_doubtful(origin) else ""
    return f"{origin.lms_id}{doubt}"


class Register:
    """All students who are known when an assignment's hand-ins arrive.

    Parameters
    ----------
    course : Course
    name : str
        The assignment.
    everywhere : set of str
        The formats whose numbers are a person's in all assignments, not in one alone.
    """

    def __init__(self, course: Course, name: str, everywhere: set[str]) -> None:
        self.name, self.everywhere = name, everywhere
        self._numbers: dict[tuple[str, str, str], str] = {}
        self._of: dict[str, set[tuple[str, str]]] = defaultdict(set)  # scopes with numbers
        self._names: dict[str, set[str]] = defaultdict(set)  # students by key of a full name
        self._accounts: dict[str, set[str]] = defaultdict(set)
        self._students: set[str] = set()
        self._taken: set[str] = set()  # in this download
        self._joined: dict[str, set[str]] = defaultdict(set)
        enrolled, left = roster_of(course)
        self._list = enrolled | left
        for person in students_of(course):
            self._enter(person)
        for path in sorted((course.root / "submitted").glob("*/*/origin.json")):
            self._remember(path.parent.parent.name, path.parent.name, path.read_text("utf-8"))

    def lists(self, student: str) -> bool:
        """Tell whether a student is on the list of students; everyone is, if there is none."""
        return not self._list or student in self._list

    def _enter(self, person: Person) -> None:
        self._students.add(person.id)
        for name in person.keys:
            self._names[name].add(person.id)
        self._joined[_joined(person.last_name + person.first_name)].add(person.id)
        for account in person.accounts:
            self._accounts[account].add(person.id)
        if person.lms_id:
            for lms in self.everywhere:
                self._number(person.id, lms, "", person.lms_id)

    def _remember(self, student: str, assignment: str, text: str) -> None:
        """Learn from an earlier hand-in who it was of."""
        self._students.add(student)
        try:
            origin = json.loads(text)
            kept = ("lms", "lms_id", "full_name", "file")
            owner = Origin(student, **{name: str(origin.get(name) or "") for name in kept})
        except (ValueError, AttributeError):
            return
        if owner.full_name:
            self._names[key(owner.full_name)].add(student)
        if owner.lms and owner.lms_id:
            scope = self._scope(owner.lms, owner.lms_id, assignment)
            self._number(student, owner.lms, scope, _identity(owner))

    def _scope(self, lms: str, number: str, assignment: str) -> str:
        """Return where a number is a person's: everywhere, or in one assignment."""
        if lms in self.everywhere and number.isdecimal():
            return ""
        return assignment

    def _number(self, student: str, lms: str, scope: str, number: str) -> None:
        self._numbers.setdefault((lms, scope, number), student)
        self._of[student].add((lms, scope))

    def settle(self, owner: Origin) -> Origin:
        """Return the hand-in as its file's name is to be read.

        If that stays unclear, it has all the numbers for one, and a problem.
        """
        every = readings(owner)
        if len(every) < 2:
            return owner
        scopes = [self._scope(each.lms, each.lms_id, self.name) for each in every]
        students = [
            self._numbers.get((each.lms, scope, each.lms_id))
            for each, scope in zip(every, scopes, strict=True)
        ]
        known = [(each, student) for each, student in zip(every, students, strict=True) if student]
        if not known:
            return every[0]
        reading, student = known[0]
        if len(known) == 1 and student in self._called(reading.full_name):
            return reading
        numbers = [each.lms_id for each in every]
        return replace(
            every[0],
            student=slug(every[0].full_name),
            lms_id="_".join(numbers),
            problem=f"its file's name can be of the student {' or '.join(numbers)}",
        )

    def _called(self, name: str) -> set[str]:
        """Return the students who are known by a name, as it is or as Canvas writes it."""
        return self._names.get(key(name), set()) | self._joined.get(_joined(name), set())

    def match(self, owner: Origin, names: set[str], mail: str = "", alone: bool = True) -> str:
        """Return whose a hand-in is, and remember it.

        Parameters
        ----------
        owner : Origin
            As `settle` returns it; its student is what a new one is called.
        names : set of str
            All names that the download has for this person.
        mail : str
            If the LMS tells it.
        alone : bool
            Whether nobody else in the download has one of these names.
        """
        scope = self._scope(owner.lms, owner.lms_id, self.name)
        alone = alone and not owner.problem
        numbers = [owner.lms_id, _identity(owner)] if owner.lms_id else []
        found = (self._numbers.get((owner.lms, scope, number)) for number in numbers)
        student = next(filter(None, found), None)
        if student is None:
            student = self._free(self._known(owner, names, mail, alone), owner, scope)
        student = student or self._new(owner, alone)
        self._students.add(student)
        self._taken.add(student)
        for name in names if not owner.problem else ():
            self._names[key(name)].add(student)
        if owner.lms_id:
            self._number(student, owner.lms, scope, _identity(owner))
        return student

    def _known(self, owner: Origin, names: set[str], mail: str, alone: bool) -> str:
        keys = {key(name) for name in names}
        if not owner.lms and (found := only(names & self._students)):
            return found  # instructors put late work into folders named as here
        if mail and (found := only(self._accounts.get(key(mail), ()))):
            return found
        if alone and (found := only(s for each in keys for s in self._names.get(each, ()))):
            return found
        if alone and owner.lms in self.everywhere:
            return only(s for each in keys for s in self._joined.get(_joined(each), ()))
        if not owner.lms:
            return only(s for each in keys for s in self._accounts.get(each, ()))
        return ""

    def _free(self, student: str, owner: Origin, scope: str) -> str:
        """Return the student, unless this is somebody else's: another number, another folder."""
        other = owner.lms_id and (owner.lms, scope) in self._of.get(student, ())
        return "" if student in self._taken or other else student

    def _new(self, owner: Origin, alone: bool) -> str:
        wanted = owner.student
        if alone and wanted not in self._students:
            return wanted
        ending = slug(owner.lms_id) if owner.lms_id else digest(key(owner.full_name))
        if not wanted.endswith(f"-{ending}"):
            wanted = f"{wanted}-{ending}"
        if wanted in self._students:
            wanted = f"{wanted}-{digest(repr((owner.lms, self.name, owner.lms_id, owner.file)))}"
        return wanted
