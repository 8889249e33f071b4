"""Takes submissions from a folder, a zip file or an LMS export into the course folder.

Understood, without being told which it is:

- a folder or zip with one folder for each student, or with one notebook for each student;
- Moodle's *Download all submissions*: ``Full Name_12345_assignsubmission_file_/any.ipynb``;
- Canvas's *Download submissions*: ``familyname_12345_67890_any.ipynb``.

Files are read, never unpacked to where their names point; links are not followed. A notebook
is recognized by its content, whatever its name.
"""

import json
import re
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from assignments.course import Course, CourseError
from assignments.submission import LARGEST, UnreadableError, read

MOODLE = re.compile(r"^(?P<name>.+?)_(?P<id>\d+)_assignsubmission_\w*$")
CANVAS = re.compile(r"^(?P<name>[^_/]+)_(?:late_)?(?P<id>\d+)_(?P<file>\d+)_.+$", re.I)
IGNORED = (".ds_store", "desktop.ini", "thumbs.db", "timestamp.txt")


@dataclass(frozen=True)
class File:
    """A file that was handed in, not read yet when `content` is None."""

    path: PurePosixPath
    modified: datetime
    content: bytes | None
    problem: str = ""


@dataclass
class Origin:
    """Where a submission comes from: kept beside it, and used again for an LMS's import."""

    student: str
    lms: str = ""
    lms_id: str = ""
    full_name: str = ""
    file: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Collected:
    """What became of one student's files: "new", "changed", "same" or "problem"."""

    origin: Origin
    state: str


def slug(text: str) -> str:
    """Return a student's name as one that is safe in paths: lower case, words joined by -."""
    plain = unicodedata.normalize("NFKC", text).lower()
    words = re.sub(r"[^\w.@+-]+", "-", plain).strip("-.")
    return words[:80] or "unnamed"


def files_of(source: Path) -> Iterator[File]:
    """Read the files of a folder or of a zip file.

    Raises
    ------
    CourseError
        If it is neither.
    """
    if source.is_dir():
        yield from _folder(source)
    elif zipfile.is_zipfile(source):
        yield from _zip(source)
    else:
        raise CourseError(f"{source} is neither a folder nor a zip file.")


def _folder(source: Path) -> Iterator[File]:
    for path in sorted(source.rglob("*")):
        relative = PurePosixPath(path.relative_to(source).as_posix())
        if path.is_symlink():
            yield File(relative, datetime.now(UTC), None, "a symbolic link, which is not followed")
        elif path.is_file():
            status = path.stat()
            modified = datetime.fromtimestamp(status.st_mtime, UTC)
            if status.st_size > LARGEST:
                yield File(relative, modified, None, "too large")
            else:
                yield File(relative, modified, path.read_bytes())


def _zip(source: Path) -> Iterator[File]:
    with zipfile.ZipFile(source) as archive:
        for member in archive.infolist():
            if member.is_dir():
                continue
            path = PurePosixPath(member.filename.replace("\\", "/"))
            modified = datetime(*member.date_time, tzinfo=UTC)
            try:
                with archive.open(member) as file:
                    content = file.read(LARGEST + 1)
            except (RuntimeError, zipfile.BadZipFile, NotImplementedError, OSError) as error:
                yield File(path, modified, None, f"cannot be unpacked ({error})")
                continue
            if len(content) > LARGEST:
                yield File(path, modified, None, "too large")
            else:
                yield File(path, modified, content)


def _printable(text: str) -> str:
    """Return a text that a terminal shows and does not obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _owner(path: PurePosixPath) -> Origin:
    """Tell from a path who handed a file in."""
    for part in path.parts[:-1]:
        if found := MOODLE.match(part):
            return Origin(slug(found["name"]), "moodle", found["id"], found["name"], str(path))
    if found := CANVAS.match(path.name):
        student = f"{slug(found['name'])}-{found['id']}"
        return Origin(student, "canvas", found["id"], found["name"], str(path))
    name = path.parts[-2] if len(path.parts) > 1 else path.stem
    return Origin(slug(name), "", "", name, str(path))


def _wrapper(paths: list[PurePosixPath]) -> int:
    """Return how many folders wrap everything, as when a folder of submissions was zipped."""
    depth = 0
    while len({path.parts[depth] for path in paths}) == 1:
        rest = [PurePosixPath(*path.parts[depth + 1 :]) for path in paths]
        if not all(path.parts for path in rest):  # a single file
            return depth
        folders = any(len(path.parts) > 1 for path in rest)
        canvas = any(CANVAS.match(path.name) for path in rest)
        notebooks = len(rest) > 1 and all(path.suffix == ".ipynb" for path in rest)
        if MOODLE.match(paths[0].parts[depth]) or not (folders or canvas or notebooks):
            return depth
        depth += 1
    return depth


def _group(files: list[File]) -> dict[tuple[str, str], list[tuple[Origin, File]]]:
    groups: dict[tuple[str, str], list[tuple[Origin, File]]] = defaultdict(list)
    depth = _wrapper([file.path for file in files]) if files else 0
    for file in files:
        path = PurePosixPath(*file.path.parts[depth:])
        # Deeper folders belong to the student whose folder they are in.
        if not any(MOODLE.match(part) for part in path.parts) and len(path.parts) > 2:
            path = PurePosixPath(path.parts[0], path.name)
        origin = _owner(path)
        groups[origin.student, origin.lms_id].append((origin, file))
    return groups


def _choose(name: str, entries: list[tuple[Origin, File]]) -> tuple[Origin, File | None]:
    """Return which of a student's files is the assignment, with the problem if it is unclear."""
    origin = entries[0][0]
    notebooks, problems = [], []
    for entry_origin, file in entries:
        if file.problem:
            problems.append(f"{file.path.name}: {file.problem}")
            continue
        try:
            notebook = read(file.content)
        except UnreadableError as error:
            problems.append(f"{file.path.name}: {error}")
            continue
        notebooks.append((notebook.assignment == name, entry_origin, file))
    named = [entry for entry in notebooks if entry[0]]
    candidates = named or notebooks
    if len({file.content for _, _, file in candidates}) == 1:
        _, origin, file = max(candidates, key=lambda entry: entry[2].modified)
        return origin, file
    if candidates:
        newest = max(candidates, key=lambda entry: (entry[2].modified, str(entry[2].path)))
        others = ", ".join(sorted(file.path.name for _, _, file in candidates))
        newest[1].problem = f"{len(candidates)} notebooks ({others}); the newest counts"
        return newest[1], newest[2]
    origin.problem = "no notebook was handed in. " + "; ".join(problems)
    return origin, None


def collect(course: Course, name: str, source: Path) -> Iterator[Collected]:
    """Copy submissions into the course folder, one notebook for each student.

    Yields
    ------
    Collected
        One for each student. A later call with the same source changes nothing.
    """
    files = [file for file in files_of(source) if not _ignored(file.path)]
    groups = _group(files)
    seen: dict[str, int] = defaultdict(int)
    for student, _ in groups:
        seen[student] += 1
    for (student, lms_id), entries in sorted(groups.items()):
        origin, file = _choose(name, entries)
        if seen[student] > 1:  # two people of one name
            origin.student = f"{student}-{lms_id}"
        yield Collected(origin, _store(course, name, origin, file))


def _ignored(path: PurePosixPath) -> bool:
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return hidden or path.name.lower() in IGNORED


def _store(course: Course, name: str, origin: Origin, file: File | None) -> str:
    folder = course.submitted(origin.student, name)
    folder.mkdir(parents=True, exist_ok=True)
    origin.problem = _printable(origin.problem)
    target, record = folder / f"{name}.ipynb", folder / "origin.json"
    record.write_text(json.dumps(asdict(origin), indent=1, ensure_ascii=False))
    if file is None:
        return "problem"
    same = target.exists() and target.read_bytes() == file.content
    state = "same" if same else "changed" if target.exists() else "new"
    if not same:
        target.write_bytes(file.content)
        (folder / "timestamp.txt").write_text(f"{file.modified:%Y-%m-%d %H:%M:%S} UTC\n")
    return "problem" if origin.problem else state


def origin_of(course: Course, name: str, student: str) -> Origin:
    """Return where a submission came from, as far as it is known."""
    path = course.submitted(student, name) / "origin.json"
    return Origin(**json.loads(path.read_text())) if path.exists() else Origin(student)
