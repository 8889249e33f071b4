/** Fool the network: erase, paint, shift and turn the 28×28 pixels, freely or for a challenge. */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { h, uniqueId } from "../shared/kit.mjs";
import { paint } from "../shared/paint.mjs";
import { probability } from "../shared/percent.mjs";
import { CHALLENGES, forgetBest } from "./challenges.mjs";
import { SIZE, dab, wayTo } from "./edits.mjs";
import { paced } from "./paced.mjs";
import { choice, followPointer } from "./pens.mjs";

const ARROWS = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};
const PENS = { Erase: 0, "Paint white": 255 };
const WIDTHS = { "1 pixel": 1, "3 × 3": 3 };
const ANGLE = 10;
const TRIES = 4; // changes before each hint

/** Say how far a challenge is, and what decides. */
function progress({ order, probabilities, evidence, reference, edit }) {
  const { label, needsThreshold } = CHALLENGES[edit.challenge];
  const asked = label ?? order[0];
  const answer = `${CLASS_NAMES[asked]}, ${probability(probabilities[asked])}`;
  const verdict = edit.isMet ? "Done" : "Not yet";
  if (!needsThreshold) return `${verdict}: ${answer}.`;
  if (!reference) return "No threshold was measured for this network, so nothing decides here.";
  const [found, limit] = [evidence, reference.threshold].map((value) =>
    value.toFixed(2).replace("-", "−"),
  );
  const side = evidence < reference.threshold ? "below" : "not below";
  return `${verdict}: ${answer}; evidence ${found}, ${side} ${limit}.`;
}

/** One hint after some tries, and another one after more. */
function hintsFor(challenge, tries) {
  return (CHALLENGES[challenge].hints ?? []).slice(0, Math.floor(tries / TRIES));
}

/** The choice of a challenge, its counter, and the best score. */
function challengeView(figure, editing) {
  const select = h(
    "select.cw-small",
    { "aria-label": "Challenge" },
    h("option", { value: "", text: "No challenge: play" }),
    ...Object.entries(CHALLENGES).map(([value, { title }]) => h("option", { value, text: title })),
  );
  const task = h("p.cw-note");
  const count = h("strong");
  const standing = h("span");
  const forget = h("button.cw-small", { type: "button", text: "Forget the best", hidden: true });
  figure.on(select, "change", () => editing.take(select.value));
  figure.on(forget, "click", () => {
    forgetBest();
    editing.answer();
  });
  return {
    element: h(
      "div.cw-pic-challenge",
      {},
      select,
      task,
      h("p.cw-pic-count", {}, count, standing),
      forget,
    ),
    show(state) {
      const { edit } = state;
      const challenge = edit?.challenge ?? "";
      select.value = challenge;
      task.textContent = challenge
        ? [CHALLENGES[challenge].words, ...hintsFor(challenge, editing.past.length)].join(" ")
        : "How little makes it change its mind? Erase, paint, shift or turn, and watch the bars.";
      count.textContent = `${edit?.count ?? 0} of ${SIZE * SIZE} pixels changed. `;
      const best = edit?.best ?? null;
      const score = best === null ? "" : ` Best on this device: ${best}.`;
      standing.textContent = challenge ? `${progress(state)}${score}` : "";
      standing.classList.toggle("cw-pic-done", edit?.isMet ?? false);
      forget.hidden = best === null;
    },
  };
}

/**
 * Build the picture that can be changed, and its tools.
 *
 * @param {object} figure of `frame`
 * @param {object} lab of `laboratoryOf`
 * @returns {{surface: HTMLElement, tools: HTMLElement, challenge: HTMLElement,
 *   show: (state: object) => void}}
 */
export function foolView(figure, lab) {
  const { editing } = lab;
  const hint = uniqueId("cw-pic-hint");
  const canvas = h("canvas.cw-pic-square.cw-pic-edit", {
    role: "application",
    tabindex: "0",
    "aria-roledescription": "painting surface",
    "aria-label": "The 28 by 28 pixels, to paint on",
    "aria-keyshortcuts": "ArrowLeft ArrowRight ArrowUp ArrowDown Space",
    "aria-describedby": hint,
  });
  const cursor = h("span.cw-pic-cell", { "aria-hidden": "true" });
  const pen = { value: 0, width: 1, row: SIZE / 2, column: SIZE / 2 };
  const repaint = () => paint(canvas, editing.now.pixels, SIZE, SIZE);
  const pace = paced(figure, () => editing.answer(true));
  const touch = () => {
    dab(editing.now.pixels, pen, pen.width, pen.value);
    repaint();
    pace.ask();
  };
  const finish = () => {
    pace.cancel(); // the finished change is answered in its place
    repaint();
    return editing.answer();
  };
  const follow = () => {
    cursor.style.left = `${(100 * pen.column) / SIZE}%`;
    cursor.style.top = `${(100 * pen.row) / SIZE}%`;
  };
  const cellAt = (place) => {
    const [column, row] = place.map((at) => Math.min(SIZE - 1, Math.max(0, Math.floor(at * SIZE))));
    return { row, column };
  };
  followPointer(figure, canvas, {
    begin(place) {
      Object.assign(pen, cellAt(place));
      editing.change();
      touch();
    },
    go(place) {
      for (const step of wayTo(pen, cellAt(place))) {
        Object.assign(pen, step);
        touch();
      }
    },
    end() {
      follow();
      finish();
    },
  });
  figure.on(canvas, "keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in ARROWS) {
      const [down, across] = ARROWS[event.key];
      pen.row = Math.min(SIZE - 1, Math.max(0, pen.row + down));
      pen.column = Math.min(SIZE - 1, Math.max(0, pen.column + across));
    } else if (event.key !== " ") return;
    event.preventDefault();
    follow();
    if (event.key === " " || event.shiftKey) {
      editing.change();
      touch();
      return void finish();
    }
    const value = editing.now.pixels[pen.row * SIZE + pen.column];
    figure.say(`Row ${pen.row + 1}, column ${pen.column + 1}: ${value}.`);
  });
  const button = (text, label, action) => {
    const element = h("button.cw-small", { type: "button", text, "aria-label": label });
    figure.on(element, "click", () => {
      action();
      finish();
    });
    return element;
  };
  const challenge = challengeView(figure, editing);
  const undo = button("Undo", null, () => editing.undo());
  const tools = h(
    "div.cw-pic-tools",
    {},
    h(
      "div.cw-row",
      {},
      choice(figure, "Pen", PENS, (value) => {
        pen.value = value;
      }),
      undo,
    ),
    h(
      "div.cw-row",
      {},
      choice(figure, "Width of the pen", WIDTHS, (width) => {
        pen.width = width;
      }),
      button("Start over", null, () => editing.startOver()),
    ),
    h(
      "div.cw-pic-moves",
      {},
      button("←", "Shift left", () => editing.shift(0, -1)),
      button("↑", "Shift up", () => editing.shift(-1, 0)),
      button("↓", "Shift down", () => editing.shift(1, 0)),
      button("→", "Shift right", () => editing.shift(0, 1)),
      button("↺", `Turn left by ${ANGLE} degrees`, () => editing.turn(-ANGLE)),
      button("↻", `Turn right by ${ANGLE} degrees`, () => editing.turn(ANGLE)),
    ),
    h(
      "p.cw-note.cw-pic-keys",
      { id: hint },
      "By keyboard: arrow keys move to a pixel, Space paints it, Shift with an arrow key paints on " +
        "the way.",
    ),
  );
  follow();
  return {
    surface: h("div.cw-pic-stage", {}, canvas, cursor),
    tools,
    challenge: challenge.element,
    show(state) {
      repaint();
      const isUsed = undo.getRootNode().activeElement === undo;
      undo.disabled = editing.past.length === 0;
      if (undo.disabled && isUsed) canvas.focus({ preventScroll: true });
      challenge.show(state);
    },
  };
}
