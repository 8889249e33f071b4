"""Each figure in each engine: what a reader does, from a disk, and what can fail, from a server."""

import io

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from sklearn.metrics import confusion_matrix

import fashion_lib
from fashion_figures import (
    ConfusionExplorer,
    ConvolutionExplorer,
    GarmentMap,
    NetworkWalk,
    OcclusionLens,
    PictureLab,
    Quiz,
    TrainingLab,
)
from fashion_figures.confusion_explorer import figure as confusion_explorer
from fashion_figures.garment_map import projection as garment_map
from fashion_figures.shared.assets import garment_bytes
from fashion_lib import forward, load_weights, normalize, predict_image
from fashion_lib.prediction import example_pictures
from tests.browsers import serve, wait_until
from tests.fashion_figures.pages import open_figure, state, write_page
from tests.fashion_figures.test_occlusion_lens import answered, percent

# How the engines write into the console that a file is missing.
NOT_FOUND = ("404", "Failed to load", "Loading failed", "MIME type")
QUESTION = {
    "prompt": "What is 2 + 2?",
    "choices": ["3", "4"],
    "why": ["Too few.", "As 2 · 2."],
    "answer": 1,
}
TRAINING = {"images": 40, "validation_images": 20, "batch_size": 20, "backend": "javascript"}
MODEL = "document.querySelector('.cw-host').courseModel"
TROUSER, SNEAKER, BAG, BOOT = 1, 7, 8, 9


@pytest.fixture(scope="module")
def sample():
    """Return the sample's test images and labels: all that two of the figures have here."""
    return fashion_lib.load_data("sample")[1]


@pytest.fixture(scope="module")
def said(sample):
    """Return the shipped network's answers for the sample's test images."""
    return forward(load_weights(), normalize(sample[0])).argmax(axis=1)


@pytest.fixture(scope="module")
def folder(sample, tmp_path_factory):
    """Write a page for each figure."""
    folder = tmp_path_factory.mktemp("engines")
    figures = {
        "convolution": ConvolutionExplorer(),
        "lens": OcclusionLens(),
        "walk": NetworkWalk(),
        "training": TrainingLab(max_epochs=2, **TRAINING),
        "pictures": PictureLab(),
        "quiz": Quiz(questions=[QUESTION]),
    }
    with pytest.MonkeyPatch.context() as patch:
        cached = (confusion_explorer.predictions_bytes, garment_map.planes, garment_map.map_bytes)
        for module in (confusion_explorer, garment_map):
            patch.setattr(module, "load_data", lambda: (None, sample))
        for function in cached:
            function.cache_clear()
        figures |= {"confusion": ConfusionExplorer(), "map": GarmentMap()}
        for name, figure in figures.items():
            (folder / name).mkdir()
            write_page(folder / name, figure)
    for function in cached:
        function.cache_clear()
    return folder


@pytest.fixture
def from_disk(engine, folder):
    """Return a function that opens a figure's page from the disk."""
    return lambda name: open_figure(engine, folder / name / "light.html")


@pytest.fixture(scope="module")
def address(engine, folder):
    with serve(folder, engine) as server:
        yield server.address


@pytest.fixture
def served(engine, folder, address):
    """Return a function that opens a figure's page from the server, where a file is missing."""

    def open_(name):
        page = folder / name / "light.html"
        return open_figure(engine, page, address=f"{address}/{name}", expected_errors=NOT_FOUND)

    return open_


@pytest.fixture
def take_away(folder):
    """Return a function that takes a file away, and gives one that brings it back."""
    taken = {}

    def take(figure, name):
        path = folder / figure / "_figures" / "assets" / f"{name}.js"
        taken[path] = path.rename(path.with_suffix(".away"))
        return lambda: taken.pop(path).rename(path)

    yield take
    for path, kept in taken.items():
        kept.rename(path)


def drag(tab, selector, *places):
    """Drag over an element; places are shares of its width and height."""
    part = tab.locator(selector)
    part.scroll_into_view_if_needed()
    box = part.bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    tab.mouse.move(*at[0])
    tab.mouse.down()
    for place in at[1:]:
        tab.mouse.move(*place)
    tab.mouse.up()


def has_state(tab, name, value):
    """Wait until one of the figure's states, as JSON, is this."""
    wait_until(tab, f"JSON.stringify({MODEL}.get('{name}')) === '{value}'")


def votes(tab):
    """Wait for the ten probabilities, and return them."""
    wait_until(tab, f"{MODEL}.get('probabilities')?.length === 10")
    return state(tab, "probabilities")


def garment(label):
    """Return the first picture of a class among those that the figures offer."""
    return np.frombuffer(garment_bytes(), np.uint8).reshape(10, 3, 28, 28)[label, 0]


class TestConvolutionExplorer:
    def test_moves_computes_and_takes_a_number(self, from_disk):
        figure = ConvolutionExplorer()
        with from_disk("convolution") as tab:
            window = tab.get_by_role("slider", name="window")
            window.press("ArrowDown")
            window.press("ArrowRight")
            place = state(tab, "row"), state(tab, "column")
            assert place == (figure.row + 1, figure.column + 1)
            result = tab.locator(".cw-conv-result:visible").inner_text().replace("−", "-")
            assert float(result) == pytest.approx(figure.output[place], abs=0.005)
            tab.get_by_label("Kernel, row 1, column 1").click()
            tab.keyboard.type("5")  # over what stands there: a click selects it
            tab.keyboard.press("Enter")
            assert state(tab, "kernel")[1][1] == 5
            tab.get_by_label("Picture", exact=True).select_option("Bag 2")
            has_state(tab, "garment", 25)

    def test_says_what_is_missing_and_goes_on(self, served, take_away):
        bring_back = take_away("convolution", "garments")
        with served("convolution") as tab:
            pictures = tab.get_by_label("Picture", exact=True)
            pictures.select_option("Bag 2")
            tab.get_by_role("alert").first.wait_for()
            bring_back()
            pictures.select_option("Bag 3")
            has_state(tab, "garment", 26)


class TestOcclusionLens:
    def test_hides_what_the_square_is_dragged_over(self, from_disk):
        lens = OcclusionLens(row=8, column=19, covered=True)
        with from_disk("lens") as tab:
            drag(tab, ".cw-lens-stage", (5.5 / 28, 5.5 / 28), (20.5 / 28, 9.5 / 28))
            tab.wait_for_selector(".cw-lens[data-answered='8,19']")
            shares = tab.locator(".cw-lens-share").all_text_contents()
            assert shares == [percent(share) for share in answered(lens)]

    def test_says_what_is_missing_and_goes_on(self, served, take_away):
        bring_back = take_away("lens", "network-baseline")
        with served("lens") as tab:
            tab.locator(".cw-lens-stage").press("ArrowRight")
            tab.get_by_text("could not be loaded").first.wait_for()
            bring_back()
            tab.locator(".cw-lens-stage").press("ArrowRight")
            tab.wait_for_selector(".cw-lens[data-answered]")


class TestGarmentMap:
    def test_a_line_around_all_garments_has_their_mean(self, from_disk, sample):
        with from_disk("map") as tab:
            tab.get_by_role("button", name="By the network’s features").click()
            has_state(tab, "projection", '"features"')
            tab.wait_for_selector(".cw-gm[data-moving=false]")
            corners = ((0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99))
            drag(tab, ".cw-gm-canvas", *corners)
            tab.wait_for_selector(f".cw-gm[data-selected='{len(sample[1])}']")
            assert sorted(state(tab, "selected")) == list(range(len(sample[1])))

    def test_says_what_is_missing_and_goes_on(self, served, take_away):
        bring_back = take_away("map", "garment-map")
        with served("map") as tab:
            alert = tab.get_by_role("alert").first
            alert.wait_for()
            bring_back()
            alert.get_by_role("button", name="Try again").click()
            tab.wait_for_selector(".cw-gm[data-projection]")


class TestNetworkWalk:
    def test_votes_for_the_garment_that_is_chosen(self, from_disk):
        with from_disk("walk") as tab:
            assert int(np.argmax(votes(tab))) == BOOT
            tab.get_by_role("button", name="Trouser", exact=True).first.click()
            wait_until(tab, f"{MODEL}.get('probabilities')[{TROUSER}] > 0.5")
            expected = forward(load_weights(), normalize(garment(TROUSER)[np.newaxis]))[0]
            assert_allclose(votes(tab), expected, atol=1e-4)
            tab.get_by_role("button", name="conv2").first.click()
            has_state(tab, "layer", '"conv2"')

    def test_says_what_is_missing_and_goes_on(self, served, take_away):
        bring_back = take_away("walk", "network-baseline")
        with served("walk") as tab:
            alert = tab.get_by_role("alert").first
            alert.wait_for()
            bring_back()
            alert.get_by_role("button", name="Try again").click()
            assert int(np.argmax(votes(tab))) == BOOT


class TestTrainingLab:
    def test_trains_and_answers(self, from_disk):
        with from_disk("training") as tab:
            tab.get_by_role("button", name="Start").first.click()
            tab.wait_for_selector("[data-phase=finished]", timeout=60_000)
            first, second = state(tab, "epochs")
            assert 0 < second["loss"] < first["loss"]

    def test_says_what_is_missing_and_goes_on(self, served, take_away):
        bring_back = take_away("training", "training-images")
        with served("training") as tab:
            tab.get_by_role("button", name="Start").first.click()
            tab.get_by_role("alert").first.wait_for()
            bring_back()
            tab.get_by_role("button", name="Try again").first.click()
            tab.wait_for_selector("[data-phase=finished]", timeout=60_000)


class TestConfusionExplorer:
    def shown(self, tab, count):
        """Wait for so many thumbnails, and return which test images they are."""
        names = """[...document.querySelectorAll("[aria-label^='Test image']")]
            .filter((one) => one.checkVisibility({ visibilityProperty: true }))
            .map((one) => one.getAttribute("aria-label"))
            .filter((name) => name.includes("labeled"))"""
        wait_until(tab, f"{names}.length === {count}")
        return {int(name.split()[2].strip(",:.")) for name in tab.evaluate(names)}

    def test_counts_and_shows_a_cells_images(self, from_disk, sample, said):
        images = np.flatnonzero((sample[1] == BOOT) & (said == SNEAKER))
        with from_disk("confusion") as tab:
            cells = tab.locator(".cw-cx-cell")
            cells.first.wait_for()
            counts = np.array([int(text) for text in cells.all_text_contents()])
            assert_array_equal(counts.reshape(10, 10), confusion_matrix(sample[1], said))
            cells.nth(10 * BOOT + SNEAKER).click()
            assert self.shown(tab, len(images)) == set(images)

    def test_says_what_is_missing_and_goes_on(self, served, take_away, sample, said):
        bring_back = take_away("confusion", "predictions")
        with served("confusion") as tab:
            alert = tab.get_by_role("alert").first
            alert.wait_for()
            bring_back()
            alert.get_by_role("button", name="Try again").click()
            tab.locator(".cw-cx-cell").first.wait_for()
            tab.locator(".cw-cx-cell").nth(10 * BOOT + SNEAKER).click()
            images = np.flatnonzero((sample[1] == BOOT) & (said == SNEAKER))
            assert self.shown(tab, len(images)) == set(images)


class TestPictureLab:
    def give(self, tab, tmp_path, name, content):
        """Choose a file."""
        (tmp_path / name).write_bytes(content)
        tab.locator("input[type=file]").set_input_files(tmp_path / name)

    def answers(self, tab, label):
        """Wait until the network names a class, and nothing is refused."""
        answered = f"{MODEL}.get('probabilities')?.[{label}] > 0.5"
        wait_until(tab, f"{answered} && {MODEL}.get('error') === ''")
        return state(tab, "probabilities")

    def test_answers_an_example_and_a_file(self, from_disk, tmp_path):
        with from_disk("pictures") as tab:
            self.answers(tab, BOOT)
            tab.get_by_role("button", name="Trouser", exact=True).first.click()
            example = example_pictures()["trouser"]
            assert_allclose(
                self.answers(tab, TROUSER), predict_image(example).probabilities, atol=1e-3
            )
            self.give(tab, tmp_path, "boot.png", example_pictures()["ankle_boot"].read_bytes())
            self.answers(tab, BOOT)
            assert state(tab, "source") == "file"

    def test_half_a_picture_is_refused_and_the_whole_one_answered(self, served, tmp_path):
        picture = Image.open(example_pictures()["bag"]).convert("RGB")
        with served("pictures") as tab:
            self.answers(tab, BOOT)
            for kind in ("JPEG", "PNG", "GIF", "WEBP", "BMP"):
                file = io.BytesIO()
                picture.save(file, kind)
                content = file.getvalue()
                self.give(tab, tmp_path, f"half.{kind}", content[: len(content) // 2])
                wait_until(tab, f"{MODEL}.get('error') !== ''")
                assert "damaged" in tab.get_by_role("alert").first.inner_text(), kind
                self.give(tab, tmp_path, f"whole.{kind}", content)
                self.answers(tab, BAG)
                assert tab.get_by_role("alert").first.is_hidden(), kind

    def test_says_what_is_missing_and_goes_on(self, served, take_away):
        bring_back = take_away("pictures", "network-baseline")
        with served("pictures") as tab:
            tab.get_by_role("alert").first.wait_for()
            bring_back()
            tab.get_by_role("button", name="Trouser", exact=True).first.click()
            self.answers(tab, TROUSER)


def test_a_wrong_choice_in_a_quiz_is_explained_and_the_right_one_counts(from_disk):
    with from_disk("quiz") as tab:
        verdict = tab.locator("form").get_by_role("status")
        check = tab.get_by_role("button", name="Check", exact=True)
        tab.get_by_label("3").check()
        check.click()
        assert "Not quite" in verdict.inner_text()
        reasons = tab.locator("form li:visible")
        assert reasons.all_text_contents() == ["A. Too few."]
        tab.get_by_label("4").check()
        check.click()
        assert "Right" in verdict.inner_text()
        assert "B. As 2 · 2." in reasons.all_text_contents()
