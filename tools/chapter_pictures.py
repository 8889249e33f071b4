"""Draw the small pictures on the cards of the front page, one a chapter, from real data.

`python -m tools.draw_pictures` writes them beside the other pictures of the site. Each is a
square of `EDGE` pixels in the colors of the night.
"""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from fashion_lib import KERNELS, conv2d, forward, load_data, load_weights, normalize
from fashion_lib._palette import PALETTE
from fashion_lib.runs import load_run

EDGE = 168
PAPER, INK, LINE, ACCENT, WARM = (
    np.array(ImageColor.getrgb(PALETTE["night"][name]), float)
    for name in ("paper", "ink", "line", "accent", "warm")
)


def _blend(shares: np.ndarray, color: np.ndarray) -> np.ndarray:
    """Return colors (…, 3) between the paper and `color` by shares from 0 to 1."""
    return PAPER + np.clip(shares, 0, 1)[..., np.newaxis] * (color - PAPER)


def _mosaic(tiles: np.ndarray, scale: int, gap: int = 4) -> np.ndarray:
    """Return tiles (rows, columns, H, W, 3) as one square picture, each pixel `scale` wide."""
    sheet = np.tile(PAPER, (EDGE, EDGE, 1))
    step = tiles.shape[2] * scale + gap
    margin = (EDGE - tiles.shape[0] * step + gap) // 2
    for row, column in np.ndindex(tiles.shape[:2]):
        large = tiles[row, column].repeat(scale, axis=0).repeat(scale, axis=1)
        top, left = margin + row * step, margin + column * step
        sheet[top : top + large.shape[0], left : left + large.shape[1]] = large
    return sheet


def _boot() -> np.ndarray:
    """Return the test image of the hero picture, (28, 28), from 0 to 1."""
    return normalize(load_data()[1][0][28:29])[0, :, :, 0]


def garments() -> np.ndarray:
    """Draw nine garments of the test set, one a class; the last is the boot of all pictures."""
    images, labels = load_data()[1]
    first = [images[labels == name][0] / 255 for name in (0, 1, 2, 3, 4, 5, 7, 8)]
    shown = np.stack([*first, _boot()]).reshape(3, 3, 28, 28)
    return _mosaic(_blend(shown, INK), scale=2, gap=0)


def edges() -> np.ndarray:
    """Draw the boot's left edges in one color, its right edges in another."""
    found = conv2d(_boot(), KERNELS["sobel_x"])
    found /= np.abs(found).max()
    colors = np.where((found > 0)[..., np.newaxis], _blend(found, ACCENT), _blend(-found, WARM))
    return _mosaic(colors[np.newaxis, np.newaxis], scale=6)


def maps() -> np.ndarray:
    """Draw nine feature maps of the second layer."""
    maps = forward(load_weights(), _boot()[np.newaxis, :, :, np.newaxis], True)[1]["conv2"][0]
    strongest = np.sort(np.argsort(-maps.std(axis=(0, 1)))[:9])
    shown = (maps[:, :, strongest] / maps[:, :, strongest].max(axis=(0, 1))).transpose(2, 0, 1)
    return _mosaic(_blend(shown.reshape(3, 3, 11, 11), ACCENT), scale=4, gap=9)


def curves() -> np.ndarray:
    """Draw the loss in training and in validation, epoch by epoch."""
    epochs = load_run("full_training")["results"][0]["epochs"]
    picture = Image.new("RGB", (4 * EDGE, 4 * EDGE), tuple(PAPER.astype(int)))
    pen = ImageDraw.Draw(picture)
    pen.line([(56, 40), (56, 616), (632, 616)], tuple(LINE.astype(int)), 10)
    low, high = min(epochs["loss"]), max(epochs["loss"])
    for name, color in (("loss", ACCENT), ("val_loss", WARM)):
        heights = 560 - 480 * (np.array(epochs[name]) - low) / (high - low)
        places = np.linspace(90, 600, len(heights))
        pen.line(list(zip(places, heights, strict=True)), tuple(color.astype(int)), 20, "curve")
    return np.asarray(picture.resize((EDGE, EDGE), Image.Resampling.BOX), float)


def matrix() -> np.ndarray:
    """Draw the confusion matrix of a thousand test images; the errors are lit stronger."""
    images, labels = (part[:1000] for part in load_data()[1])
    answers = forward(load_weights(), normalize(images)).argmax(axis=1)
    counts = np.zeros((10, 10))
    np.add.at(counts, (labels, answers), 1)
    shares = np.sqrt(counts / counts.sum(axis=1, keepdims=True))
    right = np.eye(10, dtype=bool)[..., np.newaxis]
    colors = np.where(right, _blend(shares, ACCENT), _blend(0.12 + 1.6 * shares, WARM))
    return _mosaic(colors[:, :, np.newaxis, np.newaxis], scale=14, gap=2)


def answer() -> np.ndarray:
    """Draw the boot, and the ten probabilities as bars."""
    sheet = np.tile(PAPER, (EDGE, EDGE, 1))
    sheet[56:112, 6:62] = _blend(_boot(), INK).repeat(2, axis=0).repeat(2, axis=1)
    probabilities = forward(load_weights(), _boot()[np.newaxis, :, :, np.newaxis])[0]
    for number, share in enumerate(probabilities):
        color = ACCENT if share == probabilities.max() else LINE
        sheet[11 + 15 * number : 21 + 15 * number, 78 : 84 + round(76 * share)] = color
    return sheet


def _encoded(draw: Callable[[], np.ndarray]) -> Callable[[], bytes]:
    def encode() -> bytes:
        buffer = io.BytesIO()
        picture = Image.fromarray(draw().round().astype(np.uint8))
        picture.quantize(64).save(buffer, "PNG", optimize=True)
        return buffer.getvalue()

    return encode


#: file name -> function that returns the picture as PNG
PICTURES = {
    f"chapter-{number}.png": _encoded(draw)
    for number, draw in enumerate((garments, edges, maps, curves, matrix, answer), start=1)
}
