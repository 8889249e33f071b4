/**
 * The same training on a graphics processor: TensorFlow.js's operations, our network, our Adam.
 *
 * TensorFlow.js stands before this module in the worker's text, as the global `tf`.
 */

import { PARAMETERS, SIDE } from "./backprop.mjs";
import { PIXELS, normalizeInto } from "./training_core.mjs";

const CLASSES = 10;
const EVALUATION_BATCH = 250;

/** Return a promise that is rejected when the graphics processor goes away. */
function loss(tf, backend) {
  const gone = "the graphics processor was lost";
  return new Promise((_, reject) => {
    if (backend === "webgpu") {
      tf.backend().device.lost.then((info) => reject(new Error(info.message || gone)));
    } else {
      const { canvas } = tf.backend().gpgpu.gl;
      canvas.addEventListener("webglcontextlost", () => reject(new Error(gone)));
    }
  });
}

/** Trains with TensorFlow.js on "webgl" or "webgpu". */
export class TensorFlowEngine {
  /**
   * @param {"webgl" | "webgpu"} name
   * @returns {Promise<TensorFlowEngine>} rejected if this browser cannot do it
   */
  static async make(name) {
    const { tf } = globalThis;
    if (!tf) throw new Error("TensorFlow.js is not there");
    if (!(await tf.setBackend(name))) throw new Error("the browser refuses it");
    await tf.ready();
    tf.enableProdMode();
    if (tf.backend().floatPrecision() !== 32) throw new Error("it counts with 16 bits only");
    return new TensorFlowEngine(tf, name);
  }

  constructor(tf, name) {
    Object.assign(this, { tf, name, kept: [] });
    this.lost = loss(tf, name);
    this.lost.catch(() => {}); // also when nobody waits for it
  }

  /** Wait for numbers, but not for ever: a lost processor never answers. */
  async read(tensor) {
    return Promise.race([tensor.data(), this.lost]);
  }

  /** Keep tensors beyond the current `tidy`, and let the ones before them go. */
  keep(tensors) {
    this.kept.forEach((tensor) => tensor.dispose());
    this.kept = tensors.map((tensor) => this.tf.keep(tensor));
    [this.parameters, this.mean, this.square, this.lossSum, this.rightSum] = this.kept;
  }

  async load({ parameters, mean, square, step }) {
    const { tf } = this;
    tf.tidy(() => {
      const all = [parameters, mean, square].map((values) => tf.tensor1d(values));
      this.keep([...all, tf.scalar(0), tf.scalar(0)]);
    });
    this.step = step;
    this.count = 0;
  }

  /** Return each layer's part of the flat parameters. */
  parts(parameters) {
    return PARAMETERS.map(({ start, length, shape }) =>
      this.tf.slice(parameters, start, length).reshape(shape),
    );
  }

  logits(images, parts) {
    let x = images;
    for (const n of [0, 2, 4]) {
      x = x.conv2d(parts[n], 1, "valid").add(parts[n + 1]).relu().maxPool(2, 2, "valid");
    }
    const hidden = x.reshape([-1, 64]).matMul(parts[6]).add(parts[7]).relu();
    return hidden.matMul(parts[8]).add(parts[9]);
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
    const right = logits.argMax(1).equal(hot.argMax(1)).cast("float32").sum();
    return [logits.logSoftmax().mul(hot).sum().neg(), right];
  }

  async update(images, indices, rate) {
    const { tf } = this;
    const [keepMean, keepSquare, epsilon] = [0.9, 0.999, 1e-7];
    this.step += 1;
    this.count += indices.length;
    const correction = Math.sqrt(1 - keepSquare ** this.step) / (1 - keepMean ** this.step);
    tf.tidy(() => {
      const [pixels, hot] = this.batch(images, indices);
      let sums;
      const meanLoss = (...parts) => {
        sums = this.judge(this.logits(pixels, parts), hot);
        sums = sums.map((sum) => tf.keep(sum));
        return sums[0].div(indices.length);
      };
      const { grads } = tf.valueAndGrads(meanLoss)(this.parts(this.parameters));
      const slope = tf.concat1d(grads.map((gradient) => gradient.flatten()));
      const mean = this.mean.add(slope.sub(this.mean).mul(1 - keepMean));
      const square = this.square.add(slope.square().sub(this.square).mul(1 - keepSquare));
      const change = mean.mul(rate * correction).div(square.sqrt().add(epsilon));
      const totals = [this.lossSum.add(sums[0]), this.rightSum.add(sums[1])];
      this.keep([this.parameters.sub(change), mean, square, ...totals]);
      sums.forEach((sum) => sum.dispose());
    });
  }

  async totals() {
    const { tf, count } = this;
    const [lossSum] = await this.read(this.lossSum);
    const [rightSum] = await this.read(this.rightSum);
    this.count = 0;
    tf.tidy(() => {
      const same = [this.parameters, this.mean, this.square].map((tensor) => tensor.clone());
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
        return tf.stack(this.judge(this.logits(pixels, this.parts(this.parameters)), hot));
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
      this.kept.forEach((tensor) => tensor.dispose());
    } catch {
      // A lost processor has nothing left to free.
    }
    this.kept = [];
  }
}
