"""A page of the built site in memory, and the store of what Sphinx wrote.

Finishing a site changes its pages, and Sphinx writes only those pages again whose source has
changed. So that every build starts from what Sphinx wrote, that is kept in a folder beside
the site; a page that still is as finishing left it is read from there.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from bs4 import BeautifulSoup, Tag


class PageError(Exception):
    """A page is not what the theme used to write; the message says what to look at."""


def digest(content: bytes) -> str:
    """Return a SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def inner(element: Tag) -> str:
    """Return the text of a script or stylesheet as it stands in the page."""
    return "".join(str(child) for child in element.contents)


@dataclass
class Page:
    """One page.

    Attributes
    ----------
    name : str
        Its address in the site without ``.html``, such as ``chapters/02_convolution``.
    soup : BeautifulSoup
        Its content, changed in place.
    """

    name: str
    soup: BeautifulSoup

    @property
    def root(self) -> str:
        """The way from the page to the site's folder: ``""``, ``"../"`` and so on."""
        return "../" * self.name.count("/")

    @property
    def article(self) -> Tag | None:
        """The page's own content; None for the search page and the index of terms."""
        return self.soup.find("article")

    @property
    def heading(self) -> str:
        """The text of the first heading, without the sign that links to it."""
        heading = self.soup.find("h1")
        if heading is None:
            raise PageError(f"{self.name} has no heading.")
        return "".join(
            text for text in heading.strings if "headerlink" not in (text.parent.get("class") or [])
        ).strip()

    def local(self, address: str) -> str | None:
        """Return an address in the page as one in the site, or None if it leads elsewhere."""
        path = address.partition("?")[0].partition("#")[0]
        if not path or ":" in path.partition("/")[0] or path.startswith("/"):
            return None
        parts: list[str] = self.name.split("/")[:-1]
        for part in path.split("/"):
            if part == "..":
                parts = parts[:-1]
            elif part not in ("", "."):
                parts.append(part)
        return "/".join(parts)

    def tag(self, name: str, text: str = "", /, **attributes: str) -> Tag:
        """Make an element; a trailing underscore of an attribute's name is dropped."""
        named = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        made = self.soup.new_tag(name, attrs=named)
        if text:
            made.string = text
        return made


@dataclass
class RawStore:
    """What Sphinx wrote into `site`, kept in `folder`."""

    site: Path
    folder: Path
    finished: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Read the digests of the pages as finishing left them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.record = self.folder / "finished.json"
        self.finished = json.loads(self.record.read_text()) if self.record.is_file() else {}

    def read(self, name: str) -> bytes:
        """Return the file `name` as Sphinx wrote it last."""
        kept, current = self.folder / name, self.site / name
        if current.is_file():
            content = current.read_bytes()
            if self.finished.get(name) != digest(content):
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(content)
                self.finished.pop(name, None)
                return content
        return kept.read_bytes()

    def write(self, name: str, content: bytes) -> None:
        """Write a finished file, and note that it is not Sphinx's."""
        target = self.site / name
        if not target.is_file() or target.read_bytes() != content:
            target.write_bytes(content)
        self.finished[name] = digest(content)

    def remove(self, name: str) -> None:
        """Take a file out of the site, but keep it for the next time."""
        if (self.site / name).is_file():
            self.read(name)
            (self.site / name).unlink()

    def save(self) -> None:
        """Write the record for the next time."""
        self.record.write_text(json.dumps(self.finished, indent=1, sort_keys=True))

    def pages(self) -> list[Page]:
        """Return all pages of the site as Sphinx wrote them."""
        names = sorted(
            path.relative_to(self.site).as_posix()
            for path in self.site.rglob("*.html")
            if not path.relative_to(self.site).parts[0].startswith("_")
            and path.relative_to(self.site).parts[0] not in ("reports", "404.html")
        )
        if not names:
            raise PageError(f"There is no page in {self.site}.")
        return [
            Page(name.removesuffix(".html"), BeautifulSoup(self.read(name), "html.parser"))
            for name in names
        ]
