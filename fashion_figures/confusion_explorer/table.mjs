/**
 * Predictions as the confusion explorer gets them, and what is counted from them.
 */

import { CLASS_NAMES } from "../shared/classes.mjs";

/** Names for narrow places. */
export const SHORT_NAMES = CLASS_NAMES.map(
  (name) => ({ "T-shirt/top": "T-shirt", "Ankle boot": "Boot" })[name] ?? name,
);
/** In a choice of [true class, answer]: all of them. */
export const ANY = -1;
const RECORD_BYTES = 11;
const PROBABILITY_STEPS = 65535;
const CLASSES = CLASS_NAMES.length;

/**
 * Unpack what Python's `pack_predictions` packed; the layout is described there.
 *
 * @param {Uint8Array} bytes
 * @returns {{count: number, truth: Uint8Array, predicted: Uint8Array, suspect: Uint8Array,
 *   confidence: Float64Array, rank: Uint32Array, answers: Uint8Array[],
 *   probabilities: Float64Array[]}} by test image; `rank` is the image's number among those of its
 *   true class; `answers` and `probabilities` hold the first, second and third answer
 * @throws {Error} if the bytes are no whole number of records
 */
export function readPredictions(bytes) {
  const count = bytes.length / RECORD_BYTES;
  if (!Number.isInteger(count)) throw new Error("The predictions are cut off.");
  const plane = (n) => bytes.subarray(n * count, (n + 1) * count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const probabilities = [5, 7, 9].map((start) =>
    Float64Array.from(
      { length: count },
      (_, n) => view.getUint16(start * count + 2 * n, true) / PROBABILITY_STEPS,
    ),
  );
  const seen = new Uint32Array(CLASSES);
  const truth = plane(0);
  return {
    count,
    truth,
    predicted: plane(1),
    suspect: plane(3),
    confidence: probabilities[0],
    rank: Uint32Array.from(truth, (label) => seen[label]++),
    answers: [plane(1), plane(2), plane(4)],
    probabilities,
  };
}

/**
 * @returns {number[][]} how often each true class (row) was predicted as each class (column)
 */
export function countTable({ truth, predicted }) {
  const table = Array.from({ length: CLASSES }, () => new Array(CLASSES).fill(0));
  truth.forEach((label, n) => {
    table[label][predicted[n]] += 1;
  });
  return table;
}

const sum = (values) => values.reduce((a, b) => a + b, 0);

/**
 * Score one class. A score without images is 0, as in Python's `classification_table`.
 *
 * @param {number[][]} table
 * @param {number} label
 * @returns {{precision: number, recall: number, f1: number, support: number}}
 */
export function scores(table, label) {
  const hits = table[label][label];
  const support = sum(table[label]);
  const answers = sum(table.map((row) => row[label]));
  const precision = answers ? hits / answers : 0;
  const recall = support ? hits / support : 0;
  const f1 = hits ? (2 * precision * recall) / (precision + recall) : 0;
  return { precision, recall, f1, support };
}

/** @returns {{precision: number, recall: number, f1: number, support: number}} class means */
export function macroAverage(table) {
  const each = table.map((_, label) => scores(table, label));
  const mean = (name) => sum(each.map((score) => score[name])) / CLASSES;
  return {
    precision: mean("precision"),
    recall: mean("recall"),
    f1: mean("f1"),
    support: sum(table.flat()),
  };
}

/**
 * Choose images, and sort them as they are most worth seeing: mistakes first, the surest at the
 * front; then what is right, the least sure at the front.
 *
 * @param {object} predictions
 * @param {number} trueLabel or `ANY`
 * @param {number} answer or `ANY`
 * @returns {number[]} indices of test images
 */
export function members({ truth, predicted, confidence }, trueLabel, answer) {
  const found = [];
  truth.forEach((label, n) => {
    const isWanted = trueLabel === ANY || label === trueLabel;
    if (isWanted && (answer === ANY || predicted[n] === answer)) found.push(n);
  });
  const surelyRight = (n) => (truth[n] === predicted[n] ? confidence[n] : -confidence[n]);
  return found.sort((a, b) => surelyRight(a) - surelyRight(b) || a - b);
}

/**
 * @param {number[][]} values counts, or shares of the true class
 * @param {number} n how many at most
 * @returns {Array<{truth: number, answer: number, value: number}>} the largest mistakes
 */
export function largestMistakes(values, n) {
  const cells = values.flatMap((row, truth) =>
    row.map((value, answer) => ({ truth, answer, value })),
  );
  return cells
    .filter(({ truth, answer, value }) => truth !== answer && value > 0)
    .sort((a, b) => b.value - a.value)
    .slice(0, n);
}

/**
 * @param {number[][]} table
 * @returns {number[][]} each row divided by its sum; rows of zeros stay
 */
export function rowShares(table) {
  return table.map((row) => {
    const support = sum(row) || 1;
    return row.map((count) => count / support);
  });
}
