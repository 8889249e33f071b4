"""How long a chapter takes, from its text: ``python -m tools.reading_time``.

The minutes stand in each chapter's *Before you start*, on the cards and in a sentence of the front
page, in the README and in the table for instructors. This writes them there; ``--check`` compares.

=========================================  ==================================================
200 words                                  1 minute: the rate of those who read to learn, below
                                           the 238 a minute of all non-fiction (Brysbaert 2019)
10 lines of code that is not folded        1 minute
a plot or another picture                  half a minute
a formula, a table, what a cell prints     0.2 minutes
an interactive figure                      2 minutes
an exercise, beside its text and solution  5 minutes of work
a question of the quiz, a *Check yourself* 1 minute and half a minute of thought
=========================================  ==================================================

Answers that are folded, exercises and the quiz are counted apart: the one who reads alone can
leave them for another day.
"""

import argparse
import ast
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from tools import ROOT
from tools.notebooks.myst import Mark, marks

WORDS, LINES = 200, 10  # in a minute
LOOK, GLANCE, PLAY = 0.5, 0.2, 2.0  # minutes at a picture, at a formula and with a figure
EXERCISE, QUESTION, CHECK = 5.0, 1.0, 0.5
APART = ("Exercises", "Quiz")
WORD = re.compile(r"[^\W_][\w'’.,/-]*")
ROLE = re.compile(r"\{[\w:-]+\}`([^`<]*)(?:<[^`]*)?`")
HOURS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class Minutes:
    """What reading takes, and what the exercises and the quiz take."""

    reading: float = 0
    exercises: float = 0

    def __add__(self, other: "Minutes") -> "Minutes":
        return Minutes(self.reading + other.reading, self.exercises + other.exercises)

    def folded(self) -> "Minutes":
        """Return the same, counted as exercises."""
        return Minutes(0, self.reading + self.exercises)

    def rounded(self) -> tuple[int, int]:
        """Return both as they are told, in steps of five minutes."""
        return 5 * round(self.reading / 5), 5 * round(self.exercises / 5)


def chapter_minutes(text: str) -> Minutes:
    """Return what the MyST text of a chapter takes."""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    total = Minutes()
    for section in re.split(r"^(?=## )", text, flags=re.M):
        minutes = _text(section)
        if section.startswith(tuple(f"## {title}\n" for title in APART)):
            minutes = minutes.folded() + Minutes(
                0,
                EXERCISE * len(re.findall(r"^`{3,}\{exercise-start\}", section, re.M))
                + QUESTION * len(re.findall(r"^\*\*\d+\. ", section, re.M)),
            )
        total += minutes
    return total


def _text(text: str) -> Minutes:
    """Return what a text takes, with the blocks in it."""
    total, place, prose = Minutes(), 0, ""
    for mark in marks(text, with_roles=False):
        prose += text[place : mark.start]
        place = mark.end
        total += _block(mark)
    prose += text[place:]
    prose, formulas = re.subn(r"\$\$.*?\$\$", "", prose, flags=re.S)
    tables = len(re.findall(r"^ *\|[-| :]+\|$", prose, re.M))
    checks = prose.count("**Check yourself.**")
    reading = len(WORD.findall(ROLE.sub(r"\1", prose))) / WORDS + GLANCE * (formulas + tables)
    return total + Minutes(reading, CHECK * checks)


def _block(mark: Mark) -> Minutes:
    if mark.kind == "formula" or mark.name in ("math", "list-table"):
        return Minutes(GLANCE)
    if mark.name in ("figure", "image"):
        return Minutes(LOOK)
    if mark.name == "code-cell":
        return _cell(mark)
    if mark.name in ("code-block", "code"):
        return Minutes(_lines(mark.body) / LINES)
    inside = _text(mark.body) if mark.kind == "directive" else Minutes()
    return inside.folded() if "dropdown" in (mark.name, mark.options.get("class")) else inside


def _cell(mark: Mark) -> Minutes:
    tags = str(mark.options.get("tags", ""))
    if "remove-cell" in tags:
        return Minutes()
    hidden = "hide-input" in tags or "remove-input" in tags
    reading = 0 if hidden else _lines(mark.body) / LINES
    reading += LOOK if "mystnb" in mark.options else GLANCE
    reading += PLAY * len(re.findall(r"^from fashion_figures import", mark.body, re.M))
    reading += _rendered(mark.body) / WORDS
    return Minutes(reading).folded() if "hide-cell" in tags else Minutes(reading)


def _lines(code: str) -> int:
    return sum(bool(line.strip()) and not line.strip().startswith("%") for line in code.split("\n"))


def _rendered(code: str) -> int:
    """Return how many words a cell renders as text: those in calls of Markdown."""
    tree = ast.parse(re.sub(r"^%.*$", "", code, flags=re.M))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return sum(
        len(WORD.findall(part.value))
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "Markdown"
        for part in ast.walk(call)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )


def in_hours(minutes: int) -> str:
    """Return a number of minutes in words, to the half hour."""
    halves = round(minutes / 30)
    words = HOURS[halves // 2]
    return f"{words} hour{'s' * (halves != 2)}" if halves % 2 == 0 else f"{words} and a half hours"


def sources(root: Path) -> list[Path]:
    """Return the files that name minutes."""
    chapters = sorted((root / "chapters").glob("[0-9][0-9]_*.md"))
    return [*chapters, root / "index.md", root / "README.md", root / "pages" / "instructors.md"]


def rewritten(root: Path) -> dict[Path, str]:
    """Return what each of those files should say.

    Raises
    ------
    ValueError
        If a file has no place for its minutes.
    """
    texts = {path: path.read_text("utf-8") for path in sources(root)}
    *chapters, index, readme, instructors = texts
    told = {path: chapter_minutes(texts[path]).rounded() for path in chapters}

    def put(path: Path, pattern: str, *numbers: object) -> None:
        found = re.search(pattern, texts[path], re.S)
        if found is None:
            raise ValueError(f"{path.relative_to(root)} has no text like “{pattern}”.")
        for group in range(len(numbers), 0, -1):
            start, end = found.span(group)
            text = texts[path]
            texts[path] = f"{text[:start]}{numbers[group - 1]}{text[end:]}"

    for path, minutes in told.items():
        label = re.search(r"^\(([\w-]+)\)=\n# ", texts[path], re.M)[1]
        put(path, r"Reading\s+takes\s+about\s+(\d+)\s+minutes,\s+the\s+exercises"
            r"\s+and\s+the\s+quiz\s+another\s+(\d+)\.", *minutes)  # fmt: skip
        put(index, rf":link: {label}\n(?:(?!````).)*?\*about (\d+) minutes", minutes[0])
        put(instructors, rf"\{{ref\}}`{label}`\n  - (\d+) \+ (\d+)\n", *minutes)
    hours = in_hours(sum(reading for reading, _ in told.values()))
    put(index, r"[Aa]fter about ([a-z ]+? hours?) of reading", hours)
    put(readme, r"In about ([a-z ]+? hours?) of reading", hours)
    return texts


def main() -> int:
    """Write the minutes, or check those that stand in the files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    try:
        texts = rewritten(ROOT)
    except ValueError as error:
        print(error)
        return 1
    for path in sources(ROOT)[:-3]:
        reading, exercises = chapter_minutes(texts[path]).rounded()
        print(f"{path.stem:30} {reading:3} minutes, exercises and quiz {exercises:3}")
    stale = [path for path, text in texts.items() if path.read_text("utf-8") != text]
    for path in stale:
        if options.check:
            name = path.relative_to(ROOT)
            print(f"{name} names other minutes: run `python -m tools.reading_time`")
        else:
            path.write_text(texts[path], encoding="utf-8")
    return int(bool(stale and options.check))


if __name__ == "__main__":
    sys.exit(main())
