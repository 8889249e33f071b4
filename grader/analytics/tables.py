"""Counts what the results of a class say. It takes no names, and returns none.

A submission that could not be read has no questions: it is counted, and stays out of everything
else. Points that wait for a person are not known, so they stay out of means and totals.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from grader.questions import Assignment, Question
from grader.results import Score

FEWEST = 10  # submissions from which on a correlation says something
ANSWERS = ("full", "part", "none", "waiting")
CHECKS = ("passed", "lost", "failed", "absent")
BLANK = "Not answered."  # the note of `grade.py`


@dataclass(frozen=True)
class Record:
    """One submission: its result (None if it is not graded), and the points that count now.

    `total` is the final one, as `Standing.total`; `handed_in` is in the zone of the deadline.
    """

    result: dict[str, Any] | None
    scores: dict[str, Score] = field(default_factory=dict)
    waiting: bool = False
    handed_in: datetime | None = None
    late: bool = False
    total: float | None = None

    @property
    def questions(self) -> list[dict[str, Any]]:
        """The questions of the result."""
        return self.result["questions"] if self.result else []


@dataclass(frozen=True)
class Tables:
    """All that the page shows.

    Attributes
    ----------
    submissions, graded, unreadable, waiting, late : int
    totals : Series
        Points of each submission that could be read, as far as they are known.
    finals : Series
        The totals that are final, after what late work costs.
    questions : DataFrame
        A row a question: title, maximum, points (mean), the counts full, part, none and waiting,
        unclear (waiting though the machine graded it), blank, discrimination.
    kinds : DataFrame
        A row a kind of input: question, kind, maximum, lost (submissions), points (lost by all),
        where any were lost; most points first.
    mistakes : DataFrame
        A row a mistake: question, words, known (whether the checks recognized it), submissions;
        most frequent first.
    checks : DataFrame
        A row a question: how often the student's visible checks passed with all points, passed
        though points were lost, failed, or were absent. Empty if the results do not say.
    costs : DataFrame
        A row a submission: seconds, memory (MiB), starts.
    days : Series
        Hand-ins of each day.
    """

    submissions: int
    graded: int
    unreadable: int
    waiting: int
    late: int
    totals: pd.Series
    finals: pd.Series
    questions: pd.DataFrame
    kinds: pd.DataFrame
    mistakes: pd.DataFrame
    checks: pd.DataFrame
    costs: pd.DataFrame
    days: pd.Series


def tabulate(assignment: Assignment, records: Sequence[Record]) -> Tables:
    """Count what the results of an assignment say."""
    read = [record for record in records if record.questions]
    points = _points(assignment, read)
    costs = [
        (result["seconds"], result["peak"] / 2**20, result["starts"])
        for result in (record.result for record in read)
        if result
    ]
    return Tables(
        submissions=len(records),
        graded=sum(record.result is not None for record in records),
        unreadable=sum(record.result is not None and not record.questions for record in records),
        waiting=sum(record.waiting for record in records),
        late=sum(record.late for record in records),
        totals=points.sum(axis="columns"),
        finals=pd.Series([r.total for r in records if r.total is not None], dtype=float),
        questions=_questions(assignment, read, points),
        kinds=_kinds(assignment, read),
        mistakes=_mistakes(assignment, read),
        checks=_checks(assignment, read),
        costs=pd.DataFrame(costs, columns=["seconds", "memory", "starts"], dtype=float),
        days=_days(records),
    )


def _points(assignment: Assignment, read: Sequence[Record]) -> pd.DataFrame:
    """Return the points of each submission by question, NaN where they are not known."""
    rows = []
    for record in read:
        machine = {q["question"]: q["points"] for q in record.questions}
        row = {}
        for question in assignment.questions:
            score = record.scores.get(question.id)
            if score is None:
                row[question.id] = machine.get(question.id)
            else:
                row[question.id] = None if score.pending else score.points
        rows.append(row)
    return pd.DataFrame(rows, columns=[q.id for q in assignment.questions], dtype=float)


def _questions(
    assignment: Assignment, read: Sequence[Record], points: pd.DataFrame
) -> pd.DataFrame:
    blank = {question.id: 0 for question in assignment.questions}
    for record in read:
        for one in record.questions:
            blank[one["question"]] = blank.get(one["question"], 0) + (BLANK in one["notes"])
    rows = []
    for question in assignment.questions:
        got = points[question.id]
        full, none = int((got >= question.points).sum()), int((got <= 0).sum())
        rows.append(
            {
                "question": question.id,
                "title": question.title,
                "maximum": question.points,
                "points": got.mean(),
                "full": full,
                "part": int(got.notna().sum()) - full - none,
                "none": none,
                "waiting": int(got.isna().sum()),
                "by_machine": isinstance(question, Question),
                "blank": blank[question.id],
                "discrimination": _discrimination(got, points.drop(columns=question.id)),
            }
        )
    return pd.DataFrame(rows)


def _discrimination(got: pd.Series, others: pd.DataFrame) -> float:
    """Return the correlation of a question's points with those of all others."""
    known = got.notna()
    some, rest = got[known], others[known].sum(axis="columns")
    if len(some) < FEWEST or some.nunique() < 2 or rest.nunique() < 2:
        return float("nan")
    return float(np.corrcoef(some, rest)[0, 1])


def _lost(read: Sequence[Record]) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield the cases that lost points: the submission's number, the question, the case."""
    for number, record in enumerate(read):
        for question in record.questions:
            for line in question["lines"]:
                if line["points"] < line["maximum"]:
                    yield number, question["question"], line


def _kinds(assignment: Assignment, read: Sequence[Record]) -> pd.DataFrame:
    titles = {question.id: question.title for question in assignment.questions}
    found = pd.DataFrame(
        [
            (titles[q], line["kind"], line["maximum"], number, line["maximum"] - line["points"])
            for number, q, line in _lost(read)
            if q in titles
        ],
        columns=["question", "kind", "maximum", "number", "points"],
    )
    table = found.groupby(["question", "kind", "maximum"], sort=False, as_index=False).agg(
        lost=("number", "nunique"), points=("points", "sum")
    )
    return table.sort_values(["points", "lost"], ascending=False, kind="stable", ignore_index=True)


def _mistakes(assignment: Assignment, read: Sequence[Record]) -> pd.DataFrame:
    """Count submissions, not cases: one mistake often costs several."""
    titles = {question.id: question.title for question in assignment.questions}
    known = {(q.id, mistake.words) for q in assignment.graded for mistake in q.mistakes}
    found = []
    for number, question, line in _lost(read):
        words = line.get("mistake") or line["words"].split(". Expected: ")[0]
        if question in titles and words:
            recognized = bool(line.get("mistake")) or (question, words) in known
            found.append((titles[question], words, recognized, number))
    table = pd.DataFrame(found, columns=["question", "words", "known", "number"])
    table = table.groupby(["question", "words", "known"], sort=False, as_index=False).agg(
        submissions=("number", "nunique")
    )
    order = ["submissions", "known"]
    return table.sort_values(order, ascending=False, kind="stable", ignore_index=True)


def _checks(assignment: Assignment, read: Sequence[Record]) -> pd.DataFrame:
    """Count by question how the visible checks and the hidden cases agree."""
    rows: dict[str, dict[str, int]] = {}
    for record in read:
        for one in record.questions:
            seen = one.get("visible")
            if seen not in ("passed", "failed", "absent"):
                continue
            row = rows.setdefault(one["question"], dict.fromkeys(CHECKS, 0))
            lost = one["points"] is not None and one["points"] < one["maximum"]
            row["lost" if seen == "passed" and lost else seen] += 1
    titled = [(q.title, rows[q.id]) for q in assignment.graded if q.id in rows]
    table = pd.DataFrame([row for _, row in titled], columns=list(CHECKS), dtype=int)
    table.insert(0, "question", [title for title, _ in titled])
    return table


def _days(records: Sequence[Record]) -> pd.Series:
    days = [record.handed_in.date() for record in records if record.handed_in]
    return pd.Series(days, dtype=object).value_counts().sort_index()
