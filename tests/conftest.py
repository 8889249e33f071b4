"""Fixtures for all tests: the real data once, and no state left from test to test."""

import numpy as np
import pytest

import fashion_lib


@pytest.fixture(scope="session")
def fashion():
    """Return the full data set: ((60000 images, labels), (10000 images, labels))."""
    return fashion_lib.load_data()


def pytest_collection_modifyitems(items):
    """Let the file that takes longest go first: the other worker does all the rest meanwhile."""
    items.sort(key=lambda item: item.path.name != "test_run_notebooks.py")


@pytest.fixture(scope="module")
def chromium():
    """Debian's Chromium (or a Chrome) without a window."""
    from book.chromium import start_browser

    with start_browser() as browser:
        yield browser


@pytest.fixture(autouse=True)
def _fresh_state():
    """Start each test from the same seed, and close the figures it opened."""
    np.random.seed(0)  # noqa: NPY002  (libraries under test may read the global state)
    yield
    import sys

    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
