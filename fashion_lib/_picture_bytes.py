"""The bytes of a picture, from a path, a stream or bytes; or what is wrong with what was given."""

import contextlib
import io
import os
import re
import unicodedata
from pathlib import Path
from typing import Any

MAX_BYTES = 60_000_000

_SIGNATURES = ("iVBORw0KGgo", "/9j/", "R0lGOD", "UklGR")  # PNG, JPEG, GIF, WebP in base64
_PHONE = (
    "This is a photo in HEIC or AVIF, which cannot be read here. On an iPhone, choose Settings > "
    "Camera > Formats > Most Compatible, or mail the photo to yourself; on an Android phone, "
    "switch off high-efficiency pictures in the camera's settings, or save a screenshot of the "
    "photo. Each makes a JPEG or PNG."
)


class ImageError(ValueError):
    """A picture cannot be used; the message says why, and what to do."""


def read_bytes(source: Any) -> bytes:
    """Return the bytes of a picture file; refuse a file by its size before reading it.

    Parameters
    ----------
    source : path, bytes-like or binary file
        A file is read from its start, wherever it stands, if it can seek.

    Raises
    ------
    ImageError
        If there is no such file, or if it is empty, too large, closed or unreadable.
    TypeError
        If `source` is something else.
    """
    content: bytes | None
    if isinstance(source, bytes | bytearray | memoryview):
        content = bytes(source) if memoryview(source).nbytes <= MAX_BYTES else None
    elif hasattr(source, "read"):
        content = _read_stream(source)
    elif isinstance(source, str | os.PathLike):
        content = _read_path(os.fsdecode(source))
    else:
        hint = " OpenCV's imread returns None for a file that it cannot read."
        raise TypeError(
            "A picture must be a path, bytes, a binary file, a PIL image or a NumPy array, "
            f"not {type(source).__name__}.{hint if source is None else ''}"
        )
    if content is None or len(content) > MAX_BYTES:
        raise ImageError(
            f"The file is larger than {MAX_BYTES // 10**6} MB. Save a smaller copy of it: "
            "a picture 1,000 pixels wide is plenty."
        )
    if not content:
        raise ImageError("The file is empty (0 bytes). Save or download the picture again.")
    return content


def advice_for(content: bytes) -> str:
    """Say what to do with bytes that are no picture of a known format."""
    if content[4:8] == b"ftyp":
        is_photo = content[8:12] in (b"heic", b"heix", b"heim", b"mif1", b"msf1", b"avif", b"avis")
        return _PHONE if is_photo else "This is a video. Save a picture of it."
    text = content.decode("utf-8", errors="ignore").strip() if len(content) < 4096 else ""
    if "\n" not in text and re.search(r"\.(png|jpe?g|webp|gif|bmp|tiff?)$", text, re.IGNORECASE):
        return "These bytes are the name of a file. Pass the name as a string."
    return "Save it in one of these formats."


def _read_stream(stream: Any) -> bytes:
    """Return a stream's bytes from its start, up to one more than are allowed."""
    if isinstance(stream, io.TextIOBase):
        raise TypeError("The file must be opened in binary mode: open(path, 'rb').")
    if getattr(stream, "closed", False):
        raise ImageError("The file was closed before it was read. Open it again.")
    parts: list[bytes] = []
    left = MAX_BYTES + 1
    try:
        with contextlib.suppress(AttributeError, OSError):  # a socket, a pipe
            stream.seek(0)
        while left > 0 and (part := stream.read(left)):  # which may give less
            if not isinstance(part, bytes | bytearray | memoryview):
                raise TypeError("The file must be opened in binary mode: open(path, 'rb').")
            parts.append(bytes(part))
            left -= len(part)
    except io.UnsupportedOperation as error:
        raise ImageError("The file is not open for reading: open(path, 'rb').") from error
    except (OSError, ValueError) as error:
        raise ImageError(f"The file cannot be read: {error}. Open it again.") from error
    return b"".join(parts)


def _read_path(name: str) -> bytes | None:
    """Return the bytes of a file, or None if there are too many."""
    if not name.strip():
        raise ImageError("The name of the file is empty. Name a picture file.")
    path = Path(os.path.expanduser(name))  # noqa: PTH111  (pathlib's raises for an unknown user)
    if not os.path.isfile(path) and not os.path.isdir(path):  # noqa: PTH112, PTH113  (never raise)
        raise ImageError(_missing(name, path))
    try:
        if path.is_dir():
            raise ImageError(f"{path.absolute()} is a folder. Name a picture file inside it.")
        return path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
    except OSError as error:
        reason = error.strerror or error
        raise ImageError(
            f"The file {path.absolute()} cannot be read: {reason}. Check its permissions."
        ) from error


def _missing(name: str, path: Path) -> str:
    """Say why a string names no file."""
    if os.path.exists(path):  # noqa: PTH110  (never raises)
        return f"{path.absolute()} is a device or a pipe. Read it yourself, and pass the bytes."
    hidden = [letter for letter in name if unicodedata.category(letter) == "Cf"]
    if name.startswith("data:"):
        return (
            "This is a data URL, not the name of a file. Pass its bytes: "
            "base64.b64decode(url.partition(',')[2])."
        )
    if name.startswith(_SIGNATURES) and len(name) > 40:
        return "This is a picture as base64 text. Pass its bytes: base64.b64decode(text)."
    if len(name) > 1000:
        return f"There is no file with a name of {len(name):,} characters. Pass bytes as bytes."
    if scheme := re.match(r"([a-z][a-z0-9+.-]+)://", name, re.IGNORECASE):
        if scheme[1].lower() == "file":
            return "This is the address of a file. Pass its path: what follows file://."
        return "This is a web address, not a file. Download the picture, and name the file."
    if any(unicodedata.category(letter) == "Cc" for letter in name.strip()):
        return (
            f"The name {name!r} holds a control character. In Python, a backslash and the letter "
            'after it can mean one, as in "C:\\new\\test.png": write r"C:\\new\\test.png", or '
            "forward slashes."
        )
    if name != name.strip():
        return f"The name {name!r} begins or ends with a space or a line break. Use name.strip()."
    if hidden:
        return (
            f"The name holds an invisible character (U+{ord(hidden[0]):04X}), as copying a path "
            "sometimes adds. Type the name, or delete that character."
        )
    if name[0] in "\"'“" and name[-1] in "\"'”":
        return f"There is no file {name}. Leave out the quotation marks that are in the name."
    if any(letter in name for letter in "*?["):
        return f"There is no file {path.absolute()}. For several, loop over Path().glob({name!r})."
    if re.match(r"[A-Za-z]:[\\/]", name) and os.name != "nt":
        return (
            f"There is no file {name}: this machine has no drives. In Colab or on a server, "
            "upload the picture first, and use its name there."
        )
    return f"There is no file {path.absolute()}. Check its name and folder."
