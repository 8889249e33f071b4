/** The single controls of the convolution explorer, and the line of the size. */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { h, uniqueId } from "../shared/kit.mjs";
import { isSamePicture } from "../shared/own_picture.mjs";
import { SIZE, WINDOW } from "./numbers.mjs";

/** The value of a list that stands for what the reader has made. */
const OWN = "own";

/** The one that stands for the picture that is kept on this device. */
const KEPT = "kept";

/**
 * Make a set of radio buttons that looks like one control.
 *
 * @param {object} figure what `frame` returned
 * @param {string} legend
 * @param {Record<string, unknown>} values each by its text
 * @param {(value: unknown) => void} act called with what the reader chooses
 * @returns {{element: HTMLElement, show: (value: unknown) => void}}
 */
export function choice(figure, legend, values, act) {
  const name = uniqueId("cw-conv");
  const buttons = Object.entries(values).map(([text, value]) => {
    const radio = h("input", { type: "radio", name, value: String(value) });
    figure.on(radio, "change", () => act(value));
    return [radio, h("label.cw-conv-option", {}, radio, h("span", { text }))];
  });
  return {
    element: h(
      "fieldset.cw-joined.cw-conv-choice",
      {},
      h("legend.cw-note", { text: legend }),
      ...buttons.map(([, label]) => label),
    ),
    show(value) {
      for (const [radio] of buttons) radio.checked = radio.value === String(value);
    },
  };
}

/** @returns {HTMLElement} an entry of a list */
export function option(value, text) {
  return h("option", { value, text });
}

/** @returns {HTMLElement} a control with its name */
export function labeled(text, control) {
  control.id = uniqueId("cw-conv");
  return h("div.cw-conv-field", {}, h("label.cw-note", { for: control.id, text }), control);
}

/**
 * Make the list of pictures.
 *
 * @param {object} figure what `frame` returned
 * @param {{choose: (garment: number) => void, take: (picture: Uint8Array) => void}} actions called
 *   with the number of the chosen garment, or with the picture that is kept
 * @returns {{element: HTMLElement, show: (garment: number | null, image: Uint8Array) => void,
 *   offer: (picture: ?Uint8Array) => void}} `offer` gets the picture that is kept
 */
export function garmentList(figure, { choose, take }) {
  const [select, own] = [h("select", {}, option(OWN, "your own")), option(KEPT, "Your picture")];
  let [kept, shown] = [null, [null, null]];
  for (const [label, name] of CLASS_NAMES.entries()) {
    for (const n of [0, 1, 2]) select.append(option(3 * label + n, `${name} ${n + 1}`));
  }
  figure.on(select, "change", () => {
    if (select.value === KEPT) take(kept);
    else if (select.value !== OWN) choose(Number(select.value));
  });
  const show = (garment, image) => {
    shown = [garment, image];
    const other = kept && isSamePicture(image, kept) ? KEPT : OWN;
    select.value = garment === null || garment === undefined ? other : String(garment);
    select.options[0].disabled = select.value !== OWN;
  };
  return {
    element: labeled("Picture", select),
    show,
    offer(picture) {
      kept = picture;
      if (kept) select.options[0].after(own);
      else own.remove();
      show(...shown);
    },
  };
}

/**
 * Return the name of a kernel.
 *
 * @param {Record<string, number[][]>} presets
 * @param {number[][]} kernel
 * @returns {string | undefined} nothing for one of the reader's own
 */
export function presetName(presets, kernel) {
  const weights = kernel.flat();
  const isSame = (preset) =>
    preset.flat().every((weight, i) => Math.abs(weight - weights[i]) < 1e-6);
  return Object.keys(presets).find((name) => isSame(presets[name]));
}

/**
 * Make the list of kernels.
 *
 * @param {object} figure what `frame` returned
 * @param {Record<string, number[][]>} presets
 * @param {(name: string) => void} act called with the name of the chosen preset
 * @returns {{element: HTMLElement, show: (kernel: number[][]) => void}}
 */
export function kernelList(figure, presets, act) {
  const select = h("select", {}, ...Object.keys(presets).map((name) => option(name, name)));
  select.append(option(OWN, "your own"));
  figure.on(select, "change", () => select.value !== OWN && act(select.value));
  return {
    element: labeled("Kernel", select),
    show(kernel) {
      select.value = presetName(presets, kernel) ?? OWN;
    },
  };
}

/**
 * Make the line that derives the size of the output.
 *
 * @returns {{element: HTMLElement, show: Function}} `show` takes what `geometry` returns
 */
export function sizeLine() {
  const line = h("p.cw-conv-size");
  const part = (number, name) =>
    h("span.cw-conv-part", {}, h("b", { text: number }), " ", h("small.cw-quiet", { text: name }));
  return {
    element: line,
    show({ size, before, after, stride }) {
      line.replaceChildren(
        "Output size: ⌊(",
        part(SIZE, "input"),
        " + ",
        part(before + after, "zeros"),
        " − ",
        part(WINDOW, "kernel"),
        ") / ",
        part(stride, "stride"),
        "⌋ + 1 = ",
        part(size, "output"),
      );
    },
  };
}
