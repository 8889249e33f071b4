/** The choices above the pictures: what is convolved, with what, and how; and the tools to draw. */

import { h } from "../shared/kit.mjs";
import { put, toBytes } from "../shared/state.mjs";
import { choice, garmentList, kernelList, presetName } from "./controls.mjs";
import { SIZE, showNumber } from "./numbers.mjs";

/**
 * Make the choices.
 *
 * @param {object} figure what `frame` returned
 * @param {object} model
 * @param {{choose: (garment: number) => void, take: (picture: Uint8Array) => void,
 *   reshape: (values: object) => void, pencil: () => void}} actions what the reader does
 * @returns {{element: HTMLElement, note: HTMLElement, pencil: HTMLElement,
 *   show: (state: object) => void, offer: (picture: ?Uint8Array) => void}} `note` says what the
 *   kernel does; `offer` gets the picture that is kept on this device
 */
export function settings(figure, model, { choose, take, reshape, pencil: togglePencil }) {
  const presets = model.get("presets");
  const garments = garmentList(figure, { choose, take });
  const kernels = kernelList(figure, presets, (name) =>
    put(model, { kernel: presets[name].map((row) => [...row]) }),
  );
  const strides = choice(figure, "Stride", { 1: 1, 2: 2, 3: 3 }, (stride) => reshape({ stride }));
  const paddings = choice(figure, "Padding", { valid: "valid", same: "same" }, (padding) =>
    reshape({ padding }),
  );
  const relu = h("button", { type: "button", text: "ReLU" });
  figure.on(relu, "click", () => {
    put(model, { relu: !model.get("relu") });
    figure.say(`ReLU is ${model.get("relu") ? "on: negative sums become 0" : "off"}.`);
  });
  const pencil = h("button", { type: "button", "aria-pressed": "false", text: "Draw" });
  figure.on(pencil, "click", togglePencil);
  // On a phone, what is chosen more rarely is folded, so that picture and sum stay on the screen.
  const more = h("button.cw-conv-more", { type: "button", "aria-expanded": "false", text: "More" });
  figure.on(more, "click", () => {
    more.setAttribute("aria-expanded", String(more.getAttribute("aria-expanded") === "false"));
  });
  const rest = h("div.cw-conv-rest", {}, strides.element, paddings.element, relu, pencil);
  const note = h("p.cw-conv-note");
  return {
    element: h("div.cw-conv-settings", {}, garments.element, kernels.element, more, rest),
    note,
    pencil,
    offer: garments.offer,
    show(state) {
      garments.show(state.garment, toBytes(state.image));
      kernels.show(state.kernel);
      strides.show(state.stride);
      paddings.show(state.padding);
      relu.setAttribute("aria-pressed", String(Boolean(state.relu)));
      note.textContent = noteOn(state, presets, model.get("notes"));
    },
  };
}

/** What a kernel does, or what the reader's own adds up to. */
function noteOn({ kernel, relu }, presets, notes) {
  const name = presetName(presets, kernel);
  const blue =
    relu && notes[name]?.includes("blue") ? " ReLU has made the blue 0: white, too." : "";
  if (name) return (notes[name] ?? "") + blue;
  const sum = kernel.flat().reduce((total, weight) => total + weight, 0);
  return `Your own numbers. They add up to ${showNumber(sum)}.`;
}

/**
 * Make the tools for drawing, hidden until the reader draws.
 *
 * @param {object} figure what `frame` returned
 * @param {{draw: (image: Uint8Array) => void, save: () => void, close: () => void}} actions
 * @returns {{element: HTMLElement, hasInk: () => boolean}} `hasInk` is false for the eraser
 */
export function toolbox(figure, { draw, save, close }) {
  let ink = true;
  const tool = choice(figure, "Tool", { pen: true, eraser: false }, (value) => {
    ink = value;
  });
  tool.show(ink);
  const clear = h("button", { type: "button", text: "Clear the sheet" });
  figure.on(clear, "click", () => {
    draw(new Uint8Array(SIZE * SIZE));
    save();
    figure.say("The sheet is empty.");
  });
  const done = h("button.cw-primary", { type: "button", text: "Done" });
  figure.on(done, "click", close);
  const hint = h("p.cw-note.cw-conv-hint", {
    text: "Draw on the input: the output answers to every stroke.",
  });
  const element = h("div.cw-conv-tools", { hidden: true }, tool.element, clear, done, hint);
  return { element, hasInk: () => ink };
}
