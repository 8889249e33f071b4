/**
 * From a picture to an answer, without anything to see: jobs, the network, and the state.
 */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { ImageError } from "../shared/decode_picture.mjs";
import { warningsFor } from "../shared/picture_warnings.mjs";
import { preparePixels } from "../shared/prepare.mjs";
import { shownNetwork } from "../shared/shown_network.mjs";
import { loadAsset, put, toBytes } from "../shared/state.mjs";
import { ask } from "./ask.mjs";
import { Editing, stepOf } from "./editing.mjs";
import { EMPTY } from "./lab_state.mjs";
import { Preparer } from "./preparer.mjs";

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
    this.network = null; // what it brought
    this.measured = null; // how the evidence was measured, once it is loaded
    this.editing = new Editing(this);
    this.onPixels = () => this.takePixels();
    this.onImage = () => this.takeImage();
    this.onExample = () => this.answerExample(model.get("example"));
    this.onNetwork = () => this.takeNetwork();
  }

  /**
   * Call a view now and after every change.
   *
   * @param {(state: import("./lab_state.mjs").Lab) => void} view
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
    if (this.state.step === "busy") this.rest(); // closed in the middle
    if (this.state.outputs) return;
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
    this.editing.reset();
    this.change({ ...EMPTY, answers: this.state.answers });
    this.publish({ source: "" });
  }

  /** Stop waiting; the answer that was there stands. */
  rest(message = "") {
    this.change({ step: this.state.outputs ? "answered" : "empty", stage: "", message });
  }

  /**
   * Say that a picture did not come about; the one before stays, with its answer.
   *
   * @param {string} message why, and what to do
   */
  fail(message) {
    this.job += 1;
    this.rest(message);
    put(this.model, { error: message });
  }

  /**
   * Prepare a picture and ask the network; a newer picture overtakes an older one.
   *
   * @param {Blob|Promise<Blob>} file
   * @param {string} source
   * @param {string} [name]
   * @returns {Promise<boolean>} whether it is shown in the end
   */
  async answer(file, source, name = "") {
    this.job += 1;
    const { job } = this;
    this.change({ step: "busy", stage: "Reading the picture…", message: "" });
    try {
      const progress = (stage) => job === this.job && this.change({ stage });
      const prepared = await this.preparer.prepare(await file, progress);
      const network = await this.loadNetwork();
      if (job !== this.job) return false;
      this.conclude(network, { ...prepared, source, name });
      return true;
    } catch (error) {
      if (job === this.job) this.fail(reasonOf(error));
      return false;
    }
  }

  /**
   * Answer a sheet that is still being drawn on: at once, and on this side only.
   *
   * @param {ImageData} image
   */
  trace(image) {
    const { network } = this;
    if (!network) return; // it is still to come; the finished stroke waits for it
    try {
      const prepared = preparePixels(image);
      this.job += 1;
      this.conclude(network, { ...prepared, size: image, source: "drawing", name: "" }, true);
    } catch (error) {
      if (!(error instanceof ImageError)) throw error; // too little to see as yet
    }
  }

  /**
   * Answer a picture that is prepared already.
   *
   * @param {object} picture pixels, steps, size, measures, source and name, as in the state
   * @param {boolean} [isLive] whether it is still being changed
   */
  async answerPixels(picture, isLive = false) {
    this.job += 1;
    const { job } = this;
    if (!this.network) this.change({ step: "busy", stage: "Asking the network…", message: "" });
    try {
      const network = this.network ?? (await this.loadNetwork());
      if (job === this.job) this.conclude(network, picture, isLive);
    } catch (error) {
      if (job === this.job) this.fail(reasonOf(error));
    }
  }

  /**
   * @param {string} name a key of the examples
   * @returns {Promise<boolean>} whether it is shown in the end
   */
  answerExample(name) {
    const title = this.model.get("examples").find(([key]) => key === name)?.[1];
    if (title === undefined) return Promise.resolve(false);
    const file = loadAsset(this.model, `example-${name}`).then((bytes) => new Blob([bytes]));
    return this.answer(file, "example", title);
  }

  /** Take a picture in the data set's format from the state. */
  takePixels() {
    const pixels = toBytes(this.model.get("pixels"));
    if (isSame(pixels, this.state.pixels)) return; // what this side has put there
    if (!pixels) return void (this.state.outputs && this.clear());
    const only = stepOf("28×28", pixels);
    const picture = { pixels, steps: [only], size: only, measures: {}, source: "Python", name: "" };
    this.answerPixels(picture);
  }

  takeImage() {
    const bytes = toBytes(this.model.get("image"));
    if (bytes) this.answer(new Blob([bytes]), "Python");
  }

  /** Show the picture that is there to another network. */
  takeNetwork() {
    this.loading = this.network = null;
    if (!this.state.outputs || this.state.step === "busy") return;
    this.change({ reference: null, doubt: "" });
    this.answerPixels(this.state);
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
    if (loading !== this.loading) return this.loadNetwork();
    this.network = network;
    return network;
  }

  /** Ask the network about a prepared picture; while it is `isLive`, the kernel is not told. */
  conclude(network, { pixels, steps, size, measures, source, name }, isLive = false) {
    const answer = ask(network, pixels);
    // Another view, in a page of its own, may have put the picture and the answer there.
    const isKnown =
      source === "Python" && isClose(this.model.get("probabilities"), answer.probabilities);
    const origin = (isKnown && this.model.get("source")) || source;
    const { width, height } = size;
    const shown = { pixels, steps, measures, size: { width, height }, source: origin, name };
    if (!isSame(pixels, this.editing.now.pixels)) this.editing.begin(shown);
    this.change({
      ...shown,
      ...answer,
      step: "answered",
      answers: this.state.answers + (isLive ? 0 : 1),
      isLive,
      message: "",
      stage: "",
      ...this.judgment(answer, measures),
    });
    if (!isLive && !isKnown) {
      this.publish({
        probabilities: answer.probabilities,
        class_name: CLASS_NAMES[answer.order[0]],
        source,
        evidence: answer.evidence,
        pixels: new DataView(pixels.slice().buffer),
      });
    }
    if (isLive) return;
    if (this.measured) this.publishJudgment();
    else this.loadMeasured();
  }

  /** Return reasons to doubt; the evidence is one if it was measured with this network. */
  judgment(answer, measures) {
    const network = this.model.get("network");
    const isMeasured = this.measured?.network === network;
    const reference = isMeasured ? this.measured : null;
    const edit = this.editing.summary(answer, reference?.threshold ?? null, network);
    if (!this.measured) return { warnings: [], reference: null, doubt: "", edit };
    const known = isMeasured ? { ...measures, evidence: answer.evidence } : measures;
    const warnings = warningsFor(known, this.measured.rules);
    return { warnings, reference, doubt: isMeasured ? "" : UNMEASURED, edit };
  }

  async loadMeasured() {
    try {
      const bytes = await loadAsset(this.model, "evidence");
      this.measured = JSON.parse(new TextDecoder().decode(bytes));
    } catch (error) {
      const doubt = `The comparison is missing: ${error.message}`;
      return void this.change({ reference: null, doubt });
    }
    if (!this.state.outputs) return;
    this.change(this.judgment(this.state, this.state.measures));
    if (!this.state.isLive) this.publishJudgment();
  }

  publishJudgment() {
    const { warnings, reference, evidence } = this.state;
    put(this.model, {
      warnings,
      looks_like_a_garment: reference ? evidence >= reference.threshold : null,
    });
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
