"""Reading pictures: every kind of source and format, and every way in which it can fail."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from fashion_lib import pictures
from fashion_lib.pictures import ImageError, read_picture


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


def test_of_an_animated_gif_the_first_frame_counts():
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


# Orientation tag of EXIF -> how the stored pixels have to be turned to be upright.
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
    exif[0x0112] = orientation
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


@pytest.mark.parametrize("source", [None, 3, 2.5, ["a.png"], object(), io.StringIO("text")])
def test_other_sources_are_a_type_error(source):
    with pytest.raises(TypeError, match=r"path, bytes|binary mode"):
        read_picture(source)


def test_a_picture_opened_as_text_is_told_so(tmp_path):
    Image.new("L", (30, 30), 7).save(tmp_path / "a.png")
    with (tmp_path / "a.png").open() as file, pytest.raises(TypeError, match="binary mode"):
        read_picture(file)


# --- failures ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        png_header(50_000, 50_000),
        png_header(5_000, 4_001),
        png_header(2**31 - 1, 1),
        patched("GIF", 6, struct.pack("<HH", 60_000, 60_000)),
        patched("BMP", 18, struct.pack("<ii", 9_000, 9_000)),
    ],
)
def test_too_many_pixels_are_refused_before_decoding(content, monkeypatch):
    def load(self):
        raise AssertionError("the picture was decoded")

    monkeypatch.setattr(Image.Image, "load", load)
    with pytest.raises(ImageError, match="at most 20 are allowed"):
        read_picture(content)


def test_too_many_pixels_in_images_and_arrays():
    huge = np.broadcast_to(np.uint8(0), (5_000, 4_001))
    with pytest.raises(ImageError, match=r"20\.0 megapixels; at most 20"):
        read_picture(huge)
    with pytest.raises(ImageError, match="at most 20 are allowed"):
        read_picture(Image.new("1", (5_000, 4_001)))


def test_exactly_20_megapixels_are_fine():
    assert read_picture(Image.new("1", (5_000, 4_000), 1)).shape == (445, 556)


def test_a_large_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(pictures.MAX_BYTES + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("the file was read"))
    with pytest.raises(ImageError, match="larger than 25 MB"):
        read_picture(path)


def test_an_endless_stream_is_refused_after_25_mb():
    class Endless:
        total = 0

        def read(self, size):
            self.total += size
            return bytes(size)

    stream = Endless()
    with pytest.raises(ImageError, match="larger than 25 MB"):
        read_picture(stream)
    assert stream.total == pictures.MAX_BYTES + 1


def test_large_bytes_are_refused():
    with pytest.raises(ImageError, match="larger than 25 MB"):
        read_picture(bytes(pictures.MAX_BYTES + 1))


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", "empty"),
        (io.BytesIO(), "empty"),
        (b"<html>not found</html>", "not a readable PNG, JPEG, WebP, GIF, BMP or TIFF"),
        (b"\0\0\0\x20ftypheic" + bytes(50), "exported as JPEG"),
        (b"P5 2 2 255 abcd", "not a readable"),
        ("no/such/picture.png", "no file no/such/picture.png"),
        ("nul\0byte.png", "cannot be read|no file"),
        (np.zeros((0, 5), np.uint8), "no pixels"),
        (np.zeros((5, 0, 3), np.uint8), "no pixels"),
        (np.zeros(5, np.uint8), "no picture"),
        (np.zeros((3, 28, 28), np.uint8), "channels last"),
        (np.zeros((1, 28, 28, 1), np.uint8), r"images\[0\]"),
        (np.full((5, 5), np.nan), "must be in 0 to 1"),
        (np.full((5, 5), 1.5), "must be in 0 to 1"),
        (np.full((5, 5), -1), "must be in 0 to 255"),
        (np.full((5, 5), 256), "must be in 0 to 255"),
        (np.full((5, 5), "a"), "holds no pixels"),
        (np.full((5, 5), 1j), "holds no pixels"),
        (Image.fromarray(np.full((5, 5), 7, np.float32)), "must be in 0 to 1"),
        (Image.new("RGBA", (9, 9), (255, 0, 0, 0)), "fully transparent"),
        (Image.new("RGB", (0, 9)), "no pixels"),
    ],
)
def test_unusable_sources_say_why(source, reason):
    with pytest.raises(ImageError, match=reason):
        read_picture(source)


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
