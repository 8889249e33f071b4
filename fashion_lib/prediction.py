"""From any picture of a garment to the 28×28 pixels that the network knows, and to an answer.

The data set's authors trimmed each shop photo, shrank its longest edge to 28 pixels, centered
it, and negated it, so that a white background became black [1]_. `prepare_image` repeats
this for other people's pictures. Every step uses integers or short sums in a fixed order, so
that it can be repeated exactly in another language:

1. **original**: first frame, turned upright by its EXIF tag, 8 bits a channel. 16 bits of gray
   become 8 by ``(v + 128) // 257``; of 16-bit color, Pillow keeps the upper 8. A partly
   transparent picture is laid on black if its visible pixels (alpha > 127) have a mean luma of
   128 or more, and on white if not. If its longest edge is 1024 pixels or more, blocks of ``k``
   by ``k`` pixels are averaged, with ``k = longest // 512``.
2. **gray**: Rec. 601 luma, ``(19595 R + 38470 G + 7471 B + 32768) >> 16``.
3. **background made black**: a plane ``a + b x + c y`` is fitted to the outermost pixels (see
   `_fit_background`). A pixel becomes its distance from that plane, and 0 if that distance is
   within the tolerance, ``13 + 4 m``, where ``m`` is the median distance on the border.
   13 is the 5 % of the full range that the authors allow when they trim.
4. **cropped** to the rows and columns of what is left. Outer lines that hold together less
   than 0.05 % of the light are dust and go, too.
5. **fitted into a square** of black, in the middle; an odd pixel goes to the left or the top.
6. **28×28**: the exact average over each cell of a 28×28 grid, then scaled so that the
   brightest pixel is 255, as in the data set (where it is always 254 or 255).

A picture that is already in the data set's format goes through unchanged: 28×28, gray, its
darkest corner ≤ 15 and its outermost pixels below 128 on average. All 70,000 images of
Fashion-MNIST meet this rule.

References
----------
.. [1] H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking
   Machine Learning Algorithms", arXiv:1708.07747, 2017.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fashion_lib import _checks
from fashion_lib.data import CLASS_NAMES, normalize
from fashion_lib.forward_pass import forward
from fashion_lib.pictures import ImageError, Source, read_picture
from fashion_lib.weights import load_weights

SIZE = 28

_TOLERANCE = 13  # 5 % of 255
_DUST = 0.0005


@dataclass(frozen=True)
class PreparedImage:
    """A picture in the data set's format, and how it got there.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (28, 28)
        Gray values, 0 (black background) to 255.
    steps : list of (str, ndarray of uint8)
        Name and picture of each step, from the original, (H, W) or (H, W, 3), to `pixels`.
    """

    pixels: np.ndarray = field(repr=False)
    steps: list[tuple[str, np.ndarray]] = field(repr=False)


@dataclass(frozen=True)
class Prediction:
    """The network's answer for one picture.

    Attributes
    ----------
    label : int
        The most probable class, 0 to 9.
    class_name : str
        Its name.
    probabilities : ndarray of float32, shape (10,)
        The network's softmax output, in the order of the labels; it sums to 1.
    top : list of (str, float)
        The most probable classes, best first, as (class name, probability).
    prepared : PreparedImage
        What the network was shown.
    """

    label: int
    class_name: str
    probabilities: np.ndarray = field(repr=False)
    top: list[tuple[str, float]]
    prepared: PreparedImage = field(repr=False)


def prepare_image(source: Source) -> PreparedImage:
    """Turn a picture of one garment into the data set's format.

    Parameters
    ----------
    source : path, bytes, binary file, PIL image or ndarray
        A picture file (PNG, JPEG, WebP, GIF, BMP or TIFF), its bytes, or pixels of shape
        (H, W), (H, W, 1), (H, W, 3) or (H, W, 4): uint8 (or other integers) in 0 to 255,
        uint16 in 0 to 65535, floats in [0, 1], or bool. At most 20 megapixels and 25 MB.

    Returns
    -------
    PreparedImage
        ``.pixels``, uint8 (28, 28), and ``.steps``. A picture that is already in the data
        set's format has these pixels unchanged; see the module's description.

    Raises
    ------
    ImageError
        If the picture is missing, too large, empty, damaged, of an unknown format, or shows
        nothing that stands out from its background. Sizes are checked before decoding.
    TypeError
        If `source` is none of the kinds above.

    Notes
    -----
    The background has to be fairly even and to fill at least half of the picture's border.
    """
    original = read_picture(source)
    if _in_data_format(original):
        pixels = original if original.ndim == 2 else np.ascontiguousarray(original[:, :, 0])
        return PreparedImage(pixels, [("original", original), ("28×28", pixels)])
    gray = _luma(original)
    isolated = _blacken_background(gray)
    cropped = _crop(isolated)
    square = _fit_square(cropped)
    pixels = _stretch(area_average(square, SIZE, SIZE))
    steps = [
        ("original", original),
        ("gray", gray),
        ("background made black", isolated),
        ("cropped", cropped),
        ("fitted into a square", square),
        ("28×28", pixels),
    ]
    return PreparedImage(pixels, steps)


def predict_image(source: Source | PreparedImage, model: Any = None, top: int = 3) -> Prediction:
    """Say which of the ten classes a picture of one garment belongs to.

    Parameters
    ----------
    source : path, bytes, binary file, PIL image, ndarray or PreparedImage
        The picture, as for `prepare_image`.
    model : None, dict of arrays, or keras.Model
        None: the shipped weights, computed with NumPy, without TensorFlow. A dict: other
        weights of the same network. A Keras model: anything that maps float32 (1, 28, 28, 1),
        (1, 28, 28) or (1, 784) in [0, 1] to 10 probabilities.
    top : int
        How many classes to list in ``.top``, 1 to 10.

    Returns
    -------
    Prediction
        The answer, the probabilities of all ten classes, and the prepared picture.

    Raises
    ------
    ImageError
        If the picture cannot be used.
    TypeError
        If `model` is something else.
    ValueError
        If `top` is not in 1 to 10, or the model's answer is not ten probabilities.
    """
    if not 1 <= top <= len(CLASS_NAMES):
        raise ValueError(f"top must be between 1 and {len(CLASS_NAMES)}, got {top}")
    prepared = source if isinstance(source, PreparedImage) else prepare_image(source)
    batch = normalize(prepared.pixels[np.newaxis])  # (1, 28, 28, 1)
    probabilities = _probabilities(model, batch)
    # Stable, so that equal probabilities keep the order of the labels, as argmax does.
    order = np.argsort(-probabilities, kind="stable")
    label = int(order[0])
    best = [(CLASS_NAMES[i], float(probabilities[i])) for i in order[:top]]
    return Prediction(label, CLASS_NAMES[label], probabilities, best, prepared)


def example_pictures() -> dict[str, Path]:
    """Return the drawn example pictures that come with the package.

    Returns
    -------
    dict of str to Path
        PNG files by the name of the garment, such as "sneaker".
    """
    folder = Path(__file__).parent / "examples"
    return {path.stem: path for path in sorted(folder.glob("*.png"))}


def area_average(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize by averaging: each new pixel is the exact mean of the area that it covers.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        Gray values. It may be smaller than the result; then areas are parts of pixels.
    height, width : int
        Size of the result.

    Returns
    -------
    ndarray of float64, shape (height, width)
    """
    rows = _overlaps(pixels.shape[0], height)  # (height, H)
    columns = _overlaps(pixels.shape[1], width)  # (width, W)
    return rows @ pixels.astype(np.float64) @ columns.T


# --- from upright pixels to the data set's format -------------------------------------------


def _in_data_format(pixels: np.ndarray) -> bool:
    """Return whether the picture is 28×28, gray, on black, and not blank."""
    if pixels.shape[:2] != (SIZE, SIZE):
        return False
    if pixels.ndim == 3:
        if (pixels != pixels[:, :, :1]).any():
            return False
        pixels = pixels[:, :, 0]
    corners = pixels[[0, 0, -1, -1], [0, -1, 0, -1]]
    is_blank = pixels.max() - pixels.min() <= _TOLERANCE
    return bool(corners.min() <= 15 and pixels[_border(SIZE, SIZE)].mean() < 128 and not is_blank)


def _luma(pixels: np.ndarray) -> np.ndarray:
    """Return Rec. 601 luma in integers, uint8 (H, W)."""
    if pixels.ndim == 2:
        return pixels
    weighted = pixels.astype(np.uint32) @ np.array([19595, 38470, 7471], dtype=np.uint32)
    return ((weighted + 32768) >> 16).astype(np.uint8)


def _border(height: int, width: int) -> np.ndarray:
    """Return the mask of the outermost pixels: 1 in 50 of the shorter edge, at least 1."""
    thickness = max(1, min(height, width) // 50)
    mask = np.ones((height, width), dtype=bool)
    mask[thickness : height - thickness, thickness : width - thickness] = False
    return mask


def _fit_background(gray: np.ndarray) -> tuple[np.ndarray, float]:
    """Fit a plane to the border's gray values; return it, and the border's median distance.

    Light falls off across most photos, so the background is a slope rather than one tone.
    It starts level, at the border's median. Five times, the border pixels within the
    tolerance of the plane are chosen and the plane is fitted to them by least squares; a
    garment that touches the border is thus left out.
    """
    height, width = gray.shape
    rows, columns = np.nonzero(_border(height, width))
    values = gray[rows, columns].astype(np.float64)
    y = 2 * rows / max(1, height - 1) - 1
    x = 2 * columns / max(1, width - 1) - 1
    terms = np.stack([np.ones_like(x), x, y], axis=1)
    plane = np.array([np.median(values), 0.0, 0.0])
    for _ in range(5):
        distance = np.abs(values - terms @ plane)
        near = distance <= _TOLERANCE + 4 * np.median(distance)
        chosen = terms[near]
        normal = chosen.T @ chosen
        # A picture one pixel high has no slope; this keeps its equations solvable.
        normal[[1, 2], [1, 2]] += 1e-6 * len(chosen)
        plane = np.linalg.solve(normal, chosen.T @ values[near])
    deviation = float(np.median(np.abs(values - terms @ plane)))
    y = 2 * np.arange(height) / max(1, height - 1) - 1
    x = 2 * np.arange(width) / max(1, width - 1) - 1
    return plane[0] + plane[1] * x + plane[2] * y[:, np.newaxis], deviation


def _blacken_background(gray: np.ndarray) -> np.ndarray:
    """Return each pixel's distance from the background, 0 within its tolerance; uint8."""
    background, deviation = _fit_background(gray)
    distance = np.floor(np.abs(gray - background) + 0.5)
    distance[distance <= _TOLERANCE + 4 * deviation] = 0
    if np.count_nonzero(distance) < max(1, gray.size / 1000):
        raise ImageError(
            "Nothing stands out from the background: the picture is blank, or nearly so. Use "
            "a picture of one garment, larger and on a plain background of another tone."
        )
    return np.minimum(distance, 255).astype(np.uint8)


def _crop(isolated: np.ndarray) -> np.ndarray:
    """Cut off the outer rows and columns that hold next to no light."""
    rows = _extent(isolated.sum(axis=1, dtype=np.int64))
    columns = _extent(isolated.sum(axis=0, dtype=np.int64))
    return isolated[rows, columns]


def _extent(light: np.ndarray) -> slice:
    """Return where `light` is, without the ends that hold together under 0.05 % of it."""
    limit = _DUST * light.sum()
    first = int(np.argmax(np.cumsum(light) > limit))
    last = len(light) - int(np.argmax(np.cumsum(light[::-1]) > limit))
    return slice(first, last)


def _fit_square(cropped: np.ndarray) -> np.ndarray:
    """Add black on both sides of the shorter edge."""
    height, width = cropped.shape
    edge = max(height, width)
    top, left = (edge - height + 1) // 2, (edge - width + 1) // 2
    square = np.zeros((edge, edge), dtype=np.uint8)
    square[top : top + height, left : left + width] = cropped
    return square


def _overlaps(old: int, new: int) -> np.ndarray:
    """Return (new, old) weights: the share of each new cell that each old pixel covers."""
    edges = np.arange(new + 1) * old / new
    starts = np.arange(old)
    covered = np.minimum(edges[1:, np.newaxis], starts + 1) - np.maximum(
        edges[:-1, np.newaxis], starts
    )
    return np.maximum(covered, 0) * new / old


def _stretch(gray: np.ndarray) -> np.ndarray:
    """Scale so that the brightest pixel is 255; round; uint8."""
    return np.floor(gray * (255 / gray.max()) + 0.5).astype(np.uint8)


# --- from pixels to an answer ----------------------------------------------------------------


def _probabilities(model: Any, batch: np.ndarray) -> np.ndarray:
    """Return the model's ten probabilities for a batch of one, float32 (10,)."""
    if model is None or isinstance(model, Mapping):
        answer = forward(load_weights() if model is None else model, batch)
    elif hasattr(model, "predict"):
        batch = _checks.fitted(batch, model)
        answer = _checks.computed(lambda images: model.predict(images, verbose=0), batch)
    else:
        hint = _checks.no_weights(model)
        raise TypeError(f"model must be None, a dict of weights or a Keras model. {hint}")
    answer = _checks.check_probabilities(answer, 1, len(CLASS_NAMES))
    if not np.isfinite(answer).all():
        raise ValueError("The network answers with NaN. Its weights are broken: load others.")
    return answer[0].astype(np.float32)
