"""The network walk: its traits, and the figure in a browser against NumPy's forward pass."""

import json
from pathlib import Path

import numpy as np
import pytest
import traitlets
from bs4 import BeautifulSoup

from book.serve import Server
from fashion_figures import NetworkWalk
from fashion_figures.network_walk.figure import SIZES
from fashion_figures.shared.assets import garment_bytes, weights_bytes
from fashion_lib import CLASS_NAMES, forward, load_weights, normalize
from tests.fashion_figures import pages

STARTED = ".cw-nw[data-place]"


@pytest.fixture(scope="module")
def garments():
    return np.frombuffer(garment_bytes(), dtype=np.uint8).reshape(30, 28, 28)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Write the figure's page once, light and dark."""
    folder = tmp_path_factory.mktemp("network_walk")
    for theme in ("light", "dark"):
        pages.write_page(folder, NetworkWalk(), theme)
    return folder


@pytest.fixture(scope="module")
def shared(chromium, folder):
    """Open the figure once for the tests that set its whole state."""
    with pages.open_figure(chromium, folder / "light.html") as page:
        page.wait_for_selector(STARTED)
        yield page


def _layers(image):
    _, layers = forward(load_weights(), normalize(image[np.newaxis]), return_layers=True)
    return {
        name: values[0].reshape(-1, SIZES[name][1])
        for name, values in layers.items()
        if name in SIZES
    }


def _places(rng, count):
    """Return places at random in every layer, the corners included."""
    places = []
    for layer, (size, filters) in SIZES.items():
        for row, column in [(0, 0), (size - 1, size - 1), *rng.integers(0, size, (count, 2))]:
            places.append([layer, int(rng.integers(filters)), int(row), int(column)])
    return places


def _on_screen(locator):
    """Scroll an element into view and return where it is then."""
    locator.scroll_into_view_if_needed()
    return locator.bounding_box()


READ = """async ({ image, places }) => {
    const host = document.querySelector('.cw-host');
    const model = host.courseModel;
    if (image) model.set('image', new DataView(Uint8Array.from(image).buffer));
    const seen = [];
    for (const [layer, filter, row, column] of places) {
        for (const [name, value] of Object.entries({ layer, filter, row, column })) {
            model.set(name, value);
        }
        await Promise.resolve();
        const shown = host.querySelector('.cw-nw-value strong');
        const lines = [...host.querySelectorAll('.cw-nw-receipt td')].map((td) => td.textContent);
        seen.push({
            place: host.querySelector('.cw-nw').dataset.place,
            value: Number(shown.dataset.value),
            text: shown.textContent,
            lines,
            field: host.querySelector('.cw-nw-picture canvas').ariaLabel,
        });
    }
    return seen;
}"""


class TestTraits:
    def test_starts_with_an_ankle_boot_of_the_test_set(self, fashion):
        _, (images, labels) = fashion
        first = images[labels == CLASS_NAMES.index("Ankle boot")][0]
        np.testing.assert_array_equal(NetworkWalk().image, first)

    @pytest.mark.parametrize(
        "place",
        [
            {"layer": "conv1", "filter": 32},
            {"layer": "conv2", "row": 11},
            {"layer": "pool3", "column": 1},
            {"filter": -2},
            {"layer": "conv4"},
        ],
    )
    def test_a_place_that_does_not_exist_is_refused(self, place):
        with pytest.raises(traitlets.TraitError):
            NetworkWalk(**place)

    def test_the_last_value_of_every_layer_is_a_place(self):
        for layer, (size, filters) in SIZES.items():
            walk = NetworkWalk(layer=layer, filter=filters - 1, row=size - 1, column=size - 1)
            assert (walk.layer, walk.filter) == (layer, filters - 1)

    def test_a_new_layer_forgets_a_place_that_it_lacks_and_keeps_one_that_it_has(self):
        walk = NetworkWalk(layer="conv2", filter=40, row=9, column=2)
        walk.layer = "pool1"
        assert (walk.filter, walk.row, walk.column) == (-1, 9, 2)
        walk.layer = "pool2"
        assert (walk.filter, walk.row, walk.column) == (-1, -1, -1)

    def test_the_front_end_changes_layer_and_place_at_once(self):
        walk = NetworkWalk(layer="conv1", filter=31, row=25, column=25)
        walk.set_state({"layer": "conv2", "filter": 60, "row": 10, "column": 0})
        assert (walk.layer, walk.filter, walk.row, walk.column) == ("conv2", 60, 10, 0)
        with pytest.raises(traitlets.TraitError):
            walk.set_state({"layer": "pool2", "filter": 60, "row": 9, "column": 0})

    def test_sizes_are_those_of_the_network(self, garments):
        _, layers = forward(load_weights(), normalize(garments[:1]), return_layers=True)
        for layer, (size, filters) in SIZES.items():
            assert layers[layer][0].size == size * size * filters

    def test_the_static_page_has_the_state_and_the_words(self):
        soup = BeautifulSoup(NetworkWalk(layer="pool2").static_html(), "html.parser")
        host = soup.select_one(".cw-host[data-widget='network_walk/figure']")
        state = json.loads(host.script.string)
        assert state["layer"] == "pool2"
        assert host.select_one(".cw-fallback").get_text() == NetworkWalk().text

    def test_the_assets_are_the_shipped_weights_and_thirty_test_images(self, fashion, garments):
        assert NetworkWalk.assets["weights"]() == weights_bytes()
        _, (images, labels) = fashion
        for label in range(10):
            expected = images[labels == label][:3]
            np.testing.assert_array_equal(garments[3 * label : 3 * label + 3], expected)


class TestValues:
    @pytest.mark.parametrize("number", [27, 20, 3])
    def test_every_value_shown_is_the_forward_pass_at_that_place(self, shared, garments, number):
        rng = np.random.default_rng(number)
        places, layers = _places(rng, 12), _layers(garments[number])
        image = garments[number].reshape(-1).tolist()
        for place, seen in zip(
            places, shared.evaluate(READ, {"image": image, "places": places}), strict=True
        ):
            layer, filter_, row, column = place
            expected = layers[layer][row * SIZES[layer][0] + column, filter_]
            assert seen["place"] == "/".join(map(str, place))
            assert seen["value"] == pytest.approx(expected, abs=1e-5)
            assert float(seen["text"]) == pytest.approx(expected, abs=6e-4)
        np.testing.assert_allclose(
            pages.state(shared, "probabilities"), layers["output"][0], atol=1e-5
        )

    def test_the_receipt_adds_up(self, shared, garments):
        places = [p for p in _places(np.random.default_rng(1), 6) if "pool" not in p[0]]
        image = garments[10].reshape(-1).tolist()
        for place, seen in zip(
            places, shared.evaluate(READ, {"image": image, "places": places}), strict=True
        ):
            numbers = [float(line.replace("−", "-")) for line in seen["lines"]]
            assert numbers[-1] == pytest.approx(seen["value"], abs=6e-4)
            if place[0] == "output":
                assert sum(numbers[:3]) == pytest.approx(numbers[3], abs=3e-3)
                assert numbers[4] / numbers[5] == pytest.approx(numbers[6], abs=6e-3)
            else:
                assert sum(numbers[:-2]) == pytest.approx(numbers[-2], abs=3e-3)
                assert max(0, numbers[-2]) == pytest.approx(numbers[-1], abs=1e-9)

    def test_pixels_outside_the_receptive_field_have_no_part_in_the_value(self, shared, garments):
        rng = np.random.default_rng(3)
        places = [
            ["conv1", 5, 3, 20],
            ["pool1", 9, 12, 0],
            ["conv2", 1, 10, 4],
            ["pool2", 20, 2, 4],
            ["conv3", 9, 1, 2],
            ["pool3", 30, 0, 0],
        ]
        image = garments[24]
        shown = shared.evaluate(READ, {"image": image.reshape(-1).tolist(), "places": places})
        before = _layers(image)
        for (layer, filter_, row, column), seen in zip(places, shown, strict=True):
            words = seen["field"].replace(",", "").replace(".", "").split()
            side = int(words[words.index("on") + 1].split("×")[0])
            top = int(words[words.index("row") + 1])
            left = int(words[words.index("column") + 1])
            noise = rng.integers(0, 256, (28, 28)).astype(np.uint8)
            outside = noise.copy()
            outside[top : top + side, left : left + side] = image[
                top : top + side, left : left + side
            ]
            place = row * SIZES[layer][0] + column
            assert _layers(outside)[layer][place, filter_] == pytest.approx(
                before[layer][place, filter_], abs=1e-6
            )
            inside = image.copy()  # and no smaller field would do: its corners count
            for y in (top, top + side - 1):
                for x in (left, left + side - 1):
                    inside[y, x] = 255 - inside[y, x]
            assert (_layers(inside)[layer][place] != before[layer][place]).any()


class TestReader:
    def test_by_pointer_layer_map_and_value(self, chromium, folder):
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(STARTED)
            page.get_by_role("button", name="conv2").click()
            page.wait_for_selector(".cw-nw[data-place^='conv2/']")
            assert page.locator(".cw-nw-map").count() == 8
            page.get_by_role("button", name="Show all 64").click()
            assert page.locator(".cw-nw-map").count() == 64
            page.get_by_role("button", name="Feature map 17", exact=True).click()
            area = _on_screen(page.locator(".cw-nw-plane canvas"))
            cell = area["width"] / 11
            page.mouse.click(area["x"] + 3.5 * cell, area["y"] + 7.5 * cell)
            page.wait_for_selector(".cw-nw[data-place='conv2/17/7/3']")
            assert "conv2, map 17, row 7, column 3" in page.get_by_role("status").inner_text()
            assert [pages.state(page, name) for name in ("layer", "filter", "row", "column")] == [
                "conv2",
                17,
                7,
                3,
            ]
            page.mouse.move(area["x"] + 3.5 * cell, area["y"] + 7.5 * cell)
            page.mouse.down()
            page.mouse.move(area["x"] + 9 * area["width"], area["y"])
            page.mouse.up()  # a drag that ends outside stays at the edge
            page.wait_for_selector(".cw-nw[data-place='conv2/17/0/10']")

    def test_by_touch(self, chromium, folder):
        with pages.open_figure(chromium, folder / "light.html", width=390, has_touch=True) as page:
            page.wait_for_selector(STARTED)
            page.get_by_role("button", name="pool2").tap()
            area = _on_screen(page.locator(".cw-nw-plane canvas"))
            cell = area["width"] / 5
            page.touchscreen.tap(area["x"] + 1.5 * cell, area["y"] + 2.5 * cell)
            page.wait_for_selector(".cw-nw[data-place$='/2/1']")

    def test_by_keyboard_from_the_vote_back_to_the_pixels(self, chromium, folder):
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(STARTED)
            page.get_by_role("button", name="conv1 26×26×32").focus()
            page.keyboard.press("End")
            page.wait_for_selector(".cw-nw[data-place^='output/']")
            page.get_by_role("button", name="Start at the vote").press("Enter")
            page.wait_for_selector(".cw-nw[data-place='output/9/0/0']")
            page.locator(".cw-nw-sum [data-go]").first.focus()
            for layer in ("dense", "pool3", "conv3", "pool2", "conv2", "pool1", "conv1"):
                page.keyboard.press("Enter")  # the focus follows the walk
                page.wait_for_selector(f".cw-nw[data-place^='{layer}/']")
            assert page.get_by_text("here the walk back ends").is_visible()

    def test_arrow_keys_move_the_cursor_and_stop_at_the_edge(self, chromium, folder):
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(STARTED)
            pages.set_state(page, layer="conv3", filter=4, row=0, column=1)
            page.wait_for_selector(".cw-nw[data-place='conv3/4/0/1']")
            cursor = page.get_by_role("button", name="Arrow keys move")
            cursor.press("ArrowUp")
            for key, place in (
                ("ArrowRight", "0/2"),
                ("ArrowRight", "0/2"),
                ("ArrowDown", "1/2"),
                ("ArrowLeft", "1/1"),
            ):
                cursor.press(key)
                page.wait_for_selector(f".cw-nw[data-place='conv3/4/{place}']")
            cursor.press("Enter")
            page.wait_for_selector(".cw-nw[data-place^='pool2/']")
            pages.set_state(page, layer="dense", filter=33, row=0, column=0)
            cursor.press("ArrowUp")
            page.wait_for_selector(".cw-nw[data-place='dense/1/0/0']")

    def test_numbers_typed_into_the_fields_stay_in_range(self, chromium, folder):
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(STARTED)
            for name, typed in (("Map", "31"), ("Row", "99"), ("Column", "-4")):
                field = page.get_by_label(name, exact=True)
                field.fill(typed)
                field.press("Enter")
            page.wait_for_selector(".cw-nw[data-place='conv1/31/25/0']")

    def test_another_picture_changes_the_vote(self, chromium, folder, garments):
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(STARTED)
            page.get_by_role("button", name="Other pictures").click()
            page.get_by_role("button", name="Trouser", exact=True).first.click()
            page.wait_for_selector(".cw-nw[data-version='2']")
            status = page.get_by_role("status")
            assert "The network votes for Trouser" in status.inner_text()
            assert float(page.locator(".cw-nw-value strong").inner_text()) > 0  # its strongest
            expected = forward(load_weights(), normalize(garments[4:5]))[0]
            np.testing.assert_allclose(pages.state(page, "probabilities"), expected, atol=1e-5)


class TestPage:
    @pytest.mark.parametrize(("theme", "width"), [("light", 320), ("dark", 1000)])
    def test_axe_finds_nothing_and_nothing_sticks_out(self, chromium, folder, theme, width):
        page_file = folder / f"{theme}.html"
        with pages.open_figure(chromium, page_file, theme=theme, width=width) as page:
            page.wait_for_selector(STARTED)
            for layer in ("conv1", "pool1", "conv3", "output"):
                pages.set_state(page, layer=layer, filter=-1, row=-1, column=-1)
                page.wait_for_selector(f".cw-nw[data-place^='{layer}/']")
                assert pages.axe(page) == []
                assert page.evaluate("document.documentElement.scrollWidth") <= width

    def test_says_when_the_weights_are_missing_and_goes_on_when_they_are_back(
        self, chromium, folder
    ):
        refused = ("net::ERR_FAILED",)
        page = chromium.new_page()
        page.route("**/assets/weights.js", lambda route: route.abort())
        messages = []
        page.on("console", lambda m: m.type == "error" and messages.append(m.text))
        with Server(folder) as server:
            page.goto(f"{server.address}/light.html")
            alert = page.get_by_role("alert")
            alert.wait_for()
            assert "weights could not be loaded" in alert.inner_text()
            page.unroute("**/assets/weights.js")
            alert.get_by_role("button", name="Try again").click()
            page.wait_for_selector(STARTED)
        page.close()
        assert all(refused[0] in message for message in messages)

    def test_two_views_of_one_model_agree_and_one_can_leave(self, chromium, folder):
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(STARTED)
            pages.add_second_view(page, "network_walk/figure")
            page.wait_for_selector("#second .cw-nw[data-place]")
            page.locator("#second").get_by_role("button", name="pool1").click()
            for view in ("#second", ".cw-host"):
                page.wait_for_selector(f"{view} .cw-nw[data-place^='pool1/']")
            page.evaluate("window.leave()")
            assert page.locator("#second").inner_html() == ""
            pages.set_state(page, layer="conv2", filter=3, row=2, column=1)
            page.wait_for_selector(".cw-host .cw-nw[data-place='conv2/3/2/1']")
