"""Make an assignment's notebook for students and enter it in the gradebook."""

import argparse

from grader.commands._common import add_course, add_name
from grader.course import Course, given_seed
from grader.release import define


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    parser.add_argument("--repository", metavar="URL", help="write links for this repository")
    add_course(parser, seed=True)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    assignment = define(options.name).assignment
    given_seed(options.seed)
    course = Course.open(options.course)
    course.seed(options.seed)
    path = course.release(options.name, options.repository)
    print(f"{assignment.title}: {assignment.points:g} points, about {assignment.minutes} minutes.")
    print(f"Give this notebook to your students:\n  {path}")
    print(f"Keep secret, and keep a copy of:\n  {course.root / 'seed.txt'}")
    return 0
