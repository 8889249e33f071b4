"""Plain data crosses the pipe unchanged; anything else is refused, however it is spelled."""

import json
import struct

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as stnp

from grader import wire
from grader.session import checked

SCALARS = st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.text(max_size=20)
FLOATS = st.floats(allow_nan=False)
PLAIN = st.recursive(
    SCALARS | FLOATS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


def depth(value):
    if isinstance(value, list | dict):
        children = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth, children), default=0)
    return 1


@given(PLAIN.filter(lambda value: depth(value) < wire.DEPTH))
def test_plain_data_returns_unchanged(value):
    assert wire.decode(wire.encode(value)) == value


@given(stnp.arrays(st.sampled_from(["u1", "i8", "f4", "f8", "?", "c16"]), stnp.array_shapes()))
def test_arrays_return_unchanged(array):
    result = wire.decode(wire.encode({"a": [array]}))["a"][0]
    assert result.dtype == array.dtype
    assert result.flags.writeable
    np.testing.assert_array_equal(result, array)


def test_several_arrays_keep_their_places():
    value = [np.arange(3), {"b": np.zeros((2, 0))}, np.float32(0.5), (np.arange(4.0), "x")]
    first, second, third, fourth = wire.decode(wire.encode(value))
    np.testing.assert_array_equal(first, [0, 1, 2])
    assert second["b"].shape == (2, 0)
    assert third == 0.5
    np.testing.assert_array_equal(fourth[0], [0, 1, 2, 3])
    assert fourth[1] == "x"


def test_not_a_number_and_infinity_pass():
    value = wire.decode(wire.encode([float("nan"), float("-inf"), np.float64("inf")]))
    assert np.isnan(value[0])
    assert value[1:] == [-np.inf, np.inf]


def test_tables_arrive_as_their_columns():
    table = pd.DataFrame({"class": ["boot", "bag"], "count": [3, 4]})
    assert wire.decode(wire.encode(table)) == {"class": ["boot", "bag"], "count": [3, 4]}
    np.testing.assert_array_equal(wire.decode(wire.encode(table["count"])), [3, 4])


@pytest.mark.parametrize("values", [[[1.5, 2], [3, 4]], [[1, 2, 3]], [["a", 1]], [[True], [False]]])
def test_a_table_without_names_arrives_as_a_matrix(values):
    table = pd.DataFrame(values)
    np.testing.assert_array_equal(wire.decode(wire.encode(table)), values)
    assert wire.decode(wire.encode(table.add_prefix("x"))) == {
        f"x{place}": column for place, column in enumerate(map(list, zip(*values, strict=True)))
    }


@pytest.mark.parametrize(
    "value", [object(), len, [lambda: 0], {"a": {"b": object()}}, np.array([object()])]
)
def test_anything_else_is_refused(value):
    with pytest.raises(wire.WireError, match="no plain data"):
        wire.encode(value)


def test_endless_nesting_is_refused():
    value = []
    value.append(value)
    with pytest.raises(wire.WireError, match="nested"):
        wire.encode(value)


def packed(tree, rest=b""):
    text = json.dumps(tree).encode()
    return struct.pack(">I", len(text)) + text + rest


HOSTILE = {
    "empty": b"",
    "no JSON": b"\0\0\0\4{[}]",
    "text longer than the data": struct.pack(">I", 10**9) + b"1",
    "bytes left over": packed(1, b"x"),
    "array without bytes": packed({"array": ["<f8", [10**12]]}),
    "negative shape": packed({"array": ["<f8", [-1, -8]]}, b"x" * 64),
    "shape of floats": packed({"array": ["<f8", [1.0]]}, b"x" * 8),
    "shape of truth values": packed({"array": ["|u1", [True]]}, b"x"),
    "array of objects": packed({"array": ["|O", [1]]}, b"x" * 8),
    "array of records": packed({"array": ["f8,O", [1]]}, b"x" * 16),
    "array of unknown type": packed({"array": ["rubbish", [1]]}, b"x" * 8),
    "too many axes": packed({"array": ["|u1", [1] * 40]}, b"x"),
    "unknown node": packed({"pickle": "gASV"}),
    "nested deeply": packed(json.loads("[" * 30 + "]" * 30)),
    "nested beyond Python's stack": struct.pack(">I", 200_000) + b"[" * 100_000 + b"]" * 100_000,
    "unhashable key": packed({"dict": [[[], 1]]}),
    "number beyond 64 bits": packed([2**63]),
    "float that is none": packed({"float": "one"}),
    "number of a million digits": struct.pack(">I", 10**6) + b"9" * 10**6,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_refused(name):
    with pytest.raises(wire.WireError):
        wire.decode(HOSTILE[name])


def test_long_lists_are_heavy_and_long_arrays_are_not():
    assert wire.is_heavy(wire.encode([0] * 300_000))
    assert wire.is_heavy(wire.encode("x" * 5_000_000))
    assert not wire.is_heavy(wire.encode([np.zeros(1_000_000), [0.0] * 100_000]))
    assert not wire.is_heavy(b"")


@given(st.binary(max_size=200))
def test_random_bytes_give_data_or_a_wire_error(body):
    try:
        wire.decode(body)
    except wire.WireError:
        pass
    else:
        assert len(body) >= wire.TEXT.size


@pytest.mark.parametrize("dtype", ["1 2f4", "(", "f4,f4", "O", "\x00", "S" * 99, "9" * 99])
def test_whatever_is_called_a_dtype_is_refused_in_one_way(dtype):
    text = json.dumps({"array": [dtype, [1]]}).encode()
    with pytest.raises(wire.WireError):
        wire.decode(wire.TEXT.pack(len(text)) + text)


@pytest.mark.parametrize(
    "lies", [{"lack": []}, {"bound": [np.array([1, 2])]}, {"error": [1]}, {"error": {"type": {}}}]
)
def test_a_reply_has_the_types_that_are_reckoned_with(lies):
    reply = checked(wire.encode({"nonce": "n"} | lies), "n")
    assert isinstance(reply["lack"], str)
    assert all(isinstance(name, str) for name in reply["bound"])
    assert reply["error"] is None or isinstance(reply["error"]["type"], str)
