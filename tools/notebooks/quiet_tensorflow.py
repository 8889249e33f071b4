"""Start-up file of the kernels that execute the book: what would be noise on a page is held back.

TensorFlow's native code writes to standard error while it is imported and when it first
computes, whatever a notebook sets before. Readers see that in their own notebooks, where it
is harmless; on a page it is noise. Errors still show: what was held back is printed if the
import fails.

The warning that only the sample of the data was found is held back, too: every page says it in
a banner (``book/sphinx_ext/course.py``), and anything on standard error would fail the build.
"""

import importlib.abc
import importlib.machinery
import sys
import warnings
from importlib.machinery import ModuleSpec
from types import ModuleType

from fashion_lib.data import DataWarning
from fashion_lib.keras_import import quiet_stderr


class QuietLoader(importlib.abc.Loader):
    """Load a module as `loader` does, holding back standard error meanwhile."""

    def __init__(self, loader: importlib.abc.Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Leave it to the real loader."""
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Import the module and compute once, which starts the device."""
        with quiet_stderr():
            self.loader.exec_module(module)
            module.constant(0)


class QuietFinder(importlib.abc.MetaPathFinder):
    """Find TensorFlow as usual, and wrap its loader."""

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        """Return a wrapped specification for TensorFlow itself, None for all else."""
        if name != "tensorflow":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None:
            spec.loader = QuietLoader(spec.loader)
        return spec


sys.meta_path.insert(0, QuietFinder())
warnings.simplefilter("ignore", DataWarning)
