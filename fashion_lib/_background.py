"""A photo's background: the slope of light that fits the colors along its border best."""

import numpy as np

from fashion_lib._frame import TOLERANCE

_LUMA = np.array([0.299, 0.587, 0.114])  # Rec. 601, for distances
_LUMA_INTEGERS = np.array([19595, 38470, 7471], dtype=np.uint32)  # the same, for pictures
_PLANE, _CURVE = 3, 6  # terms
_ROUNDS = 5
_PLAIN = 2.2  # gray levels: what noise leaves


def isolate(pixels: np.ndarray) -> tuple[np.ndarray, dict[str, float]]:
    """Return each pixel's distance from the background, 0 within its tolerance; and measures.

    Light falls off across most photos, so the background is a slope: a plane. Where light falls
    off toward the corners, it is curved. A pattern fits neither, and is often weaker in
    brightness than in color, so brightness alone is looked at then. What leaves least counts.

    Parameters
    ----------
    pixels : uint8 array, shape (H, W, channels)
        One channel or three.

    Returns
    -------
    isolated : uint8 array, shape (H, W)
    measures : dict of str to float
        "pattern", "light", "border" and "contrast": see `fashion_lib.picture_warnings`.
    """
    deviation = np.inf
    for terms, is_gray in ((_PLANE, False), (_CURVE, False), (_CURVE, True)):
        if deviation <= _PLAIN:
            break
        picture = _luma(pixels) if is_gray else pixels
        surface, left = _fit(picture, terms)
        if left < deviation:
            seen, background, deviation = picture, surface, left
    difference = seen - background
    distance = np.floor(_distance(difference) + 0.5)
    distance[distance <= TOLERANCE + 4 * deviation] = 0
    isolated = np.minimum(distance, 255).astype(np.uint8)
    weights = _LUMA if seen.shape[2] == 3 else np.ones(1)
    return isolated, {
        "pattern": deviation,
        "light": float(np.ptp(background @ weights)),
        "border": float((isolated[border_of(*isolated.shape)] > 0).mean()),
        "contrast": exceeded(np.abs(difference[isolated > 0] @ weights), 20),
    }


def border_of(height: int, width: int) -> np.ndarray:
    """Return the mask of the outermost pixels: 1 in 50 of the shorter edge, at least 1."""
    thickness = max(1, min(height, width) // 50)
    mask = np.ones((height, width), dtype=bool)
    mask[thickness : height - thickness, thickness : width - thickness] = False
    return mask


def exceeded(values: np.ndarray, part: int) -> float:
    """Return the value that one in `part` of the values reaches; 0 if there are none."""
    return float(np.sort(values, axis=None)[-1 - values.size // part]) if values.size else 0.0


def _fit(pixels: np.ndarray, count: int) -> tuple[np.ndarray, float]:
    """Fit a surface to the border's colors; return it, and the border's median distance.

    It starts level, at the border's median. Five times, the border pixels within the tolerance of
    the surface are chosen and it is fitted to them by least squares; a garment that touches the
    border is thus left out.
    """
    height, width = pixels.shape[:2]
    x = 2 * np.arange(width) / max(1, width - 1) - 1
    y = 2 * np.arange(height) / max(1, height - 1) - 1
    rows, columns = np.nonzero(border_of(height, width))
    values = pixels[rows, columns].astype(np.float64)  # (n, channels)
    terms = _terms(x[columns], y[rows], count)  # (n, count)
    surface = np.zeros((count, values.shape[1]))
    surface[0] = np.median(values, axis=0)
    for _ in range(_ROUNDS):
        distance = _distance(values - terms @ surface)
        near = distance <= TOLERANCE + 4 * np.median(distance)
        chosen = terms[near]
        normal = chosen.T @ chosen
        # A picture one pixel high has no slope; this keeps its equations solvable.
        slopes = np.arange(1, count)
        normal[slopes, slopes] += 1e-6 * len(chosen)
        surface = np.linalg.solve(normal, chosen.T @ values[near])
    deviation = float(np.median(_distance(values - terms @ surface)))
    across, down = np.meshgrid(x, y)
    return _terms(across, down, count) @ surface, deviation


def _terms(x: np.ndarray, y: np.ndarray, count: int) -> np.ndarray:
    """Return the first terms of a surface at places from -1 to 1: (..., count)."""
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y][:count], axis=-1)


def _distance(difference: np.ndarray) -> np.ndarray:
    """Return the root of the mean square over the channels, 0 to 255."""
    return np.sqrt((difference * difference).mean(axis=-1))


def _luma(pixels: np.ndarray) -> np.ndarray:
    """Return Rec. 601 luma in integers, uint8 (H, W, 1)."""
    if pixels.shape[2] == 1:
        return pixels
    luma = (pixels.astype(np.uint32) @ _LUMA_INTEGERS + 32768) >> 16
    return luma.astype(np.uint8)[:, :, np.newaxis]
