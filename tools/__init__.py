"""Scripts that make the derived files: notebooks, weights, sample, pictures."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
