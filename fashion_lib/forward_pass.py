"""The forward pass of a network in NumPy: what Keras computes, to be read."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import reduce
from typing import Literal, overload

import numpy as np

from fashion_lib._checks import array_of, check_pixels
from fashion_lib.convolution import average_pool, correlate, max_pool, relu, softmax
from fashion_lib.description import Layer, Network
from fashion_lib.weights import check_weights, network_of

CHUNK = 128  # images whose layers are in memory at a time


def _compute(layer: Layer, w: Mapping[str, np.ndarray], inputs: list[np.ndarray]) -> np.ndarray:
    """Return what a layer puts out for a few images: (N, H, W, C) or (N, values)."""
    x = inputs[0]
    match layer.kind:
        case "convolution":
            x = correlate(x, w[f"{layer.name}/kernel"], layer.stride, layer.padding)
            x = x + w[f"{layer.name}/bias"]
        case "max pooling":
            x = max_pool(x, layer.size, layer.stride, layer.padding)
        case "average pooling":
            x = average_pool(x, layer.size, layer.stride, layer.padding)
        case "global max pooling":
            x = x.max(axis=(1, 2))
        case "global average pooling":
            x = x.mean(axis=(1, 2))
        case "flatten":
            x = x.reshape(len(x), -1)
        case "dense":
            x = x @ w[f"{layer.name}/kernel"] + w[f"{layer.name}/bias"]
        case "addition":
            x = reduce(np.add, inputs)
    if layer.function == "relu":  # as an activation, or as a layer of its own
        return relu(x)
    return softmax(x) if layer.function == "softmax" else x


def _outputs(
    network: Network, weights: Mapping[str, np.ndarray], images: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each layer's name and output, and forget what no later layer takes."""
    outputs = {"input": images}
    last_use = {name: layer for layer in network.layers for name in layer.inputs}
    for layer in network.layers:
        outputs[layer.name] = _compute(layer, weights, [outputs[name] for name in layer.inputs])
        yield layer.name, outputs[layer.name]
        for name in {*layer.inputs}:
            if last_use[name] is layer:
                del outputs[name]


def _checked(network: Network, weights: Mapping[str, np.ndarray], images: np.ndarray) -> np.ndarray:
    """Return the images in float32, after checking that all belongs together."""
    check_weights(weights, network.weight_shapes())
    images, shape = array_of(images, "images"), network.input_shape
    if images.dtype.kind != "f":
        raise ValueError(
            f"forward takes floats in [0, 1], not {images.dtype}: call normalize(images) first."
        )
    if images.ndim != 4 or images.shape[1:] != shape:
        hint = " Add the batch axis: images[None]." if images.shape == shape else ""
        raise ValueError(
            f"forward takes images of shape (n, {', '.join(map(str, shape))}), not "
            f"{images.shape}.{hint} normalize() turns uint8 images (n, height, width) into that."
        )
    check_pixels(images, "The images")
    return images.astype(np.float32, copy=False)


def _run(
    network: Network, weights: Mapping[str, np.ndarray], images: np.ndarray, names: list[str]
) -> dict[str, np.ndarray]:
    """Return these layers' outputs. What happens in between can fill gigabytes: chunk by chunk."""
    images = _checked(network, weights, images)
    kept = {name: np.empty((len(images), *network.shapes[name]), np.float32) for name in names}
    for start in range(0, len(images), CHUNK):
        chunk = slice(start, start + CHUNK)
        for name, values in _outputs(network, weights, images[chunk]):
            if name in kept:
                kept[name][chunk] = values
    return kept


@overload
def forward(
    weights: Mapping[str, np.ndarray], images: np.ndarray, return_layers: Literal[False] = False
) -> np.ndarray: ...


@overload
def forward(
    weights: Mapping[str, np.ndarray], images: np.ndarray, return_layers: Literal[True]
) -> tuple[np.ndarray, dict[str, np.ndarray]]: ...


def forward(
    weights: Mapping[str, np.ndarray], images: np.ndarray, return_layers: bool = False
) -> np.ndarray | tuple[np.ndarray, dict[str, np.ndarray]]:
    """Run a network in NumPy: what Keras computes, in code that you can read.

    Parameters
    ----------
    weights : Weights
        As `load_weights` and `get_weights` return them: "conv1/kernel", "conv1/bias" and so on,
        with the description of the network. A plain dict belongs to the baseline network. A
        convolution's kernel is (height, width, channels, filters), a dense one's (inputs, outputs).
    images : float array, shape (n, height, width, channels)
        In [0, 1]; for the course's networks (n, 28, 28, 1), as `normalize` returns them.
    return_layers : bool
        Also return every layer's output. They take 4 bytes a value, 150 kB an image for the
        baseline network.

    Returns
    -------
    answers : float32 array, shape (n, classes)
        What the last layer puts out: probabilities, each row of which sums to 1, if that is a
        softmax.
    layers : dict of str to float32 arrays, only with `return_layers`
        By layer name, in order: for the baseline conv1 (n,26,26,32), pool1 (n,13,13,32),
        conv2 (n,11,11,64), pool2 (n,5,5,64), conv3 (n,3,3,64), pool3 (n,1,1,64),
        flatten (n,64), dense (n,512) and output (n,10), which holds the probabilities.

    Raises
    ------
    TypeError
        If one of the two is something else; the message names the call that was meant.
    ValueError
        If the network has no description, if weights are missing or of a wrong shape or dtype,
        or if the images are not floats (integers have not been normalized), are not finite and in
        [0, 1], were divided by 255 twice, or have another shape.
    """
    network = network_of(weights)
    names = [layer.name for layer in network.layers]
    layers = _run(network, weights, images, names if return_layers else names[-1:])
    return (layers[names[-1]], layers) if return_layers else layers[names[-1]]


def logits(weights: Mapping[str, np.ndarray], images: np.ndarray) -> np.ndarray:
    """Return what goes into the softmax in which a network ends.

    Takes and raises the same as `forward`; a network that ends otherwise is refused too.

    Returns
    -------
    float32 array, shape (n, classes)
        Any real numbers.
    """
    network = network_of(weights)
    *layers, last = network.layers
    if last.function != "softmax":
        raise ValueError(f"{network.name} has no logits: its last layer is no softmax.")
    if last.kind == "dense":
        layers.append(replace(last, activation=None))
    without = Network(tuple(layers), network.input_shape)
    return _run(without, weights, images, [layers[-1].name])[layers[-1].name]
