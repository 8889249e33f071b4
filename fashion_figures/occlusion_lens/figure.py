"""A square that hides nine pixels of a picture, and the network's answer to the rest."""

from functools import lru_cache, partial
from typing import Any, ClassVar

import numpy as np
import traitlets

from fashion_figures.host.base import CourseWidget, Pixels
from fashion_figures.shared.assets import garment_bytes
from fashion_figures.shared.network import shipped_bytes
from fashion_lib.data import normalize
from fashion_lib.forward_pass import forward
from fashion_lib.weights import load_weights

GARMENT = 29  # an ankle boot with a high shaft
SIZE, HOLE = 28, 3
MAPS = 9


def clearest_maps(maps: np.ndarray, count: int = MAPS) -> np.ndarray:
    """Return which feature maps say most about the garment itself, not about its background.

    Parameters
    ----------
    maps : float array, shape (height, width, filters)
        What a convolution puts out, after ReLU.
    count : int
        How many to choose.

    Returns
    -------
    int array, shape (count,)
        Their numbers, in ascending order.
    """
    contrast = maps.std(axis=(0, 1)) - 3 * maps[0, 0]  # the corner is background
    return np.sort(np.argsort(-contrast)[:count])


@lru_cache(maxsize=8)
def _answer(pixels: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return the probabilities (10,) and the first feature maps (26, 26, 32) of a picture."""
    image = np.frombuffer(pixels, dtype=np.uint8).reshape(1, SIZE, SIZE)
    probabilities, layers = forward(load_weights(), normalize(image), return_layers=True)
    return probabilities[0], layers["conv1"][0]


class OcclusionLens(CourseWidget):
    """Drag a square over a picture and see which answer falls: it hides nine pixels.

    The pixels under the square become 0, as the background is. The front end computes nine of the
    feature maps of the first convolution and the ten probabilities anew at every step, as
    ``fashion_lib.forward`` does with the course's network, ``"baseline"``. In a page, the network
    is loaded when the square is first moved.

    Attributes
    ----------
    image : uint8 array, shape (28, 28)
        The picture, as `Pixels` takes it; by default a test image of an ankle boot.
    row, column : int
        The upper left pixel under the square, 0 to 25.
    covered : bool
        Whether the square hides what is under it.
    kernels : bytes
        The weights and biases of the nine maps that say most about the image, float32 of shape
        (10, 9): a row for each pixel of the window, one for the biases, a column for each map.
        Read-only.
    trail : list of (row, column, probability)
        Where the square has been, each place once, and the probability that was left there of the
        class that the network sees in the whole picture. Another picture empties it.
    whole : list of 10 floats
        The network's answer to the whole picture. Read-only.

    Raises
    ------
    traitlets.TraitError
        If a value is of another kind, or the square would leave the picture.

    Examples
    --------
    >>> lens = OcclusionLens(row=20, column=2, covered=True)
    >>> int(lens.seen[20:23, 2:5].max())
    0
    """

    module = "occlusion_lens/figure"
    assets: ClassVar = {"network-baseline": partial(shipped_bytes, "baseline")}

    label = traitlets.Unicode("Hide nine pixels from the network").tag(sync=True)
    text = traitlets.Unicode(
        "On the left is a picture of 28×28 gray values with a square of 3×3 pixels, in the middle "
        "nine of the 32 feature maps of the network’s first convolution, on the right its ten "
        "probabilities. Wherever the square is dragged, the network does not see the nine pixels "
        "under it: they are black. The feature maps can change around that place only, the "
        "probabilities all at once. A line at each bar marks the answer to the whole picture. Each "
        "place where the square has been keeps a tint: the more orange, the more of the "
        "probability of the answer was lost there; blue-green where it was kept. By keyboard, "
        "arrow keys move the square; Escape lifts it, and pressed again, clears the trace."
    ).tag(sync=True)

    image = Pixels()
    row = traitlets.Int(12, min=0, max=SIZE - HOLE).tag(sync=True)
    column = traitlets.Int(10, min=0, max=SIZE - HOLE).tag(sync=True)
    covered = traitlets.Bool(False).tag(sync=True)
    trail = traitlets.List(
        traitlets.Tuple(
            traitlets.Int(min=0, max=SIZE - HOLE),
            traitlets.Int(min=0, max=SIZE - HOLE),
            traitlets.Float(min=0, max=1),
        )
    ).tag(sync=True)
    kernels = traitlets.Bytes(read_only=True).tag(sync=True)
    whole = traitlets.List(traitlets.Float(), read_only=True).tag(sync=True)

    def __init__(self, **state: Any) -> None:
        if state.get("image") is None:
            pictures = np.frombuffer(garment_bytes(), dtype=np.uint8).reshape(-1, SIZE, SIZE)
            state["image"] = pictures[GARMENT]
        super().__init__(**state)

    @traitlets.validate("image")
    def _check_image(self, proposal: Any) -> np.ndarray:
        if proposal["value"] is None:
            raise traitlets.TraitError("image must be a picture; for an empty one, give zeros.")
        return proposal["value"]

    @traitlets.observe("image")
    def _look_at_the_whole(self, change: Any) -> None:
        probabilities, maps = _answer(change["new"].tobytes())
        shown, weights = clearest_maps(maps), load_weights()
        kernels = weights["conv1/kernel"][..., shown].reshape(-1, MAPS)
        rows = np.vstack([kernels, weights["conv1/bias"][shown]]).astype("<f4")
        with self.hold_sync():
            self.set_trait("whole", [float(share) for share in probabilities])
            self.set_trait("kernels", rows.tobytes())
            if change["old"] is not None and change["old"] is not traitlets.Undefined:
                self.trail = []

    @property
    def seen(self) -> np.ndarray:
        """Return the picture as the network gets it: uint8 (28, 28), black under the square."""
        seen = self.image.copy()
        if self.covered:
            seen[self.row : self.row + HOLE, self.column : self.column + HOLE] = 0
        return seen

    @property
    def probabilities(self) -> np.ndarray:
        """Return the network's answer to what it sees: float32 (10,), by label."""
        return _answer(self.seen.tobytes())[0].copy()
