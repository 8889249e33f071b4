"""List the assignments."""

import argparse

from grader.release import define, names


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    pass


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    for name in names():
        assignment = define(name).assignment
        print(
            f"{name:20} {assignment.title}, {assignment.points:g} points, "
            f"about {assignment.minutes} minutes"
        )
    return 0
