"""Make one EPUB of the book: ``make epub``.

Sphinx's own builder writes it, from the outputs that the build of the site has left. Then each
figure becomes a picture of itself, taken in the finished site, with its text and the address where
it is alive; what needs a script goes, what was folded is open.
"""

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import yaml
from bs4 import BeautifulSoup
from PIL import Image

from book import NAME, ROOT
from book.build import ANSI, COMMAND, OPTIONS, TROUBLE
from book.chromium import start_browser
from book.serve import Server, find_site
from book.site.describe import site_address
from book.site.images import split
from book.sphinx_ext.epub import PLAIN

FOLDER = "_figures"
FIGURES = '.cw-host:not([data-widget^="quiz/"])'
# What has no meaning in a book, such as code that only draws.
SCREEN_ONLY = (
    "script, .headerlink, .copybtn, .sd-summary-state-marker, "
    "details.hide:not(:has(.cell_output)), .course-copies, .course-notebooks, .course-start, "
    "[role=doc-biblioentry] > .label"
)


def photograph(site: Path, pages: list[str]) -> dict[str, list[bytes]]:
    """Return pictures of the figures of each page, as PNG, in their order.

    Raises
    ------
    FileNotFoundError
        If there is no Chromium.
    """
    taken = {}
    with Server(site) as server, start_browser() as chromium:
        tab = chromium.new_page(viewport={"width": 800, "height": 1000})
        for name in pages:
            tab.goto(f"{server.address}/{name}.html")
            hosts = tab.locator(f"article {FIGURES}")
            taken[name] = []
            for number in range(hosts.count()):
                host = hosts.nth(number)
                host.evaluate("host => courseWidgets.start(host)")
                tab.wait_for_function(
                    "host => host.dataset.state === 'ready'", arg=host.element_handle()
                )
                picture = Image.open(io.BytesIO(host.screenshot())).convert("RGB")
                buffer = io.BytesIO()
                picture.quantize(128).save(buffer, "PNG", optimize=True)
                taken[name].append(buffer.getvalue())
    return taken


def adapt(html: str, page: str, count: int, address: str) -> str:
    """Return a page of the EPUB for a reader without scripts.

    Parameters
    ----------
    html : str
        As Sphinx wrote it.
    page : str
        Its name, such as ``chapters/02_convolution``.
    count : int
        The number of its figures that were photographed.
    address : str
        Where the site is published.
    """
    head, mark, rest = html.partition("<html")
    soup = BeautifulSoup(mark + rest, "html.parser")
    for element in soup.select(SCREEN_ONLY):
        element.decompose()
    for details in soup.find_all("details"):
        details.name = "div"
        details.attrs.pop("open", None)
    for summary in soup.find_all("summary"):
        summary.name = "p"
    root = "../" * page.count("/")
    for number, host in enumerate(soup.select(FIGURES)[:count]):
        source = f"{root}{FOLDER}/{file_name(page, number)}"
        picture = soup.new_tag("img", src=source, alt="The figure as it begins; its text follows.")
        host.insert(0, picture)
        where = f"{address}{page}.html"
        note = soup.new_tag("p")
        note.append("This figure is alive at ")
        note.append(soup.new_tag("a", href=where, string=where.partition("://")[2]))
        host.append(note)
    for element in soup.find_all(True):
        for name in [name for name in element.attrs if name.startswith("data-")]:
            del element[name]
    return head + str(soup)


def file_name(page: str, number: int) -> str:
    """Return the name of the picture of a page's figure."""
    return f"{page.replace('/', '-')}-{number + 1}.png"


def finish(plain: Path, target: Path, figures: Mapping[str, list[bytes]], address: str) -> None:
    """Write the finished EPUB `target` of what Sphinx wrote, with pictures of the figures."""
    added = {
        f"{FOLDER}/{file_name(page, number)}": picture
        for page, pictures in figures.items()
        for number, picture in enumerate(pictures)
    }
    items = "".join(
        f'<item href="{name}" id="figure-{number}" media-type="image/png" />'
        for number, name in enumerate(added)
    )
    with zipfile.ZipFile(plain) as before, zipfile.ZipFile(target, "w") as after:
        for entry in before.infolist():
            content = before.read(entry)
            name = entry.filename
            if name.endswith(".xhtml"):
                page = name.removesuffix(".xhtml")
                count = len(figures.get(page, ()))
                content = adapt(content.decode(), page, count, address).encode()
            elif name.endswith(".png"):
                content, _ = split(content)
            elif name.endswith(".opf"):
                content = content.replace(b"</manifest>", f"{items}</manifest>".encode())
            after.writestr(entry, content)
        for name, content in added.items():
            after.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_STORED)


def main() -> int:
    """Make the EPUB of the book in ``_build/epub``."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    pages = [toc["root"], *(c["file"] for part in toc["parts"] for c in part["chapters"])]
    target = ROOT / "_build" / "epub" / f"{NAME}.epub"
    try:
        figures = photograph(find_site(), pages)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    options = [*OPTIONS, "--builder", "custom", "--custom-builder", "epub"]
    done = subprocess.run(
        [sys.executable, *COMMAND, "build", *options, str(ROOT)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        check=False,
    )
    if done.returncode:
        lines = ANSI.sub("", done.stdout).splitlines()
        print(*filter(TROUBLE.search, lines), *lines[-15:], sep="\n")
        return done.returncode
    finish(target.with_name(f"{PLAIN}.epub"), target, figures, site_address(config))
    print(f"{target}: {target.stat().st_size / 2**20:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
