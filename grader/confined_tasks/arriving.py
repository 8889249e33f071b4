"""Looks at a file that was handed in: a notebook, or what else it is, in words for people.

Zip files are opened one at a time, so that what is wrong with one student's costs no other's.
`place` says where a file lies in a zip file, and in those inside it, counted from outside in.
"""

import lzma
import re
import struct
import zipfile
import zlib
from io import BytesIO
from typing import IO, Any

import numpy as np

from grader.confined_tasks.reading import BLOCK, _handed, _whole
from grader.submission import LARGEST, UnreadableError

MOST_MEMBERS = 20_000
LONGEST_PATH = 4096  # letters
MOST_OF_PATHS = 4 << 20  # bytes of all paths together
DEEPEST = 3  # zip files inside one another
DAMAGE = (
    OSError,
    EOFError,
    IndexError,
    KeyError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
HEAD = 4096  # bytes from which a file is recognized

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
    """Return paths, times and numbers of the files in a zip file, itself perhaps inside one.

    All are arrays, the paths in UTF-8 one behind the other, and before them their lengths:
    whatever is in a name, it takes no longer to read.
    """
    if len(place) >= DEEPEST:
        raise UnreadableError("a zip file that lies too deep in others")
    if place:
        file = BytesIO(_read(file, place))
    try:
        with zipfile.ZipFile(file) as opened:
            entries = opened.infolist()
    except DAMAGE as error:
        raise UnreadableError("a damaged zip file") from error
    if len(entries) > MOST_MEMBERS:
        raise UnreadableError(f"a zip file with more than {MOST_MEMBERS} files")
    kept = [(number, entry) for number, entry in enumerate(entries) if not entry.is_dir()]
    names = [_name(entry.filename, inner=bool(place)) for _, entry in kept]
    paths = [name[:LONGEST_PATH].encode("utf-8", "replace") for name in names]
    if sum(map(len, paths)) > MOST_OF_PATHS:
        raise UnreadableError("a zip file with too long names of files")
    return [
        np.array([len(path) for path in paths], np.int64),
        np.frombuffer(b"".join(paths), np.uint8),
        np.array([entry.date_time for _, entry in kept], np.int64).reshape(-1, 6),
        np.array([number for number, _ in kept], np.int64),
    ]


def _name(name: str, inner: bool) -> str:
    r"""Return a file's name; in a student's own zip file, some programs write a \ for a /.

    In a download it is a letter: a student's file may have it in its name.
    """
    return name.replace("\\", "/") if inner else name


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
        raise UnreadableError(words if words and not damaged else str(error)) from error


def _read(file: IO[bytes], place: list[int]) -> bytes:
    """Return the bytes of a file, inside a zip file, inside one inside it, and so on."""
    content = b""
    for number in place:
        try:
            with zipfile.ZipFile(file) as opened:
                content = _unpacked(opened, opened.infolist()[number])
        except DAMAGE as error:
            raise UnreadableError("it cannot be unpacked") from error
        file = BytesIO(content)
    return content if place else _whole(file)


def _unpacked(opened: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.flag_bits & 1:
        raise UnreadableError("it is locked with a password")
    content = bytearray()
    with opened.open(entry) as file:
        while block := file.read(BLOCK):
            content += block
            if len(content) > LARGEST:
                raise UnreadableError("too large")
    return bytes(content)


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
