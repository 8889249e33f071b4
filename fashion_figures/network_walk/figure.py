"""One picture through the shipped network, from pixels to votes."""

from typing import Any, ClassVar

import numpy as np
import traitlets

from fashion_figures.host.base import CourseWidget, Pixels
from fashion_figures.shared.assets import GARMENTS_PER_CLASS, garment_bytes, weights_bytes
from fashion_lib.data import CLASS_NAMES

# What leaves each layer: rows (as many columns) and filters or units.
SIZES: dict[str, tuple[int, int]] = {
    "conv1": (26, 32),
    "pool1": (13, 32),
    "conv2": (11, 64),
    "pool2": (5, 64),
    "conv3": (3, 64),
    "pool3": (1, 64),
    "dense": (1, 512),
    "output": (1, 10),
}


class NetworkWalk(CourseWidget):
    """The shipped network at work on one image, every value of it explained.

    The reader picks a layer, a feature map and a value, and sees the window of the layer
    before, the weights and the sum that made it. Each value leads on to the one that
    contributed most to it, back to the pixels.

    Attributes
    ----------
    image : uint8 array, shape (28, 28)
        The picture, as `Pixels` takes it; by default a test image of an ankle boot.
    layer : str
        "conv1", "pool1", "conv2", "pool2", "conv3", "pool3", "dense" or "output".
    filter : int
        The feature map, or the unit of a dense layer, from 0. -1, the default, stands for the
        one with the most contrast; the front end replaces it by the number.
    row, column : int
        The value in the feature map, from 0; 0 in dense layers. -1, the default, stands for
        its largest value; the front end replaces it by the number.
    probabilities : list of 10 floats
        The network's answer for the image last shown; written by the front end.

    Raises
    ------
    traitlets.TraitError
        If the layer is unknown, or has no such filter, row or column.
    """

    module = "network_walk/figure"
    assets: ClassVar = {"weights": weights_bytes, "garments": garment_bytes}

    image = Pixels()
    layer = traitlets.Enum(tuple(SIZES), default_value="conv1").tag(sync=True)
    filter = traitlets.Int(-1).tag(sync=True)
    row = traitlets.Int(-1).tag(sync=True)
    column = traitlets.Int(-1).tag(sync=True)
    probabilities = traitlets.List(traitlets.Float()).tag(sync=True)
    label = traitlets.Unicode("One picture, followed through the network").tag(sync=True)
    text = traitlets.Unicode(
        "A picture of 28 by 28 gray values passes three convolutions, each followed by max "
        "pooling, and two dense layers. The first convolution has 32 feature maps that light up "
        "along edges; each of their values is the sum of nine products of a pixel and a weight, "
        "plus a bias, with negative sums set to zero. Later layers add up 3 by 3 windows of all "
        "maps before them, so one value depends on a growing part of the picture: 3, 8, then 18 "
        "pixels a side. The last layers weigh 64 numbers into 512 and these into ten votes, "
        "which softmax turns into probabilities. You can pick any value and walk back to the "
        "pixels that made it."
    ).tag(sync=True)

    @traitlets.default("image")
    def _first_boot(self) -> np.ndarray:
        pictures = np.frombuffer(garment_bytes(), dtype=np.uint8).reshape(-1, 28, 28)
        return pictures[CLASS_NAMES.index("Ankle boot") * GARMENTS_PER_CLASS]

    @traitlets.validate("filter", "row", "column")
    def _check_place(self, proposal: dict[str, Any]) -> int:
        size, filters = SIZES[self.layer]
        name, value = proposal["trait"].name, proposal["value"]
        end = filters if name == "filter" else size
        if not -1 <= value < end:
            raise traitlets.TraitError(
                f"{self.layer} has no {name} {value}: 0 to {end - 1}, or -1 for the strongest."
            )
        return value

    @traitlets.observe("layer")
    def _stay_inside(self, change: dict[str, Any]) -> None:
        """After a change of the layer alone, forget a place that the new layer lacks."""
        size, filters = SIZES[change["new"]]
        if self.filter >= filters:
            self.filter = -1
        if max(self.row, self.column) >= size:
            self.row = self.column = -1
