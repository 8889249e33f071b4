/** The layer in focus: its maps to choose from, one of them large with a cursor, and fields. */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { h, roving } from "../shared/kit.mjs";
import { decimals } from "./numbers.mjs";
import {
  drawnPlace,
  drawnSize,
  isUnits,
  paintMap,
  placeAt,
  placeBox,
  pointed,
} from "./drawing.mjs";

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FIRST_MAPS = 8;

/** @returns {string} the place in focus and its value, in words */
export function sentence({ walk, place, found }) {
  const { layer, filter, row, column } = place;
  const stage = walk.stages.get(layer);
  const value = decimals(found.value);
  if (stage === walk.last) return `${layer}, ${CLASS_NAMES[filter]}: ${value}`;
  if (stage.isVector) return `${layer}, unit ${filter}: ${value}`;
  const where = stage.size > 1 ? `, row ${row}, column ${column}` : "";
  return `${layer}, map ${filter}${where}: ${value}`;
}

/** @returns {string} the place in few words, without its row and column */
export function shortName(walk, { layer, filter }) {
  const stage = walk.stages.get(layer);
  if (stage === walk.last) return CLASS_NAMES[filter];
  return `${layer} ${stage.isVector ? "unit" : "map"} ${filter}`;
}

/** Let pointer and arrow keys move the cursor; a mouse that only points looks without moving it. */
function steer(figure, walk, { plane, canvas, cursor }, { go, peek }, current) {
  const at = (event) => {
    const { kept } = current();
    const stage = walk.stages.get(kept.layer);
    const { column, row } = pointed(event, canvas, drawnSize(stage));
    return placeAt(stage, kept, column, row);
  };
  figure.on(plane, "pointerdown", (event) => {
    if (event.button !== 0) return;
    plane.setPointerCapture(event.pointerId);
    go(at(event), true);
  });
  figure.on(plane, "pointermove", (event) => {
    if (plane.hasPointerCapture(event.pointerId)) go(at(event), true);
    else if (event.pointerType !== "touch") peek(at(event));
  });
  figure.on(plane, "pointerleave", () => peek(null));
  figure.on(plane, "pointerup", (event) => {
    if (!plane.hasPointerCapture(event.pointerId)) return;
    go(at(event));
    cursor.focus({ preventScroll: true }); // so that arrow keys go on from here
  });
  figure.on(cursor, "keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const { kept } = current();
    const stage = walk.stages.get(kept.layer);
    const { left, top } = drawnPlace(stage, kept);
    go(placeAt(stage, kept, left + step[0], top + step[1]));
  });
}

/**
 * The chosen feature map, large, with a cursor that pointer and arrow keys move.
 *
 * @param {object} figure
 * @param {object} walk
 * @param {{go: Function, peek: Function, back: () => void}} actions `go` moves the cursor, `peek`
 *   shows a value without, `back` is what Enter on the cursor does
 * @param {() => object} current the view
 */
export function mapView(figure, walk, actions, current) {
  const canvas = h("canvas", { role: "img" });
  const cursor = h("button.cw-nw-cursor", { type: "button" });
  const pointer = h("span.cw-nw-box.cw-nw-peek", { hidden: true });
  const plane = h("div.cw-nw-plane", {}, canvas, pointer, cursor);
  const words = h("figcaption");
  const element = h("figure", {}, plane, words);
  steer(figure, walk, { plane, canvas, cursor }, actions, current);
  figure.on(cursor, "click", (event) => {
    if (event.detail === 0) actions.back(); // a key, not a pointer
  });
  const show = (view) => {
    const { layer, filter } = view.place;
    const stage = walk.stages.get(layer);
    const drawn = drawnSize(stage);
    paintMap(canvas, view, layer, filter);
    placeBox(cursor, drawnPlace(stage, view.kept), drawn);
    placeBox(pointer, view.place === view.kept ? null : drawnPlace(stage, view.place), drawn);
    const units = isUnits(stage);
    canvas.setAttribute(
      "aria-label",
      units ? `All values of ${layer}` : `Feature map ${filter} of ${layer}`,
    );
    const place = sentence(view);
    if (!view.isPeek)
      cursor.setAttribute("aria-label", `${place}. Arrow keys move, Enter walks back.`);
    const signs = view.limits.get(layer).isSigned;
    const colors = signs ? "red is above zero, blue below" : "brighter is larger";
    const bars = signs ? "up is above zero, down below" : "taller is larger";
    words.textContent = units
      ? `The ${stage.filters} values of ${layer}; ${bars}. Choose one to see how it is made.`
      : `Map ${filter} of ${layer}; ${colors}. Choose a value to see how it is made.`;
  };
  return { element, cursor, show };
}

/**
 * The feature maps of a layer to choose from: some, or all.
 *
 * @param {object} figure
 * @param {(filter: number) => void} choose
 * @param {() => void} again asks for `show`
 */
export function mapChoice(figure, choose, again) {
  const words = h("span");
  const list = h("div.cw-nw-maps", { role: "toolbar", "aria-label": "Feature maps" });
  const more = h("button.cw-small", { type: "button", "aria-expanded": "false" });
  const element = h("div.cw-nw-choice", {}, h("div.cw-nw-between", {}, words, more), list);
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
    const { layer, filter } = view.kept;
    const stage = view.walk.stages.get(layer);
    const { filters } = stage;
    element.classList.toggle("cw-nw-none", isUnits(stage) || filters === 1); // keeps its room
    const order = view.orders.get(layer);
    const shown = all ? order : order.slice(0, FIRST_MAPS);
    if (!shown.includes(filter)) shown[FIRST_MAPS - 1] = filter;
    if (drawn !== shown.join()) rebuild(shown);
    drawn = shown.join();
    more.hidden = filters <= FIRST_MAPS;
    words.textContent =
      all || more.hidden ? `All ${filters} maps` : `${FIRST_MAPS} of ${filters} maps`;
    more.textContent = all ? "Show fewer" : `Show all ${filters}`;
    more.setAttribute("aria-expanded", String(all));
    for (const button of items()) {
      if (!isUnits(stage)) paintMap(button.firstChild, view, layer, Number(button.value));
      button.setAttribute("aria-pressed", String(Number(button.value) === filter));
    }
    settle(items().find((button) => Number(button.value) === filter));
  };
  return { element, show };
}

/**
 * Fields for the place as numbers, for who would rather type than point.
 *
 * @param {object} figure
 * @param {object} walk
 * @param {(place: object) => void} go
 * @param {() => object} current the view
 */
export function numberFields(figure, walk, go, current) {
  const fields = ["filter", "row", "column"].map((name) => {
    const input = h("input", { type: "number", min: "0", step: "1", inputmode: "numeric" });
    const words = h("span", { text: name });
    figure.on(input, "change", () => {
      const end = Number(input.max);
      const value = Math.min(end, Math.max(0, Math.round(Number(input.value)) || 0));
      input.value = String(value);
      go({ ...current().kept, [name]: value });
    });
    return { name, input, words, label: h("label", {}, words, input) };
  });
  const element = h("div.cw-nw-fields", {}, ...fields.map(({ label }) => label));
  return {
    element,
    show({ kept }) {
      const stage = walk.stages.get(kept.layer);
      for (const { name, input, words, label } of fields) {
        const end = (name === "filter" ? stage.filters : stage.size) - 1;
        if (name === "filter") words.textContent = stage.isVector ? "Unit" : "Map";
        else words.textContent = name === "row" ? "Row" : "Column";
        label.hidden = end === 0;
        input.max = String(end);
        if (input.value !== String(kept[name])) input.value = String(kept[name]);
      }
    },
  };
}
