"""Training: Keras's `fit` with a seed, early stopping and the best weights, and its history."""

import json
import logging
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from fashion_lib._config import TrainConfig
from fashion_lib._crop import used_sides
from fashion_lib._files import expand
from fashion_lib._pipeline import batches, check_data
from fashion_lib._progress import progress_reporter
from fashion_lib.data import Pair, train_validation_split
from fashion_lib.keras_import import require_keras

if TYPE_CHECKING:
    import keras
    import pandas as pd

# 5,000 of Fashion-MNIST's 60,000 training images.
VALIDATION_SHARE = 1 / 12
# Images that are judged at once. It has no influence on the result.
VALIDATION_BATCH = 1000
MEASURES = ("loss", "accuracy", "val_loss", "val_accuracy")


@dataclass(frozen=True, eq=False)
class History:
    """What happened during a training.

    Parameters
    ----------
    epochs : pandas.DataFrame
        One row an epoch: `epoch` (from 1), `loss` and `accuracy` (means over the epoch's
        images, measured before the update that learns from them), `val_loss` and
        `val_accuracy` (at the end of the epoch), `learning_rate` (mean over its updates),
        `seconds`. As everywhere in Keras, a loss includes what regularizers add to it.
    best_epoch : int
        The epoch, from 1, with the lowest `val_loss`, the first of equals. The trained model
        has this epoch's weights.
    stopped_early : bool
        Whether patience ran out before the last epoch.
    seconds : float
        Duration of the whole training.
    config : TrainConfig
        The settings behind it.
    interrupted : bool
        Whether it was ended from outside: by Ctrl-C, or a notebook's stop button.
    """

    epochs: "pd.DataFrame"
    best_epoch: int
    stopped_early: bool
    seconds: float
    config: TrainConfig
    interrupted: bool = False

    @property
    def best(self) -> dict[str, float]:
        """The row of `epochs` whose weights the model has, as a dict."""
        return self.epochs.iloc[self.best_epoch - 1].to_dict()

    def __repr__(self) -> str:
        end = ", stopped early" if self.stopped_early else ""
        end = ", interrupted" if self.interrupted else end
        return (
            f"History({len(self.epochs)} epochs in {self.seconds:.0f} s{end}; "
            f"best: epoch {self.best_epoch}, val_accuracy {self.best['val_accuracy']:.4f})"
        )

    def save(self, path: str | Path) -> Path:
        """Write the history as JSON, and return the file's path."""
        path = expand(path)
        content = {
            "config": asdict(self.config),
            "best_epoch": self.best_epoch,
            "stopped_early": self.stopped_early,
            "seconds": self.seconds,
            "interrupted": self.interrupted,
            "epochs": self.epochs.to_dict(orient="records"),
        }
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        return path

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a history that `save` has written; ValueError if the file holds none."""
        import pandas as pd

        try:
            content = json.loads(expand(path).read_text(encoding="utf-8"))
            content["config"] = TrainConfig(**content["config"])
            content["epochs"] = pd.DataFrame(content["epochs"])
            return cls(**content)
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{path} holds no training history ({error}).") from error


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

    This is Keras's `compile` and `fit`, with the arguments that `config.in_keras` shows.

    Parameters
    ----------
    model : keras.Model
        A network that ends in softmax, such as `build_cnn` returns, or one of your own that takes
        the images with the channel axis, without it, or flat. It is changed in place:
        afterwards it has the weights of the epoch with the lowest validation loss, also if
        patience did not run out, and is compiled anew, so that `model.evaluate` and another
        `model.fit` work: with a fresh optimizer of the same kind, at the constant rate
        `config.learning_rate`, or a tenth of it after a schedule's peak.
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
        Losses, accuracies and seconds of every epoch. Also after Ctrl-C, with a warning, unless
        not one epoch was over.

    Raises
    ------
    TypeError
        If the model is none, or data are no arrays.
    ValueError
        If data are empty, do not match each other or the network, are not finite or not normalized
        (once), or if the network's answers are no probabilities.
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
    if not hasattr(model, "fit"):
        kind = type(model).__name__
        raise TypeError(f"train takes a Keras model, such as build_cnn(), not {kind}.")
    x, y = check_data(model, x, y, "training")
    if validation_data is None:
        (x, y), validation_data = _set_aside(x, y)
    if not isinstance(validation_data, tuple | list) or len(validation_data) != 2:
        raise TypeError(
            "validation_data is a pair, (images, labels), without weights of samples or a Dataset."
        )
    x_val, y_val = check_data(model, *validation_data, "validation")
    calls = config.in_keras(len(x))
    learner, part = _learner(model, config.skip_unused)
    learner.compile(**calls.compile.made())
    arguments = calls.fit.made()
    (stopping,) = arguments["callbacks"]
    best, interrupted = learner.get_weights(), False
    with progress_reporter(progress, config.epochs, len(x)) as report:
        watch = _Watch(config, len(x), report)
        arguments["callbacks"] = [watch.callback(), stopping]
        if on_epoch is not None:
            arguments["callbacks"].append(watch.callback_after(lambda row: on_epoch(model, row)))
        arguments["x"] = batches(x, y, config, watch.epoch, part)
        arguments["validation_data"] = x_val[part], y_val
        logger = logging.getLogger("tensorflow")
        logger.addFilter(_is_no_tracing_notice)
        try:
            learner.fit(
                **arguments, shuffle=False, validation_batch_size=VALIDATION_BATCH, verbose=0
            )
        except KeyboardInterrupt:
            interrupted = stopping.best_weights is not None
            if not interrupted:  # not one epoch was over
                raise
        finally:  # also after NaN or an interruption: no half-made weights remain
            learner.set_weights(best if stopping.best_weights is None else stopping.best_weights)
            _compile_for_more(model, config)
            logger.removeFilter(_is_no_tracing_notice)
        history = History(
            epochs=pd.DataFrame(watch.rows),
            best_epoch=stopping.best_epoch + 1,
            stopped_early=len(watch.rows) < config.epochs and not interrupted,
            seconds=time.perf_counter() - started,
            config=config,
            interrupted=interrupted,
        )
        report.finish(f"{history!r}")
    if interrupted:
        warnings.warn(
            f"Interrupted in epoch {len(history.epochs) + 1}. The network has the weights of "
            f"epoch {history.best_epoch}, the best so far.",
            stacklevel=2,
        )
    return history


def _is_no_tracing_notice(record: logging.LogRecord) -> bool:
    """Tell whether to show a record: each training is traced once, which TensorFlow warns of."""
    return "triggered tf.function retracing" not in record.getMessage()


def _set_aside(x: np.ndarray, y: np.ndarray) -> tuple[Pair, Pair]:
    size = max(1, round(len(x) * VALIDATION_SHARE))
    try:
        return train_validation_split(x, y, validation_size=size, seed=0)
    except ValueError as error:
        raise ValueError(
            f"{len(x)} images are too few to hold some of each class back for validation: "
            "take more images, or pass validation_data."
        ) from error


def _learner(model: "keras.Model", skip_unused: bool) -> "tuple[keras.Model, tuple]":
    """Return the model to call `fit` of, and the index of the part of the images that it takes.

    The second model shares the layers of the first, and with them the weights. It only takes a
    smaller input: the part that the answer depends on.
    """
    sides = used_sides(model) if skip_unused else None
    if sides is None or sides == model.input_shape[1:3]:
        return model, (...,)
    keras = require_keras()
    inputs = keras.Input((*sides, model.input_shape[3]))
    learner = keras.Sequential([inputs, *model.layers])
    learner.dtype_policy = model.dtype_policy  # decides whether the loss is scaled
    return learner, (slice(None), *map(slice, sides))


def _compile_for_more(model: "keras.Model", config: TrainConfig) -> None:
    """Compile for `evaluate` and more of `fit`: a schedule has ended at a rate of nearly 0."""
    rate = config.learning_rate / (1 if config.schedule == "constant" else 10)
    constant = config.replace(
        learning_rate=rate, schedule="constant", warmup=0.0, steps_per_execution=1
    )
    model.compile(**constant.in_keras(1).compile.made())


class _Watch:
    """Sees what `fit` does: keeps the rows of the history, shows progress, and ends at NaN."""

    def __init__(self, config: TrainConfig, images: int, report: Any) -> None:
        import tensorflow as tf

        self.config, self.images, self.report = config, images, report
        self.rates = config.learning_rates(images).mean(axis=1)
        self.epoch = tf.Variable(0, dtype=tf.int64)  # from 1
        self.rows: list[dict[str, float]] = []

    def callback(self) -> "keras.callbacks.Callback":
        """Return what looks on before early stopping does."""
        return require_keras().callbacks.LambdaCallback(
            on_epoch_begin=self.begin_epoch,
            on_train_batch_end=self.end_batches,
            on_epoch_end=self.end_epoch,
        )

    def callback_after(self, on_epoch: Callable) -> "keras.callbacks.Callback":
        """Return what calls `on_epoch` with an epoch's row, when early stopping has noted it."""
        return require_keras().callbacks.LambdaCallback(
            on_epoch_end=lambda *_: on_epoch(self.rows[-1])
        )

    def begin_epoch(self, index: int, _: Any) -> None:
        self.epoch.assign(index + 1)
        self.started = time.perf_counter()

    def end_batches(self, index: int, logs: dict[str, float]) -> None:
        epoch, loss = len(self.rows) + 1, logs["loss"]
        _require_finite(loss, f"training loss became {loss} in epoch {epoch}, update {index + 1}")
        seen = min((index + 1) * self.config.batch_size, self.images)
        self.report.batch(epoch, seen, loss)

    def end_epoch(self, index: int, logs: dict[str, float]) -> None:
        epoch, loss = index + 1, logs["val_loss"]
        _require_finite(loss, f"validation loss became {loss} in epoch {epoch}")
        row = {"epoch": epoch, **{name: float(logs[name]) for name in MEASURES}}
        row["learning_rate"] = float(self.rates[index])
        row["seconds"] = time.perf_counter() - self.started
        self.rows.append(row)
        self.report.epoch(row)


def _require_finite(value: float, what: str) -> None:
    if not np.isfinite(value):
        raise FloatingPointError(
            f"The {what}. The updates were too large: try a learning rate ten times smaller, "
            "and check the data for values that are not numbers."
        )
