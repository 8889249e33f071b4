"""Every notebook as a reader of Colab meets it: alone, and with Colab's versions."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import run_notebooks  # noqa: E402

NOTEBOOKS = sorted((ROOT / "chapters").glob("*.ipynb"))

pytestmark = [pytest.mark.book, pytest.mark.tensorflow]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Colab's packages, checked with `pip check`, and no `fashion_lib`."""
    found = run_notebooks.make_environment(tmp_path_factory.mktemp("environment"))
    if not found.version.startswith(run_notebooks.COLAB_PYTHON):
        print(f"Python {run_notebooks.COLAB_PYTHON} is not here: used {found.version}")
    return found


def test_the_environment_has_the_versions_that_colab_ships(environment):
    pins = dict(re.findall(r"^([\w-]+)==(\S+)$", run_notebooks.CONSTRAINTS.read_text(), re.M))
    installed = dict(
        line.lower().replace("_", "-").split("==")
        for line in environment.installed()
        if "==" in line
    )
    assert {"tensorflow", "ipywidgets", "numpy", "pandas"} <= set(installed)
    pinned = {name.lower().replace("_", "-"): version for name, version in pins.items()}
    for name in pinned.keys() & installed.keys():
        assert installed[name] == pinned[name], name


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_alone_from_its_first_cell(environment, notebook, tmp_path):
    run_notebooks.run_notebook(environment, notebook, tmp_path)
    made = (tmp_path / notebook.stem / notebook.name).read_text("utf-8")
    assert "is installed now" in made


def test_a_failing_cell_is_reported_with_its_error(environment, tmp_path):
    source = NOTEBOOKS[1].read_text("utf-8")
    broken = tmp_path / "broken.ipynb"
    broken.write_text(source.replace("plots.use_course_style()", "raise OSError('on purpose')", 1))
    with pytest.raises(RuntimeError, match="on purpose"):
        run_notebooks.run_notebook(environment, broken, tmp_path)
    assert not any("fashion" in package for package in environment.installed())
