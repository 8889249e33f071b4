"""Show submissions whose code is similar, side by side. Similarity is no proof of anything."""

import argparse
from pathlib import Path

from grader.commands._common import add_course, add_name, course_of, tell
from grader.confined import Reader
from grader.course import CourseError
from grader.gradebook import submissions
from grader.similar import THRESHOLD, Source, compare, render


def _share(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0 and up to 1")
    return number


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    parser.add_argument(
        "--threshold",
        type=_share,
        default=THRESHOLD,
        metavar="SHARE",
        help=f"from which on pairs are shown, default: {THRESHOLD}",
    )
    parser.add_argument(
        "--with",
        dest="earlier",
        type=Path,
        metavar="FOLDER",
        help="notebooks of earlier terms, with which this one's are compared too",
    )
    add_course(parser)


def _earlier(folder: Path) -> list[Source]:
    if not folder.is_dir():
        raise CourseError(f"{folder} is no folder.")
    found = sorted(folder.rglob("*.ipynb"))
    return [Source(f"{each.relative_to(folder)} (earlier)", each, own=False) for each in found]


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course, definition = course_of(options)
    name = options.name
    files = {
        each: course.submitted(each, name) / f"{name}.ipynb" for each in submissions(course, name)
    }
    sources = [Source(each, file) for each, file in files.items() if file.exists()]
    sources += _earlier(options.earlier) if options.earlier else []
    with Reader(imports=("similarity",)) as reader:
        report = compare(
            reader,
            sources,
            course.released(name),
            options.threshold,
            lambda done: tell(done, len(sources), f"{done} of {len(sources)} read"),
        )
    path = course.root / "similar" / f"{name}.html"
    path.parent.mkdir(exist_ok=True)
    page = render(definition.assignment.title, report, options.threshold)
    path.write_text(page, "utf-8", errors="replace")
    left_out = f", {len(report.left_out)} not compared" if report.left_out else ""
    count = len(report.pairs)
    found = "one similar pair" if count == 1 else f"{count} similar pairs"
    print(f"{report.compared} compared{left_out}, {found}: {path}")
    for student, words in report.left_out:
        print(f"  {student}: {words}")
    print("Similarity is no proof: short answers to the same question look alike.")
    return 0
