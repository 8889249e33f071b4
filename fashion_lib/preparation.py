"""From any picture of a garment to the 28×28 pixels that the network knows.

The data set's authors trimmed each shop photo to what is farther than 5 % from its corners'
color in RGB, shrank its longest edge to 28 pixels, sharpened it, extended it to a square, negated
it and made it gray [1]_. `prepare_image` does the same for other people's pictures, whose
background is not white: it trims by the same distance, and that distance, bright on black, takes
the place of negation. It averages over areas where they skip pixels and sharpen.

Every step uses integers or short sums in a fixed order, so that it can be repeated exactly in
another language:

1. **original**: turned upright by its EXIF tag, 8 bits a channel. Wider values become 8 bits by
   how far they reach: to 1, 255, 1023, 4095 or 65535; of 16-bit color, Pillow keeps the upper 8.
   A partly transparent picture is laid on black if its visible pixels (alpha > 127, or > 0) have
   a mean luma of 128 or more, and on white if not. If its longest edge is 1024 pixels or more,
   blocks of ``k`` by ``k`` pixels are averaged, with ``k = longest // 512``; of a JPEG of more
   than 20 megapixels, blocks of 8 by 8 before that.
2. **frame removed**, if there is one: see `fashion_lib._frame`.
3. **background made black**: a plane ``a + b x + c y`` is fitted to the outermost pixels, in each
   channel; where it leaves more than a little, a curved surface with ``x²``, ``x y`` and ``y²``
   too; and where that does, the same of the gray picture (see `fashion_lib._background`). A pixel
   becomes its distance from there, the root of the mean square of its channels', and 0 if that
   distance is within the tolerance, ``13 + 4 m``, where ``m`` is the median distance on the
   border. 13 is the authors' 5 % of the full range.
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

from dataclasses import dataclass, field

import numpy as np

from fashion_lib._background import border_of, exceeded, isolate
from fashion_lib._frame import TOLERANCE, find_frame
from fashion_lib.picture_warnings import PictureWarning, warnings_for
from fashion_lib.pictures import ImageError, Source, read_picture

SIZE = 28

_DUST = 0.0005
_BLANK = 1 / 1000  # of the pixels stand out: fewer are nothing
_FRAMES = 3  # one around the other
_ROUGH, _BUSY = 6, 0.25  # a photo's background is not rougher, and its border not busier
_PIECE = 32  # a gray level of the 28×28 pixels: below, two pieces are apart


@dataclass(frozen=True)
class PreparedImage:
    """A picture in the data set's format, and how it got there.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (28, 28)
        Gray values, 0 (black background) to 255.
    steps : list of (str, ndarray of uint8)
        Name and picture of each step, from the original, (H, W) or (H, W, 3), to `pixels`.
    measures : dict of str to float
        What was measured on the way; `fashion_lib.picture_warnings` explains each number. Empty
        for a picture that was in the data set's format already.
    """

    pixels: np.ndarray = field(repr=False)
    steps: list[tuple[str, np.ndarray]] = field(repr=False)
    measures: dict[str, float] = field(repr=False, default_factory=dict)

    @property
    def warnings(self) -> tuple[PictureWarning, ...]:
        """What seems not to have been understood, and what to do; empty if nothing."""
        return warnings_for(self.measures)


def prepare_image(source: Source) -> PreparedImage:
    """Turn a picture of one garment into the data set's format.

    Parameters
    ----------
    source : path, bytes, binary file, PIL image or ndarray
        A picture file (PNG, JPEG, WebP, GIF, BMP or TIFF), its bytes, or pixels of shape
        (H, W), (H, W, 1), (H, W, 3) or (H, W, 4): uint8 (or other integers) in 0 to 255,
        uint16 or uint32 in 0 to 65535, floats in [0, 1] or [0, 255], or bool. At most 25
        megapixels, 52 in a JPEG file, and 60 MB. Of an animated file, the first frame that is
        not blank. A file is read from its start.

    Returns
    -------
    PreparedImage
        ``.pixels``, uint8 (28, 28), ``.steps`` and ``.warnings``. A picture that is already in
        the data set's format has these pixels unchanged; see the module's description.

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
    original, white = read_picture(source)
    measures = {"range": white}
    if _in_data_format(original):
        pixels = original if original.ndim == 2 else np.ascontiguousarray(original[:, :, 0])
        return PreparedImage(pixels, [("original", original), ("28×28", pixels)], measures)
    steps = [("original", original)]
    channels = _channels(original)
    photo = _unframed(channels)
    measures["frame"] = 1 - photo.size / channels.size
    if photo.size < channels.size:
        steps.append(("frame removed", photo if photo.shape[2] == 3 else photo[:, :, 0]))
    isolated, found = _blacken_background(photo)
    cropped = _crop(isolated)
    square = _fit_square(cropped)
    pixels = _stretch(area_average(square, SIZE, SIZE))
    steps += [
        ("background made black", isolated),
        ("cropped", cropped),
        ("fitted into a square", square),
        ("28×28", pixels),
    ]
    size = float(max(cropped.shape))
    measures |= found | {"filled": float((cropped > 0).mean()), "size": size}
    measures |= {"elsewhere": _elsewhere(pixels), "sharpness": _sharpness(pixels)}
    return PreparedImage(pixels, steps, measures)


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


# --- the photo -------------------------------------------------------------------------------


def _in_data_format(pixels: np.ndarray) -> bool:
    """Return whether the picture is 28×28, gray, on black, and not blank."""
    if pixels.shape[:2] != (SIZE, SIZE):
        return False
    gray = _channels(pixels)
    if gray.shape[2] != 1:
        return False
    gray = gray[:, :, 0]
    corners = gray[[0, 0, -1, -1], [0, -1, 0, -1]]
    is_blank = gray.max() - gray.min() <= TOLERANCE
    return bool(corners.min() <= 15 and gray[border_of(SIZE, SIZE)].mean() < 128 and not is_blank)


def _channels(pixels: np.ndarray) -> np.ndarray:
    """Return (H, W, 1) if the picture is gray, (H, W, 3) if it has a color."""
    if pixels.ndim == 2:
        return pixels[:, :, np.newaxis]
    return pixels if (pixels != pixels[:, :, :1]).any() else pixels[:, :, :1]


def _unframed(pixels: np.ndarray) -> np.ndarray:
    """Return what is inside a frame, if there is one and if that is a photo.

    A photo has a background of its own, and something on it. A garment with straight edges has
    not.
    """
    photo = inside = pixels
    for _ in range(_FRAMES):
        box = find_frame(inside)
        if box is None:
            break
        inside = inside[box]
        isolated, found = isolate(inside)
        is_plain = found["pattern"] <= _ROUGH and found["border"] <= _BUSY
        if is_plain and not _is_blank(isolated):
            photo = inside
    return photo


def _is_blank(isolated: np.ndarray) -> bool:
    return int(np.count_nonzero(isolated)) < max(1, _BLANK * isolated.size)


def _blacken_background(pixels: np.ndarray) -> tuple[np.ndarray, dict[str, float]]:
    """Return what `isolate` does; refuse a picture in which nothing stands out."""
    isolated, measures = isolate(pixels)
    if _is_blank(isolated):
        raise ImageError(
            "Nothing stands out from the background: the picture is blank, or nearly so, or the "
            "background has a strong pattern. Use a picture of one garment, larger and on a plain "
            "background of another tone."
        )
    return isolated, measures


# --- the garment -----------------------------------------------------------------------------


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


def _sharpness(pixels: np.ndarray) -> float:
    """Return the step between neighbors that one in a hundred reaches, in gray levels."""
    steps = [np.abs(np.diff(pixels.astype(int), axis=axis)).ravel() for axis in (0, 1)]
    return exceeded(np.concatenate(steps), 100)


def _elsewhere(pixels: np.ndarray) -> float:
    """Return the share of the light outside the largest piece.

    A piece is a set of pixels of at least `_PIECE` that touch one another, at corners too.
    """
    waiting = {(int(y), int(x)) for y, x in np.argwhere(pixels >= _PIECE)}
    pieces = []
    while waiting:
        edge, light = [waiting.pop()], 0
        while edge:
            y, x = edge.pop()
            light += int(pixels[y, x])
            near = {(y + down, x + right) for down in (-1, 0, 1) for right in (-1, 0, 1)}
            edge += near & waiting
            waiting -= near
        pieces.append(light)
    return 1 - max(pieces) / sum(pieces)
