"""A garment of the data set, cut out: large, in color, with a soft edge."""

import numpy as np
from PIL import Image
from scipy import ndimage

WIDTH, HEIGHT = 600, 800  # of a scene
SANDAL, BAG = 5, 8
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def cut_out(
    rng: np.random.Generator,
    image: np.ndarray,
    label: int,
    edge: int,
    *,
    tones: tuple[float, float] | None = None,
    color: np.ndarray | None = None,
) -> np.ndarray:
    """Return an image of the data set as a cut-out.

    Parameters
    ----------
    rng : Generator
        Draws contrast, color and cloth.
    image : uint8 array, shape (28, 28)
        Bright on black, as in the data set.
    label : int
        Holes are filled, but those of sandals and bags.
    edge : int
        Longest edge of the cut-out in pixels.
    tones : tuple of float, optional
        The darkest and the brightest gray of the garment; by default those of the shop photo.
    color : array, shape (3,), optional
        RGB values that the garment leans to; by default of a random hue, or none.

    Returns
    -------
    float32 array, shape (H, W, 4)
        RGB and alpha, 0 to 255.
    """
    values = image.astype(np.float32)
    mask = values >= 8
    if label not in (SANDAL, BAG):
        mask = ndimage.binary_fill_holes(mask)
    # A pixel at the edge is part garment, part background: it takes its neighbor's tone.
    core = (values >= 0.5 * ndimage.maximum_filter(values, 3)) & (values >= 8)
    nearest = ndimage.distance_transform_edt(~core, return_distances=False, return_indices=True)
    values = np.where(mask & ndimage.binary_erosion(mask), values, values[tuple(nearest)])
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    factor = edge / max(len(values[box]), values[box].shape[1])
    size = tuple(max(2, round(factor * side)) for side in values[box].shape[::-1])
    large = _resized(values[box], size)
    # One pixel of air around, so that the edge is soft on all sides.
    air = _resized(np.pad(255.0 * mask, 1)[_wider(box)], tuple(int(s + 2 * factor) for s in size))
    margin = [(a - b) // 2 for a, b in zip(air.shape, large.shape, strict=True)]
    pad = [(m, a - b - m) for m, a, b in zip(margin, air.shape, large.shape, strict=True)]
    large = np.pad(large, pad, mode="edge")
    alpha = np.clip((air - 90) / 60, 0, 1)
    gray = 255 - rng.uniform(0.65, 1) * large
    if tones:
        low, high = np.percentile(gray[alpha > 0.5], (2, 98))
        low, high = min(low, high - 1), high
        gray = tones[0] + (gray - low) / (high - low) * (tones[1] - tones[0])
    cloth = ndimage.gaussian_filter(rng.normal(0, 6, gray.shape), 0.8)
    if color is None:
        color = np.float32(rng.uniform(0, 255, 3)) if rng.random() < 0.6 else np.zeros(3)
    tint = (color - color @ LUMA) * rng.uniform(0.2, 0.6)
    rgb = (gray + cloth)[:, :, np.newaxis] + tint
    return np.dstack([rgb.clip(0, 255), 255 * alpha]).astype(np.float32)


def paste(scene: np.ndarray, piece: np.ndarray, top: int, left: int) -> None:
    """Lay a cut-out on a scene, in place; what hangs over an edge is cut off."""
    height, width = scene.shape[:2]
    rows = slice(max(0, top), min(height, top + piece.shape[0]))
    columns = slice(max(0, left), min(width, left + piece.shape[1]))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    part = piece[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    alpha = part[:, :, 3:] / 255
    scene[rows, columns] = (1 - alpha) * scene[rows, columns] + alpha * part[:, :, :3]


def place(
    rng: np.random.Generator, scene: np.ndarray, piece: np.ndarray, spread: float = 0.3
) -> tuple[int, int]:
    """Lay a cut-out near the middle of a scene; return its top and left."""
    room = [a - b for a, b in zip(scene.shape[:2], piece.shape[:2], strict=True)]
    top, left = (int(space * (0.5 + rng.uniform(-spread, spread))) for space in room)
    paste(scene, piece, top, left)
    return top, left


def shadow(
    scene: np.ndarray, piece: np.ndarray, top: int, left: int, blur: float, depth: float
) -> None:
    """Darken a scene where a cut-out at this place keeps the light off, in place."""
    stencil = np.zeros((*scene.shape[:2], 3), dtype=np.float32)
    black = piece.copy()
    black[:, :, :3] = 255
    paste(stencil, black, top, left)
    scene *= 1 - depth * ndimage.gaussian_filter(stencil[:, :, :1], (blur, blur, 0)) / 255


def turned(piece: np.ndarray, degrees: float) -> np.ndarray:
    """Return a cut-out, turned."""
    image = Image.fromarray(piece.astype(np.uint8), "RGBA")
    return np.asarray(image.rotate(degrees, Image.Resampling.BILINEAR, expand=True), np.float32)


def _resized(values: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    image = Image.fromarray(values.astype(np.float32))
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC))


def _wider(box: tuple[slice, slice]) -> tuple[slice, slice]:
    """Return the box with a pixel more on all sides, in a picture padded by one."""
    return slice(box[0].start, box[0].stop + 2), slice(box[1].start, box[1].stop + 2)
