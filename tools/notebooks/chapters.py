"""Generate the notebooks of the chapters: ``make notebooks``.

Beside each ``chapters/NN_topic.md`` stands ``NN_topic.ipynb``, for Colab, Binder and Jupyter:
plain Markdown, a first cell that makes the helper package available, no outputs. The same
source gives a set for students, without solutions, and one with all of them.

``--check`` generates again and compares; ``--repository URL`` writes for a fork.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import ROOT
from tools.notebooks.portable import Converter, Library, reference_list

EDITIONS = ("chapters", "student", "solutions")
ANSWER = "# Your answer\n"
# Jupyter and VS Code go by the first entry; Colab by the second and a title in the first line.
CLAIM = "claim"  # tag of a cell that fails the build when a sentence is not true
COLLAPSED = {"jupyter": {"source_hidden": True}, "cellView": "form"}


def _cell_id(name: str, number: int, text: str) -> str:
    return hashlib.sha256(f"{name}/{number}/{text}".encode()).hexdigest()[:8]


def _code_metadata(cell: NotebookNode, solution: bool) -> dict:
    tags = [tag for tag in cell.metadata.get("tags", []) if tag != "remove-input"]
    answer = solution or "hide-cell" in tags
    metadata = {"tags": tags + ["solution"] * solution} if tags or solution else {}
    if answer or "hide-input" in tags:
        metadata |= COLLAPSED
    if answer:  # nor may its output give it away
        metadata["jupyter"] = {"source_hidden": True, "outputs_hidden": True}
    return metadata


def _code_source(cell: NotebookNode, heading: str | None) -> str:
    source = cell.source.strip("\n")
    if heading:
        return f"# @title {heading}\n{source}"
    tags = cell.metadata.get("tags", [])
    if "hide-cell" in tags:
        return f"# @title The answer’s code and output\n{source}"
    if "hide-input" in tags:
        return f"# @title Code of this picture or sentence\n{source}"
    return source


def chapter_cells(text: str, library: Library, page: str) -> list[NotebookNode]:
    """Convert one chapter's MyST source to cells; those of solutions carry the tag "solution"."""
    source = jupytext.reads(text, fmt="md:myst")
    converter = Converter(library, page)
    converter.number(text)
    cells: list[NotebookNode] = []
    for cell in source.cells:
        if cell.cell_type == "markdown":
            for piece in converter.convert(cell.source):
                metadata = {"tags": ["solution"]} if piece.solution else {}
                cells.append(new_markdown_cell(piece.text, metadata=metadata))
        elif cell.cell_type == "code" and CLAIM not in cell.metadata.get("tags", []):
            metadata = _code_metadata(cell, bool(converter.solution))
            cells.append(new_code_cell(_code_source(cell, converter.solution), metadata=metadata))
    if converter.cited:
        works = reference_list(library, converter.cited)
        cells.append(new_markdown_cell(f"## References\n\n{works}"))
    return cells


def without_solutions(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Replace every solution by one empty cell for an answer."""
    kept: list[NotebookNode] = []
    inside = False
    for cell in cells:
        solution = "solution" in cell.metadata.get("tags", [])
        if solution and not inside:
            kept.append(new_code_cell(ANSWER, metadata={"tags": ["answer"]}))
        elif not solution:
            kept.append(cell)
        inside = solution
    return kept


def make_notebook(path: Path, library: Library, edition: str = "chapters") -> str:
    """Return the notebook of one chapter as text.

    Parameters
    ----------
    path : Path
        The chapter's MyST source.
    library : Library
        What its references point to.
    edition : {"chapters", "student", "solutions"}
        "student" has empty answer cells in place of the solutions.

    Returns
    -------
    str
        nbformat 4.5 JSON; the same for the same input.
    """
    page = path.name if path.parent == ROOT else f"{path.parent.name}/{path.name}"
    cells = chapter_cells(path.read_text("utf-8"), library, page)
    if edition == "student":
        cells = without_solutions(cells)
    bootstrap = new_code_cell(library.address.bootstrap(), metadata=COLLAPSED)
    opening = new_markdown_cell(library.address.badges(f"chapters/{path.stem}.ipynb"))
    notebook = new_notebook(
        cells=[opening, bootstrap, *cells],
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
    )
    for number, cell in enumerate(notebook.cells):
        cell.id = _cell_id(path.stem, number, cell.source)
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=4, sort_keys=True, indent=1) + "\n"


def targets(edition: str, folder: Path) -> dict[Path, Path]:
    """Return the chapters' sources, with the notebook that each is made into."""
    sources = sorted((ROOT / "chapters").glob("[0-9][0-9]_*.md"))
    return {source: folder / f"{source.stem}.ipynb" for source in sources}


def main() -> int:
    """Write the notebooks of an edition, or check those beside the chapters."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edition", choices=EDITIONS, default="chapters")
    parser.add_argument("--output", type=Path, help="folder; by default beside the chapters")
    parser.add_argument("--repository", metavar="URL", help="write links for this repository")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    library = Library.read(ROOT, options.repository)
    beside = (
        ROOT / "chapters" if options.edition == "chapters" else ROOT / "_build" / options.edition
    )
    folder = options.output or beside
    folder.mkdir(parents=True, exist_ok=True)
    stale = []
    for source, target in targets(options.edition, folder).items():
        text = make_notebook(source, library, options.edition)
        if not options.check:
            target.write_text(text, encoding="utf-8")
        elif not target.exists() or target.read_text("utf-8") != text:
            stale.append(target.name)
    for name in stale:
        print(f"chapters/{name} is not what its source gives: run `make notebooks`")
    if not stale:
        done = "are in step" if options.check else "written"
        print(f"{folder.name}: {len(targets(options.edition, folder))} notebooks {done}")
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
