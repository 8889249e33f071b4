/** How a picture got into the network's format: every step with its picture and its reason. */

import { h } from "../shared/kit.mjs";
import { differing } from "./edits.mjs";

const REASONS = {
  "frame removed": "Lines of one tone along the edges, and a photo between them: only that counts.",
  "background made black":
    "The color along the border counts as background. What differs from it turns bright, as in " +
    "the training pictures; the network knows no color.",
  cropped: "Empty rows and columns go, so that the garment fills the picture.",
  "fitted into a square": "Black beside the shorter edge, so that nothing gets stretched.",
};

function reason({ name, data }, { steps, size, source, name: title }) {
  if (REASONS[name]) return REASONS[name];
  if (name === "changed by hand") {
    return `${differing(data, steps.at(-2).data)} pixels differ. This goes in instead.`;
  }
  if (name === "28×28") {
    return steps.some((step) => step.name === "cropped")
      ? "Each new pixel is the mean of its area; the brightest turns white. Only this goes in."
      : "In the data set's format already, so nothing is changed.";
  }
  const origin = {
    example: `Our drawing “${title}”`,
    file: `Your file “${title}”`,
    drop: `Your file “${title}”`,
    paste: "What you pasted",
    camera: "Your photo",
    drawing: "Your drawing",
    Python: "Set from Python",
    edited: title ? `“${title}”` : "The picture",
  };
  const isReduced = size.width > steps[0].width;
  const pixels = `${size.width} × ${size.height} pixels`;
  return `${origin[source] ?? "The picture"}: ${pixels}${isReduced ? ", shown smaller" : ""}.`;
}

/** Paint a step in its own size; the style sheet fits it into its box. */
function paintStep(canvas, { width, height, channels, data }) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  for (let n = 0; n < width * height; n += 1) {
    for (let c = 0; c < 3; c += 1) {
      picture.data[4 * n + c] = data[channels === 3 ? 3 * n + c : n];
    }
    picture.data[4 * n + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
}

/**
 * Build the list of steps.
 *
 * @returns {{element: HTMLElement, show: (state: object) => void}}
 */
export function stepsView() {
  const element = h("ol.cw-pic-steps");
  let shown = -1;
  return {
    element,
    show(state) {
      if (state.answers === shown || !state.outputs) return;
      shown = state.answers;
      const items = state.steps.map((step, n) => {
        const canvas = h("canvas", {
          role: "img",
          "aria-label": `Step ${n + 1}: ${step.name}, ${step.width} by ${step.height}`,
        });
        paintStep(canvas, step);
        canvas.classList.toggle("cw-pic-sharp", step.width < 60);
        return h(
          "li",
          {},
          h("span.cw-pic-thumb", {}, canvas),
          h("span.cw-pic-step", { text: `${n + 1}. ${step.name}` }),
          h("span.cw-pic-reason", { text: reason(step, state) }),
        );
      });
      element.replaceChildren(...items);
    },
  };
}
