"""Import Keras only when it is needed, and without its noise."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

INSTALL_TENSORFLOW = "pip install tensorflow"


def require_keras() -> ModuleType:
    """Import Keras on its TensorFlow back end, without TensorFlow's notices.

    Returns
    -------
    module
        The `keras` module.

    Raises
    ------
    ImportError
        If TensorFlow or Keras is missing; the message names the command that installs it.
        Also if Keras runs on another back end.
    """
    if sys.modules.get("keras") is not None:
        return _on_tensorflow(sys.modules["keras"])
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with quiet_stderr():
            import keras

            # The first operation starts the device, and prints the second half of the notices.
            keras.ops.zeros(1)
    except ImportError as error:
        raise ImportError(
            "Building and training networks needs TensorFlow, which could not be imported "
            f"({error}). Install it with:  {INSTALL_TENSORFLOW} . "
            "Looking at data, convolutions and predictions with the shipped weights works without."
        ) from error
    return _on_tensorflow(keras)


def _on_tensorflow(keras: ModuleType) -> ModuleType:
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise ImportError(
            f"Keras runs on {backend} here, and the training needs TensorFlow. Start again with "
            "the environment variable KERAS_BACKEND=tensorflow."
        )
    return keras


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hold back what C++ code writes to file descriptor 2; show it if the block fails."""
    try:
        original = os.dup(2)
    except OSError:  # started without a standard error: nothing can be written to it
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(original, 2)
            held.seek(0)
            os.write(2, held.read())
            raise
        finally:
            os.dup2(original, 2)
            os.close(original)
