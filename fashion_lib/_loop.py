"""The inside of `train`: checked data, one epoch of updates, and its evaluation."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from fashion_lib._crop import call_for_training
from fashion_lib.data import normalize
from fashion_lib.keras_import import require_keras

if TYPE_CHECKING:
    import keras

    from fashion_lib._config import TrainConfig

# Images that are predicted at once. It has no influence on the result.
_EVALUATION_BATCH = 1000
# Keras keeps probabilities this far from 0 and 1, so that their logarithm is finite.
_SMALLEST_PROBABILITY = 1e-7


def check_data(
    model: "keras.Model", images: np.ndarray, labels: np.ndarray, name: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return images as the network takes them and their labels, or raise ValueError."""
    images, labels = np.asarray(images), np.asarray(labels)
    if len(images.shape) == 0 or len(images) == 0:
        raise ValueError(f"There are no {name} images.")
    if labels.shape != images.shape[:1]:
        raise ValueError(
            f"{len(images)} {name} images need labels of the shape ({len(images)},), "
            f"not {labels.shape}."
        )
    if images.dtype == np.uint8:
        images = normalize(images)
    wanted = tuple(model.input_shape[1:])
    if images.shape[1:] != wanted or images.dtype != np.float32:
        raise ValueError(
            f"The {name} images are {images.dtype} {images.shape}. The network takes uint8 "
            f"(n, 28, 28), or what `normalize` makes of them: float32 (n, {str(wanted)[1:]}."
        )
    # Compared so that NaN is refused as well.
    if not (images.min() >= 0 and images.max() <= 1):
        raise ValueError(
            f"The {name} images have values outside [0, 1]. Pass uint8 pixels, or use `normalize`."
        )
    classes = model.output_shape[-1]
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"The {name} labels must be whole numbers from 0 to {classes - 1}.")
    return images, labels.astype(np.int32)


def augment(images: np.ndarray, random: np.random.Generator, shift: int = 1) -> np.ndarray:
    """Mirror every second image or so, and shift each by up to `shift` pixels along each axis.

    Both keep a garment what it is. Pixels that enter at the border are black. Takes and returns
    (n, height, width, channels) of any dtype; the same state of `random` gives the same result.
    """
    count, height, width = images.shape[:3]
    mirrored = np.where(random.random((count, 1, 1, 1)) < 0.5, images[:, :, ::-1], images)
    padded = np.pad(mirrored, ((0, 0), (shift, shift), (shift, shift), (0, 0)))
    down, right = random.integers(0, 2 * shift + 1, size=(2, count))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(1, 2))
    return np.moveaxis(windows[np.arange(count), down, right], 1, -1)


class Loop:
    """A model with its optimizer, and the two TensorFlow functions that train and predict.

    Each function is traced once: the first update of a training takes a second or so longer.
    """

    def __init__(self, model: "keras.Model", config: "TrainConfig") -> None:
        keras = require_keras()
        import tensorflow as tf

        self.model, self.config, self._tensor = model, config, tf.constant
        if config.optimizer == "adamw":
            optimizer = keras.optimizers.AdamW(weight_decay=config.weight_decay)
        else:
            optimizer = keras.optimizers.Adam()
        loss = "sparse_categorical_crossentropy"
        # Only for `model.evaluate` afterwards. XLA is slower than no XLA on a CPU.
        model.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False)
        variables = model.trainable_variables
        optimizer.build(variables)
        images = tf.TensorSpec((None, None, *model.input_shape[1:]), tf.float32)
        labels = tf.TensorSpec((None, None), tf.int32)
        rates = tf.TensorSpec((None,), tf.float32)

        @tf.function(input_signature=[images, labels, rates])
        def update(images: Any, labels: Any, rates: Any) -> Any:
            loss_sum, right = tf.constant(0.0), tf.constant(0)
            for step in tf.range(tf.shape(rates)[0]):
                with tf.GradientTape() as tape:
                    probabilities = call_for_training(model, images[step], config.skip_unused)
                    losses = keras.losses.sparse_categorical_crossentropy(
                        labels[step], probabilities
                    )
                    total = tf.add_n([tf.reduce_mean(losses), *model.losses])
                optimizer.learning_rate.assign(rates[step])
                gradients = tape.gradient(total, variables)
                optimizer.apply(gradients, variables)
                loss_sum += tf.reduce_sum(losses)
                predicted = tf.argmax(probabilities, axis=-1, output_type=tf.int32)
                right += tf.reduce_sum(tf.cast(predicted == labels[step], tf.int32))
            return loss_sum, right

        @tf.function(input_signature=[tf.TensorSpec((None, *images.shape[2:]), tf.float32)])
        def predict(images: Any) -> Any:
            return model(images, training=False)

        # Traced here: after several trainings TensorFlow would warn of retracing otherwise.
        self._update: Callable = update.get_concrete_function()
        self._predict: Callable = predict.get_concrete_function()

    def epoch(
        self, images: np.ndarray, labels: np.ndarray, rates: np.ndarray, epoch: int, report: Any
    ) -> dict[str, float]:
        """Show the network every image once, in this epoch's order; return loss and accuracy."""
        size, together = self.config.batch_size, self.config.steps_per_execution
        random = np.random.default_rng([self.config.seed, epoch])
        order = random.permutation(len(images))
        full = len(order) // size  # the last batch may be smaller and is passed on its own
        chunks = [
            order[step * size : min(step + together, full) * size].reshape(-1, size)
            for step in range(0, full, together)
        ]
        if len(order) % size:
            chunks.append(order[np.newaxis, full * size :])
        loss, right, seen, step = 0.0, 0, 0, 0
        for picks in chunks:  # (steps, batch) positions of images
            some = images[picks]
            if self.config.augment:
                # Batch by batch: the random numbers must not depend on `steps_per_execution`.
                some = np.stack([augment(batch, random) for batch in some])
            inputs = some, labels[picks], rates[step : step + len(picks)]
            loss_sum, hits = self._update(*map(self._tensor, inputs))
            loss, right = loss + float(loss_sum), right + int(hits)
            seen, step = seen + picks.size, step + len(picks)
            require_finite(loss, f"training loss became {loss} in epoch {epoch}, update {step}")
            report.batch(epoch, seen, loss / seen)
        return {"loss": loss / seen, "accuracy": right / seen}

    def evaluate(self, images: np.ndarray, labels: np.ndarray, epoch: int) -> dict[str, float]:
        """Return the validation loss and accuracy."""
        starts = range(0, len(images), _EVALUATION_BATCH)
        parts = [
            self._predict(self._tensor(images[i : i + _EVALUATION_BATCH])).numpy() for i in starts
        ]
        probabilities = np.concatenate(parts)  # (n, classes)
        of_truth = probabilities[np.arange(len(labels)), labels].astype(np.float64)
        smallest = _SMALLEST_PROBABILITY
        loss = float(-np.log(np.clip(of_truth, smallest, 1 - smallest)).mean())
        require_finite(loss, f"validation loss became {loss} in epoch {epoch}")
        right = probabilities.argmax(axis=1) == labels
        return {"val_loss": loss, "val_accuracy": float(right.mean())}


def require_finite(value: float, what: str) -> None:
    """Raise FloatingPointError, with a way out, unless the value is a finite number."""
    if not np.isfinite(value):
        raise FloatingPointError(
            f"The {what}. The updates were too large: try a learning rate ten times smaller, "
            "and check the data for values that are not numbers."
        )
