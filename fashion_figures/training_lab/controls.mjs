/** What a reader sets: the menus, the guess, and the runs that stay. */

import { h, uniqueId } from "../shared/kit.mjs";
import { percent } from "../shared/percent.mjs";
import { put } from "../shared/state.mjs";
import { count, rateText, resultText, settingsText } from "./words.mjs";

const RATES = [0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 1];
const FIRST_GUESS = 50; // where the slider stands before there is a guess

/** A labeled menu for a state; a value that Python set and the menu lacks is added. */
function choice(figure, model, name, label, values, text = count) {
  const id = uniqueId("cw-tl");
  const menu = h("select", { id });
  figure.on(menu, "change", () => put(model, { [name]: JSON.parse(menu.value) }));
  figure.watch(name, (value) => {
    const all = values.includes(value) ? values : [...values, value].sort((a, b) => a - b);
    menu.replaceChildren(
      ...all.map((item) => h("option", { value: JSON.stringify(item), text: text(item) })),
    );
    menu.value = JSON.stringify(value);
  });
  return {
    menu,
    element: h("div.cw-tl-field", {}, h("label.cw-note", { for: id, text: label }), menu),
  };
}

/**
 * The menus of the settings.
 *
 * @param {object} figure of `frame`
 * @param {object} model
 * @returns {{element: HTMLElement, show: (underWay: boolean) => void}}
 */
export function settingsPanel(figure, model) {
  const rate = choice(figure, model, "learning_rate", "Learning rate", RATES, rateText);
  const batch = choice(figure, model, "batch_size", "Batch size", [8, 16, 32, 64, 128]);
  const patience = choice(figure, model, "patience", "Patience", [1, 2, 3, 5, 10, null], (value) =>
    value === null ? "off" : `${value} epoch${value > 1 ? "s" : ""}`,
  );
  const images = choice(figure, model, "images", "Training images", [500, 1000, 2000, 4000]);
  const fields = [rate, batch, patience, images].map((field) => field.element);
  const when = h("p.cw-note.cw-tl-when", { id: uniqueId("cw-tl-when") });
  for (const { menu } of [rate, batch, patience, images]) {
    menu.setAttribute("aria-describedby", when.id);
  }
  const show = (underWay) => {
    const words = underWay ? "For the next run: this one keeps its own." : "For the next run.";
    if (when.textContent !== words) when.textContent = words;
  };
  return { element: h("div.cw-tl-settings", {}, ...fields, when), show };
}

/**
 * The guess: a slider, and the chart of the accuracy, on which one can choose or draw it.
 *
 * @param {object} figure of `frame`
 * @param {object} model
 * @param {{picture: SVGElement, shareAt: Function}} accuracy the chart
 * @returns {{element: HTMLElement, show: (underWay: boolean) => void}}
 */
export function guessPanel(figure, model, { picture, shareAt }) {
  const id = uniqueId("cw-tl-guess");
  const slider = h("input.cw-tl-slider", { type: "range", id, min: 0, max: 100, step: 1 });
  const said = h("output.cw-tl-said", { for: id });
  const clear = h("button.cw-small", { type: "button", text: "No guess" });
  let locked = false;
  const take = (share) => {
    if (!locked) put(model, { guess: Math.round(100 * share) / 100 });
  };
  figure.on(slider, "input", () => take(slider.valueAsNumber / 100));
  figure.on(clear, "click", () => {
    put(model, { guess: null });
    slider.focus();
  });
  // A finger that moves over the chart scrolls the page; it sets the guess with a tap.
  let drawing = false;
  figure.on(picture, "pointerdown", (event) => {
    if (event.pointerType === "touch" || event.button !== 0 || locked) return;
    drawing = true;
    picture.setPointerCapture(event.pointerId);
    take(shareAt(event.clientY));
    event.preventDefault(); // no text is selected
  });
  figure.on(picture, "pointermove", (event) => drawing && take(shareAt(event.clientY)));
  for (const end of ["pointerup", "pointercancel"]) {
    figure.on(picture, end, () => {
      drawing = false;
    });
  }
  figure.on(picture, "click", (event) => take(shareAt(event.clientY)));
  figure.watch("guess", (guess) => {
    slider.value = String(guess === null ? FIRST_GUESS : Math.round(100 * guess));
    said.textContent = guess === null ? "none yet" : percent(guess);
    slider.setAttribute("aria-valuetext", said.textContent);
    slider.classList.toggle("cw-tl-unset", guess === null);
    clear.disabled = locked || guess === null;
  });
  const element = h(
    "div.cw-tl-asked",
    {},
    h("label", { for: id, text: "Your guess of the validation accuracy" }),
    slider,
    said,
    clear,
  );
  const show = (underWay) => {
    locked = underWay; // no guess in the light of the result
    slider.disabled = underWay;
    clear.disabled = underWay || model.get("guess") === null;
    picture.classList.toggle("cw-tl-open", !underWay);
  };
  return { element, show };
}

/**
 * The runs so far: choose the one in color, remove one, bring it back.
 *
 * @param {object} figure of `frame`
 * @param {object} model
 * @param {object} session
 * @returns {{element: HTMLElement, show: () => void}}
 */
export function runsPanel(figure, model, session) {
  const list = h("ul.cw-tl-runs");
  const hint = h("p.cw-note", {
    text: "Each run stays here as a ghost for the next ones to race against: the newest and four more.",
  });
  const undo = h("button.cw-small", { type: "button" });
  figure.on(undo, "click", () => {
    const { name } = session.list.removed.run;
    session.restore();
    list.querySelector(`[data-run="${name}"]`)?.focus();
  });
  figure.on(list, "click", ({ target }) => {
    const button = target.closest("button");
    const run = session.list.all.find(({ name }) => name === button?.dataset.run);
    if (!run) return;
    if (button.classList.contains("cw-tl-remove")) {
      session.remove(run);
      undo.focus();
    } else {
      put(model, { run: run.name === session.run.name ? "" : run.name, shown_epoch: null });
    }
  });

  const item = (run) => {
    const choose = h(
      "button.cw-tl-run",
      { type: "button", "data-run": run.name },
      h("strong", { text: run.name }),
      h("span", {}, h("span"), h("span.cw-tl-result")),
    );
    const remove = h("button.cw-tl-remove", { type: "button", "data-run": run.name, text: "×" });
    remove.setAttribute("aria-label", `Remove run ${run.name}`);
    return { run, choose, remove, element: h("li", {}, choose, remove) };
  };
  let items = [];
  const show = () => {
    const { all, shown, removed } = session.list;
    const begun = all.filter((run) => run.begun);
    // Elements stay where a run stays, and with them the focus.
    items = begun.map((run) => items.find((known) => known.run === run) ?? item(run));
    const elements = items.map(({ element }) => element);
    if (
      elements.some((element, n) => list.children[n] !== element) ||
      list.children.length !== elements.length
    ) {
      list.replaceChildren(...elements);
    }
    for (const { run, choose, remove } of items) {
      const [settings, result] = choose.lastChild.children;
      settings.textContent = settingsText(run);
      result.textContent = resultText(run);
      choose.setAttribute("aria-pressed", String(run === shown));
      remove.disabled = session.underWay && run === session.run;
    }
    hint.hidden = begun.length > 0;
    undo.hidden = !removed;
    undo.textContent = removed ? `Bring back run ${removed.run.name}` : "";
  };
  const element = h("div.cw-tl-kept", { role: "group", "aria-label": "Runs" }, hint, list, undo);
  return { element, show };
}
