"""Measure when your own picture gets a warning: ``python -m tools.make_evidence``.

Writes ``fashion_lib/shipped/evidence.json``: the evidence below which the picture lab warns that a
picture does not look like a garment, and how often that warning is right and wrong. Needs the
full data set, and has to be run again when ``tools.make_weights --replace`` has been.
``--check`` writes nothing; it exits with 1 if the file differs from what it would write.
"""

import argparse
import json
import sys
from typing import Any

import numpy as np
from PIL import Image

from fashion_lib.calibration import EVIDENCE_FILE, evidence, shipped_evidence
from fashion_lib.data import load_data, locate_data, normalize, train_validation_split
from fashion_lib.forward_pass import logits
from fashion_lib.weights import fingerprint, load_weights

FALSE_ALARMS = 0.015  # of the validation images
VALIDATION_SIZE = 5000  # as in training, so that these images taught the network nothing
BINS = 36
SEED = 0
TOLERANCE = 0.003  # other processors round otherwise


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
    digits = load_digits().images * (255 / 16)  # (1797, 8, 8), from 0 to 16 in the file
    return {
        "random noise": rng.integers(0, 256, (500, 28, 28), dtype=np.uint8),
        "soft blobs": _enlarged(rng.integers(0, 256, (500, 7, 7), dtype=np.uint8)),
        "handwritten digits": _enlarged(digits.astype(np.uint8)),
        "nearly blank pictures": _nearly_blank(rng, 300),
    }


def measure() -> dict[str, Any]:
    """Choose the threshold on validation images; measure the warning on everything else.

    Returns
    -------
    dict
        ``weights``, the fingerprint of those that ship; ``threshold``, the evidence below which
        the figure warns; ``allowed``, the share of validation images below it;
        ``false_alarms``, the share of the test images below it, and ``garments``, how many
        these are; ``detected``, for each kind of `nonsense` its ``name``, ``count``, and
        ``share`` below it; ``histogram`` with ``start`` and ``width`` of the bins and, for
        ``garments`` (test images) and ``others``, the share in each.
    """
    weights = load_weights()
    (x, y), (x_test, _) = load_data()
    held_out = train_validation_split(x, y, validation_size=VALIDATION_SIZE)[1][0]
    threshold = round(float(np.quantile(_evidence(weights, held_out), FALSE_ALARMS)), 3)
    garments = _evidence(weights, x_test)
    others = {name: _evidence(weights, images) for name, images in nonsense().items()}
    return {
        "weights": fingerprint(weights),
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


def _evidence(weights: dict[str, np.ndarray], images: np.ndarray) -> np.ndarray:
    return evidence(logits(weights, normalize(images)))


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


def differences(new: Any, old: Any, place: str = "") -> list[str]:
    """Compare two results of `measure`, numbers to within `TOLERANCE`; return what differs."""
    if isinstance(new, dict) and isinstance(old, dict) and new.keys() == old.keys():
        parts = [differences(new[key], old[key], f"{place}/{key}") for key in new]
    elif isinstance(new, list) and isinstance(old, list) and len(new) == len(old):
        pairs = zip(new, old, strict=True)
        parts = [differences(*pair, f"{place}/{n}") for n, pair in enumerate(pairs)]
    elif isinstance(new, float) and isinstance(old, (int, float)):
        return [] if abs(new - old) <= TOLERANCE else [f"{place}: {old} should be {new}"]
    else:
        return [] if new == old else [f"{place}: {old} should be {new}"]
    return [line for part in parts for line in part]


def main() -> int:
    """Write or check the file; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only compare, write nothing")
    arguments = parser.parse_args()
    if locate_data().is_sample:
        print("The numbers are measured on the full data set.", file=sys.stderr)
        return 1
    measured, path = measure(), EVIDENCE_FILE
    if not arguments.check:
        path.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    if not path.exists():
        print(f"{path.name} is missing", file=sys.stderr)
        return 1
    problems = differences(measured, shipped_evidence())
    for problem in problems:
        print(f"{path.name}{problem}", file=sys.stderr)
    if not problems:
        print("The warning's numbers are in step with the weights.")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
