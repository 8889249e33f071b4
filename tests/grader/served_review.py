"""The review of a small term, served to a test as to a person."""

import asyncio
import http.client
import json
import threading
from contextlib import contextmanager, nullcontext
from urllib.parse import urlencode

from grader.confined import Reader
from grader.release import define
from grader.results import Origin, keep_origin
from grader.review.handlers import ROUTES
from grader.review.model import Review
from grader.review.server import Session, application, listen
from grader.review.shown import Shower
from grader.trials.notebooks import answer_cell, dump, solved
from tests.grader.small_term import NAME, result

DEFINITION = define(NAME)
ESSAY = "flipping"


def notebook(essay, attachments=None):
    """Return a solved notebook with another answer in words, as it is after reading."""
    book = solved(DEFINITION)
    cell = answer_cell(book, ESSAY)
    cell["source"] = f"<!-- answer: {ESSAY} -->\n{essay}"
    if attachments:
        cell["attachments"] = attachments
    return dump(book)


def hand_in(writer, student, content, given=None, **origin):
    """Put a graded hand-in into a course."""
    writer.course.submitted(student, NAME).mkdir(parents=True, exist_ok=True)
    keep_origin(writer.course, NAME, Origin(student, **origin))
    writer.write(student, content, given or result())


class Person:
    """A browser without a screen: asks as it is told to, with the cookie if it has it."""

    def __init__(self, session):
        self.session, self.cookie = session, None

    def ask(self, path="", method="GET", body=None, host=None, **headers):
        """Ask for a path under the session's, or for one from the root; return the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.session.port, timeout=60)
        if self.cookie:
            headers["Cookie"] = self.cookie
        if host:
            headers["Host"] = host
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        where = path if path.startswith("/") else self.session.path + path
        data = None if body is None else urlencode(body)
        connection.request(
            method, where, data, {k.replace("_", "-"): v for k, v in headers.items()}
        )
        answer = connection.getresponse()
        answer.content = answer.read()
        answer.text = answer.content.decode("utf-8", "replace")
        connection.close()
        return answer

    def post(self, path, **fields):
        """Send a form of a page."""
        return self.ask(path, "POST", {"form": self.session.form} | fields)

    def enter(self):
        """Open the address that was printed."""
        answer = self.ask(self.session.address.partition(str(self.session.port))[2])
        self.cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
        return answer

    def mark(self, course, student):
        """Return what the page says about which hand-in it shows."""
        path = course.autograded(student, NAME) / "result.json"
        return json.loads(path.read_text())["mark"]


@contextmanager
def served(course, reader=None):
    """Serve the review of a course; yield its session."""
    session, ready, ends = Session(), threading.Event(), []

    async def serve(shower):
        review = Review(course, DEFINITION.assignment)
        server = listen(session, application(session, ROUTES, review=review, shower=shower))
        end = asyncio.Event()
        ends.append((asyncio.get_running_loop(), end))
        ready.set()
        await end.wait()
        server.stop()

    own = None if reader else Reader(imports=("answers",))
    with own or nullcontext():
        shower = Shower(course, DEFINITION, reader or own)
        thread = threading.Thread(target=lambda: asyncio.run(serve(shower)))
        thread.start()
        assert ready.wait(60)
        session.shower = shower
        try:
            yield session
        finally:
            loop, end = ends[0]
            loop.call_soon_threadsafe(end.set)
            thread.join()
