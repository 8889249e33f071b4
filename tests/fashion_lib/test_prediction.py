"""Preparing pictures as the data set's authors did, and predicting from them."""

import io
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from fashion_lib import prediction
from fashion_lib.prediction import (
    ImageError,
    PreparedImage,
    area_average,
    example_pictures,
    predict_image,
    prepare_image,
)

STEPS = [
    "original",
    "gray",
    "background made black",
    "cropped",
    "fitted into a square",
    "28×28",
]
relaxed = settings(max_examples=60, deadline=None, derandomize=True, database=None)


def covered(size, start, length):
    """Return the share of each of 28 cells over `size` that [start, start + length) covers."""
    edges = [size * i / 28 for i in range(29)]
    stop = start + length
    shares = [max(0, min(b, stop) - max(a, start)) for a, b in pairwise(edges)]
    return np.array(shares) * 28 / size


def bar(height, width):
    """Return the 28×28 picture of a plain rectangle of this shape, worked out by geometry."""
    edge = max(height, width)
    rows = covered(edge, math.ceil((edge - height) / 2), height)
    columns = covered(edge, math.ceil((edge - width) / 2), width)
    gray = np.outer(rows, columns)
    return gray * 255 / gray.max()


def close(pixels, expected, levels=1):
    return np.abs(pixels.astype(float) - expected).max() <= levels


# --- pictures of the data set go through unchanged ---------------------------------------------


def test_all_test_images_go_through_unchanged(fashion):
    _, (images, _) = fashion
    for image in images:
        assert np.array_equal(prepare_image(image).pixels, image)


def test_every_training_image_meets_the_rule(fashion):
    (images, _), _ = fashion
    assert all(prediction._in_data_format(image) for image in images)


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF", "GIF", "WEBP"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_saved_test_images_go_through_unchanged(fashion, file_format, mode):
    _, (images, _) = fashion
    for image in images[:20]:
        buffer = io.BytesIO()
        Image.fromarray(image).convert(mode).save(buffer, file_format, lossless=True)
        prepared = prepare_image(buffer.getvalue())
        assert np.array_equal(prepared.pixels, image)
        assert [name for name, _ in prepared.steps] == ["original", "28×28"]


def test_normalized_images_go_through_unchanged(fashion):
    _, (images, _) = fashion
    for image in images[:200]:
        scaled = (image / np.float32(255))[:, :, np.newaxis]
        assert np.array_equal(prepare_image(scaled).pixels, image)


@pytest.mark.parametrize("background", [255, 90])
def test_28_by_28_on_another_background_is_prepared(background):
    image = np.full((28, 28), background, np.uint8)
    image[:, 8:20] = 20
    prepared = prepare_image(image)
    assert [name for name, _ in prepared.steps] == STEPS
    assert close(prepared.pixels, bar(28, 12))


# --- every step ----------------------------------------------------------------------------


def test_each_step_of_a_hand_made_picture():
    picture = np.full((50, 80, 3), 255, np.uint8)
    picture[10:40, 20:34] = (255, 0, 0)
    prepared = prepare_image(picture)
    steps = dict(prepared.steps)
    assert list(steps) == STEPS
    assert all(image.dtype == np.uint8 for image in steps.values())
    np.testing.assert_array_equal(steps["original"], picture)
    # Rec. 601: red weighs 0.299, and 0.299 * 255 = 76; 255 - 76 = 179
    assert set(np.unique(steps["gray"])) == {76, 255}
    assert set(np.unique(steps["background made black"])) == {0, 179}
    assert steps["cropped"].shape == (30, 14)
    assert steps["fitted into a square"].shape == (30, 30)
    assert (steps["fitted into a square"][:, 8:22] == 179).all()
    assert close(prepared.pixels, bar(30, 14))
    assert prepared.pixels.dtype == np.uint8
    assert prepared.pixels.shape == (28, 28)


def test_luma_is_that_of_pillow():
    colors = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(colors).convert("L"))
    np.testing.assert_array_equal(prediction._luma(colors), expected)


@relaxed
@given(
    st.integers(1, 12), st.integers(1, 12), st.integers(1, 9), st.integers(1, 9), st.integers(0, 99)
)
def test_area_average_equals_a_mean_over_a_finer_grid(height, width, new_height, new_width, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width))
    # Each pixel as new_height x new_width equal parts: then every new cell is a whole block.
    fine = pixels.repeat(new_height, axis=0).repeat(new_width, axis=1)
    expected = fine.reshape(new_height, height, new_width, width).mean(axis=(1, 3))
    np.testing.assert_allclose(area_average(pixels, new_height, new_width), expected, atol=1e-9)


@relaxed
@given(
    height=st.integers(12, 120),
    width=st.integers(12, 120),
    margins=st.tuples(*[st.integers(6, 60)] * 4),
    background=st.integers(0, 255),
    contrast=st.integers(30, 255),
    brighter=st.booleans(),
)
def test_a_rectangle_on_any_background_anywhere(
    height, width, margins, background, contrast, brighter
):
    tone = background + contrast if brighter else background - contrast
    if not 0 <= tone <= 255:
        tone = 255 if background < 128 else 0
    top, bottom, left, right = margins
    picture = np.full((top + height + bottom, left + width + right), background, np.uint8)
    picture[top : top + height, left : left + width] = tone
    assert close(prepare_image(picture).pixels, bar(height, width))


@relaxed
@given(
    x_slope=st.integers(-40, 40),
    y_slope=st.integers(-40, 40),
    noise=st.integers(0, 5),
    seed=st.integers(0, 99),
)
def test_uneven_light_and_noise(x_slope, y_slope, noise, seed):
    y, x = np.mgrid[:120, :160]
    picture = 170 + x_slope * (x / 160 - 0.5) + y_slope * (y / 120 - 0.5)
    picture[20:110, 50:110] = 20
    picture += np.random.default_rng(seed).normal(0, noise, picture.shape)
    cropped = dict(prepare_image(picture.clip(0, 255).astype(np.uint8)).steps)["cropped"]
    assert cropped.shape == (90, 60)


def test_patterns_brighter_and_darker_than_the_background_survive():
    picture = np.full((100, 100), 128, np.uint8)
    picture[20:80, 30:50] = 0
    picture[20:80, 50:70] = 255
    pixels = prepare_image(picture).pixels
    assert (pixels[:, 5:23] >= 250).all()
    assert (pixels[:, [0, 27]] == 0).all()


@pytest.mark.parametrize("turns", range(4))
def test_a_garment_that_touches_one_side(turns):
    picture = np.full((120, 100), 230, np.uint8)
    picture[50:, 10:90] = 60
    cropped = dict(prepare_image(np.rot90(picture, turns)).steps)["cropped"]
    assert cropped.shape == ((70, 80) if turns % 2 == 0 else (80, 70))


def test_a_speck_of_dust_does_not_move_the_crop():
    picture = np.full((200, 200), 250, np.uint8)
    picture[60:140, 70:130] = 40
    clean = prepare_image(picture).pixels
    picture[3:5, 190] = 0
    np.testing.assert_array_equal(prepare_image(picture).pixels, clean)


def test_negation_gives_the_same_picture():
    picture = np.random.default_rng(1).integers(120, 256, (60, 40)).astype(np.uint8)
    picture = np.pad(picture, 20)
    np.testing.assert_array_equal(
        prepare_image(picture).pixels, prepare_image(255 - picture).pixels
    )


@pytest.mark.parametrize("tone", [30, 220])
def test_a_cut_out_garment_needs_no_background(tone):
    image = Image.new("RGBA", (90, 120), (0, 0, 0, 0))
    image.paste((tone, tone, tone, 255), (20, 30, 50, 110))
    assert close(prepare_image(image).pixels, bar(80, 30))


@pytest.mark.parametrize(("height", "width"), [(400, 9), (9, 400), (1, 300), (300, 1)])
def test_extreme_shapes(height, width):
    picture = np.full((height, width), 240, np.uint8)
    picture[(height - 1) // 3 : 1 + height // 2, (width - 1) // 3 : 1 + width // 2] = 10
    pixels = prepare_image(picture).pixels
    assert pixels.max() == 255
    assert (pixels > 0).any(axis=0 if width > height else 1).all()


def test_tiny_pictures_are_enlarged():
    picture = np.full((6, 6), 255, np.uint8)
    picture[1:5, 2:4] = 0
    assert close(prepare_image(picture).pixels, bar(4, 2))


@pytest.mark.parametrize("tone", [0, 90, 255])
@pytest.mark.parametrize("shape", [(28, 28), (1, 1), (300, 200, 3)])
def test_one_tone_is_blank(tone, shape):
    with pytest.raises(ImageError, match=r"Nothing stands out .* plain background"):
        prepare_image(np.full(shape, tone, np.uint8))


def test_faint_noise_is_blank():
    noise = np.random.default_rng(0).normal(200, 3, (100, 100)).astype(np.uint8)
    with pytest.raises(ImageError, match="Nothing stands out"):
        prepare_image(noise)


@relaxed
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 99), st.booleans())
def test_any_pixels_are_prepared_or_refused(height, width, seed, in_color):
    shape = (height, width, 3) if in_color else (height, width)
    picture = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    try:
        pixels = prepare_image(picture).pixels
    except ImageError:
        return
    assert pixels.shape == (28, 28)
    assert pixels.max() == 255


def test_all_sources_of_a_picture_agree(tmp_path):
    y, x = np.mgrid[:80, :100]
    picture = np.full((80, 100, 3), 250, np.uint8)
    picture[(x - 55) ** 2 + (y - 38) ** 2 < 700] = (30, 90, 160)
    path = tmp_path / "disc.png"
    Image.fromarray(picture).save(path)
    expected = prepare_image(picture).pixels
    for source in (path, str(path), path.read_bytes(), Image.open(path), picture / 255):
        np.testing.assert_array_equal(prepare_image(source).pixels, expected)
    # The browser's decoder may differ a little from ours; so does a JPEG from the original.
    Image.fromarray(picture).save(tmp_path / "disc.jpg", quality=95)
    assert np.abs(prepare_image(tmp_path / "disc.jpg").pixels - expected.astype(int)).mean() < 2


# --- predictions ---------------------------------------------------------------------------


def test_a_prediction_is_the_forward_pass_of_the_image(fashion):
    from fashion_lib import CLASS_NAMES, forward, load_weights, normalize

    _, (images, _) = fashion
    expected = forward(load_weights(), normalize(images[:8]))
    for image, probabilities in zip(images, expected, strict=False):
        answer = predict_image(image, top=4)
        np.testing.assert_allclose(answer.probabilities, probabilities, atol=1e-6)
        assert answer.probabilities.dtype == np.float32
        assert answer.label == probabilities.argmax()
        assert answer.class_name == CLASS_NAMES[answer.label]
        assert answer.top[0] == (answer.class_name, float(answer.probabilities.max()))
        shares = [share for _, share in answer.top]
        assert shares == sorted(answer.probabilities.tolist(), reverse=True)[:4]
        np.testing.assert_array_equal(answer.prepared.pixels, image)


def test_other_weights_and_prepared_pictures(fashion):
    from fashion_lib import load_weights

    image = fashion[1][0][0]
    weights = {key: np.zeros_like(value) for key, value in load_weights().items()}
    weights["output/bias"][:] = np.log(np.arange(1, 11))
    answer = predict_image(prepare_image(image), weights, top=10)
    np.testing.assert_allclose(answer.probabilities, np.arange(1, 11) / 55, rtol=1e-5)
    assert answer.class_name == "Ankle boot"
    assert len(answer.top) == 10


def test_equal_probabilities_keep_the_order_of_the_labels(fashion):
    class Undecided:
        def predict(self, batch, verbose):
            assert batch.shape == (1, 28, 28, 1)
            return np.full((1, 10), 0.1)

    answer = predict_image(fashion[1][0][0], Undecided())
    assert answer.label == 0
    assert [name for name, _ in answer.top] == ["T-shirt/top", "Trouser", "Pullover"]


@pytest.mark.tensorflow
def test_keras_and_numpy_agree():
    from fashion_lib import load_model

    model = load_model()
    for path in list(example_pictures().values())[:3]:
        expected = predict_image(path, model).probabilities
        np.testing.assert_allclose(predict_image(path).probabilities, expected, atol=1e-5)


@pytest.mark.parametrize("top", [0, 11, -1])
def test_top_must_be_possible(top, fashion):
    with pytest.raises(ValueError, match="top must be between 1 and 10"):
        predict_image(fashion[1][0][0], top=top)


def test_other_models_are_a_type_error(fashion):
    with pytest.raises(TypeError, match="dict of weights or a Keras model"):
        predict_image(fashion[1][0][0], model="baseline")


# --- the examples --------------------------------------------------------------------------


def test_the_example_pictures_are_small_and_usable():
    pictures = example_pictures()
    assert len(pictures) == 8
    assert sum(path.stat().st_size for path in pictures.values()) < 150_000
    for path in pictures.values():
        prepared = prepare_image(path)
        assert isinstance(prepared, PreparedImage)
        assert [name for name, _ in prepared.steps] == STEPS
