"""The widgets' JavaScript in a real browser, against NumPy, SciPy, Keras and Pillow.

`tests/pages/core.html` imports the modules as they are and offers what is called here. Arrays
cross as base64 of their bytes.
"""

import base64
import io
import shutil
import struct
import zlib
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from scipy.ndimage import maximum_filter
from scipy.signal import correlate
from scipy.special import softmax

import fashion_lib
from fashion_lib import pictures
from fashion_lib.convolution import conv2d, forward, max_pool2d
from fashion_lib.data import normalize
from fashion_lib.model import layer_table, load_weights, save_weights, weight_shapes, weights_path
from fashion_lib.prediction import ImageError, example_pictures, prepare_image
from fashion_lib.widgets.linker import link

ROOT = Path(__file__).resolve().parent.parent
SELECTABLE = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MODULES = ("safetensors", "cnn", "prepare", "picture_file", "background", "bitmap")
LAYER_TOLERANCE = 1e-4
ORIENTATION = 0x0112


def encoded(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.tobytes()).decode()


def decoded(text, dtype=np.uint8):
    return np.frombuffer(base64.b64decode(text), dtype)


def sent(array):
    array = np.ascontiguousarray(array, dtype=np.float32)
    return {"shape": list(array.shape), "data": encoded(array)}


def received(tensor):
    return decoded(tensor["data"], np.float32).reshape(tensor["shape"])


class Handler(SimpleHTTPRequestHandler):
    """Serve this repository; keep what is posted."""

    def do_POST(self):  # noqa: N802  (the base class's naming)
        """Keep the body, for answers of many megabytes."""
        self.server.posted = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture(scope="module")
def server():
    """Serve this repository on a free port of this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=ROOT)) as running:
        thread = Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def chromium_page(server):
    """Open the modules' page; nothing may end in its console."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, SELECTABLE)), None)
    assert found, "the browser tests need Chromium: sudo apt install chromium"
    complaints = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = chromium.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"http://127.0.0.1:{server.server_port}/tests/pages/core.html")
        page.wait_for_function("window.core")
        yield page
        chromium.close()
    assert complaints == []


@pytest.fixture(scope="module")
def call(chromium_page):
    """Return a function that calls one of the page's."""
    return lambda name, argument=None: chromium_page.evaluate(
        "([name, argument]) => core[name](argument)", [name, argument]
    )


# --- the network -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def random_network(tmp_path_factory):
    """Return random weights, their file, and random images that no garment resembles."""
    rng = np.random.default_rng(11)
    weights = {
        key: rng.normal(0, 0.1, shape).astype(np.float32) for key, shape in weight_shapes().items()
    }
    path = save_weights(weights, tmp_path_factory.mktemp("weights") / "random.safetensors")
    return weights, path.read_bytes(), rng.random((64, 28, 28, 1), dtype=np.float32)


def layers_of(call, server, file, images):
    """Return what JavaScript computes, by layer: arrays (images, values)."""
    is_normalized = images.dtype == np.float32
    argument = {"file": encoded(file), "images": encoded(images), "normalized": is_normalized}
    parts = call("forward", argument)  # [name, how many values], in the order of the numbers
    numbers = np.frombuffer(server.posted, np.float32).reshape(len(images), -1)
    ends = np.cumsum([size for _, size in parts])
    assert numbers.shape[1] == ends[-1]
    return dict(zip([name for name, _ in parts], np.split(numbers, ends[:-1], axis=1), strict=True))


@pytest.fixture(scope="module")
def random_layers(call, server, random_network):
    """Return what JavaScript computes for the random network."""
    _, file, images = random_network
    return layers_of(call, server, file, images)


@pytest.fixture(scope="module")
def real_images(fashion):
    """Return 500 test images, 50 of each class."""
    _, (x, y) = fashion
    return x[np.concatenate([np.flatnonzero(y == label)[:50] for label in range(10)])]


@pytest.fixture(scope="module")
def real_layers(call, server, real_images):
    """Return what JavaScript computes for them with the shipped weights."""
    return layers_of(call, server, weights_path().read_bytes(), real_images)


def agree(found, expected):
    assert list(found) == list(expected)
    for name, values in expected.items():
        values = np.asarray(values).reshape(len(values), -1)
        assert_allclose(found[name], values, atol=LAYER_TOLERANCE, rtol=0, err_msg=name)


def test_names_sizes_and_limits_are_those_of_python(chromium_page):
    names = chromium_page.evaluate("core.names")
    assert tuple(names["CLASS_NAMES"]) == fashion_lib.CLASS_NAMES
    table = layer_table()
    rows = zip(table["layer"], table["kind"], map(list, table["output_shape"]), strict=True)
    assert [tuple(layer.values()) for layer in names["LAYERS"]] == list(rows)
    assert names["MAX_BYTES"] == pictures.MAX_BYTES
    assert names["MAX_PIXELS"] == pictures.MAX_PIXELS


def test_weights_are_read_exactly(call):
    found = call("parse", encoded(weights_path().read_bytes()))
    expected = load_weights()
    assert found.keys() == expected.keys()
    for key, tensor in found.items():
        assert_array_equal(received(tensor), expected[key])


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


def test_forward_is_numpys_for_500_test_images(real_layers, real_images):
    _, expected = forward(load_weights(), normalize(real_images), return_layers=True)
    agree(real_layers, expected)


def test_forward_is_numpys_for_random_weights_and_images(random_layers, random_network):
    weights, _, images = random_network
    _, expected = forward(weights, images, return_layers=True)
    agree(random_layers, expected)


@pytest.fixture(scope="module")
def keras_network():
    """Build the network in Keras with given weights; it returns every layer's output."""
    from fashion_lib.keras_import import require_keras
    from fashion_lib.model import build_cnn

    def build(weights):
        model = build_cnn()
        for layer in filter(lambda layer: layer.weights, model.layers):
            layer.set_weights([weights[f"{layer.name}/{part}"] for part in ("kernel", "bias")])
        outputs = {layer.name: layer.output for layer in model.layers}
        return require_keras().Model(model.inputs[0], outputs)

    return build


@pytest.mark.tensorflow
def test_forward_is_that_of_keras(
    real_layers, real_images, random_layers, random_network, keras_network
):
    weights, _, images = random_network
    agree(real_layers, keras_network(load_weights())(normalize(real_images)))
    agree(random_layers, keras_network(weights)(images))


def grad_cam_by_keras(model, image, label, name):
    """Return Grad-CAM, its gradient found by TensorFlow; float array (h, w)."""
    import tensorflow as tf

    names = [layer.name for layer in model.layers]
    split = names.index(name) + 1
    x = tf.constant(image[np.newaxis])
    for layer in model.layers[:split]:
        x = layer(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        hidden = x
        for layer in model.layers[split:-1]:
            hidden = layer(hidden)
        kernel, bias = model.layers[-1].weights
        logit = (hidden @ kernel + bias)[0, label]
    importance = tf.reduce_mean(tape.gradient(logit, x), axis=(0, 1, 2))
    cam = np.maximum(np.asarray(x)[0] @ np.asarray(importance), 0)
    return cam / max(cam.max(), 1e-12)


@pytest.mark.tensorflow
def test_grad_cam_is_that_of_automatic_differentiation(call, real_images):
    names = ["conv1", "conv2", "conv3"]
    model = fashion_lib.load_model()
    file = encoded(weights_path().read_bytes())
    for n, image in enumerate(normalize(real_images[::36])):
        label = n % 10  # for some images their class, for others another one
        argument = {"file": file, "image": encoded(image), "classIndex": label}
        found = call("gradCam", argument | {"layerNames": names})
        for name, tensor in zip(names, found, strict=True):
            expected = grad_cam_by_keras(model, image, label, name)
            assert_allclose(received(tensor), expected, atol=1e-3, err_msg=f"{name} {n}")


def test_grad_cam_of_a_class_that_nothing_speaks_for_is_black(call, random_network, tmp_path):
    weights, _, images = random_network
    mute = {**weights, "output/kernel": np.zeros_like(weights["output/kernel"])}
    file = save_weights(mute, tmp_path / "mute.safetensors").read_bytes()
    argument = {"file": encoded(file), "image": encoded(images[0]), "classIndex": 3}
    (found,) = call("gradCam", argument | {"layerNames": ["conv2"]})
    assert_array_equal(received(found), np.zeros((11, 11)))


@pytest.mark.parametrize(
    ("label", "layer", "reason"),
    [(10, "conv2", "0 to 9"), (-1, "conv2", "0 to 9"), (0, "pool2", "conv1")],
)
def test_grad_cam_refuses_other_classes_and_layers(call, random_network, label, layer, reason):
    _, file, images = random_network
    argument = {"file": encoded(file), "image": encoded(images[0])}
    found = call("gradCam", argument | {"classIndex": label, "layerNames": [layer]})
    assert reason in found["message"]


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
        found = call("maxPool2d", {"input": sent(image), "size": size, "stride": stride})
        assert_array_equal(received(found), max_pool2d(image, size, stride))
    image = rng.normal(size=(7, 9, 2)).astype(np.float32) - 5
    by_scipy = maximum_filter(image, size=(2, 2, 1), origin=(-1, -1, 0))[:-1:2, :-1:2]
    assert_array_equal(received(call("maxPool2d", {"input": sent(image)})), by_scipy)


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
    for logits in ([1.0, 2.0, 3.0], [1000.0, 999.0, -1000.0], [-1000.0, -1000.0, -1001.0]):
        logits = np.array(logits, np.float32)
        assert_allclose(received(call("softmax", sent(logits))), softmax(logits), atol=1e-6)
