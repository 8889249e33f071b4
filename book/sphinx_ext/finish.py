"""Sphinx extension: the pages that Sphinx has written are finished (``book/site``)."""

import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

from book import ROOT
from book.site.describe import Course, published_address
from book.site.finish import finish
from book.site.icons import IconError
from book.site.page import PageError
from book.site.styles import StyleError


def refresh(source: Path, target: Path) -> None:
    """Copy our own static files: where no chapter has changed, Sphinx leaves the old ones."""
    for path in source.iterdir():
        if path.is_file():
            shutil.copy(path, target / path.name)


def set_address(app: Sphinx, config: Config) -> None:
    """Derive the site's address from the repository's, unless it is set."""
    if not config.html_baseurl:
        config.html_baseurl = published_address(config.html_theme_options["repository_url"])


def finish_build(app: Sphinx, failure: Exception | None) -> None:
    """Finish the site that Sphinx has built."""
    if failure is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    refresh(Path(app.confdir) / "_static", site / "_static")
    course = Course.read(ROOT, app.config.html_title, app.config.html_baseurl)
    try:
        finish(site, site.parent / ".site", course)
    except (PageError, StyleError, IconError) as error:
        raise ExtensionError(f"The site could not be finished: {error}") from error


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension: after all others have written their files."""
    app.connect("config-inited", set_address)
    app.connect("build-finished", finish_build, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
