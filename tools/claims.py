"""List what the pages claim, as the last build has checked it: ``make claims``.

A claim is a call of `claim` (``tools/notebooks/claim.py``) in a cell tagged so. The build runs it
and fails where a sentence is not true. This prints chapter, sentence, by how much it holds, and
what the counter-example of each claim scored (0 or less: it refutes the sentence).
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

import nbformat

from tools import ROOT
from tools.notebooks.chapters import CLAIM

MIME = "application/vnd.course.claim+json"


def claims_of(path: Path) -> list[dict]:
    """Return the claims of an executed notebook, in order.

    Parameters
    ----------
    path : Path
        As Jupyter Book leaves it in ``_build/jupyter_execute``.

    Returns
    -------
    list of dict
        "sentence", and as floats "margin" and "unlike".
    """
    cells = nbformat.read(path, as_version=4).cells
    outputs = [
        output
        for cell in cells
        if CLAIM in cell.metadata.get("tags", [])
        for output in cell.outputs
        if MIME in output.get("data", {})
    ]
    return [output["data"][MIME] for output in outputs]


def main(arguments: list[str] | None = None) -> int:
    """Print a table of all claims, and how many each page has."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "_build/jupyter_execute")
    folder = parser.parse_args(arguments).folder
    pages = {path.stem: claims_of(path) for path in sorted(folder.rglob("*.ipynb"))}
    if not pages:
        print(f"No executed pages in {folder}: run `make book` first.", file=sys.stderr)
        return 1
    for page, claims in pages.items():
        for claim in claims:
            print(f"{page}: “{claim['sentence']}”")
            print(f"    holds by {claim['margin']:.4g}, counter-example {claim['unlike']:.4g}")
    counts = Counter({page: len(claims) for page, claims in pages.items()})
    for page, count in counts.items():
        print(f"{count:4} {page}")
    print(f"{counts.total():4} claims, all true when the book was built.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
