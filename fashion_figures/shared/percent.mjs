/** Shares and probabilities as readers see them. A space that does not break stands before the sign. */

/**
 * Write a share of counted things.
 *
 * @param {number} share 0 to 1
 * @returns {string}
 */
export function percent(share) {
  return `${(100 * share).toFixed(1)}\u00a0%`;
}

/**
 * Write a probability: never as certain, never as impossible.
 *
 * @param {number} share 0 to 1
 * @returns {string}
 */
export function probability(share) {
  if (share < 0.001) return "<\u00a00.1\u00a0%";
  if (share > 0.999) return ">\u00a099.9\u00a0%";
  return percent(share);
}
