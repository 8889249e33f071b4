"""Sphinx extension: a chapter's quiz, written as text, becomes a figure to answer.

In a chapter, and in the notebook made from it, a quiz is portable Markdown:

    ## Quiz

    **1. What does a kernel of 3×3 numbers give at one place?**

    - A. Nine numbers
    - B. One number

    :::{dropdown} Answer and why
    - A: there are nine products, but they are added.
    - B: right, nine products and one sum.
    :::

The right choice is marked in one of three ways: its explanation begins with "right" ("B: right,
…" or "**B** is right: …") or with "**Yes.**", or a first line names it ("**B.**"). A quiz that
has another form is a warning, and those are fatal.

In the page, the text stays as what is seen without scripts and in print; the figure
(``fashion_figures/quiz``) copies its parts, so formulas, code and links survive.
``{quiz-progress}`` puts a list of all quizzes, with the reader's marks, into a page.
"""

import hashlib
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from fashion_figures.host.base import host_html
from fashion_figures.host.linker import link

logger = logging.getLogger(__name__)

TITLE = "Quiz"
LABEL = "Questions on this chapter"
LETTERS = "ABCDEFGH"
METADATA = "course_quiz"
FALLBACK = "\N{OBJECT REPLACEMENT CHARACTER}"
PROGRESS = "course_quiz_progress"
EXPLAINED = (
    "Each chapter ends with a quiz. Your answers stay on this device, and first tries count."
)

_QUESTION = re.compile(r"(\d+)\. \S")
_CHOICE = re.compile(r"([A-H])\. \S")
_REASON = re.compile(r"([A-H])[.: ]\s*\S")
_RIGHT = re.compile(r"[A-H](?:[.:]\s*right\b|\.\s*Yes\.|\s+is right\b)")
_KEY = re.compile(r"([A-H])\.")


class QuizError(ValueError):
    """A quiz section in another form; `node` is where."""

    def __init__(self, message: str, node: nodes.Node) -> None:
        super().__init__(message)
        self.node = node


def is_question(node: nodes.Node) -> bool:
    """Tell whether a node is a bold, numbered question."""
    if not isinstance(node, nodes.paragraph) or not _QUESTION.match(node.astext()):
        return False
    # MyST leaves empty texts before and after the bold one.
    whole = [part for part in node if not isinstance(part, nodes.Text) or part.strip()]
    return len(whole) == 1 and isinstance(whole[0], nodes.strong)


def is_answer(node: nodes.Node) -> bool:
    """Tell whether a node is what ``{dropdown}`` makes."""
    return isinstance(node, nodes.container) and node.get("design_component") == "dropdown"


def lettered(items: nodes.bullet_list, pattern: re.Pattern[str], what: str) -> list[nodes.Element]:
    """Return the items of a list, which must begin with A, B, C, … in order."""
    found = [pattern.match(item.astext()) for item in items]
    letters = "".join(match[1] if match else "?" for match in found)
    if not letters or letters != LETTERS[: len(items)]:
        raise QuizError(f"{what} must begin with A, B, C, … in order, not {letters}", items)
    return list(items)


def find_reasons(answer: nodes.container, count: int) -> list[nodes.Element]:
    """Return the explanations of a question's choices."""
    lists = [child for child in answer if isinstance(child, nodes.bullet_list)]
    if len(lists) != 1:
        raise QuizError("the answer must have one list, with a line for every choice", answer)
    reasons = lettered(lists[0], _REASON, "the explanations")
    if len(reasons) != count:
        raise QuizError(f"{count} choices need as many explanations, not {len(reasons)}", answer)
    return reasons


def find_right(answer: nodes.container, reasons: list[nodes.Element]) -> int:
    """Return the place of the right choice, however it is marked."""
    marked = {
        place for place, reason in enumerate(reasons) if _RIGHT.match(reason.astext().strip())
    }
    for line in answer:
        if isinstance(line, nodes.paragraph) and (match := _KEY.fullmatch(line.astext().strip())):
            marked.add(LETTERS.index(match[1]))
    if len(marked) != 1 or max(marked) >= len(reasons):
        named = ", ".join(LETTERS[place] for place in sorted(marked)) or "none"
        raise QuizError(f"exactly one choice must be marked as right, not {named}", answer)
    return marked.pop()


def take_questions(parts: list[nodes.Node]) -> Iterator[tuple[nodes.Element, ...]]:
    """Give question, choices and answer, again and again, until the section ends."""
    kinds = (
        (is_question, "a bold line “**1. …**”"),
        (lambda node: isinstance(node, nodes.bullet_list), "the list of its choices"),
        (is_answer, "its answer, “:::{dropdown} …”"),
    )
    number = 0
    while parts:
        number += 1
        taken = []
        for accepts, wanted in kinds:
            if not parts or not accepts(parts[0]):
                raise QuizError(
                    f"question {number} lacks {wanted}", parts[0] if parts else taken[-1]
                )
            taken.append(parts.pop(0))
        if _QUESTION.match(taken[0].astext())[1] != str(number):
            raise QuizError(f"question {number} has another number", taken[0])
        yield tuple(taken)


def read_question(
    prompt: nodes.Element, choices: nodes.Element, answer: nodes.Element
) -> tuple[dict[str, Any], dict[str, nodes.Element]]:
    """Return a question's state, and which node has which id."""
    number = _QUESTION.match(prompt.astext())[1]
    options = lettered(choices, _CHOICE, f"the choices of question {number}")
    if len(options) < 2:
        raise QuizError(f"question {number} has no choice", choices)
    reasons = find_reasons(answer, len(options))
    name = f"quiz-{number}"
    names = [f"{name}-{letter.lower()}" for letter in LETTERS[: len(options)]]
    ids = {name: prompt}
    for choice, option, reason in zip(names, options, reasons, strict=True):
        ids |= {choice: option, f"{choice}-why": reason}
    texts = "\n".join(node.astext() for node in [prompt, *options])
    state = {
        # Changes with the text: an answer to another question is not kept.
        "id": hashlib.sha256(texts.encode()).hexdigest()[:8],
        "prompt": {"id": name},
        "choices": [{"id": choice} for choice in names],
        "why": [{"id": f"{choice}-why"} for choice in names],
        "answer": find_right(answer, reasons),
    }
    return state, ids


def read_quiz(
    section: nodes.section,
) -> tuple[int, list[dict[str, Any]], dict[str, nodes.Element]]:
    """Return where the first question stands, all questions, and which node gets which id."""
    first = next((place for place, node in enumerate(section) if is_question(node)), None)
    if first is None:
        raise QuizError("there is no question, a bold line “**1. …**”", section)
    parts = [
        node for node in section[first:] if not isinstance(node, (nodes.comment, nodes.target))
    ]
    questions, ids = [], {}
    for parts_of_one in take_questions(parts):
        state, named = read_question(*parts_of_one)
        questions.append(state)
        ids |= named
    return first, questions, ids


class QuizTransform(SphinxTransform):
    """Put the host of a figure around the questions of every section “Quiz”."""

    default_priority = 850

    def apply(self, **_options: Any) -> None:
        """Find the sections; a malformed one is left as it is, with a warning."""
        sections = [
            section
            for section in self.document.findall(nodes.section)
            if isinstance(section[0], nodes.title) and section[0].astext() == TITLE
        ]
        for section in sections[1:]:
            logger.warning("Quiz: a page has one quiz.", location=section, type="quiz")
        for section in sections[:1]:
            try:
                self.convert(section)
            except QuizError as error:
                logger.warning("Quiz: %s.", error, location=error.node, type="quiz")

    def convert(self, section: nodes.section) -> None:
        """Embed the state, and name the texts that the figure copies."""
        first, questions, ids = read_quiz(section)
        for name, node in ids.items():
            node["ids"].append(name)
        page = self.env.docname
        state = {"label": LABEL, "text": "", "key": page, "questions": questions, "answers": []}
        before, _, after = host_html("quiz/figure", state, FALLBACK).partition(FALLBACK)
        section.insert(first, nodes.raw("", before, format="html"))
        section.append(nodes.raw("", after, format="html"))
        self.env.metadata[page][METADATA] = {
            "questions": len(questions),
            "anchor": section["ids"][0],
        }


class QuizProgressDirective(SphinxDirective):
    """A place for the marks of all quizzes."""

    def run(self) -> list[nodes.Node]:
        """Return an empty place: what stands in it is known when all pages have been read."""
        place = nodes.raw("", "", format="html")
        place[PROGRESS] = True
        self.set_source_info(place)
        self.env.metadata[self.env.docname][PROGRESS] = True
        return [place]


def in_order(env: BuildEnvironment, page: str) -> Iterator[str]:
    """Give a page and all below it, in the order of the table of contents."""
    yield page
    for child in env.toctree_includes.get(page, []):
        yield from in_order(env, child)


def fill_progress(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Write the list of quizzes into the places for it."""
    for place in doctree.findall(lambda node: isinstance(node, nodes.raw) and PROGRESS in node):
        chapters = []
        for chapter in dict.fromkeys(in_order(app.env, app.config.root_doc)):
            if quiz := app.env.metadata.get(chapter, {}).get(METADATA):
                address = app.builder.get_relative_uri(page, chapter)
                chapters.append(
                    {
                        "key": chapter,
                        "title": app.env.titles[chapter].astext(),
                        "href": f"{address}#{quiz['anchor']}",
                        "questions": quiz["questions"],
                    }
                )
        if not chapters:
            logger.warning("quiz-progress: no page has a quiz.", location=place, type="quiz")
        state = {"label": "Your quizzes", "text": "", "note": EXPLAINED, "chapters": chapters}
        links = "".join(
            f'<li><a href="{escape(chapter["href"])}">{escape(chapter["title"])}</a></li>'
            for chapter in chapters
        )
        words = f"<p>{EXPLAINED}</p><ul>{links}</ul>"
        place += nodes.Text(host_html("quiz/progress", state, words))


def pages_with_progress(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the pages with the list again: another page's quiz may have changed."""
    return [page for page, data in env.metadata.items() if data.get(PROGRESS)]


def write_module(app: Sphinx, failure: Exception | None) -> None:
    """Write the list's module beside those of the figures (``figures.py``)."""
    if failure is None and app.builder.name == "html":
        module = Path(app.outdir) / "_figures" / "quiz" / "progress.js"
        module.parent.mkdir(parents=True, exist_ok=True)
        module.write_text(link("quiz/progress", "script"), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension."""
    app.add_transform(QuizTransform)
    app.add_directive("quiz-progress", QuizProgressDirective)
    app.connect("env-updated", pages_with_progress)
    app.connect("doctree-resolved", fill_progress)
    app.connect("build-finished", write_module, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
