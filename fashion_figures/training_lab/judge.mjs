/** What the network of the lab makes of whole pictures: its answers, and its first maps. */

import { Network, SIDE } from "./backprop.mjs";

/** The first layer after its pooling: this many maps of this many rows and columns. */
export const MAPS = 32;
export const MAP_SIDE = 10;

let network = null; // made when first needed

/**
 * Ask a network about a picture of 28 × 28 pixels.
 *
 * @param {Float32Array} parameters 94,154 numbers
 * @param {Uint8Array} picture 784 gray values
 * @returns {{probabilities: number[], maps: Float32Array}} ten shares; and 10 × 10 × 32 values,
 *   the maps innermost, which the next call overwrites
 */
export function examine(parameters, picture) {
  network ??= new Network();
  network.load(parameters);
  const image = new Float32Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) image[y * SIDE + x] = picture[28 * y + x] / 255;
  }
  return { probabilities: [...network.forward(image)], maps: network.blocks.conv1.output };
}

/**
 * Does a network give all pictures one answer? Then none of its units reacts any more.
 *
 * @param {Float32Array} parameters
 * @param {Uint8Array[]} pictures
 * @returns {boolean}
 */
export function isStuck(parameters, pictures) {
  const all = pictures.map((picture) => examine(parameters, picture).probabilities);
  return all.length > 1 && all.every((one) => one.every((p, k) => Math.abs(p - all[0][k]) < 1e-3));
}
