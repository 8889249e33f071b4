"""What people pass by mistake, recognized in one place; each message names the way out."""

import os
from collections.abc import Callable
from math import inf, prod
from typing import Any

import numpy as np

ROUNDING = 1e-4  # by which a pixel may miss [0, 1]
HALF_PRECISION = 0.01  # by which probabilities of 16 bits may miss a sum of 1


def as_whole(value: Any, least: float, most: int | None = None) -> int | None:
    """Return a whole number in a range as an int, NumPy's too, and None for anything else."""
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return int(value) if is_whole and least <= value and (most is None or value <= most) else None


def whole_number(name: str, value: Any, least: int, most: int | None = None) -> int:
    """Return a whole number in a range; raise TypeError if it is none, ValueError if outside."""
    if (number := as_whole(value, least, most)) is None:
        limits = f"of at least {least}" if most is None else f"from {least} to {most}"
        error = TypeError if as_whole(value, -inf) is None else ValueError
        raise error(f"{name} must be a whole number {limits}, not {value!r:.60}.")
    return number


def array_of(value: Any, name: str) -> np.ndarray:
    """Return an array, or raise TypeError for what holds images and labels in another form."""
    if hasattr(value, "element_spec"):
        raise TypeError(
            f"{name}: a tf.data.Dataset has no array. Pass arrays, or train on it with model.fit."
        )
    if isinstance(value, tuple) and len({getattr(part, "ndim", 0) for part in value}) > 1:
        raise TypeError(
            f"{name}: this is a tuple of {len(value)} arrays. Take images and labels apart: "
            "(x_train, y_train), (x_test, y_test) = load_data()."
        )
    try:
        array = np.asarray(value)
        if array.dtype == object:  # of numbers or texts all the same, as pandas keeps them
            array = np.array(array.tolist())
    except ValueError:  # parts of several shapes
        array = np.array(None)
    if array.dtype == object or not array.ndim:
        raise TypeError(
            f"{name}: an array of one shape and dtype is needed, not {type(value).__name__}."
        )
    return array


def check_pixels(images: np.ndarray, name: str) -> None:
    """Raise ValueError unless floats are pixels from 0 to 1, divided by 255 once."""
    low, high = (float(images.min()), float(images.max())) if images.size else (0.0, 0.0)
    if not np.isfinite([low, high]).all():
        raise ValueError(f"{name} hold values that are not finite (NaN or infinity).")
    if low < -ROUNDING or high > 1 + ROUNDING:
        raise ValueError(
            f"{name} have values outside [0, 1], from {low:.4g} to {high:.4g}. "
            "Make them of the uint8 pixels: normalize(images), and nothing more."
        )
    if 0 < high < 1.001 / 255:
        raise ValueError(
            f"{name} have values up to {high:.2g} only, as if divided by 255 twice. "
            "Make them of the uint8 pixels: normalize(images), and nothing more."
        )


def white_of(images: np.ndarray) -> int:
    """Return what is white where 0 is black: 255, and 1 among floats and truth values.

    Raises ValueError if there are values outside.
    """
    white = 1 if images.dtype.kind in "fb" else 255
    low, high = (images.min(), images.max()) if images.size else (0, white)
    if not (low >= -ROUNDING and high <= white + ROUNDING):
        raise ValueError(
            f"Gray values of {images.dtype} reach from 0, black, to {white}, white, and these from "
            f"{low:.4g} to {high:.4g}. Convert them, or name the values of both: vmin=…, vmax=…."
        )
    return white


def whole_labels(labels: Any, name: str, classes: int | None = None) -> np.ndarray:
    """Return labels as int64 (n,), or raise ValueError: whole numbers, below `classes`."""
    labels = array_of(labels, name)
    found = f"{labels.dtype} of shape {labels.shape}"
    if labels.ndim == 2 and labels.shape[1] > 1:
        raise ValueError(
            f"{name}: {found} are probabilities or one-hot rows. Take the place of the largest "
            "in each: .argmax(axis=1)."
        )
    if labels.ndim != 1 or not labels.size:
        way = " Take .ravel()." if labels.size and labels.shape[1:] == (1,) else ""
        raise ValueError(f"{name}: a non-empty list of labels is needed, not {found}.{way}")
    wanted = "whole numbers" if classes is None else f"whole numbers from 0 to {classes - 1}"
    if labels.dtype.kind not in "iu":
        ways = {"f": " Convert them: .astype(int).", "U": " Take CLASS_NAMES.index(name) of each."}
        way = ways.get(labels.dtype.kind, "")
        if labels.dtype.kind == "f" and np.isnan(labels).any():
            way = f" Of them, {np.isnan(labels).sum()} are NaN."
        raise ValueError(f"{name}: {wanted} are needed, not {found}.{way}")
    low, high = labels.min(), labels.max()
    if classes is not None and (low < 0 or high >= classes):
        way = " Subtract 1." if (low, high) == (1, classes) else ""
        raise ValueError(f"{name}: {wanted} are needed, not from {low} to {high}.{way}")
    return labels.astype(np.int64)


def check_probabilities(answers: Any, images: int, classes: int | None = None) -> np.ndarray:
    """Return a network's answers, (images, classes), or raise ValueError if these are none.

    NaN passes: what broke is said elsewhere.
    """
    answers = array_of(answers, "The network's answers")
    if answers.ndim != 2 or len(answers) != images or classes not in (None, answers.shape[1]):
        wanted = classes or "classes"
        raise ValueError(
            f"The network's answers have the shape {answers.shape}, and ({images}, {wanted}) is "
            f"needed: let it end in Dense({wanted}, activation='softmax')."
        )
    sums = answers.sum(axis=1, dtype=np.float64)
    if (answers < 0).any() or (abs(sums - 1) > HALF_PRECISION).any():
        raise ValueError(
            f"The network's answers are no probabilities: they reach from {answers.min():.3g} to "
            f"{answers.max():.3g}, and the first ones sum to {sums[0]:.3g}. Let it end in softmax: "
            "Dense(…, activation='softmax')."
        )
    return answers


def fitted(images: np.ndarray, model: Any) -> np.ndarray:
    """Return images (n, height, width, 1) in the form that a Keras model takes, if it says one.

    Without the channel axis, or flat, they hold the same values in the same order.
    """
    shape = getattr(model, "input_shape", None)  # no model has one before it is built
    if not isinstance(shape, tuple) or images.ndim != 4:
        return images
    wanted, (height, width, channels) = shape[1:], images.shape[1:]
    if wanted == (channels, height, width) != (height, width, channels):
        raise ValueError(
            f"The network takes {wanted}: channels first, as keras.json or "
            "keras.config.set_image_data_format says. Build it with data_format='channels_last'."
        )
    same = wanted == (height, width) or wanted == (prod(images.shape[1:]),)
    return images.reshape(-1, *wanted) if same and channels == 1 else images


def computed(compute: Callable[[np.ndarray], Any], images: np.ndarray) -> Any:
    """Return what a Keras model makes of images, or raise ValueError that says why it cannot."""
    try:
        return compute(images)
    except Exception as error:  # whatever layers of others raise
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ValueError(
            f"The network cannot take {images.dtype} images of shape {images.shape}: {reason:.300}"
        ) from error


def no_weights(value: Any) -> str:
    """Say what was passed in place of a dict of weights, and which call was meant."""
    if hasattr(value, "get_weights"):
        return "This is a Keras model: take fashion_lib.weights.get_weights(model) of it."
    if isinstance(value, str | os.PathLike):
        return f"This is a name: take load_weights({os.fspath(value)!r})."
    if isinstance(value, list | tuple):
        return (
            "A list of arrays, such as model.get_weights(), has no names: take "
            "fashion_lib.weights.get_weights(model)."
        )
    if isinstance(value, np.ndarray):
        return "This is an array. The weights come first, then the images."
    return f"Weights are a dict of arrays, as load_weights returns it, not {type(value).__name__}."
