"""Grades submissions and tells how far it is: for ``grade`` and ``regrade``."""

import argparse
import fcntl
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import cache
from pathlib import Path

from distributed import Client

from grader.batch import Journal, connect, fingerprint, run
from grader.commands._common import course_of, positive, tell
from grader.commands.humans import hint
from grader.confined import printable, shared
from grader.course import Course, CourseError
from grader.exchange import OursError
from grader.gradebook import Writer
from grader.preflight import model_answers, preflight
from grader.referee import Task
from grader.release import ASSIGNMENTS, Definition
from grader.sandbox import SYSTEM, data_folder, find_mode, visible_folders
from grader.submission import UnreadableError, strip


def add_grading(parser: argparse.ArgumentParser) -> None:
    """Add the options of a command that grades."""
    parser.add_argument("--workers", type=positive, metavar="N", help="default: one for each core")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of Dask, such as tcp://HOST:8786")
    parser.add_argument(
        "--unsafe", action="store_true", help="no isolation: only for notebooks that you trust"
    )


def _tasks(
    course: Course, definition: Definition, students: list[str], options: argparse.Namespace
) -> Iterator[tuple[str, Task]]:
    released, seed = strip(course.released(definition.name)), course.seed(options.seed)
    waiting = dict.fromkeys(students, False)
    while waiting:
        student, again = next(iter(waiting.items()))
        del waiting[student]
        content, problem = b"", ""
        try:
            path = _path(course, definition.name, student)
            content = shared(options.unsafe).graded(path).content
        except UnreadableError as error:
            problem = str(error)
        except OursError as error:
            if not again:
                waiting[student] = True  # behind the others, who may have used the machine up
                continue
            problem = f"the machine could not read it ({printable(str(error))})"
        checks, unsafe = definition.checks, options.unsafe
        yield student, Task(definition.name, content, checks, released, seed, unsafe, problem)


def _path(course: Course, name: str, student: str) -> Path:
    path = course.submitted(student, name) / f"{name}.ipynb"
    if not path.exists():
        raise UnreadableError("No notebook was handed in.")
    return path


def _reviewed(course: Course, name: str, student: str, unsafe: bool) -> bytes:
    """Return what a person looks at: what is graded, with its pictures."""
    try:
        return shared(unsafe).notebook(_path(course, name, student)).content
    except (UnreadableError, OursError):  # it stays to be graded again
        return b""


def check_isolation(course: Course, options: argparse.Namespace) -> None:
    """Refuse to grade where students' code could see what it must not."""
    if options.unsafe:
        print(
            "Without isolation: a notebook can read and change everything that you can.",
            file=sys.stderr,
        )
        return
    if not options.scheduler:
        find_mode()
    for folder in (*map(Path, SYSTEM), *visible_folders(data_folder())):
        if course.root.is_relative_to(folder) or ASSIGNMENTS.is_relative_to(folder):
            raise CourseError(f"Students' code can read {folder}, which holds your course.")


def grade_all(options: argparse.Namespace, students: list[str], again: bool = False) -> int:
    """Grade these students' submissions and write the gradebook; return the exit status."""
    course, definition = course_of(options)
    check_isolation(course, options)
    with alone(course):
        return _grade(options, course, definition, students, again)


@contextmanager
def alone(course: Course) -> Iterator[None]:
    """Keep a second run out of the course's journal and gradebook."""
    with (course.root / "grading.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CourseError(
                f"Another run grades in {course.root}: wait until it is done."
            ) from error
        yield


def _grade(
    options: argparse.Namespace,
    course: Course,
    definition: Definition,
    students: list[str],
    again: bool,
) -> int:
    journal = Journal(course.root / "journal.jsonl")
    if again:
        for _, task in _tasks(course, definition, students, options):
            journal.results.pop(fingerprint(task), None)
    counts: Counter[str] = Counter()
    failed = []
    with _cluster(options) as cluster:
        reference = _reference(course, definition, options)
        if fingerprint(reference) not in journal.results:
            print("Grading the model answers first, to see that this machine can.", flush=True)
        preflight(cluster, reference, journal)
        started = time.monotonic()
        tasks = _tasks(course, definition, students, options)
        with Writer(course, options.name) as book:
            for number, one in enumerate(run(cluster, tasks, journal), start=1):
                if one.result is None:
                    failed.append(f"{one.name}: {one.error}")
                else:
                    content = _reviewed(course, options.name, one.name, options.unsafe)
                    book.write(one.name, content, one.result)
                    counts["graded now" if one.fresh else "known from before"] += 1
                seconds = time.monotonic() - started
                words = f"{seconds:.0f} s, {seconds / number:.2f} s each"
                tell(number, len(students), f"{number} of {len(students)} graded, {words}")
    print(", ".join(f"{count} {words}" for words, count in counts.items()) + ".")
    for line in failed:
        print(f"  not graded, the machine failed: {line}", file=sys.stderr)
    hint(course, definition.assignment, students)
    return int(bool(failed))


def _reference(course: Course, definition: Definition, options: argparse.Namespace) -> Task:
    released, seed = strip(course.released(definition.name)), course.seed(options.seed)
    return model_answers(definition, released, seed, options.unsafe)


@contextmanager
def _cluster(options: argparse.Namespace) -> Iterator[Callable[[], AbstractContextManager[Client]]]:
    """Yield what opens a cluster when it is first asked for, and the same one from then on."""
    with ExitStack() as stack:

        @cache
        def client() -> Client:
            return stack.enter_context(connect(options.scheduler, options.workers))

        yield lambda: nullcontext(client())
