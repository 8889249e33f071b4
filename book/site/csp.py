"""A Content-Security-Policy in every page: what is not the site's own cannot run.

Inline scripts are allowed by their hash. Styles inside of a page, be it in an element or in
an attribute, move into the site's stylesheet. Nothing may be evaluated.
"""

import base64
import hashlib
import re

from book.site.page import Page, PageError, inner
from book.site.scripts import is_code

# `file:` is for a copy of the site that is opened from disk: Chromium counts that as 'self',
# the standard does not say so. A page on the web gets no right to files from it.
POLICY = {
    "default-src": "'none'",
    "script-src": "'self' file:",
    "style-src": "'self' file:",
    "img-src": "'self' file: data: blob:",
    "font-src": "'self' file:",
    "connect-src": "'self' blob: data:",
    "media-src": "'self' blob:",
    "worker-src": "blob:",
    "form-action": "'self' file:",
    "base-uri": "'none'",
}


def source_hash(text: str) -> str:
    """Return the expression by which a policy allows an inline script or stylesheet."""
    value = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(value).decode('ascii')}'"


# pandas writes this into every table; the course's own look takes its place.
FRAME_STYLE = re.compile(r"\s*\.dataframe tbody tr th:only-of-type \{.*", re.S)


def hoist_styles(page: Page) -> list[str]:
    """Take the styles out of a page; return them as rules.

    What a style attribute said becomes a class of the element.
    """
    rules = []
    for style in page.soup.body.find_all("style"):
        text = inner(style).strip()
        if text and not FRAME_STYLE.fullmatch(text):
            rules.append(text)
        style.decompose()
    for element in page.soup.find_all(style=True):
        declarations = [part.strip() for part in element["style"].split(";") if part.strip()]
        del element["style"]
        if not declarations:
            continue
        body = ";".join(
            part if part.endswith("!important") else f"{part}!important" for part in declarations
        )
        name = "s-" + hashlib.sha256(body.encode()).hexdigest()[:8]
        rules.append(f".{name}{{{body}}}")
        element["class"] = [*(element.get("class") or []), name]
    return rules


def protect(page: Page) -> None:
    """Write the policy into the page's head, with the hashes of what is inside of it.

    Raises
    ------
    PageError
        If an element carries a script in an attribute: no hash can allow that.
    """
    for element in page.soup.find_all(True):
        for name, value in element.attrs.items():
            if re.fullmatch(r"on[a-z]+", name):
                raise PageError(f"{page.name}: <{element.name} {name}=…> holds a script.")
            if name in ("href", "src") and str(value).lower().startswith("javascript:"):
                raise PageError(f"{page.name}: an address is a script: {value!r}")
    scripts = {
        source_hash(inner(script))
        for script in page.soup.find_all("script", src=False)
        if is_code(script)
    }
    styles = {source_hash(inner(style)) for style in page.soup.find_all("style")}
    policy = dict(POLICY)
    policy["script-src"] = " ".join([policy["script-src"], *sorted(scripts)])
    policy["style-src"] = " ".join([policy["style-src"], *sorted(styles)])
    content = "; ".join(f"{name} {sources}" for name, sources in policy.items())
    meta = page.tag("meta", http_equiv="Content-Security-Policy", content=content)
    charset = page.soup.head.find("meta", charset=True)
    charset.insert_after(meta) if charset else page.soup.head.insert(0, meta)
