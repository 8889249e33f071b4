"""Compares code by copydetect: what two submissions share besides the code of the release.

Names, texts, comments and blanks do not count, so renaming hides nothing. A text that is code
itself, as for `exec`, is compared as such. Every passage is a fingerprint, none is left out by
chance, so the same submissions give the same similarities.
"""

import ast
import re
from collections.abc import Iterator
from io import StringIO
from itertools import combinations
from textwrap import dedent
from typing import IO, Any

import numpy as np
from copydetect import CodeFingerprint, compare_files
from copydetect.utils import get_token_coverage

from grader.submission import UnreadableError, _tree, read

PASSAGE = 25  # characters that agree in a row, not counting what does not count
LONGEST = 40_000  # characters of code that a submission may have
HIDDEN = 30  # characters from which a text may be code
DEEPEST = 5  # texts in texts
MAGIC = re.compile(r"^[^\S\n]*[%!?].*|.*\?$", re.M)  # lines for IPython, which are no Python
SHORTEST = 150  # characters in passages besides those of the release: less is too little to compare
APART = "\n\n"


def _with_hidden(source: str, depth: int = DEEPEST) -> str:
    """Return code, and behind it the code that stands in its texts."""
    return APART.join([source, *(_with_hidden(text, depth - 1) for text in _hidden(source, depth))])


def _hidden(source: str, depth: int) -> Iterator[str]:
    tree = _tree(MAGIC.sub("", source)) if depth else None
    for node in ast.walk(tree) if tree else ():
        value = node.value if isinstance(node, ast.Constant) else None
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        if isinstance(text, str) and len(text) >= HIDDEN:
            text = dedent(text).strip()
            inner = _tree(text)
            if inner and any(map(_does, ast.walk(inner))):
                yield text


def _does(node: ast.AST) -> bool:
    """Tell whether something does what no text in words, which may be names and commas, does."""
    statement = isinstance(node, ast.stmt) and not isinstance(node, ast.Expr)
    return statement or isinstance(node, ast.Call | ast.Lambda)


def code(file: IO[bytes], known: list[str]) -> str:
    """Return the code of a notebook, without the cells that stand in the release.

    Code that stands in a text follows its cell.

    Raises
    ------
    UnreadableError
        If there is too much of it.
    """
    cells = {text.strip() for text in known}
    sources = [cell.source.strip() for cell in read(file.read()).code]
    own = [source for source in sources if source and source not in cells]
    if sum(map(len, own)) <= LONGEST:
        own = [_with_hidden(source) for source in own]
    text = APART.join(own)
    if len(text) > LONGEST:
        raise UnreadableError(f"it has more than {LONGEST} characters of code")
    _fingerprint(text)  # what wears out the process that does this stays out of the comparison
    return text


def pairs(texts: list[str], known: list[str], own: int, threshold: float, most: int) -> list[Any]:
    """Return which texts are similar: the first `own` with each other, and with all others.

    Returns
    -------
    list
        The numbers of the texts that are too short; then for each pair, most similar first: the
        numbers of both, and the similarity; then for the first `most` pairs, where in each of
        the two texts the shared passages begin and end.
    """
    release = set().union(*(_fingerprint(_with_hidden(text)).hashes for text in known))
    prints = [_Passages(_without(_fingerprint(text), release)) for text in texts]
    short = [n for n, each in enumerate(prints) if each.coverage < SHORTEST]
    long = [n for n in range(len(texts)) if n not in set(short)]
    found = []
    for first, second in combinations(long, 2):
        if first < own:
            one, other = prints[first], prints[second]
            share = max(one.share_in(other), other.share_in(one))
            if share >= threshold:
                found.append((share, first, second))
    found.sort(key=lambda each: (-each[0], *each[1:]))
    marks = [_marks(prints[first].given, prints[second].given) for _, first, second in found[:most]]
    numbers = np.array([each[1:] for each in found], np.int64).reshape(-1, 2)
    return [np.array(short, np.int64), numbers, np.array([each[0] for each in found]), marks]


class _Passages:
    """The passages of a text as arrays: all pairs are compared several times as fast."""

    def __init__(self, given: CodeFingerprint) -> None:
        self.given, self.coverage = given, int(given.token_coverage)
        rows = [(place, each) for each, places in given.hash_idx.items() for place in places]
        self.places, self.values = np.array(rows, np.int64).reshape(-1, 2).T
        self.distinct = np.unique(self.values)

    def share_in(self, other: "_Passages") -> float:
        """Return the share of these passages, in characters, that another text has too."""
        found = np.searchsorted(other.distinct, self.values).clip(max=len(other.distinct) - 1)
        begins = np.zeros(len(self.given.filtered_code) + PASSAGE, np.int64)
        begins[self.places[other.distinct[found] == self.values] + PASSAGE] = 1
        until = begins.cumsum()
        return np.count_nonzero(until[PASSAGE:] - until[:-PASSAGE]) / self.coverage


def _marks(first: CodeFingerprint, second: CodeFingerprint) -> list[np.ndarray]:
    """Return for both texts the beginnings and the ends of what they share."""
    _, _, places = compare_files(first, second)
    return [np.asarray(each, np.int64).reshape(2, -1) for each in places]


def _fingerprint(text: str) -> CodeFingerprint:
    found = CodeFingerprint("", PASSAGE, 1, language="python", fp=StringIO(text))
    if len(found.offsets):  # copydetect's are too small behind the name of a class
        found.offsets = np.maximum.accumulate(found.offsets)
    return found


def _without(given: CodeFingerprint, release: set[int]) -> CodeFingerprint:
    """Take the passages away that stand in the release, and those that reach into one."""
    length = len(given.filtered_code)
    taken = np.zeros(length + 1, int)
    for known in given.hashes & release:
        for place in given.hash_idx[known]:
            taken[place + 1 : place + PASSAGE + 1] = 1
    until = np.cumsum(taken)
    left = {
        each: [place for place in places if until[place] == until[place + PASSAGE]]
        for each, places in given.hash_idx.items()
    }
    given.hash_idx = {each: places for each, places in left.items() if places}
    given.hashes = set(given.hash_idx)
    given.token_coverage = get_token_coverage(given.hash_idx, PASSAGE, length)
    return given
