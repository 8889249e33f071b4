"""Notebooks as students hand them in: all right, all blank, or with one typical mistake."""

from collections.abc import Iterator
from runpy import run_path

from grader.release import Definition
from grader.trials.notebooks import blank, dump, everything, replaced, solved
from grader.trials.trial import Trial, Wrong


def basics(definition: Definition) -> Iterator[Trial]:
    """Yield the model answers, and the notebook without any."""
    yield Trial("basics", "reference", dump(solved(definition)))
    yield Trial("basics", "blank", dump(blank(definition)), everything(definition))


def wrong_answers(definition: Definition) -> tuple[Wrong, ...]:
    """Return the typical mistakes of an assignment.

    Its ``trials.py`` is data, like ``checks.py``: read by path, imported by nothing.
    """
    return run_path(str(definition.folder / "trials.py"))["WRONG"]


def mistakes(definition: Definition) -> Iterator[Trial]:
    """Yield the model answers with one typical mistake in them."""
    reference = solved(definition)
    for one in wrong_answers(definition):
        notebook = replaced(reference, one.question, one.code)
        lost = {one.question: one.loses, **one.also}
        yield Trial("mistakes", f"{one.question}: {one.name}", dump(notebook), lost)
