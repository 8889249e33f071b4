/** When to doubt an answer: the rules of `fashion_lib/picture_warnings.py`, which explains them. */

/**
 * Apply the rules to what was measured.
 *
 * @param {Object<string, number>} measures As `preparePixels` returns them; with the evidence, if
 *   its limit was measured for this network.
 * @param {{code: string, measure: string, low: ?number, high: ?number, text: string}[]} rules
 * @returns {{code: string, text: string}[]}
 */
export function warningsFor(measures, rules) {
  return rules
    .filter(({ measure, low, high }) => {
      const value = measures[measure];
      if (value === undefined) return false;
      return (low !== null && value < low) || (high !== null && value > high);
    })
    .map(({ code, text }) => ({ code, text }));
}
