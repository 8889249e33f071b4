/**
 * A training with early stopping that reports as it goes: what the course's `train` does in
 * Python, in a worker of the browser.
 *
 * An *engine* holds the parameters and updates them. `JavaScriptEngine` is below;
 * `tfjs.mjs` has the one for a graphics processor. All have `load`, `update`,
 * `totals`, `evaluate`, `state` and `dispose`.
 */

import {
  Network,
  SIDE,
  adamStep,
  initialParameters,
  newMoments,
  randomNumbers,
  shuffled,
} from "./backprop.mjs";

export const PIXELS = SIDE * SIDE;

const TICK = 0.25; // seconds between two reports, about
const CHUNK = 16; // images between two breaths
const RACE_BATCHES = 3;
const PATIENCE_WITH_GPU = 20; // seconds that a graphics processor gets for its first batches

/**
 * Images as the engines take them: 22 × 22 gray values each, and the labels.
 * @typedef {{pixels: Uint8Array, labels: Uint8Array, count: number}} Images
 */

/**
 * Parameters and Adam's moments.
 * @typedef {{parameters: Float32Array, mean: Float32Array, square: Float32Array, step: number}}
 *   State
 */

/**
 * Read the asset "training-images"; its layout is described in figure.py.
 *
 * @param {Uint8Array} bytes
 * @returns {{train: Images, validation: Images}}
 */
export function readImages(bytes) {
  const header = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const [training, validation] = [header.getUint32(0, true), header.getUint32(4, true)];
  const count = training + validation;
  if (bytes.length !== 8 + count + count * PIXELS) throw new Error("The images are incomplete.");
  const labels = bytes.slice(8, 8 + count);
  const pixels = bytes.slice(8 + count);
  for (let i = 0; i < pixels.length; i += 1) {
    if (i % PIXELS >= SIDE) pixels[i] += pixels[i - SIDE]; // wraps at 256, as it was made
  }
  const part = (from, to) => ({
    pixels: pixels.subarray(from * PIXELS, to * PIXELS),
    labels: labels.subarray(from, to),
    count: to - from,
  });
  return { train: part(0, training), validation: part(training, count) };
}

/** Return the first images only. */
function limit(images, count) {
  const kept = Math.min(count, images.count);
  const { pixels, labels } = images;
  const [some, their] = [pixels.subarray(0, kept * PIXELS), labels.subarray(0, kept)];
  return { pixels: some, labels: their, count: kept };
}

/** Write one image, divided by 255. */
export function normalizeInto(target, start, images, index) {
  const from = index * PIXELS;
  for (let i = 0; i < PIXELS; i += 1) target[start + i] = images.pixels[from + i] / 255;
}

function largestOf(values) {
  let best = 0;
  for (let k = 1; k < values.length; k += 1) if (values[k] > values[best]) best = k;
  return best;
}

/** Trains with `backprop.mjs` on one core of the processor. */
export class JavaScriptEngine {
  /** @param {() => Promise<void>} breathe lets the thread read its messages */
  constructor(breathe) {
    this.name = "javascript";
    this.breathe = breathe;
    this.network = new Network();
    this.image = new Float32Array(PIXELS);
    this.clear();
  }

  clear() {
    this.sums = { loss: 0, right: 0, count: 0 };
  }

  /** @param {State} state is copied */
  async load(state) {
    const { parameters, mean, square, step } = state;
    this.parameters = parameters.slice();
    this.moments = { mean: mean.slice(), square: square.slice(), step };
    this.clear();
  }

  /**
   * Train on one batch.
   *
   * @param {Images} images
   * @param {Uint32Array} batch which images
   * @param {number} rate learning rate
   */
  async update(images, batch, rate) {
    const { network } = this;
    network.load(this.parameters);
    for (const [n, index] of batch.entries()) {
      normalizeInto(this.image, 0, images, index);
      const answer = largestOf(network.forward(this.image));
      this.sums.loss += network.backward(images.labels[index]);
      this.sums.right += answer === images.labels[index];
      if (n % CHUNK === CHUNK - 1) await this.breathe();
    }
    this.sums.count += batch.length;
    adamStep(this.parameters, network.gradient(), this.moments, rate);
  }

  /** Return the sums of loss and of right answers over the images since the last call. */
  async totals() {
    const { sums } = this;
    this.clear();
    return sums;
  }

  /** Return mean loss and accuracy of all images, without learning from them. */
  async evaluate(images) {
    let [loss, right] = [0, 0];
    this.network.load(this.parameters);
    for (let n = 0; n < images.count; n += 1) {
      normalizeInto(this.image, 0, images, n);
      right += largestOf(this.network.forward(this.image)) === images.labels[n];
      loss += this.network.loss(images.labels[n]);
      if (n % CHUNK === CHUNK - 1) await this.breathe();
    }
    return { loss: loss / images.count, accuracy: right / images.count };
  }

  /** @returns {Promise<State>} copies */
  async state() {
    const { mean, square, step } = this.moments;
    return {
      parameters: this.parameters.slice(),
      mean: mean.slice(),
      square: square.slice(),
      step,
    };
  }

  dispose() {}
}

/** @returns {State} of an untrained network */
export function freshState(seed) {
  return { parameters: initialParameters(seed), ...newMoments() };
}

/** The loss is no longer a number. */
class NotANumber extends Error {}

/** Reject if a promise takes longer than so many seconds. */
function within(seconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${seconds} s`)), 1000 * seconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/**
 * One training: chooses an engine, runs the epochs, stops early, restores the best weights.
 *
 * Messages in: `begin` (options, data, checkpoint), `pause`, `continue`, `ping`. Messages out:
 * `racing`, `engine`, `progress`, `epoch`, `paused`, `finished`, `fallback`, `failed`, `pong`.
 */
export class Training {
  /**
   * @param {(message: object) => void} post
   * @param {() => Promise<void>} breathe
   * @param {Record<string, () => Promise<object>>} makers engines by name
   */
  constructor(post, breathe, makers = {}) {
    Object.assign(this, { post, breathe });
    this.makers = { javascript: async () => new JavaScriptEngine(breathe), ...makers };
    this.paused = false;
    this.busy = false;
  }

  /** @param {{type: string}} message */
  receive(message) {
    if (message.type === "begin") this.guard(() => this.begin(message));
    else if (message.type === "pause") this.paused = true;
    else if (message.type === "ping") this.post({ type: "pong" });
    else if (message.type === "continue") {
      this.paused = false;
      if (!this.busy) this.guard(() => this.run());
    }
  }

  /** Whatever goes wrong becomes a message. */
  async guard(action) {
    this.busy = true;
    try {
      await action();
    } catch (error) {
      const code = error instanceof NotANumber ? "nan" : "error";
      const parameters = this.best?.parameters ?? this.start?.parameters;
      this.post({ type: "failed", code, message: error.message, parameters });
    } finally {
      this.busy = false;
    }
  }

  async begin({ options, data, checkpoint }) {
    this.options = { ...options };
    const { train, validation } = readImages(data);
    this.train = limit(train, options.images);
    this.validation = limit(validation, options.validationImages);
    this.random = randomNumbers(options.seed);
    this.start = checkpoint?.state ?? freshState(options.seed);
    this.snapshot = this.start;
    this.epoch = checkpoint?.epoch ?? 0; // epochs that are complete
    this.best = checkpoint?.best ?? null;
    this.waited = checkpoint?.waited ?? 0;
    this.order = null;
    this.batchesPerTick = 1;
    await this.choose();
    await this.run();
  }

  /** Let the engines in question train a few batches, and take the fastest. */
  async choose() {
    const names = this.options.engines;
    const rates = {};
    const engines = {};
    for (const name of names) {
      this.post({ type: "racing", name, alone: names.length === 1 });
      try {
        const made = this.makers[name]().then(async (engine) => {
          engines[name] = engine;
          if (names.length > 1) rates[name] = await this.race(engine);
        });
        await (name === "javascript" ? made : within(PATIENCE_WITH_GPU, made));
      } catch (error) {
        delete engines[name];
        this.post({ type: "fallback", name, message: error.message });
      }
    }
    const fastest = (a, b) => (rates[b] > (rates[a] ?? 0) ? b : a);
    const winner = Object.keys(engines).reduce(fastest, Object.keys(engines)[0] ?? "javascript");
    for (const [name, engine] of Object.entries(engines)) if (name !== winner) engine.dispose();
    this.engine = engines[winner] ?? (await this.makers.javascript());
    await this.engine.load(this.start);
    this.post({ type: "engine", name: this.engine.name, rates });
  }

  /** @returns {Promise<number>} images a second */
  async race(engine) {
    const size = Math.min(this.options.batchSize, this.train.count);
    const batch = Uint32Array.from({ length: size }, (_, i) => i);
    const updates = async (count) => {
      for (let i = 0; i < count; i += 1) await engine.update(this.train, batch, 1e-3);
      await engine.totals(); // waits until the work is done
    };
    await engine.load(freshState(this.options.seed)); // thrown away
    await updates(1); // compiles
    const started = performance.now();
    await updates(RACE_BATCHES);
    return (RACE_BATCHES * size) / ((performance.now() - started) / 1000);
  }

  /** Do something with the engine; if it is lost, do it again with the one that always works. */
  async attempt(action) {
    try {
      return await action(this.engine);
    } catch (error) {
      if (this.engine.name === "javascript") throw error;
      this.post({ type: "fallback", name: this.engine.name, message: error.message });
      this.engine.dispose();
      this.engine = await this.makers.javascript();
      await this.engine.load(this.snapshot);
      this.batchesPerTick = 1;
      this.post({ type: "engine", name: "javascript", rates: {} });
      return action(this.engine);
    }
  }

  async run() {
    this.mark = performance.now();
    while (this.epoch < this.options.maxEpochs) {
      if (!this.order) this.beginEpoch();
      while (this.position < this.train.count) {
        if (this.paused) {
          await this.tick();
          this.post({ type: "paused" });
          return;
        }
        await this.nextBatch();
      }
      await this.endEpoch();
      const { patience } = this.options;
      if (patience !== null && this.waited >= patience) return void this.finish("patience");
    }
    this.finish("epochs");
  }

  beginEpoch() {
    this.order = shuffled(this.train.count, this.random);
    this.position = 0;
    this.sinceTick = 0;
    this.sums = { loss: 0, right: 0, count: 0 };
    this.seconds = 0;
  }

  async nextBatch() {
    const { learningRate, batchSize } = this.options;
    const batch = this.order.subarray(this.position, this.position + batchSize);
    await this.attempt((engine) => engine.update(this.train, batch, learningRate));
    this.position += batch.length;
    this.sinceTick += 1;
    // The first epoch is told batch by batch: a curve to look at, long before it is complete.
    if (this.epoch === 0 || this.sinceTick >= this.batchesPerTick) await this.tick();
    await this.breathe();
  }

  /** Collect what happened since the last report, and report it. */
  async tick() {
    const [totals, state] = await this.attempt(async (engine) => [
      await engine.totals(),
      await engine.state(),
    ]);
    const seconds = this.lap();
    this.snapshot = state;
    if (totals.count === 0) return;
    if (!Number.isFinite(totals.loss)) throw new NotANumber("the loss is not a number");
    for (const key of Object.keys(this.sums)) this.sums[key] += totals[key];
    this.batchesPerTick = Math.min(64, Math.max(1, Math.round((this.sinceTick * TICK) / seconds)));
    this.sinceTick = 0;
    this.post({
      type: "progress",
      epoch: this.epoch + 1,
      position: this.position,
      images: this.train.count,
      loss: totals.loss / totals.count,
      accuracy: totals.right / totals.count,
      rate: this.sums.count / this.seconds,
      parameters: state.parameters,
    });
  }

  /** Return the seconds since the last call, and count them to the epoch. */
  lap() {
    const now = performance.now();
    const seconds = Math.max(1e-3, (now - this.mark) / 1000);
    this.mark = now;
    this.seconds += seconds;
    return seconds;
  }

  async endEpoch() {
    await this.tick();
    if (this.sums.count === 0) {
      this.order = null; // all of the epoch was lost with its engine: once more
      return;
    }
    const judged = await this.attempt((engine) => engine.evaluate(this.validation));
    this.lap();
    if (!Number.isFinite(judged.loss)) throw new NotANumber("the validation loss is not a number");
    this.epoch += 1;
    this.order = null;
    const row = {
      epoch: this.epoch,
      loss: this.sums.loss / this.sums.count,
      accuracy: this.sums.right / this.sums.count,
      val_loss: judged.loss,
      val_accuracy: judged.accuracy,
      learning_rate: this.options.learningRate,
      seconds: this.seconds,
    };
    // Only a strictly lower loss is an improvement, so of equal epochs the first is kept.
    if (!this.best || judged.loss < this.best.loss) {
      const { parameters } = this.snapshot;
      this.best = { epoch: this.epoch, loss: judged.loss, parameters };
      this.waited = 0;
    } else {
      this.waited += 1;
    }
    const { epoch, best, waited, snapshot } = this;
    const checkpoint = { epoch, best, waited, state: snapshot };
    this.post({ type: "epoch", row, bestEpoch: best.epoch, waited, checkpoint });
  }

  finish(reason) {
    const { best, epoch } = this;
    const { parameters } = best;
    this.post({ type: "finished", reason, epoch, bestEpoch: best.epoch, parameters });
  }
}
