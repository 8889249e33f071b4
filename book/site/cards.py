"""The preview picture of each page, shown where its address is shared."""

import io
import textwrap
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import matplotlib as mpl
from PIL import Image, ImageDraw, ImageFont

from book.site.describe import CARD
from fashion_lib._palette import PALETTE

COLORS = PALETTE["night"]
MARGIN = 80
SVG = "{http://www.w3.org/2000/svg}"


def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / name, size)


def draw(course: str, title: str, description: str, logo: Path) -> bytes:
    """Return a card of 1200×630 pixels as PNG.

    Parameters
    ----------
    course, title, description : str
        Three texts, from small to large and to medium; long ones are cut.
    logo : Path
        An SVG of rectangles, drawn into the corner.
    """
    card = Image.new("RGB", CARD, COLORS["paper"])
    pen = ImageDraw.Draw(card)
    pen.rectangle((0, 0, 14, CARD[1]), fill=COLORS["accent"])
    pen.text((MARGIN, 74), course.upper(), font=_font(27, bold=True), fill=COLORS["warm"])
    size = 76 if len(title) < 30 else 62
    lines = textwrap.wrap(title, width=22 if size == 76 else 28)[:3]
    top = 150
    for line in lines:
        pen.text((MARGIN, top), line, font=_font(size, bold=True), fill=COLORS["ink"])
        top += round(size * 1.2)
    lines = textwrap.wrap(description, width=50)
    room = max(1, (CARD[1] - 60 - top - 28) // 44)
    if len(lines) > room:
        lines = [*lines[: room - 1], lines[room - 1].rstrip(".,;: ") + " …"]
    for number, line in enumerate(lines):
        pen.text((MARGIN, top + 28 + 44 * number), line, font=_font(31), fill=COLORS["quiet"])
    _draw_logo(pen, logo, (CARD[0] - 250, CARD[1] - 250, 190))
    buffer = io.BytesIO()
    card.quantize(64).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _draw_logo(pen: ImageDraw.ImageDraw, logo: Path, place: tuple[int, int, int]) -> None:
    """Draw the rectangles of an SVG file into a square: left, top, edge."""
    left, top, edge = place
    root = ElementTree.parse(logo).getroot()
    box = [float(number) for number in root.get("viewBox").split()]
    scale = edge / box[2]
    for shape in root.iter(f"{SVG}rect"):
        x, y = (float(shape.get(name, 0)) * scale for name in ("x", "y"))
        width, height = (float(shape.get(name)) * scale for name in ("width", "height"))
        corner = (left + x, top + y, left + x + width - 1, top + y + height - 1)
        radius = float(shape.get("rx", 0)) * scale
        pen.rounded_rectangle(corner, radius, fill=shape.get("fill"))
