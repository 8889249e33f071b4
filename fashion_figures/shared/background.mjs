/**
 * Find a photo's background: the slope of light that fits the colors along its border best.
 *
 * This is `fashion_lib/_background.py`, which explains it, in the same order of the same sums.
 */

import { lumaOf } from "./bitmap.mjs";
import { TOLERANCE } from "./frame.mjs";

const ROUNDS = 5;
const PLANE = 3; // terms
const CURVE = 6;
const PLAIN = 2.2;
const LUMA = [0.299, 0.587, 0.114]; // Rec. 601

/**
 * Return where the outermost pixels are: 1 in 50 of the shorter edge, at least 1 thick.
 *
 * @param {number} width In pixels.
 * @param {number} height In pixels.
 * @returns {number[]} Indices into the row-major pixels.
 */
export function borderPlaces(width, height) {
  const thickness = Math.max(1, Math.floor(Math.min(width, height) / 50));
  const places = [];
  for (let y = 0; y < height; y++) {
    const isInside = y >= thickness && y < height - thickness;
    for (let x = 0; x < width; x++) {
      // Inside, jump from the left border to the right one.
      if (isInside && x === thickness) x = Math.max(thickness, width - thickness);
      if (x < width) places.push(y * width + x);
    }
  }
  return places;
}

/**
 * Return each pixel's distance from the background, 0 within its tolerance.
 *
 * The background is a plane; where that leaves more than noise, a curved surface; and where that
 * does, brightness alone is looked at. What leaves least counts.
 *
 * @param {import("./prepare.mjs").Picture} picture
 * @returns {{isolated: import("./prepare.mjs").Picture, measures: Object<string, number>}} The
 *   distances, and what was measured: see `fashion_lib/picture_warnings.py`.
 */
export function isolate(picture) {
  let [seen, fitted] = [picture, fit(picture, PLANE)];
  for (const makeSeen of [() => picture, () => inGray(picture)]) {
    if (fitted.deviation <= PLAIN) break;
    const other = makeSeen();
    const found = fit(other, CURVE);
    if (found.deviation < fitted.deviation) [seen, fitted] = [other, found];
  }
  const { width, height, channels, data } = seen;
  const { surface, border, deviation } = fitted;
  const limit = TOLERANCE + 4 * deviation;
  const weights = channels === 3 ? LUMA : [1];
  const result = new Uint8Array(width * height);
  const differences = new Array(channels);
  const brightness = []; // of what stands out
  let [low, high] = [Infinity, -Infinity]; // of the background
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const place = y * width + x;
      const terms = termsAt(coordinate(x, width), coordinate(y, height), surface[0].length);
      let [light, change] = [0, 0];
      for (let c = 0; c < channels; c++) {
        const level = heightAt(surface[c], terms);
        differences[c] = data[place * channels + c] - level;
        light += level * weights[c];
        change += differences[c] * weights[c];
      }
      low = Math.min(low, light);
      high = Math.max(high, light);
      const distance = Math.floor(rootMeanSquare(differences) + 0.5);
      if (distance <= limit) continue;
      result[place] = Math.min(distance, 255);
      brightness.push(Math.abs(change));
    }
  }
  const measures = {
    pattern: deviation,
    light: high - low,
    border: border.places.filter((place) => result[place] > 0).length / border.places.length,
    contrast: exceeded(Float64Array.from(brightness), 20),
  };
  return { isolated: { width, height, channels: 1, data: result }, measures };
}

/**
 * Return the value that one in `part` of the values reaches; 0 if there are none.
 *
 * @param {Float64Array} values
 * @param {number} part
 * @returns {number}
 */
export function exceeded(values, part) {
  return values.sort().at(-1 - Math.floor(values.length / part)) ?? 0;
}

function inGray(picture) {
  if (picture.channels === 1) return picture;
  const { width, height, data: rgb } = picture;
  const data = new Uint8Array(width * height);
  for (let n = 0; n < data.length; n++) {
    data[n] = lumaOf(rgb[3 * n], rgb[3 * n + 1], rgb[3 * n + 2]);
  }
  return { width, height, channels: 1, data };
}

/** Fit a surface of so many terms; it starts level, at the border's median. */
function fit({ width, height, channels, data }, count) {
  const border = borderPixels(width, height, channels, data, count);
  let surface = border.values.map((values) => [median(values), ...new Array(count - 1).fill(0)]);
  for (let round = 0; round < ROUNDS; round++) {
    const distances = distancesFrom(surface, border);
    const limit = TOLERANCE + 4 * median(distances);
    surface = leastSquares(border, (n) => distances[n] <= limit);
  }
  return { surface, border, deviation: median(distancesFrom(surface, border)) };
}

/** Return the border's places, their values, a channel each, and their terms. */
function borderPixels(width, height, channels, data, count) {
  const places = borderPlaces(width, height);
  const values = Array.from({ length: channels }, (_, c) =>
    Float64Array.from(places, (place) => data[place * channels + c]),
  );
  const terms = places.map((place) =>
    termsAt(coordinate(place % width, width), coordinate(Math.floor(place / width), height), count),
  );
  return { places, values, terms };
}

/** Map a row or column to -1 … 1. */
function coordinate(index, size) {
  return (2 * index) / Math.max(1, size - 1) - 1;
}

function termsAt(x, y, count) {
  return count === PLANE ? [1, x, y] : [1, x, y, x * x, x * y, y * y];
}

function heightAt(surface, terms) {
  let sum = 0;
  for (let i = 0; i < terms.length; i++) sum += surface[i] * terms[i];
  return sum;
}

function rootMeanSquare(values) {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / values.length);
}

function median(values) {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Return how far each of the border's pixels is from the surface. */
function distancesFrom(surface, { values, terms }) {
  const differences = new Array(values.length);
  return Float64Array.from(terms, (term, n) => {
    for (let c = 0; c < values.length; c++)
      differences[c] = values[c][n] - heightAt(surface[c], term);
    return rootMeanSquare(differences);
  });
}

/** Return the surface through the chosen pixels, a list of terms for each channel. */
function leastSquares({ values, terms }, isChosen) {
  const count = terms[0].length;
  const rows = Array.from({ length: count }, () => new Array(count + values.length).fill(0));
  for (let n = 0; n < terms.length; n++) {
    if (!isChosen(n)) continue;
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) rows[i][j] += terms[n][i] * terms[n][j];
      for (let c = 0; c < values.length; c++) rows[i][count + c] += terms[n][i] * values[c][n];
    }
  }
  // A picture one pixel high has no slope; this keeps its equations solvable.
  const chosen = rows[0][0];
  for (let i = 1; i < count; i++) rows[i][i] += 1e-6 * chosen;
  return solve(rows);
}

/**
 * Solve linear equations, each row its coefficients and its right sides, by elimination. The
 * matrix is symmetric and positive definite, so no rows need to be swapped.
 */
function solve(rows) {
  const size = rows.length;
  for (let i = 0; i < size; i++) {
    for (let k = i + 1; k < size; k++) {
      const factor = rows[k][i] / rows[i][i];
      for (let j = i; j < rows[k].length; j++) rows[k][j] -= factor * rows[i][j];
    }
  }
  return Array.from({ length: rows[0].length - size }, (_, side) => {
    const solution = new Array(size).fill(0);
    for (let i = size - 1; i >= 0; i--) {
      let rest = rows[i][size + side];
      for (let j = i + 1; j < size; j++) rest -= rows[i][j] * solution[j];
      solution[i] = rest / rows[i][i];
    }
    return solution;
  });
}
