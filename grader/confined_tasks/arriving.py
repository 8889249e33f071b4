"""Looks at a file that was handed in: a notebook, or what else it is, in words for people.

Zip files are opened one at a time, so that what is wrong with one student's costs no other's.
`place` says where a file lies in a zip file, and in those inside it, counted from outside in.
"""

import re
from io import BytesIO
from typing import IO, Any

from grader.confined_tasks.reading import _content, _handed, _inside, _opened, _whole
from grader.submission import LARGEST, UnreadableError

MOST_MEMBERS = 20_000
DEEPEST = 3  # zip files inside one another
HEAD = 4096  # bytes from which a file is recognized

ASK = "ask for the .ipynb file"
DAMAGED = "a damaged notebook, perhaps cut off"
#: What a file begins with, and what it is.
BEGINNINGS = (
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "an archive of gzip (.tar.gz), which is not opened"),
    (b"7z\xbc\xaf'\x1c", "a .7z archive, which is not opened"),
    (b"Rar!", "a .rar archive, which is not opened"),
    (b"BZh", "an archive of bzip2, which is not opened"),
    (b"\xfd7zXZ", "an archive of xz, which is not opened"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"BM", "a picture"),
    (b"\xd0\xcf\x11\xe0", "a document of an old Microsoft Office"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x89HDF", "a file of weights or data (HDF5)"),
    (b"\x93NUMPY", "an array of NumPy"),
    (b"version https://git-lfs", "a pointer of Git LFS instead of the file"),
)
OFFICE = {
    "docx": "a Word document",
    "pptx": "a presentation",
    "xlsx": "a spreadsheet",
    "odt": "a text document",
    "pages": "a document of Pages",
    "keras": "a network of Keras",
    "npz": "arrays of NumPy",
}
TYPED = ("onlinetext.html", "_text.html", "_link.html")
LINKS = ("gdoc", "gsheet", "url", "webloc", "desktop", "lnk", "gnotebook")
COLAB = re.compile(rb"colab\.research\.google|drive\.google|docs\.google", re.I)
ADDRESS = re.compile(rb"https?://", re.I)
PYTHON = re.compile(rb"(?m)^(?:import|from|def|class|@|#!|# ?%%)[ \w./]")


def listing(file: IO[bytes], place: list[int]) -> list[Any]:
    """Return path, size, time and place of every file in a zip file, itself perhaps inside one."""
    if len(place) >= DEEPEST:
        raise UnreadableError("a zip file that lies too deep in others")
    if place:
        file = BytesIO(b"".join(_inside(file, place)))
    rows: list[Any] = []
    with _opened(file) as opened:
        for number, entry in enumerate(opened.infolist()):
            if entry.is_dir():
                continue
            if len(rows) == MOST_MEMBERS:
                raise UnreadableError(f"a zip file with more than {MOST_MEMBERS} files")
            path = entry.filename.replace("\\", "/")
            rows.append([path, entry.file_size, list(entry.date_time), [*place, number]])
    return rows


def look(file: IO[bytes], place: list[int], name: str) -> list[Any]:
    """Return a notebook's content without outputs, its assignment, and the content's digest.

    Raises
    ------
    UnreadableError
        If it is none; the message says what it is.
    """
    content = _read(file, place)
    try:
        return _handed(content)
    except UnreadableError as error:
        words = kind(content[:HEAD], len(content), name)
        damaged = words == DAMAGED and "JSON" not in str(error)  # it has another fault
        known = words and not damaged
        raise UnreadableError(f"{words}: {ASK}" if known else str(error)) from error


def _read(file: IO[bytes], place: list[int]) -> bytes:
    if not place:
        return _whole(file)
    *outer, last = place
    if outer:
        file = BytesIO(b"".join(_inside(file, outer)))
    with _opened(file) as opened:
        entry = opened.infolist()[last]
        if entry.flag_bits & 1:
            raise UnreadableError("it is locked with a password: ask for it without one")
        return _content(opened, entry, [LARGEST])


def kind(head: bytes, size: int, name: str) -> str:
    """Say what a file is that is no notebook, from its beginning and its name; "" if unknown."""
    if name.endswith(TYPED):
        return "a text or link typed into the LMS instead of a file"
    suffix = name.rpartition(".")[2].lower()
    for beginning, words in BEGINNINGS:
        if head.startswith(beginning):
            return words
    if head.startswith(b"PK"):
        return OFFICE.get(suffix, "a zip file that cannot be opened")
    if head[4:12] in (b"ftypheic", b"ftypmif1") or head[:4] == b"RIFF":
        return "a picture or a film"
    if head[257:262] == b"ustar":
        return "a .tar archive, which is not opened"
    return _text(head, size, suffix)


def _text(head: bytes, size: int, suffix: str) -> str:
    short = size < HEAD
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1000].lower()
    if start.startswith((b"<!doctype html", b"<html")) or suffix in ("html", "htm"):
        if short and COLAB.search(head):
            return "a link to Colab or Google Drive instead of the notebook"
        return "a web page"
    if suffix in LINKS or (short and start.startswith((b"[internetshortcut]", b"http"))):
        where = "Colab or Google Drive" if COLAB.search(head) or suffix[:1] == "g" else "a page"
        return f"a link to {where} instead of the notebook"
    if short and COLAB.search(head) and ADDRESS.search(head):
        return "a link to Colab or Google Drive instead of the notebook"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "a text in UTF-16, as some editors save it"
    if start.startswith(b"{"):
        return DAMAGED if b'"cells"' in head else ""
    if suffix == "py" or (b"\0" not in head and PYTHON.search(head)):
        return "Python code without a notebook"
    if head.strip() and b"\0" not in head and suffix in ("txt", "md", "rtf", "doc"):
        return "a text"
    return ""
