"""MyST Markdown to the plain Markdown that Colab, Jupyter and VS Code show.

Every directive and role that the chapters use has a plain counterpart here: notes become
block quotes, collapsed answers `<details>`, references and citations links, numbered
formulas `$$` with a tag. Anything unknown is an error, so that nothing shows up raw.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pybtex.database import BibliographyData, Entry, parse_file
from pybtex.plugin import find_plugin

from grader.opening import Address

FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|:{3,})(?P<info>.*)$")
DIRECTIVE = re.compile(r"^\{(?P<name>[\w:-]+)\} *(?P<argument>.*)$")
# In the order in which they must be tried: a role inside a code span is code.
INLINE = re.compile(
    r"(?P<span>(?P<ticks>`{2,}).+?(?P=ticks))"
    r"|\{(?P<role>[a-z]+(?::[a-z]+)?)\}`(?P<text>[^`]+)`"
    r"|(?P<code>`[^`]+`)",
    re.DOTALL,
)
TARGETED = re.compile(r"^(?P<text>.*?) *<(?P<target>[^<>]+)>$", re.DOTALL)
LABEL = re.compile(r"^\((?P<label>[\w-]+)\)=$")
EXERCISE = re.compile(r"^`{3,}\{exercise-start\} (.+)\n:label: ([\w-]+)$", re.MULTILINE)
LABELED_FORMULA = re.compile(r"^\$\$(?P<tex>.+?)\$\$ *\((?P<label>[\w-]+)\)$", re.M | re.S)

ADMONITIONS = {"note", "tip", "hint", "warning", "important", "caution", "danger", "attention"}


class UnknownMarkupError(ValueError):
    """A directive or a role without a plain counterpart."""


@dataclass(frozen=True)
class Piece:
    """A stretch of converted text; `solution` tells whether it gives an exercise away."""

    text: str
    solution: bool = False


@dataclass
class Library:
    """What references may point to: titles of labeled places, terms, and works cited."""

    address: Address
    titles: dict[str, tuple[str, str]] = field(default_factory=dict)  # label: title, address
    works: BibliographyData = field(default_factory=BibliographyData)

    @classmethod
    def read(cls, root: Path, repository: str | None = None) -> "Library":
        """Collect the labels and the bibliography of the book in `root`, or in a fork of it."""
        library = cls(Address.read(root, repository))
        library.collect(root)
        return library

    def collect(self, root: Path) -> None:
        """Note every labeled place and every work of the book in `root`."""
        for folder in (root, root / "chapters", root / "pages"):
            for page in sorted(folder.glob("*.md")):
                self._collect(page, page.relative_to(root))
        self.works = parse_file(root / "references.bib", "bibtex")

    def _collect(self, page: Path, path: Path) -> None:
        notebook = path.parts[0] == "chapters"
        address = self.file((path.with_suffix(".ipynb") if notebook else path).as_posix())
        for label, marks, title in re.findall(
            r"^\(([\w-]+)\)=\n+(#+) (.+)$", page.read_text("utf-8"), re.MULTILINE
        ):
            anchor = "" if marks == "#" else "#" + re.sub(r"[^\w]+", "-", title.lower()).strip("-")
            self.titles[label] = (title, address + anchor)
        for title, label in EXERCISE.findall(page.read_text("utf-8")):
            self.titles[label] = (f"the exercise “{title}”", address)

    def file(self, path: str, kind: str = "blob") -> str:
        """Return the address of a file of the repository; "raw" for its bytes."""
        return f"{self.address.repository}/{kind}/{self.address.branch}/{path}"

    def work(self, key: str) -> Entry:
        """Return a cited work, or raise UnknownMarkupError."""
        try:
            return self.works.entries[key]
        except KeyError:
            raise UnknownMarkupError(f"no work {key!r} in references.bib") from None


def work_address(entry: Entry) -> str:
    """Return where a work can be read, or an empty string."""
    if "doi" in entry.fields:
        return f"https://doi.org/{entry.fields['doi']}"
    return entry.fields.get("url", "")


def work_names(entry: Entry) -> tuple[str, str]:
    """Return authors as they are cited, and the year."""
    names = [" ".join(person.last_names) for person in entry.persons["author"]]
    names = [re.sub(r"[{}]", "", name) for name in names]
    if len(names) > 2:
        names = [f"{names[0]} et al."]
    return " and ".join(names), entry.fields.get("year", "n.d.")


def reference_list(library: Library, keys: Iterable[str]) -> str:
    """Return the cited works as a Markdown list, in alphabetical order."""
    style, backend = (
        find_plugin("pybtex.style.formatting", "plain")(),
        find_plugin("pybtex.backends", "markdown")(),
    )
    entries = sorted((library.work(key) for key in set(keys)), key=lambda e: work_names(e))
    lines = []
    for formatted in style.format_entries(entries):
        text = formatted.text.render(backend)
        lines.append("- " + re.sub(r"\s*\n\s*", " ", text))
    return "\n".join(lines)


class Converter:
    """Converts the Markdown cells of one page in order, remembering numbers and open solutions."""

    def __init__(self, library: Library, page: str = "page") -> None:
        self.library, self.page = library, page
        chapter = re.match(r"\d+", Path(page).name)
        # Numbers are "3.1", as in the book.
        self._chapter = f"{int(chapter[0])}." if chapter else ""
        self.cited: list[str] = []
        self.formulas: dict[str, str] = {}
        self.exercises: dict[str, tuple[str, str]] = {}
        self.solution: str | None = None  # the heading of the solution that is open
        self._told = False  # whether some of its text is out already
        self._handlers: dict[str, Callable[[str, dict, list[str]], list[str]]] = {
            "math": self._math,
            "figure": self._figure,
            "image": self._figure,
            "list-table": self._list_table,
            "tab-set": self._children,
            "grid": self._children,
            "tab-item": self._item,
            "grid-item-card": self._item,
            "card": self._item,
            "bibliography": lambda argument, options, body: [],
        }

    def number(self, text: str) -> None:
        """Give formulas and exercises their numbers, so that earlier text can refer to them."""
        for title, label in EXERCISE.findall(text):
            self.exercises.setdefault(label, (self._next(self.exercises), title))
        labeled = r"^\$\$.+?\$\$ *\(([\w-]+)\)$|^```\{math\}\n:label: ([\w-]+)$"
        for first, second in re.findall(labeled, text, re.MULTILINE | re.DOTALL):
            self.formulas.setdefault(first or second, self._next(self.formulas))

    def _next(self, numbered: dict) -> str:
        return f"{self._chapter}{len(numbered) + 1}"

    def convert(self, text: str) -> list[Piece]:
        """Convert one Markdown cell; return its pieces, those of solutions apart."""
        pieces: list[Piece] = []
        lines: list[str] = []

        def close() -> None:
            body = "\n".join(lines).strip()
            lines.clear()
            if body and self.solution:
                body = _details(self.solution + " (continued)" * self._told, body)
                self._told = True
            if body:
                pieces.append(Piece(body, bool(self.solution)))

        for name, argument, options, body in self._blocks(text.splitlines()):
            if name == "solution-start":
                close()
                number, title = self.exercises[argument]
                self.solution, self._told = f"Solution to exercise {number}: {title}", False
            elif name == "solution-end":
                close()
                self.solution = None
            elif name == "exercise-start":
                fresh = (self._next(self.exercises), argument)
                number, _ = self.exercises.setdefault(options["label"], fresh)
                lines += [f"### Exercise {number}: {argument}", "", *self._lines(body)]
            elif name != "exercise-end":
                lines += self._block(name, argument, options, body)
        close()
        return pieces

    def _blocks(self, lines: list[str]) -> list[tuple[str, str, dict, list[str]]]:
        """Split lines into directives, fenced code ("code") and plain text ("text")."""
        blocks: list[tuple[str, str, dict, list[str]]] = []
        plain: list[str] = []
        place = 0
        while place < len(lines):
            fence = FENCE.match(lines[place])
            if not fence:
                plain.append(lines[place])
                place += 1
                continue
            end = _closing(lines, place, fence["fence"])
            body, info = lines[place + 1 : end], fence["info"].strip()
            if plain:
                blocks.append(("text", "", {}, plain))
                plain = []
            if directive := DIRECTIVE.match(info):
                options, body = _options(body)
                blocks.append((directive["name"], directive["argument"].strip(), options, body))
            else:
                blocks.append(("code", info, {}, lines[place : end + 1]))
            place = end + 1
        if plain:
            blocks.append(("text", "", {}, plain))
        return blocks

    def _lines(self, lines: list[str]) -> list[str]:
        """Convert the inside of a directive."""
        result: list[str] = []
        for block in self._blocks(lines):
            result += self._block(*block)
        return result

    def _block(self, name: str, argument: str, options: dict, body: list[str]) -> list[str]:
        if name == "code":
            return body
        if name == "text":
            return self._text("\n".join(body)).split("\n")
        if name == "dropdown" or (name == "admonition" and "dropdown" in options.get("class", "")):
            return _details(self._text(argument), "\n".join(self._lines(body))).split("\n")
        if name == "admonition" or name in ADMONITIONS:
            title = self._text(argument) if name == "admonition" else name.capitalize()
            quoted = [f"**{title}**", "", *self._lines(body)]
            return [f"> {line}".rstrip() for line in quoted]
        if name in self._handlers:
            return self._handlers[name](argument, options, body)
        raise UnknownMarkupError(f"{self.page}: no plain counterpart for the directive {{{name}}}")

    def _math(self, argument: str, options: dict, body: list[str]) -> list[str]:
        return self._formula("\n".join([argument, *body]).strip(), options.get("label"))

    def _formula(self, tex: str, label: str | None) -> list[str]:
        if label:
            number = self.formulas.setdefault(label, self._next(self.formulas))
            tex = f"{tex} \\tag{{{number}}}"
        return ["$$", *tex.split("\n"), "$$"]

    def _figure(self, argument: str, options: dict, body: list[str]) -> list[str]:
        path = (Path(self.page).parent / argument).as_posix()
        parts: list[str] = []
        for part in path.split("/"):
            if part == "..":
                parts.pop()
            elif part != ".":
                parts.append(part)
        address = self.library.file("/".join(parts), "raw")
        caption = self._lines(body)
        return [f"![{options.get('alt', '')}]({address})", "", *caption]

    def _list_table(self, argument: str, options: dict, body: list[str]) -> list[str]:
        rows: list[list[str]] = []
        for line in body:
            if line.startswith("* - "):
                rows.append([line[4:]])
            elif line.startswith("  - "):
                rows[-1].append(line[4:])
            elif line.strip():
                rows[-1][-1] += " " + line.strip()
        cells = [[self._text(cell).replace("|", "\\|") for cell in row] for row in rows]
        table = ["| " + " | ".join(row) + " |" for row in cells]
        table.insert(1, "|" + "---|" * len(cells[0]))
        return ([f"**{self._text(argument)}**", ""] if argument else []) + table

    def _children(self, argument: str, options: dict, body: list[str]) -> list[str]:
        return self._lines(body)

    def _item(self, argument: str, options: dict, body: list[str]) -> list[str]:
        title = f"**{self._text(argument)}**"
        if options.get("link-type") == "ref":
            title = f"[{title}]({self._target(options['link'])[1]})"
        inside = self._lines(body)
        while inside and not inside[0].strip():
            inside.pop(0)
        return [f"- {title}", "", *(f"  {line}".rstrip() for line in inside), ""]

    def _text(self, text: str) -> str:
        """Convert labels, numbered formulas and roles in plain text."""
        lines = [line for line in text.split("\n") if not LABEL.match(line)]
        text = LABELED_FORMULA.sub(
            lambda found: "\n".join(self._formula(found["tex"].strip(), found["label"])),
            "\n".join(lines),
        )
        return INLINE.sub(self._inline, text)

    def _inline(self, found: re.Match) -> str:
        if not found["role"]:
            return found[0]
        role, content = found["role"], " ".join(found["text"].split())
        targeted = TARGETED.match(content)
        shown, target = (targeted["text"], targeted["target"]) if targeted else (None, content)
        if role == "ref" and target in self.exercises:
            return shown or f"exercise {self.exercises[target][0]}"
        if role == "ref":
            title, address = self._target(target)
            return f"[{shown or title}]({address})"
        if role == "term":
            return f"[{shown or target}]({self.library.file('pages/glossary.md')})"
        if role == "eq":
            if target not in self.formulas:
                raise UnknownMarkupError(f"{self.page}: no formula {target!r}")
            return f"({self.formulas[target]})"
        if role in ("cite:p", "cite:t", "cite"):
            return self._citation(role, [key.strip() for key in target.split(",")])
        if role == "math":
            return f"${content}$"
        raise UnknownMarkupError(f"{self.page}: no plain counterpart for the role {{{role}}}")

    def _target(self, label: str) -> tuple[str, str]:
        try:
            return self.library.titles[label]
        except KeyError:
            raise UnknownMarkupError(f"{self.page}: no place is labeled {label!r}") from None

    def _citation(self, role: str, keys: list[str]) -> str:
        texts = []
        for key in keys:
            entry = self.library.work(key)
            self.cited.append(key)
            names, year = work_names(entry)
            text = f"{names} ({year})" if role == "cite:t" else f"{names}, {year}"
            address = work_address(entry)
            texts.append(f"[{text}]({address})" if address else text)
        return ", ".join(texts) if role == "cite:t" else f"({'; '.join(texts)})"


def _closing(lines: list[str], start: int, fence: str) -> int:
    """Return the line that closes the fence opened at `start`."""
    for place in range(start + 1, len(lines)):
        line = lines[place].strip()
        if line and set(line) == {fence[0]} and len(line) >= len(fence):
            return place
    raise UnknownMarkupError(f"the block opened by {lines[start]!r} is never closed")


def _options(body: list[str]) -> tuple[dict, list[str]]:
    """Split a directive's options from its content."""
    if body and body[0] == "---":
        end = body.index("---", 1)
        return yaml.safe_load("\n".join(body[1:end])) or {}, body[end + 1 :]
    options = {}
    place = 0
    while place < len(body) and (found := re.match(r"^:([\w-]+):\s*(.*)$", body[place])):
        options[found[1]] = found[2].strip()
        place += 1
    return options, body[place:]


def _details(summary: str, body: str) -> str:
    """Return a collapsed block; the blank lines let Markdown inside it be read as such."""
    return f"<details>\n<summary><b>{summary}</b></summary>\n\n{body.strip()}\n\n</details>"
