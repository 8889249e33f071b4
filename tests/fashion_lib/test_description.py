"""Descriptions of networks: shapes worked by hand, text and back, and what is refused."""

import json
from dataclasses import replace

import pytest

from fashion_lib.description import KINDS, MOST_LAYERS, Layer, Network
from fashion_lib.networks import NETWORKS
from tests.fashion_lib.random_networks import random_network

BASELINE = """
{"name": "baseline", "input_shape": [28, 28, 1], "layers": [
  {"name": "conv1", "kind": "convolution", "units": 32, "size": 3, "activation": "relu"},
  {"name": "pool1", "kind": "max pooling", "size": 2},
  {"name": "conv2", "kind": "convolution", "units": 64, "size": 3, "activation": "relu"},
  {"name": "pool2", "kind": "max pooling", "size": 2},
  {"name": "conv3", "kind": "convolution", "units": 64, "size": 3, "activation": "relu"},
  {"name": "pool3", "kind": "max pooling", "size": 2},
  {"name": "flatten", "kind": "flatten"},
  {"name": "dense", "kind": "dense", "units": 512, "activation": "relu"},
  {"name": "output", "kind": "dense", "units": 10, "activation": "softmax"}]}
"""
# Every field stated, and every kind used.
RESIDUAL = [
    {
        "name": "a",
        "kind": "convolution",
        "inputs": ["input"],
        "units": 4,
        "size": 3,
        "stride": 2,
        "padding": "same",
        "activation": "relu",
    },
    {"name": "b", "kind": "convolution", "units": 4, "size": 1},
    {"name": "sum", "kind": "addition", "inputs": ["b", "a", "a"]},
    {"name": "r", "kind": "relu"},
    {"name": "max", "kind": "max pooling", "size": 3, "stride": 2},
    {"name": "mean", "kind": "average pooling", "size": 2, "padding": "same"},
    {"name": "flat", "kind": "flatten"},
    {"name": "high", "kind": "global max pooling", "inputs": ["mean"]},
    {"name": "even", "kind": "global average pooling", "inputs": ["mean"]},
    {"name": "both", "kind": "addition", "inputs": ["high", "even"]},
    {"name": "short", "kind": "dense", "units": 4, "inputs": ["flat"]},
    {"name": "all", "kind": "addition", "inputs": ["both", "short"]},
    {"name": "output", "kind": "dense", "units": 3},
    {"name": "softmax", "kind": "softmax"},
]


def written(layers=RESIDUAL, **others):
    return json.dumps({"name": "net", "input_shape": [28, 20, 3], "layers": layers} | others)


def changed(which, /, **fields):
    """Return RESIDUAL with other fields in one layer; an ellipsis takes a field away."""
    layers = [layer | fields if layer["name"] == which else layer for layer in RESIDUAL]
    return [{key: value for key, value in layer.items() if value is not ...} for layer in layers]


def test_the_baseline_is_written_as_documented():
    assert json.loads(NETWORKS["baseline"].to_json()) == json.loads(BASELINE)
    assert Network.from_json(BASELINE) == NETWORKS["baseline"]
    assert NETWORKS["baseline"].is_chain


def test_shapes_worked_by_hand():
    network = Network.from_json(written())
    assert network.shapes == {
        "input": (28, 20, 3),
        "a": (14, 10, 4),
        "b": (14, 10, 4),
        "sum": (14, 10, 4),
        "r": (14, 10, 4),
        "max": (6, 4, 4),  # (14 - 3) // 2 + 1 and (10 - 3) // 2 + 1
        "mean": (3, 2, 4),  # its stride is its size
        "flat": (24,),
        "high": (4,),
        "even": (4,),
        "both": (4,),
        "short": (4,),
        "all": (4,),
        "output": (3,),
        "softmax": (3,),
    }
    assert network.weight_shapes() == {
        "a/kernel": (3, 3, 3, 4),
        "a/bias": (4,),
        "b/kernel": (1, 1, 4, 4),
        "b/bias": (4,),
        "short/kernel": (24, 4),
        "short/bias": (4,),
        "output/kernel": (4, 3),
        "output/bias": (3,),
    }
    assert not network.is_chain
    assert {layer["kind"] for layer in RESIDUAL} == set(KINDS)


def test_what_is_left_out_is_filled_in():
    network = Network.from_json(written())
    by_name = {layer.name: layer for layer in network.layers}
    assert by_name["b"] == Layer("b", "convolution", ("a",), 4, 1, 1, "valid", None)
    assert by_name["mean"] == Layer("mean", "average pooling", ("max",), 0, 2, 2, "same")
    stated = changed("b", inputs=["a"], stride=1, padding="valid", activation=None)
    assert Network.from_json(written(stated)) == network
    # And what goes without saying is not written.
    usual = changed("a", inputs=...)
    assert json.loads(network.to_json()) == json.loads(written(usual))


@pytest.mark.parametrize("seed", range(30))
def test_random_networks_survive_their_text(seed):
    network = random_network(seed)
    again = Network.from_json(network.to_json())
    assert (again, again.shapes) == (network, network.shapes)
    assert hash(again) == hash(network)
    assert network.is_chain == (seed % 2 == 0)


def test_random_networks_have_layers_of_all_kinds():
    networks = [random_network(seed) for seed in range(30)]
    layers = [layer for network in networks for layer in network.layers]
    assert {layer.kind for layer in layers} == set(KINDS)
    for kind in ("convolution", "max pooling", "average pooling"):
        pads = {layer.padding for layer in layers if layer.kind == kind and layer.stride > 1}
        assert pads == {"valid", "same"}


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], "1 to 500 layers"),
        ([{"kind": "relu"}], "a name and a kind"),
        ([["relu"]], "a name and a kind"),
        (changed("b", name=""), "'' is no name"),
        (changed("b", name=7), "7 is no name"),
        (changed("b", name="b/c"), "'b/c' is no name"),
        (changed("b", name="<b>"), "'<b>' is no name"),
        (changed("b", name="b\n"), r"'b\\n' is no name"),
        (changed("b", name="input"), "'input': this name is the image's"),
        (changed("b", name="a"), "'a': an earlier layer has this name"),
        (changed("b", kind="deconvolution"), "'b': unknown kind 'deconvolution'"),
        (changed("b", kind=["relu"]), "'b': unknown kind"),
        (changed("b", bias=True), "'b': the kind 'convolution' has no 'bias'"),
        (changed("r", units=4), "'r': the kind 'relu' has no 'units'"),
        (changed("max", activation="relu"), "'max': the kind 'max pooling' has no 'activation'"),
        (changed("flat", padding="valid"), "'flat': the kind 'flatten' has no 'padding'"),
        (changed("b", units=...), "'b': units must be a whole number from 1 to 65,536, not 0"),
        (changed("b", size=...), "'b': size must be a whole number from 1 to 1,024, not 0"),
        (changed("max", size=...), "'max': size must be"),
        (changed("b", units=65_537), "'b': units must be"),
        (changed("b", units=True), "'b': units must be a whole number .*, not True"),
        (changed("b", units=4.0), "'b': units must be"),
        (changed("b", size=1025), "'b': size must be"),
        (changed("b", size=-1), "'b': size must be"),
        (changed("b", stride=1025), "'b': stride must be"),
        (changed("b", stride=0), "'b': stride cannot be 0"),
        (changed("b", stride=False), "'b': stride cannot be false"),
        (changed("b", stride=None), "'b': stride cannot be null"),
        (changed("b", padding="full"), "'b': padding must be 'valid' or 'same', not 'full'"),
        (changed("b", padding=["same"]), "'b': padding must be"),
        (changed("b", activation="tanh"), "'b': .* no activation 'tanh'"),
        (changed("b", activation="softmax"), "'b': the kind 'convolution' knows no activation"),
        (changed("short", activation={}), "'short': the kind 'dense' knows no activation"),
        (changed("b", inputs="a"), "'b': inputs must be a list"),
        (changed("b", inputs=[]), r"'b': inputs cannot be \[\]"),
        (changed("b", inputs=[["a"]]), "'b': there is no earlier layer"),
        (changed("b", inputs=["r"]), "'b': there is no earlier layer 'r'"),
        (changed("b", inputs=["b"]), "'b': there is no earlier layer 'b'"),
        (changed("b", inputs=["a", "a"]), "'b': the kind 'convolution' takes one input, not 2"),
        (changed("sum", inputs=["b"]), "'sum': adds two or more equal shapes"),
        (changed("sum", inputs=["b", "input"]), "'sum': adds two or more equal shapes"),
        (changed("short", inputs=["max"]), r"'short': takes a vector, not \(6, 4, 4\)"),
        (changed("high", inputs=["flat"]), r"'high': takes \(height, width, channels\)"),
        (changed("max", size=11), "'max': A window of 11 pixels does not fit into 10"),
        (changed("high", inputs=["max"])[:8] + RESIDUAL[12:], "No layer takes what 'flat'"),
        ([{"name": f"r{i}", "kind": "relu"} for i in range(MOST_LAYERS + 1)], "not 501"),
    ],
)
def test_a_malformed_layer_is_named(layers, message):
    with pytest.raises(ValueError, match=message) as refused:
        Network.from_json(written(layers))
    assert len(str(refused.value)) < 250
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be JSON"),
        ("{", "must be JSON"),
        ("[" * 100_000, "must be JSON"),
        ("[]", "a name, an input_shape and layers"),
        ("{}", "a name, an input_shape and layers"),
        (written(author="me"), "a name, an input_shape and layers alone"),
        (written(name=None), "None is no name"),
        (written(name="x" * 70 + "!"), "is no name"),
        (written({}), "must be lists"),
        (written(input_shape="28"), "must be lists"),
        (written(input_shape=[28, 28]), "three numbers"),
        (written(input_shape=[28, 28, 0]), "input_shape must be a whole number from 1 to 65,536"),
        (written(input_shape=[28, 1025, 1]), "input_shape must be a whole number from 1 to 1,024"),
        (written(input_shape=[28, "28", 1]), "input_shape must be a whole number"),
    ],
)
def test_a_malformed_description_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        Network.from_json(text)


def test_many_layers_are_read():
    layers = [{"name": f"r{i}", "kind": "relu"} for i in range(MOST_LAYERS)]
    assert len(Network.from_json(written(layers)).layers) == MOST_LAYERS


def test_a_changed_layer_is_checked_like_a_new_one():
    with pytest.raises(ValueError, match="'conv1': size must be"):
        replace(NETWORKS["baseline"].layers[0], size=0)
    with pytest.raises(ValueError, match="'flatten': the kind 'flatten' has no units"):
        replace(NETWORKS["baseline"].layers[6], units=3)
