"""Networks in JavaScript, in a real browser, against NumPy, Keras and SciPy.

`shared.html` beside this file imports the modules as they are and offers what is called here.
"""

import json
import struct

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.ndimage import maximum_filter
from scipy.signal import correlate
from scipy.special import softmax

from fashion_lib.convolution import conv2d, max_pool2d
from fashion_lib.data import normalize
from fashion_lib.description import Layer, Network
from fashion_lib.forward_pass import forward, logits
from fashion_lib.networks import NETWORKS, build_cnn
from fashion_lib.weights import Weights, load_weights, network_bytes, set_weights
from tests.fashion_figures.modules import encoded, received, sent
from tests.fashion_lib.random_networks import random_network, random_weights

LAYER_TOLERANCE = 1e-4
SEEDS = range(30)
#: A picture that is no square and has colors, and a layer of each kind.
OBLONG = Network(
    (
        Layer("a", "convolution", units=3, size=2, stride=2, padding="same", activation="relu"),
        Layer("b", "convolution", ("input",), units=3, size=1, stride=2),
        Layer("c", "addition", ("a", "b", "a")),
        Layer("d", "average pooling", size=2, stride=1, padding="same"),
        Layer("e", "max pooling", size=2, padding="same"),
        Layer("f", "global max pooling"),
        Layer("g", "global average pooling", ("c",)),
        Layer("h", "addition", ("f", "g")),
        Layer("i", "dense", units=4, activation="softmax"),
        Layer("j", "dense", units=5),
        Layer("k", "relu"),
        Layer("l", "softmax"),
    ),
    input_shape=(9, 6, 2),
)


# --- files and descriptions --------------------------------------------------------------------


def filled_in(network):
    """Return a description as the page has it: every field of each kind, and every shape."""
    fields = {"size", "stride", "padding", "activation", "units"}
    layers = []
    for layer in network.layers:
        known = {name: getattr(layer, name) for name in fields}
        layers.append(
            {"name": layer.name, "kind": layer.kind, "inputs": list(layer.inputs)}
            | {"shape": list(network.shapes[layer.name])}
            | {name: value for name, value in known.items() if value or name == "activation"}
        )
        if layer.kind not in ("convolution", "dense"):
            del layers[-1]["activation"]
        if not layer.size:
            del layers[-1]["padding"]
    return {"name": network.name, "inputShape": list(network.input_shape), "layers": layers}


@pytest.mark.parametrize("network", [NETWORKS["baseline"], OBLONG, *map(random_network, SEEDS)])
def test_descriptions_are_read_with_all_that_they_leave_out(call, network):
    assert call("describe", network.to_json()) == filled_in(network)


def test_weights_are_read_exactly(call):
    found = call("parse", encoded(network_bytes()))
    expected = load_weights()
    assert found.keys() == expected.keys()
    for key, tensor in found.items():
        assert_array_equal(received(tensor), expected[key])
    assert (
        Network.from_json(call("metadata", encoded(network_bytes()))["network"])
        == (NETWORKS["baseline"])
    )


def safetensors(header, numbers=b""):
    text = header.encode() if isinstance(header, str) else header
    return struct.pack("<Q", len(text)) + text + numbers


ENTRY = '{"a": {"dtype": "%s", "shape": %s, "data_offsets": %s}}'


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"", "cut off"),
        (b"\x10\0\0", "cut off"),
        (b"\xff" * 100, "cut off"),
        (safetensors("{}")[:-1], "cut off"),
        (safetensors('{"a": '), "not JSON"),
        (safetensors("[1, 2]"), "not a table"),
        (safetensors('{"__metadata__": 3}'), "metadata is no table"),
        (safetensors('{"a": null}'), "a are undefined"),
        (safetensors(ENTRY % ("F16", "[2]", "[0, 4]"), bytes(4)), "a are F16"),
        (safetensors(ENTRY % ("F32", "[2]", "[0, 4]"), bytes(8)), "does not fill"),
        (safetensors(ENTRY % ("F32", "[-2]", "[8, 0]"), bytes(8)), "where a is"),
        (safetensors(ENTRY % ("F32", "[2]", "null"), bytes(8)), "where a is"),
        (safetensors(ENTRY % ("F32", "[2]", "[0, 8]"), bytes(7)), "cut off in a"),
    ],
)
def test_damaged_weights_are_refused(call, file, reason):
    assert reason in call("parse", encoded(file))["message"]


def test_weights_at_an_odd_place_of_the_file_are_read(call):
    header = ENTRY % ("F32", "[2]", "[0, 8]")
    for spaces in range(4):
        file = safetensors(header + " " * spaces, np.array([1.5, -2], "<f4").tobytes())
        assert_array_equal(received(call("parse", encoded(file))["a"]), [1.5, -2])


VOTE = {"name": "vote", "kind": "dense", "units": 10, "activation": "softmax"}


def described(*layers, **more):
    """Return a description with some layers in front of a flatten and the vote."""
    layers = [*layers, {"name": "flat", "kind": "flatten"}, VOTE]
    return {"name": "net", "input_shape": [28, 28, 1], "layers": layers} | more


def layer(kind="convolution", **fields):
    """Return a layer named "one" with a size and units where it has them."""
    usual = {"size": 3} if "global" not in kind and ("pool" in kind or "conv" in kind) else {}
    usual |= {"units": 4} if kind in ("convolution", "dense") else {}
    return {"name": "one", "kind": kind} | usual | fields


MALFORMED = [
    ("not JSON", None),
    ("[]", None),
    (described(layer(), layers=[]), None),
    (described(layer(), layers={}), None),
    (described(layer(), name="no name"), None),
    (described(layer(), name=3), None),
    (described(layer(), input_shape=[28, 28]), None),
    (described(layer(), input_shape=[28, 28, 0]), None),
    (described(layer(), input_shape=[2000, 28, 1]), None),
    (described(layer(), inputs=["one"]), None),
    (described(*[layer("relu", name=f"r{n}") for n in range(499)]), None),
    (described("relu"), None),
    (described({"kind": "relu"}), None),
    (described(layer(name="")), None),
    (described(layer(name="a/b")), None),
    (described(layer(name="__proto__")), None),
    (described(layer(name="input")), "input"),
    (described(layer(name="flat")), "flat"),
    (described(layer("dropout")), "one"),
    (described(layer("toString")), "one"),
    (described({"name": "one", "kind": 3}), "one"),
    (described(layer("relu", units=4)), "one"),
    (described(layer("relu", activation="relu")), "one"),
    (described(layer("max pooling", activation="relu")), "one"),
    (described(layer(dilation=2)), "one"),
    (described(layer(size=0)), "one"),
    (described(layer(size=2.5)), "one"),
    (described(layer(size="3")), "one"),
    (described(layer(size=1025, padding="same")), "one"),
    (described(layer(size=29)), "one"),
    (described(layer(units=65_537)), "one"),
    (described(layer(stride=-1)), "one"),
    (described(layer(stride=None)), "one"),
    (described(layer(padding=None)), "one"),
    (described({"name": "one", "kind": "convolution", "units": 4}), "one"),
    (described(layer(padding="full")), "one"),
    (described(layer(activation="tanh")), "one"),
    (described(layer(activation="softmax")), "one"),
    (described(layer(inputs=["two"])), "one"),
    (described(layer(inputs=["flat"])), "one"),
    (described(layer(inputs=["one"])), "one"),
    (described(layer(inputs="input")), "one"),
    (described(layer(inputs=[3])), "one"),
    (described(layer(inputs=["input", "input"])), "one"),
    (described(layer("addition")), "one"),
    (described(layer(), layer("addition", name="two", inputs=["one", "input"])), "two"),
    (described(layer("dense")), "one"),
    (described(layer("softmax")), "one"),
    (described(layer(), layers=[{"name": "flat", "kind": "flatten"}, layer(), VOTE]), "one"),
    (described(layer(), layer("relu", name="two", inputs=["input"])), "one"),
]


@pytest.mark.parametrize(("description", "name"), MALFORMED)
def test_malformed_descriptions_are_refused_as_in_python(call, description, name):
    text = description if isinstance(description, str) else json.dumps(description)
    message = call("describe", text)["message"]
    assert message.endswith(".")
    with pytest.raises(ValueError, match=name) as refused:
        Network.from_json(text)
    if name:
        assert f'"{name}"' in message
        assert repr(name) in str(refused.value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda w: w.pop("vote/bias"), "vote/bias are missing"),
        (lambda w: w.update(other=np.zeros(1, np.float32)), "no weights other"),
        (lambda w: w.update({"vote/bias": np.zeros(9, np.float32)}), "shape (9), not (10)"),
        (lambda w: w["vote/bias"].__setitem__(3, np.nan), "finite"),
    ],
)
def test_weights_of_another_network_are_refused(call, change, reason):
    from safetensors.numpy import save

    text = json.dumps(described(layer(activation="relu")))
    weights = dict(random_weights(Network.from_json(text), 0))
    assert "message" not in call("read", encoded(save(weights, {"network": text})))
    change(weights)
    assert reason in call("read", encoded(save(weights, {"network": text})))["message"]


@pytest.mark.parametrize("metadata", [None, {"architecture": "baseline"}, {"network": "baseline"}])
def test_a_file_without_a_description_is_refused(call, metadata):
    from safetensors.numpy import save

    found = call("read", encoded(save(dict(load_weights()), metadata)))
    assert "does not describe its network" in found["message"]


# --- the forward pass --------------------------------------------------------------------------


def layers_of(call, posted, file, images):
    """Return what JavaScript computes, by layer: arrays (images, values)."""
    is_normalized = images.dtype == np.float32
    argument = {"file": encoded(file), "images": encoded(images), "normalized": is_normalized}
    parts = call("forward", argument)  # [name, how many values], in the order of the numbers
    numbers = np.frombuffer(posted[0], np.float32).reshape(len(images), -1)
    ends = np.cumsum([size for _, size in parts])
    assert numbers.shape[1] == ends[-1]
    found = dict(
        zip([name for name, _ in parts], np.split(numbers, ends[:-1], axis=1), strict=True)
    )
    assert_array_equal(found.pop("input"), normalize_once(images).reshape(len(images), -1))
    return found


def normalize_once(images):
    return images if images.dtype == np.float32 else normalize(images)


@pytest.fixture(scope="module")
def real_layers(call, posted, real_images):
    """Return what JavaScript computes for real images with the shipped network."""
    return layers_of(call, posted, network_bytes(), real_images)


def agree(found, expected):
    assert list(found) == list(expected)
    for name, values in expected.items():
        values = np.asarray(values).reshape(len(values), -1)
        assert_allclose(found[name], values, atol=LAYER_TOLERANCE, rtol=0, err_msg=name)


def test_forward_is_numpys_for_500_test_images(real_layers, real_images):
    _, expected = forward(load_weights(), normalize(real_images), return_layers=True)
    agree(real_layers, expected)


def test_logits_are_numpys(call, real_images):
    for weights in (load_weights(), random_weights(random_network(1), 1), drawn(0)[0], drawn(2)[0]):
        image = normalize(real_images[:1])
        argument = {"file": encoded(network_bytes(weights)), "image": encoded(image)}
        assert_allclose(call("logits", argument), logits(weights, image)[0], atol=LAYER_TOLERANCE)


def drawn(seed, count=4):
    """Return a random network's weights, and random images that no garment resembles."""
    network = random_network(seed)
    rng = np.random.default_rng(seed)
    return random_weights(network, seed), rng.random((count, 28, 28, 1), dtype=np.float32)


def in_keras(weights):
    """Return the Keras model of a network, with its weights."""
    model = build_cnn(weights.network)
    set_weights(model, weights)
    return model


def keras_layers(weights, images):
    """Return what every layer of a Keras model puts out."""
    from fashion_lib.keras_import import require_keras

    model = in_keras(weights)
    outputs = {layer.name: model.get_layer(layer.name).output for layer in weights.network.layers}
    return require_keras().Model(model.inputs[0], outputs)(images)


@pytest.mark.tensorflow
def test_forward_of_the_shipped_network_is_that_of_keras(real_layers, real_images):
    agree(real_layers, keras_layers(load_weights(), normalize(real_images)))


@pytest.mark.tensorflow
@pytest.mark.parametrize("seed", SEEDS)
def test_forward_of_random_networks_is_that_of_keras(call, posted, seed):
    weights, images = drawn(seed)
    agree(layers_of(call, posted, network_bytes(weights), images), keras_layers(weights, images))


@pytest.mark.tensorflow
def test_forward_of_an_oblong_picture_is_that_of_keras(call, posted):
    weights = random_weights(OBLONG, 4)
    images = np.random.default_rng(4).random((5, 9, 6, 2), dtype=np.float32)
    agree(layers_of(call, posted, network_bytes(weights), images), keras_layers(weights, images))


def test_an_image_of_another_size_is_refused(call):
    argument = {"file": encoded(network_bytes()), "image": encoded(np.zeros(700, np.float32))}
    assert call("logits", argument)["message"] == "An image has 784 values, not 700."


# --- Grad-CAM ----------------------------------------------------------------------------------


def map_layers(network):
    return [layer.name for layer in network.layers if len(network.shapes[layer.name]) == 3]


def unstrided(layer):
    """Return what a convolution of one pixel does to each pixel."""
    import tensorflow as tf

    kernel, bias = layer.weights
    return lambda taken: layer.activation(tf.nn.conv2d(taken, kernel, 1, "VALID") + bias)


def grad_cams_by_tensorflow(weights, image, label):
    """Return Grad-CAM of every layer with rows and columns, its gradient found by TensorFlow."""
    import tensorflow as tf

    model, network = in_keras(weights), weights.network
    last = network.layers[-1]
    outputs = {"input": tf.constant(image[np.newaxis])}
    with tf.GradientTape() as tape:
        tape.watch(outputs["input"])
        for layer in network.layers[:-1]:
            taken = [outputs[name] for name in layer.inputs]
            call = model.get_layer(layer.name)
            if layer.kind == "convolution" and layer.size == 1 < layer.stride:
                # In TensorFlow 2.21 (oneDNN), the gradient of a window of one pixel with a stride
                # writes over memory that is not its own. Here are the pixels that it sees, alone:
                taken, call = [taken[0][:, :: layer.stride, :: layer.stride]], unstrided(call)
            outputs[layer.name] = call(taken if taken[1:] else taken[0])
        scores = outputs[last.inputs[0]]
        if last.kind == "dense":
            kernel, bias = model.get_layer(last.name).weights
            scores = scores @ kernel + bias
        logit = scores[0, label]
    names = map_layers(network)
    maps = {}
    for name, gradient in zip(
        names, tape.gradient(logit, [outputs[name] for name in names]), strict=True
    ):
        importance = tf.reduce_mean(gradient, axis=(0, 1, 2))
        cam = np.maximum(np.asarray(outputs[name])[0] @ np.asarray(importance), 0)
        maps[name] = cam / cam.max() if cam.max() > 0 else cam
    return maps


def same_grad_cams(call, weights, image, label):
    expected = grad_cams_by_tensorflow(weights, image, label)
    argument = {"file": encoded(network_bytes(weights)), "image": encoded(image)}
    argument |= {"classIndex": label, "layerNames": list(expected)}
    found = call("gradCam", argument)
    for (name, cam), tensor in zip(expected.items(), found, strict=True):
        assert_allclose(received(tensor), cam, atol=1e-4, err_msg=name)


@pytest.mark.tensorflow
def test_grad_cam_of_the_shipped_network_is_that_of_automatic_differentiation(call, real_images):
    for n, image in enumerate(normalize(real_images[::36])):
        same_grad_cams(call, load_weights(), image, n % 10)  # for some their class, for others not


@pytest.mark.tensorflow
@pytest.mark.parametrize("seed", SEEDS)
def test_grad_cam_of_random_networks_is_that_of_automatic_differentiation(call, seed):
    weights, images = drawn(seed)
    same_grad_cams(call, weights, images[0], seed % 10)


@pytest.mark.tensorflow
def test_grad_cam_through_a_softmax_in_the_middle_and_colors(call):
    image = np.random.default_rng(5).random((9, 6, 2), dtype=np.float32)
    same_grad_cams(call, random_weights(OBLONG, 5), image, 2)


def test_grad_cam_of_a_class_that_nothing_speaks_for_is_black(call):
    weights = load_weights()
    mute = Weights({**weights, "output/kernel": np.zeros((512, 10), np.float32)}, weights.network)
    argument = {"file": encoded(network_bytes(mute)), "classIndex": 3, "layerNames": ["conv2"]}
    (found,) = call("gradCam", argument | {"image": encoded(drawn(0)[1][0])})
    assert_array_equal(received(found), np.zeros((11, 11)))


@pytest.mark.parametrize(
    ("label", "layer", "reason"),
    [
        (10, "conv2", "0 to 9"),
        (-1, "conv2", "0 to 9"),
        (0, "dense", "rows and columns"),
        (0, "input", "rows and columns"),
        (0, "conv9", "rows and columns"),
    ],
)
def test_grad_cam_refuses_other_classes_and_layers(call, label, layer, reason):
    argument = {"file": encoded(network_bytes()), "image": encoded(drawn(0)[1][0])}
    found = call("gradCam", argument | {"classIndex": label, "layerNames": [layer]})
    assert reason in found["message"]


# --- receptive fields --------------------------------------------------------------------------


@pytest.fixture
def not_finite(monkeypatch):
    """Let `forward` take pixels that are not a number."""
    monkeypatch.setattr("fashion_lib.forward_pass.check_pixels", lambda *unused: None)


def pixels_that_reach(weights):
    """Return of each value of each layer the pixels that it depends on: bool (784, values).

    One image for each pixel, which is not a number there: so is all that depends on it.
    """
    images = np.zeros((784, 784), np.float32)
    np.fill_diagonal(images, np.nan)
    with np.errstate(invalid="ignore"):
        _, layers = forward(weights, images.reshape(784, 28, 28, 1), return_layers=True)
    return {name: np.isnan(values).reshape(784, -1) for name, values in layers.items()}


@pytest.mark.parametrize("seed", [None, *range(8)])
def test_receptive_fields_are_the_pixels_that_reach_a_value(call, not_finite, seed):
    weights = load_weights() if seed is None else random_weights(random_network(seed), seed)
    reached = pixels_that_reach(weights)
    places, expected = [], []
    rng = np.random.default_rng(seed)
    for name, pixels in reached.items():
        *sides, filters = weights.network.shapes[name]
        width = sides[1] if sides else 1
        for n in {0, pixels.shape[1] - 1, *rng.integers(pixels.shape[1], size=5).tolist()}:
            pixel, filter_ = divmod(n, filters)
            row, column = divmod(pixel, width)
            places.append({"layer": name, "filter": filter_, "row": row, "column": column})
            expected.append(pixels[:, n].reshape(28, 28))
    file = encoded(network_bytes(weights))
    for place, part, pixels in zip(
        places, call("fields", {"file": file, "places": places}), expected, strict=True
    ):
        rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
        box = [rows[0], columns[0], np.ptp(rows) + 1, np.ptp(columns) + 1]
        assert [part[name] for name in ("top", "left", "height", "width")] == box, place
        assert part["isFull"] == (pixels.sum() == box[2] * box[3]), place


# --- single layers -----------------------------------------------------------------------------


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_conv2d_is_numpys(call, padding):
    rng = np.random.default_rng(2)
    for _ in range(40):
        height, width = rng.integers(1, 13, 2)
        kh, kw = rng.integers(1, 5, 2)
        if padding == "valid":
            kh, kw = min(kh, height), min(kw, width)
        stride, channels, filters = (int(n) for n in rng.integers(1, 5, 3))
        image = rng.normal(size=(height, width, channels)).astype(np.float32)
        kernel = rng.normal(size=(kh, kw, channels, filters)).astype(np.float32)
        bias = rng.normal(size=filters).astype(np.float32) if rng.random() < 0.7 else None
        argument = {
            "input": sent(image),
            "kernel": sent(kernel),
            "bias": None if bias is None else sent(bias),
            "options": {"stride": stride, "padding": padding},
        }
        expected = conv2d(image, kernel, stride, padding, bias)
        assert_allclose(received(call("conv2d", argument)), expected, atol=1e-5)


def test_conv2d_is_scipys_cross_correlation(call):
    rng = np.random.default_rng(3)
    image, kernel = rng.normal(size=(9, 12, 3)), rng.normal(size=(3, 4, 3, 2))
    found = call("conv2d", {"input": sent(image), "kernel": sent(kernel), "bias": None})
    for n in range(2):
        expected = correlate(image, kernel[..., n], mode="valid")[:, :, 0]
        assert_allclose(received(found)[:, :, n], expected, atol=1e-5)


def test_max_pooling_is_numpys_and_scipys(call):
    rng = np.random.default_rng(4)
    for _ in range(30):
        height, width, channels = rng.integers(1, 12, 3)
        size = int(rng.integers(1, min(height, width) + 1))
        stride = int(rng.integers(1, 4))
        image = rng.normal(size=(height, width, channels)).astype(np.float32)
        found = call("maxPool", {"input": sent(image), "size": size, "stride": stride})
        assert_array_equal(received(found), max_pool2d(image, size, stride))
    image = rng.normal(size=(7, 9, 2)).astype(np.float32) - 5
    by_scipy = maximum_filter(image, size=(2, 2, 1), origin=(-1, -1, 0))[:-1:2, :-1:2]
    assert_array_equal(received(call("maxPool", {"input": sent(image), "size": 2})), by_scipy)


@pytest.mark.parametrize(
    ("kernel", "bias", "options", "reason"),
    [
        ((3, 3, 2, 1), None, {}, "does not go with"),
        ((3, 3), None, {}, "does not go with"),
        ((6, 6, 1, 1), None, {}, "does not fit"),
        ((3, 3, 1, 2), (3,), {}, "2 filters"),
        ((3, 3, 1, 1), None, {"stride": 0}, "stride"),
        ((3, 3, 1, 1), None, {"stride": 1.5}, "stride"),
        ((3, 3, 1, 1), None, {"padding": "full"}, "padding"),
    ],
)
def test_conv2d_refuses_what_does_not_belong_together(call, kernel, bias, options, reason):
    argument = {"input": sent(np.ones((5, 5, 1))), "kernel": sent(np.ones(kernel))}
    argument |= {"bias": None if bias is None else sent(np.ones(bias)), "options": options}
    assert reason in call("conv2d", argument)["message"]


def test_softmax_does_not_overflow(call):
    for values in ([1.0, 2.0, 3.0], [1000.0, 999.0, -1000.0], [-1000.0, -1000.0, -1001.0]):
        values = np.array(values, np.float32)
        assert_allclose(received(call("softmax", sent(values))), softmax(values), atol=1e-6)
