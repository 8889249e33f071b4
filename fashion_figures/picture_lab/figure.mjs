/** Your own picture: prepared, answered, explained, and doubted. */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { frame, h } from "../shared/kit.mjs";
import { answerView, isForeign, spoken } from "./answer.mjs";
import { doubtView, warningsView } from "./doubt.mjs";
import { laboratoryOf } from "./engine.mjs";
import { sourcesView } from "./sources.mjs";
import { stepsView } from "./steps.mjs";

/** What has happened, in a sentence; empty if it is not to be announced. */
function news(state) {
  const { step, stage, order, probabilities, reference, doubt } = state;
  if (step === "busy") return stage;
  if (step !== "answered" || (!reference && !doubt)) return "";
  const best = order[0];
  const answer = `${CLASS_NAMES[best]}, ${spoken(probabilities[best])}.`;
  const reasons = state.warnings.map(({ text }) => `Warning: ${text}`);
  return [`The network's answer: ${answer}`, ...reasons].join(" ");
}

export default {
  render({ model, el }) {
    const figure = frame(el, model, "cw-pic");
    const lab = laboratoryOf(model);
    const isOpen = !model.get("compact");
    const busy = h("p.cw-pic-busy");
    const error = h("div.cw-warning.cw-pic-error", { role: "alert" });
    const warnings = warningsView();
    const answer = answerView(figure);
    const steps = stepsView();
    const doubt = doubtView();
    const result = h(
      "div.cw-pic-result",
      { hidden: true },
      warnings.element,
      answer.element,
      h(
        "details.cw-pic-fold",
        { open: isOpen },
        h("summary", { text: "From your picture to 28 × 28 pixels" }),
        steps.element,
      ),
      h(
        "details.cw-pic-fold",
        { open: isOpen },
        h("summary", { text: "Does it look like a garment at all?" }),
        doubt.element,
      ),
    );
    figure.body.append(sourcesView(figure, model, lab), busy, error, result);

    let isFirst = lab.state.answers === 0; // what answers by itself is not announced
    const show = (state) => {
      const { root } = figure;
      root.dataset.step = state.step;
      root.dataset.source = state.source;
      root.dataset.answers = String(state.answers);
      root.dataset.garment = "";
      result.setAttribute("aria-busy", String(state.step === "busy"));
      busy.textContent = state.step === "busy" ? state.stage : "";
      if (error.textContent !== state.message) error.textContent = state.message;
      error.hidden = state.message === "";
      result.hidden = state.outputs === null;
      if (state.outputs) {
        warnings.show(state);
        answer.show(state);
        steps.show(state);
        doubt.show(state);
        if (state.reference) root.dataset.garment = isForeign(state) ? "no" : "yes";
      }
      if (!isFirst) figure.say(news(state));
      const isDone = state.reference || state.doubt || state.step === "error";
      if (state.step !== "busy" && isDone) isFirst = false;
    };
    figure.dispose(lab.subscribe(show));
    return figure.cleanup;
  },
};
