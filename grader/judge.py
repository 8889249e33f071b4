"""Says in words what is wrong with an answer, or what became of a student's code."""

from collections.abc import Callable
from typing import Any

from grader import wire
from grader.questions import Inputs, Question, kind_of

# Why a sandbox was lost, by what `LostError` carries.
LOSSES = {
    "time": "it took too long and was stopped",
    "clock": "it was not done after a long time on the clock and was stopped",
    "memory": "it used too much memory and was stopped",
    "processes": "it started too many processes and was stopped",
    "output": "it printed or returned too much and was stopped",
    "died": "the kernel died",
    "lied": "the kernel sent something that is no answer",
}


# Errors that are told by name. There are few, as their choice could tell of hidden inputs.
ERRORS = (
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "FileNotFoundError",
    "ImportError",
    "IndentationError",
    "IndexError",
    "KeyError",
    "MemoryError",
    "ModuleNotFoundError",
    "NameError",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "RecursionError",
    "RuntimeError",
    "StopIteration",
    "SyntaxError",
    "SystemExit",
    "TypeError",
    "UnboundLocalError",
    "UnicodeDecodeError",
    "ValueError",
    "ZeroDivisionError",
)


def error_words(error: dict[str, Any], source: str | None = None) -> str:
    """Return an error for a student to read: its kind, and the line of a cell.

    Never its message, which the student's code chooses: it could hold what no student should
    read, such as hidden inputs or the content of a file.
    """
    kind = error["type"] if error["type"] in ERRORS else "an error"
    if source is None:
        return f"your code raised {kind}"
    line, lines = error["line"], source.count("\n") + 1
    place = f" in line {line} of the cell" if line and 1 <= line <= lines else ""
    return f"{kind}{place}"


def judge(
    question: Question, reply: dict[str, Any], draw: Callable[[], Inputs | None]
) -> str | None:
    """Return in words what is wrong with a reply, None if nothing is."""
    if reply["error"]:
        return error_words(reply["error"])
    if "unsendable" in reply or "value" not in reply:
        return (
            "the answer is of a type or size that cannot be compared: "
            "return numbers, lists or arrays"
        )
    answer, inputs = reply["value"], draw()
    expected = question.reference() if inputs is None else inputs.apply(question.reference)
    try:
        words = question.compare(expected, answer, inputs)
    except Exception:  # an answer of a form that the comparison did not reckon with
        return f"the answer is {kind_of(answer)}, which is not what was asked for"
    if words is None:
        return None
    for mistake in question.mistakes:
        try:
            again = draw()
            wrong = mistake.wrong() if again is None else again.apply(mistake.wrong)
            wrong = wire.decode(wire.encode(wrong))  # as a student's answer arrives
            same = question.compare(wrong, answer, inputs) is None
            if same and question.compare(expected, wrong, inputs) is not None:
                return mistake.words
        except Exception:  # some mistakes cannot be made with some inputs
            continue
    return words
