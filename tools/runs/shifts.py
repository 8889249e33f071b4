"""Chapter 3: a convolutional and a dense network of one size, and moved pictures.

Garments are halved to 14×14 and laid on a black picture of 28×28, where they can move by seven
pixels each way and lose none. Both networks are trained twice: with every garment in the middle,
and with every garment at a place of its own. Each seed has training images and judged images of
its own, so that the results differ as independent repetitions do.
"""

import keras
import numpy as np

from fashion_lib import TrainConfig, build_cnn, load_data, normalize, train, train_validation_split
from tools.runs import record

IMAGES, CHOOSING, JUDGED = 5_000, 500, 500
REACH = 5  # pixels each way
CONFIG = TrainConfig.fast(epochs=8, batch_size=64, learning_rate=3e-3)


def halve(images: np.ndarray) -> np.ndarray:
    """Return the mean of every 2×2 pixels: uint8 (n, 28, 28) becomes uint8 (n, 14, 14)."""
    return images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).round().astype(np.uint8)


def place(halved: np.ndarray, down: np.ndarray | int, right: np.ndarray | int) -> np.ndarray:
    """Lay each garment on a black picture, so many pixels from the middle."""
    n, canvas = len(halved), np.zeros((len(halved), 28, 28), np.uint8)
    rows = 7 + np.broadcast_to(down, n)[:, None] + np.arange(14)
    columns = 7 + np.broadcast_to(right, n)[:, None] + np.arange(14)
    canvas[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]] = halved
    return canvas


def build_dense(seed: int) -> keras.Model:
    """Return a dense network with nearly as many parameters as the course's network."""
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(118, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


def one(seed: int) -> dict:
    """Train the four networks of one seed, and judge each at every place."""
    (x, y), _ = load_data()
    (x, y), (x_val, y_val) = train_validation_split(x, y, len(y) // 12)
    n, steps = IMAGES + CHOOSING, range(-REACH, REACH + 1)
    own, judged = slice(seed * n, (seed + 1) * n), slice(seed * JUDGED, (seed + 1) * JUDGED)
    small, labels = halve(x[own]), y[own]
    anywhere = np.random.default_rng(seed).integers(-REACH, REACH + 1, (2, n))
    shown = {"in the middle": place(small, 0, 0), "anywhere": place(small, *anywhere)}
    small, found = halve(x_val[judged]), {"images": IMAGES, "judged": JUDGED, "reach": REACH}
    for kind, build in (("convolutional", build_cnn), ("dense", build_dense)):
        for where, pictures in shown.items():
            model = build(seed=seed)
            # The last 500 choose the best epoch.
            fitted, choosing = [(pictures[i], labels[i]) for i in np.split(np.arange(n), [IMAGES])]
            train(model, *fitted, choosing, CONFIG.replace(seed=seed), progress=False)
            found[f"{kind}, {where}"] = [
                [
                    int((model.predict_on_batch(normalize(moved)).argmax(1) == y_val[judged]).sum())
                    for moved in (place(small, down, right) for right in steps)
                ]
                for down in steps
            ]
    return found


if __name__ == "__main__":
    record(one, range(5), "shifts")
