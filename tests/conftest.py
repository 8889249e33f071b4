"""Fixtures for all tests: the real data once, and no state left from test to test."""

import os

import numpy as np
import pytest

import fashion_lib
from tests import browsers

LEFT_OUT = pytest.StashKey[set]()  # (test, engine, why) of each case that was not generated


@pytest.fixture(scope="session")
def fashion():
    """Return the full data set: ((60000 images, labels), (10000 images, labels))."""
    return fashion_lib.load_data()


def pytest_collection_modifyitems(items):
    """Let the file that takes longest go first: the other worker does all the rest meanwhile."""
    items.sort(key=lambda item: item.path.name != "test_run_notebooks.py")


def pytest_configure(config):
    config.stash[LEFT_OUT] = set()


def pytest_generate_tests(metafunc):
    """Give a test that takes `engine` one case for each engine that can run it."""
    if "engine" not in metafunc.fixturenames:
        return
    if os.environ.get("CI") and (absent := browsers.missing()):
        raise pytest.UsageError(f"not installed: {', '.join(absent)}: {browsers.advice(absent)}")
    marks = metafunc.definition.iter_markers("engines")
    names, left_out = browsers.choose([ability for mark in marks for ability in mark.args])
    metafunc.parametrize("engine", names, indirect=True, scope="module")
    test = metafunc.definition.nodeid
    metafunc.config.stash[LEFT_OUT] |= {(test, name, why) for name, why in left_out.items()}


def pytest_sessionfinish(session):
    """Let a worker tell its master what it left out."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = sorted(session.config.stash[LEFT_OUT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    left_out = getattr(node, "workeroutput", {}).get("left_out", [])
    node.config.stash[LEFT_OUT] |= set(map(tuple, left_out))


def pytest_terminal_summary(terminalreporter, config):
    """List the cases that were not generated, and the engines that are not here."""
    if left_out := sorted(config.stash[LEFT_OUT]):
        terminalreporter.section("cases that no driver can run")
        for test, name, why in left_out:
            terminalreporter.line(f"{test}[{name}]: {why}")
    if absent := browsers.missing():
        terminalreporter.section("engines that are not installed")
        terminalreporter.line(f"{', '.join(absent)}: {browsers.advice(absent)}")


@pytest.fixture(scope="module")
def engine(request):
    """Start the browser of one engine after the other: `tests/browsers.py`."""
    with browsers.ENGINES[request.param].start() as browser:
        yield browser


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
