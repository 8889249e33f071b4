"""Takes submissions from a folder, a zip file or an LMS export into the course folder.

A notebook is recognized by its content, whatever its name; what was handed in is read in the
confined process (``confined.py``). Whose it is tell ``owners.py`` and ``register.py``, and which
of a student's hand-ins counts tells ``handins.py``.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from grader.confined import Reader, printable
from grader.course import Course, CourseError
from grader.deadlines import Deadlines, handed_in
from grader.exchange import OursError
from grader.files import File, files_of
from grader.handins import HandIn, add, due_of, history, on_time, recount
from grader.lms import FORMATS, Format
from grader.owners import Groups, as_told, is_doubtful, is_ignored, recognized
from grader.people import slug, students_of
from grader.picking import SHOWN, TOO_MUCH, left_out, look, shown
from grader.register import Arrival, Register
from grader.results import Origin, origin_of
from grader.submission import UnreadableError
from grader.worksheet import Line

Sorted = tuple[list[File], list[File]]
BACKSLASH = "its file's name holds a \\, which may be meant to look like another's folder"


@dataclass(frozen=True)
class Collected:
    """What became of one student's files.

    Attributes
    ----------
    state : str
        "new", "changed", "same", "problem", or "kept": it is kept, and another one counts.
    words : str
        Why another one counts.
    counts : bool
        Whether a notebook of the student's counts: this one or another.
    newer : bool
        Whether the worksheet tells of a hand-in that is newer than the download.
    number : str
        Moodle's, of the participant whose files these are.
    """

    origin: Origin
    state: str
    words: str = ""
    counts: bool = True
    newer: bool = False
    number: str = ""


class Collector:
    """Takes the hand-ins of one download.

    Parameters
    ----------
    course : Course
    name : str
        The assignment.
    source : Path
    reader : Reader
    worksheet : dict of Line
        What Moodle's grading worksheet says, by the number of a participant.
    """

    def __init__(
        self, course: Course, name: str, source: Path, reader: Reader, worksheet: dict[str, Line]
    ) -> None:
        self.course, self.name, self.source, self.reader = course, name, source, reader
        self.worksheet = worksheet
        self.deadlines = Deadlines(course)
        everywhere = {each.name for each in FORMATS.values() if each.everywhere}
        self.register = Register(course, name, everywhere)
        self.released = b""  # with nothing to compare with, nothing is compared
        with suppress(CourseError):
            self.released = course.released(name)
        self._now = datetime.now(UTC)
        self._made = datetime.fromtimestamp(source.stat().st_mtime, UTC)
        self._newer: set[str] = set()  # whose worksheet's time is later than the download

    def take(self, groups: Groups) -> Iterator[Collected]:
        """Keep every hand-in; yield what became of each student's."""
        called = Counter(
            name for entries in groups.values() for name in {slug(o.full_name) for o, _ in entries}
        )
        # What is certain comes first: others may have the same number.
        order = sorted(groups.items(), key=lambda each: (is_doubtful(_first(each[1])), each[0]))
        firsts = [_first(entries) for _, entries in order]
        self.register.expect(first for first in firsts if not is_doubtful(first))
        arrivals = []
        for first, (_, entries) in zip(firsts, order, strict=True):
            owner = self.register.settle(first)
            names = {owner.full_name}
            if owner == first:
                names = {origin.full_name for origin, _ in entries}
            alone = all(called[slug(name)] == 1 for name in names)
            line = self._line(owner)
            if any("\\" in origin.file for origin, _ in entries):
                owner = replace(owner, problem=BACKSLASH)
            arrivals.append(Arrival(owner, names | ({line.name} - {""}), line.mail, alone))
        owners = self.register.match(arrivals)
        for owner, (_, entries) in zip(owners, order, strict=True):
            yield self._taken(owner, entries)

    def _taken(self, owner: Origin, entries: list[tuple[Origin, File]]) -> Collected:
        student = owner.student
        self._adopt(student)
        new = [
            add(self.course, self.name, student, hand_in, content)
            for hand_in, content in self._hand_ins(owner, entries)
        ]
        state = recount(self.course, self.name, student, self.deadlines)
        origin, newer = origin_of(self.course, self.name, student), student in self._newer
        number = owner.lms_id if owner.lms == "moodle" else ""
        if any(new) and state == "same" and not origin.problem:
            words = self._why(student)
            return Collected(origin, "kept", words, newer=newer, number=number)
        counts = state != "none"
        state = state if counts and not origin.problem else "problem"
        return Collected(origin, state, "", counts, newer, number)

    def _line(self, owner: Origin) -> Line:
        """Return what Moodle's worksheet says of a person."""
        known = self.worksheet.get(owner.lms_id) if owner.lms == "moodle" else None
        return known or Line()

    def _adopt(self, student: str) -> None:
        """Keep what was collected before every hand-in was kept."""
        folder = self.course.submitted(student, self.name)
        path = folder / f"{self.name}.ipynb"
        if not path.exists() or history(self.course, self.name, student).all:
            return
        try:
            handed = self.reader.notebook(path)
        except (UnreadableError, OursError):
            return
        origin = origin_of(self.course, self.name, student)
        when = handed_in(self.course, self.name, student)
        known = HandIn(
            digest=handed.digest,
            time=when.isoformat(timespec="seconds") if when else "",
            clock="download" if origin.lms else "file",
            source="collected before",
        )
        add(self.course, self.name, student, _about(known, origin), handed.content)

    def _why(self, student: str) -> str:
        kept = history(self.course, self.name, student)
        if kept.chosen:
            return f"handed in again; number {kept.chosen} counts, as it was chosen"
        newest = max(kept.all, key=lambda one: one.order)
        due = due_of(self.deadlines, self.name, student)
        if on_time(newest, due) is False:
            return "handed in again after the deadline; the earlier one counts"
        return "handed in again; another one counts"

    def _hand_ins(
        self, owner: Origin, entries: list[tuple[Origin, File]]
    ) -> Iterator[tuple[HandIn, bytes]]:
        """Yield what to keep of a student's files, the newest last."""
        found, problems, all_of_it = look(entries, self.reader)
        problems = problems if all_of_it else [TOO_MUCH, *problems]
        right = [each for each in found if each.handed.assignment == self.name]
        unnamed = [each for each in found if each.handed.assignment is None]
        notebooks = sorted(right or unnamed or found, key=lambda each: each.order)
        if not notebooks:
            words = f"no notebook was handed in. {shown(problems)}"
            yield self._hand_in(owner, owner, entries[0][1], problem=words), b""
        last = {each.handed.digest: each for each in notebooks}
        sentences = []
        if len(last) > 1:
            names = ", ".join(
                printable(each.file.path.name) for each in list(last.values())[:SHOWN]
            )
            sentences.append(f"{len(last)} notebooks ({names})")
        if not all_of_it:
            sentences.append(TOO_MUCH)
        if self.released and (right or unnamed):
            others = [each for each in found if each not in notebooks]
            unread = problems[not all_of_it :]
            sentences.append(left_out(notebooks[-1], others, unread, self.released, self.reader))
        words = "; ".join(filter(None, sentences))
        for each in last.values():
            other = each.handed.assignment if each.handed.assignment != self.name else None
            problem = words
            if other:
                file = printable(each.file.path.name)
                problem = f"the file {file} is {other}, not {self.name}"
            one = self._hand_in(owner, each.owner, each.file, problem=problem)
            yield (
                replace(one, digest=each.handed.digest, assignment=other or ""),
                each.handed.content,
            )

    def _hand_in(self, owner: Origin, given: Origin, file: File, problem: str) -> HandIn:
        when, clock = file.modified, "download" if owner.lms else "file"
        if when is None:  # nothing says when, but it was there when the source was made
            when, clock = self._made, "download"
        told = self._line(owner).time
        if told and clock == "download":
            if told <= when:
                when, clock = told, "worksheet"
            else:  # of another hand-in
                self._newer.add(owner.student)
        when = min(when, self._now)
        problem = "; ".join(filter(None, (owner.problem, problem)))
        one = HandIn(
            time=when.astimezone(UTC).isoformat(timespec="seconds"),
            clock=clock,
            late=given.late,
            title=printable(file.path.name),
            problem=problem,
            source=printable(self.source.name),
        )
        return _about(one, replace(owner, file=given.file))


def _first(entries: list[tuple[Origin, File]]) -> Origin:
    """Return whose files they are: as is certain, and by the shortest name."""
    owners = (origin for origin, _ in entries)
    return min(owners, key=lambda o: (is_doubtful(o), len(o.full_name), o.full_name))


def _about(one: HandIn, origin: Origin) -> HandIn:
    return replace(
        one,
        lms=origin.lms,
        lms_id=origin.lms_id,
        full_name=origin.full_name,
        file=printable(origin.file, 1000),
        matched=origin.matched,
    )


def _files(source: Path, reader: Reader, zone: tzinfo | None, known: set[str]) -> Sorted:
    """Return the files of a source; those that are ignored come second.

    A zip file alone in a folder can be a student's, with names of others in it, so it is never
    opened as a download. Where it looks like one, the user says which it is.
    """
    files, ignored = _sorted(files_of(source, reader, zone))
    if len(files) == 1 and files[0].packed and not files[0].place and _is_nobodys(files[0], known):
        inside: list[File] = []
        with suppress(CourseError):
            inside, _ = _sorted(files_of(files[0].disk, reader, zone))
        if any(format.fits([f.path for f in inside]) for format in FORMATS.values()):
            path = printable(str(files[0].disk))
            raise CourseError(
                f"All that {source} holds is a zip file that looks like a download of several "
                f"people. If you downloaded it yourself, name it: {path}. If a student sent it, "
                "put it into a folder named after the student."
            )
    return files, ignored


def _sorted(files: list[File]) -> Sorted:
    ignored = [file for file in files if is_ignored(file.path)]
    return [file for file in files if not is_ignored(file.path)], ignored


def _is_nobodys(file: File, known: set[str]) -> bool:
    """Tell whether the name of a file is nobody's."""
    owners = [owner for format in FORMATS.values() if (owner := format.owner(file.path))]
    named = any(owner.lms for owner in owners) or slug(file.path.name.partition(".")[0]) in known
    return len(file.path.parts) == 1 and not named


def collect_submissions(
    course: Course,
    name: str,
    source: Path,
    format: Format | None = None,
    tell: Callable[[str], object] | None = None,
    zone: tzinfo | None = None,
    reader: Reader | None = None,
    worksheet: dict[str, Line] | None = None,
) -> Iterator[Collected]:
    """Copy submissions into the course folder, one notebook for each student.

    Parameters
    ----------
    course : Course
    name : str
        The assignment.
    source : Path
        A folder or a zip file.
    format : Format, optional
        What the source is. Recognized, if it is not given.
    tell : function, optional
        Called with a sentence if the folders could have been read in two ways.
    zone : tzinfo, optional
        What the times in a zip file are of; the machine's, if it is not given.
    reader : Reader, optional
        The confined process that reads; one of its own, if it is not given.
    worksheet : dict of Line, optional
        What Moodle's grading worksheet says, by the number of a participant.

    Yields
    ------
    Collected
        One for each student. A later call with the same source changes nothing.

    Raises
    ------
    CourseError
        If there is no such folder or zip file, or if it holds a file that is not named as the
        format names them.
    """
    if reader is None:
        with Reader() as own:
            yield from collect_submissions(course, name, source, format, tell, zone, own, worksheet)
        return
    with suppress(UnreadableError):
        reader.notebook(b"{}")  # whether it starts at all; what fails later is a file's fault
    known = {path.name for path in (course.root / "submitted").glob("*")}
    known |= {person.id for person in students_of(course)}
    names = {slug(name) for person in students_of(course) for name in person.keys}
    files, ignored = _files(source, reader, zone, known | names)
    if format:
        groups, words = as_told(files, format, ignored)
    else:
        groups, words = recognized(files, name, known, ignored)
    if words and tell:
        tell(words)
    yield from Collector(course, name, source, reader, worksheet or {}).take(groups)
