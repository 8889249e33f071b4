"""Data that several figures ask for by name, so that a page loads it once."""

from functools import lru_cache

import numpy as np

from fashion_lib.calibration import EVIDENCE_FILE, shipped_evidence
from fashion_lib.data import CLASS_NAMES, load_data
from fashion_lib.weights import fingerprint, load_weights, weights_path

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


def evidence_bytes() -> bytes:
    """Return the threshold of the evidence and how it was measured, as JSON: asset "evidence".

    Raises
    ------
    RuntimeError
        If it was measured with other weights than those that ship.
    """
    if shipped_evidence()["weights"] != fingerprint(load_weights()):
        raise RuntimeError(
            f"{EVIDENCE_FILE.name} was measured with other weights: "
            "run python -m tools.make_evidence"
        )
    return EVIDENCE_FILE.read_bytes()
