"""Reading pictures: every kind of source and format, and every way in which it can fail."""

import base64
import io
import os
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st
from PIL import Image

from fashion_lib import pictures
from fashion_lib.pictures import ImageError


def read_picture(source):
    """Return a picture's pixels, without the range of its values."""
    return pictures.read_picture(source)[0]


@pytest.fixture(scope="module")
def scene():
    """Return a color picture, uint8 (40, 60, 3), without any symmetry."""
    y, x = np.mgrid[:40, :60]
    pixels = np.stack([4 * x, 6 * y, np.full_like(x, 60)], axis=-1).astype(np.uint8)
    pixels[5:20, 10:25] = (200, 30, 90)
    return pixels


def encode(image, file_format, **options):
    buffer = io.BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def png_header(width, height):
    """Return a PNG of a few bytes that claims to be `width` by `height`."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def jpeg_header(width, height):
    """Return a JPEG of a few bytes that claims to be `width` by `height`."""
    content = encode(Image.new("L", (8, 8), 50), "JPEG")
    start = content.index(b"\xff\xc0") + 5
    return content[:start] + struct.pack(">HH", height, width) + content[start + 4 :]


def patched(file_format, position, data):
    """Return a small picture file in which some bytes are replaced."""
    content = encode(Image.new("L", (8, 8), 50), file_format)
    return content[:position] + data + content[position + len(data) :]


# --- formats and modes ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file_format", "options"),
    [("PNG", {}), ("BMP", {}), ("TIFF", {"compression": "tiff_lzw"}), ("WEBP", {"lossless": True})],
)
def test_lossless_formats_give_the_exact_pixels(scene, file_format, options):
    np.testing.assert_array_equal(read_picture(encode(scene, file_format, **options)), scene)


@pytest.mark.parametrize(
    ("file_format", "options"), [("JPEG", {"quality": 95, "subsampling": 0}), ("WEBP", {})]
)
def test_lossy_formats_come_close(scene, file_format, options):
    pixels = read_picture(encode(scene, file_format, **options)).astype(int)
    assert pixels.shape == scene.shape
    assert np.abs(pixels - scene).mean() < 8


@pytest.mark.parametrize(
    ("file_format", "first"),
    [
        (file_format, first)
        for file_format in ("GIF", "WEBP", "PNG")
        for first in ("white", "black", "transparent")
        if (file_format, first) != ("PNG", "transparent")  # Pillow blends the frames of such a file
    ],
)
def test_of_an_animation_the_first_frame_that_shows_something_counts(scene, file_format, first):
    blank = Image.new("RGBA", (60, 40), (0, 0, 0, 0) if first == "transparent" else first)
    frames = [blank, Image.fromarray(scene).convert("RGBA"), Image.new("RGBA", (60, 40), "red")]
    content = encode(frames[0], file_format, save_all=True, append_images=frames[1:], lossless=True)
    pixels = read_picture(content).astype(int)
    assert np.abs(pixels - scene).mean() < 6


def test_an_animation_of_blank_frames_is_blank():
    frames = [Image.new("L", (30, 20), tone) for tone in (40, 200)]
    content = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert (read_picture(content) == 40).all()


@pytest.mark.parametrize("mode", ["RGB", "P", "RGBA", "CMYK", "YCbCr", "HSV"])
def test_color_modes(scene, mode):
    image = Image.fromarray(scene)
    image = image.quantize(256) if mode == "P" else image.convert(mode)
    pixels = read_picture(image)
    assert pixels.shape == scene.shape
    assert np.abs(pixels.astype(int) - scene).mean() < 6


@pytest.mark.parametrize("mode", ["L", "LA", "I", "I;16"])
def test_gray_modes_stay_gray(mode):
    gray = np.arange(200, dtype=np.uint8).reshape(10, 20)
    if mode.startswith("I"):
        image = Image.fromarray(gray.astype(np.uint16) * 257)
        image = image if mode == "I;16" else image.convert("I")
    else:
        image = Image.fromarray(gray).convert(mode)
    pixels = read_picture(image)
    pixels = pixels[:, :, 0] if pixels.ndim == 3 else pixels
    np.testing.assert_array_equal(pixels, gray)


def test_one_bit_pictures_become_black_and_white():
    image = Image.new("1", (12, 9))
    image.putpixel((3, 2), 1)
    pixels = read_picture(encode(image, "PNG"))
    assert pixels[2, 3] == 255
    assert pixels.sum() == 255


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_16_bits_are_rounded_to_8(file_format):
    values = np.array([[0, 128, 129, 257, 32767, 65535]], dtype=np.uint16)
    pixels = read_picture(encode(values, file_format))
    np.testing.assert_array_equal(pixels, [[0, 0, 1, 1, 127, 255]])


def test_a_cmyk_jpeg_has_its_colors():
    image = Image.new("RGB", (32, 32), (200, 40, 30)).convert("CMYK")
    pixels = read_picture(encode(image, "JPEG", quality=95)).astype(int)
    assert np.abs(pixels - (200, 40, 30)).max() < 12


ORIENTATION = 0x0112
# Its value -> how the stored pixels have to be turned to be upright.
UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a),
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_exif_orientation_is_applied(scene, orientation, file_format):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored = read_picture(encode(scene, file_format))
    pixels = read_picture(encode(scene, file_format, exif=exif))
    np.testing.assert_array_equal(pixels, UPRIGHT[orientation](stored))


@pytest.mark.parametrize(("tone", "canvas"), [((240, 230, 220), 0), ((20, 30, 40), 255)])
def test_transparent_pictures_are_laid_on_what_shows_them(tone, canvas):
    image = Image.new("RGBA", (20, 20), (128, 128, 128, 0))
    image.paste((*tone, 255), (5, 5, 15, 15))
    pixels = read_picture(encode(image, "PNG"))
    assert (pixels[0, 0] == canvas).all()
    assert (pixels[10, 10] == tone).all()


@pytest.mark.parametrize("alpha", [1, 60, 127])
def test_what_is_transparent_by_half_is_laid_on_a_backdrop_too(alpha):
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    image.paste((250, 240, 230, alpha), (5, 5, 15, 15))
    pixels = read_picture(encode(image, "PNG"))
    assert (pixels[0, 0] == 0).all()  # a bright garment, so on black
    expected = np.array([250, 240, 230]) * alpha / 255
    np.testing.assert_allclose(pixels[10, 10], expected, atol=1)


def test_a_16_bit_png_keeps_its_transparent_tone():
    values = np.full((20, 20), 1234, np.uint16)
    values[5:15, 5:15] = 60_000
    content = encode(Image.fromarray(values), "PNG", transparency=1234)
    assert Image.open(io.BytesIO(content)).info["transparency"] == 1234
    pixels = read_picture(content)
    assert (pixels[0, 0] == 0).all()
    assert (pixels[10, 10] == round(60_000 / 257)).all()


GRAY = np.arange(0, 251, 10, dtype=np.uint8).reshape(2, 13)


@pytest.mark.parametrize(
    ("source", "white"),
    [
        (GRAY.astype(np.uint16), 255 / 65535),
        (Image.fromarray(GRAY.astype(np.uint16)), 255 / 65535),
        (Image.fromarray(GRAY.astype(np.int32)), 255 / 65535),
        (encode(GRAY.astype(np.uint16), "PNG"), 255 / 65535),
        (np.round(GRAY * (1023 / 255)).astype(np.uint16), 1023 / 65535),
        (np.round(GRAY * (4095 / 255)).astype(np.uint32), 4095 / 65535),
        (GRAY.astype(np.uint16) * 257, 1),
        (GRAY.astype(np.float32), 1 / 255),
        (Image.fromarray(GRAY.astype(np.float32)), 1 / 255),
        (GRAY / 255, 1),
        (GRAY.astype(np.float16) / 255, 1),
        (GRAY.astype(np.int64), 1),
    ],
)
def test_the_reach_of_the_values_tells_what_is_white(source, white):
    pixels, found = pictures.read_picture(source)
    np.testing.assert_allclose(pixels, GRAY, atol=1)
    assert found == pytest.approx(white)


def test_a_mask_of_0_and_1_is_black_and_white():
    mask = (GRAY > 100).astype(np.uint8)
    pixels, white = pictures.read_picture(mask)
    np.testing.assert_array_equal(pixels, mask * 255)
    assert white == pytest.approx(1 / 255)


def test_a_palette_with_a_transparent_color():
    image = Image.new("P", (20, 20), 0)
    image.putpalette([9, 9, 9, 10, 20, 30])
    image.paste(1, (5, 5, 15, 15))
    pixels = read_picture(encode(image, "GIF", transparency=0))
    assert (pixels[0, 0] == 255).all()
    assert (pixels[10, 10] == (10, 20, 30)).all()


# --- sources -------------------------------------------------------------------------------


def test_all_sources_of_a_picture_agree(scene, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(encode(scene, "PNG"))
    content = path.read_bytes()
    with path.open("rb") as file:
        from_file = read_picture(file)
    sources = [str(path), path, content, bytearray(content), memoryview(content)]
    sources += [io.BytesIO(content), Image.open(path), Image.fromarray(scene), scene]
    sources += [scene / 255, (scene / 255).astype(np.float32), scene.astype(np.int64)]
    sources += [scene.astype(np.uint16) * 257, np.dstack([scene, np.full((40, 60), 255, np.uint8)])]
    np.testing.assert_array_equal(from_file, scene)
    for source in sources:
        np.testing.assert_array_equal(read_picture(source), scene)


def test_gray_arrays_with_and_without_a_channel_axis():
    gray = np.arange(200, dtype=np.uint8).reshape(10, 20)
    for source in (gray, gray[:, :, np.newaxis], gray.astype(np.float32)[:, :, np.newaxis] / 255):
        np.testing.assert_array_equal(read_picture(source), gray)
    np.testing.assert_array_equal(read_picture(gray > 100), (gray > 100) * 255)


def test_the_source_is_left_as_it_was(scene):
    before = scene.copy()
    read_picture(scene)[:] = 0
    np.testing.assert_array_equal(scene, before)


def test_large_pictures_are_averaged_in_blocks():
    y, x = np.mgrid[:1200, :1600]
    gray = ((x // 3 + y // 3) % 256).astype(np.uint8)  # 1600 // 512 = 3
    pixels = read_picture(gray)
    np.testing.assert_array_equal(pixels, gray[::3, ::3][:400, :534])


def test_none_is_what_opencv_returns_for_a_missing_file():
    with pytest.raises(TypeError, match=r"not NoneType\. OpenCV's imread returns None"):
        read_picture(None)


@pytest.mark.parametrize("source", [None, 3, 2.5, ["a.png"], object(), io.StringIO("text")])
def test_other_sources_are_a_type_error(source):
    with pytest.raises(TypeError, match=r"path, bytes|binary mode"):
        read_picture(source)


def test_a_picture_opened_as_text_is_told_so(tmp_path):
    Image.new("L", (30, 30), 7).save(tmp_path / "a.png")
    with (tmp_path / "a.png").open() as file, pytest.raises(TypeError, match="binary mode"):
        read_picture(file)
    with (tmp_path / "b.png").open("wb") as file, pytest.raises(ImageError, match="for reading"):
        read_picture(file)


class Trickle(io.BytesIO):
    """Gives a few bytes at a time, as a socket may."""

    def read(self, size=-1):
        return super().read(min(size, 7) if size >= 0 else 7)


class Pipe:
    """Cannot seek, and does not say so."""

    def __init__(self, content):
        self.read = io.BytesIO(content).read


def test_streams_are_read_from_their_start_to_their_end(scene, tmp_path):
    content = encode(scene, "PNG")
    written = io.BytesIO()
    Image.fromarray(scene).save(written, "PNG")  # which stands at its end now
    with tempfile.TemporaryFile() as file:
        file.write(content)
        for source in (written, written, file, file, Trickle(content), Pipe(content)):
            np.testing.assert_array_equal(read_picture(source), scene)


def test_what_was_closed_is_told_so(scene, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encode(scene, "PNG"))
    closed = io.BytesIO(path.read_bytes())
    closed.close()
    with path.open("rb") as file:
        pass
    with Image.open(path) as image:
        pass
    for source in (closed, file, image):
        with pytest.raises(ImageError, match="was closed"):
            read_picture(source)


# --- failures ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        png_header(50_000, 50_000),
        png_header(5_000, 5_001),
        jpeg_header(8_000, 6_501),
        png_header(2**31 - 1, 1),
        patched("GIF", 6, struct.pack("<HH", 60_000, 60_000)),
        patched("BMP", 18, struct.pack("<ii", 9_000, 9_000)),
    ],
)
def test_too_many_pixels_are_refused_before_decoding(content, monkeypatch):
    def load(self):
        raise AssertionError("the picture was decoded")

    monkeypatch.setattr(Image.Image, "load", load)
    with pytest.raises(ImageError, match="at most 25 are allowed, 52 in a JPEG file"):
        read_picture(content)


def test_too_many_pixels_in_images_and_arrays():
    huge = np.broadcast_to(np.uint8(0), (5_000, 5_001))
    with pytest.raises(ImageError, match=r"25\.0 megapixels; at most 25"):
        read_picture(huge)
    with pytest.raises(ImageError, match="at most 25 are allowed"):
        read_picture(Image.new("1", (5_000, 5_001)))


def test_exactly_25_megapixels_are_fine():
    assert read_picture(Image.new("1", (5_000, 5_000), 1)).shape == (556, 556)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_jpeg_is_decoded_small_and_shows_the_same(scene, mode, orientation):
    large = Image.fromarray(scene).resize((6_000, 4_000), Image.Resampling.NEAREST).convert(mode)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    pixels = read_picture(encode(large, "JPEG", quality=90, exif=exif))
    expected = UPRIGHT[orientation](np.asarray(large.reduce(8)).reshape(500, 750, -1))
    assert pixels.shape[:2] == expected.shape[:2]
    assert np.abs(pixels.reshape(expected.shape).astype(int) - expected).mean() < 1


def test_a_jpeg_of_48_megapixels_takes_little_memory():
    content = encode(Image.new("RGB", (8_064, 6_048), (90, 120, 40)), "JPEG")
    code = (
        "import resource, sys\n"
        "from fashion_lib.pictures import read_picture\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(read_picture(sys.stdin.buffer.read())[0].shape)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], input=content, capture_output=True)
    shape, kibibytes = done.stdout.decode().splitlines()
    assert shape == "(756, 1008, 3)"
    assert int(kibibytes) < 100 * 1024


def test_a_large_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(pictures.MAX_BYTES + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("the file was read"))
    with pytest.raises(ImageError, match="larger than 60 MB"):
        read_picture(path)


def test_an_endless_stream_is_refused_after_60_mb():
    class Endless:
        total = 0

        def read(self, size):
            self.total += size
            return bytes(size)

    stream = Endless()
    with pytest.raises(ImageError, match="larger than 60 MB"):
        read_picture(stream)
    assert stream.total == pictures.MAX_BYTES + 1


def test_large_bytes_are_refused():
    with pytest.raises(ImageError, match="larger than 60 MB"):
        read_picture(bytes(pictures.MAX_BYTES + 1))


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", "empty"),
        (io.BytesIO(), "empty"),
        (b"<html>not found</html>", "not a readable PNG, JPEG, WebP, GIF, BMP or TIFF"),
        (b"\0\0\0\x20ftypheic" + bytes(50), "iPhone.*Android.*makes a JPEG"),
        (b"\0\0\0\x20ftypavif" + bytes(50), "HEIC or AVIF"),
        (b"\0\0\0\x20ftypisom" + bytes(50), "This is a video"),
        (b"P5 2 2 255 abcd", "not a readable"),
        ("no/such/picture.png", f"no file {Path.cwd()}/no/such/picture.png"),
        ("nul\0byte.png", "control character"),
        (np.zeros((0, 5), np.uint8), "no pixels"),
        (np.zeros((5, 0, 3), np.uint8), "no pixels"),
        (np.zeros(5, np.uint8), r"its rows back: array\.reshape\(height, width\)"),
        (np.zeros((784, 1), np.uint8), r"flattened.*: array\.reshape\(28, 28\)"),
        (np.zeros((28, 28, 2), np.uint8), r"alpha, pass array\[:, :, 0\]"),
        (np.zeros((3, 28, 28), np.uint8), r"channels last: np\.moveaxis\(array, 0, -1\)"),
        (np.zeros((784,), np.uint8), r"flattened.*: array\.reshape\(28, 28\)"),
        (np.zeros((1, 784), np.float32), r"flattened.*: array\.reshape\(28, 28\)"),
        (np.zeros((60, 784), np.uint8), r"flattened.*: array\[0\]\.reshape\(28, 28\)"),
        (np.zeros((60, 28, 28), np.uint8), r"Pass one picture, e\.g\. images\[0\]"),
        (np.zeros((7, 28, 28, 1), np.uint8), r"Pass one picture, e\.g\. images\[0\]"),
        (np.zeros((1, 28, 28, 1), np.uint8), r"images\[0\]"),
        (np.full((5, 5), np.nan), "must be in 0 to 1"),
        (np.full((5, 5), 1.5), "must be in 0 to 1"),
        (np.full((5, 5), -1), "must be in 0 to 255"),
        (np.full((5, 5), 256), "must be in 0 to 255"),
        (np.full((5, 5), "a"), "holds no pixels"),
        (np.full((5, 5), 1j), "holds no pixels"),
        (np.full((5, 5), 300.0), "must be in 0 to 1, or to 255"),
        (np.full((5, 5), -7, np.int16), "must be in 0 to 255"),
        (Image.fromarray(np.full((5, 5), 300, np.float32)), "must be in 0 to 1, or to 255"),
        (Image.new("RGBA", (9, 9), (255, 0, 0, 0)), "fully transparent"),
        (Image.new("RGB", (0, 9)), "no pixels"),
    ],
)
def test_unusable_sources_say_why(source, reason):
    with pytest.raises(ImageError, match=reason):
        read_picture(source)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("https://example.org/boot.png", "web address, not a file. Download"),
        ("S3://bucket/boot.png", "web address"),
        ("file:///home/me/boot.png", "what follows file://"),
        ("data:image/png;base64,iVBORw0KGgo", "data URL.*b64decode"),
        ("x" * 5000, r"a name of 5,000 characters\. Pass"),
        (os.devnull, "is a device or a pipe"),
        (base64.b64encode(encode(Image.new("L", (90, 90)), "PNG")).decode(), "base64 text"),
        (base64.b64encode(encode(Image.new("L", (9, 9)), "JPEG")).decode(), "base64 text"),
        ("C:\new\test.png", r"control character.*forward slashes"),
        ("a\rb.png", "control character"),
        ("boot.png\n", r"name\.strip"),
        (" boot.png", r"name\.strip"),
        ('"boot.png"', "quotation marks"),
        ("“boot.png”", "quotation marks"),
        ("\u202aC:/boot.png", r"U\+202A"),
        ("boot\u200b.png", r"U\+200B"),
        ("*.png", r"loop over Path\(\)\.glob\('\*\.png'\)"),
        ("boot[12].png", "loop over"),
        (b"boot.png", "Pass the name as a string"),
        (b"/home/me/Boot 1.JPEG", "Pass the name as a string"),
        ("", "name of the file is empty"),
        ("~nosuchuser/boot.png", "no file ~nosuchuser|no file .*/~nosuchuser"),
        ("x" * 5000, "no file"),
    ],
)
def test_strings_that_name_no_file_are_told_apart(name, advice):
    with pytest.raises(ImageError, match=advice):
        read_picture(name)


@pytest.mark.skipif(os.name == "nt", reason="Windows has drives")
def test_a_drive_on_a_machine_without_drives():
    with pytest.raises(ImageError, match=r"no drives.*upload"):
        read_picture(r"C:\Users\me\boot.png")


def test_an_odd_name_of_a_file_that_exists_is_read(scene, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("a*[1]?.png", "'quoted'.png", " spaced .png", "http:", "data:,.png"):
        (tmp_path / name).write_bytes(encode(scene, "PNG"))
        np.testing.assert_array_equal(read_picture(f"{tmp_path}/{name}"), scene)
        np.testing.assert_array_equal(read_picture(f"~/{name}"), scene)


def test_folders_and_unreadable_files_say_so(tmp_path, monkeypatch):
    with pytest.raises(ImageError, match="folder"):
        read_picture(tmp_path)
    path = tmp_path / "picture.png"
    path.write_bytes(b"x")

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ImageError, match="Permission denied"):
        read_picture(path)


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "BMP", "TIFF"])
def test_a_file_cut_in_half_is_damaged(scene, file_format):
    content = encode(scene, file_format)
    with pytest.raises(ImageError, match=r"damaged or incomplete|not a readable"):
        read_picture(content[: len(content) // 2])


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    file_format=st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"]),
    changes=st.lists(st.tuples(st.integers(0, 10**4), st.integers(0, 255)), min_size=1, max_size=8),
)
@example(file_format="TIFF", changes=[(318, 1)])  # without a width
def test_changed_bytes_give_a_picture_or_an_image_error(file_format, changes):
    y, x = np.mgrid[:24, :32]
    content = bytearray(encode((x * 8 + y).astype(np.uint8), file_format))
    for position, value in changes:
        content[position % min(len(content), 200)] = value
    try:
        pixels = read_picture(content)
    except ImageError:
        return
    assert pixels.dtype == np.uint8
    assert pixels.ndim in (2, 3)
