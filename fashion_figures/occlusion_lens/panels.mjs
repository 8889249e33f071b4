/** The three steps of the lens: the picture with its square, the feature maps, the ten bars. */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { h } from "../shared/kit.mjs";
import { activationColor, cover, grayColor, paint, tint } from "../shared/paint.mjs";
import { HOLE, LAST, MAP, SIZE, best, percent } from "./numbers.mjs";

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

const within = (place) => Math.min(LAST, Math.max(0, place));

/** The heading of a step. */
function step(number, text, area) {
  return h(`p.cw-lens-step.${area}`, {}, h("b", { text: number }), ` ${text}`);
}

/** Let a pointer and the keyboard move the square. */
function follow(figure, stage, state, { move, lift, done }) {
  const locate = (event) => {
    const box = stage.getBoundingClientRect();
    const place = (point, length) => within(Math.round((point / length) * SIZE - HOLE / 2));
    move(place(event.clientY - box.top, box.height), place(event.clientX - box.left, box.width));
  };
  let isDragged = false;
  figure.on(stage, "pointerdown", (event) => {
    if (event.button !== 0) return;
    stage.setPointerCapture(event.pointerId);
    isDragged = true;
    locate(event);
  });
  figure.on(stage, "pointermove", (event) => isDragged && locate(event));
  for (const type of ["pointerup", "pointercancel"]) {
    figure.on(stage, type, () => {
      if (isDragged) done();
      isDragged = false;
    });
  }
  figure.on(stage, "keydown", (event) => {
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    const { row, column, isCovered } = state;
    if (event.key in ARROWS) {
      const [down, right] = ARROWS[event.key];
      move(within(row + down), within(column + right));
    } else if (event.key === " ") {
      if (isCovered) lift();
      else move(row, column);
    } else if (event.key === "Escape" && isCovered) {
      lift();
    } else {
      return;
    }
    event.preventDefault();
    done();
  });
}

/**
 * Build the picture with the square, and the nine pixels under it.
 *
 * The stage is a slider for assistive technology: its value is the number of the place, its text says
 * where that is and whether it is hidden.
 *
 * @param {object} figure what `frame` returned
 * @param {{move: (row: number, column: number) => void, lift: () => void, done: () => void}} actions
 *   what the reader does; `done` follows at the end of a movement
 * @returns {{elements: HTMLElement[], show: (state: {seen: Uint8Array, row: number, column: number,
 *   isCovered: boolean, pixels: number[]}) => void}}
 */
export function picturePanel(figure, actions) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const square = h("div.cw-lens-square", { "aria-hidden": "true" });
  const stage = h(
    "div.cw-lens-stage",
    {
      tabindex: 0,
      role: "slider",
      "aria-label": "Square that hides nine pixels",
      "aria-valuemin": 1,
      "aria-valuemax": (LAST + 1) ** 2,
    },
    canvas,
    square,
  );
  const cells = Array.from({ length: HOLE ** 2 }, () => h("span"));
  const pixels = h("div.cw-lens-pixels", { role: "img" }, ...cells);
  const note = h("p.cw-lens-note");
  const lift = h("button.cw-small", { type: "button", text: "Show all pixels" });
  const state = { row: 0, column: 0, isCovered: false };
  follow(figure, stage, state, actions);
  figure.on(lift, "click", () => {
    actions.lift();
    actions.done();
    stage.focus({ preventScroll: true }); // the button goes
  });
  return {
    elements: [
      step("1", "Pixels", "cw-lens-first"),
      stage,
      h("div.cw-lens-under", {}, note, pixels, lift),
    ],
    show({ seen, row, column, isCovered, pixels: values }) {
      Object.assign(state, { row, column, isCovered });
      paint(canvas, seen, SIZE, SIZE);
      cover(square, column, row, HOLE, SIZE);
      stage.setAttribute("aria-valuenow", row * (LAST + 1) + column + 1);
      const place = `row ${row + 1}, column ${column + 1}`;
      stage.setAttribute("aria-valuetext", `${place}${isCovered ? "" : ", hides nothing yet"}`);
      note.textContent = isCovered ? "hidden:" : "seen:";
      pixels.setAttribute("aria-label", `Nine pixels under the square: ${values.join(", ")}`);
      const gray = grayColor(255);
      for (const [n, cell] of cells.entries()) {
        cell.textContent = values[n];
        tint(cell, gray(values[n]));
      }
      lift.hidden = !isCovered;
    },
  };
}

/**
 * Build the feature maps.
 *
 * @returns {{elements: HTMLElement[], show: (state: {maps: Float32Array[], limits: number[],
 *   hole: [number, number] | null}) => void}} `limits` get the brightest color; around the `hole`
 *   the maps differ from those of the whole picture
 */
export function mapsPanel() {
  const tiles = Array.from({ length: 9 }, () => {
    const mark = h("div.cw-lens-felt", { hidden: true });
    const canvas = h("canvas");
    return { canvas, mark, element: h("div.cw-lens-map", {}, canvas, mark) };
  });
  const grid = h("div.cw-lens-maps", { role: "img" }, ...tiles.map(({ element }) => element));
  return {
    elements: [step("2", "Features", "cw-lens-second"), grid],
    show({ maps, limits, hole }) {
      for (const [n, { canvas, mark }] of tiles.entries()) {
        paint(canvas, maps[n], MAP, MAP, activationColor(limits[n]));
        mark.hidden = hole === null;
        // A value of a map depends on nine pixels, so the hole is felt two places around its own.
        if (hole) cover(mark, hole[1] - HOLE + 1, hole[0] - HOLE + 1, 2 * HOLE - 1, MAP);
      }
      const around = hole ? "; they change around the hidden pixels" : "";
      grid.setAttribute("aria-label", `Nine feature maps of the first convolution${around}`);
    },
  };
}

/**
 * Build the ten bars.
 *
 * @returns {{elements: HTMLElement[], show: (now: ArrayLike<number>, whole: number[]) => void}}
 *   `whole` is the answer to the whole picture, marked by a line
 */
export function answerPanel() {
  const rows = CLASS_NAMES.map((name) => {
    const [bar, mark] = [h("span.cw-lens-bar"), h("span.cw-lens-before")];
    const share = h("span.cw-lens-share");
    const track = h("span.cw-lens-track", { "aria-hidden": "true" }, bar, mark);
    return { bar, mark, share, element: h("li", {}, h("span", { text: name }), track, share) };
  });
  return {
    elements: [
      step("3", "Predictions", "cw-lens-third"),
      h("ol.cw-lens-bars", {}, ...rows.map(({ element }) => element)),
    ],
    show(now, whole) {
      const winner = best(Array.from(now));
      for (const [label, { bar, mark, share, element }] of rows.entries()) {
        bar.style.width = `${100 * now[label]}%`;
        mark.style.left = `${100 * whole[label]}%`;
        share.textContent = percent(now[label]);
        mark.hidden = share.textContent === percent(whole[label]);
        element.classList.toggle("cw-lens-best", label === winner);
      }
    },
  };
}
