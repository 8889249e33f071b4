"""Honest notebooks that are unusual: the answers are right, and must not lose points in silence.

Each passes *Run all* with its visible checks where its student wrote it. What cannot be graded
here, such as an answer that computes with a package of its own, is left to a person.
"""

from collections.abc import Callable, Iterator
from textwrap import indent

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell

from grader.questions import Question
from grader.release import Definition
from grader.trials.notebooks import answer_cell, blank, dump, everything, solved
from grader.trials.trial import Trial

WORDS = "They agree where turning the kernel by 180 degrees changes nothing, as for a blur."

# Written behind all answers: what was right when it ran may be broken by then.
LATER = {
    "resets the namespace": "%reset -f",
    "hides built-in functions": "sum = 0\nlist = [1, 2]\nlen = max = min = abs = range = None",
    "takes another module's name": "import math as np\nnp.pi",
    "deletes what answers need": "del np",
    "imports other names": "from math import *\nfrom statistics import *",
    "changes how NumPy works": "np.mean = np.sum = np.asarray = np.array = None",
    "makes warnings errors": "import warnings\nwarnings.simplefilter('error')\n"
    "np.seterr(all='raise')",
    "goes to another folder": "import os\nos.chdir('/')\nos.environ.clear()",
    "leaves no depth for calls": "import sys\nsys.setrecursionlimit(80)",
    "takes the name of an answer": "{name} = 3\nfor {name} in range(3):\n    pass",
    "ends the session": "exit()",
    "has an answer's name in a loop": "for {name} in (print, len):\n    pass",
    "imports everything over the answers": "import sys, types\nsys.modules['over'] = "
    "types.SimpleNamespace({name}=lambda *args: None)\nfrom over import *",
    "runs text that defines an answer": "exec('def {name}(*args): return None')",
}
# Written above the function, in its cell: it fails here, not where the student wrote it.
ABOVE = {
    "imports what is missing": "import torch, numpy as np\nimport torch.nn as nn\nimport cv2",
    "mounts a drive": "from google.colab import drive, files\ndrive.mount('/content/drive')",
    "installs a package": "!pip install -q torch\n%pip install torch\n!apt-get install -y fonts",
    "uses magics": "%matplotlib widget\n%load_ext tensorboard\n%tensorflow_version 2.x",
    "asks for a name": "name_of_student = input('Your name? ')",
    "changes the folder": "import os\nos.chdir('/content/drive/MyDrive')",
    "reads a file": "notes = open('my notes.txt').read()",
    "waits for a coroutine": "import asyncio\nawait asyncio.sleep(0)",
    "shows a picture": "plt.plot([1, 2])\nplt.show()",
}
# Around the function `inner`, which holds the right answer; `helper` is defined in every cell.
AROUND = {
    "one helper's name in every cell": """
def helper(*args, **kwargs):
    return {inner}(*args, **kwargs)
def {name}(*args, **kwargs):
    return helper(*args, **kwargs)
""",
    "a helper that calls itself, under another name": """
def helper(*args, again=True, **kwargs):
    return helper(*args, again=False, **kwargs) if again else {inner}(*args, **kwargs)
{name} = helper
""",
    "a generator": """
def {name}(*args, **kwargs):
    answer = {inner}(*args, **kwargs)
    return (each for each in answer) if isinstance(answer, list | tuple) else answer
""",
    "map, zip and the like": """
def {name}(*args, **kwargs):
    answer = {inner}(*args, **kwargs)
    return map(lambda each: each, answer) if isinstance(answer, list | tuple) else answer
""",
    "an iterator of an array": """
from collections import deque
def {name}(*args, **kwargs):
    answer = {inner}(*args, **kwargs)
    many = isinstance(answer, np.ndarray) and answer.ndim
    return iter(answer) if many else deque(answer) if isinstance(answer, list) else answer
""",
    "views of a dict": """
def {name}(*args, **kwargs):
    answer = {inner}(*args, **kwargs)
    return dict(enumerate(answer)).values() if isinstance(answer, list | tuple) else answer
""",
    "a class that is called": """
class Answer:
    def __call__(self, *args, **kwargs):
        return {inner}(*args, **kwargs)
{name} = Answer()
""",
    "a lambda": "{name} = lambda *args, **kwargs: {inner}(*args, **kwargs)",
    "functools.partial": "import functools\n{name} = functools.partial({inner})",
    "decorators of a missing package": """
import numba
from numba import njit
@njit(parallel=True)
@numba.jit
@njit
def {name}(*args, **kwargs):
    return {inner}(*args, **kwargs)
""",
    "type hints of a missing package": """
import torch
from jaxtyping import Float, Int
def {name}(*args: "torch.Tensor", **kwargs: Float[np.ndarray, "rows"] | None) -> Float | Int:
    return {inner}(*args, **kwargs)
""",
}
FEW = {  # where a notebook takes long
    "a later cell resets the namespace",
    "a later cell hides built-in functions",
    "a later cell has an answer's name in a loop",
    "one helper's name in every cell",
    "a generator",
    "written to a file and imported",
    "each answer above its place",
    "the cell imports what is missing",
}

Change = Callable[[str, Question], list[str]]


def _code(definition: Definition, question: Question) -> str:
    """Return a model answer without its marker."""
    return answer_cell(solved(definition), question.id).source.split("\n", 1)[1]


def _changed(definition: Definition, change: Change) -> NotebookNode:
    """Return the solved notebook, the answers written as `change` says, in one or more cells."""
    notebook = solved(definition)
    for question in definition.assignment.graded:
        cell = answer_cell(notebook, question.id)
        *before, last = change(_code(definition, question), question)
        cell.source = last
        place = notebook.cells.index(cell)
        notebook.cells[place:place] = [new_code_cell(source) for source in before]
    return notebook


def _marked(question: Question, code: str) -> str:
    return f"# question: {question.id}\n{code}"


def _around(template: str) -> Change:
    def change(code: str, question: Question) -> list[str]:
        inner = f"{question.name}_of_mine"
        code = code.replace(f"def {question.name}(", f"def {inner}(", 1)
        return [_marked(question, code + "\n" + template.format(name=question.name, inner=inner))]

    return change


def _to_file(definition: Definition, way: str) -> Change:
    setup = next(
        c.source for c in solved(definition).cells if "setup" in c.metadata.get("tags", [])
    )

    def change(code: str, question: Question) -> list[str]:
        module = f"my_{question.id}"
        last = way.format(module=module, name=question.name)
        return [f"%%writefile {module}.py\n{setup}\n{code}", _marked(question, last)]

    return change


def _beside(definition: Definition, above: bool) -> NotebookNode:
    """Return a notebook with each answer in a new cell beside its place, which stays empty."""
    notebook = blank(definition)
    for question in definition.assignment.graded:
        place = notebook.cells.index(answer_cell(notebook, question.id)) + (not above)
        notebook.cells.insert(place, new_code_cell(_code(definition, question)))
    return notebook


def _with_cell(definition: Definition, code: str, behind: bool = True) -> NotebookNode:
    notebook = solved(definition)
    code = code.replace("{name}", definition.assignment.graded[0].name)
    notebook.cells.insert(len(notebook.cells) if behind else 1, new_code_cell(code))
    return notebook


def _helper_below(definition: Definition) -> NotebookNode:
    """Return a notebook in which the first answer needs what a cell below defines."""
    first = definition.assignment.graded[0]

    def change(code: str, question: Question) -> list[str]:
        if question is not first:
            return [_marked(question, code)]
        call = f"def {question.name}(*args, **kwargs):\n    return defined_below(*args, **kwargs)"
        return [_marked(question, call)]

    notebook = _changed(definition, change)
    code = _code(definition, first).replace(f"def {first.name}(", "def defined_below(", 1)
    place = notebook.cells.index(answer_cell(notebook, first.id))
    notebook.cells.insert(place + 2, new_code_cell(code))
    notebook.cells.append(new_code_cell("%reset -f"))
    return notebook


def _notebooks(definition: Definition) -> Iterator[tuple[str, NotebookNode]]:
    for name, code in LATER.items():
        yield f"a later cell {name}", _with_cell(definition, code)
    for name, code in ABOVE.items():
        marked = lambda answer, q, code=code: [_marked(q, f"{code}\n{answer}")]  # noqa: E731
        yield f"the cell {name}", _changed(definition, marked)
        yield f"a cell of its own {name}", _with_cell(definition, code, behind=False)
    for name, template in AROUND.items():
        yield name, _changed(definition, _around(template))
    for name, way in (
        ("written to a file and imported", "from {module} import {name}"),
        ("everything imported from a file", "from {module} import *"),
        ("a file that is run", "%run {module}.py"),
    ):
        yield name, _changed(definition, _to_file(definition, way))
    for magic in ("%%time", "%%capture out", "%%heat"):
        timed = lambda code, q, magic=magic: [f"{magic}\n{_marked(q, code)}"]  # noqa: E731
        yield f"answers under {magic}", _changed(definition, timed)
    main = lambda code, q: [  # noqa: E731
        _marked(q, f"if __name__ == '__main__':\n{indent(code, '    ')}")
    ]
    yield "answers below if __name__ == '__main__'", _changed(definition, main)
    yield "each answer above its place", _beside(definition, above=True)
    yield "each answer below its place", _beside(definition, above=False)
    yield "a helper below, and a reset", _helper_below(definition)


# --- what only a person can grade ------------------------------------------------------------

ELSEWHERE = {
    "computes with a missing package": "import torch\ndef {name}(*args, **kwargs):\n"
    "    return torch.tensor(args[0]).numpy()",
    "imports a missing package when called": "def {name}(*args, **kwargs):\n"
    "    import cv2\n    return cv2.filter2D(*args)",
    "is imported from a file that is not there": "from my_helpers import {name}",
    "reads a file that is not there": "def {name}(*args, **kwargs):\n"
    "    return np.load('answers.npz')['first']",
    "needs a file that a cell has read": "table = np.load('table.npy')\n"
    "def {name}(*args, **kwargs):\n    return table[0]",
    "asks who is there": "def {name}(*args, **kwargs):\n    return input('Which? ')",
}


def _for_people(definition: Definition) -> Iterator[Trial]:
    first = definition.assignment.graded[0]
    for name, code in ELSEWHERE.items():
        notebook = blank(definition)
        source = _marked(first, code.replace("{name}", first.name))
        answer_cell(notebook, first.id).source = source
        yield Trial("honest", f"an answer {name}", dump(notebook), everything(definition), True)


# --- answers in words ------------------------------------------------------------------------


def _words(definition: Definition) -> Iterator[tuple[str, NotebookNode]]:
    """Yield notebooks that answer in words alone, each in another place."""
    written = definition.assignment.written[0].id
    picture = {"image.png": {"image/png": "iVBORw0KGgo="}}
    comment = "# " + WORDS
    for name, cell, away in (
        ("in a cell below", new_markdown_cell(WORDS), 1),
        ("in a cell above", new_markdown_cell(WORDS), 0),
        ("above the question", new_markdown_cell(WORDS), -1),
        ("in a raw cell", new_raw_cell(WORDS), 1),
        ("in a comment", new_code_cell(comment), 1),
        ("in a text of code", new_code_cell(f'answer = """{WORDS}"""'), 1),
        ("in a cell of code that is no code", new_code_cell(WORDS), 0),
        ("in a picture", new_markdown_cell("", attachments=picture), 1),
    ):
        notebook = blank(definition)
        place = notebook.cells.index(answer_cell(notebook, written))
        notebook.cells.insert(place + away, cell)
        yield f"words {name}", notebook
    notebook = blank(definition)
    place = notebook.cells.index(answer_cell(notebook, written))
    notebook.cells[place - 1].source += f"\n\n{WORDS}"
    yield "words in the cell of the question", notebook
    notebook = blank(definition)
    notebook.cells[2:2] = [new_markdown_cell(WORDS)]
    yield "words at the top of the notebook", notebook
    notebook = blank(definition)
    cell = answer_cell(notebook, written)
    cell["attachments"], cell.source = picture, "![image.png](attachment:image.png)"
    yield "a picture for words", notebook
    notebook = blank(definition)
    cell = answer_cell(notebook, written)
    cell.metadata.clear()
    cell.source = WORDS
    yield "words where the marker was", notebook
    notebook = blank(definition)
    cell = answer_cell(notebook, written)
    cell["cell_type"], cell["outputs"], cell["execution_count"] = "code", [], None
    cell.source += f"\n{WORDS}"
    yield "words in a place turned into code", notebook
    last = definition.assignment.graded[-1].id
    for name, text in (("a comment", comment), ("a text", f'"""{WORDS}"""')):
        notebook = blank(definition)
        answer_cell(notebook, last).source += f"\n{text}"
        yield f"words in {name} of another answer", notebook
    notebook = blank(definition)
    notebook.cells[3:3] = [new_code_cell(comment)]
    yield "words in a comment at the top", notebook


def _no_words(definition: Definition) -> Iterator[tuple[str, NotebookNode]]:
    """Yield notebooks that answer nothing in words."""
    written = definition.assignment.written[0].id
    notebook = blank(definition)
    answer_cell(notebook, written).source = f"<!-- answer: {written} -->\n\n"
    yield "an empty place for words", notebook
    notebook = blank(definition)
    badge = '<a href="https://colab.research.google.com/github/a"><img src="colab-badge.svg"/></a>'
    notebook.cells[:0] = [new_markdown_cell(badge)]
    notebook.cells.append(new_code_cell("x = 1  # try"))
    yield "no words but Colab's", notebook
    notebook = blank(definition)
    aside = (
        "# for row in rows:\n#     total = total + row * weight\n# print(total, mean, rows, weight)"
    )
    notebook.cells.insert(3, new_code_cell(aside))
    yield "no words but code that was put aside", notebook


def honest(definition: Definition) -> Iterator[Trial]:
    """Yield the honest notebooks of an assignment."""
    long = definition.assignment.limits.cell_seconds > 10
    for name, notebook in _notebooks(definition):
        if name in FEW or not long:
            yield Trial("honest", name, dump(notebook), human=None if "place" in name else False)
    yield from _for_people(definition)
    lost = everything(definition)
    for name, notebook in _words(definition):
        yield Trial("honest", name, dump(notebook), lost, None, pending=True)
    for name, notebook in _no_words(definition):
        yield Trial("honest", name, dump(notebook), lost, False, pending=False)
