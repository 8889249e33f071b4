"""Reads a notebook as students hand it in, and finds the answers in it.

Editors lose metadata, students move, copy and delete cells. An answer is found by its cell's
nbgrader id, by the marker that the release wrote into it (``# question: ID``), or by the name
that it defines. What stays unclear is reported as such, never as an empty answer.
"""

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

# `[^\S\n]` is a blank within a line: over many lines, `\s*` would take quadratic time.
MARKER = re.compile(r"^[^\S\n]*#[^\S\n]*question:[^\S\n]*([\w-]+)[^\S\n]*$", re.M)
CHECK = re.compile(r"^[^\S\n]*#[^\S\n]*check:[^\S\n]*([\w-]+)[^\S\n]*$", re.M)
# Some programs write a line's end twice. What is read once and once more must stay the same.
ENDS = re.compile(r"(?<!\r)\r++\n")
WRITTEN = re.compile(r"<!--\s*answer:\s*([\w-]+)\s*-->")
LARGEST = 256 * 1024 * 1024  # bytes of a file; 100 MB of output are nothing unusual
MOST_WRITTEN = 16 * 1024 * 1024  # bytes without outputs
MOST_GRADED = 4 * 1024 * 1024  # bytes without pictures either
MOST_CELLS = 5000
PICTURE = "data:image/"  # how a picture begins that stands in a text
LONGEST_NAME = 200  # characters of what a picture is called
KINDS = ("code", "markdown", "raw")
CACHED = 8192  # cells whose names are remembered: more than a notebook has
LONGER = 1000  # characters of comments that a place for an answer may have and still be empty
LONGEST_PARSED = 100_000  # characters: a syntax tree takes a thousand times as much memory


class UnreadableError(Exception):
    """A file that is no notebook; a person has to look at it. The message says why."""


@dataclass(frozen=True)
class Cell:
    """A cell without its outputs."""

    kind: str  # "code", "markdown" or "raw"
    source: str
    id: str | None = None  # nbgrader's id
    tags: tuple[str, ...] = ()
    pictures: int = 0  # pasted into it
    number: int = field(default=0, compare=False)  # its place in the notebook, from 1

    @property
    def setup(self) -> bool:
        """Whether this cell always runs before grading."""
        return "setup" in self.tags

    @property
    def question(self) -> str | None:
        """The question that this code cell says it answers."""
        marker = MARKER.search(self.source)
        if marker:
            return marker[1]
        return self.id if self.kind == "code" else None

    @property
    def check(self) -> str | None:
        """The question that this cell checks."""
        marker = CHECK.search(self.source)
        return marker[1] if marker else None

    @property
    def written(self) -> str | None:
        """The written question that this cell answers."""
        marker = WRITTEN.search(self.source)
        if marker:
            return marker[1]
        return self.id if self.kind == "markdown" else None

    @property
    def text(self) -> str:
        """What the student wrote: the source without markers and blank space."""
        return WRITTEN.sub("", MARKER.sub("", self.source)).strip()

    def defines(self) -> frozenset[str]:
        """Return the names that a code cell defines at its top level."""
        return _defined(self.source)

    def names(self, wanted: Iterable[str]) -> set[str]:
        """Return which of some names a code cell defines; quick if it has none of them."""
        there = [name for name in wanted if name in self.source]
        return set(self.defines()).intersection(there) if there else set()

    @property
    def parses(self) -> bool:
        """Whether a code cell is Python, without magics."""
        return _tree(self.source) is not None

    def same(self, other: "Cell") -> bool:
        """Whether two code cells differ in comments, docstrings and blank space at most."""
        if len(self.source) > len(other.source) + LONGER:
            return False
        return self.text == other.text or _essence(self.source) == _essence(other.source)


@lru_cache(maxsize=CACHED)
def _essence(source: str) -> str:
    """Return what a cell does: its syntax tree without docstrings, or its text if it has none."""
    tree = _tree(source)
    if tree is None:
        return source
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            documented = ast.get_docstring(node, clean=False) is not None
            node.body = node.body[documented:]
    return ast.dump(tree)


def _tree(source: str) -> ast.Module | None:
    try:
        return ast.parse(source) if len(source) <= LONGEST_PARSED else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@lru_cache(maxsize=CACHED)
def _defined(source: str) -> frozenset[str]:
    tree = _tree(source)
    if tree is None:
        found = re.findall(r"^(?:async\s+)?def\s+(\w+)|^(\w+)\s*=[^=]", source, re.M)
        return frozenset(first or second for first, second in found)
    names: set[str] = set()
    for node in _statements(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            inside = (each for each in ast.walk(node) if isinstance(each, ast.Name))
            names |= {each.id for each in inside if isinstance(each.ctx, ast.Store)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return frozenset(names)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield statements of the top level, also those under an ``if``, a ``try`` or a loop."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield child
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from _statements(child)


@dataclass
class Notebook:
    """The cells of a notebook, in order, and for which assignment it was made."""

    cells: list[Cell]
    assignment: str | None = None

    @property
    def code(self) -> list[Cell]:
        """The code cells."""
        return [cell for cell in self.cells if cell.kind == "code"]

    def answers(self, question: str) -> list[Cell]:
        """Return the code cells that say they answer a question."""
        return [cell for cell in self.code if cell.question == question and not cell.check]

    def essays(self, question: str) -> list[Cell]:
        """Return the text cells that say they answer a written question."""
        texts = [cell for cell in self.cells if cell.kind != "code"]
        return [cell for cell in texts if cell.written == question]


def _dict(value: Any) -> dict[str, Any]:
    """Return a dict as it is, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def _joined(source: Any) -> str:
    if isinstance(source, list):
        return "".join(str(line) for line in source)
    return str(source or "")


def _cell(raw: dict[str, Any], number: int) -> Cell:
    metadata = _dict(raw.get("metadata"))
    identity = _dict(metadata.get("nbgrader")).get("grade_id")
    return Cell(
        kind=str(raw.get("cell_type", "raw")),
        source=_source(raw),
        id=identity if isinstance(identity, str) else None,
        tags=tuple(map(str, tags)) if isinstance(tags := metadata.get("tags"), list) else (),
        pictures=len(_dict(raw.get("attachments"))),
        number=number,
    )


def _source(raw: dict[str, Any]) -> str:
    return ENDS.sub("\n", _joined(raw.get("source", raw.get("input", ""))))


def strip(content: bytes) -> bytes:
    """Return a notebook without outputs: what is kept and reviewed. It can be opened in Jupyter.

    Raises
    ------
    UnreadableError
        If the bytes are no notebook of format 3 or newer, or hold too much besides outputs.
    """
    notebook = _parse(content)
    notebook["cells"] = [_kept(cell) for cell in notebook["cells"]]
    return _written(notebook, MOST_WRITTEN, "outputs")


def _kept(cell: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of a cell, and nothing else."""
    metadata = _dict(cell.get("metadata"))
    known = {key: metadata[key] for key in ("nbgrader", "tags") if key in metadata}
    kind = cell.get("cell_type")
    kept = {"cell_type": kind if kind in KINDS else "raw", "metadata": known}
    kept["source"] = _source(cell)
    if kept["cell_type"] == "code":
        return kept | {"outputs": [], "execution_count": None}
    return kept | ({"attachments": given} if (given := _dict(cell.get("attachments"))) else {})


def _is_writable(text: str) -> bool:
    """Tell whether a text has no half of an emoji, which some editors leave behind."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _written(notebook: dict[str, Any], most: int, without: str) -> bytes:
    try:
        text = json.dumps(notebook, ensure_ascii=False, sort_keys=True)
        if not _is_writable(text):  # keys that differed may now be the same
            replaced = json.loads(text.encode("utf-8", "replace"))
            text = json.dumps(replaced, ensure_ascii=False, sort_keys=True)
    except RecursionError as error:
        raise UnreadableError("The file is no notebook: it is nested too deeply.") from error
    written = text.encode()
    if len(written) > most:
        size = most // 1024**2
        raise UnreadableError(f"The file is larger than {size} MiB, {without} not counted.")
    return written


def without_pictures(stripped: bytes) -> bytes:
    """Return a notebook with a digest in place of each picture: what is graded.

    Raises
    ------
    UnreadableError
        If it holds too much besides pictures.
    """
    notebook = _parse(stripped)
    for cell in notebook["cells"]:
        if given := _dict(cell.get("attachments")):
            found = {name[:LONGEST_NAME]: _digest(value) for name, value in given.items()}
            cell["attachments"] = {name: {"sha256": value} for name, value in found.items()}
        if cell["cell_type"] != "code":
            first, *pictures = cell["source"].split(PICTURE)
            cell["source"] = first + "".join(map(_picture, pictures))
    return _written(notebook, MOST_GRADED, "outputs and pictures")


def _picture(text: str) -> str:
    """Return a text that begins with a picture in letters, with a digest in its place."""
    letters = re.match(r"[\w+/=;,.-]*", text, re.A)
    end = letters.end() if letters else 0
    return PICTURE + (text if end < LONGEST_NAME else _digest(text[:end]) + text[end:])


def _digest(value: Any) -> str:
    return hashlib.sha256(repr(value).encode("utf-8", "replace")).hexdigest()


def _parse(content: bytes) -> dict[str, Any]:
    if len(content) > LARGEST:
        raise UnreadableError(f"The file is larger than {LARGEST // 1024**2} MiB.")
    if not content.strip():
        raise UnreadableError("The file is empty.")
    try:
        raw = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UnreadableError("The file is no notebook: it is not valid JSON.") from error
    if isinstance(raw, dict) and isinstance(raw.get("worksheets"), list):  # format 3
        sheets = [s for s in raw["worksheets"] if isinstance(s, dict)]
        given = [sheet.get("cells") for sheet in sheets]
        raw["cells"] = [cell for cells in given if isinstance(cells, list) for cell in cells]
    if not isinstance(raw, dict) or not isinstance(raw.get("cells"), list):
        raise UnreadableError("The file is no notebook: it has no cells.")
    cells = [dict(cell) for cell in raw["cells"] if isinstance(cell, dict)]
    if len(cells) > MOST_CELLS:
        raise UnreadableError(f"The notebook has more than {MOST_CELLS:,} cells.")
    name = _dict(raw.get("metadata")).get("assignment")
    metadata = {"assignment": name if isinstance(name, str) else None}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}


def read(content: bytes) -> Notebook:
    """Read a notebook of any editor.

    Raises
    ------
    UnreadableError
        If the bytes are no notebook of format 3 or newer.
    """
    raw = _parse(content)
    cells = [_cell(cell, number) for number, cell in enumerate(raw["cells"], start=1)]
    return Notebook(cells, raw["metadata"]["assignment"])
