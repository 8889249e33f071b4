"""The network and its table, against hand counts and Keras."""

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from fashion_lib import networks, weights as files
from fashion_lib.description import Layer, Network
from fashion_lib.networks import NETWORKS, build_cnn, describe
from tests.fashion_lib.random_networks import random_network, random_weights

# Worked by hand: parameters, and kernel entries times positions.
BY_HAND = {
    "conv1": ((26, 26, 32), 3 * 3 * 1 * 32 + 32, 26 * 26 * 32 * 9),
    "pool1": ((13, 13, 32), 0, 0),
    "conv2": ((11, 11, 64), 3 * 3 * 32 * 64 + 64, 11 * 11 * 64 * 9 * 32),
    "pool2": ((5, 5, 64), 0, 0),
    "conv3": ((3, 3, 64), 3 * 3 * 64 * 64 + 64, 3 * 3 * 64 * 9 * 64),
    "pool3": ((1, 1, 64), 0, 0),
    "flatten": ((64,), 0, 0),
    "dense": ((512,), 64 * 512 + 512, 64 * 512),
    "output": ((10,), 512 * 10 + 10, 512 * 10),
}


def test_layer_table_agrees_with_hand_counts():
    table = networks.layer_table()
    assert list(table.columns) == ["layer", "kind", "output_shape", "parameters", "multiply_adds"]
    found = {row.layer: tuple(row)[2:] for row in table.itertuples(index=False)}
    assert found == BY_HAND
    assert list(found) == list(BY_HAND)
    assert table["parameters"].sum() == 94_154


@pytest.mark.parametrize("name", ["huge", None, ["baseline"]])
def test_unknown_network_lists_the_known(name):
    with pytest.raises(ValueError, match="'baseline'"):
        networks.build_cnn(name)


def test_missing_tensorflow_names_the_command():
    # None in sys.modules is how Python marks a module that must not be importable.
    code = (
        "import sys; sys.modules['tensorflow'] = None\n"
        "from fashion_lib import build_cnn\n"
        "try: build_cnn()\n"
        "except ImportError as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install tensorflow " in run.stdout
    assert "pip install tensorflow" in run.stdout


def test_another_back_end_is_refused(monkeypatch):
    other = SimpleNamespace(backend=SimpleNamespace(backend=lambda: "jax"))
    monkeypatch.setitem(sys.modules, "keras", other)
    with pytest.raises(ImportError, match="KERAS_BACKEND=tensorflow"):
        networks.build_cnn()


@pytest.mark.tensorflow
def test_keras_is_imported_without_noise():
    environment = {key: text for key, text in os.environ.items() if not key.startswith("TF_")}
    code = (
        "from fashion_lib import build_cnn; import numpy as np;"
        "build_cnn().predict(np.zeros((1, 28, 28, 1), 'float32'), verbose=0)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert run.stderr == ""


@pytest.fixture(scope="module")
def network():
    """Return one untrained network, for tests that change no weights."""
    return networks.build_cnn(seed=1)


@pytest.mark.tensorflow
def test_keras_model_has_the_described_layers(network):
    assert network.count_params() == 94_154
    assert networks.layer_table(network).equals(networks.layer_table())
    shapes = {key: array.shape for key, array in files.get_weights(network).items()}
    assert shapes == NETWORKS["baseline"].weight_shapes()
    activations = {
        layer.name: layer.activation.__name__ for layer in network.layers if layer.weights
    }
    assert activations == {
        "conv1": "relu",
        "conv2": "relu",
        "conv3": "relu",
        "dense": "relu",
        "output": "softmax",
    }


@pytest.mark.tensorflow
def test_table_of_another_model_counts_like_the_formula():
    import keras

    other = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(4, 5, strides=2, padding="same", use_bias=False, name="c"),
            keras.layers.BatchNormalization(name="n"),
            keras.layers.GlobalAveragePooling2D(name="g"),
        ]
    )
    table = networks.layer_table(other).set_index("layer")
    assert table.loc["c"].to_list() == ["convolution", (14, 14, 4), 100, 14 * 14 * 100]
    assert table.loc["n", "kind"] == "batch normalization"
    assert table.loc["n", "parameters"] == 16
    assert table.loc["g", "multiply_adds"] == 0


@pytest.mark.tensorflow
def test_table_of_a_description_is_that_of_its_model():
    described = random_network(5)
    table = networks.layer_table(described)
    assert {"addition", "relu", "convolution"} <= set(table["kind"])
    assert networks.layer_table(build_cnn(described)).equals(table)


SETTINGS = {
    "set_image_data_format": ("channels_first", "channels_last"),
    "set_dtype_policy": ("mixed_float16", "float32"),
    "set_floatx": ("float64", "float32"),
}


@pytest.mark.tensorflow
@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", ["baseline", random_network(7)], ids=["chain", "graph"])
def test_networks_do_not_depend_on_settings_of_keras(setting, name):
    import keras

    images = np.random.default_rng(0).random((2, 28, 28, 1), dtype=np.float32)
    expected = build_cnn(name, seed=1)(images)
    unusual, usual = SETTINGS[setting]
    getattr(keras.config, setting)(unusual)
    try:
        model = build_cnn(name, seed=1)
        assert model.input_shape == (None, 28, 28, 1)
        assert {variable.dtype for variable in model.weights} == {"float32"}
        assert model.dtype_policy.name == "float32"
        outputs = model(images)
        assert outputs.dtype == "float32"
        described = name if isinstance(name, Network) else NETWORKS[name]
        assert describe(model) == described
    finally:
        getattr(keras.config, setting)(usual)
    np.testing.assert_array_equal(outputs, expected)


@pytest.mark.tensorflow
def test_keras_models_are_described_as_they_were():
    for described in [*NETWORKS.values(), *map(random_network, range(30))]:
        model = build_cnn(described)
        assert type(model).__name__ == ("Sequential" if described.is_chain else "Functional")
        assert describe(model) == described
        assert list(files.get_weights(model)) == list(described.weight_shapes())


@pytest.mark.tensorflow
def test_a_model_of_ones_own_is_rebuilt_from_its_description():
    import keras
    from keras import layers

    inputs = keras.Input((16, 12, 3), name="picture")
    first = layers.Conv2D(4, 3, 2, padding="same", name="c", kernel_regularizer="l2")(inputs)
    x = layers.SpatialDropout2D(0.5)(layers.Activation("relu", name="a")(first))
    x = layers.Conv2D(4, 5, padding="same", activation=keras.activations.relu, name="d")(x)
    x = layers.Add(name="s")([layers.Dropout(0.2)(x), first, x])
    x = layers.AveragePooling2D(3, padding="same", name="p")(layers.ReLU(name="r")(x))
    x = layers.GlobalMaxPooling2D(name="g")(x)
    x = layers.Dropout(0.5)(layers.Activation("softmax", name="o")(layers.Dense(5, name="e")(x)))
    model = keras.Model(inputs, x, name="own")
    network = describe(model)
    assert network == Network(
        (
            Layer("c", "convolution", units=4, size=3, stride=2, padding="same"),
            Layer("a", "relu"),
            Layer("d", "convolution", units=4, size=5, padding="same", activation="relu"),
            Layer("s", "addition", inputs=("d", "c", "d")),
            Layer("r", "relu"),
            Layer("p", "average pooling", size=3, padding="same"),
            Layer("g", "global max pooling"),
            Layer("e", "dense", units=5),
            Layer("o", "softmax"),
        ),
        (16, 12, 3),
        "own",
    )
    weights = random_weights(network, 1)
    again = build_cnn(network)
    files.set_weights(model, weights)
    files.set_weights(again, files.get_weights(model))
    images = np.random.default_rng(0).random((3, 16, 12, 3), dtype=np.float32)
    np.testing.assert_allclose(again(images), model(images, training=False), atol=1e-6)


@pytest.mark.tensorflow
def test_layers_shared_with_another_model_are_described_in_each():
    import keras

    model = build_cnn()
    cropped = keras.Sequential([keras.Input((22, 22, 1)), *model.layers], name="cropped")
    assert describe(cropped) == Network(NETWORKS["baseline"].layers, (22, 22, 1), "cropped")
    assert describe(model) == NETWORKS["baseline"]


def undescribed():
    """Return layers that take (28, 28, 4), with what is said of them."""
    from keras import layers

    class Own(layers.Conv2D):
        pass

    return {
        "no bias": (layers.Conv2D(4, 3, use_bias=False), "Conv2D.*use_bias=False"),
        "groups": (layers.Conv2D(4, 3, groups=2), "Conv2D.*groups=2"),
        "dilation": (layers.Conv2D(4, 3, dilation_rate=2), r"dilation_rate=\(2, 2\)"),
        "oblong kernel": (layers.Conv2D(4, (3, 5)), r"kernel_size=\(3, 5\)"),
        "oblong stride": (layers.Conv2D(4, 3, strides=(1, 2)), r"strides=\(1, 2\)"),
        "oblong window": (layers.MaxPooling2D((2, 3)), "MaxPooling2D.*=\\(2, 3\\)"),
        "channels first": (layers.Conv2D(4, 3, data_format="channels_first"), "data_format"),
        "tanh": (layers.Conv2D(4, 3, activation="tanh"), "no activation 'tanh'"),
        "function": (layers.Conv2D(4, 3, activation=abs), "activation"),
        "softmax of maps": (layers.Conv2D(4, 3, activation="softmax"), "no activation 'softmax'"),
        "sigmoid": (layers.Activation("sigmoid"), "Activation.*no description"),
        "leaky": (layers.ReLU(negative_slope=0.1), "ReLU.*negative_slope=0.1"),
        "cut": (layers.ReLU(max_value=6), "ReLU.*max_value=6"),
        "axis": (layers.Softmax(axis=1), "Softmax.*axis=1"),
        "kept axes": (layers.GlobalMaxPooling2D(keepdims=True), "keepdims=True"),
        "dense of maps": (layers.Dense(4), "takes a vector"),
        "normalization": (layers.BatchNormalization(), "BatchNormalization.*no description"),
        "subclass": (Own(4, 3), "Own.*no description"),
        "name": (layers.Conv2D(4, 3, name="a b"), "'a b' is no name"),
    }


@pytest.mark.tensorflow
def test_layers_that_cannot_be_described_are_refused_by_name():
    import keras

    for case, (layer, message) in undescribed().items():
        model = keras.Sequential([keras.Input((28, 28, 4)), layer])
        with pytest.raises(ValueError, match=message) as refused:
            describe(model)
        assert layer.name in str(refused.value), case


@pytest.mark.tensorflow
def test_models_that_cannot_be_described_are_refused():
    import keras
    from keras import layers

    class Own(keras.Model):
        def call(self, inputs):
            return inputs

    image = keras.Input((28, 28, 1))
    relu, conv = layers.ReLU(name="r"), layers.Conv2D(1, 3, padding="same", name="c")
    adapted = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="d")])
    adapted.layers[0].enable_lora(2)
    cases = [
        (Own(), "built model with one input"),
        (keras.Sequential([layers.Flatten()]), "built model with one input"),
        (Own(image, relu(image)), "own class, Own"),
        (keras.Model([image, keras.Input((2,))], image), "one input and one output"),
        (keras.Model(image, [image, relu(image)]), "one input and one output"),
        (
            keras.Model(image, conv(conv(image))),
            "'c' has no description.*called twice",
        ),
        (keras.Model(image, layers.Dropout(0.5, name="m")(image, training=True)), "'m'.*with more"),
        (keras.Model(image, relu(image) + image), "Add.*no description"),
        (keras.Model(image, image), "1 to 500 layers, not 0"),
        (keras.Sequential([keras.Input((None, None, 1)), relu]), "input_shape.*not None"),
        (keras.Sequential([image, keras.Sequential([image, relu])]), "Sequential.*no description"),
        (adapted, "'d'"),
    ]
    for model, message in cases:
        with pytest.raises(ValueError, match=message):
            describe(model)


@pytest.mark.tensorflow
def test_describing_draws_no_random_numbers():
    import random

    model = build_cnn()
    state = random.getstate()
    describe(model)
    assert random.getstate() == state


@pytest.mark.tensorflow
def test_seed_decides_the_initial_weights(network):
    first, again, other = (
        files.get_weights(n)
        for n in (network, networks.build_cnn(seed=1), networks.build_cnn(seed=2))
    )
    assert all((first[key] == again[key]).all() for key in first)
    assert (first["conv2/kernel"] != other["conv2/kernel"]).any()
    assert (files.get_weights(networks.build_cnn())["conv1/kernel"] != first["conv1/kernel"]).any()
    # Glorot and Bengio (2010): uniform up to sqrt(6 / (inputs + outputs)).
    limit = np.sqrt(6 / (9 * 32 + 9 * 64))
    assert 0.99 * limit < np.abs(first["conv2/kernel"]).max() <= limit
    assert (
        abs(np.corrcoef(first["conv2/kernel"].ravel(), first["conv3/kernel"].ravel()[:18432])[0, 1])
        < 0.05
    )
