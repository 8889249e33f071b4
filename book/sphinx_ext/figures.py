"""Sphinx extension: the published pages get what their interactive figures load.

- The host's script is added to the pages that have a figure, and to no other.
- ``{course-widget} ClassName`` puts a figure into a page that is not executed; its option
  ``:state: {name: value}`` sets what the class takes as arguments. What stands in the directive, a
  picture say, is seen without scripts and until the figure has started.
- The modules, the style and the data are written to ``_figures/`` at the end of the build.
"""

from pathlib import Path
from typing import Any, ClassVar

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import fashion_figures
from fashion_figures.host.base import host_html
from fashion_figures.host.site import write_site

FOLDER = "_figures"
FALLBACK = "\N{OBJECT REPLACEMENT CHARACTER}"


class CourseWidgetDirective(SphinxDirective):
    """A figure in its initial state, by the name of its class."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {"state": yaml.safe_load}
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the element that the host turns into the figure."""
        name = self.arguments[0]
        if name not in fashion_figures.__all__:
            raise self.error(f"fashion_figures has no figure {name!r}.")
        figure = getattr(fashion_figures, name)(**self.options.get("state", {}))
        if not self.content:
            return [nodes.raw("", figure.static_html(), format="html")]
        text = host_html(figure.module, figure.static_state(), FALLBACK)
        before, _, after = text.partition(FALLBACK)
        fallback = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, fallback)
        start, end = (nodes.raw("", part, format="html") for part in (before, after))
        return [start, *fallback.children, end]


def add_host(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load the host in a page that has a figure."""
    if 'class="cw-host"' in context.get("body", ""):
        address = context["pathto"](f"{FOLDER}/host.js", 1)
        context["metatags"] = (
            context.get("metatags", "") + f'<script defer src="{address}"></script>'
        )


def write_files(app: Sphinx, failure: Exception | None) -> None:
    """Write the figures' modules and data beside the pages."""
    if failure is None and app.builder.name == "html":
        write_site(Path(app.outdir) / FOLDER, fashion_figures.all_figures())


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension."""
    app.add_directive("course-widget", CourseWidgetDirective)
    app.connect("html-page-context", add_host)
    app.connect("build-finished", write_files, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
