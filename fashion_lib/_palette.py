"""The course's colors, for plots, pages, figures, feedback and cards: ``palette.json``."""

import json
from pathlib import Path

#: "plots", "light", "dark" (pages and figures) and "night" (cards): name -> "#rrggbb".
PALETTE: dict[str, dict[str, str]] = json.loads(
    (Path(__file__).parent / "palette.json").read_text(encoding="utf-8")
)


def custom_properties(scheme: str) -> str:
    """Return a scheme as declarations of CSS: ``--course-ink: #14213d;`` and so on.

    Parameters
    ----------
    scheme : {"light", "dark", "night"}
        A part of `PALETTE`.
    """
    return " ".join(f"--course-{name}: {color};" for name, color in PALETTE[scheme].items())
