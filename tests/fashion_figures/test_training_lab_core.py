"""The training lab's loop in Node: early stopping, engines, checkpoints. No browser needed."""

import json
import subprocess

import numpy as np
import pytest

from fashion_figures.host.linker import FOLDER
from fashion_figures.training_lab.figure import training_images

# Runs scenarios one after the other; prints what each training posted, without the weights.
SCRIPT = """
import { readFileSync } from "node:fs";
const [folder, module] = process.argv.slice(2);
const { JavaScriptEngine, Training, readImages } = await import(module);
const data = new Uint8Array(readFileSync(`${folder}/images`));
const base = {
  learningRate: 0.003, batchSize: 12, patience: 2, seed: 1, images: 36, validationImages: 20,
  maxEpochs: 4, engines: ["javascript"],
};
const breathe = () => new Promise((resolve) => setImmediate(resolve));
const weights = (message) => message.parameters ?? message.checkpoint?.state.parameters;
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

/** Train, call `react` at each message, and return all messages when it ends. */
function train(options, { makers = {}, checkpoint = null, react = () => {} } = {}) {
  return new Promise((resolve) => {
    const messages = [];
    const training = new Training((message) => {
      messages.push(message);
      react(message, training);
      if (["finished", "failed"].includes(message.type)) resolve(messages);
    }, breathe, makers);
    training.receive({ type: "begin", options: { ...base, ...options }, data, checkpoint });
  });
}
const rows = (messages) => messages.filter((m) => m.type === "epoch").map((m) => m.row);
const brief = (messages) => messages.map(({ type, name, reason, code, message, bestEpoch }) =>
  ({ type, name, reason, code, message, bestEpoch }));

const results = {};
const plain = await train({});
const epochs = plain.filter((m) => m.type === "epoch");
results.plain = {
  rows: rows(plain), end: brief(plain).at(-1), types: plain.map((m) => m.type),
  first: plain.filter((m) => m.type === "progress" && m.epoch === 1).map((m) => m.position),
};
results.again = rows(await train({}));
results.otherSeed = rows(await train({ seed: 2 }));

const wild = await train({ learningRate: 0.02, patience: 1, maxEpochs: 12, batchSize: 8 });
const [best, end] = [wild.at(-1).bestEpoch, wild.at(-1)];
const kept = wild.filter((m) => m.type === "epoch")[best - 1].checkpoint.state.parameters;
const last = wild.filter((m) => m.type === "epoch").at(-1).checkpoint.state.parameters;
results.wild = {
  rows: rows(wild), waited: wild.filter((m) => m.type === "epoch").map((m) => m.waited),
  end: brief(wild).at(-1),
  restored: kept.every((w, i) => w === end.parameters[i]),
  lastIsOther: last.some((w, i) => w !== end.parameters[i]),
};
results.endless = brief(await train({ learningRate: 0.02, patience: null, batchSize: 8 })).at(-1);
results.nan = brief(await train({ learningRate: 1e20 })).at(-1);

// Paused in the first epoch, and woken: the same numbers as without.
let naps = 0;
const paused = await train({}, {
  react(message, training) {
    if (message.type === "progress" && naps === 0) training.receive({ type: "pause" });
    if (message.type === "paused") {
      naps += 1;
      setTimeout(() => training.receive({ type: "continue" }), 5);
    }
  },
});
results.paused = { naps, rows: rows(paused) };

// A new training from the checkpoint of epoch 2 goes on with epoch 3.
const more = await train({}, { checkpoint: structuredClone(epochs[1].checkpoint) });
results.resumed = { rows: rows(more), end: brief(more).at(-1) };

/** An engine that does nothing, at once. */
class Idle extends JavaScriptEngine {
  constructor() {
    super(breathe);
    this.name = "webgl";
  }
  async update(images, batch) { this.sums.count += batch.length; }
}
const race = await train({ engines: ["javascript", "webgl"], maxEpochs: 1 }, {
  makers: { webgl: async () => new Idle() },
});
results.race = { ...race.find((m) => m.type === "engine"), brief: brief(race) };
const refused = await train({ engines: ["webgl"], maxEpochs: 1 }, {
  makers: { webgl: async () => { throw new Error("not today"); } },
});
results.refused = brief(refused);

/** Equal to JavaScript's engine until it is lost in the second epoch. */
class Doomed extends JavaScriptEngine {
  constructor() {
    super(breathe);
    this.name = "webgl";
    this.left = 5; // three batches an epoch
  }
  async update(...all) {
    if (this.left === 0) throw new Error("gone");
    this.left -= 1;
    return super.update(...all);
  }
}
const steps = [];
const lost = await train({ engines: ["webgl"] }, {
  makers: { webgl: async () => new Doomed() },
  react(message, training) {
    if (message.type === "engine") steps.push(training.engine.moments.step);
  },
});
results.lost = { brief: brief(lost), rows: rows(lost), steps };

const broken = await train({}, { checkpoint: { state: {} } });
results.broken = brief(broken).at(-1);
const { train: some, validation } = readImages(data);
results.images = {
  counts: [some.count, validation.count],
  labels: sum(some.labels),
  first: [...some.pixels.subarray(0, 484)],
  last: [...validation.pixels.subarray(-484)],
};
try { readImages(data.subarray(0, 99_999)); } catch (error) { results.cut = error.message; }
console.log(JSON.stringify(results));
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("core")
    (folder / "images").write_bytes(training_images())
    (folder / "run.mjs").write_text(SCRIPT)
    command = ["node", folder / "run.mjs", folder, (FOLDER / "training_lab" / "core.mjs").as_uri()]
    return json.loads(subprocess.check_output(command, text=True))


def numbers(rows):
    """Return the metrics; sums of losses depend in the last bit on when they were reported."""
    keys = ("loss", "accuracy", "val_loss", "val_accuracy")
    return [[round(row[key], 12) for key in keys] for row in rows]


def test_each_epoch_is_reported_and_the_end(results):
    plain = results["plain"]
    assert [row["epoch"] for row in plain["rows"]] == [1, 2, 3, 4]
    assert plain["types"][-1] == "finished"
    assert plain["end"]["reason"] == "epochs"
    losses = [row["loss"] for row in plain["rows"]]
    assert losses == sorted(losses, reverse=True)
    assert 1.8 < losses[0] < 2.6
    assert all(row["seconds"] > 0 for row in plain["rows"])
    assert plain["first"] == [12, 24, 36]  # the first epoch is told batch by batch


def test_the_same_seed_gives_the_same_numbers(results):
    assert numbers(results["again"]) == numbers(results["plain"]["rows"])
    assert numbers(results["otherSeed"]) != numbers(results["plain"]["rows"])


def test_stops_early_by_the_rule_of_train_and_restores_the_best_weights(results):
    wild = results["wild"]
    losses = [row["val_loss"] for row in wild["rows"]]
    waited = [epoch - losses.index(min(losses[: epoch + 1])) for epoch in range(len(losses))]
    assert wild["waited"] == waited
    assert waited.index(1) == len(losses) - 1  # patience 1 ends with the first wait
    assert wild["end"]["reason"] == "patience"
    assert wild["end"]["bestEpoch"] == losses.index(min(losses)) + 1 < len(losses)
    assert wild["restored"]
    assert wild["lastIsOther"]


def test_without_patience_all_epochs_run(results):
    assert results["endless"]["reason"] == "epochs"


def test_a_loss_that_is_no_number_ends_the_training(results):
    assert results["nan"]["type"] == "failed"
    assert results["nan"]["code"] == "nan"


def test_a_pause_changes_no_number(results):
    assert results["paused"]["naps"] == 1
    assert numbers(results["paused"]["rows"]) == numbers(results["plain"]["rows"])


def test_goes_on_from_a_checkpoint(results):
    resumed = results["resumed"]
    assert [row["epoch"] for row in resumed["rows"]] == [3, 4]
    # Better than epoch 2 was, and not as if begun anew.
    assert resumed["rows"][0]["loss"] < results["plain"]["rows"][1]["loss"]


def test_the_faster_engine_wins_the_race(results):
    race = results["race"]
    assert race["name"] == "webgl"
    assert race["rates"]["webgl"] > race["rates"]["javascript"] > 0
    assert [m["name"] for m in race["brief"] if m["type"] == "racing"] == ["javascript", "webgl"]


def test_an_engine_that_refuses_is_replaced(results):
    types = [message["type"] for message in results["refused"]]
    assert types[:3] == ["racing", "fallback", "engine"]
    assert results["refused"][1]["message"] == "not today"
    assert results["refused"][2]["name"] == "javascript"
    assert types[-1] == "finished"


def test_an_engine_lost_on_the_way_is_replaced_from_the_last_weights(results):
    lost = results["lost"]
    engines = [m["name"] for m in lost["brief"] if m["type"] == "engine"]
    assert engines == ["webgl", "javascript"]
    assert [m["message"] for m in lost["brief"] if m["type"] == "fallback"] == ["gone"]
    assert len(lost["rows"]) == 4
    plain = numbers(results["plain"]["rows"])
    assert numbers(lost["rows"])[0] == plain[0]
    # It went on from a state between the end of epoch 1 and the batch before the loss.
    assert lost["steps"][0] == 0
    assert 3 <= lost["steps"][1] <= 5


def test_an_error_is_reported_with_its_message(results):
    assert results["broken"]["type"] == "failed"
    assert results["broken"]["code"] == "error"
    assert results["broken"]["message"]


def test_reads_the_images_that_python_wrote(results):
    from fashion_figures.training_lab.figure import _selection

    x, y, x_val, _, _ = _selection()
    images = results["images"]
    assert images["counts"] == [4000, 1000]
    assert images["labels"] == int(y.sum())
    np.testing.assert_array_equal(images["first"], x[0, :22, :22].ravel())
    np.testing.assert_array_equal(images["last"], x_val[-1, :22, :22].ravel())
    assert results["cut"] == "The images are incomplete."


# --- what the figure says of a training -----------------------------------------------------------

WORDS = """
const { lossText, guessText, secondsLeft, finishedText } = await import(process.argv[2]);
const { Run } = await import(process.argv[3]);
const { epochSpan } = await import(process.argv[4]);
const run = (losses, more = {}) => new Run({ name: "A", learning_rates: [0.1], batch_sizes: [8],
  images: 100, seed: 0, guess: null, ended: "patience", ...more,
  epochs: losses.map((val_loss, n) => ({ epoch: n + 1, val_loss, val_accuracy: 0.5 + n / 10,
    seconds: 10 })) });
const guesses = [0.8, 0.6, 0.61, 0.432].map((guess) => guessText(run([2, 1, 1], { guess })));
console.log(JSON.stringify({
  losses: [0.4321, 2.3026, 12.34, 999.99, 1000, 4321987, 3e38, NaN].map((x) => lossText(x)),
  guesses,
  none: [guessText(run([])), guessText(run([1])), guessText(run([], { guess: 0.5 }))],
  // 60 of 100 images at 20 a second; judging 30 takes half a second, or what is known of it.
  left: [run([]), run([1])].map((one) =>
    secondsLeft(one, { position: 40, images: 100, rate: 20 }, 30)),
  ends: ["patience", "stopped", "epochs"].map((ended) =>
    finishedText(run([2, 1, 1, 3], { ended }))),
  spans: [epochSpan([run([2, 1, 1, 1])], null), epochSpan([run([2, 1, 1]), run([])], run([]))],
}));
"""
NEEDED = ("words", "runs", "charts")


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    script = tmp_path_factory.mktemp("words") / "run.mjs"
    script.write_text(WORDS)
    modules = [(FOLDER / "training_lab" / f"{name}.mjs").as_uri() for name in NEEDED]
    text = subprocess.check_output(["node", script, *modules], text=True)
    return json.loads(text.replace("\N{NO-BREAK SPACE}", " "))


def test_large_losses_can_be_read(said):
    assert said["losses"] == ["0.432", "2.303", "12.3", "1000.0", "1.0e3", "4.3e6", "3.0e38", "–"]


def test_a_guess_is_compared_with_the_weights_that_stay(said):
    """Of equal losses the first counts: epoch 2, with 60% right."""
    told = "with these weights, it names 60.0% of the validation images"
    assert said["guesses"] == [
        f"You guessed 80.0%; {told}: 20.0 points less.",
        f"You guessed 60.0%; {told}: just as many.",
        f"You guessed 61.0%; {told}: 1.0 points less.",
        f"You guessed 43.2%; {told}: 16.8 points more.",
    ]
    assert said["none"] == ["", "", ""]


def test_the_time_that_is_left_of_an_epoch(said):
    assert said["left"] == pytest.approx([60 / 20 + 0.5, 60 / 20 + 5])


def test_the_first_epoch_of_a_run_has_the_whole_axis(said):
    """Between runs, the longest has it."""
    assert said["spans"] == [4, 1]


def test_the_end_of_a_run_is_told_by_what_it_did(said):
    restored = "The weights of epoch 2, the best, are restored."
    assert said["ends"] == [
        f"Run A stopped early after epoch 4: no lower validation loss for 2 epochs. {restored}",
        f"Run A: stopped by you after epoch 4. {restored}",
        f"Run A: all 4 epochs are done. {restored}",
    ]
