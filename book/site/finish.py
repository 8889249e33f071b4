"""Finish the built site: light, safe, described, and open to everyone.

Sphinx calls this at the end of a build; ``python -m book.site.finish`` does the same to what a
build has left in ``_build/raw``. The pages there stay as Sphinx wrote them, and the finished
ones go to another folder, so it can be repeated. No template of the theme is copied or changed:

=================  ============================================================
markup.py     landmarks, names of controls, notes that unfold without a script
code.py       code without elements that color nothing
images.py     WebP with sizes, loaded when near
heights.py    the place of every figure, as high as the figure will be
scripts.py    one deferred script; no flash of the wrong color mode
describe.py   description, preview, canonical address, citation, map of the site
ways.py       links to a chapter's notebook and to its figure
sections.py   the search, by sections
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
import tempfile
from pathlib import Path

import yaml

from book import NAME, ROOT
from book.site import (
    cards,
    code,
    csp,
    describe,
    heights,
    icons,
    images,
    markup,
    scripts,
    sections,
    styles,
    ways,
)
from book.site.describe import Course
from book.site.page import Page, PageError, Site, digest
from fashion_lib._palette import custom_properties

STYLE = "_static/site.css"
# What the theme copies and no finished page asks for, and what only the next build reads.
SUPERFLUOUS = (
    "_static/**/*.map",
    "_static/vendor/fontawesome",
    "_static/scripts/fontawesome.js",
    "_static/locales",
    "_static/searchtools.js",
    "_static/language_data.js",
    "searchindex.js",
    "reports",
    ".buildinfo*",
)
# Figures and pages are printed in light colors.
PALETTE = (
    f"html[data-theme]{{{custom_properties('light')}}}"
    f'@media not print{{html[data-theme="dark"]{{{custom_properties("dark")}}}}}'
)


def version(content: bytes) -> str:
    """Return a short name of a file's content: a browser keeps the file until it changes."""
    return digest(content)[:8]


def publish(raw: Path, folder: Path, course: Course, cache: Path) -> None:
    """Put the finished site of what Sphinx wrote into `raw` in the place of the one in `folder`.

    If finishing fails, the site in `folder` stays as it was.

    Raises
    ------
    PageError, StyleError, IconError
        If the theme wrote something that a step does not understand.
    """
    with tempfile.TemporaryDirectory(prefix=".finish-", dir=folder.parent) as name:
        new = Path(name) / "new"
        finish(Site(raw, new, cache), course)
        old = Path(name) / "old"
        try:
            if folder.exists():
                folder.rename(old)
            new.rename(folder)
        except BaseException:
            if old.exists():
                old.rename(folder)
            raise


def finish(site: Site, course: Course) -> None:
    """Write the finished site into its folder, which must not exist."""
    pages = site.pages()
    copies = {kind: path for kind, path in find_copies(site.cache.parent) if path.is_file()}
    superfluous = {path for pattern in SUPERFLUOUS for path in site.raw.glob(pattern)}
    superfluous |= {site.raw / f"{page.name}.html" for page in pages}  # those are written below
    shutil.copytree(
        site.raw,
        site.folder,
        ignore=lambda folder, names: [n for n in names if Path(folder, n) in superfluous],
    )
    pygments = site.raw / "_static" / "pygments.css"
    kept = heights.measured()
    plain = code.plain_tokens(pygments.read_text("utf-8")) if pygments.is_file() else set()
    for page in pages:
        markup.improve(page)
        code.lighten(page, plain)
        images.improve(site, page)
        heights.reserve(page, kept)
        describe.describe(page, course, write_card(site, page, course))
        describe.sign(page, course)
        ways.keep_anchors(page)
    notebooks = [found for page in pages if (found := ways.offer_notebook(site, page))]
    live = [page.name for page in pages if ways.lead_to_figure(page)]
    for page in pages:
        ways.list_notebooks(page, notebooks)
        ways.mark_cards(page, live)
        ways.offer_copies(page, copies)
    script = scripts.arrange(site.raw, pages, version)
    site.write(scripts.BUNDLE, script)
    sections.write_index(site, pages)
    write_style(site, pages, script)
    for path in copies.values():
        site.write(path.name, path.read_bytes())
    for page in [*pages, describe.not_found(pages, course)]:
        csp.protect(page)
        site.write(f"{page.name}.html", str(page.soup))
    site.write("sitemap.xml", describe.sitemap(pages, course))
    site.write("robots.txt", describe.robots(course))


def find_copies(build: Path) -> list[tuple[str, Path]]:
    """Return where the commands for the whole book as one file leave it in the folder of builds."""
    return [(kind.upper(), build / kind / f"{NAME}.{kind}") for kind in ("pdf", "epub")]


def write_card(site: Site, page: Page, course: Course) -> str | None:
    """Draw the preview picture of a page with an article; return its address in the site."""
    if page.article is None:
        return None
    title = course.title if page.name == "index" else page.heading
    text = str(course.citation["abstract"]) if page.name == "index" else describe.summarize(page)
    logo = site.raw / "_static" / "logo.svg"
    key = digest(
        f"{course.title}|{title}|{text}|{cards.COLORS}".encode()
        + logo.read_bytes()
        + Path(cards.__file__).read_bytes()
    )
    name = f"_images/card-{page.name.replace('/', '-')}.png"
    site.write(name, site.cached(f"{key}.png", lambda: cards.draw(course.title, title, text, logo)))
    return name


def write_style(site: Site, pages: list[Page], script: str) -> None:
    """Write the site's stylesheet, and let every page load it and no other."""
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
    raw = site.raw
    scripts = [script, *(path.read_text("utf-8") for path in (raw / "_static").glob("search.js"))]
    theme = styles.read_sheets(raw, [name for name in sheets if not is_ours(name)], STYLE)
    own = PALETTE + styles.read_sheets(raw, filter(is_ours, sheets), STYLE)
    figures = [path.read_text("utf-8") for path in (raw / "_figures").rglob("*.css")]
    theme = styles.purge(
        theme, styles.Vocabulary.of(names, scripts), "".join([own, *scripts, *figures])
    )
    css = icons.cut_fonts(site, "\n".join([theme, styles.purge(own), *hoisted]))
    site.write(STYLE, css)
    for page in pages:
        link = page.tag(
            "link", rel="stylesheet", href=f"{page.root}{STYLE}?v={version(css.encode())}"
        )
        page.soup.title.insert_after(link)


def is_ours(sheet: str) -> bool:
    """Tell our own stylesheet, in which nothing is unused, from the theme's."""
    return sheet.partition("?")[0] == "_static/course.css"


def main() -> int:
    """Finish what a build has left in the folder ``_build``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path, nargs="?", default=ROOT / "_build")
    build = parser.parse_args().build.resolve()
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    title = re.sub(r"\s+", " ", config["title"])
    repository = config["repository"]["url"]
    course = Course.read(ROOT, title, describe.site_address(config), repository)
    publish(build / "raw", build / "html", course, build / ".finish")
    return 0


if __name__ == "__main__":
    sys.exit(main())
