"""The networks of the course: as data, as Keras models, as tables of sizes.

Each is described once, in `NETWORKS`, and all else derives from that description, so only
`build_cnn` and `describe` need TensorFlow.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from math import prod
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from fashion_lib._checks import whole_number
from fashion_lib.description import Layer, Network
from fashion_lib.keras_import import require_keras

if TYPE_CHECKING:
    import keras
    import pandas as pd

#: The networks of the course, by name.
NETWORKS: dict[str, Network] = {
    "baseline": Network(
        (
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
        name="baseline",
    ),
}


def known_network(name: str) -> Network:
    """Return the network of `NETWORKS` that has this name, or raise ValueError."""
    if name not in list(NETWORKS):
        known = ", ".join(repr(known) for known in NETWORKS)
        raise ValueError(f"Unknown network {name!r:.60}. Choose one of: {known}.")
    return NETWORKS[name]


def build_cnn(name: str | Network = "baseline", seed: int | None = None) -> "keras.Model":
    """Build a network with random weights.

    The course's own take float32 images (n, 28, 28, 1) in [0, 1], as `normalize` returns them,
    and end in softmax: their outputs (n, 10) are probabilities. The model is not compiled. It
    computes in float32 with channels last, whatever Keras is set to.

    Parameters
    ----------
    name : str or Network
        A key of `NETWORKS`, or a description.
    seed : int, optional
        The same seed gives the same initial weights. Without one they differ each time.

    Returns
    -------
    keras.Model
        The network, a `keras.Sequential` where each layer takes the one before. "baseline" has
        94,154 parameters.

    Raises
    ------
    ValueError
        If there is no network of that name, or the seed is negative.
    TypeError
        If the seed is no whole number.
    ImportError
        If TensorFlow is missing.

    Notes
    -----
    Kernels start from Glorot's uniform distribution (Glorot and Bengio, 2010), biases from 0.
    """
    network = name if isinstance(name, Network) else known_network(name)
    seed = None if seed is None else whole_number("seed", seed, 0)
    keras = require_keras()
    image = keras.Input(network.input_shape, dtype="float32")
    # One seed a layer: with a shared one, layers would start with the same random numbers.
    layers = [
        _keras_layer(keras, layer, None if seed is None else _derived_seed(seed, index))
        for index, layer in enumerate(network.layers)
    ]
    if network.is_chain:
        model = keras.Sequential([image, *layers], name=network.name)
    else:
        outputs = {"input": image}
        for layer, compute in zip(network.layers, layers, strict=True):
            taken = [outputs[name] for name in layer.inputs]
            outputs[layer.name] = compute(taken if len(taken) > 1 else taken[0])
        model = keras.Model(image, outputs[network.layers[-1].name], name=network.name)
    model.dtype_policy = "float32"  # decides whether its optimizer scales the loss
    return model


def _derived_seed(seed: int, index: int) -> int:
    return int(np.random.SeedSequence([seed, index]).generate_state(1)[0])


#: The class in Keras of each kind of layer.
_CLASSES = {
    "convolution": "Conv2D",
    "max pooling": "MaxPooling2D",
    "average pooling": "AveragePooling2D",
    "global max pooling": "GlobalMaxPooling2D",
    "global average pooling": "GlobalAveragePooling2D",
    "flatten": "Flatten",
    "dense": "Dense",
    "addition": "Add",
    "relu": "ReLU",
    "softmax": "Softmax",
}


def _keras_layer(keras: ModuleType, layer: Layer, seed: int | None) -> "keras.Layer":
    """Return a new Keras layer that does what the described one does."""
    options: dict[str, Any] = {"name": layer.name, "dtype": "float32"}
    if layer.kind == "convolution":
        options |= {"filters": layer.units, "kernel_size": layer.size}
    elif layer.kind == "dense":
        options |= {"units": layer.units}
    elif layer.size:
        options |= {"pool_size": layer.size}
    if layer.units:
        initializer = keras.initializers.GlorotUniform(seed=seed)
        options |= {"activation": layer.activation, "kernel_initializer": initializer}
    if layer.size:
        options |= {"strides": layer.stride, "padding": layer.padding}
    if layer.size or layer.kind == "flatten" or "global" in layer.kind:
        options |= {"data_format": "channels_last"}
    return getattr(keras.layers, _CLASSES[layer.kind])(**options)


def describe(model: "keras.Model") -> Network:
    """Return the description of a Keras model, of which `build_cnn` makes its like.

    Dropout is left out, since it does nothing when a trained network answers.

    Parameters
    ----------
    model : keras.Model
        A built `keras.Sequential` or `keras.Model(inputs, outputs)`, of layers as `build_cnn`
        makes them.

    Returns
    -------
    Network
        Weights of the model are weights of this network.

    Raises
    ------
    ValueError
        If the model does anything else; the message names the layer and its class.
    """
    keras, ends = require_keras(), [getattr(model, end, ()) for end in ("inputs", "outputs")]
    if [len(end) for end in ends] != [1, 1]:
        raise ValueError("Only a built model with one input and one output has a description.")
    graph = keras.Model(*ends, name=model.name)
    if type(model) not in (keras.Sequential, type(graph)):
        raise ValueError(f"A model of an own class, {type(model).__name__}, has no description.")
    described = [_described_layer(keras, operation) for operation in graph.operations]
    layers: list[Layer] = []
    known_as: dict[str, str] = {}
    for layer, config in zip(described, graph.get_config()["layers"], strict=True):
        name, inputs = config["name"], tuple(known_as[name] for name in _inputs(config))
        if layer is None:  # pass on what comes in
            known_as[name] = inputs[0] if inputs else "input"
        else:
            known_as[name] = name
            layers.append(replace(layer, inputs=inputs))
    network = Network(tuple(layers), tuple(model.input_shape[1:]), model.name)
    weights = {f"{layer.name}/{w.name}": w.shape for layer in model.layers for w in layer.weights}
    if weights != network.weight_shapes():
        raise ValueError("The model has other weights than kernels and biases.")
    return network


def _described_layer(keras: ModuleType, operation: Any) -> Layer | None:
    """Return the layer without its inputs, or None for one that does nothing when answering."""
    name = type(operation).__name__
    start = f"Layer {operation.name!r} ({name})"
    kinds = {keras_name: kind for kind, keras_name in _CLASSES.items()}
    if type(operation) is not getattr(keras.layers, name, None):
        raise ValueError(f"{start} has no description.")
    if name in ("InputLayer", "Dropout", "SpatialDropout2D"):
        return None
    config = operation.get_config()
    if name == "Activation" and config["activation"] in ("relu", "softmax"):
        return Layer(operation.name, config["activation"])
    if name not in kinds:
        raise ValueError(f"{start} has no description.")
    activation = config.get("activation", "linear")
    layer = Layer(
        operation.name,
        kinds[name],
        units=int(config.get("filters", config.get("units", 0))),
        size=int(config.get("kernel_size", config.get("pool_size", (0,)))[0]),
        stride=int(config.get("strides", (0,))[0]),
        padding=config.get("padding", "valid"),
        activation=None if activation == "linear" else activation,
    )
    like = _keras_layer(keras, layer, seed=0).get_config()
    for key in set(config) - {"name", "trainable", "dtype"}:
        training = key.endswith(("_initializer", "_regularizer", "_constraint"))
        if config[key] != like.get(key) and not training:
            raise ValueError(f"{start} has no description because of {key}={config[key]!r}.")
    return layer


def _inputs(config: dict[str, Any]) -> list[str]:
    """Return the names of the layers that one in the configuration of a Keras model takes."""
    if not config["inbound_nodes"]:
        return []
    node, *others = config["inbound_nodes"]
    taken = node["args"][0] if len(node["args"]) == 1 else None
    taken = taken if isinstance(taken, (list, tuple)) else [taken]
    tensors = [isinstance(one, dict) and one["class_name"] == "__keras_tensor__" for one in taken]
    # Of the options of a call, mask=None and training=False are as good as none.
    if others or not all(tensors) or any(node["kwargs"].values()):
        raise ValueError(
            f"Layer {config['name']!r} has no description because it is called twice, or with more "
            "than other layers' outputs."
        )
    return [tensor["config"]["keras_history"][0] for tensor in taken]


def layer_table(model: "Network | keras.Model | None" = None) -> "pd.DataFrame":
    """Return what each layer puts out, holds and costs.

    Parameters
    ----------
    model : Network or keras.Model, optional
        A description, or a built Keras model of any layers; the baseline's description unless
        stated. TensorFlow is not needed for descriptions.

    Returns
    -------
    pandas.DataFrame
        One row a layer: `layer` (name), `kind`, `output_shape` (tuple without the batch axis),
        `parameters`, and `multiply_adds`, the multiplications by a kernel's entries for one
        image (each comes with one addition; biases, activations and pooling are not counted).

    Raises
    ------
    ValueError
        If the model is not built, so that its layers have no shapes.
    """
    import pandas as pd

    model = NETWORKS["baseline"] if model is None else model
    rows = _described_rows(model) if isinstance(model, Network) else _model_rows(model)
    columns = ["layer", "kind", "output_shape", "parameters", "multiply_adds"]
    return pd.DataFrame(rows, columns=columns)


def _described_rows(network: Network) -> Iterator[tuple]:
    shapes = network.weight_shapes()
    for layer in network.layers:
        leaving = network.shapes[layer.name]
        kernel, bias = (shapes.get(f"{layer.name}/{part}", ()) for part in ("kernel", "bias"))
        # Each entry of the kernel is used once at every position of the output.
        multiply_adds = prod(kernel) * prod(leaving[:-1]) if kernel else 0
        parameters = prod(kernel) + prod(bias) if kernel else 0
        yield layer.name, layer.kind, leaving, parameters, multiply_adds


def _model_rows(model: "keras.Model") -> Iterator[tuple]:
    if not getattr(model, "built", False) or not hasattr(model, "inputs"):
        raise ValueError(
            "Only a built keras.Sequential or keras.Model(inputs, outputs) has a table. To build "
            "it, start with keras.Input((28, 28, 1)), or call model.build((None, 28, 28, 1))."
        )
    kinds = {name: kind for kind, name in _CLASSES.items()}
    for layer in model.layers:
        kind = type(layer).__name__
        if kind == "InputLayer":
            continue
        # "BatchNormalization" becomes "batch normalization".
        kind = kinds.get(kind, re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower())
        leaving = tuple(layer.output.shape[1:])
        kernels = [weight.shape for weight in layer.weights if "kernel" in weight.name]
        multiply_adds = sum(prod(kernel) for kernel in kernels) * prod(leaving[:-1])
        yield layer.name, kind, leaving, layer.count_params(), multiply_adds
