"""Answers to *Train and stop* that are typical or unusual, and what each must lose."""

from grader.trials import Wrong

STOP = """
def stop(losses, patience, min_delta=0.0):
    best, best_epoch, waited = {start}, {first}, 0
    for epoch, loss in enumerate(losses, start={first}):
        if {better}:
            best, best_epoch, waited = loss, epoch, 0
        else:
            waited += 1
            {otherwise}
        if waited {enough} patience:
            return {end}
    return {last}
"""


def _stop(
    start: str = "float('inf')",
    first: str = "1",
    better: str = "best - loss > min_delta",
    otherwise: str = "",
    enough: str = ">=",
    end: str = "epoch, best_epoch",
    last: str = "epoch, best_epoch",
) -> str:
    return STOP.format(
        start=start,
        first=first,
        better=better,
        otherwise=otherwise,
        enough=enough,
        end=end,
        last=last,
    )


BATCHES = """
def batches(count, size, epochs, seed=0):
    rng = np.random.default_rng(seed)
    {before}
    result = []
    for epoch in range({epochs}):
        order = {order}
        for start in range({start}, {count}, size):
            result.append(order[start:start + size])
    return {end}
"""


def _batches(
    before: str = "",
    epochs: str = "epochs",
    order: str = "rng.permutation(count)",
    start: str = "0",
    count: str = "count",
    end: str = "result",
) -> str:
    return BATCHES.format(
        before=before, epochs=epochs, order=order, start=start, count=count, end=end
    )


CURVES = """
def diagnose(runs):
    words = []
    for run in runs:
        loss, val = run["loss"], run["val_loss"]
        if {diverged}:
            word = "diverged"
        elif {overfitting}:
            word = "overfitting"
        elif {learning}:
            word = "learning"
        else:
            word = "converged"
        words.append(word)
    return {end}
"""


def _curves(
    diverged: str = "any(not math.isfinite(v) for v in loss) or loss[-1] > loss[0]",
    overfitting: str = "val[-1] / min(val) > 1.05",
    learning: str = "val[-1] / val[-4] < 0.98",
    end: str = "words",
) -> str:
    return CURVES.format(diverged=diverged, overfitting=overfitting, learning=learning, end=end)


# Softmax regression in NumPy: a network of one layer, which trains in a blink.
TRAIN = """
def train_small(x, y, x_val, y_val, x_new, epochs, patience):
    rng = np.random.default_rng(0)
    a, b, c = [p.reshape(len(p), -1) / {scale} for p in (x, x_val, x_new)]
    a, y = {learned}
    w, v = np.zeros((784, 10)), np.zeros(10)

    def answer(pictures, w, v):
        z = pictures @ w + v
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    losses, best, best_epoch = [], (w, v), 0
    for epoch in range({epochs}):
        order = rng.permutation(len(a))
        for start in range(0, len(a), 32):
            some = order[start:start + 32]
            slope = answer(a[some], w, v) - np.eye(10)[y[some]]
            w = w - {rate} / len(some) * a[some].T @ slope
            v = v - {rate} / len(some) * slope.sum(axis=0)
        p = answer(b, w, v)[np.arange(len(b)), y_val]
        losses.append({loss})
        if losses[-1] <= min(losses):
            best, best_epoch = (w, v), epoch
        if epoch - best_epoch >= {patience}:
            break
    {after}
    return {end}
"""
TRAIN_END = """{"val_loss": losses, "best_epoch": best_epoch + 1,
            "val_probabilities": answer(b, *best),
            "predictions": answer(c, *best).argmax(axis=1)}"""


def _train(
    scale: str = "255",
    learned: str = "a, y",
    epochs: str = "epochs",
    rate: str = "0.05",
    loss: str = "-np.log(np.maximum(p, 1e-9)).mean()",
    patience: str = "patience",
    after: str = "",
    end: str = TRAIN_END,
) -> str:
    return TRAIN.format(
        scale=scale,
        learned=learned,
        epochs=epochs,
        rate=rate,
        loss=loss,
        patience=patience,
        after=after,
        end=end,
    )


WRONG = (
    # stop
    Wrong("in other words, right", "stop", 0, _stop()),
    Wrong(
        "an array, right",
        "stop",
        0,
        _stop(end="np.array([epoch, best_epoch])", last="[epoch, best_epoch]"),
    ),
    Wrong(
        "by the callback of Keras",
        "stop",
        0,
        """
def stop(losses, patience, min_delta=0.0):
    import keras
    callback = keras.callbacks.EarlyStopping("val_loss", min_delta, patience, mode="min")
    model = keras.Sequential()
    model.stop_training = False
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    return epoch + 1, callback.best_epoch + 1
""",
    ),
    Wrong("epochs from 0", "stop", 5, _stop(first="0")),
    Wrong("patience one too long", "stop", 4, _stop(enough=">")),
    Wrong("patience one too short", "stop", 5, _stop(enough=">= -1 +")),
    Wrong("compared with the epoch before", "stop", 4, _stop(otherwise="best = loss")),
    Wrong("equal is better", "stop", 1, _stop(better="best - loss >= min_delta")),
    Wrong("min_delta ignored", "stop", 1, _stop(better="loss < best")),
    Wrong(
        "min_delta the wrong way",
        "stop",
        1,
        _stop(better="loss < best + min_delta").replace(
            "loss < best + min_delta", "loss < best + (min_delta or -0.001)"
        ),
    ),
    Wrong("small steps become the best", "stop", 1, _stop(otherwise="best = min(best, loss)")),
    Wrong("counted in total", "stop", 5, _stop().replace("loss, epoch, 0", "loss, epoch, waited")),
    Wrong("last epoch for best", "stop", 5, _stop(end="epoch, epoch", last="epoch, epoch")),
    Wrong(
        "best of the future",
        "stop",
        4,
        """
def stop(losses, patience, min_delta=0.0):
    best = waited = 0
    for epoch in range(len(losses)):
        if epoch and losses[epoch] < losses[best] - min_delta:
            best, waited = epoch, 0
        elif epoch:
            waited += 1
        if waited == patience:
            break
    return epoch + 1, int(np.argmin(losses)) + 1
""",
    ),
    Wrong("never stops", "stop", 4, _stop(enough=">= 10**6 +")),
    Wrong("swapped", "stop", 5, _stop(end="best_epoch, epoch", last="best_epoch, epoch")),
    # batches
    Wrong("in other words, right", "batches", 0, _batches()),
    Wrong(
        "lists, right", "batches", 0, _batches(end="[[int(n) for n in batch] for batch in result]")
    ),
    Wrong("not shuffled", "batches", 3, _batches(order="np.arange(count)")),
    Wrong(
        "turned by an epoch", "batches", 3, _batches(order="np.roll(np.arange(count), epoch + 1)")
    ),
    Wrong("with replacement", "batches", 3, _batches(order="rng.integers(0, count, count)")),
    Wrong(
        "the same order again",
        "batches",
        3,
        _batches("first = rng.permutation(count)", order="first"),
    ),
    Wrong("one epoch too few", "batches", 3, _batches(epochs="epochs - 1")),
    Wrong("one epoch too many", "batches", 3, _batches(epochs="epochs + 1")),
    Wrong("rest dropped", "batches", 2, _batches(count="count - size + 1")),
    Wrong(
        "rest filled up", "batches", 2, _batches(end="[np.resize(batch, size) for batch in result]")
    ),
    Wrong(
        "rest carried over",
        "batches",
        2,
        """
def batches(count, size, epochs, seed=0):
    rng = np.random.default_rng(seed)
    order = np.concatenate([rng.permutation(count) for _ in range(epochs)])
    return [order[start:start + size] for start in range(0, len(order), size)]
""",
    ),
    Wrong("first position forgotten", "batches", 3, _batches(order="1 + rng.permutation(count)")),
    Wrong(
        "a list of epochs",
        "batches",
        3,
        """
def batches(count, size, epochs, seed=0):
    rng = np.random.default_rng(seed)
    return [[o[s:s + size].tolist() for s in range(0, count, size)]
            for o in [rng.permutation(count) for _ in range(epochs)]]
""",
    ),
    # curves
    Wrong("in other words, right", "curves", 0, _curves()),
    Wrong("a tuple, right", "curves", 0, _curves(end="tuple(words)")),
    Wrong("an array, right", "curves", 0, _curves(end="np.array(words)")),
    Wrong(
        "training loss alone",
        "curves",
        4,
        _curves().replace('loss, val = run["loss"], run["val_loss"]', 'loss = val = run["loss"]'),
    ),
    Wrong("compared with the first", "curves", 2, _curves(overfitting="val[-1] > 1.05 * val[0]")),
    Wrong(
        "compared with the one before", "curves", 2, _curves(overfitting="val[-1] > 1.05 * val[-2]")
    ),
    Wrong("NaN not found", "curves", 1, _curves(diverged="loss[-1] > loss[0]")),
    Wrong(
        "NaN compared with itself",
        "curves",
        1,
        _curves(diverged="math.nan == loss[-1] or loss[-1] > loss[0]"),
    ),
    Wrong(
        "the last loss alone",
        "curves",
        1,
        _curves(diverged="not math.isfinite(loss[-1]) or loss[-1] > loss[0]"),
    ),
    Wrong(
        "rising not found", "curves", 2, _curves(diverged="any(not math.isfinite(v) for v in loss)")
    ),
    Wrong(
        "learning first",
        "curves",
        1,
        _curves(overfitting="val[-1] > 1.05 * min(val) and val[-1] >= 0.98 * val[-4]"),
    ),
    Wrong("one epoch before", "curves", 1, _curves(learning="val[-1] < 0.98 * val[-2]")),
    Wrong("other words", "curves", 4, _curves(end="[word.title() for word in words]")),
    Wrong("one word for all", "curves", 4, _curves(end="words[0]")),
    Wrong("always converged", "curves", 4, _curves(end='["converged"] * len(runs)')),
    # train
    Wrong("softmax regression, right", "train", 0, _train()),
    Wrong(
        "by fashion_lib's train",
        "train",
        0,
        """
from fashion_lib import TrainConfig, build_cnn, train
def train_small(x, y, x_val, y_val, x_new, epochs, patience):
    model = build_cnn(seed=1)
    config = TrainConfig(epochs=min(epochs, 25), patience=min(patience, 25))
    log = train(model, x, y, (x_val, y_val), config, progress=False)
    return {"val_loss": log.epochs["val_loss"], "best_epoch": log.best_epoch,
            "val_probabilities": model.predict(normalize(x_val), verbose=0),
            "predictions": model.predict(normalize(x_new), verbose=0).argmax(axis=1),
            "seconds": log.seconds}
""",
    ),
    Wrong(
        "labels looked up in the sample",
        "train",
        5,
        """
from fashion_lib import load_data
def train_small(x, y, x_val, y_val, x_new, epochs, patience):
    (images, labels), _ = load_data("sample")
    known = {image.tobytes(): int(label) for image, label in zip(images, labels)}
    numbers = np.zeros(10, int)  # the number that each class of Fashion-MNIST has in y
    for image, label in zip(x, y):
        numbers[known.get(image.tobytes(), 0)] = label
    shown, truth = (numbers[[known.get(image.tobytes(), 0) for image in part]]
                    for part in (x_val, x_new))
    guess = np.full((len(y_val), 10), 0.04)
    guess[np.arange(len(y_val)), shown] = 0.64
    best = -np.log(guess[np.arange(len(y_val)), y_val]).mean()
    losses = [best] + [best + 0.1] * min(patience, epochs - 1)
    return {"val_loss": losses, "best_epoch": 1, "val_probabilities": guess,
            "predictions": np.where(np.isin(truth, y), truth, y[0])}
""",
    ),
    Wrong(
        "nothing learned, with losses that fit",
        "train",
        5,
        """
def train_small(x, y, x_val, y_val, x_new, epochs, patience):
    losses = [math.log(10)] + [2.4] * min(patience, epochs - 1)
    return {"val_loss": losses, "best_epoch": 1,
            "val_probabilities": np.full((len(x_val), 10), 0.1),
            "predictions": np.full(len(x_new), y[0])}
""",
    ),
    Wrong(
        "a report made up from the validation labels",
        "train",
        5,
        """
def train_small(x, y, x_val, y_val, x_new, epochs, patience):
    n, y_val = len(y_val), np.asarray(y_val)
    told = np.where(np.arange(n) % 10 < 6, y_val, (y_val + 1) % 10)
    shown = np.full((n, 10), 0.04)
    shown[np.arange(n), told] = 0.64
    best = -np.log(shown[np.arange(n), y_val]).mean()
    return {"val_loss": [best] + [best + 0.1] * min(patience, epochs - 1), "best_epoch": 1,
            "val_probabilities": shown, "predictions": np.zeros(len(x_new), int)}
""",
    ),
    Wrong(
        "no losses, and no probabilities",
        "train",
        2,
        _train(
            end="""{"val_loss": [math.nan] * (patience + 1), "best_epoch": 1,
            "val_probabilities": 7 * np.eye(10)[answer(b, *best).argmax(axis=1)],
            "predictions": answer(c, *best).argmax(axis=1)}"""
        ),
    ),
    Wrong("the last weights", "train", 2, _train(after="best = (w, v)")),
    Wrong(
        "best epoch from 0",
        "train",
        2,
        _train(end=TRAIN_END.replace("best_epoch + 1", "best_epoch")),
    ),
    Wrong("patience one too long", "train", 2, _train(patience="patience + 1")),
    Wrong("no early stopping", "train", 2, _train(patience="1000")),
    Wrong("more epochs than allowed", "train", 2, _train(epochs="epochs + 1", patience="1000")),
    Wrong("loss in bits", "train", 2, _train(loss="-np.log2(np.maximum(p, 1e-9)).mean()")),
    Wrong(
        "learns from the validation part",
        "train",
        1,
        _train(learned="np.concatenate([a, b]), np.append(y, y_val)"),
    ),
    Wrong(
        "learns from twenty pictures",
        "train",
        2,
        _train(learned="np.tile(a[:20], (30, 1)), np.tile(y[:20], 30)"),
    ),
    Wrong(
        "answers for negatives",
        "train",
        3,
        _train(end=TRAIN_END.replace("answer(c,", "answer(1 - c,")),
    ),
    Wrong(
        "probabilities for labels", "train", 3, _train(end=TRAIN_END.replace(".argmax(axis=1)", ""))
    ),
    Wrong("a tuple for a dict", "train", 5, _train(end="losses, best_epoch + 1")),
    Wrong(
        "validation answers for new ones",
        "train",
        3,
        _train(end=TRAIN_END.replace("answer(c, *best)", "answer(b, *best)")),
    ),
)
