"""Where a text holds directives, roles, labels and numbered formulas, read as the book reads it.

The parser is the book's own, with the extensions of ``_config.yml``. It tells markup from what
only looks like it (code, escapes) and says on which lines it stands. No renderer is asked:
what is not markup of MyST has to stay as its author wrote it.
"""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.myst_role.index import myst_role
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from tools import ROOT

DIRECTIVE = re.compile(r"\{(?P<name>[\w:-]+)\} *(?P<argument>.*)")
ROLE = re.compile(r"\{[\w:-]+\}`")
FENCES = {"fence", "colon_fence"}
VERBATIM = {"code-cell", "code-block", "code", "math"}  # directives whose inside is no Markdown


class UnknownMarkupError(ValueError):
    """Markup without a plain counterpart."""


@dataclass(frozen=True)
class Mark:
    """A directive, a role, a label or a numbered formula, and the part of the text it takes.

    Parameters
    ----------
    kind : {"directive", "role", "label", "formula"}
        What it is.
    name : str
        Name of the directive or role; the label of the others.
    body : str
        What it holds, without fences and common indentation.
    start, end : int
        Its place in the text, as in ``text[start:end]``.
    indent : str
        What its lines after the first have to begin with, inside of a list or a quotation.
    argument, options : str, dict
        Of a directive.
    """

    kind: str
    name: str
    body: str
    start: int
    end: int
    indent: str = ""
    argument: str = ""
    options: dict[str, str] = field(default_factory=dict)


def parse(text: str) -> list[Token]:
    """Return the tokens of a Markdown text."""
    return _parser().parse(text)


def marks(text: str, with_roles: bool = True) -> list[Mark]:
    """Return what is markup of MyST in a text, in order; not what is inside of a directive."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    found: list[Mark] = []
    passed = [0] * len(lines)  # columns up to which inline text was located
    for token in parse(text):
        if token.type == "html_block" and with_roles:
            _check_raw(token)
        elif token.type == "inline" and with_roles:
            found += _roles(token, lines, starts, passed)
        elif token.type in FENCES | {"math_block_label", "myst_target"}:
            first, end = token.map
            opener = "(" if token.type == "myst_target" else token.markup
            column = lines[first].index(opener)
            if token.type in FENCES:
                _check_closed(token, lines)
            place = (starts[first] + column, starts[end] - 1)
            indent = re.sub(r"[^>]", " ", lines[first][:column])
            if token.type == "myst_target":
                found.append(Mark("label", token.content, "", *place, indent))
            elif token.type == "math_block_label":
                found.append(Mark("formula", token.info, token.content.strip(), *place, indent))
            elif directive := DIRECTIVE.fullmatch(token.info.strip()):
                options, body = _options(token.content.splitlines())
                name, argument = directive["name"], directive["argument"].strip()
                found.append(Mark("directive", name, body, *place, indent, argument, options))
    return found


def all_blocks(text: str) -> Iterator[Mark]:
    """Yield directives, labels and formulas in order, with those inside of directives."""
    for mark in marks(text, with_roles=False):
        yield mark
        if mark.kind == "directive" and mark.name not in VERBATIM:
            yield from all_blocks(mark.body)


def labeled_headings(text: str) -> Iterator[tuple[str, int, str]]:
    """Yield the label, level and title of each heading that has a label before it."""
    tokens = parse(text)
    for label, heading, title in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if label.type == "myst_target" and heading.type == "heading_open":
            yield label.content, int(heading.tag[1]), title.content


@functools.cache
def _parser() -> MarkdownIt:
    settings = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["parse"]
    config = MdParserConfig(enable_extensions=set(settings["myst_enable_extensions"]))
    parser = create_md_parser(config, RendererHTML)
    parser.inline.ruler.at("myst_role", _located_role)
    return parser


def _located_role(state: StateInline, silent: bool) -> bool:
    """Read a role, and note where it stands: inline tokens have no place of their own."""
    start = state.pos
    found = myst_role(state, silent)
    if found and not silent:
        state.tokens[-1].meta |= {"source": state.src, "start": start, "end": state.pos}
    return found


def _check_raw(token: Token) -> None:
    """Raise if there is a role where MyST reads none: it would show up as it is written."""
    if role := ROLE.search(token.content):
        raise UnknownMarkupError(f"the role {role[0]!r} stands in HTML or in a picture's text")


def _roles(inline: Token, lines: list[str], starts: list[int], passed: list[int]) -> Iterator[Mark]:
    """Yield the roles of a paragraph, a heading or a table's cell."""
    for token in inline.children:
        if token.type in ("image", "html_inline"):
            _check_raw(token)
    found = [token for token in inline.children if token.type == "myst_role"]
    if not found:
        return
    # Its lines are those of the text without indentation, quotation marks and other cells.
    places: list[int] = []  # of each character of the paragraph in the text
    for number, content in enumerate(found[0].meta["source"].split("\n"), inline.map[0]):
        column = lines[number].find(content, passed[number])
        if column < 0:
            raise UnknownMarkupError(f"cannot tell where the role in {content!r} stands")
        passed[number] = column + len(content)
        first = starts[number] + column
        places += range(first, first + len(content) + 1)
    for role in found:
        start, end = places[role.meta["start"]], places[role.meta["end"] - 1] + 1
        yield Mark("role", role.meta["name"], " ".join(role.content.split()), start, end)


def _check_closed(fence: Token, lines: list[str]) -> None:
    """Raise UnknownMarkupError where a fence was left open; Markdown would not mind."""
    first, end = fence.map
    if end - first < 2 or set(lines[end - 1].strip(" >")) != {fence.markup[0]}:
        opening = lines[first].strip()
        raise UnknownMarkupError(f"the block opened by {opening!r} is never closed")


def _options(lines: list[str]) -> tuple[dict[str, str], str]:
    """Split a directive's options from its content."""
    if lines and lines[0] == "---":
        end = lines.index("---", 1)
        return yaml.safe_load("\n".join(lines[1:end])) or {}, "\n".join(lines[end + 1 :])
    options = {}
    place = 0
    while place < len(lines) and (found := re.match(r"^:([\w-]+):\s*(.*)$", lines[place])):
        options[found[1]] = found[2].strip()
        place += 1
    return options, "\n".join(lines[place:])
