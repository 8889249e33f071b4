/** The output of the convolution explorer: a map of signed numbers that grows. */

import { h } from "../shared/kit.mjs";
import { cover, signedColor } from "../shared/paint.mjs";
import { showNumber } from "./numbers.mjs";

/**
 * Build the output.
 *
 * @param {object} figure what `frame` returned
 * @param {{move: (row: number, column: number) => void, done: () => void,
 *   point: (place: [number, number] | null) => void}} actions what the reader does
 * @returns {{element: HTMLElement, show: Function, place: Function}}
 */
export function outputPanel(figure, actions) {
  const canvas = h("canvas", { role: "img" });
  const here = h("div.cw-conv-here", { "aria-hidden": "true" });
  const stage = h("div.cw-conv-stage.cw-conv-output", {}, canvas, here);
  const caption = h("p.cw-note.cw-conv-caption");
  const [low, high] = [h("span"), h("span")];
  const bar = h("span.cw-conv-bar", { "aria-hidden": "true" });
  const legend = h("div.cw-conv-legend", {}, low, bar, high);
  const readout = h("p.cw-conv-readout");
  const element = h("div.cw-conv-panel", {}, caption, stage, legend, readout);
  let map = { values: [], size: 1, limit: 1, seen: [], relu: false };
  let current = [0, 0];

  const describe = (row, column) => {
    const place = row * map.size + column;
    const value = map.seen[place] ? showNumber(map.values[place]) : "not computed yet";
    return `Row ${row}, column ${column}: ${value}`;
  };
  const locate = (event) => {
    const box = stage.getBoundingClientRect();
    const part = (point, length) =>
      Math.min(map.size - 1, Math.max(0, Math.floor((point / length) * map.size)));
    return [part(event.clientY - box.top, box.height), part(event.clientX - box.left, box.width)];
  };
  figure.on(stage, "pointermove", (event) => {
    const place = locate(event);
    readout.textContent = describe(...place);
    actions.point(place);
  });
  figure.on(stage, "pointerleave", () => {
    readout.textContent = describe(...current);
    actions.point(null);
  });
  figure.on(stage, "click", (event) => {
    actions.move(...locate(event));
    actions.done();
  });

  return {
    element,
    /**
     * Paint what has been computed so far.
     *
     * @param {{values: Float32Array, size: number, limit: number, seen: Uint8Array,
     *   relu: boolean}} next with `relu` nothing is below zero, so the legend has no blue
     */
    show(next) {
      map = next;
      const { values, size, limit, seen, relu } = map;
      if (canvas.width !== size) canvas.width = canvas.height = size;
      const context = canvas.getContext("2d");
      const picture = context.createImageData(size, size);
      const color = signedColor(limit);
      let count = 0;
      for (let i = 0; i < size * size; i += 1) {
        if (!seen[i]) continue;
        picture.data.set([...color(values[i]), 255], 4 * i);
        count += 1;
      }
      context.putImageData(picture, 0, 0);
      caption.textContent = `${relu ? "After ReLU" : "Output"}: ${size} × ${size} sums`;
      bar.classList.toggle("cw-conv-positive", relu);
      low.textContent = showNumber(relu ? 0 : -limit);
      high.textContent = showNumber(limit);
      canvas.setAttribute(
        "aria-label",
        `Output, ${size} by ${size}: ${count} of ${size * size} sums computed. ` +
          `${relu ? "White is zero" : "Blue is negative, white zero"}, red positive.`,
      );
    },
    /** Mark the place that the window has just given. */
    place(row, column) {
      current = [row, column];
      cover(here, column, row, 1, map.size);
      readout.textContent = describe(row, column);
    },
  };
}
