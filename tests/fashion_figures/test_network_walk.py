"""The network walk: its traits, and the figure in a browser against NumPy's forward pass."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import traitlets
from bs4 import BeautifulSoup

from book.serve import Server
from fashion_figures import NetworkWalk
from fashion_figures.shared.assets import garment_bytes
from fashion_lib import CLASS_NAMES, forward, load_weights, normalize
from fashion_lib.description import Layer, Network
from fashion_lib.networks import NETWORKS
from fashion_lib.weights import Weights, network_bytes, save_weights
from tests.fashion_figures import pages
from tests.fashion_figures.modules import encoded
from tests.fashion_lib.random_networks import random_network, random_weights

SIZES = {
    "conv1": (26, 32),
    "pool1": (13, 32),
    "conv2": (11, 64),
    "pool2": (5, 64),
    "conv3": (3, 64),
    "pool3": (1, 64),
    "dense": (1, 512),
    "output": (1, 10),
}
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


def _layers(image, weights=None):
    """Return what each layer puts out for an image: arrays (rows × columns, filters)."""
    weights = weights or load_weights()
    _, layers = forward(weights, normalize(image[np.newaxis]), return_layers=True)
    return {name: values[0].reshape(-1, values.shape[-1]) for name, values in layers.items()}


def _places(rng, count, sizes=SIZES):
    """Return places at random in every layer, the corners included."""
    places = []
    for layer, (size, filters) in sizes.items():
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
        const cells = (name) =>
            [...host.querySelectorAll(`.cw-nw-receipt ${name}`)].map((cell) => cell.textContent);
        seen.push({
            place: host.querySelector('.cw-nw').dataset.place,
            value: Number(shown.dataset.value),
            text: shown.textContent,
            lines: cells("td:nth-child(2)"),
            words: cells("tbody th"),
            field: host.querySelector('.cw-nw-picture canvas').ariaLabel,
        });
    }
    return seen;
}"""


# Show a network, "baseline" or the base64 of a file, and wait until it is there.
SHOW = """async (network) => {
    const host = document.querySelector('.cw-host');
    const bytes = () => Uint8Array.from(atob(network), (letter) => letter.charCodeAt(0));
    const shown = network === 'baseline' ? network : new DataView(bytes().buffer);
    host.courseModel.set('network', shown);
    while (!host.querySelector('.cw-nw[data-place]')) {
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
}"""

# Start at a vote, or where the focus is after "on", and press a button until it leads nowhere.
WALK = """async ({ image, button }) => {
    const host = document.querySelector('.cw-host');
    const model = host.courseModel;
    const place = () => host.querySelector('.cw-nw').dataset.place;
    if (image) model.set('image', new DataView(Uint8Array.from(image).buffer));
    if (image) for (const name of ['filter', 'row', 'column']) model.set(name, -1);
    await Promise.resolve();
    if (button === '.cw-nw-back') {
        const votes = [...host.querySelectorAll('.cw-nw-vote')];
        const shares = votes.map((vote) => parseFloat(vote.innerText.split('\\n').at(-1)));
        votes[shares.indexOf(Math.max(...shares))].click();
        await Promise.resolve();
    }
    const seen = [place()];
    const step = host.querySelector(button);
    while (step.classList.contains('cw-nw-arrow')) {
        step.click();
        await Promise.resolve();
        seen.push(place());
    }
    return seen;
}"""

#: Every pixel weighed for every class: a network without a single convolution.
REGRESSION = Network(
    (Layer("row", "flatten"), Layer("vote", "dense", units=10, activation="softmax"))
)
#: Windows that are too wide for a table of numbers, and one that leaves pixels out.
WIDE = Network(
    (
        Layer("wide", "convolution", units=2, size=7, stride=2, padding="same"),
        Layer("deep", "convolution", units=3, size=6, padding="same", activation="relu"),
        Layer("mean", "average pooling", size=6, stride=2, padding="same"),
        Layer("gaps", "max pooling", size=1, stride=2),
        Layer("most", "global max pooling"),
        Layer("hidden", "dense", units=7, activation="softmax"),
        Layer("vote", "dense", units=10, activation="softmax"),
    ),
    name="wide",
)


def _drawn(seed):
    """Return a random network's weights, or those of one of the above."""
    network = random_network(seed) if isinstance(seed, int) else seed
    return random_weights(network, 7)


def _adds_up(layer, seen):
    """Check the receipt of a value by the rule of its layer's kind."""
    *numbers, last = (float(line.replace("−", "-")) for line in seen["lines"])
    assert last == pytest.approx(seen["value"], abs=6e-4)
    if layer.function == "softmax":
        *terms, logit, power, powers = numbers
        assert power / powers == pytest.approx(last, abs=6e-3)
        assert sum(terms) == pytest.approx(logit, abs=3e-3) or layer.kind == "softmax"
    elif layer.function == "relu":
        *terms, total = numbers
        assert max(0, total) == pytest.approx(last, abs=1e-9)
        assert sum(terms) == pytest.approx(total, abs=3e-3) or layer.kind == "relu"
    elif "average" in layer.kind:
        count = int(seen["words"][-1].removeprefix("÷ ").partition(",")[0])
        assert numbers[0] / count == pytest.approx(last, abs=1e-3)
    elif numbers:
        assert sum(numbers) == pytest.approx(last, abs=3e-3)
    else:
        assert "max" in layer.kind


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

    def test_sizes_are_those_of_the_network(self):
        assert NetworkWalk().sizes() == SIZES

    def test_the_static_page_has_the_state_and_the_words(self):
        soup = BeautifulSoup(NetworkWalk(layer="pool2").static_html(), "html.parser")
        host = soup.select_one(".cw-host[data-widget='network_walk/figure']")
        state = json.loads(host.script.string)
        assert state["layer"] == "pool2"
        assert host.select_one(".cw-fallback").get_text() == NetworkWalk().text

    def test_the_assets_are_the_shipped_network_and_thirty_test_images(self, fashion, garments):
        assert NetworkWalk.assets["network-baseline"]() == network_bytes("baseline")
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
        places = _places(np.random.default_rng(1), 6)
        image = garments[10].reshape(-1).tolist()
        layers = {layer.name: layer for layer in NETWORKS["baseline"].layers}
        for place, seen in zip(
            places, shared.evaluate(READ, {"image": image, "places": places}), strict=True
        ):
            _adds_up(layers[place[0]], seen)

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


class TestFirstMap:
    """What is said about where a map lights up, and which map comes first."""

    @staticmethod
    def _lit(image, filter_):
        """Return of a map of conv1 how many values are strong, and of these where they lie."""
        values = _layers(image)["conv1"][:, filter_]
        windows = np.lib.stride_tricks.sliding_window_view(image / 255, (3, 3)).reshape(-1, 9)
        low, high = windows.min(axis=1), windows.max(axis=1)
        strong = values >= values.max() / 2
        return strong.sum(), (strong & (high - low >= 0.25)).sum(), (strong & (high <= 0.05)).sum()

    @pytest.mark.parametrize("label", range(10))
    def test_the_first_map_of_each_garment_lights_up_along_edges_as_the_text_says(
        self, shared, garments, label
    ):
        image = garments[3 * label]
        places = [["conv1", -1, -1, -1]]
        (seen,) = shared.evaluate(READ, {"image": image.reshape(-1).tolist(), "places": places})
        _, filter_, row, column = seen["place"].split("/")
        strong, edge, empty = self._lit(image, int(filter_))
        assert empty == 0
        share = "all" if edge == strong else edge
        expected = f"Map {filter_} lights up along edges, mostly: {share} of its {strong} strongest"
        assert expected in shared.locator(".cw-nw-lesson").inner_text()
        assert edge >= 2 / 3 * strong
        window = image[int(row) : int(row) + 3, int(column) : int(column) + 3].astype(int)
        assert window.max() - window.min() >= 64  # and so does the value that is chosen in it

    def test_what_is_said_of_every_map_is_so(self, shared, garments):
        image = garments[27]
        largest = _layers(image)["conv1"].max()
        kinds = set()
        for filter_ in range(32):
            places = [["conv1", filter_, 0, 0]]
            shared.evaluate(READ, {"image": image.reshape(-1).tolist(), "places": places})
            said = shared.locator(".cw-nw-lesson").inner_text().partition(f"Map {filter_} ")[2]
            strong, edge, empty = self._lit(image, filter_)
            if _layers(image)["conv1"][:, filter_].max() <= 0.1 * largest:
                kind = "stays dark"
            elif empty >= 2 / 3 * strong:
                kind = "where the picture is empty"
            elif edge >= 2 / 3 * strong:
                kind = "along edges"
            elif strong - edge - empty >= 2 / 3 * strong:
                kind = "on even parts"
            else:
                kind = "in different places"
            assert kind in said, (filter_, said)
            kinds.add(kind)
        assert {"stays dark", "where the picture is empty", "along edges"} <= kinds

    def test_maps_of_the_empty_background_come_last(self, shared, garments):
        image = garments[27].reshape(-1).tolist()
        shared.evaluate(READ, {"image": image, "places": [["conv1", -1, -1, -1]]})
        shared.get_by_role("button", name="Show all 32").click()
        order = shared.locator(".cw-nw-map").evaluate_all("all => all.map(x => Number(x.value))")
        shared.get_by_role("button", name="Show fewer").click()
        lit = [self._lit(garments[27], filter_) for filter_ in order]
        is_empty = [bool(empty >= 2 / 3 * strong) for strong, _, empty in lit]
        assert sum(is_empty) >= 2
        assert is_empty == sorted(is_empty)


class TestWay:
    """The way back from the vote to the pixels, and on to the votes."""

    def test_the_way_back_from_each_vote_ends_at_pixels_that_made_the_value(self, shared, garments):
        weights = load_weights()
        bias = weights["conv1/bias"]
        for label in range(10):
            image = garments[3 * label]
            given = {"image": image.reshape(-1).tolist(), "button": ".cw-nw-back"}
            seen = [place.split("/") for place in shared.evaluate(WALK, given)]
            answer = _layers(image)["output"][0].argmax()
            assert seen[0] == ["output", str(answer), "0", "0"]
            assert [place[0] for place in seen] == list(reversed(SIZES))
            filter_, row, column = map(int, seen[-1][1:])
            window = image[row : row + 3, column : column + 3] / 255
            products = (window * weights["conv1/kernel"][:, :, 0, filter_]).sum()
            assert window.max() > 0
            assert abs(products) >= abs(bias[filter_])
            assert shared.locator(".cw-nw-bias").count() == 0

    def test_each_step_back_is_to_the_part_that_adds_most_but_for_parts_made_by_biases(
        self, shared, garments
    ):
        weights, layers = load_weights(), _layers(garments[27])
        given = {"image": garments[27].reshape(-1).tolist(), "button": ".cw-nw-back"}
        seen = [place.split("/") for place in shared.evaluate(WALK, given)]
        vote, unit, number = (int(place[1]) for place in seen[:3])
        rival = layers["output"][0].argsort()[-2]
        kernel = weights["output/kernel"]
        adds = layers["dense"][0] * (kernel[:, vote] - kernel[:, rival])
        before = layers["pool3"][0][:, np.newaxis] * weights["dense/kernel"]
        products = before.sum(axis=0)
        is_made = abs(products) >= abs(weights["dense/bias"])
        assert unit == np.where(is_made, adds, -np.inf).argmax()
        assert number == before[:, unit].argmax()

    def test_the_step_back_is_among_the_listed_and_a_vote_stands_against_its_rival(
        self, shared, garments
    ):
        image = garments[27].reshape(-1).tolist()
        layers = [["output", 9, 0, 0], *([name, -1, -1, -1] for name in ("dense", "conv2"))]
        for place in layers:
            shared.evaluate(READ, {"image": image, "places": [place]})
            marked = shared.locator(".cw-nw-term").filter(has_text="← back")
            name = marked.locator(".cw-nw-of").inner_text().split("\n")[0]
            assert shared.locator(".cw-nw-back").inner_text().endswith(name)
            if place[0] == "output":
                rival = CLASS_NAMES[_layers(garments[27])["output"][0].argsort()[-2]]
                assert f"apart from {rival}, the runner-up" in (
                    shared.locator(".cw-nw-sum .cw-note").inner_text()
                )

    def test_the_way_on_leads_to_a_vote_through_what_a_value_adds_most_to(self, shared, garments):
        weights = load_weights()
        for label in range(10):
            image = garments[3 * label]
            shared.evaluate(
                READ,
                {"image": image.reshape(-1).tolist(), "places": [["conv1", -1, -1, -1]]},
            )
            given = {"image": None, "button": ".cw-nw-on"}
            seen = [place.split("/") for place in shared.evaluate(WALK, given)]
            assert [place[0] for place in seen] == list(SIZES)
            layers = _layers(image)
            number, unit, vote = (int(place[1]) for place in seen[-3:])
            adds = layers["pool3"][0, number] * weights["dense/kernel"][number]
            assert unit == np.where(layers["dense"][0] > 0, adds, -np.inf).argmax()
            assert vote == weights["output/kernel"][unit].argmax()
            for name in SIZES:  # and nothing on it is silent
                place = seen[list(SIZES).index(name)]
                n = int(place[2]) * SIZES[name][0] + int(place[3])
                assert layers[name][n, int(place[1])] > 0

    def test_a_value_that_no_vote_depends_on_says_so(self, shared, garments):
        image = garments[27].reshape(-1).tolist()
        read = {"image": image, "places": [["conv1", 22, 22, 10], ["conv1", 1, 0, 0]]}
        shared.evaluate(READ, {**read, "places": read["places"][:1]})
        on = shared.locator(".cw-nw-on")
        assert on.inner_text() == "It reaches no vote"
        assert on.get_attribute("aria-disabled") == "true"
        shared.evaluate(READ, {**read, "places": read["places"][1:]})
        assert on.inner_text() == "A zero adds nothing"

    def test_a_sum_that_is_mostly_bias_says_so_and_no_other(self, shared, garments):
        weights, image = load_weights(), garments[27]
        said = set()
        for place in _places(np.random.default_rng(2), 60, {"conv1": SIZES["conv1"]}):
            shared.evaluate(READ, {"image": image.reshape(-1).tolist(), "places": [place]})
            _, filter_, row, column = place
            window = image[row : row + 3, column : column + 3] / 255
            products = (window * weights["conv1/kernel"][:, :, 0, filter_]).sum()
            notes = shared.locator(".cw-nw-bias").all_inner_texts()
            assert bool(notes) is bool(abs(weights["conv1/bias"][filter_]) > abs(products))
            said |= set(notes)
        assert "All products are zero: the sum is the bias alone." in said
        assert any("Most of this sum is the bias" in note for note in said)


class TestOtherNetworks:
    """Networks of a reader's own: in Python, and in the figure as it is."""

    @pytest.fixture
    def shows(self, shared):
        """Return a function that shows weights in the page; the baseline is back afterwards."""
        yield lambda weights: shared.evaluate(SHOW, encoded(network_bytes(weights)))
        shared.evaluate(SHOW, "baseline")

    def test_a_name_a_path_or_weights(self, tmp_path):
        weights = _drawn(3)
        walk = NetworkWalk(network=save_weights(weights, tmp_path / "own.safetensors"))
        for given in (str(tmp_path / "own.safetensors"), weights):
            walk.network = "baseline"
            walk.network = given
            assert walk.network.network == random_network(3)
            assert walk.get_state("network")["network"] == network_bytes(weights)

    def test_the_shipped_network_is_known_however_it_comes(self, tmp_path):
        path = save_weights(load_weights(), tmp_path / "copy.safetensors", {"note": "a copy"})
        for given in ("baseline", path, load_weights(), dict(load_weights())):
            assert NetworkWalk(network=given).network == "baseline"

    def test_weights_that_change_later_change_nothing(self):
        weights = _drawn(0)
        walk = NetworkWalk(network=weights)
        weights[next(iter(weights))][:] = 0
        assert walk.get_state("network")["network"] == network_bytes(_drawn(0))

    @pytest.mark.parametrize(
        ("network", "reason"),
        [
            (3, "not int"),
            ("no such", "No weights named 'no such' are shipped"),
            ("no/such.safetensors", "no weights file"),
            ({"conv1/kernel": np.zeros(3, np.float32)}, "do not belong"),
            (Weights({}, refusal="It has a layer of hexagons."), "layer of hexagons"),
            ((Layer("one", "flatten"), Layer("two", "dense", units=10)), "end in a softmax"),
            (
                (Layer("one", "flatten"), Layer("two", "dense", units=9, activation="softmax")),
                "to (9,)",
            ),
        ],
        ids=str,
    )
    def test_what_cannot_be_shown_is_refused_in_a_sentence(self, network, reason):
        if isinstance(network, tuple):
            network = random_weights(Network(network), 0)
        with pytest.raises(traitlets.TraitError, match=re.escape(reason)):
            NetworkWalk(network=network)

    def test_pictures_of_another_size_are_refused(self):
        small = Network(REGRESSION.layers, input_shape=(8, 8, 1))
        with pytest.raises(traitlets.TraitError, match=r"from \(28, 28, 1\) to \(10,\)"):
            NetworkWalk(network=random_weights(small, 0))

    def test_the_place_is_one_of_the_network(self):
        walk = NetworkWalk(network=_drawn(WIDE), layer="deep", filter=2, row=13, column=13)
        with pytest.raises(traitlets.TraitError, match="no layer 'conv1'"):
            walk.layer = "conv1"
        walk.network = "baseline"
        assert (walk.layer, walk.filter, walk.row, walk.column) == ("conv1", -1, -1, -1)
        walk.layer = "conv3"
        walk.network = _drawn(REGRESSION)
        assert (walk.layer, walk.row, walk.column) == ("vote", -1, -1)

    def test_the_text_is_about_the_network_until_it_is_set(self):
        walk = NetworkWalk()
        shipped = walk.text
        walk.network = _drawn(3)
        for layer in random_network(3).layers:
            assert layer.kind == "flatten" or f"{layer.name}: " in walk.text
        walk.network = "baseline"
        assert walk.text == shipped
        walk.text = "My own words."
        walk.network = _drawn(WIDE)
        assert walk.text == NetworkWalk(network=_drawn(3), text="My own words.").text

    def test_the_text_of_a_long_network_counts_its_layers(self):
        relus = [Layer(f"relu{n}", "relu") for n in range(60)]
        vote = Layer("vote", "dense", units=10, activation="softmax")
        network = Network((*relus, Layer("row", "flatten"), vote))
        text = NetworkWalk(network=random_weights(network, 0)).text
        assert "61 layers: 60 times relu, 1 times dense." in text

    @pytest.mark.parametrize("seed", [*range(12), REGRESSION, WIDE], ids=str)
    def test_every_value_shown_is_the_forward_pass_and_adds_up(self, shared, shows, garments, seed):
        weights = _drawn(seed)
        layers = {layer.name: layer for layer in weights.network.layers}
        places = _places(np.random.default_rng(8), 2, NetworkWalk(network=weights).sizes())
        shows(weights)
        image = garments[12]
        seen = shared.evaluate(READ, {"image": image.reshape(-1).tolist(), "places": places})
        expected = _layers(image, weights)
        for (layer, filter_, row, column), shown in zip(places, seen, strict=True):
            size = NetworkWalk(network=weights).sizes()[layer][0]
            value = expected[layer][row * size + column, filter_]
            assert shown["place"] == f"{layer}/{filter_}/{row}/{column}"
            assert shown["value"] == pytest.approx(value, abs=1e-4)
            _adds_up(layers[layer], shown)
        np.testing.assert_allclose(
            pages.state(shared, "probabilities"),
            expected[weights.network.layers[-1].name][0],
            atol=1e-4,
        )

    def test_padding_is_shown_and_adds_nothing(self, shared, shows, garments):
        shows(_drawn(WIDE))
        image = garments[12].reshape(-1).tolist()
        notes = "all => all.map(x => x.textContent).join(' ')"
        for layer, words in (
            ("wide", "Gray, outside of the picture: padding"),
            ("deep", "Gray, outside of wide: padding"),
            ("mean", "Gray, outside of deep, does not count"),
        ):
            for corner, is_padded in ((0, True), (3, False)):
                shared.evaluate(READ, {"image": image, "places": [[layer, 0, corner, corner]]})
                said = shared.locator(".cw-nw-sum .cw-note").evaluate_all(notes)
                assert (words in said) is is_padded, (layer, corner)

    @pytest.mark.parametrize("seed", [5, 11, REGRESSION], ids=str)
    def test_the_walk_back_ends_at_the_picture(self, shared, shows, seed):
        shows(_drawn(seed))
        seen = shared.evaluate(WALK, {"image": None, "button": ".cw-nw-back"})
        assert 1 <= len(seen) == len(set(seen))
        assert "ere the walk back ends" in shared.locator(".cw-nw-sum").inner_text()

    @pytest.mark.parametrize(("theme", "width"), [("light", 320), ("dark", 1000)])
    def test_a_page_of_its_own_is_alive_and_accessible(self, chromium, tmp_path, theme, width):
        weights = _drawn(1)  # has additions
        page_file = pages.write_page(tmp_path, NetworkWalk(network=weights), theme)
        with pages.open_figure(chromium, page_file, theme=theme, width=width) as page:
            page.wait_for_selector(STARTED)
            for layer in weights.network.layers:
                if layer.kind == "flatten":
                    continue
                page.locator(".cw-nw-name").get_by_text(layer.name, exact=True).click()
                page.wait_for_selector(f".cw-nw[data-place^='{layer.name}/']")
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                assert f"{layer.name}: " in page.locator(".cw-nw-lesson").inner_text()
            assert pages.axe(page) == []
            titles = page.locator(".cw-nw-chapter").all_inner_texts()
            assert all(title == "Votes" or title.startswith("Stage ") for title in titles)

    def test_the_words_beside_the_figure_follow_the_text(self, chromium, folder):
        with pages.open_figure(chromium, folder / "light.html") as page:
            words = page.locator(".cw-words")
            assert words.locator("p").text_content() == NetworkWalk().text
            pages.set_state(page, text="Of another network.")
            assert words.locator("p").text_content() == "Of another network."
            pages.set_state(page, text="")
            assert words.is_hidden()

    def test_a_damaged_network_is_told(self, shared, shows):
        code = "document.querySelector('.cw-host').courseModel.set('network', new DataView(BUFFER))"
        shared.evaluate(code.replace("BUFFER", "new ArrayBuffer(7)"))
        alert = shared.get_by_role("alert")
        alert.wait_for()
        assert "could not be loaded: The weights file is cut off" in alert.inner_text()


class TestReader:
    @pytest.fixture
    def page(self, shared, garments):
        """Bring the shared page back to how it opens: at the boot, in the first layer."""
        boot = {"image": garments[27].reshape(-1).tolist()}
        shared.evaluate(READ, {**boot, "places": [["conv1", -1, -1, -1]]})
        return shared

    def test_by_pointer_layer_map_and_value(self, page):
        page.get_by_role("button", name="conv2").click()
        page.wait_for_selector(".cw-nw[data-place^='conv2/']")
        assert page.locator(".cw-nw-map").count() == 8
        page.get_by_role("button", name="Show all 64").click()
        assert page.locator(".cw-nw-map").count() == 64
        page.get_by_role("button", name="Feature map 17", exact=True).click()
        page.wait_for_selector(".cw-nw[data-place^='conv2/17/']")
        kept = page.locator(STARTED).get_attribute("data-place")
        area = _on_screen(page.locator(".cw-nw-plane canvas"))
        cell = area["width"] / 11
        page.mouse.move(area["x"] + 3.5 * cell, area["y"] + 7.5 * cell)  # only points
        value = page.locator(".cw-nw-value")
        page.wait_for_function(
            "() => document.querySelector('.cw-nw-value').innerText.includes('row 7, column 3')"
        )
        assert page.locator(STARTED).get_attribute("data-place") == kept
        page.mouse.move(area["x"] + 3.5 * cell, area["y"] - 10)
        page.wait_for_function(
            "() => !document.querySelector('.cw-nw-value').innerText.includes('row 7, column 3')"
        )
        page.mouse.click(area["x"] + 3.5 * cell, area["y"] + 7.5 * cell)
        page.wait_for_selector(".cw-nw[data-place='conv2/17/7/3']")
        assert "conv2, map 17, row 7, column 3" in page.get_by_role("status").inner_text()
        assert value.inner_text() == page.get_by_role("status").inner_text()
        names = ("layer", "filter", "row", "column")
        assert [pages.state(page, name) for name in names] == ["conv2", 17, 7, 3]
        page.mouse.down()
        page.mouse.move(area["x"] + 9 * area["width"], area["y"])
        page.mouse.up()  # a drag that ends outside stays at the edge
        page.wait_for_selector(".cw-nw[data-place='conv2/17/0/10']")
        page.get_by_role("button", name="conv1 26×26×32").click()
        picture = _on_screen(page.locator(".cw-nw-picture canvas"))
        pixel = picture["width"] / 28
        page.mouse.click(picture["x"] + 8.5 * pixel, picture["y"] + 15.5 * pixel)
        page.wait_for_selector(".cw-nw[data-place$='/14/7']")  # the window around that pixel
        page.get_by_role("button", name="Show fewer").click()

    def test_by_touch(self, chromium, folder):
        with pages.open_figure(chromium, folder / "light.html", width=390, has_touch=True) as page:
            page.wait_for_selector(STARTED)
            page.get_by_role("button", name="pool2").tap()
            area = _on_screen(page.locator(".cw-nw-plane canvas"))
            cell = area["width"] / 5
            page.touchscreen.tap(area["x"] + 1.5 * cell, area["y"] + 2.5 * cell)
            page.wait_for_selector(".cw-nw[data-place$='/2/1']")
            page.get_by_role("button", name="How it is made").tap()
            page.locator(".cw-nw-receipt").wait_for()
            assert page.locator(".cw-nw-plane").is_hidden()
            page.locator(".cw-nw-votes").scroll_into_view_if_needed()
            strip = page.locator(".cw-nw-strip").bounding_box()  # it stays in view
            assert 0 <= strip["y"] < 40

    def test_by_keyboard_from_the_vote_back_to_the_pixels_and_along_the_way(self, page):
        page.get_by_role("button", name="conv1 26×26×32").focus()
        page.keyboard.press("End")
        page.wait_for_selector(".cw-nw[data-place^='output/']")
        pages.set_state(page, layer="conv1", filter=-1, row=-1, column=-1)
        page.get_by_role("button", name="Start at the vote").press("Enter")
        page.wait_for_selector(".cw-nw[data-place='output/9/0/0']")
        page.locator(".cw-nw-sum [data-go]").nth(1).press("Enter")
        page.wait_for_selector(".cw-nw[data-place^='dense/']")
        unit = page.locator(STARTED).get_attribute("data-place").split("/")[1]
        for layer in ("pool3", "conv3", "pool2", "conv2", "pool1", "conv1"):
            page.keyboard.press("Enter")  # the focus stays on the step
            page.wait_for_selector(f".cw-nw[data-place^='{layer}/']")
        assert page.get_by_text("here the walk back ends").is_visible()
        way = page.get_by_role("toolbar", name="Your way")
        said = way.inner_text().replace("\n", " ")
        assert said.startswith("picture conv1 map ")
        assert said.endswith(f"dense unit {unit} Ankle boot")
        way.get_by_role("button", name="conv1").focus()
        for layer in ("pool1", "conv2"):
            page.keyboard.press("ArrowRight")
            page.keyboard.press("Enter")
            page.wait_for_selector(f".cw-nw[data-place^='{layer}/']")
        assert way.inner_text().replace("\n", " ") == said
        assert "conv2" in way.locator("[aria-current]").inner_text()
        page.get_by_role("button", name="On to pool2").click()  # the one it came from
        page.wait_for_selector(".cw-nw[data-place^='pool2/']")
        page.locator(".cw-nw-vote").first.click()  # a new way: of the old one, what leads there
        page.wait_for_selector(".cw-nw[data-place='output/0/0/0']")
        assert way.inner_text().replace("\n", " ").endswith(f"dense unit {unit} T-shirt/top")

    def test_arrow_keys_move_the_cursor_and_stop_at_the_edge(self, page):
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
        page.wait_for_selector(".cw-nw[data-place='dense/33/0/0']")
        cursor.press("ArrowUp")
        page.wait_for_selector(".cw-nw[data-place='dense/1/0/0']")

    def test_numbers_typed_into_the_fields_stay_in_range(self, page):
        for name, typed in (("Map", "31"), ("Row", "99"), ("Column", "-4")):
            field = page.get_by_label(name, exact=True)
            field.fill(typed)
            field.press("Enter")
        page.wait_for_selector(".cw-nw[data-place='conv1/31/25/0']")

    def test_other_pictures_leave_nothing_of_the_old_one(self, page, garments):
        version = int(page.locator(STARTED).get_attribute("data-version"))
        page.get_by_role("button", name="Other pictures").click()
        page.wait_for_selector(f".cw-nw[data-version='{version + 1}']")
        chosen = page.locator(".cw-nw-garment[aria-pressed=true]")
        assert chosen.get_attribute("aria-label") == "Ankle boot"
        expected = forward(load_weights(), normalize(garments[28:29]))[0]  # a sandal, it says
        np.testing.assert_allclose(pages.state(page, "probabilities"), expected, atol=1e-5)
        said = f"The network votes for {CLASS_NAMES[expected.argmax()]}"
        assert said in page.get_by_role("status").inner_text()
        assert said in page.locator(".cw-nw-verdict").inner_text()
        page.get_by_role("button", name="Trouser", exact=True).first.click()
        page.wait_for_selector(f".cw-nw[data-version='{version + 2}']")
        assert float(page.locator(".cw-nw-value strong").inner_text()) > 0  # its strongest
        expected = forward(load_weights(), normalize(garments[4:5]))[0]
        np.testing.assert_allclose(pages.state(page, "probabilities"), expected, atol=1e-5)

    def test_the_picture_that_the_reader_kept_is_a_garment_until_it_is_forgotten(
        self, page, garments
    ):
        bag = garments[24][:, ::-1]
        bar = page.get_by_role("toolbar", name="Choose a picture")
        own = bar.get_by_role("button", name="Your picture")
        heights = [round(page.locator(".cw-nw").bounding_box()["height"])]
        assert own.count() == 0
        pages.keep_picture(page, bag.tobytes())
        bar.get_by_role("button", name="T-shirt/top").focus()
        page.keyboard.press("End")
        page.keyboard.press("Enter")
        said = page.get_by_role("status").get_by_text("The network votes for Bag")
        said.wait_for()
        assert own.get_attribute("aria-pressed") == "true"
        assert bar.locator("[aria-pressed=true]").count() == 1
        expected = forward(load_weights(), normalize(bag[np.newaxis]))[0]
        np.testing.assert_allclose(pages.state(page, "probabilities"), expected, atol=1e-5)
        heights.append(round(page.locator(".cw-nw").bounding_box()["height"]))
        pages.keep_picture(page, None)
        said.wait_for(state="detached")
        assert own.count() == 0
        assert "Ankle boot" in page.locator(".cw-nw-verdict").inner_text()
        chosen = bar.locator("[aria-pressed=true]")
        assert chosen.get_attribute("aria-label") == "Ankle boot"
        heights.append(round(page.locator(".cw-nw").bounding_box()["height"]))
        assert len(set(heights)) == 1


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

    @pytest.mark.parametrize(("width", "height"), [(390, 844), (640, 900), (736, 700)])
    def test_a_step_moves_nothing_and_cause_and_effect_are_in_one_view(
        self, chromium, folder, width, height
    ):
        page_file = folder / "light.html"
        with pages.open_figure(chromium, page_file, width=width, height=height) as page:
            page.wait_for_selector(STARTED)
            for tab in ("Its map", "How it is made"):
                if width == 390:
                    page.get_by_role("button", name=tab).click()
                heights = {}
                for layer in SIZES:
                    pages.set_state(page, layer=layer, filter=-1, row=-1, column=-1)
                    page.wait_for_selector(f".cw-nw[data-place^='{layer}/']")
                    figure = page.locator(".cw-nw").bounding_box()
                    votes = page.locator(".cw-nw-votes").bounding_box()
                    heights[layer] = (round(figure["height"]), round(votes["y"]))
                assert len(set(heights.values())) == 1, heights
                top = page.locator(".cw-nw-top").bounding_box()["y"]
                assert votes["y"] + votes["height"] - top <= height

    def test_pooling_speaks_of_the_largest_and_units_are_drawn_as_bars(self, shared, garments):
        image = garments[27].reshape(-1).tolist()
        for layer in ("pool1", "pool2", "pool3"):
            shared.evaluate(READ, {"image": image, "places": [[layer, -1, -1, -1]]})
            made = shared.locator(".cw-nw-made").inner_text()
            assert "largest of the four" in made
            assert "sum" not in made.lower()
        values = _layers(garments[27])["pool3"][0]
        pixels = shared.evaluate(
            """() => {
                const canvas = document.querySelector('.cw-nw-plane canvas');
                const { width, height } = canvas;
                return [height, ...canvas.getContext('2d').getImageData(0, 0, width, height).data];
            }"""
        )
        rows = np.array(pixels[1:]).reshape(pixels[0], -1, 4)[:, :, 0]
        lit = rows != rows[0, 0]
        for n, value in enumerate(values):  # 32 bars in each of two rows
            bar = lit[96 * (n // 32) : 96 * (n // 32) + 96, 6 * (n % 32) + 1]
            assert bar.sum() == pytest.approx(value / values.max() * 95, abs=1.5)

    def test_a_vote_of_nothing_has_an_empty_track(self, shared, garments):
        shared.evaluate(READ, {"image": garments[27].reshape(-1).tolist(), "places": []})
        pages.set_state(shared, layer="output", filter=9, row=0, column=0)
        vote = shared.locator(".cw-nw-vote").filter(has_text="Trouser")
        assert "0.0%" in vote.inner_text()
        track = vote.locator(".cw-nw-track")
        assert track.evaluate("x => getComputedStyle(x).backgroundColor") == "rgba(0, 0, 0, 0)"
        assert track.locator(".cw-nw-fill").bounding_box()["width"] < 1

    def test_says_when_the_weights_are_missing_and_goes_on_when_they_are_back(
        self, chromium, folder
    ):
        refused = ("net::ERR_FAILED",)
        page = chromium.new_page()
        page.route("**/assets/network-baseline.js", lambda route: route.abort())
        messages = []
        page.on("console", lambda m: m.type == "error" and messages.append(m.text))
        with Server(folder) as server:
            page.goto(f"{server.address}/light.html")
            alert = page.get_by_role("alert")
            alert.wait_for()
            assert "weights could not be loaded" in alert.inner_text()
            page.unroute("**/assets/network-baseline.js")
            alert.get_by_role("button", name="Try again").click()
            page.wait_for_selector(STARTED)
        page.close()
        assert all(refused[0] in message for message in messages)

    def test_two_views_of_one_model_agree_and_one_can_leave(self, chromium, folder):
        with pages.open_figure(chromium, folder / "light.html") as page:
            page.wait_for_selector(STARTED)
            pages.add_second_view(page, "network_walk/figure")
            page.wait_for_selector("#second .cw-nw[data-place]")
            page.locator("#second").get_by_role("button", name="pool1 13×13×32").click()
            for view in ("#second", ".cw-host"):
                page.wait_for_selector(f"{view} .cw-nw[data-place^='pool1/']")
            page.evaluate("window.leave()")
            assert page.locator("#second").inner_html() == ""
            pages.set_state(page, layer="conv2", filter=3, row=2, column=1)
            page.wait_for_selector(".cw-host .cw-nw[data-place='conv2/3/2/1']")
