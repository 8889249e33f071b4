"""MyST Markdown to the plain Markdown that Colab, Jupyter and VS Code show.

Every directive and role that the chapters use has a plain counterpart here: notes become
block quotes, collapsed answers `<details>`, references and citations links, numbered
formulas `$$` with a tag. Anything unknown is an error, so that nothing shows up raw.
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pybtex.database import BibliographyData, Entry, parse_file
from pybtex.plugin import find_plugin

from grader.install_cell import Address
from tools.notebooks.myst import (
    Mark,
    UnknownMarkupError,
    all_blocks,
    labeled_headings,
    marks,
    parse,
)

TARGETED = re.compile(r"(?P<text>.*?) *<(?P<target>[^<>]+)>")

ADMONITIONS = {"note", "tip", "hint", "warning", "important", "caution", "danger", "attention"}


@contextmanager
def _naming(page: str) -> Iterator[None]:
    """Let errors in the block say on which page they are."""
    try:
        yield
    except UnknownMarkupError as error:
        raise UnknownMarkupError(f"{page}: {error}") from error


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
                with _naming(page.name):
                    self._collect(page, page.relative_to(root))
        self.works = parse_file(root / "references.bib", "bibtex")

    def _collect(self, page: Path, path: Path) -> None:
        notebook = path.parts[0] == "chapters"
        address = self.file((path.with_suffix(".ipynb") if notebook else path).as_posix())
        text = page.read_text("utf-8")
        for label, level, title in labeled_headings(text):
            anchor = "" if level == 1 else "#" + re.sub(r"[^\w]+", "-", title.lower()).strip("-")
            self.titles[label] = (title, address + anchor)
        for mark in all_blocks(text):
            if mark.name == "exercise-start":
                self.titles[mark.options["label"]] = (f"the exercise “{mark.argument}”", address)

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
        self._handlers: dict[str, Callable[[Mark], str]] = {
            "math": self._math,
            "figure": self._figure,
            "image": self._figure,
            "list-table": self._list_table,
            "tab-set": lambda mark: self._plain(mark.body),
            "grid": lambda mark: self._plain(mark.body),
            "tab-item": self._item,
            "grid-item-card": self._item,
            "card": self._item,
            "dropdown": self._admonition,
            "admonition": self._admonition,
            **dict.fromkeys(ADMONITIONS, self._admonition),
            "exercise-start": self._exercise,
            "exercise-end": lambda mark: "",
            "bibliography": lambda mark: "",
        }

    def number(self, text: str) -> None:
        """Give formulas and exercises their numbers, so that earlier text can refer to them."""
        with _naming(self.page):
            blocks = list(all_blocks(text))
        for mark in blocks:
            if mark.name == "exercise-start":
                fresh = (self._next(self.exercises), mark.argument)
                self.exercises.setdefault(mark.options["label"], fresh)
            elif mark.kind == "formula" or (mark.name == "math" and "label" in mark.options):
                label = mark.options.get("label", mark.name)
                self.formulas.setdefault(label, self._next(self.formulas))

    def _next(self, numbered: dict) -> str:
        return f"{self._chapter}{len(numbered) + 1}"

    def convert(self, text: str) -> list[Piece]:
        """Convert one Markdown cell; return its pieces, those of solutions apart."""
        with _naming(self.page):
            return self._pieces(text)

    def _pieces(self, text: str) -> list[Piece]:
        pieces: list[Piece] = []
        place = 0

        def close(end: int) -> None:
            body = self._plain(text[place:end]).strip()
            if body and self.solution:
                body = _details(self.solution + " (continued)" * self._told, body)
                self._told = True
            if body:
                pieces.append(Piece(body, bool(self.solution)))

        for mark in marks(text):
            if mark.name in ("solution-start", "solution-end"):
                close(mark.start)
                place, self.solution = mark.end, None
            if mark.name == "solution-start":
                number, title = self.exercises[mark.argument]
                self.solution, self._told = f"Solution to exercise {number}: {title}", False
        close(len(text))
        return pieces

    def _plain(self, text: str) -> str:
        """Replace the markup in a text; all else stays as it is."""
        text += "\n"
        parts: list[str] = []
        place = 0
        for mark in marks(text):
            before, plain = text[place : mark.start], self._counterpart(mark)
            place = mark.end
            if plain:
                parts += [before, _indented(plain, mark.indent).removeprefix(mark.indent)]
            else:  # its lines go, too
                parts.append(before.rstrip(" "))
                place += 1
        return "".join([*parts, text[place:]])[:-1]

    def _counterpart(self, mark: Mark) -> str:
        if mark.kind == "label":
            return ""
        if mark.kind == "formula":
            return self._formula(mark.body, mark.name)
        if mark.kind == "role":
            return self._role(mark)
        if mark.name in self._handlers:
            return self._handlers[mark.name](mark)
        raise UnknownMarkupError(f"no plain counterpart for the directive {{{mark.name}}}")

    def _exercise(self, mark: Mark) -> str:
        number, title = self.exercises[mark.options["label"]]
        return f"### Exercise {number}: {title}\n" + self._inside(mark)

    def _inside(self, mark: Mark) -> str:
        return f"\n{self._plain(mark.body)}" if mark.body else ""

    def _admonition(self, mark: Mark) -> str:
        named = mark.name in ("admonition", "dropdown")
        title = self._plain(mark.argument) if named else mark.name.capitalize()
        if mark.name == "dropdown" or "dropdown" in mark.options.get("class", ""):
            return _details(title, self._plain(mark.body))
        quoted = f"**{title}**\n\n{self._plain(mark.body)}"
        return _indented(quoted, "> ")

    def _math(self, mark: Mark) -> str:
        return self._formula(f"{mark.argument}\n{mark.body}", mark.options.get("label"))

    def _formula(self, tex: str, label: str | None) -> str:
        if label:
            tex = f"{tex.strip()} \\tag{{{self.formulas[label]}}}"
        return f"$$\n{tex.strip()}\n$$"

    def _figure(self, mark: Mark) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.page), mark.argument))
        address = self.library.file(path, "raw")
        return f"![{mark.options.get('alt', '')}]({address})\n" + self._inside(mark)

    def _list_table(self, mark: Mark) -> str:
        rows: list[list[str]] = []
        for token in parse(mark.body):  # a list of lists
            if token.type == "list_item_open" and token.level == 1:
                rows.append([])
            elif token.type == "list_item_open" and token.level == 3:
                rows[-1].append("")
            elif token.type == "inline":
                rows[-1][-1] += " " + token.content.replace("\n", " ")
        cells = [[self._plain(cell.strip()).replace("|", "\\|") for cell in row] for row in rows]
        table = ["| " + " | ".join(row) + " |" for row in cells]
        table.insert(1, "|" + "---|" * len(cells[0]))
        caption = [f"**{self._plain(mark.argument)}**", ""] if mark.argument else []
        return "\n".join([*caption, *table])

    def _item(self, mark: Mark) -> str:
        title = f"**{self._plain(mark.argument)}**"
        if mark.options.get("link-type") == "ref":
            title = f"[{title}]({self._target(mark.options['link'])[1]})"
        inside = _indented(self._plain(mark.body).lstrip("\n"), "  ")
        return f"- {title}\n\n{inside}\n"

    def _role(self, mark: Mark) -> str:
        targeted = TARGETED.fullmatch(mark.body)
        shown, target = (targeted["text"], targeted["target"]) if targeted else (None, mark.body)
        if mark.name == "ref" and target in self.exercises:
            return shown or f"exercise {self.exercises[target][0]}"
        if mark.name == "ref":
            title, address = self._target(target)
            return f"[{shown or title}]({address})"
        if mark.name == "term":
            return f"[{shown or target}]({self.library.file('pages/glossary.md')})"
        if mark.name == "eq":
            if target not in self.formulas:
                raise UnknownMarkupError(f"no formula {target!r}")
            return f"({self.formulas[target]})"
        if mark.name in ("cite:p", "cite:t", "cite"):
            return self._citation(mark.name, [key.strip() for key in target.split(",")])
        if mark.name == "math":
            return f"${mark.body}$"
        raise UnknownMarkupError(f"no plain counterpart for the role {{{mark.name}}}")

    def _target(self, label: str) -> tuple[str, str]:
        try:
            return self.library.titles[label]
        except KeyError:
            raise UnknownMarkupError(f"no place is labeled {label!r}") from None

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


def _indented(text: str, indent: str) -> str:
    """Begin each line with `indent`; an empty one without its spaces."""
    return "\n".join(indent + line if line else indent.rstrip() for line in text.split("\n"))


def _details(summary: str, body: str) -> str:
    """Return a collapsed block; the blank lines let Markdown inside it be read as such."""
    return f"<details>\n<summary><b>{summary}</b></summary>\n\n{body.strip()}\n\n</details>"
