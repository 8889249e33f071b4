"""Answers to *Judge and use* that are typical or unusual, and what each must lose."""

from grader.trials import Wrong

CONFUSION = """
def confusion(y_true, y_pred, classes, weights=None):
    w = {weights}
    y_true, y_pred = {labels}
    matrix = np.zeros({shape})
    for k in range(len(y_true)):
        {add}
    return {end}
"""


def _confusion(
    weights: str = "np.ones(len(y_true)) if weights is None else weights",
    labels: str = "list(y_true), list(y_pred)",
    shape: str = "(classes, classes)",
    add: str = "matrix[y_true[k], y_pred[k]] += w[k]",
    end: str = "matrix",
) -> str:
    return CONFUSION.format(weights=weights, labels=labels, shape=shape, add=add, end=end)


SCORES = """
def scores(matrix):
    m = np.asarray(matrix, float)
    hits = np.diag(m)
    with np.errstate(all="ignore"):
        return {end}
"""
SCORES_END = 'pd.DataFrame({"recall": hits / m.sum(axis=1), "precision": hits / m.sum(axis=0)})'

WILSON = """
def wilson(hits, total, z=1.96):
    {nothing}
    p, n = hits / total, total
    center, half = {center}, {half}
    return {end}
"""


def _wilson(
    nothing: str = "if total == 0: return (0, 1)",
    center: str = "p + z * z / (2 * n)",
    half: str = "z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))",
    end: str = "np.array([center - half, center + half]) / (1 + z * z / n)",
) -> str:
    return WILSON.format(nothing=nothing, center=center, half=half, end=end)


INPUT = """
def to_input(picture):
    x = {start}
    if x.ndim == 3:
        x = {gray}
    border = {border}
    x = {distance}
    h, w = x.shape
    k = {k}
    top, left = {top}, {left}
    square = np.zeros((28 * k, 28 * k))
    square[top:top + h, left:left + w] = x
    small = {small}
    return {end}
"""


def _input(
    start: str = "picture.astype(float)",
    gray: str = "x.mean(axis=2)",
    border: str = "np.concatenate([x[0], x[-1], x[1:-1, 0], x[1:-1, -1]])",
    distance: str = "np.abs(x - np.median(border))",
    k: str = "math.ceil(max(h, w) / 28)",
    top: str = "(28 * k - h) // 2",
    left: str = "(28 * k - w) // 2",
    small: str = "square.reshape(28, k, 28, k).mean(axis=3).mean(axis=1)",
    end: str = "(small / small.max())[None, :, :, None]",
) -> str:
    return INPUT.format(
        start=start,
        gray=gray,
        border=border,
        distance=distance,
        k=k,
        top=top,
        left=left,
        small=small,
        end=end,
    )


THRESHOLD = """
def choose_threshold(probabilities, labels, risk):
    confidence = probabilities.max(axis=1)
    wrong = probabilities.argmax(axis=1) != labels
    best = np.inf
    for t in {tries}:
        answered = confidence {enough} t
        share = wrong[answered].sum() / {total}
        if share {allowed} risk:
            best = t
        {otherwise}
    return best
"""


def _threshold(
    tries: str = "sorted(confidence, reverse=True)",
    enough: str = ">=",
    total: str = "answered.sum()",
    allowed: str = "<=",
    otherwise: str = "",
) -> str:
    return THRESHOLD.format(
        tries=tries, enough=enough, total=total, allowed=allowed, otherwise=otherwise
    )


WRONG = (
    # confusion
    Wrong("loops, right", "confusion", 0, _confusion()),
    Wrong("nested lists, right", "confusion", 0, _confusion(end="matrix.tolist()")),
    Wrong(
        "by scikit-learn, right",
        "confusion",
        0,
        """
def confusion(y_true, y_pred, classes, weights=None):
    from sklearn.metrics import confusion_matrix
    return confusion_matrix(y_true, y_pred, labels=range(classes), sample_weight=weights)
""",
    ),
    Wrong(
        "by np.add.at",
        "confusion",
        0,
        """
def confusion(y_true, y_pred, classes, weights=None):
    matrix = np.zeros((classes, classes))
    np.add.at(matrix, (np.asarray(y_true), np.asarray(y_pred)), 1 if weights is None else weights)
    return matrix
""",
    ),
    Wrong("transposed", "confusion", 4, _confusion(end="matrix.T")),
    Wrong(
        "place computed in uint8",
        "confusion",
        1,
        """
def confusion(y_true, y_pred, classes, weights=None):
    place = classes * np.asarray(y_true) + np.asarray(y_pred)
    counts = np.bincount(place, weights=weights, minlength=classes**2)
    return counts.reshape(classes, classes)
""",
    ),
    Wrong("weights ignored", "confusion", 1, _confusion(weights="np.ones(len(y_true))")),
    Wrong(
        "pairs counted once",
        "confusion",
        4,
        """
def confusion(y_true, y_pred, classes, weights=None):
    matrix = np.zeros((classes, classes))
    matrix[np.asarray(y_true), np.asarray(y_pred)] += 1 if weights is None else weights
    return matrix
""",
    ),
    Wrong(
        "as many classes as occur",
        "confusion",
        1,
        """
def confusion(y_true, y_pred, classes, weights=None):
    from sklearn.metrics import confusion_matrix
    return confusion_matrix(y_true, y_pred, sample_weight=weights)
""",
    ),
    Wrong("ten classes always", "confusion", 4, _confusion(shape="(10, 10)")),
    Wrong(
        "shares of the rows",
        "confusion",
        4,
        _confusion(end="matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)"),
    ),
    Wrong("returns nothing", "confusion", 4, _confusion(end="None")),
    # scores
    Wrong("a DataFrame, right", "scores", 0, SCORES.format(end=SCORES_END)),
    Wrong(
        "further columns",
        "scores",
        0,
        SCORES.format(end=SCORES_END + ".assign(f1=0.5, support=m.sum(axis=1))"),
    ),
    Wrong(
        "swapped",
        "scores",
        2,
        SCORES.format(
            end=SCORES_END.replace("axis=1", "axis=2")
            .replace("axis=0", "axis=1")
            .replace("axis=2", "axis=0")
        ),
    ),
    Wrong("zeros for what is undefined", "scores", 1, SCORES.format(end=SCORES_END + ".fillna(0)")),
    Wrong(
        "divides by all",
        "scores",
        2,
        SCORES.format(end='{"recall": hits / m.sum(), "precision": hits / m.sum()}'),
    ),
    Wrong("averages alone", "scores", 2, SCORES.format(end=SCORES_END + ".mean().to_dict()")),
    Wrong(
        "a pair for a table",
        "scores",
        2,
        SCORES.format(end="hits / m.sum(axis=1), hits / m.sum(axis=0)"),
    ),
    # interval
    Wrong("an array, right", "interval", 0, _wilson()),
    Wrong(
        "by statsmodels' way, right",
        "interval",
        0,
        """
def wilson(hits, total, z=1.96):
    if not total:
        return [0, 1]
    n = total + z**2
    middle = (hits + z**2 / 2) / n
    half = z / n * np.sqrt(hits * (total - hits) / total + z**2 / 4)
    return [max(middle - half, 0), min(middle + half, 1)]
""",
    ),
    Wrong(
        "the old interval",
        "interval",
        2,
        _wilson(
            center="p", half="z * math.sqrt(p * (1 - p) / n)", end="(center - half, center + half)"
        ),
    ),
    Wrong("not divided", "interval", 2, _wilson(end="(center - half, center + half)")),
    Wrong("centered at p", "interval", 2, _wilson(center="p * (1 + z * z / n)")),
    Wrong("z ignored", "interval", 2, _wilson("if total == 0: return (0, 1)\n    z = 1.96")),
    Wrong("fails without pictures", "interval", 1, _wilson(nothing="")),
    Wrong("NaN without pictures", "interval", 1, _wilson("if total == 0: return (np.nan, np.nan)")),
    Wrong(
        "ends swapped",
        "interval",
        2,
        _wilson(end="np.array([center + half, center - half]) / (1 + z * z / n)"),
    ),
    Wrong(
        "middle and half",
        "interval",
        2,
        _wilson(end="center / (1 + z * z / n), half / (1 + z * z / n)"),
    ),
    # input
    Wrong("in other words, right", "input", 0, _input()),
    Wrong("in float32", "input", 0, _input(start="picture.astype(np.float32)")),
    Wrong(
        "whole gray levels between the steps",
        "input",
        0,
        _input(
            gray="np.round(x.mean(axis=2))",
            small="np.round(square.reshape(28, k, 28, k).mean(axis=(1, 3)))",
        ),
    ),
    Wrong(
        "by Pillow's box",
        "input",
        0,
        _input(
            small="np.asarray(Image.fromarray(np.round(square).astype(np.uint8))"
            ".resize((28, 28), Image.Resampling.BOX)).astype(float)"
        ),
    ),
    Wrong(
        "channels summed in uint8",
        "input",
        1,
        _input(
            start="picture",
            gray="((x[..., 0] + x[..., 1] + x[..., 2]) / 3)",
            distance="np.abs(x.astype(float) - np.median(border))",
        ),
    ),
    Wrong("one channel", "input", 1, _input(gray="x[:, :, 0]")),
    Wrong("luma for the mean", "input", 1, _input(gray="x @ [0.299, 0.587, 0.114]")),
    Wrong(
        "subtracts in uint8",
        "input",
        1,
        _input(
            start="picture",
            distance="np.abs(x - np.median(border).astype(np.uint8))",
            gray="x.mean(axis=2)",
        ),
    ),
    Wrong("background kept", "input", 1, _input(distance="x")),
    Wrong(
        "negated if bright",
        "input",
        1,
        _input(distance="255 - x if np.median(border) > 127 else x"),
    ),
    Wrong(
        "darker pixels alone", "input", 4, _input(distance="np.maximum(np.median(border) - x, 0)")
    ),
    Wrong("background of a corner", "input", 1, _input(border="x[-1:, 0]")),
    Wrong("background of a side", "input", 1, _input(border="x[:, 0]")),
    Wrong(
        "the most frequent background",
        "input",
        1,
        _input(distance="np.abs(x - np.bincount(border.astype(int)).argmax())"),
    ),
    Wrong("black below and right", "input", 1, _input(top="0", left="0")),
    Wrong(
        "larger part first",
        "input",
        1,
        _input(top="(28 * k - h + 1) // 2", left="(28 * k - w + 1) // 2"),
    ),
    Wrong("cut to whole blocks", "input", 1, _input(k="max(h, w) // 28")),
    Wrong(
        "stretched",
        "input",
        1,
        _input(small="np.asarray(Image.fromarray(x).resize((28, 28), Image.Resampling.BOX))"),
    ),
    Wrong("every k-th pixel", "input", 4, _input(small="square[::k, ::k]")),
    Wrong("divided by 255", "input", 4, _input(end="(small / 255)[None, :, :, None]")),
    Wrong("no batch axis", "input", 4, _input(end="(small / small.max())[:, :, None]")),
    Wrong("no axes", "input", 4, _input(end="small / small.max()")),
    Wrong(
        "by prepare_image",
        "input",
        4,
        """
from fashion_lib import prepare_image
def to_input(picture):
    return normalize(prepare_image(picture).pixels[np.newaxis])
""",
    ),
    # decide
    Wrong(
        "a loop, right",
        "decide",
        0,
        """
def decide(probabilities, threshold):
    return [int(np.argmax(p)) if max(p) >= threshold else -1 for p in probabilities]
""",
    ),
    Wrong(
        "more than the threshold",
        "decide",
        1,
        """
def decide(probabilities, threshold):
    return np.where(probabilities.max(axis=1) > threshold, probabilities.argmax(axis=1), -1)
""",
    ),
    Wrong(
        "leaves pictures out",
        "decide",
        1,
        """
def decide(probabilities, threshold):
    return probabilities.argmax(axis=1)[probabilities.max(axis=1) >= threshold]
""",
    ),
    Wrong(
        "None for silence",
        "decide",
        1,
        """
def decide(probabilities, threshold):
    return [int(np.argmax(p)) if max(p) >= threshold else None for p in probabilities]
""",
    ),
    Wrong(
        "-1 in uint8",
        "decide",
        1,
        """
def decide(probabilities, threshold):
    answers = probabilities.argmax(axis=1).astype(np.int8).view(np.uint8)
    answers[probabilities.max(axis=1) < threshold] = 255
    return answers
""",
    ),
    # threshold
    Wrong("a loop, right", "threshold", 0, _threshold()),
    Wrong(
        "in float32", "threshold", 0, _threshold().replace("return best", "return np.float32(best)")
    ),
    Wrong(
        "between two confidences",
        "threshold",
        0,
        _threshold().replace("return best", "return best - 1e-5"),
    ),
    Wrong("2 for never", "threshold", 0, _threshold().replace("best = np.inf", "best = 2")),
    Wrong(
        "stops at the first excess",
        "threshold",
        1,
        _threshold(otherwise="else:\n            break"),
    ),
    Wrong("shares of all pictures", "threshold", 1, _threshold(total="len(labels)")),
    Wrong("less than the risk", "threshold", 1, _threshold(allowed="<")),
    Wrong(
        "answers strictly above",
        "threshold",
        3,
        _threshold(enough=">", total="max(answered.sum(), 1)"),
    ),
    Wrong("the highest that will do", "threshold", 2, _threshold(otherwise="if best < 2: break")),
    Wrong(
        "believes the network",
        "threshold",
        2,
        """
def choose_threshold(probabilities, labels, risk):
    return 1 - risk
""",
    ),
    Wrong(
        "a grid of tenths",
        "threshold",
        2,
        _threshold(tries="np.arange(1, 0, -0.1)", total="max(answered.sum(), 1)"),
    ),
    Wrong("0 for never", "threshold", 1, _threshold().replace("best = np.inf", "best = 0")),
    Wrong(
        "the share for the threshold",
        "threshold",
        3,
        _threshold().replace("best = t", "best = share").replace("np.inf", "0"),
    ),
)
