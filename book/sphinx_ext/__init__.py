"""The book's Sphinx extensions, registered as one: ``book.sphinx_ext`` in ``_config.yml``."""

from sphinx.application import Sphinx

EXTENSIONS = ("course", "mathml", "figures", "quiz", "epub", "finish")


def setup(app: Sphinx) -> dict[str, object]:
    """Register all of them."""
    for name in EXTENSIONS:
        app.setup_extension(f"book.sphinx_ext.{name}")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
