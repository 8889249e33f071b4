/**
 * Where a value in a network comes from: its window, its weights, its sum.
 *
 * A place in the network is `{ layer, filter, row, column }`, all counted from 0; the layer "input"
 * is the picture. In a vector, `filter` is the unit, and there is one row and one column. Flattening
 * only gives a value another name, so the walk leaves such layers out: a dense layer takes its
 * values from the maps before.
 */

import { logits } from "../shared/network.mjs";
import { softmax, windowsOf } from "../shared/layers.mjs";
import { receptiveFields } from "../shared/receptive_field.mjs";

/**
 * A layer as the walk shows it, with all that its description says: `size` rows and as many columns
 * of `filters` maps, or one row and column of units. `window` is the side of what a value looks at,
 * `sources` are the layers that it takes its values from.
 * @typedef {{name: string, kind: string, size: number, filters: number, isVector: boolean,
 *   window?: number, sources: string[]}} Stage
 */

/**
 * Prepare a network for the walk.
 *
 * @param {object} network as `readNetwork` returns it, for square pictures
 * @returns {{network: object, stages: Map<string, Stage>, last: Stage, reach: Map<string, Box>}}
 *   the layers by name, in order, the picture first; and of each the part that reaches the votes
 */
export function walkOf(network) {
  const names = new Map([["input", "input"]]); // layer -> the one that has its values
  const picture = { name: "input", kind: "picture", shape: network.inputShape, inputs: [] };
  const stages = new Map();
  for (const layer of [picture, ...network.layers]) {
    const sources = layer.inputs.map((name) => names.get(name));
    names.set(layer.name, layer.kind === "flatten" ? sources[0] : layer.name);
    if (layer.kind === "flatten") continue;
    const isVector = layer.shape.length === 1;
    const side = isVector ? 1 : layer.shape[0];
    const filters = layer.shape.at(-1);
    stages.set(layer.name, {
      ...layer,
      window: layer.size,
      size: side,
      filters,
      isVector,
      sources,
    });
  }
  const last = stages.get(network.layers.at(-1).name);
  const reach = receptiveFields(network, { layer: last.name, filter: 0, row: 0, column: 0 });
  return { network, stages, last, reach };
}

/** @returns {boolean} whether a value is part of what the votes are made of */
export function reachesVotes({ stages, reach }, { layer, row, column }) {
  if (stages.get(layer).size === 1) return true;
  const box = reach.get(layer);
  if (!box) return false;
  const isWithin = (at, start, length) => at >= start && at < start + length;
  return isWithin(row, box.top, box.height) && isWithin(column, box.left, box.width);
}

/** @returns {object} what a value in the middle of a layer's maps depends on in the picture */
export function middleField({ network, stages }, layer) {
  const middle = Math.floor(stages.get(layer).size / 2);
  return receptiveFields(network, { layer, filter: 0, row: middle, column: middle }).get("input");
}

/** @returns {object} the place of the n-th number that a layer puts out */
export function placeOf({ stages }, source, n) {
  const { size, filters } = stages.get(source);
  const pixel = Math.floor(n / filters);
  return {
    layer: source,
    filter: n % filters,
    row: Math.floor(pixel / size),
    column: pixel % size,
  };
}

/** @returns {number} which of the numbers that a layer puts out stands at a place */
export function indexOf({ stages }, { layer, filter, row, column }) {
  const { size, filters } = stages.get(layer);
  return (row * size + column) * filters + filter;
}

/**
 * Take one channel out of a layer.
 *
 * @param {object} walk
 * @param {Map<string, {data: Float32Array}>} outputs what `forward` returned
 * @param {string} layer
 * @param {number} filter
 * @returns {Float32Array} size × size values, row by row
 */
export function channel({ stages }, outputs, layer, filter) {
  const { size, filters } = stages.get(layer);
  const { data } = outputs.get(layer);
  return Float32Array.from({ length: size * size }, (_, n) => data[n * filters + filter]);
}

/** @returns {number} the value at a place */
export function valueAt(walk, outputs, place) {
  return outputs.get(place.layer).data[indexOf(walk, place)];
}

/**
 * Order a layer's filters: those whose map varies most first, units by their value.
 *
 * @returns {number[]} the numbers of all filters
 */
export function byContrast(walk, outputs, layer) {
  const { size, filters } = walk.stages.get(layer);
  const contrast = Array.from({ length: filters }, (_, filter) => {
    const values = channel(walk, outputs, layer, filter);
    if (size === 1) return values[0];
    const mean = values.reduce((a, b) => a + b) / values.length;
    return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  });
  return contrast.map((_, filter) => filter).sort((a, b) => contrast[b] - contrast[a] || a - b);
}

/**
 * @returns {{row: number, column: number}} where a feature map is largest, of what reaches the votes
 */
export function peak(walk, outputs, layer, filter) {
  const { size } = walk.stages.get(layer);
  const places = Array.from({ length: size * size }, (_, n) => {
    return { layer, filter, row: Math.floor(n / size), column: n % size };
  });
  const reaching = places.filter((place) => reachesVotes(walk, place));
  const { row, column } = (reaching.length ? reaching : places).reduce((best, place) =>
    valueAt(walk, outputs, place) > valueAt(walk, outputs, best) ? place : best,
  );
  return { row, column };
}

/** @returns {object[]} the places of a window, row by row; null for those outside of the layer before */
export function windowPlaces(walk, stage, { row, column }) {
  const [source] = stage.sources;
  const { size } = walk.stages.get(source);
  const { rows, columns } = windowsOf({ ...stage, size: stage.window }, [size, size]);
  const side = stage.window ?? size; // a global pooling looks at everything
  return Array.from({ length: side * side }, (_, n) => {
    const y = rows[row].first + Math.floor(n / side);
    const x = columns[column].first + (n % side);
    const isInside = y >= 0 && y < size && x >= 0 && x < size;
    return isInside ? { layer: source, row: y, column: x } : null;
  });
}

/**
 * Find the windows of a layer that look at a place of the layer before.
 *
 * @param {object} walk
 * @param {Stage} stage
 * @param {{row: number, column: number}} place
 * @returns {{row: number, column: number, tap: number}[]} which windows, and which of its weights
 *   each lays on the place
 */
export function windowsOn(walk, stage, { row, column }) {
  const { size } = walk.stages.get(stage.sources[0]);
  const { rows, columns } = windowsOf({ ...stage, size: stage.window }, [size, size]);
  const side = stage.window ?? size;
  const over = (windows, at) =>
    [...windows.keys()].filter((n) => windows[n].start <= at && at < windows[n].end);
  return over(rows, row).flatMap((y) =>
    over(columns, column).map((x) => {
      const tap = (row - rows[y].first) * side + column - columns[x].first;
      return { row: y, column: x, tap };
    }),
  );
}

/** Return the number of the largest value. */
function argmax(values) {
  return values.reduce((best, value, n) => (value > values[best] ? n : best), 0);
}

/** Explain a value of a convolution: one term per channel of the layer before. */
function explainConvolution(walk, outputs, place, stage) {
  const [source] = stage.sources;
  const channels = walk.stages.get(source).filters;
  const { weights } = walk.network;
  const kernel = weights.get(`${stage.name}/kernel`).data;
  const places = windowPlaces(walk, stage, place);
  const terms = Array.from({ length: channels }, (_, c) => {
    const at = (one) => one && { ...one, filter: c };
    const window = places.map((one) => (one ? valueAt(walk, outputs, at(one)) : 0));
    const taps = places.map((_one, n) => kernel[(n * channels + c) * stage.filters + place.filter]);
    const products = window.map((value, n) => value * taps[n]);
    const top = argmax(products.map((product, n) => (places[n] ? Math.abs(product) : -1)));
    const sum = products.reduce((a, b) => a + b);
    return { window, kernel: taps, products, sum, from: at(places[top]) };
  });
  const outside = places.map((one) => one === null);
  return { ...withBias(walk, place, terms), outside };
}

/** Explain a value of a dense layer: one term per value of the layer before. */
function explainDense(walk, outputs, place, stage) {
  const [source] = stage.sources;
  const kernel = walk.network.weights.get(`${stage.name}/kernel`).data;
  const terms = Array.from(outputs.get(source).data, (input, n) => {
    const weight = kernel[n * stage.filters + place.filter];
    return { input, weight, sum: input * weight, from: placeOf(walk, source, n) };
  });
  return withBias(walk, place, terms);
}

/** Weigh the terms of a vote for another class, too: the answer, or against that the runner-up. */
function againstRival(walk, outputs, stage, { filter }, found) {
  const votes = [...outputs.get(stage.name).data];
  const rest = votes.map((vote, label) => (label === filter ? -Infinity : vote));
  const rival = rest.indexOf(Math.max(...rest));
  const { terms, bias, sum } = explainDense(
    walk,
    outputs,
    { layer: stage.name, filter: rival },
    stage,
  );
  const both = found.terms.map((term, n) => {
    const { weight, sum: product } = terms[n];
    return { ...term, other: { weight, sum: product }, lead: term.sum - product };
  });
  return { ...found, terms: both, rival: { filter: rival, bias, sum } };
}

function withBias({ network }, { layer, filter }, terms) {
  const bias = network.weights.get(`${layer}/bias`).data[filter];
  return { terms, bias, sum: terms.reduce((sum, term) => sum + term.sum, bias) };
}

/** Explain a value of a pooling layer: one value of the window stays, or the mean of all. */
function explainPool(walk, outputs, place, stage) {
  const places = windowPlaces(walk, stage, place).map(
    (one) => one && { ...one, filter: place.filter },
  );
  const outside = places.map((one) => one === null);
  const window = places.map((one) => (one ? valueAt(walk, outputs, one) : 0));
  const winner = argmax(window.map((value, n) => (outside[n] ? -Infinity : value)));
  const count = outside.filter((isOutside) => !isOutside).length;
  const sum = window.reduce((a, b) => a + b);
  const value = stage.kind.includes("average") ? sum / count : window[winner];
  return { window, outside, winner, count, sum, value, from: places[winner] };
}

/** Explain a value of a layer that works number by number: one term per layer before. */
function explainNumber(walk, outputs, place, stage) {
  const n = indexOf(walk, place);
  const terms = stage.sources.map((source) => {
    const from = placeOf(walk, source, n);
    return { from, sum: valueAt(walk, outputs, from) };
  });
  return { terms, sum: terms.reduce((sum, term) => sum + term.sum, 0) };
}

/**
 * Compute one value of the network again, and keep what it is made of.
 *
 * @param {object} walk as `walkOf` returns it
 * @param {Map<string, {shape: number[], data: Float32Array}>} outputs what `forward` returned
 * @param {{layer: string, filter: number, row: number, column: number}} place
 * @returns {object} `value`, and by the kind of layer
 *   pooling: `window` (its values, row by row, 0 where `outside`), `winner` (the number of the
 *   largest), `from` (its place), and for a mean `count` (how many are inside) and `sum`;
 *   convolution: `terms` per channel (`window`, `kernel`, `products`, `sum`, and `from`, the
 *   place of the largest product), `outside`, `bias`, `sum` (before the activation);
 *   dense: `terms` per unit (`input`, `weight`, `sum`, `from`), `bias`, `sum`;
 *   addition, relu and softmax: `terms` per layer before (`sum`, the value there, and `from`),
 *   `sum`;
 *   where a softmax comes last: `logits`, all sums that go into it;
 *   votes of a dense layer: `rival`, the class that it is set against (`filter`, `bias`, `sum`), and
 *   of each term `other` (what it is for the rival: `weight`, `sum`) and `lead`, the difference.
 */
export function explain(walk, outputs, place) {
  const stage = walk.stages.get(place.layer);
  if (stage.kind.includes("pooling")) return explainPool(walk, outputs, place, stage);
  const explained = { convolution: explainConvolution, dense: explainDense };
  const found = (explained[stage.kind] ?? explainNumber)(walk, outputs, place, stage);
  const last = stage.activation ?? stage.kind;
  if (last === "relu") return { ...found, value: Math.max(0, found.sum) };
  if (last !== "softmax") return { ...found, value: found.sum };
  const entering = logits(walk.network, outputs, stage);
  const { data } = softmax({ shape: stage.shape, data: entering });
  const isVote = stage === walk.last && stage.kind === "dense";
  const whole = isVote ? againstRival(walk, outputs, stage, place, found) : found;
  return { ...whole, logits: entering, value: data[place.filter] };
}

/**
 * @param {{sum: number, lead?: number}} term
 * @returns {number} what it does for a value: its part of the sum, or of the lead over the rival
 */
export function effect({ sum, lead = sum }) {
  return lead;
}

/**
 * Order what a value is made of by its effect, whatever the sign.
 *
 * @param {Array<{sum: number}>} terms
 * @returns {object[]}
 */
export function byContribution(terms) {
  return [...terms].sort((a, b) => Math.abs(effect(b)) - Math.abs(effect(a)));
}

/**
 * @param {object} found what `explain` returned
 * @returns {boolean} whether a sum comes from its bias more than from all its products
 */
export function isMostlyBias({ bias = 0, sum }) {
  return Math.abs(bias) > Math.abs(sum - bias);
}
