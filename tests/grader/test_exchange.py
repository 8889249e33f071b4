"""What is read of processes that may end at any moment."""

import subprocess
import sys
from pathlib import Path

import pytest

from grader import exchange

BEGETS = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"])
print("born", flush=True)
child.wait()
"""


@pytest.fixture
def parent():
    """Start a process that has a child."""
    command = [sys.executable, "-c", BEGETS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process
        process.communicate()  # closes its input, which ends the child, and with it the parent


def test_a_family_is_a_process_and_its_descendants(parent):
    first, second = exchange.family(parent.pid, at_most=9)
    assert first == parent.pid
    assert f"PPid:\t{parent.pid}\n" in Path(f"/proc/{second}/status").read_text()


def test_a_process_that_ends_while_it_is_read_has_no_children(parent, monkeypatch):
    iterdir = Path.iterdir

    def too_late(folder):
        parent.communicate()
        return iterdir(folder)

    monkeypatch.setattr(Path, "iterdir", too_late)
    assert exchange.family(parent.pid, at_most=9) == [parent.pid]
