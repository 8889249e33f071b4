"""What a course folder knows is written whole or not at all, and read with words where it is not.

The records are JSON files: where a submission came from, its result, who is on the list, when
work is due. A run that is killed, or a machine that is switched off, leaves the old one or the
new one.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grader.course import CourseError


def write(path: Path, content: bytes) -> None:
    """Write a file, all of it or nothing."""
    new = path.with_name(path.name + ".new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write a record, all of it or nothing; half of an emoji in a name is no reason to fail."""
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    write(path, text.encode("utf-8", "replace"))


@contextmanager
def reading(path: Path, remedy: str) -> Iterator[None]:
    """Tell in words that a record is damaged, and what to do about it.

    Raises
    ------
    CourseError
        In place of the errors of reading it inside the ``with`` statement; that there is no such
        file is none of them.
    """
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CourseError(f"{path} is damaged ({error}): {remedy}.") from error
