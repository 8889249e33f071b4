"""Lists what was handed in: the files of a folder or of a zip file, whatever is wrong with them.

Nothing is unpacked to where names point, links are not followed, and no byte is looked at here:
lists of zip files and notebooks are read in the confined process (``confined.py``).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path, PurePosixPath

import numpy as np

from grader.confined import Handed, Reader, handed
from grader.course import CourseError
from grader.exchange import OursError
from grader.submission import UnreadableError

MOST_FILES = 100_000
MOST_INSIDE = 500  # files in the zip files of one student that are looked at
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
SECONDS = 60.0  # of processor time for the list of a zip file
INT = np.dtype(np.int64)
FAILED = "reading it failed"
OLDEST = 1981  # 1980 is what programs write that know no time


@dataclass(frozen=True)
class File:
    """A file that was handed in.

    Attributes
    ----------
    path : PurePosixPath
        Where it lies, in the source and in a student's zip file.
    modified : datetime, optional
        UTC. Of a file in a student's own zip file it is the zip file's: the time in it is what
        the student's machine said.
    disk : Path
        The file that holds it.
    place : tuple of int
        Where in a zip file; empty if it is a file itself.
    """

    path: PurePosixPath
    modified: datetime | None
    disk: Path
    place: tuple[int, ...] = ()

    @property
    def packed(self) -> bool:
        """Whether it is a zip file, by its name."""
        return self.path.name.lower().endswith((".zip", ".zip.txt"))

    def look(self, reader: Reader) -> Handed:
        """Read the notebook that it is, or raise `UnreadableError` with what it is instead."""
        if not self.place and self.disk.is_symlink():
            raise UnreadableError("a symbolic link, which is not followed")
        for last in (False, True):  # the machine, too, has moments in which a process ends
            try:
                place, name = list(self.place), self.path.name
                return handed(reader.call("arriving.look", place, name, files=[self.disk]))
            except OursError as error:  # ours; it costs nobody else's hand-in
                if last:
                    raise UnreadableError(FAILED) from error
            except UnreadableError as error:
                if last or str(error) != FAILED:
                    raise
        raise AssertionError

    def inside(self, reader: Reader) -> list["File"]:
        """List the files in it, if it is a zip file, or raise `UnreadableError`."""
        if not self.place and self.disk.is_symlink():
            raise UnreadableError("a symbolic link, which is not followed")
        try:
            rows = _listed(reader, self.disk, self.place)
        except OursError as error:
            raise UnreadableError(FAILED) from error
        if len(rows) > MOST_INSIDE:
            raise UnreadableError(f"a zip file with more than {MOST_INSIDE} files")
        return [File(self.path / path, self.modified, self.disk, place) for path, _, place in rows]


def _listed(
    reader: Reader, disk: Path, place: tuple[int, ...]
) -> list[tuple[PurePosixPath, tuple[int, ...], tuple[int, ...]]]:
    """Return path, time and place of the files in a zip file; nothing else is believed."""
    given = reader.call("arriving.listing", list(place), files=[disk], seconds=SECONDS)
    try:
        lengths, paths, times, numbers = (np.asarray(each) for each in given)
        shapes = [each.shape for each in (lengths, paths, times, numbers)]
        count = len(lengths)
        if (
            paths.dtype != np.uint8
            or {each.dtype for each in (lengths, times, numbers)} != {INT}
            or count > MOST_FILES
            or shapes != [(count,), (paths.size,), (count, 6), (count,)]
            or (count and (lengths.min() < 0 or lengths.max() > paths.size))
            or lengths.sum() != paths.size
        ):
            raise UnreadableError(FAILED)
        joined, ends = paths.tobytes(), lengths.cumsum().tolist()
        rows = zip([0, *ends], ends, times.tolist(), numbers.tolist(), strict=False)
        return [
            (_path(joined[start:end]), tuple(time), (*place, number))
            for start, end, time, number in rows
        ]
    except (TypeError, ValueError) as error:
        raise UnreadableError(FAILED) from error


def _path(name: bytes) -> PurePosixPath:
    parts = PurePosixPath(name.decode("utf-8", "replace")).parts
    return PurePosixPath(*(part for part in parts if part not in ("/", "..")))


def files_of(source: Path, reader: Reader, zone: tzinfo | None = None) -> list[File]:
    """List the files of a folder or of a zip file.

    Parameters
    ----------
    zone : tzinfo, optional
        What the times in a zip file are of: it holds local times, without their zone. The
        machine's, if it is not given.

    Raises
    ------
    CourseError
        If it is neither, or a zip file whose list of files cannot be read.
    """
    if source.is_dir():
        found = [path for path in source.rglob("*") if path.is_symlink() or path.is_file()]
        if len(found) > MOST_FILES:
            raise CourseError(
                f"{source} holds more than {MOST_FILES} files: name a smaller folder."
            )
        return [_in_folder(source, path) for path in sorted(found)]
    if not source.is_file() or not _looks_like_zip(source):
        raise CourseError(f"{source} is neither a folder nor a zip file.")
    try:
        rows = _listed(reader, source, ())
    except UnreadableError as error:
        raise CourseError(
            f"{source} is a damaged zip file ({error}). Download it again, or unpack it with "
            "another program and collect the folder."
        ) from error
    if len(rows) > 1 and all("\\" in path.name and len(path.parts) == 1 for path, _, _ in rows):
        raise CourseError(
            f"{source} was packed by a program that writes \\ for the folders: unpack it, and "
            "collect the folder."
        )
    return [File(path, _utc(time, zone), source, place) for path, time, place in rows]


def _looks_like_zip(source: Path) -> bool:
    with source.open("rb") as file:
        return file.read(4) in ZIP or source.suffix.lower() == ".zip"


def _in_folder(source: Path, path: Path) -> File:
    modified = datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    return File(PurePosixPath(path.relative_to(source).as_posix()), modified, path)


def _utc(time: tuple[int, ...], zone: tzinfo | None) -> datetime | None:
    try:
        local = datetime(*time)  # type: ignore[arg-type]
        when = local.astimezone(UTC) if zone is None else local.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):  # some programs write month 0
        return None
    return when if local.year >= OLDEST else None
