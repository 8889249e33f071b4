/**
 * Find a photo's background: the curved surface that fits the colors along its border best.
 *
 * Light falls off across most photos and toward their corners, so the background is a slope
 * rather than one tone. This is `_fit_background` of `fashion_lib/preparation.py`, in the same
 * order of the same sums.
 */

import { TOLERANCE } from "./frame.mjs";

const ROUNDS = 5;
const TERMS = 6;

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
 * The surface starts level, at the border's median. Five times, the border pixels near it are
 * chosen and it is fitted to them by least squares; a garment that touches the border is thus
 * left out.
 *
 * @param {import("./prepare.mjs").Picture} picture
 * @returns {{isolated: import("./prepare.mjs").Picture, deviation: number}} The distances, and
 *   their median on the border.
 */
export function isolate({ width, height, channels, data }) {
  const border = borderPixels(width, height, channels, data);
  let surface = border.values.map((values) => [median(values), ...new Array(TERMS - 1).fill(0)]);
  for (let round = 0; round < ROUNDS; round++) {
    const distances = distancesFrom(surface, border);
    const limit = TOLERANCE + 4 * median(distances);
    surface = leastSquares(border, (n) => distances[n] <= limit);
  }
  const deviation = median(distancesFrom(surface, border));
  const limit = TOLERANCE + 4 * deviation;
  const result = new Uint8Array(width * height);
  const differences = new Array(channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const place = y * width + x;
      const terms = termsAt(coordinate(x, width), coordinate(y, height));
      for (let c = 0; c < channels; c++) {
        differences[c] = data[place * channels + c] - heightAt(surface[c], terms);
      }
      const distance = Math.floor(rootMeanSquare(differences) + 0.5);
      if (distance > limit) result[place] = Math.min(distance, 255);
    }
  }
  return { isolated: { width, height, channels: 1, data: result }, deviation };
}

/** Return the border's values, a channel each, and the terms of its places. */
function borderPixels(width, height, channels, data) {
  const places = borderPlaces(width, height);
  const values = Array.from({ length: channels }, (_, c) =>
    Float64Array.from(places, (place) => data[place * channels + c]),
  );
  const terms = places.map((place) =>
    termsAt(coordinate(place % width, width), coordinate(Math.floor(place / width), height)),
  );
  return { values, terms };
}

/** Map a row or column to -1 … 1. */
function coordinate(index, size) {
  return (2 * index) / Math.max(1, size - 1) - 1;
}

function termsAt(x, y) {
  return [1, x, y, x * x, x * y, y * y];
}

function heightAt(surface, terms) {
  let sum = 0;
  for (let i = 0; i < TERMS; i++) sum += surface[i] * terms[i];
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
  const rows = Array.from({ length: TERMS }, () => new Array(TERMS + values.length).fill(0));
  for (let n = 0; n < terms.length; n++) {
    if (!isChosen(n)) continue;
    for (let i = 0; i < TERMS; i++) {
      for (let j = 0; j < TERMS; j++) rows[i][j] += terms[n][i] * terms[n][j];
      for (let c = 0; c < values.length; c++) rows[i][TERMS + c] += terms[n][i] * values[c][n];
    }
  }
  // A picture one pixel high has no slope; this keeps its equations solvable.
  const count = rows[0][0];
  for (let i = 1; i < TERMS; i++) rows[i][i] += 1e-6 * count;
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
