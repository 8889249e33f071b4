"""The frame or the bars around a photo: a border, a letterbox, the edges of a screenshot.

A line of pixels belongs to a frame if nine tenths of it are of the tone of the picture's edge.
What follows the frame is a photo if hardly any of its first line is of that tone: a garment on a
plain background does not fill the line on which it begins.
"""

import numpy as np

TOLERANCE = 13  # 5 % of 255, as the data set's authors allowed

_FRAME = 0.9  # of a line: at least
_PHOTO = 0.1  # of the photo's first line: less
_BLUR = 2  # lines between frame and photo that an encoder mixes


def find_frame(pixels: np.ndarray) -> tuple[slice, slice] | None:
    """Return the rows and columns inside a frame, or None if there is none.

    Parameters
    ----------
    pixels : uint8 array, shape (H, W, channels)
        One channel or three.
    """
    across = pixels.transpose(1, 0, 2)
    views = [view.astype(np.int32) for view in (pixels, pixels[::-1], across, across[::-1])]
    tones = [np.floor(np.median(view[0], axis=0) + 0.5).astype(np.int32) for view in views]
    runs = [_run(view, tone) for view, tone in zip(views, tones, strict=True)]
    changed = True
    while changed:
        cuts = [run and run + _BLUR for run in runs]
        (top, bottom, left, right), changed = cuts, False
        rows, columns = slice(top, len(pixels) - bottom), slice(left, len(across) - right)
        if not any(runs) or len(pixels[rows]) < 3 or len(across[columns]) < 3:
            return None
        for side, (view, tone) in enumerate(zip(views, tones, strict=True)):
            line = view[cuts[side], columns if side < 2 else rows]
            if runs[side] and _share(line, tone) >= _PHOTO:
                runs[side], changed = 0, True
    return rows, columns


def _run(view: np.ndarray, tone: np.ndarray) -> int:
    """Return how many lines from the start are of one tone."""
    for number, line in enumerate(view):
        if _share(line, tone) < _FRAME:
            return number
    return len(view)


def _share(line: np.ndarray, tone: np.ndarray) -> float:
    """Return the share of a line's pixels that are of a tone, (n, channels) and (channels,)."""
    distance = ((line - tone) ** 2).sum(axis=1)
    return float((distance <= TOLERANCE**2 * len(tone)).mean())
