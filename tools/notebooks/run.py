"""Run the notebooks as a reader of Colab does: ``make notebooks-full``.

Each notebook is copied alone into an empty folder and executed, from its own first cell, by a
real kernel in an environment with Colab's versions (``tools/notebooks/colab-constraints.txt``). The
package is not there: the first cell installs it, from a wheel that stands in for the
repository. Afterwards nothing else in the environment may have changed.

With ``--write`` the result goes to ``pages/notebook_run.md``, which *Run it yourself* shows.
With ``--quick``, as in the tests, the code asks for the sample of the data set and trains for two
epochs at most: the same cells, shrunk.
"""

import argparse
import datetime
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat

from tools import ROOT

CONSTRAINTS = ROOT / "tools" / "notebooks" / "colab-constraints.txt"
REPORT = ROOT / "pages" / "notebook_run.md"
COLAB_PYTHON = "3.13"
# What a notebook needs besides the package's own requirements: Colab has them all.
PREINSTALLED = ("tensorflow", "ipykernel", "ipywidgets", "nbclient", "nbformat", "scipy")
EXECUTE = """
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], as_version=4)
nbclient.NotebookClient(notebook, timeout=900, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[1])
"""
# What the quick mode writes into the code cells, instead of which text.
SHRUNK = {r"\bload_data\(\)": 'load_data("sample")', r"\bepochs=\d+": "epochs=2"}


@dataclass(frozen=True)
class Environment:
    """A virtual environment with Colab's versions, and the wheel to install into it."""

    python: Path
    version: str
    wheel: Path

    def run(self, *arguments: str, **options: object) -> subprocess.CompletedProcess:
        """Run the environment's Python; raise CalledProcessError if it fails."""
        command = [str(self.python), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, **options)

    def installed(self) -> set[str]:
        """Return what is installed, as "name==version"."""
        return set(self.run("-m", "pip", "freeze").stdout.split("\n"))


def uv(*arguments: str) -> None:
    """Call uv, which ships with the development requirements."""
    beside = Path(sys.executable).parent / "uv"
    command = str(beside) if beside.exists() else shutil.which("uv") or "uv"
    subprocess.run([command, *arguments], check=True, capture_output=True, text=True)


def build_wheel(folder: Path) -> Path:
    """Build the wheel of `fashion_lib` into `folder`.

    By way of the source distribution: a wheel made in the tree takes old files of ``build/`` along.
    """
    uv("build", "--out-dir", str(folder), str(ROOT))
    return next(folder.glob("*.whl"))


def nearest_python() -> str:
    """Return Colab's Python if this machine has it, or else the one that runs this script."""
    name = f"python{COLAB_PYTHON}"
    by_pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(name), *sorted(by_pyenv.glob(f"{COLAB_PYTHON}.*/bin/{name}"))]
    for candidate in filter(None, candidates):
        if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return str(candidate)
    return sys.executable


def make_environment(folder: Path) -> Environment:
    """Make an environment with Colab's Python, or the nearest there is, and its packages."""
    place = folder / "colab"
    uv("venv", "--seed", "--python", nearest_python(), str(place))
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wheel = build_wheel(folder / "wheel")
    packages = [*PREINSTALLED, str(wheel)]
    uv("pip", "install", "--python", str(python), "--constraint", str(CONSTRAINTS), *packages)
    version = subprocess.check_output(
        [python, "-c", "import platform; print(platform.python_version())"], text=True
    ).strip()
    environment = Environment(python, version, wheel)
    environment.run("-m", "pip", "check")
    environment.run("-m", "pip", "uninstall", "--yes", "--quiet", "fashion-lib")
    return environment


def shrink(notebook: Path) -> None:
    """Rewrite a copy of a notebook in place, so that it takes little data and few epochs."""
    content = nbformat.read(notebook, as_version=4)
    for cell in content.cells:
        if cell.cell_type == "code":
            for text, instead in SHRUNK.items():
                cell.source = re.sub(text, instead, cell.source)
    nbformat.write(content, notebook)


def run_notebook(
    environment: Environment, notebook: Path, folder: Path, *, quick: bool = False
) -> float:
    """Execute one notebook in an empty folder; return the seconds it took.

    Raises
    ------
    RuntimeError
        If a cell fails, or if the first cell changed more than the package.
    """
    place = folder / notebook.stem
    place.mkdir()
    copy = Path(shutil.copy(notebook, place))
    if quick:
        shrink(copy)
    before = environment.installed()
    beside = f"{environment.python.parent}{os.pathsep}{os.environ['PATH']}"
    settings = {"FASHION_LIB_SOURCE": str(environment.wheel), "PATH": beside}
    started = time.perf_counter()
    try:
        environment.run("-c", EXECUTE, str(copy), cwd=place, env=os.environ | settings)
        seconds = time.perf_counter() - started
        added = environment.installed() - before
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{notebook.name} failed:\n{error.stderr[-3000:]}") from error
    finally:
        environment.run("-m", "pip", "uninstall", "--yes", "--quiet", "fashion-lib")
    if not (len(added) == 1 and "fashion" in next(iter(added))):
        raise RuntimeError(f"{notebook.name}: its first cell installed {sorted(added)}")
    if environment.installed() != before:
        raise RuntimeError(f"{notebook.name}: its first cell changed other packages")
    return seconds


def report(environment: Environment, seconds: dict[str, float]) -> str:
    """Return the result as the Markdown that the book includes."""
    versions = {name.split("==")[0]: name.split("==")[-1] for name in environment.installed()}
    named = ", ".join(f"{name} {versions[name]}" for name in ("tensorflow", "keras", "numpy"))
    date = datetime.datetime.now(tz=datetime.UTC).date()
    lines = [
        f"Last full run: {date}, Python {environment.version}, {named}, "
        f"{os.cpu_count()} cores, {platform.system()}.",
        "",
        "| Notebook | Seconds |",
        "|---|---|",
        *(f"| `{name}` | {value:.0f} |" for name, value in seconds.items()),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run all notebooks, or those named, and print the seconds of each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="by default all chapters")
    parser.add_argument("--write", action="store_true", help="write the result for the book")
    parser.add_argument("--quick", action="store_true", help="little data, two epochs: for tests")
    options = parser.parse_args()
    if options.quick and options.write:
        parser.error("the book shows full runs only: --quick and --write exclude each other")
    notebooks = options.notebooks or sorted((ROOT / "chapters").glob("*.ipynb"))
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("Making an environment with Colab's versions …", flush=True)
        environment = make_environment(folder)
        if not environment.version.startswith(COLAB_PYTHON):
            print(f"Colab has Python {COLAB_PYTHON}; this run uses {environment.version}.")
        for notebook in notebooks:
            print(f"  running  {notebook.stem}", flush=True)
            seconds[notebook.stem] = run_notebook(
                environment, notebook, folder, quick=options.quick
            )
            print(f"  done     {notebook.stem}  {seconds[notebook.stem]:4.0f} s", flush=True)
        text = report(environment, seconds)
    print(text)
    if options.write:
        REPORT.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
