"""The table at the end: one row a quantity, with its unit, its target and whether it was met."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.arithmetic import Spread

HEADERS = ("what", "measured", "unit", "spread", "target", "")


@dataclass(frozen=True)
class Row:
    """One measured quantity.

    Parameters
    ----------
    what : str
        What was measured.
    value : float or str or None
        The median, or in words why there is none.
    unit : str
        Its unit; "" for a pure number.
    low, high : float, optional
        Smallest and largest repeat.
    at_least, at_most : float, optional
        The target, from one side or the other.
    lower_bound : bool
        Whether the true value is larger than the one given.
    """

    what: str
    value: float | str | None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    lower_bound: bool = False

    @classmethod
    def of(cls, what: str, values: Sequence[float], unit: str = "", **target: float) -> "Row":
        """Return the row of some repeats; `target` is `at_least` or `at_most`."""
        spread = Spread.of(values)
        return cls(what, spread.median, unit, spread.low, spread.high, **target)

    @property
    def met(self) -> bool | None:
        """Whether the target was met; None if there is none or nothing to compare."""
        if isinstance(self.value, str) or self.value is None:
            return None
        if self.at_least is not None:
            met, certain = self.value >= self.at_least, True
        elif self.at_most is not None:
            met, certain = self.value <= self.at_most, False
        else:
            return None
        # A larger true value would decide only one of the two cases.
        return None if self.lower_bound and met is not certain else met

    def cells(self) -> tuple[str, ...]:
        """Return the row as text, one string a column."""
        target = ""
        if self.at_least is not None:
            target = f"≥ {number(self.at_least)}"
        elif self.at_most is not None:
            target = f"≤ {number(self.at_most)}"
        if isinstance(self.value, str) or self.value is None:
            value = self.value or "not measured"
        else:
            value = f"{'> ' if self.lower_bound else ''}{number(self.value)}"
        spread = ""
        if self.low is not None and self.high is not None and self.low != self.high:
            spread = f"{number(self.low)} – {number(self.high)}"
        verdict = {True: "met", False: "MISSED", None: ""}[self.met]
        return self.what, value, self.unit, spread, target, verdict

    def to_dict(self) -> dict[str, Any]:
        """Return the row for JSON, with `met`."""
        return {**asdict(self), "met": self.met}


def number(value: float) -> str:
    """Write a number with three significant digits, or whole with thousands separated."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:.{digits}f}"


def format_table(sections: Sequence[tuple[str, Sequence[Row]]]) -> str:
    """Return the table as text, numbers aligned to the right, sections under their titles.

    Parameters
    ----------
    sections : sequence of (str, sequence of Row)
        Titles, each with its rows.

    Returns
    -------
    str
        Lines without trailing blanks.
    """
    rows = [row for _, rows in sections for row in rows]
    widths = [max(map(len, column)) for column in zip(HEADERS, *_numeric(rows), strict=True)]
    widths[0] = max([widths[0], *(len(row.what) for row in rows)])
    lines = [_line(HEADERS, widths)]
    for title, rows in sections:
        lines += ["", title, "-" * len(title)]
        lines += [_line(row.cells(), widths) for row in rows]
    return "\n".join(lines)


def _numeric(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """Return the cells of the rows with a number: words in its place may be wider."""
    return [row.cells() for row in rows if not isinstance(row.value, str)]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    aligned = [
        cell.rjust(width) if column == 1 else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(aligned).rstrip()
