"""Recorded runs: they go on where they were stopped, and chapters read them."""

import datetime
import json

import pytest

from fashion_lib.runs import FOLDER, load_run
from tools import runs


def test_a_run_goes_on_where_it_was_stopped(tmp_path):
    asked = []

    def one(seed):
        asked.append(seed)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return {"accuracy": seed / 10}

    with pytest.raises(KeyboardInterrupt):
        runs.record(one, range(4), "tried", tmp_path)
    run = runs.record(one, range(4), "tried", tmp_path)
    assert asked == [0, 1, 2, 2, 3]
    assert run == json.loads((tmp_path / "tried.json").read_text())
    assert [result["accuracy"] for result in run["results"]] == [0, 0.1, 0.2, 0.3]
    assert run["command"] == "python -m tools.runs.tried"


def test_results_of_other_versions_are_not_mixed_in(tmp_path, monkeypatch):
    runs.record(lambda seed: {"old": True}, range(2), "tried", tmp_path)
    monkeypatch.setattr(runs, "_versions", lambda: {"keras": "99"})
    run = runs.record(lambda seed: {"old": False}, range(2), "tried", tmp_path)
    assert [result["old"] for result in run["results"]] == [False, False]


def test_an_unknown_run_is_refused_with_the_names_of_the_others():
    with pytest.raises(ValueError, match=r"no recorded run 'marathon'\. There are: "):
        load_run("marathon")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_a_recorded_run_says_what_it_was_computed_by(path):
    run = load_run(path.stem)
    assert run["command"] == f"python -m tools.runs.{path.stem}"
    assert datetime.date.fromisoformat(run["date"])
    assert {"python", "tensorflow", "keras", "numpy"} <= set(run["versions"])
    seeds = [result["seed"] for result in run["results"]]
    assert len(set(seeds)) == len(seeds) > 0


def test_all_recorded_runs_together_are_small():
    assert sum(path.stat().st_size for path in FOLDER.glob("*.json")) <= 1_000_000
