"""The forward pass against its parts, and against Keras in every layer."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from fashion_lib import load_weights, normalize
from fashion_lib.convolution import conv2d, max_pool2d, relu, softmax
from fashion_lib.description import Layer, Network
from fashion_lib.forward_pass import CHUNK, forward, logits
from fashion_lib.networks import NETWORKS, build_cnn
from fashion_lib.weights import Weights, set_weights
from tests.fashion_lib.random_networks import random_network, random_weights


@pytest.fixture(scope="module")
def weights():
    return load_weights()


@pytest.fixture(scope="module")
def images(fashion):
    return normalize(fashion[1][0][:200])


def without(weights, key):
    return {name: value for name, value in weights.items() if name != key}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w, x: (w, x[0]), "Add the batch axis"),
        (lambda w, x: (w, x[..., 0]), r"\(n, 28, 28, 1\), not \(200, 28, 28\)"),
        (lambda w, x: (w, x[:, :14]), "takes images of shape"),
        (lambda w, x: (w, (255 * x).astype(np.uint8)), r"call normalize\(images\) first"),
        (lambda w, x: (w, (255 * x[..., 0]).astype(np.uint8)), r"call normalize\(images\) first"),
        (lambda w, x: (without(w, "conv2/bias"), x), r"missing \['conv2/bias'\]"),
        (lambda w, x: (w | {"dense/kernel": w["dense/kernel"].T}, x), r"\(512, 64\), expected"),
        (lambda w, x: (w | {"output/bias": np.zeros(10)}, x), "expected float32"),
    ],
)
def test_forward_names_a_mistake(weights, images, change, message):
    with pytest.raises(ValueError, match=message):
        forward(*change(weights, images))


def test_forward_returns_every_layer_in_order(weights, images):
    probabilities, layers = forward(weights, images[:3], return_layers=True)
    shapes = {
        "conv1": (3, 26, 26, 32),
        "pool1": (3, 13, 13, 32),
        "conv2": (3, 11, 11, 64),
        "pool2": (3, 5, 5, 64),
        "conv3": (3, 3, 3, 64),
        "pool3": (3, 1, 1, 64),
        "flatten": (3, 64),
        "dense": (3, 512),
        "output": (3, 10),
    }
    assert [(name, values.shape) for name, values in layers.items()] == list(shapes.items())
    assert all(values.dtype == np.float32 for values in layers.values())
    assert_array_equal(layers["output"], probabilities)
    assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_forward_does_not_depend_on_how_images_are_grouped(weights, images):
    assert len(images) > CHUNK  # more than one chunk, the last one incomplete
    together, layers = forward(weights, images, return_layers=True)
    apart = np.concatenate([forward(weights, images[i : i + 1]) for i in (0, CHUNK, 199)])
    assert_allclose(together[[0, CHUNK, 199]], apart, atol=1e-6)
    assert_allclose(forward(weights, images), layers["output"], atol=1e-6)
    assert forward(weights, images[:0]).shape == (0, 10)
    assert forward(weights, images[:2].astype(np.float64)).dtype == np.float32


@pytest.mark.parametrize("n", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1])
def test_forward_in_chunks_loses_and_swaps_no_image(weights, images, n):
    chosen = images[:n][::-1]
    probabilities, layers = forward(weights, chosen, return_layers=True)
    assert probabilities.shape == (n, 10)
    assert {len(values) for values in layers.values()} == {n}
    assert_allclose(probabilities, forward(weights, images)[:n][::-1], atol=1e-6)


def test_forward_is_its_documented_parts(weights, images):
    _, layers = forward(weights, images[:1], return_layers=True)
    x = images[0]
    for number in (1, 2, 3):
        x = relu(conv2d(x, weights[f"conv{number}/kernel"], bias=weights[f"conv{number}/bias"]))
        assert_allclose(layers[f"conv{number}"][0], x, atol=1e-5)
        x = max_pool2d(x)
        assert_allclose(layers[f"pool{number}"][0], x, atol=1e-5)


def test_a_small_residual_network_worked_by_hand():
    layers = (
        Layer("conv", "convolution", units=1, size=1),
        Layer("relu", "relu"),
        Layer("sum", "addition", inputs=("relu", "input")),
        Layer("mean", "average pooling", size=2, stride=1, padding="same"),
        Layer("most", "global max pooling"),
        Layer("output", "dense", units=2, activation="softmax"),
    )
    arrays = {
        "conv/kernel": [[[[2.0]]]],
        "conv/bias": [-0.5],
        "output/kernel": [[1.0, -1.0]],
        "output/bias": [0.0, 1.4],
    }
    weights = Weights(
        {key: np.array(values, np.float32) for key, values in arrays.items()},
        Network(layers, (2, 2, 1)),
    )
    image = np.array([[1, 2], [3, 4]], np.float32) / 10
    probabilities, found = forward(weights, image[np.newaxis, ..., np.newaxis], True)
    tenths = {name: 10 * values[0, ..., 0] for name, values in found.items() if values.ndim == 4}
    assert_allclose(tenths["conv"], [[-3, -1], [1, 3]], rtol=1e-5)
    assert_allclose(tenths["relu"], [[0, 0], [1, 3]], rtol=1e-5)
    assert_allclose(tenths["sum"], [[1, 2], [4, 7]], rtol=1e-5)
    # Below and to the right lies padding, which does not count.
    assert_allclose(tenths["mean"], [[14 / 4, 9 / 2], [11 / 2, 7]], rtol=1e-5)
    assert_allclose(found["most"], [[0.7]], rtol=1e-5)
    assert_allclose(probabilities, [[0.5, 0.5]], rtol=1e-5)  # of the logits 0.7 and 1.4 - 0.7
    assert_allclose(logits(weights, image[np.newaxis, ..., np.newaxis]), [[0.7, 0.7]], rtol=1e-5)


@pytest.mark.parametrize("seed", range(12))
def test_softmax_of_the_logits_gives_the_probabilities(seed, images):
    network = random_network(seed)
    weights = random_weights(network, seed)
    found = logits(weights, images[:5])
    assert_allclose(softmax(found), forward(weights, images[:5]), atol=1e-6)
    assert np.abs(found.sum(axis=1)).max() > 0.1


def test_a_network_without_softmax_has_no_logits(images):
    network = Network((Layer("mean", "global average pooling"),))
    with pytest.raises(ValueError, match="no softmax"):
        logits(Weights(network=network), images)
    assert_allclose(forward(Weights(network=network), images), images.mean(axis=(1, 2)), atol=1e-6)


def test_images_must_have_the_shape_that_the_network_takes(images):
    weights = Weights(network=Network((Layer("relu", "relu"),), (8, 8, 3)))
    with pytest.raises(ValueError, match=r"\(n, 8, 8, 3\), not \(200, 28, 28, 1\)"):
        forward(weights, images)


def test_memory_is_what_the_layers_take_and_no_more(weights):
    images = np.zeros((1600, 28, 28, 1), np.float32)
    peaks = []
    for return_layers in (False, True):
        tracemalloc.start()
        answers = forward(weights, images, return_layers)
        peaks.append(tracemalloc.get_traced_memory()[1] / 1000)
        tracemalloc.stop()
    values = sum(array[0].size for array in answers[1].values())
    assert round(4 * values, -4) == 150_000  # bytes an image, as documented
    assert peaks[0] < 60_000  # kB for a chunk, whatever the number of images
    assert peaks[1] - peaks[0] < 151 * len(images)


@pytest.fixture(scope="module")
def keras():
    from fashion_lib.keras_import import require_keras

    return require_keras()


def keras_network(keras):
    """Build the course's network from Keras' own parts, without fashion_lib.networks."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(64, 3, activation="relu", name="conv2"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.Conv2D(64, 3, activation="relu", name="conv3"),
            layers.MaxPooling2D(2, name="pool3"),
            layers.Flatten(name="flatten"),
            layers.Dense(512, activation="relu", name="dense"),
            layers.Dense(10, activation="softmax", name="output"),
        ]
    )


@pytest.mark.tensorflow
@pytest.mark.parametrize("which", ["random", "shipped"])
def test_forward_agrees_with_keras_in_every_layer(keras, which, images, weights):
    if which == "random":
        rng = np.random.default_rng(5)
        weights = {
            key: rng.normal(0, 0.1, shape).astype(np.float32)  # biases too, unlike a new model's
            for key, shape in NETWORKS["baseline"].weight_shapes().items()
        }
    network = keras_network(keras)
    for layer in network.layers:
        if layer.weights:
            layer.set_weights([weights[f"{layer.name}/{part}"] for part in ("kernel", "bias")])
    watched = keras.Model(network.inputs[0], [layer.output for layer in network.layers])
    expected = dict(zip([layer.name for layer in network.layers], watched(images), strict=True))
    _, layers = forward(weights, images, return_layers=True)
    assert list(layers) == list(expected)
    for name, values in layers.items():
        scale = max(1.0, np.abs(values).max())  # float32 has seven digits, at any size
        assert_allclose(values / scale, np.asarray(expected[name]) / scale, atol=1e-5)


@pytest.mark.tensorflow
def test_forward_agrees_with_load_model_in_every_layer(keras, images, weights):
    from fashion_lib import load_model

    model = load_model("baseline")
    watched = keras.Model(model.inputs[0], [layer.output for layer in model.layers])
    _, layers = forward(weights, images, return_layers=True)
    assert list(layers) == [layer.name for layer in model.layers]
    for (name, values), expected in zip(layers.items(), watched(images), strict=True):
        assert_allclose(values, np.asarray(expected), atol=1e-5, err_msg=name)


@pytest.mark.tensorflow
def test_keras_answers_raw_pixels_as_a_kernel_255_times_larger_would(images, weights):
    """As chapter 6 says, which computes the one by the other."""
    from fashion_lib import load_model

    unasked = weights | {"conv1/kernel": 255 * weights["conv1/kernel"]}
    expected = load_model("baseline").predict(images * 255, verbose=0)
    assert_allclose(forward(unasked, images), expected, atol=1e-4)


@pytest.mark.tensorflow
def test_keras_reports_a_missing_batch_axis_and_no_other_mistake(images):
    """As chapter 6 says."""
    from fashion_lib import load_model

    model = load_model("baseline")
    message = r"Expected shape \(None, 28, 28, 1\), but input has incompatible shape \(28, 28\)"
    with pytest.raises(ValueError, match=message):
        model.predict(images[0, :, :, 0], verbose=0)
    for wrong in (images[:1] * 255, (images[:1] * 255).astype(np.uint8)):
        assert model.predict(wrong, verbose=0).shape == (1, 10)


@pytest.mark.tensorflow
@pytest.mark.parametrize("seed", range(30))
def test_forward_agrees_with_keras_in_every_layer_of_random_networks(keras, images, seed):
    network = random_network(seed)
    weights = random_weights(network, seed)
    model = build_cnn(network)
    set_weights(model, weights)
    answers, layers = forward(weights, images[:3], return_layers=True)
    assert list(layers) == [layer.name for layer in network.layers]
    watched = keras.Model(model.inputs[0], [model.get_layer(name).output for name in layers])
    for (name, values), expected in zip(layers.items(), watched(images[:3]), strict=True):
        assert values.dtype == np.float32
        assert_allclose(values, np.asarray(expected), atol=1e-4, err_msg=name)
    assert_allclose(forward(weights, images[:3]), answers, atol=1e-6)
    assert np.ptp(answers, axis=1).min() > 0.01  # answers that say something
