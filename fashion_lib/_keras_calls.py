"""Calls of Keras that can be shown as code, and made."""

from dataclasses import dataclass
from functools import reduce
from typing import Any

from fashion_lib.keras_import import require_keras

_LINE = 79  # columns of a line of code


class _Code:
    """Shows itself as code: highlighted in a notebook and on a page."""

    def _repr_markdown_(self) -> str:
        return f"```python\n{self!r}\n```"


@dataclass(frozen=True, repr=False)
class Call(_Code):
    """A call: the name of what is called, and its arguments by name.

    An argument may be another call, or a list of some.
    """

    name: str
    arguments: dict[str, Any]

    def made(self) -> dict[str, Any]:
        """Return the arguments, with every call among them made."""
        return {name: _made(value) for name, value in self.arguments.items()}

    def __repr__(self) -> str:
        return _code(self, 0)


@dataclass(frozen=True, repr=False)
class KerasCalls(_Code):
    """The two calls behind `train`."""

    compile: Call
    fit: Call

    def __repr__(self) -> str:
        return f"{self.compile}\n{self.fit}"


class Variable(str):
    """The name of something that a call is given."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _made(value: Any) -> Any:
    if isinstance(value, list):
        return [_made(item) for item in value]
    if not isinstance(value, Call):
        return value
    _, *path = value.name.split(".")
    function: Any = reduce(getattr, path, require_keras())
    return function(**value.made())


def _code(value: Any, indent: int) -> str:
    """Return Python code, on one line where that is short enough."""
    if isinstance(value, list):
        return f"[{', '.join(_code(item, indent) for item in value)}]"
    if not isinstance(value, Call):
        return repr(value)
    arguments = value.arguments.items()
    short = f"{value.name}({', '.join(f'{name}={_code(a, 0)}' for name, a in arguments)})"
    if "\n" not in short and indent + len(short) <= _LINE:
        return short
    inner = " " * (indent + 4)
    lines = "".join(f"{inner}{name}={_code(a, indent + 4)},\n" for name, a in arguments)
    return f"{value.name}(\n{lines}{' ' * indent})"
