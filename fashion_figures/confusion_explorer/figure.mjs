/**
 * The confusion explorer: the matrix of a model, and the images behind every number.
 */

import { frame, h, whenLoaded } from "../shared/kit.mjs";
import { loadAsset, put, toBytes } from "../shared/state.mjs";
import { CLASS_NAMES } from "../shared/classes.mjs";
import { percent } from "../shared/percent.mjs";
import { matrix } from "./matrix.mjs";
import { ownGarment } from "./mine.mjs";
import { imagePanel } from "./panel.mjs";
import {
  ANY,
  countTable,
  largestMistakes,
  macroAverage,
  readPredictions,
  rowShares,
  scores,
} from "./table.mjs";
import { whole } from "./words.mjs";

const SHORTCUTS = 5;

/** Counts or shares, and the color of the diagonal. */
function controls(figure, model) {
  const counts = h("button.cw-small", { type: "button", text: "Counts" });
  const shares = h("button.cw-small", { type: "button", text: "Percent of the true class" });
  const fade = h("input", { type: "checkbox" });
  figure.on(counts, "click", () => put(model, { normalize: false }));
  figure.on(shares, "click", () => put(model, { normalize: true }));
  figure.on(fade, "change", () => put(model, { fade_diagonal: fade.checked }));
  return {
    element: h(
      "div.cw-row",
      {},
      h("div.cw-joined", { role: "group", "aria-label": "Numbers in the table" }, counts, shares),
      h("label.cw-cx-check", {}, fade, "Color the mistakes only"),
    ),
    show(state) {
      counts.setAttribute("aria-pressed", String(!state.normalize));
      shares.setAttribute("aria-pressed", String(state.normalize));
      fade.checked = state.fade;
    },
  };
}

/** The largest mistakes, in the numbers of the matrix, each a way to its cell. */
function shortcuts(figure, table, choose) {
  const shares = rowShares(table);
  const buttons = Array.from({ length: SHORTCUTS }, () =>
    h("button.cw-small.cw-cx-shortcut", { type: "button" }),
  );
  let largest = [];
  buttons.forEach((button, n) => {
    figure.on(button, "click", () => choose([largest[n].truth, largest[n].answer]));
  });
  const element = h(
    "div.cw-row.cw-cx-shortcuts",
    {},
    h("span", { text: "Largest mistakes:" }),
    ...buttons,
  );
  return {
    element,
    show({ normalize, selected }) {
      largest = largestMistakes(normalize ? shares : table, SHORTCUTS);
      element.hidden = !largest.length;
      buttons.forEach((button, n) => {
        button.hidden = !largest[n];
        if (!largest[n]) return;
        const { truth, answer, value } = largest[n];
        button.textContent =
          `${CLASS_NAMES[truth]} → ${CLASS_NAMES[answer]} ` +
          (normalize ? percent(value) : whole(value));
        button.setAttribute(
          "aria-pressed",
          String(truth === selected[0] && answer === selected[1]),
        );
      });
    },
  };
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
    element: h("div.cw-cx-reserve", {}, element),
    show({ selected }) {
      const labels = [...new Set(selected)].filter((label) => label !== ANY);
      body.replaceChildren(
        ...labels.map((label) => line(CLASS_NAMES[label], scores(table, label))),
        line("macro average", macroAverage(table)),
      );
    },
  };
}

/** Say how often the model is right, and what to do. */
function summary({ count, truth, predicted }) {
  const right = truth.reduce((sum, label, n) => sum + (label === predicted[n] ? 1 : 0), 0);
  return h("p", {
    text:
      `The network names ${whole(right)} of ${whole(count)} test images correctly ` +
      `(${percent(right / count)}). Its ${whole(count - right)} mistakes stand off the diagonal. ` +
      "Choose a number or a name, and see the images behind it.",
  });
}

/** Set the figure up for a model's predictions. */
function start(figure, model, predictions) {
  const table = countTable(predictions);
  let again = () => {};
  const choose = (selected) => {
    mine.close();
    put(model, { selected, image: null });
  };
  const mine = ownGarment(figure, model, { choose, changed: () => again() });
  const panel = imagePanel(figure, model, predictions, table, mine);
  const parts = [
    matrix(figure, table, choose, mine.opener),
    shortcuts(figure, table, choose),
    controls(figure, model),
    scoreTable(table),
  ];
  const [grid, ...below] = parts.map(({ element }) => element);
  figure.body.replaceChildren(
    summary(predictions),
    h("div.cw-cx-stage", {}, grid, panel.element),
    panel.note,
    ...below,
  );

  let said = null;
  again = figure.follow(["selected", "image", "normalize", "fade_diagonal"], () => {
    const selected = model.get("selected") ?? [];
    const [normalize, fade] = [model.get("normalize"), model.get("fade_diagonal")];
    const state = { selected, normalize, fade, mine: mine.cell() };
    for (const part of parts) part.show(state);
    const words = panel.show(selected, model.get("image"));
    if (said !== null && words !== said) figure.say(words);
    said = words;
    figure.root.dataset.cell = selected.join("/");
  });
  if (toBytes(model.get("predictions")) === null) mine.follow(); // of another model, none is there
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
