"""The arithmetic behind the table: operations, rates, ratios. Nothing is measured here."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from fashion_lib.networks import layer_table

# The accuracy on validation data that the origin's article reached at its best.
ORIGIN_ACCURACY = 0.8962


def training_flops(multiply_adds: int) -> int:
    """Return the floating-point operations to train on one image.

    A multiply-add is two operations. The backward pass does each of them twice again: once
    for the gradient with respect to the weights, once with respect to the layer's input.
    """
    return 3 * 2 * multiply_adds


def flops_per_image() -> int:
    """Return the operations to train the baseline network on one image, as it is defined."""
    return training_flops(int(layer_table()["multiply_adds"].sum()))


def used_flops_per_image() -> int:
    """Return the operations to train on one image that have an effect on the weights.

    Pooling drops an odd last row and column. What is dropped later need not be computed
    earlier, so the sizes are followed from the last layer back to the first. And nobody needs
    the gradient with respect to the picture, so the first layer goes back only once.
    """
    table = layer_table()
    total, first, side = 0, 0, None  # `side` of a layer's output that the layers after it use
    for row in reversed(list(table.itertuples())):
        if row.kind == "flatten":
            continue
        if row.kind == "dense":
            total += row.multiply_adds
        elif row.kind == "max pooling":
            side = 2 * (row.output_shape[0] if side is None else side)
        else:
            first = row.multiply_adds * side**2 // row.output_shape[0] ** 2
            total += first
            side += 2  # a 3×3 kernel reads two rows more than it writes
    return training_flops(total) - 2 * first


def matmul_flops(size: int) -> int:
    """Return the operations of a product of two square matrices."""
    return 2 * size**3


@dataclass(frozen=True)
class Spread:
    """The median of some repeats, with the smallest and the largest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Return the spread of at least one value."""
        return cls(median(values), min(values), max(values))


def paired_ratios(numerators: Sequence[float], denominators: Sequence[float]) -> list[float]:
    """Return the ratio of each repeat to the one measured right beside it.

    What else the machine is doing changes from repeat to repeat, and less within one.
    """
    return [a / b for a, b in zip(numerators, denominators, strict=True)]


@dataclass(frozen=True)
class Race:
    """When a training first reached an accuracy, if it did.

    Parameters
    ----------
    accuracies : tuple of float
        Validation accuracy after each epoch.
    seconds : tuple of float
        Seconds of training up to the end of each epoch, evaluation included.
    """

    accuracies: tuple[float, ...]
    seconds: tuple[float, ...]

    def seconds_to(self, accuracy: float) -> float | None:
        """Return the seconds until the first epoch that reached it; None if none did."""
        reached = (s for a, s in zip(self.accuracies, self.seconds, strict=True) if a >= accuracy)
        return next(reached, None)

    def describe(self, accuracy: float) -> str:
        """Say when it was reached, or how near it came."""
        seconds = self.seconds_to(accuracy)
        if seconds is None:
            best = max(self.accuracies)
            return f"not reached in {self.seconds[-1]:.0f} s (best {best:.4f})"
        return f"{seconds:.0f} s, {self.accuracies.index(self._first(accuracy)) + 1} epochs"

    def _first(self, accuracy: float) -> float:
        return next(a for a in self.accuracies if a >= accuracy)


def speedup(slow: Race, fast: Race, accuracy: float) -> tuple[float, bool] | None:
    """Return how many times sooner `fast` got there, and whether that is only a lower bound.

    If `slow` never got there, the time it was given counts, and the true ratio is larger. None
    if `fast` did not get there.
    """
    fast_seconds, slow_seconds = fast.seconds_to(accuracy), slow.seconds_to(accuracy)
    if fast_seconds is None:
        return None
    return (slow_seconds or slow.seconds[-1]) / fast_seconds, slow_seconds is None
