"""Start-up file of the kernels that execute the book: each plot is drawn for a dark page, too.

The second drawing travels inside of the first one, in a chunk of the PNG that whatever shows
pictures passes over; ``book/site/images.py`` makes a file of it. What is gray becomes as light on
the dark paper as it was dark on the white one, and a color becomes lighter until it stands out.
Pictures and heat maps, and what is drawn on them, stay as they are.
"""

import struct
import zlib
from binascii import b2a_base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from IPython.core import pylabtools
from matplotlib.artist import Artist
from matplotlib.collections import Collection
from matplotlib.colors import to_rgb, to_rgba, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.spines import Spine
from matplotlib.text import Text

from fashion_lib._palette import PALETTE

CHUNK = b"daRk"  # ancillary, private, safe to copy
PAPER, INK = (np.array(to_rgb(PALETTE["dark"][name])) for name in ("paper", "ink"))
GRAY = 0.2  # the difference of a color's channels up to which it counts as gray
BRIGHT = 0.3  # the least relative luminance of a color: 4.5 to 1 against the paper
COLORS = {  # of each kind of artist: what has a getter and a setter
    Text: ("color",),
    Line2D: ("color", "markerfacecolor", "markeredgecolor"),
    Patch: ("facecolor", "edgecolor"),
    Collection: ("facecolor", "edgecolor"),
}


def dark(color: Any) -> Any:
    """Return one color, or several in rows, for a dark page; opacities and words stay."""
    if isinstance(color, str) and color in ("none", "auto"):
        return color
    single = np.ndim(color) < 2
    colors = to_rgba_array([to_rgba(color)] if single else color)
    for row in colors:
        rgb = row[:3]
        if np.ptp(rgb) < GRAY:
            rgb[:] = PAPER + (INK - PAPER) * (1 - rgb.mean())
            continue
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        luminance = linear @ (0.2126, 0.7152, 0.0722)
        if luminance < BRIGHT:  # mixed with white
            linear += (1 - linear) * (BRIGHT - luminance) / (1 - luminance)
            rgb[:] = np.where(
                linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
            )
    return tuple(colors[0]) if single else colors


def stays(artist: Artist) -> bool:
    """Tell whether an artist is a heat map, or is drawn on a picture or a heat map."""
    if isinstance(artist, Collection) and artist.get_array() is not None:
        return True
    axes = artist.axes
    if axes is None or not axes.images or artist not in axes.get_children():
        return False
    if isinstance(artist, Text):
        return artist in axes.texts and not all(_is_blank(image, artist) for image in axes.images)
    return artist is not axes.patch and not isinstance(artist, Spine)


def _is_blank(image: Any, text: Text) -> bool:
    """Tell whether there is no image below a text, as between the tiles of a sheet."""
    middle = text.get_window_extent().get_points().mean(axis=0)
    column, row = np.round(image.axes.transData.inverted().transform(middle)).astype(int)
    values = np.ma.masked_invalid(image.get_array())
    inside = 0 <= row < values.shape[0] and 0 <= column < values.shape[1]
    return not inside or bool(np.ma.getmaskarray(values)[row, column].any())


@contextmanager
def darkened(figure: Figure) -> Iterator[None]:
    """Give a drawn figure the colors for a dark page, for a while."""
    before = []
    artists = figure.findobj()
    for text in figure.findobj(Text):  # their arrows and frames are not found by themselves
        artists += [getattr(text, "arrow_patch", None), text.get_bbox_patch()]
    for artist in artists:
        names = next((names for kind, names in COLORS.items() if isinstance(artist, kind)), ())
        if not names or stays(artist):
            continue
        for name in names:
            color = getattr(artist, f"get_{name}")()
            before.append((getattr(artist, f"set_{name}"), color))
            if len(np.atleast_1d(np.asarray(color, dtype=object))):
                getattr(artist, f"set_{name}")(dark(color))
    try:
        yield
    finally:
        for restore, color in reversed(before):
            restore(color)


def with_dark(light: bytes, dark: bytes) -> bytes:
    """Return a PNG that carries another one, in a chunk before its last."""
    body = CHUNK + dark
    chunk = struct.pack(">I", len(dark)) + body + struct.pack(">I", zlib.crc32(body))
    return light[:-12] + chunk + light[-12:]


_draw = pylabtools.print_figure


def print_figure(figure: Figure, fmt: str = "png", base64: bool = False, **options: Any) -> Any:
    """Do what IPython's function of this name does; a PNG carries the dark drawing."""
    if fmt != "png":
        return _draw(figure, fmt=fmt, base64=base64, **options)
    data = _draw(figure, fmt=fmt, **options)
    if data is None:
        return None
    with darkened(figure):
        data = with_dark(data, _draw(figure, fmt=fmt, **options))
    return b2a_base64(data, newline=False).decode("ascii") if base64 else data


pylabtools.print_figure = print_figure
