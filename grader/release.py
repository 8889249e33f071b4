"""Reads an assignment as its author wrote it: its name, its checks, its files.

Importing this is quick: notebooks are made in ``builder.py``.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.questions import Assignment, from_source

ROOT = Path(__file__).resolve().parent.parent
ASSIGNMENTS = ROOT / "assignments"  # read by path, as data: the engine imports none of it
RELEASES = ASSIGNMENTS / "release"  # what Colab and Binder open


class SourceError(Exception):
    """A source that contradicts its checks; the message names the place."""


@dataclass(frozen=True)
class Definition:
    """An assignment as its author wrote it."""

    name: str
    folder: Path
    checks: str
    assignment: Assignment

    @property
    def source(self) -> Path:
        """The MyST source of the notebook."""
        return self.folder / "source.md"

    @property
    def release(self) -> Path:
        """The released notebook that stands in the repository."""
        return RELEASES / f"{self.name}.ipynb"


def names() -> list[str]:
    """Return the names of all assignments, in order."""
    return sorted(path.parent.name for path in ASSIGNMENTS.glob("*/checks.py"))


@cache
def define(name: str) -> Definition:
    """Read an assignment.

    Raises
    ------
    SourceError
        If there is none of this name.
    """
    folder = ASSIGNMENTS / name
    if name not in names():
        raise SourceError(f"There is no assignment {name!r}; there are: {', '.join(names())}.")
    checks = (folder / "checks.py").read_text()
    return Definition(name, folder, checks, from_source(checks, name))


def check_id(question: str) -> str:
    """Return the id of the cell that carries a question's points in nbgrader."""
    return f"{question}-check"
