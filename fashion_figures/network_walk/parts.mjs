/**
 * The parts of the network walk around the layers: the picture, and the votes. Each is made once and
 * returns its element and `show(view)`.
 *
 * A view is `{ walk, version, picture, outputs, limits, orders, place, chosen, found, fields }`: the
 * network, how many pictures there were, the bytes of this one, every layer's output, and by layer
 * its largest value and whether some are below zero, its filters by contrast, the place in focus,
 * the place last chosen; what `explain` says about the place in focus, and what it depends on.
 */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { h, roving } from "../shared/kit.mjs";
import { loadAsset, toBytes } from "../shared/state.mjs";
import { paint } from "../shared/paint.mjs";
import { receptiveFields } from "../shared/receptive_field.mjs";
import { decimals } from "./numbers.mjs";
import { drawnSize, paintMap, placeBox } from "./overview.mjs";

const PER_CLASS = 3;

/**
 * The garments to choose from: one of each class, and two more sets.
 *
 * @param {object} figure
 * @param {object} model
 * @param {(picture: Uint8Array) => void} choose
 */
export function pictureChoice(figure, model, choose) {
  const buttons = CLASS_NAMES.map((name) =>
    h(
      "button.cw-nw-garment",
      { type: "button", "aria-label": name },
      h("canvas", { "aria-hidden": "true" }),
    ),
  );
  const bar = h(
    "div.cw-nw-garments",
    { role: "toolbar", "aria-label": "Choose a picture" },
    ...buttons,
  );
  const other = h("button.cw-small", { type: "button", text: "Other pictures" });
  const element = h("div.cw-row", { hidden: true }, bar, other);
  let [garments, set, shown] = [null, 0, null];
  const pictureOf = (label) => garments.slice((label * PER_CLASS + set) * 784).slice(0, 784);
  const paintButtons = () => {
    if (!garments) return;
    buttons.forEach((button, label) => {
      const picture = pictureOf(label);
      paint(button.firstChild, picture, 28, 28);
      button.setAttribute(
        "aria-pressed",
        String(shown !== null && picture.every((v, n) => v === shown[n])),
      );
    });
  };
  loadAsset(model, "garments").then(
    (bytes) => {
      garments = toBytes(bytes);
      element.hidden = false;
      paintButtons();
      if (!shown) choose(pictureOf(CLASS_NAMES.length - 1));
    },
    () => {}, // the walk works without; a picture that is there stays
  );
  for (const [label, button] of buttons.entries()) {
    figure.on(button, "click", () => choose(pictureOf(label)));
  }
  figure.on(other, "click", () => {
    set = (set + 1) % PER_CLASS;
    paintButtons();
  });
  roving(
    figure,
    bar,
    () => buttons,
    () => buttons.length,
  );
  return {
    element,
    show(view) {
      shown = view.picture;
      paintButtons();
    },
  };
}

/**
 * The picture with the part of it that the value depends on.
 *
 * @param {object} walk
 */
export function pictureView(walk) {
  const canvas = h("canvas", { role: "img" });
  const box = h("span.cw-nw-box");
  const words = h("figcaption");
  const element = h("figure.cw-nw-picture", {}, h("span.cw-nw-thumb", {}, canvas, box), words);
  const dropped = droppedBy(walk);
  return {
    element,
    show(view) {
      const field = view.fields.get("input");
      paintMap(canvas, view, "input");
      placeBox(box, field, drawnSize(walk.stages.get("input")));
      const size = `${field.isFull ? "" : "some of "}${field.height}×${field.width}`;
      canvas.setAttribute(
        "aria-label",
        `The picture; the value depends on ${size} pixels, from row ` +
          `${field.top}, column ${field.left} on.`,
      );
      words.textContent =
        `The value depends on ${size} pixels of the picture, its receptive field.` +
        (dropped && field.height === dropped.height && field.width === dropped.width
          ? ` What lies outside never reaches a vote: a ${dropped.window} that does not fit is dropped.`
          : "");
    },
  };
}

/** Return the part of the picture that reaches the votes, and what drops the rest; null if nothing. */
function droppedBy({ network, stages, last }) {
  const used = receptiveFields(network, { layer: last.name, filter: 0, row: 0, column: 0 });
  const { height, width } = used.get("input");
  const [rows, columns] = network.inputShape;
  if (height === rows && width === columns) return null;
  const leavesOut = ({ window, stride, padding, size, sources }) =>
    window && padding === "valid" && (size - 1) * stride + window < stages.get(sources[0]).size;
  const droppers = [...stages.values()].filter(leavesOut);
  const arePools = droppers.every(({ kind }) => kind.endsWith("pooling"));
  return { height, width, window: arePools ? "pooling window" : "window" };
}

/** @returns {string} the network's answer */
export function verdict({ walk, outputs }) {
  const { data } = outputs.get(walk.last.name);
  const best = data.indexOf(Math.max(...data));
  return `The network votes for ${CLASS_NAMES[best]}, probability ${decimals(data[best], 3)}.`;
}

/**
 * All ten probabilities; each is a button that asks where the vote comes from.
 *
 * @param {object} figure
 * @param {(label: number) => void} choose
 */
export function votes(figure, choose) {
  const fills = CLASS_NAMES.map(() => h("span.cw-nw-fill"));
  const numbers = CLASS_NAMES.map(() => h("span.cw-nw-percent"));
  const buttons = CLASS_NAMES.map((name, label) =>
    h(
      "button.cw-nw-vote",
      { type: "button" },
      h("span", { text: name }),
      h("span.cw-nw-track", { "aria-hidden": "true" }, fills[label]),
      numbers[label],
    ),
  );
  const words = h("p.cw-nw-verdict");
  const bars = h("div.cw-nw-votes", { role: "toolbar", "aria-label": "Probabilities" }, ...buttons);
  for (const [label, button] of buttons.entries()) {
    figure.on(button, "click", () => choose(label));
  }
  const settle = roving(
    figure,
    bars,
    () => buttons,
    () => 1,
  );
  return {
    element: h("div", {}, words, bars),
    show(view) {
      const { data } = view.outputs.get(view.walk.last.name);
      const best = data.indexOf(Math.max(...data));
      words.textContent = `${verdict(view)} Choose a class to see where its vote comes from.`;
      const chosen = view.place.layer === view.walk.last.name ? view.place.filter : -1;
      buttons.forEach((button, label) => {
        fills[label].style.width = `${data[label] * 100}%`;
        numbers[label].textContent = `${decimals(data[label] * 100, 1)}%`;
        button.setAttribute("aria-pressed", String(label === chosen));
      });
      settle(buttons[chosen < 0 ? best : chosen]);
    },
  };
}
