"""The convolution explorer: its state in Python, and the figure in a browser."""

import numpy as np
import pytest
import traitlets
from bs4 import BeautifulSoup

from book.serve import Server
from fashion_figures import ConvolutionExplorer
from fashion_figures.convolution_explorer.figure import ANY_TASK, FIRST_TASK, NOTES
from fashion_figures.shared.assets import garment_bytes
from fashion_lib import KERNELS, conv2d
from tests.fashion_figures.pages import (
    axe,
    keep_picture,
    open_figure,
    set_state,
    state,
    write_page,
)

FIGURE = ".cw-conv"
INPUT = ".cw-conv-input"

# What the figure shows at every place of the output: the sum in words, and the map's colors.
READ_MAP = """async () => {
    const model = document.querySelector('.cw-host').courseModel;
    const root = document.querySelector('.cw-conv');
    const canvas = root.querySelector('.cw-conv-output canvas');
    const sums = [];
    for (let row = 0; row < canvas.height; row += 1) {
        for (let column = 0; column < canvas.width; column += 1) {
            model.set('row', row);
            model.set('column', column);
            await null;
            sums.push(root.querySelector('.cw-conv-cut:not([hidden])')?.textContent
                ?? root.querySelector('.cw-conv-result').textContent);
        }
    }
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return { sums, size: canvas.width, colors: [...data] };
}"""


def garment(number):
    return np.frombuffer(garment_bytes(), np.uint8).reshape(30, 28, 28)[number]


def answer(picture):
    """Return the map of the default kernel."""
    return ConvolutionExplorer(image=picture).output


def signed_colors(values):
    """Return what the map paints: white at 0, the full color at the largest size."""
    share = np.abs(values) / np.abs(values).max()
    ends = np.where(values[..., None] < 0, (33, 102, 172), (178, 24, 43))
    return 255 + (ends - 255) * share[..., None]


class TestState:
    def test_by_default_the_window_stands_where_dark_meets_bright(self):
        explorer = ConvolutionExplorer()
        assert np.array_equal(explorer.image, garment(29))
        pixels = explorer.image[explorer.row :, explorer.column :][:3, :3]
        assert pixels[:, 0].max() == 0
        assert pixels[:, 2].min() > 100
        assert explorer.output[explorer.row, explorer.column] > explorer.output.max() / 2

    def test_the_output_is_what_conv2d_gives(self):
        explorer = ConvolutionExplorer(garment=4, kernel="emboss", stride=2, padding="same")
        answers = conv2d(garment(4), KERNELS["emboss"], stride=2, padding="same")
        assert np.array_equal(explorer.output, answers)
        assert answers.min() < 0
        explorer.relu = True
        assert np.array_equal(explorer.output, np.maximum(answers, 0))

    def test_a_garment_and_its_picture_go_together(self):
        explorer = ConvolutionExplorer(image=garment(12))
        assert explorer.garment == 12
        explorer.garment = 3
        assert np.array_equal(explorer.image, garment(3))
        explorer.image = np.zeros((28, 28))
        assert explorer.garment is None
        with pytest.raises(traitlets.TraitError, match="not both"):
            ConvolutionExplorer(image=garment(1), garment=2)
        with pytest.raises(traitlets.TraitError, match="give zeros"):
            explorer.image = None

    @pytest.mark.parametrize(
        "kernel", ["sobel", np.zeros((3, 4)), [[1, 2, 3], [4, 5]], np.full((3, 3), np.nan), 1001]
    )
    def test_a_kernel_is_nine_numbers_or_a_name(self, kernel):
        explorer = ConvolutionExplorer()
        with pytest.raises(traitlets.TraitError, match=r"KERNELS|there are identity"):
            explorer.kernel = kernel
        assert np.array_equal(explorer.kernel, KERNELS["sobel_x"])

    def test_the_window_stays_inside_the_output(self):
        explorer = ConvolutionExplorer(row=25, column=25)
        with pytest.raises(traitlets.TraitError, match="row must be below 26"):
            explorer.row = 26
        explorer.stride = 3
        assert (explorer.row, explorer.column) == (8, 8)
        with pytest.raises(traitlets.TraitError):
            ConvolutionExplorer(stride=2, column=13)
        assert ConvolutionExplorer(stride=2, padding="same", column=13, row=0).column == 13

    def test_takes_what_a_front_end_sends_at_once(self):
        explorer = ConvolutionExplorer(row=20, column=20)
        explorer.set_state({"stride": 3, "row": 7, "column": 6, "image": bytes(784)})
        assert (explorer.stride, explorer.row, explorer.column) == (3, 7, 6)
        assert explorer.garment is None
        assert not explorer.output.any()

    def test_every_kernel_of_the_library_is_offered_and_explained(self):
        assert set(NOTES) == set(KERNELS)
        assert list(ConvolutionExplorer().presets) == list(KERNELS)

    def test_without_scripts_a_text_stands_there(self):
        soup = BeautifulSoup(ConvolutionExplorer().static_html(), "html.parser")
        assert "vertical edges" in soup.select_one(".cw-fallback").get_text()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Write the page of the default figure."""
    return write_page(tmp_path_factory.mktemp("explorer"), ConvolutionExplorer())


class TestNumbers:
    @pytest.mark.parametrize(
        ("kernel", "stride", "padding", "relu"),
        [
            ("sobel_x", 1, "valid", False),
            ("gaussian", 2, "same", False),
            ("emboss", 3, "same", True),
            ([[0, 0.5, -3], [7, 0, 0], [1 / 9, -2, 0]], 2, "valid", False),
            ("outline", 1, "same", False),
        ],
    )
    def test_are_those_of_conv2d(self, chromium, tmp_path, kernel, stride, padding, relu):
        figure = ConvolutionExplorer(
            garment=22, kernel=kernel, stride=stride, padding=padding, row=0, column=0, relu=relu
        )
        with open_figure(chromium, write_page(tmp_path, figure)) as tab:
            shown = tab.evaluate(READ_MAP)
        expected = figure.output
        assert shown["size"] == len(expected)
        sums = np.array([text.replace("−", "-") for text in shown["sums"]], dtype=float)
        assert np.abs(sums - expected.ravel()).max() < 0.00501  # two decimals are shown
        colors = np.reshape(shown["colors"], (*expected.shape, 4))
        assert (colors[..., 3] == 255).all()
        whole = conv2d(figure.image, np.float32(figure.kernel), stride, padding)
        wanted = np.where(expected[..., None] == whole[..., None], signed_colors(whole), 255)
        assert np.abs(colors[..., :3] - wanted).max() <= 0.51

    def test_at_the_rim_the_zeros_of_the_padding_are_marked(self, chromium, tmp_path):
        figure = ConvolutionExplorer(padding="same", row=0, column=0)
        with open_figure(chromium, write_page(tmp_path, figure)) as tab:
            cells = tab.locator(".cw-conv-pixels td")
            marked = [
                "padding" in cells.nth(i).inner_text()
                and "cw-conv-rim" in cells.nth(i).get_attribute("class")
                for i in range(9)
            ]
            assert marked == [True] * 4 + [False] * 2 + [True] + [False] * 2
            set_state(tab, row=14, column=14)
            tab.wait_for_selector(f"{FIGURE}[data-place='14,14']")
            assert tab.locator(".cw-conv-rim").count() == 0

    def test_the_arithmetic_is_written_out(self, chromium, page):
        with open_figure(chromium, page) as tab:
            written = tab.locator(".cw-conv-products td").all_text_contents()
            assert written[2] == "218 × 1 = 218"
            products = [int(text.split(" = ")[1]) for text in written]
            line = tab.locator(".cw-conv-sum").inner_text()
            assert line == " + ".join(map(str, products)) + f" = {sum(products)}"
            assert tab.locator(".cw-conv-result:visible").all_inner_texts() == [str(sum(products))]
            assert sum(products) == ConvolutionExplorer().output[7, 14]


class TestMoving:
    def test_step_back_and_whole_map(self, chromium, page):
        with open_figure(chromium, page) as tab:
            figure = tab.locator(FIGURE)
            assert figure.get_attribute("data-computed") == str(7 * 26 + 15)
            tab.get_by_role("button", name="Step").click()
            assert figure.get_attribute("data-place") == "7,15"
            assert figure.get_attribute("data-computed") == str(7 * 26 + 16)
            assert state(tab, "column") == 15
            assert "Row 7, column 15" in tab.get_by_role("status").inner_text()
            tab.get_by_role("button", name="Back").click()
            assert figure.get_attribute("data-place") == "7,14"
            tab.get_by_role("button", name="Whole map").click()
            assert figure.get_attribute("data-computed") == str(26 * 26)
            tab.get_by_role("button", name="Start over").click()
            assert figure.get_attribute("data-place") == "0,0"
            assert figure.get_attribute("data-computed") == "1"

    def test_play_goes_to_the_end_and_passes_no_place_over(self, chromium, page):
        with open_figure(chromium, page) as tab:
            tab.get_by_label("Speed").select_option("fast")
            set_state(tab, stride=3)
            tab.get_by_role("button", name="Play").click()
            tab.wait_for_selector(f"{FIGURE}[data-playing='false'][data-place='8,8']")
            assert tab.locator(FIGURE).get_attribute("data-computed") == "81"
            assert "come to the end" in tab.get_by_role("status").inner_text()
            tab.get_by_role("button", name="Play").click()  # from the top again
            tab.get_by_role("button", name="Pause").click()
            assert int(tab.locator(FIGURE).get_attribute("data-computed")) < 81
            tab.get_by_role("button", name="Play").wait_for()

    def test_with_less_motion_play_fills_whole_rows(self, chromium, page):
        with open_figure(chromium, page, reduced_motion="reduce") as tab:
            tab.get_by_role("button", name="Play").click()
            tab.wait_for_selector(f"{FIGURE}[data-place='8,0'][data-computed='{8 * 26 + 1}']")
            assert not tab.get_by_label("Speed").is_visible()

    def test_keys_move_the_window(self, chromium, page):
        with open_figure(chromium, page) as tab:
            slider = tab.get_by_role("slider", name="Place of the window")
            slider.focus()
            for key, place in [
                ("ArrowRight", "7,15"),
                ("ArrowDown", "8,15"),
                ("ArrowLeft", "8,14"),
                ("ArrowUp", "7,14"),
                ("End", "7,25"),
                ("ArrowRight", "7,25"),
                ("Home", "7,0"),
                ("Control+End", "25,25"),
                ("ArrowDown", "25,25"),
                ("Control+Home", "0,0"),
            ]:
                tab.keyboard.press(key)
                assert tab.locator(FIGURE).get_attribute("data-place") == place
            assert slider.get_attribute("aria-valuetext") == "row 0, column 0, sum 0"

    def test_the_mouse_drags_it_and_the_output_can_be_pointed_at(self, chromium, page):
        with open_figure(chromium, page) as tab:
            box = tab.locator(INPUT).bounding_box()
            pixel = box["width"] / 28
            tab.mouse.move(box["x"] + 15.5 * pixel, box["y"] + 8.5 * pixel)
            tab.mouse.down()
            tab.mouse.move(box["x"] + 25.4 * pixel, box["y"] + 13.4 * pixel)
            assert tab.locator(FIGURE).get_attribute("data-place") == "12,24"
            tab.mouse.move(box["x"] + 400 * pixel, box["y"] - 400)  # outside: the last place
            tab.mouse.up()
            assert tab.locator(FIGURE).get_attribute("data-place") == "0,25"
            answers = ConvolutionExplorer().output
            tab.locator(".cw-conv-output").hover(position={"x": 1, "y": 1})
            assert tab.locator(".cw-conv-readout").inner_text() == "Row 0, column 0: 0"
            assert tab.locator(".cw-conv-ghost").is_visible()
            cell = box["width"] / 26
            tab.locator(".cw-conv-output").click(position={"x": 6.5 * cell, "y": 20.5 * cell})
            shown = tab.locator(".cw-conv-readout").inner_text().replace("−", "-")
            assert shown == f"Row 20, column 6: {answers[20, 6]:.0f}"
            assert state(tab, "row") == 20

    def test_a_finger_taps_a_place_and_drags_the_window(self, chromium, page):
        with open_figure(chromium, page, width=390, has_touch=True) as tab:
            box = tab.locator(INPUT).bounding_box()
            pixel = box["width"] / 28
            tab.touchscreen.tap(box["x"] + 4.5 * pixel, box["y"] + 20.5 * pixel)
            tab.wait_for_selector(f"{FIGURE}[data-place='19,3']")
            window = tab.locator(".cw-conv-window")
            assert window.evaluate("el => getComputedStyle(el).touchAction") == "none"
            assert tab.locator(INPUT).evaluate("el => getComputedStyle(el).touchAction") == (
                "manipulation"  # elsewhere the page scrolls
            )


class TestSettings:
    def test_a_picture_is_chosen_and_its_list_is_loaded_then(self, chromium, page):
        for disk in (True, False):
            with (
                Server(page.parent) as server,
                open_figure(chromium, page, address=None if disk else server.address) as tab,
            ):
                tab.get_by_label("Picture").select_option("Bag 2")
                tab.wait_for_selector(f"{FIGURE}[data-garment='25']")
                picture = tab.evaluate(
                    "[...document.querySelector('.cw-host').courseModel.get('image')]"
                )
                assert np.array_equal(np.reshape(picture, (28, 28)), garment(25))

    def test_the_picture_that_the_reader_kept_is_in_the_list_until_it_is_forgotten(
        self, chromium, page
    ):
        own = np.random.default_rng(4).integers(0, 256, (2, 28, 28), dtype=np.uint8)
        with open_figure(chromium, page) as tab:
            pictures = tab.get_by_label("Picture")
            offered = pictures.locator("option", has_text="Your picture")
            height = tab.locator(FIGURE).bounding_box()["height"]
            assert offered.count() == 0
            for n, picture in enumerate(own):
                keep_picture(tab, picture.tobytes())
                if n == 0:  # what is kept after it is shown at once
                    pictures.select_option("Your picture")
                tab.wait_for_function(
                    "sum => document.querySelector('.cw-conv-result').textContent === sum",
                    arg=f"{answer(picture)[7, 14]:.0f}".replace("-", "−"),
                )
                assert pictures.evaluate("list => list.selectedOptions[0].text") == "Your picture"
            assert tab.locator(FIGURE).bounding_box()["height"] == height
            keep_picture(tab, None)
            tab.wait_for_selector(f"{FIGURE}[data-garment='29']")
            assert offered.count() == 0
            assert pictures.input_value() == "29"

    def test_pictures_that_cannot_be_loaded_are_named_and_all_else_works(self, chromium, tmp_path):
        page = write_page(tmp_path, ConvolutionExplorer())
        (tmp_path / "_figures" / "assets" / "garments.js").unlink()
        with open_figure(chromium, page, expected_errors=("ERR_FILE_NOT_FOUND",)) as tab:
            tab.get_by_label("Picture").select_option("Bag 2")
            tab.wait_for_selector("text=The pictures could not be loaded")
            assert tab.get_by_label("Picture").input_value() == "29"
            tab.get_by_role("button", name="Step").click()
            assert tab.locator(FIGURE).get_attribute("data-place") == "7,15"

    def test_stride_and_padding_change_the_size_and_keep_the_place(self, chromium, page):
        with open_figure(chromium, page) as tab:
            tab.get_by_role("radio", name="2").check()
            assert tab.locator(FIGURE).get_attribute("data-place") == "4,7"
            size = tab.locator(".cw-conv-size")
            assert "28 input + 0 zeros − 3 kernel) / 2 stride⌋ + 1 = 13 output" in size.inner_text()
            tab.get_by_role("radio", name="same").focus()
            tab.keyboard.press("Space")
            assert "28 input + 1 zeros − 3 kernel) / 2 stride⌋ + 1 = 14 output" in size.inner_text()
            assert (state(tab, "stride"), state(tab, "padding")) == (2, "same")
            assert "14 × 14" in tab.get_by_role("status").inner_text()

    def test_a_kernel_is_chosen_and_explained(self, chromium, page):
        with open_figure(chromium, page) as tab:
            tab.get_by_label("Kernel", exact=True).select_option("blur")
            assert tab.locator(".cw-conv-note").inner_text() == NOTES["blur"]
            assert tab.get_by_label("Kernel, row 1, column 1").input_value() == "1/9"
            assert np.allclose(state(tab, "kernel"), 1 / 9)

    def test_a_weight_is_edited_and_nonsense_is_refused(self, chromium, page):
        with open_figure(chromium, page) as tab:
            middle = tab.get_by_label("Kernel, row 1, column 1")
            middle.fill("−1/4")
            middle.press("Enter")
            assert state(tab, "kernel")[1][1] == -0.25
            assert tab.get_by_label("Kernel", exact=True).input_value() == "own"
            assert "They add up to −0.25" in tab.locator(".cw-conv-note").inner_text()
            for nonsense in ("<b>7</b>", "1/0", "1e9", "2000", ""):
                middle.fill(nonsense)
                middle.press("Enter")
                assert middle.get_attribute("aria-invalid") == "true"
                assert nonsense in tab.get_by_role("alert").inner_text()
                assert state(tab, "kernel")[1][1] == -0.25
            middle.fill("2")
            middle.press("Enter")
            assert not tab.get_by_role("alert").is_visible()
            assert state(tab, "kernel")[1][1] == 2

    def test_relu_makes_a_negative_sum_zero(self, chromium, tmp_path):
        figure = ConvolutionExplorer(row=10, column=25)
        expected = figure.output[10, 25]
        assert expected < 0
        with open_figure(chromium, write_page(tmp_path, figure)) as tab:
            low = tab.locator(".cw-conv-legend span").first
            assert low.inner_text() == f"−{np.abs(figure.output).max():.0f}"
            tab.get_by_role("button", name="ReLU").click()
            shown = tab.locator(".cw-conv-answer").inner_text().split("\n")
            assert shown == ["Their sum", f"−{-expected:.0f}", "After ReLU", "0"]
            assert "ReLU makes it 0" in tab.locator(".cw-conv-sum").inner_text()
            assert low.inner_text() == "0"
            assert state(tab, "relu") is True

    def test_what_to_try_goes_with_the_picture_and_the_kernel(self, chromium, tmp_path, page):
        task = "document.querySelector('.cw-conv-task').textContent"
        with open_figure(chromium, page) as tab:
            assert tab.evaluate(task) == f"Try this: {FIRST_TASK}"
            tab.get_by_label("Kernel", exact=True).select_option("blur")
            assert tab.evaluate(task) == f"Try this: {ANY_TASK}"
            tab.get_by_label("Kernel", exact=True).select_option("sobel_x")
            assert tab.evaluate(task) == f"Try this: {FIRST_TASK}"
            tab.get_by_label("Picture").select_option("Bag 2")
            tab.wait_for_selector(f"{FIGURE}[data-garment='25']")
            assert tab.evaluate(task) == f"Try this: {ANY_TASK}"
            set_state(tab, task="Find the handle.")
            assert tab.evaluate(task) == "Try this: Find the handle."

    def test_a_click_on_a_weight_selects_it(self, chromium, page):
        with open_figure(chromium, page) as tab:
            tab.get_by_label("Kernel", exact=True).select_option("blur")
            middle = tab.get_by_label("Kernel, row 1, column 1")
            # In WebKit the click's end would put the caret there; this is what keeps it from that.
            kept = """input => {
                input.addEventListener('mouseup', (event) => {
                    (window.kept ??= []).push(event.defaultPrevented);
                });
            }"""
            middle.evaluate(kept)
            middle.click()
            tab.keyboard.type("5")
            assert middle.input_value() == "5"
            middle.click()
            assert tab.evaluate("window.kept") == [True, False]


class TestDrawing:
    def test_the_mouse_draws_and_the_map_answers(self, chromium, page):
        with open_figure(chromium, page) as tab:
            tab.get_by_role("button", name="Draw").click()
            tab.get_by_role("button", name="Clear the sheet").click()
            assert tab.locator(".cw-conv-result:visible").all_inner_texts() == ["0"]
            box = tab.locator(INPUT).bounding_box()
            pixel = box["width"] / 28
            tab.mouse.move(box["x"] + 10.5 * pixel, box["y"] + 5.5 * pixel)
            tab.mouse.down()
            tab.mouse.move(box["x"] + 10.5 * pixel, box["y"] + 15.5 * pixel)
            tab.mouse.up()
            drawn = np.reshape(
                tab.evaluate("[...document.querySelector('.cw-host').courseModel.get('image')]"),
                (28, 28),
            )
            assert (drawn[5:16, 10] == 255).all()
            assert drawn[:, 13:].max() == drawn[:4].max() == 0
            assert state(tab, "garment") is None
            assert tab.locator(FIGURE).get_attribute("data-computed") == "676"
            tab.get_by_role("radio", name="eraser").check()
            tab.mouse.click(box["x"] + 10.5 * pixel, box["y"] + 10.5 * pixel)
            erased = tab.evaluate(
                "document.querySelector('.cw-host').courseModel.get('image')[10 * 28 + 10]"
            )
            assert erased == 0
            tab.get_by_role("button", name="Done").click()
            assert tab.get_by_role("slider", name="Place of the window").is_visible()

    def test_keys_draw_too(self, chromium, page):
        with open_figure(chromium, page) as tab:
            tab.get_by_role("button", name="Draw").press("Enter")
            tab.get_by_role("button", name="Clear the sheet").press("Enter")
            pen = tab.get_by_role("slider", name="Pen")
            pen.focus()
            for key in ("ArrowLeft", "Space", "ArrowDown", "ArrowDown", "Space", "ArrowDown"):
                tab.keyboard.press(key)
            assert pen.get_attribute("aria-valuetext") == "row 17, column 13, pen up"
            drawn = tab.evaluate(
                "[...document.querySelector('.cw-host').courseModel.get('image')]"
                ".flatMap((v, i) => v === 255 ? [[Math.floor(i / 28), i % 28]] : [])"
            )
            assert drawn == [[14, 13], [15, 13], [16, 13]]


class TestOnAPhone:
    def test_cause_and_effect_are_on_one_screen(self, chromium, page):
        with open_figure(chromium, page, width=390, height=844, has_touch=True) as tab:
            tab.locator(FIGURE).evaluate("one => one.scrollIntoView()")
            boxes = [tab.locator(part).first.bounding_box() for part in (INPUT, ".cw-conv-result")]
            boxes.append(tab.get_by_role("button", name="Play").bounding_box())
            below = 844 - 56  # the site's header stands above
            assert all(box["y"] >= 0 and box["y"] + box["height"] <= below for box in boxes), boxes
            more = tab.get_by_role("button", name="More")
            assert not tab.get_by_role("radio", name="same").is_visible()
            more.click()
            tab.get_by_role("radio", name="same").check()
            assert state(tab, "padding") == "same"
            assert more.get_attribute("aria-expanded") == "true"
            fields = tab.locator(f"{FIGURE} :is(select, input[type=text])")
            sizes = fields.evaluate_all("all => all.map(one => getComputedStyle(one).fontSize)")
            assert {float(size.removesuffix("px")) >= 16 for size in sizes} == {True}


class TestEveryReader:
    @pytest.mark.parametrize(("theme", "width"), [("light", 1000), ("dark", 320)])
    def test_axe_finds_nothing_and_nothing_sticks_out(self, chromium, tmp_path, theme, width):
        figure = ConvolutionExplorer(padding="same", row=0, column=0, kernel="emboss")
        page = write_page(tmp_path, figure, theme)
        with open_figure(chromium, page, width=width, theme=theme) as tab:
            assert axe(tab) == []
            if width < 400:
                tab.get_by_role("button", name="More").click()
            tab.get_by_role("button", name="Draw").click()
            assert axe(tab) == []
            outside = tab.locator(f"{FIGURE} :is(button, select, td, canvas, p)").evaluate_all(
                "all => all.filter(one => one.getBoundingClientRect().right > innerWidth).length"
            )
            assert outside == 0

    def test_two_views_of_one_model_agree_and_clean_up(self, chromium, page):
        with open_figure(chromium, page) as tab:
            tab.evaluate(
                """() => {
                    const host = document.querySelector('.cw-host');
                    const define = courseWidgets.define;
                    courseWidgets.define = (name, module) => {
                        const el = document.createElement('div');
                        el.id = 'second';
                        host.after(el);
                        globalThis.cleanup = module.render({ model: host.courseModel, el });
                    };
                    const script = document.createElement('script');
                    script.src = '_figures/convolution_explorer/figure.js';
                    script.onload = () => { courseWidgets.define = define; };
                    document.head.append(script);
                }"""
            )
            tab.wait_for_selector("#second .cw-conv[data-place='7,14']")
            tab.locator("#second").get_by_role("button", name="Step").click()
            places = tab.locator(FIGURE).evaluate_all("all => all.map(one => one.dataset.place)")
            assert places == ["7,15", "7,15"]
            tab.evaluate("cleanup()")
            assert tab.locator("#second").inner_html() == ""
            tab.get_by_role("button", name="Step").click()
            assert tab.locator(FIGURE).get_attribute("data-place") == "7,16"
