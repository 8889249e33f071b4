"""Writes what a student reads about a graded submission: one HTML file, without scripts.

It holds points, the kinds of input on which an answer was wrong, and words. Hidden inputs,
expected values, seeds, references and paths are not in the data that it is made from. The page
is ``feedback.html``, in which everything is escaped.
"""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from fashion_lib._palette import custom_properties
from grader.course import Course
from grader.questions import Assignment
from grader.results import Score, result_of


def _number(value: float) -> str:
    return f"{value:g}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _sentence(words: str) -> str:
    words = _capital(words)
    return words if words.endswith((".", "?", "!")) else f"{words}."


def _code(words: str) -> Markup:
    """Show what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(words))))


PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
)
PAGES.filters |= {"number": _number, "capital": _capital, "sentence": _sentence, "code": _code}


def page(assignment: Assignment, result: dict[str, Any], scores: dict[str, Score]) -> str:
    """Return the feedback as HTML.

    Parameters
    ----------
    result : dict
        As `grade.grade` returns it.
    scores : dict by question
        What counts now, including what a person has given.
    """
    known = [(q, scores[q["question"]]) for q in result["questions"] if q["question"] in scores]
    return PAGES.get_template("feedback.html").render(
        title=assignment.title,
        maximum=assignment.points,
        total=sum(score.points for score in scores.values() if not score.pending),
        waiting=sum(score.pending for score in scores.values()),
        human=result["human"],
        cells=result.get("cells", []),
        questions=known,
        light=Markup(custom_properties("light")),
        dark=Markup(custom_properties("dark")),
    )


def write_feedback(
    course: Course, assignment: Assignment, student: str, scores: dict[str, Score]
) -> Path | None:
    """Write a student's feedback; return the file, None if nothing has been graded."""
    name = assignment.name
    result = result_of(course, name, student)
    if result is None:
        return None
    folder = course.root / "feedback" / student / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.html"
    path.write_text(page(assignment, result, scores), "utf-8")
    return path
