"""No figure moves the page when it comes: its place is as high as it is."""

from pathlib import Path

import pytest

from book.serve import Server
from tools.figure_heights import ALLOWED, pages_with_figures, start_figures

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
VIEWS = {"desktop": {"width": 1366, "height": 768}, "phone": {"width": 390, "height": 844}}
PLACES = """() => [...document.querySelectorAll(".cw-host")].map((host) => [
  host.dataset.widget,
  Number.parseFloat(getComputedStyle(host, "::before").minHeight) || 0,
])"""
LIVE = """() => [...document.querySelectorAll(".cw-host")].map((host) =>
  host.getBoundingClientRect().height)"""

pytestmark = pytest.mark.book


@pytest.fixture(scope="module")
def address():
    """Serve the site on a free port of this machine."""
    with Server(SITE) as server:
        yield server.address


@pytest.mark.parametrize("view", VIEWS)
def test_every_figure_is_as_high_as_the_place_that_is_kept_for_it(chromium, address, view):
    tab = chromium.new_page(viewport=VIEWS[view])
    wrong = []
    for name in pages_with_figures(SITE):
        tab.goto(f"{address}/{name}.html")
        places = tab.evaluate(PLACES)
        start_figures(tab)
        wrong += [
            f"{name}: {figure} has {reserved:.0f} px and is {live:.0f} px high"
            for (figure, reserved), live in zip(places, tab.evaluate(LIVE), strict=True)
            if abs(reserved - live) > ALLOWED
        ]
    tab.close()
    assert not wrong, "\n".join([*wrong, "Measure them again: make heights"])
