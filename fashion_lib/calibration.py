"""How sure a network is: the evidence behind an answer.

Softmax shares out a whole among ten garments, so its probabilities cannot say "none of these".
The logits that go into it can: for a picture of a garment one of them at least is large, and for
most other pictures none is. ``tools/make_evidence.py`` chooses the threshold below which a
picture gets a warning, and measures how good the warning is.

References
----------
.. [1] W. Liu, X. Wang, J. D. Owens, Y. Li, "Energy-based Out-of-distribution Detection",
   Advances in Neural Information Processing Systems 33, 2020.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

EVIDENCE_FILE = Path(__file__).parent / "shipped" / "evidence.json"


def evidence(logits: np.ndarray) -> np.ndarray:
    """Return how strongly each picture speaks for any of the classes.

    The negative of the energy score [1]_ at temperature 1: the logarithm of the sum of the
    exponentials of a picture's logits.

    Parameters
    ----------
    logits : float array, shape (n, classes)
        As `fashion_lib.forward_pass.logits` returns them.

    Returns
    -------
    float64 array, shape (n,)
        In nats; higher means more like a garment.
    """
    logits = np.asarray(logits, dtype=np.float64)
    largest = logits.max(axis=1, keepdims=True)
    return largest[:, 0] + np.log(np.exp(logits - largest).sum(axis=1))


def shipped_evidence() -> dict[str, Any]:
    """Return the threshold that ships, and what ``tools/make_evidence.py`` measured of it."""
    return json.loads(EVIDENCE_FILE.read_text(encoding="utf-8"))
