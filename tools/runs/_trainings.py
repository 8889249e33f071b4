"""What the recorded trainings of chapter 4 share: its images, a training, its answers."""

from collections.abc import Callable

import keras
import numpy as np

from fashion_lib import TrainConfig, build_cnn, load_data, normalize, train, train_validation_split


def chapter_data() -> tuple[np.ndarray, ...]:
    """Return all training and validation images with labels, and the chapter's 4,000."""
    (x_all, y_all), _ = load_data()
    (x, y), (x_val, y_val) = train_validation_split(x_all, y_all, len(y_all) // 12)
    x, x_val = normalize(x), normalize(x_val)
    _, (x_small, y_small) = train_validation_split(x, y, validation_size=4000, seed=1)
    return x, y, x_val, y_val, x_small, y_small


def rounded(values: object) -> list:
    """Return numbers with four decimals, as lists."""
    return np.asarray(values, float).round(4).tolist()


def fit(seed: int, data: tuple, model: keras.Model | None = None, **settings: object) -> tuple:
    """Train without patience; return the curves and what `on_epoch` collected."""
    collect: Callable | None = settings.pop("collect", None)
    model = build_cnn(seed=seed) if model is None else model
    collected: list = []
    look = None if collect is None else lambda model, _: collected.append(collect(model))
    config = TrainConfig(patience=None, seed=seed, **settings)
    log = train(model, *data[:2], data[2:], config, progress=False, on_epoch=look)
    names = ("loss", "accuracy", "val_loss", "val_accuracy")
    return {name: rounded(log.epochs[name]) for name in names}, collected, model


def answers_of(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return probabilities; the network never sees a row or a column beyond the 22nd."""
    model = keras.Sequential([keras.Input((22, 22, 1)), *model.layers])
    return np.concatenate([np.asarray(model(part)) for part in _parts(images[:, :22, :22])])


def _parts(images: np.ndarray) -> list[np.ndarray]:
    return np.array_split(images, -(-len(images) // 500))
