/**
 * The confusion matrix: eleven times eleven buttons. Names head its rows and columns and choose
 * all of them; in the corner, everything.
 */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { h, roving, uniqueId } from "../shared/kit.mjs";
import { ANY, rowShares, SHORT_NAMES } from "./table.mjs";
import { choiceName } from "./words.mjs";

// Above this share of the scale a number is written in the other ink; fits both themes' scales.
const OTHER_INK = 0.66;

/** Make the button that stands for a choice. */
function choiceButton(kind, truth, answer, ...content) {
  const name = `button.${kind}`;
  return h(name, { type: "button", "data-cell": `${truth}/${answer}` }, ...content);
}

/** A share without its sign, as short as a cell is. */
function shareText(share) {
  if (share === 0) return "0";
  return share >= 0.9995 ? "100" : (share * 100).toFixed(1);
}

/** Make the buttons, row by row, and the table that holds them. */
function buildTable(label) {
  const cells = CLASS_NAMES.map((_, truth) =>
    CLASS_NAMES.map((_, answer) => choiceButton("cw-cx-cell", truth, answer)),
  );
  const corner = choiceButton("cw-cx-name.cw-cx-corner", ANY, ANY, "All");
  const columns = CLASS_NAMES.map((name, answer) =>
    choiceButton("cw-cx-name.cw-cx-upright", ANY, answer, h("span", { text: name })),
  );
  const rows = SHORT_NAMES.map((name, truth) =>
    choiceButton("cw-cx-name.cw-cx-beside", truth, ANY, name),
  );
  corner.setAttribute("aria-label", choiceName([ANY, ANY]));
  columns.forEach((button, n) => {
    button.setAttribute("aria-label", `called ${CLASS_NAMES[n]}`);
  });
  rows.forEach((button, n) => {
    button.setAttribute("aria-label", `labeled ${CLASS_NAMES[n]}`);
  });
  const element = h(
    "table.cw-squares.cw-cx-matrix",
    { "aria-labelledby": label },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, corner),
        ...columns.map((button) => h("th", { scope: "col" }, button)),
      ),
    ),
    h(
      "tbody",
      {},
      ...cells.map((line, truth) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, rows[truth]),
          ...line.map((button) => h("td", {}, button)),
        ),
      ),
    ),
  );
  const heads = [corner, ...columns, ...rows];
  const all = [corner, ...columns, ...cells.flatMap((line, truth) => [rows[truth], ...line])];
  return { element, cells, heads, all };
}

/**
 * @param {object} figure
 * @param {number[][]} table
 * @param {(choice: number[]) => void} choose
 * @param {HTMLElement} beside stands on the line above the table
 * @returns {{element: HTMLElement, show: (state: object) => void}}
 */
export function matrix(figure, table, choose, beside) {
  const words = h("p.cw-note", {
    id: uniqueId("cw-cx"),
    text: "Rows: the label. Columns: the answer.",
  });
  const { element, cells, heads, all } = buildTable(words.id);
  const shares = rowShares(table);
  const supports = table.map((row) => row.reduce((a, b) => a + b));
  const settle = roving(
    figure,
    element,
    () => all,
    () => CLASS_NAMES.length + 1,
  );
  figure.on(element, "click", (event) => {
    const button = event.target.closest("[data-cell]");
    if (button) choose(button.dataset.cell.split("/").map(Number));
  });

  const showCell = (truth, answer, { normalize, fade, mine }, limit) => {
    const button = cells[truth][answer];
    const [count, share] = [table[truth][answer], shares[truth][answer]];
    const isFaded = fade && truth === answer;
    const level = isFaded ? 0 : (normalize ? share : count) / limit;
    button.textContent = normalize ? shareText(share) : String(count);
    const amount = normalize ? `${button.textContent} percent` : `${count} of ${supports[truth]}`;
    const isMine = mine?.[0] === truth && mine[1] === answer;
    const end = isMine ? "; your picture would stand here" : "";
    button.setAttribute("aria-label", `${choiceName([truth, answer])}: ${amount}${end}`);
    button.classList.toggle("cw-cx-yours", isMine);
    button.style.setProperty("--cw-cx-level", `${(level * 100).toFixed(1)}%`);
    button.classList.toggle("cw-cx-strong", level >= OTHER_INK);
    button.classList.toggle("cw-cx-none", count === 0);
    button.classList.toggle("cw-cx-faded", isFaded);
  };
  const show = (state) => {
    const values = state.normalize ? shares : table;
    const colored = values.flatMap((row, truth) =>
      row.filter((_, answer) => !state.fade || truth !== answer),
    );
    const limit = Math.max(...colored) || 1;
    for (const [truth, row] of table.entries()) {
      for (const answer of row.keys()) showCell(truth, answer, state, limit);
    }
    const chosen = state.selected.join("/");
    const [truth, answer] = state.selected;
    for (const button of all) {
      button.setAttribute("aria-pressed", String(button.dataset.cell === chosen));
    }
    const isCell = ![truth, answer].includes(ANY);
    const own = isCell ? [`${truth}/${ANY}`, `${ANY}/${answer}`] : [];
    for (const button of heads) {
      button.classList.toggle("cw-cx-on", own.includes(button.dataset.cell));
    }
    settle(all.find((button) => button.dataset.cell === chosen));
  };
  const head = h("div.cw-cx-head", {}, words, beside);
  return { element: h("div", {}, head, h("div.cw-cx-frame", {}, element)), show };
}
