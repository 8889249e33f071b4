"""Writes what a student reads about a graded submission: one HTML file, without scripts.

It holds points, the kinds of input on which an answer was wrong, and words. Hidden inputs,
expected values, seeds, references and paths are not in the data that it is made from. The page
is ``feedback.html``, in which everything is escaped; its policy lets nothing run or load.
"""

import json
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from fashion_lib._palette import custom_properties
from grader.course import Course
from grader.deadlines import late_words
from grader.offline_page import policy
from grader.questions import Assignment
from grader.results import result_of
from grader.standing import Standing


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
PAGES.filters["policy"] = policy


def page(assignment: Assignment, result: dict[str, Any], standing: Standing) -> str:
    """Return the feedback as HTML.

    Parameters
    ----------
    result : dict
        As `grade.grade` returns it.
    standing : Standing
        What counts now, including what a person has given, and what is not final.
    """
    scores = standing.scores
    known = [(q, scores[q["question"]]) for q in result["questions"] if q["question"] in scores]
    if not known:  # a file that no machine could grade: what a person has given
        known = [
            ({"title": q.title, "maximum": q.points, "lines": [], "notes": []}, scores[q.id])
            for q in assignment.questions
            if q.id in scores and scores[q.id].given is not None
        ]
    return PAGES.get_template("feedback.html").render(
        title=assignment.title,
        maximum=assignment.points,
        total=standing.total,
        earned=standing.earned,
        loss=standing.loss,
        lateness=late_words(standing.late) if standing.late else "",
        waiting=sum(score.pending for score in scores.values()),
        human="" if standing.final else result["human"] or standing.doubt,
        unread="" if result["questions"] else result["human"],
        no_notebook=not result["questions"] and bool(standing.origin.problem),
        cells=result.get("cells", []),
        questions=known,
        light=Markup(custom_properties("light")),
        dark=Markup(custom_properties("dark")),
    )


def feedback_file(course: Course, name: str, student: str) -> Path:
    """Return where a student's feedback is written."""
    return course.root / "feedback" / student / name / f"{name}.html"


def write_feedback(course: Course, assignment: Assignment, standing: Standing) -> Path | None:
    """Write a student's feedback; return the file, None if nothing has been graded."""
    name, student = assignment.name, standing.student
    result = result_of(course, name, student)
    if result is None:
        return None
    path = feedback_file(course, name, student)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(assignment, result, standing), "utf-8")
    return path


def as_notebook(html: str) -> str:
    """Return a page as a notebook, for an LMS that shows it under a notebook's name."""
    main = html.partition("<main>")[2].partition("</main>")[0]
    for begin, mark in (("<li>", "✓"), ('<li class="wrong">', "✗")):  # else drawn by the style
        main = main.replace(begin, f"<li>{mark} ")
    # With a blank line in it, what follows would not be HTML any more.
    source = "\n".join(line for line in main.splitlines() if line.strip())
    cell = {"cell_type": "markdown", "id": "feedback", "metadata": {}, "source": source}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
