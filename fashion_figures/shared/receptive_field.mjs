/** Which part of the layers before, and of the image, a value depends on. */

import { windowsOf } from "./layers.mjs";
import { shapeOf } from "./network.mjs";

/**
 * The smallest box with all that a value depends on in a layer. `isFull` says that it depends on
 * everything in it, and not only on some.
 * @typedef {{top: number, left: number, height: number, width: number, isFull: boolean}} Box
 */

/**
 * Go back from a value to all that it depends on.
 *
 * @param {object} network As `readNetwork` returns it.
 * @param {{layer: string, filter: number, row: number, column: number}} place In a vector,
 *   `filter` is the unit.
 * @returns {Map<string, Box>} By layer; "input" is the image. A vector has one row.
 */
export function receptiveFields(network, { layer, filter, row, column }) {
  // Each layer has a mark for each of its pixels, whatever the channel, or for each of its units.
  const marks = new Map([[layer, emptyMarks(shapeOf(network, layer))]]);
  const [, width, channels] = shapeOf(network, layer);
  marks.get(layer)[channels ? row * width + column : filter] = 1;
  for (const later of [...network.layers].reverse()) {
    if (!marks.has(later.name)) continue;
    for (const name of later.inputs) {
      const shape = shapeOf(network, name);
      if (!marks.has(name)) marks.set(name, emptyMarks(shape));
      mark(marks.get(name), shape, later, marks.get(later.name));
    }
  }
  return new Map([...marks].map(([name, seen]) => [name, boxOf(seen, shapeOf(network, name))]));
}

function emptyMarks([height, width, channels]) {
  return new Uint8Array(channels ? height * width : height);
}

/** Mark in the input of a layer, of the given shape, what its marked values depend on. */
function mark(seen, shape, layer, marked) {
  const [, width, channels] = shape;
  if (["dense", "softmax"].includes(layer.kind)) {
    seen.fill(1);
  } else if (layer.kind === "flatten" && channels) {
    for (let n = 0; n < marked.length; n++) {
      if (marked[n]) seen[Math.floor(n / channels)] = 1;
    }
  } else if (["flatten", "addition", "relu"].includes(layer.kind)) {
    for (let n = 0; n < marked.length; n++) seen[n] |= marked[n];
  } else {
    const { rows, columns } = windowsOf(layer, shape);
    rows.forEach((row, i) => {
      columns.forEach((column, j) => {
        if (!marked[i * columns.length + j] && !layer.kind.startsWith("global")) return;
        for (let y = row.start; y < row.end; y++) {
          seen.fill(1, y * width + column.start, y * width + column.end);
        }
      });
    });
  }
}

/** Return the box around the marks. */
function boxOf(seen, [height, width, channels]) {
  const columns = channels ? width : height; // a vector is one row
  const places = [...seen.keys()].filter((n) => seen[n]);
  const xs = places.map((n) => n % columns);
  const left = xs.reduce((a, b) => Math.min(a, b));
  const right = xs.reduce((a, b) => Math.max(a, b));
  const [top, bottom] = [places[0], places.at(-1)].map((n) => Math.floor(n / columns));
  const size = { height: bottom - top + 1, width: right - left + 1 };
  return { top, left, ...size, isFull: places.length === size.height * size.width };
}

/**
 * Return where the receptive fields of a layer lie in the image: the center of the first, in pixels,
 * and the step to the next. What padding adds counts here, so that all steps are equal.
 *
 * @param {object} network
 * @param {string} layer One with as many rows as columns.
 * @returns {{first: number, step: number}}
 */
export function fieldCenters(network, layer) {
  const fields = new Map([["input", { low: 0, high: 0, step: 1 }]]); // of the first value
  for (const { name, inputs, ...later } of network.layers) {
    const before = inputs.map((input) => fields.get(input));
    const [{ step }] = before;
    const field = {
      low: Math.min(...before.map(({ low }) => low)),
      high: Math.max(...before.map(({ high }) => high)),
      step,
    };
    if (later.size) {
      const [{ first }] = windowsOf(later, shapeOf(network, inputs[0])).rows;
      field.low += first * step;
      field.high += (first + later.size - 1) * step;
      field.step *= later.stride;
    }
    fields.set(name, field);
  }
  const { low, high, step } = fields.get(layer);
  return { first: (low + high) / 2, step };
}
