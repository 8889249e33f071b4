/** The training lab's panels: kernels, a picture's probabilities, patience, the epochs' numbers. */

import { PARAMETERS, initialParameters } from "./backprop.mjs";
import { CLASS_NAMES } from "../shared/classes.mjs";
import { h, roving } from "../shared/kit.mjs";
import { put, toBytes } from "../shared/state.mjs";
import { paint, signedColor } from "../shared/paint.mjs";
import { answers } from "./session.mjs";

const [KERNELS, ACROSS, KERNEL] = [32, 8, 3];
const [CELL, PICTURE] = [KERNEL + 1, 784];
const GAP = [168, 182, 186]; // between kernels
const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** Lay the first layer's kernels out as one picture with gaps; a gap is NaN. */
function kernelSheet(parameters) {
  const [width, height] = [ACROSS * CELL - 1, (KERNELS / ACROSS) * CELL - 1];
  const sheet = new Float32Array(width * height).fill(NaN);
  const { start } = PARAMETERS[0]; // shape (3, 3, 1, 32)
  for (let k = 0; k < KERNELS; k += 1) {
    const [top, left] = [CELL * Math.floor(k / ACROSS), CELL * (k % ACROSS)];
    for (let i = 0; i < KERNEL * KERNEL; i += 1) {
      const place = (top + Math.floor(i / KERNEL)) * width + left + (i % KERNEL);
      sheet[place] = parameters[start + i * KERNELS + k];
    }
  }
  return { sheet, width, height };
}

/**
 * Show the 32 kernels of the first layer, at the start and now.
 *
 * @param {object} model
 * @returns {{element: HTMLElement, show: (parameters: Float32Array) => void}}
 */
export function kernelPanel(model) {
  const canvases = ["start", "now"].map(() => h("canvas.cw-tl-kernels", { role: "img" }));
  const figures = ["At the start", "Now"].map((text, i) =>
    h("figure.cw-tl-sheet", {}, canvases[i], h("figcaption.cw-note", { text })),
  );
  const element = h(
    "div.cw-tl-panel",
    {},
    h("p.cw-tl-title", { text: "32 kernels of the first layer" }),
    h("div.cw-tl-sheets", {}, ...figures),
    h("p.cw-note", { text: "Blue below zero, red above; the same colors in both." }),
  );
  const show = (parameters) => {
    const before = initialParameters(model.get("seed"));
    const sheets = [before, parameters].map(kernelSheet);
    const values = sheets.flatMap(({ sheet }) => [...sheet.filter(Number.isFinite)]);
    const color = signedColor(values.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-6));
    sheets.forEach(({ sheet, width, height }, i) => {
      paint(canvases[i], sheet, width, height, (v) => (Number.isNaN(v) ? GAP : color(v)));
    });
    const change = sheets[1].sheet.map((value, i) => Math.abs(value - sheets[0].sheet[i]));
    const known = [...change.filter(Number.isFinite)];
    const mean = known.reduce((a, b) => a + b, 0) / (known.length || 1);
    canvases[0].setAttribute("aria-label", "32 kernels of 3 by 3 random weights");
    canvases[1].setAttribute(
      "aria-label",
      `The 32 kernels now; a weight has moved by ${mean.toFixed(3)} on average`,
    );
  };
  return { element, show };
}

/** Return the held-out pictures, one of each class, as the state has them. */
function picturesOf(model) {
  const bytes = toBytes(model.get("pictures")) ?? new Uint8Array(0);
  const count = Math.floor(bytes.length / PICTURE);
  return Array.from({ length: count }, (_, n) => bytes.subarray(n * PICTURE, (n + 1) * PICTURE));
}

function same(a, b) {
  return Boolean(a && b) && a.every((value, i) => value === b[i]);
}

/**
 * Show a picture that the network does not learn from, and what the network answers.
 *
 * @param {object} figure of `frame`
 * @param {object} model
 * @returns {{element: HTMLElement, show: (parameters: Float32Array) => void,
 *   answer: () => string, stuck: (parameters: Float32Array) => boolean}}
 */
export function picturePanel(figure, model) {
  const pictures = picturesOf(model);
  const canvas = h("canvas.cw-tl-picture", { role: "img" });
  const [truth, list] = [h("p.cw-note.cw-tl-truth"), h("ol.cw-tl-answers")];
  const bars = CLASS_NAMES.map((name) => {
    const [fill, value] = [h("span.cw-tl-fill"), h("span.cw-tl-value")];
    const row = h(
      "li",
      {},
      h("span.cw-tl-name", { text: name }),
      h("span.cw-tl-bar", {}, fill),
      value,
    );
    list.append(row);
    return { row, fill, value };
  });
  const buttons = pictures.map((picture, label) => {
    const small = h("canvas", { "aria-hidden": "true" });
    paint(small, picture, 28, 28);
    const button = h("button.cw-tl-choice", { type: "button", title: CLASS_NAMES[label] }, small);
    button.setAttribute("aria-label", CLASS_NAMES[label]);
    figure.on(button, "click", () => put(model, { picture: new DataView(picture.slice().buffer) }));
    return button;
  });
  const strip = h(
    "div.cw-tl-strip",
    { role: "group", "aria-label": "Held-out pictures" },
    ...buttons,
  );
  const settle = roving(figure, strip, () => buttons);
  let [current, weights, text] = [null, null, ""];
  const show = (parameters) => {
    weights = parameters;
    if (!current) return;
    const [probabilities] = answers(parameters, [current]);
    const best = probabilities.indexOf(Math.max(...probabilities));
    probabilities.forEach((probability, k) => {
      bars[k].fill.style.width = `${100 * (probability || 0)}%`;
      bars[k].value.textContent = Number.isFinite(probability) ? percent(probability) : "–";
      bars[k].row.classList.toggle("cw-tl-top", k === best);
    });
    text = best < 0 ? "" : `The picture: ${CLASS_NAMES[best]}, ${percent(probabilities[best])}.`;
  };
  figure.watch("picture", (value) => {
    current = toBytes(value);
    const label = pictures.findIndex((picture) => same(picture, current));
    truth.textContent = label < 0 ? "Your picture" : `It is: ${CLASS_NAMES[label]}`;
    canvas.setAttribute("aria-label", label < 0 ? "Your picture" : CLASS_NAMES[label]);
    for (const [k, { row }] of bars.entries()) row.classList.toggle("cw-tl-true", k === label);
    for (const [k, button] of buttons.entries()) {
      button.setAttribute("aria-pressed", String(k === label));
    }
    settle(buttons[Math.max(0, label)]);
    if (current) paint(canvas, current, 28, 28);
    if (weights) show(weights);
  });
  const element = h(
    "div.cw-tl-panel",
    {},
    h("p.cw-tl-title", { text: "A picture it never learns from" }),
    h("div.cw-tl-asked", {}, h("div", {}, canvas, truth), list),
    strip,
  );
  /** Does the network give all pictures one answer? Then none of its units reacts any more. */
  const stuck = (parameters) => {
    const all = answers(parameters, pictures);
    return (
      all.length > 1 && all.every((one) => one.every((p, k) => Math.abs(p - all[0][k]) < 1e-3))
    );
  };
  return { element, show, answer: () => text, stuck };
}

/**
 * Show how much patience is left.
 *
 * @returns {{element: HTMLElement, show: (state: {bestEpoch: number, waited: number,
 *   patience: number | null}) => void}}
 */
export function patiencePanel() {
  const pips = h("span.cw-tl-pips", { "aria-hidden": "true" });
  const words = h("span");
  const element = h("p.cw-tl-patience", {}, h("strong", { text: "Patience" }), pips, words);
  const show = ({ bestEpoch, waited, patience }) => {
    const count = patience ?? 0;
    pips.replaceChildren(
      ...Array.from({ length: count }, (_, i) => h(i < waited ? "i.cw-tl-spent" : "i")),
    );
    element.dataset.waited = String(waited);
    if (patience === null) {
      words.textContent = bestEpoch
        ? `off: every epoch runs. Lowest validation loss so far: epoch ${bestEpoch}.`
        : "off: every epoch runs, and the best weights are restored at the end.";
    } else if (!bestEpoch) {
      words.textContent = `stops after ${count} epoch${count > 1 ? "s" : ""} in a row without a lower validation loss.`;
    } else {
      words.textContent =
        `${Math.min(waited, count)} of ${count} used. ` +
        `Lowest validation loss so far: epoch ${bestEpoch}.`;
    }
  };
  return { element, show };
}

/**
 * The curves' numbers as a table, for who cannot see them and for who wants to compare.
 *
 * @returns {{element: HTMLElement, show: (rows: object[], bestEpoch: number) => void}}
 */
export function epochTable() {
  const columns = [
    "Epoch",
    "Loss",
    "Accuracy",
    "Validation loss",
    "Validation accuracy",
    "Rate",
    "Seconds",
  ];
  const body = h("tbody");
  const head = h("tr", {}, ...columns.map((text) => h("th", { scope: "col", text })));
  const caption = h("caption.cw-visually-hidden", { text: "The training, epoch by epoch" });
  const table = h("table.cw-tl-table", {}, caption, h("thead", {}, head), body);
  const scroll = { tabindex: "0", role: "region", "aria-label": "Numbers of each epoch" };
  const element = h(
    "details.cw-tl-numbers",
    {},
    h("summary", { text: "Numbers of each epoch" }),
    h("div.cw-tl-scroll", scroll, table),
  );
  const show = (rows, bestEpoch) => {
    const digits = (value, count) => (Number.isFinite(value) ? value.toFixed(count) : "–");
    body.replaceChildren(
      ...rows.map((row) => {
        const cells = [
          ...["loss", "accuracy", "val_loss", "val_accuracy"].map((key) => digits(row[key], 4)),
          String(row.learning_rate),
          digits(row.seconds, 1),
        ];
        const epoch = row.epoch === bestEpoch ? `${row.epoch} (best)` : String(row.epoch);
        const line = h("tr", {}, h("th", { scope: "row", text: epoch }));
        line.append(...cells.map((text) => h("td", { text })));
        return line;
      }),
    );
  };
  return { element, show };
}
