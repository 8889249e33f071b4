"""Finds in a student's notebook what to run, and the answer to a question."""

import io
import re
import tokenize
from itertools import takewhile
from textwrap import dedent

from grader.questions import Question, Written
from grader.submission import LONGEST_PARSED, Cell, Notebook

WORDS = re.compile(r"[^\W\d_]{2,}")
BADGE = "colab-badge.svg"  # in a cell that Colab adds
MARKS = re.compile(r"\s*(question|check):\s*[\w-]+\s*$")
FEW = 3  # words; a comment or a text of fewer is no answer
DOZEN = 12  # words that make prose where nobody asked for any


def plan(notebook: Notebook, release: Notebook) -> list[Cell]:
    """Return the code cells to run: the release's setup first, then the student's.

    The setup comes from the release, so that deleting or breaking it costs nothing. Visible
    checks that are as released are left out: the grader runs them itself. So is a place for an
    answer that is as released if the answer stands elsewhere, since it would define it again.
    """
    setup = [cell for cell in release.code if cell.setup]
    known = {
        cell.source.strip()
        for cell in release.code
        if cell.setup or cell.check or "bootstrap" in cell.tags
    }
    stubs = [cell for cell in release.code if cell.question and not cell.check]
    own = [
        (cell, any(cell.same(stub) for stub in stubs))
        for cell in notebook.code
        if cell.source.strip() not in known
    ]
    asked = {name for stub in stubs for name in stub.defines()}
    answered = {name for cell, empty in own if not empty for name in cell.names(asked)}
    return setup + [cell for cell, empty in own if not (empty and cell.defines() <= answered)]


def find(question: Question, notebook: Notebook, release: Notebook) -> tuple[str, list[Cell]]:
    """Return how an answer stands: "there", "blank", "renamed" or "gone"; and its cells."""
    labelled = notebook.answers(question.id)
    defining = [cell for cell in notebook.code if cell.names([question.name])]
    cells = list(dict.fromkeys([*labelled, *defining]))
    stubs = release.answers(question.id)
    written = [c for c in cells if c.text and not any(c.same(stub) for stub in stubs)]
    if not cells:
        return "gone", []
    if not written:
        return ("blank" if any(cell.text for cell in cells) else "gone"), cells
    return ("there" if any(cell in defining for cell in written) else "renamed"), written


def others(cells: list[Cell], notebook: Notebook, release: Notebook) -> list[int]:
    """Return the numbers of those of the cells to run that belong to no question."""
    stubs = [cell for cell in release.code if cell.question and not cell.check]
    names = {name for stub in stubs for name in stub.defines()}
    ids = {stub.question for stub in stubs}
    own = {id(cell) for cell in notebook.cells}
    return [
        number
        for number, cell in enumerate(cells)
        if id(cell) in own and cell.question not in ids and not cell.names(names)
    ]


# --- answers in words ------------------------------------------------------------------------


def essay(question: Written, notebook: Notebook, release: Notebook) -> tuple[str, list[Cell]]:
    """Return how an answer in words stands: "there", "elsewhere", "blank" or "gone"; its cells.

    "elsewhere": its place is empty, but there is text which the release has not, in a cell
    anywhere or in comments and texts of code: a few words within its section, a dozen elsewhere.
    """
    stubs = {cell.text for cell in release.essays(question.id)} | {""}
    cells = notebook.essays(question.id)
    written = [cell for cell in cells if cell.text not in stubs or cell.pictures]
    if written:
        return "there", written
    elsewhere = _elsewhere(question, notebook, release)
    if elsewhere:
        return "elsewhere", elsewhere
    untouched = [cell for cell in notebook.cells if cell.kind != "code" and cell.text in stubs]
    return ("blank" if cells or untouched else "gone"), cells


def _elsewhere(question: Written, notebook: Notebook, release: Notebook) -> list[Cell]:
    """Return the cells that may hold an answer in words, although its place is empty."""
    known = {_plain(cell) for cell in release.cells}
    named = {each for cell in release.cells for each in (cell.written, cell.question) if each}
    found = []
    zone = _section(question, notebook, release)
    told = {text for cell in release.code for text in _told(cell)}
    for cell in notebook.cells:
        if _plain(cell) in known:
            continue
        if cell.kind != "code":
            others_place = cell.written in named - {question.id}
            telling = bool(cell.pictures or WORDS.search(cell.text)) and not others_place
            telling = telling and BADGE not in cell.source
        else:
            answer = cell.question in named or cell.check
            telling = cell in zone and not answer and _speaks(cell)
            telling = telling or any(_prose(text) for text in _told(cell) if text not in told)
        if telling:
            found.append(cell)
    return found


def _plain(cell: Cell) -> tuple[str, str, int]:
    """Return what makes a cell another one than that of the release."""
    return cell.kind, " ".join(cell.text.split()), cell.pictures


def _section(question: Written, notebook: Notebook, release: Notebook) -> set[Cell]:
    """Return the cells between the last code of the release before a question and the next."""
    place = release.cells.index(release.essays(question.id)[0])
    before = _codes(list(reversed(release.cells[:place])))
    behind = _codes(release.cells[place:])
    cells = notebook.cells
    starts = [n for n, cell in enumerate(cells) if _matches(cell, before[:1])]
    start = starts[-1] + 1 if starts else 0
    rest = takewhile(lambda cell: not _matches(cell, behind[:1]), cells[start:])
    return set(rest)


def _codes(cells: list[Cell]) -> list[Cell]:
    return [cell for cell in cells if cell.kind == "code"]


def _matches(cell: Cell, wanted: list[Cell]) -> bool:
    return any(
        cell.kind == "code"
        and (_plain(cell) == _plain(each) or (each.check and cell.check == each.check))
        for each in wanted
    )


def _speaks(cell: Cell) -> bool:
    """Tell whether a code cell has a comment or a text of some words, or is no code at all."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(cell.text).readline))
    except (tokenize.TokenError, SyntaxError):
        return len(WORDS.findall(cell.text)) >= FEW
    kinds = (tokenize.COMMENT, tokenize.STRING)
    told = [each.string for each in tokens if each.type in kinds]
    return any(len(WORDS.findall(text)) >= FEW for text in (told if cell.parses else [cell.text]))


def _told(cell: Cell) -> list[str]:
    """Return the texts of a code cell, and its comments, those on lines in a row as one."""
    try:
        if len(cell.source) > LONGEST_PARSED:
            raise SyntaxError
        tokens = list(tokenize.generate_tokens(io.StringIO(cell.source).readline))
        strings = [each.string for each in tokens if each.type == tokenize.STRING]
        comments = [
            (each.start[0], each.string) for each in tokens if each.type == tokenize.COMMENT
        ]
    except (
        tokenize.TokenError,
        SyntaxError,
    ):  # magics, no code, or too much of it: only lines that are comments
        lines = enumerate(cell.source.splitlines(), start=1)
        strings, comments = [], [(n, x) for n, x in lines if x.lstrip().startswith("#")]
    runs: list[list[str]] = []
    last = -1
    for line, text in comments:
        text = text.strip().lstrip("#").removeprefix(" ")
        if MARKS.match(text):
            continue
        if line != last + 1:
            runs.append([])
        runs[-1].append(text)
        last = line
    return [*strings, *("\n".join(run) for run in runs)]


def _prose(text: str) -> bool:
    """Tell whether a comment or a text has a dozen words, and is no code that was put aside."""
    return len(WORDS.findall(text)) >= DOZEN and (
        text[-1] in "\"'" or not Cell("code", dedent(text)).parses
    )
