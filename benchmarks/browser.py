"""Measures training in a browser: the training lab as readers have it, and TensorFlow.js's cpu."""

import base64
import importlib.util
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import ROOT
from benchmarks.table import Row
from book.chromium import find_browser, start_browser
from fashion_figures import TrainingLab
from fashion_figures.host.linker import link
from fashion_figures.host.site import write_site
from fashion_figures.shared.network import shipped_bytes

Say = Callable[[str], None]

WHAT = "training in Chromium, plain JavaScript"
OTHER = "the same, TensorFlow.js cpu backend"
FORWARD = "forward pass in Chromium, every layer kept"
IMAGES, BATCH = 640, 32
_TFJS = ROOT / "node_modules" / "@tensorflow"
_CPU = (
    "tfjs-core/dist/tf-core.es2017.min.js",
    "tfjs-backend-cpu/dist/tf-backend-cpu.es2017.min.js",
)
# Trains one batch again and again with the lab's own engine; returns images per second.
_BATCHES = """async ([batch, repeats]) => {
    const { TensorFlowEngine, state } = globalThis.lab;
    const engine = await TensorFlowEngine.make("cpu");
    const pixels = Uint8Array.from({ length: 484 * batch }, (_, i) => (37 * i) % 256);
    const labels = Uint8Array.from({ length: batch }, (_, i) => i % 10);
    const [images, indices] = [{ pixels, labels, count: batch }, labels.map((_, i) => i)];
    await engine.load(state);
    const rates = [];
    for (let n = 0; n <= repeats; n += 1) {
        const started = performance.now();
        await engine.update(images, indices, 0.001);
        await engine.totals();
        if (n) rates.push((1000 * batch) / (performance.now() - started));
    }
    return rates;
}"""

# Runs random pictures through the network, one by one; returns milliseconds per picture.
_FORWARDS = """([weights, count]) => {
    const { readNetwork, forward } = globalThis.core;
    const file = Uint8Array.from(atob(weights), (letter) => letter.charCodeAt(0));
    const network = readNetwork(file);
    const times = [];
    for (let n = 0; n < 2 * count; n += 1) {
        const image = Float32Array.from({ length: 784 }, () => Math.random());
        const started = performance.now();
        forward(network, image);
        if (n >= count) times.push(performance.now() - started); // the first half warms up
    }
    return times;
}"""


def _missing() -> str | None:
    """Return what has to be installed before anything can be measured here."""
    if importlib.util.find_spec("playwright") is None:
        return "needs Playwright, which is not installed"
    try:
        find_browser()
    except FileNotFoundError as error:
        return str(error)
    return None


def lab_rates(browser: Any, repeats: int, images: int = IMAGES) -> list[float]:
    """Return images per second of some epochs in the training lab, after one to warm up.

    The clock is the lab's own; it includes what the reader's has to do meanwhile, and the
    validation, here of ten images.
    """
    lab = TrainingLab(
        images=images,
        validation_images=10,
        batch_size=BATCH,
        backend="javascript",
        patience=None,
        max_epochs=repeats + 1,
    )
    with tempfile.TemporaryDirectory() as folder:
        write_site(Path(folder) / "_figures", [TrainingLab])
        page_file = Path(folder) / "lab.html"
        script = '<script defer src="_figures/host.js"></script>'
        page_file.write_text(f"<!DOCTYPE html>{script}{lab.static_html()}", encoding="utf-8")
        page = browser.new_page()
        page.goto(page_file.as_uri())
        page.click(".cw-tl .cw-primary")
        page.wait_for_selector(".cw-tl[data-phase=finished]", timeout=600_000)
        rows = page.evaluate("document.querySelector('.cw-host').courseModel.get('epochs')")
        page.close()
    return [images / row["seconds"] for row in rows[1:]]


def tensorflow_rates(browser: Any, repeats: int, batch: int = BATCH) -> list[float]:
    """Return images per second of single batches on TensorFlow.js's own cpu backend."""
    page = browser.new_page()
    page.goto("about:blank")
    for name in _CPU:
        page.evaluate((_TFJS / name).read_text(encoding="utf-8"))
    modules = link("training_lab/tfjs", "module").rsplit("export default", 1)[0]
    start = "state: $training_lab_core.freshState(0)"
    page.evaluate(f"() => {{ {modules} globalThis.lab = {{ ...$training_lab_tfjs, {start} }}; }}")
    rates = page.evaluate(_BATCHES, [batch, repeats])
    page.close()
    return rates


def forward_times(browser: Any, count: int) -> list[float]:
    """Return milliseconds of single forward passes of the shipped network."""
    page = browser.new_page()
    page.goto("about:blank")
    code = link("shared/network", "module").rsplit("export default", 1)[0]
    page.evaluate(f"() => {{ {code} globalThis.core = $shared_network; }}")
    weights = base64.b64encode(shipped_bytes("baseline")).decode("ascii")
    times = page.evaluate(_FORWARDS, [weights, count])
    page.close()
    return times


def browser_rows(repeats: int, say: Say) -> list[Row]:
    """Return how fast a browser without a GPU runs and trains the baseline network.

    Parameters
    ----------
    repeats : int
        Timed epochs of the lab; TensorFlow.js's cpu backend gets as many batches, at most 3.
    say : callable
        Gets a line before each measurement.

    Returns
    -------
    list of Row
        Milliseconds of a forward pass, and images per second of training, with their targets.
    """
    if missing := _missing():
        return [Row(WHAT, missing)]
    with start_browser() as browser:
        say(f"{FORWARD}: {100 * repeats} pictures")
        rows = [Row.of(FORWARD, forward_times(browser, 100 * repeats), "ms", at_most=5)]
        say(f"{WHAT}: {repeats} epochs of {IMAGES} images")
        rows.append(Row.of(WHAT, lab_rates(browser, repeats), "images/s", at_least=100))
        if not all((_TFJS / name).exists() for name in _CPU):
            return [*rows, Row(OTHER, "needs npm ci")]
        say(OTHER)
        return [*rows, Row.of(OTHER, tensorflow_rates(browser, min(repeats, 3)), "images/s")]
