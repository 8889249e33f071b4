"""How good is a classifier? Tables and intervals; numbers only, nothing drawn."""

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from fashion_lib._checks import check_probabilities, whole_labels, whole_number
from fashion_lib.data import CLASS_NAMES

if TYPE_CHECKING:
    import pandas as pd


class Interval(NamedTuple):
    """An estimate with the interval that its sampling error spans."""

    value: float
    low: float
    high: float
    confidence: float

    def __format__(self, spec: str) -> str:
        """Write as "value (low to high)", each number in the format `spec`."""
        spec = spec or ".3f"
        return f"{self.value:{spec}} ({self.low:{spec}} to {self.high:{spec}})"


def _pair(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y_true = whole_labels(y_true, "y_true", len(CLASS_NAMES))
    y_pred = whole_labels(y_pred, "y_pred", len(CLASS_NAMES))
    if len(y_true) != len(y_pred):
        raise ValueError(f"{len(y_true)} true labels, but {len(y_pred)} predictions.")
    return y_true, y_pred


def _counts(y_true: np.ndarray, y_pred: np.ndarray, normalize: str | None = None) -> np.ndarray:
    from sklearn.metrics import confusion_matrix

    labels = np.arange(len(CLASS_NAMES))
    return confusion_matrix(y_true, y_pred, labels=labels, normalize=normalize)


def confusion_table(
    y_true: np.ndarray, y_pred: np.ndarray, normalize: Literal["true", "pred"] | None = None
) -> "pd.DataFrame":
    """Count how often each true class was predicted as each class.

    Parameters
    ----------
    y_true, y_pred : int array, shape (n,)
        True and predicted labels, 0 to 9. The order matters: swapped, the table is transposed.
    normalize : {None, "true", "pred"}
        None: counts. "true": shares of each row, so that the diagonal is the recall.
        "pred": shares of each column, so that the diagonal is the precision. A class without
        images has zeros.

    Returns
    -------
    DataFrame, shape (10, 10)
        Rows are the true classes, columns the predicted ones; int64 counts or float64 shares.

    Raises
    ------
    ValueError
        If the labels differ in number, are out of range, or are probabilities.
    """
    import pandas as pd

    y_true, y_pred = _pair(y_true, y_pred)
    if normalize not in (None, "true", "pred"):
        raise ValueError(f"normalize must be None, 'true' or 'pred', not {normalize!r}.")
    return pd.DataFrame(
        _counts(y_true, y_pred, normalize),
        index=pd.Index(CLASS_NAMES, name="true"),
        columns=pd.Index(CLASS_NAMES, name="predicted"),
    )


def classification_table(y_true: np.ndarray, y_pred: np.ndarray) -> "pd.DataFrame":
    """Return precision, recall, F1 and support per class, with their averages.

    Parameters
    ----------
    y_true, y_pred : int array, shape (n,)
        True and predicted labels, 0 to 9.

    Returns
    -------
    DataFrame, shape (13, 4)
        Columns precision, recall, f1, support; a row per class, then "macro average" (every
        class counts the same), "weighted average" (every image does) and "accuracy", whose
        three scores are the share of correct predictions. A score without images is 0.

    Raises
    ------
    ValueError
        If the labels differ in number, are out of range, or are probabilities.
    """
    import pandas as pd
    from sklearn.metrics import classification_report

    y_true, y_pred = _pair(y_true, y_pred)
    labels = np.arange(len(CLASS_NAMES))
    report = classification_report(
        y_true, y_pred, labels=labels, target_names=CLASS_NAMES, output_dict=True, zero_division=0
    )
    report["macro average"] = report.pop("macro avg")
    report["weighted average"] = report.pop("weighted avg")
    report["accuracy"] = dict.fromkeys(["precision", "recall", "f1-score"], report.pop("accuracy"))
    report["accuracy"]["support"] = len(y_true)
    table = pd.DataFrame.from_dict(report, orient="index").rename(columns={"f1-score": "f1"})
    return table.rename_axis("class").astype({"support": np.int64})


def most_confused(y_true: np.ndarray, y_pred: np.ndarray, n: int = 5) -> "pd.DataFrame":
    """List the most frequent errors: which class was taken for which, and how often.

    Parameters
    ----------
    y_true, y_pred : int array, shape (n_images,)
        True and predicted labels, 0 to 9.
    n : int
        How many pairs to list at most; pairs that never occur are left out.

    Returns
    -------
    DataFrame, shape (at most n, 4)
        Columns true, predicted (class names), count, and share: of the true class' images.
        Largest count first; ties in the order of the labels.

    Raises
    ------
    TypeError
        If n is no whole number.
    ValueError
        If n is below 1, or the labels do not fit.
    """
    import pandas as pd

    n = whole_number("n", n, 1)
    counts = _counts(*_pair(y_true, y_pred))
    errors = counts - np.diag(np.diag(counts))
    order = np.argsort(-errors, axis=None, kind="stable")[:n]
    rows, columns = np.unravel_index(order, errors.shape)
    found = errors[rows, columns] > 0
    rows, columns = rows[found], columns[found]
    return pd.DataFrame(
        {
            "true": [CLASS_NAMES[row] for row in rows],
            "predicted": [CLASS_NAMES[column] for column in columns],
            "count": errors[rows, columns],
            "share": errors[rows, columns] / counts.sum(axis=1)[rows],
        }
    )


def _check_confidence(confidence: float) -> None:
    if not isinstance(confidence, int | float | np.number) or not 0 < confidence < 1:
        raise ValueError(f"confidence must be a number between 0 and 1, not {confidence!r}.")


def _wilson(correct: np.ndarray, confidence: float) -> Interval:
    """Return the share of 0/1 values with Wilson's interval."""
    from scipy.stats import binomtest

    found = binomtest(int(correct.sum()), correct.size)
    limits = found.proportion_ci(confidence, method="wilson")
    return Interval(float(found.statistic), float(limits.low), float(limits.high), confidence)


def accuracy_interval(y_true: np.ndarray, y_pred: np.ndarray, confidence: float = 0.95) -> Interval:
    """Return the accuracy with its confidence interval, which holds at the edge too [1]_.

    Of 20 images that are all named correctly, it reaches from 0.84 to 1.

    Parameters
    ----------
    y_true, y_pred : int array, shape (n,)
        True and predicted labels, 0 to 9.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    Interval
        value, low, high, confidence; the first three are shares in [0, 1].

    Raises
    ------
    ValueError
        If the labels or the confidence do not fit.

    References
    ----------
    .. [1] E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference",
       Journal of the American Statistical Association 22 (158), 1927.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    _check_confidence(confidence)
    return _wilson(y_true == y_pred, confidence)


def recall_intervals(
    y_true: np.ndarray, y_pred: np.ndarray, confidence: float = 0.95
) -> "pd.DataFrame":
    """Return each class' recall with its confidence interval, Wilson's.

    Parameters
    ----------
    y_true, y_pred, confidence
        As in `accuracy_interval`.

    Returns
    -------
    DataFrame, shape (10, 4)
        Indexed by class name; columns recall, low, high (shares in [0, 1]) and support.
        A class without images has NaN.

    Raises
    ------
    ValueError
        If the labels or the confidence do not fit.
    """
    import pandas as pd

    y_true, y_pred = _pair(y_true, y_pred)
    _check_confidence(confidence)
    rows = []
    for label in range(len(CLASS_NAMES)):
        correct = y_pred[y_true == label] == label
        found = _wilson(correct, confidence) if correct.size else (np.nan, np.nan, np.nan)
        rows.append((*found[:3], correct.size))
    return pd.DataFrame(
        rows,
        index=pd.Index(CLASS_NAMES, name="class"),
        columns=["recall", "low", "high", "support"],
    )


class PairedDifference(NamedTuple):
    """How much better one classifier is than another on the same images.

    Attributes
    ----------
    value, low, high, confidence : float
        Accuracy of a minus accuracy of b, with its interval; from -1 to 1.
    only_a, only_b : int
        Images that a alone names correctly, and b alone.
    p_value : float
        Of McNemar's exact test: how probable so unequal a division, or one more unequal, of these
        images would be if both were right equally often.
    """

    value: float
    low: float
    high: float
    confidence: float
    only_a: int
    only_b: int
    p_value: float


def paired_difference(
    y_true: np.ndarray,
    pred_a: np.ndarray,
    pred_b: np.ndarray,
    confidence: float = 0.95,
    resamples: int = 10_000,
    seed: int = 0,
) -> PairedDifference:
    """Compare the accuracies of two classifiers on the same images.

    What both name correctly, or neither, says nothing about the difference. McNemar's test [1]_,
    in its exact form, looks at the other images alone. The interval is a percentile bootstrap
    [2]_ of images, each with both answers. That two classifiers never differ on a few images
    does not prove that they never would, so half an image is added to each of the four cases, both
    right, only a, only b, neither [3]_.

    Parameters
    ----------
    y_true, pred_a, pred_b : int array, shape (n,)
        True labels, and those that a and b predict, 0 to 9, in the order of the same images.
    confidence : float
        Of the interval, between 0 and 1.
    resamples, seed : int
        Bootstrap samples, at least 100; the same seed gives the same interval.

    Returns
    -------
    PairedDifference

    Raises
    ------
    TypeError, ValueError
        If the labels or the settings do not fit.

    References
    ----------
    .. [1] Q. McNemar, "Note on the Sampling Error of the Difference between Correlated Proportions
       or Percentages", Psychometrika 12 (2), 1947.
    .. [2] B. Efron, R. J. Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13.
    .. [3] A. Agresti, Y. Min, "Simple Improved Confidence Intervals for Comparing Matched
       Proportions", Statistics in Medicine 24 (5), 2005.
    """
    from scipy.stats import binomtest

    (y_true, pred_a), (_, pred_b) = _pair(y_true, pred_a), _pair(y_true, pred_b)
    _check_confidence(confidence)
    resamples, seed = whole_number("resamples", resamples, 100), whole_number("seed", seed, 0)
    right_a, right_b = pred_a == y_true, pred_b == y_true
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    # To draw images with replacement and count the cases is to draw from a multinomial.
    n, p_value = len(y_true), 1.0
    cases = np.array([only_a + 0.5, only_b + 0.5, n - only_a - only_b + 1])
    drawn = np.random.default_rng(seed).multinomial(n, cases / cases.sum(), size=resamples)
    tail = (1 - confidence) / 2
    low, high = np.quantile((drawn[:, 0] - drawn[:, 1]) / n, [tail, 1 - tail])
    if only_a + only_b:
        p_value = float(binomtest(only_a, only_a + only_b).pvalue)
    value = (only_a - only_b) / n
    return PairedDifference(value, float(low), float(high), confidence, only_a, only_b, p_value)


def heuristic_suspects(
    y_true: np.ndarray, probabilities: np.ndarray, confidence: float = 0.9
) -> np.ndarray:
    """Mark suspected labels by a rule of thumb: a sure network contradicts them.

    A label is a suspect if the most probable class is another one, and has a probability of at
    least `confidence`. A suspect can be right, and a wrong label no suspect: a network can be sure
    and wrong, or agree with a wrong label.

    Parameters
    ----------
    y_true : int array, shape (n,)
        Labels, 0 to 9.
    probabilities : float array, shape (n, 10)
        Rows that sum to 1.
    confidence : float
        From 0 to 1.

    Returns
    -------
    bool array, shape (n,)

    Raises
    ------
    ValueError
        If these are no labels and probabilities of the same images.
    """
    y_true = whole_labels(y_true, "y_true", len(CLASS_NAMES))
    probabilities = check_probabilities(probabilities, len(y_true), len(CLASS_NAMES))
    return (probabilities.argmax(axis=1) != y_true) & (probabilities.max(axis=1) >= confidence)
