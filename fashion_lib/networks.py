"""The course's network: its description as data, its Keras model, its table of sizes.

The network is described once, in `ARCHITECTURES`. The Keras model, the layer table and
the shapes that its weights must have all derive from that description, so only
`build_cnn` needs TensorFlow.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from fashion_lib.convolution import output_size
from fashion_lib.keras_import import require_keras

if TYPE_CHECKING:
    import keras
    import pandas as pd

INPUT_SHAPE = (28, 28, 1)


@dataclass(frozen=True)
class Layer:
    """One layer of a network, without its weights.

    Parameters
    ----------
    name : str
        Name of the layer, the first half of its weights' keys.
    kind : str
        "convolution", "max pooling", "flatten" or "dense".
    units : int
        Filters of a convolution, outputs of a dense layer; 0 for the other kinds.
    size : int
        Side of the kernel or of the pooling window; 0 for the other kinds.
    activation : str or None
        Name of the activation function, as in Keras.
    """

    name: str
    kind: str
    units: int = 0
    size: int = 0
    activation: str | None = None

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape that leaves the layer, without the batch axis."""
        if self.kind == "convolution":
            return (*(output_size(side, self.size) for side in shape[:2]), self.units)
        if self.kind == "max pooling":
            return (*(output_size(side, self.size, self.size) for side in shape[:2]), shape[2])
        return (prod(shape),) if self.kind == "flatten" else (self.units,)

    def weight_shapes(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the layer's weights, by key, for an input of `shape`."""
        kernel: tuple[int, ...]
        if self.kind == "convolution":
            kernel = (self.size, self.size, shape[2], self.units)
        elif self.kind == "dense":
            kernel = (shape[0], self.units)
        else:
            return {}
        return {f"{self.name}/kernel": kernel, f"{self.name}/bias": (self.units,)}


ARCHITECTURES: dict[str, tuple[Layer, ...]] = {
    "baseline": (
        Layer("conv1", "convolution", units=32, size=3, activation="relu"),
        Layer("pool1", "max pooling", size=2),
        Layer("conv2", "convolution", units=64, size=3, activation="relu"),
        Layer("pool2", "max pooling", size=2),
        Layer("conv3", "convolution", units=64, size=3, activation="relu"),
        Layer("pool3", "max pooling", size=2),
        Layer("flatten", "flatten"),
        Layer("dense", "dense", units=512, activation="relu"),
        Layer("output", "dense", units=10, activation="softmax"),
    ),
}


def _architecture(name: str) -> tuple[Layer, ...]:
    try:
        return ARCHITECTURES[name]
    except (KeyError, TypeError):
        known = ", ".join(repr(known) for known in ARCHITECTURES)
        raise ValueError(f"Unknown network {name!r}. Choose one of: {known}.") from None


def _walk(name: str) -> Iterator[tuple[Layer, tuple[int, ...], tuple[int, ...]]]:
    """Yield each layer with the shape that enters it and the shape that leaves it."""
    shape: tuple[int, ...] = INPUT_SHAPE
    for layer in _architecture(name):
        leaving = layer.output_shape(shape)
        yield layer, shape, leaving
        shape = leaving


def weight_shapes(name: str = "baseline") -> dict[str, tuple[int, ...]]:
    """Return the shape of every weight array of a network, in the order of its layers.

    Keys are "layer/kernel" and "layer/bias". A convolution's kernel is
    (height, width, channels in, filters), a dense one's (inputs, outputs), as in Keras.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, entering, _ in _walk(name):
        shapes |= layer.weight_shapes(entering)
    return shapes


def build_cnn(name: str = "baseline", seed: int | None = None) -> "keras.Model":
    """Build the course's network with random weights.

    It takes float32 images (n, 28, 28, 1) in [0, 1], as `normalize` returns them, and ends in
    softmax: its outputs (n, 10) are probabilities. The model is not compiled.

    Parameters
    ----------
    name : str
        A key of `ARCHITECTURES`.
    seed : int, optional
        The same seed gives the same initial weights. Without one they differ each time.

    Returns
    -------
    keras.Model
        The network; "baseline" has 94,154 parameters.

    Raises
    ------
    ValueError
        If there is no network of that name.
    ImportError
        If TensorFlow is missing.

    Notes
    -----
    Kernels start from Glorot's uniform distribution (Glorot and Bengio, 2010), biases from 0.
    """
    layers = _architecture(name)
    keras = require_keras()
    model = keras.Sequential([keras.Input(INPUT_SHAPE)], name=name)
    for index, layer in enumerate(layers):
        # One seed a layer: with a shared one, layers would start with the same random numbers.
        layer_seed = seed if seed is None else _derived_seed(seed, index)
        model.add(_keras_layer(keras, layer, layer_seed))
    return model


def _derived_seed(seed: int, index: int) -> int:
    return int(np.random.SeedSequence([seed, index]).generate_state(1)[0])


def _keras_layer(keras: ModuleType, layer: Layer, seed: int | None) -> "keras.Layer":
    if layer.kind == "max pooling":
        return keras.layers.MaxPooling2D(layer.size, name=layer.name)
    if layer.kind == "flatten":
        return keras.layers.Flatten(name=layer.name)
    options = {
        "activation": layer.activation,
        "kernel_initializer": keras.initializers.GlorotUniform(seed=seed),
        "name": layer.name,
    }
    if layer.kind == "dense":
        return keras.layers.Dense(layer.units, **options)
    return keras.layers.Conv2D(layer.units, layer.size, **options)


def layer_table(model: "keras.Model | None" = None) -> "pd.DataFrame":
    """Return what each layer puts out, holds and costs.

    Parameters
    ----------
    model : keras.Model, optional
        A built Keras model. Without one, the baseline network's table is computed from its
        description, and TensorFlow is not needed.

    Returns
    -------
    pandas.DataFrame
        One row a layer: `layer` (name), `kind`, `output_shape` (tuple without the batch axis),
        `parameters`, and `multiply_adds`, the multiplications by a kernel's entries for one
        image (each comes with one addition; biases, activations and pooling are not counted).
    """
    import pandas as pd

    rows = _described_rows("baseline") if model is None else _model_rows(model)
    columns = ["layer", "kind", "output_shape", "parameters", "multiply_adds"]
    return pd.DataFrame(rows, columns=columns)


def _described_rows(name: str) -> Iterator[tuple]:
    for layer, entering, leaving in _walk(name):
        shapes = layer.weight_shapes(entering)
        kernel = shapes.get(f"{layer.name}/kernel")
        # Each entry of the kernel is used once at every position of the output.
        multiply_adds = prod(kernel) * prod(leaving[:-1]) if kernel else 0
        yield layer.name, layer.kind, leaving, sum(map(prod, shapes.values())), multiply_adds


_KINDS = {"Conv2D": "convolution", "MaxPooling2D": "max pooling"}


def _model_rows(model: "keras.Model") -> Iterator[tuple]:
    for layer in model.layers:
        kind = type(layer).__name__
        if kind == "InputLayer":
            continue
        # "BatchNormalization" becomes "batch normalization".
        kind = _KINDS.get(kind, re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower())
        leaving = tuple(layer.output.shape[1:])
        kernels = [weight.shape for weight in layer.weights if "kernel" in weight.name]
        multiply_adds = sum(prod(kernel) for kernel in kernels) * prod(leaving[:-1])
        yield layer.name, kind, leaving, layer.count_params(), multiply_adds
