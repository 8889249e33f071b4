"""Finds the notebooks among a student's files, and says what was left out beside them.

Who hands in the untouched notebook of the release beside the work itself must not get 0 points in
silence. What lies beside a notebook with answers is nothing unusual, and nobody is bothered.
"""

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from grader.confined import Handed, Reader, printable
from grader.exchange import OursError
from grader.files import MOST_INSIDE, File
from grader.owners import is_ignored
from grader.results import Origin
from grader.submission import UnreadableError

PATIENCE = 120.0  # seconds in which all files of one student are looked at
MOST_KEPT = 24 << 20  # bytes of notebooks that one student may hand in at once
SHOWN = 5  # files that a sentence names
COMPARED = 20  # notebooks whose answers are compared; what is left of them is told of
TOO_MUCH = "there are too many files, or too large ones, to look at all"


@dataclass(frozen=True)
class Found:
    """A notebook among a student's files."""

    owner: Origin
    file: File
    handed: Handed

    @property
    def order(self) -> tuple[datetime, list[tuple[bool, int, str]]]:
        """What the newest has the most of: the time, else the number in its name."""
        when = self.file.modified or datetime.min.replace(tzinfo=UTC)
        words = re.findall(r"[0-9]{1,18}|[^0-9]+", str(self.file.path)[:1000])
        return when, [(w.isdigit(), int(w) if w.isdigit() else 0, w) for w in words]

    @property
    def words(self) -> str:
        """What it is, for people."""
        named = self.handed.assignment
        of = f"a notebook of {named}" if named else "a notebook that names no assignment"
        return f"{printable(self.file.path.name)}: {of}"


def look(entries: list[tuple[Origin, File]], reader: Reader) -> tuple[list[Found], list[str], bool]:
    """Return the notebooks among a student's files, what the others are, and if it is all."""
    found: list[Found] = []
    problems: list[str] = []
    waiting, seen, until = list(entries), 0, time.monotonic() + PATIENCE
    while waiting:
        owner, file = waiting.pop(0)
        seen += 1
        kept = sum(len(each.handed.content) for each in found)
        if seen > MOST_INSIDE or kept > MOST_KEPT or time.monotonic() > until:
            return found, problems, False
        refused = ""
        if file.packed:
            try:
                inside = [f for f in file.inside(reader) if not is_ignored(f.path)]
                waiting[:0] = [(owner, each) for each in inside]
                if not inside:
                    problems.append(f"{printable(file.path.name)}: an empty zip file")
                continue
            except UnreadableError as error:  # perhaps it only has the name of one
                refused = str(error)
        try:
            found.append(Found(owner, file, file.look(reader)))
        except UnreadableError as error:
            problems.append(f"{printable(file.path.name)}: {refused or error}")
    return found, problems, True


def shown(words: list[str]) -> str:
    """Return some of many words, for a sentence."""
    return "; ".join(words[:SHOWN]) + ("; …" if len(words) > SHOWN else "")


def left_out(
    counted: Found, others: list[Found], problems: list[str], released: bytes, reader: Reader
) -> str:
    """Say what was left out beside the notebook that counts, where a person should look.

    All of it, if nothing was written into the notebook; else only the notebooks in which a
    question of the assignment is answered otherwise.
    """
    if not (others or problems):
        return ""
    name = printable(counted.file.path.name)
    if not _answers(counted, [released], reader):
        every = [*(each.words for each in others), *problems]
        return f"nothing was written into {name}, and this lay beside it: {shown(every)}"
    known = [released, counted.handed.content]
    words = [
        each.words
        for number, each in enumerate(others)
        if number >= COMPARED or _answers(each, known, reader)
    ]
    return f"other answers than in {name} lay beside it: {shown(words)}" if words else ""


def _answers(one: Found, known: list[bytes], reader: Reader) -> bool:
    """Tell whether a notebook has an answer to a question of the first of others, and none has it.

    One that cannot be compared has none where that is asked of what counts: a person looks.
    """
    try:
        return reader.call("reading.answers", files=[one.handed.content, *known]) is True
    except (UnreadableError, OursError):
        return len(known) > 1
