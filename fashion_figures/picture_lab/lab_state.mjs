/** What the laboratory tells its views. */

/**
 * What a view shows.
 * @typedef {object} Lab
 * @property {"empty"|"busy"|"answered"} step while busy, the last answer stands, if there is one
 * @property {string} source how the picture came, as in Python's `source`
 * @property {string} name the file's name or the example's title; may be empty
 * @property {string} stage while busy: what is being done
 * @property {string} message after an error: why, and what to do
 * @property {number} answers how many pictures have been answered
 * @property {boolean} isLive whether the picture is still being drawn or painted on
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
 * @property {?import("./editing.mjs").Edit} edit what was changed by hand; null while there is no picture
 */
/** The state before the first picture. */
export const EMPTY = Object.freeze({
  step: "empty",
  source: "",
  name: "",
  stage: "",
  message: "",
  answers: 0,
  isLive: false,
  edit: null,
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
