/** A sheet to draw a garment on, by mouse, finger, pen or keyboard. */

import { h, uniqueId } from "../shared/kit.mjs";
import { paced } from "./paced.mjs";
import { choice, followPointer } from "./pens.mjs";

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
    // The option keeps the sheet in main memory: it is read while it is drawn on.
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.strokes = []; // { points, width, isFilled }; { isClean: true } where all was wiped off
    this.colors = SHEETS["White on black"];
    this.painted = () => {}; // called after each change
  }

  get isEmpty() {
    return this.strokes.length === 0 || this.strokes.at(-1).isClean === true;
  }

  /** Wipe the sheet; that can be taken back, too. */
  clean() {
    if (!this.isEmpty) this.strokes.push({ isClean: true });
    this.paint();
  }

  undo() {
    this.strokes.pop();
    this.paint();
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
    const shown = this.strokes.slice(this.strokes.findLastIndex(({ isClean }) => isClean) + 1);
    for (const { points, width, isFilled } of shown) {
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
    this.painted();
  }

  /** @returns {ImageData} */
  pixels() {
    return this.context.getImageData(0, 0, EDGE, EDGE);
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

/** Arrow keys move the pen, the space bar puts it down and lifts it. */
function followKeys(figure, canvas, pen, sheet, actions) {
  figure.on(canvas, "keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in ARROWS) {
      const far = event.shiftKey ? 4 : 1;
      const moved = (value, n) => value + ARROWS[event.key][n] * MOVE * far;
      pen.at = pen.at.map(moved).map((value) => Math.min(EDGE, Math.max(0, value)));
      if (pen.isDown) sheet.extend(pen.at);
      if (pen.isDown) actions.drawn();
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

/** The rows of buttons below the sheet. */
function controls(figure, pen, sheet, { done, cleared }) {
  const filling = h("input", { type: "checkbox", checked: true });
  figure.on(filling, "change", () => {
    pen.isFilling = filling.checked;
  });
  const button = (text, action) => {
    const element = h("button.cw-small", { type: "button", text });
    figure.on(element, "click", () => {
      pen.isDown = false;
      action();
      if (sheet.isEmpty) cleared();
      else done();
    });
    return element;
  };
  const colors = choice(figure, "Sheet", SHEETS, (shades) => {
    sheet.colors = shades;
    sheet.paint();
    if (!sheet.isEmpty) done();
  });
  const pens = choice(figure, "Pen", PENS, (width) => {
    pen.width = width;
  });
  const undo = button("Undo", () => sheet.undo());
  const clear = button("Clear", () => sheet.clean());
  sheet.painted = () => {
    undo.disabled = sheet.strokes.length === 0;
    clear.disabled = sheet.isEmpty;
  };
  return [h("div.cw-row", {}, undo, clear, h("label", {}, filling, "Fill shapes")), pens, colors];
}

/**
 * Build the sheet and its tools.
 *
 * @param {object} figure of `frame`
 * @param {{take: (drawing: Promise<Blob>) => void, trace: (image: ImageData) => void,
 *   leave: () => void, clear: () => void, back: () => void}} actions `take` is called whenever a
 *   stroke is finished, `trace` while it is drawn, `leave` when a clean sheet is opened, `clear`
 *   when it has become one, `back` when it is left
 * @returns {{surface: HTMLElement, tools: HTMLElement, open: () => void, close: () => void}}
 */
export function drawingView(figure, { take, trace, leave, clear, back }) {
  const hint = uniqueId("cw-pic-hint");
  const canvas = h("canvas.cw-pic-sheet", {
    role: "application",
    tabindex: "0",
    "aria-roledescription": "drawing surface",
    "aria-label": "Sheet to draw on",
    "aria-keyshortcuts": "ArrowLeft ArrowRight ArrowUp ArrowDown Space",
    "aria-describedby": hint,
    width: EDGE,
    height: EDGE,
  });
  const cursor = h("span.cw-pic-pen", { "aria-hidden": "true" });
  const pen = { at: [EDGE / 2, EDGE / 2], isDown: false, width: PENS.Thin, isFilling: true };
  const sheet = new Sheet(canvas);
  const pace = paced(figure, () => trace(sheet.pixels()));
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
  const actions = {
    done() {
      pace.cancel(); // the finished stroke is answered in its place
      take(sheet.file());
    },
    cleared() {
      pace.cancel();
      clear();
    },
    drawn: pace.ask,
    moved,
    say: figure.say,
  };
  const tools = h(
    "div.cw-pic-tools",
    {},
    ...controls(figure, pen, sheet, actions),
    h(
      "p.cw-note",
      { id: hint },
      "Go around the outline of a garment in one stroke. ",
      h("span.cw-pic-keys", {
        text:
          "By keyboard: arrow keys move the pen, Space puts it down and lifts it, Shift moves it " +
          "faster.",
      }),
    ),
  );
  const onSheet = (place) => place.map((at) => at * EDGE);
  const pointer = {
    begin(place) {
      sheet.begin(onSheet(place), pen.width, pen.isFilling);
      pace.ask();
    },
    go(place) {
      sheet.extend(onSheet(place));
      pace.ask();
    },
    end: actions.done,
  };
  followPointer(figure, canvas, pointer, () => pen.isDown);
  followKeys(figure, canvas, pen, sheet, actions);
  sheet.paint();
  moved();
  return {
    surface: h("div.cw-pic-stage", {}, canvas, cursor),
    tools,
    open() {
      if (sheet.isEmpty) leave();
      else actions.done();
    },
    close() {
      if (sheet.isEmpty) back();
    },
  };
}
