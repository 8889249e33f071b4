"""Turns what students write into HTML that holds nothing but text, tables, code and pictures.

Markdown is rendered without raw HTML, which is shown as it was written; the outcome passes an
allow-list of tags once more. No link is live: its address stands behind it. Formulas are shown
as their source, since no script may run on the page.
"""

import re
import unicodedata
from collections.abc import MutableMapping, Sequence
from typing import Any
from urllib.parse import unquote

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from mdit_py_plugins.dollarmath import dollarmath_plugin

TAGS = {"blockquote", "br", "code", "em", "hr", "img", "li", "ol", "p", "pre", "s", "span"}
TAGS |= {"h1", "h2", "h3", "h4", "h5", "h6", "strong", "ul"}
TAGS |= {"table", "tbody", "td", "th", "thead", "tr"}
JOINERS = "\u200c\u200d"  # Persian, and emoji of several parts, need them
# A picture inside the text, as Colab writes it.
INLINE = re.compile(r"data:image/[a-z+.-]{1,20};base64,([A-Za-z0-9+/=]*)")
HIDDEN = ("Cc", "Cf", "Co", "Cn")
BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # letters that show nothing


def visible(text: str) -> str:
    """Return a text in which characters that hide or turn around others are named instead."""
    return "".join(
        letter
        if letter in "\n\t" + JOINERS
        or not (letter in BLANK or unicodedata.category(letter) in HIDDEN)
        else f"[U+{ord(letter):04X}]"
        for letter in text
    )


def without_pictures(source: str) -> tuple[str, list[str]]:
    """Return a text with the pictures inside it replaced by names, and their data."""
    data: list[str] = []

    def keep(found: re.Match[str]) -> str:
        data.append(found[1])
        return f"attachment:inside-{len(data)}"

    return INLINE.sub(keep, source), data


Environment = MutableMapping[str, Any]


class _Renderer(RendererHTML):
    """Renders links as text with an address, formulas as source, pictures from `addresses`."""

    addresses: dict[str, str]
    shown: set[str]

    def link_open(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: dict
    ) -> str:
        """Begin nothing: the text of the link follows."""
        env.setdefault("links", []).append(str(tokens[index].attrGet("href") or ""))
        return ""

    def link_close(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: dict
    ) -> str:
        """Show where the link would have led."""
        address = env["links"].pop()
        before = tokens[index - 1].content if index else ""
        return "" if before == address else f" <code>{escapeHtml(address)}</code>"

    def image(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment
    ) -> str:
        """Show a picture that was handed in; name any other."""
        token = tokens[index]
        source = unquote(str(token.attrGet("src") or ""))
        words = self.renderInlineAsText(token.children, options, env)
        kind, _, name = source.partition(":")
        if kind == "attachment" and name in self.addresses:
            self.shown.add(name)
            return _picture(self.addresses[name], words)
        pasted = kind == "attachment"
        missing = f"picture missing: {name}" if pasted else f"picture not loaded: {source or words}"
        return f'<span class="missing">{escapeHtml(missing)}</span>'

    def formula(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment
    ) -> str:
        """Show a formula in a line."""
        return f'<code class="formula">{escapeHtml(tokens[index].content)}</code>'

    def formulas(
        self, tokens: Sequence[Token], index: int, options: OptionsDict, env: Environment
    ) -> str:
        """Show a formula of its own."""
        return f'<pre class="formula">{escapeHtml(tokens[index].content.strip())}</pre>\n'

    math_inline = math_inline_double = formula
    math_block = math_block_label = formulas


def _picture(address: str, words: str) -> str:
    return f'<img src="{escapeHtml(address)}" alt="picture {escapeHtml(words)}">'


def to_html(source: str, addresses: dict[str, str]) -> str:
    """Return Markdown as HTML.

    Parameters
    ----------
    source : str
        As `without_pictures` returns it.
    addresses : dict
        Where the pictures are to be had, by their names.
    """
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer)
    parser.enable(["table", "strikethrough"]).use(dollarmath_plugin)
    parser.disable("reference")  # takes the square of the text's length
    renderer = parser.renderer
    assert isinstance(renderer, _Renderer)
    for rule in ("math_inline", "math_inline_double", "math_block", "math_block_label"):
        renderer.rules[rule] = getattr(renderer, rule)  # instead of the plugin's own
    renderer.addresses, renderer.shown = addresses, set()
    html = parser.render(visible(source), {})
    for name, address in addresses.items():
        if name not in renderer.shown:  # pasted, but not named, or in raw HTML
            html += f"<p>{_picture(address, name)}</p>\n"
    return clean(html, set(addresses.values()))


def clean(html: str, addresses: set[str]) -> str:
    """Return HTML with what is on the allow-list alone, and pictures of these addresses alone."""

    def keep(tag: str, attribute: str, value: str) -> str | None:
        return value if attribute != "src" or value in addresses else None

    return nh3.clean(
        html,
        tags=TAGS,
        attributes={"img": {"src", "alt"}, "ol": {"start"}},
        allowed_classes={"code": {"formula"}, "pre": {"formula"}, "span": {"missing"}},
        attribute_filter=keep,
        url_schemes=set(),
        link_rel=None,
    )
