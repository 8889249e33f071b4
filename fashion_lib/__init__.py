"""Helpers for the course *From Pixels to Predictions*.

Importing this package is cheap: each public name is loaded when it is first used,
so TensorFlow, pandas and matplotlib are imported only by the code that needs them.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fashion_lib.convolution import (
        KERNELS,
        conv2d,
        forward,
        max_pool2d,
        output_size,
        relu,
        softmax,
    )
    from fashion_lib.data import (
        CLASS_NAMES,
        DataError,
        load_data,
        locate_data,
        normalize,
        train_validation_split,
    )
    from fashion_lib.evaluation import (
        accuracy_interval,
        classification_table,
        confusion_table,
        most_confused,
        recall_intervals,
    )
    from fashion_lib.model import build_cnn, layer_table, load_model, load_weights
    from fashion_lib.prediction import (
        ImageError,
        Prediction,
        PreparedImage,
        example_pictures,
        predict_image,
        prepare_image,
    )
    from fashion_lib.training import History, TrainConfig, train

_PUBLIC = {
    "data": (
        "CLASS_NAMES",
        "DataError",
        "load_data",
        "locate_data",
        "normalize",
        "train_validation_split",
    ),
    "convolution": (
        "KERNELS",
        "conv2d",
        "forward",
        "max_pool2d",
        "output_size",
        "relu",
        "softmax",
    ),
    "model": ("build_cnn", "layer_table", "load_model", "load_weights"),
    "training": ("History", "TrainConfig", "train"),
    "evaluation": (
        "accuracy_interval",
        "classification_table",
        "confusion_table",
        "most_confused",
        "recall_intervals",
    ),
    "prediction": (
        "ImageError",
        "Prediction",
        "PreparedImage",
        "example_pictures",
        "predict_image",
        "prepare_image",
    ),
}
_MODULE_OF = {name: module for module, names in _PUBLIC.items() for name in names}
_SUBMODULES = (*_PUBLIC, "plots")

__all__ = [
    "CLASS_NAMES",
    "KERNELS",
    "DataError",
    "History",
    "ImageError",
    "Prediction",
    "PreparedImage",
    "TrainConfig",
    "accuracy_interval",
    "build_cnn",
    "classification_table",
    "confusion_table",
    "conv2d",
    "example_pictures",
    "forward",
    "layer_table",
    "load_data",
    "load_model",
    "load_weights",
    "locate_data",
    "max_pool2d",
    "most_confused",
    "normalize",
    "output_size",
    "predict_image",
    "prepare_image",
    "recall_intervals",
    "relu",
    "softmax",
    "train",
    "train_validation_split",
]

try:
    __version__ = version("fashion-lib")
except PackageNotFoundError:  # used from a checkout that is not installed
    __version__ = "0+unknown"


def __getattr__(name: str) -> Any:
    """Import the module that holds `name` on first use (PEP 562)."""
    if name in _MODULE_OF:
        value = getattr(import_module(f"fashion_lib.{_MODULE_OF[name]}"), name)
    elif name in _SUBMODULES:
        value = import_module(f"fashion_lib.{name}")
    else:
        raise AttributeError(f"module 'fashion_lib' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE_OF, *_SUBMODULES})
