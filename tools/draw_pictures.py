"""Draw the pictures of the site and of the README from real data: ``make derived``.

`hero.png` shows one test image on its way through the shipped network, `hero-narrow.png` the
same for a phone; the figure `OcclusionLens` takes their place, so they have its layout.
`logo.svg` and `favicon.svg` are a boot of few pixels; `chapter-1.png` to `chapter-6.png`
(`chapter_pictures.py`) are on the cards of the front page. ``--check`` draws again and compares.
"""

import argparse
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch, Rectangle
from PIL import Image

from fashion_figures.occlusion_lens.figure import GARMENT, OcclusionLens, clearest_maps
from fashion_figures.shared.assets import GARMENTS_PER_CLASS
from fashion_lib import CLASS_NAMES, forward, load_weights, normalize
from fashion_lib._palette import PALETTE
from fashion_lib.plots import use_course_style
from tools import ROOT, chapter_pictures

FOLDER = ROOT / "_static"
PAPER, INK, QUIET, LINE, ACCENT, WARM = (
    PALETTE["night"][name] for name in ("paper", "ink", "quiet", "line", "accent", "warm")
)
# `activationColor` of fashion_figures/shared/paint.mjs.
ACTIVATION = LinearSegmentedColormap.from_list("activation", ["#0a161e", "#14767e", "#f0faec"])
TOLERANCE = 6  # gray levels: text is drawn a little differently by other font versions


Box = tuple[float, float, float, float]  # left, bottom, width, height as shares of the figure


def hero() -> bytes:
    """Return the hero picture as PNG: pixels, window, feature maps, probabilities."""
    figure = Figure(figsize=(12, 4.6), dpi=130, facecolor=PAPER)
    with _style():
        image, maps, probabilities, label = _walk()
        _draw_image(figure, image, (0.025, 0.186, 0.24, 0.626), (0.288, 0.43, 0.12, 0.313))
        _caption(figure, 0.025, 0.89, "1", "Pixels")
        _note(figure, 0.025, 0.08, "28 × 28 gray values, seen nine at a time")
        _draw_maps(figure, maps, (0.431, 0.186, 0.24, 0.626))
        _caption(figure, 0.431, 0.89, "2", "Features")
        _note(figure, 0.431, 0.08, "nine of 32 feature maps")
        _draw_answer(figure, probabilities, label, (0.795, 0.186, 0.14, 0.626))
        _caption(figure, 0.694, 0.89, "3", "Predictions")
        _note(figure, 0.694, 0.08, "ten probabilities")
        return _png(figure)


def hero_narrow() -> bytes:
    """Return the hero picture for a narrow screen: the three steps in two rows."""
    figure = Figure(figsize=(6, 7.4), dpi=130, facecolor=PAPER)
    with _style():
        image, maps, probabilities, label = _walk()
        _draw_image(figure, image, (0.04, 0.559, 0.44, 0.357), (0.04, 0.27, 0.26, 0.211))
        _caption(figure, 0.04, 0.952, "1", "Pixels")
        _draw_maps(figure, maps, (0.52, 0.559, 0.44, 0.357))
        _caption(figure, 0.52, 0.952, "2", "Features")
        _draw_answer(figure, probabilities, label, (0.54, 0.11, 0.38, 0.37))
        _caption(figure, 0.34, 0.515, "3", "Predictions")
        return _png(figure)


@contextmanager
def _style() -> Iterator[None]:
    with mpl.rc_context():
        use_course_style()
        mpl.rcParams["figure.constrained_layout.use"] = False
        yield


def _walk() -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Return the picture (28, 28), nine feature maps (26, 26, 9), the probabilities, the label."""
    image = OcclusionLens().image
    probabilities, layers = forward(load_weights(), normalize(image[np.newaxis]), True)
    maps = layers["conv1"][0]
    return image, maps[..., clearest_maps(maps)], probabilities[0], GARMENT // GARMENTS_PER_CLASS


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor=PAPER, metadata={"Software": None})
    return buffer.getvalue()


def _caption(figure: Figure, x: float, y: float, number: str, text: str) -> None:
    width = figure.get_figwidth()
    figure.text(x, y, number, color=WARM, fontsize=15, weight="bold", va="center")
    figure.text(x + 0.24 / width, y, text, color=INK, fontsize=15, weight="bold", va="center")


def _note(figure: Figure, x: float, y: float, text: str) -> None:
    figure.text(x, y, text, color=QUIET, fontsize=12)


def _draw_image(figure: Figure, image: np.ndarray, box: Box, window_box: Box) -> None:
    """Draw the picture, and large in `window_box` the nine pixels of one window."""
    axes = figure.add_axes(box)
    axes.imshow(image, cmap="gray")
    axes.set_axis_off()
    lens = OcclusionLens()
    row, column = lens.row, lens.column
    axes.add_patch(Rectangle((column - 0.5, row - 0.5), 3, 3, fill=False, ec=WARM, lw=2.5))
    window = figure.add_axes(window_box)
    window.imshow(image[row : row + 3, column : column + 3], cmap="gray", vmin=0, vmax=255)
    window.set(xticks=[], yticks=[])
    window.spines[:].set(visible=True, color=WARM, linewidth=2.5)
    for (i, j), value in np.ndenumerate(image[row : row + 3, column : column + 3]):
        color = "white" if value < 140 else "black"
        window.text(j, i, str(value), ha="center", va="center", color=color, fontsize=8.5)
    if window_box[1] + window_box[3] < box[1]:  # below the picture, else beside it
        first = ((column - 0.5, row + 2.5), (0, 1))
        second = ((column + 2.5, row + 2.5), (1, 1))
    else:
        first = ((column + 2.5, row - 0.5), (0, 1))
        second = ((column + 2.5, row + 2.5), (0, 0))
    for corner, end in (first, second):
        figure.add_artist(
            ConnectionPatch(
                corner, end, "data", "axes fraction", axesA=axes, axesB=window, color=WARM, lw=1
            )
        )


def _draw_maps(figure: Figure, maps: np.ndarray, box: Box) -> None:
    """Draw nine maps in a square, each from 0 to its largest value."""
    left, bottom, width, height = box
    side = 3
    for number in range(side**2):
        row, column = divmod(number, side)
        axes = figure.add_axes(
            (
                left + column * width / side,
                bottom + (side - 1 - row) * height / side,
                0.94 * width / side,
                0.94 * height / side,
            )
        )
        axes.imshow(
            maps[:, :, number] ** 0.6, cmap=ACTIVATION, vmin=0, aspect="auto"
        )  # as the figures color values after ReLU: small ones show, too
        axes.set_axis_off()


def _draw_answer(figure: Figure, probabilities: np.ndarray, label: int, box: Box) -> None:
    axes = figure.add_axes(box, facecolor=PAPER)
    colors = [ACCENT if number == label else LINE for number in range(len(CLASS_NAMES))]
    axes.barh(CLASS_NAMES, np.maximum(probabilities, 0.006), color=colors)
    axes.invert_yaxis()
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelbottom=False, colors=INK, labelsize=11.5)
    axes.set_xlim(0, 1.05)


def mark(size: int, margin: int) -> bytes:
    """Return the course's mark as SVG: an ankle boot of 8 x 8 pixels in a rounded square."""
    boot = (
        "..TTT...",
        "..TTT...",
        "..TTT...",
        "..TAAA..",
        "..TAAA..",
        "..TAAATT",
        "..TTTTTT",
    )
    pixel = (size - 2 * margin) / len(boot[0])
    colors = {"T": ACCENT, "A": WARM}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}">',
        f'<rect width="{size}" height="{size}" rx="{size // 6}" fill="{PAPER}"/>',
    ]
    for y, row in enumerate(boot):
        for x, letter in enumerate(row):
            if letter in colors:
                at = f'x="{margin + x * pixel:g}" y="{margin + (y + 0.5) * pixel:g}"'
                cell = f'width="{0.9 * pixel:g}" height="{0.9 * pixel:g}"'
                parts.append(f'<rect {at} {cell} fill="{colors[letter]}"/>')
    return ("\n".join([*parts, "</svg>"]) + "\n").encode()


PICTURES = {
    "hero.png": hero,
    "hero-narrow.png": hero_narrow,
    "logo.svg": lambda: mark(64, 8),
    "favicon.svg": lambda: mark(64, 8),
    **chapter_pictures.PICTURES,
}


def differs(old: bytes, new: bytes) -> bool:
    """Tell whether two pictures differ by more than the drawing of letters may."""
    if old == new or not new.startswith(b"\x89PNG"):
        return old != new
    first, second = (np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) for data in (old, new))
    if first.shape != second.shape:
        return True
    return bool(np.abs(first.astype(float) - second).mean() > TOLERANCE)


def main() -> int:
    """Write the pictures, or check that they are what this script draws."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    stale = []
    for name, draw in PICTURES.items():
        path, content = FOLDER / name, draw()
        if not check:
            path.write_bytes(content)
        elif not path.exists() or differs(path.read_bytes(), content):
            stale.append(name)
    for name in stale:
        print(f"_static/{name} is not what tools/draw_pictures.py draws: run `make derived`")
    if check and not stale:
        print(f"_static: {len(PICTURES)} pictures are in step")
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
