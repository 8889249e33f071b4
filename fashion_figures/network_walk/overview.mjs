/** The whole network at a glance, and the feature maps of one layer, to choose from. */

import { h, roving } from "../shared/kit.mjs";
import { paint } from "../shared/paint.mjs";
import { activationColor, colorOf } from "./numbers.mjs";
import { channel } from "./trace.mjs";

const STRONGEST = 8;
const MOST_COLUMNS = 6;
const MANY_LAYERS = 10; // more are drawn smaller

/**
 * Whether a layer is drawn as a grid of all its units: one without rows and columns.
 *
 * @param {object} stage
 * @returns {boolean}
 */
export function isGrid({ size }) {
  return size === 1;
}

/**
 * Columns and rows in which a layer, or one of its feature maps, is drawn.
 *
 * @param {object} stage
 * @returns {{columns: number, rows: number}}
 */
export function drawnSize(stage) {
  if (!isGrid(stage)) return { columns: stage.size, rows: stage.size };
  const columns = 2 ** Math.ceil(Math.log2(Math.sqrt(stage.filters)));
  return { columns, rows: Math.ceil(stage.filters / columns) };
}

/**
 * Paint a feature map, the units of a layer, or the picture, unless it is there already.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {object} view
 * @param {string} layer
 * @param {number} [filter]
 */
export function paintMap(canvas, view, layer, filter = 0) {
  const stage = view.walk.stages.get(layer);
  const key = `${view.version}/${layer}/${isGrid(stage) ? "units" : filter}`;
  if (canvas.dataset.painted === key) return;
  canvas.dataset.painted = key;
  const { columns, rows } = drawnSize(stage);
  const values = isGrid(stage)
    ? Array.from({ length: columns * rows }, (_, n) => view.outputs.get(layer).data[n] ?? 0)
    : channel(view.walk, view.outputs, layer, filter);
  paint(canvas, values, columns, rows, colorOf(view, layer));
}

/** Paint an upright bar for each probability. */
function paintBars(canvas, { data }) {
  const [columns, rows] = [data.length, 12];
  const values = Array.from({ length: columns * rows }, (_, n) => {
    const height = data[n % columns] * rows;
    return rows - Math.floor(n / columns) <= Math.max(1, height) ? 1 : 0;
  });
  paint(canvas, values, columns, rows, activationColor(1.3));
}

/**
 * Lay a frame over a picture of `columns` × `rows`; without a box it is hidden.
 *
 * @param {HTMLElement} frame
 * @param {?{left: number, top: number, width: number, height: number}} box
 * @param {{columns: number, rows: number}} drawn
 */
export function placeBox(frame, box, { columns, rows }) {
  frame.hidden = !box;
  if (!box) return;
  frame.style.left = `${(box.left / columns) * 100}%`;
  frame.style.top = `${(box.top / rows) * 100}%`;
  frame.style.width = `${(box.width / columns) * 100}%`;
  frame.style.height = `${(box.height / rows) * 100}%`;
}

function thumbnail() {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const box = h("span.cw-nw-box", { hidden: true });
  return { canvas, box, element: h("span.cw-nw-thumb", {}, canvas, box) };
}

function sizeWords({ size, filters, isVector }) {
  return isVector ? String(filters) : `${size}×${size}×${filters}`;
}

/**
 * The whole network at a glance; each layer is a button.
 *
 * @param {object} figure
 * @param {object} walk
 * @param {{title: string, names: string[]}[]} chapters
 * @param {(layer: string) => void} choose
 */
export function overview(figure, walk, chapters, choose) {
  const picture = thumbnail();
  const names = chapters.flatMap((chapter) => chapter.names);
  const thumbs = new Map(names.map((name) => [name, thumbnail()]));
  const button = (name) =>
    h(
      "button.cw-nw-layer",
      { type: "button" },
      thumbs.get(name).element,
      h("span.cw-nw-name", { text: name }),
      h("span.cw-nw-size", { text: sizeWords(walk.stages.get(name)) }),
    );
  const buttons = new Map(names.map((name) => [name, button(name)]));
  const element = h(
    names.length > MANY_LAYERS ? "div.cw-nw-strip.cw-nw-many" : "div.cw-nw-strip",
    { role: "toolbar", "aria-label": "Layers of the network" },
    h("div.cw-nw-stage", {}, h("span.cw-nw-chapter", { text: "Picture" }), picture.element),
    ...chapters.map((chapter) =>
      h(
        "div.cw-nw-stage",
        {},
        h("span.cw-nw-chapter", { text: chapter.title }),
        ...chapter.names.map((name) => buttons.get(name)),
      ),
    ),
  );
  const columns = Math.min(MOST_COLUMNS, chapters.length + 1);
  element.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
  for (const [name, one] of buttons) figure.on(one, "click", () => choose(name));
  const all = [...buttons.values()];
  const settle = roving(
    figure,
    element,
    () => all,
    () => all.length,
    (one) => one.click(),
  );
  const show = (view) => {
    const { place, fields } = view;
    paintMap(picture.canvas, view, "input");
    placeBox(picture.box, fields.get("input"), drawnSize(walk.stages.get("input")));
    for (const [name, { canvas, box }] of thumbs) {
      const stage = walk.stages.get(name);
      buttons.get(name).setAttribute("aria-pressed", String(name === place.layer));
      if (stage === walk.last) paintBars(canvas, view.outputs.get(name));
      else paintMap(canvas, view, name, view.chosen.get(name).filter);
      const isInside = !isGrid(stage) && name !== place.layer;
      placeBox(box, isInside ? fields.get(name) : null, drawnSize(stage));
    }
    settle(buttons.get(place.layer));
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
    const stage = view.walk.stages.get(layer);
    const { filters } = stage;
    element.hidden = isGrid(stage) || filters === 1;
    if (element.hidden) return;
    const order = view.orders.get(layer);
    const shown = all ? order : order.slice(0, STRONGEST);
    if (!shown.includes(filter)) shown[STRONGEST - 1] = filter;
    if (drawn !== shown.join()) rebuild(shown);
    drawn = shown.join();
    more.hidden = filters <= STRONGEST;
    words.textContent =
      all || more.hidden
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
