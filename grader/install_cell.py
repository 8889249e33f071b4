"""How every notebook of the course opens: its buttons, and the cell that installs the package.

The notebooks of the chapters (``tools/notebooks``) and those of the assignments share it.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import yaml

# Runs first in every notebook. Where the package is there already, it installs nothing.
BOOTSTRAP = """\
# @title Run this first: makes the course's helper package available where it is missing
import importlib.metadata as metadata
import importlib.util
import os
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # keeps TensorFlow's notices down
if sys.version_info < (3, 11):
    raise SystemExit(f"This course needs Python 3.11 or newer; this is {{sys.version.split()[0]}}.")
found = all(map(importlib.util.find_spec, ("fashion_lib", "fashion_figures")))
if not found:
    source = os.environ.get(
        "FASHION_LIB_SOURCE",
        "{source}",
    )
    command = [sys.executable, "-m", "pip", "install", "--quiet", source]
    if subprocess.run(command).returncode:
        raise SystemExit(f"Could not install the helper package from {{source}}. Are you online?")
    importlib.invalidate_caches()
have = {{name: metadata.version(name) for name in ("fashion-lib", "numpy")}}
print(f"fashion_lib {{have['fashion-lib']}}", "was there" if found else "is installed now",
      f"(Python {{sys.version.split()[0]}}, NumPy {{have['numpy']}}).")
"""


@dataclass(frozen=True)
class Address:
    """Where notebooks can be opened from: a repository, a branch, and the released version."""

    repository: str
    branch: str
    version: str

    @classmethod
    def read(cls, root: Path, repository: str | None = None) -> "Address":
        """Return the address in ``_config.yml``, or a fork's on the same branch."""
        settings = yaml.safe_load((root / "_config.yml").read_text("utf-8"))["repository"]
        project = (root / "pyproject.toml").read_text("utf-8")
        version = tomllib.loads(project)["project"]["version"]
        return cls((repository or settings["url"]).rstrip("/"), settings["branch"], version)

    def badges(self, path: str) -> str:
        """Return the Markdown of the Colab and Binder buttons of the notebook at `path`."""
        owner = self.repository.removeprefix("https://github.com/")
        colab = f"https://colab.research.google.com/github/{owner}/blob/{self.branch}/{path}"
        binder = f"https://mybinder.org/v2/gh/{owner}/{self.branch}?urlpath=lab/tree/{path}"
        return f"[Open in Colab]({colab}) · [Open in Binder]({binder})"

    def bootstrap(self) -> str:
        """Return the cell that installs `fashion_lib`, at the released version, where it lacks."""
        source = f"fashion-lib @ git+{self.repository}@v{self.version}"
        return BOOTSTRAP.format(source=source).rstrip()
