/** What a network makes of 28×28 pixels. */

import { forward, logits, normalize } from "../shared/network.mjs";

/**
 * Ask a network.
 *
 * @param {object} network as `readNetwork` returns it
 * @param {Uint8Array} pixels 784 gray values
 * @returns {{network: object, outputs: Map<string, object>, probabilities: number[],
 *   order: number[], evidence: number}} what `forward` returned, the probabilities by label, the
 *   labels with the most probable first, and the logarithm of the logits' summed exponentials
 */
export function ask(network, pixels) {
  const outputs = forward(network, normalize(pixels));
  const probabilities = [...outputs.get(network.layers.at(-1).name).data];
  const order = probabilities.map((_, label) => label);
  order.sort((a, b) => probabilities[b] - probabilities[a] || a - b);
  return { network, outputs, probabilities, order, evidence: logSumExp(logits(network, outputs)) };
}

function logSumExp(values) {
  const largest = values.reduce((a, b) => Math.max(a, b));
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
