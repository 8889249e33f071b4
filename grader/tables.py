"""Tables in files: read as spreadsheets and LMSs write them, and written so that none runs a cell.

What begins like a formula is written with an apostrophe before it, which keeps spreadsheets from
executing it. `read_table` takes it away again.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from grader import php_csv
from grader.course import CourseError

LARGEST = 32_000_000  # bytes; so long may a cell be, such as a text that a student typed
MOST = 50_000  # lines
DELIMITERS = ",;\t"
TAKE_OUT = "A student wrote it: take it out of the file, or where the student wrote it."
NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,6})?", re.ASCII)
# Where a cell begins, also for a program that takes another mark for the separator, and what it
# takes for a formula then, in letters of any width.
csv.field_size_limit(LARGEST)  # else 131,072 letters of one student cost the whole table
BEGIN = r'(^|[,;\t|"])(\s*)'
SIGNS = r"=+\-@\u2212\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u207c\u207a\u208c\u208a"
FORMULA = rf"(?=[{SIGNS}]\s*\S)"
UNGUARDED, GUARDED = re.compile(BEGIN + FORMULA), re.compile(BEGIN + "'" + FORMULA)


def read_table(path: Path) -> list[list[str]]:
    """Return the lines of a CSV file, with cells of plain text; none in lines that are empty.

    UTF-8, UTF-16 with a mark and Windows-1252 are known; so are commas, semicolons and tabs.

    Raises
    ------
    CourseError
        If it is no such file, or too large: then with the line that holds the most.
    """
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise CourseError(
            f"{path} has more than {LARGEST // 1_000_000} MB, the most of them in row "
            f"{_longest(content)}: it is no such table, or the text of one cell has to be cut."
        )
    if content.startswith(b"PK\x03\x04"):
        raise CourseError(f"{path} is a spreadsheet or a zip file: save the table as CSV.")
    text = _decoded(path, content)
    head, _, rest = text.partition("\n")
    told = re.fullmatch(r"sep=(.)\r?", head)  # a line that Excel writes
    if told:
        text = rest
    delimiter = told[1] if told else _delimiter(text)
    rows = _rows(path, text, delimiter)
    if len(rows) > MOST or sum(map(len, rows)) > 10 * MOST:
        raise CourseError(f"{path} has too many lines or cells: it is no such table.")
    cleaned = ([_plain(cell) for cell in row] for row in rows)
    return [row if any(row) else [] for row in cleaned]


def _rows(path: Path, text: str, delimiter: str) -> list[list[str]]:
    """Return the cells as they stand; also of PHP, which doubles no quote behind a backslash."""
    problem = "a quote in it has no end"
    if '\\"' not in text:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            return list(islice(lines, MOST + 1))
        except csv.Error as error:
            problem = f"{error}, in line {lines.line_num}"
    else:
        try:
            for php in (False, True):
                if (rows := php_csv.read(text, delimiter, php)) is not None:
                    return rows
        except php_csv.TooLongError as error:
            raise CourseError(f"{path} cannot be read: {error}. {TAKE_OUT}") from error
        problem = 'behind a \\" its rows have other numbers of cells than its heads'
    raise CourseError(f"{path} is no CSV file that can be read: {problem}.")


def _longest(content: bytes) -> int:
    """Return the number of the row that holds the most, in the first part of a file."""
    text = content[:LARGEST].replace(b"\0", b"").decode("utf-8", "replace")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    sizes = [sum(map(len, row)) for row in islice(rows, MOST)]
    return sizes.index(max(sizes)) + 1


def _decoded(path: Path, content: bytes) -> str:
    marks = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    marked = [name for mark, name in marks if content.startswith(mark)]
    for encoding in marked or ("utf-8", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise CourseError(f"{path} is not text in UTF-8: save the table as CSV in UTF-8.")


def _delimiter(text: str) -> str:
    """Return what separates the cells of the first line that has several."""
    for line in text.splitlines()[:20]:
        outside = re.sub(r'"[^"]*"', "", line)
        counts = {mark: outside.count(mark) for mark in DELIMITERS}
        if any(counts.values()):
            return max(counts, key=lambda mark: counts[mark])
    return ","


def _plain(cell: str) -> str:
    """Return a cell without what is not seen, and without what guards it in a spreadsheet."""
    kept: Iterable[str] = cell
    if not cell.isascii():
        kept = (c for c in cell if unicodedata.category(c) not in ("Cf", "Cs", "Co"))
    text = " ".join("".join(kept).split())
    if text.startswith('="') and text.endswith('"'):  # so Canvas writes a name that begins with =
        return text[2:-1]
    return GUARDED.sub(r"\1\2", text)


def harmless(value: Any) -> Any:
    """Return what stands in a cell for a value; numbers stay numbers.

    A text is on one line, without what is not seen.
    """
    if not isinstance(value, str):
        return value
    text = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    text = re.sub(r'\\(?="|$)', r"\\ ", text)  # behind it Moodle knows no quote
    return text if NUMBER.fullmatch(text) else UNGUARDED.sub(r"\1\2'", text)


def write_table(
    path: Path, heads: Sequence[str], rows: Iterable[Sequence[Any]], decimal_comma: bool = False
) -> Path:
    """Write a table as CSV in UTF-8, whose cells no spreadsheet executes; return the file.

    Parameters
    ----------
    decimal_comma : bool
        Write 1,5 for 1.5, and semicolons between cells, as spreadsheets of many countries do.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";" if decimal_comma else ",")
        for row in (heads, *rows):
            cells = [harmless(cell) for cell in row]
            if decimal_comma:
                cells = [str(c).replace(".", ",") if isinstance(c, float) else c for c in cells]
            writer.writerow(cells)
    return path
