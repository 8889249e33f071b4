/** The training lab's patience, and the epochs' numbers. */

import { h } from "../shared/kit.mjs";
import { percent } from "../shared/percent.mjs";
import { count, lossText, rateText } from "./words.mjs";

/**
 * Show how much patience is left.
 *
 * @returns {{element: HTMLElement, show: (run: ?object, patience: number | null) => void}} for
 *   the run that is shown
 */
export function patiencePanel() {
  const pips = h("span.cw-tl-pips", { "aria-hidden": "true" });
  const words = h("span");
  const element = h("p.cw-tl-patience", {}, h("strong", { text: "Patience" }), pips, words);
  const show = (run, patience) => {
    const [waited, best] = [run?.waited ?? 0, run?.bestEpoch ?? 0];
    const places = run?.ended ? waited : (patience ?? 0); // what has ended needs no more
    pips.replaceChildren(
      ...Array.from({ length: places }, (_, i) => h(i < waited ? "i.cw-tl-spent" : "i")),
    );
    element.dataset.waited = String(waited);
    const plural = (number) => `${number} epoch${number === 1 ? "" : "s"}`;
    const lowest = best ? ` Lowest validation loss: epoch ${best}.` : "";
    if (best && run.ended) {
      const used = waited ? `${plural(waited)} without a lower validation loss` : "not needed";
      words.textContent = `of run ${run.name}: ${used}.${lowest}`;
    } else if (patience === null) {
      words.textContent = `off: every epoch runs.${lowest}`;
    } else if (best) {
      words.textContent = `${Math.min(waited, patience)} of ${patience} used.${lowest}`;
    } else {
      words.textContent = `ends a run after ${plural(patience)} without a lower validation loss.`;
    }
  };
  return { element, show };
}

/**
 * The curves' numbers as a table, for who cannot see them and for who wants to compare.
 *
 * @returns {{element: HTMLElement, show: (run: ?object) => void}}
 */
export function epochTable() {
  const body = h("tbody");
  const parts = ["Training", "Validation"].map((text) =>
    h("th", { colspan: 2, scope: "colgroup", text }),
  );
  const above = h("tr", {}, h("td"), ...parts, h("td"));
  const columns = ["Epoch", "loss", "accuracy", "loss", "accuracy", "Rate"];
  const head = h("tr", {}, ...columns.map((text) => h("th", { scope: "col", text })));
  const caption = h("caption");
  const table = h("table.cw-tl-table", {}, caption, h("thead", {}, above, head), body);
  const scroll = { tabindex: "0", role: "region", "aria-label": "Numbers of each epoch" };
  const element = h(
    "details.cw-tl-numbers",
    {},
    h("summary", { text: "Numbers of each epoch" }),
    h("div.cw-tl-scroll", scroll, table),
  );
  const show = (run) => {
    caption.textContent = run?.bestEpoch
      ? `Run ${run.name}, on ${count(run.images)} images; lowest validation loss: epoch ${run.bestEpoch}`
      : "No epoch is complete yet.";
    body.replaceChildren(
      ...(run?.epochs ?? []).map((row) => {
        const cells = [
          lossText(row.loss),
          percent(row.accuracy),
          lossText(row.val_loss),
          percent(row.val_accuracy),
          rateText(row.learning_rate),
        ];
        const line = h("tr", {}, h("th", { scope: "row", text: row.epoch }));
        line.classList.toggle("cw-tl-top", row.epoch === run.bestEpoch);
        line.append(...cells.map((text) => h("td", { text })));
        return line;
      }),
    );
  };
  return { element, show };
}
