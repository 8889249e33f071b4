"""The built pages in a real browser: whole at every width, silent, and asking nobody else."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
VIEWPORTS = {"desktop": (1280, 900), "phone": (390, 844)}
SELECTABLE = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

pytestmark = pytest.mark.book


def _toc_pages():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    return [toc["root"]] + [c["file"] for part in toc["parts"] for c in part["chapters"]]


@pytest.fixture(scope="module")
def browser():
    """Start Debian's Chromium (or Chrome) without a window."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, SELECTABLE)), None)
    assert found, "the browser tests need Chromium: sudo apt install chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def address():
    """Serve the site on a free port of this machine."""
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"],
        cwd=SITE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    port = server.stdout.readline().split(" port ")[1].split()[0]
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWPORTS)
def test_pages_fit_are_silent_and_ask_no_other_host(browser, address, view, scheme):
    width, height = VIEWPORTS[view]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    trouble = []
    page = context.new_page()
    page.on("pageerror", lambda error: trouble.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda message: message.type == "error" and trouble.append(f"{page.url}: {message.text}"),
    )
    page.on(
        "request",
        lambda request: (
            request.url.startswith((address, "data:", "blob:"))
            or trouble.append(f"{page.url} asks for {request.url}")
        ),
    )
    for name in _toc_pages():
        page.goto(f"{address}/{name}.html")
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            trouble.append(f"{name}: {wide} pixels wide on a screen of {width}")
        broken = page.evaluate(
            "[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
        )
        trouble += [f"{name}: broken picture {source}" for source in broken]
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
    context.close()
    assert not trouble


def test_a_solution_opens_on_a_click(browser, address):
    page = browser.new_page()
    page.goto(f"{address}/chapters/02_convolution.html")
    solution = page.locator(".solution.dropdown").first
    code = solution.locator(".cell").first
    assert not code.is_visible()
    solution.locator("summary").first.click()
    code.wait_for(state="visible")
    page.close()


def test_the_site_is_whole_when_opened_from_disk(browser):
    page = browser.new_page()
    requested = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto((SITE / "index.html").as_uri())
    page.get_by_role("link", name="Next").first.click()
    page.wait_for_url("**/chapters/01_*.html")
    assert page.locator("article h1").is_visible()
    assert all(url.startswith(("file:", "data:", "blob:")) for url in requested)
    page.close()


def test_formulas_are_drawn_by_the_browser_itself(browser, address):
    page = browser.new_page()
    page.goto(f"{address}/chapters/02_convolution.html")
    formula = page.locator("math[display=block]").first
    box = formula.bounding_box()
    assert box["width"] > 50
    assert box["height"] > 15
    assert not page.evaluate("document.querySelector('article').innerText.includes('\\\\frac')")
    page.close()
