"""Chapter 4, exercise 4: when wrong labels are learned by heart, with several seeds.

A seed decides the initial weights, the order of the images, and which labels are made wrong.
"""

import keras
import numpy as np

from tools.runs import record
from tools.runs._trainings import answers_of, chapter_data, fit, rounded


def one(seed: int) -> dict:
    """Make a quarter of 2,000 labels wrong; return the share of them that the network answers."""
    _, _, x_val, y_val, x_small, y_small = chapter_data()
    generator = np.random.default_rng(seed)
    wrong = generator.choice(2000, size=500, replace=False)
    noisy = y_small[:2000].copy()
    noisy[wrong] = (noisy[wrong] + generator.integers(1, 10, size=500)) % 10

    def collect(model: keras.Model) -> float:
        return (answers_of(model, x_small[wrong]).argmax(axis=1) == noisy[wrong]).mean()

    few = (x_small[:2000], noisy, x_val[:500], y_val[:500])
    curves, memorized, _ = fit(seed, few, collect=collect, epochs=25)
    return curves | {"memorized": rounded(memorized)}


if __name__ == "__main__":
    record(one, range(5), "wrong_labels")
