"""Training: a configuration, a seeded loop with early stopping, and its history."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from fashion_lib._config import TrainConfig
from fashion_lib._loop import Loop, check_data
from fashion_lib._progress import progress_reporter
from fashion_lib.data import Pair, train_validation_split

if TYPE_CHECKING:
    import keras
    import pandas as pd

# 5,000 of Fashion-MNIST's 60,000 training images.
VALIDATION_SHARE = 1 / 12


@dataclass(frozen=True, eq=False)
class History:
    """What happened during a training.

    Parameters
    ----------
    epochs : pandas.DataFrame
        One row an epoch: `epoch` (from 1), `loss` and `accuracy` (means over the epoch's
        batches, each measured before its update), `val_loss` and `val_accuracy` (at the end of
        the epoch), `learning_rate` (mean over its updates), `seconds`.
    best_epoch : int
        The epoch, from 1, with the lowest `val_loss`, the first of equals. The trained model
        has this epoch's weights.
    stopped_early : bool
        Whether patience ran out before the last epoch.
    seconds : float
        Duration of the whole training.
    config : TrainConfig
        The settings behind it.
    """

    epochs: "pd.DataFrame"
    best_epoch: int
    stopped_early: bool
    seconds: float
    config: TrainConfig

    @property
    def best(self) -> dict[str, float]:
        """The row of `epochs` whose weights the model has, as a dict."""
        return self.epochs.iloc[self.best_epoch - 1].to_dict()

    def __repr__(self) -> str:
        end = ", stopped early" if self.stopped_early else ""
        return (
            f"History({len(self.epochs)} epochs in {self.seconds:.0f} s{end}; "
            f"best: epoch {self.best_epoch}, val_accuracy {self.best['val_accuracy']:.4f})"
        )

    def save(self, path: str | Path) -> Path:
        """Write the history as JSON, and return the file's path."""
        content = {
            "config": asdict(self.config),
            "best_epoch": self.best_epoch,
            "stopped_early": self.stopped_early,
            "seconds": self.seconds,
            "epochs": self.epochs.to_dict(orient="records"),
        }
        path = Path(path)
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        return path

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a history that `save` has written; ValueError if the file holds none."""
        import pandas as pd

        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            content["config"] = TrainConfig(**content["config"])
            content["epochs"] = pd.DataFrame(content["epochs"])
            return cls(**content)
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{path} holds no training history ({error}).") from error


class Patience:
    """Counts epochs without improvement: the rule behind early stopping.

    Only a strictly lower value is an improvement, so of equal epochs the first is the best.

    Parameters
    ----------
    patience : int or None
        How many epochs in a row may pass without improvement; None for any number.
    """

    def __init__(self, patience: int | None) -> None:
        self.patience = patience
        self.best_value = math.inf
        self.best_epoch = 0
        self.waited = 0

    def improves(self, epoch: int, value: float) -> bool:
        """Note an epoch's value, and return whether it is the best so far."""
        if value < self.best_value:
            self.best_value, self.best_epoch, self.waited = value, epoch, 0
            return True
        self.waited += 1
        return False

    @property
    def exhausted(self) -> bool:
        """Whether training should stop."""
        return self.patience is not None and self.waited >= self.patience


def train(
    model: "keras.Model",
    x: np.ndarray,
    y: np.ndarray,
    validation_data: Pair | None = None,
    config: TrainConfig | None = None,
    progress: bool | None = None,
    on_epoch: "Callable[[keras.Model, dict[str, float]], None] | None" = None,
) -> History:
    """Train a network, stop when it no longer improves, and keep its best weights.

    Parameters
    ----------
    model : keras.Model
        A network that ends in softmax, such as `build_cnn` returns. It is changed in place:
        afterwards it has the weights of the epoch with the lowest validation loss, also if
        patience did not run out, and is compiled with the loss and the accuracy.
    x : ndarray
        Training images: uint8 (n, 28, 28), or what `normalize` makes of them, float32
        (n, 28, 28, 1) in [0, 1].
    y : ndarray
        Their labels, whole numbers (n,) from 0.
    validation_data : tuple of ndarray, optional
        Images and labels to judge each epoch by, in the same form. Without it, one twelfth of
        `x` (5,000 of 60,000 images) is set aside: an equal share of each class, and the same
        images for every `config.seed`.
    config : TrainConfig, optional
        The settings; `TrainConfig()` if not given.
    progress : bool, optional
        Whether to show progress while it runs. None shows it in a terminal and in a notebook,
        where one line remains at the end.
    on_epoch : callable, optional
        Called after every epoch with the model as it is then and the epoch's row of the
        history. It must not change the model.

    Returns
    -------
    History
        Losses, accuracies and seconds of every epoch.

    Raises
    ------
    ValueError
        If data are empty, do not match each other or the network, or are not normalized.
    FloatingPointError
        If the loss is no longer a finite number. The model then has the weights of the best
        epoch so far, or those it came with.
    ImportError
        If TensorFlow is missing.

    Notes
    -----
    Early stopping on a validation set is described by Prechelt (1998).
    """
    import pandas as pd

    started = time.perf_counter()
    config = TrainConfig() if config is None else config
    x, y = check_data(model, x, y, "training")
    if validation_data is None:
        size = max(1, round(len(x) * VALIDATION_SHARE))
        try:
            (x, y), validation_data = train_validation_split(x, y, validation_size=size, seed=0)
        except ValueError as error:
            raise ValueError(
                f"{len(x)} images are too few to hold some of each class back for validation: "
                "take more images, or pass validation_data."
            ) from error
    validation = check_data(model, *validation_data, "validation")
    loop = Loop(model, config)
    rates = config.learning_rates(len(x))
    patience = Patience(config.patience)
    best = model.get_weights()
    rows: list[dict[str, float]] = []
    with progress_reporter(progress, config.epochs, len(x)) as report:
        try:
            for epoch in range(1, config.epochs + 1):
                before = time.perf_counter()
                row: dict[str, float] = {"epoch": epoch}
                row |= loop.epoch(x, y, rates[epoch - 1], epoch, report)
                row |= loop.evaluate(*validation, epoch)
                row["learning_rate"] = float(rates[epoch - 1].mean())
                row["seconds"] = time.perf_counter() - before
                rows.append(row)
                report.epoch(row)
                if on_epoch is not None:
                    on_epoch(model, row)
                if patience.improves(epoch, row["val_loss"]):
                    best = model.get_weights()
                if patience.exhausted:
                    break
        finally:  # also after NaN or an interruption: no half-made weights remain
            model.set_weights(best)
        stopped_early, seconds = len(rows) < config.epochs, time.perf_counter() - started
        history = History(pd.DataFrame(rows), patience.best_epoch, stopped_early, seconds, config)
        report.finish(f"{history!r}")
    return history
