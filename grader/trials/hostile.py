"""Files and answers that are made to wear out whoever reads them.

A file costs its student nothing where the notebook can be read, and is left to a person where
it cannot; an answer deserves nothing. Others in the batch must not notice. How texts, links and
names are shown is under test where they are shown.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from grader.questions import Question
from grader.release import Definition
from grader.trials.notebooks import answer_cell, dump, replaced, solved
from grader.trials.trial import Trial

# Cells put into a solved notebook, by what a careless reader would do with them.
CELLS = {
    "300,000 blank lines": lambda: new_code_cell("\n" * 300_000),
    "200,000 backslashes": lambda: new_markdown_cell("\\" * 200_000),
    "blanks before a marker": lambda: new_code_cell(" " * 300_000 + "# question:" + " " * 300_000),
    "comments that begin and never end": lambda: new_markdown_cell("<!-- answer: " * 30_000),
    "definitions without a name": lambda: new_code_cell("async" + "\n " * 100_000 + "def"),
    "90,000 open brackets": lambda: new_code_cell("x = " + "(" * 90_000),
    "a sum of 30,000 numbers": lambda: new_code_cell("x = " + "+".join(["1"] * 30_000)),
    "links in links in links": lambda: new_markdown_cell("[" * 50_000 + "](" * 50_000),
    "a text of 2 MB": lambda: new_code_cell('"""' + "a" * 2_000_000 + '"""'),
}
# Answers to the first question.
ANSWERS = {
    "16 MB of numbers": "return np.zeros(2_000_000)",
    "20,000 small arrays": "return [np.zeros(1) for _ in range(20_000)]",
    "nothing, in a huge shape": "return np.empty((0, 2**40, 2**20))",
    "a text of 3 MB": 'return "0" * 3_000_000',
    "100,000 whole numbers of one hash": "return {n * (2**61 - 1): 0 for n in range(100_000)}",
    "a whole number of a million digits": "return 10**1_000_000",
    "an iterator without end": "import itertools\n    return itertools.count()",
    "a matrix of a million bits": "return np.ones((1000, 1000), dtype=bool)",
    "dates, records and objects": "return np.array([(1, 'a')], dtype=[('x', 'i8'), ('y', 'O')])",
}
# The right answer of the first question, in a form that is not what was asked for.
FORMS = {
    "numbers as texts": "answer.astype(str) if is_array else list(map(str, answer))",
    "complex numbers": "answer + 1j if is_array else [n + 1j for n in answer]",
}


def _empty_cells(number: int, notebook: NotebookNode) -> bytes:
    """Return many cells that are empty objects: each takes far more memory than its three bytes."""
    cells = b"{}," * number
    return b'{"cells":[' + cells + dump(notebook).split(b'"cells": [', 1)[1]


def _many_cells(number: int, size: int, notebook: NotebookNode) -> bytes:
    copy = deepcopy(notebook)
    lines = size // 12
    for n in range(number):
        copy.cells.append(new_code_cell("\n".join(f"x_{n}_{k} = {k}" for k in range(lines))))
    return dump(copy)


def _in_front(start: bytes, notebook: NotebookNode) -> bytes:
    """Return a notebook with something at the beginning of its outermost object."""
    return b"{" + start + b"," + dump(notebook).lstrip()[1:]


FILES: dict[str, Callable[[NotebookNode], bytes]] = {
    "400,000 empty cells": partial(_empty_cells, 400_000),
    "lists in lists in lists": partial(_in_front, b'"a":' + b"[" * 100_000 + b"]" * 100_000),
    "a number of a million digits": partial(_in_front, b'"a":' + b"9" * 1_000_000),
    "200,000 times the same key": partial(_in_front, b",".join([b'"a":{}'] * 200_000)),
    "300,000 keys": partial(_in_front, b",".join(b'"%d":0' % n for n in range(300_000))),
    "600 cells of 12 kB": partial(_many_cells, 600, 12_000),
}
HEAVY_FILES: dict[str, Callable[[NotebookNode], bytes]] = {
    "99 MB of empty cells": partial(_empty_cells, 33_000_000),
    "560 cells of 54 kB": partial(_many_cells, 560, 54_000),
    "60 MB of escapes": lambda nb: _in_front(b'"a":"' + b"\\u0041" * 10_000_000 + b'"', nb),
}


def _wrapped(definition: Definition, first: Question, form: str) -> NotebookNode:
    code = answer_cell(solved(definition), first.id).source.split("\n", 1)[1]
    code = code.replace(f"def {first.name}(", "def of_mine(", 1)
    code += f"\ndef {first.name}(*args, **kwargs):\n    answer = of_mine(*args, **kwargs)\n"
    code += "    is_array = hasattr(answer, 'astype')\n"
    return replaced(solved(definition), first.id, f"{code}    return {form}")


def hostile(definition: Definition) -> Iterator[Trial]:
    """Yield the files and answers of an assignment that are made to wear out their reader."""
    reference, first = solved(definition), definition.assignment.graded[0]
    lost = {first.id: first.points}
    for name, make in CELLS.items():
        copy = deepcopy(reference)
        copy.cells.append(make())
        yield Trial("attacks", f"solved, and {name}", dump(copy), human=None)
    for heavy, files in ((False, FILES), (True, HEAVY_FILES)):
        for name, build in files.items():
            file = partial(build, reference)
            yield Trial("attacks", f"solved, and {name}", file, human=None, heavy=heavy)
    for name, code in ANSWERS.items():
        text = f"def {first.name}(*args, **kwargs):\n    {code}"
        yield Trial("attacks", name, dump(replaced(reference, first.id, text)), lost, None)
    for name, form in FORMS.items():
        yield Trial("attacks", name, dump(_wrapped(definition, first, form)), lost, None)
    copy = deepcopy(reference)
    answer_cell(copy, definition.assignment.written[0].id).source += "`" * 50_001 + "\\" * 200_000
    yield Trial("attacks", "an answer of backticks", dump(copy), human=None, pending=True)
