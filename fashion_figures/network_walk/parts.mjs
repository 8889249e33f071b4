/**
 * The parts of the network walk around the layers: the garments to choose from, and the votes. Each is
 * made once and returns its element and `show(view)`.
 *
 * A view is what the figure shows: `walk`; `version` (how many pictures there were), `picture` (the
 * bytes of this one), `outputs` of every layer, and by layer `ranges` (what `rangesOf` says), `limits`
 * (its largest value, and whether some are below zero) and `orders` (its filters); `kept`, the place
 * that was chosen, and by layer `chosen`, the one chosen last; `place`, the one that is shown, which
 * can be one that a mouse points at (`isPeek`); `found`, what `explain` says about it, and `fields`,
 * what it depends on; `way`, the places that led here, `back` and `on`, the next ones.
 */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { h, roving } from "../shared/kit.mjs";
import { isSamePicture, offerOwnPicture } from "../shared/own_picture.mjs";
import { paint } from "../shared/paint.mjs";
import { loadAsset, toBytes } from "../shared/state.mjs";
import { decimals } from "./numbers.mjs";

const PER_CLASS = 3;

/**
 * The garments to choose from: one of each class, and two more sets; and the reader's own if one
 * is kept on this device.
 *
 * @param {object} figure
 * @param {object} model
 * @param {(picture: Uint8Array) => void} choose
 */
export function pictureChoice(figure, model, choose) {
  const make = (name) =>
    h(
      "button.cw-nw-garment",
      { type: "button", "aria-label": name, title: name },
      h("canvas", { "aria-hidden": "true" }),
    );
  const [buttons, own] = [CLASS_NAMES.map(make), make("Your picture")];
  own.classList.add("cw-nw-own");
  const bar = h(
    "div.cw-nw-garments",
    { role: "toolbar", "aria-label": "Choose a picture" },
    ...buttons,
    own,
  );
  const other = h("button.cw-small", { type: "button", text: "Other pictures" });
  const element = h("div.cw-nw-pictures", {}, bar, other);
  let [garments, set, shown, kept] = [null, 0, null, null];
  const pictureOf = (label, n = set) => garments.slice((label * PER_CLASS + n) * 784).slice(0, 784);
  const isShown = (picture) => isSamePicture(picture, shown);
  const paintButtons = () => {
    own.setAttribute("aria-pressed", String(isShown(kept)));
    if (!garments) return;
    const sets = [...Array(PER_CLASS).keys()];
    const has = (n) => CLASS_NAMES.some((_, label) => isShown(pictureOf(label, n)));
    if (!has(set)) set = sets.find(has) ?? set; // the shown picture is among those to choose from
    buttons.forEach((button, label) => {
      const picture = pictureOf(label);
      paint(button.firstChild, picture, 28, 28);
      button.setAttribute("aria-pressed", String(isShown(picture)));
    });
  };
  loadAsset(model, "garments").then(
    (bytes) => {
      garments = toBytes(bytes);
      paintButtons();
      if (!shown) choose(pictureOf(CLASS_NAMES.length - 1));
    },
    () => element.remove(), // the walk works without; a picture that is there stays
  );
  for (const [label, button] of buttons.entries()) {
    figure.on(button, "click", () => garments && choose(pictureOf(label)));
  }
  figure.on(other, "click", () => {
    if (!garments) return;
    const label = CLASS_NAMES.findIndex((_, one) => isShown(pictureOf(one)));
    set = (set + 1) % PER_CLASS;
    if (label >= 0)
      choose(pictureOf(label)); // else the picture is a reader's own, and stays
    else paintButtons();
  });
  figure.on(own, "click", () => choose(kept));
  const settle = roving(figure, bar, () => (kept ? [...buttons, own] : buttons));
  offerOwnPicture(figure, {
    offer(picture) {
      kept = picture;
      own.hidden = !kept;
      if (kept) paint(own.firstChild, kept, 28, 28);
      paintButtons();
      settle();
    },
    shown: () => shown,
    choose,
    leave: () => garments && choose(pictureOf(CLASS_NAMES.length - 1)),
  });
  return {
    element,
    show(view) {
      if (shown === view.picture) return;
      shown = view.picture;
      paintButtons();
    },
  };
}

/** @returns {string} the network's answer */
export function verdict({ walk, outputs }) {
  const { data } = outputs.get(walk.last.name);
  const best = data.indexOf(Math.max(...data));
  return `The network votes for ${CLASS_NAMES[best]}, probability ${decimals(data[best], 3)}.`;
}

/**
 * All ten probabilities; each is a button that asks where the vote comes from.
 *
 * @param {object} figure
 * @param {(label: number) => void} choose
 */
export function votes(figure, choose) {
  const fills = CLASS_NAMES.map(() => h("span.cw-nw-fill"));
  const numbers = CLASS_NAMES.map(() => h("span.cw-nw-percent"));
  const buttons = CLASS_NAMES.map((name, label) =>
    h(
      "button.cw-nw-vote",
      { type: "button" },
      h("span", { text: name }),
      h("span.cw-nw-track", { "aria-hidden": "true" }, fills[label]),
      numbers[label],
    ),
  );
  const words = h("p.cw-nw-verdict");
  const bars = h("div.cw-nw-votes", { role: "toolbar", "aria-label": "Probabilities" }, ...buttons);
  for (const [label, button] of buttons.entries()) {
    figure.on(button, "click", () => choose(label));
  }
  const settle = roving(
    figure,
    bars,
    () => buttons,
    () => 1,
  );
  const hint = h("p.cw-note", { text: "Choose a class to see where its vote comes from." });
  return {
    element: h("div.cw-nw-result", {}, words, bars, hint),
    show(view) {
      const { data } = view.outputs.get(view.walk.last.name);
      const best = data.indexOf(Math.max(...data));
      words.textContent = verdict(view);
      const chosen = view.place.layer === view.walk.last.name ? view.place.filter : -1;
      buttons.forEach((button, label) => {
        fills[label].style.width = `${data[label] * 100}%`;
        numbers[label].textContent = `${decimals(data[label] * 100, 1)}%`;
        button.setAttribute("aria-pressed", String(label === chosen));
      });
      settle(buttons[chosen < 0 ? best : chosen]);
    },
  };
}
