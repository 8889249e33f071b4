"""CONTRIBUTING.md tells the truth: the rooms are all there, and every path in its tables exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
# What stands in backticks and has a slash or the ending of a file is a path.
PATH = re.compile(r"[\w.*-]+/[\w./*-]*|[\w-]+\.(?:md|py|toml|txt|yml)")
MADE = ("_build", "_figures", ".venv")  # by commands; not in the repository
IN_EACH_FOLDER = {"source.md", "checks.py", "trials.py"}


def section(title):
    """Return the text below a heading."""
    return re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S)[1]


def rows(title):
    """Return the table's rows below a heading, without its head, as lists of cells."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def paths(text):
    """Return the paths among what stands in backticks."""
    return [code for code in re.findall(r"`([^`]+)`", text) if PATH.fullmatch(code)]


def is_in_the_tree(path):
    return any(ROOT.glob(path.rstrip("/")))


def test_every_path_exists():
    named = [path for path in paths(TEXT) if not path.startswith(MADE)]
    inside = {path for path in named if path in IN_EACH_FOLDER}
    assert len(named) > 60
    assert [path for path in named if path not in inside and not is_in_the_tree(path)] == []
    for name in inside:
        assert len(list(ROOT.glob(f"assignments/a?_*/{name}"))) == 4


def test_every_module_that_a_command_names_exists():
    modules = re.findall(r"python -m ([\w.]+)", TEXT)
    assert len(modules) > 6
    for module in modules:
        place = ROOT / module.replace(".", "/")
        assert place.with_suffix(".py").exists() or (place / "__main__.py").exists(), module


def test_every_target_of_make_exists():
    targets = re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert set(re.findall(r"`make ([a-z-]+)", TEXT)) <= set(targets)


def test_the_map_has_every_room():
    rooms = {path.rstrip("/") for _, room, _ in rows("The rooms") for path in paths(room)}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    folders = {"assignments", "chapters", "pages", "tests", "_static"}
    assert rooms == packages | folders | {"index.md"}


def test_the_tests_mirror_the_rooms():
    mirrored = {path.name for path in (ROOT / "tests").iterdir() if any(path.glob("test_*.py"))}
    rooms = {path.rstrip("/") for _, room, _ in rows("The rooms") for path in paths(room)}
    assert mirrored == rooms - {"pages", "tests", "_static", "index.md"}


@pytest.mark.parametrize(
    ("what", "where"),
    [pytest.param(*row, id=row[0]) for row in rows("If you want to change X, open Y")],
)
def test_who_wants_to_change_something_is_sent_to_one_place(what, where):
    (path,) = paths(where)
    assert where == f"`{path}`"
    assert (ROOT / path).exists()
    assert (ROOT / path).is_dir() == path.endswith("/")


def test_there_are_twenty_such_wishes_or_more():
    wishes = [what for what, _ in rows("If you want to change X, open Y")]
    assert len(set(wishes)) == len(wishes) >= 20


def test_every_derived_file_names_its_command():
    derived = rows("Derived files")
    assert len(derived) >= 9
    for files, made_by, *_ in derived:
        assert paths(files), files
        assert re.fullmatch(r"`make [a-z-]+`", made_by), made_by


def test_what_is_kept_has_a_reason():
    for ours, why in rows("Kept on purpose"):
        assert paths(ours), ours
        assert len(why.split()) > 5, ours
