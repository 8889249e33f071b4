/**
 * The same training on a graphics processor: TensorFlow.js's operations on whole batches.
 *
 * The way back is written out, as in `backprop.mjs`: TensorFlow.js's automatic differentiation
 * is in a package ten times as large. TensorFlow.js stands before this module in the worker's
 * text, as the global `tf`.
 */

import { PARAMETERS, SIDE } from "./backprop.mjs";
import { PIXELS, normalizeInto } from "./core.mjs";

const CLASSES = 10;
const EVALUATION_BATCH = 250;

/** Return a promise that is rejected when the graphics processor goes away. */
function whenLost(tf) {
  const gone = "the graphics processor was lost";
  const { device, gpgpu } = tf.backend();
  return new Promise((_, reject) => {
    device?.lost.then((info) => reject(new Error(info.message || gone))); // WebGPU
    const { canvas } = gpgpu?.gl ?? {}; // WebGL
    canvas?.addEventListener("webglcontextlost", () => reject(new Error(gone)));
  });
}

/** Trains with TensorFlow.js. */
export class TensorFlowEngine {
  /**
   * @param {"webgl" | "webgpu" | "cpu"} name "cpu" is there to be measured against
   * @returns {Promise<TensorFlowEngine>} rejected if this browser cannot do it
   */
  static async make(name) {
    const { tf } = globalThis;
    if (!tf) throw new Error("TensorFlow.js is not there");
    if (!(await tf.setBackend(name))) throw new Error("the browser refuses it");
    await tf.ready();
    tf.enableProdMode();
    const exact = name !== "webgl" || tf.env().getBool("WEBGL_RENDER_FLOAT32_ENABLED");
    if (!exact) throw new Error("it counts with 16 bits only");
    return new TensorFlowEngine(tf, name);
  }

  constructor(tf, name) {
    Object.assign(this, { tf, name, kept: [] });
    this.lost = whenLost(tf);
    this.lost.catch(() => {}); // also when nobody waits for it
  }

  /** Wait for numbers, but not for ever: a lost processor never answers. */
  async read(tensor) {
    return Promise.race([tensor.data(), this.lost]);
  }

  /** Keep tensors beyond the current `tidy`, and let the ones before them go. */
  keep(tensors) {
    for (const tensor of this.kept) tensor.dispose();
    this.kept = tensors.map((tensor) => this.tf.keep(tensor));
    [this.parameters, this.mean, this.square, this.lossSum, this.rightSum] = this.kept;
  }

  async load({ parameters, mean, square, step }) {
    const { tf } = this;
    await tf.setBackend(this.name); // after a race, another one may be set
    tf.tidy(() => {
      const all = [parameters, mean, square].map((values) => tf.tensor1d(values));
      this.keep([...all, tf.scalar(0), tf.scalar(0)]);
    });
    this.step = step;
    this.count = 0;
  }

  /** Return each layer's part of the flat parameters. */
  parts(parameters) {
    const { tf } = this;
    return PARAMETERS.map(({ start, length, shape }) =>
      tf.reshape(tf.slice(parameters, start, length), shape),
    );
  }

  /** Return what leaves the layers; `blocks` are the three convolutions. */
  forward(images, parts) {
    const { tf } = this;
    const blocks = [];
    let x = images;
    for (const n of [0, 2, 4]) {
      const active = tf.relu(tf.add(tf.conv2d(x, parts[n], 1, "valid"), parts[n + 1]));
      const pooled = tf.maxPool(active, 2, 2, "valid");
      blocks.push({ input: x, kernel: parts[n], active, pooled });
      x = pooled;
    }
    const flat = tf.reshape(x, [-1, 64]);
    const hidden = tf.relu(tf.add(tf.matMul(flat, parts[6]), parts[7]));
    return { blocks, flat, hidden, logits: tf.add(tf.matMul(hidden, parts[8]), parts[9]) };
  }

  /** Return the slopes of the mean loss along all parameters, as one flat tensor. */
  backward({ blocks, flat, hidden, logits }, hot, parts) {
    const { tf } = this;
    const count = hot.shape[0];
    const slopes = [];
    const sumRows = (tensor) => tf.sum(tensor, 0);
    let slope = tf.div(tf.sub(tf.softmax(logits), hot), count); // softmax and cross-entropy
    slopes.unshift(tf.matMul(hidden, slope, true), sumRows(slope));
    slope = tf.mul(tf.matMul(slope, parts[8], false, true), tf.step(hidden));
    slopes.unshift(tf.matMul(flat, slope, true), sumRows(slope));
    slope = tf.matMul(slope, parts[6], false, true);
    for (const { input, kernel, active, pooled } of [...blocks].reverse()) {
      slope = tf.mul(
        this.throughPool(tf.reshape(slope, pooled.shape), active, pooled),
        tf.step(active),
      );
      slopes.unshift(this.kernelSlope(input, slope, kernel.shape), tf.sum(slope, [0, 1, 2]));
      if (input.shape[3] > 1) slope = tf.conv2dTranspose(slope, kernel, input.shape, 1, "valid");
    }
    return tf.concat(slopes.map((tensor) => tf.reshape(tensor, [-1])));
  }

  /** Give each maximum's slope to the place that it came from. */
  throughPool(dy, input, output) {
    const attributes = { filterSize: 2, strides: 2, pad: "valid" };
    return this.tf.engine().runKernel("MaxPoolGrad", { dy, input, output }, attributes);
  }

  kernelSlope(x, dy, filterShape) {
    const attributes = { strides: 1, pad: "valid", dataFormat: "NHWC", filterShape };
    return this.tf.engine().runKernel("Conv2DBackpropFilter", { x, dy }, attributes);
  }

  /** Return images and one-hot labels as tensors. */
  batch(images, indices) {
    const pixels = new Float32Array(indices.length * PIXELS);
    const hot = new Float32Array(indices.length * CLASSES);
    indices.forEach((index, n) => {
      normalizeInto(pixels, n * PIXELS, images, index);
      hot[n * CLASSES + images.labels[index]] = 1;
    });
    return [
      this.tf.tensor4d(pixels, [indices.length, SIDE, SIDE, 1]),
      this.tf.tensor2d(hot, [indices.length, CLASSES]),
    ];
  }

  /** Return the sums of loss and of right answers. */
  judge(logits, hot) {
    const { tf } = this;
    const right = tf.equal(tf.argMax(logits, 1), tf.argMax(hot, 1));
    const logarithms = tf.mul(tf.logSoftmax(logits), hot);
    return [tf.neg(tf.sum(logarithms)), tf.sum(tf.cast(right, "float32"))];
  }

  async update(images, indices, rate) {
    const { tf } = this;
    this.step += 1;
    this.count += indices.length;
    tf.tidy(() => {
      const [pixels, hot] = this.batch(images, indices);
      const parts = this.parts(this.parameters);
      const layers = this.forward(pixels, parts);
      const [lossSum, right] = this.judge(layers.logits, hot);
      const adam = this.adam(this.backward(layers, hot, parts), rate);
      this.keep([...adam, tf.add(this.lossSum, lossSum), tf.add(this.rightSum, right)]);
    });
  }

  /** Return parameters, means and squares after one update; see `adamStep`. */
  adam(slope, rate) {
    const { tf } = this;
    const [keepMean, keepSquare, epsilon] = [0.9, 0.999, 1e-7];
    const correction = Math.sqrt(1 - keepSquare ** this.step) / (1 - keepMean ** this.step);
    const toward = (old, value, share) => tf.add(old, tf.mul(tf.sub(value, old), share));
    const mean = toward(this.mean, slope, 1 - keepMean);
    const square = toward(this.square, tf.square(slope), 1 - keepSquare);
    const change = tf.div(tf.mul(mean, rate * correction), tf.add(tf.sqrt(square), epsilon));
    return [tf.sub(this.parameters, change), mean, square];
  }

  async totals() {
    const { tf, count } = this;
    const [lossSum] = await this.read(this.lossSum);
    const [rightSum] = await this.read(this.rightSum);
    this.count = 0;
    tf.tidy(() => {
      const same = [this.parameters, this.mean, this.square].map((tensor) => tf.clone(tensor));
      this.keep([...same, tf.scalar(0), tf.scalar(0)]);
    });
    return { loss: lossSum, right: rightSum, count };
  }

  async evaluate(images) {
    const { tf } = this;
    let [lossSum, rightSum] = [0, 0];
    for (let from = 0; from < images.count; from += EVALUATION_BATCH) {
      const length = Math.min(EVALUATION_BATCH, images.count - from);
      const indices = Uint32Array.from({ length }, (_, i) => from + i);
      const sums = tf.tidy(() => {
        const [pixels, hot] = this.batch(images, indices);
        const { logits } = this.forward(pixels, this.parts(this.parameters));
        return tf.stack(this.judge(logits, hot));
      });
      const [lossPart, rightPart] = await this.read(sums);
      sums.dispose();
      lossSum += lossPart;
      rightSum += rightPart;
    }
    return { loss: lossSum / images.count, accuracy: rightSum / images.count };
  }

  async state() {
    const tensors = [this.parameters, this.mean, this.square];
    const values = [];
    for (const tensor of tensors) values.push(new Float32Array(await this.read(tensor)));
    const [parameters, mean, square] = values;
    return { parameters, mean, square, step: this.step };
  }

  dispose() {
    try {
      for (const tensor of this.kept) tensor.dispose();
    } catch {
      // A lost processor has nothing left to free.
    }
    this.kept = [];
  }
}
