"""The test-bench: submissions whose points are known beforehand, for every assignment.

The reference, the blank notebook, the attacks and the damaged notebooks are made from the
assignment's source; the typical mistakes stand in its ``bench.py``.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from runpy import run_path
from typing import Any

import nbformat
from nbformat import NotebookNode

from grader.grade import Task, grade
from grader.release import Builder, Definition, define
from grader.submission import UnreadableError, strip

SEED = "the test-bench, a seed that no course uses"
GROUPS = ("basics", "mistakes", "attacks", "damage")


@dataclass(frozen=True)
class Wrong:
    """A wrong answer to one question; `also` names what other questions lose by it.

    `loses` may be 0: an unusual answer that is right.
    """

    name: str
    question: str
    loses: float
    code: str
    also: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Variant:
    """A submission, and what it deserves.

    Attributes
    ----------
    lost : dict of str to float
        Points that questions lose, by id; all others must have full marks.
    human : bool or None
        Whether a person must be asked to look; None where either is right.
    heavy : bool
        Takes long or fills the machine: not in the fast part of the tests.
    """

    group: str
    name: str
    content: bytes
    lost: dict[str, float] = field(default_factory=dict)
    human: bool | None = False
    heavy: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a variant scored."""

    variant: Variant
    expected: dict[str, float]
    scored: dict[str, float]
    human: bool
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether the variant scored what it deserves."""
        asked = self.variant.human is None or self.variant.human == self.human
        return asked and self.expected == self.scored


def solved(definition: Definition) -> NotebookNode:
    """Return the notebook of a student who gives the model answers."""
    notebook = Builder(definition).build()
    for cell in notebook.cells:
        lines = cell.source.splitlines()
        cell.source = "\n".join(line for line in lines if " SOLUTION" not in line)
    return notebook


@cache
def released(definition: Definition) -> bytes:
    """Return the released notebook that stands in the repository."""
    return definition.release.read_bytes()


def blank(definition: Definition) -> NotebookNode:
    """Return the notebook of a student who writes nothing."""
    return nbformat.reads(released(definition).decode(), as_version=4)


def answer_cell(notebook: NotebookNode, question: str) -> NotebookNode:
    """Return the cell in which a question is answered."""
    return next(cell for cell in notebook.cells
                if cell.metadata.get("nbgrader", {}).get("grade_id") == question)  # fmt: skip


def replaced(notebook: NotebookNode, question: str, code: str) -> NotebookNode:
    """Return a copy with another answer to a question."""
    copy = deepcopy(notebook)
    answer_cell(copy, question)["source"] = f"# question: {question}\n{code}"
    return copy


def dump(notebook: NotebookNode) -> bytes:
    """Return a notebook as the bytes of a file."""
    return json.dumps(notebook, indent=1).encode()


def everything(definition: Definition) -> dict[str, float]:
    """Return what each question that the machine grades is worth: all is lost."""
    return {question.id: question.points for question in definition.assignment.graded}


def _basics(definition: Definition) -> Iterator[Variant]:
    yield Variant("basics", "reference", dump(solved(definition)))
    yield Variant("basics", "blank", dump(blank(definition)), everything(definition))


def _mistakes(definition: Definition) -> Iterator[Variant]:
    wrong: tuple[Wrong, ...] = run_path(str(definition.folder / "trials.py"))["WRONG"]
    reference = solved(definition)
    for one in wrong:
        notebook = replaced(reference, one.question, one.code)
        lost = {one.question: one.loses, **one.also}
        yield Variant("mistakes", f"{one.question}: {one.name}", dump(notebook), lost)


def variants(name: str, groups: tuple[str, ...] = GROUPS) -> list[Variant]:
    """Return the bench of an assignment."""
    from grader.trials.attacks import attacks
    from grader.trials.damage import damage

    definition = define(name)
    makers: dict[str, Callable[[Definition], Iterator[Variant]]] = {
        "basics": _basics, "mistakes": _mistakes, "attacks": attacks, "damage": damage,
    }  # fmt: skip
    return [variant for group in groups for variant in makers[group](definition)]


def run(name: str, variant: Variant) -> Outcome:
    """Grade one variant in a sandbox and compare."""
    definition = define(name)
    start = time.monotonic()
    result = _grade(definition, variant)
    scored = {q["question"]: q["points"] for q in result["questions"] if q["points"] is not None}
    human = bool(result["human"]) or any(q["human"] for q in result["questions"])
    full = {q.id: q.points for q in definition.assignment.graded}
    expected = {key: points - variant.lost.get(key, 0) for key, points in full.items()}
    if result["human"]:  # the file as a whole could not be read: no points are given or denied
        expected = {}
    scored = {key: scored.get(key, 0.0) for key in expected}
    return Outcome(variant, expected, scored, human, time.monotonic() - start)


def _grade(definition: Definition, variant: Variant) -> dict[str, Any]:
    try:
        content = strip(variant.content)
    except UnreadableError as error:
        return {"questions": [], "human": str(error)}
    release = strip(released(definition))
    return grade(Task(definition.name, content, definition.checks, release, SEED))


def run_all(name: str, chosen: list[Variant], workers: int = 2) -> Iterator[Outcome]:
    """Grade variants side by side; yield the outcomes in order."""
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(lambda variant: run(name, variant), chosen)


def write(folder: Path, chosen: list[Variant]) -> None:
    """Write variants as submissions: a folder of the variant's name, a notebook inside."""
    for variant in chosen:
        name = re.sub(r"[^\w]+", "-", f"{variant.group} {variant.name}").strip("-").lower()
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "answers.ipynb").write_bytes(variant.content)
