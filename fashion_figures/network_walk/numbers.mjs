/**
 * Numbers as the network walk writes them: tables, squares of color, bars, and a receipt that adds
 * up.
 */

import { h, hiddenRowHeader } from "../shared/kit.mjs";
import { activationColor, grayColor, paint, signedColor, tint } from "../shared/paint.mjs";

const WIDEST_TABLE = 5;
const OUTSIDE = [128, 128, 128]; // what is painted where a window leaves the layer
const WORDS = "no one two three four five six seven eight nine ten eleven twelve".split(" ");

/**
 * Return how the values of a layer are colored: gray for the picture, brighter for larger where
 * nothing is below zero, else red above and blue below.
 *
 * @param {{limits: Map<string, {largest: number, isSigned: boolean}>}} view
 * @param {string} layer
 * @returns {(value: number) => [number, number, number]}
 */
export function colorOf({ limits }, layer) {
  if (layer === "input") return grayColor(1);
  const { largest, isSigned } = limits.get(layer);
  return isSigned ? signedColor(largest) : activationColor(largest);
}

/** @returns {string} a small number in words, for the middle of a sentence */
export function inWords(count) {
  return WORDS[count] ?? String(count);
}

/** @returns {string} the number with a true minus sign, never "−0.00" */
export function decimals(value, digits = 3) {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** @returns {string} the same with its sign, as what is added */
export function signed(value, digits = 3) {
  const text = decimals(value, digits);
  return text.startsWith("−") ? text : `+${text}`;
}

/**
 * Show a square of numbers on the colors that stand for them; one that is too wide, in colors only.
 *
 * @param {string} caption
 * @param {{values: number[], color: Function, digits: number, marked?: number,
 *   outside?: boolean[]}} what row by row; `marked` gets a frame, `outside` shows no number
 * @returns {HTMLElement}
 */
export function numberTable(caption, { values, color, digits, marked = -1, outside = [] }) {
  const side = Math.sqrt(values.length);
  if (side > WIDEST_TABLE) {
    const words = h("figcaption", { text: caption });
    return h("figure.cw-nw-colors", {}, words, square(values, color, outside));
  }
  const body = h("tbody");
  for (let row = 0; row < side; row += 1) {
    const line = h("tr", {}, hiddenRowHeader(row));
    for (let n = row * side; n < (row + 1) * side; n += 1) {
      const cell = h("td", { text: outside[n] ? "·" : decimals(values[n], digits) });
      tint(cell, outside[n] ? OUTSIDE : color(values[n]));
      if (n === marked) cell.className = "cw-nw-winner";
      line.append(cell);
    }
    body.append(line);
  }
  return h("table.cw-nw-numbers", {}, h("caption", { text: caption }), body);
}

/** @returns {HTMLElement} "×" or "=" between two tables */
export function sign(text) {
  return h("span", { text });
}

/**
 * Add up: a line each, the last one the value itself.
 *
 * @param {[string, ...string[]][]} lines words and number, or a number for each of `heads`
 * @param {string} [caption]
 * @param {string[]} [heads]
 * @returns {HTMLElement}
 */
export function receipt(lines, caption = "The sum", heads = []) {
  const body = h("tbody");
  lines.forEach(([words, ...numbers], n) => {
    const last = n === lines.length - 1;
    body.append(
      h(
        last ? "tr.cw-nw-total" : "tr",
        {},
        h("th", { scope: "row", text: words }),
        ...numbers.map((number) => h("td", { text: number })),
      ),
    );
  });
  const names = [caption, ...heads].map((text) => h("th", { scope: "col", text }));
  const head = heads.length
    ? h("thead", {}, h("tr", {}, ...names))
    : h("caption", { text: caption });
  const table = h("table.cw-nw-receipt", {}, head, body);
  table.querySelector("tr:last-child td").dataset.result = "";
  return table;
}

/**
 * Return a canvas with a square of values; it is decoration beside the numbers.
 *
 * @param {ArrayLike<number>} values
 * @param {(value: number) => [number, number, number]} color
 * @param {boolean[]} [outside] which of the values are none
 * @returns {HTMLCanvasElement}
 */
export function square(values, color, outside = []) {
  const canvas = h("canvas.cw-nw-square", { "aria-hidden": "true" });
  const side = Math.sqrt(values.length);
  const places = Array.from(values, (_, n) => n);
  paint(canvas, places, side, side, (n) => (outside[n] ? OUTSIDE : color(values[n])));
  return canvas;
}

/** @returns {HTMLElement} a bar whose length is a share of the largest, left or right of a middle */
export function bar(share) {
  const fill = h("span.cw-nw-fill");
  fill.style.width = `${Math.abs(share) * 50}%`;
  fill.style[share < 0 ? "right" : "left"] = "50%";
  fill.classList.toggle("cw-nw-minus", share < 0);
  return h("span.cw-nw-balance", { "aria-hidden": "true" }, fill);
}
