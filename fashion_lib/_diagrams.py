"""Drawings of how something is built: the network, the preparation of a picture."""

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle

from fashion_lib import _style

if TYPE_CHECKING:
    import pandas as pd

    from fashion_lib.preparation import PreparedImage


def _block(ax: Axes, left: float, middle: float, shape: tuple[int, ...], color: str) -> None:
    """Draw a layer's output: sheets as large as its maps, or a bar as long as its vector."""
    if len(shape) == 3:
        side, sheets = 0.12 + 0.62 * shape[0] / 28, 1 + int(np.log2(shape[2]) / 2)
        for sheet in reversed(range(sheets)):
            at = (left + 0.07 * sheet, middle - side / 2 - 0.05 * sheet)
            ax.add_patch(Rectangle(at, side, side, fc=color, ec="white", lw=0.8))
    else:
        length = 0.25 + 0.9 * np.log2(shape[0]) / 9
        ax.add_patch(Rectangle((left, middle - 0.1), length, 0.2, fc=color, ec="white"))


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], **style: Any) -> None:
    ax.add_patch(FancyArrowPatch(start, end, color=_style.GRAY, **style))


def layer_diagram(
    table: "pd.DataFrame", title: str = "The network, layer by layer", ax: Axes | None = None
) -> Axes:
    """Draw a network from its `layer_table`: larger maps larger, parameters beside them.

    Parameters
    ----------
    table : DataFrame
        Columns layer, kind, output_shape and parameters, a row per layer.
    title, ax
        Title, and axes to draw on.
    """
    colors = {
        "convolution": _style.BLUE,
        "pooling": _style.ORANGE,
        "flatten": _style.GRAY,
        "dense": _style.GREEN,
    }
    columns = table[["layer", "kind", "output_shape", "parameters"]]
    rows = [("input", "image", (28, 28, 1), 0), *columns.itertuples(index=False, name=None)]
    ax = _style.axes_for(ax, 0.85 * len(rows) + 0.5)
    for number, (layer, kind, shape, parameters) in enumerate(rows):
        middle = float(number)
        _block(ax, 0.1, middle, shape, colors.get(kind.split()[-1], _style.INK))
        count = f"{parameters:,} parameters" if parameters else "no parameters"
        count = "" if layer == "input" else count
        ax.text(1.7, middle - 0.03, layer, weight="bold", va="bottom")
        ax.text(1.7, middle + 0.05, kind, va="top", color=_style.GRAY, fontsize=10)
        ax.text(3.9, middle, " × ".join(map(str, shape)), va="center", ha="center")
        ax.text(6.5, middle, count, va="center", ha="right")
        if number + 1 < len(rows):
            _arrow(ax, (3.9, middle + 0.2), (3.9, middle + 0.8), arrowstyle="->", mutation_scale=12)
    ax.set(xlim=(0, _style.WIDTH), ylim=(len(rows) - 0.4, -0.6), aspect="equal")
    _style.frameless(ax, title)
    return ax


def preparation_steps(
    prepared: "PreparedImage",
    title: str = "From the picture to 28 × 28 pixels",
    columns: int = 3,
    ax: Axes | None = None,
) -> Axes:
    """Show every step of `prepare_image` in order, each in a square of the same size."""
    steps = [(name, np.asarray(image)) for name, image in prepared.steps]
    columns = min(columns, len(steps))
    rows = -(-len(steps) // columns)
    ax = _style.axes_for(ax, _style.WIDTH / columns * rows * 1.18 + 0.4)
    for number, (name, image) in enumerate(steps):
        row, column = divmod(number, columns)
        top, left = row * 1.2, column * 1.16
        height, width = np.array(image.shape[:2]) / max(image.shape[:2])
        x, y = left + (1 - width) / 2, top + (1 - height) / 2
        ax.imshow(
            image, cmap="gray", vmin=0, vmax=255, extent=(x, x + width, y + height, y), zorder=2
        )
        ax.add_patch(Rectangle((left, top), 1, 1, fc=_style.BOX, ec=_style.LIGHT, zorder=1))
        label = f"{number + 1}. {name}"
        ax.text(left + 0.5, top + 1.03, fill(label, 26), ha="center", va="top", fontsize=10)
        if column + 1 < columns and number + 1 < len(steps):
            start, end = (left + 1.01, top + 0.5), (left + 1.15, top + 0.5)
            _arrow(ax, start, end, arrowstyle="-|>", mutation_scale=13)
    ax.set(xlim=(-0.02, columns * 1.16 - 0.14), ylim=(rows * 1.2 + 0.02, -0.02), aspect="equal")
    _style.frameless(ax, title)
    return ax
