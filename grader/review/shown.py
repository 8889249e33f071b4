"""What a student handed in, as the confined process prepares it for a page.

Nothing of a student's is parsed here: sizes and types of what comes back are checked, and texts
are escaped by the templates. HTML comes from the allow-list of ``student_text.py``; one expression
that reads it from left to right says whether it is of the form that this list writes. The policy
in ``server.py``, by which a browser runs no script but ours, is the fence behind that.
"""

import logging
import re
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from markupsafe import Markup

from grader.confined import File, Reader, printable
from grader.confined_tasks.student_text import TAGS
from grader.course import Course
from grader.exchange import OursError
from grader.questions import Question
from grader.release import Definition
from grader.results import graded_file
from grader.submission import UnreadableError

LOG = logging.getLogger(__name__)
SECONDS = 10.0  # of processor time
FORM = (
    r"(?:[^<]++|</?(?:{tags})>|<(?:code|pre|span) class=\"(?:formula|missing)?\">"
    r"|<ol start=\"[0-9]++\">|<img src=\"{place}[0-9]++/[0-9]++\" alt=\"[^\"]*+\">)*+"
)
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class ShownCell:
    """A cell of a student's: `html` is empty if it is code, or could not be rendered."""

    number: int
    kind: str  # "code" or "text"
    source: str
    html: Markup
    cut: bool


@dataclass
class Shown:
    """A submission, for a page. `problem` says why it cannot be shown."""

    answers: dict[str, list[ShownCell]] = field(default_factory=dict)
    others: list[ShownCell] = field(default_factory=list)
    left: int = 0
    problem: str = ""
    plain: bool = False  # texts could not be rendered, and are shown as they were written


class Shower:
    """Asks the confined process for what pages show of one assignment's submissions."""

    def __init__(self, course: Course, definition: Definition, reader: Reader) -> None:
        self.course, self.definition, self.reader = course, definition, reader
        self.name = definition.name
        self.release = course.released(definition.name)
        questions = definition.assignment.questions
        self.questions = [[q.id, q.name if isinstance(q, Question) else ""] for q in questions]
        self._one = threading.Semaphore(2)  # each may take a gibibyte
        self._cached = lru_cache(maxsize=4)(self._shown)

    def shown(self, student: str, mark: str, place: str) -> Shown:
        """Return a submission; `mark` says which hand-in, `place` is where pictures are."""
        shown = self._cached(student, mark, place)
        if shown.problem or shown.plain:  # a busy machine's, perhaps: try again next time
            self._cached.cache_clear()
        return shown

    def _shown(self, student: str, mark: str, place: str) -> Shown:
        problem = ""
        for rendered in (True, False):
            try:
                given = self._call("answers", self.questions, place, rendered, student=student)
                shown = _checked(given, place)
            except UnreadableError as error:
                problem = str(error)
            else:
                shown.plain = not rendered
                return shown
        return Shown(problem=problem)

    def picture(self, student: str, cell: int, index: int) -> bytes:
        """Return a pasted picture as PNG.

        Raises
        ------
        UnreadableError
            If it cannot be shown.
        """
        given = self._call("picture", cell, index, student=student)
        if not isinstance(given, np.ndarray) or given.dtype != np.uint8 or given.ndim != 1:
            raise UnreadableError("a picture that cannot be read")
        content = given.tobytes()
        if not content.startswith(PNG):
            raise UnreadableError("a picture that cannot be read")
        return content

    def _call(self, function: str, *arguments: Any, student: str) -> Any:
        path = graded_file(self.course, self.name, student)
        if not path.exists():
            raise UnreadableError("There is nothing to show.")
        files: list[File] = [path, *([self.release] if function == "answers" else [])]
        with self._one:
            try:
                return self.reader.call(
                    f"answers.{function}", *arguments, files=files, seconds=SECONDS
                )
            except OursError as error:  # no reason to show a person nothing
                LOG.error("%s of %s: %s", function, printable(student), printable(str(error), 4000))
                raise UnreadableError("preparing it for this page failed") from error


def _checked(given: Any, place: str = "/") -> Shown:
    """Return what came back, if its form is right; raise `UnreadableError` if it is not."""
    form = re.compile(FORM.format(tags="|".join(TAGS - {"img"}), place=re.escape(place)))
    try:
        answers = {
            str(key): [_cell(row, form) for row in rows] for key, rows in given["answers"].items()
        }
        others, left = [_cell(row, form) for row in given["others"]], int(given["left"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnreadableError("It could not be prepared for this page.") from error
    return Shown(answers, others, left)


def _cell(row: dict[str, Any], form: re.Pattern[str]) -> ShownCell:
    kind = "code" if row["kind"] == "code" else "text"
    source, html = _text(row["source"]), _text(row["html"])
    if not form.fullmatch(html):
        raise ValueError
    return ShownCell(int(row["number"]), kind, source, Markup(html), bool(row["cut"]))


def _text(array: Any) -> str:
    if not isinstance(array, np.ndarray) or array.dtype != np.uint8 or array.ndim != 1:
        raise TypeError
    return array.tobytes().decode("utf-8", "replace")
