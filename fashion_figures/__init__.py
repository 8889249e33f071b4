"""Interactive figures: alive in Jupyter, Colab and VS Code, and in the published pages.

Each figure has a folder: its class, its ES modules and its stylesheet. Importing this package needs
anywidget, and no TensorFlow, pandas or matplotlib. The names stand in ``__init__.pyi``, once;
each is loaded when it is first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
