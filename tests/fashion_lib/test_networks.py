"""The network and its table, against hand counts and Keras."""

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from fashion_lib import networks, weights as files

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
    assert shapes == networks.weight_shapes()
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
