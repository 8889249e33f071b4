"""Finish the built site: light, safe, described, and open to everyone.

Sphinx calls this at the end of a build; ``python -m book.site.finish FOLDER`` does the same
to a site that a build has left. Every step starts from the pages as Sphinx wrote them, so
it can be repeated, and no template of the theme is copied or changed:

=================  ============================================================
markup.py     landmarks, names of controls, notes that unfold without a script
code.py       code without elements that color nothing
images.py     WebP with sizes, loaded when near
scripts.py    one deferred script; no flash of the wrong color mode
describe.py   description, preview, canonical address, citation, map of the site
cards.py      the preview pictures
styles.py     one stylesheet without the unused rules
icons.py      an icon font of the icons in use
csp.py        the Content-Security-Policy
=================  ============================================================
"""

import argparse
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml
from bs4 import BeautifulSoup

from book import ROOT
from book.site import cards, code, csp, describe, icons, images, markup, scripts, styles
from book.site.describe import Course
from book.site.page import Page, PageError, RawStore, digest

STYLE = "_static/site.css"
# What the theme copies and no finished page asks for.
SUPERFLUOUS = ("**/*.map", "vendor/fontawesome/**/*", "scripts/fontawesome.js", "locales/**/*")


def version(content: bytes) -> str:
    """Return a short name of a file's content: a browser keeps the file until it changes."""
    return digest(content)[:8]


def finish(site: Path, store: Path, course: Course) -> None:
    """Finish the site in the folder `site`; what Sphinx wrote is kept in `store`.

    Raises
    ------
    PageError, StyleError, IconError
        If the theme wrote something that a step does not understand.
    """
    raw = RawStore(site, store)
    pages = raw.pages()
    pygments = site / "_static" / "pygments.css"
    plain = code.plain_tokens(pygments.read_text("utf-8")) if pygments.is_file() else set()
    for page in pages:
        markup.improve(page)
        code.lighten(page, plain)
        images.improve(raw, page)
        describe.describe(page, course, write_card(raw, page, course))
    script = scripts.arrange(site, pages, version)
    (site / scripts.BUNDLE).write_text(script, encoding="utf-8")
    write_style(raw, pages, script)
    for page in pages:
        csp.protect(page)
        raw.write(f"{page.name}.html", str(page.soup).encode("utf-8"))
    describe.write_guides(site, pages, course)
    write_not_found(site, pages, course)
    for pattern in SUPERFLUOUS:
        for path in (site / "_static").glob(pattern):
            if path.suffix == ".ttf":
                raw.remove(path.relative_to(site).as_posix())  # the source of the icons
            elif path.is_file():
                path.unlink()
    raw.save()


def write_card(raw: RawStore, page: Page, course: Course) -> str | None:
    """Draw the preview picture of a page with an article; return its address in the site."""
    if page.article is None:
        return None
    title = course.title if page.name == "index" else page.heading
    text = str(course.citation["abstract"]) if page.name == "index" else describe.summarize(page)
    name = f"_images/card-{page.name.replace('/', '-')}.png"
    logo = raw.site / "_static" / "logo.svg"
    key = digest(f"{course.title}|{title}|{text}|{digest(logo.read_bytes())}".encode())
    cached = raw.folder / "cards" / f"{key}-{version(Path(cards.__file__).read_bytes())}"
    if not cached.is_file():
        cached.parent.mkdir(exist_ok=True)
        cached.write_bytes(cards.draw(course.title, title, text, logo))
    (raw.site / "_images").mkdir(exist_ok=True)  # a book without pictures has none
    shutil.copy(cached, raw.site / name)
    return name


def write_style(raw: RawStore, pages: list[Page], script: str) -> None:
    """Write the site's stylesheet, and let every page load it and no other."""
    site = raw.site
    sheets: dict[str, None] = {}
    names: set[str] = set()
    hoisted: dict[str, None] = {}
    for page in pages:
        links = page.soup.head.select("link[rel=stylesheet]")
        if not links:
            raise PageError(f"{page.name} has no stylesheet.")
        for link in links:
            if (address := page.local(link["href"])) is not None:
                sheets.setdefault(address)
                link.decompose()
        hoisted |= dict.fromkeys(csp.hoist_styles(page))
        for element in page.soup.find_all(True):
            names.update(element.get("class") or [])
            if "id" in element.attrs:
                names.add(element["id"])
    scripts = [script, *(path.read_text("utf-8") for path in (site / "_static").glob("search*.js"))]
    theme = styles.read_sheets(site, [name for name in sheets if not is_ours(name)], STYLE)
    own = styles.read_sheets(site, filter(is_ours, sheets), STYLE)
    figures = [path.read_text("utf-8") for path in (site / "_figures").glob("*.css")]
    theme = styles.purge(
        theme, styles.Vocabulary.of(names, scripts), "".join([own, *scripts, *figures])
    )
    css = "\n".join([theme, styles.purge(own), *hoisted])
    css = icons.cut_fonts(raw, css)
    (site / STYLE).write_text(css, encoding="utf-8")
    for page in pages:
        link = page.tag(
            "link", rel="stylesheet", href=f"{page.root}{STYLE}?v={version(css.encode())}"
        )
        page.soup.title.insert_after(link)


def is_ours(sheet: str) -> bool:
    """Tell our own stylesheet, in which nothing is unused, from the theme's."""
    return sheet.partition("?")[0] == "_static/course.css"


def write_not_found(site: Path, pages: list[Page], course: Course) -> None:
    """Write the page that a server shows for a wrong address: whole by itself, at any depth."""
    host, _, folder = course.address.partition("://")[2].partition("/")
    text = describe.NOT_FOUND.read_text(encoding="utf-8")
    text = text.replace("@ROOT@", f"/{folder}").replace("@HOST@", host)
    soup = BeautifulSoup(text.replace("@LINKS@", ""), "html.parser")
    page = Page("404", soup)
    soup.title.string = f"No such page — {course.title}"
    for target in sorted(pages, key=lambda page: (page.name != "index", page.name)):
        if target.name == "index" or target.name.startswith("chapters/"):
            item = page.tag("li")
            title = course.title if target.name == "index" else target.heading
            item.append(page.tag("a", title, href=f"/{folder}{target.name}.html"))
            soup.ul.append(item)
    csp.protect(page)
    (site / "404.html").write_text(str(soup), encoding="utf-8")


def address_of(config: Mapping[str, object]) -> str:
    """Return where the site is published, from the content of ``_config.yml``."""
    base = (config.get("html") or {}).get("baseurl")
    return base or describe.published_address(config["repository"]["url"])


def main() -> int:
    """Finish the site in the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path)
    site = parser.parse_args().site.resolve()
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    course = Course.read(ROOT, re.sub(r"\s+", " ", config["title"]), address_of(config))
    finish(site, site.parent / ".site", course)
    return 0


if __name__ == "__main__":
    sys.exit(main())
