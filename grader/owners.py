"""Reads from where files lie whose they are.

What an export looks like stands in ``lms/``, one file a format. It is recognized, if nobody says
which it is. So is the meaning of a folder around everything: it is either a student's, or one
around all students' work. Names decide, those of students who are known already first; the user
is told how it was read.

What lies inside a student's own folder or zip file says nothing about whose it is: a student can
name it after somebody else.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from grader.course import CourseError
from grader.files import File
from grader.lms import FORMATS, Format
from grader.people import clean, key, slug
from grader.results import Origin

# What people call a folder around the work of several students, or one inside a student's own.
COMMON = re.compile(
    r"(?:^|[-_.])(?:submi(?:ssions?|tted)|hand(?:ed)?[-_]?ins?|homeworks?|exports?|downloads?|late|"
    r"students?|notebooks?|assignments?|answers?|class|course|work|drafts?|final|old)(?:$|[-_.])"
)
DEEPEST = 20  # folders around a download
WORK = (".ipynb", ".zip")
COPIES = ("__MACOSX", ".ipynb_checkpoints")
IGNORED = (".ds_store", "desktop.ini", "thumbs.db", "timestamp.txt")

Groups = dict[tuple[str, str], list[tuple[Origin, File]]]


def is_ignored(path: PurePosixPath) -> bool:
    """Tell whether a file is one that operating systems and editors leave behind.

    No notebook and no zip file is, unless a system or an editor has made a copy of it.
    """
    if not path.parts or path.name.startswith("._"):
        return True
    if path.name.lower().endswith(WORK):
        return any(part in COPIES for part in path.parts)
    return any(map(_is_hidden, path.parts)) or path.name.lower() in IGNORED


def _is_hidden(part: str) -> bool:
    return part.startswith((".", "__MACOSX")) and not _is_certain(PurePosixPath(part))


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


def readings(origin: Origin) -> list[Origin]:
    """Return whose a hand-in can be by its name in the download; empty if it has none."""
    path = PurePosixPath(origin.file)
    return FORMATS[origin.lms].readings(path) if origin.lms and path.parts else []


def is_doubtful(origin: Origin) -> bool:
    """Tell whether the name can be read in several ways."""
    return len(readings(origin)) > 1


def _wrapper(paths: list[PurePosixPath], name: str, known: set[str]) -> tuple[int, str]:
    """Return how many folders wrap everything, as when a folder of submissions was zipped.

    With words for the user, if the last of these folders could have been read otherwise.
    """
    depth, words = 0, ""
    while paths and depth < DEEPEST and len({path.parts[depth] for path in paths}) == 1:
        folder = paths[0].parts[depth]
        inside = [PurePosixPath(*path.parts[depth + 1 :]) for path in paths]
        if _is_certain(PurePosixPath(folder)) or not all(path.parts for path in inside):
            return depth, words  # it is a student's, or a single file
        certain = any(_is_certain(path) for path in inside)
        if not certain and not _around(folder, inside, name, known):
            words = f"All files are in the folder {clean(folder)}: read as the work of one student."
            return depth, words
        kind = "folder" if any(len(path.parts) > 1 for path in inside) else "notebook"
        words = (
            f"All files are in the folder {clean(folder)}: read as holding one {kind} for each "
            "student."
        )
        if certain:
            words = ""
        depth += 1
    return depth, words


def _groups_folders(paths: list[PurePosixPath]) -> int:
    """Return how deep a download lies that was sorted into folders, such as one for each group."""
    for depth in range(min([DEEPEST, *(len(path.parts) for path in paths)]) if paths else 0):
        if all(_is_certain(PurePosixPath(*path.parts[depth:])) for path in paths):
            return depth
    return 0


def _grouped(owned: Iterable[tuple[Origin, File]]) -> Groups:
    """Return the files by person: by the LMS's number, else by the name.

    By both, unless the format is certain: students choose the names that stand around a number.
    """
    groups: Groups = defaultdict(list)
    for origin, file in owned:
        identity = origin.lms_id and f"number {origin.lms_id}"
        if identity and not FORMATS[origin.lms].certain:
            identity += f" of {key(origin.full_name)}"
        groups[origin.lms, identity or key(origin.full_name)].append((origin, file))
    return groups


def _with_lost(groups: Groups, lost: Iterable[tuple[Origin | None, File]]) -> Groups:
    """Return the files by person, with those of whom nothing but ignored files came."""
    for identity, entries in _grouped((o, file) for o, file in lost if o).items():
        groups.setdefault(identity, entries)
    return groups


def recognized(
    files: list[File], name: str, known: set[str], ignored: Sequence[File] = ()
) -> tuple[Groups, str]:
    """Return the files by person, and words about how they were read.

    Parameters
    ----------
    name : str
        The assignment.
    known : set of str
        The folders of students who handed in before.
    ignored : sequence of File
        They are somebody's if nothing else of this person came.
    """
    depth, words = _wrapper([file.path for file in files], name, known)
    paths = [PurePosixPath(*file.path.parts[depth:]) for file in files]
    deeper = _groups_folders(paths)
    owned = []
    for path, file in zip(paths, files, strict=True):
        inner = PurePosixPath(*path.parts[deeper:])
        owners = (format.owner(inner) for format in FORMATS.values())
        owned.append((next(origin for origin in owners if origin), file))
    around = files[0].path.parts[:depth] if files else ()
    lost = (
        (_loser(PurePosixPath(*file.path.parts[depth + deeper :]), known), file)
        for file in ignored
        if file.path.parts[:depth] == around
    )
    return _with_lost(_grouped(owned), lost), words


def _loser(path: PurePosixPath, known: set[str]) -> Origin | None:
    """Return whose an ignored file is: in plain folders, of somebody who is known."""
    owners = (format.owner(path) for format in FORMATS.values())
    owner = next(origin for origin in owners if origin)
    return owner if owner.lms or (len(path.parts) > 1 and owner.student in known) else None


def as_told(files: list[File], format: Format, ignored: Sequence[File] = ()) -> tuple[Groups, str]:
    """Return the same, as the user has said what the files are.

    Raises
    ------
    CourseError
        If a file is not named as the format names them.
    """
    owned = []
    for file in files:
        if (origin := format.owner_within(file.path)) is None:
            raise CourseError(
                f"{clean(str(file.path))} is not named as in a download of {format.title}, so "
                f"nothing was collected. Take it out, or leave out --from {format.name}."
            )
        owned.append((origin, file))
    lost = ((owner, file) for file in ignored if (owner := format.owner_within(file.path)))
    groups = _with_lost(_grouped(owned), ((o, file) for o, file in lost if o.lms))
    words = ""
    if len(files) > 1 and len(groups) == 1 and len(files[0].path.parts) > 1:
        folder = clean(files[0].path.parts[0])
        words = f"All files are in the folder {folder}: read as the work of one student."
    return groups, words
