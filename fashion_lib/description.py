"""The description of a network as data: its layers, and the shapes that follow from them.

A network is described once. The forward pass in NumPy, the Keras model, the layer table, the
shapes of the weights and the figures all derive from that description, which travels as JSON in
the file of the weights.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from math import prod
from typing import Any

from fashion_lib.convolution import Padding, output_size

#: Each kind of layer, with the fields that it has beside a name, a kind and inputs.
KINDS: dict[str, tuple[str, ...]] = {
    "convolution": ("units", "size", "stride", "padding", "activation"),
    "max pooling": ("size", "stride", "padding"),
    "average pooling": ("size", "stride", "padding"),
    "global max pooling": (),
    "global average pooling": (),
    "flatten": (),
    "dense": ("units", "activation"),
    "addition": (),
    "relu": (),
    "softmax": (),
}
MOST_LAYERS, MOST_UNITS, LONGEST_SIDE = 500, 65_536, 1024


def _check_name(name: Any) -> None:
    if not isinstance(name, str) or not re.fullmatch("[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        raise ValueError(f"{name!r:.60} is no name: take letters and digits, inside also _ . -")


def _check_number(name: str, value: Any, most: int) -> None:
    if type(value) is not int or not 1 <= value <= most:  # nor is True a number
        raise ValueError(f"{name} must be a whole number from 1 to {most:,}, not {value!r:.60}.")


@dataclass(frozen=True)
class Layer:
    """One layer of a network, without its weights.

    Parameters
    ----------
    name : str
        Name of the layer, the first half of its weights' keys.
    kind : str
        A key of `KINDS`, which says what else a layer of this kind has.
    inputs : tuple of str
        The layers that it takes; "input" is the image. None stated: the layer before.
    units : int
        Filters of a convolution, outputs of a dense layer.
    size, stride : int
        Side of the kernel or of the pooling window, and its step, in pixels. No stride stated: 1
        for a convolution, the size for pooling.
    padding : {"valid", "same"}
        As in Keras: zeros around a convolution's input; pooling takes no account of padding.
    activation : {None, "relu", "softmax"}
        Applied to what a convolution (never "softmax") or a dense layer has computed.

    Raises
    ------
    ValueError
        If a value is out of its range, or this kind of layer has no such field.
    """

    name: str
    kind: str
    inputs: tuple[str, ...] = ()
    units: int = 0
    size: int = 0
    stride: int = 0
    padding: Padding = "valid"
    activation: str | None = None

    def __post_init__(self) -> None:
        """Fill in the stride, and check each field by itself."""
        _check_name(self.name)
        if self.name == "input":
            raise self.error("this name is the image's.")
        if self.kind not in list(KINDS):
            raise self.error(f"unknown kind {self.kind!r:.60}. There are: {', '.join(KINDS)}.")
        has = KINDS[self.kind]
        if "stride" in has and self.stride == 0:
            object.__setattr__(self, "stride", 1 if self.kind == "convolution" else self.size)
        for known in fields(self)[3:]:
            value = getattr(self, known.name)
            if known.name not in has and value != known.default:
                raise self.error(f"the kind {self.kind!r} has no {known.name}.")
            if known.name in has and known.type is int:
                most = MOST_UNITS if known.name == "units" else LONGEST_SIDE
                _check_number(f"Layer {self.name!r}: {known.name}", value, most)
        if self.padding not in ["valid", "same"]:
            raise self.error(f"padding must be 'valid' or 'same', not {self.padding!r:.60}.")
        if self.activation not in [None, "relu", "softmax"][: 3 if self.kind == "dense" else 2]:
            raise self.error(f"the kind {self.kind!r} knows no activation {self.activation!r:.60}.")

    def error(self, text: str) -> ValueError:
        """Return an error that names the layer."""
        return ValueError(f"Layer {self.name!r}: {text}")

    @property
    def function(self) -> str | None:
        """What the layer does last: "relu", "softmax" or None, as activation or by its kind."""
        return self.kind if self.kind in ("relu", "softmax") else self.activation

    def output_shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape that leaves the layer for those that enter, without the batch axis.

        Raises
        ------
        ValueError
            If the layer cannot take these; the message names it.
        """
        shape = shapes[0]
        if self.kind == "addition":
            if len(shapes) < 2 or set(shapes) != {shape}:
                raise self.error(f"adds two or more equal shapes, not {shapes}.")
        elif len(shapes) > 1:
            raise self.error(f"the kind {self.kind!r} takes one input, not {len(shapes)}.")
        if self.kind in ("dense", "softmax") and len(shape) != 1:
            raise self.error(f"takes a vector, not {shape}: flatten or pool globally before.")
        if ("pooling" in self.kind or self.kind == "convolution") and len(shape) != 3:
            raise self.error(f"takes (height, width, channels), not {shape}.")
        if self.size:
            try:
                sides = [output_size(s, self.size, self.stride, self.padding) for s in shape[:2]]
            except ValueError as error:
                raise self.error(str(error)) from None
            return (*sides, self.units or shape[2])
        if self.kind == "flatten":
            return (prod(shape),)
        if self.kind == "dense":
            return (self.units,)
        return shape[2:] if "global" in self.kind else shape

    def weight_shapes(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the layer's weights, by key, for an input of `shape`."""
        if not self.units:
            return {}
        sides = (self.size, self.size) if self.kind == "convolution" else ()
        kernel = (*sides, shape[-1], self.units)
        return {f"{self.name}/kernel": kernel, f"{self.name}/bias": (self.units,)}


@dataclass(frozen=True)
class Network:
    """The description of a network: its layers, each taking what earlier ones put out.

    Parameters
    ----------
    layers : sequence of Layer
        In an order in which they can be computed; the last one gives the network's answer.
    input_shape : tuple of int
        (height, width, channels) of an image.
    name : str
        Name of the network.

    Attributes
    ----------
    shapes : dict of str to tuple of int
        The shape of "input" and of every layer's output, without the batch axis.

    Raises
    ------
    ValueError
        If a layer, which the message names, cannot be where it is.
    """

    layers: tuple[Layer, ...]
    input_shape: tuple[int, int, int] = (28, 28, 1)
    name: str = "network"
    shapes: dict[str, tuple[int, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Fill in each layer's inputs, and follow the shapes from the first to the last."""
        _check_name(self.name)
        if len(self.input_shape) != 3:
            raise ValueError("input_shape must be three numbers: height, width, channels.")
        most = (LONGEST_SIDE, LONGEST_SIDE, MOST_UNITS)
        for value, limit in zip(self.input_shape, most, strict=True):
            _check_number("Each number of input_shape", value, limit)
        if not 1 <= len(self.layers) <= MOST_LAYERS:
            raise ValueError(f"A network has 1 to {MOST_LAYERS} layers, not {len(self.layers)}.")
        layers, before = [], "input"
        shapes, unused = {before: tuple(self.input_shape)}, {before}
        for layer in self.layers:
            layer = replace(layer, inputs=tuple(layer.inputs) or (before,))
            if layer.name in shapes:
                raise layer.error("an earlier layer has this name too.")
            for name in layer.inputs:
                if name not in list(shapes):
                    raise layer.error(f"there is no earlier layer {name!r:.60} to take.")
            before = layer.name
            shapes[before] = layer.output_shape(*(shapes[name] for name in layer.inputs))
            unused = unused - {*layer.inputs} | {before}
            layers.append(layer)
        if unused != {before}:
            raise ValueError(f"No layer takes what {min(unused - {before})!r} puts out.")
        object.__setattr__(self, "layers", tuple(layers))
        object.__setattr__(self, "input_shape", shapes["input"])
        object.__setattr__(self, "shapes", shapes)

    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every weight array, in the order of the layers.

        Keys are "layer/kernel" and "layer/bias". A convolution's kernel is
        (height, width, channels in, filters), a dense one's (inputs, outputs), as in Keras.
        """
        shapes: dict[str, tuple[int, ...]] = {}
        for layer in self.layers:
            shapes |= layer.weight_shapes(self.shapes[layer.inputs[0]])
        return shapes

    @property
    def is_chain(self) -> bool:
        """Whether every layer takes the one before it, and nothing else."""
        return all(layer.inputs == (name,) for name, layer in self._with_names_before())

    def _with_names_before(self) -> Iterator[tuple[str, Layer]]:
        return zip(self.shapes, self.layers, strict=False)  # shapes start with "input"

    def to_json(self) -> str:
        """Return the description as JSON. What a layer has by default is left out."""
        layers = []
        for name, layer in self._with_names_before():
            usual = replace(layer, inputs=(name,), stride=0, padding="valid", activation=None)
            default = asdict(usual) | dict.fromkeys(("name", "kind", "units", "size"), 0)
            layers.append({k: value for k, value in asdict(layer).items() if value != default[k]})
        content = {"name": self.name, "input_shape": self.input_shape, "layers": layers}
        return json.dumps(content)

    @staticmethod
    def from_json(text: str) -> "Network":
        """Return the network that `to_json` has described.

        Raises
        ------
        ValueError
            If the text is no such description; the message names what is wrong, and where.
        """
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"The description of a network must be JSON ({error}).") from None
        if not isinstance(content, dict) or set(content) != {"name", "input_shape", "layers"}:
            raise ValueError("A network is described by a name, an input_shape and layers alone.")
        name, shape, layers = (content[key] for key in ("name", "input_shape", "layers"))
        if not isinstance(shape, list) or not isinstance(layers, list):
            raise ValueError("The input_shape and the layers of a network must be lists.")
        return Network(tuple(map(_layer_of, layers)), tuple(shape), name)


def _layer_of(entry: Any) -> Layer:
    """Return a layer from its JSON object, in which nothing stands that says nothing."""
    if not isinstance(entry, dict) or not {"name", "kind"} <= set(entry):
        raise ValueError(f"A layer must be an object with a name and a kind, not {entry!r:.60}.")
    start, kind = f"Layer {entry['name']!r:.60}: ", entry["kind"]
    has = KINDS[kind] if kind in list(KINDS) else [known.name for known in fields(Layer)]
    for name, value in entry.items():
        if name not in ("name", "kind", "inputs", *has):
            raise ValueError(f"{start}the kind {kind!r:.60} has no {name!r:.60}.")
        if value in (0, [], None) and name != "activation":
            raise ValueError(f"{start}{name} cannot be {json.dumps(value)}.")
    inputs = entry.get("inputs", [])
    if not isinstance(inputs, list):
        raise ValueError(f"{start}inputs must be a list of names, not {inputs!r:.60}.")
    return Layer(**(entry | {"inputs": tuple(inputs)}))
