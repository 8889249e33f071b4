"""The chapters as notebooks: one skeleton, short cells, described pictures, no typed results."""

import ast
import re
import subprocess
import symtable
import sys
from collections import Counter
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
CLAIM = re.compile(r":tags: \[remove-cell, claim\]")
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


def _tags(options):
    """Return the tags of a cell's options."""
    tags = options.get("tags", [])
    return set(tags if isinstance(tags, list) else [tags])


def _words(text):
    """Return a text's letters and digits alone; of a role, what it shows."""
    text = re.sub(r"\{[\w:-]+\}`([^`<]*)(?:<[^`]*)?`", r"\1", text)
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


def _calls(code, name):
    """Return the calls of a function in a cell's code."""
    tree = ast.parse(re.sub(r"^%.*$", "", code, flags=re.M))
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]


def _quiz(path):
    """Return the right letter and the texts of the choices of each question."""
    quiz = re.search(r"^## Quiz\n(.*?)^## ", path.read_text("utf-8"), re.M | re.S)[1]
    questions = []
    for question in re.split(r"^\*\*\d+\. ", quiz, flags=re.MULTILINE)[1:]:
        asked, explained = question.split("{dropdown}")
        choices = dict(re.findall(r"^- ([A-H])\. (.*?)(?=^- |^:::|\Z)", asked, re.M | re.S))
        plain = explained.replace("*", "")
        # As book/sphinx_ext/quiz.py reads it.
        right = re.findall(r"^- ([A-H])(?:[.:]\s*right\b|\.\s*Yes\.|\s+is right\b)", plain, re.M)
        right = right or re.findall(r"^([A-H])\.", plain, re.M)
        assert len(right) == 1, f"{path.stem}: {question}"
        questions.append((right[0], choices))
    return questions


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

    def test_closes_the_answer_to_each_check(self, path):
        blocks = re.split(r"\n\n+", _prose(path))
        checks = [n for n, block in enumerate(blocks) if "check yourself" in block.lower()]
        checks = [n for n in checks if not blocks[n].startswith(":::{dropdown}")]
        assert len(checks) >= 3
        for number in checks:
            question, answer = blocks[number : number + 2]
            assert question.startswith("**Check yourself.** "), question
            assert not re.search(r"\([^()]{12,}\)\W*$", question), f"an open answer: {question}"
            assert re.match(r":{3,}\{dropdown\} Answer\n", answer), f"no answer behind: {question}"

    def test_spreads_the_right_answers_of_its_quiz(self, path):
        questions = _quiz(path)
        counts = Counter(right for right, _ in questions)
        assert max(counts.values()) * 5 <= 2 * len(questions) + 2, counts
        sizes = [(right, {k: len(v) for k, v in choices.items()}) for right, choices in questions]
        longest = [right for right, size in sizes if size[right] == max(size.values())]
        assert len(longest) <= len(questions) // 5, sizes

    def test_holds_its_sentences_true_by_claims(self, path):
        cells = [(_tags(options), code) for options, code in _cells(path)]
        claims = [code for tags, code in cells if "claim" in tags]
        others = [code for tags, code in cells if "claim" not in tags]
        calls = [call for code in claims for call in _calls(code, "claim")]
        assert len(calls) >= 15
        for call in calls:
            assert [keyword.arg for keyword in call.keywords] == ["unlike"], ast.unparse(call)
        for tags, code in cells:
            assert bool(_calls(code, "claim")) == ("claim" in tags), code
            assert "claim" not in tags or "remove-cell" in tags, code
        for code in claims:
            assert not any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(code))), code
        # They are not in the notebooks, whose cells must run without them, and the same way.
        used = {
            node.id
            for code in others
            for node in ast.walk(ast.parse(re.sub(r"^%.*$", "", code, flags=re.M)))
            if isinstance(node, ast.Name)
        }
        for code in claims:
            table = symtable.symtable(code, "claim", "exec")
            set_here = {s.get_name() for s in table.get_symbols() if s.is_assigned()}
            assert not set_here & used, (set_here & used, code)

    def test_quotes_itself_in_each_claim(self, path):
        page = CELL.sub(
            lambda cell: "" if CLAIM.match(cell[1]) else cell[1], path.read_text("utf-8")
        )
        page = _words(re.sub(r'"\s*\n\s*f?"', "", page))  # sentences that a cell puts together
        for _, code in _cells(path):
            for call in _calls(code, "claim"):
                parts = [_words(part) for part in call.args[0].value.split(" … ")]
                in_order = r"\b.*\b".join(map(re.escape, parts))
                assert re.search(rf"\b{in_order}\b", page), call.args[0].value

    def test_folds_the_code_of_sentences(self, path):
        for options, code in _cells(path):
            sentences = [
                part
                for call in _calls(code, "Markdown")
                for part in ast.walk(call)
                if isinstance(part, ast.JoinedStr)
            ]
            if sentences:
                folded = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
                assert _tags(options) & folded, code

    def test_sums_up_in_five_lines(self, path):
        summary = re.search(r"^## Summary\n(.*?)^## ", path.read_text("utf-8"), re.M | re.S)[1]
        assert len(re.findall(r"^(?:- |\d\. )", summary, re.MULTILINE)) == 5

    def test_types_no_accuracy_into_prose(self, path):
        # Results are printed by cells. What others published carries a citation beside it, and
        # the quiz asks about cases that it makes up.
        for paragraph in _prose(path).split("## Quiz")[0].split("\n\n"):
            if "{cite" not in paragraph:
                assert not re.search(r"\b0\.[89]\d{2,}\b|\b[89]\d\.\d+ ?%", paragraph), paragraph


def test_over_all_chapters_each_letter_is_right_about_as_often():
    counts = Counter(right for path in CHAPTERS for right, _ in _quiz(path))
    for letter in "ABCD":
        assert 0.15 <= counts[letter] / counts.total() <= 0.35, counts


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_section_that_is_named_beside_a_reference_is_there(path):
    titles = {}
    for page in PAGES:
        text = page.read_text("utf-8")
        for label in re.findall(r"^\(([\w-]+)\)=$", text, re.M):
            titles[label] = set(re.findall(r"^##+ (.+)$", text, re.M))
    for label, title in re.findall(r"\{ref\}`([\w-]+)`, \*([^*]+)\*", path.read_text("utf-8")):
        assert title.rstrip(".") in titles[label], f"{label} has no section {title!r}"


def test_each_symptom_is_in_the_overview_and_has_a_message_a_reason_and_a_way_out():
    overview, *groups = re.split(
        r"^## ", (ROOT / "pages/symptoms.md").read_text("utf-8"), flags=re.M
    )
    entries = re.split(r"^\(sym-([\w-]+)\)=\n### ", "".join(groups), flags=re.M)[1:]
    labels, texts = entries[::2], entries[1::2]
    assert len(labels) >= 30
    assert re.findall(r"\{ref\}`sym-([\w-]+)`", overview) == labels
    for text in texts:
        assert re.search(
            r"```\{code-cell\}.*?\n- \*\*Why:\*\* .+\n- \*\*Do:\*\* .+\n- \*\*More:\*\* \{ref\}`",
            text,
            re.S,
        ), text


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_avoids_the_words_that_belittle(path):
    found = re.findall(r"\b(?:simply|obviously|just)\b", _prose(path), re.IGNORECASE)
    assert not found


def _run(number, change=""):
    """Run a chapter's cells, claims too, without TensorFlow and after a change."""
    path = next(path for path in CHAPTERS if path.name.startswith(number))
    block = "import sys\nsys.modules.update(tensorflow=None, keras=None)\n"
    block += (ROOT / "tools/notebooks/claim.py").read_text("utf-8") + change
    code = "\n".join(re.sub(r"^%.*$", "", cell, flags=re.M) for _, cell in _cells(path))
    return subprocess.run(
        [sys.executable, "-c", block + code],
        env={"MPLBACKEND": "agg", "PATH": "", "HOME": str(Path.home())},
        capture_output=True,
        text=True,
        check=False,
    )


SAMPLE = """
import warnings, fashion_lib.data
warnings.simplefilter("ignore", fashion_lib.data.DataWarning)
every_source = fashion_lib.data.load_data
fashion_lib.load_data = fashion_lib.data.load_data = lambda *unused: every_source("sample")
"""


@pytest.mark.book
@pytest.mark.parametrize("number", ["01", "02", "05", "06"])
def test_a_chapter_without_training_needs_no_tensorflow_and_is_true_on_the_sample(number):
    done = _run(number, SAMPLE)
    assert done.returncode == 0, done.stderr[-2000:]


OTHER_DATA = """
import fashion_lib, numpy
(x, y), (u, v) = fashion_lib.load_data()
fashion_lib.load_data = lambda: {data}
"""


@pytest.mark.book
@pytest.mark.parametrize(
    ("number", "data"),
    [
        ("01", "((x, numpy.random.default_rng(0).permutation(y)), (u, v))"),  # labels permuted
        ("02", "((255 - x, y), (255 - u, v))"),  # dark garments on a bright ground
    ],
)
def test_a_chapter_is_not_true_of_other_data(number, data):
    done = _run(number, OTHER_DATA.format(data=data))
    assert done.returncode == 1
    assert "AssertionError: The page says “" in done.stderr, done.stderr[-2000:]
