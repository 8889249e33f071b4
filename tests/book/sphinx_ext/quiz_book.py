"""A tiny book for the tests of the quizzes: Sphinx alone, a plain theme, no cell to run."""

import io
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

ROOT = Path(__file__).resolve().parents[3]

# As the site's pages: their policy, the host in the pages that have a figure, formulas as MathML.
CONF = """
from pathlib import Path

from book.sphinx_ext import figures
from fashion_figures import Quiz
from fashion_figures.host.site import write_site

extensions = ["myst_parser", "sphinx_design", "book.sphinx_ext.mathml", "book.sphinx_ext.quiz"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
html_math_renderer = "mathml"
html_theme = "basic"
html_sidebars = {"**": []}
html_theme_options = {"nosidebar": True}
html_static_path = ["style"]
html_css_files = ["theme.css"]
html_copy_source = False
html_use_index = False
POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \\'none\\'; '
    "script-src 'self' file:; style-src 'self' file:; img-src 'self' file: data:\\">"
    '<link rel="icon" href="data:,">'
)


def protect(app, page, template, context, doctree):
    context["script_files"] = context["rellinks"] = []  # those have inline styles
    context["metatags"] = context.get("metatags", "") + POLICY


def write_figures(app, failure):
    write_site(Path(app.outdir) / "_figures", [Quiz])


def setup(app):
    app.connect("html-page-context", protect)
    app.connect("html-page-context", figures.add_host)
    app.connect("build-finished", write_figures)
"""


def build(folder: Path, pages: dict[str, str], builder: str = "html") -> tuple[Path, str]:
    """Build a book of Markdown pages; return its folder and what Sphinx warned of."""
    source = folder / "source"
    source.mkdir(exist_ok=True)
    (source / "conf.py").write_text(CONF, encoding="utf-8")
    (source / "style").mkdir(exist_ok=True)
    (source / "style" / "theme.css").write_text("[hidden] { display: none !important; }")
    for name, text in pages.items():
        page = source / f"{name}.md"
        page.parent.mkdir(exist_ok=True)
        page.write_text(text, encoding="utf-8")
    warnings = io.StringIO()
    with patch_docutils(source), docutils_namespace():
        Sphinx(
            source,
            source,
            folder / builder,
            folder / "doctrees",
            builder,
            status=None,
            warning=warnings,
        ).build()
    return folder / builder, warnings.getvalue()
