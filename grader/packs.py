"""Packs feedback into the zip files that LMSs take back.

Moodle: *Upload multiple feedback files in a zip*. Canvas: *Upload Submissions*, whose file Canvas
shows under the name of the student's own. So it is what that name says: a notebook, a zip file or
a web page. Under another name, such as that of a PDF, nobody could open it: it is left out.
"""

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from grader.course import Course, CourseError
from grader.feedback import as_notebook
from grader.lms import Format
from grader.standing import Standing

MOST = 40_000_000  # bytes of a zip file; LMSs have limits for uploads
# Also as browsers and LMSs change the name: work.ipynb.txt, work.ipynb-1.json.
NOTEBOOK = re.compile(r"\.ipynb(?:-\d+)?(?:\.txt|\.json)?$", re.I | re.A)


def pack(
    course: Course, name: str, format: Format, pages: Sequence[tuple[Standing, Path]]
) -> tuple[list[Path], dict[str, list[str]]]:
    """Write zip files of feedback; return them, and who is in none of them by the reason.

    Raises
    ------
    CourseError
        If nobody would be.
    """
    files: dict[str, bytes] = {}
    left: dict[str, list[str]] = defaultdict(list)
    for standing, path in pages:
        target = format.pack_name(standing.origin, name)
        if target is None or target in files:
            left["as they did not come in such a download"].append(standing.student)
        elif content := _content(target, path.read_text("utf-8")):
            files[target] = content
        else:
            words = f"as {format.title} would show it as a file of another kind, like their own"
            left[words].append(standing.student)
    if not files:
        reasons = "; ".join(f"{len(some)} are left out, {why}" for why, some in left.items())
        more = f" ({reasons})" if reasons else ""
        raise CourseError(f"There is no feedback on a submission{format.whence}{more}.")
    written = []
    for number, part in enumerate(_parts(files), start=1):
        more = "" if number == 1 else f"-{number}"
        # Not among the feedback: there, a student's folder could have this name.
        path = course.root / "exports" / f"{name}-{format.name}-feedback{more}.zip"
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for target in part:
                archive.writestr(target, files[target])
        written.append(path)
    return written, left


def _content(target: str, html: str) -> bytes | None:
    """Return feedback as the kind of file that its name says; None if there is no such thing."""
    suffix = PurePosixPath(target).suffix.lower()
    if NOTEBOOK.search(target):
        return as_notebook(html).encode()
    if suffix in (".html", ".htm"):
        return html.encode()
    if suffix != ".zip":
        return None
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
