"""The scripts of the pages: one deferred file for all, and only what a page uses.

The theme loads a dozen scripts, some of which hold up the first paint, and sets options in
scripts inside of the page. Here the scripts that every page has become one file, in their
order. The rest is deferred or dropped. What must stay inside of the page is allowed by its
hash (csp.py).
"""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from bs4 import Tag

from book.site.page import Page, PageError, inner

BUNDLE = "_static/site.js"
DROPPED = (
    # Replaced by a font of the icons in use (icons.py).
    "_static/scripts/fontawesome.js",
    # Replaced by a search of sections (sections.py).
    "_static/searchtools.js",
    "_static/language_data.js",
    "_static/sphinx_highlight.js",
    "searchindex.js",
    # Of the search page alone, which gets it there; Jupyter Book gives every page all of `_static`.
    "_static/search.js",
)
# A script of a component, and the element without which it has nothing to do.
COMPONENTS = {"_static/design-tabs.js": ".sd-tab-set"}
OPTION = re.compile(r"\s*DOCUMENTATION_OPTIONS\.(\w+) = (.+?);\s*")
SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.M)

# Runs before the first paint, so that a dark page is never shown light first.
THEME = """(() => {
  const root = document.documentElement;
  let mode = "auto";
  try { mode = localStorage.getItem("mode") || mode; } catch { /* storage is switched off */ }
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.mode = mode;
  root.dataset.theme = mode === "auto" ? (dark ? "dark" : "light") : mode;
})();"""
# Options of one page come from its root element: the file is the same for all pages.
OPTIONS = """;Object.assign(
  DOCUMENTATION_OPTIONS, JSON.parse(document.documentElement.dataset.options || "{}"));
"""


def is_code(script: Tag) -> bool:
    """Tell a script from a block of data."""
    return script.get("type", "text/javascript") in ("text/javascript", "module", "")


def arrange(raw: Path, pages: Iterable[Page], version: Callable[[bytes], str]) -> str:
    """Bundle and defer the scripts of all pages; return the bundle.

    Parameters
    ----------
    raw : Path
        The built site, in which the scripts are read.
    pages : iterable of Page
        All pages; changed in place.
    version : callable
        Gives the query that follows the bundle's address, from its content.
    """
    pages = list(pages)
    for page in pages:
        _set_theme_early(page)
        _move_options(page)
        for preload in page.soup.select("link[rel=preload][as=script]"):
            preload.decompose()
    shared = _shared(pages)
    text = "".join(_read(raw, name) for name in shared)
    for page in pages:
        _drop_and_defer(page, set(shared))
        bundle = page.tag("script", defer="", src=f"{page.root}{BUNDLE}?v={version(text.encode())}")
        first = page.soup.head.find("script", src=True)
        first.insert_before(bundle) if first else page.soup.head.append(bundle)
    return text


def _set_theme_early(page: Page) -> None:
    scripts = [
        script
        for script in page.soup.head.find_all("script", src=False)
        if "dataset.mode" in inner(script) and "localStorage" in inner(script)
    ]
    if len(scripts) != 1:
        raise PageError(f"{page.name}: expected one script that sets the color mode early.")
    scripts[0].attrs = {}
    scripts[0].string = THEME
    page.soup.html["data-theme"] = "light"  # without scripts


def _move_options(page: Page) -> None:
    """Move options that the page sets in scripts into an attribute of its root."""
    options = {}
    for script in page.soup.find_all("script", src=False):
        text = inner(script)
        if not is_code(script) or "DOCUMENTATION_OPTIONS" not in text:
            continue
        match = OPTION.fullmatch(text)
        if match is None:
            raise PageError(f"{page.name}: cannot move the script {text.strip()[:120]!r}")
        options[match[1]] = json.loads(match[2].replace("'", '"'))
        script.decompose()
    page.soup.html["data-options"] = json.dumps(options)


def _sources(page: Page) -> list[tuple[Tag, str | None]]:
    """Return the page's external scripts with their addresses in the site."""
    return [(tag, page.local(tag["src"])) for tag in page.soup.find_all("script", src=True)]


def _shared(pages: list[Page]) -> list[str]:
    """Return the scripts that every page loads, in the order in which they come."""
    lists = [
        [
            name
            for tag, name in _sources(page)
            # A script with data of its own reads them from its element.
            if name is not None and not any(key.startswith("data-") for key in tag.attrs)
        ]
        for page in pages
    ]
    common = set(lists[0]).intersection(*lists) - {*DROPPED, *COMPONENTS}
    return [name for name in dict.fromkeys(lists[0]) if name in common]


def _read(raw: Path, name: str) -> str:
    path = raw / name
    if not path.is_file():
        raise PageError(f"Every page asks for the script {name}, which is not there.")
    text = SOURCE_MAP.sub("", path.read_text(encoding="utf-8")).strip()
    options = OPTIONS if name.endswith("documentation_options.js") else ""
    return f"/* {Path(name).name} */\n{text}\n{options};\n"


def _drop_and_defer(page: Page, bundled: set[str]) -> None:
    seen = set()
    for tag, name in _sources(page):
        unused = name in COMPONENTS and not page.soup.select_one(COMPONENTS[name])
        if name in bundled or name in DROPPED or name in seen or unused:
            tag.decompose()
            continue
        seen.add(name)
        if tag.get("type") != "module":
            tag["defer"] = ""
