"""The training lab: its class, and in a browser its main path, its failures, its two hosts."""

import gzip
import html
import json
import os
import re
import shutil

import numpy as np
import pandas as pd
import pytest
import traitlets
from bs4 import BeautifulSoup

from benchmarks import browser
from book.serve import Server
from fashion_figures import TrainingLab
from fashion_figures.host.site import asset_script
from fashion_figures.training_lab import figure as training_lab
from fashion_lib.data import train_validation_split
from fashion_lib.training import History, TrainConfig
from tests.fashion_figures import pages
from tests.fashion_figures.pages import axe, keep_picture, open_figure, set_state, state
from tools.figure_page import PAGE

LAB = ".cw-tl"
MAIN = ".cw-tl .cw-primary"
STOP = ".cw-tl-buttons button:last-child"
SMALL = {"images": 40, "validation_images": 20, "batch_size": 20, "backend": "javascript"}
BOOK = {
    "loss": [1.2, 0.8, 0.6],
    "accuracy": [0.5, 0.7, 0.8],
    "val_loss": [1.0, 0.7, 0.75],
    "val_accuracy": [0.6, 0.75, 0.74],
}
PATIENT = {"timeout": 60_000}
# Lets a test take hold of the figure's workers.
WATCH_WORKERS = """() => {
  globalThis.workers = [];
  globalThis.Worker = class extends Worker {
    constructor(...all) { super(...all); workers.push(this); this.ended = false; }
    terminate() { this.ended = true; super.terminate(); }
  };
}"""
# Lets a test render the figure's module once more.
CAPTURE_MODULE = """
let host;
Object.defineProperty(globalThis, "courseWidgets", {
  get: () => host,
  set(real) {
    const define = (name, module) => { globalThis.captured = module; real.define(name, module); };
    host = { ...real, define };
  },
});
"""


# --- the class ---------------------------------------------------------------------------------


class TestClass:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("learning_rate", 0),
            ("learning_rate", float("nan")),
            ("learning_rate", float("inf")),
            ("batch_size", 0),
            ("patience", 0),
            ("images", 4001),
            ("max_epochs", 26),
            ("guess", 1.2),
            ("backend", "cpu"),
        ],
    )
    def test_refuses_values_that_make_no_sense(self, name, value):
        with pytest.raises(traitlets.TraitError):
            TrainingLab(**{name: value})

    def test_takes_a_training_to_compare_with_in_any_form(self):
        table = pd.DataFrame(BOOK)
        history = History(table, 2, True, 1.0, TrainConfig())
        for form in (BOOK, table, history, {k: np.array(v) for k, v in BOOK.items()}):
            assert TrainingLab(reference=form).reference == BOOK
        assert TrainingLab().reference == {}
        lab = TrainingLab()
        lab.reference = BOOK
        assert lab.reference == BOOK

    @pytest.mark.parametrize(
        "form", [{"loss": [1.0]}, BOOK | {"loss": [1.0]}, BOOK | {"loss": ["x", "y", "z"]}, 3]
    )
    def test_refuses_other_forms_of_it(self, form):
        with pytest.raises(traitlets.TraitError, match="reference"):
            TrainingLab(reference=form)

    def test_the_page_holds_the_state_and_the_words(self):
        figure = TrainingLab(reference=BOOK, learning_rate=0.03)
        soup = BeautifulSoup(figure.static_html(), "html.parser")
        host = soup.select_one(".cw-host[data-widget='training_lab/figure']")
        held = json.loads(host.script.string)
        assert held["learning_rate"] == 0.03
        assert held["reference"] == BOOK
        assert held["running"] is False
        assert held["epochs"] == []
        assert host.select_one(".cw-fallback").get_text() == html.unescape(figure.text)
        assert len(figure.static_html()) < 20_000

    def test_reset_is_sent_to_the_front_end(self, monkeypatch):
        lab, sent = TrainingLab(), []
        monkeypatch.setattr(lab, "send", sent.append)
        lab.reset()
        assert sent == [{"type": "reset"}]


class TestAssets:
    def test_the_images_are_the_chapters_and_no_test_image(self, fashion):
        (x_all, y_all), (x_test, _) = fashion
        (x, y), (x_val, _) = train_validation_split(x_all, y_all)
        _, (x_small, _) = train_validation_split(x, y, validation_size=4000, seed=1)
        train, _, validation, labels, pictures = training_lab._selection()

        def fingerprints(images):
            return {image.tobytes() for image in images}

        assert fingerprints(train) == fingerprints(x_small)
        assert fingerprints(validation) < fingerprints(x_val)
        assert not fingerprints(validation) & fingerprints(pictures)
        assert not fingerprints([*train, *validation, *pictures]) & fingerprints(x_test)
        assert np.bincount(labels).tolist() == [100] * 10

    def test_any_number_of_first_images_has_all_classes(self):
        _, labels, *_ = training_lab._selection()
        assert np.bincount(labels).tolist() == [400] * 10
        for count in (10, 40, 200, 1000):
            assert np.bincount(labels[:count]).tolist() == [count // 10] * 10

    def test_the_images_read_back_as_documented(self):
        data = training_lab.training_images()
        training, validation = np.frombuffer(data[:8], "<u4")
        labels = np.frombuffer(data, np.uint8, training + validation, offset=8)
        packed = np.frombuffer(data, np.uint8, offset=8 + len(labels)).reshape(-1, 22, 22)
        pixels = packed.cumsum(axis=1, dtype=np.uint8)
        x, y, x_val, y_val, _ = training_lab._selection()
        np.testing.assert_array_equal(labels, np.concatenate([y, y_val]))
        np.testing.assert_array_equal(pixels, np.concatenate([x, x_val])[:, :22, :22])

    def test_they_are_small_and_their_size_is_told(self):
        size = len(gzip.compress(training_lab.training_images(), 9))
        assert size <= 1_500_000
        assert TrainingLab().download["images"] == size

    def test_tensorflow_js_needs_no_eval(self):
        text = training_lab.tensorflow_js().decode()
        assert text, "TensorFlow.js is missing: npm ci"
        assert not re.search(r"\beval\(|\bnew Function\b|[^.\w]Function\(", text)
        assert "sourceMappingURL" not in text

    def test_without_npm_there_is_none_and_the_figure_says_so(self, monkeypatch, tmp_path):
        training_lab.tensorflow_js.cache_clear()
        monkeypatch.setattr(training_lab, "_NODE_MODULES", tmp_path)
        assert training_lab.tensorflow_js() == b""
        training_lab.tensorflow_js.cache_clear()


# --- in the browser ----------------------------------------------------------------------------


def phase(page, *wanted):
    """Wait until the figure is in one of these phases."""
    page.wait_for_selector(",".join(f"{LAB}[data-phase={name}]" for name in wanted), **PATIENT)


def epoch(page, number):
    """Wait until so many epochs are complete."""
    fewer = "".join(f":not([data-epoch='{n}'])" for n in range(number))
    page.wait_for_selector(f"{LAB}{fewer}", **PATIENT)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Write once what all pages load: it takes longer than most of the tests."""
    folder = tmp_path_factory.mktemp("site")
    pages.write_page(folder, TrainingLab())
    return folder


@pytest.fixture
def write_page(site, tmp_path):
    """Return a function that writes a page with a small lab; what it loads is there by links."""

    def write(theme="light", **options):
        figure = TrainingLab(**(SMALL | options))
        if not (tmp_path / "_figures").exists():
            (tmp_path / "page.css").write_bytes((site / "page.css").read_bytes())
            shutil.copytree(site / "_figures", tmp_path / "_figures", copy_function=os.link)
        page = tmp_path / f"{theme}.html"
        html = PAGE.render(title="Training", theme=theme, figure=figure.static_html())
        page.write_text(html, encoding="utf-8")
        return page

    return write


@pytest.fixture
def opened(chromium, write_page):
    """Return a function that opens a small lab from disk."""

    def open_(browser=chromium, theme="light", page_options=None, **options):
        page = write_page(theme, **options)
        return open_figure(browser, page, theme=theme, **(page_options or {}))

    return open_


def shares(page):
    return [float(text.rstrip("%")) for text in page.locator(".cw-tl-value").all_inner_texts()]


def test_trains_stops_early_and_restores_the_best_weights(opened):
    options = {"learning_rate": 0.02, "patience": 1, "batch_size": 8, "reference": BOOK}
    with opened(**options) as page:
        assert page.get_attribute(LAB, "data-phase") == "idle"
        assert "1.5 MB" in page.inner_text(".cw-tl-status")
        assert page.locator(".cw-tl-chart").count() == 2
        assert page.locator(".cw-tl-chart .cw-tl-book").count() == 0  # it would spoil the guess
        before = shares(page)
        moved = page.locator(".cw-tl-mosaic").nth(1)
        assert moved.get_attribute("aria-label").endswith("not yet")
        page.click(MAIN)
        phase(page, "finished")
        rows = state(page, "epochs")
        losses = [row["val_loss"] for row in rows]
        best = losses.index(min(losses)) + 1
        assert len(rows) == best + 1 < 25  # patience 1: one epoch after the best
        assert list(rows[0]) == [
            "epoch",
            "loss",
            "accuracy",
            "val_loss",
            "val_accuracy",
            "learning_rate",
            "seconds",
        ]
        status = page.inner_text(".cw-tl-status")
        assert page.locator(".cw-tl-chart .cw-tl-book").count() == 4
        assert f"Run A stopped early after epoch {len(rows)}" in status
        assert f"The weights of epoch {best}, the best, are restored" in status
        assert page.inner_text(".cw-live") == status
        assert state(page, "running") is False
        assert state(page, "engine") == "javascript"
        assert page.text_content(".cw-tl-chart >> nth=0").count(f"best: {best}") == 1
        assert f"lowest validation loss in epoch {best}" in page.get_attribute(
            ".cw-tl-chart >> nth=0", "aria-label"
        )
        assert page.get_attribute(".cw-tl-patience", "data-waited") == "1"
        assert page.locator(".cw-tl-spent").count() == 1
        assert page.locator(".cw-tl-table tbody tr").count() == len(rows)
        assert shares(page) != before
        assert sum(shares(page)) == pytest.approx(100, abs=0.6)
        assert re.search(r"by 0\.\d+ at most", moved.get_attribute("aria-label"))
        assert page.inner_text(MAIN) == "Start another run"


def test_nothing_is_loaded_before_the_start(write_page, chromium, tmp_path):
    page_file = write_page()
    with Server(tmp_path) as server:
        asked = []
        with open_figure(chromium, page_file, address=server.address) as page:
            page.on("request", lambda request: asked.append(request.url))
            assert page.evaluate("performance.getEntries().every(e => !e.name.includes('assets'))")
            set_state(page, max_epochs=1)
            page.click(MAIN)
            phase(page, "finished")
        names = [url.rsplit("/", 1)[1] for url in asked if "assets" in url]
        assert sorted(names) == ["training-images.js", "training-worker.js"]  # and no TensorFlow.js
        assert all(url.startswith((server.address, "blob:")) for url in asked)


def top(page, selector):
    """Return where an element begins, from the top of the document."""
    code = "(one) => one.getBoundingClientRect().top + scrollY"
    return page.locator(selector).evaluate(code)


def place_on_chart(page, share):
    """Return where on the screen a share of the axis of the accuracy is."""
    box = page.locator(".cw-tl-chart").first.bounding_box()
    grid = page.locator(".cw-tl-chart >> nth=0 >> .cw-tl-grid")
    low, high = (grid.nth(n).bounding_box()["y"] for n in (0, 5))  # of 0 % and 100 %
    return box["x"] + box["width"] / 2, low + (high - low) * share


def test_a_reader_guesses_races_two_rates_and_replays_the_first(opened):
    """The first run is quick, the second has a rate that is far too large."""
    with opened(max_epochs=2, images=200, batch_size=10) as page:
        places = [top(page, f".cw-tl-{part}") for part in ("bench", "replay", "numbers")]
        assert page.locator("line.cw-tl-guess").count() == 0
        another = place_on_chart(page, 0.2)
        page.mouse.click(*place_on_chart(page, 0.7))
        assert state(page, "guess") == pytest.approx(0.7, abs=0.011)
        page.focus(".cw-tl-asked input")
        page.keyboard.press("ArrowRight")
        guess = state(page, "guess")
        page.click(MAIN)
        phase(page, "training")
        assert page.is_disabled(".cw-tl-asked input")
        page.mouse.click(*another)  # too late
        phase(page, "finished")
        assert state(page, "guess") == guess
        rows = state(page, "epochs")
        best = min(rows, key=lambda row: row["val_loss"])
        more = 100 * (best["val_accuracy"] - guess)
        compared = f"{abs(more):.1f} points {'more' if more > 0 else 'less'}"
        status = page.inner_text(".cw-tl-status").replace("\N{NO-BREAK SPACE}", " ")
        assert f"You guessed {100 * guess:.1f}%" in status
        assert f"names {100 * best['val_accuracy']:.1f}% of the validation images" in status
        assert compared in status
        assert page.locator("line.cw-tl-guess").count() == 1
        # Each of the 20 batches of the first epoch is in the curve.
        curve = page.locator(".cw-tl-live").nth(1).get_attribute("d")
        across = [float(x) for x in re.findall(r"[ML]([\d.]+)", curve)]
        middle = page.locator(".cw-tl-mark.cw-tl-training").first.get_attribute("cx")  # epoch 1
        assert sum(x <= float(middle) for x in across) == 20

        page.select_option("select >> nth=0", "0.1")
        page.click(MAIN)
        phase(page, "finished")
        first, second = state(page, "runs")
        assert (first["name"], second["name"]) == ("A", "B")
        assert first["epochs"] == rows
        assert second["learning_rates"] == [0.1]
        # A loss above the axis is marked at its edge, with its size.
        assert page.locator(".cw-tl-chart >> nth=1 >> .cw-tl-beyond").count() >= 1
        largest = re.search(r"up to ([\d.e]+)", page.text_content(".cw-tl-chart >> nth=1"))[1]
        assert float(largest) > 2.75
        assert page.locator(".cw-tl-letter").all_text_contents() == ["A", "A"]
        assert "rate 0.1 · batch 10\n200 images: " in page.inner_text("[data-run=B] >> nth=0")

        page.click(".cw-tl-run[data-run=A]")
        assert state(page, "run") == "A"
        assert page.locator(".cw-tl-letter").all_text_contents() == ["B", "B"]
        assert page.text_content(".cw-tl-table caption").startswith("Run A")
        after = shares(page)
        page.focus(".cw-tl-scrub input")
        page.keyboard.press("Home")
        assert state(page, "shown_epoch") == 0
        assert "the start" in page.inner_text(".cw-tl-scrub output")
        moved = page.locator(".cw-tl-mosaic").nth(1)
        assert moved.get_attribute("aria-label").endswith("not yet")
        untrained = shares(page)
        page.keyboard.press("ArrowRight")
        assert page.locator("line.cw-tl-moment").count() == 2
        page.keyboard.press("End")
        assert len({tuple(after), tuple(untrained)}) == 2
        assert [top(page, f".cw-tl-{part}") for part in ("bench", "replay", "numbers")] == places


def test_runs_stay_go_and_come_back(opened):
    with opened(images=10, validation_images=10, max_epochs=1) as page:
        for name in "ABCDEF":
            page.click(MAIN)
            page.wait_for_selector(f".cw-tl-run[data-run={name}]", **PATIENT)
            phase(page, "finished")
        names = page.locator(".cw-tl-run strong").all_inner_texts
        assert names() == list("BCDEF")  # the newest and four more
        page.click("[aria-label='Remove run C']")
        assert names() == list("BDEF")
        assert [run["name"] for run in state(page, "runs")] == list("BDEF")
        page.keyboard.press("Enter")  # the focus is on what brings it back
        assert names() == list("BCDEF")
        assert page.locator(":focus").get_attribute("data-run") == "C"
        set_state(page, run="C")
        assert page.get_attribute(".cw-tl-run[data-run=C]", "aria-pressed") == "true"
        set_state(page, runs=state(page, "runs")[:2])  # as from Python
        assert names() == list("BC")
        assert page.inner_text(MAIN) == "Start another run"
        page.reload()
        page.wait_for_selector(pages.READY)
        assert names() == list("BC")
        assert "only the curves" in page.inner_text(".cw-tl-scrub output")
        assert page.is_hidden(".cw-tl-notice")


def test_keyboard_pauses_continues_stops_and_chooses_the_picture(opened):
    with opened(images=400, learning_rate=1e-4) as page:
        assert page.is_disabled(STOP)
        page.focus(MAIN)
        page.keyboard.press("Enter")
        phase(page, "training")
        page.keyboard.press("Enter")
        phase(page, "paused")
        assert page.inner_text(MAIN) == "Continue"
        assert state(page, "running") is False
        assert "this one keeps its own" in page.inner_text(".cw-tl-when")
        page.keyboard.press("Enter")
        phase(page, "training")
        page.focus(".cw-tl-choice[aria-pressed=true]")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Enter")
        assert page.get_attribute(".cw-tl-choice:focus", "aria-label") == "Sandal"
        assert page.inner_text(".cw-tl-truth") == "It is: Sandal"
        epoch(page, 1)
        page.focus(STOP)
        page.keyboard.press("Enter")
        phase(page, "finished")
        rows = state(page, "epochs")
        assert f"stopped by you after epoch {len(rows)}" in page.inner_text(".cw-tl-status")
        assert state(page, "runs")[0]["epochs"] == rows  # what was reached is kept
        assert page.inner_text(f"{MAIN}:focus") == "Start another run"


def test_python_sets_and_reads_the_state(opened):
    with opened(images=400) as page:
        set_state(page, learning_rate=0.002, patience=None, guess=0.42)
        assert page.input_value("select >> nth=0") == "0.002"
        assert page.input_value("select >> nth=2") == "null"
        assert page.input_value(".cw-tl-asked input") == "42"
        assert "your guess: 42.0%" in page.text_content(".cw-tl-chart >> nth=0")
        page.click("text=No guess")
        assert state(page, "guess") is None
        page.select_option("select >> nth=1", "16")
        assert state(page, "batch_size") == 16
        set_state(page, running=True)
        phase(page, "training")
        set_state(page, running=False)
        phase(page, "paused")
        page.evaluate(
            "document.querySelector('.cw-host').courseModel.emit('msg:custom', {type: 'reset'}, [])"
        )
        phase(page, "idle")
        assert page.inner_text(MAIN) == "Start"
        assert page.locator(".cw-tl-run").count() == 0


def test_a_change_while_it_trains_is_for_the_next_run(opened):
    with opened(max_epochs=3, patience=None) as page:
        page.click(MAIN)
        epoch(page, 1)
        set_state(page, learning_rate=1e-7, patience=1)
        phase(page, "finished")
        assert [row["learning_rate"] for row in state(page, "epochs")] == [1e-3] * 3
        assert page.inner_text(".cw-tl-when") == "For the next run."
        page.click(MAIN)
        epoch(page, 1)
        assert state(page, "epochs")[0]["learning_rate"] == 1e-7
        assert "rate 1e-7" in page.inner_text(".cw-tl-run[data-run=B]")


def test_two_views_share_one_training_and_the_last_one_ends_it(write_page, chromium, tmp_path):
    page_file = write_page(images=400)
    (tmp_path / "capture.js").write_text(CAPTURE_MODULE)
    text = page_file.read_text()
    text = text.replace("<script defer", '<script src="capture.js"></script><script defer')
    page_file.write_text(text)
    with open_figure(chromium, page_file) as page:
        page.evaluate(WATCH_WORKERS)
        page.evaluate(
            """() => {
                const { courseModel } = document.querySelector('.cw-host');
                globalThis.model = new courseModel.constructor({ ...courseModel.state });
                globalThis.ends = [0, 1].map((n) => {
                    const el = document.createElement('div');
                    el.id = `view-${n}`;
                    document.querySelector('main').append(el);
                    return captured.render({ model, el });
                });
            }"""
        )
        page.click(f"#view-0 {MAIN}")
        for view in (0, 1):
            page.wait_for_selector(f"#view-{view} {LAB}[data-phase=training]", **PATIENT)
        assert page.evaluate("workers.length") == 1
        page.evaluate("ends[0]()")
        assert page.locator("#view-0 .cw").count() == 0
        assert page.evaluate("workers[0].ended") is False
        page.evaluate("ends[1]()")
        assert page.evaluate("workers[0].ended") is True
        assert page.evaluate("model.get('running')") is False
        assert page.evaluate("[...model.listeners.values()].every((all) => !all.length)")


# --- what can go wrong -------------------------------------------------------------------------


def test_images_that_cannot_be_loaded(write_page, chromium, tmp_path):
    page_file = write_page(max_epochs=1)
    asset = tmp_path / "_figures" / "assets" / "training-images.js"
    text = asset.read_text()
    asset.unlink()
    with open_figure(chromium, page_file, expected_errors=("ERR_FILE_NOT_FOUND",)) as page:
        page.click(MAIN)
        phase(page, "failed")
        assert "could not be loaded" in page.inner_text("[role=alert]")
        assert page.inner_text(MAIN) == "Try again"
        asset.write_text(text)
        page.click(MAIN)
        phase(page, "finished")
        assert page.is_hidden("[role=alert]")


# In the page itself: a fast machine would be done before a message from here arrives.
DIE_AFTER_TWO_EPOCHS = """message => {
    const model = document.querySelector(".cw-host").courseModel;
    const die = () => {
        if (model.get("epochs").length !== 2) return;
        model.off("change:epochs", die);
        queueMicrotask(() => workers[0].dispatchEvent(new ErrorEvent("error", { message })));
    };
    model.on("change:epochs", die);
}"""


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("Array buffer allocation failed", "no memory left"),
        ("something else", "stopped with an error (something else)"),
    ],
)
def test_a_worker_that_dies_and_the_way_on(opened, message, words):
    with opened(patience=None, max_epochs=6) as page:
        page.evaluate(WATCH_WORKERS)
        page.evaluate(DIE_AFTER_TWO_EPOCHS, message)
        page.click(MAIN)
        phase(page, "failed")
        assert words in page.inner_text("[role=alert]")
        assert page.evaluate("workers[0].ended") is True
        done = int(re.search(r"Continue after epoch (\d+)", page.inner_text(MAIN))[1])
        rows = state(page, "epochs")
        assert done == len(rows)
        page.click(MAIN)
        phase(page, "finished")
        after = state(page, "epochs")
        assert after[:done] == rows
        assert [row["epoch"] for row in after] == list(range(1, 7))


def test_a_loss_that_is_no_number_is_explained(opened):
    with opened(learning_rate=1e20) as page:
        page.click(MAIN)
        phase(page, "failed")
        words = page.inner_text("[role=alert]")
        assert "no longer a number" in words
        assert "smaller learning rate" in words
        assert page.inner_text(MAIN) == "Start again"
        set_state(page, learning_rate=0.001, max_epochs=1)
        page.click(MAIN)
        phase(page, "finished")
        assert page.is_hidden("[role=alert]")


def test_a_network_that_no_longer_reacts_is_explained(opened):
    options = {"learning_rate": 0.1, "batch_size": 4, "max_epochs": 2, "patience": None}
    with opened(**options) as page:
        page.click(MAIN)
        phase(page, "finished")
        assert "Every picture gets the same answer" in page.inner_text(".cw-tl-notice")


def test_a_picture_that_the_reader_kept_is_one_to_look_at(opened):
    with opened() as page:
        own = page.locator(".cw-tl-choice").last
        assert own.is_hidden()
        keep_picture(page, bytes([7]) * 784)
        own.click()
        assert own.get_attribute("aria-pressed") == "true"
        assert page.inner_text(".cw-tl-truth") == "Your picture"
        model = "document.querySelector('.cw-host').courseModel"
        assert page.evaluate(f"[...new Uint8Array({model}.get('picture').buffer)]") == [7] * 784
        keep_picture(page, None)
        assert own.is_hidden()
        assert page.inner_text(".cw-tl-truth") == "It is: Shirt"


def test_without_workers_it_trains_in_slices(write_page, chromium, tmp_path):
    page_file = write_page(max_epochs=2)
    page_file.write_text(page_file.read_text().replace("worker-src blob:", "worker-src 'none'"))
    refusal = ("Content Security Policy", "blob:")
    with open_figure(chromium, page_file, expected_errors=refusal) as page:
        page.click(MAIN)
        phase(page, "finished")
        assert "refuses a background worker" in page.inner_text(".cw-tl-notice")
        assert len(state(page, "epochs")) == 2


def test_without_tensorflow_js_it_says_so(write_page, chromium, tmp_path):
    page_file = write_page(backend="webgl", max_epochs=1)
    asset = tmp_path / "_figures" / "assets" / "tfjs.js"
    asset.unlink()  # a link
    asset.write_text(asset_script("tfjs", b""))
    with open_figure(chromium, page_file) as page:
        page.click(MAIN)
        phase(page, "finished")
        assert "without TensorFlow.js" in page.inner_text(".cw-tl-notice")
        assert state(page, "engine") == "javascript"


def test_a_page_that_is_left_and_comes_back(opened):
    with opened(images=400) as page:
        page.click(MAIN)
        phase(page, "training")
        page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
        phase(page, "paused")
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        phase(page, "training")
        assert state(page, "running") is True
        set_state(page, running=False)
        phase(page, "paused")


def test_a_tab_that_is_closed_and_opened_again(opened):
    with opened(images=400) as page:
        page.click(MAIN)
        epoch(page, 1)
        page.reload()
        page.wait_for_selector(pages.READY)
        assert page.get_attribute(LAB, "data-phase") == "idle"
        assert "A training ended with the page" in page.inner_text(".cw-tl-notice")
        assert len(state(page, "epochs")) >= 1
        set_state(page, max_epochs=1, images=20)
        page.click(MAIN)
        phase(page, "finished")
        assert page.is_hidden(".cw-tl-notice")
        assert [run["name"] for run in state(page, "runs")] == ["A", "B"]


def test_a_worker_that_the_browser_ended_while_the_page_was_hidden(opened):
    with opened(images=400) as page:
        page.clock.install()
        page.evaluate(WATCH_WORKERS)
        page.click(MAIN)
        phase(page, "training")
        page.evaluate("Object.getPrototypeOf(Worker.prototype).terminate.call(workers[0])")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.clock.fast_forward(11_000)
        phase(page, "failed")
        assert "ended the training while the page was away" in page.inner_text("[role=alert]")
        assert page.inner_text(MAIN) == "Try again"


# --- for everyone ------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_before_and_after_a_training(opened, theme):
    with opened(theme=theme, max_epochs=1, reference=BOOK) as page:
        assert axe(page) == []
        page.click(MAIN)
        phase(page, "finished")
        page.click(".cw-tl-numbers summary")
        assert axe(page) == []


def test_fits_the_screen(opened):
    """From a narrow phone to a laptop: nothing is cut, and cause and effect are in one view."""
    with opened(page_options={"width": 320}, max_epochs=1) as page:
        wide = "document.documentElement.scrollWidth"
        assert page.evaluate(wide) <= 320
        page.click(MAIN)
        phase(page, "finished")
        sizes = page.evaluate(
            f"[...document.querySelectorAll('{LAB} :is(button, select, summary, input)')]"
            ".map((e) => e.getBoundingClientRect()).filter((r) => r.width)"
            ".map((r) => Math.min(r.width, r.height))"
        )
        assert min(sizes) >= 16
        page.click(".cw-tl-numbers summary")
        for width, height in ((390, 844), (1366, 768)):
            page.set_viewport_size({"width": width, "height": height})
            seen = page.evaluate(
                "() => ['.cw-tl-settings', '.cw-tl-charts > svg:last-of-type', '.cw-tl-scroll']"
                ".map((one) => document.querySelector(one))"
                ".map((one) => [one.getBoundingClientRect(), one.scrollWidth - one.clientWidth])"
                ".map(([box, more]) => ({ top: box.top, bottom: box.bottom, more }))"
            )
            settings, charts, table = seen
            assert charts["bottom"] - settings["top"] <= height - 60  # below the site's header
            assert table["more"] <= 0


def test_with_less_motion_it_draws_once_an_epoch(opened):
    options = {"reduced_motion": "reduce"}
    with opened(images=400, page_options=options) as page:
        page.evaluate(
            """() => {
                globalThis.drawn = 0;
                const chart = document.querySelector('.cw-tl-chart');
                new MutationObserver(() => { drawn += 1; }).observe(chart, { childList: true });
            }"""
        )
        page.click(MAIN)
        phase(page, "training")
        begun = page.evaluate("drawn")
        epoch(page, 1)
        epochs = len(state(page, "epochs"))
        assert page.evaluate("drawn") <= begun + 1 + epochs
        set_state(page, running=False)
        phase(page, "paused")


# --- on a graphics processor: here, one that software imitates ------------------------------------


@pytest.fixture(scope="module")
def imitated(chromium):
    """Start a Chromium whose WebGL is computed by the processor."""
    browser = chromium.browser_type.launch(
        executable_path=shutil.which("chromium"),
        args=[
            "--no-sandbox",
            "--disable-background-networking",
            "--use-angle=swiftshader",
            "--enable-unsafe-swiftshader",
        ],
    )
    yield browser
    browser.close()


def test_webgl_learns_the_same_and_its_loss_is_survived(opened, imitated):
    options = {"images": 20, "validation_images": 10, "batch_size": 10, "patience": None}
    with opened(max_epochs=1, **options) as page:
        page.click(MAIN)
        phase(page, "finished")
        expected = state(page, "epochs")[0]
    options |= {"backend": "webgl", "max_epochs": 25}
    with opened(imitated, **options) as page:
        page.click(MAIN)
        epoch(page, 1)
        assert state(page, "engine") == "webgl"
        assert "TensorFlow.js" in page.inner_text(".cw-tl-status")
        first = state(page, "epochs")[0]
        for key in ("loss", "accuracy", "val_loss", "val_accuracy"):
            assert first[key] == pytest.approx(expected[key], abs=1e-4), key
        page.workers[0].evaluate(
            "tf.backend().gpgpu.gl.getExtension('WEBGL_lose_context').loseContext()"
        )
        page.wait_for_selector(f"{LAB}[data-engine=javascript]", **PATIENT)
        done = len(state(page, "epochs"))
        assert "goes on in plain JavaScript" in page.inner_text(".cw-tl-notice")
        epoch(page, done + 1)
        assert state(page, "epochs")[-1]["loss"] < first["loss"] + 0.2
        set_state(page, running=False)
        phase(page, "paused", "finished")


def test_software_is_not_taken_for_a_graphics_processor(opened, imitated):
    with opened(imitated, backend="auto", max_epochs=1) as page:
        page.click(MAIN)
        phase(page, "finished")
        assert state(page, "engine") == "javascript"


def test_a_browser_whose_workers_have_no_webgl_is_not_asked_for_it(opened):
    """As in WebKitGTK: only a canvas of the page has WebGL, and a worker has none."""
    with opened(backend="auto", max_epochs=1) as page:
        page.evaluate(
            """() => {
                OffscreenCanvas.prototype.getContext = () => null;
                const { getContext } = HTMLCanvasElement.prototype;
                const hardware = { getExtension: () => ({}), getParameter: () => "Apple GPU" };
                HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
                    return kind === "webgl2" ? hardware : getContext.call(this, kind, ...more);
                };
            }"""
        )
        page.click(MAIN)
        phase(page, "finished")
        assert state(page, "engine") == "javascript"
        assert page.is_hidden(".cw-tl-notice")


# --- how fast it is: `make bench` measures, here it only has to work ----------------------------


def test_the_benchmark_measures_the_lab_and_tensorflow_js(chromium):
    rates = browser.lab_rates(chromium, 2, images=20)
    assert len(rates) == 2
    assert min(rates) > 0
    rates = browser.tensorflow_rates(chromium, 1, batch=2)
    assert len(rates) == 1
    assert rates[0] > 0


def test_the_benchmark_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    (row,) = browser.browser_rows(1, print)
    assert "needs Chromium: " in row.value
