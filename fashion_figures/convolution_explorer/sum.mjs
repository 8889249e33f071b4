/** The arithmetic of the convolution explorer: window × kernel = products, and their sum. */

import { h, hiddenRowHeader, uniqueId } from "../shared/kit.mjs";
import { grayColor, signedColor, tint } from "../shared/paint.mjs";
import { readWeight, showNumber, showSum, showWeight } from "./numbers.mjs";

const PLACES = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const ROWS = [0, 1, 2];

/** Make a 3 × 3 table of the given cells. */
function grid(caption, cells, className) {
  const body = h("tbody");
  for (const row of ROWS) {
    body.append(h("tr", {}, hiddenRowHeader(row), ...cells.slice(3 * row, 3 * row + 3)));
  }
  return h(
    `table.cw-squares.cw-conv-grid.${className}`,
    {},
    h("caption.cw-note", { text: caption }),
    body,
  );
}

/** Show which pixel, weight and product belong together. */
function linkCells(figure, element, groups) {
  const mark = (event) => {
    const cell = event.target.closest("td");
    for (const cells of groups) {
      const place = groups.map((group) => group.indexOf(cell)).find((found) => found >= 0) ?? -1;
      for (const [i, one] of cells.entries()) one.classList.toggle("cw-conv-linked", i === place);
    }
  };
  figure.on(element, "pointerover", mark);
  figure.on(element, "focusin", mark);
  figure.on(element, "pointerleave", mark);
  figure.on(element, "focusout", mark);
}

/**
 * Make the nine boxes for the weights.
 *
 * They ask for the whole keyboard: the keypad of inputmode="decimal" has neither a minus nor a slash
 * on an iPhone, and kernels are made of −1 and 1/9. Both are on the first page of digits there.
 */
function kernelInputs(figure, edit, complain) {
  const inputs = PLACES.map((place) =>
    h("input", {
      type: "text",
      inputmode: "text",
      enterkeyhint: "done",
      autocapitalize: "off",
      autocomplete: "off",
      spellcheck: "false",
      "aria-label": `Kernel, row ${Math.floor(place / 3)}, column ${place % 3}`,
    }),
  );
  for (const [place, input] of inputs.entries()) {
    figure.on(input, "change", () => {
      const weight = readWeight(input.value);
      input.setAttribute("aria-invalid", String(Number.isNaN(weight)));
      if (Number.isNaN(weight)) return complain(input.value);
      complain(null);
      edit(place, weight);
    });
    selectOnFocus(figure, input);
  }
  return inputs;
}

/** Select what a box holds when it gets the focus, so that typing replaces it. */
function selectOnFocus(figure, input) {
  let isFocusing = false;
  figure.on(input, "focus", () => input.select());
  figure.on(input, "mousedown", () => {
    isFocusing = !input.matches(":focus");
  });
  // In WebKit the end of the click that brought the focus would take the selection away again.
  figure.on(input, "mouseup", (event) => {
    if (isFocusing) event.preventDefault();
  });
}

/**
 * Build the arithmetic.
 *
 * @param {object} figure what `frame` returned
 * @param {(place: number, weight: number) => void} edit the reader gives a weight, 0 to 8
 * @returns {{element: HTMLElement, show: Function, kernel: (weights: number[]) => void}}
 */
export function sumPanel(figure, edit) {
  const warning = h("p.cw-warning", { role: "alert", hidden: true, id: uniqueId("cw-conv") });
  const complain = (text) => {
    warning.hidden = text === null;
    warning.textContent =
      text === null ? "" : `“${text}” is no number from −1000 to 1000: write 2, −0.5 or 1/9.`;
  };
  const inputs = kernelInputs(figure, edit, complain);
  const pixels = PLACES.map(() => h("td"));
  const weights = inputs.map((input) => h("td", {}, input));
  const products = PLACES.map(() => h("td"));
  const sign = (text) => h("span.cw-conv-sign", { "aria-hidden": "true", text });
  const line = h("p.cw-conv-sum");
  const chip = h("strong.cw-conv-result");
  const cut = h("strong.cw-conv-result.cw-conv-cut");
  const afterRelu = [h("span.cw-note", { text: "After ReLU" }), cut];
  const grids = h(
    "div.cw-conv-grids",
    {},
    grid("Window", pixels, "cw-conv-pixels"),
    sign("×"),
    grid("Kernel (edit it)", weights, "cw-conv-weights"),
    sign("="),
    grid("Products", products, "cw-conv-products"),
    sign("→"),
    h("div.cw-conv-answer", {}, h("span.cw-note", { text: "Their sum" }), chip, ...afterRelu),
  );
  linkCells(figure, grids, [pixels, weights, products]);
  const element = h("div.cw-conv-arithmetic", {}, grids, warning, line);
  let kernel = [];
  const gray = grayColor(255);

  return {
    element,
    /** Show the weights in their boxes. */
    kernel(values) {
      kernel = values;
      const color = signedColor(1.6 * Math.max(...values.map(Math.abs)));
      complain(null);
      for (const [place, input] of inputs.entries()) {
        input.value = showWeight(values[place]);
        input.removeAttribute("aria-invalid");
        tint(input, color(values[place]));
      }
    },
    /**
     * Write out a window's arithmetic.
     *
     * @param {{value: number, inside: boolean}[]} window from `windowAt`
     * @param {number} limit the size of a sum that gets the full color
     * @param {boolean} relu whether a negative sum becomes 0 in the output
     * @returns {string} the sum, and what ReLU makes of it, in words
     */
    show(window, limit, relu) {
      const results = window.map((pixel, i) => pixel.value * kernel[i]);
      const sum = results.reduce((total, product) => total + product, 0);
      const kept = Math.max(0, sum);
      const color = signedColor(limit);
      for (const i of PLACES) {
        const { value: pixel, inside } = window[i];
        pixels[i].textContent = showNumber(pixel);
        pixels[i].classList.toggle("cw-conv-rim", !inside);
        if (inside) tint(pixels[i], gray(pixel));
        else pixels[i].style.backgroundColor = pixels[i].style.color = "";
        if (!inside) pixels[i].append(h("span.cw-visually-hidden", { text: " (padding)" }));
        const written = `${showNumber(pixel)} × ${showWeight(kernel[i])} = `;
        products[i].textContent = showNumber(results[i]);
        products[i].prepend(h("span.cw-visually-hidden", { text: written }));
        tint(products[i], color(results[i]));
      }
      line.textContent = showSum(results, sum);
      if (relu && sum < 0) line.append(", and ReLU makes it 0");
      chip.textContent = showNumber(sum);
      tint(chip, color(sum));
      for (const part of afterRelu) part.hidden = !relu;
      cut.textContent = showNumber(kept);
      tint(cut, color(kept));
      return relu
        ? `sum ${showNumber(sum)}, after ReLU ${showNumber(kept)}`
        : `sum ${showNumber(sum)}`;
    },
  };
}
