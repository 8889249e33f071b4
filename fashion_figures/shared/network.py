"""The network that a figure shows: one of the course's, or a reader's own."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import traitlets

from fashion_figures.host.base import CourseWidget
from fashion_lib.description import Network
from fashion_lib.weights import Weights, load_weights, network_bytes, network_of, shipped_names

CLASSES = 10


@lru_cache
def shipped_network(name: str) -> Network:
    """Return the description of one of the networks that ship."""
    return network_of(load_weights(name))


@lru_cache
def shipped_bytes(name: str) -> bytes:
    """Return one of the networks that ship, as the front end reads it: asset "network-<name>"."""
    return network_bytes(name)


def network_assets() -> dict[str, Callable[[], bytes]]:
    """Return the networks that ship, as a figure's assets."""
    return {f"network-{name}": partial(shipped_bytes, name) for name in shipped_names()}


class ShownNetwork(traitlets.TraitType):
    """A network for pictures of garments: 28×28 gray values in, ten probabilities out.

    Accepts the name of weights that ship, the path of a file, or weights with their description,
    as `fashion_lib.load_weights` and `fashion_lib.get_weights` return them. What it holds is the
    name of one that ships, whichever way it came, or else a copy of the weights. The front end
    sees the name, or the bytes of a safetensors file.
    """

    default_value = "baseline"

    def validate(self, _obj: traitlets.HasTraits, value: Any) -> str | Weights:
        """Return the name or the weights, or raise TraitError that says what is wrong."""
        if not isinstance(value, (str, Path, Mapping)):
            raise traitlets.TraitError(
                f"A network is a name, the path of a file, or weights, not {type(value).__name__}."
            )
        try:
            weights = value if isinstance(value, Mapping) else load_weights(value)
            network, content = network_of(weights), network_bytes(weights)
        except (OSError, ValueError) as error:
            raise traitlets.TraitError(str(error)) from error
        last = network.layers[-1]
        if network.input_shape != (28, 28, 1) or network.shapes[last.name] != (CLASSES,):
            raise traitlets.TraitError(
                f"The figure shows networks from (28, 28, 1) to ({CLASSES},), and {network.name!r} "
                f"goes from {network.input_shape} to {network.shapes[last.name]}."
            )
        if last.function != "softmax":
            raise traitlets.TraitError(
                f"The figure shows networks that end in a softmax, and {network.name!r} does not."
            )
        for asset, make in network_assets().items():
            if make() == content:
                return asset.removeprefix("network-")
        return Weights({name: array.copy() for name, array in weights.items()}, network)

    @staticmethod
    def to_json(value: str | Weights, _widget: Any) -> str | bytes:
        """Return the network as the front end gets it."""
        return value if isinstance(value, str) else network_bytes(value)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.tag(sync=True, to_json=self.to_json)


class NetworkFigure(CourseWidget):
    """A figure that shows a network, and whose text is about this one."""

    network = ShownNetwork()

    def words(self, network: str | Weights) -> str:
        """Return the figure's text for a network; each figure has its own."""
        raise NotImplementedError

    def description(self) -> Network:
        """Return the description of the network that is shown."""
        return described(self.network)

    @traitlets.default("text")
    def _text_of_network(self) -> str:
        return self.words(self.network)

    @traitlets.observe("network")
    def _renew_text(self, change: dict[str, Any]) -> None:
        old = change["old"]  # None while the figure is made
        if old is not None and self.text == self.words(old):  # and not a text that was set
            self.text = self.words(change["new"])


def described(network: str | Weights) -> Network:
    """Return the description of what a `ShownNetwork` holds."""
    return shipped_network(network) if isinstance(network, str) else network_of(network)
