"""What people pass by mistake, in every place that takes it: the message names the way out."""

import json
import zipfile
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

import fashion_lib
from fashion_lib import (
    CLASS_NAMES,
    build_cnn,
    forward,
    load_weights,
    normalize,
    predict_image,
    train,
    train_validation_split,
)
from fashion_lib.__main__ import main
from fashion_lib.convolution import softmax
from fashion_lib.description import Layer, Network
from fashion_lib.evaluation import confusion_table
from fashion_lib.forward_pass import logits
from fashion_lib.networks import layer_table
from fashion_lib.training import TrainConfig
from fashion_lib.weights import Weights, get_weights, save_weights

QUICK = TrainConfig.fast(epochs=2, batch_size=64)


@pytest.fixture(scope="module")
def data(fashion):
    """Return 600 training images with their labels."""
    (x, y), _ = fashion
    return x[:600], y[:600]


@pytest.fixture(scope="module")
def weights():
    return load_weights()


def with_head(weights, units, activation):
    """Return the shipped weights with another last layer: so many outputs, this activation."""
    layers = (
        *weights.network.layers[:-1],
        Layer("output", "dense", (), units, 0, 0, "valid", None),
    )
    if activation:
        layers = (*layers[:-1], Layer("output", "dense", units=units, activation=activation))
    arrays = {**weights}
    for key in ("output/kernel", "output/bias"):
        arrays[key] = np.resize(arrays[key], (*arrays[key].shape[:-1], units))
    return Weights(arrays, Network(layers))


# --- ranges of pixels ----------------------------------------------------------------------

RANGES = {
    "0 to 255": (lambda x: 255 * x, r"outside \[0, 1\], from 0 to 255"),
    "divided twice": (lambda x: x / 255, "divided by 255 twice"),
    "divided twice, dark": (lambda x: x * 0.8 / 255, "divided by 255 twice"),
    "-1 to 1": (lambda x: 2 * x - 1, r"outside \[0, 1\], from -1 to 1"),
    "standardized": (lambda x: (x - x.mean()) / x.std(), r"outside \[0, 1\], from -0"),
    "NaN": (lambda x: np.where(x > 0.9, np.nan, x), "not finite"),
    "infinite": (lambda x: np.where(x > 0.9, np.inf, x), "not finite"),
}


@pytest.mark.parametrize(("change", "message"), RANGES.values(), ids=RANGES)
@pytest.mark.parametrize("compute", [forward, logits])
def test_pixels_out_of_range_get_no_answer(weights, data, compute, change, message):
    with pytest.raises(ValueError, match=message):
        compute(weights, change(normalize(data[0][:50])))


@pytest.mark.tensorflow
@pytest.mark.parametrize(("change", "message"), RANGES.values(), ids=RANGES)
def test_pixels_out_of_range_are_not_trained_on(data, change, message):
    (x, y), model = data, build_cnn(seed=0)
    wrong = change(normalize(x)).astype(np.float32)
    with pytest.raises(ValueError, match=f"training images .*{message}"):
        train(model, wrong, y, (x, y), QUICK)
    with pytest.raises(ValueError, match=f"validation images .*{message}"):
        train(model, x, y, (wrong, y), QUICK)


def test_pixels_in_range_are_answered(weights, data):
    x = normalize(data[0][:50])
    expected = forward(weights, x)
    for same in (x.astype(np.float64), data[0][:50, ..., None] / 255, x + 1e-6, x.tolist()):
        np.testing.assert_allclose(forward(weights, same), expected, atol=1e-4)
    assert forward(weights, np.zeros((1, 28, 28, 1))).shape == (1, 10)  # black is in range


# --- answers that are no probabilities -----------------------------------------------------

LOGITS = np.arange(10.0)[None] - 3
ANSWERS = {
    "logits": (LOGITS, r"from -3 to 6.*Let it end in softmax"),
    "log-probabilities": (np.log(softmax(LOGITS)), "no probabilities"),
    "sigmoid": (1 / (1 + np.exp(-LOGITS)), "sum to 6.47.*Let it end in softmax"),
    "percent": (100 * softmax(LOGITS), "sum to 100"),
    "two classes": (np.array([[0.5, 0.5]]), r"shape \(1, 2\), and \(1, 10\)"),
    "twelve classes": (np.full((1, 12), 1 / 12), r"shape \(1, 12\), and \(1, 10\)"),
    "NaN": (np.full((1, 10), np.nan), "NaN.*load others"),
    "no batch": (softmax(LOGITS)[0], r"shape \(10,\)"),
    "two pictures": (softmax(LOGITS).repeat(2, axis=0), r"shape \(2, 10\)"),
    "feature maps": (np.zeros((1, 3, 3, 64)), r"shape \(1, 3, 3, 64\)"),
}


@pytest.mark.parametrize(("answer", "message"), ANSWERS.values(), ids=ANSWERS)
def test_a_models_answer_must_be_ten_probabilities(data, answer, message):
    model = SimpleNamespace(predict=lambda images, verbose: answer)
    with pytest.raises(ValueError, match=message):
        predict_image(data[0][0], model)


def test_a_model_with_two_outputs_or_a_failure_of_its_own_says_so(data):
    with pytest.raises(TypeError, match="not dict"):
        predict_image(data[0][0], SimpleNamespace(predict=lambda images, verbose: {"a": 1}))
    with pytest.raises(ValueError, match=r"cannot take float32 images of shape \(1, 28, 28, 1\)"):
        predict_image(data[0][0], SimpleNamespace(predict=lambda images: images))


def test_probabilities_of_half_precision_are_probabilities(data):
    half = softmax(LOGITS).astype(np.float16)
    found = predict_image(data[0][0], SimpleNamespace(predict=lambda images, verbose: half))
    assert (found.label, found.probabilities.dtype) == (9, np.float32)


@pytest.mark.parametrize(
    ("units", "activation", "message"),
    [(10, None, "no probabilities"), (12, "softmax", r"\(1, 12\)"), (2, "softmax", r"\(1, 2\)")],
)
def test_weights_of_another_task_answer_nothing(
    weights, data, tmp_path, capsys, units, activation, message
):
    other = with_head(weights, units, activation)
    with pytest.raises(ValueError, match=message):
        predict_image(data[0][0], other)
    path = save_weights(other, tmp_path / "other.safetensors")
    boot = str(fashion_lib.example_pictures()["ankle_boot"])
    for command in (["predict", boot], ["evaluate", "--source", "sample"]):
        assert main([*command, "--weights", str(path)]) == 1
        output = capsys.readouterr()
        assert (output.out, "fashion-lib: error: The network" in output.err) == ("", True)


# --- models of tutorials -------------------------------------------------------------------


def tutorial_models():
    """Return models that give probabilities, made as tutorials make them."""
    import keras

    layers = keras.layers

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.flatten, self.dense = layers.Flatten(), layers.Dense(10, activation="softmax")

        def call(self, images):
            return self.dense(self.flatten(images))

    softmax = partial(layers.Dense, 10, activation="softmax")
    return {
        "without channels": keras.Sequential([layers.Flatten(input_shape=(28, 28)), softmax()]),
        "flat": keras.Sequential([keras.Input((784,)), softmax()]),
        "not built": keras.Sequential([layers.Flatten(), softmax()]),
        "subclassed": Own(),
        "with Rescaling(1.0)": keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                layers.Rescaling(1.0),
                layers.Flatten(),
                layers.Dense(10),
                layers.Softmax(),
            ]
        ),
    }


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    "name",
    ["without channels", "flat", "not built", "subclassed", "with Rescaling(1.0)"],
)
def test_models_of_tutorials_are_trained_and_asked(data, name):
    import keras

    keras.utils.set_random_seed(3)
    (x, y), model = data, tutorial_models()[name]
    history = train(model, x, y, (x[:100], y[:100]), QUICK)
    kernel, bias = model.get_weights()
    right = softmax(x[:100].reshape(100, 784) / 255 @ kernel + bias)  # (100, 10), by hand
    assert history.best["val_accuracy"] == pytest.approx((right.argmax(axis=1) == y[:100]).mean())
    assert history.best["val_accuracy"] > 0.6
    np.testing.assert_allclose(predict_image(x[0], model).probabilities, right[0], atol=1e-5)


@pytest.mark.tensorflow
def test_what_has_no_softmax_is_not_trained(data):
    import keras

    x, y = data
    for last, message in (
        (keras.layers.Dense(10), "no probabilities.*softmax"),
        (keras.layers.Dense(10, activation="sigmoid"), "no probabilities.*softmax"),
        (keras.layers.Dense(10, activation="relu"), "no probabilities.*softmax"),
        (keras.layers.Dense(1, activation="sigmoid"), "no probabilities.*softmax"),
        (keras.layers.Reshape((28, 28)), r"shape \(8, 28, 28\)"),
    ):
        model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), last])
        before = model.get_weights()
        with pytest.raises(ValueError, match=message):
            train(model, x, y, (x, y), QUICK)
        assert all(map(np.array_equal, before, model.get_weights()))


@pytest.mark.tensorflow
def test_a_network_for_other_images_says_which_it_was_given(data):
    import keras

    x, y = data
    color = keras.Sequential(
        [keras.Input((32, 32, 3)), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]
    )
    for use in (lambda: train(color, x, y, (x, y)), lambda: predict_image(x[0], color)):
        with pytest.raises(
            ValueError, match=r"cannot take float32 images of shape \(\d, 28, 28, 1"
        ):
            use()
    for other in ("baseline", load_weights(), None):
        with pytest.raises(TypeError, match=r"takes a Keras model, such as build_cnn\(\), not"):
            train(other, x, y)


@pytest.mark.tensorflow
def test_a_table_needs_a_built_model():
    import keras

    later = keras.Sequential([keras.layers.Dense(3)])
    with pytest.raises(ValueError, match=r"model\.build"):
        layer_table(later)
    with pytest.raises(ValueError, match=r"Only a built keras.Sequential or keras.Model"):
        layer_table(tutorial_models()["subclassed"])
    later.build((None, 4))
    assert layer_table(later)["parameters"].tolist() == [15]


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    "setting", ["mixed_float16", "mixed_bfloat16", "float64", "channels_first"]
)
def test_settings_of_keras_change_no_answer_of_a_loaded_model(data, setting):
    import keras

    before = keras.config.dtype_policy(), keras.config.floatx(), keras.config.image_data_format()
    try:
        if setting == "float64":
            keras.config.set_floatx(setting)
        elif setting == "channels_first":
            keras.config.set_image_data_format(setting)
        else:
            keras.config.set_dtype_policy(setting)
        model = fashion_lib.load_model()
        answer = predict_image(data[0][0], model).probabilities
        arrays, table = get_weights(model), layer_table(model)
    finally:
        keras.config.set_dtype_policy(before[0])
        keras.config.set_floatx(before[1])
        keras.config.set_image_data_format(before[2])
    np.testing.assert_allclose(answer, predict_image(data[0][0]).probabilities, atol=1e-5)
    assert arrays.network.layers == load_weights().network.layers
    assert table.equals(layer_table())


# --- weights of other kinds ----------------------------------------------------------------


def _zip(path, *names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"")


def _safetensors(path, dtype, size):
    header = json.dumps({"a": {"dtype": dtype, "shape": [1], "data_offsets": [0, size]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(size))


def _saved_model(path):
    path.mkdir()
    (path / "saved_model.pb").touch()


HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(100)
FILES = {
    "m.keras": (lambda p: _zip(p, "config.json", "model.weights.h5"), "keras.models.load_model"),
    "renamed.safetensors": (lambda p: _zip(p, "config.json"), "keras.models.load_model"),
    "m.h5": (lambda p: p.write_bytes(HDF5), "keras.models.load_model"),
    "m.weights.h5": (lambda p: p.write_bytes(HDF5), r"Call model.load_weights\(path\)"),
    "m.npz": (lambda p: np.savez(p, a=np.zeros(3)), r"dict\(np.load\(path\)\)"),
    "m.npy": (lambda p: np.save(p, np.zeros(3)), "single NumPy array"),
    "m.pt": (lambda p: _zip(p, "archive/data.pkl", "archive/data/0"), "PyTorch"),
    "other.zip": (lambda p: _zip(p, "notes.txt"), "not a complete safetensors file"),
    "saved.model": (_saved_model, "SavedModel"),
    "folder.model": (lambda p: p.mkdir(), "is a folder"),
    "bf16.safetensors": (lambda p: _safetensors(p, "BF16", 2), r"float32"),
    "f8.safetensors": (lambda p: _safetensors(p, "F8_E4M3", 1), r"float32"),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_other_kinds_name_the_call_that_reads_them(tmp_path, capsys, name):
    path, (write, message) = tmp_path / name, FILES[name]
    write(path)
    with pytest.raises(ValueError, match=f"{name}.*{message}"):
        load_weights(path)
    assert main(["evaluate", "--weights", str(path)]) == 1
    assert f"fashion-lib: error: {tmp_path if path.is_dir() else name}" in capsys.readouterr().err


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int8])
def test_weights_of_another_precision_say_how_to_convert_them(weights, tmp_path, dtype):
    path = tmp_path / "w.safetensors"
    save_file({key: array.astype(dtype) for key, array in weights.items()}, path)
    with pytest.raises(ValueError, match=rf"is {dtype.__name__}.*\.astype\('float32'\)"):
        load_weights(path)


@pytest.mark.parametrize(
    ("take", "message"),
    [
        (lambda w: "baseline", r"load_weights\('baseline'\)"),
        (lambda w: fashion_lib.weights.weights_path(), r"load_weights\('.*baseline.safetensors'\)"),
        (lambda w: list(w.values()), r"no names.*get_weights\(model\)"),
        (lambda w: SimpleNamespace(get_weights=list), r"Keras model.*get_weights\(model\)"),
        (lambda w: np.zeros((1, 28, 28, 1)), "The weights come first"),
        (lambda w: None, "not NoneType"),
    ],
)
def test_what_is_no_dict_of_weights_names_the_call_that_was_meant(weights, data, take, message):
    for use in (forward, logits):
        with pytest.raises(TypeError, match=message):
            use(take(weights), normalize(data[0][:1]))


@pytest.mark.parametrize("model", ["baseline", [np.zeros(3)], 7])
def test_predict_image_names_the_model_that_was_meant(data, model):
    with pytest.raises(
        TypeError, match=r"model must be None, a dict of weights or a Keras model\. "
    ):
        predict_image(data[0][0], model)


@pytest.mark.tensorflow
def test_the_calls_that_the_messages_name_work(weights, data, tmp_path):
    import keras

    model, images = fashion_lib.load_model(), normalize(data[0][:5])
    expected = forward(weights, images)
    model.save(tmp_path / "m.keras")
    model.save_weights(tmp_path / "m.weights.h5")
    np.savez(tmp_path / "m.npz", **weights)
    again = build_cnn()
    again.load_weights(tmp_path / "m.weights.h5")
    for same in (
        get_weights(keras.models.load_model(tmp_path / "m.keras")),
        get_weights(again),
        dict(np.load(tmp_path / "m.npz")),
    ):
        np.testing.assert_allclose(forward(same, images), expected, atol=1e-6)


# --- labels, and forms of data -------------------------------------------------------------

LABELS = {
    "float": (lambda y: y.astype(float), r"not float64 of shape \(600,\).*astype\(int\)"),
    "NaN": (lambda y: np.where(y == 1, np.nan, y), r"\d+ are NaN"),
    "one-hot": (lambda y: np.eye(10)[y], r"float64 of shape \(600, 10\).*argmax\(axis=1\)"),
    "one-hot, whole": (lambda y: np.eye(10, dtype=int)[y], r"int64 of shape.*argmax\(axis=1\)"),
    "a column": (lambda y: y[:, None], r"shape \(600, 1\).*ravel"),
    "names": (lambda y: np.array(CLASS_NAMES)[y], "CLASS_NAMES.index"),
    "names in pandas": (lambda y: pd.Series(CLASS_NAMES)[y], "CLASS_NAMES.index"),
    "truth": (lambda y: y > 4, "whole numbers"),
}
FROM_ONE = {
    "from one": (lambda y: y + 1, "from 1 to 10.*Subtract 1"),
    "negative": (lambda y: y.astype(int) - 1, "from -1 to 8"),
}


@pytest.mark.parametrize("name", [*LABELS, *FROM_ONE])
def test_labels_of_another_form_name_dtype_and_way_out(data, name):
    (change, message), (x, y) = (LABELS | FROM_ONE)[name], data
    for uses in (lambda wrong: confusion_table(wrong, y), lambda wrong: confusion_table(y, wrong)):
        with pytest.raises(ValueError, match=message):
            uses(change(y))
    if name in LABELS:  # a split knows no classes
        with pytest.raises(ValueError, match=message):
            train_validation_split(x, change(y), 50)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", [*LABELS, *FROM_ONE])
def test_labels_of_another_form_are_not_trained_on(data, name):
    (change, message), (x, y) = (LABELS | FROM_ONE)[name], data
    model = build_cnn(seed=0)
    with pytest.raises(ValueError, match=f"training labels.*{message}"):
        train(model, x, change(y), (x, y), QUICK)
    with pytest.raises(ValueError, match=f"validation labels.*{message}"):
        train(model, x, y, (x, change(y)), QUICK)


FORMS = {
    "a pair": (lambda x, y: (x, y), r"tuple of 2 arrays.*load_data\(\)"),
    "a triple": (lambda x, y: (x, y, y / 9), r"tuple of 3 arrays.*load_data\(\)"),
    "a generator": (lambda x, y: iter(x), "not iterator"),
    "images of two sizes": (lambda x, y: [x[0], x[1][:5]], "of one shape"),
    "nothing": (lambda x, y: None, "not NoneType"),
    "a dict": (lambda x, y: {"image": x}, "not dict"),
    "a tf.data.Dataset": (lambda x, y: SimpleNamespace(element_spec=1), "tf.data.Dataset"),
}


@pytest.mark.parametrize(("make", "message"), FORMS.values(), ids=FORMS)
def test_images_in_another_form_name_the_way_out(weights, data, make, message):
    x, y = data
    for use in (
        normalize,
        lambda images: forward(weights, images),
        lambda images: train_validation_split(images, y, 50),
    ):
        with pytest.raises(TypeError, match=message):
            use(make(x, y))


@pytest.mark.tensorflow
def test_data_in_another_form_are_not_trained_on(data):
    import tensorflow as tf

    (x, y), model = data, build_cnn(seed=0)
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(32)
    for arguments, message in (
        (((x, y), (x, y)), r"training images.*tuple of 2 arrays"),
        ((dataset, y), r"training images.*tf.data.Dataset.*model.fit"),
        ((x, dataset), r"training labels.*tf.data.Dataset"),
        ((x, y, (x, y, y / 9)), "validation_data is a pair"),
        ((x, y, dataset), "validation_data is a pair"),
        ((x, y, x), "validation_data is a pair"),
    ):
        with pytest.raises(TypeError, match=message):
            train(model, *arguments, config=QUICK)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((5, 784), np.uint8), r"reshape\(-1, 28, 28\)"),
        (np.zeros((5, 28, 28, 1), np.uint8), r"reshape\(-1, 28, 28\)"),
    ],
)
def test_the_way_to_the_shape_of_images_leads_there(images, message):
    with pytest.raises(ValueError, match=message):
        normalize(images)
    assert normalize(images.reshape(-1, 28, 28)).shape == (5, 28, 28, 1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x, y: fashion_lib.most_confused(y, y, n=2.5), TypeError, "n must be .*not 2.5"),
        (lambda x, y: fashion_lib.most_confused(y, y, n="3"), TypeError, "n must be .*not '3'"),
        (lambda x, y: fashion_lib.plots.image_grid(x, columns=2.0), TypeError, "columns must be"),
        (lambda x, y: fashion_lib.plots.image_grid(x, columns=0), ValueError, "of at least 1"),
        (lambda x, y: train_validation_split(x, y, 0.2), TypeError, "number of images.*not 0.2"),
        (lambda x, y: train_validation_split(x, y, 50, seed=1.5), TypeError, "seed must be"),
        (lambda x, y: train_validation_split(x, y, 50, seed=-1), ValueError, "at least 0, not -1"),
        (lambda x, y: build_cnn(seed="1"), TypeError, "seed must be .*not '1'"),
        (lambda x, y: build_cnn(seed=-1), ValueError, "seed must be"),
    ],
)
def test_numbers_of_another_kind_are_named(data, call, error, message):
    with pytest.raises(error, match=message):
        call(*data)


def test_numbers_of_numpy_and_labels_in_pandas_are_as_good(data):
    x, y = data
    found = confusion_table(pd.Series(y, dtype="Int64"), y.tolist())
    assert np.array_equal(found, confusion_table(y, y))
    assert len(fashion_lib.most_confused(y, (y + 1) % 10, n=np.int64(2))) == 2
    _, (_, held_out) = train_validation_split(x, pd.Series(y), np.int32(50), seed=np.int64(1))
    assert held_out.shape == (50,)
