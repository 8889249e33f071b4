"""What the search page searches: the text of every section, in a script that loads from disk, too.

Sphinx's own index names pages, some of which are twenty screens long, and its summaries are read
from the pages, which a browser forbids for files. ``_static/search.js`` reads this one.
"""

import json
from collections.abc import Iterable

from bs4 import Comment, NavigableString, Tag

from book.site.page import Page, Site, digest

INDEX, SCRIPT = "_static/sections.js", "_static/search.js"
# Not what the author says, or not to be found as it stands: a figure takes the place of its text.
SKIPPED = (
    "script, style, math, .headerlink, .cw-host, .course-place, .course-open, .course-jump, "
    "details.hide > summary"
)
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# Within a word, so that no blank belongs after them.
INLINE = ("a", "abbr", "b", "code", "em", "i", "span", "strong", "sub", "sup", "mark")


def read(page: Page) -> list[list[str]]:
    """Return the sections of a page, each as anchor, heading and text.

    The text of a section within another is its own. An entry of the glossary is a section.
    """
    found: list[tuple[str, list[str], list[str]]] = []
    skipped = {id(element) for element in page.article.select(SKIPPED)}

    def gather(element: Tag, heading: list[str], text: list[str]) -> None:
        for child in element.children:
            if isinstance(child, NavigableString):
                if not isinstance(child, Comment):
                    text.append(child)
                continue
            if id(child) in skipped:
                continue
            if (
                child.get("id")
                and child.name == "section"
                and child.find(HEADINGS, recursive=False)
            ):
                found.append((child["id"], [], []))
                gather(child, *found[-1][1:])
            elif child.name == "dl" and "glossary" in child.get("class", []):
                _gather_terms(child)
            elif child.name in HEADINGS:
                gather(child, heading, heading)
            else:
                gather(child, heading, text)
                if child.name not in INLINE:
                    text.append(" ")

    def _gather_terms(glossary: Tag) -> None:
        for part in glossary.find_all(["dt", "dd"], recursive=False):
            if part.name == "dt":
                found.append((part.get("id", ""), [], []))
                gather(part, found[-1][1], found[-1][1])
            else:
                gather(part, *found[-1][1:])

    gather(page.article, [], [])
    return [
        [anchor, *(" ".join("".join(part).split()) for part in (heading, text))]
        for anchor, heading, text in found
    ]


def write_index(site: Site, pages: Iterable[Page]) -> None:
    """Write the index, and let the search page load it and what searches it."""
    pages = list(pages)
    index = []
    for page in pages:
        if page.article is not None:
            place = page.article.select_one(".course-place")
            chapter = place.get_text().partition(" of ")[0] if place else ""
            index.append([page.name, chapter, page.heading, read(page)])
    text = json.dumps(index, ensure_ascii=False, separators=(",", ":"))
    site.write(INDEX, f"globalThis.courseSections={text};\n")
    for page in pages:
        if page.soup.select_one("#search-results") is None:
            continue
        for name in (INDEX, SCRIPT):
            version = digest((site.folder / name).read_bytes())[:8]
            page.soup.head.append(
                page.tag("script", defer="", src=f"{page.root}{name}?v={version}")
            )
