/** The network that a figure shows, as its state says. */

import { readNetwork } from "./network.mjs";
import { loadAsset, toBytes } from "./state.mjs";

/**
 * Read the network of a figure: one of the course's, by its name, or a reader's own, whose file is in
 * the state.
 *
 * @param {object} model
 * @returns {Promise<object>} as `readNetwork` returns it; rejected with a message for the reader
 */
export async function shownNetwork(model) {
  const network = model.get("network");
  const isNamed = typeof network === "string";
  return readNetwork(isNamed ? await loadAsset(model, `network-${network}`) : toBytes(network));
}
