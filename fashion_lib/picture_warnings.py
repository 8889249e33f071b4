"""When there is reason to doubt that a picture was understood: the rules of the warnings.

Each rule is one number, and a limit beyond which its sentence is told: ``picture_warnings.json``
has them. `prepare_image` measures all of the numbers but the last:

``range``
    How much of the range of its values a picture uses: 1, or less if 8-bit values came in a 16-bit
    array, say. Below 1, the preparation has guessed what is white.
``frame``
    The share of the picture that was cut off because it was of one tone.
``filled``
    The share of the garment's box, after cropping, that stands out.
``pattern``
    The median distance of the border's pixels from the fitted background, in gray levels: 1 or 2
    on a plain sheet, which is noise.
``border``
    The share of the border's pixels that stand out from the background.
``light``
    The range of the fitted background's brightness, in gray levels.
``contrast``
    The difference from the background in brightness, in gray levels, that one in twenty of the
    pixels that stand out reaches.
``elsewhere``
    The share of the light in the 28×28 pixels that is outside the largest piece.
``size``
    The longest edge of the garment in pixels.
``sharpness``
    The step between two neighbors of the 28×28 pixels that one in a hundred reaches, in gray
    levels.
``evidence``
    How strongly the logits speak for any class (see `fashion_lib.calibration`).

The limits are chosen with ``python -m tools.picture_scenes``, on garments of the validation set.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fashion_lib.calibration import shipped_evidence

RULES_FILE = Path(__file__).with_suffix(".json")
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
    """When to tell a warning: if its measure is below `low` or above `high`; one is None."""

    code: str
    measure: str
    text: str
    low: float | None = None
    high: float | None = None

    def is_broken(self, measures: Mapping[str, float]) -> bool:
        """Return whether the measure is beyond the limit; one that is missing is not."""
        if (value := measures.get(self.measure)) is None:
            return False
        return value < self.low if self.high is None else value > self.high  # type: ignore[operator]


RULES = tuple(
    Rule(
        **({"low": shipped_evidence()["threshold"]} if rule["measure"] == "evidence" else {}),
        **rule,
    )
    for rule in json.loads(RULES_FILE.read_text(encoding="utf-8"))
)


def warnings_for(measures: Mapping[str, float]) -> tuple[PictureWarning, ...]:
    """Return the warnings for what was measured."""
    return tuple(PictureWarning(rule.code, rule.text) for rule in RULES if rule.is_broken(measures))


def recorded_scenes() -> dict[str, np.ndarray]:
    """Return garments of the validation set in pictures as people take them, prepared.

    ``tools/picture_scenes`` makes the pictures, on bedspreads, floors and bodies, with hands,
    shadows and frames.

    Returns
    -------
    dict of str to ndarray
        A row a picture: ``scene``, its name; ``number`` within it; ``label`` of the garment,
        uint8; ``pixels``, uint8 (n, 28, 28), as `prepare_image` returns them; ``predicted``, the
        label that the shipped network gives, uint8; ``warnings``, the codes with spaces between.
    """
    with np.load(SCENES_FILE) as file:
        return dict(file)
