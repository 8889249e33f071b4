"""Measures the training loops against each other, epoch by epoch in turns."""

import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec

from benchmarks import arithmetic
from benchmarks.arithmetic import ORIGIN_ACCURACY, Race, Spread, paired_ratios
from benchmarks.loops import MATMUL_SIZE
from benchmarks.table import Row
from benchmarks.worker import Worker

Say = Callable[[str], None]
LABELS = {"origin": "origin's loop", "fast": "our fast preset", "pytorch": "plain PyTorch loop"}


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Parameters
    ----------
    images : int
        Training images of an epoch in the comparison of rates.
    repeats : int
        Epochs of each loop that are timed there, after one to warm up.
    seeds : tuple of int
        One race to the accuracy for each.
    race_seconds : float
        Time that a loop is given in a race.
    budget : float
        Seconds since the start of the run after which no new race starts.
    """

    images: int
    repeats: int
    seeds: tuple[int, ...]
    race_seconds: float
    budget: float


def rates(plan: Plan, say: Say) -> dict[str, list[float]]:
    """Return each loop's repeats: images per second, and for "matmul" operations per second."""
    names = [name for name in LABELS if name != "pytorch" or find_spec("torch")]
    found: dict[str, list[float]] = defaultdict(list)
    with ExitStack() as stack:
        workers = {}
        for name in [*names, "matmul"]:
            say(f"start {name}")
            worker = Worker(name, images=plan.images, validation=200)
            workers[name] = stack.enter_context(worker).wait()
        for repeat in range(plan.repeats + 1):  # the first is to warm up
            for name, worker in workers.items():
                result = worker.epoch()
                if repeat:
                    found[name].append(result["images"] / result["seconds"])
            if repeat:
                shown = ", ".join(f"{name} {found[name][-1]:,.0f}" for name in names)
                say(f"images/s, repeat {repeat} of {plan.repeats}: {shown}")
    product = arithmetic.matmul_flops(MATMUL_SIZE)
    return {**found, "matmul": [rate * product for rate in found["matmul"]]}


def rate_rows(found: dict[str, list[float]]) -> list[Row]:
    """Return the table's rows about rates."""
    rows = [Row.of(LABELS[name], found[name], "images/s") for name in LABELS if found.get(name)]
    if not found.get("pytorch"):
        rows.append(Row(LABELS["pytorch"], "PyTorch is not installed"))
    ratio = paired_ratios(found["fast"], found["origin"])
    rows.append(Row.of("our fast preset / origin's loop", ratio, "times", at_least=2.5))
    if found.get("pytorch"):
        ratio = paired_ratios(found["fast"], found["pytorch"])
        rows.append(Row.of("our fast preset / plain PyTorch loop", ratio, "times"))
    rows.append(
        Row.of(
            f"matrix product, {MATMUL_SIZE}×{MATMUL_SIZE}",
            [flops / 1e9 for flops in found["matmul"]],
            "GFLOP/s",
        )
    )
    defined, used = arithmetic.flops_per_image(), arithmetic.used_flops_per_image()
    for name, counted, flops in (
        ("origin", "", defined),
        ("fast", ", operations as defined", defined),
        ("fast", ", operations done", used),  # the preset skips those of no effect
    ):
        share = [100 * r * flops for r in paired_ratios(found[name], found["matmul"])]
        target = 50 if name == "fast" else None
        rows.append(Row.of(f"{LABELS[name]}: share of it{counted}", share, "%", at_least=target))
    return rows


@dataclass
class Races:
    """Races to the origin's accuracy, by loop; and each loop's peak memory in MB."""

    by_loop: dict[str, list[Race]]
    peaks: dict[str, float]


def races(plan: Plan, say: Say, started: float) -> Races:
    """Let the origin's loop and ours train on all data until they reach the accuracy.

    A loop's clock runs only in its own turns.
    """
    by_loop: dict[str, list[Race]] = {"origin": [], "fast": []}
    peaks: dict[str, float] = {}
    for number, seed in enumerate(plan.seeds):
        if number and time.perf_counter() - started > plan.budget:
            say(f"no time for seed {seed}: {number} of {len(plan.seeds)} races were run")
            break
        with ExitStack() as stack:
            workers = {
                name: stack.enter_context(Worker(name, seed=seed)).wait() for name in by_loop
            }
            for name, race in _race(workers, plan.race_seconds, peaks, say).items():
                say(f"seed {seed}, {name}: {race.describe(ORIGIN_ACCURACY)}")
                by_loop[name].append(race)
    if find_spec("torch"):
        say("one epoch of PyTorch on the same data, for its memory")
        with Worker("pytorch") as worker:
            peaks["pytorch"] = worker.wait().epoch()["peak"]
    return Races(by_loop, peaks)


def _race(
    workers: dict[str, Worker], limit: float, peaks: dict[str, float], say: Say
) -> dict[str, Race]:
    logs: dict[str, list[tuple[float, float]]] = {name: [] for name in workers}
    running = list(workers)
    while running:
        for name in list(running):
            log, result = logs[name], workers[name].epoch()
            if result is not None:
                before = log[-1][1] if log else 0.0
                log.append((result["accuracy"], before + result["seconds"]))
                peaks[name] = max(peaks.get(name, 0.0), result["peak"])
                say(f"  {name}, epoch {len(log)}: {log[-1][0]:.4f} after {log[-1][1]:.0f} s")
            if result is None or log[-1][0] >= ORIGIN_ACCURACY or log[-1][1] >= limit:
                running.remove(name)
    return {name: Race(*zip(*log, strict=True)) for name, log in logs.items()}


def race_rows(found: Races) -> list[Row]:
    """Return the table's rows about the time to the accuracy."""
    rows = []
    for name, runs in found.by_loop.items():
        seconds = [run.seconds_to(ORIGIN_ACCURACY) for run in runs]
        if None in seconds:
            words = "; ".join(run.describe(ORIGIN_ACCURACY) for run in runs)
            rows.append(Row(LABELS[name], words))
        else:
            rows.append(Row.of(LABELS[name], seconds, "s"))
    pairs = zip(found.by_loop["origin"], found.by_loop["fast"], strict=True)
    ratios = [arithmetic.speedup(slow, fast, ORIGIN_ACCURACY) for slow, fast in pairs]
    what = "origin's loop / our fast preset"
    if None in ratios:
        rows.append(Row(what, "our fast preset did not get there"))
    else:
        spread = Spread.of([ratio for ratio, _ in ratios])
        bound = any(bound for _, bound in ratios)
        rows.append(
            Row(what, spread.median, "times", spread.low, spread.high, 6, lower_bound=bound)
        )
    return rows


def memory_rows(peaks: dict[str, float]) -> list[Row]:
    """Return the table's rows about memory."""
    return [Row(f"training, {LABELS[name]}", peak, "MB") for name, peak in peaks.items()]
