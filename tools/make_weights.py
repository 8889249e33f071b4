"""Train the weights that ship with ``fashion_lib`` again: ``make weights``.

The settings were chosen by validation loss alone, and so is the best of the seeds below. At the
end, the test set says how far the retrained networks are from the shipped one. The shipped file
stays, since chapters and findings refer to it; ``--replace`` writes the new one in its place.
``--check`` recomputes the accuracies that the file states, with the forward pass in NumPy.
"""

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version

import numpy as np

from fashion_lib.data import load_data, normalize, train_validation_split
from fashion_lib.forward_pass import forward
from fashion_lib.keras_import import require_keras
from fashion_lib.networks import build_cnn
from fashion_lib.training import TrainConfig, train
from fashion_lib.weights import get_weights, load_weights, read_metadata, save_weights
from tools import ROOT

TARGET = ROOT / "fashion_lib" / "shipped" / "baseline.safetensors"
SEEDS = (0, 1, 2)
CONFIG = TrainConfig.fast(
    epochs=25,
    batch_size=64,
    augment=True,
    learning_rate=3e-3,
    warmup=0.1,
    weight_decay=0.05,
)
BINS = 15


def accuracy(weights: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return accuracy and expected calibration error of the weights, computed in NumPy.

    The calibration error is that of Guo et al. (2017): over equal-width bins of confidence,
    the mean gap between confidence and accuracy, weighted by the images in the bin.
    """
    probabilities = forward(weights, normalize(x))
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == y
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [
        abs(confidence[bins == number].mean() - right[bins == number].mean())
        * (bins == number).mean()
        for number in np.unique(bins)
    ]
    return float(right.mean()), float(np.sum(gaps))


def versions() -> str:
    """Return the versions that the bits of the weights depend on."""
    require_keras()
    import tensorflow as tf

    return (
        f"python {platform.python_version()}, tensorflow {tf.__version__}, "
        f"keras {version('keras')}, numpy {version('numpy')}"
    )


def distance(shipped: float, retrained: Sequence[float]) -> str:
    """Say where the shipped network's accuracy lies among those of the retrained ones."""
    low, high = min(retrained), max(retrained)
    points = 100 * max(low - shipped, shipped - high, 0.0)
    where = f"{points:.2f} points outside of it" if points else "inside"
    band = f"retrained {low:.4f} to {high:.4f} ({len(retrained)} seeds)"
    return f"{band}, shipped {shipped:.4f}: {where}"


def make(replace: bool) -> None:
    """Train with each seed, compare with the shipped file, and write a new one if asked to."""
    (x, y), (x_test, y_test) = load_data()
    (x, y), validation = train_validation_split(x, y)
    runs = []
    for seed in SEEDS:
        model = build_cnn(seed=seed)
        history = train(model, x, y, validation, CONFIG.replace(seed=seed), progress=True)
        print(f"seed {seed}: {history!r}", flush=True)
        runs.append((history, get_weights(model)))
    history, weights = min(runs, key=lambda run: run[0].best["val_loss"])
    print(history.epochs.round(4).to_string(index=False))
    sets = {"validation": validation, "test": (x_test, y_test)}
    for name, images in sets.items():
        found = [accuracy(retrained, *images)[0] for _, retrained in runs]
        print(f"{name} accuracy: {distance(accuracy(load_weights(TARGET), *images)[0], found)}")
    if not replace:
        print(f"{TARGET.name} stays as it is; --replace would put the best of these in its place.")
        return
    test_accuracy, calibration_error = accuracy(weights, x_test, y_test)
    metadata = {
        "test_accuracy": f"{test_accuracy:.4f}",
        "test_calibration_error": f"{calibration_error:.4f}",
        "val_accuracy": f"{history.best['val_accuracy']:.4f}",
        "val_loss": f"{history.best['val_loss']:.4f}",
        "best_epoch": str(history.best_epoch),
        "seed": str(history.config.seed),
        "seeds_tried": ", ".join(map(str, SEEDS)),
        "recipe": json.dumps(asdict(history.config), sort_keys=True),
        "made_by": "tools/make_weights.py",
        "versions": versions(),
    }
    save_weights(weights, TARGET, metadata)
    print(f"{TARGET.name}: " + ", ".join(f"{k} {v}" for k, v in metadata.items()))
    print("Now measure the evidence with it: make derived")


def check() -> int:
    """Return 0 if the file's stated accuracies follow from its weights, 1 otherwise."""
    metadata, weights = read_metadata(TARGET), load_weights(TARGET)
    (x, y), (x_test, y_test) = load_data()
    _, (x_validation, y_validation) = train_validation_split(x, y)
    found = {
        "test_accuracy": accuracy(weights, x_test, y_test)[0],
        "val_accuracy": accuracy(weights, x_validation, y_validation)[0],
    }
    wrong = [name for name, value in found.items() if abs(value - float(metadata[name])) > 1e-4]
    for name in wrong:
        print(f"{TARGET.name}: {name} is {found[name]:.4f}, but the file says {metadata[name]}")
    if not wrong:
        print(f"{TARGET.name}: test accuracy {metadata['test_accuracy']}, recomputed")
    return int(bool(wrong))


def main() -> int:
    """Make the weights, or check them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="recompute the stated accuracies")
    choice.add_argument("--replace", action="store_true", help="ship the best of the new networks")
    options = parser.parse_args()
    if options.check:
        return check()
    make(options.replace)
    return 0


if __name__ == "__main__":
    sys.exit(main())
