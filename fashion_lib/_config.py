"""What decides how a network is trained."""

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np

from fashion_lib._checks import as_whole
from fashion_lib._keras_calls import Call, KerasCalls, Variable

OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}  # with their names in Keras
SCHEDULES = ("constant", "cosine")


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides how a network is trained.

    Parameters
    ----------
    epochs : int
        How many times the training images are seen at most. A schedule that changes the
        learning rate is stretched over exactly this many epochs.
    batch_size : int
        Images behind each update of the weights.
    optimizer : {"adam", "adamw", "sgd"}
        Adam (Kingma and Ba, 2015), Adam with decoupled weight decay (Loshchilov and Hutter,
        2019), or stochastic gradient descent.
    learning_rate : float
        Learning rate of a constant schedule; the peak of a cosine schedule.
    schedule : {"constant", "cosine"}
        "cosine" falls from the peak to 0 along half a cosine wave.
    warmup : float
        Share of all updates, in [0, 1), over which the rate first rises from 0 to the peak in
        a line.
    weight_decay : float
        Share of each weight, times the learning rate, that an update of "adamw" or "sgd" takes
        away.
    momentum : float
        Share of its last step, in [0, 1), that "sgd" adds to each step (Polyak, 1964).
    patience : int or None
        Stop after this many epochs in a row without a lower validation loss. None runs
        every epoch. The weights of the best epoch are restored in both cases.
    seed : int
        Fixes the order of the images. Build the network with a seed too, and a training can
        be repeated bit for bit on the same machine.
    steps_per_execution : int
        Updates that TensorFlow makes in one call from Python. It changes the speed, and not
        one bit of the result.
    augment : bool
        Whether each image is mirrored or not, and shifted by up to one pixel, anew in every
        epoch. Slower to learn, and better in the end.
    skip_unused : bool
        Whether to leave out the operations that the network's answer does not depend on. The
        baseline network drops rows and columns when it pools, and so uses 22 by 22 of the
        28 by 28 pixels. It changes the speed, and not the mathematics.

    Raises
    ------
    ValueError
        If a field is outside its range.

    Notes
    -----
    Patience and a cosine schedule pull against each other: the schedule earns most at its end,
    where the rate is small, and stopping before cuts that off. `fast` therefore runs every
    epoch and only keeps the best weights.
    """

    epochs: int = 25
    batch_size: int = 32
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    learning_rate: float = 1e-3
    schedule: Literal["constant", "cosine"] = "constant"
    warmup: float = 0.0
    weight_decay: float = 0.0
    momentum: float = 0.0
    patience: int | None = 2
    seed: int = 0
    steps_per_execution: int = 25
    augment: bool = False
    skip_unused: bool = True

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "steps_per_execution"):
            self._keep(name, as_whole(getattr(self, name), 1), "a whole number, at least 1")
        self._keep("seed", as_whole(self.seed, 0), "a whole number, at least 0")
        if self.patience is not None:
            wanted = "None or a whole number, at least 1"
            self._keep("patience", as_whole(self.patience, 1), wanted)
        for name, known in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
            value = getattr(self, name)
            is_known = isinstance(value, str) and value in known
            wanted = f"one of {', '.join(map(repr, known))}"
            self._keep(name, str(value) if is_known else None, wanted)
        for name in ("augment", "skip_unused"):
            value = getattr(self, name)
            is_bool = isinstance(value, bool | np.bool_)
            self._keep(name, bool(value) if is_bool else None, "True or False")
        self._keep("learning_rate", _number(self.learning_rate) or None, "a number above 0")
        self._keep("weight_decay", _number(self.weight_decay), "a number of at least 0")
        for name in ("warmup", "momentum"):
            share = _number(getattr(self, name))
            self._keep(name, None if share is None or share >= 1 else share, "a number in [0, 1)")
        if self.weight_decay and self.optimizer == "adam":
            raise ValueError('weight_decay needs optimizer="adamw"; "adam" would ignore it.')
        if self.momentum and self.optimizer != "sgd":
            raise ValueError('momentum needs optimizer="sgd"; Adam has one of its own.')

    def _keep(self, name: str, value: Any, wanted: str) -> None:
        """Store a checked value in Python's own type, which can be written as JSON."""
        if value is None:
            raise ValueError(f"{name} must be {wanted}, not {getattr(self, name)!r}.")
        object.__setattr__(self, name, value)

    @classmethod
    def origin(cls, **changes: Any) -> Self:
        """Return the protocol of the article that the course starts from.

        Batches of 32, Adam at a constant 1e-3, at most 25 epochs, patience 2, one update a
        call, nothing left out. `changes` replace single fields.
        """
        return replace(cls(steps_per_execution=1, skip_unused=False), **changes)

    @classmethod
    def fast(cls, **changes: Any) -> Self:
        """Return the settings that reach a better accuracy several times sooner.

        Larger batches, many updates a call, and a learning rate that rises to a peak and falls
        to 0 (Smith and Topin, 2019). `changes` replace single fields.
        """
        config = cls(
            epochs=8,
            batch_size=128,
            optimizer="adamw",
            learning_rate=4e-3,
            schedule="cosine",
            warmup=0.15,
            weight_decay=0.01,
            patience=None,
        )
        return replace(config, **changes)

    def replace(self, **changes: Any) -> Self:
        """Return a copy in which these fields are changed."""
        return replace(self, **changes)

    def updates(self, images: int) -> int:
        """Return the number of updates in an epoch of so many images."""
        return math.ceil(images / self.batch_size)

    def schedule_updates(self, images: int) -> tuple[int, int]:
        """Return the number of updates in the warm-up, and of those after it."""
        total = self.epochs * self.updates(images)
        rising = round(self.warmup * total)
        return rising, total - rising

    def learning_rates(self, images: int) -> np.ndarray:
        """Return the learning rate of every update of a training on so many images.

        Parameters
        ----------
        images : int
            Number of training images.

        Returns
        -------
        ndarray
            float32 (epochs, updates in an epoch).
        """
        rising, falling = self.schedule_updates(images)
        rates = np.full(rising + falling, self.learning_rate)
        rates[:rising] *= np.arange(rising) / max(rising, 1)
        if self.schedule == "cosine":
            rates[rising:] *= (1 + np.cos(np.pi * np.arange(falling) / falling)) / 2
        return rates.reshape(self.epochs, -1).astype(np.float32)

    def in_keras(self, images: int) -> KerasCalls:
        """Return the calls of Keras that `train` makes for so many images.

        They show themselves as code.

        Parameters
        ----------
        images : int
            Number of training images, which a schedule depends on.

        Returns
        -------
        KerasCalls
            `compile` and `fit`.
        """
        options: dict[str, Any] = {"learning_rate": self._rate_in_keras(images)}
        options |= {name: getattr(self, name) for name in ("weight_decay", "momentum")}
        options = {name: value for name, value in options.items() if value}
        stopping = {
            "monitor": "val_loss",
            "mode": "min",
            # Keras has no word for "never"; but all epochs are enough.
            "patience": self.epochs if self.patience is None else self.patience,
            "restore_best_weights": True,
        }
        compiling = {
            "optimizer": Call(f"keras.optimizers.{OPTIMIZERS[self.optimizer]}", options),
            "loss": "sparse_categorical_crossentropy",
            "metrics": ["accuracy"],
            "steps_per_execution": self.steps_per_execution,
            "jit_compile": False,  # XLA is slower on a CPU
        }
        fitting = {
            "x": Variable("batches"),
            "epochs": self.epochs,
            "validation_data": Variable("(x_val, y_val)"),
            "callbacks": [Call("keras.callbacks.EarlyStopping", stopping)],
        }
        return KerasCalls(Call("model.compile", compiling), Call("model.fit", fitting))

    def _rate_in_keras(self, images: int) -> float | Call:
        rising, falling = self.schedule_updates(images)
        peak, schedules = self.learning_rate, "keras.optimizers.schedules"
        if self.schedule == "cosine":
            options: dict[str, Any] = {"initial_learning_rate": 0.0 if rising else peak}
            options["decay_steps"] = falling
            if rising:
                options |= {"warmup_target": peak, "warmup_steps": rising}
            return Call(f"{schedules}.CosineDecay", options)
        if rising:  # a "decay" from 0 up to the peak, which then stays
            options = {"initial_learning_rate": 0.0, "decay_steps": rising}
            options["end_learning_rate"] = peak
            return Call(f"{schedules}.PolynomialDecay", options)
        return peak


def _number(value: Any) -> float | None:
    """Return a finite number of at least 0 as a float, and None for anything else."""
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) and value >= 0 else None
