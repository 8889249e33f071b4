"""When to warn that a picture does not look like a garment, and how good that warning is.

Softmax shares out a whole among ten garments, so its probabilities cannot say "none of these".
The numbers that go into it can: for a picture of a garment one logit at least is large, and for
most other pictures none is. The *evidence* of a picture is the logarithm of the sum of the
exponentials of its ten logits, the negative of the energy score [1]_. The figure warns when it
is lower than that of nearly all garments on which the network was not trained.

References
----------
.. [1] W. Liu, X. Wang, J. D. Owens, Y. Li, "Energy-based Out-of-distribution Detection",
   Advances in Neural Information Processing Systems 33, 2020.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from fashion_lib.convolution import forward
from fashion_lib.data import load_data, normalize, train_validation_split
from fashion_lib.model import load_weights

FALSE_ALARMS = 0.02  # of the validation images
VALIDATION_SIZE = 5000  # as in `train`, so that these images taught the network nothing
TEST_SIZE = 5000  # of the test images; all of them would take a notebook twice as long
CHUNK = 500
BINS = 36
SEED = 0


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


def _enlarged(images: np.ndarray) -> np.ndarray:
    """Scale uint8 pictures of any size to (n, 28, 28), smoothly."""
    smooth = Image.Resampling.BICUBIC
    return np.stack([np.asarray(Image.fromarray(i).resize((28, 28), smooth)) for i in images])


def _nearly_blank(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return even grays, slopes of gray, and single bright pixels on black, by turns."""
    pictures = np.zeros((count, 28, 28), dtype=np.uint8)
    pictures[::3] = rng.integers(0, 256, (len(pictures[::3]), 1, 1))
    for picture in pictures[1::3]:
        slope = np.linspace(rng.integers(0, 128), rng.integers(128, 256), 28)
        picture[:] = slope if rng.random() < 0.5 else slope[:, np.newaxis]
    for picture in pictures[2::3]:
        places = rng.integers(0, 28, (2, rng.integers(1, 6)))
        picture[tuple(places)] = 255
    return pictures


def nonsense() -> dict[str, np.ndarray]:
    """Return pictures that show no garment, by kind: uint8 arrays of shape (n, 28, 28).

    Noise, blobs and digits are of the kinds that chapter 6 shows. The same ones each time.
    """
    from sklearn.datasets import load_digits

    rng = np.random.default_rng(SEED)
    digits = load_digits().images[:500] * (255 / 16)  # (500, 8, 8), from 0 to 16 in the file
    return {
        "random noise": rng.integers(0, 256, (500, 28, 28), dtype=np.uint8),
        "soft blobs": _enlarged(rng.integers(0, 256, (500, 7, 7), dtype=np.uint8)),
        "handwritten digits": _enlarged(digits.astype(np.uint8)),
        "nearly blank pictures": _nearly_blank(rng, 300),
    }


@lru_cache(maxsize=1)
def measure_familiarity() -> dict[str, Any]:
    """Choose the threshold on validation images; measure the warning on everything else.

    Returns
    -------
    dict
        ``threshold``, the evidence below which the figure warns; ``allowed``, the share of
        validation images below it; ``false_alarms``, the share of the test images below it,
        and ``garments``, how many these are; ``detected``, for each kind of `nonsense` its
        ``name``, ``count``, and ``share`` below it; ``histogram`` with ``start`` and ``width``
        of the bins and, for ``garments`` (test images) and ``others``, the share in each.

    Notes
    -----
    With the sample of the data, the images held out may be some that the network was trained
    on; the numbers are then a little too good.
    """
    weights = load_weights()
    (x, y), (x_test, _) = load_data()
    size = min(VALIDATION_SIZE, len(x) // 10)
    held_out = train_validation_split(x, y, validation_size=size)[1][0]
    threshold = round(float(np.quantile(evidence(weights, held_out), FALSE_ALARMS)), 3)
    garments = evidence(weights, x_test[:TEST_SIZE])
    others = {name: evidence(weights, images) for name, images in nonsense().items()}
    return {
        "threshold": threshold,
        "allowed": FALSE_ALARMS,
        "false_alarms": _share_below(garments, threshold),
        "garments": len(garments),
        "detected": [
            {"name": name, "count": len(scores), "share": _share_below(scores, threshold)}
            for name, scores in others.items()
        ],
        "histogram": _histogram(garments, list(others.values())),
    }


def _share_below(scores: np.ndarray, threshold: float) -> float:
    return round(float((scores < threshold).mean()), 4)


def _histogram(garments: np.ndarray, others: list[np.ndarray]) -> dict[str, Any]:
    """Count both in the same bins; each kind of the others weighs the same."""
    everything = np.concatenate([garments, *others])
    edges = np.linspace(np.floor(everything.min()), np.ceil(everything.max()), BINS + 1)
    share = [np.histogram(scores, edges)[0] / len(scores) for scores in (garments, *others)]
    return {
        "start": round(float(edges[0]), 4),
        "width": round(float(edges[1] - edges[0]), 6),
        "garments": np.round(share[0], 4).tolist(),
        "others": np.round(np.mean(share[1:], axis=0), 4).tolist(),
    }


def familiarity_bytes() -> bytes:
    """Return `measure_familiarity` as JSON: asset "familiarity"."""
    return json.dumps(measure_familiarity(), separators=(",", ":")).encode("utf-8")
