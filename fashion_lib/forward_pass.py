"""The forward pass of the course's network in NumPy: what Keras computes, to be read."""

from collections.abc import Iterator, Mapping
from typing import Literal, overload

import numpy as np

from fashion_lib.convolution import correlate, pool, relu, softmax
from fashion_lib.networks import weight_shapes
from fashion_lib.weights import check_weights

CHUNK = 128  # images whose layers are in memory at a time


def _forward_chunk(w: Mapping[str, np.ndarray], x: np.ndarray) -> dict[str, np.ndarray]:
    """Run the baseline network on a few images (N, 28, 28, 1); return every layer's output."""
    layers = {}
    for n in (1, 2, 3):
        x = relu(correlate(x, w[f"conv{n}/kernel"]) + w[f"conv{n}/bias"])
        layers[f"conv{n}"] = x  # (N, 26, 26, 32), then (N, 11, 11, 64), then (N, 3, 3, 64)
        x = pool(x, size=2, stride=2)
        layers[f"pool{n}"] = x  # (N, 13, 13, 32), then (N, 5, 5, 64), then (N, 1, 1, 64)
    layers["flatten"] = x = x.reshape(-1, 64)  # (N, 64)
    layers["dense"] = x = relu(x @ w["dense/kernel"] + w["dense/bias"])  # (N, 512)
    layers["output"] = softmax(x @ w["output/kernel"] + w["output/bias"])  # (N, 10)
    return layers


def _check_forward(weights: Mapping[str, np.ndarray], images: np.ndarray) -> None:
    check_weights(weights, weight_shapes())
    if images.dtype.kind != "f":
        raise ValueError(
            f"forward takes floats in [0, 1], not {images.dtype}: call normalize(images) first."
        )
    if images.ndim != 4 or images.shape[1:] != (28, 28, 1):
        hint = " Add the batch axis: images[None]." if images.shape == (28, 28, 1) else ""
        raise ValueError(
            f"forward takes images of shape (n, 28, 28, 1), not {images.shape}.{hint} "
            "normalize() turns (n, 28, 28) uint8 images into that."
        )


def _chunks(
    weights: Mapping[str, np.ndarray], images: np.ndarray
) -> Iterator[dict[str, np.ndarray]]:
    """Yield the layers of a few images at a time: those of all images can fill gigabytes."""
    images = np.asarray(images)
    _check_forward(weights, images)
    images = images.astype(np.float32, copy=False)
    for start in range(0, max(len(images), 1), CHUNK):
        yield _forward_chunk(weights, images[start : start + CHUNK])


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
    """Run the baseline network in NumPy: what Keras computes, in code that you can read.

    Parameters
    ----------
    weights : dict of str to float32 arrays
        As `load_weights` returns them: "conv1/kernel", "conv1/bias", … "output/bias".
        A convolution's kernel is (3, 3, channels, filters), a dense one's (inputs, outputs).
    images : float array, shape (n, 28, 28, 1)
        In [0, 1], as `normalize` returns them.
    return_layers : bool
        Also return every layer's output. That takes about 130 kB an image.

    Returns
    -------
    probabilities : float32 array, shape (n, 10)
        Each row sums to 1.
    layers : dict of str to arrays, only with `return_layers`
        By layer name, in order: conv1 (n,26,26,32), pool1 (n,13,13,32), conv2 (n,11,11,64),
        pool2 (n,5,5,64), conv3 (n,3,3,64), pool3 (n,1,1,64), flatten (n,64), dense (n,512)
        and output (n,10), which holds the probabilities.

    Raises
    ------
    ValueError
        If weights are missing or of a wrong shape or dtype, or if the images are not floats
        (integers have not been normalized) or have another shape.
    """
    chunks = _chunks(weights, images)
    if not return_layers:
        return np.concatenate([chunk["output"] for chunk in chunks])
    parts = list(chunks)
    layers = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return layers["output"], layers


def logits(weights: Mapping[str, np.ndarray], images: np.ndarray) -> np.ndarray:
    """Return what goes into the softmax of the baseline network.

    Takes and raises the same as `forward`.

    Returns
    -------
    float32 array, shape (n, 10)
        Any real numbers.
    """
    return np.concatenate(
        [
            chunk["dense"] @ weights["output/kernel"] + weights["output/bias"]
            for chunk in _chunks(weights, images)
        ]
    )
