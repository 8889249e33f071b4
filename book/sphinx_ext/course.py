"""Sphinx extension of the book: quiet kernels, a cache that knows the library, honest banners.

What ``_config.yml`` cannot say:

- The kernels that execute the chapters start from a profile of their own, in which
  TensorFlow is imported without its notices (``tools/notebooks/quiet_tensorflow.py``), in which
  claim cells find `claim` (``tools/notebooks/claim.py``), and in which each plot is drawn for dark
  pages, too (``tools/notebooks/dark_plots.py``).
- A chapter's cached outputs are valid for one state of ``fashion_lib``, ``fashion_figures``, the
  kernels' start-up files and the pinned requirements. When one of them changes, every chapter is
  executed again.
- If only the small sample of the data could be had, every page says so.
- sphinx-thebe and sphinx-togglebutton, which Jupyter Book 1 always loads, are disconnected. The
  first puts the address of a third party into every page; what the second does with a script,
  ``book/site/markup.py`` does with an element of HTML.
"""

import hashlib
import os
import shutil
import warnings
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

from book import ROOT
from fashion_lib.data import locate_data

logger = logging.getLogger(__name__)


# Read by TensorFlow's native code, so they must be in place before a kernel starts.
KERNEL_ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "GRPC_VERBOSITY": "ERROR",
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}

START_UP = (
    "tools/notebooks/quiet_tensorflow.py",
    "tools/notebooks/claim.py",
    "tools/notebooks/dark_plots.py",
)
FRONT_END = {".mjs", ".js", ".css"}

SAMPLE_BANNER = (
    "This copy of the course was built from a <strong>small sample</strong> of Fashion-MNIST "
    "(6,000 training and 1,000 test images), because the full data set could not be found. "
    "Its numbers differ from those of the full course."
)


def library_digest(root: Path = ROOT) -> str:
    """Return a SHA-256 over everything but the chapters that decides their outputs.

    The figures' front ends do not: the pages load them, their outputs hold only the state.
    """
    library = sorted(
        path
        for package in ("fashion_lib", "fashion_figures")
        for path in (root / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in FRONT_END
    )
    digest = hashlib.sha256()
    for path in [*library, *map(root.joinpath, START_UP), root / "requirements.txt"]:
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def uses_sample() -> bool:
    """Tell whether the data set in use is the sample that ships in the package."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the banner says it
        return locate_data().is_sample


def prepare_kernels(folder: Path) -> None:
    """Write the IPython profile that the book's kernels start from."""
    startup = folder / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    for name in START_UP:
        path = ROOT / name
        source = path.read_text("utf-8")
        if path.stem != "claim":  # whose name chapters call; theirs must not replace the others'
            own = {"__name__": path.stem}
            source = f"exec(compile({source!r}, {path.name!r}, 'exec'), {own!r})\n"
        (startup / path.name).write_text(source, "utf-8")
    os.environ["IPYTHONDIR"] = str(folder)
    for name, value in KERNEL_ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def configure(app: Sphinx, config: Config) -> None:
    """Set what follows from the state of the library and of the data."""
    prepare_kernels(Path(app.outdir).parent / ".ipython")
    sample = uses_sample()
    config.course_digest = library_digest() + ("-sample" if sample else "")
    caches = Path(app.outdir).parent / ".jupyter_cache"
    current = caches / config.course_digest
    config.nb_execution_cache_path = str(current)
    if caches.is_dir():
        for stale in caches.iterdir():
            if stale != current:
                shutil.rmtree(stale) if stale.is_dir() else stale.unlink()
    if sample:
        # Not a warning: those are fatal, and a book of the sample is better than none.
        logger.info("The full data set was not found: the book is built from the sample.")
        config.html_theme_options["announcement"] = SAMPLE_BANNER
    config.html_context["default_mode"] = "auto"
    config.html_theme_options.update(
        logo={"text": config.html_title},
        navbar_persistent=[],  # the sidebar has the search field; one is enough
        show_navbar_depth=1,
        show_toc_level=2,
        use_download_button=False,
        use_fullscreen_button=False,
        pygments_light_style="a11y-high-contrast-light",
        pygments_dark_style="a11y-high-contrast-dark",
    )


def disconnect_unused(app: Sphinx) -> None:
    """Take the handlers and stylesheets of extensions that the book has no use for out."""
    for listeners in list(app.events.listeners.values()):
        for listener in list(listeners):
            if listener.handler.__module__.startswith(("sphinx_thebe", "sphinx_togglebutton")):
                app.disconnect(listener.id)
    unused = ("sphinx-thebe.css", "togglebutton.css")
    stylesheets = app.registry.css_files
    stylesheets[:] = [entry for entry in stylesheets if entry[0] not in unused]


def setup(app: Sphinx) -> dict[str, object]:
    """Register the extension."""
    disconnect_unused(app)
    # "env": a new digest makes Sphinx read, and so execute, every page again.
    app.add_config_value("course_digest", "", "env", (str,))
    app.connect("config-inited", configure, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
