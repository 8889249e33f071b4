"""Copies are found whatever their names; work on the same short questions is not."""

import io
import itertools
import json
import keyword
import re
import tokenize
from textwrap import indent

import numpy as np
import pytest
from bs4 import BeautifulSoup
from copydetect import compare_files

from grader.__main__ import main
from grader.confined import Reader
from grader.confined_tasks import similarity
from grader.course import Course, CourseError
from grader.release import define
from grader.similar import THRESHOLD, Pair, Report, Source, _pairs, compare, pieces, render
from grader.submission import UnreadableError, read
from tests.grader.convolution_answers import HONEST

NAME = "a2_convolution"
RELEASE = define(NAME).release.read_bytes()
KNOWN = [cell.source for cell in read(RELEASE).code]
EVIL = "<img src=x onerror=alert(1)>"
KEPT = {*keyword.kwlist, "np", "math", "KERNELS", "print", "range", "len", "float", "int"}
KEPT |= {question.name for question in define(NAME).assignment.graded}


def joined(answers):
    return "\n\n".join(f"# question: {question}{code}" for question, code in answers.items())


def renamed(code):
    """Give everything another name, and change every comment."""
    names, parts, before = {}, [], ""
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        text = token.string
        if token.type == tokenize.NAME and text not in KEPT and before != ".":
            text = names.setdefault(text, f"name_{len(names)}")
        if token.type == tokenize.COMMENT:
            text = "# my own words"
        parts.append((token.type, text))
        before = token.string
    return tokenize.untokenize(parts)


def reordered(code):
    return "\n".join(re.split(r"\n(?=def )", code)[::-1])


def respaced(code):
    """Double every indentation, and set blank lines and comments between all lines of code."""
    wide = re.sub(r"^( +)", r"\1\1", code, flags=re.M)
    return re.sub(r"\n(?= +\w+ = )", "\n\n# then\n", wide)


def padded(code):
    """Put a statement that does nothing behind most assignments."""
    return re.sub(r"^( +)(\w+ = [\w.]+\([\w, ()]+\))$", r"\1\2\n\1done = True", code, flags=re.M)


def respelled(code):
    return code.replace("float", "np.float64").replace("range(", "range(0, ")


COPIES = {
    "as it is": str,
    "renamed": renamed,
    "reordered": reordered,
    "respaced": respaced,
    "padded": padded,
    "respelled": respelled,
    "renamed, reordered, respaced": lambda code: reordered(respaced(renamed(code))),
}


def likenesses(texts, own=None):
    """Return the similarity of each pair that has any, by the numbers of the texts."""
    _, numbers, found, _ = similarity.pairs(texts, KNOWN, own or len(texts), 0.001, 0)
    return dict(zip(map(tuple, numbers.tolist()), found.tolist(), strict=True))


def notebook(*cells):
    rows = [{"cell_type": "code", "source": cell, "metadata": {}} for cell in cells]
    return json.dumps({"cells": rows, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.fixture(scope="module")
def measured():
    """Return the similarities of answers written apart, then of one's copies in all ways."""
    texts = [joined(answers) for answers in HONEST.values()]
    copies = [change(text) for text in texts for change in COPIES.values()]
    return likenesses(texts + copies, own=len(texts))


def test_answers_that_were_written_apart_stay_below_the_threshold(measured):
    apart = [measured.get(pair, 0.0) for pair in itertools.combinations(range(len(HONEST)), 2)]
    assert 0.1 < max(apart) < THRESHOLD - 0.1


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("student", HONEST)
def test_copies_are_above_the_threshold(measured, student, way):
    first = list(HONEST).index(student)
    copy = len(HONEST) + first * len(COPIES) + list(COPIES).index(way)
    assert measured[first, copy] > THRESHOLD + 0.1


def test_a_copy_of_four_answers_out_of_five_is_found():
    students = list(HONEST.values())
    mixed = [
        {**ours, question: others[question]}
        for ours, others in zip(students, students[1:] + students[:1], strict=True)
        for question in ("slide", "direction", "strength")
    ]
    texts = [joined(answers) for answers in students]
    found = likenesses(texts + [renamed(joined(each)) for each in mixed], own=len(texts))
    assert min(found[n // 3, len(texts) + n] for n in range(len(mixed))) > THRESHOLD


def test_the_order_of_the_two_does_not_matter():
    texts = [joined(HONEST[name]) for name in ("loops", "short")]
    assert likenesses(texts) == likenesses(texts[::-1]) != {}


def test_similarities_are_those_of_copydetect():
    texts = [joined(answers) for answers in HONEST.values()]
    prints = [similarity._Passages(similarity._fingerprint(text)) for text in texts]
    for one, other in itertools.combinations(prints, 2):
        _, wanted, _ = compare_files(one.given, other.given)
        assert (one.share_in(other), other.share_in(one)) == wanted


def test_every_passage_is_a_fingerprint():
    code = joined(HONEST["loops"])
    text = similarity._fingerprint(code).filtered_code
    size = similarity.PASSAGE
    wanted = {text[n : n + size] for n in range(len(text) - size + 1)}
    assert len(similarity._fingerprint(code).hashes) == len(wanted)


def test_code_of_the_release_does_not_count():
    untouched = "\n\n".join(KNOWN)
    short, numbers, _, _ = similarity.pairs([untouched, untouched * 2], KNOWN, 2, 0.001, 0)
    assert short.tolist() == [0, 1]
    assert len(numbers) == 0
    texts = [joined(HONEST[name]) + untouched for name in ("windows", "wordy")]
    assert likenesses(texts) == likenesses([joined(HONEST[name]) for name in ("windows", "wordy")])


def test_cells_of_the_release_are_left_out_of_the_text():
    text = similarity.code(io.BytesIO(notebook(*KNOWN, "mine = 1\n", "")), KNOWN)
    assert text == "mine = 1"


def executed(code):
    return f"exec({code!r})"


#: Ways to keep code in a text; the copy is found in each.
IN_TEXTS = {
    "exec": executed,
    "exec in exec": lambda code: executed(executed(code)),
    "three quotes, and indented": lambda code: f"run = exec\nrun('''\n{indent(code, ' ' * 8)}''')",
    "bytes": lambda code: f"exec({code.encode()!r})",
    "in pieces": lambda code: (
        "exec(\n" + "\n".join(f"  {x!r}" for x in code.splitlines(True)) + ")"
    ),
    "beside magics": lambda code: f"%matplotlib inline\n!ls\nexec?\n{executed(code)}",
}


@pytest.mark.parametrize("way", IN_TEXTS)
def test_code_in_a_text_is_compared(way):
    plain = joined(HONEST["loops"])
    texts = [
        similarity.code(io.BytesIO(notebook(cell)), KNOWN)
        for cell in (plain, IN_TEXTS[way](renamed(plain)))
    ]
    assert likenesses(texts)[0, 1] > THRESHOLD + 0.1


@pytest.mark.parametrize(
    "text",
    [
        "Return the mean of all pictures, one by one, as a list.",
        "pictures, labels, mean, deviation, accuracy",
        ">>> convolve(image, kernel, stride=2)\n42",
        "x = 1",  # too short
    ],
)
def test_a_text_in_words_is_no_code(text):
    cell = f"def f():\n    {text!r}\n    return 1"
    assert similarity.code(io.BytesIO(notebook(cell)), KNOWN) == cell


def test_too_much_code_is_refused():
    long = "x = 1\n" * similarity.LONGEST
    with pytest.raises(UnreadableError, match="characters of code"):
        similarity.code(io.BytesIO(notebook(long)), KNOWN)
    with pytest.raises(UnreadableError, match="characters of code"):
        similarity.code(io.BytesIO(notebook(executed(long[: similarity.LONGEST // 2]))), KNOWN)


def marked(text, places):
    return [piece for piece, shared in pieces(text, places) if shared]


def test_what_is_shared_is_marked_in_both_texts():
    shared = "total = [width * height + depth for width in sizes if width > 3]\n" * 9
    texts = [
        shared + "print(alone, and_so_on, {1: 2})\n" * 9,
        f"class AnotherName:\n    pass\n\n\n{renamed(shared)}" + "while x: break\n" * 9,
    ]
    _, _, _, marks = similarity.pairs(texts, [], 2, 0.001, 1)
    for text, places in zip(texts, marks[0], strict=True):
        found = "".join(marked(text, places))
        assert found.count(" for ") == 9
        assert not re.search("print|while|class", found)


@pytest.mark.parametrize(
    ("places", "wanted"),
    [
        ([[], []], ["abcdef"]),
        ([[1], [3]], ["a", "bc", "def"]),
        ([[0, 2], [3, 4]], ["abcd", "ef"]),  # they overlap
        ([[-5, 5], [1, 90]], ["a", "bcde", "f"]),
    ],
)
def test_a_text_is_cut_where_passages_begin_and_end(places, wanted):
    cut = pieces("abcdef", np.array(places, np.int64))
    assert [piece for piece, _ in cut] == wanted
    assert "".join(piece for piece, _ in cut) == "abcdef"


def test_an_empty_text_has_no_pieces():
    assert pieces("", np.zeros((2, 0), np.int64)) == []


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        [np.array([9]), np.zeros((0, 2), int), np.zeros(0), []],
        [np.array([-1]), np.zeros((0, 2), int), np.zeros(0), []],
        [np.zeros(0, int), np.array([[0, 2]]), np.array([0.9]), []],
        [np.zeros(0, int), np.array([[0, 1]]), np.array([0.9, 0.8]), []],
        [np.zeros(0, int), np.array([[0.0, 1.0]]), np.array([0.9]), []],
        [np.zeros(0, int), np.array([[0, 1]]), np.array([0.9]), [[1, 2]]],
        [[], [[0, 1]], [0.9], []],
    ],
)
def test_nothing_of_a_wrong_form_is_believed(answer):
    with pytest.raises(UnreadableError):
        _pairs(answer, ["a", "b"], ["x", "y"])


def test_groups_join_pairs():
    pairs = [Pair(*names, 0.9) for names in ("ab", "cd", "bc", "xy")]
    assert Report(6, pairs, []).groups == [["a", "b", "c", "d"]]


def page_of(name, code):
    sides = ([(code, True)], [(code, False)])
    report = Report(2, [Pair(name, "b", 0.75, sides)], [(name, EVIL)])
    return render(f"Title {EVIL}", report, 0.6)


def test_the_page_escapes_everything_and_says_that_it_is_no_proof():
    page = page_of(EVIL, f"</pre></mark>{EVIL}{{{{ 7 * 7 }}}}")
    soup = BeautifulSoup(page, "html.parser")
    assert soup.find_all(["img", "script", "iframe", "form"]) == []
    assert soup.pre.get_text() == f"</pre></mark>{EVIL}{{{{ 7 * 7 }}}}"
    assert "Similarity is no proof." in soup.get_text()
    assert "75 %" in soup.table.get_text()


def test_a_browser_runs_nothing_and_shows_both_sides(chromium, tmp_path):
    path = tmp_path / "similar.html"
    path.write_text(page_of("a", f"x = '{EVIL}'\n" + "y" * 500), "utf-8")
    page, said = chromium.new_page(viewport={"width": 390, "height": 800}), []
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(path.as_uri())
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("document.querySelectorAll('.sides pre').length") == 2
    page.close()


@pytest.fixture(scope="module")
def term(tmp_path_factory):
    """Return a course with a copy, a hostile notebook, and files that cannot be compared."""
    course = Course.open(tmp_path_factory.mktemp("term"))
    path = course.root / "release" / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(RELEASE)
    for student, content in {
        "ann": notebook(*KNOWN, joined(HONEST["wordy"])),
        "bob": notebook(renamed(joined(HONEST["wordy"]))),
        "cyd": notebook(joined(HONEST["windows"])),
        "dan": b"\x00" * 100,
        "eve": notebook("x = 1\n" * 40_000),
        "flo": RELEASE,
        "gus": notebook("'" + "\\N{" * 13_000),  # takes Pygments the square of its length
    }.items():
        path = course.submitted(student, NAME) / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    earlier = course.root / "earlier"
    earlier.mkdir()
    for number in (1, 2):
        (earlier / f"old{number}.ipynb").write_bytes(notebook(joined(HONEST["windows"])))
    return course


def test_the_command_finds_the_copy_and_names_what_it_could_not_compare(term, capsys):
    assert main(["similar", NAME, "--course", str(term.root)]) == 0
    said = capsys.readouterr().out
    assert re.search("[34] compared, [34] not compared, one similar pair", said)
    assert "no proof" in said
    path = term.root / "similar" / f"{NAME}.html"
    assert path.stat().st_mode & 0o077 == 0
    soup = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    assert [name.get_text() for name in soup.table.find_all(class_="name")] == ["ann", "bob"]
    assert soup.mark is not None
    rest = soup.find("h2", string="Not compared").find_next("ul")
    assert {"dan", "eve", "flo"} <= {name.get_text() for name in rest.find_all(class_="name")}


def test_earlier_terms_are_compared_with_this_one_alone(term, capsys):
    options = ["--course", str(term.root), "--with", str(term.root / "earlier")]
    assert main(["similar", NAME, *options, "--threshold", "0.9"]) == 0
    text = (term.root / "similar" / f"{NAME}.html").read_text("utf-8")
    soup = BeautifulSoup(text, "html.parser")
    rows = [
        {name.get_text() for name in row.find_all(class_="name")}
        for row in soup.table.find_all("tr")[1:]
    ]
    assert {"cyd", "old1.ipynb (earlier)"} in rows
    assert {"old1.ipynb (earlier)", "old2.ipynb (earlier)"} not in rows


@pytest.mark.parametrize("threshold", ["0", "1.5", "nan", "half"])
def test_a_threshold_that_makes_no_sense_is_refused(threshold, capsys):
    with pytest.raises(SystemExit):
        main(["similar", NAME, "--threshold", threshold])
    assert "no number above 0" in capsys.readouterr().err


def test_a_comparison_that_fails_is_told_in_a_sentence(tmp_path):
    class Failing(Reader):
        def call(self, function, *arguments, **settings):
            raise UnreadableError("reading it took too long, and was stopped")

    with pytest.raises(CourseError, match="could not be compared: reading it took too long"):
        compare(Failing(), [Source("ann", tmp_path)], RELEASE)
