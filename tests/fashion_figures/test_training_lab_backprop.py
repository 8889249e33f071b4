"""Training in plain JavaScript, against Keras and against slopes measured by hand."""

import json
import subprocess

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fashion_figures.host.linker import FOLDER
from fashion_lib.data import normalize
from fashion_lib.networks import NETWORKS

SIDE, COUNT = 22, 94_154
# Reads what `folder` holds, trains in batches, and writes what came of it.
SCRIPT = """
import { readFileSync, writeFileSync } from "node:fs";
const [folder, module] = process.argv.slice(2);
const { Network, adamStep, initialParameters, newMoments, randomNumbers, shuffled } =
  await import(module);
const floats = (name) => new Float32Array(readFileSync(`${folder}/${name}`).buffer);
const { batch, rates } = JSON.parse(readFileSync(`${folder}/plan.json`, "utf8"));
const [parameters, images] = [floats("parameters"), floats("images")];
const labels = readFileSync(`${folder}/labels`);
const [network, moments] = [new Network(), newMoments()];
const result = { losses: [] };
rates.forEach((rate, step) => {
  network.load(parameters);
  let loss = 0;
  for (let n = 0; n < batch; n += 1) {
    const place = step * batch + n;
    network.forward(images.subarray(484 * place, 484 * (place + 1)));
    loss += network.backward(labels[place]) / batch;
  }
  const gradient = network.gradient();
  if (step === 0) writeFileSync(`${folder}/gradient`, gradient);
  adamStep(parameters, gradient, moments, rate);
  if (step === 0) writeFileSync(`${folder}/after-one`, parameters);
  result.losses.push(loss);
});
writeFileSync(`${folder}/after-all`, parameters);
network.load(parameters);
writeFileSync(`${folder}/probabilities`, network.forward(images.subarray(0, 484)));
writeFileSync(`${folder}/initial`, initialParameters(5));
result.order = [...shuffled(1000, randomNumbers(3))];
result.again = [...shuffled(1000, randomNumbers(3))];
result.other = [...shuffled(1000, randomNumbers(4))];
console.log(JSON.stringify(result));
"""
BATCH, RATES = 16, (1e-3, 1e-3, 3e-3)


def named(flat):
    """Return the parts of a flat array of parameters by name, as JavaScript orders them."""
    shapes, parts, start = NETWORKS["baseline"].weight_shapes(), {}, 0
    for name, shape in shapes.items():
        size = int(np.prod(shape))
        parts[name] = flat[start : start + size].reshape(shape)
        start += size
    assert start == len(flat) == COUNT
    return parts


def read(folder, name, dtype=np.float32):
    return np.fromfile(folder / name, dtype)


@pytest.fixture(scope="module")
def start():
    """Return parameters that no symmetry favors, as one array: Glorot's limits, some biases."""
    rng = np.random.default_rng(4)
    parts = []
    for shape in NETWORKS["baseline"].weight_shapes().values():
        if len(shape) == 1:
            parts.append(rng.uniform(-0.1, 0.1, shape))
            continue
        fans = np.prod(shape[:-2]) * (shape[-2] + shape[-1])
        parts.append(rng.uniform(-1, 1, shape) * np.sqrt(6 / fans))
    return np.concatenate([part.ravel() for part in parts]).astype(np.float32)


@pytest.fixture(scope="module")
def batches(fashion):
    """Return three batches of training images, uint8, and their labels."""
    (images, labels), _ = fashion
    return images[: BATCH * len(RATES)], labels[: BATCH * len(RATES)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory, start, batches):
    """Return the folder with JavaScript's results, and what it printed."""
    folder = tmp_path_factory.mktemp("backprop")
    images, labels = batches
    start.tofile(folder / "parameters")
    normalize(images)[:, :SIDE, :SIDE, 0].tofile(folder / "images")
    labels.astype(np.uint8).tofile(folder / "labels")
    (folder / "plan.json").write_text(json.dumps({"batch": BATCH, "rates": RATES}))
    (folder / "train.mjs").write_text(SCRIPT)
    command = [
        "node",
        folder / "train.mjs",
        folder,
        (FOLDER / "training_lab" / "backprop.mjs").as_uri(),
    ]
    return folder, json.loads(subprocess.check_output(command, text=True))


@pytest.fixture(scope="module")
def keras_trained(start, batches):
    """Return losses, first gradient, and parameters after one and after all updates of Keras."""
    keras = pytest.importorskip("keras")
    import tensorflow as tf

    from fashion_lib import build_cnn
    from fashion_lib.weights import get_weights, set_weights

    network, optimizer = build_cnn(), keras.optimizers.Adam()
    set_weights(network, named(start))
    images, labels = normalize(batches[0]), batches[1]
    losses, first, states = [], None, []
    for step, rate in enumerate(RATES):
        part = slice(step * BATCH, (step + 1) * BATCH)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(
                keras.losses.sparse_categorical_crossentropy(labels[part], network(images[part]))
            )
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.learning_rate = rate
        optimizer.apply(gradients, network.trainable_variables)
        losses.append(float(loss))
        first = first or [np.array(gradient) for gradient in gradients]
        states.append({name: array.copy() for name, array in get_weights(network).items()})
    return losses, first, states, network.predict(images[:1], verbose=0)[0]


@pytest.mark.tensorflow
class TestAgainstKeras:
    def test_losses_are_equal(self, trained, keras_trained):
        assert_allclose(trained[1]["losses"], keras_trained[0], atol=1e-5)

    def test_every_slope_is_equal(self, trained, keras_trained):
        ours = named(read(trained[0], "gradient"))
        for (name, slopes), expected in zip(ours.items(), keras_trained[1], strict=True):
            largest = np.abs(expected).max()
            assert largest > 1e-4, name  # there is something to compare
            assert_allclose(slopes, expected, atol=1e-4 * largest, err_msg=name)

    @pytest.mark.parametrize(("file", "state"), [("after-one", 0), ("after-all", -1)])
    def test_parameters_after_updates_of_adam_are_equal(self, trained, keras_trained, file, state):
        for name, ours in named(read(trained[0], file)).items():
            assert_allclose(ours, keras_trained[2][state][name], atol=1e-4, err_msg=name)

    def test_the_trained_network_answers_the_same(self, trained, keras_trained):
        ours = read(trained[0], "probabilities", np.float64)
        assert_allclose(ours, keras_trained[3], atol=1e-4)


def test_the_gradient_is_the_slope_of_the_loss(trained, start, batches):
    # Independent of Keras: the shipped forward pass in NumPy, a weight nudged both ways.
    from fashion_lib.forward_pass import forward

    images, labels = normalize(batches[0][:BATCH]), batches[1][:BATCH]
    slopes = named(read(trained[0], "gradient"))

    def loss(flat):
        weights = named(flat.astype(np.float32))
        return -np.log(forward(weights, images)[np.arange(BATCH), labels]).mean()

    offsets = dict(zip(slopes, np.cumsum([0, *(s.size for s in slopes.values())]), strict=False))
    for name, part in slopes.items():
        place = int(np.abs(part).argmax())  # the parameter that matters most in its layer
        nudge = np.zeros(COUNT)
        nudge[offsets[name] + place] = 5e-3
        measured = (loss(start + nudge) - loss(start - nudge)) / 1e-2
        assert_allclose(part.flat[place], measured, rtol=0.05, atol=1e-4, err_msg=name)


def test_initial_parameters_are_glorots(trained):
    for name, part in named(read(trained[0], "initial")).items():
        if name.endswith("bias"):
            assert not part.any()
            continue
        fans = np.prod(part.shape[:-2]) * (part.shape[-2] + part.shape[-1])
        limit = np.sqrt(6 / fans)
        assert np.abs(part).max() <= limit
        # The uniform distribution's spread, give or take five standard errors.
        tolerance = 5 * limit / np.sqrt(part.size)
        assert_allclose(part.std(), limit / np.sqrt(3), atol=tolerance, err_msg=name)
        assert_allclose(part.mean(), 0, atol=tolerance, err_msg=name)
        assert len(np.unique(part)) > 0.99 * part.size


def test_shuffling_is_a_permutation_that_the_seed_decides(trained):
    order, again, other = (trained[1][key] for key in ("order", "again", "other"))
    assert sorted(order) == list(range(1000))
    assert order == again
    assert order != other
    assert abs(np.corrcoef(order, range(1000))[0, 1]) < 0.15
    assert abs(np.corrcoef(order, other)[0, 1]) < 0.15
