/**
 * Find a photo's background: the plane that fits the gray values along its border best.
 *
 * Light falls off across most photos, so the background is a slope rather than one tone. This
 * is `_fit_background` of `fashion_lib/prediction.py`, in the same order of the same sums.
 */

/** How far from the background a pixel may be and still belong to it: 5 % of 255. */
export const TOLERANCE = 13;

const ROUNDS = 5;

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
 * Fit a plane to the border's gray values.
 *
 * It starts level, at the border's median. Five times, the border pixels near the plane are
 * chosen and the plane is fitted to them by least squares; a garment that touches the border is
 * thus left out.
 *
 * @param {{width: number, height: number, data: Uint8Array}} gray The picture.
 * @returns {{background: Float64Array, deviation: number}} The plane's gray value at every
 *   pixel, and the median distance of the border's pixels from it.
 */
export function fitBackground({ width, height, data }) {
  const border = borderPixels(width, height, data);
  let plane = [median(border.values), 0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const distances = distancesFrom(plane, border);
    const limit = TOLERANCE + 4 * median(distances);
    plane = leastSquares(border, (n) => distances[n] <= limit);
  }
  const [a, b, c] = plane;
  const background = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      background[y * width + x] = a + b * coordinate(x, width) + c * coordinate(y, height);
    }
  }
  return { background, deviation: median(distancesFrom(plane, border)) };
}

/** Return the border's gray values, and the coordinates of its pixels. */
function borderPixels(width, height, data) {
  const places = borderPlaces(width, height);
  const values = new Float64Array(places.length);
  const xs = new Float64Array(places.length);
  const ys = new Float64Array(places.length);
  places.forEach((place, n) => {
    values[n] = data[place];
    xs[n] = coordinate(place % width, width);
    ys[n] = coordinate(Math.floor(place / width), height);
  });
  return { values, xs, ys };
}

/** Map a row or column to -1 … 1. */
function coordinate(index, size) {
  return (2 * index) / Math.max(1, size - 1) - 1;
}

function median(values) {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Return how far each of the pixels is from the plane. */
function distancesFrom([a, b, c], { values, xs, ys }) {
  return values.map((value, n) => Math.abs(value - (a + b * xs[n] + c * ys[n])));
}

/** Return the plane [a, b, c] through the chosen pixels, by the normal equations. */
function leastSquares({ values, xs, ys }, isChosen) {
  const rows = [0, 1, 2].map(() => [0, 0, 0, 0]); // three unknowns, and the right side
  for (let n = 0; n < values.length; n++) {
    if (!isChosen(n)) continue;
    const terms = [1, xs[n], ys[n]];
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) rows[i][j] += terms[i] * terms[j];
      rows[i][3] += terms[i] * values[n];
    }
  }
  // A picture one pixel high has no slope; this keeps its equations solvable.
  const count = rows[0][0];
  rows[1][1] += 1e-6 * count;
  rows[2][2] += 1e-6 * count;
  return solve(rows);
}

/**
 * Solve linear equations, each row its coefficients and its right side, by elimination. The
 * matrix is symmetric and positive definite, so no rows need to be swapped.
 */
function solve(rows) {
  const size = rows.length;
  for (let i = 0; i < size; i++) {
    for (let k = i + 1; k < size; k++) {
      const factor = rows[k][i] / rows[i][i];
      for (let j = i; j <= size; j++) rows[k][j] -= factor * rows[i][j];
    }
  }
  const solution = new Array(size).fill(0);
  for (let i = size - 1; i >= 0; i--) {
    let rest = rows[i][size];
    for (let j = i + 1; j < size; j++) rest -= rows[i][j] * solution[j];
    solution[i] = rest / rows[i][i];
  }
  return solution;
}
