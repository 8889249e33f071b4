"""What is sent to workers on other machines, and counts for a result's digest, is complete."""

import ast
import re
import selectors
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from distributed import Client

from grader import batch, sandbox
from grader.commands import _grading
from grader.confined import Handed
from grader.exchange import StartError
from grader.referee import Task
from grader.release import ROOT
from grader.sandbox import Limits
from grader.session import Session

#: Read as data, to be run inside the sandbox; `runner` imports the others from beside it.
RUN_INSIDE = {"fork_server", "runner", "tolerant"}


def imported(module):
    """Return the modules of the package that a module imports, wherever it does."""
    tree = ast.parse((ROOT / "grader" / f"{module}.py").read_text("utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            path = (node.module or "").split(".")
            if path[0] == "grader":
                found |= {"/".join(path[1:])} if path[1:] else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {
                "/".join(n.name.split(".")[1:]) for n in node.names if n.name.startswith("grader.")
            }
    return found | {f"{name.rpartition('/')[0]}/__init__" for name in found if "/" in name}


def closure(module):
    seen, waiting = set(), {module}
    while waiting:
        seen |= waiting
        waiting = set().union(*map(imported, waiting)) - seen
    return seen


def test_every_module_that_grading_imports_is_sent_and_counts():
    assert {"find", "judge", "player", "session", "wire"} < closure("referee")
    # `fork_server` is started by its name, in the confined process.
    known = closure("referee") | closure("fork_server")
    assert set(batch.ENGINE) == known | {"__init__"} | RUN_INSIDE


def test_checks_import_nothing_that_is_not_sent():
    for path in ROOT.glob("assignments/*/checks.py"):
        names = [
            node.module
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom)
        ]
        modules = {name.removeprefix("grader.") for name in names if name.startswith("grader")}
        assert modules <= set(batch.ENGINE), path


@pytest.mark.parametrize(
    ("what", "other"),
    [("data_folder", lambda: ROOT / "tests"), ("version", lambda name: "0.0.1")],
)
def test_a_result_of_another_environment_is_another_result(monkeypatch, what, other):
    task = Task("a", b"", "", b"", "a seed")
    batch.environment_digest.cache_clear()
    before = batch.fingerprint(task)
    monkeypatch.setattr(batch, what, other)
    assert batch.fingerprint(task) == before  # it is looked at once in a run
    batch.environment_digest.cache_clear()
    assert batch.fingerprint(task) != before
    batch.environment_digest.cache_clear()


def test_the_map_of_the_readme_names_every_file():
    text = (ROOT / "grader" / "README.md").read_text("utf-8")
    table = text.partition("## Which file")[2].partition("## To change it")[0]
    named = set(re.findall(r"`([\w./]+)`", table))
    folder = ROOT / "grader"
    there = {path.name for path in folder.iterdir() if path.suffix in (".py", ".html")}
    there |= {f"{path.parent.name}/" for path in folder.glob("*/__init__.py")}
    assert named - {"ENGINE", "checks.py", "source.md"} == there - {"__init__.py"}


# --- what the clock has stopped -------------------------------------------------------------------

STARTED: list[str] = []  # workers are threads of this process
ENDED: list[int] = []  # how many had been started when one ended


def on_a_busy_machine(task):
    """Return a result that was stopped by the clock, once or always."""
    STARTED.append(task.name)
    turn = STARTED.count(task.name)
    if task.name == "full" and turn <= 3:  # in all tries at once
        raise OSError(28, "No space left on device")
    if task.name == "broken":
        raise OSError(28, "No space left on device")
    busy = {"slowed": turn == 1, "sleeps": True}
    ENDED.append(len(STARTED))
    return {"waited": busy.get(task.name, False), "turn": turn}


@pytest.fixture
def outcomes(monkeypatch, tmp_path):
    """Grade six submissions of which two are stopped; return what came out, and the journal."""
    STARTED.clear()
    ENDED.clear()
    monkeypatch.setattr(batch, "grade", on_a_busy_machine)
    monkeypatch.setattr(batch, "environment_digest", lambda: b"")
    tasks = [(n, Task(n, b"", "", b"", "")) for n in ("slowed", "a", "sleeps", "b", "c", "d")]

    def run(seconds=batch.AGAIN, more=()):
        monkeypatch.setattr(batch, "AGAIN", seconds)
        journal = batch.Journal(tmp_path / f"journal-{seconds}.jsonl")
        options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
        with Client(processes=False, **options) as client:
            named = [*((n, Task(n, b"", "", b"", "")) for n in more), *tasks]
            done = list(batch.run(lambda: nullcontext(client), named, journal))
        graded = [one for one in done if one.error is None]
        assert {batch.fingerprint(one.task): one.result for one in graded} == journal.results
        assert len(done) == len(named)
        return {one.name: one.result for one in done}

    return run


def test_what_the_clock_has_stopped_is_graded_again_when_all_others_are_done(outcomes):
    done = outcomes()
    assert sorted(STARTED[-2:]) == ["sleeps", "slowed"]
    assert ENDED[-3:] == [6, 7, 8]  # one at a time
    assert done["slowed"] == {"waited": False, "turn": 2}
    assert done["sleeps"] == {"waited": True, "turn": 2}  # not a third time
    assert done["a"] == {"waited": False, "turn": 1}


def test_second_tries_end_where_they_take_long(outcomes):
    done = outcomes(0.0)
    assert len(STARTED) == 6
    assert done["slowed"] == {"waited": True, "turn": 1}


def test_where_the_machine_failed_is_graded_again_when_all_others_are_done(outcomes):
    done = outcomes(more=("full", "broken"))
    assert done["full"] == {"waited": False, "turn": 4}
    assert done["broken"] is None  # it is told, and not in the journal
    assert done["d"] == {"waited": False, "turn": 1}
    assert STARTED.index("d") < len(STARTED) - 1 - STARTED[::-1].index("full")


def test_a_conversation_needs_no_watch_of_epoll(monkeypatch):
    """One user has so many of them, and sandboxes of this user's can use them up."""

    def full(*unused):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(selectors.EpollSelector, "register", full)
    with Session("unsafe", Limits()) as session:
        assert session.ask("cell", source="x = 1", keep=["x"])["bound"] == ["x"]


def test_a_sandbox_that_does_not_start_leaves_nothing_open(monkeypatch):
    def full(*unused, **more):
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(sandbox.subprocess, "Popen", full)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with pytest.raises(OSError, match="temporarily"), Session("unsafe", Limits()):
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_what_the_machine_cannot_read_is_read_again_behind_the_others(monkeypatch):
    turns = []

    class Reader:
        def graded(self, path):
            turns.append(path.name)
            if path.name == "broken" or turns.count(path.name) == 1 == len(turns):
                raise StartError("this machine is at a limit")
            return Handed(path.name.encode(), "a", "")

    course = SimpleNamespace(released=lambda name: b'{"cells": []}', seed=lambda given: "")
    definition = SimpleNamespace(name="a", checks="")
    options = SimpleNamespace(unsafe=False, seed=None)
    monkeypatch.setattr(_grading, "shared", lambda unsafe: Reader())
    monkeypatch.setattr(_grading, "_path", lambda course, name, student: Path(student))
    students = ["full", "broken", "a"]
    tasks = list(_grading._tasks(course, definition, students, options))
    assert [name for name, _ in tasks] == ["a", "full", "broken"]
    assert [task.notebook for _, task in tasks] == [b"a", b"full", b""]
    assert "at a limit" in tasks[2][1].problem
