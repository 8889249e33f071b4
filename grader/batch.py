"""Grades many submissions on Dask, and remembers what is done.

A submission is one task that carries all it needs; its result comes back as plain data. Dask
runs the tasks of a lost worker again. Results go to a journal as they come in, so a stopped run
goes on where it was, and running twice gives the same grades.

What the clock has stopped may have been slowed by others, and where the machine failed, such as at
one of its limits, another one may have used that up: it is graded again when they are done, alone.
What is stopped or fails again is left to a person.
"""

import hashlib
import json
import os
import platform
import re
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dask
from dask.typing import Key
from distributed import Client, Future, LocalCluster, as_completed, wait

from grader.course import CourseError
from grader.referee import Task, grade
from grader.sandbox import PACKAGES, PASSED_ON, IsolationError, data_folder

# What a worker needs of this package; it is sent to workers on other machines.
ENGINE = (
    "__init__",
    "confined",
    "confined_process",
    "confined_tasks/__init__",
    "confined_tasks/judging",
    "exchange",
    "find",
    "fork_server",
    "grade",
    "judge",
    "line",
    "player",
    "questions",
    "referee",
    "runner",
    "sandbox",
    "seccomp",
    "session",
    "submission",
    "tolerant",
    "wire",
)
WAITING = 4  # tasks sent ahead for each worker: bounds the scheduler's memory
AGAIN = 1200.0  # seconds for all second tries: later ones are left to a person untried

Running = tuple[str, Task, str]


@cache
def _engine() -> dict[str, bytes]:
    folder = resources.files("grader")
    return {f"{name}.py": (folder / f"{name}.py").read_bytes() for name in ENGINE}


@cache
def environment_digest() -> bytes:
    """Return a SHA-256 of what students' code finds on this machine.

    Python, the packages that the course needs, its own packages' files, and the images.
    """
    needed = {"ipython", "scipy", "tensorflow", "tensorflow-cpu", "keras"}
    with suppress(PackageNotFoundError):
        needed |= {_name(text) for text in requires("fashion-lib") or () if "extra" not in text}
    parts = [sys.version, platform.machine()]
    parts += [f"{name} {_version(name)}" for name in sorted(needed)]
    parts += [f"{name} {os.environ.get(name)}" for name in PASSED_ON]
    digest = hashlib.sha256("\n".join(parts).encode())
    data = data_folder()
    own = [Path(str(found.origin)).parent for name in PACKAGES if (found := find_spec(name))]
    for folder in (*own, *([data] if data else [])):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(folder)}\n".encode())
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.digest()


def _name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "is not there"


def fingerprint(task: Task) -> str:
    """Return a SHA-256 of everything that a result depends on."""
    parts = [
        task.name.encode(),
        task.notebook,
        task.checks.encode(),
        task.release,
        task.seed.encode(),
        str(task.unsafe).encode(),
        task.problem.encode(),
        environment_digest(),
        *_engine().values(),
    ]
    digests = b"".join(hashlib.sha256(part).digest() for part in parts)
    return hashlib.sha256(digests).hexdigest()


class Journal:
    """Results by fingerprint, one JSON text a line, appended as they come in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.results: dict[str, dict[str, Any]] = {}
        whole = b""
        if path.exists():
            content = path.read_bytes()
            whole = content[: content.rfind(b"\n") + 1]  # a run that was killed may leave half
            if len(whole) < len(content):
                path.write_bytes(whole)
        for line in whole.splitlines():
            entry = json.loads(line)
            self.results[entry["key"]] = entry["result"]

    def add(self, key: str, result: dict[str, Any]) -> None:
        """Note a result; it is on the disk when this returns."""
        self.results[key] = result
        line = json.dumps({"key": key, "result": result}) + "\n"
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())


def _join(address: str) -> Client:
    try:
        return Client(address, timeout="30s")
    except (OSError, ValueError) as error:
        raise CourseError(
            f"No Dask scheduler answers at {address} ({error}). Name one that runs, "
            "such as tcp://HOST:8786, or leave --scheduler out to use this machine."
        ) from error


@contextmanager
def connect(scheduler: str | None = None, workers: int | None = None) -> Iterator[Client]:
    """Start a cluster on this machine, or join the one at `scheduler`.

    Raises
    ------
    CourseError
        If no scheduler answers at the address.
    """
    if scheduler:
        with _join(scheduler) as client, tempfile.TemporaryDirectory() as folder:
            package = Path(folder, "grader_engine.zip")
            with zipfile.ZipFile(package, "w") as file:
                for name, content in _engine().items():
                    # A fixed date: the same code is the same file.
                    file.writestr(zipfile.ZipInfo(f"grader/{name}"), content)
            client.upload_file(str(package))
            yield client
        return
    # Workers are threads: they wait for their sandboxes, which are processes. So nothing
    # listens on the network, where other users of the machine could give orders.
    count = workers or len(os.sched_getaffinity(0))
    silent = [f"distributed.{each}.http.routes" for each in ("scheduler", "worker")]
    nowhere = "127.0.0.1:0"
    with (
        dask.config.set({setting: [] for setting in silent}),
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=False,
            memory_limit=None,
            dashboard_address=nowhere,
            worker_dashboard_address=nowhere,
            scheduler_kwargs={"dashboard": False},
            silence_logs=50,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@dataclass(frozen=True)
class Graded:
    """A submission with its result, or with the error of a machine that could not grade it."""

    name: str
    task: Task
    result: dict[str, Any] | None
    fresh: bool  # False if the journal had it
    error: BaseException | None = None


def run(
    open_client: Callable[[], AbstractContextManager[Client]],
    tasks: Iterable[tuple[str, Task]],
    journal: Journal,
) -> Iterator[Graded]:
    """Grade named tasks, in any order; take a new one when a worker is about to be free.

    Parameters
    ----------
    open_client : function
        As `connect`; called when the first task comes that the journal does not know.

    Raises
    ------
    IsolationError
        If a worker cannot make a sandbox: no other submission could be graded either.
    """
    running: dict[Key, Running] = {}
    stopped: list[tuple[Future, Running]] = []
    client = None

    def finished() -> Iterator[Graded]:
        future = next(queue)
        one = running.pop(future.key)
        if future.status == "finished":
            again = future.result().get("waited")
        else:
            again = not isinstance(future.exception(), IsolationError)
        if again:
            stopped.append((future, one))
        else:
            yield _finish(future, *one, journal)

    with ExitStack() as stack:
        for name, task in tasks:
            key = fingerprint(task)
            if key in journal.results:
                yield Graded(name, task, journal.results[key], fresh=False)
                continue
            if client is None:
                client = stack.enter_context(open_client())
                queue = as_completed()
                ahead = WAITING * max(1, sum(client.nthreads().values()))
            future = client.submit(grade, task, key=f"grade-{name}-{key[:16]}", retries=2)
            running[future.key] = (name, task, key)
            queue.add(future)
            if len(running) >= ahead:
                yield from finished()
        while running:
            yield from finished()
        until = time.monotonic() + AGAIN
        for future, (name, task, key) in stopped:
            assert client is not None  # who has graded them
            if time.monotonic() < until:
                future = client.submit(grade, task, key=f"again-{future.key}", retries=2)
                wait(future)
            yield _finish(future, name, task, key, journal)


def _finish(future: Future, name: str, task: Task, key: str, journal: Journal) -> Graded:
    if future.status == "finished":
        result = future.result()
        journal.add(key, result)
        return Graded(name, task, result, fresh=True)
    error = future.exception()
    if isinstance(error, IsolationError):
        raise error
    return Graded(name, task, None, fresh=True, error=error)
