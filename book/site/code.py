"""Code blocks with fewer elements: half of a chapter's elements color nothing.

Pygments wraps every name, bracket and blank into an element of its own. Those whose color is
that of the code around them, in every color mode, are unwrapped. The page looks the same, and
a phone has half as much to lay out.
"""

import re
from collections import defaultdict

from book.site.page import Page

RULE = re.compile(r"(?P<scope>[^{}]*)\.highlight(?:\s+\.(?P<token>[\w-]+))?\s*\{(?P<body>[^}]*)\}")
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def plain_tokens(css: str) -> set[str]:
    """Return the token classes that look like the code around them.

    Parameters
    ----------
    css : str
        The stylesheet of Pygments: for each color mode, a rule ``.highlight`` with the color of
        code, and rules ``.highlight .token``.
    """
    base: dict[str, str] = {}
    looks: dict[str, dict[str, str]] = defaultdict(dict)
    for rule in RULE.finditer(COMMENT.sub("", css)):
        scope = " ".join(rule["scope"].split())
        declarations = [" ".join(part.split()) for part in rule["body"].split(";") if part.strip()]
        if rule["token"] is None:
            base[scope] = next((d for d in declarations if d.startswith("color")), "")
        else:
            looks[rule["token"]][scope] = "; ".join(declarations)
    return {
        token
        for token, by_scope in looks.items()
        if all(base.get(scope) == look for scope, look in by_scope.items())
    }


def lighten(page: Page, plain: set[str]) -> None:
    """Unwrap the elements of code that color nothing."""
    for token in page.soup.select("div.highlight pre span"):
        classes = set(token.get("class") or [])
        if classes <= plain and not set(token.attrs) - {"class"}:
            token.unwrap()
