"""Files of weights in the safetensors format: read whole or refused, written whole or not at all.

What the arrays mean, and whether they fit a network, is `model`'s business.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np


def read_file(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Return the arrays and the metadata of a file.

    Raises
    ------
    ValueError
        If the file is cut off or is no safetensors file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            return arrays, dict(file.metadata() or {})
    except SafetensorError as error:
        raise ValueError(
            f"{path.name} is not a complete safetensors file ({error}). Fetch or save it again."
        ) from error


def write_file(path: Path, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> None:
    """Write arrays and metadata; the same ones always give the same bytes.

    The folder is made if needed. A file that is there is replaced once the new one is complete.
    """
    from safetensors.numpy import save

    # safetensors writes an array's memory as it lies, so its rows must be contiguous.
    rows = {key: np.ascontiguousarray(array) for key, array in arrays.items()}
    content = _sort_metadata(save(rows, dict(metadata)))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()


def _sort_metadata(content: bytes) -> bytes:
    """Give a safetensors file's header one order, so that equal contents are equal bytes."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # the format asks for arrays that start at multiples of 8
    return len(text).to_bytes(8, "little") + text + content[8 + length :]
