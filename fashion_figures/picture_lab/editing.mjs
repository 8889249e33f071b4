/** A picture that is being changed by hand: where it started, what was done, and a challenge. */

import { ask } from "./ask.mjs";
import { CHALLENGES, bestOf, keepBest } from "./challenges.mjs";
import { SIZE, differing, shifted, turned } from "./edits.mjs";

const LONGEST = 200; // changes that can be taken back

/**
 * What a view shows of it.
 * @typedef {object} Edit
 * @property {number} count how many pixels differ from the start
 * @property {string} challenge a key of `CHALLENGES`; empty if none was chosen
 * @property {boolean} isMet whether the picture that is shown meets the challenge
 * @property {?number} best the fewest pixels that met it
 * @property {?number[]} was the probabilities of the start, if anything was changed
 */

/**
 * Return 28×28 pixels as a step of the preparation.
 *
 * @param {string} name
 * @param {Uint8Array} data
 * @returns {object}
 */
export function stepOf(name, data) {
  return { name, width: SIZE, height: SIZE, channels: 1, data };
}

/** Return a black picture, as if it had been prepared. */
function black() {
  const step = stepOf("28×28", new Uint8Array(SIZE * SIZE));
  return { pixels: step.data, steps: [step], size: step, measures: {}, source: "edited", name: "" };
}

/** One for each laboratory, which shows what becomes of the picture. */
export class Editing {
  /** @param {object} lab of `laboratoryOf` */
  constructor(lab) {
    this.lab = lab;
    this.aside = null; // what was shown before a clean sheet or a challenge
    this.begin(black());
  }

  /**
   * Begin with another picture.
   *
   * @param {object} start as `Lab` has it: pixels, steps, size, measures, source, name
   */
  begin(start) {
    this.start = start;
    this.past = [];
    this.now = { base: start.pixels, angle: 0, pixels: start.pixels };
    this.asked = null; // the answer to the start
    this.challenge = "";
  }

  /** Begin with black. */
  reset() {
    this.begin(black());
  }

  // --- changes; `answer` shows them -------------------------------------------------------------

  /** Start a change that can be taken back, such as a stroke; its pixels may be painted on. */
  change() {
    this.past = [...this.past, this.now].slice(-LONGEST);
    this.set(this.now.pixels.slice());
  }

  set(pixels) {
    this.now = { base: pixels, angle: 0, pixels };
  }

  shift(down, across) {
    this.change();
    this.set(shifted(this.now.pixels, down, across));
  }

  /** Turn further: always from the picture before it was turned, so that it does not blur. */
  turn(degrees) {
    const { base, angle } = this.now;
    this.change();
    this.now = { base, angle: angle + degrees, pixels: turned(base, angle + degrees) };
  }

  startOver() {
    if (differing(this.now.pixels, this.start.pixels) === 0) return;
    this.change();
    this.set(this.start.pixels);
  }

  undo() {
    this.now = this.past.at(-1) ?? this.now;
    this.past = this.past.slice(0, -1);
  }

  /**
   * Ask the network about the picture as it is now.
   *
   * @param {boolean} [isLive] whether the change goes on
   */
  answer(isLive = false) {
    const { start, now } = this;
    const pixels = now.pixels.slice();
    if (differing(pixels, start.pixels) === 0) return this.lab.answerPixels(start, isLive);
    const steps = [...start.steps, stepOf("changed by hand", pixels)];
    // What was measured of a photo says nothing about what was made of it.
    const changed = { ...start, pixels, steps, measures: {}, source: "edited" };
    return this.lab.answerPixels(changed, isLive);
  }

  // --- putting aside, and challenges -------------------------------------------------------------

  /** Keep what is shown, to bring it back after a clean sheet or a challenge. */
  setAside() {
    const { start, past, now, challenge, lab } = this;
    if (challenge === "" && lab.state.outputs) this.aside = { start, past, now };
  }

  /** Show what was put aside, if anything was. */
  bringBack() {
    const { aside } = this;
    if (!aside) return undefined;
    Object.assign(this, aside, { asked: null, challenge: "", aside: null });
    return this.answer();
  }

  /**
   * Start a challenge from its own picture, or end it and show the reader's again.
   *
   * @param {string} name a key of `CHALLENGES`, or empty
   */
  async take(name) {
    if (name === "") return void (await this.bringBack());
    this.setAside();
    const { example } = CHALLENGES[name];
    if (example) {
      const isShown = await this.lab.answerExample(example);
      if (!isShown) return; // it did not come, or another picture was quicker
    } else this.reset();
    this.challenge = name;
    await this.answer();
  }

  /**
   * Say how things stand; a challenge that is met with fewer pixels than ever is kept as the best.
   *
   * @param {object} answer as `ask` returns it, to the pixels as they are now
   * @param {?number} threshold of the evidence, if it was measured with this network
   * @param {string|object} network the state's: its name, or a reader's own
   * @returns {Edit}
   */
  summary(answer, threshold, network) {
    const { challenge } = this;
    const count = differing(this.now.pixels, this.start.pixels);
    if (count > 0 && this.asked?.network !== answer.network) {
      this.asked = ask(answer.network, this.start.pixels);
    }
    const isMet = challenge !== "" && CHALLENGES[challenge].isMet({ ...answer, threshold });
    const isNamed = typeof network === "string"; // two of a reader's own cannot be told apart
    if (isMet && isNamed) keepBest(network, challenge, count);
    return {
      count,
      challenge,
      isMet,
      best: challenge && isNamed ? bestOf(network, challenge) : null,
      was: count > 0 ? this.asked.probabilities : null,
    };
  }
}
