"""Grades the model answers first: where they lose points, no student's answers can be graded.

A library that is missing or of another version, images that cannot be read, too little memory:
what is the machine's fault would otherwise look like a student's. The result is in the journal,
so this takes time once, and again when the environment changes.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from distributed import Client
from nbformat.v4 import new_raw_cell

from grader.batch import Journal, fingerprint, run
from grader.course import CourseError
from grader.referee import Task
from grader.release import Definition
from grader.submission import strip
from grader.trials.notebooks import dump, solved

MOST = 5  # faults that are told


def model_answers(definition: Definition, release: bytes, seed: str, unsafe: bool = False) -> Task:
    """Return the task of grading the model answers of an assignment."""
    notebook = solved(definition)
    notebook.cells.append(new_raw_cell("The model answers"))  # another file than any student's
    content = strip(dump(notebook))
    return Task(definition.name, content, definition.checks, release, seed, unsafe)


def faults(result: dict[str, Any]) -> Iterator[str]:
    """Yield in words what is not as it should be in the result of the model answers."""
    if result["human"]:
        yield result["human"]
    for cell in result.get("cells", []):
        yield f"cell {cell['cell']}: {cell['words']}"
    for question in result["questions"]:
        name, points, maximum = question["question"], question["points"], question["maximum"]
        if points is None:
            continue
        lost = [f"{x['kind']}: {x['words']}" for x in question["lines"] if x["points"] == 0]
        if points < maximum:
            words = "; ".join([*question["notes"], *lost[:2]])
            yield f"question {name}: {points:g} of {maximum:g} points ({words})"
        elif question["visible"] != "passed" or question["notes"]:
            yield f"question {name}: {' '.join(question['notes']) or 'its visible check fails'}"


def preflight(
    open_client: Callable[[], AbstractContextManager[Client]], task: Task, journal: Journal
) -> None:
    """Grade the model answers, unless it is known that they have all their points here.

    Raises
    ------
    CourseError
        If they lose a point, or a cell of theirs fails.
    """
    known = journal.results.get(fingerprint(task))
    if known is not None and any(faults(known)):
        del journal.results[fingerprint(task)]  # it may have been repaired since
    for one in run(open_client, [("the model answers", task)], journal):
        found = [str(one.error)] if one.result is None else list(faults(one.result))
        if found:
            raise CourseError(
                f"On this machine, the model answers of {task.name} do not get all their points, "
                "so that students would lose some unjustly, and nothing was graded. Repair the "
                "Python environment, and run this command again.\n  " + "\n  ".join(found[:MOST])
            )
