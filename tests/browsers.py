"""The engines that readers' browsers have: Chromium, Firefox and WebKit, behind one interface.

A test that takes the fixture `engine` runs in each of them, with a browser that has those of
Playwright's names which such tests use. What a driver cannot do stands in `CANNOT`: a test marked
``engines("…")`` needs that, and gets cases for the engines that can. Those that are left out are
listed at the end of a run, as are engines that are not installed.

    python -m tests.browsers   says which are there, and fails where all must be: with CI set
"""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tornado.web import RequestHandler

from book.chromium import NAMES, start_browser
from book.serve import Handler, Server

# What a test may need -> the engines whose driver cannot do it -> why.
CANNOT = {
    "color scheme": {
        "firefox": "Playwright cannot tell Firefox that the system is dark",
        "webkit": "WebKitGTK's driver cannot tell that the system is dark",
    },
    "log": {
        "webkit": "WebKitGTK's driver gives none; pages from a server collect their errors here",
    },
}

FIREFOX_SETTINGS = {
    "ui.useOverlayScrollbars": 1,  # else it takes 12 pixels of a phone's width
    "security.fileuri.strict_origin_policy": True,  # as readers have it; Playwright loosens it
}
MINI_BROWSER = "*/webkit2gtk-4*/MiniBrowser"  # below a folder of libraries


def _firefox() -> str | None:
    return shutil.which("firefox-esr")


def _webkit() -> tuple[str, str] | None:
    driver = shutil.which("WebKitWebDriver")
    folders = (Path("/usr/lib"), Path("/usr/libexec"), Path("/usr/lib64"))
    browser = next((found for one in folders for found in sorted(one.glob(MINI_BROWSER))), None)
    return (driver, str(browser)) if driver and browser and shutil.which("Xvfb") else None


@contextmanager
def _start_firefox() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.firefox.launch(
            channel="moz-firefox",
            executable_path=_firefox(),
            firefox_user_prefs=FIREFOX_SETTINGS,
        )
        yield browser
        browser.close()


@contextmanager
def _start_webkit() -> Iterator[Any]:
    from tests.webkit import Browser, start_screen

    with start_screen() as screen:
        browser = Browser(*_webkit(), screen)
        try:
            yield browser
        finally:
            browser.close()


class Engine(NamedTuple):
    """How one is found, started and installed."""

    find: Callable[[], Any]
    start: Callable[[], AbstractContextManager]
    packages: str  # of Debian


ENGINES = {
    "chromium": Engine(
        lambda: next(filter(None, map(shutil.which, NAMES)), None), start_browser, "chromium"
    ),
    "firefox": Engine(_firefox, _start_firefox, "firefox-esr"),
    "webkit": Engine(_webkit, _start_webkit, "webkit2gtk-driver xvfb xauth"),
}


def missing() -> list[str]:
    """Return the engines that are not installed."""
    return [name for name, engine in ENGINES.items() if not engine.find()]


def advice(names: list[str]) -> str:
    """Return the one line that installs them."""
    packages = " ".join(ENGINES[name].packages for name in names)
    return f"sudo apt-get install --no-install-recommends {packages}"


def choose(abilities: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return the engines for a test that needs these abilities, and why others are left out.

    Raises
    ------
    KeyError
        If an ability is not in the table.
    """
    absent, left_out = missing(), {}
    for ability in abilities:
        left_out |= CANNOT[ability]
    usable = [name for name in ENGINES if name not in left_out and name not in absent]
    return usable, left_out


def can(browser: Any, ability: str) -> bool:
    """Return whether a browser's driver has an ability."""
    return browser.browser_type.name not in CANNOT[ability]


# Keeps what a browser would write into its console as an error, for a driver without a log.
COLLECT = """globalThis.collected = [];
const keep = (text) => { globalThis.collected.push(String(text)); };
addEventListener("error", (event) => keep(
  event.message ?? `Failed to load ${event.target.src ?? event.target.href}`), true);
addEventListener("unhandledrejection", (event) => keep(event.reason));
addEventListener("securitypolicyviolation", (event) => keep(
  `Content Security Policy: ${event.violatedDirective} forbids ${event.blockedURI}`));
for (const name of ["error", "warn"]) {
  const write = console[name];
  console[name] = (...all) => { keep(all.join(" ")); write.apply(console, all); };
}
"""


class _Script(RequestHandler):
    def get(self) -> None:
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.finish(COLLECT)


class _CollectingPage(Handler):
    """Answers with a page that collects its errors; the policy allows the site's own scripts."""

    @classmethod
    def get_content(cls, abspath: str, start: int | None = None, end: int | None = None) -> bytes:
        page = Path(abspath).read_bytes()
        before, head, after = page.partition(b"<head>")
        return before + head + b'<script src="/collect.js"></script>' + after

    def get_content_size(self) -> int:
        return len(self.get_content(self.absolute_path))


def serve(folder: Path, engine: Any) -> Server:
    """Serve a folder to an engine; pages collect their errors if its driver has no log."""
    if can(engine, "log"):
        return Server(folder)
    pages = (r"/(.*\.html)", _CollectingPage, {"path": str(folder)})
    return Server(folder, 0, (r"/collect\.js", _Script), pages)


def wait_until(page: Any, code: str, seconds: float = 20) -> None:
    """Wait until an expression is true in a page, or give up with a TimeoutError.

    Playwright's `wait_for_function` evaluates it inside of the page, where our policy forbids that.
    """
    end = time.monotonic() + seconds
    while not page.evaluate(code):
        if time.monotonic() > end:
            raise TimeoutError(f"waited in vain for {code}")
        page.wait_for_timeout(20)


@contextmanager
def open_page(
    browser: Any,
    address: str,
    width: int = 1280,
    height: int = 900,
    expected_errors: tuple[str, ...] = (),
    **options: Any,
) -> Iterator[Any]:
    """Open a page; when it is closed, its console must have been silent.

    Parameters
    ----------
    browser : Browser
        Of the fixture `chromium` or `engine`.
    address : str
        Of a server, or of a file.
    width, height : int
        Of the window in pixels.
    expected_errors : tuple of str
        Parts of messages that the test provokes.
    **options
        More for ``new_page``.
    """
    trouble: list[str] = []

    def note(text: str) -> None:
        if not any(part in text for part in expected_errors):
            trouble.append(f"{tab.url}: {text}")

    tab = browser.new_page(viewport={"width": width, "height": height}, **options)
    tab.on("pageerror", lambda error: note(str(error)))
    tab.on("console", lambda message: message.type == "error" and note(message.text))
    try:
        tab.goto(address)
        yield tab
    finally:
        tab.close()
    assert not trouble, "\n".join(trouble)


def main() -> int:
    """Say which are there; 1 if one is not and all must be, or if there is no Chromium."""
    absent = missing()
    if not absent:
        return 0
    print(f"Not installed: {', '.join(absent)}. The tests need them:  {advice(absent)}")
    if os.environ.get("CI") or "chromium" in absent:
        return 1
    print("The tests go on without; cases that this leaves out are listed at their end.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
