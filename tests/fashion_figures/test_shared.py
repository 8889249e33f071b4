"""The preparation of pictures in JavaScript in a real browser, against Pillow and Python's own.

`shared.html` beside this file imports the modules as they are and offers what is called here.
Arrays cross as base64 of their bytes.
"""

import io
import struct
import zlib
from dataclasses import asdict

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image, ImageCms

import fashion_lib
from fashion_figures.host.linker import link
from fashion_lib import (
    ImageError,
    PreparedImage,
    _picture_bytes,
    example_pictures,
    pictures,
    predict_image,
    prepare_image,
    train_validation_split,
)
from fashion_lib.picture_warnings import RULES
from tests.fashion_figures.modules import decoded, encoded
from tools.picture_scenes.scenes import LARGE, SCENES, photograph

MODULES = (
    "classes",
    "safetensors",
    "description",
    "layers",
    "network",
    "grad_cam",
    "receptive_field",
    "prepare",
    "decode_picture",
    "picture_file",
    "picture_parts",
    "picture_whole",
    "picture_warnings",
    "background",
    "frame",
    "bitmap",
)
ORIENTATION = 0x0112


def test_names_and_limits_are_those_of_python(chromium_page):
    names = chromium_page.evaluate("core.names")
    assert tuple(names["CLASS_NAMES"]) == fashion_lib.CLASS_NAMES
    assert names["MAX_BYTES"] == pictures.MAX_BYTES
    assert names["MAX_PIXELS"] == pictures.MAX_PIXELS
    assert names["MAX_JPEG_PIXELS"] == pictures.MAX_JPEG_PIXELS


# --- pictures ----------------------------------------------------------------------------------


def file_of(picture, kind="PNG", **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def prepared(call, file, name="prepareFile"):
    """Return the steps that JavaScript takes, as [name, uint8 array (H, W, channels)]."""
    found = call(name, {"bytes": encoded(file), "type": ""})
    assert "message" not in found, found["message"]
    assert found["pixels"] == found["steps"][-1]["data"]
    return steps_of(found)


def steps_of(found):
    return [
        (s["name"], decoded(s["data"]).reshape(s["height"], s["width"], s["channels"]))
        for s in found["steps"]
    ]


def same_steps(found, expected):
    """Compare every step.

    JavaScript cannot tell a gray picture from an RGB one that looks it. The last step rounds
    long sums, whose order differs between machines: an exact half may go either way.
    """
    assert [name for name, _ in found] == [name for name, _ in expected.steps]
    for (name, mine), (_, theirs) in zip(found, expected.steps, strict=True):
        theirs = theirs.reshape(*theirs.shape[:2], -1)
        if mine.shape[2] == 1:
            assert (theirs == theirs[:, :, :1]).all(), name
            theirs = theirs[:, :, :1]
        assert_allclose(mine, theirs, atol=int(name == "28×28"), rtol=0, err_msg=name)


def close_pixels(found, expected, levels=2):
    """Compare the outcome.

    Another decoder may round a color, or a color times its alpha, to the next level. That moves
    the outcome by a level or two; a wrong step or a wrong side up moves it by dozens.
    """
    difference = found[-1][1][:, :, 0].astype(int) - expected.pixels
    assert np.abs(difference).max() <= levels


@pytest.fixture(scope="module")
def garment():
    """Return a drawn garment on white that looks different from each side."""
    drawn = np.array(Image.open(example_pictures()["pullover"]).convert("RGB"))[:290]
    drawn[200:260, 60:120] = (200, 30, 60)
    return Image.fromarray(drawn)


@pytest.mark.parametrize("name", example_pictures())
def test_examples_are_prepared_as_in_python_at_every_step(call, name):
    file = example_pictures()[name].read_bytes()
    expected = prepare_image(file)
    assert len(expected.steps) == 5
    same_steps(prepared(call, file), expected)


@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("BMP", {}), ("GIF", {}), ("WEBP", {"lossless": True})],
)
@pytest.mark.parametrize("mode", ["RGB", "L", "1"])
def test_lossless_files_are_prepared_exactly(call, garment, kind, options, mode):
    file = file_of(garment.convert(mode), kind, **options)
    same_steps(prepared(call, file), prepare_image(file))


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 90}),
        ("JPEG", {"quality": 60, "progressive": True}),
        ("JPEG", {"quality": 95, "subsampling": 0}),
        ("WEBP", {"quality": 80}),
    ],
)
def test_lossy_files_are_prepared_alike(call, garment, kind, options):
    file = file_of(garment, kind, **options)
    close_pixels(prepared(call, file), prepare_image(file))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turns_pictures_upright(call, garment, kind, orientation):
    exif = Image.Exif()
    exif[0x010F] = "A maker whose name comes first"
    exif[ORIENTATION] = orientation
    file = file_of(garment, kind, exif=exif)
    close_pixels(prepared(call, file), prepare_image(file))


@pytest.mark.parametrize("damage", [slice(2, 4), slice(4, 8), slice(8, 10), slice(-6, None)])
def test_damaged_exif_data_are_ignored(call, garment, damage):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    data = bytearray(exif.tobytes().removeprefix(b"Exif\0\0"))
    data[damage] = b"\xff" * len(data[damage])
    file = file_of(garment, "WEBP", lossless=True, exif=bytes(data))
    (_, original), *_ = prepared(call, file)
    assert original.shape[:2] in {(290, 320), (320, 290)}  # some damage leaves the tag legible


def with_alpha(low, high):
    """Return colored noise in [low, high), more or less transparent, in a transparent frame."""
    rng = np.random.default_rng(low)
    pixels = np.zeros((160, 120, 4), np.uint8)
    pixels[20:140, 30:80, :3] = rng.integers(low, high, (120, 50, 3))
    pixels[20:140, 30:80, 3] = rng.integers(0, 256, (120, 50))
    pixels[60:100, 40:70, 3] = 255
    return Image.fromarray(pixels)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize(("low", "high", "backdrop"), [(0, 120, 255), (140, 256, 0)])
def test_transparent_files_are_laid_on_black_or_white(call, kind, low, high, backdrop):
    file = file_of(with_alpha(low, high), kind, **({"lossless": True} if kind == "WEBP" else {}))
    expected = prepare_image(file)
    found = prepared(call, file)
    assert (found[0][1][0, 0] == backdrop).all()
    assert np.abs(found[0][1].astype(int) - expected.steps[0][1]).max() <= 1
    close_pixels(found, expected)


def test_every_alpha_is_laid_on_a_backdrop_as_in_python(call):
    values, alphas = np.meshgrid(np.arange(256), np.arange(256))
    for offset in (0, 90):  # brighter or darker than the middle: laid on black or white
        gray = np.clip(values - offset, 0, 255)
        same_pixels(call, np.stack([gray, gray, gray, alphas], axis=2).astype(np.uint8))


def outcome(picture):
    """Return what Python prepares, or why it refuses to."""
    try:
        return prepare_image(picture), None
    except ImageError as error:
        return None, str(error)


def same_measures(found, expected):
    """Compare what was measured, but for the range of wide values, which no page has."""
    expected = {name: value for name, value in expected.items() if name != "range"}
    assert found == pytest.approx(expected, rel=0.01, abs=0.01)


def as_it_is(pixels):
    """Return 28×28 pixels as prepared already, whatever they look like."""
    return PreparedImage(np.ascontiguousarray(pixels), [])


def test_forty_scenes_get_the_same_warnings_as_in_python(call, fashion):
    x, y = train_validation_split(*fashion[0])[1]
    rules = [asdict(rule) for rule in RULES]
    names = [name for name in SCENES if name not in LARGE]
    kinds = set()
    for number in range(40):
        scene, _ = photograph(names[number % len(names)], number, x, y, seed=1)
        picture = Image.open(io.BytesIO(scene)).resize((300, 400))
        file = file_of(picture, "PNG" if picture.mode == "RGBA" else "JPEG")
        expected, reason = outcome(file)
        found = call("prepareFile", {"bytes": encoded(file), "type": ""})
        if reason:
            assert found["message"] == reason
            continue
        answer = predict_image(expected)
        # Another decoder of JPEGs: a level or two.
        pixels = decoded(found["pixels"]).reshape(28, 28)
        assert np.abs(pixels.astype(int) - expected.pixels).max() <= 2, names[number % len(names)]
        measures = found["measures"] | {"evidence": predict_image(as_it_is(pixels)).evidence}
        codes = call("warn", {"measures": measures, "rules": rules})
        assert codes == [warning.code for warning in answer.warnings]
        kinds |= {" ".join(codes)}
    assert len(kinds) > 5


@pytest.mark.parametrize("size", [(6_000, 4_000), (8_064, 6_048)])
def test_a_large_jpeg_gets_the_same_answer_and_the_same_warnings(call, garment, size):
    photo = Image.new("RGB", size, (225, 220, 215))
    photo.paste(garment.resize((size[1] // 2, size[1] // 2)), (size[0] // 4, size[1] // 4))
    file = file_of(photo, "JPEG", quality=80)
    found, expected = prepared(call, file), prepare_image(file)
    close_pixels(found, expected, 6)
    mine = predict_image(as_it_is(found[-1][1][:, :, 0]))
    assert mine.class_name == predict_image(expected).class_name


def same_pixels(call, rgba):
    """Compare all steps from pixels on, where no decoder is between."""
    height, width, _ = rgba.shape
    found = call("preparePixels", {"width": width, "height": height, "data": encoded(rgba)})
    expected, reason = outcome(Image.fromarray(rgba))
    if reason:
        assert found["message"] == reason
    else:
        same_steps(steps_of(found), expected)
        same_measures(found["measures"], expected.measures)


@pytest.mark.parametrize("seed", range(30))
def test_any_pixels_are_prepared_as_in_python_at_every_step(call, seed):
    """Shapes of random size, place and tone on sloping, noisy backgrounds, some at the edge."""
    rng = np.random.default_rng(seed)
    height, width = rng.integers(3, 160, 2)
    down, across = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    background = rng.integers(0, 256) + down * rng.normal(0, 20) + across * rng.normal(0, 20)
    pixels = background[..., None] + rng.normal(0, rng.choice([0, 1, 4]), (height, width, 3))
    top, left = rng.integers(0, height), rng.integers(0, width)
    bottom, right = rng.integers(top + 1, height + 1), rng.integers(left + 1, width + 1)
    pixels[top:bottom, left:right] = rng.integers(0, 256, 3)
    alpha = np.full((height, width, 1), 255.0)
    if seed % 3 == 0:
        alpha[: height // 4] = rng.integers(0, 256)
    same_pixels(call, np.concatenate([np.clip(pixels, 0, 255), alpha], axis=2).astype(np.uint8))


@pytest.mark.parametrize(
    ("height", "width"),
    [(600, 1023), (1024, 1024), (1025, 700), (1537, 911), (3, 2600), (2300, 1)],
)
def test_large_pictures_are_averaged_in_blocks_as_in_python(call, height, width):
    rng = np.random.default_rng(height)
    pixels = np.full((height, width, 3), 240, np.uint8)
    inner = pixels[height // 4 : height - height // 4, width // 3 : width - width // 3]
    inner[...] = rng.integers(0, 256, inner.shape)
    file = file_of(Image.fromarray(pixels), compress_level=1)
    same_steps(prepared(call, file), prepare_image(file))


def test_images_of_the_data_set_go_through_unchanged(call, real_images):
    for image in real_images[::5]:
        found = prepared(call, file_of(Image.fromarray(image)))
        assert [name for name, _ in found] == ["original", "28×28"]
        assert_array_equal(found[-1][1][:, :, 0], image)


def swapped_profile():
    """Return a color profile that takes red for green."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = (profile.index(tag) + 4 for tag in (b"rXYZ", b"gXYZ"))
    profile[red : red + 8], profile[green : green + 8] = (
        profile[green : green + 8],
        profile[red : red + 8],
    )
    return bytes(profile)


def test_colors_are_the_files_own(call, garment):
    """A profile that swaps red and green, and a gamma: Pillow ignores them; so must the page."""
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True}), ("JPEG", {"quality": 95})):
        file = file_of(garment, kind, icc_profile=swapped_profile(), **options)
        close_pixels(prepared(call, file), prepare_image(file))
    plain = file_of(garment)
    file = plain[:33] + png_chunk(b"gAMA", struct.pack(">I", 100_000)) + plain[33:]
    same_steps(prepared(call, file), prepare_image(file))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_the_first_frame_of_an_animation_counts(call, garment, kind):
    other = Image.open(example_pictures()["bag"]).convert("RGB").crop((0, 0, *garment.size))
    options = {"lossless": True} if kind == "WEBP" else {}
    file = file_of(garment, kind, save_all=True, append_images=[other], duration=90, **options)
    same_steps(prepared(call, file), prepare_image(file))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
@pytest.mark.parametrize("first", ["white", "black"])
def test_a_blank_first_frame_is_passed_over(call, garment, kind, first):
    frames = [Image.new("RGB", garment.size, first), garment, garment.rotate(180)]
    options = {"lossless": True} if kind == "WEBP" else {}
    file = file_of(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    close_pixels(prepared(call, file), prepare_image(file))
    close_pixels(prepared(call, file, "prepareFileInWorker"), prepare_image(file))


EMPTY_EXIF = Image.Exif().tobytes()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("JPEG", {"icc_profile": bytes(100_000)}),  # long segments before the size
        ("GIF", {"comment": "A block before the frame"}),
        ("BMP", {}),
        ("WEBP", {"quality": 50}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"exif": EMPTY_EXIF}),
    ],
)
def test_sizes_are_read_from_headers(call, kind, options):
    for size in ((1, 300), (257, 3), (640, 333)):
        file = file_of(Image.new("RGB", size, "red"), kind, **options)
        found = call("header", {"bytes": encoded(file)})
        assert (found["type"], found["width"], found["height"]) == (f"image/{kind.lower()}", *size)


def test_a_worker_prepares_pictures_too(call, garment):
    file = file_of(garment)
    same_steps(prepared(call, file, "prepareFileInWorker"), prepare_image(file))


def test_the_stated_type_is_not_believed(call, garment):
    file = file_of(garment, "JPEG")
    for kind in ("image/png", "text/html", "image/svg+xml"):
        found = call("prepareFile", {"bytes": encoded(file), "type": kind})
        close_pixels(steps_of(found), prepare_image(file))


# --- pictures that are refused -----------------------------------------------------------------


def refusal(call, file, name="prepareFile"):
    found = call(name, {"bytes": encoded(file), "type": "image/png"})
    assert found["isImageError"], found
    return found["message"]


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def vp8x(width, height):
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + sizes


PNG_HEADER = b"\x89PNG\r\n\x1a\n"
BOMBS = {
    "png": PNG_HEADER + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)),
    "jpeg": b"\xff\xd8\xff\xc4\0\x08\0\0\x01\0\x01\0"  # a table that looks like a size
    + b"\xff\xff\xc2\0\x0b\x08"
    + struct.pack(">HH", 30000, 30000),
    "gif": b"GIF89a" + struct.pack("<HH", 30000, 30000) + b"\0\0\0\x2c" + bytes(9),
    "gif frame": b"GIF89a"
    + struct.pack("<HHBH", 1, 1, 0x80, 0)
    + bytes(6)
    + b"\x21\xf9\x04\0\0\0\0\0"
    + b"\x2c"
    + struct.pack("<HHHH", 0, 0, 30000, 30000)
    + b"\0",
    "webp": vp8x(30000, 30000),
    "bmp": b"BM" + bytes(12) + struct.pack("<Iii", 40, 30000, -30000),
    "old bmp": b"BM" + bytes(12) + struct.pack("<IHH", 12, 30000, 30000),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_header_with_too_many_pixels_is_refused_before_decoding(chromium_page, call, kind):
    chromium_page.evaluate("""() => {
        window.decoded = 0;
        window.realDecoder ??= window.createImageBitmap;
        window.createImageBitmap = (...all) => { decoded++; return realDecoder(...all); };
    }""")
    found = refusal(call, BOMBS[kind])
    chromium_page.evaluate("() => { window.createImageBitmap = realDecoder; }")
    assert chromium_page.evaluate("decoded") == 0
    assert found == (
        "The picture has 900.0 megapixels; at most 25 are allowed, 52 in a JPEG file. Save a "
        "smaller copy of it: 1,000 pixels a side are plenty."
    )


def test_refusals_are_those_of_python(call):
    blank = file_of(Image.new("RGB", (50, 40), "white"))
    invisible = file_of(Image.new("RGBA", (50, 40)))
    no_pixels = BOMBS["bmp"][:18] + bytes(8)
    too_large = file_of(Image.new("L", (6000, 4500)))
    for file in (blank, invisible, b"", too_large):
        _, reason = outcome(file)
        assert refusal(call, file) == reason
    assert refusal(call, no_pixels) == "The picture is empty: it has no pixels."


def test_too_many_bytes_are_refused_and_the_limit_is_not(call):
    at_limit = call("decodeZeros", pictures.MAX_BYTES)
    assert "not a readable" in at_limit["message"]
    beyond = call("decodeZeros", pictures.MAX_BYTES + 1)
    _, reason = outcome(bytes(pictures.MAX_BYTES + 1))
    assert beyond == {"isImageError": True, "message": reason}


HEIC = b"\0\0\0\x18ftypheic" + bytes(12)
AVIF = b"\0\0\0\x20ftypavif" + bytes(20)
VIDEO = b"\0\0\0\x20ftypisom" + bytes(20)


@pytest.mark.parametrize(
    ("file", "advice"),
    [
        (b"Not a picture, but words in a file named boot.png.", "Save it as PNG or JPEG."),
        (b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "PNG or JPEG."),
        (b"\0", "Save it as PNG or JPEG."),
        (HEIC, _picture_bytes.advice_for(HEIC)),
        (AVIF, _picture_bytes.advice_for(AVIF)),
        (VIDEO, _picture_bytes.advice_for(VIDEO)),
        (file_of(Image.new("RGB", (9, 9)), "TIFF"), "Browsers do not show TIFF."),
        (file_of(Image.new("RGB", (9, 9)), "ICO"), "Save it as PNG or JPEG."),
    ],
)
def test_other_files_are_refused_with_advice(call, file, advice):
    found = refusal(call, file)
    assert found.startswith("This is not a readable PNG, JPEG, WebP, GIF or BMP picture. ")
    assert advice in found


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.98])
def test_incomplete_files_are_refused(call, garment, kind, share):
    file = file_of(garment, kind)
    found = refusal(call, file[: max(12, int(share * len(file)))])
    assert found.startswith("The picture is damaged or incomplete.")
    assert "save it again" in found


def test_a_file_that_cannot_be_read_is_an_image_error(call):
    found = call("decodeLost")
    assert found["isImageError"]
    assert "cannot be read" in found["message"]


def test_noise_in_place_of_pixels_is_noticed(chromium_page, call, garment):
    chromium_page.evaluate("""() => {
        const canvas = CanvasRenderingContext2D.prototype;
        window.realReader = canvas.getImageData;
        canvas.getImageData = function (...all) {
            const image = realReader.apply(this, all);
            image.data.forEach((_, n) => { image.data[n] = (n * 97) % 256; });
            return image;
        };
    }""")
    found = refusal(call, file_of(garment))
    chromium_page.evaluate(
        "() => { CanvasRenderingContext2D.prototype.getImageData = realReader; }"
    )
    assert "does not let this page read" in found
    same_steps(prepared(call, file_of(garment)), prepare_image(file_of(garment)))


@pytest.mark.parametrize("name", MODULES)
def test_modules_can_be_linked_and_run_as_a_classic_script(chromium_page, name):
    chromium_page.add_script_tag(content=link(f"shared/{name}", "worker"))
