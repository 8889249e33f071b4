/** The input of the convolution explorer: a picture with a window to move, or a sheet to draw on. */

import { h } from "../shared/kit.mjs";
import { cover } from "../shared/paint.mjs";
import { SIZE, WINDOW, placeNear } from "./numbers.mjs";

const DOT = [
  [0, 0, 255],
  [0, 1, 160],
  [1, 0, 160],
  [0, -1, 160],
  [-1, 0, 160],
];

/** Leave a dot of ink, or of nothing, in a picture. */
function dot(image, x, y, ink) {
  for (const [down, right, value] of DOT) {
    const [row, column] = [y + down, x + right];
    if (row < 0 || row >= SIZE || column < 0 || column >= SIZE) continue;
    const place = row * SIZE + column;
    image[place] = ink ? Math.max(image[place], value) : 0;
  }
}

/**
 * Draw from one pixel to another.
 *
 * @param {Uint8Array} image 784 gray values; left alone
 * @param {[number, number]} from x and y
 * @param {[number, number]} to
 * @param {boolean} ink false erases
 * @returns {Uint8Array} the new picture
 */
export function stroke(image, from, to, ink) {
  const result = Uint8Array.from(image);
  const steps = Math.max(Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]), 1);
  for (let step = 0; step <= steps; step += 1) {
    const [x, y] = [0, 1].map((k) => Math.round(from[k] + ((to[k] - from[k]) * step) / steps));
    dot(result, x, y, ink);
  }
  return result;
}

/** Paint the picture; the rim of zeros stays transparent and shows the pattern below. */
function paintInput(canvas, image, shape) {
  const total = SIZE + shape.before + shape.after;
  if (canvas.width !== total) canvas.width = canvas.height = total;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(SIZE, SIZE);
  for (let i = 0; i < SIZE * SIZE; i += 1) {
    picture.data.set([image[i], image[i], image[i], 255], 4 * i);
  }
  context.clearRect(0, 0, total, total);
  context.putImageData(picture, shape.before, shape.before);
}

/** Let a pointer move the window, or draw. */
function followPointer(figure, stage, state, actions) {
  const locate = (event) => {
    const box = stage.getBoundingClientRect();
    const total = SIZE + state.shape.before + state.shape.after;
    return [
      ((event.clientX - box.left) / box.width) * total - state.shape.before,
      ((event.clientY - box.top) / box.height) * total - state.shape.before,
    ];
  };
  let last = null;
  const follow = (event) => {
    const point = locate(event);
    if (state.drawing) {
      const pixel = point.map((part) => Math.min(SIZE - 1, Math.max(0, Math.floor(part))));
      state.pen = pixel;
      actions.draw(last ?? pixel, pixel);
      last = pixel;
    } else {
      actions.move(placeNear(point[1], state.shape), placeNear(point[0], state.shape));
      last = point;
    }
  };
  figure.on(stage, "pointerdown", (event) => {
    if (event.button !== 0) return;
    // A finger scrolls the page, unless it has the window itself, or draws.
    const handle = event.target.closest(".cw-conv-window");
    if (event.pointerType === "touch" && !state.drawing && !handle) return;
    event.preventDefault(); // no selection of text while dragging
    stage.focus({ preventScroll: true });
    stage.setPointerCapture(event.pointerId);
    follow(event);
  });
  figure.on(stage, "pointermove", (event) => {
    if (last) follow(event);
  });
  for (const type of ["pointerup", "pointercancel"]) {
    figure.on(stage, type, () => {
      if (last) actions.done();
      last = null;
    });
  }
  figure.on(stage, "click", (event) => {
    if (state.drawing || event.target.closest(".cw-conv-window")) return;
    follow(event); // a tap
    last = null;
    actions.done();
  });
}

/** Let the keyboard move the window, or the pen. */
function followKeys(figure, stage, state, actions) {
  const arrows = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  };
  const movePen = (event) => {
    const [x, y] = state.pen;
    const [right, down] = arrows[event.key];
    const next = [x + right, y + down].map((part) => Math.min(SIZE - 1, Math.max(0, part)));
    state.pen = next;
    if (state.penDown) actions.draw([x, y], next);
    actions.done();
  };
  const moveWindow = (event) => {
    const last = state.shape.size - 1;
    const ends = { Home: 0, End: last };
    if (event.key in ends) {
      actions.move(event.ctrlKey ? ends[event.key] : state.row, ends[event.key]);
    } else {
      const [right, down] = arrows[event.key];
      const within = (place) => Math.min(last, Math.max(0, place));
      actions.move(within(state.row + down), within(state.column + right));
    }
    actions.done();
  };
  figure.on(stage, "keydown", (event) => {
    if (event.altKey || event.metaKey) return;
    if (event.key === " " && state.drawing) {
      state.penDown = !state.penDown;
      if (state.penDown) actions.draw(state.pen, state.pen);
      actions.done();
    } else if (event.key in arrows) {
      (state.drawing ? movePen : moveWindow)(event);
    } else if (!state.drawing && ["Home", "End"].includes(event.key)) {
      moveWindow(event);
    } else {
      return;
    }
    event.preventDefault();
  });
}

/**
 * Build the input.
 *
 * The stage is a slider for assistive technology: its value is the number of the position, its
 * text says where that is and what the sum there is.
 *
 * @param {object} figure what `frame` returned
 * @param {{move: (row: number, column: number) => void,
 *   draw: (from: [number, number], to: [number, number]) => void, done: () => void}} actions
 *   what the reader does; `done` follows at the end of a movement
 * @returns {{element: HTMLElement, show: Function, place: Function, point: Function,
 *   useSheet: (on: boolean) => void}}
 */
export function inputPanel(figure, actions) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const frameOfWindow = h("div.cw-conv-window", { "aria-hidden": "true" });
  const ghost = h("div.cw-conv-ghost", { "aria-hidden": "true", hidden: true });
  const pen = h("div.cw-conv-pen", { "aria-hidden": "true", hidden: true });
  const stage = h("div.cw-conv-stage.cw-conv-input", { tabindex: 0, role: "slider" });
  stage.append(canvas, ghost, frameOfWindow, pen);
  const caption = h("p.cw-note.cw-conv-caption");
  const hint = h("p.cw-note.cw-conv-hint");
  const element = h("div.cw-conv-panel", {}, caption, stage, hint);
  const state = { shape: null, row: 0, column: 0, drawing: false, pen: [14, 14], penDown: false };
  followPointer(figure, stage, state, actions);
  followKeys(figure, stage, state, actions);
  const total = () => SIZE + state.shape.before + state.shape.after;
  const corner = (place) => place * state.shape.stride;

  return {
    element,
    /** Show a picture, with the rim that the padding gives it. */
    show(image, shape) {
      state.shape = shape;
      paintInput(canvas, image, shape);
      const rim = shape.before + shape.after ? " in a rim of zeros" : "";
      caption.textContent = `Input: ${SIZE} × ${SIZE} pixels${rim}`;
    },
    /** Put the window at a place of the output; `words` say what it finds there. */
    place(row, column, words) {
      Object.assign(state, { row, column });
      cover(frameOfWindow, corner(column), corner(row), WINDOW, total());
      pen.hidden = !state.drawing;
      hint.textContent = state.drawing
        ? "By keyboard: arrow keys move the pen, Space puts it down and lifts it."
        : "Drag the window or use arrow keys.";
      const [x, y] = state.pen;
      cover(pen, x + state.shape.before, y + state.shape.before, 1, total());
      const { size } = state.shape;
      const values = state.drawing
        ? [
            y * SIZE + x + 1,
            SIZE * SIZE,
            `row ${y}, column ${x}, pen ${state.penDown ? "down" : "up"}`,
          ]
        : [row * size + column + 1, size * size, words];
      stage.setAttribute("aria-label", state.drawing ? "Pen" : "Place of the window");
      stage.setAttribute("aria-valuemin", "1");
      stage.setAttribute("aria-valuenow", values[0]);
      stage.setAttribute("aria-valuemax", values[1]);
      stage.setAttribute("aria-valuetext", values[2]);
    },
    /** Outline the window of another place, or of none. */
    point(place) {
      ghost.hidden = place === null;
      if (place) cover(ghost, corner(place[1]), corner(place[0]), WINDOW, total());
    },
    /** Turn the input into a sheet to draw on, and back. */
    useSheet(on) {
      state.drawing = on;
      state.penDown = false;
      stage.classList.toggle("cw-conv-sheet", on);
      if (on) stage.focus();
    },
  };
}
