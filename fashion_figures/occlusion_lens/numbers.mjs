/** What the lens computes: the picture without nine pixels, its first feature maps, the answer. */

import { conv2d, relu } from "../shared/layers.mjs";
import { forward, normalize } from "../shared/network.mjs";

/** Rows, and columns, of the picture; of the square; of a feature map. */
export const SIZE = 28;
export const HOLE = 3;
export const MAP = SIZE - HOLE + 1;

/** The last place that the square can have along an axis. */
export const LAST = SIZE - HOLE;

const WEIGHTS = HOLE * HOLE;

/**
 * Return a picture without the pixels under the square.
 *
 * @param {Uint8Array} image 784 gray values; left alone
 * @param {number} row the upper left pixel under the square
 * @param {number} column
 * @returns {Uint8Array} black there
 */
export function hide(image, row, column) {
  const seen = Uint8Array.from(image);
  for (let y = row; y < row + HOLE; y += 1) {
    seen.fill(0, y * SIZE + column, y * SIZE + column + HOLE);
  }
  return seen;
}

/**
 * Return the pixels under the square, row by row.
 *
 * @param {Uint8Array} image
 * @param {number} row
 * @param {number} column
 * @returns {number[]} nine gray values
 */
export function under(image, row, column) {
  return Array.from({ length: WEIGHTS }, (_, n) => {
    return image[(row + Math.floor(n / HOLE)) * SIZE + column + (n % HOLE)];
  });
}

/**
 * Read the state `kernels`.
 *
 * @param {Uint8Array} bytes float32: for each pixel of the window a weight for each map, then the
 *   biases
 * @returns {{kernel: object, bias: Float32Array}} as `conv2d` takes them
 */
export function readKernels(bytes) {
  const numbers = new Float32Array(bytes.slice().buffer); // a copy starts where a number may
  const count = numbers.length / (WEIGHTS + 1);
  return {
    kernel: { shape: [HOLE, HOLE, 1, count], data: numbers.subarray(0, WEIGHTS * count) },
    bias: numbers.subarray(WEIGHTS * count),
  };
}

/**
 * Return some of the feature maps of the first convolution.
 *
 * @param {Uint8Array} seen 784 gray values
 * @param {{kernel: object, bias: Float32Array}} kernels from `readKernels`
 * @returns {Float32Array[]} each 26 × 26, after ReLU, row by row
 */
export function featureMaps(seen, { kernel, bias }) {
  const picture = { shape: [SIZE, SIZE, 1], data: normalize(seen) };
  const { data } = relu(conv2d(picture, kernel, bias));
  const count = bias.length;
  return Array.from({ length: count }, (_, map) =>
    Float32Array.from({ length: MAP * MAP }, (_, place) => data[place * count + map]),
  );
}

/**
 * @param {object} network from `readNetwork`
 * @param {Uint8Array} seen 784 gray values
 * @returns {Float32Array} ten probabilities
 */
export function answer(network, seen) {
  const outputs = forward(network, normalize(seen));
  return outputs.get(network.layers.at(-1).name).data;
}

/** @returns {string} a probability in whole percent; what is not known to be 0 is not called so */
export function percent(share) {
  if (share < 0.005) return "<\u00a01%";
  if (share > 0.995) return ">\u00a099%";
  return `${Math.round(100 * share)}%`;
}

/** @returns {number} the label with the largest probability */
export function best(probabilities) {
  return probabilities.indexOf(Math.max(...probabilities));
}
