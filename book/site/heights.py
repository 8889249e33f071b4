"""The place of every figure has its height before the figure is there, so that nothing moves.

``heights.json`` holds what ``python -m tools.figure_heights`` has measured in the built site: for
each page and figure, how high it is as a function of the width it has, as straight pieces.
Each becomes a rule of a container query, for the element in front of the figure (``.cw-kept`` in
``_static/course.css``). A figure that was not measured has no place kept.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from book.site.page import Page

FILE = Path(__file__).with_name("heights.json")
REM = 16  # pixels, where the heights are measured: a reader's larger type makes figures higher

#: From this width to that one, in pixels, the height goes from here to there, in pixels.
Piece = Sequence[float]  # width, width, height, height


def measured() -> dict[str, dict[str, list[Piece]]]:
    """Return the pieces by page and figure, as they were measured."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def rules(name: str, pieces: Sequence[Piece]) -> str:
    """Return the style that gives the place of class `name` its height at any width."""
    found = []
    for number, (width, to_width, height, to_height) in enumerate(pieces):
        slope = (to_height - height) / (to_width - width) if to_width > width else 0.0
        start = (height - slope * width) / REM
        size = f"calc({start:.3f}rem + {100 * slope:.2f}cqi)" if slope else f"{start:.3f}rem"
        rule = f".{name}::before{{min-height:{size}}}"
        # The first piece holds for all that is narrower, too.
        found.append(f"@container cw-kept (min-width:{width}px){{{rule}}}" if number else rule)
    return f"@media screen{{{''.join(found)}}}"


def reserve(page: Page, heights: Mapping[str, Mapping[str, Sequence[Piece]]]) -> None:
    """Keep the place of each figure of the page; its style moves into the site's (csp.py)."""
    for host in page.soup.select(".cw-host"):
        pieces = heights.get(page.name, {}).get(host["data-widget"])
        if not pieces:
            continue
        text = json.dumps(pieces)
        name = f"cw-h-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
        host["class"] = [*host["class"], "cw-kept", name]
        host.insert_before(page.tag("style", rules(name, pieces)))
