"""Puts the tables and pictures of an assignment into one page, which needs no other file."""

import numpy as np
import pandas as pd
from markupsafe import Markup

from grader import offline_page
from grader.analytics.drawing import bar, edges, histogram, shares
from grader.analytics.tables import ANSWERS, CHECKS, Tables
from grader.questions import Assignment

SHOWN = 12  # rows of a long table; the others are folded away
FEW = 5  # with fewer submissions, numbers tell who did what
WORDS = {
    "full": "all points",
    "part": "some points",
    "none": "no points",
    "waiting": "waiting for a person",
    "passed": "visible checks passed, all points",
    "lost": "visible checks passed, points lost",
    "failed": "visible checks failed",
    "absent": "not answered",
}
LOOKS = {
    "full": "full",
    "part": "part",
    "none": "none",
    "waiting": "open",
    "passed": "full",
    "lost": "none",
    "failed": "part",
    "absent": "open",
}


def _percent(count: float, total: float) -> str:
    return f"{100 * count / total:.0f} %" if total else "–"


def _number(value: float, digits: int = 1) -> str:
    return "–" if pd.isna(value) else f"{value:.{digits}f}".removesuffix(".0")


def _divided(row: pd.Series, names: tuple[str, ...]) -> Markup:
    return shares([(LOOKS[name], WORDS[name], int(row[name])) for name in names])


def _legend(table: pd.DataFrame, names: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(LOOKS[name], WORDS[name]) for name in names if table[name].sum()]


def _questions(tables: Tables) -> list[dict]:
    rows = []
    for _, row in tables.questions.iterrows():
        count = sum(row[name] for name in ANSWERS)
        known = row["waiting"] * 2 <= count  # else the mean is that of answers left empty
        rows.append(
            {
                "title": row["title"],
                "bar": _divided(row, ANSWERS),
                "points": _number(row["points"]) if known else "–",
                "maximum": _number(row["maximum"]),
                "full": _percent(row["full"], count),
                "none": _percent(row["none"], count),
                "blank": int(row["blank"]),
                "waiting": int(row["waiting"]),
                "by_machine": row["by_machine"],
                "discrimination": _number(row["discrimination"], 2),
            }
        )
    return rows


def _bars(table: pd.DataFrame, column: str, total: int, most: float) -> list[dict]:
    return [
        row.to_dict()
        | {
            "bar": bar(row[column], most, f"{row[column]:g}"),
            "share": _percent(row[column], total),
        }
        for _, row in table.iterrows()
    ]


def _costs(tables: Tables) -> list[dict]:
    """Return what the middle, nearly all and the most expensive submissions took."""
    rows = []
    for column, words, unit in (
        ("seconds", "Processor time", "seconds"),
        ("memory", "Memory", "MiB"),
    ):
        values = tables.costs[column].to_numpy()
        middle, nearly, most = np.quantile(values, [0.5, 0.9, 1.0])
        rows.append(
            {
                "words": words,
                "unit": unit,
                "middle": f"{middle:.3g}",
                "nearly": f"{nearly:.3g}",
                "most": f"{most:.3g}",
                "picture": histogram(values, edges(0, most), f"{words} by submission", unit),
            }
        )
    return rows


def render(assignment: Assignment, tables: Tables, zone: str = "UTC") -> str:
    """Return the page as HTML; `zone` is what the days are of."""
    read = len(tables.totals)
    totals = histogram(
        tables.totals, edges(0, assignment.points), "Submissions by points", "points"
    )
    known = tables.mistakes["known"].astype(bool)
    days = tables.days.rename_axis("day").reset_index(name="count")
    checks = [row.to_dict() | {"bar": _divided(row, CHECKS)} for _, row in tables.checks.iterrows()]
    return offline_page.render(
        "analytics/page.html",
        assignment=assignment,
        tables=tables,
        read=read,
        few=FEW,
        shown=SHOWN,
        zone=zone,
        mean=_number(tables.finals.mean()),
        middle=_number(tables.finals.median()),
        maximum=_number(assignment.points),
        open_answers=int(tables.questions["waiting"].sum()),
        totals=totals,
        questions=_questions(tables),
        answers_legend=_legend(tables.questions, ANSWERS),
        kinds=_bars(tables.kinds, "points", read, tables.kinds["points"].max()),
        mistakes=_bars(tables.mistakes[known], "submissions", read, read),
        others=_bars(tables.mistakes[~known], "submissions", read, read),
        checks=checks,
        checks_legend=_legend(tables.checks, CHECKS),
        costs=_costs(tables) if read else [],
        restarted=int((tables.costs["starts"] > 1).sum()),
        days=_bars(days, "count", read, days["count"].max()),
        number=_number,
    )
