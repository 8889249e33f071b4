"""The map of garments: its two projections against scikit-learn's, and the figure as it is used."""

import io
import json

import numpy as np
import pytest
import traitlets
from PIL import Image
from scipy.spatial import cKDTree
from sklearn.decomposition import PCA

import fashion_lib
from book.serve import Server
from fashion_figures import GarmentMap
from fashion_figures.garment_map import projection as module
from fashion_figures.host.site import asset_script
from fashion_lib import CLASS_NAMES
from tests.fashion_figures import pages

STARTED = ".cw-gm[data-projection]"
CANVAS = ".cw-gm-canvas"
MARGIN = 16  # pixels around the marks, as in map.mjs


@pytest.fixture(scope="module")
def sample():
    """Let the figure see the sample; return its test images and its map."""
    data = fashion_lib.load_data("sample")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "load_data", lambda: data)
        for cached in (module.planes, module.map_bytes):
            cached.cache_clear()
        yield data[1][0], module.planes()
    for cached in (module.planes, module.map_bytes):
        cached.cache_clear()


@pytest.fixture(scope="module")
def folder(sample, tmp_path_factory):
    """Write the figure's page once, light and dark, on the sample."""
    folder = tmp_path_factory.mktemp("garment_map")
    for theme in ("light", "dark"):
        pages.write_page(folder, GarmentMap(), theme)
    return folder


@pytest.fixture(scope="module")
def full(fashion):
    """Return the map of the full test set, the test set, and what the figure loads of it."""
    with pytest.MonkeyPatch.context() as patch:
        planes = module.planes.__wrapped__
        patch.setattr(module, "load_data", lambda: fashion)
        found = planes()
        patch.setattr(module, "planes", lambda: found)
        return found, fashion[1], module.map_bytes.__wrapped__()


def _nearest_agree(points, labels):
    """Return the share of points whose nearest other point is of the same class, by a k-d tree."""
    _, found = cKDTree(points).query(points, k=2)
    return np.mean(labels[found[:, 1]] == labels)


class TestProjections:
    def test_the_points_are_scikit_learns_principal_components(self, sample):
        images, planes = sample
        rows = images[planes.indices].reshape(len(planes.indices), -1) / 255
        expected = PCA(2, svd_solver="full").fit(rows)
        points = planes.points["pixels"]
        theirs = expected.transform(rows)
        signs = np.sign((points * theirs).sum(axis=0))
        np.testing.assert_allclose(points, signs * theirs, atol=1e-8)
        axes = signs[:, None] * expected.components_
        assert (axes[[0, 1], np.abs(axes).argmax(axis=1)] > 0).all()

    def test_the_features_are_what_leaves_the_last_pooling_layer(self, sample, monkeypatch):
        images, planes = sample
        monkeypatch.setattr(module, "CHUNK", 7)  # and chunks leave no trace
        some = images[planes.indices[:20]]
        _, layers = fashion_lib.forward(
            fashion_lib.load_weights(), fashion_lib.normalize(some), return_layers=True
        )
        expected = layers["pool3"].reshape(20, 64)
        np.testing.assert_allclose(module.features_of(some), expected, atol=1e-5)
        every = module.features_of(images[planes.indices])
        theirs = PCA(2, svd_solver="full").fit_transform(every.astype(float))
        points = planes.points["features"]
        np.testing.assert_allclose(np.abs(points), np.abs(theirs), atol=1e-5)

    def test_the_images_are_the_first_five_hundred_of_each_class(self, full):
        planes, (_, labels), _ = full
        seen = dict.fromkeys(range(10), 0)
        expected = []
        for index, label in enumerate(labels.tolist()):
            seen[label] += 1
            if seen[label] <= 500:
                expected.append(index)
        assert planes.indices.tolist() == expected
        assert np.array_equal(planes.labels, labels[planes.indices])

    def test_features_part_the_classes_better_than_pixels(self, full):
        planes, _, packed = full
        share = {name: _nearest_agree(planes.points[name], planes.labels) for name in planes.points}
        assert share["features"] > share["pixels"] + 0.1
        size = int.from_bytes(packed[:4], "little")
        told = json.loads(packed[4 : 4 + size])["share"]
        assert told == pytest.approx(share, abs=0.002)  # of two as near, either may be taken

    def test_the_text_is_true_of_the_map_by_pixels(self, full):
        planes, _, _ = full
        _, found = cKDTree(planes.points["pixels"]).query(planes.points["pixels"], k=11)
        near = planes.labels[found[:, 1:]]

        def among(classes):  # of ten neighbors of these, how many are of these
            return np.isin(near[np.isin(planes.labels, classes)], classes).mean()

        for region in ([5, 7], [1]):
            assert among(region) > 0.5
        mixed = [2, 4, 6]
        assert among(mixed) > 0.7
        assert max(among([label]) for label in mixed) < 0.4


class TestData:
    def test_it_is_small_and_its_pictures_are_nearly_right(self, full):
        planes, (images, _), packed = full
        assert len(asset_script("garment-map", packed)) <= 600 * 1024
        sheet = np.asarray(Image.open(io.BytesIO(packed[packed.index(b"RIFF") :])).convert("L"))
        rows, columns = sheet.shape[0] // 28, sheet.shape[1] // 28
        tiles = sheet.reshape(rows, 28, columns, 28).swapaxes(1, 2).reshape(-1, 28, 28)
        shown, real = tiles[: len(planes.indices)].astype(float), images[planes.indices]
        assert np.abs(shown - real).mean() < 12
        assert np.abs(shown.mean(axis=0) - real.mean(axis=0)).mean() < 2  # errors cancel in a mean

    @pytest.mark.parametrize(
        "state", [{"chosen": 10_001}, {"selected": [0, -1]}, {"classes": [10]}, {"projection": "x"}]
    )
    def test_what_is_not_on_the_map_is_refused(self, sample, state):
        with pytest.raises(traitlets.TraitError):
            GarmentMap(**state)


def _on_screen(page, points):
    """Return where the marks are in the window: y downward, as large as they fit."""
    box = page.locator(CANVAS).bounding_box()
    middle = (points.max(axis=0) + points.min(axis=0)) / 2
    half = np.ptp(points, axis=0) / 2
    scale = min((box["width"] / 2 - MARGIN) / half[0], (box["height"] / 2 - MARGIN) / half[1])
    offset = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    return (points - middle) * scale * [1, -1] + offset


def _mean(page):
    """Return the mean image that is shown, (28, 28)."""
    return np.array(
        page.locator(".cw-gm-card canvas").last.evaluate(
            "one => [...one.getContext('2d').getImageData(0, 0, 28, 28).data]"
        )
    ).reshape(28, 28, 4)[:, :, 0]


def _counts(page):
    """Return the numbers of the legend."""
    return [
        0 if text == "off" else int(text.replace(",", ""))
        for text in page.locator(".cw-gm-count").all_inner_texts()
    ]


class TestReader:
    def test_by_keyboard(self, chromium, folder, sample):
        images, planes = sample
        points, labels = planes.points["pixels"], planes.labels
        with pages.open_figure(chromium, folder / "light.html", reduced_motion="reduce") as page:
            page.wait_for_selector(STARTED)
            assert _counts(page) == np.bincount(labels).tolist()
            page.get_by_role("button", name="By the network’s features").focus()
            page.keyboard.press("Tab")
            assert page.evaluate(f"document.activeElement.matches('{CANVAS}')")
            start = list(planes.indices).index(pages.state(page, "chosen"))
            page.keyboard.press("Shift+ArrowRight")
            there = list(planes.indices).index(pages.state(page, "chosen"))
            moved = points[there] - points[start]
            assert moved[0] > abs(moved[1])
            said = page.get_by_role("status").inner_text()
            assert f"{CLASS_NAMES[labels[there]]}, test image {planes.indices[there]}" in said
            for _ in range(3):
                page.keyboard.press("+")
            page.keyboard.press("-")
            distance = np.linalg.norm(points - points[there], axis=1)
            nearest = np.argsort(distance, kind="stable")[:20]
            page.wait_for_selector(".cw-gm[data-selected='20']")
            assert set(pages.state(page, "selected")) == set(planes.indices[nearest])
            assert _counts(page) == np.bincount(labels[nearest], minlength=10).tolist()
            expected = images[planes.indices[nearest]].mean(axis=0)
            assert np.abs(_mean(page) - expected).mean() < 5
            assert page.locator(".cw-gm-number").inner_text() == "20"
            # The same garments, elsewhere: they are the nearest no longer.
            page.get_by_role("button", name="By the network’s features").click()
            page.wait_for_selector(".cw-gm[data-projection=features][data-moving=false]")
            assert set(pages.state(page, "selected")) == set(planes.indices[nearest])
            share = _nearest_agree(planes.points["features"], labels)
            shown = page.locator(".cw-gm-score strong").inner_text()
            assert abs(int(shown.rstrip("%")) - 100 * share) <= 1
            page.locator(CANVAS).focus()
            page.keyboard.press("Escape")
            page.wait_for_selector(".cw-gm[data-selected='0']")

    def test_by_mouse(self, chromium, folder, sample):
        _, planes = sample
        points, labels = planes.points["pixels"], planes.labels
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(STARTED)
            places = _on_screen(page, points)
            alone = np.argsort(cKDTree(places).query(places, k=2)[0][:, 1])[-1]
            page.mouse.click(*places[alone])
            page.locator(f".cw-gm-card:has-text('test image {planes.indices[alone]}')").wait_for()
            assert pages.state(page, "chosen") == planes.indices[alone]
            # A line around the left half of the map.
            box = page.locator(CANVAS).bounding_box()
            left, top = box["x"] + 2, box["y"] + 2
            middle, bottom = box["x"] + box["width"] / 2, top + box["height"] - 4
            page.mouse.move(left, top)
            page.mouse.down()
            for corner in ((middle, top), (middle, bottom), (left, bottom)):
                page.mouse.move(*corner, steps=4)
            page.mouse.up()
            inside = places[:, 0] < middle
            page.wait_for_selector(f".cw-gm[data-selected='{inside.sum()}']")
            assert pages.state(page, "selected") == planes.indices[inside].tolist()
            counts = np.bincount(labels[inside], minlength=10)
            most = int(counts.argmax())
            words = page.locator(".cw-gm-card").last.inner_text()
            assert f"{100 * counts[most] / counts.sum():.0f}%" in words
            for label in np.flatnonzero(counts == counts[most]):
                assert CLASS_NAMES[label] in words
            page.locator(".cw-gm-legend button").nth(most).click()
            assert _counts(page)[most] == 0
            assert most not in pages.state(page, "classes")
            page.get_by_role("button", name="Clear selection").click()
            page.get_by_role("button", name="Show all classes").click()
            assert _counts(page) == np.bincount(labels).tolist()
            # The marks travel, and arrive.
            page.get_by_role("button", name="By the network’s features").click()
            page.wait_for_selector(".cw-gm[data-moving=true]")
            page.wait_for_selector(".cw-gm[data-moving=false]")
            places = _on_screen(page, planes.points["features"])
            alone = np.argsort(cKDTree(places).query(places, k=2)[0][:, 1])[-1]
            page.mouse.click(*places[alone])
            page.locator(f".cw-gm-card:has-text('test image {planes.indices[alone]}')").wait_for()

    def test_by_touch_a_finger_scrolls_until_it_has_the_lasso(self, chromium, folder, sample):
        _, planes = sample
        with pages.open_figure(
            chromium, folder / "light.html", width=390, height=844, has_touch=True, is_mobile=True
        ) as page:
            page.wait_for_selector(STARTED)
            touch = f"getComputedStyle(document.querySelector('{CANVAS}')).touchAction"
            assert page.evaluate(touch) != "none"
            places = _on_screen(page, planes.points["pixels"])
            alone = np.argsort(cKDTree(places).query(places, k=2)[0][:, 1])[-1]
            page.touchscreen.tap(*places[alone])
            page.locator(f".cw-gm-card:has-text('test image {planes.indices[alone]}')").wait_for()
            page.get_by_role("button", name="Lasso").tap()
            assert page.evaluate(touch) == "none"

    def test_looks_right_in_each_theme_and_width(self, chromium, folder):
        for theme, width in (("light", 1000), ("dark", 390)):
            with pages.open_figure(
                chromium, folder / f"{theme}.html", theme=theme, width=width
            ) as page:
                page.wait_for_selector(STARTED)
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                assert pages.axe(page) == []

    def test_a_kernel_sets_what_the_reader_sees_in_every_view(self, chromium, folder, sample):
        _, planes = sample
        boots = planes.indices[planes.labels == 9][:30].tolist()
        with pages.open_figure(chromium, folder / "light.html", reduced_motion="reduce") as page:
            page.wait_for_selector(STARTED)
            pages.add_second_view(page, "garment_map/figure")
            pages.set_state(page, projection="features", selected=boots, chosen=boots[0])
            for view in ("#second", ".cw-host"):
                page.wait_for_selector(f"{view} [data-projection=features][data-selected='30']")
                text = page.locator(f"{view} .cw-gm-cards").inner_text()
                assert f"test image {boots[0]}" in text
                assert "100% Ankle boot" in text
            page.evaluate("window.leave()")
            assert page.locator("#second").inner_html() == ""
            pages.set_state(page, selected=[])
            page.wait_for_selector(".cw-host [data-selected='0']")

    def test_says_what_is_missing_and_goes_on_when_it_is_back(self, chromium, folder):
        page = chromium.new_page()
        page.set_default_timeout(10_000)
        page.route("**/assets/*.js", lambda route: route.abort())
        with Server(folder) as server:
            page.goto(f"{server.address}/light.html")
            alert = page.get_by_role("alert")
            alert.wait_for()
            assert "map of garments could not be loaded" in alert.inner_text()
            page.unroute("**/assets/*.js")
            alert.get_by_role("button", name="Try again").click()
            page.wait_for_selector(STARTED)
        page.close()
