"""Pages of one file for instructors: in the course's colors, without scripts, all text escaped.

A policy in the page forbids everything but its own style sheet, which it knows by its digest.
"""

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from fashion_lib._palette import custom_properties

HERE = Path(__file__).parent
PAGES = Environment(
    loader=FileSystemLoader(HERE),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def _style() -> str:
    colors = (
        f":root {{ color-scheme: light dark; {custom_properties('light')} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {custom_properties('dark')} }} }}\n"
    )
    return colors + (HERE / "offline_page.css").read_text("utf-8")


def policy(style: str) -> str:
    """Return a policy for a page: nothing but its own style sheet, which is known by its digest."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def render(template: str, **values: Any) -> str:
    """Return a page made from a template that extends ``offline_page.html``."""
    style = _style()
    return PAGES.get_template(template).render(values, style=Markup(style), policy=policy(style))
