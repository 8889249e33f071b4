/**
 * What the convolution explorer computes about windows, and how it reads and writes numbers.
 *
 * A window of 3 × 3 pixels slides over an input of 28 × 28; with padding "same" a rim of zeros
 * lies around the input. Places in the output are (row, column), counted from 0.
 */

/** Rows, and columns, of the input. */
export const SIZE = 28;

/** Rows, and columns, of the window. */
export const WINDOW = 3;

/** Weights of a larger size are refused, as in Python. */
export const LARGEST_WEIGHT = 1000;

/**
 * Return how far the window goes, along rows as along columns.
 *
 * @param {number} stride
 * @param {string} padding "valid" or "same"
 * @returns {{size: number, before: number, after: number, stride: number}} rows of the output,
 *   and zeros added before and after the input; an odd one comes last, as in Keras
 */
export function geometry(stride, padding) {
  if (padding === "valid") {
    return { size: Math.floor((SIZE - WINDOW) / stride) + 1, before: 0, after: 0, stride };
  }
  const size = Math.ceil(SIZE / stride);
  const zeros = Math.max((size - 1) * stride + WINDOW - SIZE, 0);
  const before = Math.floor(zeros / 2);
  return { size, before, after: zeros - before, stride };
}

/**
 * Return the window at a place of the output.
 *
 * @param {Uint8Array} image 784 gray values
 * @param {{before: number, stride: number}} shape from `geometry`
 * @param {number} row of the output
 * @param {number} column
 * @returns {{value: number, inside: boolean}[]} nine pixels, row by row; outside of the input
 *   they are zeros of the padding
 */
export function windowAt(image, shape, row, column) {
  const pixels = [];
  for (let i = 0; i < WINDOW; i += 1) {
    for (let j = 0; j < WINDOW; j += 1) {
      const y = row * shape.stride - shape.before + i;
      const x = column * shape.stride - shape.before + j;
      const inside = y >= 0 && y < SIZE && x >= 0 && x < SIZE;
      pixels.push({ value: inside ? image[y * SIZE + x] : 0, inside });
    }
  }
  return pixels;
}

/**
 * Return the place of the output whose window is centered nearest to a point of the input.
 *
 * @param {number} point along one axis, in pixels from the edge of the input
 * @param {{size: number, before: number, stride: number}} shape from `geometry`
 * @returns {number}
 */
export function placeNear(point, shape) {
  const place = Math.round((point + shape.before - WINDOW / 2) / shape.stride);
  return Math.min(shape.size - 1, Math.max(0, place));
}

/**
 * Write a number for people: no more decimals than needed, at most two, and a real minus sign.
 *
 * @param {number} value
 * @returns {string}
 */
export function showNumber(value) {
  const rounded = Math.round(value * 100) / 100;
  return String(rounded === 0 ? 0 : rounded).replace("-", "−");
}

/**
 * Write a weight: ninths and sixteenths, of which the blurs are made, as fractions.
 *
 * @param {number} weight
 * @returns {string} which `readWeight` reads
 */
export function showWeight(weight) {
  const near = (value) => Math.abs(value - Math.round(value)) < 1e-5;
  const below = [1, 2, 4, 8, 16, 3, 9].find((number) => near(weight * number));
  const above = Math.round(weight * (below ?? 1));
  if (below === undefined) return String(Math.round(weight * 1000) / 1000).replace("-", "−");
  const text = String(above).replace("-", "−");
  return below === 1 ? text.replace(/^−0$/, "0") : `${text}/${below}`;
}

/**
 * Read a weight: "2", "−0.5", "0,5" or "1/9".
 *
 * @param {string} text
 * @returns {number} NaN if it is none, or too large
 */
export function readWeight(text) {
  const plain = text.trim().replace(/[−–]/g, "-").replace(",", ".");
  const found = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:\s*\/\s*(\d+\.?\d*))?$/.exec(plain);
  if (!found) return NaN;
  const weight = Number(found[1]) / Number(found[2] ?? 1);
  return Math.abs(weight) <= LARGEST_WEIGHT ? weight : NaN; // x/0 is NaN or infinite
}

/**
 * Write the products and their sum as one line of arithmetic.
 *
 * @param {number[]} products
 * @param {number} sum
 * @returns {string} for example "0 + 12 − 3 = 9"
 */
export function showSum(products, sum) {
  const terms = products.map((product, place) => {
    const text = showNumber(product);
    if (place === 0) return text;
    return text.startsWith("−") ? ` − ${text.slice(1)}` : ` + ${text}`;
  });
  return `${terms.join("")} = ${showNumber(sum)}`;
}
