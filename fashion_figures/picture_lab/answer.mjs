/** The answer to a picture: what the network saw, its ten probabilities, and Grad-CAM. */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { gradCam } from "../shared/grad_cam.mjs";
import { fieldCenters } from "../shared/receptive_field.mjs";
import { h, roving, uniqueId } from "../shared/kit.mjs";
import { paint } from "../shared/paint.mjs";

const SIZE = 28;
const AMBER = [255, 176, 0];
const ORDINALS = ["first", "second", "third"];

/**
 * Write a probability as a reader should see it: never as certain, never as impossible. The
 * spaces keep the number and its sign together.
 *
 * @param {number} share
 * @returns {string}
 */
export function percent(share) {
  if (share < 0.001) return "<\u00a00.1\u00a0%";
  if (share > 0.999) return ">\u00a099.9\u00a0%";
  return `${(100 * share).toFixed(1)}\u00a0%`;
}

/**
 * The same, for a screen reader.
 *
 * @param {number} share
 * @returns {string}
 */
export function spoken(share) {
  const words = { "<": "below", ">": "above", "%": "percent" };
  return percent(share)
    .replaceAll("\u00a0", " ")
    .replace(/[<>%]/g, (sign) => words[sign]);
}

/**
 * Whether the evidence is known to be too low for a garment.
 *
 * @param {object} state of the laboratory
 * @returns {boolean}
 */
export function isForeign({ evidence, reference }) {
  return reference !== null && evidence < reference.threshold;
}

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
 * Build the answer's part of the figure.
 *
 * @param {object} figure of `frame`
 * @returns {{element: HTMLElement, show: (state: object) => void}}
 */
export function answerView(figure) {
  const view = { isColored: true, layer: null, label: 0, state: null };
  const heading = h("p.cw-pic-verdict");
  const subline = h("p.cw-quiet");
  const picture = pictureView(figure, view);
  const bars = barsView(figure, view, picture.show);
  const element = h(
    "div.cw-pic-answer",
    {},
    h("div.cw-pic-head", {}, heading, subline),
    picture.element,
    bars.element,
  );
  return {
    element,
    show(state) {
      const isNew = view.state?.answers !== state.answers;
      view.state = state;
      if (isNew) view.label = state.order[0];
      const best = state.order[0];
      const share = state.probabilities[best];
      const isOdd = isForeign(state);
      heading.textContent = isOdd ? "Perhaps no garment at all" : CLASS_NAMES[best];
      subline.textContent = isOdd
        ? `If it has to be one of the ten: ${CLASS_NAMES[best]}, ${percent(share)}.`
        : `${percent(share)} of the probability. Runner-up: ${CLASS_NAMES[state.order[1]]}.`;
      if (!isNew) return;
      bars.show();
      picture.show();
    },
  };
}

/** Return the layers that Grad-CAM can be asked about, by name: convolutions with several places. */
function choicesOf({ layers }) {
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

/** The 28×28 picture with the colored layer over it, and what it means. */
function pictureView(figure, view) {
  const note = uniqueId("cw-pic-note");
  const canvas = h("canvas.cw-pic-seen", { role: "img", "aria-describedby": note });
  const toggle = h("button", { type: "button", "aria-pressed": "true", text: "Grad-CAM" });
  const choice = h("select", { "aria-label": "Layer for Grad-CAM" });
  const controls = h("div.cw-pic-cam", {}, toggle, choice);
  const words = h("p.cw-note", { id: note });
  let [network, choices] = [null, new Map()];
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
    view.layer = names[Math.floor(names.length / 2)];
    choice.value = view.layer;
  };
  const show = () => {
    const { pixels, outputs } = view.state;
    if (network !== view.state.network) offer();
    const name = CLASS_NAMES[view.label];
    const isColored = view.isColored && choices.size > 0;
    const map = isColored ? gradCam(network, outputs, view.label, view.layer) : null;
    const isSilent = map?.data.every((value) => value === 0);
    paintSeen(canvas, pixels, map && spread(map, fieldCenters(network, view.layer)));
    canvas.setAttribute(
      "aria-label",
      "The 28 by 28 pixels that the network saw" +
        (map ? `, colored where ${view.layer} speaks for ${name}` : ""),
    );
    words.textContent = map
      ? sentence(choices.get(view.layer).words, name, isSilent)
      : "This is all that the network sees: 28 × 28 gray values.";
    choice.disabled = !view.isColored;
  };
  figure.on(toggle, "click", () => {
    view.isColored = !view.isColored;
    toggle.setAttribute("aria-pressed", String(view.isColored));
    show();
    figure.say(words.textContent);
  });
  figure.on(choice, "change", () => {
    view.layer = choice.value;
    show();
    figure.say(words.textContent);
  });
  return { element: h("div.cw-pic-picture", {}, canvas, controls, words), show };
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

/** Ten bars, each a button that asks Grad-CAM about its class. */
function barsView(figure, view, changed) {
  const rows = CLASS_NAMES.map((name) => {
    const fill = h("span.cw-pic-fill");
    const share = h("span.cw-pic-share");
    const button = h(
      "button.cw-pic-bar",
      { type: "button", "aria-pressed": "false" },
      h("span.cw-pic-name", { text: name }),
      h("span.cw-pic-track", { "aria-hidden": "true" }, fill),
      share,
    );
    return { button, fill, share };
  });
  const buttons = rows.map((row) => row.button);
  const caption = h("p.cw-note.cw-pic-caption", { id: uniqueId("cw-pic-bars") });
  const list = h("div.cw-pic-list", { role: "group", "aria-labelledby": caption.id }, ...buttons);
  const settle = roving(
    figure,
    list,
    () => buttons,
    () => 1,
  );
  const mark = () => {
    for (const [label, button] of buttons.entries()) {
      button.setAttribute("aria-pressed", String(label === view.label));
    }
  };
  buttons.forEach((button, label) => {
    figure.on(button, "click", () => {
      view.label = label;
      mark();
      changed();
      figure.say(`Grad-CAM for ${CLASS_NAMES[label]}.`);
    });
  });
  const show = () => {
    const { network, probabilities, order } = view.state;
    const canBeAsked = choicesOf(network).size > 0;
    caption.textContent =
      "Ten probabilities, the top 3 in bold." +
      (canBeAsked ? " Select one to see what speaks for it." : "");
    rows.forEach(({ button, fill, share }, label) => {
      const value = probabilities[label];
      fill.style.width = `${100 * value}%`;
      share.textContent = percent(value);
      button.classList.toggle("cw-pic-top", order.indexOf(label) < 3);
    });
    mark();
    settle(buttons[view.label]);
  };
  return { element: h("div.cw-pic-bars", {}, caption, list), show };
}
