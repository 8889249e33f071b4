"""Test images as points of two planes, and their pictures, packed for the figure."""

import io
import json
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from PIL import Image

from fashion_lib._palette import PALETTE
from fashion_lib.data import CLASS_NAMES, load_data, normalize
from fashion_lib.forward_pass import forward
from fashion_lib.weights import load_weights

IMAGES_PER_CLASS = 500
#: What the points are principal components of, in the order of the packed planes.
PROJECTIONS = ("pixels", "features")
FEATURES = "flatten"  # the layer with the 64 features: pool3, flattened
COLUMNS = 100  # pictures in a row of the sheet
QUALITY = 8  # of WebP, 0 to 100
CHUNK = 500  # images whose layers are in memory at a time
STEPS = 65535  # a coordinate is a uint16: this value stands for the end of its axis


class Planes(NamedTuple):
    """The images of the map.

    Attributes
    ----------
    indices : int array, shape (n,)
        Which test images they are, ascending.
    labels : uint8 array, shape (n,)
        Their classes, 0 to 9.
    points : dict of str to float arrays, shape (n, 2)
        By name of `PROJECTIONS`: their first two principal components.
    """

    indices: np.ndarray
    labels: np.ndarray
    points: dict[str, np.ndarray]


def mapped_indices(labels: np.ndarray) -> np.ndarray:
    """Return the first 500 images of each class (all, if there are fewer), in their order."""
    first = [np.flatnonzero(labels == k)[:IMAGES_PER_CLASS] for k in range(len(CLASS_NAMES))]
    return np.sort(np.concatenate(first))


def principal_components(values: np.ndarray) -> np.ndarray:
    """Return where each row lies along the two directions in which the rows vary most.

    Parameters
    ----------
    values : float array, shape (n, d)
        At least two columns.

    Returns
    -------
    float64 array, shape (n, 2)
        Of mean zero. The largest weight of each direction is positive: without such a rule,
        either sign would do.
    """
    centered = values.astype(np.float64) - values.mean(axis=0, dtype=np.float64)
    _, directions = np.linalg.eigh(centered.T @ centered)  # ascending
    axes = directions[:, :-3:-1]  # (d, 2)
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0)
    return centered @ (axes * np.sign(largest))


def features_of(images: np.ndarray) -> np.ndarray:
    """Return the 64 features of each image, from the shipped network.

    Takes uint8 images, (n, 28, 28); returns float32 (n, 64), none of them negative.
    """
    weights = load_weights()
    chunks = [images[start : start + CHUNK] for start in range(0, len(images), CHUNK)]
    return np.concatenate(
        [forward(weights, normalize(chunk), return_layers=True)[1][FEATURES] for chunk in chunks]
    )


@lru_cache(maxsize=1)
def planes() -> Planes:
    """Return the points of the map: the same test images by their pixels and by their features."""
    _, (images, labels) = load_data()
    indices = mapped_indices(labels)
    shown = images[indices]
    values = {"pixels": shown.reshape(len(shown), -1) / 255, "features": features_of(shown)}
    points = {name: principal_components(values[name]) for name in PROJECTIONS}
    return Planes(indices, labels[indices].astype(np.uint8), points)


def same_class_share(points: np.ndarray, labels: np.ndarray) -> float:
    """Return in what share of the points the nearest other point has the same label.

    Takes points, (n, 2) or of any other width, and labels, (n,); returns 0 to 1.
    """
    from sklearn.neighbors import NearestNeighbors

    nearest = NearestNeighbors(n_neighbors=1).fit(points).kneighbors(return_distance=False)
    return float((labels[nearest[:, 0]] == labels).mean())


def sheet(images: np.ndarray) -> bytes:
    """Return uint8 images, (n, 28, 28), as one WebP picture, a hundred in a row.

    It is reduced to about a tenth of the size of the pixels; the figure says so.
    """
    rows = -(-len(images) // COLUMNS)
    filled = np.zeros((rows * COLUMNS, 28, 28), dtype=np.uint8)
    filled[: len(images)] = images
    tiled = filled.reshape(rows, COLUMNS, 28, 28).swapaxes(1, 2).reshape(rows * 28, COLUMNS * 28)
    buffer = io.BytesIO()
    Image.fromarray(tiled).convert("RGB").save(buffer, "WEBP", quality=QUALITY, method=6)
    return buffer.getvalue()


@lru_cache(maxsize=1)
def map_bytes() -> bytes:
    """Return all that the figure shows: asset "garment-map".

    1. the length of the header, uint32, little-endian
    2. the header, JSON: ``count`` (n), ``columns`` of the sheet, ``colors`` of the classes, and by
       projection ``share`` (see `same_class_share`) and ``span``, the extent of the two axes
    3. the indices of the test images, n uint16, little-endian; their labels, n uint8
    4. for each of `PROJECTIONS`, n uint16 of the first axis, then n of the second; 65535 is its end
    5. the sheet, WebP
    """
    _, (images, _) = load_data()
    indices, labels, points = planes()
    spans = {name: np.ptp(points[name], axis=0) for name in PROJECTIONS}
    header = json.dumps(
        {
            "count": len(indices),
            "columns": COLUMNS,
            "colors": list(PALETTE["classes"].values()),
            "share": {name: same_class_share(points[name], labels) for name in PROJECTIONS},
            "span": {name: spans[name].tolist() for name in PROJECTIONS},
        }
    ).encode()
    parts = [np.uint32(len(header)).astype("<u4").tobytes(), header]
    parts += [indices.astype("<u2").tobytes(), labels.tobytes()]
    for name in PROJECTIONS:
        places = (points[name] - points[name].min(axis=0)) / spans[name]
        parts.append(np.rint(places.T * STEPS).astype("<u2").tobytes())
    return b"".join([*parts, sheet(images[indices])])
