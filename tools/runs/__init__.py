"""Runs with several seeds that chapters read: ``python -m tools.runs.NAME`` records one.

Each module here has a function `one` that does the work of one seed; what several share stands in
`_trainings`. `record` keeps what `one` returns in
``fashion_lib/runs/NAME.json`` after each seed, so that a run that was stopped goes on where it was.
"""

import datetime
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path

from fashion_lib.runs import FOLDER

PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn")


def _versions() -> dict[str, str]:
    """Return the versions that results depend on."""
    names = {"tensorflow": "tensorflow_cpu"} if sys.platform == "linux" else {}
    found = {name: version(names.get(name, name)) for name in PACKAGES}
    return {"python": platform.python_version(), **found}


def record(
    one: Callable[[int], dict], seeds: Iterable[int], name: str, folder: Path = FOLDER
) -> dict:
    """Run `one(seed)` for each seed that is not recorded yet, and write after each.

    Parameters
    ----------
    one : function of a seed
        Returns what JSON can hold: numbers, texts, lists and dicts.
    seeds : ints
        Results of other seeds are dropped.
    name : str
        Of the module in ``tools/runs`` and of the file in `folder`.
    folder : Path
        Where the file is.

    Returns
    -------
    dict
        What stands in the file; see `fashion_lib.runs.load_run`.
    """
    path = folder / f"{name}.json"
    run = json.loads(path.read_text("utf-8")) if path.exists() else {"results": []}
    versions = _versions()
    if run.get("versions", versions) != versions:
        run["results"] = []  # results of several versions do not stand side by side
    done = {result["seed"]: result for result in run["results"]}
    wanted = list(seeds)
    for number, seed in enumerate(wanted, 1):
        if seed in done:
            continue
        began = time.monotonic()
        done[seed] = {"seed": seed, **one(seed)}
        run = {
            "command": f"python -m tools.runs.{name}",
            "date": datetime.date.today().isoformat(),
            "versions": versions,
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, no GPU",
            "results": [done[each] for each in wanted if each in done],
        }
        path.write_text(json.dumps(run, indent=1) + "\n", "utf-8")
        print(f"seed {seed} ({number} of {len(wanted)}): {time.monotonic() - began:.0f} s")
    return run
