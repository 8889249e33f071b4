"""Write the released notebooks of the repository, or compare them."""

import argparse

from grader.course import released_text
from grader.release import RELEASES, ROOT, define, names


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="all, if none is named")
    parser.add_argument("--repository", metavar="URL", help="write links for this repository")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    stale = 0
    RELEASES.mkdir(exist_ok=True)
    for name in options.names or names():
        text, path = released_text(name, options.repository), define(name).release
        if not options.check:
            path.write_text(text, "utf-8")
            print(f"{path.relative_to(ROOT)} written")
        elif not path.exists() or path.read_text("utf-8") != text:
            print(f"{path.relative_to(ROOT)} is not what its source gives: make assignments")
            stale += 1
    return int(stale > 0)
