r"""CSV as PHP's ``fputcsv`` writes it, and so Moodle: it doubles no quote behind a backslash.

There, ``\"`` is a quote, or a backslash at the end of a cell: in ``"a \",b"`` the first cell ends
or goes on. At most one reading is a table, also among those of other programs, which double every
quote. For once two readings part, one of them is within quotes and the other is not; to meet again,
they would need a ``\"`` that both have within quotes, and at the end of the file both are outside.
"""

import heapq
import re
from collections.abc import Iterator

MOST_STEPS = 2_000_000  # quotes looked at, and cells: a few seconds
SPECIAL = {True: re.compile(r'\\+"?|""|"'), False: re.compile(r'""|"')}

Rows = list[list[str]]
State = tuple[int, int]  # where a cell begins, and which of its row it is
Step = tuple[State, int, int]  # from where, and where the text of the cell begins and ends


class TooLongError(ValueError):
    """There are too many quotes to try all readings."""


def read(text: str, delimiter: str, php: bool) -> Rows | None:
    """Return the cells of a CSV file; None if it is none with equally long rows.

    Parameters
    ----------
    php : bool
        Whether it is of PHP; else every quote within a cell is doubled.

    Raises
    ------
    TooLongError
        If there are too many quotes to try all readings; with the line.
    """
    end, ends = len(text), delimiter + "\r\n"
    bare = re.compile(rf'[^"{delimiter}\r\n{chr(92) * 2 + " " + chr(9) if php else ""}]*')
    width, steps = 0, 0
    came: dict[State, Step] = {}
    waiting: list[State] = [(0, 0)]
    while waiting:
        state = heapq.heappop(waiting)
        begin, column = state
        if begin > end - (column == 0):
            continue
        for first, last, after in _cells(text, begin, bare, ends, php):
            steps += 1
            if steps > MOST_STEPS:
                line = text.count("\n", 0, begin) + 1
                raise TooLongError(f'there are too many \\" in line {line}')
            if after < 0:
                continue
            row_ends = after >= end or text[after] != delimiter
            if column == 0 and row_ends and first == last == begin:  # an empty line
                following = (_behind(text, after), 0)
            elif not row_ends:
                following = (after + 1, column + 1)
            else:
                width = width or column + 1
                following = (_behind(text, after), 0)
                if column + 1 != width:
                    continue
            if following[1] >= (width or following[1] + 1):
                continue
            if following not in came:
                came[following] = state, first, last
                heapq.heappush(waiting, following)
    final = next((each for each in ((end, 0), (end + 1, 0)) if each in came), None)
    return None if final is None else _table(text, came, final, php)


def _cells(
    text: str, begin: int, bare: re.Pattern[str], ends: str, php: bool
) -> Iterator[tuple[int, int, int]]:
    """Yield where the text of the cell can begin and end, and where what follows it stands.

    A quote that cannot end it is told, too, by -1, so that the steps can be counted.
    """
    if text[begin : begin + 1] != '"':
        last = bare.match(text, begin).end()  # type: ignore[union-attr] # may be empty
        if last == len(text) or text[last] in ends:
            yield begin, last, last
        return
    for found in SPECIAL[php].finditer(text, begin + 1):
        after = found.end()
        can_end = found[0] != '""' and found[0].endswith('"')
        can_end = can_end and (after == len(text) or text[after] in ends)
        yield begin + 1, after - 1, after if can_end else -1
        if found[0] == '"':
            return


def _behind(text: str, place: int) -> int:
    """Return where the next line begins."""
    return place + 2 if text[place : place + 2] == "\r\n" else place + 1


def _table(text: str, came: dict[State, Step], state: State, php: bool) -> Rows:
    rows: Rows = []
    while state in came:
        if state[1] == 0:
            rows.append([])
        state, first, last = came[state]
        content = text[first:last]
        if php:
            content = re.sub(r'\\+"|""', lambda m: m[0] if m[0][0] == "\\" else '"', content)
        else:
            content = content.replace('""', '"')
        rows[-1].append(content)
    return [row[::-1] for row in reversed(rows)]
