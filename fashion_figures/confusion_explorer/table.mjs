/**
 * Predictions as the confusion explorer gets them, and what is counted from them.
 */

import { CLASS_NAMES } from "../shared/classes.mjs";

const RECORD_BYTES = 8;
const PROBABILITY_STEPS = 65535;
const CLASSES = CLASS_NAMES.length;

/**
 * Unpack what Python's `pack_predictions` packed; the layout is described there.
 *
 * @param {Uint8Array} bytes
 * @returns {{count: number, truth: Uint8Array, predicted: Uint8Array, runnerUp: Uint8Array,
 *   suspect: Uint8Array, confidence: Float64Array, second: Float64Array, rank: Uint32Array}}
 *   by test image; `second` is the runner-up's probability, `rank` the image's number among
 *   those of its true class
 * @throws {Error} if the bytes are no whole number of records
 */
export function readPredictions(bytes) {
  const count = bytes.length / RECORD_BYTES;
  if (!Number.isInteger(count)) throw new Error("The predictions are cut off.");
  const plane = (n) => bytes.subarray(n * count, (n + 1) * count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const probabilities = (start) =>
    Float64Array.from(
      { length: count },
      (_, n) => view.getUint16(start + 2 * n, true) / PROBABILITY_STEPS,
    );
  const seen = new Uint32Array(CLASSES);
  const truth = plane(0);
  return {
    count,
    truth,
    predicted: plane(1),
    runnerUp: plane(2),
    suspect: plane(3),
    confidence: probabilities(4 * count),
    second: probabilities(6 * count),
    rank: Uint32Array.from(truth, (label) => seen[label]++),
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
 * @param {object} predictions
 * @param {number} trueLabel
 * @param {number} answer
 * @returns {number[]} the images of a cell, the surest first
 */
export function members({ truth, predicted, confidence }, trueLabel, answer) {
  const found = [];
  truth.forEach((label, n) => {
    if (label === trueLabel && predicted[n] === answer) found.push(n);
  });
  return found.sort((a, b) => confidence[b] - confidence[a] || a - b);
}

/**
 * @param {number[][]} table
 * @param {number} n how many at most
 * @returns {Array<{truth: number, answer: number, count: number}>} the largest mistakes
 */
export function largestMistakes(table, n) {
  const cells = table.flatMap((row, truth) =>
    row.map((count, answer) => ({ truth, answer, count })),
  );
  return cells
    .filter(({ truth, answer, count }) => truth !== answer && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, n);
}
