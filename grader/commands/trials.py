"""Grade submissions whose points are known, and print what each scored."""

import argparse
from pathlib import Path

from grader.commands._common import positive
from grader.release import names
from grader.trials import GROUPS, Outcome, run_all, trials_of, write_trials


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="all, if none is named")
    parser.add_argument("--only", nargs="+", choices=GROUPS)
    parser.add_argument("--fast", action="store_true", help="without those that take long")
    parser.add_argument(
        "--number", type=positive, metavar="N", help="so many of them, evenly chosen"
    )
    parser.add_argument("--workers", type=positive, default=2, metavar="N")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write the files instead")


def run(options: argparse.Namespace) -> int:
    """Carry out the command; return the exit status."""
    groups = tuple(options.only or GROUPS)
    wrong = 0
    for name in options.names or names():
        chosen = trials_of(name, groups)
        if options.fast:
            chosen = [trial for trial in chosen if not trial.heavy]
        if options.number and options.number < len(chosen):
            places = range(options.number)
            chosen = [chosen[n * len(chosen) // options.number] for n in places]
        if options.write:
            write_trials(options.write / name, chosen)
            print(f"{len(chosen)} submissions in {options.write / name}")
            continue
        print(f"\n{name}: {len(chosen)} submissions")
        for outcome in run_all(name, chosen, options.workers):
            wrong += not outcome.ok
            _print_outcome(outcome)
    if not options.write:
        print(
            f"\n{wrong} scored something else than they deserve." if wrong else "\nAll as deserved."
        )
    return int(wrong > 0)


def _print_outcome(outcome: Outcome) -> None:
    trial = outcome.trial
    asked = "a person looks" if outcome.human else ""
    mark = "  " if outcome.ok else "✗ "
    points, wanted = sum(outcome.scored.values()), sum(outcome.expected.values())
    print(
        f"{mark}{trial.group:9} {trial.name:52} {points:4g} of {wanted:4g} deserved "
        f"{outcome.seconds:6.1f} s  {asked}",
        flush=True,
    )
    if not outcome.ok:
        waits = "" if outcome.trial.pending is None else f", words wait: {outcome.pending}"
        print(f"     scored {outcome.scored}, deserved {outcome.expected}{waits}")
