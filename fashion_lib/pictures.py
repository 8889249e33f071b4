"""Read a picture from wherever it comes, as upright 8-bit pixels, or say why that fails.

Sizes are checked before memory is spent: a file's before it is read, the width and height of
its header before its pixels are decoded. A JPEG of more than 20 megapixels is decoded at an
eighth of its size, which costs a tenth of the time and next to no memory.
"""

import io
import os
import warnings
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile

from fashion_lib._picture_bytes import MAX_BYTES, ImageError, advice_for, read_bytes

__all__ = ["MAX_BYTES", "ImageError", "Source", "read_picture"]

MAX_PIXELS = 25_000_000
MAX_JPEG_PIXELS = 52_000_000
REDUCED_PIXELS = 20_000_000  # JPEGs above are decoded at an eighth
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
WORKING_EDGE = 512

Source = str | os.PathLike | bytes | BinaryIO | Image.Image | np.ndarray

_ACCEPTED = "PNG, JPEG, WebP, GIF, BMP or TIFF"
_TOO_MANY_PIXELS = (
    "The picture has {} megapixels; at most {} are allowed, {} in a JPEG file. Save a smaller copy "
    "of it: 1,000 pixels a side are plenty."
)
_WHITES = (1, 255, 1023, 4095, 65535)  # of shares, and of 8, 10, 12 and 16 bits
_FRAMES = 20  # of an animation, that are looked at


def read_picture(source: Source) -> tuple[np.ndarray, float]:
    """Read a picture and reduce it to a working size.

    Parameters
    ----------
    source : path, bytes, binary file, PIL image or ndarray
        As for `fashion_lib.preparation.prepare_image`. Of an animated file, the first frame that
        is not blank.

    Returns
    -------
    pixels : ndarray of uint8, shape (H, W) or (H, W, 3)
        Gray or RGB, turned upright, transparency laid on black or white; the longest edge
        is below twice `WORKING_EDGE` pixels.
    white : float
        The value that was taken for white, as a share of the largest that the source can hold:
        1, or less where 8-bit values came in a wider container, say.

    Raises
    ------
    ImageError
        If the picture is missing, too large, empty, damaged or of an unknown format.
    TypeError
        If `source` is none of the kinds above.
    """
    white = 1.0
    if isinstance(source, np.ndarray):
        image, white = _image_from_array(source)
    elif isinstance(source, Image.Image):
        image = source
        _check_size(*image.size)
    else:
        image = _open(read_bytes(source))
    try:
        if image is not source and getattr(image, "n_frames", 1) > 1:
            _seek_first_frame(image)
        frame = _upright(image)
        if frame.mode.startswith(("I", "F")):
            frame, white = _narrowed(frame)
        frame = _reduced(_to_8_bits(frame))
    except ImageError:
        raise
    except Exception as error:  # a broken file can make a decoder raise anything
        if image is source and getattr(image, "fp", image) is None:
            raise ImageError(
                "The image's file was closed before it was read. Open it again."
            ) from error
        raise ImageError(
            f"The picture is damaged or incomplete ({error}). "
            f"Open it in a picture viewer and save it again as PNG or JPEG."
        ) from error
    return np.array(frame), white


# --- from bytes or an array to an image ------------------------------------------------------


def _open(content: bytes) -> Image.Image:
    """Read a picture's header, without decoding its pixels; choose the size of a large JPEG."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # e.g. Pillow's own size warning; ours is an error
            image = Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise ImageError(_too_many("far more than the allowed")) from error
    except Exception as error:
        raise ImageError(
            f"This is not a readable {_ACCEPTED} picture. {advice_for(content)}"
        ) from error
    width, height = image.size
    is_jpeg = isinstance(image, JpegImageFile)
    _check_size(width, height, MAX_JPEG_PIXELS if is_jpeg else MAX_PIXELS)
    if is_jpeg and width * height > REDUCED_PIXELS:
        image.draft(image.mode, (width // 8, height // 8))
    return image


def _seek_first_frame(image: Image.Image) -> None:
    """Go to the first frame that shows anything; many animations fade in."""
    try:
        for number in range(min(_FRAMES, image.n_frames)):  # type: ignore[attr-defined]
            image.seek(number)
            gray, alpha = np.moveaxis(np.asarray(image.convert("LA")), 2, 0)
            if np.ptp(gray) > 13 and alpha.any():
                return
        image.seek(0)
    except Exception:  # damage of a later frame; that of the first one is told when it is read
        image.seek(0)


def _too_many(count: str) -> str:
    return _TOO_MANY_PIXELS.format(count, MAX_PIXELS // 10**6, MAX_JPEG_PIXELS // 10**6)


def _check_size(width: int, height: int, limit: int = MAX_PIXELS) -> None:
    if width == 0 or height == 0:
        raise ImageError("The picture is empty: it has no pixels.")
    if width * height > limit:
        raise ImageError(_too_many(f"{width * height / 1e6:,.1f}"))


def _image_from_array(array: np.ndarray) -> tuple[Image.Image, float]:
    """Check an array's shape and range; return it as an 8-bit PIL image, and its white."""
    shape = array.shape
    if shape in ((784,), (784, 1)) or (array.ndim == 2 and shape[1] == 784 and shape[0] != 784):
        first = "array" if array.size == 784 else "array[0]"
        raise ImageError(
            f"An array of shape {shape} holds flattened images. Give one its rows back: "
            f"{first}.reshape(28, 28)."
        )
    if array.ndim not in (2, 3) or (array.ndim == 3 and shape[2] not in (1, 3, 4)):
        is_batch = array.ndim == 4 or (array.ndim == 3 and shape[0] not in (1, 3, 4))
        hint = "Pass one picture, e.g. images[0]."
        if array.ndim == 3 and not is_batch:
            hint = "Put the channels last: np.moveaxis(array, 0, -1). Of a batch, pass images[0]."
        elif array.ndim == 3 and shape[2] == 2:
            hint = "Of gray and alpha, pass array[:, :, 0]."
        elif array.ndim < 2:
            hint = "Give it its rows back: array.reshape(height, width)."
        raise ImageError(
            f"An array of shape {shape} is no picture: it must be (H, W), (H, W, 1), "
            f"(H, W, 3) or (H, W, 4). {hint}"
        )
    _check_size(shape[1], shape[0])
    if array.ndim == 3 and shape[2] == 1:
        array = array[:, :, 0]
    pixels, white = _array_to_8_bits(array)
    return Image.fromarray(np.ascontiguousarray(pixels)), white


def _array_to_8_bits(array: np.ndarray) -> tuple[np.ndarray, float]:
    """Return uint8 pixels and the share of the range that they used; refuse odd values.

    How far the values reach tells what is white: 1, 255, 1023, 4095 or 65535.
    """
    kind = array.dtype.kind
    if kind not in "buif":
        raise ImageError(f"An array of {array.dtype} holds no pixels. Use uint8 or float32.")
    if kind == "b":
        return array.astype(np.uint8) * np.uint8(255), 1.0
    low, high = array.min(), array.max()
    is_wide = kind == "u" and array.dtype.itemsize > 1
    largest = 65535 if is_wide else 255
    is_slip = kind == "f" and 1 < high <= 2  # beyond 1, or a very dark picture
    if is_slip or not (low >= 0 and high <= largest):  # written so that NaN is refused
        allowed = "0 to 1, or to 255" if kind == "f" else f"0 to {largest}"
        raise ImageError(
            f"Pixels of dtype {array.dtype} must be in {allowed}, but they reach from "
            f"{low} to {high}. Rescale them, or convert them to uint8."
        )
    white = next(value for value in _WHITES if high <= value)
    usual = 1 if kind == "f" else largest
    pixels = np.floor(array.astype(np.float64) * (255 / white) + 0.5).astype(np.uint8)
    return pixels, min(white, usual) / max(white, usual)


# --- from an image to pixels -----------------------------------------------------------------


def _upright(image: Image.Image) -> Image.Image:
    """Decode a frame and turn it as its EXIF orientation says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks on odd metadata are not the reader's concern
        image.load()
        try:
            return ImageOps.exif_transpose(image)
        except Exception:  # a damaged tag; the pixels are fine
            return image


def _narrowed(image: Image.Image) -> tuple[Image.Image, float]:
    """Return an image of wide values in mode L or, with a transparent tone, LA; and its white."""
    values = np.asarray(image)
    if image.mode != "F":
        values = np.clip(values, 0, 65535).astype(np.uint16)
    pixels, white = _array_to_8_bits(values)
    narrowed = Image.fromarray(pixels)
    if isinstance(tone := image.info.get("transparency"), int):
        narrowed.putalpha(Image.fromarray((values != tone).astype(np.uint8) * np.uint8(255)))
    return narrowed, white


def _to_8_bits(image: Image.Image) -> Image.Image:
    """Return mode L, RGB or RGBA."""
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("L", "RGB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _reduced(image: Image.Image) -> Image.Image:
    """Average blocks of pixels, in RGB or gray; what is transparent shows what is behind it."""
    factor = max(1, max(image.size) // WORKING_EDGE)
    if image.mode != "RGBA":
        return image.reduce(factor)
    behind, (width, height) = _backdrop(image), image.size
    result = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    for top in range(0, height, 64 * factor):  # in bands, so that the memory is not needed twice
        band = image.crop((0, top, width, min(height, top + 64 * factor)))
        canvas = Image.new("RGBA", band.size, behind)
        laid = Image.alpha_composite(canvas, band).convert("RGB")
        result.paste(laid.reduce(factor), (0, top // factor))
    return result


def _backdrop(image: Image.Image) -> str:
    """Return black or white, whichever shows an RGBA picture better.

    Its visible pixels decide: those with an alpha above 127 or, if there are none, above 0.
    """
    alpha, gray = image.getchannel("A"), image.convert("L")
    for limit in (127, 0):
        visible = alpha.point([0] * (limit + 1) + [255] * (255 - limit))
        counts = np.array(gray.histogram(visible), dtype=np.int64)
        if counts.any():
            return "black" if counts @ np.arange(256) >= 128 * counts.sum() else "white"
    raise ImageError("The picture is fully transparent. Save it with a visible garment.")
