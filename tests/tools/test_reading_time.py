"""The minutes of a chapter, from its text, and the places where they stand."""

import re
from pathlib import Path

import pytest

from tools import reading_time
from tools.reading_time import Minutes, chapter_minutes, in_hours

ROOT = Path(__file__).resolve().parents[2]
WORDS_200 = "word " * 200
CODE_10 = "x = 1\n" * 10


def cell(code, tags=""):
    """Return a code cell in MyST."""
    option = f":tags: [{tags}]\n\n" if tags else ""
    return f"\n```{{code-cell}} ipython3\n{option}{code}```\n"


@pytest.mark.parametrize(
    ("text", "reading", "exercises"),
    [
        (WORDS_200, 1, 0),
        ("---\nkernelspec: {name: python3}\n---\n" + WORDS_200, 1, 0),
        ("{ref}`word <ch-x>` {term}`word` " + "word " * 198, 1, 0),
        (cell(CODE_10), 1.2, 0),
        (cell(CODE_10, "hide-input"), 0.2, 0),
        (cell(CODE_10, "remove-cell, claim"), 0, 0),
        (cell(CODE_10, "hide-cell"), 0, 1.2),
        (cell(f'Markdown(f"{WORDS_200}{{1 + 1}}")\n', "hide-input"), 1.2, 0),
        ("```{code-cell} ipython3\n---\nmystnb: {image: {alt: A}}\n---\nx\n```", 0.6, 0),
        ("$$\na = b\n$$ (eq-a)\n\n$$\nc\n$$", 0.4, 0),
        (f":::{{note}}\n{WORDS_200}\n:::", 1, 0),
        (f":::{{dropdown}} Answer\n{WORDS_200}\n:::", 0, 1),
        (f":::{{admonition}} Why?\n:class: dropdown\n{WORDS_200}\n:::", 0, 1),
        (cell("from fashion_figures import NetworkWalk\n", "hide-input"), 2.2, 0),
    ],
)
def test_each_part_takes_its_time(text, reading, exercises):
    found = chapter_minutes(text)
    assert found.reading == pytest.approx(reading)
    assert found.exercises == pytest.approx(exercises)


def test_exercises_and_quiz_are_counted_apart_and_the_summary_is_not():
    plain = (
        f"{WORDS_200}\n\n## Exercises\n\n"
        f"```{{exercise-start}} One\n:label: ex-1\n```\n{WORDS_200}\n"
        "```{exercise-end}\n```\n```{solution-start} ex-1\n:label: sol-1\n```\n"
        f"{WORDS_200}\n{cell(CODE_10)}\n```{{solution-end}}\n```\n"
        f"\n## Quiz\n\n**1. Why?**\n\n- A. {WORDS_200}\n\n## Summary\n\n{WORDS_200}\n"
    )
    found = chapter_minutes(plain)
    assert found.reading == pytest.approx(2, abs=0.05)
    assert found.exercises == pytest.approx(5 + 1 + 2 + 1.2 + 1, abs=0.05)


def test_minutes_are_told_in_fives_and_hours_in_words():
    assert Minutes(42.4, 37.6).rounded() == (40, 40)
    assert [in_hours(m) for m in (60, 240, 265, 290)] == [
        "one hour",
        "four hours",
        "four and a half hours",
        "five hours",
    ]


@pytest.fixture
def book(tmp_path):
    """Return a tiny book whose numbers are all wrong."""
    for folder in ("chapters", "pages"):
        (tmp_path / folder).mkdir()
    told = "Reading takes about 1 minutes,\nthe exercises and the quiz another 2."
    chapter = "(ch-{0})=\n# {0}\n\n## Before you start\n\n{1}\n\n{2}\n\n## Quiz\n\n**1. Why?**\n"
    cards, rows = "", ""
    for number, (name, words) in enumerate({"one": 9, "two": 49}.items(), start=1):
        path = tmp_path / "chapters" / f"0{number}_{name}.md"
        path.write_text(chapter.format(name, told, WORDS_200 * words))
        cards += f"````{{grid-item-card}} x\n:link: ch-{name}\n:link-type: ref\n\nWhy?\n\n"
        cards += "*about 1 minutes, and the exercises*\n````\n\n"
        rows += f"* - {{ref}}`ch-{name}`\n  - 1 + 2\n  - nothing\n"
    (tmp_path / "index.md").write_text(f"{cards}\nAfter about nine hours of reading, you can\n")
    (tmp_path / "README.md").write_text("In about nine hours of reading\n")
    (tmp_path / "pages" / "instructors.md").write_text(rows)
    return tmp_path


@pytest.fixture
def run(book, monkeypatch, capsys):
    monkeypatch.setattr(reading_time, "ROOT", book)

    def main(*arguments):
        monkeypatch.setattr("sys.argv", ["reading_time", *arguments])
        return reading_time.main(), capsys.readouterr().out

    return main


def test_a_stale_number_is_named_then_written_everywhere_and_nothing_else_changes(book, run):
    before = {path: path.read_text() for path in book.rglob("*.md")}
    code, said = run("--check")
    assert code == 1
    assert set(re.findall(r"^(\S+) names other", said, re.M)) == {
        path.relative_to(book).as_posix() for path in before
    }
    assert before == {path: path.read_text() for path in book.rglob("*.md")}
    assert run()[0] == 0
    assert run("--check")[0] == 0
    assert "about 10 minutes,\nthe" in (book / "chapters" / "01_one.md").read_text()
    assert "about 50 minutes,\nthe" in (book / "chapters" / "02_two.md").read_text()
    index = (book / "index.md").read_text()
    assert re.findall(r"about (.+?),? (?:and the|of)", index) == [
        "10 minutes",
        "50 minutes",
        "one hour",
    ]
    for path, text in before.items():
        plain = re.sub(r"\d+|\w+ hours?", "", path.read_text())
        assert plain == re.sub(r"\d+|\w+ hours?", "", text)


@pytest.mark.parametrize("name", ["chapters/02_two.md", "index.md", "pages/instructors.md"])
def test_a_place_without_minutes_is_an_error(book, run, name):
    path = book / name
    path.write_text(path.read_text().replace("about 1", "some").replace("1 + 2", ""))
    code, said = run("--check")
    assert code == 1
    assert f"{name} has no text" in said


def test_no_chapter_takes_longer_than_an_hour():
    for path in reading_time.sources(ROOT)[:-3]:
        assert chapter_minutes(path.read_text("utf-8")).rounded()[0] <= 60, path.stem
