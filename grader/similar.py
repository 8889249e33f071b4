"""Finds submissions whose code is similar, and shows them side by side on one page.

Reading and comparing happen in the confined process (``confined_tasks/similarity.py``); here are
texts, which the page escapes, and numbers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from grader import offline_page
from grader.confined import Reader, printable
from grader.course import CourseError
from grader.submission import UnreadableError, read

THRESHOLD = 0.6  # as measured: independent answers stay below 0.5, copies above 0.7
SHOWN = 40  # pairs side by side
LISTED = 500  # pairs in all
SECONDS = 3.0  # of processor time for one submission
PER_PAIR = 0.003

Pieces = list[tuple[str, bool]]  # a text in pieces; True where the other text has it too


@dataclass(frozen=True)
class Source:
    """A notebook to compare; those of earlier terms are only compared with those of this one."""

    name: str
    file: Path
    own: bool = True


@dataclass(frozen=True)
class Pair:
    """Two similar submissions: the share of the smaller one's passages that the other has."""

    first: str
    second: str
    likeness: float
    sides: tuple[Pieces, Pieces] | None = None


@dataclass(frozen=True)
class Report:
    """The similar pairs, most similar first, and what could not be compared, with the reason."""

    compared: int
    pairs: list[Pair]
    left_out: list[tuple[str, str]]

    @property
    def groups(self) -> list[list[str]]:
        """Those whom pairs join, where they are more than two; the largest first."""
        group: dict[str, set[str]] = {}
        for pair in self.pairs:
            joined = group.get(pair.first, {pair.first}) | group.get(pair.second, {pair.second})
            group.update(dict.fromkeys(joined, joined))
        found = {frozenset(each) for each in group.values() if len(each) > 2}
        return sorted(map(sorted, found), key=lambda each: (-len(each), each))


def compare(
    reader: Reader,
    sources: Sequence[Source],
    release: bytes,
    threshold: float = THRESHOLD,
    tell: Callable[[int], object] = lambda done: None,
) -> Report:
    """Compare the code of notebooks, without that of the release.

    Parameters
    ----------
    reader : Reader
    release : bytes
        The released notebook.
    tell : function, optional
        Called with the number of notebooks that have been read.

    Raises
    ------
    CourseError
        If the comparison takes more time or memory than it may.
    """
    known = [cell.source for cell in read(release).code]
    kept, texts, left_out = [], [], []
    for number, source in enumerate(sorted(sources, key=lambda each: not each.own), start=1):
        try:
            text = reader.call("similarity.code", known, files=[source.file], seconds=SECONDS)
            if not isinstance(text, str):
                raise UnreadableError("reading it failed")
        except UnreadableError as error:
            left_out.append((printable(source.name), str(error)))
        else:
            kept.append(source)
            texts.append(text)
        tell(number)
    names, own = [printable(source.name) for source in kept], sum(source.own for source in kept)
    seconds = 120 + PER_PAIR * own * len(kept)
    try:
        answer = reader.call(
            "similarity.pairs", texts, known, own, threshold, SHOWN, seconds=seconds
        )
        short, pairs = _pairs(answer, names, texts)
    except UnreadableError as error:
        raise CourseError(f"The submissions could not be compared: {error}.") from error
    left_out += [(names[number], "there is too little code to compare") for number in short]
    return Report(len(kept) - len(short), pairs, sorted(left_out))


def _pairs(answer: Any, names: list[str], texts: list[str]) -> tuple[list[int], list[Pair]]:
    """Check what the confined process sent, and put names and texts to it."""
    try:
        short, numbers, likeness, marks = answer
        short, numbers = _numbers(short, len(texts)), _numbers(numbers, len(texts))
        pairs = []
        for place, ((first, second), share) in enumerate(zip(numbers, likeness, strict=True)):
            sides = None
            if place < len(marks):
                left, right = marks[place]
                sides = pieces(texts[first], left), pieces(texts[second], right)
            pairs.append(Pair(names[first], names[second], float(share), sides))
    except (TypeError, ValueError, AttributeError) as error:
        raise UnreadableError("the comparison failed") from error
    return short.tolist(), pairs


def _numbers(given: Any, below: int) -> np.ndarray:
    if given.dtype.kind != "i" or ((given < 0) | (given >= below)).any():
        raise ValueError
    return given


def pieces(text: str, places: Any) -> Pieces:
    """Cut a text where shared passages begin and end."""
    marked = np.zeros(len(text) + 1, bool)
    for begin, end in places.T.tolist():
        marked[max(int(begin), 0) : max(int(end), 0)] = True
    marked[len(text)] = not marked[len(text) - 1]
    cuts = [0, *(np.flatnonzero(marked[1:] != marked[:-1]) + 1).tolist()]
    return [(text[a:b], bool(marked[a])) for a, b in pairwise(cuts)]


def render(title: str, report: Report, threshold: float) -> str:
    """Return the page as HTML."""
    return offline_page.render(
        "similar.html",
        title=title,
        report=report,
        percent=lambda share: f"{100 * share:.0f} %",
        threshold=threshold,
        shown=SHOWN,
        listed=LISTED,
    )
