/**
 * From a picture to an answer, without anything to see: jobs, the network, and the state.
 */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { forward, logits, normalize } from "../shared/network.mjs";
import { warningsFor } from "../shared/picture_warnings.mjs";
import { shownNetwork } from "../shared/shown_network.mjs";
import { loadAsset, put, toBytes } from "../shared/state.mjs";
import { Preparer } from "./preparer.mjs";
import { ImageError } from "../shared/decode_picture.mjs";

/**
 * What a view shows.
 * @typedef {object} Lab
 * @property {"empty"|"busy"|"answered"|"error"} step
 * @property {string} source how the picture came, as in Python's `source`
 * @property {string} name the file's name or the example's title; may be empty
 * @property {string} stage while busy: what is being done
 * @property {string} message after an error: why, and what to do
 * @property {number} answers how many pictures have been answered
 * @property {?{width: number, height: number}} size the picture's, before any step
 * @property {?Uint8Array} pixels 784 gray values
 * @property {object[]} steps as `preparePixels` returns them
 * @property {?object} network as `readNetwork` returns it
 * @property {?Map<string, object>} outputs what `forward` returned
 * @property {?Float32Array} probabilities by label
 * @property {number[]} order labels, the most probable first
 * @property {Object<string, number>} measures of the preparation
 * @property {?number} evidence
 * @property {{code: string, text: string}[]} warnings
 * @property {?object} reference as `tools/make_evidence.py` writes it; null until loaded,
 *   and with a network of which it is not known
 * @property {string} doubt why there is no reference, in a sentence
 */
const EMPTY = Object.freeze({
  step: "empty",
  source: "",
  name: "",
  stage: "",
  message: "",
  answers: 0,
  size: null,
  pixels: null,
  steps: [],
  network: null,
  outputs: null,
  probabilities: null,
  order: [],
  measures: {},
  evidence: null,
  warnings: [],
});

const UNMEASURED =
  "No threshold was measured for this network, so whether that is much or little is not known, and " +
  "there is no warning.";

const laboratories = new WeakMap();

/**
 * Return the one laboratory of a model: two views of a figure show the same picture.
 *
 * @param {object} model
 * @returns {Laboratory}
 */
export function laboratoryOf(model) {
  if (!laboratories.has(model)) laboratories.set(model, new Laboratory(model));
  return laboratories.get(model);
}

/** The state and what changes it. */
class Laboratory {
  constructor(model) {
    this.model = model;
    this.state = { ...EMPTY, reference: null, doubt: "" };
    this.views = new Set();
    this.job = 0;
    this.preparer = new Preparer(model);
    this.loading = null; // promise of the network
    this.onPixels = () => this.takePixels();
    this.onImage = () => this.takeImage();
    this.onExample = () => this.answerExample(model.get("example"));
    this.onNetwork = () => this.takeNetwork();
  }

  /**
   * Call a view now and after every change.
   *
   * @param {(state: Lab) => void} view
   * @returns {() => void} stops it
   */
  subscribe(view) {
    if (this.views.size === 0) this.open();
    this.views.add(view);
    view(this.state);
    return () => {
      this.views.delete(view);
      if (this.views.size === 0) this.close();
    };
  }

  open() {
    this.model.on("change:pixels", this.onPixels);
    this.model.on("change:image", this.onImage);
    this.model.on("change:example", this.onExample);
    this.model.on("change:network", this.onNetwork);
    if (this.state.step === "busy") this.change({ step: "empty" }); // closed in the middle
    if (this.state.step !== "empty") return;
    if (this.model.get("pixels")) this.takePixels();
    else if (this.model.get("image")) this.takeImage();
    else if (this.model.get("example")) this.answerExample(this.model.get("example"));
  }

  close() {
    this.model.off("change:pixels", this.onPixels);
    this.model.off("change:image", this.onImage);
    this.model.off("change:example", this.onExample);
    this.model.off("change:network", this.onNetwork);
    this.job += 1;
    this.preparer.close();
  }

  change(values) {
    this.state = { ...this.state, ...values };
    for (const view of [...this.views]) view(this.state);
  }

  /** Forget the picture. */
  clear() {
    this.job += 1;
    this.change({ ...EMPTY, answers: this.state.answers });
    this.publish({ source: "" });
  }

  /**
   * Say that a picture did not come about.
   *
   * @param {string} message why, and what to do
   * @param {string} source
   */
  fail(message, source) {
    this.job += 1;
    this.change({ ...EMPTY, answers: this.state.answers, step: "error", message, source });
    this.publish({ source, error: message });
  }

  /**
   * Prepare a picture and ask the network; a newer picture overtakes an older one.
   *
   * @param {Blob|Promise<Blob>} picture
   * @param {string} source
   * @param {string} [name]
   */
  async answer(picture, source, name = "") {
    this.job += 1;
    const { job } = this;
    this.change({ step: "busy", stage: "Reading the picture…", source, name, message: "" });
    try {
      const progress = (stage) => job === this.job && this.change({ stage });
      const prepared = await this.preparer.prepare(await picture, progress);
      const network = await this.loadNetwork();
      if (job === this.job) this.conclude(network, prepared, source, name);
    } catch (error) {
      if (job === this.job) this.fail(reasonOf(error), source);
    }
  }

  /** @param {string} name a key of the examples */
  answerExample(name) {
    const title = this.model.get("examples").find(([key]) => key === name)?.[1];
    if (title === undefined) return;
    const picture = loadAsset(this.model, `example-${name}`).then((bytes) => new Blob([bytes]));
    this.answer(picture, "example", title);
  }

  /** Take a picture in the data set's format from the state. */
  async takePixels() {
    const pixels = toBytes(this.model.get("pixels"));
    if (isSame(pixels, this.state.pixels)) return; // what this side has put there
    if (!pixels) return void (this.state.step === "answered" && this.clear());
    this.job += 1;
    const { job } = this;
    this.change({ step: "busy", stage: "Asking the network…", source: "Python", name: "" });
    try {
      const network = await this.loadNetwork();
      if (job !== this.job) return;
      const step = { name: "28×28", width: 28, height: 28, channels: 1, data: pixels };
      const prepared = { pixels, steps: [step], size: { width: 28, height: 28 }, measures: {} };
      this.conclude(network, prepared, "Python", "");
    } catch (error) {
      if (job === this.job) this.fail(reasonOf(error), "Python");
    }
  }

  takeImage() {
    const bytes = toBytes(this.model.get("image"));
    if (bytes) this.answer(new Blob([bytes]), "Python");
  }

  /** Show the picture that is there to another network. */
  async takeNetwork() {
    this.loading = null;
    const { step, pixels, steps, size, measures, source, name } = this.state;
    if (step !== "answered") return;
    this.job += 1;
    const { job } = this;
    this.change({ step: "busy", stage: "Asking the network…", reference: null, doubt: "" });
    try {
      const network = await this.loadNetwork();
      if (job === this.job) this.conclude(network, { pixels, steps, size, measures }, source, name);
    } catch (error) {
      if (job === this.job) this.fail(reasonOf(error), source);
    }
  }

  /** Load the network of the state; one that was set meanwhile, if so. */
  async loadNetwork() {
    this.loading ??= shownNetwork(this.model);
    const { loading } = this;
    let network;
    try {
      network = await loading;
    } catch (error) {
      if (loading !== this.loading) return this.loadNetwork();
      this.loading = null; // a later picture asks again
      throw error;
    }
    return loading === this.loading ? network : this.loadNetwork();
  }

  /** Ask the network about a prepared picture. */
  conclude(network, prepared, source, name) {
    const outputs = forward(network, normalize(prepared.pixels));
    const probabilities = [...outputs.get(network.layers.at(-1).name).data];
    const order = probabilities.map((_, label) => label);
    order.sort((a, b) => probabilities[b] - probabilities[a] || a - b);
    const evidence = logSumExp(logits(network, outputs));
    // Another view, in a page of its own, may have put the picture and the answer there.
    const isKnown = source === "Python" && isClose(this.model.get("probabilities"), probabilities);
    const origin = (isKnown && this.model.get("source")) || source;
    this.change({
      step: "answered",
      answers: this.state.answers + 1,
      message: "",
      stage: "",
      source: origin,
      name,
      network,
      outputs,
      probabilities,
      order,
      evidence,
      warnings: [],
      ...prepared,
    });
    if (!isKnown) {
      this.publish({
        probabilities,
        class_name: CLASS_NAMES[order[0]],
        source,
        evidence,
        pixels: new DataView(prepared.pixels.slice().buffer),
      });
    }
    this.judge();
  }

  /** Look for reasons to doubt; the evidence is one if it was measured with this network. */
  async judge() {
    const { job } = this;
    try {
      const bytes = await loadAsset(this.model, "evidence");
      if (job !== this.job) return;
      const reference = JSON.parse(new TextDecoder().decode(bytes));
      const isMeasured = reference.network === this.model.get("network");
      const { measures, evidence } = this.state;
      const known = isMeasured ? { ...measures, evidence } : measures;
      const warnings = warningsFor(known, reference.rules);
      this.change({
        warnings,
        reference: isMeasured ? reference : null,
        doubt: isMeasured ? "" : UNMEASURED,
      });
      put(this.model, {
        warnings,
        looks_like_a_garment: isMeasured ? evidence >= reference.threshold : null,
      });
    } catch (error) {
      const doubt = `The comparison is missing: ${error.message}`;
      if (job === this.job) this.change({ reference: null, doubt });
    }
  }

  /** Write the answer, or that there is none, to the state; the pixels last. */
  publish(values) {
    put(this.model, {
      error: "",
      source: "",
      probabilities: [],
      class_name: "",
      evidence: null,
      looks_like_a_garment: null,
      warnings: [],
      pixels: null,
      ...values,
    });
  }
}

function reasonOf(error) {
  if (error instanceof ImageError) return error.message;
  return `This did not work: ${error.message} Try again, or another picture.`;
}

function isSame(first, second) {
  if (!first || !second) return first === second;
  return first.length === second.length && first.every((value, n) => value === second[n]);
}

function isClose(first, second) {
  return first?.length === second.length && first.every((p, n) => Math.abs(p - second[n]) < 1e-6);
}

function logSumExp(values) {
  const largest = values.reduce((a, b) => Math.max(a, b));
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
