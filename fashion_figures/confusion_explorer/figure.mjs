/**
 * The confusion explorer: the matrix of a model, and the images behind every number.
 */

import { frame, h, roving, uniqueId, whenLoaded } from "../shared/kit.mjs";
import { loadAsset, put, toBytes } from "../shared/state.mjs";
import { CLASS_NAMES } from "../shared/classes.mjs";
import {
  countTable,
  largestMistakes,
  macroAverage,
  members,
  readPredictions,
  scores,
} from "./table.mjs";
import { imageSheet } from "./images.mjs";

// Above this share of the scale a number is written in the other ink; fits both themes' scales.
const OTHER_INK = 0.66;
const SHORT_NAMES = CLASS_NAMES.map(
  (name) => ({ "T-shirt/top": "T-shirt", "Ankle boot": "Boot" })[name] ?? name,
);

const whole = (number) => number.toLocaleString("en-US");
const percent = (share, digits = 1) => `${(share * 100).toFixed(digits)}%`;

/** Say what happened to the images of a cell. */
function cellWords(truth, answer) {
  return truth === answer
    ? `${CLASS_NAMES[truth]} recognized`
    : `${CLASS_NAMES[truth]} taken for ${CLASS_NAMES[answer]}`;
}

function imagesWords(count) {
  return count === 1 ? "1 image" : `${whole(count)} images`;
}

/** The table of a hundred buttons. */
function matrix(figure, table, choose) {
  const buttons = table.map((row, truth) =>
    row.map((_, answer) =>
      h("button.cw-cx-cell", { type: "button", "data-cell": `${truth}/${answer}` }),
    ),
  );
  const heads = CLASS_NAMES.map((name) => h("th", { scope: "col" }, h("span", { text: name })));
  const rowHeads = CLASS_NAMES.map((name, label) =>
    h(
      "th",
      { scope: "row" },
      h("span.cw-cx-long", { text: name }),
      h("span.cw-cx-short", { text: SHORT_NAMES[label] }),
    ),
  );
  const words = h("p.cw-note", {
    id: uniqueId("cw-cx"),
    text: "Rows: what it is. Columns: what the network said.",
  });
  const element = h(
    "table.cw-squares.cw-cx-matrix",
    { "aria-labelledby": words.id },
    h("thead", {}, h("tr", {}, h("td"), ...heads)),
    h(
      "tbody",
      {},
      ...buttons.map((row, truth) =>
        h("tr", {}, rowHeads[truth], ...row.map((button) => h("td", {}, button))),
      ),
    ),
  );
  figure.on(element, "click", (event) => {
    const button = event.target.closest("[data-cell]");
    if (button) choose(button.dataset.cell.split("/").map(Number));
  });
  const all = buttons.flat();
  const settle = roving(
    figure,
    element,
    () => all,
    () => CLASS_NAMES.length,
  );
  const supports = table.map((row) => row.reduce((a, b) => a + b));
  const show = ({ selected, normalize, fade }) => {
    const shares = table.map((row, truth) => row.map((count) => count / (supports[truth] || 1)));
    const values = normalize ? shares : table;
    const scale = values.flatMap((row, truth) =>
      row.filter((_, answer) => !fade || truth !== answer),
    );
    const limit = Math.max(...scale) || 1;
    for (const [truth, row] of buttons.entries()) {
      for (const [answer, button] of row.entries()) {
        const value = values[truth][answer];
        const count = table[truth][answer];
        const level = fade && truth === answer ? 0 : value / limit;
        button.textContent = normalize ? shareText(value) : String(count);
        button.setAttribute(
          "aria-label",
          `${cellWords(truth, answer)}: ${button.textContent}` +
            `${normalize ? " percent" : ` of ${supports[truth]}`}`,
        );
        button.setAttribute(
          "aria-pressed",
          String(truth === selected[0] && answer === selected[1]),
        );
        button.style.setProperty("--cw-cx-level", `${(level * 100).toFixed(1)}%`);
        button.classList.toggle("cw-cx-strong", level >= OTHER_INK);
        button.classList.toggle("cw-cx-none", count === 0);
        button.classList.toggle("cw-cx-faded", fade && truth === answer);
      }
    }
    for (const [label] of CLASS_NAMES.entries()) {
      heads[label].classList.toggle("cw-cx-on", label === selected[1]);
      rowHeads[label].classList.toggle("cw-cx-on", label === selected[0]);
    }
    if (selected.length) settle(buttons[selected[0]][selected[1]]);
  };
  return { element: h("div", {}, words, h("div.cw-cx-frame", {}, element)), show };
}

function shareText(share) {
  return share === 0 ? "0" : (share * 100).toFixed(1);
}

/** Counts or shares, and the color of the diagonal. */
function controls(figure, model) {
  const counts = h("button", { type: "button", text: "Counts" });
  const shares = h("button", { type: "button", text: "Percent of the true class" });
  const fade = h("input", { type: "checkbox" });
  figure.on(counts, "click", () => put(model, { normalize: false }));
  figure.on(shares, "click", () => put(model, { normalize: true }));
  figure.on(fade, "change", () => put(model, { fade_diagonal: fade.checked }));
  return {
    element: h(
      "div.cw-row",
      {},
      h(
        "div.cw-joined.cw-cx-switch",
        { role: "group", "aria-label": "Numbers in the table" },
        counts,
        shares,
      ),
      h("label.cw-cx-check", {}, fade, "Color the mistakes only"),
    ),
    show(state) {
      counts.setAttribute("aria-pressed", String(!state.normalize));
      shares.setAttribute("aria-pressed", String(state.normalize));
      fade.checked = state.fade;
    },
  };
}

/** The largest mistakes, each a way to its cell. */
function shortcuts(figure, table, choose) {
  const buttons = largestMistakes(table, 5).map(({ truth, answer, count }) => {
    const button = h("button.cw-small.cw-cx-shortcut", {
      type: "button",
      text: `${CLASS_NAMES[truth]} → ${CLASS_NAMES[answer]} ${whole(count)}`,
    });
    figure.on(button, "click", () => choose([truth, answer]));
    return button;
  });
  return h(
    "div.cw-row.cw-cx-shortcuts",
    { hidden: !buttons.length },
    h("span", { text: "Largest mistakes:" }),
    ...buttons,
  );
}

/** Precision, recall, F1 and support of the classes concerned. */
function scoreTable(table) {
  const body = h("tbody");
  const element = h(
    "table.cw-cx-scores",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("td"),
        ...["precision", "recall", "F1", "support"].map((text) => h("th", { scope: "col", text })),
      ),
    ),
    body,
  );
  const line = (name, { precision, recall, f1, support }) =>
    h(
      "tr",
      {},
      h("th", { scope: "row", text: name }),
      ...[precision, recall, f1].map((value) => h("td", { text: value.toFixed(3) })),
      h("td", { text: whole(support) }),
    );
  return {
    element,
    show({ selected }) {
      const labels = [...new Set(selected)];
      body.replaceChildren(
        ...labels.map((label) => line(CLASS_NAMES[label], scores(table, label))),
        line("macro average", macroAverage(table)),
      );
    },
  };
}

function summary({ count, truth, predicted, suspect }) {
  const right = truth.reduce((sum, label, n) => sum + (label === predicted[n] ? 1 : 0), 0);
  const suspects = suspect.reduce((sum, mark) => sum + mark, 0);
  return h(
    "p",
    {},
    `Of ${whole(count)} test images, the network names ${whole(right)} correctly (${percent(right / count)}). ` +
      `The other ${whole(count - right)} are in this table, off the diagonal. ` +
      `In ${whole(suspects)} of them, the label itself is a suspect, by a rule of thumb. Open a cell to look at its images.`,
  );
}

/** Say what a cell holds. */
function cellSentence(table, [truth, answer]) {
  const count = table[truth][answer];
  const support = table[truth].reduce((a, b) => a + b);
  if (!count) return `${cellWords(truth, answer)}: no image.`;
  return `${cellWords(truth, answer)}: ${imagesWords(count)}, ${percent(count / support)} of the true class.`;
}

/** Set the figure up for a model's predictions. */
function start(figure, model, predictions) {
  const table = countTable(predictions);
  let announce = false;
  const choose = (cell) => {
    announce = true;
    put(model, { selected: cell });
  };
  const title = h("p.cw-cx-title");
  const sheet = imageSheet(figure, model, predictions, SHORT_NAMES);
  const parts = [controls(figure, model), matrix(figure, table, choose), scoreTable(table)];
  const [switches, grid, numbers] = parts.map(({ element }) => element);
  const detail = h("div.cw-cx-detail", {}, title, numbers, sheet.element);
  figure.body.replaceChildren(
    summary(predictions),
    switches,
    grid,
    shortcuts(figure, table, choose),
    detail,
  );

  const show = () => {
    const selected = model.get("selected") ?? [];
    const state = { selected, normalize: model.get("normalize"), fade: model.get("fade_diagonal") };
    for (const part of parts) part.show(state);
    const words = selected.length ? cellSentence(table, selected) : "No cell is open.";
    title.textContent = words;
    sheet.show(selected, selected.length ? members(predictions, ...selected) : []);
    figure.root.dataset.cell = selected.join("/");
    if (announce) figure.say(words);
    announce = false;
  };
  figure.follow(["selected", "normalize", "fade_diagonal"], show);
}

export default {
  render({ model, el }) {
    const figure = frame(el, model, "cw-cx");
    let shown = null; // what belongs to the predictions shown, undone when others come
    figure.watch("predictions", (value) => {
      shown?.cleanup();
      shown = figure.part();
      const own = toBytes(value);
      whenLoaded(
        shown,
        "The predictions",
        async () => own ?? loadAsset(model, "predictions"),
        (bytes) => start(shown, model, readPredictions(bytes)),
      );
    });
    return figure.cleanup;
  },
};
