"""Sphinx extension: the pages that Sphinx has written are finished (``book/site``).

Sphinx writes into ``_build/raw``, and the finished site goes to where Sphinx was asked to write,
``_build/html``. What Sphinx compares with its sources, to write only those pages again that have
changed, is never touched.
"""

import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

from book import ROOT
from book.site.describe import Course, published_address
from book.site.finish import publish
from book.site.icons import IconError
from book.site.page import PageError
from book.site.styles import StyleError


def refresh(source: Path, target: Path) -> None:
    """Copy our own static files: where no chapter has changed, Sphinx leaves the old ones."""
    for path in source.iterdir():
        if path.is_file():
            shutil.copy(path, target / path.name)


def copy_notebooks(app: Sphinx) -> None:
    """Put the notebook beside a chapter's source beside its page."""
    for name in app.env.found_docs:
        notebook = Path(app.confdir) / f"{name}.ipynb"
        if notebook.is_file():
            shutil.copy(notebook, Path(app.outdir) / f"{name}.ipynb")


def set_address(app: Sphinx, config: Config) -> None:
    """Derive the site's address from the repository's, unless it is set."""
    if not config.html_baseurl:
        config.html_baseurl = published_address(config.html_theme_options["repository_url"])


def write_beside(app: Sphinx) -> None:
    """Let Sphinx write the pages into a folder beside that of the finished site."""
    if app.builder.name == "html":
        app.finished_site = Path(app.outdir)
        raw = app.finished_site.parent / "raw"
        raw.mkdir(exist_ok=True)
        app.outdir = app.builder.outdir = type(app.outdir)(raw)


def finish_build(app: Sphinx, failure: Exception | None) -> None:
    """Finish the site that Sphinx has built."""
    if failure is not None or app.builder.name != "html":
        return
    raw, site = Path(app.outdir), app.finished_site
    refresh(Path(app.confdir) / "_static", raw / "_static")
    copy_notebooks(app)
    repository = app.config.html_theme_options["repository_url"]
    course = Course.read(ROOT, app.config.html_title, app.config.html_baseurl, repository)
    try:
        publish(raw, site, course, site.parent / ".finish")
    except (PageError, StyleError, IconError, OSError) as error:
        raise ExtensionError(f"The site could not be finished: {error}") from error
    app.outdir = type(app.outdir)(site)  # Sphinx's last line says where the pages are


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension: before any other looks for a folder, and after all have written."""
    app.connect("config-inited", set_address)
    app.connect("builder-inited", write_beside, priority=0)
    app.connect("build-finished", finish_build, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
