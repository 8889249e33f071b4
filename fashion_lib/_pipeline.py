"""From arrays to the batches that Keras trains on: checked, shuffled, augmented."""

from typing import TYPE_CHECKING, Any

import numpy as np

from fashion_lib import _checks
from fashion_lib.data import normalize

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from fashion_lib._config import TrainConfig

SHIFT = 1  # pixels by which augmentation moves an image at most


def check_data(
    model: "keras.Model", images: np.ndarray, labels: np.ndarray, name: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return images as the network takes them and their labels, or raise what is wrong.

    The network computes a few of them, and is built by that if it was not.
    """
    images = _checks.array_of(images, f"The {name} images")
    if len(images) == 0:
        raise ValueError(f"There are no {name} images.")
    if images.dtype == np.uint8:
        images = normalize(images)
    found = f"{images.dtype} {images.shape}"
    if images.dtype != np.float32:
        raise ValueError(
            f"The {name} images are {found}. Take uint8 (n, 28, 28), or what `normalize` makes of "
            "them: float32 (n, 28, 28, 1)."
        )
    _checks.check_pixels(images, f"The {name} images")
    images = _checks.fitted(images, model)
    answers = _checks.computed(lambda some: model(some, training=False), images[:8])
    classes = _checks.check_probabilities(answers, len(images[:8])).shape[1]
    labels = _checks.whole_labels(labels, f"The {name} labels", classes)
    if len(labels) != len(images):
        raise ValueError(f"There are {len(images)} {name} images, but {len(labels)} labels.")
    return images, labels.astype(np.int32)


def batches(
    images: np.ndarray,
    labels: np.ndarray,
    config: "TrainConfig",
    epoch: "tf.Variable",
    part: tuple,
) -> "tf.data.Dataset":
    """Return a data set that gives the batches of one epoch, each time in that epoch's order.

    Positions are shuffled, and the images of a batch are gathered from one tensor: on a CPU
    nothing is faster. All random numbers are functions of `config.seed`, the epoch and the
    batch. Neither global seeds nor the number of updates in a call have an influence.

    Parameters
    ----------
    images : float32 array, shape (n, height, width, channels)
    labels : int32 array, shape (n,)
    config : TrainConfig
        Batch size, seed, and whether to augment.
    epoch : tf.Variable, int64
        The epoch's number, read whenever the data set is gone through.
    part : tuple of slice
        The part of the images to give, as an index of `images`.

    Returns
    -------
    tf.data.Dataset
        Of (images, labels): float32 (batch, …) and int32 (batch,).
    """
    import tensorflow as tf

    if config.augment and images.ndim != 4:
        raise ValueError(
            f"augment needs images of shape (n, height, width, channels), not {images.shape}."
        )
    x, y = tf.constant(images if config.augment else images[part]), tf.constant(labels)
    # Any whole number is a seed; TensorFlow takes 64 bits.
    root = np.random.SeedSequence(config.seed).generate_state(2, np.uint64).astype(np.int64)

    updates, size = config.updates(len(images)), config.batch_size

    def one_epoch(_: Any) -> "tf.data.Dataset":
        key = tf.random.fold_in(root, epoch.read_value())
        order = tf.random.experimental.stateless_shuffle(tf.range(len(images)), key)

        def batch(number: Any) -> tuple[Any, Any]:
            picks = order[number * size : (number + 1) * size]
            some = tf.gather(x, picks)
            if config.augment:
                some = augment(some, tf.random.fold_in(key, number))[part]
            return some, tf.gather(y, picks)

        return tf.data.Dataset.range(updates).map(batch)

    # The steps take a batch when they need it: with threads of its own, the pipeline would get
    # in the way of the training on a CPU with few cores.
    options = tf.data.Options()
    options.autotune.enabled = False
    data = tf.data.Dataset.from_tensors(0).flat_map(one_epoch).with_options(options)
    return data.apply(tf.data.experimental.assert_cardinality(updates))


def augment(images: Any, key: Any, shift: int = SHIFT) -> Any:
    """Mirror every second image or so, and shift each by up to `shift` pixels along each axis.

    Both keep a garment what it is. Pixels that enter at the border are black.

    Parameters
    ----------
    images : tensor, shape (n, height, width, channels)
    key : int64 tensor, shape (2,)
        The same key gives the same result.
    shift : int
        The largest shift, in pixels.

    Returns
    -------
    tensor
        The same shape and dtype.
    """
    import tensorflow as tf

    count, (height, width) = tf.shape(images)[0], images.shape[1:3]
    first, second = tf.unstack(tf.random.split(key, 2))
    mirror = tf.random.stateless_uniform((count, 1, 1, 1), first) < 0.5
    images = tf.where(mirror, tf.reverse(images, axis=[2]), images)
    corners = tf.random.stateless_uniform((2, count, 1), second, 0, 2 * shift + 1, tf.int32)
    padded = tf.pad(images, [[0, 0], [shift, shift], [shift, shift], [0, 0]])
    rows, columns = corners[0] + tf.range(height), corners[1] + tf.range(width)  # (n, side)
    moved = tf.gather(padded, rows, axis=1, batch_dims=1)
    return tf.gather(moved, columns, axis=2, batch_dims=1)
