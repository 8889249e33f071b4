"""What the figures' browser tests share: a page with one figure, its states, and axe.

`open_figure` opens the figure in the browser of the fixture `chromium` or `engine`, and fails the
test when the page writes an error to the console.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fashion_figures.host.linker import link
from tests.browsers import can, open_page
from tools.figure_page import write_page

ROOT = Path(__file__).resolve().parents[2]

READY = ".cw-host[data-state=ready]"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


@contextmanager
def open_figure(
    browser: Any,
    page: Path,
    *,
    address: str | None = None,
    width: int = 1000,
    height: int = 900,
    theme: str = "light",
    expected_errors: tuple[str, ...] = (),
    **options: Any,
) -> Iterator[Any]:
    """Open a page that `write_page` wrote, wait for its figure, and demand a silent console.

    Parameters
    ----------
    browser : Browser
        Of the fixture `chromium` or `engine`.
    page : Path
        The page's file.
    address : str, optional
        Of the server; without it, the page is opened from disk.
    width, height, theme, options
        Size of the window in pixels, the system's color scheme if the driver can set it, and more
        for ``new_page``.
    expected_errors : tuple of str
        Parts of messages that the test provokes.
    """
    if can(browser, "color scheme"):
        options["color_scheme"] = theme
    where = f"{address}/{page.name}" if address else page.as_uri()
    with open_page(browser, where, width, height, expected_errors, **options) as tab:
        tab.set_default_timeout(10_000)
        tab.wait_for_selector(READY)
        yield tab


def axe(page: Any) -> list[str]:
    """Return what axe-core finds on the page: rule, help, and the elements concerned."""
    assert AXE.exists(), "axe-core is missing: npm ci"
    page.evaluate(AXE.read_text(encoding="utf-8"))
    options = "{ resultTypes: ['violations'], preload: false }"  # it would fetch the style again
    result = page.evaluate(f"axe.run(document, {options})")
    return [
        f"{found['id']}: {found['help']}: {[node['html'][:120] for node in found['nodes'][:3]]}"
        for found in result["violations"]
    ]


def state(page: Any, name: str) -> Any:
    """Return one of the figure's states as JSON."""
    return page.evaluate(f"document.querySelector('.cw-host').courseModel.get({name!r})")


def add_second_view(page: Any, module: str) -> None:
    """Show the page's model a second time, in ``#second``; ``window.leave`` ends that view."""
    code = link(module, "script")
    page.evaluate(
        f"""() => {{
            const courseWidgets = {{ define(name, module) {{ window.figure = module; }} }};
            {code}
            const el = document.createElement('div');
            el.id = 'second';
            document.querySelector('main').append(el);
            const model = document.querySelector('.cw-host').courseModel;
            window.leave = window.figure.render({{ model, el }});
        }}"""
    )


def set_state(page: Any, **values: Any) -> None:
    """Set states as the kernel would."""
    page.evaluate(
        """values => {
            const model = document.querySelector('.cw-host').courseModel;
            for (const [name, value] of Object.entries(values)) model.set(name, value);
        }""",
        values,
    )


def keep_picture(page: Any, pixels: bytes | None) -> None:
    """Keep 784 gray values as the reader's own garment, as the picture lab does; None forgets."""
    page.evaluate(
        """kept => {
            const key = 'fashion-course:own-picture';
            if (kept) localStorage.setItem(key, JSON.stringify(kept));
            else localStorage.removeItem(key);
            dispatchEvent(new Event(key));
        }""",
        pixels and {"pixels": base64.b64encode(pixels).decode(), "title": "Mine"},
    )


__all__ = [
    "add_second_view",
    "axe",
    "keep_picture",
    "open_figure",
    "set_state",
    "state",
    "write_page",
]
