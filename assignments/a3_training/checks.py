"""Train and stop: the trusted side. Students' interpreters never see this file."""

import math

import numpy as np

from grader.questions import (
    Assignment,
    Case,
    Inputs,
    Mistake,
    Question,
    Written,
    equal,
    numbers,
)
from grader.sandbox import Limits

# --- stop: early stopping --------------------------------------------------------------------


def stop(losses, patience, min_delta=0.0):
    """Walk from one best epoch to the next, and see whether it comes in time."""
    best = 0
    while True:
        better = [n for n in range(best + 1, len(losses)) if losses[n] < losses[best] - min_delta]
        following = better[0] if better else len(losses) + patience
        if following - best > patience:
            return [min(best + patience + 1, len(losses)), best + 1]
        best = following


def stop_by_last(losses, patience, min_delta=0.0):
    """Compare with the epoch before in place of the best."""
    waited = 0
    for n in range(1, len(losses)):
        waited = 0 if losses[n] < losses[n - 1] - min_delta else waited + 1
        if waited == patience:
            return [n + 1, int(np.argmin(losses[: n + 1])) + 1]
    return [len(losses), int(np.argmin(losses)) + 1]


def stop_with_ties(losses, patience, min_delta=0.0):
    """Count an equal loss as an improvement."""
    best = 0
    for n, loss in enumerate(losses):
        if loss <= losses[best] - min_delta:
            best = n
        if n - best >= patience:
            return [n + 1, best + 1]
    return [len(losses), best + 1]


def stop_with_small_steps(losses, patience, min_delta=0.0):
    """Note every lower loss, also those that are not lower by enough."""
    lowest, best, waited = losses[0], 0, 0
    for n in range(1, len(losses)):
        enough = losses[n] < lowest - min_delta
        waited = 0 if enough else waited + 1
        if losses[n] < lowest:
            lowest, best = losses[n], n
        if waited == patience:
            return [n + 1, best + 1]
    return [len(losses), best + 1]


def stop_in_total(losses, patience, min_delta=0.0):
    """Count all epochs without improvement, not those in a row."""
    best, waited = 0, 0
    for n in range(1, len(losses)):
        if losses[n] < losses[best] - min_delta:
            best = n
        else:
            waited += 1
        if waited == patience:
            return [n + 1, best + 1]
    return [len(losses), best + 1]


def stop_with_future(losses, patience, min_delta=0.0):
    """Take the lowest loss of all, also of epochs that were never run."""
    return [stop(losses, patience, min_delta)[0], int(np.argmin(losses)) + 1]


def compare_epochs(expected, answer, inputs):
    if np.shape(answer) != (2,):
        return "the answer is not two numbers"
    first, second = (equal(e, a, inputs) for e, a in zip(expected, answer, strict=True))
    if first and second:
        return "neither the last epoch nor the best one is right"
    if first or second:
        return f"the {'last' if first else 'best'} epoch is not the right one"
    return None


def _bumpy(rng, waits):
    """Draw losses with a new best after each of these waits, in steps of 1/64 and well apart.

    What lies between is lower than the epoch before it now and then, never than the best.
    """
    level, losses = 3.0, [3.0]
    for wait in waits:
        bumps = level + rng.permutation(np.arange(2, 30))[: wait - 1] / 64
        if wait > 2:
            bumps[:2] = np.sort(bumps[:2])[::-1]
        level -= float(rng.integers(4, 9)) / 64
        losses += [*bumps.tolist(), level]
    return losses


def draw_runs_out(rng):
    patience = int(rng.integers(2, 5))
    waits = [1, patience, int(rng.integers(1, patience + 1)), patience + 2, 1, 1]
    return Inputs(_bumpy(rng, waits), patience)


def draw_never(rng):
    patience = int(rng.integers(3, 6))
    waits = [1, patience, patience - 1, patience, 1]
    losses = _bumpy(rng, waits)
    # After the last best, one epoch fewer than the patience.
    return Inputs([*losses, *(losses[-1] + n / 64 for n in range(patience - 1, 0, -1))], patience)


def draw_ties(rng):
    patience = int(rng.integers(2, 5))
    losses = _bumpy(rng, [1, 2, 1])
    flat = [losses[-1]] * (patience + 1)
    return Inputs([*losses, *flat, losses[-1] - 0.5], patience)


def draw_small_steps(rng):
    patience = int(rng.integers(2, 4))
    steps = [10, 3, 3, 3, 3, 3, 3, 20, 3, 3, 3, 3, 3, 3, 3][: 14 - int(rng.integers(3))]
    losses = 3 - np.cumsum(steps) / 64
    # Two or three steps of 3/64 are more than 5/64 or 8/64, one or two are not.
    return Inputs(losses.tolist(), patience, min_delta=float(rng.choice([4.5, 7.5])) / 64)


def draw_too_small_steps(rng):
    """Draw steps of which `patience` together are not enough."""
    patience = int(rng.integers(2, 4))
    steps = [0, 10, 12, 1, 1, 1, 1, 1, 1, 20]
    losses = 3 - np.cumsum(steps[int(rng.integers(2)) :]) / 64
    return Inputs(losses.tolist(), patience, min_delta=float(rng.choice([4.5, 7.5])) / 64)


def draw_delta(rng):
    return draw_small_steps(rng) if rng.random() < 0.5 else draw_too_small_steps(rng)


STOP = Question(
    id="stop",
    name="stop",
    title="When to stop",
    reference=stop,
    cases=(
        Case(
            "losses with which the patience runs out",
            2,
            draw_runs_out,
            "the first epoch with which so many in a row were no better, and the best before it",
            times=4,
        ),
        Case(
            "losses with which it never does", 1, draw_never, "the last epoch, and the best of all"
        ),
        Case("equal losses", 1, draw_ties, "the first of equal epochs is the best"),
        Case(
            "with min_delta",
            1,
            draw_delta,
            "the best epoch changes only if a loss is lower than its loss by more than min_delta",
            times=24,  # not each draw tells every mistake
        ),
    ),
    compare=compare_epochs,
    slow_check=True,  # imports Keras
    mistakes=(
        Mistake(lambda *a, **k: [n - 1 for n in stop(*a, **k)], "epochs count from 1"),
        Mistake(
            lambda losses, patience, **k: stop(losses, patience + 1, **k),
            "training ends an epoch too late",
        ),
        Mistake(
            lambda losses, patience, **k: stop(losses, patience - 1, **k),
            "training ends an epoch too early",
        ),
        Mistake(stop_by_last, "each loss is compared with the one before, not with the best"),
        Mistake(stop_with_ties, "an equal loss is no improvement"),
        Mistake(
            stop_with_small_steps, "a loss that is not lower by enough must not become the best"
        ),
        Mistake(stop_in_total, "epochs without improvement count in a row, not in total"),
        Mistake(stop_with_future, "the best epoch comes after training has ended"),
        Mistake(
            lambda losses, patience, min_delta=0: stop(losses, patience), "min_delta is ignored"
        ),
        Mistake(lambda *a, **k: [stop(*a, **k)[0]] * 2, "the best epoch is not the last one"),
        Mistake(lambda *a, **k: stop(*a, **k)[::-1], "the two epochs are swapped"),
    ),
)


# --- batches: every picture once -------------------------------------------------------------


def batches(count, size, epochs, seed=0):
    rng = np.random.default_rng(seed)
    parts = range(size, count, size)
    return [batch for _ in range(epochs) for batch in np.split(rng.permutation(count), parts)]


def compare_batches(expected, answer, inputs):
    """Check the properties: `expected` is one of very many right answers."""
    if not isinstance(answer, list | np.ndarray):
        return "the answer is not a list of batches"
    found = [numbers(batch) for batch in answer]
    if any(batch.ndim != 1 for batch in found):
        return "the answer is not one list of batches of positions"
    count, size, epochs = inputs.args
    each = math.ceil(count / size)
    if len(found) != each * epochs:
        return "the number of batches is not the right one"
    sizes = [len(batch) for batch in found]
    if sizes != [len(batch) for batch in expected]:
        return "the batches have not the right sizes"
    orders = [np.concatenate(found[n : n + each]) for n in range(0, len(found), each)]
    if any(not np.array_equal(np.sort(order), np.arange(count)) for order in orders):
        return "in some epoch, not every picture is used once"
    if any(_in_order(order) for order in orders):
        return "the pictures are not shuffled"
    if len({tuple(order) for order in orders}) < epochs:
        return "two epochs have the same order"
    return None


def _in_order(order):
    """Tell whether most pictures follow the one before at the same distance."""
    return np.bincount(np.diff(order.astype(int)) % len(order)).max() > 0.75 * len(order)


def _epochs(rng):
    return int(rng.integers(3, 6))


def draw_whole(rng):
    size = int(rng.integers(5, 12))
    return Inputs(size * int(rng.integers(4, 9)), size, _epochs(rng), seed=int(rng.integers(99)))


def draw_rest(rng):
    size = int(rng.integers(8, 15))
    count = size * int(rng.integers(4, 9)) + int(rng.integers(1, size))
    return Inputs(count, size, _epochs(rng), seed=int(rng.integers(99)))


def draw_large(rng):
    count = int(rng.integers(12, 30))
    return Inputs(count, count + int(rng.integers(1, 40)), _epochs(rng), seed=5)


BATCHES = Question(
    id="batches",
    name="batches",
    title="Every picture once",
    reference=batches,
    cases=(
        Case(
            "batches that divide the pictures evenly",
            1,
            draw_whole,
            "each epoch in another order, every position once",
        ),
        Case(
            "batches that leave a rest",
            1,
            draw_rest,
            "the last batch of each epoch holds what is left",
        ),
        Case("a batch larger than all pictures", 1, draw_large, "one batch an epoch"),
    ),
    compare=compare_batches,
)


# --- curves: a diagnosis ---------------------------------------------------------------------

WORDS = ("diverged", "overfitting", "learning", "converged")


def diagnose(runs, back=4, base="min", key="val_loss", order=WORDS, finite=True):
    """Apply the table in its order; the settings make typical mistakes."""
    words = []
    for run in runs:
        loss, val = np.array(run["loss"], float), np.array(run[key], float)
        low = {"min": np.min, "first": lambda v: v[0], "last": lambda v: v[-2]}[base](val)
        applies = {
            "diverged": (finite and not np.isfinite(loss).all()) or loss[-1] > loss[0],
            "overfitting": val[-1] > low * 1.05,
            "learning": val[-1] < val[-back] * 0.98,
            "converged": True,
        }
        words.append(next(word for word in order if applies[word]))
    return words


def compare_words(expected, answer, inputs):
    if not isinstance(answer, list) or len(answer) != len(expected):
        return "the answer is not a list with one word for each run"
    words = [word if isinstance(word, str) else "" for word in answer]
    if set(words) - set(WORDS):
        return "the answer has words that are not in the table"
    for wanted, given in zip(expected, words, strict=True):
        if wanted != given:
            return f"a run that is {wanted!r} is called {given!r}"
    return None


def _training(rng, epochs):
    curve = 0.15 + rng.uniform(1.2, 2.2) * np.exp(-np.arange(epochs) * rng.uniform(0.15, 0.3))
    return (curve * rng.uniform(0.995, 1.005, size=epochs)).tolist()


def _run(rng, kind):
    """Draw a run of a kind, far from the table's limits."""
    epochs = int(rng.integers(12, 26))
    time = np.arange(epochs)
    loss = _training(rng, epochs)
    low = rng.uniform(0.3, 0.5)
    falling = 2.2 * np.exp(-time * rng.uniform(0.45, 0.7)) + low
    if kind.startswith("learning"):
        val = (low + 1.5) * 0.955**time
        if kind == "learning, with a step back":
            val[-1] = val[-2] * 1.01
    elif kind == "converged":
        val = np.maximum(falling, falling[epochs - 8]) * rng.uniform(0.997, 1.003, size=epochs)
    elif kind == "overfitting":
        turn = int(rng.integers(4, epochs - 6))
        # It rises, and stays there: the last epoch is no worse than the one before.
        rise = np.clip(time, turn, epochs - 4) - turn
        val = falling[np.minimum(time, turn)] + rise * 0.08
    elif kind == "overfitting, falling at last":
        val = falling.copy()
        val[-4:] = val[:-4].min() * np.array([1.6, 1.5, 1.4, 1.3])
    else:
        return _diverged(rng, kind, epochs, loss, falling)
    return {"loss": loss, "val_loss": val.tolist()}


def _diverged(rng, kind, epochs, loss, falling):
    """Draw a run whose training loss rises, becomes NaN, or is infinite for an epoch."""
    start = int(rng.integers(3, epochs - 4))
    if kind == "rises":
        loss = np.linspace(loss[0], loss[0] * 3, epochs).tolist()
        return {"loss": loss, "val_loss": falling.tolist()}
    val = falling.tolist()
    if kind == "NaN":
        loss[start:] = [math.nan] * (epochs - start)
        val[start:] = loss[start:]
    else:
        loss[start] = math.inf
    return {"loss": loss, "val_loss": val}


def _draw(*kinds):
    def draw(rng):
        return Inputs([_run(rng, kinds[n]) for n in rng.permutation(len(kinds))])

    return draw


CURVES = Question(
    id="curves",
    name="diagnose",
    title="What the curves say",
    reference=diagnose,
    cases=(
        Case(
            "runs that overfit, and runs that do not",
            1,
            _draw("overfitting", "overfitting", "converged", "learning"),
            "'overfitting' where the last validation loss is far above the lowest",
        ),
        Case(
            "runs that still learn, and runs that do not",
            1,
            _draw(
                "learning",
                "learning, with a step back",
                "learning, with a step back",
                "converged",
                "converged",
            ),
            "'learning' where the last validation loss is well below that of three epochs before",
        ),
        Case(
            "runs that diverge, and runs that do not",
            1,
            _draw("rises", "NaN", "inf", "learning", "converged"),
            "'diverged' where a training loss is not finite, or the last is above the first",
        ),
        Case(
            "runs to which two words apply",
            1,
            _draw(
                "overfitting, falling at last", "overfitting, falling at last", "rises", "converged"
            ),
            "the first word of the table that applies",
        ),
    ),
    compare=compare_words,
    mistakes=(
        Mistake(lambda runs: diagnose(runs, key="loss"), "you read the training loss alone"),
        Mistake(
            lambda runs: diagnose(runs, base="first"),
            "the validation loss is compared with its first value, not its lowest",
        ),
        Mistake(
            lambda runs: diagnose(runs, base="last"),
            "the validation loss is compared with the epoch before, not with the lowest",
        ),
        Mistake(lambda runs: diagnose(runs, finite=False), "NaN and infinity are not found"),
        Mistake(
            lambda runs: diagnose(runs, order=("learning", "diverged", "overfitting", "converged")),
            "'learning' was looked at before the words above it",
        ),
        Mistake(
            lambda runs: diagnose(runs, back=2),
            "you compare with one epoch before the last, not three",
        ),
    ),
)


# --- train: a small network ------------------------------------------------------------------


class Training(Inputs):
    """The inputs of one training, what is looked at, and the labels of the new pictures.

    What is looked at is the accuracy, the report or the classes. For the report, `shown` is what
    the validation pictures show, whatever their labels say.
    """

    def __init__(self, aspect, truth, *args, shown=None):
        super().__init__(*args)
        self.aspect, self.truth, self.shown = aspect, truth, shown


def train_small(x, y, x_val, y_val, x_new, epochs, patience):
    """Answer with the class of the nearest mean picture: a network of one layer."""
    x, x_val, x_new = (part.reshape(len(part), -1) / 255 for part in (x, x_val, x_new))
    classes = np.unique(y)
    means = np.array([x[y == one].mean(axis=0) for one in classes])
    logits = x_val @ means.T - (means**2).sum(axis=1) / 2
    shown = np.full((len(x_val), 10), 0.04)
    shown[np.arange(len(x_val)), classes[logits.argmax(axis=1)]] = 0.64
    best = -np.log(shown[np.arange(len(y_val)), y_val]).mean()
    return {
        "val_loss": [best] + [best + 0.1] * min(patience, epochs - 1),
        "best_epoch": 1,
        "val_probabilities": shown,
        "predictions": classes[(x_new @ means.T - (means**2).sum(axis=1) / 2).argmax(axis=1)],
    }


def compare_training(expected, answer, inputs):
    if not isinstance(answer, dict):
        return "the answer is not a dict"
    if missing := set(expected) - set(answer):
        return f"the dict lacks {', '.join(sorted(missing))}"
    if inputs.aspect == "report":
        return _report(answer, inputs)
    given = numbers(answer["predictions"])
    if given.shape != (len(inputs.args[4]),):
        return "predictions are not one label for each new picture"
    if inputs.aspect == "classes" and not np.isin(given, inputs.args[1]).all():
        return "answers name a class that no training picture has: was it learned elsewhere?"
    right = np.mean(given == inputs.truth)
    # Two classes of ten cannot be answered rightly, and the first epoch may be the best.
    least = 0.7 if inputs.aspect == "accuracy" else 0.2
    return None if right >= least else "too few of the answers are right"


def _report(answer, inputs):
    """Check that the losses follow the rule of early stopping, and are the best epoch's.

    A history that somebody made up, and that fits a network's answers, looks like a real one.
    """
    y_val, epochs, patience = inputs.args[3], inputs.args[5], inputs.args[6]
    losses = numbers(answer["val_loss"])
    shown = numbers(answer["val_probabilities"])
    best = float(numbers(answer["best_epoch"]).reshape(()))
    if losses.ndim != 1 or not 1 <= len(losses) <= epochs:
        return "val_loss has not one loss for each epoch that was run"
    if np.isnan(losses).any():
        return "val_loss has values that are no losses"
    if shown.shape != (len(y_val), 10):
        return "val_probabilities has the wrong shape"
    if not (np.abs(shown.sum(axis=1) - 1) < 0.01).all() or shown.min() < 0:
        return "val_probabilities has rows that are no probabilities"
    if best != np.argmin(losses) + 1:
        return "the best epoch is not the one with the lowest loss, counted from 1"
    end = stop([*losses, *[math.inf] * (epochs - len(losses))], patience)[0]
    if end != len(losses):
        return f"training ended too {'late' if end < len(losses) else 'early'} for the patience"
    loss = -np.log(np.clip(shown[np.arange(len(y_val)), y_val], 1e-7, 1)).mean()
    if abs(loss - losses.min()) > 0.002 * losses.min():
        return "val_probabilities have not the loss of the best epoch: are its weights restored?"
    agreed = np.mean(shown.argmax(axis=1) == y_val)
    if agreed > 0.75:
        return "val_probabilities agree with labels drawn at random: were they learned from?"
    # Half of the labels are right, and one class for all agrees with a tenth. Where a label is
    # wrong, only who looks at the picture knows the class: who answers from labels does not.
    wrong = y_val != inputs.shown
    knows = np.mean(shown.argmax(axis=1)[wrong] == inputs.shown[wrong])
    if agreed < 0.15 or knows < 0.2:
        return "val_probabilities are no better than chance"
    return None


WAVES = np.cos(np.pi * np.outer(np.arange(28) + 0.5, np.arange(8)) / 28)  # (28, 8)


def _smooth(rng, number):
    """Draw smooth pictures (number, 28, 28) of mean 0 and deviation 1, alike when mirrored."""
    weights = rng.normal(size=(number, 8, 4)) / (1 + np.arange(8)[:, None] / 3)
    weights[:, 0, 0] = 0
    pictures = WAVES @ weights @ WAVES[:, ::2].T  # across, the even cosines alone
    return pictures / pictures.std(axis=(1, 2), keepdims=True)


def _pictures(rng, *numbers, disturbance=0.8):
    """Draw parts of a data set that nobody has seen: ten patterns, moved, dimmed and disturbed.

    The sandbox has Fashion-MNIST, its labels and a trained network: were these its garments,
    looking them up would be an answer. Mirrored or moved, a picture keeps its class, so that
    what helps with garments does no harm.
    """
    patterns = _smooth(rng, 10)
    labels = rng.integers(0, 10, size=sum(numbers))
    shifts = rng.integers(-2, 3, size=(len(labels), 2))
    shown = np.stack([np.roll(patterns[n], s, (0, 1)) for n, s in zip(labels, shifts, strict=True)])
    strength = rng.uniform(0.6, 1.2, size=(len(labels), 1, 1))
    shown = shown * strength + disturbance * _smooth(rng, len(labels))
    shown += rng.normal(scale=0.3, size=shown.shape)
    images = np.clip(110 + 45 * shown, 0, 255).astype(np.uint8)
    cuts = np.cumsum(numbers)[:-1]
    return [
        part
        for both in zip(np.split(images, cuts), np.split(labels, cuts), strict=True)
        for part in both
    ]


def draw_training(rng):
    x, y, x_val, y_val, x_new, truth = _pictures(rng, 1500, 300, 500)
    return Training("accuracy", truth, x, y, x_val, y_val, x_new, 10, 3)


def draw_doubtful(rng):
    x, y, x_val, y_val, x_new, truth = _pictures(rng, 600, 400, 20)
    doubtful = rng.random(400) < 0.5
    told = np.where(doubtful, rng.integers(0, 10, size=400), y_val)
    return Training("report", truth, x, y, x_val, told, x_new, 40, 1, shown=y_val)


def draw_unseen(rng):
    x, y, x_val, y_val, x_new, truth = _pictures(rng, 1500, 400, 300, disturbance=0.6)
    unseen = rng.choice(10, size=2, replace=False)
    kept = ~np.isin(y, unseen)
    # A few are enough to learn from, and leave the validation loss to the other classes.
    few = np.r_[
        np.flatnonzero(np.isin(y_val, unseen))[:32], np.flatnonzero(~np.isin(y_val, unseen))
    ]
    return Training("classes", truth, x[kept], y[kept], x_val[few], y_val[few], x_new, 8, 8)


TRAIN = Question(
    id="train",
    name="train_small",
    title="Train a small network",
    reference=train_small,
    cases=(
        Case(
            "1,500 pictures of all classes",
            2,
            draw_training,
            "at least 70% of the new pictures named rightly",
            times=1,
        ),
        Case(
            "validation pictures with doubtful labels, and little patience",
            2,
            draw_doubtful,
            "losses that follow the rule of early stopping, and the best epoch's probabilities",
            times=1,
        ),
        Case(
            "classes that only the validation part has",
            1,
            draw_unseen,
            "answers from the training pictures' classes alone",
            times=1,
        ),
    ),
    compare=compare_training,
    slow_check=True,  # trains three times
)

ASSIGNMENT = Assignment(
    name="a3_training",
    title="Train and stop",
    minutes=80,
    questions=(
        STOP,
        BATCHES,
        CURVES,
        TRAIN,
        Written(
            id="reading",
            title="Reading a report",
            points=3,
            guidance=(
                "1 point: the maximum of many test scores is optimistic, or the test set was "
                "used to choose. 1 point: a falling training loss does not promise better "
                "answers on new pictures (overfitting). 1 point: a sound protocol: choose and "
                "stop by validation, restore the best epoch, test once, with an interval or "
                "several seeds."
            ),
        ),
    ),
    # TensorFlow alone takes 0.8 GB and 5 seconds.
    limits=Limits(memory=3 * 1024**3, cell_seconds=40.0, call_seconds=40.0, notebook_seconds=180.0),
)
