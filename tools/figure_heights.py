"""Measure how high every figure is at any width: ``python -m tools.figure_heights``.

The built site reserves these heights (``book/site/heights.py``), so that no figure moves the page
when it comes. They are measured in the built site itself, so build it first, and again after:
``make heights`` does all three. ``--check`` measures and compares.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from book import ROOT
from book.chromium import start_browser
from book.serve import Server
from book.site.heights import FILE, Piece

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SITE = ROOT / "_build" / "html"
# Pixels of a figure, from the smallest phones to the widest column, in which windows.
PASSES = (
    ({"width": 390, "height": 844}, range(264, 553, 12)),
    ({"width": 1366, "height": 768}, range(564, 961, 12)),
)
TOLERANCE = 3.0  # pixels between what is measured and what is reserved
ALLOWED = 8.0  # pixels that a figure may differ before this has to be run again

# Nothing is reserved here, and every figure is started.
START = """() => {
  const style = new CSSStyleSheet();
  style.replaceSync(".cw-host { min-height: 0 !important }"
    + ".cw-host::before { min-height: 0 !important }");
  document.adoptedStyleSheets.push(style);
  for (const host of document.querySelectorAll(".cw-host")) courseWidgets.start(host);
}"""
# They are there, with their data, and have not changed for some frames.
SETTLED = """() => new Promise((done) => {
  const hosts = [...document.querySelectorAll(".cw-host")];
  let [last, frames] = ["", 0];
  const look = () => {
    const waits = (host) => host.dataset.state !== "ready"
      || [...host.querySelectorAll("p")].some((p) => p.textContent.startsWith("Loading "));
    const now = hosts.map((host) => host.offsetHeight).join();
    frames = now === last && !hosts.some(waits) ? frames + 1 : 0;
    last = now;
    if (frames < 30) requestAnimationFrame(look);
    else done();
  };
  look();
})"""
# A text that breaks into one line more is a step: where the middle is not between its two
# neighbors, there is one, and it is sought to the pixel.
HEIGHTS = """async ([widths, tolerance]) => {
  const hosts = [...document.querySelectorAll(".cw-host")];
  const frame = () => new Promise(requestAnimationFrame);
  const found = new Map();
  const natural = hosts.map((host) => {
    const { width, height } = host.getBoundingClientRect();
    return [Math.floor(100 * width) / 100, height]; // not wider than it is, or it would not match
  });
  const at = async (width) => {
    for (const host of hosts) host.style.width = `${width}px`;
    await frame();
    await frame(); // for figures that look at their size themselves
    found.set(width, hosts.map((host) => host.getBoundingClientRect().height));
    return found.get(width);
  };
  const between = async (from, to) => {
    const middle = Math.round((from + to) / 2);
    if (middle === from || middle === to) return;
    const heights = await at(middle);
    const part = (middle - from) / (to - from);
    const bent = (height, i) => Math.abs(
      height - found.get(from)[i] * (1 - part) - found.get(to)[i] * part) > tolerance;
    if (!heights.some(bent)) return;
    await between(from, middle);
    await between(middle, to);
  };
  for (const width of widths) await at(width);
  for (const [n, width] of widths.slice(1).entries()) await between(widths[n], width);
  const sorted = [...found].sort((a, b) => a[0] - b[0]);
  return Object.fromEntries(hosts.map((host, i) =>
    [host.dataset.widget, [natural[i], ...sorted.map(([width, heights]) => [width, heights[i]])]]));
}"""


def pages_with_figures(site: Path) -> list[str]:
    """Return the names of the pages that hold a figure."""
    return [
        path.relative_to(site).with_suffix("").as_posix()
        for path in sorted(site.rglob("*.html"))
        if 'class="cw-host' in path.read_text(encoding="utf-8")
    ]


def start_figures(page: "Page") -> None:
    """Start every figure of a page with nothing reserved, and wait until all are at rest."""
    page.evaluate(START)
    page.evaluate(SETTLED)


def measure(browser: "Browser", address: str, names: Sequence[str]) -> dict[str, dict[str, list]]:
    """Return [width, height] in pixels of each figure, by page and figure.

    The widths are those of `PASSES`, those between which a height jumps, and those that the
    figures have in the windows.
    """
    found: dict[str, dict[str, list]] = {name: {} for name in names}
    for window, widths in PASSES:
        page = browser.new_page(viewport=window)
        for name in names:
            page.goto(f"{address}/{name}.html")
            start_figures(page)
            for figure, samples in page.evaluate(HEIGHTS, [list(widths), TOLERANCE]).items():
                found[name].setdefault(figure, []).extend(samples)
        page.close()
    for figures in found.values():
        for figure, samples in figures.items():
            figures[figure] = sorted(dict(samples).items())
    return found


def straight_pieces(samples: Sequence[Sequence[float]], tolerance: float) -> list[Piece]:
    """Return few straight pieces that are nowhere farther than `tolerance` from the samples.

    Parameters
    ----------
    samples : sequence of (width, height)
        In the order of the widths.
    tolerance : float
        In pixels.

    Returns
    -------
    list of (from width, to width, height there, height here)
        The last one is a point: what is wider is as high as the widest that was measured.
    """
    pieces: list[Piece] = []
    start, slopes, end = samples[0], (-float("inf"), float("inf")), samples[0]

    def close() -> None:
        slope = sum(slopes) / 2 if end[0] > start[0] else 0.0
        height = start[1] + slope * (end[0] - start[0])
        pieces.append([start[0], end[0], round(start[1], 1), round(height, 1)])

    for sample in samples[1:]:
        step, rise = sample[0] - start[0], sample[1] - start[1]
        low = max(slopes[0], (rise - tolerance) / step)
        high = min(slopes[1], (rise + tolerance) / step)
        if low <= high:
            slopes, end = (low, high), sample
        else:
            close()
            start, slopes, end = sample, (-float("inf"), float("inf")), sample
    close()
    return [*pieces, [samples[-1][0], samples[-1][0], *[round(samples[-1][1], 1)] * 2]]


def height_at(pieces: Sequence[Piece], width: float) -> float:
    """Return what is reserved at a width, in pixels."""
    start, end, height, to_height = [piece for piece in pieces if piece[0] <= width][-1]
    slope = (to_height - height) / (end - start) if end > start else 0.0
    return height + slope * (width - start)


def differences(
    found: dict[str, dict[str, list]], kept: dict[str, dict[str, list[Piece]]]
) -> list[str]:
    """Say which figures are higher or lower than what is kept for them."""
    said = []
    for name, figures in found.items():
        for figure, samples in figures.items():
            pieces = kept.get(name, {}).get(figure)
            if not pieces:
                said.append(f"{name}: {figure} has no height")
                continue
            width, height = max(samples, key=lambda one: abs(height_at(pieces, one[0]) - one[1]))
            reserved = height_at(pieces, width)
            if abs(reserved - height) > ALLOWED:
                said.append(f"{name}: {figure}, {width} px wide: {reserved:.0f}, is {height:.0f}")
    return said


def main() -> int:
    """Write the heights, or compare those that are kept with what is measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    if not SITE.is_dir():
        print("There is no site to measure: make book")
        return 1
    with start_browser() as browser, Server(SITE) as server:
        found = measure(browser, server.address, pages_with_figures(SITE))
    said = differences(found, json.loads(FILE.read_text(encoding="utf-8")))
    print("\n".join([*said, f"{sum(map(len, found.values()))} figures on {len(found)} pages"]))
    if options.check:
        return int(bool(said))
    lines = [
        f" {json.dumps(name)}: {{\n"
        + ",\n".join(
            f"  {json.dumps(figure)}: {json.dumps(straight_pieces(samples, TOLERANCE))}"
            for figure, samples in figures.items()
        )
        + "\n }"
        for name, figures in found.items()
    ]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
