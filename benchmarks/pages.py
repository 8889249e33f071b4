"""Lighthouse on every chapter of the built site, beside a page of a stock Jupyter Book.

Alone: ``python -m benchmarks.pages``. Both sites are served from this machine, compressed,
and read by the same Chromium as a phone on a slow network, which Lighthouse simulates. The
stock page is nearly empty: whatever it weighs, every page of a stock book weighs at least.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from benchmarks import ROOT
from book.build import COMMAND
from book.chromium import find_browser
from book.serve import Server, find_site

LIGHTHOUSE = ROOT / "node_modules" / ".bin" / "lighthouse"
CHROME_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)
STOCK = "a stock page, nearly empty"
STOCK_PAGE = "# A stock page\n\nOne paragraph, and nothing else.\n"
# Largest or smallest value that a chapter may have.
TARGETS = {
    "performance": 0.95,
    "accessibility": 1.0,
    "best_practices": 1.0,
    "seo": 0.95,
    "first_paint": 1.8,
    "kibibytes": 300,
}
AT_MOST = ("first_paint", "kibibytes")
HEADERS = ("page", "performance", "access.", "practices", "SEO", "first paint", "KiB", "")


class NoLighthouseError(Exception):
    """Something that the measurement needs is missing; the message says what to do."""


@dataclass(frozen=True)
class PageScores:
    """What Lighthouse says of a page.

    Attributes
    ----------
    name : str
        The page.
    performance, accessibility, best_practices, seo : float
        Scores in [0, 1].
    first_paint : float
        First contentful paint in seconds, simulated phone.
    kibibytes : float
        Transferred for the first view, compressed.
    """

    name: str
    performance: float
    accessibility: float
    best_practices: float
    seo: float
    first_paint: float
    kibibytes: float

    @classmethod
    def read(cls, name: str, report: dict) -> "PageScores":
        """Take the numbers out of Lighthouse's report."""
        scores = {key: value["score"] for key, value in report["categories"].items()}
        requests = report["audits"]["network-requests"]["details"]["items"]
        return cls(
            name,
            scores["performance"],
            scores["accessibility"],
            scores["best-practices"],
            scores["seo"],
            report["audits"]["first-contentful-paint"]["numericValue"] / 1000,
            sum(request.get("transferSize", 0) for request in requests) / 1024,
        )

    def missed(self) -> list[str]:
        """Return the names of the targets that the page misses."""
        return [
            key
            for key, target in TARGETS.items()
            if (getattr(self, key) > target if key in AT_MOST else getattr(self, key) < target)
        ]

    def cells(self) -> tuple[str, ...]:
        """Return the row as text."""
        verdict = ""
        if self.name != STOCK:
            verdict = f"MISSED {', '.join(self.missed())}" if self.missed() else "met"
        scores = (self.performance, self.accessibility, self.best_practices, self.seo)
        return (
            self.name,
            *(f"{score:.2f}" for score in scores),
            f"{self.first_paint:.1f} s",
            f"{self.kibibytes:.0f}",
            verdict,
        )


def median(runs: Sequence[PageScores]) -> PageScores:
    """Return the median of each number over several runs of one page."""
    numbers = {key: statistics.median(getattr(run, key) for run in runs) for key in TARGETS}
    return PageScores(runs[0].name, **numbers)


def format_scores(pages: Sequence[PageScores]) -> str:
    """Return the table, with the targets in its last line."""
    targets = (
        "target",
        *(f"≥ {TARGETS[key]:.2f}" for key in list(TARGETS)[:4]),
        f"≤ {TARGETS['first_paint']} s",
        f"≤ {TARGETS['kibibytes']}",
        "",
    )
    rows = [HEADERS, *(page.cells() for page in pages), targets]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in (0, len(row) - 1) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def run_lighthouse(name: str, address: str) -> PageScores:
    """Measure one page once."""
    try:
        browser = find_browser()
    except FileNotFoundError as error:
        raise NoLighthouseError(str(error)) from error
    if not LIGHTHOUSE.exists():
        raise NoLighthouseError("Lighthouse is not installed: make node_modules/.ready")
    done = subprocess.run(
        [
            LIGHTHOUSE,
            address,
            "--quiet",
            "--output=json",
            "--output-path=stdout",
            "--only-categories=performance,accessibility,best-practices,seo",
            f"--chrome-flags={CHROME_FLAGS}",
        ],
        env=os.environ | {"CHROME_PATH": browser},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NoLighthouseError(f"Lighthouse failed on {address}:\n{done.stderr[-2000:]}")
    return PageScores.read(name, json.loads(done.stdout))


@contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve a site; give its address."""
    try:
        folder = find_site(site)
    except FileNotFoundError as error:
        raise NoLighthouseError(str(error)) from error
    with Server(folder) as server:
        yield server.address


def build_stock(folder: Path) -> Path:
    """Build a book of one nearly empty page with Jupyter Book's defaults; return its site."""
    (folder / "index.md").write_text(STOCK_PAGE, encoding="utf-8")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: index\n", encoding="utf-8")
    (folder / "_config.yml").write_text("title: Stock\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, *COMMAND, "build", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NoLighthouseError(f"The stock book could not be built:\n{done.stdout[-2000:]}")
    return folder / "_build" / "html"


def chapters() -> list[str]:
    """Return the names of the book's chapters."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    names = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    return [name for name in names if name.startswith("chapters/")]


def measure(
    names: Sequence[str], repeats: int, say: Callable[[str], None], site: Path | None = None
) -> list[PageScores]:
    """Measure the pages `names` of the built site, and a stock page last.

    Raises
    ------
    NoLighthouseError
        If the site is not built, or Lighthouse or Chromium is missing.
    """
    results = []
    with served(site or ROOT / "_build" / "html") as address:
        for name in names:
            say(f"Lighthouse: {name}")
            runs = [run_lighthouse(name, f"{address}/{name}.html") for _ in range(repeats)]
            results.append(median(runs))
    say("Lighthouse: a stock book")
    with tempfile.TemporaryDirectory() as folder, served(build_stock(Path(folder))) as address:
        runs = [run_lighthouse(STOCK, f"{address}/index.html") for _ in range(repeats)]
        results.append(median(runs))
    return results


def to_json(pages: Sequence[PageScores]) -> list[dict]:
    """Return the numbers for JSON, with the targets that were missed."""
    return [{**asdict(page), "missed": page.missed()} for page in pages]


def main() -> int:
    """Measure all chapters, and print the table."""
    site = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    try:
        pages = measure(chapters(), 1, lambda text: print(text, file=sys.stderr), site)
    except NoLighthouseError as error:
        print(error, file=sys.stderr)
        return 1
    print(format_scores(pages))
    return 0


if __name__ == "__main__":
    sys.exit(main())
