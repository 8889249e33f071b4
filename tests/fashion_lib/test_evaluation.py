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
    confident_disagreements,
    confusion_table,
    most_confused,
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


def test_accuracy_interval_agrees_with_scipy_bootstrap():
    y_true, y_pred = random_answers()
    found = accuracy_interval(y_true, y_pred, resamples=20_000)
    expected = stats.bootstrap(
        ((y_true == y_pred).astype(float),),
        np.mean,
        n_resamples=4000,
        batch=500,
        method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval
    assert found.value == metrics.accuracy_score(y_true, y_pred)
    assert found.low == pytest.approx(expected.low, abs=0.002)
    assert found.high == pytest.approx(expected.high, abs=0.002)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99])
def test_accuracy_interval_has_binomial_quantiles(confidence):
    y_true, y_pred = random_answers()
    found = accuracy_interval(y_true, y_pred, confidence=confidence, resamples=50_000)
    low, high = stats.binom(len(y_true), found.value).interval(confidence)
    assert found.low == pytest.approx(low / len(y_true), abs=0.0015)
    assert found.high == pytest.approx(high / len(y_true), abs=0.0015)
    assert found.confidence == confidence


def test_ninety_percent_intervals_cover_the_truth_about_ninety_times_in_a_hundred():
    covered = 0
    for seed in range(300):
        right = np.random.default_rng(seed).random(400) < 0.8
        interval = accuracy_interval(
            np.ones(400, int), right.astype(int), 0.9, resamples=400, seed=seed
        )
        covered += interval.low <= 0.8 <= interval.high
    assert 0.85 <= covered / 300 <= 0.95


def test_recall_intervals_are_the_accuracy_intervals_of_single_classes():
    y_true, y_pred = random_answers()
    table = recall_intervals(y_true, y_pred, resamples=20_000)
    recalls = metrics.recall_score(y_true, y_pred, labels=LABELS, average=None)
    np.testing.assert_allclose(table["recall"], recalls)
    for label, name in enumerate(CLASS_NAMES):
        of_class = y_true == label
        low, high = stats.binom(of_class.sum(), recalls[label]).interval(0.95)
        assert table.loc[name, "support"] == of_class.sum()
        assert table.loc[name, "low"] == pytest.approx(low / of_class.sum(), abs=0.006)
        assert table.loc[name, "high"] == pytest.approx(high / of_class.sum(), abs=0.006)


def test_recall_interval_of_a_class_without_images_is_nan():
    table = recall_intervals(TRUE, PREDICTED)
    assert table.loc["Bag"].isna().tolist() == [True, True, True, False]
    assert table.loc["Bag", "support"] == 0
    assert table.loc["Trouser", ["low", "high"]].tolist() == [1, 1]  # nothing varies


@pytest.mark.parametrize("function", [accuracy_interval, recall_intervals])
def test_the_same_seed_gives_the_same_interval(function):
    y_true, y_pred = random_answers()
    once, again = (np.array(function(y_true, y_pred, seed=7)) for _ in range(2))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, np.array(function(y_true, y_pred, seed=8)))


def test_interval_is_written_with_its_limits():
    assert f"{Interval(0.9104, 0.9051, 0.9158, 0.95)}" == "0.910 (0.905 to 0.916)"
    assert f"{Interval(0.91, 0.905, 0.916, 0.95):.1%}" == "91.0% (90.5% to 91.6%)"


def test_suspects_are_the_confident_joint_off_its_diagonal():
    rng = np.random.default_rng(3)
    labels, shares = rng.integers(0, 10, 2000), rng.exponential(1, (2000, 10))
    shares[np.arange(2000), labels] += rng.exponential(3, 2000)
    probabilities = shares / shares.sum(axis=1, keepdims=True)
    joint = np.zeros((10, 10), dtype=int)  # counted image by image, as the paper puts it
    bars = [probabilities[labels == j, j].mean() for j in range(10)]
    for label, row in zip(labels, probabilities, strict=True):
        best = int(np.argmax(row))
        if row[best] >= bars[best]:
            joint[label, best] += 1
    marked = confident_disagreements(labels, probabilities)
    assert 0 < marked.sum() == joint.sum() - np.trace(joint)
    assert not marked[labels == probabilities.argmax(axis=1)].any()


def test_a_class_without_images_accuses_nobody():
    probabilities = np.full((2, 10), 0.0)
    probabilities[:, 7] = 1
    assert not confident_disagreements(np.array([1, 2]), probabilities).any()


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        (TRUE, np.eye(10)[PREDICTED], r"y_pred holds probabilities.*argmax"),
        (np.eye(10)[TRUE], PREDICTED, r"y_true holds probabilities.*argmax"),
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
    with pytest.raises(ValueError, match="between 0 and 1"):
        accuracy_interval(TRUE, PREDICTED, confidence=95)
    with pytest.raises(ValueError, match="at least 100"):
        recall_intervals(TRUE, PREDICTED, resamples=10)
