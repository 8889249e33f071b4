/** The two pictures and the arithmetic between them: input, output, one window's sum, the size. */

import { conv2d, relu } from "../shared/layers.mjs";
import { h } from "../shared/kit.mjs";
import { put } from "../shared/state.mjs";
import { sizeLine } from "./controls.mjs";
import { inputPanel } from "./input.mjs";
import { SIZE, WINDOW, windowAt } from "./numbers.mjs";
import { outputPanel } from "./output.mjs";
import { sumPanel } from "./sum.mjs";

/** Compute the whole output; what the window has not reached yet stays hidden. */
function compute({ image, kernel, padding, relu: isCut }, shape) {
  const picture = { shape: [SIZE, SIZE, 1], data: Float32Array.from(image) };
  const weights = { shape: [WINDOW, WINDOW, 1, 1], data: Float32Array.from(kernel.flat()) };
  const sums = conv2d(picture, weights, null, { stride: shape.stride, padding });
  const limit = sums.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return { values: (isCut ? relu(sums) : sums).data, size: shape.size, limit: limit || 1 };
}

/**
 * Build the pictures and the arithmetic.
 *
 * @param {object} figure what `frame` returned
 * @param {object} model
 * @param {import("./walk.mjs").Walk} walk
 * @param {{move: Function, done: Function, draw: Function}} actions as `inputPanel` has them
 * @returns {{pictures: HTMLElement, numbers: HTMLElement, show: (state: object) => void,
 *   place: () => string, useSheet: (on: boolean) => void}} `show` shows the states, `place`
 *   where the window is; it returns that in words
 */
export function board(figure, model, walk, actions) {
  const input = inputPanel(figure, actions);
  const output = outputPanel(figure, { ...actions, point: input.point });
  const sum = sumPanel(figure, (place, weight) => {
    const kernel = model.get("kernel").map((row) => [...row]);
    kernel[Math.floor(place / WINDOW)][place % WINDOW] = weight;
    put(model, { kernel });
  });
  const size = sizeLine();
  let [shown, map] = [{}, null];
  return {
    pictures: h("div.cw-conv-board", {}, input.element, output.element),
    numbers: h("div", {}, sum.element, size.element),
    useSheet: input.useSheet,
    show(state) {
      size.show(walk.shape);
      if (state.kernel !== shown.kernel) sum.kernel(state.kernel.flat()); // spares half-typed ones
      map = compute(state, walk.shape);
      input.show(state.image, walk.shape);
      shown = state;
    },
    place() {
      const [row, column] = walk.place();
      walk.seen[walk.position()] = 1;
      const window = windowAt(shown.image, walk.shape, row, column);
      const result = sum.show(window, map.limit, shown.relu);
      output.show({ ...map, seen: walk.seen, relu: shown.relu });
      output.place(row, column);
      input.place(row, column, `row ${row}, column ${column}, ${result}`);
      const { dataset } = figure.root;
      dataset.place = `${row},${column}`;
      dataset.computed = walk.seen.reduce((count, one) => count + one, 0);
      return `Row ${row}, column ${column}: ${result}.`;
    },
  };
}
