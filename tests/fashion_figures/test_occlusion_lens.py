"""The lens of the front page: what it hides, what it computes, and how it is moved."""

import gzip
import json
import subprocess

import numpy as np
import pytest
import traitlets
from numpy.testing import assert_allclose, assert_array_equal

from fashion_figures import OcclusionLens
from fashion_figures.host.base import stylesheets
from fashion_figures.host.linker import FOLDER, link
from fashion_figures.occlusion_lens.figure import clearest_maps
from fashion_figures.shared.assets import garment_bytes
from fashion_lib import CLASS_NAMES, forward, load_weights, normalize
from fashion_lib.weights import network_bytes
from tests.fashion_figures.pages import axe, open_figure, set_state, state, write_page

FIGURE = ".cw-lens"
STAGE = ".cw-lens-stage"
FIRST_VIEW = 40 * 1024  # bytes, compressed
PLACES = [(0, 0), (7, 14), (12, 10), (25, 25), (20, 0)]

# Writes, for each place, the feature maps and then the ten probabilities.
SCRIPT = """
import { readFileSync, writeFileSync } from "node:fs";
const [folder, modules] = process.argv.slice(2);
const { answer, featureMaps, hide, readKernels } =
  await import(`${modules}/occlusion_lens/numbers.mjs`);
const { readNetwork } = await import(`${modules}/shared/network.mjs`);
const read = (name) => new Uint8Array(readFileSync(`${folder}/${name}`));
const [image, kernels] = [read("image"), readKernels(read("kernels"))];
const network = readNetwork(read("network"));
const found = JSON.parse(readFileSync(`${folder}/places`, "utf8")).flatMap(([row, column]) => {
  const seen = hide(image, row, column);
  return [...featureMaps(seen, kernels).flatMap((map) => [...map]), ...answer(network, seen)];
});
writeFileSync(`${folder}/found`, Float32Array.from(found));
"""


def hidden(image, row, column):
    """Return a picture that is black at nine pixels."""
    seen = image.copy()
    seen[row : row + 3, column : column + 3] = 0
    return seen


def answered(lens):
    """Return the network's answer to what a lens leaves of its picture, computed by NumPy."""
    return forward(load_weights(), normalize(hidden(lens.image, lens.row, lens.column)[None]))[0]


def percent(share):
    """Write a probability as the figure does."""
    if share < 0.005:
        return "<\u00a01%"
    return ">\u00a099%" if share > 0.995 else f"{100 * share:.0f}%"


class TestState:
    def test_the_pixels_under_the_square_are_black_to_the_network(self):
        lens = OcclusionLens(row=7, column=14)
        assert_array_equal(lens.seen, lens.image)
        assert_allclose(lens.whole, lens.probabilities)
        lens.covered = True
        assert_array_equal(lens.seen, hidden(lens.image, 7, 14))
        assert_allclose(lens.probabilities, answered(lens), atol=1e-6)
        assert lens.probabilities.argmax() == 9
        assert np.abs(lens.probabilities - lens.whole).max() > 0.001

    def test_another_picture_brings_its_own_maps_and_its_own_answer(self):
        lens = OcclusionLens()
        kernels = lens.kernels
        lens.image = np.frombuffer(garment_bytes(), np.uint8).reshape(30, 28, 28)[4]
        assert CLASS_NAMES[np.argmax(lens.whole)] == "Trouser"
        assert lens.kernels != kernels

    @pytest.mark.parametrize("value", [{"row": 26}, {"column": -1}, {"image": [1, 2]}])
    def test_the_square_stays_inside_of_a_picture(self, value):
        with pytest.raises(traitlets.TraitError):
            OcclusionLens(**value)
        with pytest.raises(traitlets.TraitError, match="give zeros"):
            OcclusionLens().image = None


def test_the_page_computes_what_numpy_computes(tmp_path):
    lens = OcclusionLens()
    (tmp_path / "script.mjs").write_text(SCRIPT)
    (tmp_path / "image").write_bytes(lens.image.tobytes())
    (tmp_path / "kernels").write_bytes(lens.kernels)
    (tmp_path / "network").write_bytes(network_bytes())
    (tmp_path / "places").write_text(json.dumps(PLACES))
    subprocess.run(["node", tmp_path / "script.mjs", tmp_path, FOLDER.as_uri()], check=True)
    found = np.frombuffer((tmp_path / "found").read_bytes(), np.float32).reshape(len(PLACES), -1)
    seen = np.stack([hidden(lens.image, *place) for place in PLACES])
    probabilities, layers = forward(load_weights(), normalize(seen), return_layers=True)
    whole = forward(load_weights(), normalize(lens.image[None]), return_layers=True)[1]
    shown = layers["conv1"][..., clearest_maps(whole["conv1"][0])]
    assert_allclose(found[:, -10:], probabilities, atol=1e-5)
    assert_allclose(found[:, :-10].reshape(-1, 9, 26, 26), np.moveaxis(shown, 3, 1), atol=1e-5)


def test_the_first_view_is_light():
    files = [link(OcclusionLens.module, "script"), *stylesheets(OcclusionLens.module).values()]
    files.append(OcclusionLens().static_html())
    assert sum(len(gzip.compress(text.encode())) for text in files) < FIRST_VIEW


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Write the page of the default figure."""
    return write_page(tmp_path_factory.mktemp("lens"), OcclusionLens())


class TestMoving:
    def test_a_reader_drags_the_square_and_lifts_it(self, chromium, page):
        with open_figure(chromium, page) as tab:
            shares = tab.locator(".cw-lens-share")
            lens = OcclusionLens()
            assert shares.all_text_contents() == [percent(share) for share in lens.whole]
            assert "Drag the square" in tab.get_by_role("status").inner_text()
            assert not tab.locator("script[src*='assets/']").count()  # the network waits
            box = tab.locator(STAGE).bounding_box()
            pixel = box["width"] / 28
            tab.mouse.move(box["x"] + 5.5 * pixel, box["y"] + 5.5 * pixel)
            tab.mouse.down()
            tab.mouse.move(box["x"] + 20.5 * pixel, box["y"] + 9.5 * pixel)
            assert tab.locator(FIGURE).get_attribute("data-place") == "8,19"
            tab.mouse.move(box["x"] - 300, box["y"] + 21.5 * pixel)  # outside: the last place
            tab.mouse.up()
            tab.wait_for_selector(f"{FIGURE}[data-answered='20,0']")
            lens.row, lens.column = 20, 0
            now = answered(lens)
            assert shares.all_text_contents() == [percent(share) for share in now]
            said = tab.get_by_role("status").inner_text()
            assert said.startswith("Without these nine pixels")
            assert CLASS_NAMES[now.argmax()] in said
            pixels = tab.locator(".cw-lens-pixels").get_attribute("aria-label")
            values = ", ".join(map(str, lens.image[20:23, 0:3].ravel()))
            assert pixels == f"Nine pixels under the square: {values}"
            assert [state(tab, name) for name in ("row", "column", "covered")] == [20, 0, True]
            tab.get_by_role("button", name="Show all pixels").click()
            assert shares.all_text_contents() == [percent(share) for share in lens.whole]
            assert tab.locator(STAGE).evaluate("one => one === document.activeElement")

    def test_keys_move_it_and_a_kernel_may(self, chromium, page):
        with open_figure(chromium, page) as tab:
            square = tab.get_by_role("slider", name="Square that hides nine pixels")
            square.focus()
            assert "hides nothing yet" in square.get_attribute("aria-valuetext")
            for key, place in [
                ("Space", "12,10"),
                ("ArrowRight", "12,11"),
                ("ArrowUp", "11,11"),
                ("ArrowLeft", "11,10"),
                ("ArrowDown", "12,10"),
                ("Escape", ""),
            ]:
                tab.keyboard.press(key)
                assert tab.locator(FIGURE).get_attribute("data-place") == place
            assert square.get_attribute("aria-valuetext") == "row 13, column 11, hides nothing yet"
            set_state(tab, row=25, column=25, covered=True)
            tab.wait_for_selector(f"{FIGURE}[data-answered='25,25']")
            tab.keyboard.press("ArrowRight")
            assert tab.locator(FIGURE).get_attribute("data-place") == "25,25"

    def test_each_place_keeps_a_tint_until_the_trace_is_cleared(self, chromium, page):
        with open_figure(chromium, page) as tab:
            assert "arrow keys" in tab.get_by_role("status").inner_text()
            stage, lens = tab.locator(STAGE), OcclusionLens()
            for key, column in [("Space", 10), ("ArrowRight", 11), ("ArrowLeft", 10)]:
                stage.press(key)
                tab.wait_for_selector(f"{FIGURE}[data-answered='12,{column}']")
            trail = state(tab, "trail")
            assert [place[:2] for place in trail] == [[12, 10], [12, 11]]
            for row, column, share in trail:
                lens.row, lens.column = row, column
                assert share == pytest.approx(answered(lens)[9], abs=1e-3)
            stage.press("Escape")
            assert "Places tried: 2." in tab.get_by_role("status").inner_text()
            tab.get_by_role("button", name="Clear the trace").click()
            tab.wait_for_selector(f"{FIGURE} .cw-lens-key", state="hidden")
            assert state(tab, "trail") == []

    def test_a_network_that_does_not_come_is_asked_for_again(self, chromium, tmp_path):
        page = write_page(tmp_path, OcclusionLens())
        asset = tmp_path / "_figures" / "assets" / "network-baseline.js"
        content = asset.read_bytes()
        asset.unlink()
        with open_figure(chromium, page, expected_errors=("ERR_FILE_NOT_FOUND",)) as tab:
            tab.locator(STAGE).press("ArrowRight")
            tab.wait_for_selector("text=The network could not be loaded")
            asset.write_bytes(content)
            tab.locator(STAGE).press("ArrowRight")
            tab.wait_for_selector(f"{FIGURE}[data-answered='12,12']")


class TestEveryReader:
    @pytest.mark.parametrize(("theme", "width"), [("light", 1000), ("dark", 390)])
    def test_axe_finds_nothing_and_nothing_sticks_out(self, chromium, tmp_path, theme, width):
        lens = OcclusionLens(row=8, column=17, covered=True)
        page = write_page(tmp_path, lens, theme)
        with open_figure(chromium, page, width=width, theme=theme, has_touch=True) as tab:
            tab.wait_for_selector(f"{FIGURE}[data-answered='8,17']")
            assert axe(tab) == []
            outside = """(panel) => {
                const box = panel.getBoundingClientRect();
                return [...panel.querySelectorAll("*")].filter((one) => {
                    const { right, bottom } = one.getBoundingClientRect();
                    return right > box.right + 1 || bottom > box.bottom + 1;
                }).map((one) => one.className);
            }"""
            assert tab.locator(".cw-lens-panel").evaluate(outside) == []
            # A finger on the picture drags the square; beside it, it scrolls the page.
            action = "one => getComputedStyle(one).touchAction"
            assert tab.locator(STAGE).evaluate(action) == "none"
            assert tab.locator(".cw-lens-panel").evaluate(action) == "auto"
