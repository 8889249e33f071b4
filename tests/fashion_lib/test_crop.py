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


@tensorflow
@pytest.mark.parametrize("case", ["strides", "same", "dilated", "dropout", "regularized", "dense"])
def test_used_sides_of_other_networks(case):
    import keras
    from keras import layers

    stacks = {
        # 9 outputs, of which pooling by 3 with stride 2 uses 9: (9 - 1) * 3 + 4 = 28.
        "strides": ([layers.Conv2D(2, 4, strides=3), layers.MaxPooling2D(3, strides=2)], (28, 28)),
        "same": ([layers.Conv2D(2, 3, padding="same")], None),
        "dilated": ([layers.Conv2D(2, 3, dilation_rate=2)], None),
        "dropout": ([layers.Conv2D(2, 3), layers.Dropout(0.5)], None),
        "regularized": ([layers.Conv2D(2, 3, activity_regularizer="l2")], None),
        "dense": ([], (30, 28)),
    }
    stack, expected = stacks[case]
    shape = (30, 28, 1) if case == "dense" else (29, 29, 1)
    model = keras.Sequential(
        [keras.Input(shape), *stack, layers.Flatten(), layers.Dense(10, activation="softmax")]
    )
    assert used_sides(model) == expected


@tensorflow
def test_other_kinds_of_models_are_left_alone():
    import keras

    inputs = keras.Input((28, 28, 1))
    outputs = keras.layers.Dense(10, activation="softmax")(keras.layers.Flatten()(inputs))
    assert used_sides(keras.Model(inputs, outputs)) is None


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
