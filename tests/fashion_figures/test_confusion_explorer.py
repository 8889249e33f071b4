"""The confusion explorer: packed predictions, and the figure against scikit-learn's counts."""

import gzip
import inspect
import json
import re
from pathlib import Path

import numpy as np
import pytest
import traitlets
from bs4 import BeautifulSoup
from sklearn.metrics import confusion_matrix

import fashion_lib
from book.serve import Server
from fashion_figures.confusion_explorer import figure as module
from fashion_figures.confusion_explorer.figure import (
    ConfusionExplorer,
    pack_predictions,
)
from fashion_lib import CLASS_NAMES, classification_table, confusion_table
from fashion_lib.evaluation import heuristic_suspects
from tests.fashion_figures import pages

STARTED = ".cw-cx[data-cell]"
CONFIDENCE = inspect.signature(heuristic_suspects).parameters["confidence"].default
PAINTED = ".cw-cx-images[data-state=painted]"


def test_the_words_name_the_confidence_of_the_rule():
    script = Path(module.__file__).with_name("words.mjs").read_text("utf-8")
    script = re.sub(r'" \+\s+"', "", script).replace("\\u00a0", "\u00a0")
    for words in (ConfusionExplorer.text.default_value, script):
        assert f"a confidence of at least {100 * CONFIDENCE:.0f}%" in words


@pytest.fixture(scope="module")
def sample():
    """Return the sample's test images and labels; the figure sees no others in these tests."""
    data = fashion_lib.load_data("sample")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "load_data", lambda: data)
        module.predictions_bytes.cache_clear()
        yield data[1]
    module.predictions_bytes.cache_clear()


@pytest.fixture(scope="module")
def answers(sample):
    """Return the shipped model's probabilities for the sample's test images."""
    return fashion_lib.forward(fashion_lib.load_weights(), fashion_lib.normalize(sample[0]))


@pytest.fixture(scope="module")
def folder(sample, tmp_path_factory) -> Path:
    """Write the figure's page once, light and dark, on the sample."""
    folder = tmp_path_factory.mktemp("confusion_explorer")
    for theme in ("light", "dark"):
        pages.write_page(folder, ConfusionExplorer(), theme)
    return folder


def _random(n, seed=0):
    """Return labels and probabilities that favor them."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, n)
    weights = rng.exponential(1, (n, 10))
    weights[np.arange(n), labels] += rng.exponential(3, n)
    return labels, weights / weights.sum(axis=1, keepdims=True)


def _numbers(page):
    """Return the table's hundred texts as an array."""
    texts = page.locator(".cw-cx-cell").all_inner_texts()
    return np.array([float(text) for text in texts]).reshape(10, 10)


def _shown(page):
    """Return which test images are on the page of thumbnails, as the reader sees them."""
    return page.eval_on_selector_all(
        ".cw-cx-image",
        "all => all.filter((one) => one.checkVisibility({visibilityProperty: true}))"
        ".map((one) => Number(one.dataset.image))",
    )


def _gray(page, selector, n=0):
    """Return the pixels of a picture, shape (28, 28)."""
    painted = (
        page.locator(selector)
        .nth(n)
        .evaluate("one => [...one.getContext('2d').getImageData(0, 0, 28, 28).data]")
    )
    return np.array(painted).reshape(28, 28, 4)[:, :, 0]


def _loaded_pictures(page):
    """Return the files of pictures that the page has loaded."""
    names = page.evaluate(
        "performance.getEntriesByType('resource').map((one) => one.name.split('/').pop())"
    )
    return {name for name in names if name.startswith("test-images")}


def _scores(page):
    """Return the score table as {name: [precision, recall, F1, support]}."""
    rows = page.locator(".cw-cx-scores tbody tr").all_inner_texts()
    cells = [row.replace(",", "").split("\t") for row in rows]
    return {name: list(map(float, values)) for name, *values in cells}


class TestPacking:
    def test_the_planes_are_as_documented(self):
        labels, probabilities = _random(501)
        packed = pack_predictions(labels, probabilities)
        n = len(labels)
        assert len(packed) == 11 * n
        planes = np.frombuffer(packed, dtype=np.uint8, count=5 * n).reshape(5, n)
        steps = np.frombuffer(packed, dtype="<u2", offset=5 * n).reshape(3, n) / 65535
        ordered = np.sort(probabilities, axis=1)
        np.testing.assert_array_equal(planes[0], labels)
        np.testing.assert_array_equal(planes[1], probabilities.argmax(axis=1))
        for plane, place in ((2, -2), (4, -3)):
            named = probabilities[np.arange(n), planes[plane]]
            np.testing.assert_array_equal(named, ordered[:, place])
        np.testing.assert_allclose(steps, ordered[:, [-1, -2, -3]].T, atol=1 / 65535)
        np.testing.assert_array_equal(planes[3], heuristic_suspects(labels, probabilities))

    @pytest.mark.parametrize(
        ("labels", "probabilities", "words"),
        [
            (np.zeros(3, int), np.full((2, 10), 0.1), "shape"),
            (np.zeros(2, int), np.full((2, 10), 0.2), "sum 1"),
            (np.array([0, 10]), np.full((2, 10), 0.1), "labels"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, labels, probabilities, words):
        with pytest.raises(ValueError, match=words):
            pack_predictions(labels, probabilities)


class TestTraits:
    @pytest.mark.parametrize("cell", [[1], [1, 2, 3], [0, 10], [-2, 0]])
    def test_what_is_no_cell_is_refused(self, cell):
        with pytest.raises(traitlets.TraitError):
            ConfusionExplorer(selected=cell)

    @pytest.mark.parametrize("cell", [[3, 5], [3, 3], [3, -1], [-1, 5]])
    def test_selected_indices_are_the_surest_mistakes_then_the_least_sure_answers(
        self, sample, cell
    ):
        labels = sample[1].astype(int)
        _, probabilities = _random(len(labels))
        said, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
        figure = ConfusionExplorer(probabilities, selected=cell)
        chosen = [
            n for n in range(len(labels)) if cell[0] in (-1, labels[n]) and cell[1] in (-1, said[n])
        ]
        assert set(figure.selected_indices) == set(chosen)
        right = said[figure.selected_indices] == labels[figure.selected_indices]
        assert (np.diff(right.astype(int)) >= 0).all()  # mistakes stand in front
        confidence = confidence[figure.selected_indices]
        assert (np.diff(confidence[~right]) <= 1 / 65535).all()
        assert (np.diff(confidence[right]) >= -1 / 65535).all()
        figure.selected = []
        assert figure.selected_indices.size == 0

    def test_probabilities_of_other_images_are_refused(self, sample):
        with pytest.raises(ValueError, match="1000 images"):
            ConfusionExplorer(np.full((3, 10), 0.1))

    def test_the_static_page_has_the_state_and_the_words_but_no_predictions(self, sample):
        soup = BeautifulSoup(ConfusionExplorer().static_html(), "html.parser")
        host = soup.select_one(".cw-host[data-widget='confusion_explorer/figure']")
        state = json.loads(host.script.string)
        assert state["selected"] == [6, 0]
        assert state["predictions"] is None
        assert host.select_one(".cw-fallback").get_text() == ConfusionExplorer().text

    def test_the_full_test_sets_images_of_a_class_are_small_and_true(self, fashion, monkeypatch):
        monkeypatch.setattr(module, "load_data", lambda: fashion)
        _, (images, labels) = fashion
        packed = ConfusionExplorer.assets["test-images-2"]()  # the largest of the ten
        assert len(gzip.compress(packed)) < 450_000
        shown = np.frombuffer(packed, dtype=np.uint8).reshape(1000, 28, 28) * (255 / 63)
        assert np.abs(shown - images[labels == 2]).max() < 2.1


class TestNumbers:
    def test_counts_and_shares_are_those_of_the_library_and_of_scikit_learn(
        self, chromium, folder, sample, answers
    ):
        labels, said = sample[1], answers.argmax(axis=1)
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(STARTED)
            np.testing.assert_array_equal(_numbers(page), confusion_table(labels, said))
            np.testing.assert_array_equal(_numbers(page), confusion_matrix(labels, said))
            page.get_by_role("button", name="Percent of the true class").click()
            assert pages.state(page, "normalize") is True
            shares = confusion_table(labels, said, normalize="true").to_numpy() * 100
            np.testing.assert_allclose(_numbers(page), shares, atol=0.051)
            text = page.locator(".cw-cx .cw-body").inner_text()
            assert f"names {(said == labels).sum()} of 1,000 test images correctly" in text
            assert f"There are {heuristic_suspects(labels, answers).sum()} of them." in text
            largest = page.locator(".cw-cx-shortcut").first.inner_text()  # in the matrix's unit
            off = np.where(np.eye(10, dtype=bool), 0, shares)
            assert largest.endswith(f"{off.max():.1f}%")

    def test_another_models_ten_thousand_predictions_replace_the_shipped_ones(
        self, chromium, folder
    ):
        labels, probabilities = _random(10_000, seed=1)
        said, expected = probabilities.argmax(axis=1), None
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(STARTED)
            page.evaluate(
                """bytes => {
                    const model = document.querySelector('.cw-host').courseModel;
                    model.set('predictions', new DataView(Uint8Array.from(bytes).buffer));
                }""",
                list(pack_predictions(labels, probabilities)),
            )
            page.get_by_text("of 10,000 test images").wait_for()
            np.testing.assert_array_equal(_numbers(page), confusion_matrix(labels, said))
            expected = classification_table(labels, said)
            for label in range(10):
                pages.set_state(page, selected=[label, (label + 1) % 10])
                scores = _scores(page)
                for name in (CLASS_NAMES[label], CLASS_NAMES[(label + 1) % 10], "macro average"):
                    np.testing.assert_allclose(scores[name], expected.loc[name], atol=0.00051)

    def test_scores_of_a_class_that_never_occurs_are_zero(self, chromium, folder):
        labels = np.zeros(4, dtype=int)
        probabilities = np.eye(10)[[0, 0, 1, 1]]
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(STARTED)
            page.evaluate(
                """bytes => document.querySelector('.cw-host').courseModel.set(
                    'predictions', Uint8Array.from(bytes))""",
                list(pack_predictions(labels, probabilities)),
            )
            page.get_by_text("of 4 test images").wait_for()
            pages.set_state(page, selected=[1, 5], normalize=True)
            table = classification_table(labels, probabilities.argmax(axis=1))
            for name, values in _scores(page).items():
                np.testing.assert_allclose(values, table.loc[name], atol=0.00051)
            assert page.locator(".cw-cx-title").inner_text() == "Trouser taken for Sandal"
            assert page.locator(".cw-cx-facts").inner_text() == "None of 0."
            assert _shown(page) == []


class TestImages:
    def test_a_cells_images_are_the_right_ones_in_order_and_in_pixels(
        self, chromium, folder, sample, answers
    ):
        images, labels = sample
        figure = ConfusionExplorer(selected=[9, 9])
        assert len(figure.selected_indices) > 72
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(STARTED)
            page.locator("[data-cell='9/9']").click()
            seen = []
            while True:
                page.wait_for_selector(PAINTED)
                seen += _shown(page)
                following = page.get_by_role("button", name="Next images")
                if following.is_disabled():
                    break
                following.click()
            assert seen == figure.selected_indices.tolist()
            assert (
                page.evaluate("document.activeElement.getAttribute('aria-label')")
                == "Previous images"
            )
            last = -(-len(seen) // 12)
            assert f"Page {last} of {last}" == page.get_by_role("status").inner_text()
            image = _shown(page)[0]
            gray = _gray(page, ".cw-cx-image canvas")
            assert np.abs(gray - images[image].astype(int)).max() <= 2
            name = page.locator(".cw-cx-image").first.get_attribute("aria-label")
            order = np.argsort(-answers[image])
            assert name.startswith(f"Test image {image}, labeled {CLASS_NAMES[labels[image]]}: ")
            for label in order[:2]:
                assert CLASS_NAMES[label] in name

    def test_the_averages_are_those_of_the_cell_and_of_what_was_recognized(
        self, chromium, folder, sample, answers
    ):
        images, labels = sample
        said = answers.argmax(axis=1)
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(f".cw-cx[data-cell='6/0'] {PAINTED}")
            words = page.locator(".cw-cx-averages span").all_inner_texts()
            for n, answer in enumerate((0, 6)):
                members = images[(labels == 6) & (said == answer)]
                mean = members.mean(axis=0)
                assert np.abs(_gray(page, ".cw-cx-averages canvas", n) - mean).max() <= 3
                assert f" {len(members)}" in words[n]

    def test_an_image_opens_large_and_closes_where_it_was(self, chromium, folder, sample, answers):
        members = ConfusionExplorer(selected=[2, -1]).selected_indices.tolist()
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(STARTED)
            page.get_by_role("button", name="labeled Pullover").click()
            page.wait_for_selector(f".cw-cx[data-cell='2/-1'] {PAINTED}")
            assert pages.state(page, "selected") == [2, -1]
            page.locator(".cw-cx-image").first.focus()
            for key in (*["ArrowRight"] * 3, *["ArrowDown"] * 2, "Enter"):
                page.keyboard.press(key)
            assert pages.state(page, "image") == members[11]
            page.keyboard.press("ArrowRight")  # to the next page
            image = members[12]
            page.get_by_role("group", name=f"Test image {image}, large").wait_for()
            top = np.argsort(-answers[image])[:3]
            bars = page.locator(".cw-cx-bars li").all_inner_texts()
            for label, bar in zip(top, bars, strict=False):
                assert CLASS_NAMES[label] in bar
                if 0.001 < answers[image, label] < 0.999:
                    assert f"{100 * answers[image, label]:.1f}%" in bar
            assert "seven others" in bars[3]
            assert CLASS_NAMES[top[0]] in page.get_by_role("status").inner_text()
            gray = _gray(page, ".cw-cx-large > canvas")
            assert np.abs(gray - sample[0][image].astype(int)).max() <= 2
            assert page.locator(".cw-cx-averages canvas").first.is_visible()
            page.keyboard.press("Escape")
            page.wait_for_selector(".cw-cx-large", state="hidden")
            assert pages.state(page, "image") is None
            assert page.evaluate("document.activeElement.dataset.image") == str(image)
            assert _shown(page)[0] == image
            pages.set_state(page, image=members[1])  # the kernel can open one, too
            page.wait_for_selector(".cw-cx-large", state="visible")
            page.locator("[data-cell='2/4']").click()
            page.wait_for_selector(".cw-cx-large", state="hidden")

    def test_suspects_are_marked_and_can_be_shown_alone(self, chromium, folder, sample, answers):
        suspects = heuristic_suspects(sample[1], answers)
        figure = ConfusionExplorer()
        expected = [image for image in figure.selected_indices if suspects[image]]
        assert expected
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(STARTED)
            marked = page.eval_on_selector_all(
                ".cw-cx-suspect", "all => all.map((one) => Number(one.dataset.image))"
            )
            assert marked == expected
            page.get_by_role("button", name=f"{len(expected)} suspect").click()
            assert _shown(page) == expected
            pages.set_state(page, selected=[1, 1])
            page.wait_for_selector(".cw-cx[data-cell='1/1']")
            assert page.get_by_role("button", name="suspect").count() == 0
            assert page.get_by_text("The label is a suspect").is_hidden()

    def test_only_the_pictures_of_the_open_class_are_loaded_and_only_when_in_view(
        self, chromium, folder
    ):
        with (
            Server(folder) as server,
            pages.open_figure(
                chromium, folder / "light.html", address=server.address, width=390, height=400
            ) as page,
        ):
            page.wait_for_selector(STARTED)
            assert _loaded_pictures(page) == set()
            page.locator(".cw-cx-images").scroll_into_view_if_needed()
            page.wait_for_selector(PAINTED)
            page.locator("[data-cell='6/2']").click()
            page.wait_for_selector(f".cw-cx[data-cell='6/2'] {PAINTED}")
            assert _loaded_pictures(page) == {"test-images-6.js"}
            page.locator("[data-cell='9/7']").click()
            page.wait_for_selector(f".cw-cx[data-cell='9/7'] {PAINTED}")
            assert _loaded_pictures(page) == {"test-images-6.js", "test-images-9.js"}


class TestReader:
    def test_by_keyboard(self, chromium, folder):
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(STARTED)
            page.keyboard.press("Tab")  # the table is one stop, at the chosen cell
            focused = "document.activeElement.dataset.cell"
            assert page.evaluate(focused) == "6/0"
            for key, cell in (
                ("ArrowLeft", "6/-1"),
                ("ArrowRight", "6/0"),
                ("ArrowDown", "7/0"),
                ("End", "7/9"),
                ("ArrowUp", "6/9"),
                ("Control+Home", "-1/-1"),
                ("ArrowUp", "-1/-1"),
                ("Control+End", "9/9"),
                ("Home", "9/-1"),
                ("ArrowRight", "9/0"),
                ("ArrowRight", "9/1"),
            ):
                page.keyboard.press(key)
                assert page.evaluate(focused) == cell, key
            assert pages.state(page, "selected") == [6, 0]
            page.keyboard.press("Enter")
            page.wait_for_selector(".cw-cx[data-cell='9/1']")
            assert pages.state(page, "selected") == [9, 1]
            assert "Ankle boot taken for Trouser" in page.get_by_role("status").inner_text()
            assert page.evaluate(focused) == "9/1"

    def test_the_picture_that_the_reader_kept_gets_a_cell_until_it_is_forgotten(
        self, chromium, folder, sample
    ):
        trouser = sample[0][sample[1] == CLASS_NAMES.index("Trouser")][0][::-1]
        answer = fashion_lib.forward(
            fashion_lib.load_weights(), fashion_lib.normalize(trouser[np.newaxis])
        )[0]
        said = int(answer.argmax())
        with pages.open_figure(chromium, folder / "light.html", width=390) as page:
            page.wait_for_selector(STARTED)
            yours = page.get_by_role("button", name="Your picture", exact=True)
            heights = {page.locator(".cw-cx").bounding_box()["height"]}
            assert yours.count() == 0
            pages.keep_picture(page, trouser.tobytes())
            yours.press("Enter")
            group = page.get_by_role("group", name="Your picture")
            group.get_by_text("What is it really?").wait_for()
            words = group.inner_text()
            assert f"The network says {CLASS_NAMES[said]}, {100 * answer[said]:.1f}%" in words
            assert np.array_equal(_gray(page, ".cw-cx-mine > canvas"), trouser)
            heights.add(page.locator(".cw-cx").bounding_box()["height"])
            assert pages.axe(page) == []
            group.get_by_role("button", name="Dress", exact=True).click()
            page.wait_for_selector(f".cw-cx[data-cell='3/{said}']")
            marked = page.locator(".cw-cx-cell.cw-cx-yours")
            assert marked.get_attribute("data-cell") == f"3/{said}"
            assert "your picture" in marked.get_attribute("aria-label")
            thumb = page.get_by_role("button", name="Your picture, which the network calls")
            assert thumb.evaluate("button => button === document.activeElement")
            assert np.array_equal(_gray(page, ".cw-cx-thumb canvas"), trouser)
            page.locator("[data-cell='6/0']").click()
            thumb.wait_for(state="hidden")  # it belongs to no other cell
            heights.add(page.locator(".cw-cx").bounding_box()["height"])
            yours.press("Enter")
            page.keyboard.press("Escape")
            group.wait_for(state="hidden")
            assert yours.evaluate("button => button === document.activeElement")
            pages.keep_picture(page, None)
            assert yours.count() == 0
            marked.wait_for(state="detached")
            heights.add(page.locator(".cw-cx").bounding_box()["height"])
            assert len(heights) == 1
            pages.keep_picture(page, trouser.tobytes())
            yours.wait_for()
            packed = pack_predictions(*_random(20))  # of a network that is not here to be asked
            page.evaluate(
                "bytes => document.querySelector('.cw-host').courseModel.set("
                "'predictions', Uint8Array.from(bytes))",
                list(packed),
            )
            page.get_by_text("of 20 test images").wait_for()
            assert yours.count() == 0

    @pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
    def test_the_images_stand_in_one_view_with_the_cell_and_nothing_moves(
        self, chromium, folder, sample, answers, width, height
    ):
        worst = fashion_lib.most_confused(sample[1], answers.argmax(axis=1), n=1).iloc[0]
        with pages.open_figure(
            chromium, folder / "light.html", width=width, height=height, has_touch=True
        ) as page:
            page.wait_for_selector(STARTED)
            page.locator(".cw-cx-shortcut").first.tap()
            title = f"{worst['true']} taken for {worst['predicted']}"
            assert page.locator(".cw-cx-title").inner_text() == title
            assert f"{worst['count']} of " in page.locator(".cw-cx-facts").inner_text()
            page.locator(".cw-cx-stage").evaluate("one => one.scrollIntoView()")
            places = set()
            # The largest, a right answer, none, a row, a column, everything, the edges.
            for cell in ("6/0", "6/6", "1/5", "6/-1", "-1/6", "-1/-1", "0/0", "9/9", "9/0"):
                page.locator(f"button[data-cell='{cell}']").tap()
                page.wait_for_selector(f".cw-cx[data-cell='{cell}'] {PAINTED}")
                for part in (f"button[data-cell='{cell}']", ".cw-cx-title", ".cw-cx-images"):
                    box = page.locator(part).bounding_box()
                    assert box["y"] >= 0, part
                    assert box["y"] + box["height"] <= height, part
                shown = page.locator(".cw-cx, .cw-cx-matrix, .cw-cx-images, .cw-cx-scores")
                boxes = shown.evaluate_all(
                    "all => all.map((one) => one.getBoundingClientRect())"
                    ".map((box) => [box.x, box.y, box.width])"
                )
                bottom = page.locator(".cw-cx").bounding_box()["height"]
                places.add(str((boxes[:3], boxes[3][:2], bottom)))
            assert len(places) == 1, places
            cell, head = (
                page.locator(f"button[data-cell='9/{answer}']").bounding_box() for answer in (0, -1)
            )
            assert head["x"] + head["width"] <= cell["x"] - 2  # the ring is not covered

    def test_the_diagonal_gets_its_color_back(self, chromium, folder):
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(STARTED)
            page.get_by_label("Color the mistakes only").click()
            assert pages.state(page, "fade_diagonal") is False
            assert page.locator(".cw-cx-faded").count() == 0
            assert page.locator("[data-cell='0/0']").evaluate(
                "one => one.classList.contains('cw-cx-strong')"
            )

    def test_the_kernel_can_close_the_cell(self, chromium, folder):
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(STARTED)
            pages.set_state(page, selected=[])
            page.wait_for_selector(".cw-cx[data-cell='']")
            assert _shown(page) == []
            assert page.locator(".cw-cx-title").inner_text() == "Nothing is chosen."


class TestPage:
    @pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1000), ("light", 320)])
    def test_axe_finds_nothing_and_nothing_sticks_out(self, chromium, folder, theme, width):
        page_file = folder / f"{theme}.html"
        with pages.open_figure(chromium, page_file, theme=theme, width=width) as page:
            page.wait_for_selector(STARTED)
            image = int(ConfusionExplorer().selected_indices[0])
            for on in (True, False):
                pages.set_state(page, fade_diagonal=on, normalize=on, image=image if on else None)
                assert pages.axe(page) == []
            box = page.locator(".cw-cx").bounding_box()
            for part in (".cw-cx-frame", ".cw-cx-scores", ".cw-cx-panel"):
                inner = page.locator(part).bounding_box()
                assert inner["x"] >= box["x"]
                assert inner["x"] + inner["width"] <= box["x"] + box["width"], part
            smallest = page.eval_on_selector_all(
                ".cw-cx button",
                "all => Math.min(...all.filter((one) => one.offsetParent).flatMap((one) => {"
                " const box = one.getBoundingClientRect(); return [box.width, box.height]; }))",
            )
            assert smallest >= 24

    def test_says_what_is_missing_and_goes_on_when_it_is_back(self, chromium, folder):
        page = chromium.new_page()
        page.set_default_timeout(10_000)
        page.route("**/assets/*.js", lambda route: route.abort())
        with Server(folder) as server:
            page.goto(f"{server.address}/light.html")
            alert = page.get_by_role("alert")
            alert.wait_for()
            assert "predictions could not be loaded" in alert.inner_text()
            page.unroute("**/assets/*.js")
            page.route("**/assets/test-images-*.js", lambda route: route.abort())
            alert.get_by_role("button", name="Try again").click()
            page.wait_for_selector(STARTED)
            page.locator(".cw-cx-images").scroll_into_view_if_needed()
            page.wait_for_selector(".cw-cx-images[data-state=failed]")
            assert "images could not be loaded" in alert.inner_text()
            page.unroute("**/assets/test-images-*.js")
            alert.get_by_role("button", name="Try again").click()
            page.wait_for_selector(PAINTED)
            assert alert.count() == 0
        page.close()

    def test_two_views_of_one_model_agree_and_one_can_leave(self, chromium, folder):
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(STARTED)
            pages.add_second_view(page, "confusion_explorer/figure")
            page.locator("#second [data-cell='2/4']").click()
            for view in ("#second", ".cw-host"):
                page.wait_for_selector(f"{view} .cw-cx[data-cell='2/4']")
            page.evaluate("window.leave()")
            assert page.locator("#second").inner_html() == ""
            pages.set_state(page, selected=[4, 2])
            page.wait_for_selector(".cw-host .cw-cx[data-cell='4/2']")
