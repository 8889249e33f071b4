"""Training: settings, what `train` adds to Keras's `fit`, and what goes wrong."""

import json
import logging

import numpy as np
import pytest
from scipy.special import logsumexp

from fashion_lib import training
from fashion_lib._pipeline import augment, batches
from fashion_lib._progress import Silent, progress_reporter
from fashion_lib.networks import build_cnn
from fashion_lib.training import History, TrainConfig, train
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
        ("epochs", np.float32(2)),
        ("batch_size", 0),
        ("batch_size", True),
        ("steps_per_execution", 0),
        ("seed", -1),
        ("optimizer", "lion"),
        ("optimizer", ["adam"]),
        ("schedule", "linear"),
        ("momentum", 1),
        ("momentum", 0.9),
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


def test_numbers_of_numpy_are_numbers(tmp_path):
    config = TrainConfig(
        epochs=np.int64(30),
        batch_size=np.uint8(64),
        learning_rate=np.float32(0.5),
        warmup=np.float16(0.25),
        patience=np.int32(3),
        seed=np.int64(7),
        augment=np.bool_(True),
    )
    assert config == TrainConfig(
        epochs=30, batch_size=64, learning_rate=0.5, warmup=0.25, patience=3, seed=7, augment=True
    )
    assert {type(value) for value in vars(config).values()} == {int, float, str, bool}
    assert json.loads(json.dumps(vars(config))) == vars(config)


def test_learning_rates_rise_and_fall():
    config = TrainConfig(epochs=5, batch_size=10, learning_rate=2.0, schedule="cosine", warmup=0.2)
    rates = config.learning_rates(96)
    assert rates.shape == (5, 10)  # the tenth batch holds the last 6 images
    np.testing.assert_allclose(rates[0], np.linspace(0, 1.8, 10), rtol=1e-6)
    assert rates[1, 0] == 2.0
    assert 0 < rates[-1, -1] < 0.01
    assert (np.diff(rates.ravel()[10:]) < 0).all()
    assert (TrainConfig(epochs=3).learning_rates(100) == np.float32(1e-3)).all()


CONFIGS = [
    TrainConfig(epochs=4, batch_size=10),
    TrainConfig(epochs=4, batch_size=10, schedule="cosine"),
    TrainConfig(epochs=4, batch_size=10, warmup=0.3, optimizer="sgd", momentum=0.9),
    TrainConfig.fast(epochs=4, batch_size=10),
]


@pytest.mark.tensorflow
@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: f"{config.schedule}-{config.warmup}")
def test_learning_rates_are_those_that_keras_uses(config):
    optimizer = config.in_keras(96).compile.made()["optimizer"]
    found = []
    for step in range(40):
        optimizer.iterations.assign(step)
        found.append(float(optimizer.learning_rate))
    np.testing.assert_allclose(config.learning_rates(96).ravel(), found, rtol=1e-4, atol=1e-9)


# --- in Keras's terms ----------------------------------------------------------------------


def test_calls_of_keras_are_shown_as_code():
    config = TrainConfig(optimizer="sgd", momentum=0.9, weight_decay=5e-4, patience=4)
    calls = config.in_keras(100)
    assert calls._repr_markdown_() == f"```python\n{calls}\n```"
    assert str(calls).splitlines() == [
        "model.compile(",
        "    optimizer=keras.optimizers.SGD(",
        "        learning_rate=0.001,",
        "        weight_decay=0.0005,",
        "        momentum=0.9,",
        "    ),",
        "    loss='sparse_categorical_crossentropy',",
        "    metrics=['accuracy'],",
        "    steps_per_execution=25,",
        "    jit_compile=False,",
        ")",
        "model.fit(",
        "    x=batches,",
        "    epochs=25,",
        "    validation_data=(x_val, y_val),",
        "    callbacks=[keras.callbacks.EarlyStopping(",
        "        monitor='val_loss',",
        "        mode='min',",
        "        patience=4,",
        "        restore_best_weights=True,",
        "    )],",
        ")",
    ]


@pytest.mark.tensorflow
@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
def test_the_code_trains_as_train_does(small, optimizer):
    import keras
    import tensorflow as tf

    (x, y), (x_val, y_val) = small
    x, x_val = (images[..., None] / np.float32(255) for images in (x, x_val))
    special = {"adam": {}, "adamw": {"weight_decay": 0.02}, "sgd": {"momentum": 0.9}}[optimizer]
    config = TrainConfig(epochs=1, optimizer=optimizer, skip_unused=False, seed=3, **special)
    ours, model = build_cnn(seed=1), build_cnn(seed=1)
    history = train(ours, x, y, (x_val, y_val), config)
    names = {"keras": keras, "model": model, "x_val": x_val, "y_val": y_val}
    names["batches"] = batches(x, y.astype(np.int32), config, tf.Variable(1, dtype="int64"), (...,))
    code = str(config.in_keras(len(x))).replace("epochs=", "verbose=0, shuffle=False, epochs=")
    exec(code, names)
    for key, array in get_weights(model).items():
        np.testing.assert_array_equal(get_weights(ours)[key], array)
    found = model.history.history
    assert history.best["val_loss"] == pytest.approx(found["val_loss"][0], abs=1e-6)
    assert history.best["loss"] == found["loss"][0]


# --- stopping ------------------------------------------------------------------------------


def script_validation(monkeypatch, losses):
    """Let the validation losses of the next training be these, and record its weights."""
    import keras

    seen, left = [], iter(losses)

    def evaluate(model, *_, **__):
        seen.append(get_weights(model))
        return {"loss": next(left), "accuracy": 0.5}

    monkeypatch.setattr(keras.Sequential, "evaluate", evaluate)
    return seen


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("patience", "losses", "best", "ran"),
    [
        (2, [3, 2, 4, 5, 1], 2, 4),
        (None, [3, 2, 4, 5, 6], 2, 5),
        (2, [5, 4, 3, 2, 3], 4, 5),
        (2, [9, 4, 4, 4, 1], 2, 4),  # a tie is no improvement
        (1, [5, 4, 6, 1, 1], 2, 3),
        (3, [9, 5, 6, 4, 4, 5, 1], 7, 7),
    ],
)
def test_best_weights_are_restored(small, monkeypatch, patience, losses, best, ran):
    weights = script_validation(monkeypatch, losses)
    (x, y), validation = small
    model = build_cnn(seed=0)
    config = QUICK.replace(epochs=len(losses), patience=patience)
    rows = []
    history = train(
        model, x[:64], y[:64], validation, config, on_epoch=lambda _, row: rows.append(row)
    )
    assert history.epochs.to_dict(orient="records") == rows
    assert (history.best_epoch, len(history.epochs)) == (best, ran)
    assert history.stopped_early == (ran < len(losses))
    assert history.best["val_loss"] == losses[best - 1]
    for key, array in get_weights(model).items():
        np.testing.assert_array_equal(array, weights[best - 1][key])


@pytest.mark.tensorflow
def test_more_than_25_epochs(small):
    (x, y), validation = small
    config = TrainConfig(epochs=30, patience=None, batch_size=32)
    assert len(train(build_cnn(seed=0), x[:32], y[:32], validation, config).epochs) == 30


class Interrupting(Silent):
    """Stands for somebody who presses Ctrl-C in the epoch `last`, when an update is over."""

    def batch(self, epoch, seen, loss):
        if epoch == self.last:
            raise KeyboardInterrupt


@pytest.mark.tensorflow
@pytest.mark.parametrize("last", [1, 3])
def test_an_interruption_keeps_the_best_weights_and_the_history(small, monkeypatch, last):
    (x, y), validation = small
    monkeypatch.setattr(Interrupting, "last", last, raising=False)
    monkeypatch.setattr("fashion_lib._progress.Silent", Interrupting)
    weights = script_validation(monkeypatch, [2, 3, 1])
    model = build_cnn(seed=0)
    before, config = get_weights(model), QUICK.replace(epochs=4)
    if last == 1:  # there is no history yet
        with pytest.raises(KeyboardInterrupt):
            train(model, x, y, validation, config, progress=False)
        expected = before
    else:
        with pytest.warns(UserWarning, match="in epoch 3.*weights of epoch 1"):
            history = train(model, x, y, validation, config, progress=False)
        assert (history.interrupted, history.stopped_early) == (True, False)
        assert (len(history.epochs), history.best_epoch) == (2, 1)
        assert "interrupted" in repr(history)
        expected = weights[0]
    for key, array in get_weights(model).items():
        np.testing.assert_array_equal(array, expected[key])


# --- the training ------------------------------------------------------------------------------


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
    assert history.best["val_loss"] == pytest.approx(loss, abs=1e-6)
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
def test_the_notice_that_trainings_are_traced_is_held_back_and_no_other(small, caplog):
    # TensorFlow gives it now and then, depending on where functions lie in memory.
    notice = "5 out of the last 19 calls to <function> triggered tf.function retracing."
    logger = logging.getLogger("tensorflow")

    def warn(*_):
        logger.warning(notice)
        logger.warning("something else")

    (x, y), validation = small
    train(build_cnn(), x[:20], y[:20], validation, QUICK.replace(epochs=1), on_epoch=warn)
    logger.warning(notice)
    assert [record.getMessage() for record in caplog.records] == ["something else", notice]


@pytest.mark.tensorflow
def test_another_seed_gives_another_order(trained, small):
    (x, y), validation = small
    model = build_cnn(seed=4)
    train(model, x, y, validation, QUICK.replace(seed=5))
    assert (get_weights(model)["conv1/kernel"] != get_weights(trained[0])["conv1/kernel"]).any()


@pytest.mark.tensorflow
def test_validation_loss_is_kerass_also_of_a_sure_and_regularized_network(small):
    import keras

    (x, y), (x_val, y_val) = small
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(10, "softmax", kernel_regularizer=keras.regularizers.L2(1e-3)),
        ]
    )
    model.layers[-1].kernel.assign(model.layers[-1].kernel * 300)  # wrong, and sure of it
    config = TrainConfig(epochs=1, learning_rate=1e-9)
    history = train(model, x, y, (x_val, y_val), config)
    x_val = x_val[..., None] / np.float32(255)
    loss, _ = model.evaluate(x_val, y_val, batch_size=100, verbose=0)
    assert history.best["val_loss"] == pytest.approx(loss, rel=1e-6)
    kernel, bias = (array.astype(float) for array in model.layers[-1].get_weights())
    logits = x_val.reshape(200, 784).astype(float) @ kernel + bias
    losses = logsumexp(logits, axis=1) - logits[np.arange(200), y_val]
    penalty = 1e-3 * (kernel**2).sum()
    assert (losses > -np.log(1e-7)).mean() > 0.1  # what a clipped probability could not tell
    assert loss == pytest.approx(losses.mean() + penalty, rel=1e-5)
    assert history.best["loss"] > penalty


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    "config",
    [QUICK, TrainConfig(epochs=2), TrainConfig(epochs=2, optimizer="sgd", learning_rate=0.1)],
    ids=["fast", "origin", "sgd"],
)
def test_fit_goes_on_after_train(small, config):
    import keras

    (x, y), validation = small
    model = build_cnn(seed=2)
    train(model, x, y, validation, config)
    x = x[..., None] / np.float32(255)
    before, _ = model.evaluate(x, y, verbose=0)
    keras.utils.set_random_seed(0)
    model.fit(x, y, epochs=3, verbose=0)
    assert model.evaluate(x, y, verbose=0)[0] < 0.95 * before


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    "setting", ["mixed_float16", "mixed_bfloat16", "channels_first", "float64"]
)
def test_settings_of_keras_do_not_change_the_training(trained, small, setting):
    import keras

    (x, y), validation = small
    policy, layout, floatx = (
        keras.config.dtype_policy(),
        keras.config.image_data_format(),
        keras.config.floatx(),
    )
    try:
        if setting.startswith("mixed"):
            keras.config.set_dtype_policy(setting)
        elif setting == "float64":
            keras.config.set_floatx(setting)
        else:
            keras.config.set_image_data_format(setting)
        model = build_cnn(seed=4)
        train(model, x, y, validation, QUICK.replace(seed=4))
    finally:
        keras.config.set_dtype_policy(policy)
        keras.config.set_image_data_format(layout)
        keras.config.set_floatx(floatx)
    # With float64, Keras computes the learning rate in it, and the rest as always.
    tolerance = 1e-4 if setting == "float64" else 0
    for key, array in get_weights(trained[0]).items():
        np.testing.assert_allclose(array, get_weights(model)[key], rtol=0, atol=tolerance)


@pytest.mark.tensorflow
def test_a_network_with_channels_first_is_refused(small):
    import keras

    (x, y), validation = small
    flatten = keras.layers.Flatten(data_format="channels_first")
    model = keras.Sequential([keras.Input((1, 28, 28)), flatten, keras.layers.Dense(10, "softmax")])
    with pytest.raises(ValueError, match="channels first"):
        train(model, x, y, validation)


@pytest.mark.tensorflow
def test_a_network_of_flat_images_learns_and_cannot_be_augmented(small):
    import keras

    (x, y), (x_val, y_val) = small
    flat, flat_val = (images.reshape(-1, 784) / np.float32(255) for images in (x, x_val))
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10, "softmax")])
    losses = train(model, flat, y, (flat_val, y_val), QUICK).epochs["loss"]
    assert losses[1] < losses[0]
    with pytest.raises(ValueError, match="augment needs images"):
        train(model, flat, y, (flat_val, y_val), QUICK.replace(augment=True))


@pytest.mark.tensorflow
def test_a_network_in_half_precision_learns(small):
    import keras

    (x, y), validation = small
    dense = keras.layers.Dense(10, "softmax", dtype="mixed_float16")
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), dense])
    history = train(model, x, y, validation, TrainConfig(epochs=2))
    assert history.epochs["loss"][1] < history.epochs["loss"][0] < 3


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


@pytest.mark.tensorflow
def test_augmentation_mirrors_and_shifts():
    image = np.zeros((28, 28, 1), np.float32)
    image[10, 4] = 1  # one bright pixel, which says where the image went
    changed = augment(np.repeat(image[None], 600, axis=0), np.array([1, 2])).numpy()
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


@pytest.mark.tensorflow
def test_each_epoch_has_every_image_once_in_an_order_of_its_own():
    import tensorflow as tf

    x = np.arange(50, dtype=np.float32).reshape(50, 1, 1, 1) / 50
    y, epoch = np.arange(50, dtype=np.int32), tf.Variable(1, dtype=tf.int64)
    data = batches(x, y, TrainConfig(batch_size=8, seed=2**70), epoch, (...,))
    assert len(data) == 7
    orders = []
    for number in (1, 2, 1):
        epoch.assign(number)
        parts = list(data.as_numpy_iterator())
        assert [len(labels) for _, labels in parts] == [8] * 6 + [2]
        for images, labels in parts:
            np.testing.assert_array_equal(images.ravel(), labels.astype(np.float32) / 50)
        orders.append(np.concatenate([labels for _, labels in parts]))
    assert (np.sort(orders) == y).all()
    assert (orders[0] == orders[2]).all()
    assert (orders[0] != orders[1]).any()


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
        (lambda x, y: (x, y[:-1]), "600 training images, but 599 labels"),
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
    seen = script_validation(monkeypatch, [1.0, 2.0, np.nan])
    with pytest.raises(FloatingPointError, match="validation loss became nan in epoch 3"):
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
