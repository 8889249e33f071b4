/**
 * Where a value in the course's network comes from: its window, its weights, its sum.
 *
 * A place in the network is `{ layer, filter, row, column }`, all counted from 0. In a dense
 * layer, `filter` is the unit and there is one row and one column.
 */

import { softmax } from "../shared/network.mjs";

/**
 * The layers of the walk, in order. `window` is the side of what a value looks at in the layer
 * before, `stride` the step from one value to the next; a dense layer looks at everything.
 */
export const WALK = Object.freeze([
  {
    name: "conv1",
    kind: "convolution",
    before: "picture",
    size: 26,
    filters: 32,
    window: 3,
    stride: 1,
  },
  {
    name: "pool1",
    kind: "max pooling",
    before: "conv1",
    size: 13,
    filters: 32,
    window: 2,
    stride: 2,
  },
  {
    name: "conv2",
    kind: "convolution",
    before: "pool1",
    size: 11,
    filters: 64,
    window: 3,
    stride: 1,
  },
  {
    name: "pool2",
    kind: "max pooling",
    before: "conv2",
    size: 5,
    filters: 64,
    window: 2,
    stride: 2,
  },
  {
    name: "conv3",
    kind: "convolution",
    before: "pool2",
    size: 3,
    filters: 64,
    window: 3,
    stride: 1,
  },
  {
    name: "pool3",
    kind: "max pooling",
    before: "conv3",
    size: 1,
    filters: 64,
    window: 2,
    stride: 2,
  },
  { name: "dense", kind: "dense", before: "pool3", size: 1, filters: 512, window: 1, stride: 1 },
  { name: "output", kind: "dense", before: "dense", size: 1, filters: 10, window: 1, stride: 1 },
]);

/**
 * @param {string} name
 * @returns {object} the layer of `WALK`
 */
export function stage(name) {
  return WALK.find((layer) => layer.name === name);
}

/** Return a layer's tensor; the picture counts as one with a single channel. */
function tensor(layers, name) {
  return name === "picture" ? { shape: [28, 28, 1], data: layers.picture } : layers[name];
}

/** Return rows × columns × channels of a layer. */
function sizes(name) {
  return name === "picture" ? { size: 28, filters: 1 } : stage(name);
}

/**
 * Take one channel out of a layer.
 *
 * @param {Object<string, {data: Float32Array}>} layers what `forward` returned, and `picture`,
 *   the 784 values that went in
 * @param {string} name
 * @param {number} filter
 * @returns {Float32Array} size × size values, row by row
 */
export function channel(layers, name, filter) {
  const { size, filters } = sizes(name);
  const { data } = tensor(layers, name);
  return Float32Array.from({ length: size * size }, (_, n) => data[n * filters + filter]);
}

/**
 * @param {Object<string, {data: Float32Array}>} layers
 * @param {{layer: string, filter: number, row: number, column: number}} place
 * @returns {number} the value there
 */
export function valueAt(layers, { layer, filter, row, column }) {
  const { size, filters } = sizes(layer);
  return tensor(layers, layer).data[(row * size + column) * filters + filter];
}

/** @returns {number} the layer's largest value */
export function largest(layers, name) {
  return tensor(layers, name).data.reduce((a, b) => Math.max(a, b), 0);
}

/**
 * Order a layer's filters: those whose map varies most first, units by their value.
 *
 * @returns {number[]} the numbers of all filters
 */
export function byContrast(layers, name) {
  const { size, filters } = stage(name);
  const contrast = Array.from({ length: filters }, (_, filter) => {
    const values = channel(layers, name, filter);
    if (size === 1) return values[0];
    const mean = values.reduce((a, b) => a + b) / values.length;
    return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  });
  return contrast.map((_, filter) => filter).sort((a, b) => contrast[b] - contrast[a] || a - b);
}

/** @returns {{row: number, column: number}} where a feature map is largest */
export function peak(layers, name, filter) {
  const values = channel(layers, name, filter);
  const place = values.reduce((best, value, n) => (value > values[best] ? n : best), 0);
  const { size } = stage(name);
  return { row: Math.floor(place / size), column: place % size };
}

/**
 * Return which part of an earlier layer a value depends on: in the picture, its receptive field.
 *
 * @param {{layer: string, row: number, column: number}} place
 * @param {string} target "picture" or an earlier layer
 * @returns {{top: number, left: number, side: number} | null} null if `target` is not earlier
 */
export function reach(place, target) {
  let name = place.layer;
  let box = { top: place.row, left: place.column, side: 1 };
  while (name !== target) {
    if (name === "picture") return null;
    const { before, window, stride } = stage(name);
    box = {
      top: box.top * stride,
      left: box.left * stride,
      side: (box.side - 1) * stride + window,
    };
    name = before;
  }
  return box;
}

/** Explain a value of a convolution: one term per channel of the layer before. */
function explainConvolution(weights, layers, { layer, filter, row, column }) {
  const { before, filters } = stage(layer);
  const input = tensor(layers, before);
  const [, width, channels] = input.shape;
  const kernel = weights[`${layer}/kernel`].data;
  const terms = Array.from({ length: channels }, (_, c) => {
    const places = Array.from({ length: 9 }, (_unused, n) => [Math.floor(n / 3), n % 3]);
    const window = places.map(
      ([y, x]) => input.data[((row + y) * width + column + x) * channels + c],
    );
    const taps = places.map((_unused, n) => kernel[(n * channels + c) * filters + filter]);
    const products = window.map((value, n) => value * taps[n]);
    const top = products.reduce(
      (best, p, n) => (Math.abs(p) > Math.abs(products[best]) ? n : best),
      0,
    );
    return {
      window,
      kernel: taps,
      products,
      sum: products.reduce((a, b) => a + b),
      from: {
        layer: before,
        filter: c,
        row: row + places[top][0],
        column: column + places[top][1],
      },
    };
  });
  return withBias(weights, layer, filter, terms);
}

/** Explain a value of a dense layer: one term per unit of the layer before. */
function explainDense(weights, layers, { layer, filter }) {
  const { before, filters } = stage(layer);
  const kernel = weights[`${layer}/kernel`].data;
  const terms = Array.from(tensor(layers, before).data, (input, n) => {
    const weight = kernel[n * filters + filter];
    const from = { layer: before, filter: n, row: 0, column: 0 };
    return { input, weight, sum: input * weight, from };
  });
  return withBias(weights, layer, filter, terms);
}

function withBias(weights, layer, filter, terms) {
  const bias = weights[`${layer}/bias`].data[filter];
  return { terms, bias, sum: terms.reduce((sum, term) => sum + term.sum, bias) };
}

/** Explain a value of a max pooling layer: four values, of which one stays. */
function explainPool(layers, { layer, filter, row, column }) {
  const { before, window, stride } = stage(layer);
  const places = Array.from({ length: window * window }, (_, n) => ({
    layer: before,
    filter,
    row: row * stride + Math.floor(n / window),
    column: column * stride + (n % window),
  }));
  const values = places.map((place) => valueAt(layers, place));
  const winner = values.reduce((best, value, n) => (value > values[best] ? n : best), 0);
  return { window: values, winner, value: values[winner], from: places[winner] };
}

/**
 * Compute one value of the network again, and keep what it is made of.
 *
 * @param {Object<string, {shape: number[], data: Float32Array}>} weights as
 *   `parseSafetensors` returns them
 * @param {Object<string, {shape: number[], data: Float32Array}>} layers what `forward`
 *   returned, and `picture`, the 784 values that went in
 * @param {{layer: string, filter: number, row: number, column: number}} place
 * @returns {object} `value`, and by the kind of layer
 *   max pooling: `window` (4 values), `winner` (its number), `from` (its place);
 *   convolution: `terms` per channel (`window`, `kernel`, `products`, `sum`, and `from`, the
 *   place of the largest product), `bias`, `sum` (before the relu);
 *   dense: `terms` per unit (`input`, `weight`, `sum`, `from`), `bias`, `sum`; in the output
 *   layer also `logits`, all ten sums before the softmax.
 */
export function explain(weights, layers, place) {
  const { kind, filters } = stage(place.layer);
  if (kind === "max pooling") return explainPool(layers, place);
  if (kind === "convolution") {
    const found = explainConvolution(weights, layers, place);
    return { ...found, value: Math.max(0, found.sum) };
  }
  const found = explainDense(weights, layers, place);
  if (place.layer !== "output") return { ...found, value: Math.max(0, found.sum) };
  const logits = Array.from(
    { length: filters },
    (_, filter) => explainDense(weights, layers, { ...place, filter }).sum,
  );
  const { data } = softmax({ shape: [filters], data: Float32Array.from(logits) });
  return { ...found, logits, value: data[place.filter] };
}

/**
 * Order what a value is made of by its weight in the sum, whatever the sign.
 *
 * @param {Array<{sum: number}>} terms
 * @returns {object[]}
 */
export function byContribution(terms) {
  return [...terms].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
}
