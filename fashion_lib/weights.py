"""A network's weights: in and out of a Keras model, and in and out of safetensors files.

Files are read whole or refused, and written whole or not at all.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fashion_lib._files import write_whole
from fashion_lib.networks import build_cnn, weight_shapes

if TYPE_CHECKING:
    import keras

SHIPPED = Path(__file__).parent / "shipped"


def get_weights(model: "keras.Model") -> dict[str, np.ndarray]:
    """Return a copy of a Keras model's weights: "layer/kernel" -> float32 array, and so on."""
    return {
        f"{layer.name}/{weight.name}": array.astype(np.float32)
        for layer in model.layers
        for weight, array in zip(layer.weights, layer.get_weights(), strict=True)
    }


def set_weights(model: "keras.Model", weights: Mapping[str, np.ndarray]) -> None:
    """Copy weights into a Keras model, after checking that they fit.

    Parameters
    ----------
    model : keras.Model
        The model to change.
    weights : mapping of str to array
        As `get_weights` or `load_weights` return it.

    Raises
    ------
    ValueError
        If a name is missing or unknown, a shape or dtype is wrong, or a value is not finite.
        The model is then unchanged.
    """
    variables = {
        f"{layer.name}/{weight.name}": weight for layer in model.layers for weight in layer.weights
    }
    shapes = {key: tuple(variable.shape) for key, variable in variables.items()}
    check_weights(weights, shapes)
    for key, variable in variables.items():
        variable.assign(weights[key])


def check_weights(
    weights: Mapping[str, np.ndarray], shapes: Mapping[str, tuple[int, ...]], source: str = ""
) -> None:
    """Raise ValueError unless `weights` has exactly these keys and shapes, finite float32.

    `source` is put in front of the message, to say where the weights came from.
    """
    start = f"{source}: " if source else ""
    missing = [key for key in shapes if key not in weights]
    unknown = [key for key in weights if key not in shapes]
    if missing or unknown:
        raise ValueError(
            f"{start}the weights do not belong to this network: "
            f"missing {missing or 'none'}, unknown {unknown or 'none'}."
        )
    for key, shape in shapes.items():
        array = np.asarray(weights[key])
        if array.shape != tuple(shape):
            raise ValueError(f"{start}{key} has the shape {array.shape}, expected {tuple(shape)}.")
        if array.dtype != np.float32:
            raise ValueError(f"{start}{key} is {array.dtype}, expected float32.")
        if not np.isfinite(array).all():
            raise ValueError(f"{start}{key} contains values that are not finite (NaN or infinity).")


def weights_path(name_or_path: str | Path = "baseline") -> Path:
    """Return the weights file that a name ("baseline") or a path means.

    Raises
    ------
    ValueError
        If no weights of that name are shipped.
    FileNotFoundError
        If a path was given and there is no file.
    """
    text = os.fspath(name_or_path)
    shipped = sorted(path.stem for path in SHIPPED.glob("*.safetensors"))
    if text in shipped:
        return SHIPPED / f"{text}.safetensors"
    path = Path(name_or_path).expanduser()
    if isinstance(name_or_path, Path) or path.suffix or len(path.parts) > 1:
        if not path.is_file():
            raise FileNotFoundError(f"There is no weights file {path}.")
        return path
    known = ", ".join(repr(name) for name in shipped) or "none; make them with `make weights`"
    raise ValueError(
        f"No weights named {text!r} are shipped (there are: {known}). "
        "For a file of your own, give its path, ending in .safetensors."
    )


def load_weights(name_or_path: str | Path = "baseline") -> dict[str, np.ndarray]:
    """Load a network's weights. Needs no TensorFlow.

    Parameters
    ----------
    name_or_path : str or Path
        Name of shipped weights, or the path of a .safetensors file.

    Returns
    -------
    dict of str to ndarray
        "conv1/kernel" -> float32 array, and so on, in the order of the layers; the shapes are
        those of `weight_shapes`.

    Raises
    ------
    ValueError
        If the name is unknown, or the file is damaged or does not hold this network's weights.
    FileNotFoundError
        If a path was given and there is no file.
    """
    return _read(weights_path(name_or_path))[0]


def read_metadata(name_or_path: str | Path = "baseline") -> dict[str, str]:
    """Return what a weights file says about itself, such as its seed and its accuracy.

    Takes and raises the same as `load_weights`. All values are strings.
    """
    return _read(weights_path(name_or_path))[1]


def _read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Return the checked weights and the metadata of a file, as `load_weights` does."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            metadata = dict(file.metadata() or {})
    except SafetensorError as error:
        raise ValueError(
            f"{path.name} is not a complete safetensors file ({error}). Fetch or save it again."
        ) from error
    shapes = weight_shapes(metadata.get("architecture", "baseline"))
    check_weights(weights, shapes, source=path.name)
    return {key: weights[key] for key in shapes}, metadata


def save_weights(
    weights: Mapping[str, np.ndarray], path: str | Path, metadata: Mapping[str, str] | None = None
) -> Path:
    """Write a network's weights to a .safetensors file: all of it, or nothing.

    Parameters
    ----------
    weights : mapping of str to ndarray
        As `get_weights` returns it.
    path : str or Path
        The file to write; its folder is made if needed. An existing file is replaced.
    metadata : mapping of str to str, optional
        Facts to store beside the weights. "architecture" names the network they belong to, and
        is "baseline" unless stated.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        If the weights do not fit the network.
    TypeError
        If a key or value of `metadata` is not a string.
    """
    path = Path(path).expanduser()
    metadata = {"architecture": "baseline", **(metadata or {})}
    wrong = [key for pair in metadata.items() for key in pair if not isinstance(key, str)]
    if wrong:
        raise TypeError(f"metadata must map strings to strings, but holds {wrong[0]!r}.")
    shapes = weight_shapes(metadata["architecture"])
    check_weights(weights, shapes, source=path.name)
    content = _content({key: weights[key] for key in shapes}, metadata)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
    return path


def load_model(name_or_path: str | Path = "baseline") -> "keras.Model":
    """Build the network that a weights file belongs to, with these weights.

    Takes the same as `load_weights`.

    Returns
    -------
    keras.Model
        As `build_cnn` returns it, with the weights set.

    Raises
    ------
    FileNotFoundError, ValueError
        As `load_weights`.
    ImportError
        If TensorFlow is missing.
    """
    weights, metadata = _read(weights_path(name_or_path))
    model = build_cnn(metadata.get("architecture", "baseline"))
    set_weights(model, weights)
    return model


def fingerprint(weights: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 of weights, whatever else their file says."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode() + np.ascontiguousarray(weights[name]).tobytes())
    return digest.hexdigest()


def _content(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> bytes:
    """Return a safetensors file; the same arrays and metadata always give the same bytes."""
    from safetensors.numpy import save

    # safetensors writes an array's memory as it lies, so its rows must be contiguous.
    rows = {key: np.ascontiguousarray(array) for key, array in arrays.items()}
    return _sort_metadata(save(rows, dict(metadata)))


def _sort_metadata(content: bytes) -> bytes:
    """Give a safetensors file's header one order, so that equal contents are equal bytes."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # the format asks for arrays that start at multiples of 8
    return len(text).to_bytes(8, "little") + text + content[8 + length :]
