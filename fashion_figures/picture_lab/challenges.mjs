/** Challenges for who wants to fool the network, and the best scores, which stay on the device. */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { recall, remember } from "../shared/state.mjs";

const KEY = "picture-lab:best";
const COAT_SHARE = 0.9;
const SURE = 0.99;
const COAT = CLASS_NAMES.indexOf("Coat");

/**
 * What is asked, what it starts from, and when it is done. The score is the number of pixels that
 * differ from the start.
 *
 * `label` is the class that it is about; null if any will do. `isMet` takes the probabilities by
 * label, the labels in order, the evidence, and the threshold of the evidence, or null if none was
 * measured for the network.
 *
 * @type {Record<string, {title: string, words: string, example: string, label: ?number,
 *   needsThreshold: boolean, isMet: (state: object) => boolean}>}
 */
export const CHALLENGES = {
  coat: {
    title: "A pullover becomes a coat",
    words: "Get 90% for Coat from this pullover, with as few changed pixels as you can.",
    example: "pullover",
    label: COAT,
    needsThreshold: false,
    isMet: ({ probabilities }) => probabilities[COAT] >= COAT_SHARE,
  },
  nothing: {
    title: "99% for no garment",
    words:
      "From black: get 99% for any class while the evidence stays below its threshold. That " +
      "decides, since the figure cannot know what you drew.",
    hints: [
      "Hint: little is enough. A small white block in the middle rows, toward the left; much white raises the evidence.",
      "Hint: start over, and paint with the 3 × 3 pen twice: around row 14, column 11, and around row 17, column 11.",
    ],
    example: "", // a black picture
    label: null,
    needsThreshold: true,
    isMet: ({ probabilities, order, evidence, threshold }) =>
      threshold !== null && probabilities[order[0]] >= SURE && evidence < threshold,
  },
};

/**
 * @param {string} network the name of the network that was fooled
 * @param {string} challenge a key of `CHALLENGES`
 * @returns {?number} the fewest pixels so far
 */
export function bestOf(network, challenge) {
  return recall(KEY, {})[`${network} ${challenge}`] ?? null;
}

/**
 * Keep a score if it is the best.
 *
 * @param {string} network
 * @param {string} challenge
 * @param {number} count pixels
 * @returns {boolean} whether it is
 */
export function keepBest(network, challenge, count) {
  const best = bestOf(network, challenge);
  if (best !== null && best <= count) return false;
  remember(KEY, { ...recall(KEY, {}), [`${network} ${challenge}`]: count });
  return true;
}

/** Forget all scores. */
export function forgetBest() {
  remember(KEY, undefined);
}
