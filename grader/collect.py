"""Takes submissions from a folder, a zip file or an LMS export into the course folder.

What an export looks like stands in ``lms/``, one file a format. It is recognized, if nobody says
which it is. So is the meaning of a folder around everything: it is either a student's, or one
around all students' work. Names decide, those of students who are known already first; the user
is told how it was read.

A notebook is recognized by its content, whatever its name.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from grader.course import Course, CourseError
from grader.files import File, files_of
from grader.lms import FORMATS, Format
from grader.lms.format import slug
from grader.results import Origin, keep_origin, origin_of
from grader.submission import UnreadableError, read, strip

# What people call a folder around the work of several students, or one inside a student's own.
COMMON = re.compile(
    r"(?:^|[-_.])(?:submi(?:ssions?|tted)|hand(?:ed)?[-_]?ins?|homeworks?|exports?|downloads?|late|"
    r"students?|notebooks?|assignments?|answers?|class|course|work|drafts?|final|old)(?:$|[-_.])"
)
IGNORED = (".ds_store", "desktop.ini", "thumbs.db", "timestamp.txt")


@dataclass(frozen=True)
class Collected:
    """What became of one student's files: "new", "changed", "same" or "problem"."""

    origin: Origin
    state: str


def _printable(text: str) -> str:
    """Return a text that a terminal shows and does not obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _around(folder: str, inside: list[PurePosixPath], name: str, known: set[str]) -> bool:
    """Tell whether a folder is one around several students' work, not a student's own."""
    if slug(folder) in known:
        return False
    files = [path.name for path in inside if len(path.parts) == 1]
    folders = {slug(path.parts[0]) for path in inside if len(path.parts) > 1}
    if _is_common(folder, name) or any(slug(PurePosixPath(file).stem) in known for file in files):
        return True
    if files:
        return any(format.fits(inside) for format in FORMATS.values())
    return not all(_is_common(each, name) for each in folders)


def _is_common(folder: str, name: str) -> bool:
    plain = slug(folder)
    return plain == slug(name) or COMMON.search(plain) is not None


def _is_certain(path: PurePosixPath) -> bool:
    """Tell whether a path can only be of an LMS's download."""
    return any(format.certain and format.owner(path) for format in FORMATS.values())


def _wrapper(paths: list[PurePosixPath], name: str, known: set[str]) -> tuple[int, str]:
    """Return how many folders wrap everything, as when a folder of submissions was zipped.

    With words for the user, if the last of these folders could have been read otherwise.
    """
    depth, words = 0, ""
    while len({path.parts[depth] for path in paths}) == 1:
        folder = paths[0].parts[depth]
        inside = [PurePosixPath(*path.parts[depth + 1 :]) for path in paths]
        if _is_certain(PurePosixPath(folder)) or not all(path.parts for path in inside):
            return depth, words  # it is a student's, or a single file
        certain = any(_is_certain(path) for path in inside)
        shown = _printable(folder)
        if not certain and not _around(folder, inside, name, known):
            return depth, f"All files are in the folder {shown}: read as the work of one student."
        kind = "folder" if any(len(path.parts) > 1 for path in inside) else "notebook"
        words = f"All files are in the folder {shown}: read as holding one {kind} for each student."
        if certain:
            words = ""
        depth += 1
    return depth, words


Groups = dict[tuple[str, str], list[tuple[Origin, File]]]


def _grouped(owned: Iterable[tuple[Origin, File]]) -> Groups:
    groups: Groups = defaultdict(list)
    for origin, file in owned:
        groups[origin.student, origin.lms_id].append((origin, file))
    return groups


def _recognized(files: list[File], name: str, known: set[str]) -> tuple[Groups, str]:
    """Return the files by student, and words about how they were read."""
    depth, words = _wrapper([file.path for file in files], name, known) if files else (0, "")
    owned = []
    for file in files:
        path = PurePosixPath(*file.path.parts[depth:])
        owners = (format.owner(path) for format in FORMATS.values())
        owned.append((next(origin for origin in owners if origin), file))
    return _grouped(owned), words


def _as_told(files: list[File], format: Format) -> tuple[Groups, str]:
    """Return the same, as the user has said what the files are."""
    owned = []
    for file in files:
        if (origin := format.owner_within(file.path)) is None:
            raise CourseError(
                f"{_printable(str(file.path))} is not named as in a download of {format.title}, so "
                f"nothing was collected. Take it out, or leave out --from {format.name}."
            )
        owned.append((origin, file))
    groups = _grouped(owned)
    words = ""
    if len(files) > 1 and len(groups) == 1:
        folder = _printable(files[0].path.parts[0])
        words = f"All files are in the folder {folder}: read as the work of one student."
    return groups, words


def _choose(name: str, entries: list[tuple[Origin, File]]) -> tuple[Origin, File | None]:
    """Return which of a student's files is the assignment, with the problem if it is unclear."""
    origin = entries[0][0]
    notebooks, problems = [], []
    for entry_origin, file in entries:
        try:
            content = file.read()
            notebook = read(strip(content))
        except UnreadableError as error:
            problems.append(f"{file.path.name}: {error}")
            continue
        digest = hashlib.sha256(content).digest()
        notebooks.append((notebook.assignment == name, digest, entry_origin, file))
    named = [entry for entry in notebooks if entry[0]]
    candidates = named or notebooks
    if not candidates:
        origin.problem = "no notebook was handed in. " + "; ".join(problems)
        return origin, None
    *_, origin, file = max(candidates, key=lambda entry: (entry[3].modified, str(entry[3].path)))
    if len({digest for _, digest, _, _ in candidates}) > 1:
        others = ", ".join(sorted(each.path.name for *_, each in candidates))
        origin.problem = f"{len(candidates)} notebooks ({others}); the newest counts"
    return origin, file


def collect_submissions(
    course: Course,
    name: str,
    source: Path,
    format: Format | None = None,
    tell: Callable[[str], object] | None = None,
) -> Iterator[Collected]:
    """Copy submissions into the course folder, one notebook for each student.

    Parameters
    ----------
    course : Course
    name : str
        The assignment.
    source : Path
        A folder or a zip file.
    format : Format, optional
        What the source is. Recognized, if it is not given.
    tell : function, optional
        Called with a sentence if the folders could have been read in two ways.

    Yields
    ------
    Collected
        One for each student. A later call with the same source changes nothing.

    Raises
    ------
    CourseError
        If there is no such folder or zip file, or if it holds a file that is not named as the
        format names them.
    """
    with files_of(source) as files:
        known = {path.name for path in (course.root / "submitted").glob("*")}
        wanted = [file for file in files if file.path.parts and not _ignored(file.path)]
        if format is None:
            groups, words = _recognized(wanted, name, known)
        else:
            groups, words = _as_told(wanted, format)
        if words and tell:
            tell(words)
        seen = Counter(student for student, _ in groups)
        for (student, _), entries in sorted(groups.items()):
            origin, file = _choose(name, entries)
            origin.student = _name_of(course, name, origin, seen[student] > 1)
            yield _store(course, name, origin, file)


def _name_of(course: Course, name: str, origin: Origin, shared: bool) -> str:
    """Return a student's name, with the LMS's number if it is also someone else's."""
    earlier = origin_of(course, name, origin.student).lms_id
    if not origin.lms_id or earlier == origin.lms_id or not (shared or earlier):
        return origin.student
    return f"{origin.student}-{origin.lms_id}"


def _ignored(path: PurePosixPath) -> bool:
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return hidden or path.name.lower() in IGNORED


def _store(course: Course, name: str, origin: Origin, file: File | None) -> Collected:
    origin = Origin(**{key: _printable(value) for key, value in asdict(origin).items()})
    folder = course.submitted(origin.student, name)
    folder.mkdir(parents=True, exist_ok=True)
    keep_origin(course, name, origin)
    if file is None:
        return Collected(origin, "problem")
    target, content = folder / f"{name}.ipynb", file.read()
    same = target.exists() and target.read_bytes() == content
    state = "same" if same else "changed" if target.exists() else "new"
    if not same:
        target.write_bytes(content)
        (folder / "timestamp.txt").write_text(f"{file.modified:%Y-%m-%d %H:%M:%S} UTC\n")
    return Collected(origin, "problem" if origin.problem else state)
