/** Your own picture: prepared, answered, explained, doubted, and changed until the answer is wrong. */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { frame, h } from "../shared/kit.mjs";
import { answerView, isForeign, spoken } from "./answer.mjs";
import { doubtView, meterView, warningsView } from "./doubt.mjs";
import { laboratoryOf } from "./engine.mjs";
import { keepView } from "./keep.mjs";
import { lookView } from "./look.mjs";
import { sourcesView } from "./sources.mjs";
import { stageView } from "./stage.mjs";
import { stepsView } from "./steps.mjs";

/** What has happened, in a sentence; empty if it is not to be announced. */
function news(state, mode, isWarned) {
  const { step, stage, order, probabilities, reference, doubt, edit, isLive } = state;
  const isQuick = mode === "draw" || mode === "fool"; // to say that it is read would be in the way
  if (step === "busy") return isQuick ? "" : stage;
  if (!state.outputs || (!reference && !doubt)) return "";
  const best = CLASS_NAMES[order[0]];
  if (isLive) return [best, ...(isForeign(state) ? ["perhaps no garment"] : [])].join(", ");
  const answer = `The network's answer: ${best}, ${spoken(probabilities[order[0]])}.`;
  const done = edit?.isMet ? [`Challenge done with ${edit.count} pixels.`] : [];
  const reasons = isWarned ? [] : state.warnings.map(({ text }) => `Warning: ${text}`);
  return [...done, answer, ...reasons].join(" ");
}

export default {
  render({ model, el }) {
    const figure = frame(el, model, "cw-pic");
    const lab = laboratoryOf(model);
    const isOpen = !model.get("compact");
    const view = { state: lab.state, label: 0 };
    const look = lookView(figure, view);
    const answer = answerView(figure, view, () => {
      stage.go("look");
      look.show();
    });
    const meter = meterView();
    const warnings = warningsView();
    const side = h("div.cw-pic-right", {}, answer.element, meter.element, warnings.element);
    const stage = stageView(figure, lab, look, side);
    const keep = keepView(figure, lab);
    const steps = stepsView();
    const doubt = doubtView();
    const busy = h("p.cw-pic-busy");
    const error = h("div.cw-pic-error", { role: "alert" });
    const fold = (text, content) =>
      h("details.cw-pic-fold", { open: isOpen }, h("summary", { text }), content);
    const result = h(
      "div.cw-pic-result",
      {},
      stage.element,
      keep.element,
      fold("From your picture to 28 × 28 pixels", steps.element),
      fold("Does it look like a garment at all?", doubt.element),
    );
    const status = h("div.cw-pic-status", {}, busy, error);
    figure.body.append(sourcesView(figure, model, lab, stage.cameraButton), status, result);

    let isFirst = lab.state.answers === 0; // what answers by itself is not announced
    let warned = ""; // the warnings that were told last
    const wordsOf = ({ warnings: all }) => all.map(({ code }) => code).join(" ");
    const show = (state) => {
      const { root } = figure;
      const isNew = state.outputs !== view.state.outputs || state.pixels !== view.state.pixels;
      view.state = state;
      if (isNew) view.label = state.order[0] ?? 0;
      root.dataset.step = state.step;
      root.dataset.source = state.source;
      root.dataset.answers = String(state.answers);
      const isJudged = state.outputs && state.reference;
      root.dataset.garment = isJudged ? (isForeign(state) ? "no" : "yes") : "";
      result.setAttribute("aria-busy", String(state.step === "busy"));
      result.classList.toggle("cw-pic-empty", !state.outputs);
      busy.textContent = state.step === "busy" ? state.stage : "";
      if (error.textContent !== state.message) error.textContent = state.message;
      error.hidden = state.message === "";
      for (const part of [answer, meter, warnings, stage, keep, steps, doubt]) part.show(state);
      if (!isFirst) {
        // While one picture is changed, what was said of it already is not said again.
        const isWarned = state.source === "edited" && warned === wordsOf(state);
        const told = news(state, stage.mode(), isWarned);
        if (told) figure.say(told);
        if (told && !state.isLive) warned = wordsOf(state);
      }
      if (state.step !== "busy" && (state.reference || state.doubt || state.message)) {
        isFirst = false;
      }
    };
    figure.dispose(lab.subscribe(show));
    return figure.cleanup;
  },
};
