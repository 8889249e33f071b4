"""Data that several figures ask for by name, so that a page loads it once."""

import json
from dataclasses import asdict
from functools import lru_cache

import numpy as np

from fashion_lib.calibration import EVIDENCE_FILE, shipped_evidence
from fashion_lib.data import CLASS_NAMES, load_data
from fashion_lib.picture_warnings import RULES
from fashion_lib.weights import fingerprint, load_weights

GARMENTS_PER_CLASS = 3
#: The network that the threshold of the evidence was measured with.
MEASURED_NETWORK = "baseline"


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
    """Return the rules of the warnings, and how the evidence was measured: asset "evidence".

    JSON, as ``tools/make_evidence.py`` writes it, with the name of the network in front and the
    rules of `fashion_lib.picture_warnings` behind.

    Raises
    ------
    RuntimeError
        If it was measured with other weights than those that ship.
    """
    measured = shipped_evidence()
    if measured["weights"] != fingerprint(load_weights(MEASURED_NETWORK)):
        raise RuntimeError(
            f"{EVIDENCE_FILE.name} was measured with other weights: "
            "run python -m tools.make_evidence"
        )
    rules = [asdict(rule) for rule in RULES]
    return json.dumps({"network": MEASURED_NETWORK, **measured, "rules": rules}).encode()
