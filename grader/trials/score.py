"""Grades trials, and compares what they score with what they deserve."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from grader.confined import shared
from grader.referee import Task, grade
from grader.release import Definition, define
from grader.submission import UnreadableError, strip
from grader.trials.notebooks import released
from grader.trials.trial import Outcome, Trial

# No course uses it. Any other would do: the tests of the assignments try many.
SEED = "the test-bench, a seed that no course uses"


def run(name: str, trial: Trial) -> Outcome:
    """Grade one trial in a sandbox and compare."""
    definition = define(name)
    start = time.monotonic()
    result = _grade(definition, trial)
    scored = {q["question"]: q["points"] for q in result["questions"] if q["points"] is not None}
    human = bool(result["human"]) or any(q["human"] for q in result["questions"])
    full = {q.id: q.points for q in definition.assignment.graded}
    expected = {key: points - trial.lost.get(key, 0) for key, points in full.items()}
    if result["human"]:  # the file as a whole could not be read: no points are given or denied
        expected = {}
    scored = {key: scored.get(key, 0.0) for key in expected}
    waiting = [q["question"] for q in result["questions"] if q["points"] is None]
    pending = bool(waiting) and set(waiting) == {q.id for q in definition.assignment.written}
    return Outcome(trial, expected, scored, human, time.monotonic() - start, pending)


def _grade(definition: Definition, trial: Trial) -> dict[str, Any]:
    try:
        content = shared().graded(trial.content).content
    except UnreadableError as error:
        return {"questions": [], "human": str(error)}
    release = strip(released(definition))
    return grade(Task(definition.name, content, definition.checks, release, SEED))


def run_all(name: str, chosen: list[Trial], workers: int = 2) -> Iterator[Outcome]:
    """Grade trials side by side; yield the outcomes in order."""
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(lambda trial: run(name, trial), chosen)


def write_trials(folder: Path, chosen: list[Trial]) -> None:
    """Write trials as submissions: a folder of the trial's name, a notebook inside."""
    for trial in chosen:
        name = re.sub(r"[^\w]+", "-", f"{trial.group} {trial.name}").strip("-").lower()
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "answers.ipynb").write_bytes(trial.content)
