"""Set what late work costs in this course, or show it: `late 10% --grace 15`, or `late none`."""

import argparse
import math
import re

from grader.commands._common import add_course
from grader.commands.deadline import count_again
from grader.course import Course, CourseError
from grader.deadlines import Deadlines, Policy, mirror


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "loss",
        nargs="?",
        metavar="LOSS",
        help="for each day begun: 10%% of the points earned, or 2 points; none: nothing",
    )
    parser.add_argument("--grace", type=int, default=0, metavar="MINUTES", help="without a loss")
    parser.add_argument("--cap", type=float, metavar="MOST", help="of the loss, in its unit")
    parser.add_argument("--no-credit-after", type=int, metavar="DAYS", help="then nothing is left")
    add_course(parser)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course = Course.find(options.course)
    kept = Deadlines(course)
    given = (options.grace, options.cap, options.no_credit_after)
    if options.loss is None and given != (0, None, None):
        raise CourseError("Say what a day costs, too: late 10% --grace 15; late 0, if nothing.")
    if options.loss is not None:
        kept.policy = Policy() if options.loss == "none" else _policy(options)
        kept.keep()
        for name in kept.due:  # the grace has a say in which hand-in counts
            count_again(course, name)
        _mirror(course, kept)
    print(f"Late work: {kept.policy}.")
    return 0


def _policy(options: argparse.Namespace) -> Policy:
    found = re.fullmatch(r"(\d{1,4}(?:[.,]\d{1,3})?)(%?)", options.loss, re.ASCII)
    loss = float(found[1].replace(",", ".")) if found else math.nan
    percent = bool(found and found[2])
    if not found or (percent and loss > 100):
        raise CourseError(f"{options.loss!r} is no loss a day: write 10% or 2, or none.")
    if options.cap is not None and not 0 <= options.cap <= (100 if percent else 10_000):
        raise CourseError("--cap takes a number in the unit of the loss a day.")
    days = options.no_credit_after
    if not 0 <= options.grace <= 100_000 or (days is not None and not 0 <= days <= 10_000):
        raise CourseError("--grace takes minutes, --no-credit-after days.")
    return Policy(loss, percent, options.grace, options.cap, days)


def _mirror(course: Course, kept: Deadlines) -> None:
    """Write the penalties that follow from it to the gradebook."""
    names = [name for name in kept.due if (course.root / "release" / name).exists()]
    if names:
        with course.gradebook() as book:
            for name in names:
                mirror(course, book, name)
