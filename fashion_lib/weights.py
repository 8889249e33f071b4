"""A network's weights: in and out of a Keras model, and in and out of safetensors files.

Files are read whole or refused, and written whole or not at all.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fashion_lib._checks import no_weights
from fashion_lib._files import expand, other_format, write_whole
from fashion_lib.description import Network
from fashion_lib.networks import NETWORKS, build_cnn, describe, known_network

if TYPE_CHECKING:
    import keras

SHIPPED = Path(__file__).parent / "shipped"


class Weights(dict[str, np.ndarray]):
    """A network's weights, "layer/kernel" -> float32 array and so on, with its description.

    Copies, pickles and ``weights | changes`` keep the description; ``{**weights}`` is a plain
    dict, which counts as weights of the baseline network.

    Parameters
    ----------
    arrays : mapping of str to ndarray, or pairs of both
    network : Network, optional
        The network that they belong to.
    refusal : str
        Without a network: why there is no description of it.
    """

    def __init__(
        self,
        arrays: Mapping[str, np.ndarray] | Iterable[tuple[str, np.ndarray]] = (),
        network: Network | None = None,
        refusal: str = "No network was given.",
    ) -> None:
        super().__init__(arrays)
        self.network, self.refusal = network, refusal

    def copy(self) -> "Weights":
        """Return other weights that hold the same arrays."""
        return Weights(self, self.network, self.refusal)

    def __or__(self, changes: Mapping[str, np.ndarray]) -> "Weights":  # type: ignore[override]
        """Return a copy in which some arrays are others."""
        return Weights({**self, **changes}, self.network, self.refusal)


def network_of(weights: Mapping[str, np.ndarray]) -> Network:
    """Return the description of the network that weights belong to.

    Raises
    ------
    TypeError
        If these are no weights; the message names the call that was meant.
    ValueError
        If they come from a Keras model that no description fits; the message says why.
    """
    if not isinstance(weights, Mapping):
        raise TypeError(no_weights(weights))
    if not isinstance(weights, Weights):
        return NETWORKS["baseline"]
    if weights.network is None:
        raise ValueError(f"These weights have no description of their network. {weights.refusal}")
    return weights.network


def get_weights(model: "keras.Model") -> Weights:
    """Return a copy of a Keras model's weights: "layer/kernel" -> float32 array, and so on.

    They carry the model's description, if `fashion_lib.networks.describe` finds one.
    """
    arrays = {
        f"{layer.name}/{weight.name}": array.astype(np.float32)
        for layer in model.layers
        for weight, array in zip(layer.weights, layer.get_weights(), strict=True)
    }
    try:
        return Weights(arrays, describe(model))
    except ValueError as error:
        return Weights(arrays, refusal=str(error))


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
            way = "convert it with .astype('float32')."
            raise ValueError(f"{start}{key} is {array.dtype}, expected float32: {way}")
        if not np.isfinite(array).all():
            raise ValueError(f"{start}{key} contains values that are not finite (NaN or infinity).")


def shipped_names() -> list[str]:
    """Return the names of the weights that ship, in the order of the alphabet."""
    return sorted(path.stem for path in SHIPPED.glob("*.safetensors"))


def weights_path(name_or_path: str | Path = "baseline") -> Path:
    """Return the weights file that a name ("baseline") or a path means.

    Raises
    ------
    ValueError
        If no weights of that name are shipped, or the path is a folder's.
    FileNotFoundError
        If a path was given and there is no file.
    """
    text, shipped = os.fspath(name_or_path), shipped_names()
    if text in shipped:
        return SHIPPED / f"{text}.safetensors"
    path = expand(name_or_path)
    if isinstance(name_or_path, Path) or path.suffix or len(path.parts) > 1:
        if path.is_dir():
            raise ValueError(f"{path} {other_format(path)}")
        if not path.is_file():
            raise FileNotFoundError(f"There is no weights file {path.absolute()}.")
        return path
    known = ", ".join(repr(name) for name in shipped) or "none; make them with `make weights`"
    raise ValueError(
        f"No weights named {text!r} are shipped (there are: {known}). "
        "For a file of your own, give its path, ending in .safetensors."
    )


def load_weights(name_or_path: str | Path = "baseline") -> Weights:
    """Load a network's weights. Needs no TensorFlow.

    Parameters
    ----------
    name_or_path : str or Path
        Name of shipped weights, or the path of a .safetensors file.

    Returns
    -------
    Weights
        A dict, "conv1/kernel" -> float32 array and so on in the order of the layers, with the
        description of the network as `network`.

    Raises
    ------
    ValueError
        If the name is unknown, or the file is damaged or does not hold what it describes.
    FileNotFoundError
        If a path was given and there is no file.
    """
    return _read(weights_path(name_or_path))[0]


def read_metadata(name_or_path: str | Path = "baseline") -> dict[str, str]:
    """Return what a weights file says about itself, such as its seed and its accuracy.

    Takes and raises the same as `load_weights`. All values are strings.
    """
    return _read(weights_path(name_or_path))[1]


def _read(path: Path) -> tuple[Weights, dict[str, str]]:
    """Return the checked weights and the metadata of a file, as `load_weights` does."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            metadata = dict(file.metadata() or {})
        if odd := {str(one.dtype) for one in arrays.values() if one.dtype.kind == "V"}:
            raise TypeError(", ".join(sorted(odd)))  # TensorFlow has taught NumPy more
    except (TypeError, AttributeError) as error:  # numbers of which NumPy has no type
        raise ValueError(
            f"{path.name} holds other numbers than float32 ({error}). Convert them before they "
            "are saved, in PyTorch by .float()."
        ) from error
    except SafetensorError as error:
        if other := other_format(path):
            raise ValueError(f"{path.name} {other}") from None
        raise ValueError(
            f"{path.name} is not a complete safetensors file ({error}). Fetch or save it again."
        ) from error
    try:
        network = _described(metadata)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None
    shapes = network.weight_shapes()
    check_weights(arrays, shapes, source=path.name)
    return Weights({key: arrays[key] for key in shapes}, network), metadata


def _described(metadata: Mapping[str, str]) -> Network:
    """Return the network of a file. Older ones state a name, or nothing: the baseline."""
    text = metadata.get("network", metadata.get("architecture", "baseline"))
    return Network.from_json(text) if text.lstrip().startswith("{") else known_network(text)


def save_weights(
    weights: Mapping[str, np.ndarray], path: str | Path, metadata: Mapping[str, str] | None = None
) -> Path:
    """Write a network's weights and its description to a file: all of it, or nothing.

    Parameters
    ----------
    weights : Weights
        As `get_weights` or `load_weights` return them. A plain dict belongs to the baseline.
    path : str or Path
        The .safetensors file to write; its folder is made if needed. An existing file is replaced.
    metadata : mapping of str to str, optional
        Facts to store beside the weights. "network" is the description.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        If the network has no description, the weights do not fit it, or `metadata` states another.
    TypeError
        If a key or value of `metadata` is not a string.
    """
    path, metadata = expand(path), dict(metadata or {})
    wrong = [key for pair in metadata.items() for key in pair if not isinstance(key, str)]
    if wrong:
        raise TypeError(f"metadata must map strings to strings, but holds {wrong[0]!r}.")
    network = network_of(weights)
    for key in {"network", "architecture"} & set(metadata):
        if _described({key: metadata[key]}) != network:
            raise ValueError(f"The weights do not belong to the {key} that the metadata state.")
    content = _content(weights, network, metadata)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
    return path


def network_bytes(source: str | Path | Mapping[str, np.ndarray] = "baseline") -> bytes:
    """Return a safetensors file that holds a network, its description included, and no more.

    Parameters
    ----------
    source : str, Path or Weights
        What `load_weights` takes, or what it returns.

    Returns
    -------
    bytes
        The same for the same weights.

    Raises
    ------
    FileNotFoundError, ValueError
        As `load_weights` and `save_weights`.
    """
    weights = source if isinstance(source, Mapping) else load_weights(source)
    return _content(weights, network_of(weights), {})


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
    weights = load_weights(name_or_path)
    model = build_cnn(network_of(weights))
    set_weights(model, weights)
    return model


def fingerprint(weights: Mapping[str, np.ndarray]) -> str:
    """Return the SHA-256 of weights, whatever else their file says."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode() + np.ascontiguousarray(weights[name]).tobytes())
    return digest.hexdigest()


def _content(
    weights: Mapping[str, np.ndarray], network: Network, metadata: Mapping[str, str]
) -> bytes:
    """Return a checked safetensors file; the same arguments always give the same bytes."""
    from safetensors.numpy import save

    shapes = network.weight_shapes()
    check_weights(weights, shapes)
    # safetensors writes an array's memory as it lies, so its rows must be contiguous.
    rows = {key: np.ascontiguousarray(weights[key]) for key in shapes}
    return _sort_metadata(save(rows, {**metadata, "network": network.to_json()}))


def _sort_metadata(content: bytes) -> bytes:
    """Give a safetensors file's header one order, so that equal contents are equal bytes."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # the format asks for arrays that start at multiples of 8
    return len(text).to_bytes(8, "little") + text + content[8 + length :]
