"""Writes what a student reads about a graded submission: one HTML file, without scripts.

It holds points, the kinds of input on which an answer was wrong, and words. Hidden inputs,
expected values, seeds, references and paths are not in the data that it is made from.
"""

import html
import json
import re
from pathlib import Path
from typing import Any

from grader.course import Course
from grader.questions import Assignment

STYLE = """
:root { color-scheme: light dark; --ink: #1b2733; --paper: #fff; --line: #c9d8d9; --teal: #0a5c66;
  --good: #0a6b45; --bad: #8a3b12; --wash: #f1f6f6 }
@media (prefers-color-scheme: dark) { :root { --ink: #d6dfe4; --paper: #10191d; --line: #3a4a52;
  --teal: #6fd3cf; --good: #7fd6ae; --bad: #f3b27a; --wash: #1b2930 } }
body { margin: 0 auto; max-width: 44rem; padding: 1.5rem 1rem 4rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.55 system-ui, sans-serif }
h1 { font-size: 1.5rem; margin: 0 0 .25rem } h2 { font-size: 1.1rem; margin: 2rem 0 .4rem;
  display: flex; justify-content: space-between; gap: 1rem; border-bottom: 1px solid var(--line) }
.total { font-size: 1.2rem; color: var(--teal); margin: 0 } ul { list-style: none; padding: 0 }
li { padding: .4rem 0 .4rem 1.6rem; position: relative } li::before { position: absolute; left: 0;
  content: "✓"; content: "✓" / "right:"; color: var(--good); font-weight: bold }
li.wrong::before { content: "✗"; content: "✗" / "wrong:"; color: var(--bad) }
.points { white-space: nowrap; color: var(--teal) }
.note, blockquote { background: var(--wash); padding: .5rem .8rem; margin: .5rem 0;
  border-left: 3px solid var(--teal); overflow-wrap: anywhere; white-space: pre-wrap }
"""


def _number(value: float) -> str:
    return f"{value:g}"


def _line(line: dict[str, Any]) -> str:
    right = line["points"] == line["maximum"]
    words = f" {_sentence(line['words'])}" if line["words"] else ""
    return (
        f"<li{'' if right else ' class=wrong'}>"
        f"{_text(line['kind'][:1].upper() + line['kind'][1:])} "
        f'<span class="points">({_number(line["points"])} of {_number(line["maximum"])})</span>'
        f"{'.' if words else ''}{_text(words)}</li>"
    )


def _text(words: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(words))


def _sentence(words: str) -> str:
    words = words[:1].upper() + words[1:]
    return words if words.endswith((".", "?", "!")) else f"{words}."


def _question(question: dict[str, Any], score: dict[str, Any]) -> str:
    if score["pending"]:
        points = "not graded yet"
    else:
        points = f"{_number(score['score'])} of {_number(question['maximum'])}"
    parts = [f"<h2><span>{html.escape(question['title'])}</span>"
             f'<span class="points">{points}</span></h2>']  # fmt: skip
    if question["lines"]:
        parts.append(f"<ul>{''.join(_line(line) for line in question['lines'])}</ul>")
    parts += [f'<p class="note">{html.escape(note)}</p>' for note in question["notes"]]
    if score["manual"]:
        parts.append('<p class="note">These points were given by your instructor.</p>')
    if score["comment"]:
        parts.append(f"<p>Your instructor writes:</p><blockquote>{html.escape(score['comment'])}"
                     "</blockquote>")  # fmt: skip
    return "".join(parts)


def page(assignment: Assignment, result: dict[str, Any], scores: dict[str, dict]) -> str:
    """Return the feedback as HTML.

    Parameters
    ----------
    result : dict
        As `grade.grade` returns it.
    scores : dict by question
        As `scores_of` returns it: what counts now, including what a person has given.
    """
    title = html.escape(assignment.title)
    known = [q for q in result["questions"] if q["question"] in scores]
    total = sum(score["score"] for score in scores.values() if not score["pending"])
    waiting = sum(score["pending"] for score in scores.values())
    note = f", {waiting} {'answer is' if waiting == 1 else 'answers are'} not graded yet"
    body = [f"<h1>{title}</h1>",
            f'<p class="total">{_number(total)} of {_number(assignment.points)} points'
            f"{note if waiting else ''}</p>"]  # fmt: skip
    if result["human"]:
        body.append(f'<p class="note">Your file has to be looked at by a person: '
                    f"{html.escape(result['human'])}</p>")  # fmt: skip
    body += [_question(question, scores[question["question"]]) for question in known]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Feedback: {title}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


def scores_of(submission: Any) -> dict[str, dict[str, Any]]:
    """Return what counts now for each question of one of nbgrader's submitted notebooks."""
    comments = {comment.cell.name: comment.manual_comment for comment in submission.comments}
    scores = {}
    for grade in submission.grades:
        question = grade.cell.name.removesuffix("-check")
        scores[question] = {
            "score": grade.score,
            "maximum": grade.max_score,
            "pending": bool(grade.needs_manual_grade),
            "manual": grade.manual_score is not None and grade.auto_score is not None,
            "comment": comments.get(question) or "",
        }
    return scores


def result_of(course: Course, name: str, student: str) -> dict[str, Any] | None:
    """Return the stored result of a submission, None if it has not been graded."""
    path = course.root / "autograded" / student / name / "result.json"
    return json.loads(path.read_text()) if path.exists() else None


def write(course: Course, assignment: Assignment, student: str, submission: Any) -> Path | None:
    """Write a student's feedback; return the file, None if nothing has been graded."""
    name = assignment.name
    result = result_of(course, name, student)
    if result is None:
        return None
    folder = course.root / "feedback" / student / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.html"
    path.write_text(page(assignment, result, scores_of(submission)), "utf-8")
    return path
