"""Draw what the other modules compute.

Every function takes `ax=None` and returns the axes it drew on; given axes are used and no
other figure is touched. Colors are told apart by color-blind readers (Okabe and Ito's set).
"""

from collections.abc import Sequence
from textwrap import TextWrapper
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from fashion_lib._charts import (
    class_counts as class_counts,
    confusion_heatmap as confusion_heatmap,
    learning_curves as learning_curves,
    pca_map as pca_map,
    pixel_histogram as pixel_histogram,
    probability_bars as probability_bars,
    recall_chart as recall_chart,
)
from fashion_lib._checks import white_of, whole_number
from fashion_lib._diagrams import (
    layer_diagram as layer_diagram,
    preparation_steps as preparation_steps,
)
from fashion_lib._style import (
    BLUE as BLUE,
    COUNTS as COUNTS,
    GRAY as GRAY,
    GREEN as GREEN,
    INK as INK,
    LIGHT as LIGHT,
    ORANGE as ORANGE,
    PURPLE as PURPLE,
    RED as RED,
    SIGNED as SIGNED,
    WIDTH as WIDTH,
    axes_for,
    frameless,
    use_course_style as use_course_style,
)


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

    Black is 0, and white 255, or 1 for floats: an image that was divided twice is black. `imshow`
    keywords are passed on; with `vmin`, `vmax`, a `norm`, or a color map of your own as `cmap`, the
    scale is matplotlib's. ValueError if values lie outside the scale.
    """
    if not {"cmap", "vmin", "vmax", "norm"} & set(imshow):
        imshow |= {"cmap": "gray", "vmin": 0, "vmax": white_of(np.asarray(image))}
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
        Values of the darkest and of the lightest color. By default 0 and 255, or 1 for floats; with
        a color map of your own the extremes of all images.
    cmap, title, ax
        Color map, title, and axes to draw on.

    Raises
    ------
    TypeError
        If `columns` is no whole number.
    ValueError
        If there is no image, if sizes differ, if there is not one caption for each, or if gray
        values lie outside the scale.
    """
    columns = whole_number("columns", columns, 1)
    tiles = [_gray(image) for image in images]
    if not tiles:
        raise ValueError("There is no image to show.")
    if captions is not None and len(captions) != len(tiles):
        raise ValueError(f"{len(tiles)} images, but {len(captions)} captions.")
    if len({tile.shape for tile in tiles}) > 1:
        raise ValueError("The images differ in size: resize them to one size first.")
    if (cmap, vmin, vmax) == ("gray", None, None):
        vmin, vmax = 0, white_of(np.stack(list(images)))
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
