"""One picture through a network, from pixels to votes."""

from typing import Any, ClassVar

import numpy as np
import traitlets

from fashion_figures.host.base import Pixels
from fashion_figures.network_walk.words import BASELINE, network_words
from fashion_figures.shared.assets import GARMENTS_PER_CLASS, garment_bytes
from fashion_figures.shared.network import NetworkFigure, described, network_assets
from fashion_lib.data import CLASS_NAMES
from fashion_lib.weights import Weights


class NetworkWalk(NetworkFigure):
    """A network at work on one image, every value of it explained.

    The reader picks a layer, a feature map and a value, and sees the window of the layer
    before, the weights and the sum that made it. From each value a way leads back to the one
    that added most to it, as far as the pixels, and on to the one that it adds most to, as far
    as the votes.

    Attributes
    ----------
    network : str or Weights
        The network, as `ShownNetwork` takes it: by default the shipped "baseline". Another one
        keeps the picture, and the place if it has it.
    image : uint8 array, shape (28, 28)
        The picture, as `Pixels` takes it; by default a test image of an ankle boot.
    layer : str
        The name of one of the network's layers, other than those that flatten; by default
        the first.
    filter : int
        The feature map, or the unit of a dense layer, from 0. -1, the default, stands for the
        map with the most contrast, of those that light up along edges or at least not where the
        picture is empty, and for the unit with the largest value; the front end replaces it by
        the number.
    row, column : int
        The value in the feature map, from 0; 0 in dense layers. -1, the default, stands for
        the largest that a vote depends on; the front end replaces it by the number.
    probabilities : list of 10 floats
        The network's answer for the image last shown; written by the front end.

    Raises
    ------
    traitlets.TraitError
        If the network cannot be shown, the layer is unknown, or it has no such filter, row or
        column.
    """

    module = "network_walk/figure"
    assets: ClassVar = {**network_assets(), "garments": garment_bytes}

    image = Pixels()
    layer = traitlets.Unicode().tag(sync=True)
    filter = traitlets.Int(-1).tag(sync=True)
    row = traitlets.Int(-1).tag(sync=True)
    column = traitlets.Int(-1).tag(sync=True)
    probabilities = traitlets.List(traitlets.Float()).tag(sync=True)
    label = traitlets.Unicode("One picture, followed through the network").tag(sync=True)

    def words(self, network: str | Weights) -> str:
        """Return what the figure lets one find out about a network."""
        return BASELINE if network == "baseline" else network_words(described(network))

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Return of each layer of the walk its rows (as many columns), and its filters or units."""
        network = self.description()
        shapes = {
            layer.name: network.shapes[layer.name]
            for layer in network.layers
            if layer.kind != "flatten"
        }
        return {
            name: (shape[0] if len(shape) > 1 else 1, shape[-1]) for name, shape in shapes.items()
        }

    @traitlets.default("image")
    def _first_boot(self) -> np.ndarray:
        pictures = np.frombuffer(garment_bytes(), dtype=np.uint8).reshape(-1, 28, 28)
        return pictures[CLASS_NAMES.index("Ankle boot") * GARMENTS_PER_CLASS]

    @traitlets.default("layer")
    def _first_layer(self) -> str:
        return next(iter(self.sizes()))

    @traitlets.validate("layer")
    def _check_layer(self, proposal: dict[str, Any]) -> str:
        sizes = self.sizes()
        if proposal["value"] not in sizes:
            raise traitlets.TraitError(
                f"The network has no layer {proposal['value']!r} to show: {', '.join(sizes)}."
            )
        return proposal["value"]

    @traitlets.validate("filter", "row", "column")
    def _check_place(self, proposal: dict[str, Any]) -> int:
        size, filters = self.sizes()[self.layer]
        name, value = proposal["trait"].name, proposal["value"]
        end = filters if name == "filter" else size
        if not -1 <= value < end:
            raise traitlets.TraitError(
                f"{self.layer} has no {name} {value}: 0 to {end - 1}, or -1 for the strongest."
            )
        return value

    @traitlets.observe("network", "layer")
    def _stay_inside(self, _change: dict[str, Any]) -> None:
        """After a change of network or layer alone, forget a place that there is no more."""
        sizes = self.sizes()
        if self.layer not in sizes:
            self.layer = next(iter(sizes))
            self.filter = self.row = self.column = -1
        size, filters = sizes[self.layer]
        if self.filter >= filters:
            self.filter = -1
        if max(self.row, self.column) >= size:
            self.row = self.column = -1
