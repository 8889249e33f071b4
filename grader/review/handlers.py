"""The pages: the list, one submission, one answer, a picture; and what a person decides there."""

import asyncio
import math
import re
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from tornado.web import HTTPError

from grader.course import CourseError
from grader.deadlines import Deadlines, local_time
from grader.gradebook import Given, give, give_everything
from grader.handins import set_time
from grader.questions import Question, Written
from grader.results import all_scores, look_at, resolve
from grader.review.model import Review, Row, behind, is_written
from grader.review.server import Handler
from grader.review.shown import Shower
from grader.submission import UnreadableError

LONGEST = 5000  # characters of a comment
STEP = 0.5  # of points
LOCK = asyncio.Lock()  # one writer at a time
NO_TIME = "Write a date and a time that the clock shows, such as 2026-12-01T23:59"
CHANGED = "Another hand-in has been graded meanwhile: look at it again"


class Page(Handler):
    """What the pages have in common: who is meant, and what is known of them."""

    @property
    def review(self) -> Review:
        """The assignment."""
        return self.settings["review"]

    @property
    def shower(self) -> Shower:
        """What prepares submissions for a page."""
        return self.settings["shower"]

    def student(self, given: str) -> str:
        """Return a student who has handed in; anyone else is not found."""
        if given not in self.review.students:
            raise HTTPError(HTTPStatus.NOT_FOUND, reason="No such submission")
        return given

    def question(self, given: str) -> Question | Written:
        """Return a question of the assignment."""
        for question in self.review.assignment.questions:
            if question.id == given:
                return question
        raise HTTPError(HTTPStatus.NOT_FOUND, reason="No such question")

    def result(self, student: str) -> dict[str, Any]:
        """Return the machine's result."""
        found = self.review.result(student)
        if found is None:
            raise HTTPError(HTTPStatus.CONFLICT, reason="This submission is not graded yet")
        return found

    def check_mark(self, result: dict[str, Any]) -> None:
        """Refuse what was decided about another hand-in than the one that counts now."""
        if self.get_body_argument("mark", "") != result["mark"]:
            raise HTTPError(HTTPStatus.CONFLICT, reason=CHANGED)

    async def about(self, student: str, rows: list[Row]) -> dict[str, Any]:
        """Return what pages show of one submission."""
        result = self.result(student)
        row = next(row for row in rows if row.student == student)
        scores = row.standing.scores
        place = f"{self.session.path}picture/{quote(student, safe='')}/"
        shown = await asyncio.to_thread(self.shower.shown, student, result["mark"], place)
        look = look_at(self.review.course, self.review.assignment.name, student)
        return {
            "student": student,
            "name": row.name,
            "standing": row.standing,
            "result": result,
            "found": {each["question"]: each for each in result["questions"]},
            "scores": scores,
            "problems": look.problems,
            "resolved": look.resolved,
            "zero": look.zero(scores),
            "shown": shown,
            "assignment": self.review.assignment,
        }

    def go(self, *parts: str, **query: str) -> None:
        """Lead to another page."""
        address = self.session.path + "/".join(quote(part, safe="") for part in parts)
        more = "&".join(f"{key}={quote(value, safe='')}" for key, value in query.items())
        self.redirect(f"{address}?{more}" if more else address, status=303)


class List(Page):
    """All submissions, or those that wait."""

    def get(self) -> None:
        """Show the list."""
        review, every = self.review, self.get_argument("show", "waiting") == "all"
        rows = review.rows()
        left = [row for row in rows if row.waiting]
        self.page(
            "list.html",
            assignment=review.assignment,
            every=every,
            rows=rows if every else left,
            total=len(rows),
            done=len(rows) - len(left),
            parts=review.parts(rows),
        )


class Submission(Page):
    """One submission as a whole."""

    async def get(self, student: str) -> None:
        """Show it."""
        rows = self.review.rows()
        about = await self.about(self.student(student), rows)
        following = behind(
            student, rows, {row.student for row in rows if row.waiting and row.graded}
        )
        self.page("submission.html", following=following, due=self._due(student), **about)

    def _due(self, student: str) -> datetime | None:
        """Return the deadline, in its zone."""
        name, deadlines = self.review.assignment.name, Deadlines(self.review.course)
        due = deadlines.of(name, student)
        return due.astimezone(ZoneInfo(deadlines.due[name].zone)) if due else None

    async def post(self, student: str) -> None:
        """Write what a person decides about the file or its time, or take that back."""
        self.check_mark(self.result(self.student(student)))
        action = self.get_body_argument("action", "")
        if action not in ("looked", "zero", "again", "time", "on time"):
            raise HTTPError(HTTPStatus.BAD_REQUEST, reason="No such action")
        async with LOCK:
            if action in ("time", "on time"):
                self._set_time(student, action)
            else:
                await asyncio.to_thread(self._decide, student, action)
        self.go("submission", student)

    def _decide(self, student: str, action: str) -> None:
        course, assignment = self.review.course, self.review.assignment
        name = assignment.name
        if action == "zero":
            give_everything(course, assignment, student, 0.0)
        elif look_at(course, name, student).zero(all_scores(course, name).get(student, {})):
            give_everything(course, assignment, student, None)
        resolve(course, name, student, done=action != "again", nothing=action == "zero")

    def _set_time(self, student: str, action: str) -> None:
        """Note when it was handed in: as typed, or at the deadline if it was on time."""
        due = self._due(student)
        if due is None:
            raise HTTPError(HTTPStatus.CONFLICT, reason="There is no deadline")
        when = due
        if action == "time":
            try:
                local = local_time(self.get_body_argument("time", ""), str(due.tzinfo))
            except CourseError as error:
                raise HTTPError(HTTPStatus.BAD_REQUEST, reason=NO_TIME) from error
            when = local.replace(tzinfo=due.tzinfo)
        set_time(self.review.course, self.review.assignment.name, student, when)


class Answer(Page):
    """One answer, with what it is worth."""

    async def get(self, question: str, student: str) -> None:
        """Show it."""
        asked = self.question(question)
        rows = self.review.rows()
        about = await self.about(self.student(student), rows)
        if question not in about["scores"]:
            raise HTTPError(HTTPStatus.CONFLICT, reason="This submission is not graded yet")
        saved = self.get_argument("saved", "")
        self.page(
            "answer.html",
            question=asked,
            written=is_written(asked),
            score=about["scores"][question],
            part=self.review.part(question, rows),
            before=behind(student, rows[::-1], _others(rows, student)),
            following=behind(student, rows, _others(rows, student)),
            saved=next((row.name for row in rows if row.student == saved), ""),
            walk=self._walk,
            step=STEP,
            longest=LONGEST,
            **about,
        )

    @property
    def _walk(self) -> str:
        """Whether the same question of others comes next, or the other questions of this one."""
        return "submission" if self.get_argument("walk", "") == "submission" else "question"

    async def post(self, question: str, student: str) -> None:
        """Write points and comment, and lead to what waits next."""
        asked, review = self.question(question), self.review
        self.check_mark(self.result(self.student(student)))
        points = _points(self.get_body_argument("points", ""), asked.points)
        comment = self.get_body_argument("comment", "").replace("\r\n", "\n").strip()[:LONGEST]
        given = Given(points, comment)
        async with LOCK:
            await asyncio.to_thread(
                give, review.course, review.assignment.name, student, asked, given
            )
        self._lead_on(question, student)

    def _lead_on(self, question: str, student: str) -> None:
        rows = self.review.rows()
        if self._walk == "submission":
            pending = next((row.pending for row in rows if row.student == student), frozenset())
            ids = [each.id for each in self.review.assignment.questions if each.id in pending]
            if ids and ids != [question]:
                after = next(each for each in ids if each != question)
                self.go("answer", after, student, walk="submission", saved=student)
            else:
                self.go("submission", student)
            return
        following = behind(
            student, rows, {row.student for row in rows if row.readable and question in row.pending}
        )
        if following is None:
            self.go("")
        else:
            self.go("answer", question, following, saved=student)


def _others(rows: list[Row], student: str) -> set[str]:
    return {row.student for row in rows if row.readable} - {student}


def _points(text: str, most: float) -> float | None:
    """Read the points that a person typed; None if the machine's are to count."""
    text = text.strip().replace(",", ".")
    if not text:
        return None
    points = float(text) if re.fullmatch(r"\d{1,4}(\.\d{1,3})?", text, re.A) else math.nan
    if not 0 <= points <= most or points % STEP:
        words = f"Points from 0 to {most:g}, in steps of {STEP:g}"
        raise HTTPError(HTTPStatus.BAD_REQUEST, reason=words)
    return points


class Picture(Page):
    """A picture that was pasted into an answer."""

    async def get(self, student: str, cell: str, index: str) -> None:
        """Send it, made anew from its pixels."""
        student = self.student(student)
        try:
            content = await asyncio.to_thread(self.shower.picture, student, int(cell), int(index))
        except UnreadableError as error:
            raise HTTPError(HTTPStatus.NOT_FOUND, reason="The picture cannot be shown") from error
        self.set_header("Content-Type", "image/png")
        self.finish(content)


ROUTES = [
    ("", List),
    (r"submission/([^/]+)", Submission),
    (r"answer/([^/]+)/([^/]+)", Answer),
    (r"picture/([^/]+)/(\d{1,6})/(\d{1,3})", Picture),
]
