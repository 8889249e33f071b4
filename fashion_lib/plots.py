"""Draw what the other modules compute.

Every function takes `ax=None` and returns the axes it drew on; given axes are used and no
other figure is touched. Colors are told apart by color-blind readers (Okabe and Ito's set).
"""

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle

from fashion_lib.data import CLASS_NAMES

if TYPE_CHECKING:
    import pandas as pd

    from fashion_lib.prediction import PreparedImage

WIDTH = 6.5  # inches: the text column of the book, and still legible on a phone
INK, GRAY, LIGHT = "#14213d", "#5c6b73", "#d9e2e3"
BLUE, ORANGE, GREEN, RED, PURPLE = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#a34f80"
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
            "axes.prop_cycle": mpl.cycler(color=[BLUE, RED, GREEN, ORANGE, PURPLE, GRAY]),
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


def _axes(ax: Axes | None, height: float, width: float = WIDTH) -> Axes:
    """Return `ax`, or the axes of a new figure of this size in inches."""
    return plt.subplots(figsize=(width, height), layout="constrained")[1] if ax is None else ax


def _frameless(ax: Axes, title: str | None) -> None:
    ax.set_axis_off()
    if title:
        ax.set_title(title)


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
    ax = _axes(ax, 3.2, 3.2)
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
        If there is no image, or not one caption for each.
    """
    tiles = [_gray(image) for image in images]
    if not tiles:
        raise ValueError("There is no image to show.")
    if captions is not None and len(captions) != len(tiles):
        raise ValueError(f"{len(tiles)} images, but {len(captions)} captions.")
    height, width = tiles[0].shape
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    gap = max(1, round(0.07 * width))
    inches = WIDTH * min(1.0, columns / 3) / columns  # of one tile
    size = min(10.0, max(6.5, 15 * inches))
    letters = max(8, int(inches * 128 / size))
    texts = [fill(str(caption), letters, break_long_words=False) for caption in captions or ()]
    lines = max((text.count("\n") + 1 for text in texts), default=0)
    below = round(lines * size * 1.35 / 72 * width / inches) + gap
    montage = np.full((rows * (height + below), columns * (width + gap) - gap), np.nan)
    for number, tile in enumerate(tiles):
        top, left = number // columns * (height + below), number % columns * (width + gap)
        montage[top : top + height, left : left + width] = tile
    figure_height = inches * montage.shape[0] / width + (0.4 if title else 0)
    ax = _axes(ax, figure_height, inches * columns)
    ax.imshow(montage, cmap=cmap, vmin=vmin, vmax=vmax)
    for number, text in enumerate(texts):
        top, left = number // columns * (height + below), number % columns * (width + gap)
        at = (left + width / 2 - 0.5, top + height + gap / 2)
        ax.text(*at, text, ha="center", va="top", fontsize=size, linespacing=1.1)
    _frameless(ax, title)
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
    ax = _axes(ax, rows * side + 0.5, max(columns * side, 2.4))
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
    ax = _axes(ax, 3.8)
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
    ax = _axes(ax, 3.4)
    counts = np.bincount(np.asarray(images, dtype=np.uint8).ravel(), minlength=256)
    ax.bar(np.arange(256), counts, width=1.0, color=BLUE)
    ax.set_yscale("log")
    ax.set(xlabel="gray value (0 black, 255 white)", ylabel="pixels (log scale)", title=title)
    return ax


def pca_map(
    points: np.ndarray, labels: np.ndarray, title: str = "A map of images", ax: Axes | None = None
) -> Axes:
    """Draw (n, 2) points in the color of their class, with each class' name at its median."""
    ax = _axes(ax, 5.6)
    points, labels = np.asarray(points), np.asarray(labels)
    colors = sns.color_palette("colorblind", len(CLASS_NAMES))
    shuffled = np.random.default_rng(0).permutation(len(points))  # no class hides the others
    ax.scatter(
        *points[shuffled].T, s=5, alpha=0.5, lw=0, c=[colors[label] for label in labels[shuffled]]
    )
    box = {"boxstyle": "round,pad=0.2", "fc": "white", "alpha": 0.85}
    for label in np.unique(labels):
        at = np.median(points[labels == label], axis=0)
        edge = {"ec": colors[label], "lw": 1.8}
        ax.text(*at, CLASS_NAMES[label], ha="center", va="center", fontsize=10, bbox=box | edge)
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
    ax = _axes(ax, 6.3, 7.0)
    values = table.to_numpy()
    shares = values.dtype.kind == "f"
    errors = values[~np.eye(len(values), dtype=bool)].max() if len(values) > 1 else values.max()
    texts = np.array(
        [[format(v, fmt or (".0%" if shares else "d")) for v in row] for row in values]
    )
    texts[values < (0.005 if shares else 1)] = ""
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
        annot_kws={"fontsize": 10.5},
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
    ax = _axes(ax, 3.6)
    ax.plot(epochs["epoch"], epochs[metric], "o-", color=BLUE, label="training")
    ax.plot(epochs["epoch"], epochs[f"val_{metric}"], "s--", color=RED, label="validation")
    if best_epoch is not None:
        ax.axvline(best_epoch, color=GRAY, lw=1.2, ls=":", label=f"best epoch: {best_epoch}")
    ax.xaxis.set_major_locator(mpl.ticker.MaxNLocator(integer=True))
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
    ax = _axes(ax, 0.6 + 0.32 * len(order))
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
    ax = _axes(ax, 3.8)
    table = intervals.sort_values("recall")
    errors = np.clip([table["recall"] - table["low"], table["high"] - table["recall"]], 0, None)
    ax.errorbar(table["recall"], table.index, xerr=errors, fmt="o", color=BLUE, capsize=4, ms=7)
    ax.grid(axis="x")
    ax.set(xlabel="recall: share of the class that is found", title=title)
    return ax


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


def layer_diagram(
    table: "pd.DataFrame", title: str = "The network, layer by layer", ax: Axes | None = None
) -> Axes:
    """Draw a network from its `layer_table`: shapes to scale, parameters beside them.

    Parameters
    ----------
    table : DataFrame
        Columns layer, kind, output_shape and parameters, a row per layer.
    title, ax
        Title, and axes to draw on.
    """
    colors = {"convolution": BLUE, "max pooling": ORANGE, "flatten": GRAY, "dense": GREEN}
    rows = [("input", "image", (28, 28, 1), 0)]
    rows += list(
        table[["layer", "kind", "output_shape", "parameters"]].itertuples(index=False, name=None)
    )
    ax = _axes(ax, 0.85 * len(rows) + 0.5)
    for number, (layer, kind, shape, parameters) in enumerate(rows):
        middle = float(number)
        shape = tuple(int(side) for side in shape)
        _block(ax, 0.1, middle, shape, colors.get(kind, INK))
        count = f"{parameters:,} parameters" if parameters else "no parameters"
        count = "" if layer == "input" else count
        ax.text(1.7, middle - 0.03, layer, weight="bold", va="bottom")
        ax.text(1.7, middle + 0.05, kind, va="top", color=GRAY, fontsize=10)
        ax.text(3.9, middle, " × ".join(map(str, shape)), va="center", ha="center")
        ax.text(6.5, middle, count, va="center", ha="right")
        if number + 1 < len(rows):
            arrow = FancyArrowPatch(
                (3.9, middle + 0.2),
                (3.9, middle + 0.8),
                arrowstyle="->",
                mutation_scale=12,
                color=GRAY,
            )
            ax.add_patch(arrow)
    ax.set(xlim=(0, WIDTH), ylim=(len(rows) - 0.4, -0.6), aspect="equal")
    _frameless(ax, title)
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
    ax = _axes(ax, WIDTH / columns * rows * 1.18 + 0.4)
    for number, (name, image) in enumerate(steps):
        row, column = divmod(number, columns)
        top, left = row * 1.2, column * 1.1
        height, width = np.array(image.shape[:2]) / max(image.shape[:2])
        x, y = left + (1 - width) / 2, top + (1 - height) / 2
        ax.imshow(
            image, cmap="gray", vmin=0, vmax=255, extent=(x, x + width, y + height, y), zorder=2
        )
        ax.add_patch(Rectangle((left, top), 1, 1, fc="#eef2f2", ec=LIGHT, zorder=1))
        label = f"{number + 1}. {name}"
        ax.text(left + 0.5, top + 1.03, fill(label, 26), ha="center", va="top", fontsize=10)
    ax.set(xlim=(-0.02, columns * 1.1 - 0.08), ylim=(rows * 1.2 + 0.02, -0.02), aspect="equal")
    _frameless(ax, title)
    return ax
