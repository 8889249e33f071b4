"""Measures what needs no training: loading data, importing, the forward pass, the chapters."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import ROOT
from benchmarks.table import Row
from fashion_lib.data import locate_data

Say = Callable[[str], None]

# Each prints one line of JSON from a new process.
_LOAD = """
import json, time
from benchmarks.memory import peak_megabytes
from fashion_lib import load_data
load_data.__module__  # the module is imported before the clock starts
seconds = []
for _ in range({loads}):
    started = time.perf_counter()
    load_data()
    seconds.append(time.perf_counter() - started)
print(json.dumps({{"seconds": seconds, "peak": peak_megabytes()}}))
"""
_FORWARD = """
import json, time
from benchmarks.memory import peak_megabytes
from fashion_lib import forward, load_data, load_weights, normalize
weights, images = load_weights(), normalize(load_data()[1][0])
forward(weights, images[:100])
started = time.perf_counter()
forward(weights, images)
seconds = time.perf_counter() - started
print(json.dumps({"seconds": [seconds], "images": len(images), "peak": peak_megabytes()}))
"""


def _run(code: str, **environment: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def _seconds(*arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True)
    return time.perf_counter() - started


def import_rows(repeats: int, say: Say) -> list[Row]:
    """Return how much longer Python takes with `import fashion_lib` than without."""
    say(f"import fashion_lib, {repeats} times")
    _seconds("-c", "import fashion_lib")  # the compiled files are written
    extra = [_seconds("-c", "import fashion_lib") - _seconds("-c", "pass") for _ in range(repeats)]
    return [Row.of("import fashion_lib", extra, "s", at_most=0.2)]


def data_rows(repeats: int, say: Say) -> list[Row]:
    """Return the time to load all images: from compressed files, and from the cache."""
    source = locate_data().source
    say(f"load_data, {repeats} times from nothing cached and from the cache ({source})")
    cold, warm, peaks = [], [], []
    for _ in range(repeats):
        if source == "system":
            with tempfile.TemporaryDirectory() as empty:
                result = _run(_LOAD.format(loads=2), FASHION_LIB_CACHE=empty)
            cold.append(result["seconds"][0])
        else:
            result = _run(_LOAD.format(loads=2))
        warm.append(result["seconds"][1])
        peaks.append(result["peak"])
    rows = [Row.of("load_data, warm", warm, "s", at_most=0.25)]
    if cold:
        rows.append(Row.of("load_data, cold", cold, "s", at_most=1))
    else:
        rows.append(Row("load_data, cold", "needs the Debian package, which is not installed"))
    return [*rows, Row("load_data, peak memory", max(peaks), "MB")]


def forward_rows(repeats: int, say: Say) -> list[Row]:
    """Return the time of the forward pass in NumPy on the test images."""
    say(f"forward on the test images, {repeats} times")
    results = [_run(_FORWARD) for _ in range(repeats)]
    seconds = [result["seconds"][0] for result in results]
    what = f"forward (NumPy), {results[0]['images']:,} images"
    peak = max(result["peak"] for result in results)
    return [
        Row.of(what, seconds, "s", at_most=15),
        Row("forward (NumPy), peak memory", peak, "MB"),
    ]


def chapter_rows(seconds: Mapping[str, float]) -> list[Row]:
    """Return how long each chapter took when the book last executed it.

    Parameters
    ----------
    seconds : dict of str to float
        By the chapter's name, as the book's build keeps them in ``_build/seconds.json``.
    """
    if not seconds:
        return [Row("chapters", "no build has executed them: make clean, make book")]
    rows = [
        Row(name, value, "s", at_most=180 if name.endswith("04_training") else 30)
        for name, value in sorted(seconds.items())
    ]
    return [*rows, Row("these together", sum(seconds.values()), "s")]


def executed_chapters(build: Path = ROOT / "_build") -> dict[str, float]:
    """Return the seconds of the chapters that the build in this folder has executed."""
    kept = build / "seconds.json"
    seconds = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    return {name: value for name, value in seconds.items() if name.startswith("chapters/")}
