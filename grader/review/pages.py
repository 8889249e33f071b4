"""The templates of the pages, in which everything is escaped, and their style sheets."""

import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from fashion_lib._palette import custom_properties

EACH_POINT = re.compile(r"(?<=\.) (?=[\d.]+ points?:)")  # of a rubric
HERE = Path(__file__).parent
PAGES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
PAGES.filters["number"] = lambda value: f"{value:g}"
PAGES.filters["rubric"] = lambda words: EACH_POINT.sub("\n", words)
PAGES.filters["capital"] = lambda words: words[:1].upper() + words[1:]


@cache
def palette() -> dict[str, str]:
    """Return the files that pages load, by name."""
    files = {path.name: path.read_text("utf-8") for path in (HERE / "static").iterdir()}
    colors = (
        f":root {{ color-scheme: light dark; {custom_properties('light')} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {custom_properties('dark')} }} }}\n"
    )
    return files | {"palette.css": colors}
