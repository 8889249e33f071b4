"""Grade by hand, in the browser: answers in words, and what is unclear, rubric above answer."""

import argparse
import asyncio
import tempfile
import threading
import webbrowser
from html import escape
from importlib import import_module
from pathlib import Path

from grader.commands._common import add_course, add_name, course_of
from grader.confined import Reader
from grader.course import CourseError
from grader.gradebook import submissions
from grader.review.handlers import ROUTES
from grader.review.model import Review
from grader.review.server import Session, application, forever, listen
from grader.review.shown import Shower
from grader.sandbox import find_mode


def _port(text: str) -> int:
    """Read the number of a port that anyone may use."""
    if not text.isdecimal() or not 1024 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a number from 1024 to 65535")
    return int(text)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    add_course(parser)
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument(
        "--port",
        type=_port,
        default=0,
        help="default: a free one; for a tunnel from another machine, take the same on both",
    )


def _browse(address: str, folder: str) -> None:
    """Open a browser by way of a file: other users of the machine can read command lines."""
    path = Path(folder, "review.html")
    path.write_text(f'<!doctype html><meta http-equiv="refresh" content="0;url={escape(address)}">')
    webbrowser.open(path.as_uri())


async def _serve(options: argparse.Namespace, session: Session, shower: Shower) -> None:
    review = Review(shower.course, shower.definition.assignment)
    app = application(session, ROUTES, review=review, shower=shower)
    server = listen(session, app, options.port)
    print(f"Open this address, which works once:\n  {session.address}\nCtrl-C ends it.", flush=True)
    # It takes seconds to import, and the first save would wait for it.
    threading.Thread(target=import_module, args=("nbgrader.api",), daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        if not options.no_browser:
            await asyncio.to_thread(_browse, session.address, folder)
        try:
            await forever()
        finally:
            server.stop()


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course, definition = course_of(options)
    if not submissions(course, options.name):
        raise CourseError(f"No submission of {options.name} has been collected.")
    find_mode()  # fails in a sentence where there is no sandbox
    with Reader(imports=("answers",)) as reader:
        shower = Shower(course, definition, reader)
        try:
            asyncio.run(_serve(options, Session(), shower))
        except KeyboardInterrupt:
            print("\nClosed. What was saved is in the gradebook.")
    return 0
