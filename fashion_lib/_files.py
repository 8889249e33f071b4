"""Files: the home folder in their paths, what is none of ours, and writing them whole."""

import os
import secrets
import zipfile
from pathlib import Path


def expand(path: str | os.PathLike) -> Path:
    """Return a path in which ``~`` is the home folder; FileNotFoundError if there is none."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise FileNotFoundError(
            f"{os.fspath(path)}: no home folder is known for its first part. "
            "Write the path out, without ~."
        ) from None


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that appears, or replaces an older one, only when it is complete."""
    partial = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    try:
        with partial.open("xb") as file:
            file.write(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def other_format(path: Path) -> str | None:
    """Say which other form of weights a file or folder has, and the call that reads it."""
    then = "then fashion_lib.weights.get_weights(model)."
    load = f"Call model = keras.models.load_model(path), {then}"
    if path.is_dir():
        if (path / "saved_model.pb").is_file():
            return f"is a SavedModel folder. Save the model anew, model.save('m.keras'), {then}"
        return "is a folder. Name a file."
    with path.open("rb") as file:
        start = file.read(8)
    if start == b"\x89HDF\r\n\x1a\n":
        if path.name.endswith(".weights.h5"):
            return f"is Keras's own form of weights. Call model.load_weights(path), {then}"
        return f"is a Keras model in HDF5. {load}"
    if start.startswith(b"\x93NUMPY"):
        return "is a single NumPy array. Call np.load(path)."
    names = zipfile.ZipFile(path).namelist() if zipfile.is_zipfile(path) else []
    if "config.json" in names:
        return f"is a Keras model. {load}"
    if any(name.endswith("data.pkl") for name in names):
        return "is a PyTorch file, whose weights have other names and axes. Call torch.load(path)."
    if names and all(name.endswith(".npy") for name in names):
        return "is a NumPy archive. Call dict(np.load(path)): what has our names, forward takes."
    return None
