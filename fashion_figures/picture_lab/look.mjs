/** What the network saw: 28×28 pixels, and Grad-CAM over them. */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { gradCam } from "../shared/grad_cam.mjs";
import { h, uniqueId } from "../shared/kit.mjs";
import { paint } from "../shared/paint.mjs";
import { fieldCenters } from "../shared/receptive_field.mjs";

const SIZE = 28;
const AMBER = [255, 176, 0];
const ORDINALS = ["first", "second", "third"];

/**
 * Spread a layer's map over the picture: between the centers of two receptive fields it changes
 * evenly, outside of them it stays as it is.
 *
 * @param {{shape: number[], data: Float32Array}} map
 * @param {{first: number, step: number}} field
 * @returns {Float32Array} 784 values
 */
export function spread(map, { first, step }) {
  const [rows, columns] = map.shape;
  const place = (pixel, count) => {
    const at = Math.min(count - 1, Math.max(0, (pixel - first) / step));
    const low = Math.min(count - 1, Math.floor(at));
    return { low, high: Math.min(count - 1, low + 1), share: at - low };
  };
  return Float32Array.from({ length: SIZE * SIZE }, (_, n) => {
    const y = place(Math.floor(n / SIZE), rows);
    const x = place(n % SIZE, columns);
    const line = (row) =>
      map.data[row * columns + x.low] * (1 - x.share) + map.data[row * columns + x.high] * x.share;
    return line(y.low) * (1 - y.share) + line(y.high) * y.share;
  });
}

/**
 * Return the layers that Grad-CAM can be asked about, by name: convolutions with several places.
 *
 * @param {object} network as `readNetwork` returns it
 * @returns {Map<string, {name: string, shape: number[], words: string}>}
 */
export function choicesOf({ layers }) {
  const convolutions = layers.filter(({ kind }) => kind === "convolution");
  const isShort = convolutions.length <= ORDINALS.length;
  const choices = convolutions.map(({ name, shape }, n) => {
    const words = isShort ? `the ${ORDINALS[n]} convolution` : `the convolution ${name}`;
    return { name, shape, words };
  });
  return new Map(
    choices.filter(({ shape }) => shape[0] > 1).map((choice) => [choice.name, choice]),
  );
}

/**
 * Build the picture with the colored layer over it, and what it means.
 *
 * @param {object} figure of `frame`
 * @param {{state: ?object, label: number}} view what is shown, and the class that is asked about
 * @returns {{surface: HTMLElement, tools: HTMLElement, show: () => void}}
 */
export function lookView(figure, view) {
  const note = uniqueId("cw-pic-note");
  const canvas = h("canvas.cw-pic-square.cw-pic-seen", { role: "img", "aria-describedby": note });
  const toggle = h("button.cw-small", { type: "button", "aria-pressed": "true", text: "Grad-CAM" });
  const choice = h("select.cw-small", { "aria-label": "Layer for Grad-CAM" });
  const controls = h("div.cw-pic-cam", {}, toggle, choice);
  const words = h("p.cw-note.cw-pic-meaning", { id: note });
  let [isColored, layer, network, choices] = [true, null, null, new Map()];
  /** Offer the layers of a network; the one in the middle at first. */
  const offer = () => {
    network = view.state.network;
    choices = choicesOf(network);
    const names = [...choices.keys()];
    choice.replaceChildren(
      ...[...choices.values()].map(({ name, shape: [rows, columns] }) =>
        h("option", { value: name, text: `${name}, ${rows}×${columns}` }),
      ),
    );
    controls.hidden = names.length === 0;
    layer = names[Math.floor(names.length / 2)];
    choice.value = layer;
  };
  const show = () => {
    const { pixels, outputs } = view.state;
    if (!outputs) {
      paint(canvas, new Uint8Array(SIZE * SIZE), SIZE, SIZE);
      canvas.setAttribute("aria-label", "Black: there is no picture yet");
      words.textContent = "";
      return;
    }
    if (network !== view.state.network) offer();
    const name = CLASS_NAMES[view.label];
    const map = isColored && choices.size > 0 ? gradCam(network, outputs, view.label, layer) : null;
    const isSilent = map?.data.every((value) => value === 0);
    paintSeen(canvas, pixels, map && spread(map, fieldCenters(network, layer)));
    canvas.setAttribute(
      "aria-label",
      "The 28 by 28 pixels that the network saw" +
        (map ? `, colored where ${layer} speaks for ${name}` : ""),
    );
    words.textContent = map
      ? sentence(choices.get(layer).words, name, isSilent)
      : "This is all that the network sees: 28 × 28 gray values.";
    choice.disabled = !isColored;
  };
  figure.on(toggle, "click", () => {
    isColored = !isColored;
    toggle.setAttribute("aria-pressed", String(isColored));
    show();
    figure.say(words.textContent);
  });
  figure.on(choice, "change", () => {
    layer = choice.value;
    show();
    figure.say(words.textContent);
  });
  return { surface: canvas, tools: h("div", {}, controls, words), show };
}

function sentence(layer, name, isSilent) {
  if (isSilent) return `Nothing that ${layer} found in this picture speaks for ${name}.`;
  return (
    `Amber: where ${layer} found what speaks for ${name}. An empty place can, too. It tells ` +
    "where, not why; it leaves out what speaks against the class; and it is no proof that the " +
    "answer is right."
  );
}

function paintSeen(canvas, pixels, heat) {
  if (!heat) return void paint(canvas, pixels, SIZE, SIZE);
  const places = Uint16Array.from({ length: SIZE * SIZE }, (_, n) => n);
  paint(canvas, places, SIZE, SIZE, (n) => {
    const share = 0.78 * heat[n];
    return AMBER.map((part) => Math.round(pixels[n] + (part - pixels[n]) * share));
  });
}
