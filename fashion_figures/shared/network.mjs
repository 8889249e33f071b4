/** A network: its description and weights out of a file, and what it makes of an image. */

import { readDescription, weightShapes } from "./description.mjs";
import {
  add,
  averagePool,
  conv2d,
  dense,
  flatten,
  maxPool,
  relu,
  softmax,
  windowsOf,
} from "./layers.mjs";
import { parseSafetensors } from "./safetensors.mjs";

/**
 * A network: `layers` as `readDescription` returns them, and its weights by name, such as
 * "conv1/kernel".
 * @typedef {{name: string, inputShape: number[], layers: object[], weights: Map<string, Tensor>}}
 *   Network
 */

/**
 * Row-major numbers and their shape, channels last.
 * @typedef {{shape: number[], data: Float32Array}} Tensor
 */

/**
 * Read a network's description and weights.
 *
 * @param {Uint8Array} bytes A safetensors file whose metadata describe the network.
 * @returns {Network}
 * @throws {Error} If the file is damaged, or its weights are not those of the described network.
 */
export function readNetwork(bytes) {
  const { tensors, metadata } = parseSafetensors(bytes);
  const network = { ...readDescription(metadata.network), weights: tensors };
  const shapes = new Map(
    network.layers.flatMap((layer) => weightShapes(layer, shapeOf(network, layer.inputs[0]))),
  );
  for (const name of tensors.keys()) {
    if (!shapes.has(name)) throw new Error(`The network has no weights ${name}.`);
  }
  for (const [name, shape] of shapes) {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`The weights ${name} are missing.`);
    if (String(tensor.shape) !== String(shape)) {
      throw new Error(`The weights ${name} have the shape (${tensor.shape}), not (${shape}).`);
    }
    if (!tensor.data.every(Number.isFinite)) {
      throw new Error(`The weights ${name} are not all finite numbers.`);
    }
  }
  return network;
}

/**
 * @param {Network} network
 * @param {string} name A layer, or "input" for the image.
 * @returns {number[]} The shape of what it puts out.
 */
export function shapeOf({ layers, inputShape }, name) {
  return name === "input" ? inputShape : layers.find((layer) => layer.name === name).shape;
}

/**
 * Turn pixels into what the network takes.
 *
 * @param {Uint8Array | Uint8ClampedArray} pixels Gray values, 0 to 255.
 * @returns {Float32Array} The same divided by 255, so in [0, 1].
 */
export function normalize(pixels) {
  const image = new Float32Array(pixels.length);
  for (let n = 0; n < pixels.length; n++) image[n] = pixels[n] / 255;
  return image;
}

/** What each kind of layer does with its inputs, before its activation. */
const COMPUTE = {
  convolution: ([x], layer, { kernel, bias }) => conv2d(x, kernel, bias.data, layer),
  "max pooling": ([x], layer) => maxPool(x, windowsOf(layer, x.shape)),
  "average pooling": ([x], layer) => averagePool(x, windowsOf(layer, x.shape)),
  "global max pooling": ([x], layer) => flatten(maxPool(x, windowsOf(layer, x.shape))),
  "global average pooling": ([x], layer) => flatten(averagePool(x, windowsOf(layer, x.shape))),
  flatten: ([x]) => flatten(x),
  dense: ([x], _, { kernel, bias }) => dense(x, kernel, bias.data),
  addition: (inputs) => add(inputs),
  relu: ([x]) => relu(x),
  softmax: ([x]) => softmax(x),
};

const ACTIVATIONS = { relu, softmax };

/** Return what a layer computes from the outputs before it, without its activation. */
function compute(layer, outputs, weights) {
  const inputs = layer.inputs.map((name) => outputs.get(name));
  const own = {
    kernel: weights.get(`${layer.name}/kernel`),
    bias: weights.get(`${layer.name}/bias`),
  };
  return COMPUTE[layer.kind](inputs, layer, own);
}

/**
 * Run a network on one image.
 *
 * @param {Network} network As `readNetwork` returns it.
 * @param {Float32Array} image Its pixels in [0, 1], as `normalize` returns them.
 * @returns {Map<string, Tensor>} What leaves each layer, after its activation, by name and in
 *   order; the image comes first, as "input".
 */
export function forward({ inputShape, layers, weights }, image) {
  const count = inputShape.reduce((a, b) => a * b);
  if (image.length !== count) {
    throw new Error(`An image has ${count} values, not ${image.length}.`);
  }
  const outputs = new Map([["input", { shape: inputShape, data: image }]]);
  for (const layer of layers) {
    const computed = compute(layer, outputs, weights);
    const activate = ACTIVATIONS[layer.activation];
    outputs.set(layer.name, activate ? activate(computed) : computed);
  }
  return outputs;
}

/**
 * Return what goes into the softmax of a layer.
 *
 * @param {Network} network
 * @param {Map<string, Tensor>} outputs What `forward` returned.
 * @param {object} layer By default the last one, whose softmax gives the probabilities.
 * @returns {Float32Array} Any real numbers, one for each class.
 */
export function logits({ layers, weights }, outputs, layer = layers.at(-1)) {
  if (layer.kind === "softmax") return outputs.get(layer.inputs[0]).data;
  return compute(layer, outputs, weights).data;
}
