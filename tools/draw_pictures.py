"""Draw the pictures of the site and of the README from real data: ``make derived``.

`hero.png` shows one test image on its way through the shipped network; `logo.svg` and
`favicon.svg` are a boot of few pixels. ``--check`` draws again and compares.
"""

import argparse
import io
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch, Rectangle

from fashion_lib import CLASS_NAMES, forward, load_data, load_weights, normalize
from fashion_lib.plots import use_course_style

FOLDER = Path(__file__).resolve().parent.parent / "_static"
NIGHT, PAPER, TEAL, AMBER, MIST = "#0f2a30", "#f4faf9", "#6fd3cf", "#f3b27a", "#9db8ba"
# A test image that the network gets right; chosen for its clear outline.
PICTURE = 28
TOLERANCE = 6  # gray levels: text is drawn a little differently by other font versions


def hero() -> bytes:
    """Return the hero picture as PNG: pixels, window, feature maps, probabilities."""
    _, (x_test, y_test) = load_data()
    image = x_test[PICTURE]
    probabilities, layers = forward(load_weights(), normalize(image[np.newaxis]), True)
    with mpl.rc_context():
        use_course_style()
        mpl.rcParams["figure.constrained_layout.use"] = False
        figure = Figure(figsize=(12, 4.0), dpi=130, facecolor=NIGHT)
        _draw_image(figure, image)
        _draw_maps(figure, layers["conv1"][0], (0.335, 0.17, 0.2, 0.62), 3, "26 × 26 feature maps")
        _draw_maps(figure, layers["conv2"][0], (0.565, 0.17, 0.16, 0.62), 4, "11 × 11")
        _draw_answer(figure, probabilities[0], int(y_test[PICTURE]))
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", facecolor=NIGHT, metadata={"Software": None})
    return buffer.getvalue()


def _caption(figure: Figure, x: float, number: str, text: str) -> None:
    figure.text(x, 0.89, number, color=AMBER, fontsize=15, weight="bold", va="center")
    figure.text(x + 0.02, 0.89, text, color=PAPER, fontsize=15, weight="bold", va="center")


def _draw_image(figure: Figure, image: np.ndarray) -> None:
    axes = figure.add_axes((0.03, 0.17, 0.205, 0.62))
    axes.imshow(image, cmap="gray")
    axes.set_axis_off()
    row, column = 12, 10
    axes.add_patch(Rectangle((column - 0.5, row - 0.5), 3, 3, fill=False, ec=AMBER, lw=2.5))
    window = figure.add_axes((0.25, 0.37, 0.07, 0.21))
    window.imshow(image[row : row + 3, column : column + 3], cmap="gray", vmin=0, vmax=255)
    window.set(xticks=[], yticks=[])
    window.spines[:].set(visible=True, color=AMBER, linewidth=2.5)
    for (i, j), value in np.ndenumerate(image[row : row + 3, column : column + 3]):
        color = "white" if value < 140 else "black"
        window.text(j, i, str(value), ha="center", va="center", color=color, fontsize=8.5)
    for corner, end in (((column + 2.5, row - 0.5), (0, 1)), ((column + 2.5, row + 2.5), (0, 0))):
        figure.add_artist(
            ConnectionPatch(
                corner, end, "data", "axes fraction", axesA=axes, axesB=window, color=AMBER, lw=1
            )
        )
    _caption(figure, 0.03, "1", "Pixels")
    figure.text(0.03, 0.08, "28 × 28 gray values, seen nine at a time", color=MIST, fontsize=12)


def _draw_maps(
    figure: Figure, maps: np.ndarray, box: tuple[float, ...], side: int, note: str
) -> None:
    """Draw the side x side maps that say most about the garment itself, not its background."""
    left, bottom, width, height = box
    contrast = maps.std(axis=(0, 1)) - 3 * maps[0, 0]  # the corner is background
    strongest = np.sort(np.argsort(-contrast)[: side * side])
    for place, number in enumerate(strongest):
        row, column = divmod(place, side)
        axes = figure.add_axes(
            (
                left + column * width / side,
                bottom + (side - 1 - row) * height / side,
                0.94 * width / side,
                0.94 * height / side,
            )
        )
        axes.imshow(maps[:, :, number], cmap="viridis", aspect="auto")
        axes.set_axis_off()
    figure.text(left, 0.08, note, color=MIST, fontsize=12)
    if side == 3:
        _caption(figure, left, "2", "Features")


def _draw_answer(figure: Figure, probabilities: np.ndarray, label: int) -> None:
    axes = figure.add_axes((0.835, 0.17, 0.12, 0.62), facecolor=NIGHT)
    colors = [TEAL if number == label else "#4d6a6e" for number in range(len(CLASS_NAMES))]
    axes.barh(CLASS_NAMES, np.maximum(probabilities, 0.006), color=colors)
    axes.invert_yaxis()
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelbottom=False, colors=PAPER, labelsize=11.5)
    axes.set_xlim(0, 1.05)
    _caption(figure, 0.755, "3", "Predictions")
    figure.text(0.755, 0.08, "ten probabilities", color=MIST, fontsize=12)


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
    colors = {"T": TEAL, "A": AMBER}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}">',
        f'<rect width="{size}" height="{size}" rx="{size // 6}" fill="{NIGHT}"/>',
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
    "logo.svg": lambda: mark(64, 8),
    "favicon.svg": lambda: mark(64, 8),
}


def differs(old: bytes, new: bytes) -> bool:
    """Tell whether two pictures differ by more than the drawing of letters may."""
    if old == new or not new.startswith(b"\x89PNG"):
        return old != new
    from PIL import Image

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
