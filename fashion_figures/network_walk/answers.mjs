/**
 * Where in the picture a feature map lights up: along edges, on even parts, or where nothing is.
 *
 * What a value sees is the lightest and the darkest pixel of its receptive field, so this holds for
 * layers of any depth.
 */

import { windowsOf } from "../shared/layers.mjs";
import { byContrast, channel, middleField } from "./trace.mjs";

const EMPTY = 0.05; // of the gray range: no pixel is lighter
const EDGE = 0.25; // of the gray range: so much the pixels differ
const MOSTLY = 2 / 3;
const STRONG = 1 / 2; // of the largest value of the map
const DARK = 0.1; // of the largest value of the layer: so little is not seen
const FINE = 5; // pixels: a wider field has an edge nearly everywhere, which says nothing

/**
 * Find the darkest and the lightest pixel that each place of each layer depends on.
 *
 * @param {object} walk as `walkOf` returns it
 * @param {Float32Array} picture 784 gray values, 0 to 1
 * @returns {Map<string, {low: Float32Array, high: Float32Array}>} by layer with rows and columns
 */
export function rangesOf({ stages }, picture) {
  const ranges = new Map([["input", { low: picture, high: picture }]]);
  for (const stage of stages.values()) {
    if (stage.name === "input" || stage.isVector) continue;
    const before = stage.sources.map((source) => ranges.get(source));
    if (stage.window) {
      const { size } = stages.get(stage.sources[0]);
      ranges.set(stage.name, windowRanges(before[0], stage, size));
    } else {
      const merge = (name, pick) =>
        before[0][name].map((_, n) => pick(...before.map((range) => range[name][n])));
      ranges.set(stage.name, { low: merge("low", Math.min), high: merge("high", Math.max) });
    }
  }
  return ranges;
}

function windowRanges({ low, high }, stage, size) {
  const { rows, columns } = windowsOf({ ...stage, size: stage.window }, [size, size]);
  const found = { low: [], high: [] };
  for (const row of rows) {
    for (const column of columns) {
      let [least, most] = [Infinity, -Infinity];
      for (let y = row.start; y < row.end; y += 1) {
        for (let x = column.start; x < column.end; x += 1) {
          least = Math.min(least, low[y * size + x]);
          most = Math.max(most, high[y * size + x]);
        }
      }
      found.low.push(least);
      found.high.push(most);
    }
  }
  return { low: Float32Array.from(found.low), high: Float32Array.from(found.high) };
}

/**
 * Count where the strong values of a feature map lie: those of at least half its largest.
 *
 * @param {{walk: object, outputs: Map, ranges: Map, limits: Map}} view
 * @param {string} layer one with rows and columns
 * @param {number} filter
 * @returns {{strong: number, empty: number, edge: number, even: number, isDark: boolean}}
 */
export function answersOf({ walk, outputs, ranges, limits }, layer, filter) {
  const { low, high } = ranges.get(layer);
  const values = channel(walk, outputs, layer, filter).map(Math.abs);
  const largest = values.reduce((a, b) => Math.max(a, b));
  const counts = { strong: 0, empty: 0, edge: 0, even: 0 };
  values.forEach((value, n) => {
    if (value < largest * STRONG) return;
    const isEven = high[n] - low[n] < EDGE;
    counts.strong += 1;
    counts[high[n] <= EMPTY ? "empty" : isEven ? "even" : "edge"] += 1;
  });
  return { ...counts, isDark: largest <= DARK * limits.get(layer).largest };
}

function isMostly(count, { strong }) {
  return count >= MOSTLY * strong;
}

function isFine(walk, layer) {
  const { height, width } = middleField(walk, layer);
  return Math.max(height, width) <= FINE;
}

/**
 * Order a layer's filters: those that vary most first, but maps of the empty background last, and
 * where windows are small, maps of edges before all others.
 *
 * @param {object} view
 * @param {string} layer
 * @returns {number[]} the numbers of all filters
 */
export function orderOf(view, layer) {
  const { walk, outputs } = view;
  const order = byContrast(walk, outputs, layer);
  if (walk.stages.get(layer).size === 1) return order;
  const fine = isFine(walk, layer);
  const rank = (filter) => {
    const found = answersOf(view, layer, filter);
    if (isMostly(found.empty, found)) return 2;
    return fine && !isMostly(found.edge, found) ? 1 : 0;
  };
  const ranks = order.map(rank);
  return [0, 1, 2].flatMap((one) => order.filter((_, n) => ranks[n] === one));
}

/**
 * Say where the map in focus lights up.
 *
 * @param {object} view
 * @returns {string} empty where there is nothing to say
 */
export function answerWords(view) {
  const { walk, place, limits } = view;
  const { layer, filter } = place;
  if (walk.stages.get(layer).size === 1) return "";
  const found = answersOf(view, layer, filter);
  if (found.isDark) return `Map ${filter} stays dark for this picture.`;
  const does = `Map ${filter} ${limits.get(layer).isSigned ? "is strong" : "lights up"}`;
  const those = `${found.strong} strongest values`;
  const share = (count) =>
    count === found.strong ? `all of its ${those}` : `${count} of its ${those}`;
  if (isMostly(found.empty, found)) {
    const why = "There, biases alone make the value.";
    return `${does} where the picture is empty, mostly: ${share(found.empty)}. ${why}`;
  }
  if (!isFine(walk, layer)) return "";
  if (isMostly(found.edge, found)) return `${does} along edges, mostly: ${share(found.edge)}.`;
  if (isMostly(found.even, found)) return `${does} on even parts, mostly: ${share(found.even)}.`;
  return `${does} in different places: ${share(found.edge)} lie on edges.`;
}
