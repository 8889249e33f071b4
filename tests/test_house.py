"""The house stands: three floors, no circle, no bent search path, a small library.

The rules are functions of a folder that return what breaks them, so that each is tried on a
small tree that breaks it as well as on this one. Imports are read from the source: those in
functions, those for type checkers and those by name (``import_module("…")``) count like the
others, and a public name of a lazy package stands for the module that its stub takes it from.
"""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GROUND, MIDDLE = {"fashion_lib"}, {"fashion_figures", "grader"}
# Each room with the others that it may use. Of the rooms on top, tools and benchmarks may look
# at the book that they work on; nobody looks at the tests.
FLOORS = {
    "fashion_lib": set(),
    "fashion_figures": GROUND,
    "grader": GROUND,
    "assignments": GROUND | {"grader"},
    "book": GROUND | MIDDLE,
    "tools": GROUND | MIDDLE | {"book"},
    "benchmarks": GROUND | MIDDLE | {"book"},
}
LARGEST_LIBRARY, LONGEST_FILE = 6000, 360  # lines


# --- reading the imports --------------------------------------------------------------------


def modules(root: Path, room: str) -> dict[str, Path]:
    """Return the modules of a room by their dotted names."""
    found = {}
    for path in sorted((root / room).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def stub_names(root: Path, room: str) -> dict[str, str]:
    """Return the public names of a lazy package, and the modules that its stub names for them."""
    stub = root / room / "__init__.pyi"
    if not stub.exists():
        return {}
    return {
        f"{room}.{alias.asname or alias.name}": f"{room}.{node.module}"
        for node in ast.walk(ast.parse(stub.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 1
        for alias in node.names
    }


def named_imports(path: Path, name: str) -> Iterator[str]:
    """Yield the dotted names that a module imports, as patterns where a part is computed."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*above, *filter(None, [node.module])]) if node.level else node.module
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args:
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in ("import_module", "__import__"):
                yield _pattern(node.args[0])


def _pattern(argument: ast.expr) -> str:
    if isinstance(argument, ast.Constant):
        return str(argument.value)
    if isinstance(argument, ast.JoinedStr):
        return "".join(_pattern(part) for part in argument.values)
    return "*"


def import_graph(root: Path, room: str) -> dict[str, set[str]]:
    """Return for each module of a room the modules of the same room that it imports."""
    known, public = modules(root, room), stub_names(root, room)
    graph: dict[str, set[str]] = {}
    for name, path in known.items():
        graph[name] = set()
        for wanted in named_imports(path, name):
            if "*" in wanted:
                graph[name] |= {module for module in known if fnmatch(module, wanted)} - {name}
                continue
            # "room.module.name" is the module's; "room.name" is where the stub has it from.
            near = (public.get(wanted), wanted, wanted.rpartition(".")[0])
            graph[name] |= set([module for module in near if module in known][:1]) - {name}
    return graph


# --- the rules --------------------------------------------------------------------------------


def circles(root: Path, room: str) -> list[str]:
    """Return a circle of imports between the modules of a room, or nothing."""
    try:
        TopologicalSorter(import_graph(root, room)).prepare()
    except CycleError as error:
        return [" -> ".join(reversed(error.args[1]))]
    return []


def upward_imports(root: Path, room: str) -> list[str]:
    """Return each import from a room that stands beside or above this one."""
    forbidden = {*FLOORS, "tests"} - FLOORS[room] - {room}
    return [
        f"{name} imports {wanted}"
        for name, path in modules(root, room).items()
        for wanted in named_imports(path, name)
        if wanted.split(".")[0] in forbidden
    ]


def bent_search_paths(root: Path, room: str) -> list[str]:
    """Return each place that touches ``sys.path``. Code in strings, such as attacks, is data."""
    found = []
    for path in modules(root, room).values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            attribute = isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.path"
            name = isinstance(node, ast.ImportFrom) and (
                (node.module == "sys" and any(alias.name == "path" for alias in node.names))
                or node.module == "site"
            )
            if attribute or name or (isinstance(node, ast.Name) and node.id == "addsitedir"):
                found.append(f"{path.relative_to(root)}:{node.lineno}")
    return found


def too_long(root: Path, room: str) -> list[str]:
    """Return the files above the limit of a file, and the room if it is above the library's."""
    lines = {
        path.relative_to(root): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules(root, room).values()
    }
    found = [f"{path} has {count} lines" for path, count in lines.items() if count > LONGEST_FILE]
    total = sum(lines.values())
    return [*found, f"{room} has {total} lines"] if total > LARGEST_LIBRARY else found


# --- this house -------------------------------------------------------------------------------


@pytest.mark.parametrize("room", FLOORS)
def test_no_room_imports_in_a_circle(room):
    assert circles(ROOT, room) == []


@pytest.mark.parametrize("room", FLOORS)
def test_no_room_imports_upward(room):
    assert upward_imports(ROOT, room) == []


def test_the_floors_have_no_circle():
    TopologicalSorter(FLOORS).prepare()


@pytest.mark.parametrize("room", [*FLOORS, "tests"])
def test_nobody_bends_the_search_path(room):
    assert bent_search_paths(ROOT, room) == []


def test_the_library_is_small():
    assert too_long(ROOT, "fashion_lib") == []


def test_every_room_is_read():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - {"tests"} <= set(FLOORS)
    assert all(len(modules(ROOT, room)) > 3 for room in FLOORS)
    assert "fashion_lib.convolution" in import_graph(ROOT, "fashion_lib")["fashion_lib.description"]


# --- houses that do not stand -----------------------------------------------------------------


def _tree(root, files):
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    "back",
    [
        "from fashion_lib.a import x",
        "from fashion_lib import a",
        "from fashion_lib import x",  # a public name, which the stub takes from a
        "from .a import x",
        "from . import a",
        "import fashion_lib.a",
        "def f():\n    from fashion_lib.a import x",
        "class C:\n    def f(self):\n        import fashion_lib.a as a",
        "import importlib\nimportlib.import_module('fashion_lib.a')",
        "from importlib import import_module\nimport_module(f'fashion_lib.{name}')",
        "__import__('fashion_lib.a')",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from fashion_lib.a import x",
    ],
)
def test_a_circle_is_found(tmp_path, back):
    files = {
        "fashion_lib/__init__.py": "",
        "fashion_lib/__init__.pyi": "from .a import x as x\n",
        "fashion_lib/a.py": "from fashion_lib import b\n",
        "fashion_lib/b.py": "import fashion_lib.c\n",
        "fashion_lib/c.py": f"{back}\n",
    }
    (circle,) = circles(_tree(tmp_path, files), "fashion_lib")
    assert {"fashion_lib.a", "fashion_lib.b", "fashion_lib.c"} == set(circle.split(" -> "))
    (tmp_path / "fashion_lib/c.py").write_text("import fashion_lib\nimport numpy.a\n")
    assert circles(tmp_path, "fashion_lib") == []


def test_a_circle_between_folders_of_a_room_is_found(tmp_path):
    files = {
        "book/site/a.py": "from ..sphinx_ext.b import x\n",
        "book/sphinx_ext/b.py": "from book.site import a\n",
    }
    assert circles(_tree(tmp_path, files), "book")


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("fashion_lib", "def f():\n    from fashion_figures import Quiz"),
        ("fashion_lib", "import tools.make_sample"),
        ("fashion_figures", "from grader.wire import send"),
        ("grader", "import importlib\nimportlib.import_module('assignments.a1_data.checks')"),
        ("assignments", "from fashion_figures import Quiz"),
        ("book", "from tools import make_sample"),
        ("tools", "from benchmarks import pages"),
        ("benchmarks", "from tests.book import quiz_book"),
    ],
)
def test_an_upward_import_is_found(tmp_path, room, line):
    _tree(tmp_path, {f"{room}/a.py": f"{line}\n", f"{room}/b.py": f"import numpy\nimport {room}\n"})
    (found,) = upward_imports(tmp_path, room)
    assert found.startswith(f"{room}.a imports ")


@pytest.mark.parametrize(
    "line",
    [
        "sys.path.append('.')",
        "sys.path.insert(0, '.')",
        "sys.path[:0] = ['.']",
        "sys.path += ['.']",
        "def f():\n    sys.path = []",
        "from sys import path",
        "from site import addsitedir",
    ],
)
def test_a_bent_search_path_is_found(tmp_path, line):
    good = "ATTACK = 'import sys; sys.path.insert(0, 1)'\nimport os.path\nprint(os.path.sep)\n"
    _tree(tmp_path, {"grader/a.py": f"import sys\n{line}\n", "grader/b.py": good})
    (found,) = bent_search_paths(tmp_path, "grader")
    assert found.startswith("grader/a.py:")


def test_a_long_file_and_a_large_library_are_found(tmp_path):
    long = _tree(tmp_path / "long", {"fashion_lib/a.py": "\n" * 361, "fashion_lib/b.py": "\n"})
    assert too_long(long, "fashion_lib") == ["fashion_lib/a.py has 361 lines"]
    many = _tree(tmp_path / "many", {f"fashion_lib/m{i}.py": "\n" * 334 for i in range(18)})
    assert too_long(many, "fashion_lib") == ["fashion_lib has 6012 lines"]
