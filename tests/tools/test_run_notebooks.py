"""Every notebook as a reader of Colab meets it: alone, and with Colab's versions.

In quick mode: the sample of the data set and two epochs at most. The book itself executes the
same cells in full, and `make notebooks-full` does both.
"""

import re
from pathlib import Path

import nbformat
import pytest

from tools.notebooks import chapters, run
from tools.notebooks.portable import Library

ROOT = Path(__file__).resolve().parents[2]

NOTEBOOKS = sorted((ROOT / "chapters").glob("*.ipynb"))

pytestmark = [pytest.mark.book, pytest.mark.tensorflow]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Colab's packages, checked with `pip check`, and no `fashion_lib`."""
    found = run.make_environment(tmp_path_factory.mktemp("environment"))
    if not found.version.startswith(run.COLAB_PYTHON):
        print(f"Python {run.COLAB_PYTHON} is not here: used {found.version}")
    return found


def test_the_environment_has_the_versions_that_colab_ships(environment):
    pins = dict(re.findall(r"^([\w-]+)==(\S+)$", run.CONSTRAINTS.read_text(), re.M))
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
    run.run_notebook(environment, notebook, tmp_path, quick=True)
    made = (tmp_path / notebook.stem / notebook.name).read_text("utf-8")
    assert "is installed now" in made


def test_blank_answers_break_nothing(environment, tmp_path):
    source = ROOT / "chapters" / "02_convolution.md"
    student = tmp_path / "student.ipynb"
    text = chapters.make_notebook(source, Library.read(ROOT), "student")
    student.write_text(text, encoding="utf-8")
    run.run_notebook(environment, student, tmp_path, quick=True)
    cells = nbformat.read(tmp_path / "student" / "student.ipynb", as_version=4).cells
    answers = [cell for cell in cells if "answer" in cell.metadata.get("tags", [])]
    assert len(answers) >= 3
    assert all(cell.execution_count and not cell.outputs for cell in answers)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_quick_mode_changes_data_and_epochs_alone(notebook, tmp_path):
    copy = tmp_path / notebook.name
    copy.write_bytes(notebook.read_bytes())
    run.shrink(copy)
    cells = [nbformat.read(path, as_version=4).cells for path in (notebook, copy)]
    texts = ["\n".join(cell.source for cell in some) for some in cells]
    lines = [text.splitlines() for text in texts]
    changed = [(a, b) for a, b in zip(*lines, strict=True) if a != b]
    assert any("load_data" in before for before, _ in changed)
    for before, after in changed:
        restored = after.replace('load_data("sample")', "load_data()")
        assert re.sub(r"epochs=\d+", "", restored) == re.sub(r"epochs=\d+", "", before)
    assert set(re.findall(r"epochs=(\d+)", texts[1])) <= {"2"}


def test_the_full_run_that_the_book_shows_names_every_notebook():
    report = run.REPORT.read_text("utf-8")
    assert re.search(r"^Last full run: \d{4}-\d\d-\d\d, Python 3\.\d+", report)
    seconds = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|$", report, re.MULTILINE))
    assert sorted(seconds) == [notebook.stem for notebook in NOTEBOOKS]


def test_a_failing_cell_is_reported_with_its_error(environment, tmp_path):
    source = NOTEBOOKS[1].read_text("utf-8")
    broken = tmp_path / "broken.ipynb"
    broken.write_text(source.replace("plots.use_course_style()", "raise OSError('on purpose')", 1))
    with pytest.raises(RuntimeError, match="on purpose"):
        run.run_notebook(environment, broken, tmp_path, quick=True)
    assert not any("fashion" in package for package in environment.installed())
