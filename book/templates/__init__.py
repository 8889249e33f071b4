"""HTML that is written here and not by Sphinx. What is put into a template is escaped."""

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def css_string(text: str) -> Markup:
    """Return a text for between the quotes of a string in a stylesheet."""
    return Markup(re.sub(r'["\\<\n]', lambda match: f"\\{ord(match[0]):x} ", text))


_ENVIRONMENT.filters["css_string"] = css_string


def render(name: str, **values: object) -> str:
    """Return the template `name` with `values` in their places."""
    return _ENVIRONMENT.get_template(name).render(values)
