"""What a format is: how files are named in its download, and what its import wants to read."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any, ClassVar

from grader.questions import Assignment
from grader.results import Origin, Score


class Format(ABC):
    """One way in which submissions arrive, and grades leave.

    Attributes
    ----------
    name : str
        What ``--from`` and ``--to`` call it.
    title : str
        What its makers call it.
    certain : bool
        Whether no file is named like this by accident: one name tells that all came this way.
    everywhere : bool
        Whether the number of a person is the same in all assignments.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    certain: ClassVar[bool] = False
    everywhere: ClassVar[bool] = False

    @property
    def whence(self) -> str:
        """Which submissions an import is of, as the end of a sentence."""
        return f" that was collected from an export of {self.title}"

    @abstractmethod
    def owner(self, path: PurePosixPath) -> Origin | None:
        """Tell who handed in a file, from where it lies in the download.

        None if files are not named like this there.
        """

    def owner_within(self, path: PurePosixPath) -> Origin | None:
        """Tell the same where folders may stand around the download."""
        return self.owner(path)

    def fits(self, paths: Iterable[PurePosixPath]) -> bool:
        """Tell whether a folder with these files in it looks like a download of several people."""
        owners = [self.owner(path) for path in paths]
        return all(owners) and len({owner.lms_id for owner in owners if owner}) > 1

    def takes(self, origin: Origin) -> bool:
        """Tell whether the import can be told of a student."""
        return origin.lms == self.name

    @abstractmethod
    def row(
        self, origin: Origin, scores: dict[str, Score], assignment: Assignment
    ) -> dict[str, Any]:
        """Return a student's line of the import, by the heads of its columns."""


def total(scores: dict[str, Score]) -> float:
    """Return the points of an assignment that a student has now."""
    return sum(score.points for score in scores.values())
