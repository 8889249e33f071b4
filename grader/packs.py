"""Packs feedback into the zip files that LMSs take back.

Moodle: *Upload multiple feedback files in a zip*. Canvas: *Upload Submissions*, whose file Canvas
shows under the name of the student's own: for a notebook it is a notebook.
"""

import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from grader.course import Course, CourseError
from grader.feedback import as_notebook
from grader.lms import Format
from grader.standing import Standing

MOST = 40_000_000  # bytes of a zip file; LMSs have limits for uploads


def pack(
    course: Course, name: str, format: Format, pages: Sequence[tuple[Standing, Path]]
) -> tuple[list[Path], list[Standing]]:
    """Write zip files of feedback; return them, and those whom the LMS cannot tell.

    Raises
    ------
    CourseError
        If it can tell nobody.
    """
    files: dict[str, bytes] = {}
    left = []
    for standing, path in pages:
        target = format.pack_name(standing.origin, name)
        if target is None or target in files:
            left.append(standing)
        else:
            files[target] = _content(target, path.read_text("utf-8"))
    if not files:
        raise CourseError(f"There is no feedback on a submission{format.whence}.")
    written = []
    for number, part in enumerate(_parts(files), start=1):
        more = "" if number == 1 else f"-{number}"
        path = course.root / "feedback" / f"{name}-{format.name}{more}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for target in part:
                archive.writestr(target, files[target])
        written.append(path)
    return written, left


def _content(target: str, html: str) -> bytes:
    suffix = PurePosixPath(target).suffix.lower()
    if suffix == ".ipynb":
        return as_notebook(html).encode()
    if suffix != ".zip":
        return html.encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("feedback.html", html)
    return buffer.getvalue()


def _parts(files: dict[str, bytes]) -> Iterator[list[str]]:
    """Yield the names of what goes into one zip file."""
    part: list[str] = []
    size = 0
    for target, content in files.items():
        if part and size + len(content) > MOST:
            yield part
            part, size = [], 0
        part.append(target)
        size += len(content)
    yield part
