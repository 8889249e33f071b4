"""How the site is made: the Sphinx extensions, the finishing of the pages, and what shows them."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = "from-pixels-to-predictions"  # of the PDF, the EPUB and the archive
