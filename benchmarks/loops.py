"""The training loops that are compared. Each runs in a process of its own: see `worker`.

All train the same network on the same images, and judge it on the same validation images
after every epoch. A loop calls `referee.epoch` then, and carries on when that returns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from fashion_lib import TrainConfig, build_cnn, normalize, train
from fashion_lib.keras_import import require_keras

EPOCHS = 25
ORIGIN_BATCH, ORIGIN_RATE = 32, 1e-3


class Referee(Protocol):
    """What a loop reports to."""

    def start(self) -> None:
        """Wait for the signal to start; everything is imported and loaded."""

    def epoch(self, images: int, accuracy: float) -> None:
        """Report an epoch with the accuracy on the validation images, and wait again."""


@dataclass(frozen=True)
class Data:
    """uint8 images (n, 28, 28) and labels (n,), to train with and to validate with."""

    x: np.ndarray
    y: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray


def origin(referee: Referee, data: Data, seed: int) -> None:
    """Run the loop of the article: Keras as it comes, batches of 32, Adam.

    Early stopping and the progress bar are left out, which is to its advantage here.
    """
    keras = require_keras()

    class Report(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
            referee.epoch(len(data.x), logs["val_accuracy"])

    keras.utils.set_random_seed(seed)
    x, x_validation = normalize(data.x), normalize(data.x_validation)
    model = build_cnn(seed=seed)
    optimizer = keras.optimizers.Adam(ORIGIN_RATE)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    referee.start()
    model.fit(
        x,
        data.y,
        batch_size=ORIGIN_BATCH,
        epochs=EPOCHS,
        verbose=0,
        callbacks=[Report()],
        validation_data=(x_validation, data.y_validation),
    )


def fast(referee: Referee, data: Data, seed: int) -> None:
    """Run `fashion_lib.train` with its fast preset."""

    def report(_: Any, row: dict[str, float]) -> None:
        referee.epoch(len(data.x), row["val_accuracy"])

    x, x_validation = normalize(data.x), normalize(data.x_validation)
    model = build_cnn(seed=seed)
    config = TrainConfig.fast(seed=seed)
    referee.start()
    train(
        model,
        x,
        data.y,
        (x_validation, data.y_validation),
        config,
        progress=False,
        on_epoch=report,
    )


def pytorch(referee: Referee, data: Data, seed: int) -> None:
    """Run a plain PyTorch loop with the settings of the article.

    The images are one tensor in memory, which is faster than a `DataLoader`.
    """
    import torch
    from torch import nn

    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64, 512),
        nn.ReLU(),
        nn.Linear(512, 10),
    )
    optimizer = torch.optim.Adam(model.parameters(), ORIGIN_RATE)
    loss_function = nn.CrossEntropyLoss()  # takes logits: softmax is inside
    x, x_validation = (
        torch.from_numpy(images).unsqueeze(1).float() / 255
        for images in (data.x, data.x_validation)
    )  # (n, 1, 28, 28)
    y, y_validation = (
        torch.from_numpy(labels.astype(np.int64)) for labels in (data.y, data.y_validation)
    )
    referee.start()
    for _ in range(EPOCHS):
        for picks in torch.randperm(len(x)).split(ORIGIN_BATCH):
            optimizer.zero_grad()
            loss_function(model(x[picks]), y[picks]).backward()
            optimizer.step()
        with torch.no_grad():
            right = [
                (model(some).argmax(1) == labels).sum().item()
                for some, labels in zip(
                    x_validation.split(1000), y_validation.split(1000), strict=True
                )
            ]
        referee.epoch(len(x), sum(right) / len(x_validation))


def matmul(referee: Referee, data: Data, seed: int) -> None:
    """Multiply matrices: the rate of arithmetic that TensorFlow reaches on this machine.

    An "epoch" is `MATMULS` products; the images do not matter.
    """
    require_keras()
    import tensorflow as tf

    a, b = (tf.random.stateless_normal((MATMUL_SIZE, MATMUL_SIZE), (seed, i)) for i in (0, 1))
    referee.start()
    while True:
        for _ in range(MATMULS):
            product = tf.matmul(a, b)
        product.numpy()  # waits until it is computed
        referee.epoch(MATMULS, 0.0)


MATMUL_SIZE, MATMULS = 2048, 10
LOOPS: dict[str, Callable[[Referee, Data, int], None]] = {
    "origin": origin,
    "fast": fast,
    "pytorch": pytorch,
    "matmul": matmul,
}
