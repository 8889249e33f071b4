"""The plots draw the numbers they are given, on the axes they are given."""

from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import fashion_lib
from fashion_lib import CLASS_NAMES, plots

RNG = np.random.default_rng(5)
IMAGES = RNG.integers(0, 256, (7, 28, 28), dtype=np.uint8)
COUNTS = np.arange(10) * 111 + 1
LABELS = np.repeat(np.arange(10), 3)
POINTS = RNG.normal(size=(30, 2))
PROBABILITIES = np.array([0.05, 0, 0.15, 0, 0.1, 0, 0.6, 0, 0.1, 0])
EPOCHS = pd.DataFrame(
    {"epoch": [1, 2, 3], "loss": [0.9, 0.5, 0.3], "val_loss": [0.8, 0.6, 0.7]}
    | {"accuracy": [0.6, 0.8, 0.9], "val_accuracy": [0.7, 0.8, 0.75]}
)
CONFUSION = pd.DataFrame(
    np.diag([900] * 10) + np.triu(np.full((10, 10), 7), 1), index=CLASS_NAMES, columns=CLASS_NAMES
)
INTERVALS = pd.DataFrame(
    {"recall": np.linspace(0.7, 0.97, 10), "low": np.linspace(0.65, 0.96, 10)}
    | {"high": np.linspace(0.75, 0.98, 10), "support": 1000},
    index=CLASS_NAMES,
)
PREPARED = SimpleNamespace(
    steps=[
        ("original", RNG.integers(0, 256, (40, 20, 3), dtype=np.uint8)),
        ("gray", RNG.integers(0, 256, (40, 20), dtype=np.uint8)),
        ("28×28", IMAGES[0]),
    ],
    pixels=IMAGES[0],
)
LAYERS = pd.DataFrame(
    [
        ("conv1", "convolution", (26, 26, 32), 320, 194_688),
        ("pool1", "max pooling", (13, 13, 32), 0, 0),
        ("output", "dense", (10,), 54_090, 54_080),
    ],
    columns=["layer", "kind", "output_shape", "parameters", "multiply_adds"],
)
CALLS = {
    "show_image": (IMAGES[0],),
    "image_grid": (IMAGES,),
    "feature_maps": (RNG.random((5, 5, 6)),),
    "value_grid": (np.eye(3),),
    "class_counts": (COUNTS,),
    "pixel_histogram": (IMAGES,),
    "pca_map": (POINTS, LABELS),
    "confusion_heatmap": (CONFUSION,),
    "learning_curves": (EPOCHS,),
    "probability_bars": (PROBABILITIES,),
    "recall_chart": (INTERVALS,),
    "layer_diagram": (LAYERS,),
    "preparation_steps": (PREPARED,),
}


def texts(ax):
    return [text.get_text() for text in ax.texts]


def shown(ax, number=0):
    return np.ma.filled(ax.images[number].get_array().astype(float), np.nan)


@pytest.mark.parametrize("name", CALLS)
def test_given_axes_are_used_and_no_figure_is_opened(name):
    ax = Figure().subplots()
    assert getattr(plots, name)(*CALLS[name], ax=ax) is ax
    assert plt.get_fignums() == []
    assert ax.has_data() or ax.texts


@pytest.mark.parametrize("name", CALLS)
def test_without_axes_one_figure_of_the_page_width_is_made(name):
    ax = getattr(plots, name)(*CALLS[name])
    assert plt.get_fignums() == [ax.figure.number]
    assert ax.figure.axes == [ax]
    assert ax.figure.get_size_inches()[0] <= 7.01  # at 390 pixels, 11 points stay legible


@pytest.mark.parametrize("name", CALLS)
def test_title_is_drawn(name):
    ax = getattr(plots, name)(*CALLS[name], title="A title")
    assert ax.get_title("left") + ax.get_title() == "A title"


@pytest.mark.parametrize("name", CALLS)
def test_arguments_are_not_changed(name):
    before = [np.array(value) for value in CALLS[name] if isinstance(value, np.ndarray)]
    getattr(plots, name)(*CALLS[name])
    after = [value for value in CALLS[name] if isinstance(value, np.ndarray)]
    assert all(np.array_equal(old, new) for old, new in zip(before, after, strict=True))


@pytest.mark.parametrize(
    "name",
    sorted(
        set(CALLS)
        - {"image_grid", "feature_maps", "value_grid"}
        - {"layer_diagram", "preparation_steps"}
    ),
)
def test_charts_name_what_their_axes_measure(name):
    ax = getattr(plots, name)(*CALLS[name])
    assert ax.get_xlabel()
    names = {tick.get_text() for tick in ax.get_yticklabels()}
    assert ax.get_ylabel() or names == set(CLASS_NAMES)


def test_course_style_keeps_letters_large_and_pictures_crisp():
    with plt.rc_context():
        plots.use_course_style()
        assert plt.rcParams["font.size"] >= 11
        assert plt.rcParams["figure.dpi"] >= 144
        assert plt.rcParams["font.sans-serif"][0] == "DejaVu Sans"  # comes with matplotlib
        ax = plots.class_counts(COUNTS)
        assert not ax.spines["top"].get_visible()


def test_show_image_shows_the_pixels():
    ax = plots.show_image(IMAGES[0][..., None], vmin=0, vmax=255)
    assert np.array_equal(shown(ax), IMAGES[0])
    assert ax.images[0].get_clim() == (0, 255)


BOOT = IMAGES[0] // 2  # nothing in it is white


@pytest.mark.parametrize(
    ("image", "white"),
    [
        (BOOT, 255),
        (BOOT.astype(np.int64), 255),
        (BOOT / 255, 1),
        (BOOT / np.float32(255) / 255, 1),  # divided twice: black
        (BOOT > 50, 1),
        (np.zeros((28, 28)), 1),
    ],
)
def test_black_and_white_are_the_same_for_every_image(image, white):
    assert plots.show_image(image).images[0].get_clim() == (0, white)
    assert plots.image_grid([image, image]).images[0].get_clim() == (0, white)


@pytest.mark.parametrize(
    ("image", "reach"),
    [
        (BOOT.astype(float), "to 1, white, and these from 0 to 12"),
        (BOOT / 255 - 0.5, "to 1, white, and these from -0.5 to"),
        (BOOT.astype(int) + 200, "to 255, white, and these from 2.. to 3"),
        (np.where(BOOT > 100, np.nan, BOOT / 255), "from nan to nan"),
    ],
)
def test_what_is_brighter_than_white_is_not_shown_as_gray(image, reach):
    for draw in (plots.show_image, lambda image: plots.image_grid([image]), plots.pixel_histogram):
        with pytest.raises(ValueError, match=f"{reach}.*vmin"):
            draw(image)
    low, high = np.nanmin(image), np.nanmax(image)
    for ax in (plots.show_image(image, cmap="viridis"), plots.image_grid([image], cmap="viridis")):
        np.testing.assert_allclose(ax.images[0].get_clim(), (low, high), rtol=1e-6)
    assert plots.show_image(image, vmin=-1, vmax=2).images[0].get_clim() == (-1, 2)
    assert plots.image_grid([image], vmin=-1, vmax=2).images[0].get_clim() == (-1, 2)


def test_image_grid_places_every_image_with_its_caption():
    captions = [f"image {number}" for number in range(7)]
    ax = plots.image_grid(IMAGES, captions=captions, columns=3)
    montage = shown(ax)
    assert texts(ax) == captions
    for image, text in zip(IMAGES, ax.texts, strict=True):
        across, below = text.get_position()
        left, bottom = round(across - 13.5), int(below)
        assert np.array_equal(montage[bottom - 28 - 1 : bottom - 1, left : left + 28], image)
    assert np.isnan(montage).any()  # the gaps are no pixels


def test_image_grid_keeps_one_scale_for_all_images():
    ax = plots.image_grid(np.stack([np.zeros((4, 4)), np.full((4, 4), 9.0)]), cmap="viridis")
    assert ax.images[0].get_clim() == (0, 9)
    ax = plots.image_grid(IMAGES, vmin=-1, vmax=1, cmap="vlag")
    assert ax.images[0].get_clim() == (-1, 1)
    assert ax.images[0].get_cmap().name == "vlag"


def test_long_captions_are_broken_but_words_are_not():
    ax = plots.image_grid(IMAGES, captions=["T-shirt/top taken for a dress"] * 7, columns=5)
    assert set(texts(ax)[0].split()) == {"T-shirt/top", "taken", "for", "a", "dress"}
    assert "\n" in texts(ax)[0]


@pytest.mark.parametrize("columns", [3, 5, 10])
def test_captions_do_not_touch_the_next_row(columns):
    captions = ["T-shirt/top taken for Pullover, 0.99"] * 20
    ax = plots.image_grid(np.ones((20, 28, 28)), captions=captions, columns=columns)
    ax.figure.canvas.draw()
    montage = shown(ax)
    for text in ax.texts[:columns]:
        box = text.get_window_extent().transformed(ax.transData.inverted())
        lowest, column = max(box.y0, box.y1), round(text.get_position()[0])
        below = np.flatnonzero(~np.isnan(montage[:, column]))
        next_row = below[below > text.get_position()[1]].min()
        assert lowest <= next_row


@pytest.mark.parametrize(
    ("images", "options", "message"),
    [
        ([], {}, "no image"),
        (IMAGES, {"captions": ["one"]}, "7 images, but 1 captions"),
        ([np.zeros((4, 4)), np.zeros((5, 5))], {}, "differ in size"),
        (np.zeros((2, 4, 4, 3)), {}, "not shape"),
        (np.zeros((4, 4)), {}, "not shape"),
    ],
)
def test_image_grid_says_what_is_wrong(images, options, message):
    with pytest.raises(ValueError, match=message):
        plots.image_grid(images, **options)


def test_feature_maps_shows_one_picture_per_filter():
    maps = RNG.random((5, 4, 6))
    montage = shown(plots.feature_maps(maps, columns=6))
    for number in range(6):
        left = number * (4 + 1)
        np.testing.assert_allclose(montage[:5, left : left + 4], maps[:, :, number], rtol=1e-6)
    with pytest.raises(ValueError, match="one image"):
        plots.feature_maps(maps[None])


def test_value_grid_writes_each_number_at_its_place():
    values = np.array([[0, 255, 3], [-4, 5, np.nan]])
    ax = plots.value_grid(values, highlight=(0, 1, 2, 2))
    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written == {(0, 0): "0", (1, 0): "255", (2, 0): "3", (0, 1): "-4", (1, 1): "5"}
    (frame,) = ax.patches
    assert (frame.get_xy(), frame.get_width(), frame.get_height()) == ((0.5, -0.5), 2, 2)


def test_value_grid_formats_fractions_and_contrasts_with_the_square():
    ax = plots.value_grid(np.array([[0.125, 1.0]]))
    assert texts(ax) == ["0.12", "1.00"]
    assert [text.get_color() for text in ax.texts] == ["white", plots.INK]
    assert texts(plots.value_grid(np.array([[0.125, -0.0]]), fmt=".1f")) == ["0.1", "0.0"]


def test_class_counts_draws_bars_as_long_as_the_counts():
    ax = plots.class_counts(pd.Series(COUNTS))
    assert [bar.get_width() for bar in ax.patches] == COUNTS.tolist()
    assert texts(ax) == [f"{count:,}" for count in COUNTS]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(CLASS_NAMES)


def test_pixel_histogram_counts_every_gray_value():
    ax = plots.pixel_histogram(np.array([[[0, 0, 255], [7, 0, 7]]], dtype=np.uint8))
    heights = {round(bar.get_center()[0]): bar.get_height() for bar in ax.patches}
    assert {value: height for value, height in heights.items() if height} == {0: 3, 7: 2, 255: 1}
    assert ax.get_yscale() == "log"


@pytest.mark.parametrize("images", [IMAGES / 255, IMAGES / np.float32(255)])
def test_pixel_histogram_of_floats_has_the_same_bars(images):
    counts = [
        [bar.get_height() for bar in plots.pixel_histogram(i).patches] for i in (IMAGES, images)
    ]
    assert counts[0] == counts[1] == np.bincount(IMAGES.ravel(), minlength=256).tolist()
    ax = plots.pixel_histogram(images)
    assert ax.patches[255].get_center()[0] == pytest.approx(1)
    assert "1 white" in ax.get_xlabel()


def test_pca_map_draws_every_point_in_its_class_color():
    ax = plots.pca_map(POINTS, LABELS)
    (dots,) = ax.collections
    drawn = np.asarray(dots.get_offsets())
    assert np.array_equal(np.sort(drawn, axis=0), np.sort(POINTS, axis=0))
    colors = {}
    for point, color in zip(drawn, dots.get_facecolors(), strict=True):
        label = LABELS[np.flatnonzero((point == POINTS).all(axis=1))[0]]
        colors.setdefault(label, set()).add(tuple(color))
    assert all(len(found) == 1 for found in colors.values())
    assert len(set.union(*colors.values())) == 10
    assert texts(ax) == list(CLASS_NAMES)


def test_pca_map_keeps_its_labels_apart():
    points = np.concatenate([POINTS * 1e-3, [[-1, -1], [1, 1]]])
    ax = plots.pca_map(points, np.concatenate([LABELS % 3, [8, 9]]))
    heights = sorted(text.get_position()[1] for text in ax.texts)
    assert min(np.diff(heights)) > 0.04 * np.ptp(points[:, 1])


def test_confusion_heatmap_writes_counts_and_leaves_zeros_empty():
    ax = plots.confusion_heatmap(CONFUSION)
    written = [text.get_text() for text in ax.texts]
    expected = ["" if value == 0 else str(value) for value in CONFUSION.to_numpy().ravel()]
    assert written == expected
    assert [tick.get_text() for tick in ax.get_xticklabels()] == list(CLASS_NAMES)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(CLASS_NAMES)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")


def test_confusion_heatmap_scale_ends_at_the_largest_error():
    ax = plots.confusion_heatmap(CONFUSION)
    assert ax.collections[0].get_clim() == (0, 7)
    assert np.array_equal(ax.collections[0].get_array(), CONFUSION)


def test_confusion_heatmap_writes_shares_as_percent():
    ax = plots.confusion_heatmap(CONFUSION / 963)
    assert texts(ax)[:2] == ["93%", "1%"]
    assert texts(plots.confusion_heatmap(CONFUSION / 963, fmt=".2f"))[:2] == ["0.93", "0.01"]


def test_confusion_heatmap_of_a_perfect_classifier():
    table = pd.DataFrame(np.diag([5] * 10), index=CLASS_NAMES, columns=CLASS_NAMES)
    assert texts(plots.confusion_heatmap(table)).count("5") == 10


@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_learning_curves_draws_both_curves_and_the_best_epoch(metric):
    ax = plots.learning_curves(EPOCHS, metric=metric, best_epoch=2)
    training, validation, best = ax.lines
    assert np.array_equal(training.get_xydata(), EPOCHS[["epoch", metric]])
    assert np.array_equal(validation.get_xydata(), EPOCHS[["epoch", f"val_{metric}"]])
    assert list(best.get_xdata()) == [2, 2]
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["training", "validation", "best epoch: 2"]
    assert training.get_color() != validation.get_color()
    assert training.get_linestyle() != validation.get_linestyle()  # not by color alone


def test_probability_bars_in_class_order_with_the_true_class_in_green():
    ax = plots.probability_bars(PROBABILITIES, true_label=2)
    assert [bar.get_width() for bar in ax.patches] == PROBABILITIES.tolist()
    colors = [bar.get_facecolor() for bar in ax.patches]
    assert colors.count(colors[2]) == 1
    assert texts(ax)[6] == "0.600"


def test_probability_bars_of_the_top_classes():
    ax = plots.probability_bars(PROBABILITIES, top=3)
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    assert names == ["Shirt", "Pullover", "Coat"]  # of two at 0.1, the lower label
    assert texts(ax) == ["0.600", "0.150", "0.100"]
    with pytest.raises(ValueError, match="10 probabilities"):
        plots.probability_bars(PROBABILITIES[None])


def test_recall_chart_draws_estimates_and_limits_sorted():
    ax = plots.recall_chart(INTERVALS.iloc[::-1])
    dots = ax.lines[0]
    assert np.array_equal(dots.get_xdata(), np.sort(INTERVALS["recall"]))
    (bars,) = ax.collections
    limits = [(segment[0, 0], segment[1, 0]) for segment in bars.get_segments()]
    np.testing.assert_allclose(limits, INTERVALS[["low", "high"]])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(CLASS_NAMES)


def test_layer_diagram_names_shapes_and_parameters():
    written = texts(plots.layer_diagram(LAYERS))
    assert {"input", "28 × 28 × 1", "conv1", "26 × 26 × 32", "320 parameters"} <= set(written)
    assert {"pool1", "no parameters", "output", "10", "54,090 parameters"} <= set(written)


def test_layer_diagram_of_the_course_network():
    table = fashion_lib.layer_table()
    ax = plots.layer_diagram(table)
    written = texts(ax)
    assert set(table["layer"]) <= set(written)
    counts = [text for text in written if text.endswith(" parameters") and text[0].isdigit()]
    assert sum(int(text.split()[0].replace(",", "")) for text in counts) == 94_154


def test_preparation_steps_shows_each_step_with_number_and_arrow():
    ax = plots.preparation_steps(PREPARED)
    assert texts(ax) == ["1. original", "2. gray", "3. 28×28"]
    for number, (_, image) in enumerate(PREPARED.steps):
        assert np.array_equal(shown(ax, number), image)
    left, right, bottom, top = ax.images[0].get_extent()
    assert (right - left) / (bottom - top) == pytest.approx(0.5)  # 40 rows, 20 columns
    arrows = [patch for patch in ax.patches if "Arrow" in type(patch).__name__]
    assert len(arrows) == 2
