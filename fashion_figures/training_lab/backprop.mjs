/**
 * How the course's network learns, in plain JavaScript: forward, backward, Adam.
 *
 * The same mathematics as Keras's, number for number, with two savings that change no result:
 *
 * 1. Pooling drops odd rows and columns, so the network uses only 22 × 22 of the 28 × 28 pixels.
 *    What is dropped is not computed. That halves the work.
 * 2. A max pooling passes a value on from one of four places, and the gradient back to the same
 *    one. So a convolution, its relu and its pooling are one function here: it keeps the winner
 *    of each four and forgets the rest. That saves three quarters of the way back.
 *
 * A picture is 22 × 22 values in [0, 1]. The parameters are one array of 94,154 numbers, layer
 * after layer, in Keras's order; `views` gives each layer's part.
 */

/** Rows and columns of a picture that the network uses, from the top left. */
export const SIDE = 22;

/** How many numbers the network learns. */
export const COUNT = 94154;

const CLASSES = 10;
const KERNEL = 3; // rows and columns of a window
const WINDOWS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]; // row and column of a pooling's four places
const NOBODY = 255; // all four places were below zero

const SHAPES = [
  ["conv1/kernel", [3, 3, 1, 32]],
  ["conv1/bias", [32]],
  ["conv2/kernel", [3, 3, 32, 64]],
  ["conv2/bias", [64]],
  ["conv3/kernel", [3, 3, 64, 64]],
  ["conv3/bias", [64]],
  ["dense/kernel", [64, 512]],
  ["dense/bias", [512]],
  ["output/kernel", [512, 10]],
  ["output/bias", [10]],
];

/** The layers' parameters: where each begins in the array, and its shape as in Keras. */
export const PARAMETERS = layOut(SHAPES);

function layOut(shapes) {
  let start = 0;
  const parts = [];
  for (const [name, shape] of shapes) {
    const length = shape.reduce((a, b) => a * b);
    parts.push(Object.freeze({ name, shape, start, length }));
    start += length;
  }
  return Object.freeze(parts);
}

/**
 * Return each layer's part of the parameters, without copying.
 *
 * @template {Float32Array | Float64Array} T
 * @param {T} parameters 94,154 numbers
 * @returns {Record<string, {shape: number[], data: T}>}
 */
export function views(parameters) {
  const part = ({ shape, start, length }) => ({
    shape,
    data: parameters.subarray(start, start + length),
  });
  return Object.fromEntries(PARAMETERS.map((entry) => [entry.name, part(entry)]));
}

/**
 * Return a function that gives random numbers in [0, 1): Marsaglia's xorshift with 32 bits.
 *
 * @param {number} seed the same seed gives the same numbers
 * @returns {() => number}
 */
export function randomNumbers(seed) {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
  for (let i = 0; i < 16; i += 1) next(); // the first numbers of near seeds resemble each other
  return next;
}

/**
 * Return the parameters of an untrained network: Glorot's uniform distribution, biases of 0.
 *
 * @param {number} seed
 * @returns {Float32Array} 94,154 numbers
 */
export function initialParameters(seed) {
  const random = randomNumbers(seed);
  const parameters = new Float32Array(COUNT);
  for (const { shape, data } of Object.values(views(parameters))) {
    if (shape.length === 1) continue; // a bias
    const window = shape.length === 4 ? shape[0] * shape[1] : 1;
    const [inputs, outputs] = shape.slice(-2);
    const limit = Math.sqrt(6 / (window * (inputs + outputs)));
    for (let i = 0; i < data.length; i += 1) data[i] = (2 * random() - 1) * limit;
  }
  return parameters;
}

/**
 * Return the numbers 0 to count − 1 in random order (Fisher and Yates).
 *
 * @param {number} count
 * @param {() => number} random
 * @returns {Uint32Array}
 */
export function shuffled(count, random) {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

/**
 * A 3 × 3 convolution, its relu and its 2 × 2 max pooling, forward and backward.
 *
 * Keras lays a kernel out with the filters innermost. Here each filter's weights lie together,
 * row by row as the window reads the picture, so that both run through memory in step.
 */
class ConvolutionBlock {
  /**
   * @param {number} side rows and columns of the input
   * @param {number} channels of the input
   * @param {number} filters
   */
  constructor(side, channels, filters) {
    Object.assign(this, { side, channels, filters });
    this.reach = KERNEL * KERNEL * channels; // numbers under one window
    this.pooled = (side - 2) / 2; // rows and columns of the output
    this.kernel = new Float32Array(filters * this.reach);
    this.kernelGradient = new Float32Array(filters * this.reach);
    this.bias = new Float32Array(filters);
    this.biasGradient = new Float64Array(filters);
    this.patches = new Float32Array(4 * this.reach);
    this.output = new Float32Array(this.pooled * this.pooled * filters);
    this.winners = new Uint8Array(this.output.length);
    this.inputGradient = new Float32Array(side * side * channels);
  }

  /** Take a kernel of shape (3, 3, channels, filters), and forget all gradients. */
  load(kernel, bias) {
    const { filters, reach } = this;
    for (let i = 0; i < reach; i += 1) {
      for (let f = 0; f < filters; f += 1) this.kernel[f * reach + i] = kernel[i * filters + f];
    }
    this.bias.set(bias);
    this.kernelGradient.fill(0);
    this.biasGradient.fill(0);
  }

  /** Write the summed gradients, times `share`, in Keras's order. */
  gradients(kernel, bias, share) {
    const { filters, reach, kernelGradient } = this;
    for (let i = 0; i < reach; i += 1) {
      for (let f = 0; f < filters; f += 1) {
        kernel[i * filters + f] = share * kernelGradient[f * reach + i];
      }
    }
    for (let f = 0; f < filters; f += 1) bias[f] = share * this.biasGradient[f];
  }

  /** Copy what lies under the windows at a pooling's four places, one after the other. */
  gather(input, row, column) {
    const { side, channels, patches } = this;
    let to = 0;
    for (const [down, right] of WINDOWS) {
      for (let ky = 0; ky < KERNEL; ky += 1) {
        const from = ((2 * row + down + ky) * side + 2 * column + right) * channels;
        for (let i = 0; i < KERNEL * channels; i += 1) patches[to + i] = input[from + i];
        to += KERNEL * channels;
      }
    }
  }

  /**
   * @param {Float32Array} input (side, side, channels)
   * @returns {Float32Array} (pooled, pooled, filters), overwritten by the next call
   */
  forward(input) {
    this.input = input;
    const { pooled, filters, reach, patches, kernel, bias, output, winners } = this;
    let place = 0;
    for (let row = 0; row < pooled; row += 1) {
      for (let column = 0; column < pooled; column += 1) {
        this.gather(input, row, column);
        for (let f = 0; f < filters; f += 1) {
          const first = f * reach;
          let [a, b, c, d] = [0, 0, 0, 0]; // the filter's sum at each of the four places
          for (let i = 0; i < reach; i += 1) {
            const weight = kernel[first + i];
            a += weight * patches[i];
            b += weight * patches[reach + i];
            c += weight * patches[2 * reach + i];
            d += weight * patches[3 * reach + i];
          }
          const largest = Math.max(a, b, c, d);
          const value = largest + bias[f];
          const positive = value > 0;
          output[place] = positive || Number.isNaN(value) ? value : 0; // relu
          if (!positive) winners[place] = NOBODY;
          else winners[place] = a === largest ? 0 : b === largest ? 1 : c === largest ? 2 : 3;
          place += 1;
        }
      }
    }
    return output;
  }

  /**
   * Add to the gradients of kernel and bias.
   *
   * @param {Float32Array | Float64Array} gradient of the output of the last `forward`
   * @param {boolean} wanted whether the gradient of the input is needed
   * @returns {Float32Array} the gradient of the input, overwritten by the next call
   */
  backward(gradient, wanted) {
    const { side, channels, pooled, filters, reach, kernel, kernelGradient, winners } = this;
    const { input, inputGradient } = this;
    const run = KERNEL * channels; // numbers of one row of a window
    if (wanted) inputGradient.fill(0);
    for (let f = 0; f < filters; f += 1) {
      // one filter at a time: its weights stay at hand
      for (let window = 0; window < pooled * pooled; window += 1) {
        const place = window * filters + f;
        const slope = gradient[place];
        if (winners[place] === NOBODY || slope === 0) continue; // the relu let nothing through
        const [down, right] = WINDOWS[winners[place]];
        const row = 2 * Math.floor(window / pooled) + down;
        const column = 2 * (window % pooled) + right;
        this.biasGradient[f] += slope;
        for (let ky = 0; ky < KERNEL; ky += 1) {
          const weight = f * reach + ky * run;
          const pixel = ((row + ky) * side + column) * channels;
          addMultiple(kernelGradient, weight, input, pixel, run, slope);
          if (wanted) addMultiple(inputGradient, pixel, kernel, weight, run, slope);
        }
      }
    }
    return inputGradient;
  }
}

/** Add `factor` times `count` numbers of one array, from a place on, to those of another. */
function addMultiple(target, to, source, from, count, factor) {
  for (let i = 0; i < count; i += 1) target[to + i] += factor * source[from + i];
}

/** A dense layer, forward and backward; kernel as in Keras, (inputs, outputs). */
class DenseBlock {
  constructor(inputs, outputs, relu) {
    Object.assign(this, { inputs, outputs, relu });
    this.kernelGradient = new Float32Array(inputs * outputs);
    this.biasGradient = new Float64Array(outputs);
    this.sums = new Float64Array(outputs);
    this.output = new Float32Array(outputs);
    this.inputGradient = new Float64Array(inputs);
  }

  load(kernel, bias) {
    Object.assign(this, { kernel, bias });
    this.kernelGradient.fill(0);
    this.biasGradient.fill(0);
  }

  gradients(kernel, bias, share) {
    for (let i = 0; i < kernel.length; i += 1) kernel[i] = share * this.kernelGradient[i];
    for (let i = 0; i < bias.length; i += 1) bias[i] = share * this.biasGradient[i];
  }

  forward(input) {
    this.input = input;
    const { inputs, outputs, kernel, sums, output } = this;
    sums.set(this.bias);
    for (let i = 0; i < inputs; i += 1) {
      const value = input[i];
      if (value === 0) continue; // after a relu there are many
      const row = i * outputs;
      for (let o = 0; o < outputs; o += 1) sums[o] += value * kernel[row + o];
    }
    for (let o = 0; o < outputs; o += 1) output[o] = this.relu && sums[o] < 0 ? 0 : sums[o];
    return output;
  }

  backward(gradient) {
    const { inputs, outputs, kernel, kernelGradient, input, output } = this;
    if (this.relu) {
      for (let o = 0; o < outputs; o += 1) if (!(output[o] > 0)) gradient[o] = 0;
    }
    for (let o = 0; o < outputs; o += 1) this.biasGradient[o] += gradient[o];
    for (let i = 0; i < inputs; i += 1) {
      const row = i * outputs;
      const value = input[i];
      let slope = 0;
      for (let o = 0; o < outputs; o += 1) {
        kernelGradient[row + o] += value * gradient[o];
        slope += kernel[row + o] * gradient[o];
      }
      this.inputGradient[i] = slope;
    }
    return this.inputGradient;
  }
}

/**
 * The network with the memory it needs to go forward and backward, one picture at a time.
 *
 *     network.load(parameters);
 *     for (each picture of the batch) { network.forward(picture); loss += network.backward(label); }
 *     adamStep(parameters, network.gradient(), moments, 0.001);
 */
export class Network {
  constructor() {
    this.blocks = {
      conv1: new ConvolutionBlock(22, 1, 32), // to (10, 10, 32)
      conv2: new ConvolutionBlock(10, 32, 64), // to (4, 4, 64)
      conv3: new ConvolutionBlock(4, 64, 64), // to (1, 1, 64)
      dense: new DenseBlock(64, 512, true),
      output: new DenseBlock(512, CLASSES, false),
    };
    this.probabilities = new Float64Array(CLASSES);
    this.count = 0; // pictures whose gradients are summed
  }

  /**
   * Begin a batch with these parameters.
   *
   * @param {Float32Array} parameters 94,154 numbers; they must not change until the batch ends
   */
  load(parameters) {
    const parts = views(parameters);
    for (const [name, block] of Object.entries(this.blocks)) {
      block.load(parts[`${name}/kernel`].data, parts[`${name}/bias`].data);
    }
    this.count = 0;
  }

  /**
   * @param {Float32Array} image 484 values in [0, 1]
   * @returns {Float64Array} ten probabilities, overwritten by the next call
   */
  forward(image) {
    const logits = Object.values(this.blocks).reduce((x, block) => block.forward(x), image);
    const largest = logits.reduce((a, b) => Math.max(a, b)); // keeps exp() from overflowing
    const { probabilities } = this;
    let sum = 0;
    for (let k = 0; k < CLASSES; k += 1) {
      probabilities[k] = Math.exp(logits[k] - largest);
      sum += probabilities[k];
    }
    for (let k = 0; k < CLASSES; k += 1) probabilities[k] /= sum;
    this.logSum = largest + Math.log(sum);
    return probabilities;
  }

  /**
   * @param {number} label
   * @returns {number} the cross-entropy of the last `forward`: −ln of the label's probability
   */
  loss(label) {
    return this.logSum - this.blocks.output.output[label];
  }

  /**
   * Go back through the last `forward`, and add up the gradient of its loss.
   *
   * @param {number} label
   * @returns {number} the loss
   */
  backward(label) {
    const { conv1, conv2, conv3, dense, output } = this.blocks;
    // Softmax and cross-entropy together have a slope that could not be simpler.
    let gradient = this.probabilities.map((p, k) => p - (k === label ? 1 : 0));
    for (const block of [output, dense]) gradient = block.backward(gradient);
    for (const block of [conv3, conv2]) gradient = block.backward(gradient, true);
    conv1.backward(gradient, false); // nobody needs the slope along the pixels
    this.count += 1;
    return this.loss(label);
  }

  /** @returns {Float32Array} 94,154 slopes of the batch's mean loss, in Keras's order */
  gradient() {
    const gradient = new Float32Array(COUNT);
    const parts = views(gradient);
    for (const [name, block] of Object.entries(this.blocks)) {
      const [kernel, bias] = [parts[`${name}/kernel`].data, parts[`${name}/bias`].data];
      block.gradients(kernel, bias, 1 / this.count);
    }
    return gradient;
  }
}

/**
 * What Adam remembers: running means of the slopes and of their squares, and how many updates.
 *
 * @returns {{mean: Float32Array, square: Float32Array, step: number}}
 */
export function newMoments() {
  return { mean: new Float32Array(COUNT), square: new Float32Array(COUNT), step: 0 };
}

/**
 * Change the parameters by one update of Adam (Kingma and Ba, 2015), as Keras does it.
 *
 * @param {Float32Array} parameters changed in place
 * @param {Float32Array} gradient
 * @param {{mean: Float32Array, square: Float32Array, step: number}} moments changed in place
 * @param {number} learningRate
 */
export function adamStep(parameters, gradient, moments, learningRate) {
  const [keepMean, keepSquare, epsilon] = [0.9, 0.999, 1e-7];
  const { mean, square } = moments;
  moments.step += 1;
  // Both means start at 0; this makes up for it.
  const correction = Math.sqrt(1 - keepSquare ** moments.step) / (1 - keepMean ** moments.step);
  const rate = learningRate * correction;
  for (let i = 0; i < parameters.length; i += 1) {
    const slope = gradient[i];
    mean[i] += (1 - keepMean) * (slope - mean[i]);
    square[i] += (1 - keepSquare) * (slope * slope - square[i]);
    parameters[i] -= (rate * mean[i]) / (Math.sqrt(square[i]) + epsilon);
  }
}
