"""Writes results into nbgrader's gradebook and the notebooks that its formgrader shows.

One process does this. Scores that a person has given are never overwritten; they are marked for
another look when the student hands in something else.
"""

import copy
import hashlib
import json
import re
import warnings
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from grader.course import Course
from grader.results import keep_result, origin_of, result_of
from grader.submission import WRITTEN, UnreadableError, read, strip

ATTACHMENTS = 2_000_000  # characters of pictures in an answer that the grader gets to see

# What MathJax makes links and styles of; browsers skip line breaks in an address.
LINKS_IN_FORMULAS = re.compile(r"\\+(?=(?:href|style|class|cssId|require|mmlToken)(?![A-Za-z]))")
ADDRESSES = re.compile(r"(?i)\b(javascript(?=\s*:)|vbscript(?=\s*:)|data(?=\s*:\s*\w+/))")


class Writer:
    """Writes the results of one assignment; use it in a `with` statement."""

    def __init__(self, course: Course, name: str) -> None:
        self.course, self.name = course, name
        self.release = nbformat.reads(course.released(name).decode(), as_version=4)

    def __enter__(self) -> "Writer":
        self._book = self.course.gradebook().__enter__()
        cells = self._book.find_notebook(self.name, self.name)
        every = [*cells.grade_cells, *cells.solution_cells]
        self._names = {cell.id: cell.name for cell in every}  # saves a query for each score
        return self

    def __exit__(self, *error: object) -> None:
        self._book.__exit__(*error)

    def write(self, student: str, content: bytes, result: dict[str, Any]) -> None:
        """Write one submission: scores, comments, the notebook for the formgrader."""
        origin = origin_of(self.course, self.name, student)
        folder = self.course.autograded(student, self.name)
        mark = hashlib.sha256(content).hexdigest()
        before = result_of(self.course, self.name, student)
        if before is None or before["mark"] != mark:
            before = None  # another notebook: nothing that a person decided holds for it
        names = {"first_name": origin.full_name} if origin.full_name else {}
        self._book.update_or_create_student(student, lms_user_id=origin.lms_id or None, **names)
        timestamp = self.course.submitted(student, self.name) / "timestamp.txt"
        when = {"timestamp": timestamp.read_text().strip()} if timestamp.exists() else {}
        with warnings.catch_warnings():  # SQLAlchemy's, about nbgrader's own code
            warnings.simplefilter("ignore")
            self._book.update_or_create_submission(self.name, student, **when)
        if not result["questions"] and origin.problem:
            result = result | {"human": origin.problem}
        self._scores(student, result, before)
        folder.mkdir(parents=True, exist_ok=True)
        notebook = graded_notebook(self.release, content, result)
        (folder / f"{self.name}.ipynb").write_text(json.dumps(notebook))
        record = result | {"mark": mark, "problem": origin.problem}
        keep_result(self.course, self.name, student, record)

    def _scores(self, student: str, result: dict[str, Any], before: dict[str, Any] | None) -> None:
        found = {q["question"]: q for q in result["questions"]}
        known = {q["question"]: q for q in before["questions"]} if before else {}
        with self._book.db.no_autoflush:
            submission = self._book.find_submission_notebook(self.name, self.name, student)
            for grade in submission.grades:
                name = self._names[grade.cell_id].removesuffix("-check")
                question = found.get(name, {})
                points, human = question.get("points"), question.get("human", "")
                same = before is not None and grade.auto_score == points
                if not (same and known.get(name, {}).get("human", "") == human):
                    decided = grade.manual_score is not None
                    grade.needs_manual_grade = points is None or bool(human) or decided
                grade.auto_score = points
            for comment in submission.comments:
                question = found.get(self._names[comment.cell_id])
                comment.auto_comment = " ".join(question["notes"]) if question else None
        self._book.db.commit()


def graded_notebook(release: NotebookNode, content: bytes, result: dict[str, Any]) -> NotebookNode:
    """Return the release with the student's answers in place, and everything else behind them.

    Without outputs, except those of the checks, which tell the result. The formgrader relies on
    nbgrader's metadata; here it is always that of the release.
    """
    notebook = copy.deepcopy(release)
    found = {q["question"]: q for q in result["questions"]}
    try:
        student = read(content)
    except UnreadableError as error:
        words = f"**The file could not be read:** {harmless(str(error))}"
        notebook.cells.insert(0, new_markdown_cell(words, id="unreadable"))
        return notebook
    used = set()
    for cell in notebook.cells:
        grading = cell.metadata.get("nbgrader", {})
        identity = grading.get("grade_id", "")
        if grading.get("solution"):
            cells = student.answers(identity) + student.essays(identity)
            if cells:
                _fill(cell, cells[-1].source, content)
                used.add(cells[-1])
        elif grading.get("locked") and (question := found.get(identity.removesuffix("-check"))):
            output = {"output_type": "stream", "name": "stdout", "text": as_text(question)}
            cell.outputs = [nbformat.from_dict(output)]
    known = {cell.source.strip() for cell in release.cells}
    others = [c for c in student.cells if c not in used and c.source.strip() not in known | {""}]
    if others:
        notebook.cells.append(_plain_cell("markdown", "## Other cells of this notebook"))
    notebook.cells += [_plain_cell(cell.kind, cell.source) for cell in others]
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    return notebook


def _fill(cell: NotebookNode, source: str, content: bytes) -> None:
    """Put a student's answer into a cell of the release."""
    if cell.cell_type == "code":
        cell.source = source
        return
    cell.source = harmless(WRITTEN.sub("", source).strip())
    if pictures := _attachments(content, source):
        cell["attachments"] = pictures


def _plain_cell(kind: str, source: str) -> NotebookNode:
    if kind == "code":
        return new_code_cell(source)
    return new_markdown_cell(harmless(source))


def harmless(markdown: str) -> str:
    """Return a student's Markdown without HTML, entities and links that run code.

    The formgrader shows Markdown as it is, in a page that can change grades.
    """
    # Parsers decode entities more than once, so no escape of an entity is safe: break it.
    text = re.sub(r"&(?=[#\w])(?!(?:lt|gt|quot|nbsp);)", "& ", markdown)
    text = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", text)
    text = LINKS_IN_FORMULAS.sub("", text)
    return ADDRESSES.sub(r"\1 (blocked)", text)


def _attachments(content: bytes, source: str) -> dict[str, Any]:
    """Return the pictures that a student has pasted into an answer."""
    if "attachment:" not in source:
        return {}
    for cell in json.loads(content.decode("utf-8-sig"))["cells"]:
        text = cell.get("source", "")
        if ("".join(text) if isinstance(text, list) else text).strip() == source.strip():
            found = cell.get("attachments")
            return _pictures(found) if isinstance(found, dict) else {}
    return {}


def _pictures(attachments: dict[str, Any]) -> dict[str, dict[str, str]]:
    kept: dict[str, dict[str, str]] = {}
    for name, bundle in attachments.items():
        for kind, data in bundle.items() if isinstance(bundle, dict) else ():
            plain = isinstance(data, str) and re.fullmatch(r"[\w+/=\s]*", data, re.A)
            fits = plain and len(data) + len(json.dumps(kept)) < ATTACHMENTS
            if fits and kind in ("image/png", "image/jpeg") and re.fullmatch(r"[\w.-]+", name):
                kept[name] = {kind: data}
    return kept


def as_text(question: dict[str, Any]) -> str:
    """Return the result of a question as plain text, one line for each case."""
    lines = [f"{question['points']:g} of {question['maximum']:g} points"]
    for line in question["lines"]:
        mark = "✓" if line["points"] == line["maximum"] else "✗"
        words = f": {line['words']}" if line["words"] else ""
        lines.append(f"{mark} {line['kind']} ({line['points']:g} of {line['maximum']:g}){words}")
    lines += question["notes"]
    if question["human"]:
        lines.append(f"For the grader: {question['human']}")
    return "\n".join(lines) + "\n"


def submissions(course: Course, name: str) -> list[str]:
    """Return the students who have handed in an assignment."""
    return sorted(path.parent.name for path in (course.root / "submitted").glob(f"*/{name}"))


def notebook_bytes(course: Course, name: str, student: str) -> bytes | None:
    """Return a submission without its outputs; None if no notebook was handed in."""
    path = course.submitted(student, name) / f"{name}.ipynb"
    if not path.exists():
        return None
    try:
        return strip(path.read_bytes())
    except UnreadableError:
        return b""
