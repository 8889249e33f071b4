"""The chapters as notebooks: one skeleton, short cells, described pictures, no typed results."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "chapters").glob("[0-9][0-9]_*.md"))
PAGES = [*CHAPTERS, *sorted((ROOT / "pages").glob("*.md")), ROOT / "index.md"]
SKELETON = [
    "You will learn",
    "Before you start",
    "Exercises",
    "Quiz",
    "Summary",
    "Further reading",
]
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
DRAWING = re.compile(r"plots\.|plt\.|\.plot\(|\.imshow\(|\.hist\(")


def _cells(path):
    """Yield (options, code) for each code cell of a MyST file."""
    for body in CELL.findall(path.read_text(encoding="utf-8")):
        options = {}
        if body.startswith("---\n"):
            head, body = body[4:].split("\n---\n", 1)
            options = yaml.safe_load(head)
        else:
            while match := re.match(r":([\w-]+):[ \t]*([^\n]*)\n", body):
                options[match[1]] = yaml.safe_load(match[2])
                body = body[match.end() :]
        yield options, body.strip("\n")


def _prose(path):
    """Return a page's text without front matter, code and directive options."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    return re.sub(r"^(`{3,})(?!\{(?:exercise|solution)-).*?^\1$", "", text, flags=re.M | re.S)


def test_the_chapters_are_numbered_from_one():
    assert [path.name[:2] for path in CHAPTERS[:6]] == ["01", "02", "03", "04", "05", "06"]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
class TestChapter:
    def test_follows_the_skeleton(self, path):
        headings = re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        fixed = [heading for heading in headings if heading in SKELETON]
        assert fixed == SKELETON
        body = headings[headings.index("Before you start") + 1 : headings.index("Exercises")]
        assert len(body) >= 4

    def test_opens_with_a_question(self, path):
        opening = path.read_text(encoding="utf-8").split("## You will learn")[0]
        assert "The question" in opening
        assert "?" in opening

    def test_keeps_cells_short(self, path):
        long = [code for _, code in _cells(path) if len(code.splitlines()) > 25]
        assert not long, long[0]

    def test_describes_each_picture_it_draws(self, path):
        for options, code in _cells(path):
            if DRAWING.search(code) and "use_course_style" not in code:
                alt = options.get("mystnb", {}).get("image", {}).get("alt", "")
                assert len(alt) > 20, code

    def test_offers_a_quiz_with_explained_answers(self, path):
        quiz = re.search(r"^## Quiz\n(.*?)^## ", path.read_text("utf-8"), re.M | re.S)[1]
        questions = re.split(r"^\*\*\d+\. ", quiz, flags=re.MULTILINE)[1:]
        assert len(questions) >= 4
        for question in questions:
            choices = re.findall(r"^- ([A-Z])\. ", question, re.MULTILINE)
            assert len(choices) >= 3, question
            explanation = question.split("{dropdown}")[1]
            for letter in choices:
                assert re.search(rf"\b{letter}\b", explanation), question

    def test_sums_up_in_five_lines(self, path):
        summary = re.search(r"^## Summary\n(.*?)^## ", path.read_text("utf-8"), re.M | re.S)[1]
        assert len(re.findall(r"^(?:- |\d\. )", summary, re.MULTILINE)) == 5

    def test_types_no_accuracy_into_prose(self, path):
        # Results are printed by cells. What others published carries a citation beside it, and
        # the quiz asks about cases that it makes up.
        for paragraph in _prose(path).split("## Quiz")[0].split("\n\n"):
            if "{cite" not in paragraph:
                assert not re.search(r"\b0\.[89]\d{2,}\b|\b[89]\d\.\d+ ?%", paragraph), paragraph


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_avoids_the_words_that_belittle(path):
    found = re.findall(r"\b(?:simply|obviously|just)\b", _prose(path), re.IGNORECASE)
    assert not found


@pytest.mark.book
@pytest.mark.parametrize("number", ["01", "02", "05", "06"])
def test_a_chapter_without_training_needs_no_tensorflow(number):
    path = next(path for path in CHAPTERS if path.name.startswith(number))
    block = "import sys\nsys.modules.update(tensorflow=None, keras=None)\n"
    block += (ROOT / "tools/notebooks/claim.py").read_text("utf-8")
    code = "\n".join(re.sub(r"^%.*$", "", cell, flags=re.M) for _, cell in _cells(path))
    done = subprocess.run(
        [sys.executable, "-c", block + code],
        env={"MPLBACKEND": "agg", "PATH": "", "HOME": str(Path.home())},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
