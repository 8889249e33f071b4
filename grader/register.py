"""Decides whose a hand-in is: a student of the list, one who handed in before, or a new one.

What is certain comes first, for all of a download: the LMS's number of a person, the student's ID
as the name of a folder, and the mail that the LMS tells. Whoever is found by it is never found by
a name again. Then names tell, and in plain folders accounts: where two claim one student by them,
neither gets the student, and a person is asked. A number that was found by a name alone is no more
certain than the name. Two people of one download are never taken for one, and one number is never
taken for two people.

Students choose the names that stand around a number. Where it can be read in several ways, it must
be known of somebody of that name, and the others of nobody; else a person is asked.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

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


UNCLEAR = (
    "its name tells of a student of whom something else came, too: a person decides whose it is"
)

Number = tuple[str, str, str]  # the LMS, where the number is a person's, and the number itself


@dataclass(frozen=True)
class Arrival:
    """The hand-in of one person in a download.

    Attributes
    ----------
    owner : Origin
        As `Register.settle` returns it; its student is what a new one is called.
    names : set of str
        All names that the download has for this person.
    mail : str
        If the LMS tells it.
    alone : bool
        Whether nobody else in the download has one of these names, as that of a folder.
    """

    owner: Origin
    names: set[str]
    mail: str = ""
    alone: bool = True


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
        self._numbers: dict[Number, str] = {}
        self._open: dict[Number, str] = {}  # of these, found by a name, or of nobody on the list
        self._present: set[Number] = set()  # in this download
        self._of: dict[str, set[tuple[str, str]]] = defaultdict(set)  # scopes with numbers
        self._names: dict[str, set[str]] = defaultdict(set)  # students by key of a full name
        self._accounts: dict[str, set[str]] = defaultdict(set)
        self._mails: dict[str, str] = {}  # by student
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
        if person.email:
            self._mails[person.id] = key(person.email)
        if person.lms_id:
            for lms in self.everywhere:
                self._number(person.id, (lms, "", person.lms_id))

    def _remember(self, student: str, assignment: str, text: str) -> None:
        """Learn from an earlier hand-in who it was of."""
        self._students.add(student)
        try:
            origin = json.loads(text)
            kept = ("lms", "lms_id", "full_name", "file", "matched")
            owner = Origin(student, **{name: str(origin.get(name) or "") for name in kept})
        except (ValueError, AttributeError):
            return
        if owner.full_name:
            self._names[key(owner.full_name)].add(student)
        if number := self._number_of(owner, assignment):
            listed = owner.matched == "no" and student in self._list  # by now
            self._number(student, number, "" if listed else owner.matched)

    def _scope(self, lms: str, number: str, assignment: str) -> str:
        """Return where a number is a person's: everywhere, or in one assignment."""
        if lms in self.everywhere and number.isdecimal():
            return ""
        return assignment

    def _number_of(self, owner: Origin, assignment: str) -> Number | None:
        """Return by what a person is found again, in plain folders the name; None if by nothing."""
        if not owner.lms:
            return ("", assignment, key(owner.full_name)) if owner.full_name else None
        scope = self._scope(owner.lms, owner.lms_id, assignment)
        return (owner.lms, scope, _identity(owner)) if owner.lms_id else None

    def _number(self, student: str, number: Number, matched: str = "") -> None:
        """Note whose a number is; what is certain counts more than what a name told."""
        if number not in self._numbers or (number in self._open and not matched):
            self._numbers[number] = student
            self._open.pop(number, None)
            if matched:
                self._open[number] = matched
        if number[0]:
            self._of[student].add(number[:2])

    def expect(self, owners: Iterable[Origin]) -> None:
        """Note the numbers of a download that leave no doubt: they are nobody else's."""
        self._present |= {n for owner in owners if (n := self._number_of(owner, self.name))}

    def settle(self, owner: Origin) -> Origin:
        """Return the hand-in as its file's name is to be read.

        If that stays unclear, it has all the numbers for one, and a problem.
        """
        every = readings(owner)
        if len(every) < 2:
            return owner
        scopes = [self._scope(each.lms, each.lms_id, self.name) for each in every]
        numbers = [(o.lms, scope, o.lms_id) for o, scope in zip(every, scopes, strict=True)]
        students = [
            self._numbers.get(number) or ("?" if number in self._present else "")
            for number in numbers
        ]
        known = [(each, student) for each, student in zip(every, students, strict=True) if student]
        if not known:
            return every[0]
        reading, student = known[0]
        if len(known) == 1 and student in self._called(reading.full_name):
            return reading
        each_id = [each.lms_id for each in every]
        return replace(
            every[0],
            student=slug(every[0].full_name),
            lms_id="_".join(each_id),
            problem=f"its file's name can be of the student {' or '.join(each_id)}",
        )

    def _called(self, name: str) -> set[str]:
        """Return the students who are known by a name, as it is or as Canvas writes it."""
        return self._names.get(key(name), set()) | self._joined.get(_joined(name), set())

    def match(self, arrivals: Sequence[Arrival]) -> list[Origin]:
        """Return the hand-ins of a download as their students', in the same order; remember it.

        `matched` says by what each was found, and `problem` what is unclear.
        """
        known = [self._known(each) for each in arrivals]
        mailed = [self._mailed(each) for each in arrivals]
        sure = [
            "" if student and self._is_open(each) and student != mail else student or mail
            for each, student, mail in zip(arrivals, known, mailed, strict=True)
        ]
        same_mails = any(key(each.mail) in self._accounts for each in arrivals if each.mail)
        claims = [
            "" if student else self._claimed(each, same_mails)
            for each, student in zip(arrivals, sure, strict=True)
        ]
        certain, claimed = Counter(filter(None, sure)), Counter(filter(None, claims))
        found, before = [], set(self._taken)
        for number, each in enumerate(arrivals):
            student, claim, unclear = known[number], claims[number], False
            if student:  # what came before is kept there
                rivals = claimed[claim] > 1 or (claim == student and certain[claim] > 0)
                unclear = not sure[number] and bool(mailed[number] or (claim and rivals))
            elif sure[number]:
                student = sure[number]
                unclear = certain[student] > 1 or not self._is_free(student, each)
                student = "" if unclear else student
            elif claim and not certain[claim] and claim not in before:
                unclear = claimed[claim] > 1 or self._is_guessed(claim, each)
                student = claim if not unclear and self._is_free(claim, each) else ""
            found.append(self._settled(each, student, unclear, by_name=student == claim != ""))
        return found

    def _settled(self, each: Arrival, student: str, unclear: bool, by_name: bool) -> Origin:
        """Remember whose a hand-in is; of nobody who is known if no student is given."""
        owner = each.owner
        student = student or self._new(owner, each.alone and not owner.problem and not unclear)
        matched = "name" if by_name else ""
        if student not in self._list and (self._list or unclear or self._is_open(each)):
            matched = matched or "no"
        if unclear:
            owner = replace(owner, problem="; ".join(filter(None, (owner.problem, UNCLEAR))))
        self._students.add(student)
        self._taken.add(student)
        for name in each.names if not owner.problem else ():
            self._names[key(name)].add(student)
        if number := self._number_of(owner, self.name):
            self._number(student, number, matched)
        return replace(owner, student=student, matched=matched)

    def _numbers_of(self, owner: Origin) -> list[Number]:
        """Return by what a person may be known: also a number that no name makes certain."""
        number = self._number_of(owner, self.name)
        return [(*number[:2], owner.lms_id), number] if number and number[0] else []

    def _is_open(self, each: Arrival) -> bool:
        """Tell whether a number is known by a name alone, or of nobody on the list."""
        number = self._number_of(each.owner, self.name)
        return number is not None and number in self._open

    def _known(self, each: Arrival) -> str:
        """Return who is known by the number, or by the name of a plain folder."""
        owner = each.owner
        if not owner.lms and (found := only(each.names & self._students)):
            return found  # instructors put late work into folders named as here
        number = self._number_of(owner, self.name)
        every = self._numbers_of(owner) or ([number] if number else [])
        return next(filter(None, map(self._numbers.get, every)), "")

    def _mailed(self, each: Arrival) -> str:
        """Return who is known by the mail that the LMS tells."""
        return only(self._accounts.get(key(each.mail), ())) if each.mail else ""

    def _claimed(self, each: Arrival, same_mails: bool) -> str:
        """Return who is meant by the names: one of the list, if there is one.

        Nobody whose mail is another one, where the list has the mails that the LMS tells.
        """
        owner, number = each.owner, self._number_of(each.owner, self.name)
        if number and self._open.get(number) == "name":
            return self._numbers[number]
        if owner.problem:
            return ""
        own = {self._numbers[number]} if number and number in self._open else set()
        keys = {key(name) for name in each.names} - {""}
        ways = [[s for each in keys for s in self._names.get(each, ())]]
        if owner.lms in self.everywhere:
            joined = {_joined(each) for each in keys} - {""}  # nothing is left of an emoji
            ways.append([s for each in joined for s in self._joined.get(each, ())])
        if not owner.lms:
            ways.append([s for each in keys for s in self._accounts.get(each, ())])
        for way in ways:
            students = set(way) - own
            if each.mail and same_mails:
                students = {s for s in students if not self._mails.get(s)}
            if found := only(students & self._list or students):
                return found
        return ""

    def _is_free(self, student: str, each: Arrival) -> bool:
        """Tell whether a student has no other number, and is nobody else of this download."""
        number = self._number_of(each.owner, self.name)
        other = number is not None and number[:2] in self._of.get(student, ())
        return student not in self._taken and not other

    def _is_guessed(self, student: str, each: Arrival) -> bool:
        """Tell whether it was by a name that a student got another number."""
        mine = self._number_of(each.owner, self.name)
        return mine is not None and any(
            number != mine and number[:2] == mine[:2] and self._numbers[number] == student
            for number, matched in self._open.items()
            if matched == "name" and number[0]
        )

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
