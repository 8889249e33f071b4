"""Draw what the other modules compute.

Every function takes `ax=None` and returns the axes it drew on; given axes are used and no
other figure is touched. Colors are told apart by color-blind readers (Okabe and Ito's set).
"""

from collections.abc import Sequence
from textwrap import TextWrapper
from typing import TYPE_CHECKING, Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from fashion_lib._diagrams import layer_diagram, preparation_steps
from fashion_lib._style import (
    BLUE,
    COUNTS,
    GRAY,
    GREEN,
    INK,
    LIGHT,
    ORANGE,
    PURPLE,
    RED,
    SIGNED,
    WIDTH,
    axes_for,
    frameless,
    use_course_style,
)
from fashion_lib.data import CLASS_NAMES

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "BLUE",
    "COUNTS",
    "GRAY",
    "GREEN",
    "INK",
    "LIGHT",
    "ORANGE",
    "PURPLE",
    "RED",
    "SIGNED",
    "WIDTH",
    "class_counts",
    "confusion_heatmap",
    "feature_maps",
    "image_grid",
    "layer_diagram",
    "learning_curves",
    "pca_map",
    "pixel_histogram",
    "preparation_steps",
    "probability_bars",
    "recall_chart",
    "show_image",
    "use_course_style",
    "value_grid",
]


def _gray(image: np.ndarray) -> np.ndarray:
    """Return one image as (H, W) floats; a single channel at the end is dropped."""
    image = np.asarray(image)
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if image.ndim != 2:
        raise ValueError(f"Expected an image (H, W) or (H, W, 1), not shape {image.shape}.")
    return image.astype(np.float32)


def show_image(
    image: np.ndarray, title: str | None = None, ax: Axes | None = None, **imshow: Any
) -> Axes:
    """Show one gray image, (H, W) or (H, W, 1), with its pixel coordinates.

    `imshow` keywords, such as `cmap`, `vmin` and `vmax`, are passed on.
    """
    ax = axes_for(ax, 3.2, 3.2)
    ax.imshow(_gray(image), **{"cmap": "gray"} | imshow)
    ax.set(xlabel="column", ylabel="row")
    if title:
        ax.set_title(title)
    return ax


def image_grid(
    images: np.ndarray | Sequence[np.ndarray],
    captions: Sequence[str] | None = None,
    columns: int = 10,
    vmin: float | None = None,
    vmax: float | None = None,
    cmap: str = "gray",
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Show many images of one size side by side, as a single picture.

    Parameters
    ----------
    images : array, shape (n, H, W) or (n, H, W, 1)
        At least one.
    captions : sequence of n str, optional
        Written below each image; long ones are broken into lines.
    columns : int
        Images in a row.
    vmin, vmax : float, optional
        Values of the darkest and of the lightest color; by default the extremes of all images.
    cmap, title, ax
        Color map, title, and axes to draw on.

    Raises
    ------
    ValueError
        If there is no image, if sizes differ, or if there is not one caption for each.
    """
    tiles = [_gray(image) for image in images]
    if not tiles:
        raise ValueError("There is no image to show.")
    if captions is not None and len(captions) != len(tiles):
        raise ValueError(f"{len(tiles)} images, but {len(captions)} captions.")
    if len({tile.shape for tile in tiles}) > 1:
        raise ValueError("The images differ in size: resize them to one size first.")
    height, width = tiles[0].shape
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    gap = max(1, round(0.07 * width))
    inches = WIDTH * min(1.0, columns / 3) / columns  # of one tile
    size = min(11.5, max(7.5, 11 * inches))  # the longest class name fits below its image
    letters = max(11, int(inches * 115 / size))
    wrap = TextWrapper(letters, break_long_words=False, break_on_hyphens=False)
    texts = [wrap.fill(str(caption)) for caption in captions or ()]
    lines = max((text.count("\n") + 1 for text in texts), default=0)
    below = round(lines * size * 1.35 / 72 * width / inches) + gap
    montage = np.full((rows * (height + below), columns * (width + gap) - gap), np.nan)
    for number, tile in enumerate(tiles):
        top, left = number // columns * (height + below), number % columns * (width + gap)
        montage[top : top + height, left : left + width] = tile
    figure_height = inches * montage.shape[0] / width + (0.4 if title else 0)
    ax = axes_for(ax, figure_height, inches * columns)
    ax.imshow(montage, cmap=cmap, vmin=vmin, vmax=vmax)
    for number, text in enumerate(texts):
        top, left = number // columns * (height + below), number % columns * (width + gap)
        at = (left + width / 2 - 0.5, top + height + gap / 2)
        ax.text(*at, text, ha="center", va="top", fontsize=size, linespacing=1.1)
    frameless(ax, title)
    return ax


def feature_maps(
    maps: np.ndarray, title: str | None = None, columns: int = 8, ax: Axes | None = None
) -> Axes:
    """Show the feature maps of one image, (H, W, F), as F small pictures on one scale."""
    maps = np.asarray(maps)
    if maps.ndim != 3:
        raise ValueError(f"Expected the maps of one image, (H, W, F), not shape {maps.shape}.")
    images = np.moveaxis(maps, 2, 0)
    return image_grid(images, columns=columns, cmap="viridis", title=title, ax=ax)


def value_grid(
    values: np.ndarray,
    highlight: tuple[int, int, int, int] | None = None,
    fmt: str | None = None,
    title: str | None = None,
    cmap: str = "gray",
    ax: Axes | None = None,
    vmin: float | None = None,
    vmax: float | None = None,
) -> Axes:
    """Show a small matrix with its numbers written in.

    Parameters
    ----------
    values : array, shape (H, W)
        NaN leaves a place empty.
    highlight : (row, column, height, width), optional
        A window to frame.
    fmt : str, optional
        Format of a number, such as ".2f"; by default whole numbers are written as such.
    title, cmap, ax, vmin, vmax
        Title, color map, axes, and the values at the ends of the color map.
    """
    values = np.asarray(values, dtype=np.float64)
    rows, columns = values.shape
    if fmt is None:
        finite = values[np.isfinite(values)]
        fmt = ".0f" if np.array_equal(finite, np.round(finite)) else ".2f"
    side = min(0.62, WIDTH / columns)
    ax = axes_for(ax, rows * side + 0.5, max(columns * side, 2.4))
    image = ax.imshow(values, cmap=cmap, vmin=vmin, vmax=vmax)
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            luminance = np.dot(image.cmap(image.norm(value))[:3], (0.299, 0.587, 0.114))
            color = "white" if luminance < 0.5 else INK
            text = format(value + 0.0, fmt)
            ax.text(column, row, text, ha="center", va="center", color=color, fontsize=10)
    ax.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    ax.grid(which="minor", color=LIGHT, linewidth=1)
    ax.tick_params(which="both", length=0, labelbottom=False, labelleft=False)
    ax.spines[:].set_visible(False)
    if highlight is not None:
        top, left, height, width = highlight
        frame = Rectangle((left - 0.5, top - 0.5), width, height, fill=False, ec=ORANGE, lw=4)
        ax.add_patch(frame)
    if title:
        ax.set_title(title)
    return ax


def class_counts(
    counts: "np.ndarray | pd.Series", title: str = "Images per class", ax: Axes | None = None
) -> Axes:
    """Draw one bar per class, labelled with its count; `counts` has 10 numbers."""
    ax = axes_for(ax, 3.8)
    bars = ax.barh(CLASS_NAMES, np.asarray(counts), color=BLUE)
    ax.bar_label(bars, fmt="{:,.0f}", padding=3, color=INK)
    ax.invert_yaxis()
    ax.margins(x=0.14)
    ax.set(xlabel="images", title=title)
    return ax


def pixel_histogram(
    images: np.ndarray, title: str = "How bright are the pixels?", ax: Axes | None = None
) -> Axes:
    """Draw how often each gray value occurs; `images` are uint8, counts are logarithmic."""
    ax = axes_for(ax, 3.4)
    counts = np.bincount(np.asarray(images, dtype=np.uint8).ravel(), minlength=256)
    ax.bar(np.arange(256), counts, width=1.0, color=BLUE)
    ax.set_yscale("log")
    ax.set(xlabel="gray value (0 black, 255 white)", ylabel="pixels (log scale)", title=title)
    return ax


def _spread(places: np.ndarray, width: float, height: float) -> np.ndarray:
    """Move (n, 2) places of labels up or down until no two labels overlap, or nearly so."""
    places = np.array(places, dtype=np.float64)
    for _ in range(100):
        for one in range(len(places)):
            for two in range(one):
                across, up = places[one] - places[two]
                if abs(across) < width and abs(up) < height:
                    push = 0.1 * height * (1 if up >= 0 else -1)
                    places[one, 1] += push
                    places[two, 1] -= push
    return places


def pca_map(
    points: np.ndarray, labels: np.ndarray, title: str = "A map of images", ax: Axes | None = None
) -> Axes:
    """Draw (n, 2) points in the color of their class, with each class' name near its median."""
    ax = axes_for(ax, 5.6)
    points, labels = np.asarray(points), np.asarray(labels)
    colors = sns.color_palette("colorblind", len(CLASS_NAMES))
    shuffled = np.random.default_rng(0).permutation(len(points))  # no class hides the others
    x, y = points[shuffled].T
    ax.scatter(x, y, s=5, alpha=0.5, lw=0, c=[colors[label] for label in labels[shuffled]])
    box = {"boxstyle": "round,pad=0.2", "fc": "white", "alpha": 0.85}
    present = np.unique(labels)
    medians = np.array([np.median(points[labels == label], axis=0) for label in present])
    span = np.ptp(points, axis=0)
    places = _spread(medians, 0.15 * span[0], 0.05 * span[1])
    for label, (x, y) in zip(present, places, strict=True):
        frame = box | {"ec": colors[label], "lw": 1.8}
        ax.text(x, y, CLASS_NAMES[label], ha="center", va="center", fontsize=10, bbox=frame)
    ax.set(xlabel="first principal component", ylabel="second principal component", title=title)
    return ax


def confusion_heatmap(
    table: "pd.DataFrame",
    title: str = "Confusion matrix",
    fmt: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a table of `confusion_table`, counts or shares, with its numbers written in.

    The color scale ends at the largest error, so that errors can be seen beside the diagonal.
    """
    ax = axes_for(ax, 6.0, 6.3)
    values = table.to_numpy()
    shares = values.dtype.kind == "f"
    errors = values[~np.eye(len(values), dtype=bool)].max() if len(values) > 1 else values.max()
    fmt = fmt or (".0%" if shares else "d")
    texts = np.array([[format(value, fmt) for value in row] for row in values])
    texts[texts == format(values.dtype.type(0), fmt)] = ""  # zeros, also rounded ones
    sns.heatmap(
        table,
        annot=texts,
        fmt="",
        cmap=COUNTS,
        vmin=0,
        vmax=errors or None,
        square=True,
        linewidths=0.6,
        cbar=False,
        annot_kws={"fontsize": 12},
        ax=ax,
    )
    ax.set(xlabel="predicted class", ylabel="true class", title=title)
    ax.set_xticklabels(ax.get_xticklabels(), rotation=45, ha="right", rotation_mode="anchor")
    ax.tick_params(length=0)
    return ax


def learning_curves(
    epochs: "pd.DataFrame",
    metric: str = "loss",
    best_epoch: int | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a metric of training and validation over the epochs of a `History`.

    Parameters
    ----------
    epochs : DataFrame
        `History.epochs`, with the columns epoch, `metric` and val_`metric`.
    metric : str
        "loss" (cross-entropy, in nats) or "accuracy" (a share).
    best_epoch : int, optional
        The epoch whose weights were kept; marked by a line.
    title, ax
        Title, and axes to draw on.
    """
    ax = axes_for(ax, 3.6)
    ax.plot(epochs["epoch"], epochs[metric], "o-", color=BLUE, label="training")
    ax.plot(epochs["epoch"], epochs[f"val_{metric}"], "s--", color=RED, label="validation")
    if best_epoch is not None:
        ax.axvline(best_epoch, color=GRAY, lw=1.2, ls=":", label=f"best epoch: {best_epoch}")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(axis="y")
    unit = {"loss": "cross-entropy (nats)", "accuracy": "accuracy (share)"}.get(metric, metric)
    ax.set(xlabel="epoch", ylabel=unit, title=title or f"Learning curves: {metric}")
    ax.legend()
    return ax


def probability_bars(
    probabilities: np.ndarray,
    true_label: int | None = None,
    top: int | None = None,
    title: str = "What the network answers",
    ax: Axes | None = None,
) -> Axes:
    """Draw the probabilities of the classes, the largest first if `top` limits their number.

    The bar of the true class, if given, is green; the others are blue.
    """
    probabilities = np.asarray(probabilities, dtype=np.float64)
    if probabilities.shape != (len(CLASS_NAMES),):
        raise ValueError(f"Expected 10 probabilities, not shape {probabilities.shape}.")
    order = np.arange(len(CLASS_NAMES))
    if top is not None:
        order = np.argsort(-probabilities, kind="stable")[:top]
    ax = axes_for(ax, 0.6 + 0.32 * len(order))
    bars = ax.barh(
        [CLASS_NAMES[label] for label in order],
        probabilities[order],
        color=[GREEN if label == true_label else BLUE for label in order],
    )
    ax.bar_label(bars, fmt="{:.3f}", padding=3, color=INK)
    ax.invert_yaxis()
    ax.set(xlim=(0, 1.15), xlabel="probability", title=title)
    ax.set_xticks(np.linspace(0, 1, 6))
    return ax


def recall_chart(
    intervals: "pd.DataFrame", title: str = "Recall per class", ax: Axes | None = None
) -> Axes:
    """Draw the table of `recall_intervals`, best class on top, with its intervals."""
    ax = axes_for(ax, 3.8)
    table = intervals.sort_values("recall")
    errors = np.clip([table["recall"] - table["low"], table["high"] - table["recall"]], 0, None)
    ax.errorbar(table["recall"], table.index, xerr=errors, fmt="o", color=BLUE, capsize=4, ms=7)
    ax.grid(axis="x")
    ax.set(xlabel="recall: share of the class that is found", title=title)
    return ax
