"""The look of the course's pictures: colors, sizes, matplotlib's defaults."""

import matplotlib as mpl
import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.axes import Axes

from fashion_lib._palette import PALETTE

WIDTH = 6.5  # inches: the text column of the book, and still legible on a phone
INK, GRAY, LIGHT, BOX = (PALETTE["plots"][name] for name in ("ink", "gray", "light", "box"))
BLUE, ORANGE, GREEN, RED, PURPLE = (
    PALETTE["plots"][name] for name in ("blue", "orange", "green", "red", "purple")
)
COUNTS, SIGNED = "Blues", "vlag"  # color maps: amounts; values on both sides of zero


def use_course_style() -> None:
    """Set matplotlib's defaults to the look of the course: crisp, quiet, large enough."""
    mpl.rcParams.update(
        {
            "figure.dpi": 144,
            "figure.figsize": (WIDTH, 3.8),
            "figure.constrained_layout.use": True,
            "font.size": 11,
            "axes.titlesize": 13,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.titlepad": 10,
            "axes.labelcolor": INK,
            "axes.titlecolor": INK,
            "axes.edgecolor": GRAY,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
            "axes.prop_cycle": cycler(color=[BLUE, RED, GREEN, ORANGE, PURPLE, GRAY]),
            "grid.color": LIGHT,
            "image.cmap": "gray",
            "image.interpolation": "nearest",
            "legend.frameon": False,
            "lines.linewidth": 2,
            "text.color": INK,
            "xtick.color": GRAY,
            "ytick.color": GRAY,
        }
    )


def axes_for(ax: Axes | None, height: float, width: float = WIDTH) -> Axes:
    """Return `ax`, or the axes of a new figure of this size in inches."""
    return plt.subplots(figsize=(width, height), layout="constrained")[1] if ax is None else ax


def frameless(ax: Axes, title: str | None) -> None:
    """Take axis lines and ticks away; a title stays."""
    ax.set_axis_off()
    if title:
        ax.set_title(title)
