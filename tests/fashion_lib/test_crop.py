"""The part of the input that a network uses, found by disturbing the rest."""

import numpy as np
import pytest

from fashion_lib._crop import used_sides
from fashion_lib.forward_pass import forward
from fashion_lib.networks import build_cnn
from fashion_lib.training import TrainConfig, train
from fashion_lib.weights import get_weights, load_weights

tensorflow = pytest.mark.tensorflow


def test_baseline_uses_22_by_22_pixels(fashion):
    _, (x, _) = fashion
    images = np.random.default_rng(0).random((3, 28, 28, 1), dtype=np.float32)
    weights = load_weights()
    expected = forward(weights, images)
    unseen = images.copy()
    unseen[:, 22:], unseen[:, :, 22:] = 0, 0
    np.testing.assert_array_equal(forward(weights, unseen), expected)
    for row, column in ((21, 10), (10, 21)):
        changed = np.repeat(x[:50, ..., None] / np.float32(255), 2, axis=0)
        changed[1::2, row, column] = 1 - changed[1::2, row, column]
        probabilities = forward(weights, changed)
        assert (probabilities[::2] != probabilities[1::2]).any()


@tensorflow
def test_used_sides_of_the_baseline():
    assert used_sides(build_cnn()) == (22, 22)


def stacks():
    """Return layers between an input of (29, 27, 1) and the answer, with what they use of it."""
    from keras import layers

    return {
        # (3 - 1) * 4 + 5 = 13 of 14 rows are pooled; they are made of (13 - 1) * 2 + 3 = 27.
        "strides": (
            [layers.Conv2D(2, 3, strides=2), layers.MaxPooling2D(5, strides=4), layers.Flatten()],
            (27, 27),
        ),
        "average": (
            [layers.AveragePooling2D(4), layers.ReLU(), layers.Conv2D(2, 3), layers.Flatten()],
            (28, 24),
        ),
        "global": (
            [layers.Conv2D(2, 2), layers.MaxPooling2D(3), layers.GlobalAveragePooling2D()],
            (28, 25),
        ),
        "activation": (
            [layers.MaxPooling2D(2), layers.Activation("relu"), layers.GlobalMaxPooling2D()],
            (28, 26),
        ),
        "all": ([layers.Flatten()], (29, 27)),
        "same": ([layers.MaxPooling2D(2), layers.Conv2D(2, 3, padding="same")], None),
        "dilated": ([layers.Conv2D(2, 3, dilation_rate=2)], None),
        "dropout": ([layers.Conv2D(2, 3), layers.SpatialDropout2D(0.5)], None),
        "regularized": ([layers.Conv2D(2, 3, activity_regularizer="l2")], None),
        "normalized": ([layers.MaxPooling2D(2), layers.BatchNormalization()], None),
    }


@tensorflow
def test_used_sides_of_other_networks():
    import keras

    images = np.random.default_rng(0).normal(size=(40, 29, 27, 1)).astype(np.float32)
    for case, (stack, expected) in stacks().items():
        ends = [] if expected else [keras.layers.GlobalMaxPooling2D()]
        answer = keras.layers.Dense(4, activation="softmax")
        model = keras.Sequential([keras.Input((29, 27, 1)), *stack, *ends, answer])
        assert used_sides(model) == expected, case
        if expected is None:
            continue
        height, width = expected
        cropped = keras.Sequential([keras.Input((height, width, 1)), *model.layers])
        outputs = model(images)
        np.testing.assert_allclose(cropped(images[:, :height, :width]), outputs, atol=1e-6)
        for last in (np.s_[:, height - 1 :], np.s_[:, :, width - 1 :]):  # which is still used
            changed = images.copy()
            changed[last] = 100
            assert np.abs(model(changed) - outputs).max() > 1e-4, case


@tensorflow
def test_other_kinds_of_models_are_left_alone():
    import keras

    class Own(keras.Sequential):
        pass

    image, flat = keras.Input((28, 28, 1)), keras.layers.Flatten()
    assert used_sides(keras.Sequential([image, flat])) == (28, 28)
    assert used_sides(keras.Model(image, flat(image))) is None
    assert used_sides(Own([image, flat])) is None
    assert used_sides(keras.Sequential([keras.layers.Flatten()])) is None  # not built


@tensorflow
def test_training_without_the_unused_part_gives_the_same_weights(fashion):
    (x, y), _ = fashion
    validation = x[600:700], y[600:700]
    weights, losses = [], []
    for skip_unused in (True, False):
        model = build_cnn(seed=4)
        config = TrainConfig(epochs=1, skip_unused=skip_unused)
        losses.append(train(model, x[:500], y[:500], validation, config).best["loss"])
        weights.append(get_weights(model))
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    for key, array in weights[0].items():
        np.testing.assert_allclose(array, weights[1][key], atol=2e-5)
