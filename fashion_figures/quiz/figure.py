"""The quizzes: questions that explain every choice, right or wrong.

In the published pages a quiz is made from the chapter's own text (``book/sphinx_ext/quiz.py``);
here it is a widget for a notebook. jupyterquiz was looked at and could not be used: it writes
questions with ``innerHTML`` through an inline script, answers to clicks on labels, and loads
MathJax from another host.
"""

import html
from collections.abc import Mapping
from typing import Any

import traitlets

from fashion_figures.host.base import CourseWidget, host_html

LETTERS = "ABCDEFGH"

_SIZES = (
    "A window of 3×3 pixels slides over a picture of 28×28, one pixel at a time and without "
    "padding. How large is the output?"
)
DEFAULT_QUESTIONS = [
    {
        "prompt": "What does a kernel of 3×3 numbers give at one place of a picture?",
        "choices": ["Nine numbers", "One number", "A smaller picture"],
        "why": [
            "There are nine products, but they are added.",
            "Right: nine products, one sum.",
            "That is what all places together give.",
        ],
        "answer": 1,
    },
    {
        "prompt": _SIZES,
        "choices": ["28×28", "25×25", "26×26"],
        "why": [
            "Then the window would stick out at the rim: that needs padding.",
            "28 − 3 = 25 is the last place, counted from 0.",
            "Right: the places 0 to 25 are 26.",
        ],
        "answer": 2,
    },
    {
        "prompt": "A kernel's nine numbers add up to 0. What is its sum on an even, bright area?",
        "choices": ["0", "A large number", "It depends on the brightness"],
        "why": [
            "Right: it sees differences, and there are none.",
            "Nine equal pixels times numbers that add up to 0 give 0.",
            "Brightness is the same factor in all nine products, and cancels.",
        ],
        "answer": 0,
    },
]


def _check_question(number: int, question: Any) -> None:
    """Raise TraitError unless a question is whole."""

    def wrong(what: str) -> traitlets.TraitError:
        return traitlets.TraitError(f"Question {number}: {what}.")

    if not isinstance(question, Mapping) or set(question) != {"prompt", "choices", "why", "answer"}:
        raise wrong("it must have exactly the keys prompt, choices, why and answer")
    choices, why, answer = question["choices"], question["why"], question["answer"]
    texts = [question["prompt"], *choices, *why]
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise wrong("prompt, choices and why must be texts, and not empty")
    if not 2 <= len(choices) <= len(LETTERS):
        raise wrong(f"it must have 2 to {len(LETTERS)} choices")
    if len(why) != len(choices):
        raise wrong(f"{len(choices)} choices need as many explanations, not {len(why)}")
    if not isinstance(answer, int) or not 0 <= answer < len(choices):
        raise wrong(f"answer must be the place of the right choice, 0 to {len(choices) - 1}")


class Quiz(CourseWidget):
    """Questions with one right choice each, and an explanation for every choice.

    Attributes
    ----------
    questions : list of dict
        Each with "prompt" (a text), "choices" (2 to 8 texts), "why" (an explanation for each
        choice) and "answer" (the place of the right choice, counted from 0).
    answers : list of list of int
        The choices that the reader has tried at each question, in their order: several after wrong
        ones, none at an open question. Set it to change or to clear the answers.
    key : str
        If given, the answers stay on the reader's device under this name.

    Raises
    ------
    traitlets.TraitError
        If a question is incomplete, or an answer is none of its choices or stands twice.

    Examples
    --------
    >>> quiz = Quiz()
    >>> quiz.answers = [[1], [], [2, 0]]
    >>> quiz.score
    (1, 2)
    """

    module = "quiz/figure"

    label = traitlets.Unicode("Quiz").tag(sync=True)
    questions: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    answers: traitlets.List[list[int]] = traitlets.List().tag(sync=True)
    key = traitlets.Unicode("").tag(sync=True)

    @traitlets.default("questions")
    def _default_questions(self) -> list[dict[str, Any]]:
        return DEFAULT_QUESTIONS

    @traitlets.default("answers")
    def _default_answers(self) -> list[list[int]]:
        return [[] for _ in self.questions]

    @traitlets.validate("questions")
    def _check_questions(self, proposal: Any) -> list[dict[str, Any]]:
        for number, question in enumerate(proposal["value"], start=1):
            _check_question(number, question)
        return proposal["value"]

    @traitlets.validate("answers")
    def _check_answers(self, proposal: Any) -> list[list[int]]:
        answers = proposal["value"]
        if len(answers) != len(self.questions):
            raise traitlets.TraitError(
                f"{len(self.questions)} questions have as many answers, not {len(answers)}; that "
                "of an open one is []."
            )
        for number, (tried, question) in enumerate(zip(answers, self.questions, strict=True), 1):
            places = range(len(question["choices"]))
            whole = isinstance(tried, list | tuple) and all(choice in places for choice in tried)
            if not whole or len(set(tried)) < len(tried):
                raise traitlets.TraitError(
                    f"Question {number}: the answer is a list of different choices, 0 to "
                    f"{len(places) - 1}, not {tried!r}."
                )
        return answers

    @traitlets.observe("questions")
    def _start_over(self, _change: Any) -> None:
        if len(self.answers) != len(self.questions):
            self.answers = [[] for _ in self.questions]

    @property
    def score(self) -> tuple[int, int]:
        """Return how many answers are right at the first try, and how many there are."""
        first = [
            tried[0] == question["answer"]
            for tried, question in zip(self.answers, self.questions, strict=True)
            if tried
        ]
        return sum(first), len(first)

    def static_html(self) -> str:
        """Return the quiz for a page without a kernel; without scripts, the answers unfold."""
        parts = []
        for number, question in enumerate(self.questions, start=1):
            choices, why = (
                "".join(
                    f"<li>{letter}. {html.escape(text)}</li>"
                    for letter, text in zip(LETTERS, question[part], strict=False)
                )
                for part in ("choices", "why")
            )
            parts.append(
                f"<p><strong>{number}. {html.escape(question['prompt'])}</strong></p>"
                f"<ul>{choices}</ul><details><summary>Answer and why</summary>"
                f"<p><strong>{LETTERS[question['answer']]}.</strong></p><ul>{why}</ul></details>"
            )
        return host_html(self.module, self.static_state(), "".join(parts))
