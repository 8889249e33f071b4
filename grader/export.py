"""Writes grades as a table: for people, or as an LMS imports them (``lms/``).

Only final totals are grades. An export with others is refused, or has no grade there.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grader.course import Course, CourseError
from grader.deadlines import Deadlines, mirror
from grader.lms import Format
from grader.lms.format import Wish
from grader.people import listed
from grader.questions import Assignment
from grader.standing import STATES, Standing, standings, who
from grader.tables import read_table, write_table

Table = list[list[Any]]


class UnfinishedError(CourseError):
    """Totals that are not final yet; the message says which and what to do."""


def check_finished(found: Sequence[Standing], name: str, option: str = "") -> None:
    """Refuse what is not final.

    Raises
    ------
    UnfinishedError
        With how many there are of which kind, and who.
    """
    left = [one for one in found if one.state not in ("final", "missing")]
    if not left:
        return
    by_state = {state: [one for one in left if one.state == state] for state in STATES}
    kinds = [
        f"{len(some)} {STATES[state]} ({who(some, found)})"
        for state, some in by_state.items()
        if some
    ]
    raise UnfinishedError(
        f"{len(left)} of {len(found)} are unfinished: {', '.join(kinds)}. "
        f"See python -m grader status {name}{option}; --unfinished goes on without them."
    )


def _new(
    found: Sequence[Standing], assignment: Assignment, format: Format, wish: Wish
) -> tuple[Table, list[str]]:
    """Return a table of our own, and words about who is not in it."""
    rows = [(one, format.row(one, assignment, wish)) for one in found]
    kept = [row for _, row in rows if row is not None]
    if not kept:
        raise CourseError(f"There is no graded submission of {assignment.name}{format.whence}.")
    table = [format.heads(assignment, wish), *format.before(assignment, wish), *kept]
    out = [one for one, row in rows if row is None and wish.grade(one) is not None]
    words = []
    if out:
        names = listed([one.student for one in out])
        words = [
            f"{len(out)} with a grade are left out, of whom {format.title} knows no number: "
            f"{names}. To have them in it, fill the LMS's own file with --fill."
        ]
    return table, words


def write_grades(
    course: Course,
    assignment: Assignment,
    format: Format,
    wish: Wish,
    path: Path | None = None,
    fill: Path | None = None,
    unfinished: bool = False,
    decimal_comma: bool = False,
) -> tuple[Path, list[str]]:
    """Write the grades of an assignment as a CSV file; return the file, and words about it.

    Parameters
    ----------
    fill : Path, optional
        A file of the LMS that gets the grades.
    unfinished : bool
        Whether to write where totals are not final.

    Raises
    ------
    CourseError
        If there is nothing to write, or totals are not final.
    """
    found = standings(course, assignment)
    if not any(one.scores for one in found):
        raise CourseError(f"There is no graded submission of {assignment.name}{format.whence}.")
    if assignment.name in Deadlines(course).due:
        with course.gradebook() as book:
            mirror(course, book, assignment.name)  # points may have changed since
    if not unfinished:
        check_finished(found, assignment.name, course.option)
    if fill:
        table = [row for row in read_table(fill) if row]
        if not table:
            raise CourseError(f"{fill} is empty.")
        table, words = format.fill(table, found, assignment, wish)
    else:
        table, words = _new(found, assignment, format, wish)
    target = path or course.root / "exports" / f"{assignment.name}-{format.name}.csv"
    write_table(target, table[0], table[1:], decimal_comma)
    return target, words
