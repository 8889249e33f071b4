"""How good is a classifier? Tables and intervals; numbers only, nothing drawn."""

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

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


def _labels(labels: np.ndarray, name: str) -> np.ndarray:
    """Check one array of labels and return it as int64."""
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == len(CLASS_NAMES):
        raise ValueError(
            f"{name} holds probabilities, shape {labels.shape}: "
            f"take the class of the largest one, {name}.argmax(axis=1)."
        )
    if labels.ndim != 1 or labels.size == 0:
        raise ValueError(f"{name} must be a non-empty list of labels, not shape {labels.shape}.")
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= len(CLASS_NAMES):
        raise ValueError(f"{name} must hold whole numbers from 0 to {len(CLASS_NAMES) - 1}.")
    return labels.astype(np.int64)


def _pair(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y_true, y_pred = _labels(y_true, "y_true"), _labels(y_pred, "y_pred")
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
    ValueError
        If n is below 1, or the labels do not fit.
    """
    import pandas as pd

    if n < 1:
        raise ValueError(f"n must be at least 1, not {n}.")
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


def _bootstrap(correct: np.ndarray, confidence: float, resamples: int, seed: int) -> Interval:
    """Return the mean of 0/1 values with its bootstrap percentile interval.

    Drawing n images with replacement and counting the correct ones is one draw from a
    binomial distribution, so no image needs to be drawn.
    """
    n, value = len(correct), float(np.mean(correct))
    means = np.random.default_rng(seed).binomial(n, value, size=resamples) / n
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(value, float(low), float(high), confidence)


def _check_interval(confidence: float, resamples: int) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}.")
    if resamples < 100:
        raise ValueError(f"resamples must be at least 100, not {resamples}.")


def accuracy_interval(
    y_true: np.ndarray,
    y_pred: np.ndarray,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Return the accuracy with a bootstrap percentile interval.

    Source: Efron and Tibshirani, *An Introduction to the Bootstrap* (1993), chapter 13.

    Parameters
    ----------
    y_true, y_pred : int array, shape (n,)
        True and predicted labels, 0 to 9.
    confidence : float
        Between 0 and 1.
    resamples : int
        Bootstrap samples, at least 100.
    seed : int
        The same seed gives the same interval.

    Returns
    -------
    Interval
        value, low, high, confidence; the first three are shares in [0, 1].

    Raises
    ------
    ValueError
        If the labels or the settings do not fit.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    _check_interval(confidence, resamples)
    return _bootstrap(y_true == y_pred, confidence, resamples, seed)


def recall_intervals(
    y_true: np.ndarray,
    y_pred: np.ndarray,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> "pd.DataFrame":
    """Return each class' recall with a bootstrap percentile interval.

    The images of a class are resampled among themselves. Source: Efron and Tibshirani, *An
    Introduction to the Bootstrap* (1993), chapter 13.

    Parameters
    ----------
    y_true, y_pred, confidence, resamples, seed
        As in `accuracy_interval`.

    Returns
    -------
    DataFrame, shape (10, 4)
        Indexed by class name; columns recall, low, high (shares in [0, 1]) and support.
        A class without images has NaN.

    Raises
    ------
    ValueError
        If the labels or the settings do not fit.
    """
    import pandas as pd

    y_true, y_pred = _pair(y_true, y_pred)
    _check_interval(confidence, resamples)
    rows = []
    for label in range(len(CLASS_NAMES)):
        correct = y_pred[y_true == label] == label
        if correct.size:
            found = _bootstrap(correct, confidence, resamples, seed + label)
            rows.append((found.value, found.low, found.high, correct.size))
        else:
            rows.append((np.nan, np.nan, np.nan, 0))
    return pd.DataFrame(
        rows,
        index=pd.Index(CLASS_NAMES, name="class"),
        columns=["recall", "low", "high", "support"],
    )


def confident_disagreements(y_true: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Mark the images whose label the model contradicts with confidence.

    An image is marked if the most probable class is not its label, and is at least as probable
    as that class is, on average, for the images that are labeled with it. So the bar is high
    for a class of which the model is usually sure, and low for one of which it is not. These
    are the off-diagonal counts of the confident joint of Northcutt, Jiang and Chuang,
    "Confident learning: estimating uncertainty in dataset labels" (2021), for the most
    probable class. They are suspects, not verdicts.

    Parameters
    ----------
    y_true : int array, shape (n,)
        Labels, 0 to 9.
    probabilities : float array, shape (n, 10)
        Rows that sum to 1.

    Returns
    -------
    bool array, shape (n,)
    """
    own = probabilities[np.arange(len(y_true)), y_true]  # (n,): what each label got
    counts = np.bincount(y_true, minlength=len(CLASS_NAMES))
    sums = np.bincount(y_true, weights=own, minlength=len(CLASS_NAMES))
    usual = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)  # (10,)
    said = probabilities.argmax(axis=1)
    return (said != y_true) & (probabilities.max(axis=1) >= usual[said])
