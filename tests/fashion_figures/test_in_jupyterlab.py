"""The figures in a real Jupyter: shown, and their state follows from both sides.

The places are JupyterLab 4, Notebook 7, and a JupyterLab of the age of ipywidgets 7.7, which is
what Colab has. A notebook with the figure is opened in Chromium. The reader's side is clicked,
the kernel's side is set by cells, and each must see what the other did.
"""

import contextlib
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect

from tools.notebooks import run
from tools.notebooks.open_in_jupyterlab import jupyterlab

ROOT = Path(__file__).resolve().parents[2]

#: Where a server shows a notebook.
PLACES = {"JupyterLab": "lab/tree", "Notebook": "notebooks", "ipywidgets7": "lab/tree"}

#: A network of a reader's own, with an addition, made with what is installed.
OWN_NETWORK = """import numpy as np
from fashion_lib.description import Layer, Network
from fashion_lib.weights import Weights
network = Network((
    Layer("edges", "convolution", units=3, size=3, stride=2, padding="same", activation="relu"),
    Layer("more", "convolution", units=3, size=3, padding="same"),
    Layer("both", "addition", ("more", "edges")),
    Layer("mean", "global average pooling"),
    Layer("vote", "dense", units=10, activation="softmax"),
), name="own")
rng = np.random.default_rng(0)
figure.network = Weights(
    {key: rng.normal(0, 0.4, shape).astype("float32")
     for key, shape in network.weight_shapes().items()},
    network,
)
"""

#: For each figure: what it starts with, what Python sets, what the reader then sees, what the
#: reader does, and what Python then reads.
TALKS = {
    "ConvolutionExplorer": {
        "set": "figure.stride = 2",
        "sees": ".cw:has-text('13 × 13 sums')",
        "does": lambda cw: cw.get_by_role("radio", name="same").press("Space"),
        "reads": ("figure.padding, figure.output.shape", "same (14, 14)"),
    },
    "NetworkWalk": {
        "starts": ".cw-nw[data-place^=conv1]:has-text('probability')",
        "set": f"from fashion_lib import load_data\n{OWN_NETWORK}"
        "figure.image = load_data('sample')[0][0][0]",
        "sees": ".cw-nw[data-place^=edges]:has-text('probability')",
        "does": lambda cw: cw.locator("button:has-text('both')").first.click(),
        "reads": (
            "figure.layer, round(sum(figure.probabilities), 3), 'both: the sum' in figure.text",
            "both 1.0 True",
        ),
    },
    "ConfusionExplorer": {
        "set": "figure.normalize = True",
        "sees": ".cw button[aria-pressed=true]:has-text('Percent')",
        "does": lambda cw: cw.get_by_role("button", name="Shirt → Coat").click(),
        "reads": ("figure.selected, len(figure.selected_indices) > 9", "[6, 4] True"),
    },
    "PictureLab": {
        "starts": ".cw-pic[data-garment=yes] .cw-pic-verdict:has-text('Ankle boot')",
        "set": f"from fashion_lib import example_pictures\n{OWN_NETWORK}"
        "figure.image = example_pictures()['bag']",
        "sees": ".cw-pic[data-source=Python] .cw-pic-doubt:has-text('No threshold was measured')",
        "does": lambda cw: cw.locator(".cw-pic-example[aria-label=Sandal]").click(),
        "reads": (
            "figure.source, figure.pixels.shape, figure.looks_like_a_garment, "
            "round(sum(figure.probabilities), 3)",
            "example (28, 28) None 1.0",
        ),
    },
    "TrainingLab": {
        "set": "figure.images = figure.validation_images = 20\nfigure.max_epochs = 2\n"
        "figure.running = True",
        "sees": ".cw-tl[data-phase=finished]",
        "does": lambda cw: cw.locator("select").nth(2).select_option("5"),
        "reads": (
            "len(figure.epochs), figure.engine, figure.running, figure.patience",
            "2 javascript False 5",
        ),
    },
}


def _write_notebooks(folder):
    """Write a notebook for each figure and place; return the folder."""
    folder.mkdir()
    folder.with_name(f"{folder.name}-jupyter").mkdir()
    for name, talk in TALKS.items():
        cells = [
            f"from fashion_figures import {name}\nfigure = {name}()\nfigure",
            talk["set"],
            f"print('read', {talk['reads'][0]})",
        ]
        notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
        for place in PLACES:
            nbformat.write(notebook, folder / f"{name}-{place}.ipynb")
    return folder


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab 4 and Notebook 7, with the versions of this environment."""
    with jupyterlab(_write_notebooks(tmp_path_factory.mktemp("lab") / "notebooks")) as address:
        yield address


@pytest.fixture(scope="module")
def lab_with_ipywidgets_7(tmp_path_factory):
    """Colab's ipywidgets and kernel, in a JupyterLab of their age (3.6 has no wheels for 3.13)."""
    folder = tmp_path_factory.mktemp("ipywidgets7")
    environment = folder / "environment"
    python = environment / "bin" / "python"
    run.uv("venv", "--python", run.nearest_python(), str(environment))
    wheel = str(run.build_wheel(folder / "wheel"))
    pins = ["--constraint", str(run.CONSTRAINTS)]
    packages = [wheel, "ipykernel", "ipywidgets", "jupyterlab<3.6"]
    run.uv("pip", "install", "--python", str(python), *pins, *packages)
    with jupyterlab(_write_notebooks(folder / "notebooks"), python) as address:
        yield address


def _run_cell(page, number):
    """Run one cell as a reader does, and wait until it has its number."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(number)
    prompt = cell.locator(".jp-InputPrompt")
    for _ in range(6):  # a kernel that is still connecting takes no cell, or gives it back
        before = prompt.inner_text()
        cell.locator(".cm-content, .CodeMirror").first.click()
        page.keyboard.press("Control+Enter")
        with contextlib.suppress(AssertionError):
            expect(prompt).not_to_have_text(before, timeout=5_000)
            expect(prompt).not_to_have_text(re.compile(r"\[\*\]"), timeout=60_000)
            expect(prompt).to_have_text(re.compile(r"\[\d+\]"), timeout=1_000)
            return cell
    raise AssertionError(f"cell {number} does not run: {prompt.inner_text()}")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", TALKS)
def test_a_figure_and_its_kernel_follow_each_other(chromium, request, name, place):
    talk = TALKS[name]
    lab = request.getfixturevalue("lab_with_ipywidgets_7" if place == "ipywidgets7" else "lab")
    page = chromium.new_page(viewport={"width": 1280, "height": 1400})
    # A busy JupyterLab may open the notebook before it knows its kernels, and then asks.
    dialog = page.locator(".jp-Dialog")
    page.add_locator_handler(dialog, lambda: dialog.locator(".jp-mod-accept").click())
    # Without its reset, JupyterLab opens the notebooks of the tests before, too.
    address = lab.format(name=f"{name}-{place}.ipynb").replace("lab/tree", PLACES[place])
    page.goto(address + "&reset")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").first.wait_for()
    _run_cell(page, 0)
    figure = page.locator(".jp-OutputArea .cw")
    figure.wait_for(timeout=60_000)
    if "starts" in talk:
        page.locator(f".jp-OutputArea {talk['starts']}").wait_for(timeout=60_000)
    assert not page.locator(".cw-host").count()  # the live figure, not the published one
    _run_cell(page, 1)
    page.locator(f".jp-OutputArea {talk['sees']}").wait_for(timeout=60_000)
    talk["does"](figure)
    # The front end's message may still be on its way: run the reading cell until it has come.
    wanted = f"read {talk['reads'][1]}"
    for _ in range(20):
        cell = _run_cell(page, 2)
        if wanted in cell.locator(".jp-OutputArea").first.inner_text():
            break
    assert wanted in cell.locator(".jp-OutputArea").first.inner_text()
    page.goto("about:blank")
    page.close()
