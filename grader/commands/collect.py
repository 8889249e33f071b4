"""Take submissions from a folder, a zip file or the download of an LMS."""

import argparse
from collections import Counter
from pathlib import Path

from grader.collect import collect_submissions
from grader.commands._common import add_course, add_name, course_of
from grader.course import CourseError
from grader.lms import FORMATS


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_name(parser)
    parser.add_argument("source", type=Path, help="folder, zip file, or an LMS's download")
    parser.add_argument("--from", dest="format", choices=FORMATS, help="default: recognized")
    add_course(parser)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    course, _ = course_of(options)
    counts: Counter[str] = Counter()
    source, format = options.source.expanduser(), FORMATS.get(options.format)
    for one in collect_submissions(course, options.name, source, format, tell=print):
        counts[one.state] += 1
        if one.origin.problem:
            print(f"  {one.origin.student}: {one.origin.problem}")
    if not counts:
        raise CourseError(f"There are no files in {options.source}.")
    words = {"new": "new", "changed": "changed", "same": "as before", "problem": "with a problem"}
    parts = [f"{counts[state]} {words[state]}" for state in words if counts[state]]
    print(f"{counts.total()} submissions: {', '.join(parts)}.")
    return 0
