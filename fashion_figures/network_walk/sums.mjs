/**
 * The arithmetic of one value, as the network walk writes it out: number tables, the largest
 * contributions, and a receipt that adds up. Buttons with `data-go` lead to another value.
 */

import { h, hiddenRowHeader } from "../shared/kit.mjs";
import { paint, signedColor, tint } from "../shared/paint.mjs";
import { byContribution, channel, stage } from "./trace.mjs";

const SHOWN_TERMS = 4;
// From night blue over the book's teal to nearly white: brighter is always larger.
const ACTIVATION = [
  [10, 22, 30],
  [20, 118, 126],
  [240, 250, 236],
];

/**
 * @param {number} limit the value with the brightest color
 * @returns {(value: number) => [number, number, number]}
 */
export function activationColor(limit) {
  return (value) => {
    const share = Math.min(1, Math.max(0, value / (limit || 1))) ** 0.6 * 2; // small values show, too
    const [low, high] = share < 1 ? ACTIVATION : ACTIVATION.slice(1);
    const part = share < 1 ? share : share - 1;
    return low.map((from, n) => Math.round(from + (high[n] - from) * part));
  };
}

/** @returns {string} the number with a true minus sign, never "−0.00" */
export function decimals(value, digits = 3) {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

function signed(value, digits = 3) {
  const text = decimals(value, digits);
  return text.startsWith("−") ? text : `+${text}`;
}

/** Show a square of numbers on the colors that stand for them. */
function numberTable(caption, values, color, digits, marked = -1) {
  const side = Math.sqrt(values.length);
  const body = h("tbody");
  for (let row = 0; row < side; row += 1) {
    const line = h("tr", {}, hiddenRowHeader(row));
    for (let n = row * side; n < (row + 1) * side; n += 1) {
      const cell = h("td", { text: decimals(values[n], digits) });
      tint(cell, color(values[n]));
      if (n === marked) cell.className = "cw-nw-winner";
      line.append(cell);
    }
    body.append(line);
  }
  return h("table.cw-nw-numbers", {}, h("caption", { text: caption }), body);
}

function sign(text) {
  return h("span", { text });
}

/** Add up: a line each, the last one the value itself. */
function receipt(lines) {
  const body = h("tbody");
  lines.forEach(([words, number], n) => {
    const last = n === lines.length - 1;
    body.append(
      h(
        last ? "tr.cw-nw-total" : "tr",
        {},
        h("th", { scope: "row", text: words }),
        h("td", { text: number }),
      ),
    );
  });
  const table = h("table.cw-nw-receipt", {}, h("caption", { text: "The sum" }), body);
  table.querySelector("tr:last-child td").dataset.result = "";
  return table;
}

function reluWords(sum) {
  return sum < 0 ? "after relu, cut to zero" : "after relu, unchanged";
}

function goButton(place, ...children) {
  return h("button.cw-nw-term", { type: "button", "data-go": JSON.stringify(place) }, ...children);
}

/** Return a canvas with a square of values; it is decoration beside the numbers. */
function square(values, color) {
  const canvas = h("canvas.cw-nw-square", { "aria-hidden": "true" });
  const side = Math.sqrt(values.length);
  paint(canvas, values, side, side, color);
  return canvas;
}

/** A bar whose length is a contribution's share of the largest, left or right of a middle. */
function bar(share) {
  const fill = h("span.cw-nw-fill");
  fill.style.width = `${Math.abs(share) * 50}%`;
  fill.style[share < 0 ? "right" : "left"] = "50%";
  fill.classList.toggle("cw-nw-minus", share < 0);
  return h("span.cw-nw-balance", { "aria-hidden": "true" }, fill);
}

function firstConvolution(found) {
  const [{ window, kernel, products }] = found.terms;
  const gray = (value) => Array(3).fill(Math.round(value * 255));
  const limit = (values) => Math.max(...values.map(Math.abs));
  const tables = h(
    "div.cw-nw-product",
    {},
    numberTable("Pixels", window, gray, 2),
    sign("×"),
    numberTable("Weights", kernel, signedColor(limit(kernel) * 1.3), 2),
    sign("="),
    numberTable("Products", products, signedColor(limit(products) * 1.3), 2),
  );
  const end = "These nine pixels are all that the value has seen: here the walk back ends.";
  return [
    h("p.cw-note", { text: end }),
    tables,
    receipt([
      ["nine products together", signed(found.terms[0].sum)],
      ["bias of this filter", signed(found.bias)],
      ["sum", decimals(found.sum)],
      [reluWords(found.sum), decimals(found.value)],
    ]),
  ];
}

function laterConvolution(view, found) {
  const { place, layers } = view;
  const { before } = stage(place.layer);
  const ordered = byContribution(found.terms);
  const shown = ordered.slice(0, SHOWN_TERMS);
  const top = Math.abs(ordered[0].sum) || 1;
  const light = activationColor(view.limits[before]);
  const limit = Math.max(...shown.flatMap((term) => term.kernel.map(Math.abs)));
  const rows = shown.map((term) =>
    h(
      "li",
      {},
      goButton(
        term.from,
        square(channel(layers, before, term.from.filter), light),
        h("span.cw-nw-of", { text: `map ${term.from.filter}` }),
        square(term.window, light),
        sign("×"),
        square(term.kernel, signedColor(limit)),
        sign("="),
        h("span.cw-nw-amount", {}, signed(term.sum), bar(term.sum / top)),
      ),
    ),
  );
  const words =
    `${before} has ${found.terms.length} maps. The four that matter most here: the map, ` +
    "its window, the filter's weights for it (red adds, blue takes away). Choose one to walk back.";
  return [
    h("p.cw-note", { text: words }),
    h("ol.cw-nw-terms", { "aria-label": "Largest contributions" }, ...rows),
    receipt(sumLines(found, shown, "maps")),
  ];
}

function sumLines(found, shown, things) {
  const listed = shown.reduce((sum, term) => sum + term.sum, 0);
  const others = found.sum - found.bias - listed;
  const rest = found.terms.length - shown.length;
  return [
    [`these ${shown.length} ${things}`, signed(listed)],
    [`the other ${rest} ${things}`, signed(others)],
    ["bias", signed(found.bias)],
    ["sum", decimals(found.sum)],
    [reluWords(found.sum), decimals(found.value)],
  ];
}

function denseRows(found, before) {
  const ordered = byContribution(found.terms);
  const shown = ordered.slice(0, SHOWN_TERMS);
  const top = Math.abs(ordered[0].sum) || 1;
  const thing = before === "dense" ? "unit" : "map";
  const rows = shown.map((term) =>
    h(
      "li",
      {},
      goButton(
        term.from,
        h("span.cw-nw-of", { text: `${thing} ${term.from.filter}` }),
        h("span.cw-nw-factor", { text: decimals(term.input, 2) }),
        sign("×"),
        h("span.cw-nw-factor", { text: decimals(term.weight, 2) }),
        sign("="),
        h("span.cw-nw-amount", {}, signed(term.sum), bar(term.sum / top)),
      ),
    ),
  );
  return { shown, list: h("ol.cw-nw-terms", { "aria-label": "Largest contributions" }, ...rows) };
}

function dense(view, found) {
  const { layer } = view.place;
  const { before } = stage(layer);
  const { shown, list } = denseRows(found, before);
  const things = before === "dense" ? "units" : "maps";
  const words =
    `Every one of the ${found.terms.length} values of ${before} counts, each with a ` +
    "weight of its own. The four that matter most here, as value × weight. Choose one to walk back.";
  const lines = sumLines(found, shown, things);
  if (layer === "output") lines.splice(3, 2, ...voteLines(found, view.place.filter));
  return [h("p.cw-note", { text: words }), list, receipt(lines)];
}

/** The logit's way through the softmax. */
function voteLines(found, filter) {
  const top = Math.max(...found.logits);
  const powers = found.logits.map((logit) => Math.exp(logit - top));
  return [
    ["sum, the logit", decimals(found.sum)],
    ["exp(logit − largest logit)", powers[filter].toPrecision(3)],
    ["÷ the same, all ten classes", powers.reduce((a, b) => a + b).toPrecision(4)],
    ["probability, after softmax", decimals(found.value)],
  ];
}

function pool(view, found) {
  const { layer, filter } = view.place;
  const { before } = stage(layer);
  const color = activationColor(view.limits[before]);
  return [
    h("p.cw-note", {
      text: `A 2×2 window of map ${filter} in ${before}; the framed value is the largest.`,
    }),
    h(
      "div.cw-nw-product",
      {},
      numberTable("Window", found.window, color, 3, found.winner),
      goButton(found.from, `Walk back to it, in ${before}`),
    ),
    receipt([["largest of the four", decimals(found.value)]]),
  ];
}

/**
 * Write out how a value comes about.
 *
 * @param {{place: object, layers: object}} view
 * @param {object} found what `explain` returned
 * @returns {Node[]}
 */
export function sums(view, found) {
  const { kind, name } = stage(view.place.layer);
  if (kind === "max pooling") return pool(view, found);
  if (kind === "dense") return dense(view, found);
  return name === "conv1" ? firstConvolution(found) : laterConvolution(view, found);
}
