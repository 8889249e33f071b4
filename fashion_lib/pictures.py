"""Read a picture from wherever it comes, as upright 8-bit pixels, or say why that fails.

Sizes are checked before memory is spent: a file's before it is read, the width and height of
its header before its pixels are decoded.
"""

import io
import os
import warnings
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageOps

MAX_PIXELS = 20_000_000
MAX_BYTES = 25_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
WORKING_EDGE = 512

Source = str | os.PathLike | bytes | BinaryIO | Image.Image | np.ndarray

_ACCEPTED = "PNG, JPEG, WebP, GIF, BMP or TIFF"
_TOO_MANY_PIXELS = (
    "The picture has {} megapixels; at most 20 are allowed. Save a smaller copy of it: "
    "1,000 pixels a side are plenty."
)


class ImageError(ValueError):
    """A picture cannot be used; the message says why, and what to do."""


def read_picture(source: Source) -> np.ndarray:
    """Read a picture and reduce it to a working size.

    Parameters
    ----------
    source : path, bytes, binary file, PIL image or ndarray
        As for `fashion_lib.prediction.prepare_image`. Of an animation, the first frame.

    Returns
    -------
    ndarray of uint8, shape (H, W) or (H, W, 3)
        Gray or RGB, turned upright, transparency laid on black or white; the longest edge
        is below twice `WORKING_EDGE` pixels.

    Raises
    ------
    ImageError
        If the picture is missing, too large, empty, damaged or of an unknown format.
    TypeError
        If `source` is none of the kinds above.
    """
    if isinstance(source, np.ndarray):
        image = _image_from_array(source)
    elif isinstance(source, Image.Image):
        image = source
    else:
        image = _open(_read(source))
    _check_size(*image.size)
    try:
        frame = _upright(image)
        frame = _flatten(_to_8_bits(frame))
    except ImageError:
        raise
    except Exception as error:  # a broken file can make a decoder raise anything
        raise ImageError(
            f"The picture is damaged or incomplete ({error}). "
            f"Open it in a picture viewer and save it again as PNG or JPEG."
        ) from error
    factor = max(frame.size) // WORKING_EDGE
    if factor > 1:
        frame = frame.reduce(factor)
    return np.array(frame)


def _read(source: Any) -> bytes:
    """Return a file's bytes; refuse it by its size before reading it."""
    if isinstance(source, bytes | bytearray | memoryview):
        content = bytes(source) if len(source) <= MAX_BYTES else None
    elif hasattr(source, "read"):
        # A text file would fail to decode the picture before it could be told what it is.
        content = None if isinstance(source, io.TextIOBase) else source.read(MAX_BYTES + 1)
        if not isinstance(content, bytes):
            raise TypeError("The file must be opened in binary mode: open(path, 'rb').")
    elif isinstance(source, str | os.PathLike):
        content = _read_path(Path(source))
    else:
        raise TypeError(
            "A picture must be a path, bytes, a binary file, a PIL image or a NumPy array, "
            f"not {type(source).__name__}."
        )
    if content is None or len(content) > MAX_BYTES:
        raise ImageError(
            f"The file is larger than {MAX_BYTES // 10**6} MB. Save a smaller copy of it: "
            "a picture 1,000 pixels wide is plenty."
        )
    if not content:
        raise ImageError("The file is empty (0 bytes). Save or download the picture again.")
    return content


def _read_path(path: Path) -> bytes | None:
    """Return the bytes of the file at `path`, or None if there are too many."""
    try:
        if path.is_dir():
            raise ImageError("This is a folder. Name a picture file inside it.")
        if not path.is_file():
            raise ImageError(f"There is no file {path}. Check its name and folder.")
        if path.stat().st_size > MAX_BYTES:
            return None
        return path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, ImageError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"The file cannot be read: {reason}. Check its permissions.") from error


def _open(content: bytes) -> Image.Image:
    """Read a picture's header, without decoding its pixels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # e.g. Pillow's own size warning; ours is an error
            return Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise ImageError(_TOO_MANY_PIXELS.format("far more than 20")) from error
    except Exception as error:
        hint = "Save it in one of these formats"
        if content[4:8] == b"ftyp":
            hint = "Photos in HEIC or AVIF can be exported as JPEG by the phone or a viewer"
        raise ImageError(f"This is not a readable {_ACCEPTED} picture. {hint}.") from error


def _check_size(width: int, height: int) -> None:
    if width == 0 or height == 0:
        raise ImageError("The picture is empty: it has no pixels.")
    if width * height > MAX_PIXELS:
        raise ImageError(_TOO_MANY_PIXELS.format(f"{width * height / 1e6:,.1f}"))


def _image_from_array(array: np.ndarray) -> Image.Image:
    """Check an array's shape and range; return it as an 8-bit PIL image."""
    shape = array.shape
    if array.ndim not in (2, 3) or (array.ndim == 3 and shape[2] not in (1, 3, 4)):
        hint = "Pass one picture, e.g. images[0]" if array.ndim == 4 else "Put the channels last"
        raise ImageError(
            f"An array of shape {shape} is no picture: it must be (H, W), (H, W, 1), "
            f"(H, W, 3) or (H, W, 4). {hint}."
        )
    _check_size(shape[1], shape[0])
    if array.ndim == 3 and shape[2] == 1:
        array = array[:, :, 0]
    return Image.fromarray(np.ascontiguousarray(_array_to_8_bits(array)))


def _array_to_8_bits(array: np.ndarray) -> np.ndarray:
    """Return uint8 pixels; refuse values outside the range of their dtype's convention."""
    kind = array.dtype.kind
    if array.dtype == np.uint8:
        return array
    if kind == "b":
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype == np.uint16:
        return ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if kind not in "iuf":
        raise ImageError(f"An array of {array.dtype} holds no pixels. Use uint8 or float32.")
    low, high = array.min(), array.max()
    allowed = 1 if kind == "f" else 255
    if not (low >= 0 and high <= allowed):  # written so that NaN is refused
        raise ImageError(
            f"Pixels of dtype {array.dtype} must be in 0 to {allowed}, but they reach from "
            f"{low} to {high}. Rescale them, or convert them to uint8."
        )
    if kind == "f":
        array = np.floor(array * 255.0 + 0.5)
    return array.astype(np.uint8)


def _upright(image: Image.Image) -> Image.Image:
    """Decode the first frame and turn it as its EXIF orientation says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # remarks on odd metadata are not the reader's concern
        image.load()
        try:
            return ImageOps.exif_transpose(image)
        except Exception:  # a damaged tag; the pixels are fine
            return image


def _to_8_bits(image: Image.Image) -> Image.Image:
    """Return mode L, RGB or RGBA."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image)
        if image.mode != "F":
            values = np.clip(values, 0, 65535).astype(np.uint16)
        return Image.fromarray(_array_to_8_bits(values))
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("L", "RGB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _flatten(image: Image.Image) -> Image.Image:
    """Lay a partly transparent picture on black or white, whichever shows it better."""
    if image.mode != "RGBA":
        return image
    alpha = image.getchannel("A")
    visible = alpha.point(lambda value: 255 if value > 127 else 0)
    counts = np.array(image.convert("L").histogram(visible), dtype=np.int64)
    if counts.sum() == 0:
        raise ImageError("The picture is fully transparent. Save it with a visible garment.")
    is_bright = counts @ np.arange(256) >= 128 * counts.sum()
    canvas = Image.new("RGBA", image.size, "black" if is_bright else "white")
    return Image.alpha_composite(canvas, image).convert("RGB")
