"""Sphinx extension: formulas become MathML while building.

Browsers draw MathML by themselves, so a page with formulas loads no script and no font,
works offline, and can be read by a screen reader. The conversion is latex2mathml's. A
command that it does not know is a warning, and so fails our build.
"""

import re

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

# What latex2mathml lacks, in terms of what it has.
EQUIVALENT = {
    r"\\begin\{aligned\}": r"\\begin{align*}",
    r"\\end\{aligned\}": r"\\end{align*}",
    r"\\operatorname\*": r"\\operatorname",
    r"\\[dt]frac\b": r"\\frac",
}
# Signs that a part of the formula was passed on as it stood.
UNCONVERTED = re.compile(r"<m[io]>(?:&amp;|&|\\[A-Za-z]*|\\\w+)</m[io]>|<mo />|\\[a-zA-Z]+")
# What looks right in TeX and not in MathML: a prime is raised by its glyph already, and after a
# function's name stands a thin space unless a parenthesis follows.
IMPROVED = {
    r"<msup>(<mi>[^<]+</mi>)<mi>&#x02032;</mi></msup>": (
        r'<mrow>\1<mo lspace="0" rspace="0">&#x02032;</mo></mrow>'
    ),
    r"(<mi>[a-z]{2,}</mi>)(?=<m(?:i|n|sub|sup|frac)\b)": r'\1<mspace width="0.167em" />',
}


def to_mathml(tex: str, *, display: bool) -> str:
    """Convert one formula; raise ValueError when a part of it cannot be converted."""
    for pattern, replacement in EQUIVALENT.items():
        tex = re.sub(pattern, replacement, tex)
    mathml = convert(tex.strip(), display="block" if display else "inline")
    if left := UNCONVERTED.search(mathml):
        raise ValueError(f"cannot convert {left[0]!r}")
    for pattern, replacement in IMPROVED.items():
        mathml = re.sub(pattern, replacement, mathml)
    return mathml


def _render(translator: HTML5Translator, node: nodes.Element, *, display: bool) -> str:
    try:
        return to_mathml(node.astext(), display=display)
    except Exception as error:  # latex2mathml raises many kinds
        logger.warning("formula %r: %s", node.astext(), error, location=node)
        return translator.encode(node.astext())


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write an inline formula."""
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    self.body.append(_render(self, node, display=False) + "</span>")
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula, with its number if it has one."""
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(_render(self, node, display=True) + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, object]:
    """Register the renderer under the name that ``html_math_renderer`` selects."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
