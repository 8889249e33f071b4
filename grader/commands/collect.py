"""Take submissions from a folder, a zip file or the download of an LMS."""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

from grader.collect import Collected, collect_submissions
from grader.commands._common import add_course, add_name, course_of
from grader.confined import Reader
from grader.course import Course, CourseError
from grader.deadlines import Deadlines, check_zone
from grader.handins import doubt, due_of
from grader.lms import FORMATS
from grader.people import listed
from grader.worksheet import Line, read_worksheet

PATIENCE = 2.0  # seconds until it is told how far it is
SHOWN = 8  # names that a sentence holds
WORDS = {
    "new": "new",
    "changed": "changed",
    "same": "as before",
    "kept": "kept, while another one counts",
    "problem": "to look at",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    parser.add_argument("source", type=Path, help="folder, zip file, or an LMS's download")
    parser.add_argument("--from", dest="format", choices=FORMATS, help="default: recognized")
    parser.add_argument(
        "--worksheet",
        type=Path,
        metavar="FILE",
        help="Moodle's grading worksheet: it tells when each was handed in, and the mails",
    )
    parser.add_argument(
        "--timezone",
        metavar="ZONE",
        help="of the times in a zip file or worksheet, such as Europe/Berlin; "
        "default: that of the deadline, or yours",
    )
    parser.add_argument(
        "--unsafe", action="store_true", help="no isolation: only for files that you trust"
    )
    add_course(parser)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course, _ = course_of(options)
    due = Deadlines(course).due.get(options.name)
    named = options.timezone or (due.zone if due else "")
    zone = ZoneInfo(check_zone(named)) if named else None
    source, format = options.source.expanduser(), FORMATS.get(options.format)
    worksheet = read_worksheet(options.worksheet.expanduser(), zone) if options.worksheet else {}
    counts: Counter[str] = Counter()
    all_of_them = []
    started = time.monotonic()
    with Reader(unsafe=options.unsafe) as reader:
        for one in collect_submissions(
            course, options.name, source, format, print, zone, reader, worksheet
        ):
            counts[one.state] += 1
            all_of_them.append(one)
            _progress(counts.total(), started)
            if words := one.words or one.origin.problem:
                print(f"  {one.origin.student}: {words}")
    if not counts:
        raise CourseError(f"There are no files in {options.source}.")
    parts = [f"{counts[state]} {WORDS[state]}" for state in WORDS if counts[state]]
    print(f"{counts.total()} submissions: {', '.join(parts)}.")
    _useless(all_of_them)
    _strangers(course, options.name, all_of_them)
    _newer(all_of_them)
    _absent(all_of_them, worksheet)
    _doubts(course, options.name, all_of_them)
    return 0


def _progress(done: int, started: float) -> None:
    seconds = time.monotonic() - started
    if sys.stderr.isatty() and seconds > PATIENCE:
        print(f"\r{done} read, {seconds:.0f} s\r", end="", file=sys.stderr, flush=True)


def _useless(found: list[Collected]) -> None:
    """Say what to do where no notebook of this assignment counts."""
    names = [one.origin.student for one in found if not one.counts]
    if names:
        print(
            f"{len(names)} without a notebook that can be graded: {listed(names, SHOWN)}\n"
            "Ask for the .ipynb file of this assignment, without a password, and collect it then."
        )


def _strangers(course: Course, name: str, found: list[Collected]) -> None:
    """Say which hand-ins are of nobody on the list of students."""
    names = [one.origin.student for one in found if one.origin.matched == "no"]
    if names:
        print(
            f"{len(names)} of nobody on the list of students: {listed(names, SHOWN)}\n"
            "To give them to whose they are: "
            f"python -m grader handins {name} STUDENT --give-to ID{course.option}"
        )


def _newer(found: list[Collected]) -> None:
    """Say who has handed in since the download, as a worksheet knows."""
    names = [one.origin.student for one in found if one.newer]
    if names:
        print(
            f"{len(names)} handed in again after this download, as the worksheet says: "
            f"{listed(names, SHOWN)}\nDownload the submissions anew and collect them; if nobody "
            "did, the time zone is wrong (--timezone)."
        )


def _absent(found: list[Collected], worksheet: dict[str, Line]) -> None:
    """Say who has handed in, as a worksheet knows, and is not in the download."""
    here = {number for one in found for number in one.number.split("_")} - {""}
    names = [
        line.name or f"participant {number}"
        for number, line in worksheet.items()
        if line.time and number not in here
    ]
    if here and names:
        print(
            f"{len(names)} handed in, as the worksheet says, but nothing of theirs is in this "
            f"download: {listed(names, SHOWN)}"
        )


def _doubts(course: Course, name: str, found: list[Collected]) -> None:
    """Say of which hand-ins nobody knows whether or how late they came."""
    deadlines = Deadlines(course)
    unclear = [
        one.origin.student
        for one in found
        if doubt(one.origin, due_of(deadlines, name, one.origin.student))
    ]
    moodle = any(one.origin.lms == "moodle" for one in found)
    told = "Moodle's grading worksheet tells it (--worksheet FILE). " if moodle else ""
    if unclear:
        print(
            f"{len(unclear)} came in a download made after the deadline, which does not say when "
            f"each was handed in: {listed(unclear, SHOWN)}\n{told}To set a time yourself: "
            f"python -m grader handins {name} STUDENT --time TIME{course.option}"
        )
