/** One test image, large, with the network's three largest probabilities. */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { h } from "../shared/kit.mjs";
import { probability } from "../shared/percent.mjs";
import { emptyCanvas, paintPixels } from "./pictures.mjs";
import { MARK, whole } from "./words.mjs";

/** A bar with its name and its number. */
function bar() {
  const [name, number, fill] = ["span", "span", "span.cw-cx-fill"].map((tag) => h(tag));
  const track = h("span.cw-cx-track", { "aria-hidden": "true" }, fill);
  return {
    element: h("li", {}, name, " ", number, track),
    show(text, share, isLabel) {
      name.textContent = text;
      number.textContent = probability(share);
      fill.style.width = `${100 * share}%`;
      name.classList.toggle("cw-cx-own", isLabel);
    },
  };
}

/**
 * @param {object} figure
 * @param {object} predictions what `readPredictions` returned
 * @param {{step: (by: number) => void, close: () => void}} actions
 * @returns {{element: HTMLElement, focus: () => void, show: Function}}
 */
export function largeImage(figure, predictions, { step, close }) {
  const { truth, predicted, suspect, answers, probabilities } = predictions;
  const canvas = emptyCanvas();
  const bars = [...answers, null].map(bar);
  const words = h("p.cw-cx-words");
  const place = h("span.cw-quiet");
  const buttons = ["Previous image", "Next image"].map((label, n) =>
    h("button.cw-small", { type: "button", "aria-label": label, text: "‹›"[n] }),
  );
  const shut = h("button.cw-small", { type: "button", text: "Close" });
  const element = h(
    "div.cw-cx-large",
    { role: "group" },
    canvas,
    h("ul.cw-cx-bars", {}, ...bars.map((one) => one.element)),
    words,
    h("div.cw-cx-turner", {}, buttons[0], place, buttons[1], shut),
  );
  figure.on(buttons[0], "click", () => step(-1));
  figure.on(buttons[1], "click", () => step(1));
  figure.on(shut, "click", close);
  figure.on(element, "keydown", (event) => {
    const action = {
      Escape: close,
      ArrowLeft: () => step(-1),
      ArrowRight: () => step(1),
    }[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });
  return {
    element,
    focus: () => shut.focus(),
    paint: (pixels) => paintPixels(canvas, pixels),
    /** Show the image at a place among `count`. */
    show(image, n, count) {
      const label = CLASS_NAMES[truth[image]];
      const verdict =
        truth[image] === predicted[image]
          ? `Labeled ${label}, and the network agrees.`
          : `Labeled ${label}; the network says ${CLASS_NAMES[predicted[image]]}.`;
      words.textContent = `${verdict}${suspect[image] ? ` ${MARK}\u00a0A\u00a0suspect.` : ""}`;
      let rest = 1;
      for (const [at, one] of bars.entries()) {
        const answer = answers[at]?.[image];
        const share = answer === undefined ? Math.max(0, rest) : probabilities[at][image];
        rest -= share;
        one.show(CLASS_NAMES[answer] ?? "seven others", share, answer === truth[image]);
      }
      place.textContent = `${whole(n + 1)} of ${whole(count)}`;
      const focused = document.activeElement;
      buttons[0].disabled = n === 0;
      buttons[1].disabled = n === count - 1;
      if (buttons.includes(focused) && focused.disabled) shut.focus();
      element.setAttribute("aria-label", `Test image ${image}, large`);
      return `Test image ${image}. ${verdict}`;
    },
  };
}
