"""The course's colors, for plots, pages, figures, feedback and cards: ``palette.json``."""

import json
from pathlib import Path

#: "plots", "light", "dark" (pages, figures), "night" (cards), "classes": name -> "#rrggbb".
PALETTE: dict[str, dict[str, str]] = json.loads(
    (Path(__file__).parent / "palette.json").read_text(encoding="utf-8")
)


def custom_properties(scheme: str) -> str:
    """Return a part of `PALETTE`, such as "light", as CSS: ``--course-ink: #…;`` and so on."""
    return " ".join(f"--course-{name}: {color};" for name, color in PALETTE[scheme].items())
