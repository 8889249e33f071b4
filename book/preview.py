"""Build one page of the book and photograph it: ``python -m book.preview chapters/02_….md``.

The page is executed; every other page is read but not executed, so that cross-references
resolve. The result and its screenshots (desktop and phone, in slices that fit a screen)
go to a temporary folder whose path is printed. Screenshots need Chromium and Playwright.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from book import ROOT
from book.build import COMMAND
from book.chromium import start_browser

LINKED = (
    "_static",
    "references.bib",
    "book",
    "tools",
    "fashion_lib",
    "fashion_figures",
    "requirements.txt",
)
VIEWS = {"desktop": (1280, 1400), "phone": (390, 1600)}


def _toc_pages(toc: dict) -> list[str]:
    pages = [toc["root"]]
    for part in toc["parts"]:
        pages += [chapter["file"] for chapter in part["chapters"]]
    return pages


def stage(page: Path, folder: Path) -> None:
    """Lay out a copy of the book in `folder` in which only `page` will be executed."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    others = [name for name in _toc_pages(toc) if ROOT / f"{name}.md" != page]
    config["execute"]["exclude_patterns"] = [f"{name}.md" for name in others]
    for part in toc["parts"]:
        part["chapters"] = [c for c in part["chapters"] if (ROOT / f"{c['file']}.md").exists()]
    toc["parts"] = [part for part in toc["parts"] if part["chapters"]]
    for name in LINKED:
        link = folder / name
        if not link.is_symlink():
            link.symlink_to(ROOT / name)
    (folder / "_config.yml").write_text(yaml.safe_dump(config))
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc))
    for part in ("chapters", "pages"):
        shutil.copytree(ROOT / part, folder / part, dirs_exist_ok=True)
    if (ROOT / "index.md").exists():
        shutil.copy(ROOT / "index.md", folder / "index.md")
    else:
        (folder / "index.md").write_text("# Preview\n")


def photograph(html: Path, folder: Path, *, dark: bool = False) -> list[Path]:
    """Write slices of the page as PNG files and return their paths."""
    pictures = []
    with start_browser() as browser:
        for view, (width, height) in VIEWS.items():
            page = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
            )
            page.goto(html.as_uri())
            page.wait_for_load_state("load")
            total = page.evaluate("document.documentElement.scrollHeight")
            name = f"{view}{'-dark' if dark else ''}"
            for number, top in enumerate(range(0, total, height)):
                # Scrolled, not clipped from one long picture: that would undo sticky columns.
                page.evaluate(f"window.scrollTo(0, {top})")
                part = folder / f"{name}-{number:02d}.png"
                page.screenshot(path=part)
                pictures.append(part)
    return pictures


def main() -> int:
    """Build the page named on the command line; return the build's exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=Path)
    parser.add_argument("--dark", action="store_true", help="photograph the dark theme, too")
    parser.add_argument("--no-pictures", action="store_true")
    arguments = parser.parse_args()
    page = arguments.page.resolve()
    folder = Path(tempfile.gettempdir()) / "preview" / page.stem
    folder.mkdir(parents=True, exist_ok=True)
    stage(page, folder)
    html = folder / "_build" / "html" / page.relative_to(ROOT).with_suffix(".html")
    html.unlink(missing_ok=True)  # no old page may pass for a new one
    # The page's own warnings matter here; those of pages still being written do not.
    done = subprocess.run(
        [sys.executable, *COMMAND, "build", str(folder), "-n", "--keep-going"],
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    for line in done.stdout.splitlines() + done.stderr.splitlines():
        if page.name in line and "xcluded" not in line and "config" not in line.lower():
            print(line.replace(f"{folder}{os.sep}", ""))
    if not html.exists():
        print(done.stdout[-3000:], done.stderr[-3000:], sep="\n", file=sys.stderr)
        return 1
    print(f"page: {html}")
    if not arguments.no_pictures:
        for old in folder.glob("*.png"):
            old.unlink()
        for dark in (False, True)[: 1 + arguments.dark]:
            pictures = photograph(html, folder, dark=dark)
            print(f"{len(pictures)} pictures, e.g. {pictures[0]}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
