"""Grade the course's assignments: release, collect, grade, give feedback, export."""

import argparse
import os
import select
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path

# Each is a file in commands/, which is imported when it is asked for.
COMMANDS = {
    "list": "list the assignments",
    "roster": "list the students, or import them from a file",
    "release": "make an assignment's notebook for students and enter it in the gradebook",
    "deadline": "set an assignment's deadline and extensions, or show them",
    "late": "set what late work costs, or show it",
    "collect": "take submissions from a folder, a zip file or the download of an LMS",
    "handins": "list what students have handed in, and choose which notebook counts",
    "grade": "grade all collected submissions in sandboxes and write the gradebook",
    "regrade": "grade one student's submission again, whatever is known from before",
    "status": "show who has handed in, what is graded, what waits for a person, what is wrong",
    "humans": "show what needs a person: unclear submissions, and answers in words",
    "review": "grade by hand in the browser: answers in words, and what is unclear",
    "feedback": "write the feedback for students, one HTML file each",
    "export": "write the grades as a table, also as an LMS imports them",
    "analytics": "write a page, without names: points by question, mistakes by how many",
    "similar": "show submissions whose code is similar, side by side",
    "build": "(authors) write the released notebooks of the repository, or compare them",
    "trials": "(authors) grade submissions whose points are known, and print what each scored",
}
OPEN = ("list", "build", "trials")  # they write nothing of a course


@contextmanager
def _private() -> Iterator[None]:
    """Keep what is written from other users of the machine."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _help() -> str:
    width = max(map(len, COMMANDS))
    return "\n".join(f"  {name:{width}}  {words}" for name, words in COMMANDS.items())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m grader",
        description=f"{__doc__}\n\ncommands:\n{_help()}",
        epilog="COMMAND --help says more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of these")
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _errors() -> tuple[type[Exception], ...]:
    """Return the errors that are told in a sentence; the others are faults of the grader."""
    from grader.course import CourseError
    from grader.release import SourceError
    from grader.sandbox import IsolationError
    from grader.session import StartError

    return CourseError, SourceError, IsolationError, StartError, OSError


def _is_unread() -> bool:
    """Tell whether it is our own output that nobody reads any more, and no sandbox's pipe."""
    watch = select.poll()
    watch.register(sys.stdout.fileno(), 0)
    return any(event & select.POLLERR for _, event in watch.poll(0))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status: 0, 1 for a failed check, 2 for an error.

    Where nobody reads any more, as behind ``| head``, it ends quietly, with 141 as others do.
    """
    try:
        try:
            return _main(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        with Path(os.devnull).open("w") as nothing:  # for what Python writes in the end
            os.dup2(nothing.fileno(), sys.stdout.fileno())
        return 141


def _main(arguments: Sequence[str] | None) -> int:
    given = _parser().parse_args(arguments)
    command = import_module(f"grader.commands.{given.command}")
    words = command.__doc__ or ""
    parser = argparse.ArgumentParser(prog=f"python -m grader {given.command}", description=words)
    command.arguments(parser)
    options = parser.parse_args(given.rest)
    try:
        with nullcontext() if given.command in OPEN else _private():
            return command.run(options)
    except KeyboardInterrupt:
        print("\nStopped. What was graded is kept; the same command goes on.", file=sys.stderr)
        return 130
    except _errors() as error:
        if isinstance(error, BrokenPipeError) and _is_unread():
            raise
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
