/**
 * The parts of the network walk. Each is made once and returns its element and `show(view)`.
 *
 * A view is `{ version, picture, layers, limits, orders, place, chosen, found }`: how many
 * pictures there were, the bytes of this one, every layer's output, each layer's largest value,
 * its filters by contrast, the place in focus, the place last chosen in each layer, and what
 * `explain` says about the place.
 */

import { h, roving } from "../shared/kit.mjs";
import { loadAsset, toBytes } from "../shared/state.mjs";
import { paint } from "../shared/paint.mjs";
import { CLASS_NAMES } from "../shared/network.mjs";
import { activationColor, decimals } from "./sums.mjs";
import { WALK, channel, reach, stage } from "./trace.mjs";

const STRONGEST = 8;
const PER_CLASS = 3;
// Layers without rows and columns are drawn as a grid of units, this many in a row.
export const UNITS_IN_A_ROW = { pool3: 8, dense: 32 };

/** Columns and rows in which a layer, or one of its feature maps, is drawn. */
export function drawnSize(name) {
  if (name === "picture") return { columns: 28, rows: 28 };
  const { size, filters } = stage(name);
  const columns = UNITS_IN_A_ROW[name];
  return columns ? { columns, rows: filters / columns } : { columns: size, rows: size };
}

/** Paint a feature map, the units of a layer, or the picture, unless it is there already. */
export function paintMap(canvas, view, layer, filter) {
  const key = `${view.version}/${layer}/${layer in UNITS_IN_A_ROW ? "units" : filter}`;
  if (canvas.dataset.painted === key) return;
  canvas.dataset.painted = key;
  if (layer === "picture") {
    paint(canvas, view.picture, 28, 28);
    return;
  }
  const { columns, rows } = drawnSize(layer);
  const values =
    layer in UNITS_IN_A_ROW ? view.layers[layer].data : channel(view.layers, layer, filter);
  paint(canvas, values, columns, rows, activationColor(view.limits[layer]));
}

/** Paint ten upright bars. */
function paintBars(canvas, view) {
  const [columns, rows] = [10, 12];
  const values = Array.from({ length: columns * rows }, (_, n) => {
    const height = view.layers.output.data[n % columns] * rows;
    return rows - Math.floor(n / columns) <= Math.max(1, height) ? 1 : 0;
  });
  paint(canvas, values, columns, rows, activationColor(1.3));
}

/** Lay a frame over a picture of `columns` × `rows`; without a box it is hidden. */
export function placeBox(frame, box, columns, rows = columns) {
  frame.hidden = !box;
  if (!box) return;
  frame.style.left = `${(box.left / columns) * 100}%`;
  frame.style.top = `${(box.top / rows) * 100}%`;
  frame.style.width = `${(box.side / columns) * 100}%`;
  frame.style.height = `${(box.side / rows) * 100}%`;
}

function thumbnail() {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const box = h("span.cw-nw-box", { hidden: true });
  return { canvas, box, element: h("span.cw-nw-thumb", {}, canvas, box) };
}

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

const STORY = [
  ["Edges", ["conv1", "pool1"]],
  ["Parts", ["conv2", "pool2"]],
  ["Shapes", ["conv3", "pool3"]],
  ["Votes", ["dense", "output"]],
];

function sizeWords(name) {
  const { size, filters } = stage(name);
  return size === 1 && name !== "pool3" ? String(filters) : `${size}×${size}×${filters}`;
}

/**
 * The whole network at a glance; each layer is a button.
 *
 * @param {object} figure
 * @param {(layer: string) => void} choose
 */
export function overview(figure, choose) {
  const picture = thumbnail();
  const thumbs = new Map(WALK.map(({ name }) => [name, thumbnail()]));
  const buttons = new Map(
    WALK.map(({ name }) => [
      name,
      h(
        "button.cw-nw-layer",
        { type: "button" },
        thumbs.get(name).element,
        h("span.cw-nw-name", { text: name }),
        h("span.cw-nw-size", { text: sizeWords(name) }),
      ),
    ]),
  );
  const element = h(
    "div.cw-nw-strip",
    { role: "toolbar", "aria-label": "Layers of the network" },
    h("div.cw-nw-stage", {}, h("span.cw-nw-chapter", { text: "Picture" }), picture.element),
    ...STORY.map(([title, names]) =>
      h(
        "div.cw-nw-stage",
        {},
        h("span.cw-nw-chapter", { text: title }),
        ...names.map((name) => buttons.get(name)),
      ),
    ),
  );
  for (const [name, button] of buttons) figure.on(button, "click", () => choose(name));
  const all = [...buttons.values()];
  const settle = roving(
    figure,
    element,
    () => all,
    () => all.length,
    (button) => button.click(),
  );
  const show = (view) => {
    paintMap(picture.canvas, view, "picture", 0);
    placeBox(picture.box, reach(view.place, "picture"), 28);
    for (const [name, { canvas, box }] of thumbs) {
      buttons.get(name).setAttribute("aria-pressed", String(name === view.place.layer));
      if (name === "output") paintBars(canvas, view);
      else paintMap(canvas, view, name, view.chosen[name].filter);
      const inside = !(name in UNITS_IN_A_ROW) && name !== view.place.layer;
      placeBox(box, inside ? reach(view.place, name) : null, stage(name).size);
    }
    settle(buttons.get(view.place.layer));
  };
  return { element, show };
}

/**
 * The feature maps of a layer to choose from: some, or all.
 *
 * @param {object} figure
 * @param {(filter: number) => void} choose
 * @param {() => void} again asks for `show`
 */
export function mapChoice(figure, choose, again) {
  const words = h("p.cw-note");
  const list = h("div.cw-nw-maps", { role: "toolbar", "aria-label": "Feature maps" });
  const more = h("button.cw-small", { type: "button", "aria-expanded": "false" });
  const element = h("div", {}, h("div.cw-row.cw-nw-between", {}, words, more), list);
  let [all, drawn] = [false, ""];
  const items = () => [...list.children];
  const inARow = () => items().filter((one) => one.offsetTop === list.firstChild.offsetTop).length;
  const settle = roving(figure, list, items, inARow, (button) => button.click());
  figure.on(list, "click", (event) => {
    const button = event.target.closest("button");
    if (button) choose(Number(button.value));
  });
  figure.on(more, "click", () => {
    all = !all;
    again();
  });
  const rebuild = (filters) => {
    list.replaceChildren(
      ...filters.map((filter) =>
        h(
          "button.cw-nw-map",
          { type: "button", value: String(filter), "aria-label": `Feature map ${filter}` },
          h("canvas", { "aria-hidden": "true" }),
          h("span", { text: String(filter) }),
        ),
      ),
    );
  };
  const show = (view) => {
    const { layer, filter } = view.place;
    const { size, filters } = stage(layer);
    element.hidden = size === 1;
    if (element.hidden) return;
    const order = view.orders[layer];
    const shown = all ? order : order.slice(0, STRONGEST);
    if (!shown.includes(filter)) shown[STRONGEST - 1] = filter;
    if (drawn !== shown.join()) rebuild(shown);
    drawn = shown.join();
    words.textContent = all
      ? `All ${filters} feature maps of ${layer}, those with the most contrast first.`
      : `The ${STRONGEST} feature maps of ${layer} with the most contrast, out of ${filters}.`;
    more.textContent = all ? "Show fewer" : `Show all ${filters}`;
    more.setAttribute("aria-expanded", String(all));
    for (const button of items()) {
      paintMap(button.firstChild, view, layer, Number(button.value));
      button.setAttribute("aria-pressed", String(Number(button.value) === filter));
    }
    settle(items().find((button) => Number(button.value) === filter));
  };
  return { element, show };
}

/**
 * The picture with the part of it that the value depends on.
 */
export function pictureView() {
  const canvas = h("canvas", { role: "img" });
  const box = h("span.cw-nw-box");
  const words = h("figcaption");
  const element = h("figure.cw-nw-picture", {}, h("span.cw-nw-thumb", {}, canvas, box), words);
  return {
    element,
    show(view) {
      const field = reach(view.place, "picture");
      paintMap(canvas, view, "picture", 0);
      placeBox(box, field, 28);
      const side = `${field.side}×${field.side}`;
      canvas.setAttribute(
        "aria-label",
        `The picture; the value depends on ${side} pixels, from row ` +
          `${field.top}, column ${field.left} on.`,
      );
      words.textContent =
        `The value depends on ${side} pixels of the picture, its receptive field.` +
        (field.side >= 22
          ? " What lies outside never reaches a vote: a pooling window that does not fit is dropped."
          : "");
    },
  };
}

/** @returns {string} the network's answer */
export function verdict({ layers }) {
  const { data } = layers.output;
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
      const { data } = view.layers.output;
      const best = data.indexOf(Math.max(...data));
      words.textContent = `${verdict(view)} Choose a class to see where its vote comes from.`;
      const chosen = view.place.layer === "output" ? view.place.filter : -1;
      buttons.forEach((button, label) => {
        fills[label].style.width = `${data[label] * 100}%`;
        numbers[label].textContent = `${decimals(data[label] * 100, 1)}%`;
        button.setAttribute("aria-pressed", String(label === chosen));
      });
      settle(buttons[chosen < 0 ? best : chosen]);
    },
  };
}
