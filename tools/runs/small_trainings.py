"""Chapter 4: what its trainings on 4,000 images and fewer come to with other seeds.

A seed decides the initial weights and the order of the images, which are the same for each.
"""

from collections.abc import Callable

import keras
import numpy as np

from fashion_lib import TrainConfig, build_cnn, load_data, normalize, train, train_validation_split
from tools.runs import record

RATES = {"too small": 3e-5, "right": 1e-3, "too large": 1e-1}
CHOOSING = (100, 200, 500, 1000, 2500)


def _data() -> tuple[np.ndarray, ...]:
    (x_all, y_all), _ = load_data()
    (x, y), (x_val, y_val) = train_validation_split(x_all, y_all, len(y_all) // 12)
    x, x_val = normalize(x), normalize(x_val)
    _, (x_small, y_small) = train_validation_split(x, y, validation_size=4000, seed=1)
    return x, y, x_val, y_val, x_small, y_small


def _rounded(values: object) -> list:
    return np.asarray(values, float).round(4).tolist()


def _fit(seed: int, data: tuple, model: keras.Model | None = None, **settings: object) -> tuple:
    """Train without patience; return the curves and what `on_epoch` collected."""
    collect: Callable | None = settings.pop("collect", None)
    model = build_cnn(seed=seed) if model is None else model
    collected: list = []
    look = None if collect is None else lambda model, _: collected.append(collect(model))
    config = TrainConfig(patience=None, seed=seed, **settings)
    log = train(model, *data[:2], data[2:], config, progress=False, on_epoch=look)
    names = ("loss", "accuracy", "val_loss", "val_accuracy")
    return {name: _rounded(log.epochs[name]) for name in names}, collected, model


def _answers(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return probabilities; the network never sees a row or a column beyond the 22nd."""
    model = keras.Sequential([keras.Input((22, 22, 1)), *model.layers])
    return np.concatenate([np.asarray(model(part)) for part in _parts(images[:, :22, :22])])


def _parts(images: np.ndarray) -> list[np.ndarray]:
    return np.array_split(images, -(-len(images) // 500))


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
            after.append(_loss(_answers(model, x_small), y_small))
        return _answers(model, x_val)

    few = (x_small, y_small, x_val[:100], y_val[:100])  # all of them are judged in `collect`
    curves, collected, _ = _fit(seed, few, collect=collect, epochs=20)
    right = np.array([answers.argmax(axis=1) for answers in collected]) == y_val
    curves["val_loss"] = _rounded([_loss(answers, y_val) for answers in collected])
    curves["val_accuracy"] = _rounded(right.mean(axis=1))
    sure = [a.max(axis=1)[~r].mean() for a, r in zip(collected, right, strict=True)]
    curves |= {"sure_of_mistakes": _rounded(sure), "loss_after_first": _rounded(after)[0]}
    return curves | {"optimism": _optimism(right, seed)}


def _rates(seed: int, data: tuple) -> dict:
    _, _, x_val, y_val, x_small, y_small = data
    few = (x_small[:2500], y_small[:2500], x_val[:500], y_val[:500])
    found = {}
    for name, rate in RATES.items():
        curves, _, model = _fit(seed, few, epochs=3, learning_rate=rate)
        answers = _answers(model, x_val[:500])
        hidden = keras.Sequential([keras.Input((28, 28, 1)), *model.layers[:-1]])
        silent = float((np.asarray(hidden(x_val[:500])).max(axis=0) == 0).mean())
        found[name] = curves | {"range": float(np.ptp(answers, axis=0).max()), "silent": silent}
    return found


def one(seed: int) -> dict:
    """Return the curves of one seed's trainings."""
    data = _data()
    return {"long": _long(seed, data), "rates": _rates(seed, data)}


if __name__ == "__main__":
    record(one, range(5), "small_trainings")
