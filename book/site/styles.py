"""One stylesheet for the whole site, without the rules that no page can match.

The theme, its extensions and our own sheets come as nine files of half a megabyte, most of
it for parts of Bootstrap and for icons that the book does not use. They become one file:

- a rule stays if every class and id in its selector occurs in a page or in a script;
- an animation or a custom property of the theme stays if what stays refers to it.

What decides is read from the built site itself, so a new theme, a new figure or a new class
in a chapter needs no change here. Classes written by a script count, since its words count.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

import tinycss2
from tinycss2.ast import AtRule, Node, QualifiedRule

WORD = re.compile(r"-?[A-Za-z_][\w-]*")
# At-rules whose block holds rules. All others are kept as they stand.
NESTING = frozenset({"media", "supports", "layer", "container"})
PROPERTY = re.compile(r"--[\w-]+")
# Custom properties of Bootstrap and the theme: they define hundreds, and read few.
OPTIONAL = re.compile(r"--(?:bs|sd|fa|pst)-[\w-]+(?=:)")
PARSE = {"skip_comments": True, "skip_whitespace": True}


class StyleError(Exception):
    """A stylesheet cannot be read, or is not what the theme used to write."""


@dataclass(frozen=True)
class Vocabulary:
    """Names that occur in the pages and in their scripts."""

    names: Set[str]

    @classmethod
    def of(cls, names: Iterable[str], scripts: Iterable[str]) -> "Vocabulary":
        """Collect class names and ids of pages, and every word of the scripts."""
        words = set(names)
        for script in scripts:
            words.update(WORD.findall(script))
        return cls(frozenset(words))

    def admits(self, selector: list[Node]) -> bool:
        """Tell whether an element that `selector` matches may exist.

        Only classes and ids outside of functions such as ``:not()`` decide.
        """
        wanted = set()
        for before, token in zip([None, *selector], selector, strict=False):
            is_id = token.type == "hash" and token.is_identifier
            is_class = token.type == "ident" and before == "."
            if is_id or is_class:
                wanted.add(token.value)
        return wanted <= self.names


def read_sheets(site: Path, sheets: Iterable[str], target: str = "_static/site.css") -> str:
    """Return the stylesheets at the addresses `sheets` as one, with imports in their place.

    Parameters
    ----------
    site : Path
        The built site.
    sheets : iterable of str
        Addresses relative to the site; a query is ignored.
    target : str
        Where the result will be, so that relative addresses in it can be adapted.
    """
    return "\n".join(_read_sheet(site, address.partition("?")[0], target) for address in sheets)


def _read_sheet(site: Path, address: str, target: str) -> str:
    path = site / address
    if not path.is_file():
        raise StyleError(f"A page asks for the stylesheet {address}, which is not there.")
    folder = posixpath.dirname(address)
    parts = []
    for rule in tinycss2.parse_stylesheet(path.read_text(encoding="utf-8"), **PARSE):
        if rule.type == "error":
            raise StyleError(f"{address}, line {rule.source_line}: {rule.message}")
        if rule.type == "at-rule" and rule.lower_at_keyword == "charset":
            continue
        if rule.type == "at-rule" and rule.lower_at_keyword == "import":
            imported = next(token.value for token in _flat(rule.prelude) if _is_address(token))
            parts.append(_read_sheet(site, posixpath.normpath(f"{folder}/{imported}"), target))
        else:
            parts.append(_move_addresses(rule, folder, posixpath.dirname(target)))
    return "\n".join(parts)


def _flat(tokens: Iterable[Node]) -> Iterator[Node]:
    """Yield all tokens, those inside of functions and blocks, too."""
    for token in tokens:
        yield token
        yield from _flat(getattr(token, "arguments", None) or getattr(token, "content", None) or ())


def _is_address(token: Node) -> bool:
    return token.type in ("url", "string")


def _move_addresses(rule: Node, folder: str, target: str) -> str:
    """Return the rule as text, with its relative addresses as seen from folder `target`."""
    urls = [token for token in _flat([*rule.prelude, *(rule.content or [])]) if token.type == "url"]
    text = rule.serialize()
    for old in {token.value for token in urls}:
        if old.startswith(("data:", "#", "/")) or "://" in old:
            continue
        new = posixpath.relpath(posixpath.normpath(f"{folder}/{old}"), target)
        pattern = rf"url\((['\"]?){re.escape(old)}\1\)"
        text = re.sub(pattern, lambda match, new=new: f'url("{new}")', text)
    return text


def purge(css: str, vocabulary: Vocabulary | None = None, readers: str = "") -> str:
    """Return `css` without comments, and without the rules that nothing can match.

    Parameters
    ----------
    css : str
        A stylesheet.
    vocabulary : Vocabulary, optional
        What the pages hold. Without it, all rules stay.
    readers : str
        Other stylesheets and scripts, which may read custom properties of this one.
    """
    css = _rewrite(css, vocabulary, None)
    if vocabulary is None:
        return css
    elsewhere = set(PROPERTY.findall(readers))
    while True:  # what only a dropped property has read can go, too
        used = elsewhere | set(re.findall(r"var\(\s*(--[\w-]+)", css))
        shorter = _rewrite(css, vocabulary, used)
        if shorter == css:
            return _without_unused_animations(css)
        css = shorter


def _rewrite(css: str, vocabulary: Vocabulary | None, used: Set[str] | None) -> str:
    return "\n".join(_rules(tinycss2.parse_stylesheet(css, **PARSE), vocabulary, used))


def _rules(
    rules: Iterable[Node], vocabulary: Vocabulary | None, used: Set[str] | None
) -> Iterator[str]:
    """Yield the rules that stay, as text."""
    for rule in rules:
        if rule.type == "error":
            raise StyleError(f"line {rule.source_line}: {rule.message}")
        if isinstance(rule, QualifiedRule):
            parts = _split(rule.prelude, ",")
            kept = [part for part in parts if vocabulary is None or vocabulary.admits(part)]
            body = _body(rule.content, used)
            if kept and body:
                yield f"{','.join(map(_serialize, kept))}{{{body}}}"
        elif isinstance(rule, AtRule) and rule.lower_at_keyword in NESTING and rule.content:
            content = tinycss2.parse_rule_list(rule.content, **PARSE)
            inner = "\n".join(_rules(content, vocabulary, used))
            if inner:
                yield f"@{rule.at_keyword} {_serialize(rule.prelude)}{{{inner}}}"
        else:
            body = ";" if rule.content is None else f"{{{_serialize(rule.content)}}}"
            yield f"@{rule.at_keyword} {_serialize(rule.prelude)}".rstrip() + body


def _split(tokens: list[Node], mark: str) -> list[list[Node]]:
    """Split tokens at each `mark` that is in no block."""
    parts: list[list[Node]] = [[]]
    for token in tokens:
        if token == mark:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _body(content: list[Node], used: Set[str] | None) -> str:
    """Return a rule's declarations, without properties of the theme's that nothing reads."""
    kept = []
    for part in map(_serialize, _split(content, ";")):
        name = OPTIONAL.match(part)
        if part and (used is None or name is None or name[0] in used):
            kept.append(part)
    return ";".join(kept)


def _serialize(tokens: Iterable[Node]) -> str:
    """Return tokens as text with each run of white space as one blank."""
    return "".join(
        " " if token.type == "whitespace" else token.serialize()
        for token in tokens
        if token.type != "comment"
    ).strip()


def _without_unused_animations(css: str) -> str:
    """Drop animations that no rule names."""
    rules = tinycss2.parse_stylesheet(css, **PARSE)
    moving = {"keyframes", "-webkit-keyframes"}
    named = " ".join(re.findall(r"animation[\w-]*:([^;}]*)", css))
    return "\n".join(
        rule.serialize()
        for rule in rules
        if not (rule.type == "at-rule" and rule.lower_at_keyword in moving)
        or re.search(rf"(?<![\w-]){re.escape(_serialize(rule.prelude))}(?![\w-])", named)
    )
