"""Chapter 4: what its trainings on 4,000 images and fewer come to with other seeds.

A seed decides the initial weights and the order of the images, which are the same for each.
"""

import keras
import numpy as np

from tools.runs import record
from tools.runs._trainings import answers_of, chapter_data, fit, rounded

RATES = {"too small": 3e-5, "right": 1e-3, "too large": 1e-1}
CHOOSING = (100, 200, 500, 1000, 2500)


def _loss(answers: np.ndarray, labels: np.ndarray) -> float:
    return float(-np.log(answers[np.arange(len(labels)), labels] + 1e-7).mean())


def _optimism(right: np.ndarray, seed: int, repeats: int = 500) -> dict:
    """Return reported minus honest accuracy in points, by the number of images that choose."""
    generator, found = np.random.default_rng(seed), {"best": [], "fixed": []}
    for size in CHOOSING:
        gaps = []
        for _ in range(repeats):
            order = generator.permutation(right.shape[1])
            gap = right[:, order[:size]].mean(axis=1)
            best = gap.argmax()
            gap = 100 * (gap - right[:, order[size:]].mean(axis=1))
            gaps.append((gap[best], gap[-1]))
        best, fixed = np.mean(gaps, axis=0)
        found["best"].append(round(best, 3))
        found["fixed"].append(round(fixed, 3))
    return found


def _long(seed: int, data: tuple) -> dict:
    """Twenty epochs on 4,000 images: where it turns, how sure its mistakes are, luck."""
    _, _, x_val, y_val, x_small, y_small = data
    after: list[float] = []

    def collect(model: keras.Model) -> np.ndarray:
        if not after:  # the training loss at the end of the first epoch, not within it
            after.append(_loss(answers_of(model, x_small), y_small))
        return answers_of(model, x_val)

    few = (x_small, y_small, x_val[:100], y_val[:100])  # all of them are judged in `collect`
    curves, collected, _ = fit(seed, few, collect=collect, epochs=20)
    right = np.array([answers.argmax(axis=1) for answers in collected]) == y_val
    curves["val_loss"] = rounded([_loss(answers, y_val) for answers in collected])
    curves["val_accuracy"] = rounded(right.mean(axis=1))
    sure = [a.max(axis=1)[~r].mean() for a, r in zip(collected, right, strict=True)]
    curves |= {"sure_of_mistakes": rounded(sure), "loss_after_first": rounded(after)[0]}
    return curves | {"optimism": _optimism(right, seed)}


def _rates(seed: int, data: tuple) -> dict:
    _, _, x_val, y_val, x_small, y_small = data
    few = (x_small[:2500], y_small[:2500], x_val[:500], y_val[:500])
    found = {}
    for name, rate in RATES.items():
        curves, _, model = fit(seed, few, epochs=3, learning_rate=rate)
        answers = answers_of(model, x_val[:500])
        hidden = keras.Sequential([keras.Input((28, 28, 1)), *model.layers[:-1]])
        silent = float((np.asarray(hidden(x_val[:500])).max(axis=0) == 0).mean())
        found[name] = curves | {"range": float(np.ptp(answers, axis=0).max()), "silent": silent}
    return found


def one(seed: int) -> dict:
    """Return the curves of one seed's trainings."""
    data = chapter_data()
    return {"long": _long(seed, data), "rates": _rates(seed, data)}


if __name__ == "__main__":
    record(one, range(5), "small_trainings")
