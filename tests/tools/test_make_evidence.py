"""The pictures that the warning was measured on, and the check of the numbers that ship."""

import copy

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from fashion_lib import load_weights, normalize
from fashion_lib.calibration import evidence, shipped_evidence
from fashion_lib.forward_pass import logits
from tools import make_evidence

MEASURED = shipped_evidence()


@pytest.fixture(scope="module")
def nonsense():
    """Return the pictures on which the warning was measured, by kind."""
    return make_evidence.nonsense()


def test_the_shipped_numbers_are_those_of_the_pictures(nonsense):
    weights, limit = load_weights(), MEASURED["threshold"]
    assert [kind["name"] for kind in MEASURED["detected"]] == list(nonsense)
    for kind in MEASURED["detected"]:
        scores = evidence(logits(weights, normalize(nonsense[kind["name"]])))
        assert kind["count"] == len(scores)
        assert kind["share"] == pytest.approx((scores < limit).mean(), abs=0.003)


def test_the_same_nonsense_each_time_and_hardly_one_twice(nonsense):
    again = make_evidence.nonsense()
    for name, pictures in nonsense.items():
        assert_array_equal(pictures, again[name])
        assert pictures.dtype == np.uint8
        assert pictures.shape[1:] == (28, 28)
        assert len(np.unique(pictures, axis=0)) > len(pictures) / 2


def test_the_check_finds_another_number_and_other_weights():
    changed = copy.deepcopy(MEASURED)
    assert make_evidence.differences(MEASURED, changed) == []
    changed["threshold"] += 0.002  # another processor
    assert make_evidence.differences(MEASURED, changed) == []
    changed["detected"][1]["share"] -= 0.1
    changed["weights"] = "0"
    first, second = make_evidence.differences(MEASURED, changed)
    assert first.startswith("/weights: 0 should be ")
    assert second.startswith("/detected/1/share: ")
