"""What several tests of the grader start with."""

import pytest

from grader.confined import Reader
from grader.course import Course


@pytest.fixture
def course(tmp_path):
    """Return an empty course."""
    return Course.open(tmp_path / "course")


@pytest.fixture(scope="module")
def reader():
    """Return a confined process."""
    with Reader() as reader:
        yield reader
