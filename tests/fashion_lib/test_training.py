"""Training: settings, stopping rule and loop, against Keras and scripted losses."""

import json

import numpy as np
import pytest

from fashion_lib import training
from fashion_lib._loop import augment
from fashion_lib._progress import progress_reporter
from fashion_lib.networks import build_cnn
from fashion_lib.training import History, Patience, TrainConfig, train
from fashion_lib.weights import get_weights, set_weights

QUICK = TrainConfig.fast(epochs=2, batch_size=64)


@pytest.fixture(scope="module")
def small(fashion):
    """Return 600 training and 200 validation images with their labels."""
    (x, y), _ = fashion
    return (x[:600], y[:600]), (x[600:800], y[600:800])


# --- settings ------------------------------------------------------------------------------


def test_origin_is_the_articles_protocol():
    config = TrainConfig.origin()
    assert (config.batch_size, config.optimizer, config.learning_rate) == (32, "adam", 1e-3)
    assert (config.schedule, config.patience, config.epochs) == ("constant", 2, 25)
    assert config.steps_per_execution == 1
    assert TrainConfig.origin(seed=3).seed == 3


def test_replace_returns_a_changed_copy():
    config = TrainConfig.fast()
    assert config.replace(seed=5) == TrainConfig.fast(seed=5)
    assert config == TrainConfig.fast()
    with pytest.raises(AttributeError):
        config.seed = 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("learning_rate", -1e-3),
        ("learning_rate", 0),
        ("learning_rate", float("nan")),
        ("learning_rate", "fast"),
        ("patience", 0),
        ("patience", 1.5),
        ("epochs", 0),
        ("epochs", 26),
        ("batch_size", 0),
        ("batch_size", True),
        ("steps_per_execution", 0),
        ("seed", -1),
        ("optimizer", "sgd"),
        ("schedule", "linear"),
        ("warmup", 1),
        ("warmup", -0.1),
        ("weight_decay", -1),
        ("weight_decay", 0.1),
        ("augment", "flip"),
    ],
)
def test_settings_out_of_range_are_refused(field, value):
    with pytest.raises(ValueError, match=field):
        TrainConfig(**{field: value})


def test_learning_rates_rise_and_fall():
    config = TrainConfig(epochs=5, batch_size=10, learning_rate=2.0, schedule="cosine", warmup=0.2)
    rates = config.learning_rates(96)
    assert rates.shape == (5, 10)  # the tenth batch holds the last 6 images
    np.testing.assert_allclose(rates[0], np.linspace(0.2, 2.0, 10), rtol=1e-6)
    assert rates[1, 0] == 2.0
    assert 0 < rates[-1, -1] < 0.01
    assert (np.diff(rates.ravel()[10:]) < 0).all()
    assert (TrainConfig(epochs=3).learning_rates(100) == np.float32(1e-3)).all()


@pytest.mark.tensorflow
def test_cosine_schedule_is_kerass():
    import keras

    config = TrainConfig(epochs=4, batch_size=10, schedule="cosine")
    schedule = keras.optimizers.schedules.CosineDecay(1e-3, decay_steps=40)
    expected = [float(schedule(step)) for step in range(40)]
    np.testing.assert_allclose(config.learning_rates(100).ravel(), expected, rtol=1e-4, atol=1e-9)


# --- stopping ------------------------------------------------------------------------------


def run_patience(values, patience):
    rule = Patience(patience)
    for epoch, value in enumerate(values, start=1):
        rule.improves(epoch, value)
        if rule.exhausted:
            break
    return rule.best_epoch, epoch


def test_patience_on_a_scripted_training():
    losses = [0.9, 0.5, 0.6, 0.4, 0.4, 0.5, 0.1]
    assert run_patience(losses, 2) == (4, 6)  # epoch 5 ties with 4, which is no improvement
    assert run_patience(losses, 1) == (2, 3)
    assert run_patience(losses, 3) == (7, 7)
    assert run_patience(losses, None) == (7, 7)


@pytest.mark.tensorflow
@pytest.mark.parametrize("patience", [1, 2, 3])
def test_patience_agrees_with_keras(patience):
    import keras

    class Scripted:
        stop_training = False

        def __init__(self):
            self.weights_of = 0

        def get_weights(self):
            return self.now

        def set_weights(self, weights):
            self.weights_of = weights

    for seed in range(200):
        values = np.random.default_rng(seed).integers(0, 8, size=12) / 8  # with many ties
        model = Scripted()
        callback = keras.callbacks.EarlyStopping(
            "val_loss", mode="min", patience=patience, restore_best_weights=True
        )
        callback.set_model(model)
        callback.on_train_begin()
        for epoch, value in enumerate(values, start=1):
            model.now = epoch
            callback.on_epoch_end(epoch - 1, {"val_loss": value})
            if model.stop_training:
                break
        callback.on_train_end()
        assert run_patience(values, patience) == (model.weights_of, epoch)


def script_validation(monkeypatch, losses):
    """Let the validation losses of the next training be these, and record its weights."""
    seen = []

    def evaluate(loop, images, labels, epoch):
        seen.append(get_weights(loop.model))
        return {"val_loss": losses[epoch - 1], "val_accuracy": 0.5}

    monkeypatch.setattr(training.Loop, "evaluate", evaluate)
    return seen


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("patience", "losses", "best", "ran"),
    [(2, [3, 2, 4, 5, 1], 2, 4), (None, [3, 2, 4, 5, 6], 2, 5), (2, [5, 4, 3, 2, 3], 4, 5)],
)
def test_best_weights_are_restored(small, monkeypatch, patience, losses, best, ran):
    weights = script_validation(monkeypatch, losses)
    (x, y), validation = small
    model = build_cnn(seed=0)
    config = QUICK.replace(epochs=5, patience=patience)
    rows = []
    history = train(
        model, x[:64], y[:64], validation, config, on_epoch=lambda _, row: rows.append(row)
    )
    assert history.epochs.to_dict(orient="records") == rows
    assert (history.best_epoch, len(history.epochs)) == (best, ran)
    assert history.stopped_early == (ran < 5)
    assert history.best["val_loss"] == losses[best - 1]
    for key, array in get_weights(model).items():
        np.testing.assert_array_equal(array, weights[best - 1][key])


# --- the loop ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(small):
    """Return a model trained for two epochs, and its history."""
    (x, y), validation = small
    model = build_cnn(seed=4)
    return model, train(model, x, y, validation, QUICK.replace(seed=4))


@pytest.mark.tensorflow
def test_history_describes_the_training(trained, small):
    model, history = trained
    table = history.epochs
    assert list(table.columns) == [
        "epoch",
        "loss",
        "accuracy",
        "val_loss",
        "val_accuracy",
        "learning_rate",
        "seconds",
    ]
    assert table["epoch"].to_list() == [1, 2]
    assert table["loss"][1] < table["loss"][0] < 2.5
    assert (table["seconds"] > 0).all()
    assert table["seconds"].sum() <= history.seconds
    assert table["learning_rate"][1] == pytest.approx(history.config.learning_rates(600)[1].mean())
    (_, _), (x, y) = small
    loss, accuracy = model.evaluate(x[..., None] / np.float32(255), y, verbose=0)
    assert history.best["val_loss"] == pytest.approx(loss, abs=1e-5)
    assert history.best["val_accuracy"] == pytest.approx(accuracy, abs=1e-6)
    assert "best: epoch" in repr(history)


@pytest.mark.tensorflow
@pytest.mark.parametrize("steps_per_execution", [QUICK.steps_per_execution, 1])
def test_same_seed_gives_the_same_bits(trained, small, steps_per_execution):
    import keras

    keras.utils.set_random_seed(99)  # must have no influence
    (x, y), validation = small
    config = QUICK.replace(seed=4, steps_per_execution=steps_per_execution)
    model = build_cnn(seed=4)
    train(model, x, y, validation, config)
    for key, array in get_weights(trained[0]).items():
        np.testing.assert_array_equal(array, get_weights(model)[key])


@pytest.mark.tensorflow
def test_many_trainings_stay_silent(small, caplog, capfd):
    # TensorFlow complains about functions that it thinks are traced too often.
    import keras

    (x, y), validation = small
    for seed in range(8):
        layers = [
            keras.Input((28, 28, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(10, "softmax"),
        ]
        config = QUICK.replace(epochs=1, seed=seed)
        train(keras.Sequential(layers), x[:20], y[:20], validation, config)
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


@pytest.mark.tensorflow
def test_another_seed_gives_another_order(trained, small):
    (x, y), validation = small
    model = build_cnn(seed=4)
    train(model, x, y, validation, QUICK.replace(seed=5))
    assert (get_weights(model)["conv1/kernel"] != get_weights(trained[0])["conv1/kernel"]).any()


@pytest.mark.tensorflow
@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_one_batch_changes_weights_as_keras_fit_does(small, optimizer):
    import keras

    (x, y), validation = small
    x = x[:50, ..., None] / np.float32(255)
    decay = {"adamw": 0.02, "adam": 0.0}[optimizer]
    config = TrainConfig(epochs=1, batch_size=50, optimizer=optimizer, weight_decay=decay)
    ours, theirs = build_cnn(seed=1), build_cnn(seed=1)
    history = train(ours, x, y[:50], validation, config)
    options = {"weight_decay": decay} if decay else {}
    theirs.compile(
        {"adam": keras.optimizers.Adam, "adamw": keras.optimizers.AdamW}[optimizer](
            1e-3, **options
        ),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )
    fit = theirs.fit(x, y[:50], batch_size=50, verbose=0).history
    assert history.epochs["loss"][0] == pytest.approx(fit["loss"][0], rel=1e-5)
    assert history.epochs["accuracy"][0] == pytest.approx(fit["accuracy"][0])
    for key, array in get_weights(theirs).items():
        np.testing.assert_allclose(get_weights(ours)[key], array, atol=2e-5)


@pytest.mark.tensorflow
def test_validation_images_are_set_aside_by_default(small, monkeypatch):
    (x, y), _ = small
    sizes = {}

    def split(x, y, validation_size, seed):
        sizes.update(validation=validation_size, seed=seed)
        return (x[validation_size:], y[validation_size:]), (
            x[:validation_size],
            y[:validation_size],
        )

    monkeypatch.setattr(training, "train_validation_split", split)
    train(build_cnn(seed=0), x, y, config=QUICK.replace(epochs=1, seed=9))
    assert sizes == {"validation": 50, "seed": 0}  # 5,000 of 60,000
    assert round(60_000 * training.VALIDATION_SHARE) == 5_000


def test_augmentation_mirrors_and_shifts():
    image = np.zeros((28, 28, 1), np.float32)
    image[10, 4] = 1  # one bright pixel, which says where the image went
    changed = augment(np.repeat(image[None], 600, axis=0), np.random.default_rng(0))
    assert changed.shape == (600, 28, 28, 1)
    assert changed.dtype == np.float32
    assert (changed.sum(axis=(1, 2, 3)) == 1).all()
    _, rows, columns, _ = np.nonzero(changed)
    moves = {9, 10, 11}
    found, counts = np.unique(np.stack([rows, columns]), axis=1, return_counts=True)
    expected = {
        (row, column) for row in moves for side in (4, 23) for column in (side - 1, side, side + 1)
    }
    assert set(zip(*found.tolist(), strict=True)) == expected
    assert counts.min() > 12  # 18 equally likely places
    assert (image[10, 4], image.sum()) == (1, 1)


@pytest.mark.tensorflow
def test_augmentation_is_seeded(small):
    (x, y), validation = small
    weights = []
    for steps_per_execution, changed in ((25, True), (2, True), (25, False)):
        model = build_cnn(seed=4)
        config = QUICK.replace(epochs=1, augment=changed, steps_per_execution=steps_per_execution)
        train(model, x, y, validation, config)
        weights.append(get_weights(model)["dense/kernel"])
    np.testing.assert_array_equal(weights[0], weights[1])
    assert (weights[0] != weights[2]).any()


# --- what goes wrong -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def untrained():
    """Return a network for calls that must fail before they change it."""
    return build_cnn(seed=0)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x[:0], y[:0]), "no training images"),
        (lambda x, y: (x, y[:-1]), r"600 training images need labels of the shape \(600,\)"),
        (lambda x, y: (x, np.eye(10)[y]), "labels of the shape"),
        (lambda x, y: (x.astype(np.float32)[..., None], y), "outside"),
        (lambda x, y: (np.full((600, 28, 28, 1), np.nan, np.float32), y), "outside"),
        (lambda x, y: (x / 255.0, y), "normalize"),
        (lambda x, y: (x[:, :14], y), "28"),
        (lambda x, y: (x, y + 1), "from 0 to 9"),
        (lambda x, y: (x, y - 1.0), "whole numbers"),
    ],
)
def test_unfit_data_are_refused(untrained, small, change, message):
    (x, y), validation = small
    with pytest.raises(ValueError, match=message):
        train(untrained, *change(x, y), validation)
    with pytest.raises(ValueError, match=message.replace("training", "validation")):
        train(untrained, x, y, change(x, y))


@pytest.mark.tensorflow
def test_nan_loss_stops_and_gives_the_best_weights_back(small, monkeypatch):
    (x, y), validation = small
    model = build_cnn(seed=0)
    weights = get_weights(model)
    broken = {**weights, "dense/kernel": np.full((64, 512), 3e38, np.float32)}
    set_weights(model, broken)
    with pytest.raises(FloatingPointError, match=r"epoch 1, update \d.*learning rate"):
        train(model, x, y, validation, QUICK)
    np.testing.assert_array_equal(get_weights(model)["conv1/kernel"], weights["conv1/kernel"])

    set_weights(model, weights)
    seen = script_validation(monkeypatch, [1.0, 2.0])
    rates = np.array([[1e-3] * 10, [1e-3] * 9 + [np.nan], [1e-3] * 10], np.float32)
    monkeypatch.setattr(TrainConfig, "learning_rates", lambda *_: rates)
    with pytest.raises(FloatingPointError, match="epoch 3"):
        train(model, x, y, validation, QUICK.replace(epochs=3))
    np.testing.assert_array_equal(get_weights(model)["conv1/kernel"], seen[0]["conv1/kernel"])


# --- files and progress --------------------------------------------------------------------


@pytest.mark.tensorflow
def test_history_survives_its_file(trained, tmp_path):
    history = trained[1]
    path = history.save(tmp_path / "history.json")
    loaded = History.load(path)
    assert loaded.config == history.config
    assert loaded.best == history.best
    assert (loaded.best_epoch, loaded.stopped_early) == (history.best_epoch, False)
    assert loaded.epochs.equals(history.epochs)


@pytest.mark.parametrize("content", ["", "{}", "[1]", json.dumps({"config": {"epochs": 0}})])
def test_other_files_are_no_history(tmp_path, content):
    path = tmp_path / "history.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="holds no training history"):
        History.load(path)


ROW = {"epoch": 1, "val_accuracy": 0.75}


def test_progress_is_silent_where_nobody_looks(capfd):
    with progress_reporter(None, 2, 100) as report:
        report.batch(1, 50, 0.5)
        report.epoch(ROW)
        report.finish("done")
    assert capfd.readouterr() == ("", "")


def test_progress_in_a_terminal_wipes_its_line(capfd):
    with progress_reporter(True, 2, 100) as report:
        report.batch(1, 50, 0.5)
        report.epoch(ROW)
    shown = capfd.readouterr().err
    assert "epoch 1/2 |██████████··········| loss 0.500" in shown
    assert shown.endswith("\r\x1b[2K")


def test_progress_in_a_notebook_leaves_one_line(monkeypatch):
    from fashion_lib import _progress

    shown = []

    class Handle:
        def update(self, data, raw):
            shown.append(data["text/plain"])

    monkeypatch.setattr(_progress, "_in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda *_, **__: Handle())
    with progress_reporter(None, 2, 100) as report:
        report.batch(1, 50, 0.5)
        report.finish("done")
    assert shown[0].startswith("epoch 1/2")
    assert shown[-1] == "done"


@pytest.mark.parametrize("count", [1, 9, 50])
def test_too_few_images_for_a_validation_part_are_told_so(count):
    x, y = np.zeros((count, 28, 28), np.uint8), np.arange(count) % 10
    with pytest.raises(ValueError, match=rf"^{count} images are too few .* pass validation_data"):
        train(build_cnn(), x, y)
