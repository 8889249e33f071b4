/** Shares and probabilities as readers see them. */

/**
 * Write a share of counted things.
 *
 * @param {number} share 0 to 1
 * @returns {string}
 */
export function percent(share) {
  return `${(100 * share).toFixed(1)}%`;
}

/**
 * Write a probability: never as certain, never as impossible.
 *
 * @param {number} share 0 to 1
 * @returns {string}
 */
export function probability(share) {
  if (share < 0.001) return "<\u00a00.1%";
  if (share > 0.999) return ">\u00a099.9%";
  return percent(share);
}
