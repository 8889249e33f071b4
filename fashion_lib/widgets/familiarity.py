"""When to warn that a picture does not look like a garment.

Softmax shares out a whole among ten garments, so its probabilities cannot say "none of these".
The numbers that go into it can: for a picture of a garment one logit at least is large, and for
most other pictures none is. The *evidence* of a picture is the logarithm of the sum of the
exponentials of its ten logits, the negative of the energy score [1]_. The figure warns when it
is lower than that of nearly all garments on which the network was not trained.
``tools/make_familiarity.py`` chooses the threshold and measures how good the warning is.

References
----------
.. [1] W. Liu, X. Wang, J. D. Owens, Y. Li, "Energy-based Out-of-distribution Detection",
   Advances in Neural Information Processing Systems 33, 2020.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fashion_lib.convolution import forward
from fashion_lib.data import normalize
from fashion_lib.model import load_weights, weights_path

CHUNK = 500


def familiarity_path() -> Path:
    """Return the file with the measured numbers; it lies beside the weights."""
    return weights_path("baseline").with_name("familiarity.json")


def fingerprint(weights: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 of weights, whatever else their file says."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode() + np.ascontiguousarray(weights[name]).tobytes())
    return digest.hexdigest()


def familiarity_bytes() -> bytes:
    """Return the measured numbers as JSON: asset "familiarity".

    They are what ``measure`` of ``tools/make_familiarity.py`` returns.

    Raises
    ------
    RuntimeError
        If they were measured with other weights than those that ship.
    """
    content = familiarity_path().read_bytes()
    if json.loads(content)["weights"] != fingerprint(load_weights()):
        raise RuntimeError(
            "familiarity.json was measured with other weights: run python tools/make_familiarity.py"
        )
    return content


def evidence(weights: Mapping[str, np.ndarray], images: np.ndarray) -> np.ndarray:
    """Return how strongly pictures speak for any of the ten classes.

    Parameters
    ----------
    weights : dict of str to float32 arrays
        As `fashion_lib.load_weights` returns them.
    images : uint8 array, shape (n, 28, 28)
        Pictures in the data set's format.

    Returns
    -------
    float64 array, shape (n,)
        The logarithm of the sum of the exponentials of each picture's logits.
    """
    parts = []
    for start in range(0, len(images), CHUNK):  # all layers of all images would fill gigabytes
        _, layers = forward(weights, normalize(images[start : start + CHUNK]), return_layers=True)
        dense = layers["dense"].astype(np.float64)
        logits = dense @ weights["output/kernel"] + weights["output/bias"]
        largest = logits.max(axis=1, keepdims=True)
        parts.append(largest[:, 0] + np.log(np.exp(logits - largest).sum(axis=1)))
    return np.concatenate(parts)
