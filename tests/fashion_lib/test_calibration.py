"""Evidence: the energy of the logits against SciPy, and the numbers that ship with it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import logsumexp

from fashion_lib import forward, load_weights, normalize
from fashion_lib.calibration import evidence, shipped_evidence
from fashion_lib.forward_pass import logits

MEASURED = shipped_evidence()


def test_evidence_is_the_logarithm_of_the_summed_exponentials(fashion):
    weights, images = load_weights(), normalize(fashion[1][0][:600])
    _, layers = forward(weights, images, return_layers=True)
    expected = layers["dense"] @ weights["output/kernel"] + weights["output/bias"]
    assert_allclose(evidence(logits(weights, images)), logsumexp(expected, axis=1), atol=1e-4)


def test_evidence_of_two_pictures_by_hand():
    # log(e^0 + e^0) is log 2; a thousand more in every logit is a thousand more.
    found = evidence(np.array([[0, 0], [1000, 1000]], np.float32))
    assert found.dtype == np.float64
    assert_allclose(found, [np.log(2), 1000 + np.log(2)])


def test_the_shipped_threshold_lets_nearly_all_garments_pass_and_stops_most_nonsense():
    assert MEASURED["garments"] == 10_000
    assert MEASURED["false_alarms"] == pytest.approx(MEASURED["allowed"], abs=0.01)
    caught = {kind["name"]: kind["share"] for kind in MEASURED["detected"]}
    assert min(caught.values()) > 0.5
    assert caught["random noise"] > 0.8
    for name in ("garments", "others"):
        assert sum(MEASURED["histogram"][name]) == pytest.approx(1, abs=0.01)


def test_the_shipped_number_of_false_alarms_is_that_of_the_garments(fashion):
    scores = evidence(logits(load_weights(), normalize(fashion[1][0][:1000])))
    alarms = (scores < MEASURED["threshold"]).mean()
    assert alarms == pytest.approx(MEASURED["false_alarms"], abs=0.02)
