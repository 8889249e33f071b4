"""Measure grading: ``python -m benchmarks.grading`` or ``make bench-grading``.

A batch of submissions of assignment 2 (model answers and typical mistakes) is graded in
sandboxes with one worker and with two, each from an empty journal into an empty gradebook. The
same notebooks are then graded by plain nbgrader, in one batch, without isolation. A smaller batch
has hostile files among the others, and the commands that should be quick are timed.
"""

import argparse
import logging
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from distributed import Client
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import capture_log
from traitlets.config import Config

from benchmarks.__main__ import machine
from benchmarks.table import Row, format_table
from grader import trials
from grader.batch import Journal, connect, run
from grader.confined import shared
from grader.course import Course
from grader.gradebook import Writer, submissions
from grader.referee import Task, grade
from grader.release import define
from grader.submission import UnreadableError, strip

NAME = "a2_convolution"
SEED = "the seed of the benchmark"
PROJECTED = 10_000


@dataclass(frozen=True)
class Batch:
    """What grading a batch took; memory in bytes."""

    workers: int
    count: int
    seconds: float
    start: float
    processor: float
    grader_memory: int
    sandbox_memory: int

    @property
    def each(self) -> float:
        """Seconds for each submission, with everything but the start of the cluster."""
        return self.seconds / self.count


def hand_in(course: Course, count: int) -> None:
    """Put `count` submissions into a course: notebooks of the trials, in turn."""
    chosen = trials.trials_of(NAME, ("basics", "mistakes"))
    for number in range(count):
        folder = course.submitted(f"student-{number:05}", NAME)
        folder.mkdir(parents=True)
        content = chosen[number % len(chosen)].content
        # No two are the same, as in a course.
        content = content.replace(b"Allow about", f"{number}: allow about".encode(), 1)
        (folder / f"{NAME}.ipynb").write_bytes(content)


# What wears out a grader that reads it: how a file begins, what is repeated, how it ends.
CELLS, END = b'{"cells":[', b"{}]}"
LONG = b'{"cell_type":"code","source":"x = [%s]"},' % (b"[]," * 18_000)
ARRAY = b"import numpy as np\\ndef slide(*a, **k): return np.zeros(2_000_000)"
HOSTILE = (
    (CELLS, b"{},", 33_000_000, END),
    (CELLS, b"[[],[]],", 12_000_000, END),
    (CELLS, LONG, 560, END),
    (CELLS, b'{"cell_type":"code","source":"[],[],[]"},', 4000, END),
    (CELLS + b'{"cell_type":"code","source":"', b"\\n", 300_000, b'"}]}'),
    (CELLS + b'{"cell_type":"markdown","source":"', b"\\\\", 200_000, b'"}]}'),
    (CELLS + b'{"cell_type":"code","source":"' + ARRAY + b'"},', b"{},", 1, END),
)


def hand_in_hostile(course: Course) -> None:
    """Put hostile files into a course, among the others; none is ever whole in memory."""
    for number, (begin, piece, times, end) in enumerate(HOSTILE):
        folder = course.submitted(f"hostile-{number}", NAME)
        folder.mkdir(parents=True)
        with (folder / f"{NAME}.ipynb").open("wb") as file:
            file.write(begin)
            for _ in range(times):
                file.write(piece)
            file.write(end)


def _tasks(course: Course) -> Iterator[tuple[str, Task]]:
    definition, release = define(NAME), strip(course.released(NAME))
    for student in submissions(course, NAME):
        content, problem = b"", ""
        try:
            content = shared().graded(course.submitted(student, NAME) / f"{NAME}.ipynb").content
        except UnreadableError as error:
            problem = str(error)
        yield student, Task(NAME, content, definition.checks, release, SEED, problem=problem)


def _memory() -> int:
    """Return the largest amount of memory that this process has had, in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024


def sandboxed(count: int, workers: int, hostile: bool = False) -> Batch:
    """Grade a batch in sandboxes, from the files to the gradebook."""
    Path("/proc/self/clear_refs").write_text("5")  # forgets the highest memory so far
    with tempfile.TemporaryDirectory() as folder:
        course = Course.open(folder)
        course.release(NAME)
        hand_in(course, count)
        if hostile:
            hand_in_hostile(course)
        started = time.perf_counter()
        with connect(workers=workers) as client:
            _warm(client, course)
            begun = time.perf_counter()
            results = _grade(course, client)
            ended = time.perf_counter()
            memory = max(client.run(_memory).values())
    return Batch(
        workers=workers,
        count=len(results),
        seconds=ended - begun,
        start=begun - started,
        processor=statistics.mean(result["seconds"] for result in results),
        grader_memory=memory,
        sandbox_memory=max(result["peak"] for result in results),
    )


def _warm(client: Client, course: Course) -> None:
    """Let everything be imported that the first submission would wait for."""
    (_, task) = next(_tasks(course))
    client.submit(grade, replace(task, seed="to get warm")).result()


def _grade(course: Course, client: Client) -> list[dict]:
    results = []
    with Writer(course, NAME) as book:
        journal = Journal(course.root / "journal.jsonl")
        for one in run(lambda: nullcontext(client), _tasks(course), journal):
            if one.result is None:
                raise SystemExit(f"{one.name} could not be graded: {one.error}")
            book.write(one.name, one.task.notebook, one.result)
            results.append(one.result)
    return results


def command(*words: str, course: Path) -> float:
    """Return the seconds that a command takes, the quickest of three."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        variables = os.environ | {"GRADING_FOLDER": str(course)}
        subprocess.run(
            [sys.executable, "-m", "grader", *words],
            env=variables,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        times.append(time.perf_counter() - started)
    return min(times)


def commands(count: int) -> list[Row]:
    """Return how long commands take that should be quick."""
    with tempfile.TemporaryDirectory() as folder:
        course = Course.open(folder)
        course.release(NAME)
        hand_in(course, count)
        return [
            Row(name, command(name, course=course.root), "s", at_most=1.2)
            for name in ("--help", "list", "status")
        ]


def plain(count: int) -> float:
    """Return the seconds that nbgrader's autograde takes for each submission of a batch."""
    with tempfile.TemporaryDirectory() as folder:
        course = Course.open(folder)
        course.release(NAME)
        hand_in(course, count)
        config = Config()
        config.CourseDirectory.root = folder
        config.CourseDirectory.db_url = course.database
        config.CourseDirectory.course_id = "course"
        config.CourseDirectory.assignment_id = NAME
        logging.disable(logging.CRITICAL)
        started = time.perf_counter()
        outcome = capture_log(Autograde(coursedir=CourseDirectory(config=config), config=config))
        seconds = time.perf_counter() - started
        logging.disable(logging.NOTSET)
        if not outcome["success"]:
            raise SystemExit(outcome.get("log", "nbgrader failed"))
    return seconds / count


def _batch_rows(batch: Batch) -> list[Row]:
    mib = 1024 * 1024
    goal = 1.0 if batch.workers == 2 else None
    return [
        Row("time", batch.each, "s/submission", at_most=goal),
        Row("processor time in the sandbox", batch.processor, "s/submission"),
        Row("start of the cluster", batch.start, "s"),
        Row("memory of the grader, at most", batch.grader_memory / mib, "MiB", at_most=300),
        Row("memory of a sandbox, at most", batch.sandbox_memory / mib, "MiB"),
    ]


def sections(
    batches: list[Batch], hostile: Batch, plain_each: float, quick: list[Row]
) -> list[tuple[str, list[Row]]]:
    """Return the table: each batch, plain nbgrader, and what 10,000 submissions would take."""
    one, two = batches
    hours = PROJECTED / 3600
    return [
        ("In sandboxes, 1 worker", _batch_rows(one)),
        ("In sandboxes, 2 workers", _batch_rows(two)),
        ("From 1 worker to 2", [Row("share of linear", one.each / two.each / 2, at_least=0.9)]),
        (f"{len(HOSTILE)} hostile files among {hostile.count}", _batch_rows(hostile)[-2:]),
        (
            "Plain nbgrader, no isolation",
            [
                Row("time", plain_each, "s/submission"),
                Row("in sandboxes, 2 workers, faster by", plain_each / two.each, at_least=4.5),
            ],
        ),
        ("Commands", quick),
        (
            f"{PROJECTED:,} submissions, projected",
            [
                Row("in sandboxes, 1 worker", one.each * hours, "h"),
                Row("in sandboxes, 2 workers", two.each * hours, "h"),
                Row("plain nbgrader", plain_each * hours, "h"),
            ],
        ),
        ("300 submissions, projected", [Row("2 workers", two.each * 5, "min")]),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grading", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="submissions in a batch")
    parser.add_argument("--plain", type=int, default=40, help="submissions for plain nbgrader")
    options = parser.parse_args(arguments)
    if shutil.which("bwrap") is None:
        print("This needs bubblewrap: apt-get install bubblewrap", file=sys.stderr)
        return 2
    batches = []
    for workers in (1, 2):
        print(f"{options.count} submissions, workers: {workers} …", file=sys.stderr)
        batches.append(sandboxed(options.count, workers))
    print(f"{len(HOSTILE)} hostile files among others …", file=sys.stderr)
    hostile = sandboxed(10, 2, hostile=True)
    print(f"plain nbgrader, {options.plain} submissions …", file=sys.stderr)
    each = plain(options.plain)
    print(format_table(sections(batches, hostile, each, commands(options.plain))))
    about = machine() | {"batch": str(options.count), "batch of plain nbgrader": str(options.plain)}
    print("\n" + ", ".join(f"{key} {value}" for key, value in about.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
