"""What is sent to workers on other machines, and counts for a result's digest, is complete."""

import ast
import re

import pytest

from grader import batch
from grader.referee import Task
from grader.release import ROOT

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
