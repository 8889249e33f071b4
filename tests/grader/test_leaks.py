"""Nothing that students or readers get contains a solution or a hidden test."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.builder import Builder
from grader.release import ASSIGNMENTS, ROOT, define, names

COMMON = 24  # shorter lines of code are written by anyone


def released_text(name):
    notebook = json.loads(define(name).release.read_text("utf-8"))
    return "\n".join("".join(cell["source"]) for cell in notebook["cells"])


def solution_text(name):
    """Return the lines that only a solution has: what no student may be given."""
    regions = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.S)
    sources = "\n".join(cell.source for cell in Builder(define(name)).build().cells)
    lines = [line.strip() for region in regions.findall(sources) for line in region.splitlines()]
    return [line for line in dict.fromkeys(lines) if len(line) > 12]


def hidden_text(name):
    """Return the lines of the trusted side that are longer than code anyone would write."""
    lines = []
    for file in ("checks.py", "trials.py"):
        for line in (ASSIGNMENTS / name / file).read_text("utf-8").splitlines():
            if len(line.strip()) > COMMON and not line.startswith(("import", "from", '"""', "#")):
                lines.append(line.strip())
    return lines


def public_code(name):
    """Return what the source shows outside its solutions: hints, stubs, given code."""
    text = "\n".join(cell.source for cell in Builder(define(name)).build().cells)
    return re.sub(r"### BEGIN SOLUTION.*?### END SOLUTION", "", text, flags=re.S)


@pytest.mark.parametrize("name", names())
def test_there_is_a_solution_to_look_for(name):
    lines = solution_text(name)
    assert len(lines) >= 2 * len(define(name).assignment.questions)


@pytest.mark.parametrize("name", names())
def test_a_release_holds_no_solution(name):
    released, public = released_text(name), public_code(name)
    assert "SOLUTION" not in released
    secret = [line for line in solution_text(name) if line not in public]
    assert len(secret) > 5
    assert not [line for line in secret if line in released]


@pytest.mark.parametrize("name", names())
def test_a_release_holds_no_hidden_test(name):
    released, public = released_text(name), public_code(name)
    secret = [line for line in hidden_text(name) if line not in public]
    assert len(secret) > 20
    assert not [line for line in secret if line in released]


@pytest.mark.parametrize("name", names())
def test_every_answer_is_a_stub(name):
    notebook = json.loads(define(name).release.read_text("utf-8"))
    cells = [c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("solution")]
    assert len(cells) == len(define(name).assignment.questions)
    for cell in cells:
        text = "".join(cell["source"])
        assert "YOUR CODE HERE" in text or "YOUR ANSWER HERE" in text
    assert not [c for c in notebook["cells"] if c.get("outputs")]


def pages():
    """Return everything that readers see: pages, notebooks, student set, the built site."""
    patterns = (
        "chapters/*.md",
        "chapters/*.ipynb",
        "pages/*.md",
        "index.md",
        "_build/student/*",
        "_build/solutions/*",
    )
    paths = [path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()]
    return [path for path in paths if path.suffix in (".md", ".ipynb", ".html")]


def leaks(name, path):
    text = path.read_text("utf-8")
    long = [line for line in solution_text(name) + hidden_text(name) if len(line) > 45]
    return [line for line in long if line in text or json.dumps(line)[1:-1] in text]


@pytest.mark.parametrize("name", names())
def test_no_page_and_no_chapter_holds_a_solution_or_a_hidden_test(name):
    assert len(pages()) > 10
    assert {path.name: found for path in pages() if (found := leaks(name, path))} == {}


@pytest.fixture(scope="module")
def student_set(tmp_path_factory):
    """Return the notebooks that ``make student`` writes, made now."""
    folder = tmp_path_factory.mktemp("student")
    command = [sys.executable, "-m", "tools.notebooks.chapters", "--edition", "student"]
    subprocess.run([*command, "--output", folder], check=True, cwd=ROOT)
    return sorted(folder.glob("*.ipynb"))


def chapter_solutions(source):
    """Return the lines of code and text that a chapter has in its solutions alone."""
    text = source.read_text("utf-8")
    regions = re.compile(r"```\{solution-start\}.*?\n(.*?)```\{solution-end\}", re.S)
    outside = regions.sub("", text)
    lines = [line.strip() for region in regions.findall(text) for line in region.splitlines()]
    # Roles and directives are rewritten in notebooks: a line with one would never be found.
    return [line for line in lines if len(line) > 30 and line not in outside and "{" not in line]


def test_the_student_set_holds_no_solution(student_set):
    sources = [ROOT / "chapters" / f"{path.stem}.md" for path in student_set]
    assert len(sources) >= 5
    for source, path in zip(sources, student_set, strict=True):
        student = path.read_text("utf-8")
        solved = source.with_suffix(".ipynb").read_text("utf-8")
        secret = [json.dumps(line, ensure_ascii=False)[1:-1] for line in chapter_solutions(source)]
        assert len([line for line in secret if line in solved]) >= 5, source.name
        assert [line for line in secret if line in student] == [], source.name


@pytest.mark.parametrize("name", names())
def test_the_student_set_holds_nothing_of_an_assignment(name, student_set):
    assert {path.name: found for path in student_set if (found := leaks(name, path))} == {}


@pytest.mark.book
@pytest.mark.parametrize("name", names())
def test_no_published_page_holds_a_solution_or_a_hidden_test(name):
    site = ROOT / "_build" / "html"
    files = [p for p in site.rglob("*") if p.suffix in (".html", ".md", ".ipynb", ".txt", ".js")]
    assert len(files) > 10
    assert {path.name: found for path in files if (found := leaks(name, path))} == {}
    assert not list(site.rglob("checks.py"))
    assert not [path for path in site.rglob("*source*") if "a2_" in str(path)]


def test_the_leak_would_be_found(tmp_path):
    """The search finds a solution where there is one."""
    name = names()[0]
    line = next(line for line in solution_text(name) if len(line) > 45)
    page = Path(tmp_path, "page.md")
    page.write_text(f"Here is a hint:\n\n    {line}\n", "utf-8")
    assert leaks(name, page) == [line]
