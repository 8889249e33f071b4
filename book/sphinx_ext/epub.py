"""Sphinx extension: what Sphinx's EPUB builder writes; ``book/epub.py`` finishes it."""

from sphinx.application import Sphinx
from sphinx.config import Config

from book import ROOT
from book.site.describe import Course

PLAIN = "plain"  # the name of the file that Sphinx writes


def describe(app: Sphinx, config: Config) -> None:
    """Set title, author and the like."""
    course = Course.read(ROOT, config.html_title, config.html_baseurl, "")
    config.epub_basename = PLAIN
    config.epub_title = str(course.citation["title"])
    config.epub_author = config.epub_publisher = ", ".join(course.authors)
    config.epub_copyright = f"{course.date}, {course.citation['license']} License"
    config.epub_description = str(course.citation["abstract"])
    config.epub_identifier = config.html_baseurl
    config.epub_uid = "course"
    config.epub_scheme = "URL"
    config.epub_language = config.language
    config.epub_show_urls = "no"
    config.epub_use_index = False
    config.epub_tocdepth = 2


def leave_theme_out(app: Sphinx) -> None:
    """Disconnect what the theme of the site does to each page: an EPUB has another theme."""
    if app.builder.name != "epub":
        return
    # The builder demands one; the site, which has the same settings, shows its own.
    app.config.version = Course.read(ROOT, "", "", "").citation["version"]
    for event in ("html-page-context", "build-finished"):
        for listener in list(app.events.listeners[event]):
            if listener.handler.__module__.startswith(("sphinx_book_theme", "pydata_sphinx_theme")):
                app.disconnect(listener.id)


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension, after the site's address is known."""
    app.connect("config-inited", describe, priority=600)
    app.connect("builder-inited", leave_theme_out, priority=0)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
