"""Whoever follows a link arrives where it leads, and no figure moves what is read there."""

from pathlib import Path

import pytest

from book.serve import Server
from tools.figure_heights import ALLOWED, pages_with_figures, start_figures

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
VIEWS = {"desktop": {"width": 1366, "height": 768}, "phone": {"width": 390, "height": 844}}
AWAY = 8  # pixels from where a link should land
SHIFT = 0.02
PLACES = """() => [...document.querySelectorAll(".cw-host")].map((host) => [
  host.dataset.widget,
  Number.parseFloat(getComputedStyle(host, "::before").minHeight) || 0,
])"""
LIVE = """() => [...document.querySelectorAll(".cw-host")].map((host) =>
  host.getBoundingClientRect().height)"""
# The sections that hold a figure, and those after it.
SECTIONS = """() => {
  const all = [...document.querySelectorAll("article section[id]")];
  return [...new Set([...document.querySelectorAll(".cw-host")].flatMap((host) => [
    host.closest("section[id]").id,
    all.find((one) => host.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING)?.id,
  ]))].filter(Boolean);
}"""
WATCH = """() => {
  window.moved = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.moved += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
}"""
# All figures near the screen are there, and nothing has changed for some frames.
ARRIVED = """() => new Promise((done) => {
  let [last, frames] = ["", 0];
  const look = () => {
    const hosts = [...document.querySelectorAll(".cw-host")];
    const near = hosts.filter((host) => {
      const { top, bottom } = host.getBoundingClientRect();
      return top < innerHeight + 590 && bottom > -590;
    });
    const now = [scrollY, ...hosts.map((host) => host.offsetHeight)].join();
    const waits = near.some((host) => host.dataset.state !== "ready"
      || [...host.querySelectorAll("p")].some((p) => p.textContent.startsWith("Loading ")));
    frames = now === last && !waits && document.readyState === "complete" ? frames + 1 : 0;
    last = now;
    if (frames < 20) requestAnimationFrame(look);
    else done();
  };
  look();
})"""

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


@pytest.mark.parametrize("view", VIEWS)
def test_links_to_and_beyond_a_figure_land_where_they_should_and_nothing_moves(
    chromium, address, view
):
    wrong, tried = [], 0
    tab = chromium.new_page(viewport=VIEWS[view])
    for name in pages_with_figures(SITE):
        tab.goto(f"{address}/{name}.html")
        for section in tab.evaluate(SECTIONS):
            tab.goto("about:blank")
            tab.goto(f"{address}/{name}.html#{section}")
            tab.evaluate(WATCH)
            tab.evaluate(ARRIVED)
            moved, landed = tab.evaluate(
                """(id) => {
                    const top = () => document.getElementById(id).getBoundingClientRect().top;
                    const landed = top();
                    document.getElementById(id).scrollIntoView({ behavior: "instant" });
                    return [window.moved, landed - top()];
                }""",
                section,
            )
            tried += 1
            if moved > SHIFT or abs(landed) > AWAY:
                wrong.append(f"{name}#{section}: {landed:.0f} px away, shift {moved:.3f}")
    tab.close()
    assert tried >= 14
    assert not wrong, "\n".join(wrong)
