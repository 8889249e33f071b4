"""The command line: ``python -m assignments COMMAND``."""

import argparse
import sys
from collections.abc import Sequence

from assignments import bench, build
from assignments.build import RELEASES, SourceError, define, names
from assignments.course import Course, CourseError
from assignments.sandbox import IsolationError
from assignments.session import StartError


def _build(options: argparse.Namespace) -> int:
    """Write the released notebooks of the repository, or compare them."""
    from assignments.course import build as release_text

    stale = 0
    RELEASES.mkdir(exist_ok=True)
    for name in options.names or names():
        text, path = release_text(name, options.repository), define(name).release
        if not options.check:
            path.write_text(text, "utf-8")
            print(f"{path.relative_to(build.ROOT)} written")
        elif not path.exists() or path.read_text("utf-8") != text:
            print(f"{path.relative_to(build.ROOT)} is not what its source gives: make assignments")
            stale += 1
    return int(stale > 0)


def _release(options: argparse.Namespace) -> int:
    """Make an assignment's notebook for students and enter it in the gradebook."""
    course = Course.open(options.course)
    course.seed(options.seed)
    path = course.release(options.name, options.repository)
    assignment = define(options.name).assignment
    print(f"{assignment.title}: {assignment.points:g} points, about {assignment.minutes} minutes.")
    print(f"Give this notebook to your students: {path}")
    return 0


def _bench(options: argparse.Namespace) -> int:
    """Grade submissions whose points are known, and print what each scored."""
    groups = tuple(options.only or bench.GROUPS)
    wrong = 0
    for name in options.names or names():
        chosen = bench.variants(name, groups)
        if options.fast:
            chosen = [variant for variant in chosen if not variant.heavy]
        print(f"\n{name}: {len(chosen)} submissions")
        for outcome in bench.run_all(name, chosen, options.workers):
            wrong += not outcome.ok
            _print_outcome(outcome)
    print(f"\n{wrong} scored something else than they deserve." if wrong else "\nAll as deserved.")
    return int(wrong > 0)


def _print_outcome(outcome: bench.Outcome) -> None:
    variant = outcome.variant
    points = sum(outcome.scored.values())
    wanted = sum(outcome.expected.values())
    asked = "a person looks" if outcome.human else ""
    mark = "  " if outcome.ok else "✗ "
    print(f"{mark}{variant.group:9} {variant.name:58} {points:5g} of {wanted:5g} deserved "
          f"{outcome.seconds:6.1f} s  {asked}", flush=True)  # fmt: skip
    if not outcome.ok:
        print(f"     scored {outcome.scored}, deserved {outcome.expected}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m assignments", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: object) -> argparse.ArgumentParser:
        words = run.__doc__.splitlines()[0]
        command = commands.add_parser(name, help=words, description=words)
        command.set_defaults(run=run)
        return command

    command = add("build", _build)
    command.add_argument("names", nargs="*", metavar="NAME", help="all, if none is named")
    command.add_argument("--repository", metavar="URL", help="write links for this repository")
    command.add_argument("--check", action="store_true", help="compare instead of writing")
    command = add("release", _release)
    command.add_argument("name", metavar="NAME")
    command.add_argument("--repository", metavar="URL", help="write links for this repository")
    _add_course(command)
    command = add("bench", _bench)
    command.add_argument("names", nargs="*", metavar="NAME", help="all, if none is named")
    command.add_argument("--only", nargs="+", choices=bench.GROUPS)
    command.add_argument("--fast", action="store_true", help="without those that take long")
    command.add_argument("--workers", type=int, default=2)
    return parser


def _add_course(command: argparse.ArgumentParser) -> None:
    command.add_argument("--course", metavar="FOLDER", help="default: $GRADING_FOLDER or grading/")
    command.add_argument("--seed", help="default: $GRADING_SEED or seed.txt in the course folder")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (CourseError, SourceError, IsolationError, StartError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
