"""Judge and use: the trusted side. Students' interpreters never see this file."""

import numpy as np

from grader.questions import (
    Assignment,
    Case,
    Inputs,
    Mistake,
    Question,
    Written,
    close,
    compare_columns,
    equal,
    numbers,
)

# --- confusion: counting pairs ---------------------------------------------------------------


def confusion(y_true, y_pred, classes, weights=None, byte=False):
    """Count by number of the place; `byte` wraps that number around, as uint8 does."""
    place = classes * np.asarray(y_true, np.int64)
    place = (place % 256 + np.asarray(y_pred, np.int64)) % 256 if byte else place + y_pred
    counts = np.bincount(place, weights=weights, minlength=classes**2)
    return counts[: classes**2].reshape(classes, classes).astype(float)


def confusion_overwritten(y_true, y_pred, classes, weights=None):
    """Add with arrays as indices, which adds once for each pair."""
    matrix = np.zeros((classes, classes))
    matrix[np.asarray(y_true, int), np.asarray(y_pred, int)] += 1 if weights is None else weights
    return matrix


def confusion_of_present(y_true, y_pred, classes, weights=None):
    """Leave out classes that never occur."""
    present = np.union1d(y_true, y_pred).astype(int)
    return confusion(y_true, y_pred, classes, weights)[np.ix_(present, present)]


def _answers(rng, classes, number):
    """Draw labels, and answers that are right more often than not, and wrong unevenly."""
    classes = np.asarray(classes)
    true = rng.choice(classes, size=number)
    shifted = classes[(np.searchsorted(classes, true) + rng.integers(1, 3, number)) % len(classes)]
    return true, np.where(rng.random(number) < 0.6, true, shifted)


def draw_pairs(rng):
    classes = int(rng.integers(4, 9))
    true, pred = _answers(rng, range(classes), 120)
    return Inputs(true.tolist(), pred.tolist(), classes)


def draw_gaps(rng):
    classes = int(rng.integers(8, 12))
    present = np.sort(rng.choice(classes - 1, size=5, replace=False))  # never the last one
    return Inputs(*_answers(rng, present, 80), classes)


def draw_bytes(rng):
    classes = int(rng.integers(20, 30))
    true, pred = _answers(rng, range(classes), 250)
    return Inputs(true.astype(np.uint8), pred.astype(np.uint8), classes)


def draw_weighted(rng):
    true, pred = _answers(rng, range(5), 90)
    return Inputs(true, pred, 5, weights=rng.uniform(0.2, 3, size=90))


CONFUSION = Question(
    id="confusion",
    name="confusion",
    title="The confusion matrix from scratch",
    reference=confusion,
    cases=(
        Case(
            "lists of labels",
            1,
            draw_pairs,
            "in row i and column j the number of pictures of class i that were taken for j",
        ),
        Case(
            "classes that never occur",
            1,
            draw_gaps,
            "a row and a column for every class, also for those without pictures",
        ),
        Case(
            "labels of 8 bits (uint8), and 20 classes or more",
            1,
            draw_bytes,
            "the same counts as for other whole numbers",
        ),
        Case("weights", 1, draw_weighted, "the sum of the weights of each pair of classes"),
    ),
    mistakes=(
        Mistake(
            lambda *a, **k: confusion(*a, **k).T,
            "the matrix is transposed: rows are the true classes",
        ),
        Mistake(
            lambda *a, **k: confusion(*a, **k, byte=True),
            "class × number of classes wraps around in uint8: convert the labels first",
        ),
        Mistake(lambda y, p, n, weights=None: confusion(y, p, n), "the weights are ignored"),
        Mistake(confusion_of_present, "classes that never occur are missing"),
        Mistake(confusion_overwritten, "pairs that occur several times are counted once"),
        Mistake(
            lambda *a, **k: confusion(*a, **k) / np.sum(confusion(*a, **k)),
            "those are shares, not counts",
        ),
    ),
)


# --- scores: recall and precision ------------------------------------------------------------


def scores(matrix, empty=np.nan):
    matrix = np.asarray(matrix, float)
    hits, rows, columns = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    found = {}
    for name, total in (("recall", rows), ("precision", columns)):
        found[name] = np.divide(hits, total, out=np.full(len(hits), empty), where=total > 0)
    return found


def scores_swapped(matrix):
    found = scores(matrix)
    return {"recall": found["precision"], "precision": found["recall"]}


def scores_of_all(matrix):
    share = np.diag(matrix) / np.sum(matrix)
    return {"recall": share, "precision": share}


def _matrix(rng, classes):
    matrix = rng.integers(1, 12, size=(classes, classes))
    return matrix + np.diag(rng.integers(10, 60, size=classes))


def draw_empty(rng):
    matrix = _matrix(rng, 6)
    unknown, silent = rng.choice(6, size=2, replace=False)
    matrix[unknown] = 0
    matrix[:, silent] = 0
    return Inputs(matrix)


SCORES = Question(
    id="scores",
    name="scores",
    title="Recall and precision",
    reference=scores,
    cases=(
        Case(
            "a matrix in which every class occurs",
            1,
            lambda rng: Inputs(_matrix(rng, int(rng.integers(3, 9)))),
            "recall: the diagonal by the sums of the rows; precision: by the sums of the columns",
        ),
        Case(
            "a class without pictures, and one that is never predicted",
            1,
            draw_empty,
            "NaN for the recall of the one and the precision of the other",
        ),
    ),
    compare=compare_columns("it is undefined"),
    mistakes=(
        Mistake(scores_swapped, "recall and precision are swapped"),
        Mistake(lambda m: scores(m, empty=0.0), "what is undefined is NaN, not 0"),
        Mistake(scores_of_all, "you divide by all pictures"),
    ),
)


# --- interval: Wilson's ----------------------------------------------------------------------


def wilson(hits, total, z=1.96):
    """Solve |p - share| = z sqrt(p (1 - p) / n) for p: the same as the formula."""
    if total == 0:
        return [0.0, 1.0]
    share, square = hits / total, z**2 / total
    roots = np.roots([1 + square, -(2 * share + square), share**2])
    return sorted(float(root.real) for root in roots)


def wald(hits, total, z=1.96):
    share = hits / total
    half = z * np.sqrt(share * (1 - share) / total)
    return [share - half, share + half]


def wilson_not_shrunk(hits, total, z=1.96):
    return [end * (1 + z**2 / total) for end in wilson(hits, total, z)]


def wilson_not_moved(hits, total, z=1.96):
    """Keep the width and leave the middle at p."""
    low, high = wilson(hits, total, z)
    return [hits / total - (high - low) / 2, hits / total + (high - low) / 2]


def _z(rng):
    return float(rng.choice([1.282, 1.645, 2.326, 2.576]))


def draw_share(rng):
    total = int(rng.integers(12, 90))
    return Inputs(int(rng.integers(1, total)), total, z=_z(rng))


def draw_extreme(rng):
    total = int(rng.integers(8, 60))
    return Inputs(int(rng.choice([0, total])), total, z=_z(rng))


INTERVAL = Question(
    id="interval",
    name="wilson",
    title="An interval that does not break",
    reference=wilson,
    cases=(
        Case("some hits", 1, draw_share, "both ends of Wilson's interval, the lower one first"),
        Case(
            "no hits, or nothing but hits",
            1,
            draw_extreme,
            "an interval with a width, and one end at 0 or 1",
        ),
        Case(
            "no pictures at all",
            1,
            lambda rng: Inputs(0, 0, z=_z(rng)),
            "anything between 0 and 1",
            times=1,
        ),
    ),
    mistakes=(
        Mistake(wald, "that is the interval of chapter 5, not Wilson's"),
        Mistake(wilson_not_shrunk, "the division by 1 + z²/n is missing"),
        Mistake(wilson_not_moved, "the interval is centered at p, but Wilson's is not"),
        Mistake(lambda hits, total, z: wilson(hits, total), "z is not used"),
        Mistake(lambda *a, **k: wilson(*a, **k)[::-1], "the upper end comes first"),
    ),
)


# --- input: a picture prepared ---------------------------------------------------------------


def to_input(picture, gray=None, distance=None, pad="even", mean=True, largest=True):
    """Prepare a picture; the settings make typical mistakes."""
    gray = gray or (lambda p: p.mean(axis=2))
    values = gray(picture) if picture.ndim == 3 else picture
    values = np.asarray(values, np.float64)
    edge = np.ones(values.shape, bool)
    edge[1:-1, 1:-1] = False
    background = np.median(values[edge])
    values = distance(values, background) if distance else np.abs(values - background)
    side = 28 * -(-max(values.shape) // 28)
    square = np.zeros((side, side))
    (height, width), k = values.shape, side // 28
    divide = {"even": lambda n: n // 2, "before": lambda n: n - n // 2, "after": lambda n: 0}[pad]
    top, left = divide(side - height), divide(side - width)
    square[top : top + height, left : left + width] = values
    cells = square.reshape(28, k, 28, k)
    small = cells.mean(axis=(1, 3)) if mean else cells[:, 0, :, 0]
    return (small / (small.max() if largest else 255.0)).reshape(1, 28, 28, 1)


def _gray_in_bytes(picture):
    return picture.sum(axis=2, dtype=np.uint8) / 3


def compare_input(expected, answer, inputs):
    given = numbers(answer)
    if given.shape != expected.shape and given.size == expected.size:
        return "the answer has the right number of values, but not the shape (1, 28, 28, 1)"
    return close(0.015)(expected, given, inputs)


def _garment(rng, height, width, background=0, channels=()):
    """Draw rough pixels on an even background; a strap of them touches the upper edge."""
    picture = np.full((height, width, *channels), background, dtype=np.uint8)
    top, left = rng.integers(2, 6, size=2)
    bottom, right = height - rng.integers(2, 6), width - rng.integers(2, 6)
    pixels = rng.integers(0, 256, size=(bottom - top, right - left, *channels))
    picture[top:bottom, left:right] = pixels
    middle = width // 2
    picture[:top, middle : middle + 3] = rng.integers(0, 256, size=(top, 3, *channels))
    return picture


def draw_gray(rng):
    side = 28 * int(rng.integers(2, 5))
    return Inputs(_garment(rng, side, side))


def draw_color(rng):
    side = 28 * int(rng.integers(2, 4))
    return Inputs(_garment(rng, side, side, channels=(3,)))


def draw_background(rng):
    background = int(rng.integers(90, 170))
    picture = _garment(rng, 56, 56, background=background)
    # A rough background, and a garment at the left edge: no mean, mode, corner or single edge
    # has its value.
    picture = np.where(picture == background, background + rng.integers(-9, 10, (56, 56)), picture)
    picture[:, 0] = picture[0, 18:38] = picture[[0, -1], -1] = 0 if background > 127 else 255
    return Inputs(picture.astype(np.uint8))


def draw_oblong(rng):
    # The longer side wants an odd number of rows or columns, the shorter one too.
    long, short = 28 * int(rng.integers(2, 5)) - 3, 2 * int(rng.integers(12, 16)) + 1
    size = (long, short) if rng.random() < 0.5 else (short, long)
    return Inputs(_garment(rng, *size))


INPUT = Question(
    id="input",
    name="to_input",
    title="From a picture to an input",
    reference=to_input,
    cases=(
        Case(
            "a gray, square picture on black",
            1,
            draw_gray,
            "the means of 28×28 blocks, divided by the largest, in the shape (1, 28, 28, 1)",
        ),
        Case("a color picture", 1, draw_color, "the same, from the mean of the three channels"),
        Case(
            "another background than black",
            1,
            draw_background,
            "the same, from the distance of each pixel to the background",
        ),
        Case(
            "any height and width",
            1,
            draw_oblong,
            "black on all sides up to a square whose side is a multiple of 28",
        ),
    ),
    compare=compare_input,
    mistakes=(
        Mistake(
            lambda p: to_input(p, gray=_gray_in_bytes),
            "the sum of the channels wraps around in uint8: convert first",
        ),
        Mistake(
            lambda p: to_input(p, gray=lambda q: q[:, :, 0]), "one channel stands for all three"
        ),
        Mistake(
            lambda p: to_input(p, distance=lambda v, b: (v - b) % 256),
            "differences wrap around in uint8: convert first",
        ),
        Mistake(
            lambda p: to_input(p, distance=lambda v, b: np.maximum(b - v, 0)),
            "garments may be brighter than their background too: take the distance",
        ),
        Mistake(
            lambda p: to_input(p, distance=lambda v, b: np.maximum(v - b, 0)),
            "garments may be darker than their background too: take the distance",
        ),
        Mistake(lambda p: to_input(p, distance=lambda v, b: v), "the background is not removed"),
        Mistake(
            lambda p: to_input(p, distance=lambda v, b: 255 - v if b > 127 else v),
            "negation makes a background black only if it was white: take the distance",
        ),
        Mistake(lambda p: to_input(p, pad="after"), "all black is added at the right and bottom"),
        Mistake(
            lambda p: to_input(p, pad="before"),
            "of an odd number, the larger part goes to the right or the bottom",
        ),
        Mistake(lambda p: to_input(p, mean=False), "one pixel stands for its whole block"),
        Mistake(
            lambda p: to_input(p, largest=False),
            "the values are divided by 255, not by the largest",
        ),
    ),
)


# --- decide and threshold: when to abstain ---------------------------------------------------


def decide(probabilities, threshold):
    return [int(row.argmax()) if row.max() >= threshold else -1 for row in probabilities]


def decide_strictly(probabilities, threshold):
    return [int(row.argmax()) if row.max() > threshold else -1 for row in probabilities]


def _rows(rng, confidences, classes=5):
    """Return probabilities with these largest values, at random places, and the places."""
    rest = rng.dirichlet(np.ones(classes - 1), size=len(confidences))
    # So that no other class comes near: all confidences are above a half.
    rows = rest * (1 - confidences)[:, None]
    top = rng.integers(classes, size=len(confidences))
    return np.stack(
        [np.insert(row, k, c) for row, k, c in zip(rows, top, confidences, strict=True)]
    ), top


def draw_decisions(rng):
    confidences = rng.integers(33, 62, size=30) / 64  # exact in any float type
    threshold = float(confidences[rng.integers(30)])
    return Inputs(_rows(rng, confidences)[0], threshold)


DECIDE = Question(
    id="decide",
    name="decide",
    title="Say nothing",
    reference=decide,
    cases=(
        Case(
            "a batch in which one confidence equals the threshold",
            1,
            draw_decisions,
            "the most probable class where its probability is at least the threshold, else -1",
        ),
    ),
    compare=equal,
    mistakes=(
        Mistake(decide_strictly, "a probability that equals the threshold is enough"),
        Mistake(lambda p, t: [int(row.argmax()) for row in p], "the threshold is ignored"),
        Mistake(
            lambda p, t: [n for n in decide(p, t) if n >= 0],
            "pictures without an answer are left out: they are -1",
        ),
    ),
)


def _risks(probabilities, labels):
    """Return the confidences, the largest first, and the share of errors down to each."""
    confidence = probabilities.max(axis=1)
    order = confidence.argsort()[::-1]
    wrong = (probabilities.argmax(axis=1) != labels)[order]
    return confidence[order], wrong.cumsum() / np.arange(1, len(labels) + 1), wrong


def choose_threshold(probabilities, labels, risk):
    confidence, share, _ = _risks(probabilities, labels)
    allowed = np.flatnonzero(share <= risk)
    return float(confidence[allowed[-1]]) if allowed.size else np.inf


def choose_first_excess(probabilities, labels, risk):
    """Stop before the share first exceeds the risk."""
    confidence, share, _ = _risks(probabilities, labels)
    number = int(np.argmax(share > risk)) if (share > risk).any() else len(share)
    return float(confidence[number - 1]) if number else np.inf


def choose_strictly(probabilities, labels, risk):
    confidence, share, _ = _risks(probabilities, labels)
    allowed = np.flatnonzero(share < risk)
    return float(confidence[allowed[-1]]) if allowed.size else np.inf


def choose_by_all(probabilities, labels, risk):
    """Divide the errors by all pictures, answered or not."""
    confidence, _, wrong = _risks(probabilities, labels)
    allowed = np.flatnonzero(wrong.cumsum() / len(labels) <= risk)
    return float(confidence[allowed[-1]]) if allowed.size else np.inf


def choose_highest(probabilities, labels, risk):
    """Take the highest threshold that will do: safe, and silent."""
    confidence, share, _ = _risks(probabilities, labels)
    allowed = np.flatnonzero(share <= risk)
    return float(confidence[allowed[0]]) if allowed.size else np.inf


def choose_by_confidence(probabilities, labels, risk):
    """Believe the network: a probability of 1 - risk."""
    return 1 - risk


def compare_threshold(expected, answer, inputs):
    """Judge a threshold by the pictures that it answers, not by its value."""
    given = numbers(answer)
    if given.size != 1 or np.isnan(given).any():
        return "the answer is not a threshold"
    confidence = inputs.args[0].max(axis=1)
    # A threshold that went through float32 is as good.
    answers = [int((confidence >= t - 1e-7).sum()) for t in (float(expected), given.item())]
    if answers[0] == answers[1]:
        return None
    if answers[1] < answers[0]:
        return "with this threshold fewer pictures are answered than could be"
    return "with this threshold too many answers are wrong"


def _judged(rng, wrong):
    """Draw pictures whose answers are wrong where `wrong` says so, the most confident first."""
    number = len(wrong)
    steps = rng.permutation(np.arange(1, 400))[:number]
    confidences = np.sort(0.55 + steps / 1000)[::-1]
    rows, top = _rows(rng, confidences)
    labels = np.where(wrong, (top + rng.integers(1, 5, size=number)) % 5, top)
    order = rng.permutation(number)
    return rows[order], labels[order]


def draw_falling(rng):
    """Draw a first part that is right and a second one in which every other answer is wrong."""
    # Not a multiple of 8, nor one more: no share is 0.1 exactly, none comes back to it.
    right = int(rng.choice([20, 21, 22, 23, 26, 27, 28]))
    wrong = np.r_[np.zeros(right, bool), np.tile([True, False], 20)]
    return Inputs(*_judged(rng, wrong), 0.1)


def draw_bumpy(rng):
    """Draw two early errors, which exceed the risk until many right answers have followed.

    At the end of the right answers the share is the risk exactly, 1/16, which no rounding
    disturbs.
    """
    wrong = np.zeros(32, bool)
    wrong[rng.choice(np.arange(1, 6), size=2, replace=False)] = True
    return Inputs(*_judged(rng, np.r_[wrong, np.ones(12, bool)]), 1 / 16)


def draw_hopeless(rng):
    wrong = rng.permutation(np.r_[np.zeros(30, bool), np.ones(15, bool)])
    wrong[0] = True
    return Inputs(*_judged(rng, wrong), 0.02)


THRESHOLD = Question(
    id="threshold",
    name="choose_threshold",
    title="The price of silence",
    reference=choose_threshold,
    cases=(
        Case(
            "confident answers that are right, others that are often wrong",
            1,
            draw_falling,
            "the threshold that answers most pictures with at most the given share of errors",
        ),
        Case(
            "a share of errors that rises, falls and rises",
            1,
            draw_bumpy,
            "the threshold that answers most pictures, also if fewer answers would be worse",
        ),
        Case(
            "no threshold that keeps the promise",
            1,
            draw_hopeless,
            "a threshold that no picture reaches, such as infinity",
        ),
    ),
    compare=compare_threshold,
    mistakes=(
        Mistake(
            choose_first_excess,
            "you stop at the first excess, but with more answers it may be all right again",
        ),
        Mistake(choose_by_all, "shares are of the answers given, not of all pictures"),
        Mistake(choose_strictly, "a share that equals the risk is allowed"),
        Mistake(choose_highest, "that threshold is safe, but a lower one answers more"),
        Mistake(
            choose_by_confidence,
            "you believe the network's probabilities: count the errors in place of that",
        ),
    ),
)

ASSIGNMENT = Assignment(
    name="a4_judging",
    title="Judge and use",
    minutes=85,
    questions=(
        CONFUSION,
        SCORES,
        INTERVAL,
        INPUT,
        DECIDE,
        THRESHOLD,
        Written(
            id="advice",
            title="When to say nothing",
            points=3,
            guidance=(
                "1 point: reads the intervals rightly (a promise inside its interval is not "
                "contradicted, nor proved) and says why choosing and trying on the same pictures "
                "is too good. 1 point: a threshold does not protect against what is no garment, "
                "with the reason. 1 point: at least one sensible further measurement (the "
                "shop's own pictures and mix, non-garments, intervals per class, samples later)."
            ),
        ),
    ),
)
