"""What a trial is: a submission whose points are known beforehand."""

from collections.abc import Callable
from dataclasses import dataclass, field


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
class Trial:
    """A submission, and what it deserves.

    Attributes
    ----------
    file : bytes or function
        What is handed in; a function makes it when it is needed, if it is large.
    lost : dict of str to float
        Points that questions lose, by id; all others must have full marks.
    human : bool or None
        Whether a person must be asked to look; None where either is right.
    heavy : bool
        Takes long or fills the machine: not in the fast part of the tests.
    pending : bool or None
        Whether the answers in words must wait for a person; None where either is right.
    """

    group: str
    name: str
    file: bytes | Callable[[], bytes]
    lost: dict[str, float] = field(default_factory=dict)
    human: bool | None = False
    heavy: bool = False
    pending: bool | None = None

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.file() if callable(self.file) else self.file


@dataclass(frozen=True)
class Outcome:
    """What a trial scored."""

    trial: Trial
    expected: dict[str, float]
    scored: dict[str, float]
    human: bool
    seconds: float
    pending: bool = False

    @property
    def ok(self) -> bool:
        """Whether the trial scored what it deserves."""
        asked = self.trial.human is None or self.trial.human == self.human
        waits = self.trial.pending is None or self.trial.pending == self.pending
        return asked and waits and self.expected == self.scored
