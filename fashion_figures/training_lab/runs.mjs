/** One training of the lab: what it was set to, what came out, and the weights after each epoch. */

import { initialParameters } from "./backprop.mjs";

/**
 * The newest run and the four that it races against. The weights after each epoch are kept for the
 * replay: 0.38 MB for each of at most 25 epochs, so 47 MB for five runs, and as a rule a third of it.
 */
export const MOST_RUNS = 5;

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const untrained = new Map(); // seed -> weights; one seed, as a rule

/**
 * Return the weights before a training. They are shared: do not write into them.
 *
 * @param {number} seed
 * @returns {Float32Array} 94,154 numbers
 */
export function startWeights(seed) {
  if (!untrained.has(seed)) {
    untrained.clear();
    untrained.set(seed, initialParameters(seed));
  }
  return untrained.get(seed);
}

/** @returns {string} the name of the run after one: A, B, …, Z, A */
export function nextName(name) {
  return LETTERS[(LETTERS.indexOf(name ?? "Z") + 1) % LETTERS.length];
}

/**
 * What is kept of a run where weights cannot be: in the state `runs`, and while a tab lives.
 * `ended` is "" while it may go on, then "patience", "epochs", "stopped", "nan" or "failed".
 * @typedef {{name: string, learning_rates: number[], batch_sizes: number[], images: number,
 *   seed: number, guess: number | null, ended: string, epochs: object[]}} Entry
 */

export class Run {
  /** @param {Entry} entry */
  constructor({ name, learning_rates, batch_sizes, images, seed, guess, ended, epochs }) {
    Object.assign(this, { name, images, seed, guess: guess ?? null, ended: ended ?? "" });
    this.rates = [...(learning_rates ?? [])];
    this.batches = [...(batch_sizes ?? [])];
    this.epochs = epochs ?? []; // rows with the columns of fashion_lib's `History.epochs`
    this.live = []; // {at: epochs done, loss, accuracy}: within the epochs
    this.states = []; // [n]: the weights after epoch n + 1
    this.latest = null; // the weights of the last report; in the end, those that are kept
    this.checkpoint = null;
  }

  /** @returns {Entry} */
  entry() {
    const { name, rates, batches, images, seed, guess, ended, epochs } = this;
    const lists = { learning_rates: rates, batch_sizes: batches };
    return { name, ...lists, images, seed, guess, ended, epochs };
  }

  /** Has anything been reached that is worth to be kept? */
  get begun() {
    return this.epochs.length > 0 || this.live.length > 0;
  }

  /** The epoch with the lowest validation loss, of equal ones the first; 0 before the first. */
  get bestEpoch() {
    const losses = this.epochs.map((row) => row.val_loss);
    return losses.length ? losses.indexOf(Math.min(...losses)) + 1 : 0;
  }

  /** The row of the best epoch. */
  get best() {
    return this.epochs[this.bestEpoch - 1];
  }

  /** Epochs since the best one. */
  get waited() {
    return this.epochs.length - this.bestEpoch;
  }

  /**
   * What a replay can stop at: 0, the start; then the epochs of which the weights are kept; and one
   * place more while it is under way: now. Where no epoch is complete, its last weights stay there.
   */
  get places() {
    const kept = this.states.length;
    return kept + (this.latest && (!this.ended || !kept) ? 1 : 0);
  }

  /** The place that is shown when nobody asks for one: now; in the end, the weights that stay. */
  get place() {
    return this.ended && this.states[this.bestEpoch - 1] ? this.bestEpoch : this.places;
  }

  /**
   * How far the weights get from the start, so that a replay can keep one scale.
   *
   * @param {(weights: Float32Array, start: Float32Array) => Float32Array} changes of some weights
   * @returns {number} the largest change, up or down, of all places
   */
  mostChanged(changes) {
    const start = this.weightsAt(0);
    const moved = [...this.states, this.latest].filter(Boolean).map((one) => changes(one, start));
    return moved.reduce((most, one) => one.reduce((a, b) => Math.max(a, Math.abs(b)), most), 0);
  }

  /** @returns {Float32Array} the weights at a place */
  weightsAt(place) {
    if (place <= 0) return startWeights(this.seed);
    return this.states[place - 1] ?? this.latest ?? startWeights(this.seed);
  }
}

/**
 * @param {unknown} entries of the state `runs`, or of what a tab remembers
 * @returns {Run[]}
 */
export function runsOf(entries) {
  const usable = (entry) => typeof entry?.name === "string" && Array.isArray(entry.epochs);
  return Array.isArray(entries) ? entries.filter(usable).map((entry) => new Run(entry)) : [];
}
