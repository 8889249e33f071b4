"""The shipped weights are what their file says, recomputed in NumPy and in Keras."""

import json

import numpy as np
import pytest

from fashion_lib.data import normalize, train_validation_split
from fashion_lib.forward_pass import forward
from fashion_lib.training import TrainConfig
from fashion_lib.weights import load_model, load_weights, read_metadata, weights_path


@pytest.fixture(scope="module")
def weights():
    """Return the shipped weights."""
    return load_weights()


@pytest.fixture(scope="module")
def metadata():
    """Return what their file says about them."""
    return read_metadata()


def accuracy(weights, x, y):
    return (forward(weights, normalize(x)).argmax(axis=1) == y).mean()


def test_stated_test_accuracy_is_true_and_good(weights, metadata, fashion):
    _, (x, y) = fashion
    assert len(x) == 10_000
    found = accuracy(weights, x, y)
    assert found >= 0.905
    assert found == pytest.approx(float(metadata["test_accuracy"]), abs=1e-4)


def test_stated_validation_accuracy_is_true(weights, metadata, fashion):
    (x, y), _ = fashion
    _, (x, y) = train_validation_split(x, y)
    assert accuracy(weights, x, y) == pytest.approx(float(metadata["val_accuracy"]), abs=1e-4)


@pytest.mark.tensorflow
def test_keras_agrees(weights, fashion):
    _, (x, _) = fashion
    images = normalize(x[:500])
    expected = load_model()(images, training=False).numpy()
    np.testing.assert_allclose(forward(weights, images), expected, atol=1e-5)


def test_file_is_small_and_complete(weights):
    assert weights_path().stat().st_size < 450_000
    assert sum(array.size for array in weights.values()) == 94_154
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float32)}


def test_metadata_says_how_the_weights_were_made(metadata):
    expected = {"test_accuracy", "val_accuracy", "seed", "recipe", "versions"}
    assert not expected - set(metadata)
    recipe = TrainConfig(**json.loads(metadata["recipe"]))
    assert recipe.seed == int(metadata["seed"])
    for name in ("python", "tensorflow", "keras", "numpy"):
        assert f"{name} " in metadata["versions"]
