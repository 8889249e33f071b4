"""Look at the data: the trusted side. Students' interpreters never see this file."""

from functools import cache

import numpy as np

from fashion_lib import load_data
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

COLUMNS = ("count", "brightness", "ink")


@cache
def _sample():
    (images, labels), _ = load_data("sample")
    return images, labels.astype(np.int64)


def _pictures(rng, number):
    """Draw real pictures and their labels."""
    images, labels = _sample()
    chosen = rng.choice(len(images), size=number, replace=False)
    return images[chosen].copy(), labels[chosen]


# --- table: counting class by class ----------------------------------------------------------


def class_table(images, labels, empty=np.nan, whole=False):
    """Measure each class; `empty` and `whole` make typical mistakes."""
    table = np.full((3, 10), empty, dtype=float)
    table[0] = np.bincount(labels, minlength=10)
    for label in np.unique(labels):
        flat = images[labels == label].reshape(-1).astype(float)
        size = images.size if whole else flat.size
        table[1:, label] = flat.sum() / size, np.count_nonzero(flat) / size
    return dict(zip(COLUMNS, table, strict=True))


def class_table_of_present(images, labels):
    """Leave out classes without pictures, as `np.unique` and `groupby` do."""
    present = np.unique(labels)
    return {name: column[present] for name, column in class_table(images, labels).items()}


def class_table_of_ink(images, labels):
    """Take the mean of the pixels that are not black."""
    table = class_table(images, labels)
    return table | {"brightness": table["brightness"] / table["ink"]}


def draw_table(rng, classes=None):
    classes = np.arange(10) if classes is None else classes
    # Each class at least once, and in different numbers.
    labels = rng.permutation(np.concatenate([classes, rng.choice(classes, size=25)]))
    images = rng.integers(0, 256, size=(len(labels), *rng.choice([5, 6, 7], 2, False)))
    images[rng.random(images.shape) < 0.4] = 0
    return Inputs(images.astype(np.uint8), labels)


TABLE = Question(
    id="table",
    name="class_table",
    title="Count before you trust",
    reference=class_table,
    cases=(
        Case(
            "a batch with pictures of all ten classes",
            1,
            draw_table,
            "count, brightness and ink of each class, from class 0 to class 9",
        ),
        Case(
            "a batch in which some classes have no picture",
            1,
            lambda rng: draw_table(rng, rng.choice(9, size=6, replace=False)),
            "ten entries all the same: a count of 0, and NaN for what could not be measured",
        ),
    ),
    compare=compare_columns("a class has no picture"),
    mistakes=(
        Mistake(lambda *a: class_table(*a, empty=0), "a class without pictures has NaN, not 0"),
        Mistake(class_table_of_present, "classes without pictures are missing from the table"),
        Mistake(
            lambda *a: class_table(*a, whole=True),
            "you divide by the pixels of all pictures, not of the class",
        ),
        Mistake(class_table_of_ink, "brightness is the mean of all pixels, the black ones too"),
    ),
)


# --- standardize: statistics of the training part alone --------------------------------------


def standardize(training, other, source="training", divide=True, guard=True):
    """Standardize; `source`, `divide` and `guard` make typical mistakes."""
    parts = [np.asarray(part, float) / 255 for part in (training, other)]
    pooled = np.concatenate([part.ravel() for part in parts])
    known = {"training": parts[0], "all": pooled, "other": parts[1]}
    result = []
    for part, own in zip(parts, ("training", "other"), strict=True):
        base = known[own if source == "own" else source]
        deviation = base.std()
        if not divide or (guard and deviation < 1e-12):
            deviation = 1.0
        with np.errstate(divide="ignore", invalid="ignore"):
            result.append(((part - base.mean()) / deviation)[..., None])
    return result


def compare_parts(expected, answer, inputs):
    if not isinstance(answer, list | np.ndarray) or len(answer) != 2:
        return "the answer is no pair of arrays"
    for name, wanted, part in zip(("training", "other"), expected, answer, strict=True):
        given = numbers(part)
        if given.shape == wanted.shape[:3]:
            return f"the channel axis of the {name} pictures is missing"
        # A deviation with n - 1 in place of n is right too.
        words = close(2e-3)(wanted, given, inputs)
        if words:
            return f"in the {name} pictures, {words}"
    return None


def _uniform(rng, low, high, number, side):
    return rng.integers(low, high, size=(number, *side), dtype=np.uint8)


def draw_standard(rng):
    side = rng.choice([6, 7, 8, 9], size=2, replace=False)
    return Inputs(_uniform(rng, 0, 200, 24, side), _uniform(rng, 20, 240, 17, side))


def draw_other_light(rng):
    side = rng.choice([6, 7, 8, 9], size=2, replace=False)
    low = int(rng.choice([0, 215]))
    return Inputs(_uniform(rng, 60, 200, 24, side), _uniform(rng, low, low + 40, 13, side))


def draw_constant(rng):
    side = rng.choice([6, 7, 8, 9], size=2, replace=False)
    training = np.full((5, *side), rng.integers(10, 250), dtype=np.uint8)
    return Inputs(training, _uniform(rng, 0, 255, 8, side))


STANDARDIZE = Question(
    id="standardize",
    name="standardize",
    title="Statistics of the training part",
    reference=standardize,
    cases=(
        Case(
            "training pictures and others",
            1,
            draw_standard,
            "both moved by the training mean and divided by the training deviation",
        ),
        Case(
            "others that are much brighter or darker",
            1,
            draw_other_light,
            "the others keep their distance from the training pictures",
        ),
        Case(
            "training pixels that are all equal",
            1,
            draw_constant,
            "divided by 255 and moved by the mean, without a division by the deviation 0",
        ),
    ),
    compare=compare_parts,
    mistakes=(
        Mistake(
            lambda *a: standardize(*a, source="own"),
            "the others are standardized by their own statistics, so their light is lost",
        ),
        Mistake(
            lambda *a: standardize(*a, source="all"),
            "the statistics come from both parts: knowledge of the others leaks",
        ),
        Mistake(lambda *a: standardize(*a, source="other"), "the statistics come from the others"),
        Mistake(lambda *a: standardize(*a, divide=False), "the deviation is not divided by"),
        Mistake(lambda *a: standardize(*a, guard=False), "a division by the deviation 0 gives NaN"),
        Mistake(
            lambda *a: [np.clip(part, 0, 1) for part in standardize(*a)],
            "the values are cut off, but they may lie anywhere",
        ),
    ),
)


# --- parts: a stratified split in three ------------------------------------------------------


def three_parts(labels, validation_share, test_share, seed=0):
    """Cut each class, shuffled, at two places."""
    rng, labels = np.random.default_rng(seed), np.asarray(labels)
    parts = [], [], []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        test, validation = (round(s * len(members)) for s in (test_share, validation_share))
        cut = np.split(members, [len(members) - validation - test, len(members) - test])
        for part, piece in zip(parts, cut, strict=True):
            part.extend(int(n) for n in piece)
    return parts


def compare_split(expected, answer, inputs):
    """Check the properties of a split: `expected` is one of very many right answers."""
    if not isinstance(answer, list | np.ndarray) or len(answer) != 3:
        return "the answer is not three parts"
    labels = inputs.args[0]
    parts = [numbers(part) for part in answer]
    if any(part.ndim != 1 for part in parts):
        return "a part is not a list of positions"
    together = np.concatenate(parts)
    if (together != np.round(together)).any() or not np.isin(together, range(len(labels))).all():
        return "the parts hold something other than positions from 0 to n - 1"
    if len(np.unique(together)) < len(together):
        return "some positions are in the parts twice"
    if len(together) < len(labels):
        return "some positions are in no part"
    return _shares(labels, parts, inputs) or _randomness(labels, parts)


def _shares(labels, parts, inputs):
    classes = np.unique(labels)
    shares = inputs.args[1], inputs.args[2]
    sizes = [len(part) / len(labels) for part in parts[1:]]
    off = [abs(size - share) * len(labels) for size, share in zip(sizes, shares, strict=True)]
    if max(off) > 2 + len(classes):
        swapped = [abs(size - share) for size, share in zip(sizes, shares[::-1], strict=True)]
        if max(swapped) * len(labels) <= 2 + len(classes):
            return "validation and test are swapped"
        return "the parts have not the sizes that the shares of all pictures ask for"
    for part, share in zip(parts[1:], shares, strict=True):
        drawn = labels[part.astype(int)]
        for label in classes:
            if abs((drawn == label).sum() - share * (labels == label).sum()) > 2:
                return "the classes do not give their shares to each part: it is not stratified"
    return None


def _randomness(labels, parts):
    """Say so if, in a part, the pictures of a class mostly follow each other at one distance."""
    for part in parts[1:]:
        ranks = (np.isin(np.flatnonzero(labels == label), part) for label in np.unique(labels))
        steps = np.concatenate([np.diff(np.flatnonzero(rank)) for rank in ranks])
        if np.bincount(steps).max() > 0.7 * len(steps):
            return "the pictures of a class are taken in their order, not at random"
    return None


def _split_inputs(rng, labels):
    validation, test = ((0.15, 0.25), (0.25, 0.15), (0.2, 0.3))[rng.integers(3)]
    return Inputs(labels, validation, test, seed=int(rng.integers(1000)))


def draw_single(rng):
    return _split_inputs(rng, np.full(rng.integers(180, 260), rng.integers(10)))


def draw_uneven(rng):
    sizes = rng.permutation([80, 90, 120, 160, 230, 400])
    labels = np.repeat(rng.choice(10, size=6, replace=False), sizes)
    return _split_inputs(rng, rng.permutation(labels))


def draw_sorted(rng):
    return _split_inputs(rng, np.repeat(np.arange(10), rng.integers(90, 130, size=10)))


PARTS = Question(
    id="parts",
    name="three_parts",
    title="Three parts",
    reference=three_parts,
    cases=(
        Case(
            "labels of a single class",
            1,
            draw_single,
            "every position once, in parts of the right size, drawn at random",
        ),
        Case(
            "classes of very different size, in random order",
            1,
            draw_uneven,
            "each class gives its share to each part",
        ),
        Case(
            "labels sorted by class",
            1,
            draw_sorted,
            "each class gives its share to each part, drawn at random",
        ),
    ),
    compare=compare_split,
)


# --- copies: the same picture in two parts ---------------------------------------------------


def find_copies(training, new, tolerance, mirror=True, axis=2, distance=None):
    """Compare all pairs; the settings make typical mistakes."""
    distance = distance or (lambda a, b: np.abs(a.astype(int) - b.astype(int)).mean(axis=(1, 2)))
    pairs = set()
    for turned in (new, np.flip(new, axis)) if mirror else (new,):
        for position, picture in enumerate(turned):
            near = np.flatnonzero(distance(training, picture[None]) <= tolerance)
            pairs |= {(position, int(other)) for other in near}
    return sorted(pairs)


def _in_bytes(a, b):
    return np.abs(a - b).mean(axis=(1, 2))


def _signed(a, b):
    return np.abs((a.astype(int) - b.astype(int)).mean(axis=(1, 2)))


def _squared(a, b):
    return ((a.astype(int) - b.astype(int)) ** 2).mean(axis=(1, 2))


def _largest(a, b):
    return np.abs(a.astype(int) - b.astype(int)).max(axis=(1, 2))


def compare_pairs(expected, answer, inputs):
    try:
        given = numbers(answer) if len(answer) else np.empty((0, 2))
    except (TypeError, ValueError):
        return "the answer is no list of pairs"
    if given.ndim != 2 or given.shape[1] != 2 or (given != np.round(given)).any():
        return "the answer is no list of pairs of positions"
    pairs = {(int(first), int(second)) for first, second in given}
    wanted = set(expected)
    if pairs == wanted:
        return None
    if pairs == {pair[::-1] for pair in wanted}:
        return "the pairs begin with the position in the training pictures"
    missed, extra = bool(wanted - pairs), bool(pairs - wanted)
    if missed and extra:
        return "some copies are not found, and some pairs are no copies"
    return "some copies are not found" if missed else "some pairs are no copies"


def _parcel(rng):
    pictures, _ = _pictures(rng, 54)
    training, new = pictures[:32], pictures[32:]
    places = zip(rng.permutation(22), rng.permutation(32)[:22], strict=True)
    return training, new, places


def draw_exact(rng):
    training, new, places = _parcel(rng)
    for number, (place, twin) in zip(range(6), places, strict=False):
        # The last ones are not quite the same, although of one the sum is.
        new[place] = training[twin]
        flat = new[place].reshape(-1)
        if number == 4:
            flat[rng.integers(784)] ^= 64
        elif number == 5:
            most, least = int(flat.argmax()), int(flat.argmin())
            flat[[most, least]] = flat[[least, most]]
    return Inputs(training, new, 0)


def draw_noisy(rng):
    training, new, places = _parcel(rng)
    for number, (place, twin) in zip(range(8), places, strict=False):
        reach = 4 if number < 4 else 40
        noise = rng.integers(-reach, reach + 1, size=(28, 28))
        new[place] = np.clip(training[twin] + noise, 0, 255)
        if number < 4:  # a speck changes the largest difference, hardly the mean
            new[place, 3, rng.integers(28)] = 120
    return Inputs(training, new, int(rng.integers(4, 7)))


def draw_mirrored(rng):
    training, new, places = _parcel(rng)
    for number, (place, twin) in zip(range(8), places, strict=False):
        new[place] = training[twin][:, ::-1] if number < 5 else training[twin][::-1]
    return Inputs(training, new, 0)


COPIES = Question(
    id="copies",
    name="find_copies",
    title="Find the copies",
    reference=find_copies,
    cases=(
        Case(
            "exact copies, with a tolerance of 0",
            1,
            draw_exact,
            "the pairs of pictures that agree in every pixel",
        ),
        Case(
            "copies with a little noise",
            2,
            draw_noisy,
            "the pairs whose mean absolute difference is at most the tolerance",
        ),
        Case(
            "mirrored copies",
            1,
            draw_mirrored,
            "copies whose columns are reversed count too; whose rows are, do not",
        ),
    ),
    compare=compare_pairs,
    mistakes=(
        Mistake(
            lambda *a: find_copies(*a, distance=_in_bytes),
            "differences of uint8 wrap around: convert to signed numbers first",
        ),
        Mistake(
            lambda *a: find_copies(*a, distance=_signed),
            "differences of both signs cancel out: take absolute values before the mean",
        ),
        Mistake(lambda *a: find_copies(*a, distance=_squared), "that is the mean of the squares"),
        Mistake(
            lambda *a: find_copies(*a, distance=_largest),
            "that is the largest difference, not the mean",
        ),
        Mistake(lambda *a: find_copies(*a, mirror=False), "mirrored copies are not found"),
        Mistake(lambda *a: find_copies(*a, axis=1), "rows are reversed, columns were to be"),
        Mistake(lambda a, b, c: find_copies(a, b, 0), "the tolerance is ignored"),
    ),
)


# --- telltale: a mark inside the pictures ----------------------------------------------------


def telltale_scores(images, labels):
    """Return for each pixel the share of its variance that the class explains."""
    values = images.astype(float)
    total = values.var(axis=0)
    means = np.stack([values[labels == label].mean(axis=0) for label in np.unique(labels)])
    weights = np.unique(labels, return_counts=True)[1] / len(labels)
    between = np.einsum("c,cij->ij", weights, (means - values.mean(axis=0)) ** 2)
    return between / np.where(total > 0, total, 1), between, total


def _place(scores, largest=True):
    position = (np.argmax if largest else np.argmin)(scores)
    return [int(n) for n in np.unravel_index(position, (28, 28))]


def telltale_pixel(images, labels):
    return _place(telltale_scores(images, labels)[0])


def telltale_by_correlation(images, labels):
    """Correlate with the number of the class, as if classes were in order."""
    values = images.astype(float) - images.mean(axis=0)
    covariance = np.abs(np.einsum("n,nij->ij", labels - labels.mean(), values))
    return _place(covariance / np.maximum(values.std(axis=0), 1e-9))


def telltale_inside(images, labels):
    """Take the smallest scatter inside the classes, which constant pixels have."""
    _, between, total = telltale_scores(images, labels)
    return _place(np.round(total - between, 6), largest=False)


def compare_place(expected, answer, inputs):
    if np.shape(answer) != (2,):
        return "the answer is not a row and a column"
    return equal(expected, answer, inputs) and "that is not the pixel that says most"


def _marked(rng, values, noise):
    images, labels = _pictures(rng, 400)
    row = int(rng.integers(0, 28))
    column = int(rng.choice(np.delete(np.arange(28), row)))
    images[:, row, column] = values[labels] + rng.integers(0, noise + 1, size=400)
    return Inputs(images, labels)


def _values(rng):
    """Draw a gray value for each class, in no order."""
    while True:
        values = rng.permutation(np.arange(15, 235, 22))
        if abs(np.corrcoef(values, np.arange(10))[0, 1]) < 0.15:
            return values


def draw_marked_class(rng):
    values = np.full(10, rng.integers(40, 120))
    values[rng.integers(3, 7)] += 40
    return _marked(rng, values, 0)


TELLTALE = Question(
    id="telltale",
    name="telltale_pixel",
    title="A pixel that knows the answer",
    reference=telltale_pixel,
    cases=(
        Case(
            "a gray value for each class",
            1,
            lambda rng: _marked(rng, _values(rng), 0),
            "the row and the column of the pixel whose value depends on the class alone",
        ),
        Case(
            "a gray value for each class, with noise",
            1,
            lambda rng: _marked(rng, _values(rng), 6),
            "the pixel with the least scatter inside the classes, compared with all its scatter",
        ),
        Case(
            "a mark on a single class",
            1,
            draw_marked_class,
            "the pixel with the least scatter inside the classes, compared with all its scatter",
        ),
    ),
    compare=compare_place,
    mistakes=(
        Mistake(lambda *a: telltale_pixel(*a)[::-1], "row and column are swapped"),
        Mistake(
            telltale_by_correlation,
            "a correlation with the number of the class misses marks in no order",
        ),
        Mistake(telltale_inside, "a pixel that never changes says nothing about the class"),
        Mistake(
            lambda *a: _place(telltale_scores(*a)[2]), "that pixel changes most, whatever the class"
        ),
        Mistake(
            lambda *a: _place(telltale_scores(*a)[1]),
            "that pixel's class means differ most; compare them with its whole scatter",
        ),
    ),
)


# --- baseline: what a score has to beat ------------------------------------------------------


def baseline(training_labels, new_labels):
    constant = np.bincount(training_labels).argmax()
    return float((np.asarray(new_labels) == constant).mean())


def _labels(rng, frequent, size):
    others = np.delete(np.arange(10), frequent)
    numbers = rng.integers(3, 9, size=9)
    labels = np.concatenate([np.repeat(others, numbers), np.full(size, frequent)])
    return rng.permutation(labels)


def draw_same(rng):
    frequent = int(rng.integers(10))
    return Inputs(_labels(rng, frequent, 12), _labels(rng, frequent, 17).tolist())


def draw_other(rng):
    first, second = (int(n) for n in rng.choice(10, size=2, replace=False))
    return Inputs(_labels(rng, first, 12).astype(np.uint8), _labels(rng, second, 25))


BASELINE = Question(
    id="baseline",
    name="baseline",
    title="What a score has to beat",
    reference=baseline,
    cases=(
        Case(
            "the same class is most frequent in both",
            1,
            draw_same,
            "the share of that class among the new labels",
        ),
        Case(
            "another class is most frequent among the new labels",
            1,
            draw_other,
            "the share, among the new labels, of the most frequent training label",
        ),
    ),
    mistakes=(
        Mistake(lambda known, new: baseline(new, new), "the class was chosen by the new labels"),
        Mistake(lambda known, new: baseline(known, known), "that is the training accuracy"),
        Mistake(lambda known, new: 100 * baseline(known, new), "a share, not a percentage"),
    ),
)

ASSIGNMENT = Assignment(
    name="a1_data",
    title="Look at the data",
    minutes=80,
    questions=(
        TABLE,
        STANDARDIZE,
        PARTS,
        COPIES,
        TELLTALE,
        BASELINE,
        Written(
            id="supplier",
            title="A score of 0.97",
            points=3,
            guidance=(
                "1 point: two different leaks (copies across the parts; a mark that depends on "
                "the class; also statistics or choices made on the test part), tied to the "
                "parcels. 1 point: for each, a search that would find it. 1 point: a better "
                "number: fresh pictures from elsewhere or a split by product, with an interval "
                "or beside a baseline."
            ),
        ),
    ),
)
