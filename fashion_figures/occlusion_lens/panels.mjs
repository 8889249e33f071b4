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

/** Let a pointer and the keyboard move the square. Returns whether a pointer drags it. */
function follow(figure, stage, state, { move, lift, clear, done }) {
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
    } else if (event.key === "Escape" && (isCovered || state.isTraced)) {
      if (isCovered) lift();
      else clear();
    } else {
      return;
    }
    event.preventDefault();
    done();
  });
  return () => isDragged;
}

/** Tint the middle of each place where the square has been, in the colors of the legend. */
function drawTrail(canvas, tints) {
  if (canvas.width !== SIZE) canvas.width = canvas.height = SIZE;
  const context = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  const [kept, fell] = ["accent", "warm"].map((name) => style.getPropertyValue(`--course-${name}`));
  context.clearRect(0, 0, SIZE, SIZE);
  for (const [row, column, fall] of tints) {
    const share = Math.sqrt(fall); // small falls show, too
    for (const [color, alpha] of [
      [kept, 0.55 * (1 - share)],
      [fell, share],
    ]) {
      context.globalAlpha = alpha;
      context.fillStyle = color.trim();
      context.fillRect(column + 1, row + 1, 1, 1);
    }
  }
}

/**
 * Build the picture with the square, and the nine pixels under it.
 *
 * The stage is a slider for assistive technology: its value is the number of the place, its text says
 * where that is and whether it is hidden.
 *
 * @param {object} figure what `frame` returned
 * @param {{move: (row: number, column: number) => void, lift: () => void, clear: () => void,
 *   done: () => void}} actions what the reader does; `done` follows at the end of a movement
 * @returns {{elements: HTMLElement[], isDragged: () => boolean, show: (state: {seen: Uint8Array,
 *   row: number, column: number, isCovered: boolean, pixels: number[],
 *   tints: [number, number, number][]}) => void}} `tints` are rows, columns and falls, 0 to 1
 */
export function picturePanel(figure, actions) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const trail = h("canvas.cw-lens-trail", { "aria-hidden": "true" });
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
    trail,
    square,
  );
  const cells = Array.from({ length: HOLE ** 2 }, () => h("span"));
  const pixels = h("div.cw-lens-pixels", { role: "img" }, ...cells);
  const note = h("p.cw-lens-note");
  const back = h("button.cw-small", { type: "button" }); // first the pixels, then the trace
  const legend = h(
    "p.cw-lens-key",
    {},
    h("span", { text: "Trace: answer" }),
    h("span.cw-lens-kept", { text: "kept" }),
    h("span.cw-lens-fell", { text: "fell" }),
  );
  const state = { row: 0, column: 0, isCovered: false, isTraced: false };
  const isDragged = follow(figure, stage, state, actions);
  figure.on(back, "click", () => {
    if (state.isCovered) actions.lift();
    else actions.clear();
    actions.done();
    stage.focus({ preventScroll: true }); // the button changes, or goes
  });
  return {
    elements: [
      step("1", "Pixels", "cw-lens-first"),
      stage,
      h("div.cw-lens-under", {}, note, pixels, back),
      legend,
    ],
    isDragged,
    show({ seen, row, column, isCovered, pixels: values, tints }) {
      const isTraced = tints.length > 0;
      Object.assign(state, { row, column, isCovered, isTraced });
      drawTrail(trail, tints);
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
      back.textContent = isCovered ? "Show all pixels" : "Clear the trace";
      back.hidden = !isCovered && !isTraced;
      legend.hidden = !isTraced;
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
