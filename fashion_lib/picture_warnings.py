"""When there is reason to doubt that a picture was understood: the rules of the warnings.

Each rule is one number, and a limit beyond which its sentence is told. `prepare_image` measures
all of them but the last:

``range``
    How much of the range of its values a picture uses: 1, or less if 8-bit values came in a 16-bit
    array, say. Below 1, the preparation has guessed what is white.
``frame``
    The share of the picture that was cut off because it was of one tone.
``pattern``
    The median distance of the border's pixels from the fitted background, in gray levels: 1 or 2
    on a plain sheet, which is noise.
``border``
    The share of the border's pixels that stand out from the background.
``elsewhere``
    The share of the light in the 28×28 pixels that is outside the largest piece.
``contrast``
    The brightest of the 28×28 pixels before they are stretched, in gray levels.
``size``
    The longest edge of the garment in pixels.
``steepest``
    The largest step between two neighbors of the 28×28 pixels, in gray levels.
``evidence``
    How strongly the logits speak for any class (see `fashion_lib.calibration`).

The limits are chosen with ``python -m tools.picture_scenes``, on garments of the validation set.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fashion_lib.calibration import shipped_evidence

SCENES_FILE = Path(__file__).parent / "shipped" / "scenes.npz"


@dataclass(frozen=True)
class PictureWarning:
    """A reason to doubt the answer to a picture.

    Attributes
    ----------
    code : str
        A word for programs: one of those in `RULES`.
    text : str
        What was seen, and what to do.
    """

    code: str
    text: str


@dataclass(frozen=True)
class Rule:
    """When to warn: if a measure is below `low` or above `high`."""

    code: str
    measure: str
    text: str
    low: float | None = None
    high: float | None = None


RULES = (
    Rule(
        "values",
        "range",
        "The numbers use a small part of what their type can hold, so the first of 1, 255, 1023, "
        "4095 and 65535 that they do not exceed was taken for white. If that is wrong, convert "
        "them to uint8.",
        low=1,
    ),
    Rule(
        "frame",
        "frame",
        "A frame or bars of one tone were cut off, or the picture is a screenshot. Look whether "
        "the garment is all there, or crop the picture yourself.",
        high=0,
    ),
    Rule(
        "pattern",
        "pattern",
        "The background is not plain: its pattern, its folds or the room count as garment. Lay "
        "the garment on a plain sheet, or hang it before a bare wall.",
        high=3,
    ),
    Rule(
        "border",
        "border",
        "Something reaches the picture's border: the garment is cut off, or there is more in the "
        "picture. Take all of the garment and nothing else, with free space on every side.",
        high=0.015,
    ),
    Rule(
        "several",
        "elsewhere",
        "There are several things in the picture, or pieces of one. Take one garment alone, on a "
        "background of another tone.",
        high=0.1,
    ),
    Rule(
        "contrast",
        "contrast",
        "The garment hardly differs from the background. Put a light garment on a dark "
        "background, and a dark one on a light background.",
        low=60,
    ),
    Rule(
        "small",
        "size",
        "The garment is only a few pixels large. Go nearer, or send the picture in its full size.",
        low=42,
    ),
    Rule(
        "blurred",
        "steepest",
        "The picture is blurred. Hold the camera still, and let it focus on the garment.",
        low=90,
    ),
    Rule(
        "no garment",
        "evidence",
        "This does not look like a garment as the network knows them: none of the ten classes "
        "finds much for itself in it. The network has to name one all the same. If it is a "
        "garment, look at the 28 × 28 pixels: a plain background, even light and the whole "
        "garment in the picture help.",
        low=shipped_evidence()["threshold"],
    ),
)


def warnings_for(measures: Mapping[str, float]) -> tuple[PictureWarning, ...]:
    """Return the warnings for what was measured; a measure that is missing gives none."""

    def is_beyond(rule: Rule) -> bool:
        value = measures.get(rule.measure)
        if value is None:
            return False
        return bool(
            (rule.low is not None and value < rule.low)
            or (rule.high is not None and value > rule.high)
        )

    return tuple(PictureWarning(rule.code, rule.text) for rule in RULES if is_beyond(rule))


def recorded_scenes() -> dict[str, np.ndarray]:
    """Return garments of the validation set in pictures as people take them, prepared.

    ``tools/picture_scenes`` makes the pictures, on bedspreads, floors and bodies, with hands,
    shadows and frames.

    Returns
    -------
    dict of str to ndarray
        A row a picture: ``scene``, its name; ``label`` of the garment, uint8; ``pixels``, uint8
        (n, 28, 28), as `prepare_image` returns them; ``predicted``, the label that the shipped
        network gives, uint8; ``warnings``, the codes with spaces between.
    """
    with np.load(SCENES_FILE) as file:
        return dict(file)
