"""Answers to *Look at the data* that are typical or unusual, and what each must lose."""

from grader.trials import Wrong

TABLE = """
def class_table(images, labels):
    rows = []
    for k in range(10):
        mine = images[np.asarray(labels) == k]
        if len(mine) == 0:
            rows.append((0, {empty}, {empty}))
        else:
            rows.append((len(mine), {brightness}, {ink}))
    return {end}
"""
TABLE_END = "pd.DataFrame(rows, columns=['count', 'brightness', 'ink'])"


def _table(
    empty: str = "float('nan')",
    brightness: str = "mine.mean()",
    ink: str = "(mine > 0).mean()",
    end: str = TABLE_END,
) -> str:
    return TABLE.format(empty=empty, brightness=brightness, ink=ink, end=end)


STANDARD = """
def standardize(training, other):
    a, b = training.astype({dtype}) / 255, other.astype({dtype}) / 255
    m, s = {statistics}
    s = {guard}
    return {end}
"""
STANDARD_END = "((a - m) / s)[..., None], ((b - m) / s)[..., None]"


def _standard(
    statistics: str = "a.mean(), a.std()",
    guard: str = "s if s > 0.0001 else 1",
    end: str = STANDARD_END,
    dtype: str = "np.float32",
) -> str:
    return STANDARD.format(statistics=statistics, guard=guard, end=end, dtype=dtype)


PARTS = """
def three_parts(labels, validation_share, test_share, seed=0):
    rng = np.random.default_rng(seed)
    parts = [[], [], []]
    for k in np.unique(labels):
        members = {order}
        n = len(members)
        v, t = int(validation_share * n), int({test})
        parts[1] += list(members[:v])
        parts[2] += list(members[{start}:v + t])
        parts[0] += list(members[{rest}:])
    return {end}
"""


def _parts(
    order: str = "rng.permutation(np.flatnonzero(labels == k))",
    start: str = "v",
    rest: str = "v + t",
    test: str = "test_share * n",
    end: str = "parts",
) -> str:
    return PARTS.format(order=order, start=start, rest=rest, test=test, end=end)


COPIES = """
def find_copies(training, new, tolerance):
    pairs = []
    for i, picture in enumerate(new):
        for j, known in enumerate(training):
            for version in {versions}:
                if {distance} <= tolerance:
                    pairs.append({pair})
                    break
    return pairs
"""


def _copies(
    versions: str = "(picture, picture[:, ::-1])",
    pair: str = "(i, j)",
    distance: str = "np.abs(version.astype(float) - known).mean()",
) -> str:
    return COPIES.format(versions=versions, pair=pair, distance=distance)


TELLTALE = """
def telltale_pixel(images, labels):
    x = images.astype(float)
    total = x.var(axis=0)
    inside = sum(x[labels == k].var(axis=0) * (labels == k).mean() for k in set(labels))
    means = np.stack([x[labels == k].mean(axis=0) for k in np.unique(labels)])
    with np.errstate(all="ignore"):
        score = {score}
    return {end}
"""


def _telltale(
    score: str = "np.nan_to_num(1 - inside / total)", end: str = "divmod(int(score.argmax()), 28)"
) -> str:
    return TELLTALE.format(score=score, end=end)


WRONG = (
    # table
    Wrong("a DataFrame, right", "table", 0, _table()),
    Wrong("further columns", "table", 0, _table(end=TABLE_END + ".assign(name=CLASS_NAMES)")),
    Wrong(
        "by groupby and reindex",
        "table",
        0,
        """
def class_table(images, labels):
    flat = images.reshape(len(images), -1)
    frame = pd.DataFrame({"k": labels, "brightness": flat.mean(1), "ink": (flat > 0).mean(1)})
    table = frame.groupby("k").mean().reindex(range(10))
    return table.assign(count=np.bincount(labels, minlength=10))
""",
    ),
    Wrong("zeros for what is missing", "table", 1, _table(empty="0.0")),
    Wrong(
        "missing classes left out",
        "table",
        1,
        """
def class_table(images, labels):
    flat = images.reshape(len(images), -1)
    frame = pd.DataFrame({"k": labels, "brightness": flat.mean(1), "ink": (flat > 0).mean(1)})
    return frame.groupby("k").mean().assign(count=frame.groupby("k").size())
""",
    ),
    Wrong("divides by all pictures", "table", 2, _table(brightness="mine.sum() / images.size")),
    Wrong("brightness of ink alone", "table", 2, _table(brightness="mine[mine > 0].mean()")),
    Wrong("sums in uint8", "table", 2, _table(brightness="mine.sum(dtype=np.uint8) / mine.size")),
    Wrong("ink counted, not shared", "table", 2, _table(ink="(mine > 0).sum()")),
    Wrong(
        "one row per class", "table", 2, _table(end="{str(k): row for k, row in enumerate(rows)}")
    ),
    # standardize
    Wrong("in float32, right", "standardize", 0, _standard()),
    Wrong(
        "gray levels kept, right",
        "standardize",
        0,
        """
def standardize(training, other):
    m, s = training.mean(), training.std()
    s = s or 255
    return [np.expand_dims((p - m) / s, -1) for p in (training, other)]
""",
    ),
    Wrong("deviation with n - 1", "standardize", 0, _standard("a.mean(), a.std(ddof=1)")),
    Wrong(
        "each part by itself",
        "standardize",
        3,
        _standard(end="((a - m) / s)[..., None], ((b - b.mean()) / b.std())[..., None]"),
    ),
    Wrong(
        "statistics of everything",
        "standardize",
        3,
        _standard("np.append(a, b).mean(), np.append(a, b).std()"),
    ),
    Wrong(
        "divides by 0",
        "standardize",
        1,
        """
def standardize(training, other):
    m, s = training.mean(), training.std()
    with np.errstate(all="ignore"):
        return [((part - m) / s)[..., None] for part in (training, other)]
""",
    ),
    Wrong("no channel axis", "standardize", 3, _standard(end="(a - m) / s, (b - m) / s")),
    Wrong("variance for deviation", "standardize", 2, _standard("a.mean(), a.var()")),
    Wrong("a mean per pixel", "standardize", 2, _standard("a.mean(axis=0), a.std()")),
    Wrong(
        "cut off at 0 and 1",
        "standardize",
        3,
        _standard(end="[np.clip((p - m) / s, 0, 1)[..., None] for p in (a, b)]"),
    ),
    Wrong(
        "subtracts in uint8",
        "standardize",
        3,
        """
def standardize(training, other):
    m, s = training.mean(), training.std() or 255
    return [((p - np.uint8(m)) / s)[..., None] for p in (training, other)]
""",
    ),
    Wrong("the training part alone", "standardize", 3, _standard(end="((a - m) / s)[..., None]")),
    # parts
    Wrong("per class, right", "parts", 0, _parts()),
    Wrong(
        "blocks with a last one",
        "parts",
        3,
        _parts(order="np.roll(np.flatnonzero(labels == k), 1)"),
    ),
    Wrong(
        "by scikit-learn",
        "parts",
        0,
        """
from sklearn.model_selection import train_test_split
def three_parts(labels, validation_share, test_share, seed=0):
    everything = np.arange(len(labels))
    rest, test = train_test_split(everything, test_size=test_share, stratify=labels,
                                  random_state=seed)
    training, validation = train_test_split(rest, test_size=validation_share / (1 - test_share),
                                            stratify=labels[rest], random_state=seed)
    return training, validation, test
""",
    ),
    Wrong(
        "by train_validation_split",
        "parts",
        0,
        """
from fashion_lib import train_validation_split
def three_parts(labels, validation_share, test_share, seed=0):
    n = len(labels)
    rest, (test, _) = train_validation_split(np.arange(n), labels, round(test_share * n), seed)
    (a, _), (b, _) = train_validation_split(*rest, round(validation_share * n), seed)
    return a, b, test
""",
    ),
    Wrong(
        "not stratified",
        "parts",
        2,
        """
def three_parts(labels, validation_share, test_share, seed=0):
    n = len(labels)
    order = np.random.default_rng(seed).permutation(n)
    v = round(n * validation_share)
    t = v + round(n * test_share)
    return order[t:], order[:v], order[v:t]
""",
    ),
    Wrong(
        "cut in the given order",
        "parts",
        3,
        """
def three_parts(labels, validation_share, test_share, seed=0):
    n = len(labels)
    v, t = round(n * validation_share), round(n * test_share)
    return list(range(n - v - t)), list(range(n - v - t, n - t)), list(range(n - t, n))
""",
    ),
    Wrong("stratified, not shuffled", "parts", 3, _parts("np.flatnonzero(labels == k)")),
    Wrong("parts overlap", "parts", 3, _parts(start="0")),
    Wrong("one lost in each class", "parts", 3, _parts(rest="v + t + 1")),
    Wrong(
        "drawn with replacement",
        "parts",
        3,
        _parts("rng.choice(np.flatnonzero(labels == k), (labels == k).sum())"),
    ),
    Wrong("order swapped", "parts", 3, _parts(end="parts[0], parts[2], parts[1]")),
    Wrong("share of the rest", "parts", 3, _parts(test="test_share * (n - v)")),
    Wrong(
        "labels for positions",
        "parts",
        3,
        _parts(end="[np.asarray(labels)[part] for part in parts]"),
    ),
    # copies
    Wrong("loops, right", "copies", 0, _copies()),
    Wrong(
        "an array of pairs",
        "copies",
        0,
        _copies().replace("return pairs", "return np.array(pairs)"),
    ),
    Wrong(
        "broadcast at once",
        "copies",
        0,
        """
def find_copies(training, new, tolerance):
    a = training.reshape(len(training), -1).astype(np.int32)
    near = np.zeros((len(new), len(training)), bool)
    for version in (new, new[:, :, ::-1]):
        b = version.reshape(len(new), 1, -1).astype(np.int32)
        near |= np.abs(b - a).mean(axis=2) <= tolerance
    return np.argwhere(near)
""",
    ),
    Wrong("subtracts in uint8", "copies", 2, _copies(distance="np.abs(version - known).mean()")),
    Wrong(
        "differences cancel out",
        "copies",
        4,
        _copies(distance="abs((version.astype(float) - known).mean())"),
    ),
    Wrong(
        "mean of squares",
        "copies",
        2,
        _copies(distance="((version.astype(float) - known) ** 2).mean()"),
    ),
    Wrong(
        "largest difference",
        "copies",
        2,
        _copies(distance="np.abs(version.astype(float) - known).max()"),
    ),
    Wrong(
        "exact copies alone",
        "copies",
        2,
        _copies(distance="tolerance + 1 - (version == known).all()"),
    ),
    Wrong("no mirror", "copies", 1, _copies(versions="(picture,)")),
    Wrong("mirrored upside down", "copies", 1, _copies(versions="(picture, picture[::-1])")),
    Wrong("pairs turned around", "copies", 4, _copies(pair="(j, i)")),
    Wrong("positions in new alone", "copies", 4, _copies(pair="i")),
    Wrong(
        "finds nothing",
        "copies",
        4,
        """
def find_copies(training, new, tolerance):
    return []
""",
    ),
    # telltale
    Wrong("by numbers, right", "telltale", 0, _telltale()),
    Wrong(
        "an array, right",
        "telltale",
        0,
        _telltale(end="np.array(np.unravel_index(score.argmax(), score.shape))"),
    ),
    Wrong("constant pixels win", "telltale", 3, _telltale("-inside")),
    Wrong("0 divided by 0", "telltale", 3, _telltale("1 - inside / total")),
    Wrong("changes most", "telltale", 3, _telltale("total")),
    Wrong("class means differ most", "telltale", 3, _telltale("means.var(axis=0)")),
    Wrong(
        "row and column swapped",
        "telltale",
        3,
        _telltale(end="divmod(int(score.argmax()), 28)[::-1]"),
    ),
    Wrong("a single position", "telltale", 3, _telltale(end="int(score.argmax())")),
    Wrong(
        "correlation with the label",
        "telltale",
        3,
        """
def telltale_pixel(images, labels):
    x = images.reshape(len(images), -1).astype(float)
    with np.errstate(all="ignore"):
        r = np.abs(np.nan_to_num([np.corrcoef(column, labels)[0, 1] for column in x.T]))
    return divmod(int(r.argmax()), 28)
""",
    ),
    # baseline
    Wrong(
        "by Counter, right",
        "baseline",
        0,
        """
from collections import Counter
def baseline(training_labels, new_labels):
    answer = Counter(np.asarray(training_labels).tolist()).most_common(1)[0][0]
    return sum(int(label) == answer for label in new_labels) / len(new_labels)
""",
    ),
    Wrong(
        "class of the new labels",
        "baseline",
        1,
        """
def baseline(training_labels, new_labels):
    return np.bincount(new_labels).max() / len(new_labels)
""",
    ),
    Wrong(
        "training accuracy",
        "baseline",
        2,
        """
def baseline(training_labels, new_labels):
    return np.bincount(training_labels).max() / len(training_labels)
""",
    ),
    Wrong(
        "in percent",
        "baseline",
        2,
        """
def baseline(training_labels, new_labels):
    return 100 * np.mean(np.asarray(new_labels) == np.bincount(training_labels).argmax())
""",
    ),
    Wrong(
        "one in ten",
        "baseline",
        2,
        """
def baseline(training_labels, new_labels):
    return 0.1
""",
    ),
)
