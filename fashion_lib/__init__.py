"""Helpers for the course *From Pixels to Predictions*.

Importing this package is cheap: each public name is loaded when it is first used,
so TensorFlow, pandas and matplotlib are imported only by the code that needs them.
The names stand in ``__init__.pyi``, once, where type checkers and editors read them too.
"""

from importlib.metadata import PackageNotFoundError, version

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

try:
    __version__ = version("fashion-lib")
except PackageNotFoundError:  # used from a checkout that is not installed
    __version__ = "0+unknown"
