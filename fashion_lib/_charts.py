"""Charts of numbers: of the data, of a training, of a network's answers."""

from typing import TYPE_CHECKING

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from fashion_lib import _style
from fashion_lib._checks import white_of
from fashion_lib.data import CLASS_NAMES

if TYPE_CHECKING:
    import pandas as pd


def class_counts(
    counts: "np.ndarray | pd.Series", title: str = "Images per class", ax: Axes | None = None
) -> Axes:
    """Draw one bar per class, labelled with its count; `counts` has 10 numbers."""
    ax = _style.axes_for(ax, 3.8)
    bars = ax.barh(CLASS_NAMES, np.asarray(counts), color=_style.BLUE)
    ax.bar_label(bars, fmt="{:,.0f}", padding=3, color=_style.INK)
    ax.invert_yaxis()
    ax.margins(x=0.14)
    ax.set(xlabel="images", title=title)
    return ax


def pixel_histogram(
    images: np.ndarray, title: str = "How bright are the pixels?", ax: Axes | None = None
) -> Axes:
    """Draw how often each gray value occurs, in 256 bars; counts are logarithmic.

    `images` are whole numbers from 0 to 255, or floats from 0 to 1. ValueError for other values.
    """
    images = np.asarray(images)
    white = white_of(images)
    levels = np.rint(images.ravel() * (255 / white)).astype(np.uint8)
    ax = _style.axes_for(ax, 3.4)
    places = np.arange(256) * (white / 255)
    ax.bar(places, np.bincount(levels, minlength=256), width=white / 255, color=_style.BLUE)
    ax.set_yscale("log")
    ax.set(xlabel=f"gray value (0 black, {white} white)", ylabel="pixels (log scale)", title=title)
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
    ax = _style.axes_for(ax, 5.6)
    points, labels = np.asarray(points), np.asarray(labels)
    colors = list(_style.PALETTE["classes"].values())
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
    ax = _style.axes_for(ax, 6.0, 6.3)
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
        cmap=_style.COUNTS,
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
    ax = _style.axes_for(ax, 3.6)
    ax.plot(epochs["epoch"], epochs[metric], "o-", color=_style.BLUE, label="training")
    ax.plot(epochs["epoch"], epochs[f"val_{metric}"], "s--", color=_style.RED, label="validation")
    if best_epoch is not None:
        ax.axvline(best_epoch, color=_style.GRAY, lw=1.2, ls=":", label=f"best epoch: {best_epoch}")
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
    ax = _style.axes_for(ax, 0.6 + 0.32 * len(order))
    bars = ax.barh(
        [CLASS_NAMES[label] for label in order],
        probabilities[order],
        color=[_style.GREEN if label == true_label else _style.BLUE for label in order],
    )
    ax.bar_label(bars, fmt="{:.3f}", padding=3, color=_style.INK)
    ax.invert_yaxis()
    ax.set(xlim=(0, 1.15), xlabel="probability", title=title)
    ax.set_xticks(np.linspace(0, 1, 6))
    return ax


def recall_chart(
    intervals: "pd.DataFrame", title: str = "Recall per class", ax: Axes | None = None
) -> Axes:
    """Draw the table of `recall_intervals`, best class on top, with its intervals."""
    ax = _style.axes_for(ax, 3.8)
    table = intervals.sort_values("recall")
    errors = np.clip([table["recall"] - table["low"], table["high"] - table["recall"]], 0, None)
    ax.errorbar(
        table["recall"], table.index, xerr=errors, fmt="o", color=_style.BLUE, capsize=4, ms=7
    )
    ax.grid(axis="x")
    ax.set(xlabel="recall: share of the class that is found", title=title)
    return ax
