"""Interactive figures: alive in Jupyter, Colab and VS Code, and in the published pages.

Each figure has a folder: its class, its ES modules and its stylesheet. Importing this package needs
anywidget, and no TensorFlow, pandas or matplotlib.
"""

from importlib import import_module
from typing import Any

# Class name -> module. Each class is imported when it is first used.
_CLASSES = {
    "ConvolutionExplorer": "convolution_explorer",
    "NetworkWalk": "network_walk",
    "ConfusionExplorer": "confusion_explorer",
    "PictureLab": "picture_lab",
    "TrainingLab": "training_lab",
    "Quiz": "quiz",
}

__all__ = ["CourseWidget", *sorted(_CLASSES), "all_figures"]


def __getattr__(name: str) -> Any:
    """Import a figure's class on first use (PEP 562)."""
    if name == "CourseWidget":
        value = import_module("fashion_figures.host.base").CourseWidget
    elif name in _CLASSES:
        value = getattr(import_module(f"fashion_figures.{_CLASSES[name]}.figure"), name)
    else:
        raise AttributeError(f"module 'fashion_figures' has no attribute {name!r}")
    globals()[name] = value
    return value


def all_figures() -> list[type]:
    """Return the class of every figure."""
    return [__getattr__(name) for name in _CLASSES]
