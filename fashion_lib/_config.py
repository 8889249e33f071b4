"""What decides how a network is trained."""

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np

MAXIMUM_EPOCHS = 25


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides how a network is trained.

    Parameters
    ----------
    epochs : int
        How many times the training images are seen at most, 1 to 25. A schedule that
        changes the learning rate is stretched over exactly this many epochs.
    batch_size : int
        Images behind each update of the weights.
    optimizer : {"adam", "adamw"}
        Adam (Kingma and Ba, 2015), or Adam with decoupled weight decay (Loshchilov and
        Hutter, 2019).
    learning_rate : float
        Learning rate of a constant schedule; the peak of a cosine schedule.
    schedule : {"constant", "cosine"}
        "cosine" falls from the peak to 0 along half a cosine wave.
    warmup : float
        Share of all updates, in [0, 1), over which the rate first rises to the peak in a line.
    weight_decay : float
        Share of each weight, times the learning rate, that an "adamw" update takes away.
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

    epochs: int = MAXIMUM_EPOCHS
    batch_size: int = 32
    optimizer: Literal["adam", "adamw"] = "adam"
    learning_rate: float = 1e-3
    schedule: Literal["constant", "cosine"] = "constant"
    warmup: float = 0.0
    weight_decay: float = 0.0
    patience: int | None = 2
    seed: int = 0
    steps_per_execution: int = 25
    augment: bool = False
    skip_unused: bool = True

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "steps_per_execution"):
            _require(_is_count(getattr(self, name), 1), name, "a whole number, at least 1", self)
        _require(self.epochs <= MAXIMUM_EPOCHS, "epochs", f"at most {MAXIMUM_EPOCHS}", self)
        _require(_is_count(self.seed, 0), "seed", "a whole number, at least 0", self)
        patience_fits = self.patience is None or _is_count(self.patience, 1)
        _require(patience_fits, "patience", "None or a whole number, at least 1", self)
        _require(self.optimizer in ("adam", "adamw"), "optimizer", '"adam" or "adamw"', self)
        _require(
            self.schedule in ("constant", "cosine"), "schedule", '"constant" or "cosine"', self
        )
        for name in ("augment", "skip_unused"):
            _require(isinstance(getattr(self, name), bool), name, "True or False", self)
        positive = _is_number(self.learning_rate) and self.learning_rate > 0
        _require(positive, "learning_rate", "a number above 0", self)
        _require(_is_number(self.warmup) and self.warmup < 1, "warmup", "in [0, 1)", self)
        _require(_is_number(self.weight_decay), "weight_decay", "0 or more", self)
        if self.weight_decay and self.optimizer != "adamw":
            raise ValueError('weight_decay needs optimizer="adamw"; "adam" would ignore it.')

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
        updates = math.ceil(images / self.batch_size)
        total = self.epochs * updates
        rising = round(self.warmup * total)
        rates = np.full(total, float(self.learning_rate))
        rates[:rising] *= np.arange(1, rising + 1) / max(rising, 1)
        if self.schedule == "cosine":
            falling = np.arange(total - rising) / (total - rising)
            rates[rising:] *= (1 + np.cos(np.pi * falling)) / 2
        return rates.reshape(self.epochs, updates).astype(np.float32)


def _require(fits: bool, name: str, wanted: str, config: TrainConfig) -> None:
    if not fits:
        raise ValueError(f"{name} must be {wanted}, not {getattr(config, name)!r}.")


def _is_count(value: Any, least: int) -> bool:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return bool(whole and value >= least)


def _is_number(value: Any) -> bool:
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return bool(number and math.isfinite(value) and value >= 0)
