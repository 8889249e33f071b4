"""Evaluation against scikit-learn, SciPy, and a table worked by hand."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats
from sklearn import metrics

from fashion_lib import CLASS_NAMES, forward, load_weights, normalize
from fashion_lib.evaluation import (
    Interval,
    accuracy_interval,
    classification_table,
    confusion_table,
    heuristic_suspects,
    most_confused,
    paired_difference,
    recall_intervals,
)

LABELS = np.arange(10)
# Six images of three classes: one T-shirt/top is called a shirt, and one shirt a T-shirt/top.
TRUE = np.array([0, 0, 0, 1, 6, 6])
PREDICTED = np.array([0, 0, 6, 1, 6, 0])
FUNCTIONS = [
    confusion_table,
    classification_table,
    most_confused,
    accuracy_interval,
    recall_intervals,
    lambda y_true, y_pred: paired_difference(y_true, y_true, y_pred),
    lambda y_true, y_pred: paired_difference(y_true, y_pred, y_true),
]


@st.composite
def label_pairs(draw):
    size = draw(st.integers(1, 60))
    some = st.lists(st.integers(0, 9), min_size=size, max_size=size)
    return np.array(draw(some)), np.array(draw(some))


def test_confusion_table_of_three_classes_worked_by_hand():
    table = confusion_table(TRUE, PREDICTED)
    assert table.loc["T-shirt/top", "T-shirt/top"] == 2
    assert table.loc["T-shirt/top", "Shirt"] == 1
    assert table.loc["Trouser", "Trouser"] == 1
    assert table.loc["Shirt", "T-shirt/top"] == 1
    assert table.loc["Shirt", "Shirt"] == 1
    assert table.to_numpy().sum() == 6
    assert table.to_numpy().dtype == np.int64
    assert (table.index.name, table.columns.name) == ("true", "predicted")
    assert tuple(table.index) == tuple(table.columns) == CLASS_NAMES


def test_shares_of_three_classes_worked_by_hand():
    by_true = confusion_table(TRUE, PREDICTED, normalize="true")
    assert by_true.loc["T-shirt/top", "Shirt"] == pytest.approx(1 / 3)
    assert by_true.loc["Shirt", "T-shirt/top"] == pytest.approx(1 / 2)
    by_predicted = confusion_table(TRUE, PREDICTED, normalize="pred")
    assert by_predicted.loc["Shirt", "T-shirt/top"] == pytest.approx(1 / 3)
    assert by_predicted.loc["T-shirt/top", "Shirt"] == pytest.approx(1 / 2)


def test_swapped_arguments_transpose_the_table():
    table, swapped = confusion_table(TRUE, PREDICTED), confusion_table(PREDICTED, TRUE)
    assert np.array_equal(swapped, table.T)
    assert not np.array_equal(confusion_table(TRUE, np.zeros(6, int)), table)


@settings(max_examples=40, deadline=None)
@given(label_pairs(), st.sampled_from([None, "true", "pred"]))
def test_confusion_table_equals_scikit_learn(pair, normalize):
    expected = metrics.confusion_matrix(*pair, labels=LABELS, normalize=normalize)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = confusion_table(*pair, normalize=normalize)
    np.testing.assert_allclose(table, expected, rtol=0, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(label_pairs())
def test_classification_table_equals_scikit_learn(pair):
    report = metrics.classification_report(
        *pair, labels=LABELS, target_names=CLASS_NAMES, output_dict=True, zero_division=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = classification_table(*pair)
    rows = {name: name for name in CLASS_NAMES}
    rows |= {"macro average": "macro avg", "weighted average": "weighted avg"}
    for row, key in rows.items():
        expected = [report[key][name] for name in ("precision", "recall", "f1-score", "support")]
        np.testing.assert_allclose(table.loc[row], expected, rtol=0, atol=1e-12)
    accuracy = metrics.accuracy_score(*pair)
    np.testing.assert_allclose(table.loc["accuracy"].iloc[:3], accuracy, rtol=0, atol=1e-12)
    assert table.loc["accuracy", "support"] == len(pair[0])


def test_report_of_three_classes_worked_by_hand():
    table = classification_table(TRUE, PREDICTED)
    assert table.loc["T-shirt/top", "precision"] == pytest.approx(2 / 3)
    assert table.loc["Shirt", "recall"] == pytest.approx(1 / 2)
    assert table.loc["Shirt", "f1"] == pytest.approx(1 / 2)
    assert table.loc["Dress"].tolist() == [0, 0, 0, 0]
    assert table.loc["macro average", "recall"] == pytest.approx((2 / 3 + 1 + 1 / 2) / 10)
    assert table.loc["weighted average", "recall"] == pytest.approx(4 / 6)
    assert table.loc["accuracy", "f1"] == pytest.approx(4 / 6)
    assert table["support"].dtype == np.int64


def test_most_confused_of_three_classes_worked_by_hand():
    pairs = most_confused(TRUE, PREDICTED)
    assert pairs["true"].tolist() == ["T-shirt/top", "Shirt"]  # a tie: in label order
    assert pairs["predicted"].tolist() == ["Shirt", "T-shirt/top"]
    assert pairs["count"].tolist() == [1, 1]
    np.testing.assert_allclose(pairs["share"], [1 / 3, 1 / 2])
    assert list(pairs.columns) == ["true", "predicted", "count", "share"]


def test_most_confused_without_an_error_is_empty():
    pairs = most_confused(TRUE, TRUE)
    assert len(pairs) == 0
    assert list(pairs.columns) == ["true", "predicted", "count", "share"]


@settings(max_examples=40, deadline=None)
@given(label_pairs(), st.integers(1, 100))
def test_most_confused_lists_the_errors_in_order(pair, n):
    counted = {}
    for true, predicted in zip(*pair, strict=True):
        if true != predicted:
            counted[true, predicted] = counted.get((true, predicted), 0) + 1
    expected = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:n]
    found = most_confused(*pair, n=n)
    assert list(zip(found["true"], found["predicted"], found["count"], strict=True)) == [
        (CLASS_NAMES[true], CLASS_NAMES[predicted], count) for (true, predicted), count in expected
    ]


def test_shipped_weights_confuse_shirt_and_t_shirt_most(fashion):
    _, (x_test, y_test) = fashion
    upper = np.isin(y_test, [0, 2, 4, 6])  # the garments with sleeves; half the time of all ten
    predicted = forward(load_weights(), normalize(x_test[upper])).argmax(axis=1)
    worst = most_confused(y_test[upper], predicted, n=12)
    assert {worst["true"][0], worst["predicted"][0]} == {"Shirt", "T-shirt/top"}
    both_ways = worst.groupby(worst[["true", "predicted"]].apply(frozenset, axis=1))["count"].sum()
    assert both_ways.idxmax() == {"Shirt", "T-shirt/top"}


def random_answers(n=2000, accuracy=0.8, seed=1):
    rng = np.random.default_rng(seed)
    y_true = rng.integers(0, 10, n)
    return y_true, np.where(rng.random(n) < accuracy, y_true, rng.integers(0, 10, n))


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("right", [0, 1, 40, 79, 80])
def test_accuracy_interval_solves_wilsons_equation(confidence, right):
    y_true = np.ones(80, int)
    y_pred = np.where(np.arange(80) < right, 1, 2)
    found = accuracy_interval(y_true, y_pred, confidence)
    z = stats.norm.ppf((1 + confidence) / 2)
    for limit in (found.low, found.high):  # as far away as z standard errors, of the limit's own
        assert abs(found.value - limit) == pytest.approx(z * np.sqrt(limit * (1 - limit) / 80))
    assert (found.value, found.confidence) == (right / 80, confidence)
    assert 0 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize("n", [1, 20, 1000])
def test_an_interval_at_the_edge_has_a_width(n):
    best, worst = (accuracy_interval([3] * n, [label] * n) for label in (3, 5))
    assert (best.value, best.high) == (1, 1)
    assert (worst.value, worst.low) == (0, 0)
    z2 = stats.norm.ppf(0.975) ** 2
    assert 1 - best.low == pytest.approx(worst.high) == pytest.approx(z2 / (n + z2))


@pytest.mark.parametrize(("p", "n"), [(0.8, 400), (0.98, 100), (0.5, 20), (0.99, 50)])
def test_intervals_cover_the_truth_as_often_as_they_say(p, n):
    right = np.arange(n + 1)
    covered = [
        interval.low <= p <= interval.high
        for interval in (accuracy_interval([1] * n, [1] * k + [0] * (n - k)) for k in right)
    ]
    assert stats.binom(n, p).pmf(right) @ covered == pytest.approx(0.95, abs=0.045)


def test_recall_intervals_are_the_accuracy_intervals_of_single_classes():
    y_true, y_pred = random_answers()
    table = recall_intervals(y_true, y_pred, confidence=0.8)
    recalls = metrics.recall_score(y_true, y_pred, labels=LABELS, average=None)
    np.testing.assert_allclose(table["recall"], recalls)
    for label, name in enumerate(CLASS_NAMES):
        of_class = y_true == label
        expected = accuracy_interval(y_true[of_class], y_pred[of_class], confidence=0.8)
        assert table.loc[name].tolist() == [*expected[:3], of_class.sum()]


def test_recall_interval_of_a_class_without_images_is_nan():
    table = recall_intervals(TRUE, PREDICTED)
    assert table.loc["Bag"].isna().tolist() == [True, True, True, False]
    assert table.loc["Bag", "support"] == 0
    assert table.loc["Trouser", "low"] < table.loc["Trouser", "high"] == 1  # one of one


# --- two classifiers on the same images ----------------------------------------------------


def answers_of_two(both, only_a, only_b, neither):
    """Return true labels and the answers of a and b, with so many images of each case."""
    y_true = np.repeat(4, both + only_a + only_b + neither)
    right_a = np.repeat([True, True, False, False], [both, only_a, only_b, neither])
    right_b = np.repeat([True, False, True, False], [both, only_a, only_b, neither])
    return y_true, np.where(right_a, 4, 6), np.where(right_b, 4, 2)


@pytest.mark.parametrize(
    ("cases", "p_value"),
    [
        ((50, 6, 0, 4), 2 / 2**6),  # of 64 divisions of six images, all one way or all the other
        ((50, 3, 3, 4), 1),
        ((0, 5, 1, 0), 14 / 2**6),  # 1 + 6 divisions at each end
        ((9, 0, 0, 1), 1),
    ],
)
def test_mcnemars_test_worked_by_hand(cases, p_value):
    found = paired_difference(*answers_of_two(*cases))
    assert (found.only_a, found.only_b) == cases[1:3]
    assert found.p_value == pytest.approx(p_value)
    assert found.value == (cases[1] - cases[2]) / sum(cases)


def test_paired_interval_agrees_with_scipys_bootstrap_of_pairs():
    y_true, pred_a, pred_b = answers_of_two(700, 120, 60, 120)
    gain = (pred_a == y_true).astype(float) - (pred_b == y_true)
    expected = stats.bootstrap(
        (gain,),
        np.mean,
        n_resamples=4000,
        batch=500,
        method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval
    found = paired_difference(y_true, pred_a, pred_b)
    assert found.low == pytest.approx(expected.low, abs=0.003)
    assert found.high == pytest.approx(expected.high, abs=0.003)


def test_swapped_classifiers_turn_the_difference_around():
    y_true, pred_a, pred_b = answers_of_two(70, 12, 6, 12)
    one, other = (
        paired_difference(y_true, pred_a, pred_b),
        paired_difference(y_true, pred_b, pred_a),
    )
    assert (one.value, one.only_a, one.p_value) == (-other.value, other.only_b, other.p_value)
    assert one.low == pytest.approx(-other.high, abs=0.01)


@pytest.mark.parametrize("n", [20, 100])
def test_classifiers_that_never_differ_are_not_known_to_be_equal(n):
    found = paired_difference(*answers_of_two(n, 0, 0, 0))
    assert found.low < 0 == found.value < found.high
    assert found.high - found.low == pytest.approx(4 / n, rel=0.3)


@pytest.mark.parametrize("shares", [(0.02, 0.02), (0.1, 0.05), (0.05, 0.0), (0.3, 0.3)])
def test_paired_intervals_cover_the_truth(shares):
    n, covered = 200, []
    cases = np.random.default_rng(5).multinomial(n, [*shares, 1 - sum(shares)], size=300)
    for seed, (only_a, only_b, rest) in enumerate(cases):
        answers = answers_of_two(rest, only_a, only_b, 0)
        found = paired_difference(*answers, resamples=1000, seed=seed)
        covered.append(found.low <= shares[0] - shares[1] <= found.high)
    assert np.mean(covered) >= 0.92


def test_the_same_seed_gives_the_same_interval():
    answers = answers_of_two(70, 12, 6, 12)
    once, again, other = (paired_difference(*answers, resamples=500, seed=s) for s in (7, 7, 8))
    assert once == again
    assert once != other


def test_interval_is_written_with_its_limits():
    assert f"{Interval(0.9104, 0.9051, 0.9158, 0.95)}" == "0.910 (0.905 to 0.916)"
    assert f"{Interval(0.91, 0.905, 0.916, 0.95):.1%}" == "91.0% (90.5% to 91.6%)"


def test_suspects_are_sure_mistakes():
    sure = [0.91, 0.01, 0.08, *[0] * 7]
    rows = [sure, sure, sure[::-1], [0.89, 0.11, *[0] * 8], [0, 0.9, 0.1, *[0] * 7]]
    found = heuristic_suspects([0, 5, 5, 5, 2], np.array(rows))
    assert found.tolist() == [False, True, True, False, True]
    assert heuristic_suspects([0, 5, 5, 5, 2], np.array(rows), 0.5).tolist() == [False, *[True] * 4]


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        (np.full((3, 10), 0.1), r"shape \(3, 10\), and \(6, 10\)"),
        (np.full((6, 10), 0.2), "no probabilities"),
        (np.full((6, 8), 1 / 8), r"shape \(6, 8\), and \(6, 10\)"),
    ],
)
def test_suspects_need_probabilities_of_the_same_images(probabilities, message):
    with pytest.raises(ValueError, match=message):
        heuristic_suspects(TRUE, probabilities)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        (TRUE, np.eye(10)[PREDICTED], r"y_pred: .*probabilities.*argmax"),
        (np.eye(10)[TRUE], PREDICTED, r"y_true: .*probabilities.*argmax"),
        (TRUE, PREDICTED[:-1], "6 true labels, but 5 predictions"),
        ([], [], "non-empty"),
        (TRUE, PREDICTED.reshape(2, 3), "shape"),
        (TRUE, PREDICTED + 5, "0 to 9"),
        (TRUE, PREDICTED - 1, "0 to 9"),
        (TRUE, PREDICTED * 0.5, "whole numbers"),
        (TRUE, ["Shirt"] * 6, "whole numbers"),
    ],
)
def test_labels_that_do_not_fit_are_refused(function, y_true, y_pred, message):
    with pytest.raises(ValueError, match=message):
        function(y_true, y_pred)


def test_unknown_settings_are_refused():
    with pytest.raises(ValueError, match="normalize must be"):
        confusion_table(TRUE, PREDICTED, normalize="rows")
    with pytest.raises(ValueError, match="at least 1"):
        most_confused(TRUE, PREDICTED, n=0)
    for confidence in (95, 0, 1, "0.9", None, np.nan):
        with pytest.raises(ValueError, match="between 0 and 1"):
            accuracy_interval(TRUE, PREDICTED, confidence=confidence)
    with pytest.raises(ValueError, match="at least 100"):
        paired_difference(TRUE, PREDICTED, TRUE, resamples=10)
