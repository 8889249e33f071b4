"""Runs inside the sandbox: what a cell holds behind an error, and stand-ins for packages.

In a notebook that was written elsewhere, a statement may fail here for want of a package, a
file or a person who types. What stands behind it in the cell is run all the same, so that an
answer does not depend on it. Nothing here is trusted, as little as `runner`.
"""

import ast
from collections import deque
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from decimal import Decimal
from io import IOBase
from itertools import islice
from numbers import Real
from typing import Any, ClassVar

MOST = 200_000  # values of an iterator; `wire` refuses longer lists
OTHERS = ("bash", "sh", "script", "html", "javascript", "js", "latex", "markdown", "svg", "perl")
PLAIN = (str, int, float, type(None))


class Missing:
    """What could not be imported: it serves as a decorator or a type hint, and fails when used."""

    used: ClassVar[set[str]] = (
        set()
    )  # packages that were asked for something; emptied before each call

    def __init__(self, package: str) -> None:
        self._package = package

    def _use(self) -> "Missing":
        Missing.used.add(self._package)
        return self

    def __getattr__(self, name: str) -> "Missing":
        if name.startswith("__"):  # NumPy and others ask whether there is such a method
            raise AttributeError(name)
        return self._use()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Serve as a decorator or as what makes one; nothing can be computed with it."""
        self._use()
        if len(args) == 1 and callable(args[0]) and not isinstance(args[0], Missing):
            return args[0]  # as a decorator
        if all(isinstance(each, (*PLAIN, Missing)) for each in args):
            return self  # what makes a decorator, or mounts a drive
        raise self.error()

    def error(self) -> ModuleNotFoundError:
        """Return the error that an import of the package raises."""
        return ModuleNotFoundError(f"No module named {self._package!r}", name=self._package)

    def __getitem__(self, key: Any) -> "Missing":
        return self._use()

    def __or__(self, other: Any) -> "Missing":
        return self

    __ror__ = __or__

    def __bool__(self) -> bool:
        return False  # such as torch.cuda.is_available()

    def __instancecheck__(self, instance: Any) -> bool:
        return False

    def __mro_entries__(self, bases: tuple) -> tuple:
        return ()

    def __enter__(self) -> "Missing":
        return self

    def __exit__(self, *unused: object) -> None:
        return None


def settled(value: Any, depth: int = 12) -> Any:
    """Return an answer with iterators as lists and unusual numbers as floats.

    Raises
    ------
    ModuleNotFoundError
        If it holds something of a package that is not there.
    """
    if isinstance(value, Missing):
        raise value.error()
    if type(value) in PLAIN or depth == 0:
        return value
    lazy = Iterator | KeysView | ValuesView | ItemsView | deque
    if isinstance(value, lazy) and not isinstance(value, IOBase):
        value = list(islice(value, MOST))
    if type(value) in (list, tuple) and len(value) <= MOST:
        return [settled(item, depth - 1) for item in value]
    if type(value) is dict:
        return {settled(key, depth - 1): settled(item, depth - 1) for key, item in value.items()}
    unusual = isinstance(value, Real | Decimal) and not isinstance(value, int | float)
    return float(value) if unusual and not hasattr(value, "dtype") else value


def without_magic(shell: Any, source: str) -> str | None:
    """Return a cell without its first line if that is a magic around Python, else None."""
    first, _, rest = source.lstrip().partition("\n")
    if not first.startswith("%%"):
        return None
    name = (first[2:].split() or [""])[0]
    unknown = shell.find_cell_magic(name) is None and name not in OTHERS
    return rest if unknown or name in ("time", "capture", "prun") else None


def behind(shell: Any, source: str, error: BaseException) -> str | None:
    """Return what is still to be run of a cell in which a statement has failed.

    An import that failed is there again, with stand-ins for what it would have bound.
    """
    if not isinstance(error, Exception) or isinstance(error, MemoryError | RecursionError):
        return None
    inside = without_magic(shell, source)
    if inside is not None:
        return inside
    line = _line(error)
    if line is None:
        return None
    tree = ast.parse(shell.transform_cell(source))
    failed = max((n for n, each in enumerate(tree.body) if _start(each) <= line), default=-1)
    rest = tree.body[failed + 1 :]
    if failed >= 0 and isinstance(error, ImportError):
        stand_in = _StandIn(line, (error.name or "?").partition(".")[0])
        statement = stand_in.visit(tree.body[failed])
        if stand_in.found:
            rest = [*(statement if isinstance(statement, list) else [statement]), *rest]
    if not rest:
        return None
    return ast.unparse(ast.fix_missing_locations(ast.Module(rest, [])))


def _line(error: BaseException) -> int | None:
    """Return the line of the cell's own statement that has failed."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith(("<ipython", "/tmp/ipykernel")):
            return trace.tb_lineno
        trace = trace.tb_next
    return None


def _start(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(each.lineno for each in decorators)])


class _StandIn(ast.NodeTransformer):
    """Puts a stand-in behind each import of one line, for the case that it fails."""

    def __init__(self, line: int, package: str) -> None:
        self.line, self.package = line, package
        self.found = False

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> Any:
        return self._guarded(node) if node.lineno <= self.line <= (node.end_lineno or 0) else node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        return self.visit_Import(node)

    def _guarded(self, node: Any) -> list[ast.stmt]:
        self.found = True
        statements: list[ast.stmt] = []
        for alias in node.names:
            one = ast.copy_location(_alone(node, alias), node)
            name = (alias.asname or alias.name).partition(".")[0]
            code = f"{name} = __import__('tolerant').Missing({self.package!r})"
            otherwise = ast.parse("pass" if name == "*" else code).body
            handler = ast.ExceptHandler(ast.Name("ImportError", ast.Load()), None, otherwise)
            statements.append(ast.Try([one], [handler], [], []))
        return statements


def _alone(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.stmt:
    if isinstance(node, ast.Import):
        return ast.Import([alias])
    return ast.ImportFrom(node.module, [alias], node.level)
