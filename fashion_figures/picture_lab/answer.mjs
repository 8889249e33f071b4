/** The answer to a picture: the most probable class, and ten probabilities. */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { h, roving, uniqueId } from "../shared/kit.mjs";
import { probability } from "../shared/percent.mjs";
import { choicesOf } from "./look.mjs";

/**
 * Write a probability for a screen reader.
 *
 * @param {number} share
 * @returns {string}
 */
export function spoken(share) {
  const words = { "<": "below", ">": "above", "%": " percent" };
  return probability(share)
    .replaceAll("\u00a0", " ")
    .replace(/[<>%]/g, (sign) => words[sign]);
}

/**
 * Whether the evidence is known to be too low for a garment.
 *
 * @param {object} state of the laboratory
 * @returns {boolean}
 */
export function isForeign({ evidence, reference }) {
  return reference !== null && evidence < reference.threshold;
}

/**
 * Build the answer's part of the figure; it has its height before there is an answer.
 *
 * @param {object} figure of `frame`
 * @param {{state: ?object, label: number}} view what is shown, and the class that is asked about
 * @param {() => void} asked called when the reader has chosen another class
 * @returns {{element: HTMLElement, show: () => void}}
 */
export function answerView(figure, view, asked) {
  const heading = h("p.cw-pic-verdict");
  const subline = h("p.cw-quiet.cw-pic-subline");
  const bars = barsView(figure, view, asked);
  const showWords = () => {
    const { state } = view;
    if (!state.outputs) {
      heading.textContent = "No picture yet";
      subline.textContent = "The bars answer as soon as there is one.";
      return;
    }
    const [best, next] = state.order;
    const [share, other] = [best, next].map((label) => probability(state.probabilities[label]));
    const isOdd = isForeign(state);
    heading.textContent = isOdd ? "Perhaps no garment at all" : CLASS_NAMES[best];
    subline.textContent = isOdd
      ? `If it has to be one: ${CLASS_NAMES[best]}, ${share}`
      : `${share}, then ${CLASS_NAMES[next]}, ${other}`;
  };
  return {
    element: h("div.cw-pic-answer", {}, heading, subline, bars.element),
    show() {
      showWords();
      bars.show();
    },
  };
}

/** Ten bars, each a button that asks Grad-CAM about its class. */
function barsView(figure, view, asked) {
  const rows = CLASS_NAMES.map((name) => {
    const fill = h("span.cw-pic-fill");
    const was = h("span.cw-pic-was", { hidden: true });
    const share = h("span.cw-pic-share");
    const button = h(
      "button.cw-pic-bar",
      { type: "button", "aria-pressed": "false" },
      h("span.cw-pic-name", { text: name }),
      h("span.cw-pic-track", { "aria-hidden": "true" }, fill, was),
      share,
    );
    return { button, fill, was, share };
  });
  const buttons = rows.map((row) => row.button);
  const caption = h("p.cw-note.cw-pic-caption", { id: uniqueId("cw-pic-bars") });
  const list = h("div.cw-pic-list", { role: "group", "aria-labelledby": caption.id }, ...buttons);
  const settle = roving(
    figure,
    list,
    () => buttons,
    () => 1,
  );
  const mark = () => {
    for (const [label, button] of buttons.entries()) {
      const isAsked = view.state?.outputs && label === view.label;
      button.setAttribute("aria-pressed", String(Boolean(isAsked)));
    }
  };
  buttons.forEach((button, label) => {
    figure.on(button, "click", () => {
      if (!view.state.outputs) return;
      view.label = label;
      mark();
      asked();
      figure.say(`Grad-CAM for ${CLASS_NAMES[label]}.`);
    });
  });
  const show = () => {
    const { network, probabilities, order, edit } = view.state;
    const canBeAsked = network && choicesOf(network).size > 0;
    caption.textContent = "The ten probabilities";
    if (edit?.was) caption.textContent = "Thin lines: before you changed the picture";
    else if (canBeAsked) caption.textContent = "Select one of the ten to see what speaks for it.";
    rows.forEach(({ button, fill, was, share }, label) => {
      const value = probabilities?.[label] ?? 0;
      fill.style.width = `${100 * value}%`;
      share.textContent = probabilities ? probability(value) : "–";
      button.classList.toggle("cw-pic-top", probabilities !== null && order.indexOf(label) < 3);
      was.hidden = !edit?.was;
      if (edit?.was) was.style.left = `${100 * edit.was[label]}%`;
    });
    mark();
    if (!list.contains(figure.root.getRootNode().activeElement)) settle(buttons[view.label]);
  };
  return { element: h("div.cw-pic-bars", {}, caption, list), show };
}
