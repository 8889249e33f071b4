"""Chapter 4, exercise 4: when wrong labels are learned by heart, with several seeds.

A seed decides the initial weights, the order of the images, and which labels are made wrong.
"""

import keras
import numpy as np

from tools.runs import record
from tools.runs.small_trainings import _answers, _data, _fit, _rounded


def one(seed: int) -> dict:
    """Make a quarter of 2,000 labels wrong; return the share of them that the network answers."""
    _, _, x_val, y_val, x_small, y_small = _data()
    generator = np.random.default_rng(seed)
    wrong = generator.choice(2000, size=500, replace=False)
    noisy = y_small[:2000].copy()
    noisy[wrong] = (noisy[wrong] + generator.integers(1, 10, size=500)) % 10

    def collect(model: keras.Model) -> float:
        return (_answers(model, x_small[wrong]).argmax(axis=1) == noisy[wrong]).mean()

    few = (x_small[:2000], noisy, x_val[:500], y_val[:500])
    curves, memorized, _ = _fit(seed, few, collect=collect, epochs=25)
    return curves | {"memorized": _rounded(memorized)}


if __name__ == "__main__":
    record(one, range(5), "wrong_labels")
