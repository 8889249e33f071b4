"""The browser that photographs, prints, tests and measures the pages: Chromium, or a Chrome."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


def find_browser() -> str:
    """Return the path of the browser.

    Raises
    ------
    FileNotFoundError
        If there is none; the message says how to install it.
    """
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise FileNotFoundError("This needs Chromium: sudo apt install chromium")
    return found


@contextmanager
def start_browser() -> "Iterator[Browser]":
    """Start it without a window; close it in the end.

    Raises
    ------
    FileNotFoundError
        If there is no browser.
    """
    from playwright.sync_api import sync_playwright

    path = find_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
