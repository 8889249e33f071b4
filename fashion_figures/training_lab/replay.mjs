/** The replay: what the network of a run answers, sees and has changed, epoch by epoch. */

import { PARAMETERS } from "./backprop.mjs";
import { CLASS_NAMES } from "../shared/classes.mjs";
import { h, roving, uniqueId } from "../shared/kit.mjs";
import { isSamePicture, offerOwnPicture } from "../shared/own_picture.mjs";
import { percent } from "../shared/percent.mjs";
import { put, toBytes } from "../shared/state.mjs";
import { paint, signedColor } from "../shared/paint.mjs";
import { MAPS, MAP_SIDE, examine, isStuck } from "./judge.mjs";

const [ACROSS, KERNEL, PICTURE] = [8, 3, 784];
const GAP = [128, 140, 144]; // between kernels and maps, on light and dark pages
const FIRST = PARAMETERS[0]; // the kernels of the first layer, shape (3, 3, 1, 32)

/**
 * Lay 32 squares out as one picture with gaps between them; a gap is NaN.
 *
 * @param {ArrayLike<number>} values (side, side, 32)
 * @param {number} side
 * @param {number} zoom pixels for each value, in both directions; a gap has one
 */
function mosaic(values, side, zoom) {
  const cell = side * zoom + 1;
  const [width, height] = [ACROSS * cell - 1, (MAPS / ACROSS) * cell - 1];
  const sheet = new Float32Array(width * height).fill(NaN);
  for (let k = 0; k < MAPS; k += 1) {
    const [top, left] = [cell * Math.floor(k / ACROSS), cell * (k % ACROSS)];
    for (let i = 0; i < (cell - 1) ** 2; i += 1) {
      const [row, column] = [Math.floor(i / (cell - 1)), i % (cell - 1)];
      const value = Math.floor(row / zoom) * side + Math.floor(column / zoom);
      sheet[(top + row) * width + left + column] = values[value * MAPS + k];
    }
  }
  return { sheet, width, height };
}

function paintMosaic(canvas, { sheet, width, height }, color) {
  paint(canvas, sheet, width, height, (v) => (Number.isNaN(v) ? GAP : color(v)));
}

/** How far the kernels of the first layer are from where they began. */
function changes(weights, start) {
  const { length } = FIRST;
  return Float32Array.from({ length }, (_, i) => weights[FIRST.start + i] - start[FIRST.start + i]);
}

const largestOf = (values) => values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);

/** The slider over the epochs of a run. */
function scrubber(figure, model, session) {
  const id = uniqueId("cw-tl-replay");
  const slider = h("input.cw-tl-slider", { type: "range", id, min: 0, max: 0, step: 1 });
  const label = h("label", { for: id });
  const said = h("output.cw-tl-said", { for: id });
  figure.on(slider, "input", () => {
    const run = session.list.shown;
    const place = slider.valueAsNumber;
    put(model, { shown_epoch: !run.ended && place === run.places ? null : place });
  });
  const show = (run, place) => {
    slider.max = String(run?.places ?? 0);
    slider.value = String(place);
    slider.disabled = !run?.places;
    label.textContent = run ? `Replay of run ${run.name}` : "Replay";
    said.textContent = placeText(run, place);
    slider.setAttribute("aria-valuetext", said.textContent);
  };
  return { element: h("div.cw-tl-scrub", {}, label, slider, said), show };
}

function placeText(run, place) {
  if (!run) return "random weights, before the first run";
  if (!run.places) return "only the curves of this run are left";
  if (place === 0) return "the start: random weights";
  if (place > run.states.length) {
    return run.ended ? "where it was stopped" : `now, in epoch ${run.epochs.length + 1}`;
  }
  const kept = run.ended && place === run.bestEpoch ? ": the weights that stay" : "";
  return `after epoch ${place} of ${run.states.length}${kept}`;
}

/** The ten shares of the answer. */
function answerBars() {
  const list = h("ol.cw-tl-answers");
  const bars = CLASS_NAMES.map((name) => {
    const [fill, value] = [h("span.cw-tl-fill"), h("span.cw-tl-value")];
    const bar = h("span.cw-tl-bar", {}, fill);
    const row = h("li", {}, h("span.cw-tl-name", { text: name }), bar, value);
    list.append(row);
    return { row, fill, value };
  });
  const show = (probabilities, truth) => {
    const best = probabilities.indexOf(Math.max(...probabilities));
    bars.forEach(({ row, fill, value }, k) => {
      const probability = probabilities[k];
      fill.style.width = `${100 * (probability || 0)}%`;
      value.textContent = Number.isFinite(probability) ? percent(probability) : "–";
      row.classList.toggle("cw-tl-top", k === best);
      row.classList.toggle("cw-tl-true", k === truth);
    });
    return best < 0 ? "" : `The picture: ${CLASS_NAMES[best]}, ${percent(probabilities[best])}.`;
  };
  return { element: list, show };
}

/** Return the held-out pictures, one of each class, as the state has them. */
function picturesOf(model) {
  const bytes = toBytes(model.get("pictures")) ?? new Uint8Array(0);
  const count = Math.floor(bytes.length / PICTURE);
  return Array.from({ length: count }, (_, n) => bytes.subarray(n * PICTURE, (n + 1) * PICTURE));
}

/** The buttons that choose the picture: one of each class, and the reader's own if one is kept. */
function pictureStrip(figure, model, pictures) {
  const make = (name) => {
    const canvas = h("canvas", { "aria-hidden": "true" });
    const button = h("button.cw-tl-choice", { type: "button", title: name }, canvas);
    button.setAttribute("aria-label", name);
    return { canvas, button };
  };
  const choose = (pixels) => put(model, { picture: new DataView(pixels.slice().buffer) });
  const buttons = pictures.map((picture, label) => {
    const { canvas, button } = make(CLASS_NAMES[label]);
    paint(canvas, picture, 28, 28);
    figure.on(button, "click", () => choose(picture));
    return button;
  });
  const own = make("Your picture, kept on this device");
  let [kept, shown] = [null, null];
  figure.on(own.button, "click", () => choose(kept));
  const group = { role: "group", "aria-label": "Pictures that the network never learns from" };
  const element = h("div.cw-tl-strip", group, ...buttons, own.button);
  const settle = roving(figure, element, () => (kept ? [...buttons, own.button] : buttons));
  offerOwnPicture(figure, {
    offer(picture) {
      kept = picture;
      own.button.hidden = !kept;
      if (kept) paint(own.canvas, kept, 28, 28);
      settle();
    },
    shown: () => shown,
    choose,
    leave: () => pictures.length && choose(pictures[CLASS_NAMES.indexOf("Shirt")]),
  });
  const show = (label, picture) => {
    shown = picture;
    for (const [k, button] of buttons.entries()) {
      button.setAttribute("aria-pressed", String(k === label));
    }
    const isOwn = isSamePicture(kept, picture);
    own.button.setAttribute("aria-pressed", String(isOwn));
    settle(isOwn ? own.button : buttons[Math.max(0, label)]);
  };
  return { element, show };
}

/** A mosaic with its caption. */
function sheet() {
  const canvas = h("canvas.cw-tl-mosaic", { role: "img" });
  const caption = h("figcaption.cw-note");
  return { canvas, caption, element: h("figure", {}, canvas, caption) };
}

/**
 * Show a picture that no run learns from: what the network answers at a place of the replay, the
 * maps it sees, and how far its kernels have moved.
 *
 * @param {object} figure of `frame`
 * @param {object} model
 * @param {object} session
 * @returns {{element: HTMLElement, show: () => void, answer: () => string,
 *   stuck: (weights: Float32Array) => boolean, place: () => number}}
 */
export function replayPanel(figure, model, session) {
  const pictures = picturesOf(model);
  const slider = scrubber(figure, model, session);
  const canvas = h("canvas.cw-tl-picture", { role: "img" });
  const truth = h("p.cw-note.cw-tl-truth");
  const [bars, strip] = [answerBars(), pictureStrip(figure, model, pictures)];
  const [maps, kernels] = [sheet(), sheet()];
  let [picture, label, text] = [null, -1, ""];

  const place = () => {
    const run = session.list.shown;
    const asked = model.get("shown_epoch");
    return run ? Math.min(asked ?? run.place, run.places) : 0;
  };
  const show = () => {
    const run = session.list.shown;
    const at = place();
    slider.show(run, at);
    const weights = run ? run.weightsAt(at) : session.parameters;
    const start = run ? run.weightsAt(0) : session.parameters;
    if (picture) showPicture(examine(weights, picture));
    showKernels(changes(weights, start), run ? run.mostChanged(changes) : 0);
  };
  const showPicture = ({ probabilities, maps: values }) => {
    text = bars.show(probabilities, label);
    const limit = largestOf(values);
    paintMosaic(maps.canvas, mosaic(values, MAP_SIDE, 1), (value) => {
      const gray = Math.round((255 * value) / (limit || 1));
      return [gray, gray, gray];
    });
    let empty = 0;
    for (let k = 0; k < MAPS; k += 1) {
      let sum = 0;
      for (let i = k; i < values.length; i += MAPS) sum += values[i];
      if (sum === 0) empty += 1;
    }
    const black = empty ? `; ${empty} of them ${empty > 1 ? "are" : "is"} 0 all over` : "";
    maps.caption.textContent = `What the first layer sees in it: ${MAPS} maps${black}`;
    maps.canvas.setAttribute("aria-label", maps.caption.textContent);
  };
  const showKernels = (moved, limit) => {
    paintMosaic(kernels.canvas, mosaic(moved, KERNEL, 4), signedColor(limit || 1));
    const most = largestOf(moved);
    kernels.caption.textContent = most
      ? `How far its ${MAPS} kernels have moved: red up, blue down, by ${most.toPrecision(2)} at most`
      : `How far its ${MAPS} kernels have moved: not yet`;
    kernels.canvas.setAttribute("aria-label", kernels.caption.textContent);
  };
  figure.watch("picture", (value) => {
    picture = toBytes(value);
    label = pictures.findIndex((one) => picture && one.every((gray, i) => gray === picture[i]));
    truth.textContent = label < 0 ? "Your picture" : `It is: ${CLASS_NAMES[label]}`;
    canvas.setAttribute("aria-label", label < 0 ? "Your picture" : CLASS_NAMES[label]);
    strip.show(label, picture);
    if (picture) paint(canvas, picture, 28, 28);
    show();
  });
  const element = h(
    "div.cw-tl-replay",
    {},
    slider.element,
    h(
      "div.cw-tl-pair",
      {},
      h(
        "div.cw-tl-panel",
        {},
        h("p.cw-tl-title", { text: "A picture it never learns from" }),
        h("div.cw-tl-answer", {}, h("div", {}, canvas, truth), bars.element),
        strip.element,
      ),
      h("div.cw-tl-panel", {}, maps.element, kernels.element),
    ),
  );
  const stuck = (weights) => isStuck(weights, pictures);
  return { element, show, answer: () => text, stuck, place };
}
