/** A sheet to draw a garment on, by mouse, finger, pen or keyboard. */

import { h, uniqueId } from "../shared/kit.mjs";

const EDGE = 336; // twelve times 28
const MOVE = EDGE / 28;
const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
/** Paper, line and filling; the filling is a softer tone, as cloth is. */
const SHEETS = {
  "White on black": { paper: "#000000", line: "#ffffff", filling: "#b4b4b4" },
  "Dark on white": { paper: "#ffffff", line: "#141414", filling: "#5a5a5a" },
};
const PENS = { Thin: 8, Medium: 16, Thick: 30 };

/** What has been drawn, so that a stroke can be taken back. */
class Sheet {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.strokes = []; // { points, width, isFilled }
    this.colors = SHEETS["White on black"];
  }

  begin(point, width, isFilled) {
    this.strokes.push({ points: [point], width, isFilled });
    this.paint();
  }

  extend(point) {
    this.strokes.at(-1).points.push(point);
    this.paint();
  }

  paint() {
    const { context, colors } = this;
    context.fillStyle = colors.paper;
    context.fillRect(0, 0, EDGE, EDGE);
    context.lineCap = context.lineJoin = "round";
    for (const { points, width, isFilled } of this.strokes) {
      context.beginPath();
      context.moveTo(...points[0]);
      for (const point of points) context.lineTo(...point);
      if (isFilled && points.length > 2) {
        context.closePath();
        context.fillStyle = colors.filling;
        context.fill();
      }
      context.strokeStyle = colors.line;
      context.lineWidth = width;
      context.stroke();
    }
  }

  /** @returns {Promise<Blob>} the sheet as a PNG file */
  file() {
    return new Promise((resolve, reject) => {
      this.canvas.toBlob((blob) => {
        if (blob) resolve(blob);
        else reject(new Error("the drawing could not be kept."));
      }, "image/png");
    });
  }
}

/** Follow a mouse, a finger or a pen. */
function followPointer(figure, canvas, pen, sheet, done) {
  let isDown = false;
  const locate = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * EDGE,
      ((event.clientY - box.top) / box.height) * EDGE,
    ];
  };
  figure.on(canvas, "pointerdown", (event) => {
    if (event.button !== 0 || isDown || pen.isDown) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    isDown = true;
    sheet.begin(locate(event), pen.width, pen.isFilling);
  });
  figure.on(canvas, "pointermove", (event) => {
    if (isDown) sheet.extend(locate(event));
  });
  for (const type of ["pointerup", "pointercancel"]) {
    figure.on(canvas, type, () => {
      if (!isDown) return;
      isDown = false;
      done();
    });
  }
}

/** Arrow keys move the pen, the space bar puts it down and lifts it. */
function followKeys(figure, canvas, pen, sheet, actions) {
  figure.on(canvas, "keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in ARROWS) {
      const far = event.shiftKey ? 4 : 1;
      const moved = (value, n) => value + ARROWS[event.key][n] * MOVE * far;
      pen.at = pen.at.map(moved).map((value) => Math.min(EDGE, Math.max(0, value)));
      if (pen.isDown) sheet.extend(pen.at);
    } else if (event.key === " ") {
      pen.isDown = !pen.isDown;
      if (pen.isDown) sheet.begin(pen.at, pen.width, pen.isFilling);
      else actions.done();
      actions.say(pen.isDown ? "Pen down: arrow keys draw." : "Pen up.");
    } else return;
    event.preventDefault();
    actions.moved();
  });
}

/** Make a row of buttons of which one is pressed. */
function choice(figure, label, names, chosen, choose) {
  const buttons = names.map((name) =>
    h("button", { type: "button", text: name, "aria-pressed": String(name === chosen) }),
  );
  for (const button of buttons) {
    figure.on(button, "click", () => {
      for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
      choose(button.textContent);
    });
  }
  return h("div.cw-joined", { role: "group", "aria-label": label }, ...buttons);
}

/** The rows of buttons below the sheet. */
function controls(figure, pen, sheet, { done, clear, close }) {
  const filling = h("input", { type: "checkbox", checked: true });
  figure.on(filling, "change", () => {
    pen.isFilling = filling.checked;
  });
  const button = (text, action) => {
    const element = h("button", { type: "button", text });
    figure.on(element, "click", action);
    return element;
  };
  const colors = choice(figure, "Sheet", Object.keys(SHEETS), "White on black", (name) => {
    sheet.colors = SHEETS[name];
    sheet.paint();
    if (sheet.strokes.length) done();
  });
  const pens = choice(figure, "Pen", Object.keys(PENS), "Thin", (name) => {
    pen.width = PENS[name];
  });
  const undo = button("Undo", () => {
    pen.isDown = false;
    sheet.strokes.pop();
    sheet.paint();
    if (sheet.strokes.length) done();
    else clear();
  });
  const wipe = button("Clear", () => {
    pen.isDown = false;
    sheet.strokes = [];
    sheet.paint();
    clear();
  });
  return [
    h("div.cw-row", {}, colors, pens),
    h("div.cw-row", {}, h("label", {}, filling, "Fill shapes"), undo, wipe, button("Close", close)),
  ];
}

/**
 * Build the drawing's panel, closed.
 *
 * @param {object} figure of `frame`
 * @param {{take: (drawing: Promise<Blob>) => void, clear: () => void, closed: () => void}}
 *   actions `take` is called whenever a stroke is finished
 * @returns {{element: HTMLElement, open: () => void, close: () => void,
 *   tell: (text: string) => void}} `tell` writes a line below the sheet
 */
export function drawingPanel(figure, { take, clear, closed }) {
  const hint = uniqueId("cw-pic-hint");
  const canvas = h("canvas.cw-pic-sheet", {
    role: "img",
    tabindex: "0",
    "aria-label": "Sheet to draw on",
    "aria-describedby": hint,
    width: EDGE,
    height: EDGE,
  });
  const cursor = h("span.cw-pic-pen", { "aria-hidden": "true" });
  const pen = { at: [EDGE / 2, EDGE / 2], isDown: false, width: PENS.Thin, isFilling: true };
  const told = h("p.cw-pic-told");
  const sheet = new Sheet(canvas);
  const done = () => take(sheet.file());
  const moved = () => {
    cursor.style.left = `${(100 * pen.at[0]) / EDGE}%`;
    cursor.style.top = `${(100 * pen.at[1]) / EDGE}%`;
    cursor.classList.toggle("cw-pic-down", pen.isDown);
    const [column, row] = pen.at.map((value) => Math.round(value / MOVE));
    const height = pen.isDown ? "down" : "up";
    canvas.setAttribute(
      "aria-label",
      `Sheet to draw on. Pen ${height}, column ${column}, row ${row}`,
    );
  };
  const close = () => {
    if (element.hidden) return;
    element.hidden = true;
    closed();
  };
  const element = h(
    "div.cw-pic-panel",
    { hidden: true },
    h("p.cw-note", {
      id: hint,
      text:
        "Go around the outline of a garment in one stroke; it is filled when you lift the pen, " +
        "and answered. By keyboard: arrow keys move the pen, Space puts it down and lifts it, " +
        "Shift moves it faster.",
    }),
    h("div.cw-pic-stage", {}, canvas, cursor),
    told,
    ...controls(figure, pen, sheet, { done, clear, close }),
  );
  followPointer(figure, canvas, pen, sheet, done);
  followKeys(figure, canvas, pen, sheet, { done, moved, say: figure.say });
  sheet.paint();
  moved();
  return {
    element,
    open() {
      element.hidden = false;
      canvas.focus({ preventScroll: true });
    },
    close,
    tell(text) {
      told.textContent = text;
    },
  };
}
