"""Shows a notebook to the person who grades it: answers as HTML and source, pictures as PNG."""

import base64
import binascii
import json
from io import BytesIO
from types import SimpleNamespace
from typing import IO, Any

import numpy as np
from PIL import Image, ImageOps

from grader.confined_tasks.reading import _whole
from grader.confined_tasks.student_text import to_html, visible, without_pictures
from grader.find import essay, find
from grader.submission import Cell, Notebook, UnreadableError, read, strip

LONGEST = 60_000  # characters of one cell
MOST = 1_500_000  # bytes of all that is shown
MOST_PICTURES = 20  # of one cell
Image.init()  # before the fork: it loads the readers of all formats
KINDS = ("PNG", "JPEG", "GIF", "WEBP")
LARGEST = 40_000_000  # pixels of a picture
WIDEST = 1280  # pixels, of the picture that is shown


def answers(
    file: IO[bytes], release: IO[bytes], questions: list[list[str]], place: str, rendered: bool
) -> dict[str, Any]:
    """Return what a student answered.

    Parameters
    ----------
    questions : list of pairs
        Id and name of each question; the name is "" where the answer is in words.
    place : str
        The address of the pictures; the numbers of cell and picture are added.
    rendered : bool
        False leaves texts as they were written.

    Returns
    -------
    dict
        "answers": the cells by question, "others": those that are neither of the release nor
        an answer, "left": how many more there are. A cell is a dict of "number", "kind",
        "source", "html", and whether it is "cut"; texts are bytes of UTF-8, as arrays.
    """
    content = strip(_whole(file))
    notebook, released = read(content), read(release.read())
    raw = json.loads(content)["cells"]
    show = _Show(raw, place, rendered)
    found, used = {}, set()
    for identity, name in questions:
        cells = _cells(identity, name, notebook, released)
        used |= {cell.number for cell in cells}
        found[identity] = [show.cell(cell) for cell in cells if show.left > 0]
    known = {cell.source.strip() for cell in released.cells} | {""}
    rest = [
        cell
        for cell in notebook.cells
        if cell.number not in used and (cell.source.strip() not in known or cell.pictures)
    ]
    shown = []
    for cell in rest:
        if show.left <= 0:
            break
        shown.append(show.cell(cell))
    return {"answers": found, "others": shown, "left": len(rest) - len(shown)}


def _cells(identity: str, name: str, notebook: Notebook, released: Notebook) -> list[Cell]:
    question: Any = SimpleNamespace(id=identity, name=name)
    _, cells = find(question, notebook, released) if name else essay(question, notebook, released)
    return cells


class _Show:
    """Makes what is shown of cells, until there is too much of it."""

    def __init__(self, raw: list[Any], place: str, rendered: bool) -> None:
        self.raw, self.place, self.rendered = raw, place, rendered
        self.left = MOST

    def cell(self, cell: Cell) -> dict[str, Any]:
        """Return one cell."""
        text, data = without_pictures(cell.text)
        cut = text[:LONGEST]
        names = [*_attachments(self.raw[cell.number - 1]), *_names(data)]
        html = ""
        if cell.kind != "code" and self.rendered:
            shown_names = names[:MOST_PICTURES]
            addresses = {n: f"{self.place}{cell.number}/{i}" for i, n in enumerate(shown_names)}
            html = to_html(cut, addresses)
        shown = {"source": _bytes(visible(cut)), "html": _bytes(html)}
        self.left -= sum(len(each) for each in shown.values()) + 200
        kind = "code" if cell.kind == "code" else "text"
        dropped = kind == "text" and len(names) > MOST_PICTURES
        return {
            "number": cell.number,
            "kind": kind,
            "cut": len(text) > len(cut) or dropped,
            **shown,
        }


def _bytes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-8", "replace"), np.uint8)


def _names(data: list[str]) -> list[str]:
    return [f"inside-{number}" for number in range(1, len(data) + 1)]


def _attachments(cell: dict[str, Any]) -> dict[str, str]:
    """Return the data of the pictures that were pasted into a cell, in base 64, by name."""
    given = cell.get("attachments")
    found = {}
    for name, bundle in given.items() if isinstance(given, dict) else ():
        for kind, data in bundle.items() if isinstance(bundle, dict) else ():
            if kind.startswith("image/") and isinstance(data, str | list):
                found[name] = data if isinstance(data, str) else "".join(map(str, data))
                break
    return found


def picture(file: IO[bytes], cell: int, index: int) -> np.ndarray:
    """Return a pasted picture as PNG, made anew from its pixels.

    Raises
    ------
    UnreadableError
        If there is none, or if it cannot be shown.
    """
    content = strip(_whole(file))
    raw = json.loads(content)["cells"]
    cells = read(content).cells
    if not 1 <= cell <= len(cells):
        raise UnreadableError("no such picture")
    _, inside = without_pictures(cells[cell - 1].text)
    data = [*_attachments(raw[cell - 1]).values(), *inside]
    if not 0 <= index < min(len(data), MOST_PICTURES):
        raise UnreadableError("no such picture")
    try:
        return np.frombuffer(_png(base64.b64decode(data[index])), np.uint8)
    except (binascii.Error, ValueError, OSError, SyntaxError, EOFError) as error:
        raise UnreadableError("a picture that cannot be read") from error
    except Image.DecompressionBombError as error:
        raise UnreadableError("a picture that is too large") from error


def _png(data: bytes) -> bytes:
    with Image.open(BytesIO(data), formats=KINDS) as opened:
        if opened.width * opened.height > LARGEST:
            raise UnreadableError("a picture that is too large")
        opened.draft("RGB", (WIDEST, WIDEST))
        opened.thumbnail((WIDEST, WIDEST))
        turned = ImageOps.exif_transpose(opened).convert("RGBA")
    paper = Image.new("RGB", turned.size, "white")
    paper.paste(turned, mask=turned.getchannel("A"))
    target = BytesIO()
    paper.save(target, "PNG")
    return target.getvalue()
