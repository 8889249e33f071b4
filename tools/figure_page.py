"""Show one figure in a page of its own: ``python -m tools.figure_page ConvolutionExplorer``.

Writes the page and what it loads to a folder, as the book would, and photographs it at desktop
and phone width, light and dark. No book has to be built.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from jinja2 import Environment

import fashion_figures
from book.chromium import start_browser
from fashion_figures.host.base import CourseWidget
from fashion_figures.host.site import write_site
from fashion_lib._palette import custom_properties

PAGE = Environment(autoescape=True).from_string("""<!DOCTYPE html>
<html lang="en" data-theme="{{ theme }}">
<head><meta charset="utf-8"><title>{{ title }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' file:;
 style-src 'self' file:; img-src 'self' file: data: blob:; worker-src blob:; media-src blob:;
 connect-src data: blob:">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css"><script defer src="_figures/host.js"></script></head>
<body><main><h1>{{ title }}</h1>{{ figure | safe }}</main></body></html>
""")
STYLE = f"""html {{ {custom_properties("light")} }}
html[data-theme="dark"] {{ {custom_properties("dark")} }}
body {{ font-family: system-ui, sans-serif; margin: 1rem auto; max-width: 46rem;
 padding: 0 0.75rem; background: var(--course-paper); color: var(--course-ink); }}
"""


def write_page(folder: Path, figure: CourseWidget, theme: str = "light") -> Path:
    """Write a page with `figure` into `folder`, under the site's Content-Security-Policy."""
    write_site(folder / "_figures", [type(figure)])
    (folder / "page.css").write_text(STYLE, encoding="utf-8")
    page = folder / f"{theme}.html"
    text = PAGE.render(title=type(figure).__name__, theme=theme, figure=figure.static_html())
    page.write_text(text, encoding="utf-8")
    return page


def photograph(page: Path, folder: Path, theme: str) -> None:
    """Take pictures of the whole page at desktop and phone width, from disk."""
    with start_browser() as browser:
        for name, width in (("desktop", 1280), ("phone", 390)):
            tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
            tab.on("console", lambda message: print("console:", message.text))
            tab.on("pageerror", lambda error: print("error:", error))
            tab.goto(page.as_uri())
            tab.wait_for_selector(".cw-host[data-state=ready]")
            tab.screenshot(path=folder / f"{name}-{theme}.png", full_page=True)


def main() -> int:
    """Write and photograph the page of the figure named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figure", help="a class of fashion_figures")
    parser.add_argument("--output", type=Path, default=Path(tempfile.gettempdir()) / "figure")
    options = parser.parse_args()
    figure = getattr(fashion_figures, options.figure)()
    folder = options.output / options.figure
    folder.mkdir(parents=True, exist_ok=True)
    for theme in ("light", "dark"):
        photograph(write_page(folder, figure, theme), folder, theme)
    print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
