"""What ships: the wheel, installed into an environment that has nothing else of this project."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest

import fashion_figures
import fashion_lib
from tools.notebooks.run import uv

ROOT = Path(__file__).parents[1]
PACKAGES = ("fashion_lib", "fashion_figures")

EVERY_NAME = """
import fashion_lib, fashion_figures
for package in (fashion_lib, fashion_figures):
    assert package.__all__ and package.__file__.startswith(sys.prefix), package.__file__
    for name in package.__all__:
        assert getattr(package, name) is not None, name
print(*fashion_lib.__all__, *fashion_figures.__all__)
"""
EVERY_FIGURE = """
from html import escape
from fashion_figures import all_figures
from fashion_figures.host.site import write_site
for figure in all_figures():
    shown = figure()
    assert escape(shown.text) in shown.static_html() and shown._esm and shown._css, figure
    data, _ = shown._repr_mimebundle_()
    assert {"text/html", "application/vnd.jupyter.widget-view+json"} <= set(data), figure
    print(figure.module)
    shown.close()
print(*sorted(path.name for path in write_site(Path("site"), all_figures())))
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Copy what the wheel is made from: the checkout's own build folder may hold old files."""
    folder = tmp_path_factory.mktemp("source")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__py*__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def wheel(source, tmp_path_factory):
    """Return the wheel, built without a network by the setuptools of the tests."""
    folder = tmp_path_factory.mktemp("wheel")
    how = ("--wheel", "--offline", "--no-build-isolation", "--python", sys.executable)
    uv("build", *how, "--out-dir", str(folder), str(source))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def run(wheel, tmp_path_factory):
    """Return a function that runs a program of the environment that has the wheel.

    The libraries are those of the tests. They are on the environment's path, and not a part of
    it, so what stands there to find the checkout is not run.
    """
    place = tmp_path_factory.mktemp("environment")
    uv("venv", "--offline", "--python", sys.executable, "--allow-existing", str(place))
    scripts = place / ("Scripts" if os.name == "nt" else "bin")
    uv("pip", "install", "--offline", "--no-deps", "--python", str(scripts / "python"), str(wheel))
    (installed,) = place.glob("**/site-packages")
    (installed / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}

    def program(name, *arguments):
        command, options = [scripts / name, *arguments], {"cwd": elsewhere, "env": environment}
        done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return program


def _python(run, code):
    return run("python", "-c", f"import sys\nfrom pathlib import Path\n{code}").splitlines()


def test_the_wheel_holds_every_file_of_the_packages_and_no_other(source, wheel):
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = [path for package in PACKAGES for path in (source / package).rglob("*")]
    shipped = [path for path in files if path.is_file() and path.name != "README.md"]
    assert held == {path.relative_to(source).as_posix() for path in shipped}
    for name in ("__init__.pyi", "py.typed", "palette.json", "shipped/baseline.safetensors"):
        assert f"fashion_lib/{name}" in held
    for folder in ("sample", "examples", "shipped"):
        assert any(name.startswith(f"fashion_lib/{folder}/") for name in held)
    for ending in (".mjs", ".css", "host.js", "py.typed"):
        assert any(name.startswith("fashion_figures/") and name.endswith(ending) for name in held)


def test_every_public_name_can_be_had(run):
    (names,) = _python(run, EVERY_NAME)
    assert names.split() == [*fashion_lib.__all__, *fashion_figures.__all__]


def test_the_environment_has_nothing_of_the_checkout(run):
    (path,) = _python(run, "print(sys.path)")
    assert str(ROOT) not in [entry.strip("'") for entry in path.strip("[]").split(", ")]
    for room in ("grader", "book", "tools"):
        code = f"import importlib.util as u; print(u.find_spec({room!r}))"
        assert _python(run, code) == ["None"]


def test_every_figure_is_shown_and_written_for_pages(run):
    *figures, written = _python(run, EVERY_FIGURE)
    assert len(figures) >= 6
    assert {"host.js", "figure.js", "figure.css", "shared.css"} <= set(written.split())


def test_the_command_names_a_garment_of_the_examples(run):
    (picture,) = _python(run, "import fashion_lib as f; print(f.example_pictures()['sneaker'])")
    assert "Sneaker" in run("fashion-lib", "predict", picture)
    assert "source: sample" in run("python", "-m", "fashion_lib", "data", "--source", "sample")
