"""Plain data over a pipe, the only thing that passes between the grader and a sandbox.

A frame is an 8-byte length, a 4-byte length of the JSON text, the JSON text, and the raw bytes
of the arrays that it refers to. Nothing is pickled, and `decode` checks every size and type
before it believes it, since what comes out of a sandbox was written by a student.

This file runs on both sides, so it needs nothing of this package.
"""

import json
import math
import os
import struct
from typing import Any

import numpy as np

HEAD = struct.Struct(">Q")
TEXT = struct.Struct(">I")
DEPTH = 12
KINDS = "biufc"  # booleans, whole numbers, floats, complex numbers
LONGEST, MOST = 4 * 1024 * 1024, 200_000  # bytes of a student's JSON text, and commas in it


class WireError(Exception):
    """Data that cannot be sent, or that does not follow the format."""


def frame(value: Any) -> bytes:
    """Return `value` as one frame, its length in front."""
    body = encode(value)
    return HEAD.pack(len(body)) + body


def encode(value: Any) -> bytes:
    """Turn plain data into bytes.

    Parameters
    ----------
    value : None, bool, number, str, array, list, tuple, set, range, dict or table
        Nested up to twelve deep. Tuples, sets and ranges arrive as lists; a pandas
        DataFrame as a dict of its columns; anything with `__array__` as an array.

    Raises
    ------
    WireError
        If something is none of these.
    """
    buffers: list[bytes] = []
    text = json.dumps(_pack(value, buffers, DEPTH)).encode()
    return b"".join([TEXT.pack(len(text)), text, *buffers])


def _pack(value: Any, buffers: list[bytes], depth: int) -> Any:
    if depth == 0:
        raise WireError("nested too deeply")
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value) if abs(value) < 2**63 else float(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"float": str(float(value))}
    if isinstance(value, list | tuple | range | set | frozenset):
        return [_pack(item, buffers, depth - 1) for item in value]
    if isinstance(value, dict):
        pairs = [
            [_pack(k, buffers, depth - 1), _pack(v, buffers, depth - 1)] for k, v in value.items()
        ]
        return {"dict": pairs}
    if hasattr(value, "columns") and hasattr(value, "iloc"):
        names = list(value.columns)
        if names and names == list(range(len(names))):  # pandas gave them
            return _pack(value.to_numpy(), buffers, depth)
        return _pack({str(name): value[name].tolist() for name in names}, buffers, depth)
    if isinstance(value, np.ma.MaskedArray):  # what is masked is no answer
        filled = np.ma.filled(np.ma.asarray(value, np.float64), math.nan)
        value = filled if value.mask.any() else value.data
    if isinstance(value, np.ndarray | np.generic) or hasattr(value, "__array__"):
        return _pack_array(np.asarray(value), buffers, depth)
    raise WireError(f"{type(value).__name__} is no plain data")


def _pack_array(array: np.ndarray, buffers: list[bytes], depth: int) -> Any:
    if array.dtype.kind not in KINDS:
        return _pack(array.tolist(), buffers, depth)
    if array.ndim == 0 and array.dtype.kind != "c":
        return _pack(array.item(), buffers, depth)
    if array.dtype.itemsize > 16 or str(array.dtype) == "float128":
        array = array.astype(np.float64)
    array = np.ascontiguousarray(array)
    buffers.append(array.tobytes())
    return {"array": [array.dtype.newbyteorder("<").str, list(array.shape)]}


def is_heavy(body: bytes) -> bool:
    """Tell whether lists and texts are so long that taking them apart would hold up a grader.

    Arrays do not count: they cost no more than their bytes.
    """
    text = body[TEXT.size : TEXT.size + int.from_bytes(body[: TEXT.size], "big")]
    return len(text) > LONGEST or text.count(b",") > MOST


def decode(body: bytes) -> Any:
    """Turn bytes into plain data again; every array is a fresh, writable copy.

    Raises
    ------
    WireError
        If the bytes do not follow the format in any way.
    """
    try:
        (length,) = TEXT.unpack_from(body)
        text = body[TEXT.size : TEXT.size + length]
        if len(text) != length:
            raise WireError("malformed data: text longer than the data")
        rest = memoryview(body)[TEXT.size + length :]
        value, used = _unpack(json.loads(text), rest, 0, DEPTH)
    except (WireError, MemoryError):
        raise
    except Exception as error:  # whatever NumPy or JSON make of it: a dtype may be a SyntaxError
        raise WireError(f"malformed data: {type(error).__name__}") from error
    if used != len(rest):
        raise WireError("malformed data: bytes left over")
    return value


def _unpack(node: Any, rest: memoryview, used: int, depth: int) -> tuple[Any, int]:
    if depth == 0:
        raise WireError("nested too deeply")
    if isinstance(node, list):
        items = []
        for child in node:
            item, used = _unpack(child, rest, used, depth - 1)
            items.append(item)
        return items, used
    if not isinstance(node, dict):
        if type(node) is int and abs(node) >= 2**63:  # many could have the same hash
            raise WireError("malformed data: whole number too large")
        return node, used
    if set(node) == {"float"}:
        return float(node["float"]), used
    if set(node) == {"array"}:
        name, shape = node["array"]
        return _unpack_array(name, shape, rest, used)
    if set(node) == {"dict"}:
        result = {}
        for key_node, value_node in node["dict"]:
            key, used = _unpack(key_node, rest, used, depth - 1)
            result[key], used = _unpack(value_node, rest, used, depth - 1)
        return result, used
    raise WireError("malformed data: unknown node")


def _unpack_array(
    name: str, shape: list[int], rest: memoryview, used: int
) -> tuple[np.ndarray, int]:
    dtype = np.dtype(str(name))
    if dtype.kind not in KINDS or dtype.hasobject or len(shape) > 8:
        raise WireError("malformed data: no plain array")
    if any(type(n) is not int or n < 0 for n in shape):
        raise WireError("malformed data: shape")
    size = math.prod(shape) * dtype.itemsize
    if size > len(rest) - used:
        raise WireError("malformed data: array longer than its bytes")
    array = np.frombuffer(rest[used : used + size], dtype=dtype).reshape(shape).copy()
    return array, used + size


def read_frame(descriptor: int) -> Any:
    """Wait for one frame on a blocking file descriptor and decode it.

    Raises
    ------
    EOFError
        If the other side has gone.
    """
    (length,) = HEAD.unpack(read_exactly(descriptor, HEAD.size))
    return decode(read_exactly(descriptor, length))


def read_exactly(descriptor: int, length: int) -> bytes:
    """Wait for so many bytes; raise EOFError if the other side has gone."""
    parts = []
    while length:
        part = os.read(descriptor, min(length, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def write_frame(descriptor: int, value: Any) -> None:
    """Write one frame to a blocking file descriptor."""
    view = memoryview(frame(value))
    while view:
        view = view[os.write(descriptor, view) :]
