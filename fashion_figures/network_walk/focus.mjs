/** The place in focus: its feature map, large, a cursor on it, and its place as numbers. */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { h } from "../shared/kit.mjs";
import { decimals } from "./numbers.mjs";
import { drawnSize, isGrid, paintMap, placeBox } from "./overview.mjs";

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

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

/** Return where a place stands in the drawing of its map, or of all units. */
function drawnPlace(stage, { filter, row, column }) {
  if (!isGrid(stage)) return { left: column, top: row, width: 1, height: 1 };
  const { columns } = drawnSize(stage);
  return { left: filter % columns, top: Math.floor(filter / columns), width: 1, height: 1 };
}

/** Return the place at a column and a row of the drawing, or the nearest there is. */
function placeAt(stage, place, column, row) {
  const { columns, rows } = drawnSize(stage);
  const x = Math.min(columns - 1, Math.max(0, column));
  const y = Math.min(rows - 1, Math.max(0, row));
  if (!isGrid(stage)) return { ...place, row: y, column: x };
  return { ...place, filter: Math.min(stage.filters - 1, y * columns + x) };
}

/** Let pointer and arrow keys move the cursor. */
function steer(figure, walk, { plane, canvas, cursor }, go, current) {
  const point = (event, quiet) => {
    const { place } = current();
    const stage = walk.stages.get(place.layer);
    const { columns, rows } = drawnSize(stage);
    const area = canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - area.left) / area.width) * columns);
    const row = Math.floor(((event.clientY - area.top) / area.height) * rows);
    go(placeAt(stage, place, column, row), quiet);
  };
  figure.on(plane, "pointerdown", (event) => {
    if (event.button !== 0) return;
    plane.setPointerCapture(event.pointerId);
    point(event, true);
  });
  figure.on(plane, "pointermove", (event) => {
    if (plane.hasPointerCapture(event.pointerId)) point(event, true);
  });
  figure.on(plane, "pointerup", (event) => {
    if (!plane.hasPointerCapture(event.pointerId)) return;
    point(event, false);
    cursor.focus({ preventScroll: true }); // so that arrow keys go on from here
  });
  figure.on(cursor, "keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const { place } = current();
    const stage = walk.stages.get(place.layer);
    const { left, top } = drawnPlace(stage, place);
    go(placeAt(stage, place, left + step[0], top + step[1]));
  });
}

/**
 * The chosen feature map, large, with a cursor that pointer and arrow keys move.
 *
 * @param {object} figure
 * @param {object} walk
 * @param {(place: object, quiet?: boolean) => void} go
 * @param {() => object} current the view
 * @param {() => void} back what Enter on the cursor does
 */
export function mapView(figure, walk, go, current, back) {
  const canvas = h("canvas", { role: "img" });
  const cursor = h("button.cw-nw-cursor", { type: "button" });
  const plane = h("div.cw-nw-plane", {}, canvas, cursor);
  const words = h("figcaption");
  const element = h("figure", {}, plane, words);
  steer(figure, walk, { plane, canvas, cursor }, go, current);
  figure.on(cursor, "click", (event) => {
    if (event.detail === 0) back(); // a key, not a pointer
  });
  const show = (view) => {
    const { layer, filter } = view.place;
    const stage = walk.stages.get(layer);
    element.hidden = stage === walk.last;
    if (element.hidden) return;
    const { columns, rows } = drawnSize(stage);
    paintMap(canvas, view, layer, filter);
    placeBox(cursor, drawnPlace(stage, view.place), { columns, rows });
    const units = isGrid(stage);
    canvas.setAttribute(
      "aria-label",
      units ? `All values of ${layer}` : `Feature map ${filter} of ${layer}`,
    );
    cursor.setAttribute("aria-label", `${sentence(view)}. Arrow keys move, Enter walks back.`);
    const colors = view.limits.get(layer).isSigned
      ? "red is above zero, blue below"
      : "brighter is larger";
    words.textContent = units
      ? `All ${stage.filters} values of ${layer}, ${colors}. Point at one.`
      : `Map ${filter} of ${layer}, ${columns}×${rows}, ${colors}. Point at a value.`;
  };
  return { element, cursor, show };
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
    const input = h("input", { type: "number", min: "0", step: "1" });
    const words = h("span", { text: name });
    figure.on(input, "change", () => {
      const end = Number(input.max);
      const value = Math.min(end, Math.max(0, Math.round(Number(input.value)) || 0));
      input.value = String(value);
      go({ ...current().place, [name]: value });
    });
    return { name, input, words, label: h("label", {}, words, input) };
  });
  const element = h("div.cw-row.cw-nw-fields", {}, ...fields.map(({ label }) => label));
  return {
    element,
    show({ place }) {
      const stage = walk.stages.get(place.layer);
      element.hidden = stage === walk.last; // the bars below are the choice
      for (const { name, input, words, label } of fields) {
        const end = (name === "filter" ? stage.filters : stage.size) - 1;
        if (name === "filter") words.textContent = stage.isVector ? "Unit" : "Map";
        else words.textContent = name === "row" ? "Row" : "Column";
        label.hidden = end === 0;
        input.max = String(end);
        if (input.value !== String(place[name])) input.value = String(place[name]);
      }
    },
  };
}
