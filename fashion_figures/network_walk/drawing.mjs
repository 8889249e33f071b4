/** How layers are drawn: feature maps as pictures, units as bars, frames over both. */

import { activationColor, paint } from "../shared/paint.mjs";
import { colorOf } from "./numbers.mjs";
import { channel } from "./trace.mjs";

const BARS_IN_A_ROW = 32;
const SIDE = 192; // canvas pixels of a square of bars

/**
 * Whether all of a layer's numbers are drawn at once, as bars: one without rows and columns.
 *
 * @param {object} stage
 * @returns {boolean}
 */
export function isUnits({ size }) {
  return size === 1;
}

/**
 * Columns and rows in which a layer, or one of its feature maps, is drawn.
 *
 * @param {object} stage
 * @returns {{columns: number, rows: number}}
 */
export function drawnSize(stage) {
  if (!isUnits(stage)) return { columns: stage.size, rows: stage.size };
  const columns = Math.min(BARS_IN_A_ROW, stage.filters);
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
  const key = `${view.version}/${layer}/${isUnits(stage) ? "units" : filter}`;
  if (canvas.dataset.painted === key) return;
  canvas.dataset.painted = key;
  const { columns, rows } = drawnSize(stage);
  if (isUnits(stage)) {
    paintBars(canvas, view.outputs.get(layer).data, columns, rows, view.limits.get(layer));
  } else {
    paint(
      canvas,
      channel(view.walk, view.outputs, layer, filter),
      columns,
      rows,
      colorOf(view, layer),
    );
  }
}

/** Paint an upright bar for each value; below zero they hang down, from the middle of their row. */
function paintBars(canvas, values, columns, rows, { largest, isSigned }) {
  canvas.width = SIDE;
  canvas.height = SIDE;
  const context = canvas.getContext("2d");
  const fill = (color, ...box) => {
    context.fillStyle = `rgb(${color.join(" ")})`;
    context.fillRect(...box);
  };
  const [width, height] = [SIDE / columns, SIDE / rows];
  const color = colorOf({ limits: new Map([["", { largest, isSigned }]]) }, "");
  fill(isSigned ? [255, 255, 255] : activationColor(1)(0), 0, 0, SIDE, SIDE);
  values.forEach((value, n) => {
    const [left, top] = [(n % columns) * width, Math.floor(n / columns) * height];
    const share = Math.abs(value) / (largest || 1);
    const length = share * (height - 1) * (isSigned ? 0.5 : 1);
    const zero = top + height * (isSigned ? 0.5 : 1);
    const gap = Math.min(2, width / 4);
    fill(color(value), left, value < 0 ? zero : zero - length, width - gap, length);
  });
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

/** @returns {object} the box that a place has in the drawing of its map, or of all units */
export function drawnPlace(stage, { filter, row, column }) {
  if (!isUnits(stage)) return { left: column, top: row, width: 1, height: 1 };
  const { columns } = drawnSize(stage);
  return { left: filter % columns, top: Math.floor(filter / columns), width: 1, height: 1 };
}

/** @returns {object} the place at a column and a row of the drawing, or the nearest there is */
export function placeAt(stage, place, column, row) {
  const { columns, rows } = drawnSize(stage);
  const x = Math.min(columns - 1, Math.max(0, column));
  const y = Math.min(rows - 1, Math.max(0, row));
  if (!isUnits(stage)) return { ...place, row: y, column: x };
  return { ...place, filter: Math.min(stage.filters - 1, y * columns + x) };
}

/**
 * @param {PointerEvent} event
 * @param {HTMLElement} canvas
 * @param {{columns: number, rows: number}} drawn
 * @returns {{column: number, row: number}} what it points at; outside of the canvas, beyond
 */
export function pointed(event, canvas, { columns, rows }) {
  const area = canvas.getBoundingClientRect();
  return {
    column: Math.floor(((event.clientX - area.left) / area.width) * columns),
    row: Math.floor(((event.clientY - area.top) / area.height) * rows),
  };
}
