"""What an assignment's ``checks.py`` is written with: questions, cases, mistakes.

The checks run on the grader's side only. The student's interpreter receives the inputs of one
call at a time and sends back the answer; the reference and the comparison never go there.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from grader.sandbox import Limits


class Inputs:
    """The arguments of one call: ``Inputs(image, kernel, stride=2)``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args, self.kwargs = args, kwargs

    def apply(self, function: Callable) -> Any:
        """Call a function with these arguments."""
        return function(*self.args, **self.kwargs)


MOST_EQUAL = 10_000  # values, beyond which an array is not compared one by one with fewer

#: Says in words what is wrong with an answer, or returns None if it is right. A variable has no
#: inputs.
Compare = Callable[[Any, Any, Inputs | None], str | None]


def numbers(value: Any) -> np.ndarray:
    """Return an answer as an array of floats, if it holds numbers and nothing else.

    Texts, truth values, None and complex numbers (but for what rounding leaves) are no numbers.

    Raises
    ------
    TypeError, ValueError
        If it does not, or has rows of different length.
    """
    if kinds(value) - set("iufc"):
        raise TypeError("no numbers")
    array = np.asarray(value)
    if array.dtype.kind == "c":
        if (np.abs(array.imag) > 1e-9 * np.maximum(1, np.abs(array.real))).any():
            raise TypeError("complex numbers")
        array = array.real
    return array.astype(np.float64)


def kinds(value: Any) -> set[str]:
    """Return what a value holds, in NumPy's letters: "i" for whole numbers and so on."""
    found, waiting = set(), [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list | tuple):
            waiting += each
        elif isinstance(each, np.ndarray | np.generic):
            found.add(each.dtype.kind)
        else:
            names = {bool: "b", int: "i", float: "f", complex: "c", str: "U"}
            found.add(names.get(type(each), "O"))
    return found


def close(tolerance: float = 1e-4) -> Compare:
    """Return a comparison of numbers and arrays: the same shape, and values that close.

    Accepts lists, arrays of any dtype of numbers, and numbers as one-element arrays. The
    difference may be `tolerance` times the largest expected value, or `tolerance` if that is
    smaller than 1.
    """

    def compare(expected: Any, answer: Any, inputs: Inputs | None) -> str | None:
        wanted = np.asarray(expected, dtype=np.float64)
        try:
            given = numbers(answer)
        except (TypeError, ValueError):
            return f"the answer is {kind_of(answer)}, where numbers were expected"
        if wanted.ndim == 0 and given.size == 1:
            given = given.reshape(())
        if given.shape != wanted.shape:
            return _shape_words(wanted.shape, given.shape)
        if wanted.size == 0:
            return None
        finite = wanted[np.isfinite(wanted)]
        scale = max(1.0, float(np.abs(finite).max())) if finite.size else 1.0
        with np.errstate(invalid="ignore", over="ignore"):
            near = np.abs(given - wanted) <= tolerance * scale
        wrong = ~(near | (given == wanted))  # NaN counts as wrong
        if not wrong.any():
            return None
        return f"{_share(wrong)} of the values differ from the right ones"

    return compare


def _shape_words(wanted: tuple[int, ...], given: tuple[int, ...]) -> str:
    if len(wanted) != len(given):
        return "the answer has not the right number of axes"
    if wanted == given[::-1]:
        return "the shape is the right one with its axes swapped"
    return "the answer has the wrong shape"


def _share(wrong: np.ndarray) -> str:
    share = float(np.mean(wrong))
    return "all" if share == 1 else "most" if share > 0.5 else "some"


def kind_of(value: Any) -> str:
    """Return what a value is, in a student's words."""
    names = {
        type(None): "None (is there a return?)",
        str: "a text",
        dict: "a dict",
        list: "a list",
        bool: "True or False",
    }
    return names.get(type(value), f"of type {type(value).__name__}")


def equal(expected: Any, answer: Any, inputs: Inputs | None) -> str | None:
    """Compare whole numbers, texts, and lists or dicts of them: everything must agree.

    A float may stand for a whole number, an array or a tuple for a list; a truth value or a text
    never stands for a number.
    """
    if isinstance(answer, np.ndarray) and answer.size > MOST_EQUAL > _size(expected):
        return f"the answer is {_differs(answer)}"
    return None if _plain(expected) == _plain(answer) else f"the answer is {_differs(answer)}"


def _size(value: Any) -> int:
    return np.asarray(value, dtype=object).size


def _differs(answer: Any) -> str:
    return kind_of(answer) if answer is None else "a different one"


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, bool):
        return ("truth", value)  # else it would equal a number
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def compare_columns(undefined: str) -> Compare:
    """Return a comparison of tables: a dict of columns with one number for each class.

    Other columns may be there too. A number that is not defined must be NaN, and no other;
    `undefined` says when that is: "a class has no picture".
    """

    def compare(expected: Any, answer: Any, inputs: Inputs | None) -> str | None:
        if not isinstance(answer, dict):
            return "the answer is no table: return a DataFrame or a dict of columns"
        for name, wanted in expected.items():
            if name not in answer:
                return f"the column {name!r} is missing"
            try:
                given = numbers(_missing_as_nan(answer[name]))
            except (TypeError, ValueError):
                return f"the column {name!r} holds something other than numbers"
            if given.shape != wanted.shape:
                return f"the column {name!r} has not one entry for each class"
            if not np.array_equal(np.isnan(given), np.isnan(wanted)):
                return f"the column {name!r} has not NaN where, and only where, {undefined}"
            words = close(1e-4)(np.nan_to_num(wanted), np.nan_to_num(given), inputs)
            if words:
                return f"in the column {name!r}, {words}"
        return None

    return compare


def _missing_as_nan(column: Any) -> Any:
    """Return a column as it is, but with NaN for None, which a table of objects holds for it."""
    if isinstance(column, list):
        return [math.nan if each is None else each for each in column]
    return column


@dataclass(frozen=True)
class Case:
    """Inputs of one kind, all or nothing for its points.

    Attributes
    ----------
    kind : str
        What inputs these are, as a student may know it: "a picture of whole numbers (uint8)".
    points : float
    draw : function of a NumPy random generator, returning `Inputs`
        Called several times with different generators. It must use nothing else that is
        random. For a variable it is not called.
    expected : str
        What a right answer is, in words, without giving it away.
    times : int
        How many inputs are drawn.
    """

    kind: str
    points: float
    draw: Callable[[np.random.Generator], Inputs]
    expected: str
    times: int = 3


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that students give often: how it comes about, and what to tell them."""

    wrong: Callable
    words: str


@dataclass(frozen=True)
class Question:
    """A question that is graded by calling a function, or reading a variable.

    Attributes
    ----------
    id : str
        Short, lower case, unique in the assignment. Never changed once released.
    name : str
        What the student defines.
    title : str
    reference : function
        Takes the inputs, returns the right answer. For a variable, it takes nothing.
    cases : tuple of Case
        Their points add up to the question's.
    compare : Compare
    mistakes : tuple of Mistake
        Only looked at when an answer is wrong, to say more than that.
    variable : bool
        True if `name` is a value, not a function.
    slow_check : bool
        True if its visible check takes seconds: it is only run where points are lost.
    """

    id: str
    name: str
    title: str
    reference: Callable
    cases: tuple[Case, ...]
    compare: Compare = field(default_factory=close)
    mistakes: tuple[Mistake, ...] = ()
    variable: bool = False
    slow_check: bool = False

    @property
    def points(self) -> float:
        """All that the question is worth."""
        return sum(case.points for case in self.cases)


@dataclass(frozen=True)
class Written:
    """A question in words, graded by a person.

    `guidance` tells the grader what earns points; students never see it.
    """

    id: str
    title: str
    points: float
    guidance: str


@dataclass(frozen=True)
class Assignment:
    """An assignment: its questions in the order of the notebook, and what it may use."""

    name: str
    title: str
    minutes: int
    questions: tuple[Question | Written, ...]
    limits: Limits = field(default_factory=Limits)

    @property
    def graded(self) -> tuple[Question, ...]:
        """The questions that the machine grades."""
        return tuple(q for q in self.questions if isinstance(q, Question))

    @property
    def written(self) -> tuple[Written, ...]:
        """The questions that a person grades."""
        return tuple(q for q in self.questions if isinstance(q, Written))

    @property
    def points(self) -> float:
        """All that the assignment is worth."""
        return sum(question.points for question in self.questions)


def generator(seed: str, *place: str | int) -> np.random.Generator:
    """Return the random generator of one place in an assignment, the same every time.

    Whoever does not know the seed cannot compute the inputs, with the code in hand.
    """
    text = "\x1f".join([seed, *map(str, place)])
    number = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    return np.random.default_rng(number)


def from_source(source: str, name: str) -> Assignment:
    """Run the text of a ``checks.py`` and return its ASSIGNMENT.

    Assignments are data: nothing here imports them, and a task takes the text to any machine.

    Raises
    ------
    ValueError
        If it has none, or if question ids repeat or points are not positive.
    """
    module = ModuleType(f"checks_{name}")
    exec(compile(source, f"{name}/checks.py", "exec"), module.__dict__)
    assignment = getattr(module, "ASSIGNMENT", None)
    if not isinstance(assignment, Assignment):
        raise ValueError(f"{name}/checks.py defines no ASSIGNMENT.")
    ids = [question.id for question in assignment.questions]
    if len(set(ids)) < len(ids):
        raise ValueError(f"{name}: two questions have the same id.")
    if any(not math.isfinite(q.points) or q.points <= 0 for q in assignment.questions):
        raise ValueError(f"{name}: every question needs points.")
    return assignment
