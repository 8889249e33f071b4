"""Make one PDF of the book from the built site: ``make pdf``.

The articles of all pages become one document with a title page and a contents with page
numbers, printed by headless Chromium. Links between pages become links inside of the PDF.
The first print tells on which page each heading falls, the second one carries the numbers.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import yaml
from bs4 import BeautifulSoup, Tag
from pypdf import PdfReader, PdfWriter

from book import NAME, ROOT
from book.chromium import start_browser
from book.site.describe import site_address
from book.site.page import Page
from book.templates import render
from fashion_lib._palette import PALETTE, custom_properties

# What has no meaning on paper, such as code that only draws. The figures' own texts stay.
SCREEN_ONLY = (
    "script, style, .headerlink, .copybtn, .sd-summary-state-marker, details.hide, .course-dark, "
    ".course-open, .course-jump, .course-copies, .course-start"
)
# Sections that every chapter has, and nobody looks for in a contents.
COMMON = ("You will learn", "Before you start", "Summary", "Further reading")


@dataclass(frozen=True)
class Part:
    """One page of the site as a part of the document."""

    key: str
    page: Page

    @property
    def title(self) -> str:
        """The page's heading, with the number of a chapter."""
        number = re.match(r"chapters/(\d+)_", self.page.name)
        return f"{int(number[1])}  {self.page.heading}" if number else self.page.heading

    def anchor(self, name: str = "") -> str:
        """Return the document's name of an anchor of this page."""
        return f"{self.key}--{name}" if name else self.key


def read_parts(site: Path, toc: Mapping) -> list[Part]:
    """Read the pages in the order of the table of contents.

    Raises
    ------
    FileNotFoundError
        If the site has not been built.
    """
    names = [toc["root"], *(c["file"] for part in toc["parts"] for c in part["chapters"])]
    parts = []
    for number, name in enumerate(names):
        path = site / f"{name}.html"
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing. Build the site first: make book")
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        parts.append(Part(f"p{number}", Page(name, soup)))
    return parts


def adapt(part: Part, parts: Mapping[str, Part], site: Path, address: str) -> Tag:
    """Return the article of a part with its anchors, links and pictures made for the document."""
    article = part.page.article
    for element in article.select(SCREEN_ONLY):
        element.decompose()
    for element in article.find_all(id=True):
        element["id"] = part.anchor(element["id"])
    for details in article.find_all("details"):
        details["open"] = ""
    for link in article.select(".course-enlarge"):
        link.unwrap()
    for image in article.find_all("img"):
        name = part.page.local(image["src"])
        if name is not None:
            image["src"] = (site / name).as_uri()
        image.attrs.pop("loading", None)
        image.attrs.pop("decoding", None)
    for link in article.find_all("a", href=True):
        link["href"] = _target(link["href"], part, parts, address)
    for figure in article.select(".cw-host"):
        note = part.page.tag("p", class_="pdf-online")
        note.append("This figure is alive at ")
        where = f"{address}{part.page.name}.html"
        note.append(part.page.tag("a", where.partition("://")[2], href=where))
        figure.append(note)
    article["id"] = part.anchor()
    article["class"] = ["bd-article", "pdf-part", f"pdf-{part.key}"]
    return article


def _target(href: str, part: Part, parts: Mapping[str, Part], address: str) -> str:
    """Return where a link of the page leads in the document."""
    path, _, fragment = href.partition("#")
    if not path:
        return f"#{part.anchor(unquote(fragment))}"
    name = part.page.local(path)
    if name is None:
        return href
    other = parts.get(name.removesuffix(".html"))
    if other is None:
        return f"{address}{name}"
    return f"#{other.anchor(unquote(fragment))}"


def contents(parts: Iterable[Part], numbers: Mapping[str, int]) -> Iterator[dict[str, object]]:
    """Give the entries of the table of contents: each page and its sections."""

    def entry(level: int, text: str, anchor: str) -> dict[str, object]:
        return {"level": level, "text": text, "anchor": anchor, "page": numbers.get(anchor, "000")}

    for part in parts:
        yield entry(1, part.title, part.anchor())
        for heading in part.page.article.find_all("h2"):
            text = " ".join(heading.get_text().split())
            if text not in COMMON:
                yield entry(2, text, heading.find_parent(id=True)["id"])


def take_picture(front: Part) -> str:
    """Take the picture of the front page out of it; return it as HTML for the title page."""
    picture = front.page.article.select_one("img.course-hero")
    if picture is None:
        return ""
    frame = picture.find_parent(class_="cw-host") or picture.find_parent("picture")
    picture.extract()
    if frame is not None:
        frame.decompose()
    return str(picture)


def document(
    site: Path, toc: Mapping, citation: Mapping, address: str, numbers: Mapping[str, int]
) -> str:
    """Return the whole book as HTML; `numbers` are pages by anchors, as far as known."""
    parts = read_parts(site, toc)
    by_name = {part.page.name: part for part in parts}
    for part in parts:
        adapt(part, by_name, site, address)
    title, _, subtitle = citation["title"].partition(": ")
    return render(
        "pdf.html",
        citation=citation,
        title=title,
        subtitle=subtitle[:1].upper() + subtitle[1:],
        authors=[author.get("name", "") for author in citation["authors"]],
        address=address,
        stylesheet=(site / "_static" / "site.css").as_uri(),
        style=(Path(__file__).parent / "pdf.css").read_text(encoding="utf-8"),
        night=custom_properties("night"),
        night_paper=PALETTE["night"]["paper"],
        picture=take_picture(parts[0]),
        contents=contents(parts, numbers),
        parts=parts,
    )


def page_numbers(pdf: Path) -> dict[str, int]:
    """Return on which page, counted from 1, each linked anchor stands."""
    reader = PdfReader(pdf)
    return {
        name.lstrip("/"): reader.get_destination_page_number(destination) + 1
        for name, destination in reader.named_destinations.items()
    }


def print_twice(site: Path, target: Path, toc: Mapping, citation: Mapping, address: str) -> int:
    """Print the book to `target`; return its number of pages.

    Raises
    ------
    FileNotFoundError
        If there is no Chromium or no built site.
    """
    numbers: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as name, start_browser() as chromium:
        draft, printed = Path(name) / "book.html", Path(name) / "book.pdf"
        for _ in range(2):
            draft.write_text(document(site, toc, citation, address, numbers), encoding="utf-8")
            page = chromium.new_page()
            page.goto(draft.as_uri())
            page.pdf(
                path=printed,
                prefer_css_page_size=True,
                print_background=True,
                tagged=True,
                outline=True,
            )
            page.close()
            numbers = page_numbers(printed)
        writer = PdfWriter(clone_from=printed)
        writer.add_metadata(
            {
                "/Title": citation["title"],
                "/Author": ", ".join(author.get("name", "") for author in citation["authors"]),
                "/Subject": citation["abstract"],
            }
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        writer.write(target)
        return len(writer.pages)


def main() -> int:
    """Print the book in ``_build/html`` to ``_build/pdf``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--output", type=Path, default=ROOT / "_build" / "pdf" / f"{NAME}.pdf")
    options = parser.parse_args()
    toc, config, citation = (
        yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
        for name in ("_toc.yml", "_config.yml", "CITATION.cff")
    )
    try:
        count = print_twice(
            options.site.resolve(), options.output, toc, citation, site_address(config)
        )
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    size = options.output.stat().st_size / 2**20
    print(f"{options.output}: {count} pages, {size:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
