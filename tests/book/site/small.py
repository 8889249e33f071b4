"""Small pages written like the theme's, for the tests of the steps that finish them."""

import io
from pathlib import Path

from bs4 import BeautifulSoup
from PIL import Image

from book.site.describe import Course
from book.site.finish import publish
from book.site.page import Page, Site

COURSE = Course(
    "A Course",
    "https://someone.github.io/course/",
    {
        "title": "A Course: on something",
        "abstract": "An abstract that is long enough to be shown to somebody.",
        "authors": [{"name": "The contributors"}, {"given-names": "Ada", "family-names": "L."}],
        "date-released": "2026-01-02",
        "license": "MIT",
        "version": "1.0",
    },
    "https://github.com/someone/course",
    "2026-02-03",
)
MODE = """<script>
document.documentElement.dataset.mode = localStorage.getItem("mode") || "auto";
document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";
</script>"""
PAGE = f"""<!DOCTYPE html>
<html lang="en" data-content_root="@" data-theme="auto"><head><meta charset="utf-8"/>
<title>A page &#8212; A Course</title>{MODE}
<link rel="stylesheet" href="@_static/theme.css?v=1"/>
<script src="@_static/documentation_options.js"></script>
<script src="@_static/doctools.js"></script>
<script>DOCUMENTATION_OPTIONS.pagename = 'NAME';</script>
<script src="@_static/searchtools.js"></script>
</head><body><main><article class="bd-article"><h1>The title<a class="headerlink">#</a></h1>
<div class="admonition tip"><p class="admonition-title">The question</p><p>Why is it so?</p></div>
<p style="color: red">A paragraph that is surely longer than forty letters, for it goes on.</p>
<img src="@_images/plot.png" alt="A plot"/></article></main>
<footer class="bd-footer-content"><div class="bd-footer-content__inner"></div></footer>
</body></html>"""


def page(body="", name="chapters/02_page", head=""):
    html = f"<html><head><title>x</title>{head}</head><body>{body}</body></html>"
    return Page(name, BeautifulSoup(html, "html.parser"))


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def finish(site: Site) -> dict[str, bytes]:
    """Finish the site, and return all of its files."""
    publish(site.raw, site.folder, COURSE, site.cache)
    return read_files(site.folder)


def read_files(folder: Path) -> dict[str, bytes]:
    """Return the contents of all files below a folder by their addresses."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
