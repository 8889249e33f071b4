/** The layer in focus: what it does, its maps, and how the value there is made. */

import { h } from "../shared/kit.mjs";
import { answerWords } from "./answers.mjs";
import { isUnits } from "./drawing.mjs";
import { mapChoice, mapView, numberFields, sentence } from "./focus.mjs";
import { sums } from "./sums.mjs";

/** How much of the picture the value in focus has seen, where its window does not show it. */
function fieldWords(walk, { place, fields }) {
  const { kind, sources } = walk.stages.get(place.layer);
  if (kind === "convolution" && sources[0] === "input") return "";
  const { height, width, isFull } = fields.get("input");
  return `Its receptive field: ${isFull ? "" : "some of "}${height}×${width} pixels of the picture.`;
}

/** On a narrow page one of the two is seen at a time. */
function tabs(figure, element) {
  const names = ["map", "made"];
  const buttons = [
    h("button.cw-small", { type: "button" }),
    h("button.cw-small", { type: "button", text: "How it is made" }),
  ];
  const choose = (chosen) => {
    element.dataset.tab = names[chosen];
    buttons.forEach((button, n) => {
      button.setAttribute("aria-pressed", String(n === chosen));
    });
  };
  buttons.forEach((button, n) => {
    figure.on(button, "click", () => choose(n));
  });
  choose(0);
  const row = h("div.cw-joined.cw-nw-tabs", { role: "group", "aria-label": "Show" }, ...buttons);
  return { element: row, map: buttons[0] };
}

/**
 * The panel about one layer.
 *
 * @param {object} figure
 * @param {object} walk
 * @param {object} story what `storyOf` returned
 * @param {{go: Function, peek: Function, back: Function, again: Function, settle: Function}} actions
 *   `settle` takes the focus after a step, when what had it is gone
 * @param {() => object} current the view
 * @param {HTMLElement} steps the buttons that walk back and on
 */
export function panel(figure, walk, story, actions, current, steps) {
  const { go } = actions;
  const title = h("strong");
  const lesson = h("span");
  const answer = h("span");
  const value = h("p.cw-nw-value", {}, h("span"), h("strong"));
  const field = h("p.cw-note");
  const sum = h("div.cw-nw-sum");
  const map = mapView(figure, walk, actions, current);
  const maps = mapChoice(figure, (filter) => go({ ...current().kept, filter }), actions.again);
  const fields = numberFields(figure, walk, go, current);
  figure.on(sum, "click", (event) => {
    const button = event.target.closest("[data-go]");
    if (!button) return;
    go(JSON.parse(button.dataset.go));
    actions.settle();
  });
  const look = h("div.cw-nw-look", {}, map.element, maps.element, fields.element);
  const made = h("div.cw-nw-made", {}, field, sum);
  const element = h("div.cw-nw-panel");
  const choice = tabs(figure, element);
  const lead = h("p.cw-nw-lesson", {}, title, " ", lesson, " ", answer);
  element.append(lead, steps, value, choice.element, look, made);
  const show = (view) => {
    const stage = walk.stages.get(view.place.layer);
    const { kind, name, filters, size } = stage;
    const words = kind === "dense" ? "fully connected" : kind;
    title.textContent = `${name}: ${words}, ${size > 1 ? `${filters} maps of ${size}×${size}` : `${filters} values`}.`;
    lesson.textContent = story.lesson(name);
    answer.textContent = answerWords(view);
    choice.map.textContent = isUnits(stage) ? "Its values" : "Its map";
    look.classList.toggle("cw-nw-units", isUnits(stage));
    for (const part of [map, maps, fields]) part.show(view);
    const [where, number] = value.children;
    [where.textContent, number.textContent] = sentence(view).split(/(?<=: )/);
    number.dataset.value = String(view.found.value);
    field.textContent = fieldWords(walk, view);
    field.hidden = !field.textContent;
    sum.replaceChildren(...sums(view, view.found));
  };
  return { element, show };
}
