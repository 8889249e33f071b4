"""Convolution, pooling and activations in NumPy, to be read and run.

"Convolution" means what deep-learning libraries compute: cross-correlation, in which the
kernel is not flipped. See Dumoulin and Visin, "A guide to convolution arithmetic for deep
learning" (arXiv:1603.07285) for the sizes.
"""

from collections.abc import Iterator
from functools import reduce
from numbers import Integral
from typing import Any, Literal

import numpy as np
from numpy import typing as npt
from numpy.lib.stride_tricks import sliding_window_view

Padding = Literal["valid", "same"]


def _kernel(*rows: tuple[float, float, float]) -> np.ndarray:
    kernel = np.array(rows, dtype=np.float32)
    kernel.setflags(write=False)
    return kernel


#: Classic 3x3 kernels, float32, as cross-correlation applies them (nothing is flipped).
#: "sobel_x" answers to vertical edges, positively where the right side is brighter;
#: "sobel_y" to horizontal ones, positively where the lower side is brighter.
KERNELS: dict[str, np.ndarray] = {
    "identity": _kernel((0, 0, 0), (0, 1, 0), (0, 0, 0)),
    "blur": _kernel(*[(1 / 9, 1 / 9, 1 / 9)] * 3),
    "gaussian": _kernel(
        (1 / 16, 2 / 16, 1 / 16), (2 / 16, 4 / 16, 2 / 16), (1 / 16, 2 / 16, 1 / 16)
    ),
    "sharpen": _kernel((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    "outline": _kernel((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
    "sobel_x": _kernel((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    "sobel_y": _kernel((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
    "emboss": _kernel((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
}


def output_size(size: int, kernel: int, stride: int = 1, padding: Padding = "valid") -> int:
    """Return how many positions a window takes along one axis.

    Parameters
    ----------
    size, kernel, stride : int
        Length of the input, of the window and of a step, in pixels; at least 1.
    padding : {"valid", "same"}
        "valid": floor((size - kernel) / stride) + 1. "same": ceil(size / stride).

    Returns
    -------
    int
        Length of the output, in pixels.

    Raises
    ------
    ValueError
        If a length is below 1, the padding is unknown, or the window does not fit.
    """
    for name, value in (("size", size), ("kernel", kernel), ("stride", stride)):
        _check_length(name, value)
    if padding == "same":
        return -(-size // stride)
    if padding != "valid":
        raise ValueError(f"padding must be 'valid' or 'same', not {padding!r}.")
    if kernel > size:
        raise ValueError(
            f"A window of {kernel} pixels does not fit into {size}: "
            "use a smaller window or, in conv2d, padding='same'."
        )
    return (size - kernel) // stride + 1


def _check_length(name: str, value: Any) -> None:
    if not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}.")


def _check_real(values: np.ndarray) -> None:
    if values.dtype.kind not in "buif":
        raise ValueError(f"Expected an array of real numbers, not of dtype {values.dtype}.")


def _same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return the zeros before and after, as Keras adds them: an odd one comes last."""
    total = max((output_size(size, kernel, stride, "same") - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def _floating(values: npt.ArrayLike) -> np.ndarray:
    """Keep float32 and float64; turn all else, uint8 above all, into float32."""
    values = np.asarray(values)
    _check_real(values)
    double = values.dtype.kind == "f" and values.dtype.itemsize >= 8
    return values.astype(np.float64 if double else np.float32, copy=False)


def correlate(
    images: np.ndarray, kernel: np.ndarray, stride: int = 1, padding: Padding = "valid"
) -> np.ndarray:
    """Cross-correlate (N,H,W,C) with (kh,kw,C,F): all windows at once, as one matrix product.

    Each window becomes a row of `patches` and each filter a column, so that row times column
    is the sum of products at one position. The rows are copies, the price of the speed.
    """
    kh, kw, channels, filters = kernel.shape
    n, height, width, _ = images.shape
    out_height = output_size(height, kh, stride, padding)
    out_width = output_size(width, kw, stride, padding)
    if padding == "same":
        rows, columns = _same_padding(height, kh, stride), _same_padding(width, kw, stride)
        images = np.pad(images, ((0, 0), rows, columns, (0, 0)))
    windows = sliding_window_view(images, (kh, kw), axis=(1, 2))[:, ::stride, ::stride]
    windows = windows.transpose(0, 1, 2, 4, 5, 3)  # (N, H', W', kh, kw, C)
    patches = windows.reshape(n * out_height * out_width, kh * kw * channels)  # (NH'W', khkwC)
    outputs = patches @ kernel.reshape(kh * kw * channels, filters)  # (NH'W', F)
    return outputs.reshape(n, out_height, out_width, filters)


def conv2d(
    image: np.ndarray,
    kernel: np.ndarray,
    stride: int = 1,
    padding: Padding = "valid",
    bias: float | np.ndarray | None = None,
) -> np.ndarray:
    """Slide a kernel over an image and sum the products: cross-correlation, as in Keras.

    Parameters
    ----------
    image : array, shape (H, W) or (H, W, C)
        Any real dtype. Integers are computed in float32, so uint8 cannot overflow.
    kernel : array, shape (kh, kw) or (kh, kw, C, F)
        Two axes for an image with two, four for an image with three.
    stride : int
        Step of the window in pixels, along both axes.
    padding : {"valid", "same"}
        "valid" keeps to the image; "same" adds zeros around it so that an output at
        stride 1 is as large as the input, distributed as Keras does it.
    bias : float or array of shape (F,), optional
        Added to every output (one value per filter).

    Returns
    -------
    array, shape (H', W') or (H', W', F)
        Float32, or float64 if the image or the kernel is. H' and W' as `output_size` says.

    Raises
    ------
    ValueError
        If shapes do not belong together, the window does not fit, or a setting is unknown.
    """
    image, kernel = _floating(image), _floating(kernel)
    flat = image.ndim == 2
    if (image.ndim, kernel.ndim) not in ((2, 2), (3, 4)):
        raise ValueError(
            "conv2d takes (H, W) with a (kh, kw) kernel, or (H, W, C) with a (kh, kw, C, F) "
            f"kernel, one image at a time; got {image.shape} with {kernel.shape}."
        )
    if flat:
        image, kernel = image[:, :, np.newaxis], kernel[:, :, np.newaxis, np.newaxis]
    if image.shape[2] != kernel.shape[2]:
        raise ValueError(
            f"The image has {image.shape[2]} channels, but the kernel of shape {kernel.shape} "
            f"expects {kernel.shape[2]}: its axes are (height, width, channels, filters)."
        )
    outputs = correlate(image[np.newaxis], kernel, stride, padding)[0]  # (H', W', F)
    if bias is not None:
        bias = _floating(bias)
        if bias.shape not in ((), (kernel.shape[3],)):
            raise ValueError(
                f"bias must be one number per filter, shape ({kernel.shape[3]},), not {bias.shape}."
            )
        outputs = outputs + bias.astype(outputs.dtype)  # 0.5 alone must not make it float64
    return outputs[:, :, 0] if flat else outputs


def _places(
    images: np.ndarray, size: int, stride: int, padding: Padding, fill: float
) -> Iterator[np.ndarray]:
    """Yield (N, H', W', C) for each place in a window: what all windows hold there."""
    height, width = images.shape[1:3]
    rows, columns = (output_size(side, size, stride, padding) for side in (height, width))
    if padding == "same":
        around = (_same_padding(height, size, stride), _same_padding(width, size, stride))
        images = np.pad(images, ((0, 0), *around, (0, 0)), constant_values=fill)
    tall, wide = (rows - 1) * stride + 1, (columns - 1) * stride + 1
    for i, j in np.ndindex(size, size):
        yield images[:, i : i + tall : stride, j : j + wide : stride]


def max_pool(images: np.ndarray, size: int, stride: int, padding: Padding = "valid") -> np.ndarray:
    """Take the largest value of each window of (N, H, W, C); padding is never the largest."""
    first, *others = _places(images, size, stride, padding, -np.inf)
    result = first.copy()
    for place in others:
        np.maximum(result, place, out=result)
    return result


def average_pool(
    images: np.ndarray, size: int, stride: int, padding: Padding = "valid"
) -> np.ndarray:
    """Take the mean of each window of (N, H, W, C); padding does not count."""
    ones = np.ones((1, *images.shape[1:3], 1), images.dtype)
    sums, counts = (
        reduce(np.add, _places(values, size, stride, padding, 0)) for values in (images, ones)
    )
    return sums / counts


def max_pool2d(image: np.ndarray, size: int = 2, stride: int | None = None) -> np.ndarray:
    """Keep the largest value of every window; incomplete windows at the edge are dropped.

    Parameters
    ----------
    image : array, shape (H, W) or (H, W, C)
        Any real dtype, which is kept.
    size : int
        Side of the window in pixels.
    stride : int, optional
        Step of the window; by default its size, so that windows do not overlap.

    Returns
    -------
    array, shape (H', W') or (H', W', C)
        As Keras' MaxPooling2D with padding "valid".

    Raises
    ------
    ValueError
        If the image is empty, has other than two or three axes or no real numbers, if `size` or
        `stride` is below 1, or if the window does not fit.
    """
    image = np.asarray(image)
    if image.ndim not in (2, 3) or not image.size:
        raise ValueError(
            f"max_pool2d takes one image, (H, W) or (H, W, C), not shape {image.shape}."
        )
    _check_real(image)
    _check_length("size", size)
    batch = np.atleast_3d(image)[np.newaxis]  # (1, H, W, C)
    outputs = max_pool(batch, size, size if stride is None else stride)[0]
    return outputs[:, :, 0] if image.ndim == 2 else outputs


def relu(values: np.ndarray) -> np.ndarray:
    """Replace negative values by zero.

    Parameters
    ----------
    values : array of real numbers, any shape

    Returns
    -------
    array, same shape and dtype
        Values of at least 0.
    """
    return np.maximum(values, 0)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Turn logits into probabilities along the last axis.

    The largest logit is subtracted first, which changes nothing but prevents overflow.

    Parameters
    ----------
    logits : array, shape (..., classes)
        Any real numbers. Integers are computed in float32.

    Returns
    -------
    array, same shape
        Values in [0, 1] that sum to 1 along the last axis.

    Raises
    ------
    ValueError
        If these are no real numbers.
    """
    logits = _floating(logits)
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
