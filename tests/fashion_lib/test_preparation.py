"""Preparing pictures as the data set's authors did."""

import io
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from fashion_lib import ImageError, example_pictures, preparation, prepare_image
from fashion_lib.preparation import area_average

STEPS = [
    "original",
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
    assert all(preparation._in_data_format(image) for image in images)


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
    # Red is 255 away from white in green and in blue: the root of 2/3 of 255² is 208.2.
    assert set(np.unique(steps["background made black"])) == {0, 208}
    assert steps["cropped"].shape == (30, 14)
    assert steps["fitted into a square"].shape == (30, 30)
    assert (steps["fitted into a square"][:, 8:22] == 208).all()
    assert close(prepared.pixels, bar(30, 14))
    assert prepared.pixels.dtype == np.uint8
    assert prepared.pixels.shape == (28, 28)


@pytest.mark.parametrize(
    ("garment", "background"), [((200, 40, 40), (20, 117, 115)), ((90, 90, 200), (150, 95, 10))]
)
def test_a_garment_of_another_color_but_the_same_brightness(garment, background):
    picture = np.full((90, 120, 3), background, np.uint8)
    picture[10:70, 30:50] = garment
    luma = np.asarray(Image.fromarray(picture).convert("L"))
    assert np.ptp(luma) <= 3
    assert close(prepare_image(picture).pixels, bar(60, 20))


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


def test_light_that_falls_off_toward_the_corners():
    y, x = np.mgrid[-1:1:240j, -1:1:200j]
    picture = 230 - 70 * (x - 0.2) ** 2 - 60 * y**2 + 20 * x * y
    picture[50:190, 60:140] = 30
    prepared = prepare_image(picture.clip(0, 255).astype(np.uint8))
    assert dict(prepared.steps)["cropped"].shape == (140, 80)
    assert prepared.measures["pattern"] < 1


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


def photo(height=150, width=110):
    """Return a gray photo of an egg, bright above and dark below, with a little noise."""
    picture = np.random.default_rng(3).normal(150, 2, (height, width)).clip(0, 255)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    egg = (x / 0.6) ** 2 + (y / 0.7) ** 2 < 1
    picture[egg] = np.where(y < 0, 250, 20)[egg]
    return picture.astype(np.uint8)


FRAMED = {
    "a thin line": lambda tone, width: np.pad(photo(), width, constant_values=tone),
    "a wide border": lambda tone, width: np.pad(photo(), 30 + width, constant_values=tone),
    "bars above and below": lambda tone, width: np.pad(
        photo(), ((20, width), (0, 0)), constant_values=tone
    ),
    "a bar on one side": lambda tone, width: np.pad(
        photo(), ((0, 0), (0, width)), constant_values=tone
    ),
    "a line in a border": lambda tone, width: np.pad(
        np.pad(photo(), width, constant_values=tone), 25, constant_values=200
    ),
}


@pytest.mark.parametrize("kind", FRAMED)
@pytest.mark.parametrize("width", [1, 2, 3, 6])
@pytest.mark.parametrize("tone", [0, 255])
def test_what_frames_a_photo_is_cut_off(kind, width, tone):
    plain, framed = prepare_image(photo()), prepare_image(FRAMED[kind](tone, width))
    name, inside = framed.steps[1]
    assert name == "frame removed"
    # Next to the frame, two lines are cut off as well; they may be of either.
    assert all(side - 8 <= n <= side for n, side in zip(inside.shape, photo().shape, strict=True))
    assert np.abs(framed.pixels.astype(int) - plain.pixels).max() <= 12
    assert framed.measures["frame"] > 0
    assert "frame" in [warning.code for warning in framed.warnings]


@pytest.mark.parametrize("height", [30, 90, 118])
@pytest.mark.parametrize("width", [30, 70, 88])
def test_a_garment_with_straight_edges_is_no_photo_in_a_frame(height, width):
    picture = np.full((120, 90, 3), (240, 235, 220), np.uint8)
    picture[1 : 1 + height, 1 : 1 + width] = (60, 40, 90)
    prepared = prepare_image(picture)
    assert [name for name, _ in prepared.steps] == STEPS
    assert prepared.measures["frame"] == 0
    assert close(prepared.pixels, bar(height, width))


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
    assert np.abs(prepare_image(tmp_path / "disc.jpg").pixels - expected.astype(int)).mean() < 3


# --- the examples --------------------------------------------------------------------------


def test_the_example_pictures_are_small_and_usable():
    pictures = example_pictures()
    assert len(pictures) == 8
    assert sum(path.stat().st_size for path in pictures.values()) < 150_000
    for path in pictures.values():
        prepared = prepare_image(path)
        assert [name for name, _ in prepared.steps] == STEPS
