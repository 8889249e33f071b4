"""The icon font, cut down to the icons that the pages show.

The theme brings Font Awesome twice, as a script of 1.5 MB that draws and as fonts of 300 KB.
The stylesheet alone can show the icons, from a font of some 20 glyphs: fontTools takes out
of the theme's own font what the purged stylesheet refers to.
"""

import io
import re

from fontTools import subset
from fontTools.ttLib import TTFont

from book.site.page import Site

FOLDER = "icons"  # beside the stylesheet
FACE = re.compile(r"@font-face\s*\{[^{}]*\}")
PRIVATE = range(0xE000, 0xF900)  # where icon fonts put their glyphs


class IconError(Exception):
    """The theme's icon fonts are not where they used to be."""


def used_code_points(css: str) -> set[int]:
    """Return the icons that a stylesheet writes, as code points of the private use area."""
    points = {int(code, 16) for code in re.findall(r"\\([0-9a-fA-F]{4,5})\b", css)}
    points.update(map(ord, css))
    return {point for point in points if point in PRIVATE}


def cut_fonts(site: Site, css: str) -> str:
    """Write the fonts that `css` needs into the site; return `css` with their addresses.

    Parameters
    ----------
    site : Site
        Its raw folder has the theme's TrueType fonts.
    css : str
        The purged stylesheet; addresses in it are relative to ``_static``.

    Raises
    ------
    IconError
        If a font face names no TrueType file, or that file is missing.
    """
    points = used_code_points(css)
    faces = FACE.findall(css)
    if points and not faces:
        raise IconError("The stylesheet writes icons, but has no font face for them.")
    css = FACE.sub("", css)
    made = []
    for face in faces:
        address = re.search(r'url\("?([^")]+\.ttf)"?\)', face)
        source = site.raw / "_static" / address[1] if address else None
        if source is None or not source.is_file():
            raise IconError(f"No TrueType file for the theme's font face: {face[:200]}")
        data = cut(source.read_bytes(), points)
        if data is None:
            continue
        name = f"{FOLDER}/{source.stem}.woff"
        site.write(f"_static/{name}", data)
        new = f'src:url("{name}") format("woff")'
        made.append(re.sub(r"src:[^;}]+", new, face))
    return "\n".join([*made, css])


def cut(source: bytes, points: set[int]) -> bytes | None:
    """Return the font in `source` with only the glyphs of `points`, or None if it has none."""
    font = TTFont(io.BytesIO(source), recalcTimestamp=False)  # the same bytes every time
    wanted = points & set(font.getBestCmap())
    if not wanted:
        return None
    options = subset.Options(flavor="woff", hinting=False, desubroutinize=True)
    options.layout_features = []
    options.name_IDs = [0, 1, 2, 13, 14]  # the copyright and the license stay
    tool = subset.Subsetter(options)
    tool.populate(unicodes=wanted)
    tool.subset(font)
    buffer = io.BytesIO()
    subset.save_font(font, buffer, options)
    return buffer.getvalue()
