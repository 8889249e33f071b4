"""Side-by-side measurements: ``make bench``."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
