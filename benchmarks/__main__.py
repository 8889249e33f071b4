"""Measure the course's code side by side: ``python -m benchmarks`` or ``make bench``."""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks import browser, pages, small, training
from benchmarks.arithmetic import ORIGIN_ACCURACY
from benchmarks.table import format_table
from benchmarks.training import Plan

PLANS = {
    True: Plan(images=6_400, repeats=3, seeds=(0,), race_seconds=40, budget=60),
    False: Plan(images=12_800, repeats=5, seeds=(0, 1, 2), race_seconds=240, budget=420),
}


def machine() -> dict[str, str]:
    """Return what the numbers depend on."""
    about = {
        "processor": platform.processor() or platform.machine(),
        "cores": str(
            len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        ),
        "python": platform.python_version(),
    }
    for name in ("tensorflow-cpu", "tensorflow", "keras", "numpy", "torch"):
        try:
            about[name] = version(name)
        except PackageNotFoundError:
            continue
    if hasattr(os, "getloadavg"):
        about["load"] = f"{os.getloadavg()[0]:.1f}"
    return about


def page_scores(quick: bool, say: Callable[[str], None]) -> list[pages.PageScores]:
    """Return what Lighthouse says of the chapters, or say why it could not be asked."""
    names = pages.chapters()
    try:
        return pages.measure(names[:1] if quick else names, 1 if quick else 3, say)
    except pages.NoLighthouseError as error:
        say(f"The pages were not measured. {error}")
        return []


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all measurements, print the table, and write it as JSON if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about 2 minutes instead of up to 12")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all numbers there")
    options = parser.parse_args(arguments)
    plan, started = PLANS[options.quick], time.perf_counter()

    def say(text: str) -> None:
        print(f"[{time.perf_counter() - started:4.0f} s] {text}", file=sys.stderr, flush=True)

    about = machine()
    rates = training.rates(plan, say)
    repeats = 3 if options.quick else 7
    loading = small.data_rows(repeats, say) + small.import_rows(repeats, say)
    forward = small.forward_rows(1 if options.quick else 3, say)
    races = training.races(plan, say, started)
    sections = [
        ("Training rate", training.rate_rows(rates)),
        (f"Time to validation accuracy {ORIGIN_ACCURACY}", training.race_rows(races)),
        ("Without TensorFlow", [*loading, *forward]),
        ("Peak memory", training.memory_rows(races.peaks)),
    ]
    chapters = small.chapter_rows(small.executed_chapters())
    sections.append(("The book, when last executed", chapters))
    sections.append(("In the browser", browser.browser_rows(3 if options.quick else 5, say)))
    scores = page_scores(options.quick, say)
    print(format_table(sections))
    if scores:
        print("\nPages (Lighthouse, simulated phone)\n" + pages.format_scores(scores))
    print("\n" + ", ".join(f"{key} {value}" for key, value in about.items()))
    if options.json:
        content = {
            "machine": about,
            "quick": options.quick,
            "rates": rates,
            "races": {name: [vars(race) for race in runs] for name, runs in races.by_loop.items()},
            "pages": pages.to_json(scores),
            "rows": {title: [row.to_dict() for row in rows] for title, rows in sections},
        }
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
