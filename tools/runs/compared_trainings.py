"""Chapter 4: optimizers, sizes of batch and sizes of network, with several seeds."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from fashion_lib import build_cnn
from tools.runs import record
from tools.runs._trainings import chapter_data, fit, rounded

BATCHES = {"32 at 0.001": (32, 1e-3), "128 at 0.001": (128, 1e-3), "128 at 0.004": (128, 4e-3)}
OPTIMIZERS = {
    "plain descent, rate 0.001": lambda: keras.optimizers.SGD(0.001),
    "plain descent, rate 0.1": lambda: keras.optimizers.SGD(0.1),
    "plain descent, rate 0.3": lambda: keras.optimizers.SGD(0.3),
    "momentum 0.9, rate 0.1": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "Adam, rate 0.001": lambda: keras.optimizers.Adam(0.001),
}
SIZES = {"tiny": (1, 2, 2, 4), "small": (8, 16, 16, 64)}  # filters, units; the course's is `long`


def _batches(seed: int, data: tuple) -> dict:
    _, _, x_val, y_val, x_small, y_small = data
    few = (x_small[:1600], y_small[:1600], x_val[:500], y_val[:500])
    return {
        name: fit(seed, few, epochs=4, batch_size=size, learning_rate=rate)[0]
        for name, (size, rate) in BATCHES.items()
    }


def _sizes(seed: int, data: tuple) -> dict:
    _, _, x_val, y_val, x_small, y_small = data
    found = {}
    for name, (one, two, three, units) in SIZES.items():
        keras.utils.set_random_seed(seed)
        conv, pool = keras.layers.Conv2D, keras.layers.MaxPooling2D
        model = keras.Sequential([
            keras.Input((28, 28, 1)),
            conv(one, 3, activation="relu"), pool(2), conv(two, 3, activation="relu"), pool(2),
            conv(three, 3, activation="relu"), pool(2), keras.layers.Flatten(),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ])  # fmt: skip
        found[name] = fit(seed, (x_small, y_small, x_val, y_val), model, epochs=20)[0]
    return found


def _updater(network: keras.Model, optimizer: keras.Optimizer) -> Callable:
    optimizer.build(network.trainable_variables)

    @tf.function
    def update(images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            losses = keras.losses.sparse_categorical_crossentropy(labels, network(images))
            loss = tf.reduce_mean(losses)
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    return update


def _first_updates(seed: int, data: tuple) -> dict:
    """Make sixty updates with batches of 64 by each optimizer."""
    x, y = data[:2]
    order = np.random.default_rng(seed).permutation(len(x))[: 60 * 64].reshape(60, 64)
    found = {}
    for name, make in OPTIMIZERS.items():
        update = _updater(build_cnn(seed=seed), make())
        losses = [update(tf.constant(x[picks]), tf.constant(y[picks])) for picks in order]
        found[name] = rounded([float(loss) for loss in losses])
    return found


def one(seed: int) -> dict:
    """Return the curves of one seed's trainings."""
    data = chapter_data()
    parts = {
        "first_updates": _first_updates, "batches": _batches, "sizes": _sizes,
    }  # fmt: skip
    return {name: part(seed, data) for name, part in parts.items()}


if __name__ == "__main__":
    record(one, range(5), "compared_trainings")
