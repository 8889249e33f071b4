"""Lists what was handed in: the files of a folder or of a zip file, whatever is wrong with them.

Files are read, never unpacked to where their names point; links are not followed.
"""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePosixPath

from grader.course import CourseError
from grader.submission import LARGEST, UnreadableError


@dataclass(frozen=True)
class File:
    """A file that was handed in. `read` returns its bytes, or raises `UnreadableError`."""

    path: PurePosixPath
    modified: datetime
    read: Callable[[], bytes]


@contextmanager
def files_of(source: Path) -> Iterator[list[File]]:
    """List the files of a folder or of a zip file, which can be read until the end of `with`.

    Raises
    ------
    CourseError
        If it is neither, or a zip file whose list of files cannot be read.
    """
    if source.is_dir():
        yield [_in_folder(source, path) for path in sorted(source.rglob("*")) if _is_file(path)]
    elif zipfile.is_zipfile(source):
        with _opened(source) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            yield [_in_zip(archive, member) for member in members]
    else:
        raise CourseError(f"{source} is neither a folder nor a zip file.")


def _opened(source: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError) as error:
        raise CourseError(
            f"{source} is a damaged zip file ({error}). Download it again, or unpack it with "
            "another program and collect the folder."
        ) from error


def _is_file(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def _in_folder(source: Path, path: Path) -> File:
    modified = datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    name = PurePosixPath(path.relative_to(source).as_posix())
    return File(name, modified, partial(_read_file, path))


def _read_file(path: Path) -> bytes:
    if path.is_symlink():
        raise UnreadableError("a symbolic link, which is not followed")
    with path.open("rb") as file:
        return _not_too_large(file.read(LARGEST + 1))


def _in_zip(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> File:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    try:
        modified = datetime(*member.date_time, tzinfo=UTC)
    except ValueError:  # some programs write month 0
        modified = datetime(1980, 1, 1, tzinfo=UTC)
    return File(path, modified, partial(_unpack, archive, member))


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(member) as file:
            return _not_too_large(file.read(LARGEST + 1))
    except (
        OSError,
        EOFError,
        RuntimeError,
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
    ) as error:
        raise UnreadableError(f"cannot be unpacked ({error})") from error


def _not_too_large(content: bytes) -> bytes:
    if len(content) > LARGEST:
        raise UnreadableError("too large")
    return content
