"""A network's weights: into files and back, and in and out of Keras models."""

import copy
import hashlib
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from fashion_lib import networks, weights as files
from fashion_lib.description import Layer, Network
from fashion_lib.forward_pass import forward
from fashion_lib.networks import NETWORKS
from tests.fashion_lib.random_networks import random_network, random_weights

SHAPES = NETWORKS["baseline"].weight_shapes()


@pytest.fixture
def weights():
    """Return weights of the right shapes with values that are all different."""
    rng = np.random.default_rng(3)
    return {key: rng.normal(size=shape).astype(np.float32) for key, shape in SHAPES.items()}


def damaged(weights, key, value):
    return {**weights, key: value}


def test_table_and_weights_need_no_tensorflow(tmp_path, weights):
    path = files.save_weights(weights, tmp_path / "w.safetensors")
    code = (
        "import sys; from fashion_lib import layer_table, load_weights; layer_table();"
        f"load_weights({str(path)!r}); assert not {{'tensorflow', 'keras'}} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_weights_survive_the_file(tmp_path, weights):
    path = files.save_weights(weights, tmp_path / "new" / "w.safetensors", {"seed": "7", "ä": "ö"})
    loaded = files.load_weights(path)
    assert list(loaded) == list(SHAPES)
    for key, array in weights.items():
        np.testing.assert_array_equal(loaded[key], array)
    described = NETWORKS["baseline"].to_json()
    assert files.read_metadata(path) == {"network": described, "seed": "7", "ä": "ö"}
    assert [file.name for file in path.parent.iterdir()] == ["w.safetensors"]


def test_file_is_readable_by_others_and_always_the_same_bytes(tmp_path, weights):
    facts = {letter: letter for letter in "hgfedcba"}
    paths = [files.save_weights(weights, tmp_path / f"{i}.safetensors", facts) for i in range(5)]
    assert len({hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}) == 1
    for key, array in load_file(paths[0]).items():
        np.testing.assert_array_equal(array, weights[key])


def test_weights_that_do_not_lie_in_rows_are_saved_right(tmp_path, weights):
    turned = {key: np.asfortranarray(array) for key, array in weights.items()}
    loaded = files.load_weights(files.save_weights(turned, tmp_path / "w.safetensors"))
    np.testing.assert_array_equal(loaded["dense/kernel"], weights["dense/kernel"])


@pytest.mark.parametrize(
    ("key", "change", "message"),
    [
        ("conv1/kernel", lambda a: a[..., :31], r"conv1/kernel has the shape \(3, 3, 1, 31\)"),
        ("dense/kernel", lambda a: a.T, r"expected \(64, 512\)"),
        ("conv2/bias", lambda a: a.astype(np.float64), "conv2/bias is float64"),
        ("output/bias", lambda a: np.full_like(a, np.nan), "not finite"),
        ("conv4/bias", lambda a: np.zeros(3, np.float32), "unknown.*conv4/bias"),
    ],
)
def test_wrong_weights_are_refused(tmp_path, weights, key, change, message):
    wrong = damaged(weights, key, change(weights.get(key)))
    path = tmp_path / "w.safetensors"
    with pytest.raises(ValueError, match=message):
        files.save_weights(wrong, path)
    assert not list(tmp_path.iterdir())
    save_file({name: np.ascontiguousarray(array) for name, array in wrong.items()}, path)
    with pytest.raises(ValueError, match=message):
        files.load_weights(path)


def test_missing_array_is_named(weights):
    del weights["conv3/bias"]
    with pytest.raises(ValueError, match=r"missing.*conv3/bias"):
        files.check_weights(weights, SHAPES)


@pytest.mark.parametrize("length", [0, 7, 200, -1])
def test_truncated_file_is_refused(tmp_path, weights, length):
    path = files.save_weights(weights, tmp_path / "w.safetensors")
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match="not a complete safetensors file"):
        files.load_weights(path)


def test_failed_write_keeps_the_old_file(tmp_path, weights, monkeypatch):
    path = files.save_weights(weights, tmp_path / "w.safetensors")
    before = path.read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        files.save_weights(weights, path, {"seed": "8"})
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_names_and_paths_are_told_apart(tmp_path):
    with pytest.raises(ValueError, match="No weights named 'missing'"):
        files.load_weights("missing")
    for path in (tmp_path / "missing", str(tmp_path / "missing"), "missing.safetensors"):
        with pytest.raises(FileNotFoundError, match="missing"):
            files.load_weights(path)


def test_metadata_must_be_text(tmp_path, weights):
    with pytest.raises(TypeError, match="strings"):
        files.save_weights(weights, tmp_path / "w.safetensors", {"seed": 7})


RESIDUAL = random_network(5)  # with additions


@pytest.fixture
def residual():
    """Return weights of a network that is not the baseline."""
    return random_weights(RESIDUAL, 1)


def test_a_file_holds_the_description_of_its_network(tmp_path, residual):
    path = files.save_weights(residual, tmp_path / "w.safetensors", {"seed": "1"})
    loaded = files.load_weights(path)
    assert loaded.network == RESIDUAL
    assert list(loaded) == list(RESIDUAL.weight_shapes())
    assert files.read_metadata(path) == {"network": RESIDUAL.to_json(), "seed": "1"}
    images = np.random.default_rng(0).random((2, 28, 28, 1), dtype=np.float32)
    np.testing.assert_array_equal(forward(loaded, images), forward(residual, images))


@pytest.mark.parametrize("metadata", [None, {"architecture": "baseline"}, {"network": "baseline"}])
def test_older_files_hold_the_baseline(tmp_path, weights, metadata):
    save_file(weights, tmp_path / "old.safetensors", metadata)
    loaded = files.load_weights(tmp_path / "old.safetensors")
    assert loaded.network == NETWORKS["baseline"]
    assert files.load_weights().network == NETWORKS["baseline"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"layers": []}', "w.safetensors: A network is described by"),
        (RESIDUAL.to_json().replace('"relu"', '"tanh"'), r"w.safetensors: Layer '\w+': .*'tanh'"),
        ("huge", "w.safetensors: Unknown network 'huge'"),
        (NETWORKS["baseline"].to_json(), "w.safetensors: the weights do not belong"),
    ],
)
def test_a_file_with_another_description_is_refused(tmp_path, residual, text, message):
    save_file(residual, tmp_path / "w.safetensors", {"network": text})
    with pytest.raises(ValueError, match=message):
        files.load_weights(tmp_path / "w.safetensors")


def test_metadata_may_repeat_the_network_but_not_state_another(tmp_path, residual, weights):
    path = tmp_path / "w.safetensors"
    for key, text in (("network", "{}"), ("network", "baseline"), ("architecture", "baseline")):
        with pytest.raises(ValueError, match=r"described by|do not belong"):
            files.save_weights(residual, path, {key: text})
    assert not path.exists()
    files.save_weights(residual, path, {"network": RESIDUAL.to_json()})
    files.save_weights(weights, path, {"architecture": "baseline"})
    assert files.load_weights(path).network == NETWORKS["baseline"]


def test_weights_must_fit_their_description(tmp_path, residual):
    residual.popitem()
    for use in (files.network_bytes, lambda w: files.save_weights(w, tmp_path / "w.safetensors")):
        with pytest.raises(ValueError, match="missing"):
            use(residual)


def test_network_bytes_are_a_file_of_nothing_but_the_network(tmp_path, residual):
    (tmp_path / "w.safetensors").write_bytes(files.network_bytes(residual))
    assert files.load_weights(tmp_path / "w.safetensors").network == RESIDUAL
    assert list(files.read_metadata(tmp_path / "w.safetensors")) == ["network"]
    files.save_weights(residual, tmp_path / "s.safetensors", {"seed": "1"})
    assert files.network_bytes(tmp_path / "s.safetensors") == files.network_bytes(residual)
    shipped = files.network_bytes()
    assert shipped == files.network_bytes("baseline") == files.network_bytes(files.load_weights())
    header = json.loads(shipped[8 : 8 + int.from_bytes(shipped[:8], "little")])
    assert Network.from_json(header["__metadata__"]["network"]) == NETWORKS["baseline"]


def test_copies_keep_the_description(residual):
    again = pickle.loads(pickle.dumps(residual))
    copies = copy.copy(residual), copy.deepcopy(residual)
    for other in (residual.copy(), *copies, again, residual | {}):
        assert (type(other), other.network) == (files.Weights, RESIDUAL)
        assert all((other[key] == residual[key]).all() for key in residual)
    key = next(iter(residual))
    changed = residual | {key: residual[key] + 1}
    assert (changed[key] != residual[key]).all()
    assert (list(changed), changed.network) == (list(residual), RESIDUAL)


def test_without_a_description_weights_say_why(tmp_path):
    weights = files.Weights({}, refusal="Layer 'n' (BatchNormalization) has no description.")
    images = np.zeros((1, 28, 28, 1), np.float32)
    for use in (
        files.network_bytes,
        lambda w: files.save_weights(w, tmp_path / "w.safetensors"),
        lambda w: forward(w, images),
        lambda w: forward(w.copy(), images),
    ):
        with pytest.raises(ValueError, match="BatchNormalization"):
            use(weights)


@pytest.mark.tensorflow
def test_weights_of_a_model_carry_its_description(tmp_path):
    import keras

    layers = [keras.Input((6, 6, 1)), keras.layers.Conv2D(2, 3, name="c")]
    weights = files.get_weights(keras.Sequential(layers, name="own"))
    layer = Layer("c", "convolution", units=2, size=3)
    assert weights.network == Network((layer,), (6, 6, 1), "own")
    files.save_weights(weights, tmp_path / "w.safetensors")
    weights = files.get_weights(keras.Sequential([*layers, keras.layers.LayerNormalization()]))
    assert weights.network is None
    with pytest.raises(ValueError, match="LayerNormalization"):
        files.save_weights(weights, tmp_path / "w.safetensors")


@pytest.mark.tensorflow
def test_a_model_is_loaded_from_its_description(tmp_path, residual):
    path = files.save_weights(residual, tmp_path / "w.safetensors")
    images = np.random.default_rng(0).random((4, 28, 28, 1), dtype=np.float32)
    np.testing.assert_allclose(files.load_model(path)(images), forward(residual, images), atol=1e-5)


@pytest.mark.tensorflow
def test_loaded_model_computes_with_the_saved_weights(tmp_path):
    network = networks.build_cnn(seed=1)
    path = files.save_weights(files.get_weights(network), tmp_path / "w.safetensors")
    images = np.random.default_rng(0).random((4, 28, 28, 1), dtype=np.float32)
    np.testing.assert_array_equal(files.load_model(path)(images), network(images))


@pytest.mark.tensorflow
def test_wrong_weights_leave_the_model_as_it_was(weights):
    model = networks.build_cnn(seed=1)
    before = files.get_weights(model)
    with pytest.raises(ValueError, match="not finite"):
        files.set_weights(model, damaged(weights, "output/bias", np.full(10, np.inf, np.float32)))
    assert all((files.get_weights(model)[key] == before[key]).all() for key in before)
