"""Grade the course's assignments: release, collect, grade, give feedback, export."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from grader import commands
from grader.course import CourseError
from grader.lms import FORMATS
from grader.release import SourceError
from grader.sandbox import IsolationError
from grader.session import StartError
from grader.trials import GROUPS


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


@contextmanager
def _private() -> Iterator[None]:
    """Keep what is written from other users of the machine."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m grader", description=__doc__, epilog="COMMAND --help says more."
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        words = (run.__doc__ or "").splitlines()[0]
        command = subparsers.add_parser(name, help=words, description=words)
        command.set_defaults(run=run, private=False)
        return command

    _add_term(add)
    _add_building(add)
    return parser


def _add_term(add: Callable) -> None:
    """Add what an instructor uses through a term."""
    command = add("list", commands.show)
    command = add("release", commands.release)
    command.add_argument("name", metavar="NAME")
    command.add_argument("--repository", metavar="URL", help="write links for this repository")
    _add_course(command, seed=True)
    command = add("collect", commands.collect)
    command.add_argument("name", metavar="NAME")
    command.add_argument("source", type=Path, help="folder, zip file, or an LMS's download")
    command.add_argument("--from", dest="format", choices=FORMATS, help="default: recognized")
    _add_course(command)
    command = add("grade", commands.grade)
    command.add_argument("name", metavar="NAME")
    _add_course(command, seed=True)
    _add_grading(command)
    command = add("regrade", commands.regrade)
    command.add_argument("name", metavar="NAME")
    command.add_argument("student", metavar="STUDENT")
    _add_course(command, seed=True)
    _add_grading(command)
    command = add("humans", commands.humans)
    command.add_argument("name", metavar="NAME")
    _add_course(command)
    command = add("feedback", commands.feedback)
    command.add_argument("name", metavar="NAME")
    command.add_argument("--student", help="one student alone")
    _add_course(command)
    command = add("export", commands.export)
    command.add_argument("name", metavar="NAME")
    command.add_argument(
        "--to", dest="format", choices=FORMATS, default="plain", help="default: plain"
    )
    command.add_argument("--output", type=Path, metavar="FILE")
    _add_course(command)


def _add_building(add: Callable) -> None:
    """Add what an author uses."""
    command = add("build", commands.build)
    command.add_argument("names", nargs="*", metavar="NAME", help="all, if none is named")
    command.add_argument("--repository", metavar="URL", help="write links for this repository")
    command.add_argument("--check", action="store_true", help="compare instead of writing")
    command = add("trials", commands.trials)
    command.add_argument("names", nargs="*", metavar="NAME", help="all, if none is named")
    command.add_argument("--only", nargs="+", choices=GROUPS)
    command.add_argument("--fast", action="store_true", help="without those that take long")
    command.add_argument(
        "--number", type=_positive, metavar="N", help="so many of them, evenly chosen"
    )
    command.add_argument("--workers", type=_positive, default=2, metavar="N")
    command.add_argument("--write", type=Path, metavar="FOLDER", help="write the files instead")


def _add_course(command: argparse.ArgumentParser, seed: bool = False) -> None:
    command.add_argument("--course", metavar="FOLDER", help="default: $GRADING_FOLDER or term/")
    command.set_defaults(private=True)
    if seed:
        command.add_argument(
            "--seed",
            help="default: $GRADING_SEED or seed.txt of the course, where the seed is kept",
        )


def _add_grading(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--workers", type=_positive, metavar="N", help="default: one for each core"
    )
    command.add_argument("--scheduler", metavar="ADDRESS", help="of Dask, such as tcp://HOST:8786")
    command.add_argument(
        "--unsafe", action="store_true", help="no isolation: only for notebooks that you trust"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status: 0, 1 for a failed check, 2 for an error."""
    options = _parser().parse_args(arguments)
    try:
        with _private() if options.private else nullcontext():
            return options.run(options)
    except (CourseError, SourceError, IsolationError, StartError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. What was graded is kept; the same command goes on.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
