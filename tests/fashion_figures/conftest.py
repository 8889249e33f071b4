"""Fixtures for tests of the figures' JavaScript: a page that imports the modules as they are."""

from pathlib import Path

import numpy as np
import pytest
from tornado.web import RequestHandler

from book.serve import Server

ROOT = Path(__file__).resolve().parents[2]


class Keep(RequestHandler):
    """Keeps the body of what is posted: answers of many megabytes."""

    def initialize(self, kept):
        self.kept = kept

    def post(self):
        self.kept[:] = [self.request.body]


@pytest.fixture(scope="module")
def posted():
    """Hold what the page has posted last."""
    return []


@pytest.fixture(scope="module")
def server(posted):
    """Serve this repository; keep what is posted."""
    with Server(ROOT, 0, ("/answer", Keep, {"kept": posted})) as running:
        yield running


@pytest.fixture(scope="module")
def chromium_page(chromium, server):
    """Open the modules' page; nothing may end in its console."""
    complaints = []
    page = chromium.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{server.address}/tests/fashion_figures/shared.html")
    page.wait_for_function("window.core")
    yield page
    page.close()
    assert complaints == []


@pytest.fixture(scope="module")
def call(chromium_page):
    """Return a function that calls one of the page's."""
    return lambda name, argument=None: chromium_page.evaluate(
        "([name, argument]) => core[name](argument)", [name, argument]
    )


@pytest.fixture(scope="module")
def real_images(fashion):
    """Return 500 test images, 50 of each class."""
    _, (x, y) = fashion
    return x[np.concatenate([np.flatnonzero(y == label)[:50] for label in range(10)])]
