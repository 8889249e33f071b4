"""Data that several figures ask for by name, so that a page loads it once."""

from functools import lru_cache

import numpy as np

from fashion_lib.data import CLASS_NAMES, load_data
from fashion_lib.model import weights_path

GARMENTS_PER_CLASS = 3


@lru_cache(maxsize=1)
def weights_bytes() -> bytes:
    """Return the shipped network's weights: the safetensors file, as it is.

    Asset "weights"; the front end reads it with ``parseSafetensors``.
    """
    return weights_path("baseline").read_bytes()


@lru_cache(maxsize=1)
def garment_bytes() -> bytes:
    """Return the first three test images of each class, in the order of the classes.

    Asset "garments"; 784 bytes a picture, row by row, 0 to 255. Picture ``3 * label + n`` is
    the n-th of its class. All sources of the data, the sample included, have enough of them.
    """
    _, (images, labels) = load_data()
    first = [
        np.flatnonzero(labels == label)[:GARMENTS_PER_CLASS] for label in range(len(CLASS_NAMES))
    ]
    return images[np.concatenate(first)].tobytes()  # (30, 28, 28) uint8
