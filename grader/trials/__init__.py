"""Trials: submissions whose points are known beforehand, for every assignment.

The reference, the blank notebook, the attacks, the damaged and the honest ones are made from the
assignment's source; the typical mistakes stand in its ``trials.py``, which imports `Wrong` alone.
"""

from collections.abc import Callable, Iterator

from grader.release import Definition, define
from grader.trials import answers, attacks, damage, honest
from grader.trials.notebooks import released, solved
from grader.trials.score import SEED, run, run_all, write_trials
from grader.trials.trial import Outcome, Trial, Wrong

__all__ = [
    "GROUPS",
    "SEED",
    "Outcome",
    "Trial",
    "Wrong",
    "released",
    "run",
    "run_all",
    "solved",
    "trials_of",
    "write_trials",
]

GROUPS: dict[str, Callable[[Definition], Iterator[Trial]]] = {
    "basics": answers.basics,
    "mistakes": answers.mistakes,
    "attacks": attacks.attacks,
    "damage": damage.damage,
    "honest": honest.honest,
}


def trials_of(name: str, groups: tuple[str, ...] = tuple(GROUPS)) -> list[Trial]:
    """Return the trials of an assignment."""
    definition = define(name)
    return [trial for group in groups for trial in GROUPS[group](definition)]
