"""A page of the built site in memory, and the two folders between which a site is finished."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from fashion_lib._files import write_whole


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
        if "class" in named:
            named["class"] = named["class"].split()
        made = self.soup.new_tag(name, attrs=named)
        if text:
            made.string = text
        return made


@dataclass(frozen=True)
class Site:
    """A site that is read from one folder and written to another.

    Attributes
    ----------
    raw : Path
        What Sphinx wrote. It is never changed: Sphinx writes only those pages again whose
        source has changed, and finishing them starts anew every time.
    folder : Path
        The finished site.
    cache : Path
        The results of slow steps.
    """

    raw: Path
    folder: Path
    cache: Path

    def pages(self) -> list[Page]:
        """Return all pages as Sphinx wrote them.

        Raises
        ------
        PageError
            If there is none.
        """
        names = sorted(
            path.relative_to(self.raw).as_posix()
            for path in self.raw.rglob("*.html")
            if not (first := path.relative_to(self.raw).parts[0]).startswith("_")
            and first != "reports"
        )
        if not names:
            raise PageError(f"There is no page in {self.raw}.")
        return [
            Page(
                name.removesuffix(".html"),
                BeautifulSoup((self.raw / name).read_bytes(), "html.parser"),
            )
            for name in names
        ]

    def write(self, name: str, content: bytes | str) -> None:
        """Write a file of the finished site."""
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)

    def cached(self, key: str, make: Callable[[], bytes]) -> bytes:
        """Return what `make` returns, made once for each `key`."""
        kept = self.cache / key
        if not kept.is_file():
            kept.parent.mkdir(parents=True, exist_ok=True)
            write_whole(kept, make())
        return kept.read_bytes()
