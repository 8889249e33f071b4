"""Recorded runs: results that take longer than a page may, with what they were computed by."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def load_run(name: str) -> dict[str, Any]:
    """Return a recorded run.

    Parameters
    ----------
    name : str
        Of a file beside this one, without ".json".

    Returns
    -------
    dict
        "command" (which records it anew), "date" (ISO), "versions" (of packages), "machine", and
        "results": a list with a dict for each seed, which has the key "seed".

    Raises
    ------
    ValueError
        If there is no such run; the message names those that there are.
    """
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in FOLDER.glob("*.json"))) or "none"
        raise ValueError(f"There is no recorded run {name!r}. There are: {known}.")
    return json.loads(path.read_text("utf-8"))
