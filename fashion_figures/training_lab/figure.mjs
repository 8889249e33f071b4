/** The training lab: the course's network learns in the page, and one run races another. */

import { frame, h, prefersStillness } from "../shared/kit.mjs";
import { put } from "../shared/state.mjs";
import { chart, epochSpan, sample } from "./charts.mjs";
import { guessPanel, runsPanel, settingsPanel } from "./controls.mjs";
import { epochTable, patiencePanel } from "./panels.mjs";
import { replayPanel } from "./replay.mjs";
import { sessionOf } from "./session.mjs";
import {
  buttonText,
  chartLabel,
  epochSentence,
  noticeText,
  phaseSentence,
  problemText,
  statusText,
  stuckText,
} from "./words.mjs";

/** Two charts, the guess between them, and their legend. */
function chartsPanel(figure, model, session) {
  const [accuracy, loss] = [chart("accuracy"), chart("loss")];
  const guess = guessPanel(figure, model, accuracy);
  const entries = {
    training: "training",
    live: "training, a running mean of its batches",
    validation: "validation, which it never learns from",
    ghost: "another run, by its letter",
    book: model.get("reference_name"),
  };
  const items = Object.fromEntries(
    Object.entries(entries).map(([kind, text]) => [kind, h("li", {}, sample(kind), text)]),
  );
  const element = h(
    "div.cw-tl-charts",
    {},
    h("p.cw-tl-title", { text: "Accuracy (share named right)", "aria-hidden": "true" }),
    accuracy.picture,
    guess.element,
    h("p.cw-tl-title", { text: "Loss (cross-entropy, nats)", "aria-hidden": "true" }),
    loss.picture,
    h("ul.cw-tl-legend", { "aria-label": "Lines in the charts" }, ...Object.values(items)),
  );
  const show = (place) => {
    const run = session.list.shown;
    // What another training reached would give the first guess away.
    const book = session.list.all.some((one) => one.begun) ? model.get("reference") : null;
    const ghosts = session.list.all.filter((other) => other !== run && other.begun);
    const span = epochSpan(session.list.all, session.underWay ? session.run : null);
    const replayed = run?.states.length && model.get("shown_epoch") !== null ? place : null;
    const shared = { run, ghosts, book, span, guess: model.get("guess"), place: replayed };
    const invite =
      run || shared.guess !== null ? "" : "How high will it come? Point here to guess.";
    accuracy.show({ ...shared, invite, label: chartLabel("Accuracy", "accuracy", run) });
    loss.show({ ...shared, label: chartLabel("Loss", "loss", run) });
    items.book.hidden = !book?.loss?.length;
    items.ghost.hidden = !ghosts.length;
    guess.show(session.underWay);
  };
  return { element, show };
}

export default {
  render({ model, el }) {
    const figure = frame(el, model, "cw-tl");
    const session = sessionOf(model);
    const main = h("button.cw-primary", { type: "button" });
    const stop = h("button", { type: "button", text: "Stop" });
    const settings = settingsPanel(figure, model);
    const status = h("p.cw-tl-status");
    const bar = h("progress.cw-tl-progress", { max: "1", "aria-label": "Progress of the epoch" });
    const problem = h("p.cw-warning", { role: "alert", hidden: true });
    const notice = h("p.cw-warning.cw-tl-notice", { hidden: true });
    const charts = chartsPanel(figure, model, session);
    const [patience, table] = [patiencePanel(), epochTable()];
    const runs = runsPanel(figure, model, session);
    const replay = replayPanel(figure, model, session);
    figure.body.append(
      status,
      h(
        "div.cw-tl-bench",
        {},
        h(
          "div.cw-tl-controls",
          {},
          settings.element,
          h("div.cw-row.cw-tl-buttons", {}, main, stop),
          bar,
        ),
        charts.element,
        h("div.cw-tl-side", {}, patience.element, runs.element, problem, notice),
      ),
      replay.element,
      table.element,
    );

    let stuck = null; // the run whose network gives every picture the same answer
    const showTick = () => {
      status.textContent = statusText(model, session);
      bar.value = session.progress ? session.progress.position / session.progress.images : 0;
      replay.show();
      charts.show(replay.place());
      runs.show();
    };
    const showPhase = () => {
      const { phase, run, underWay } = session;
      figure.root.dataset.phase = phase;
      figure.root.dataset.engine = model.get("engine");
      figure.root.dataset.epoch = String(run?.epochs.length ?? 0);
      main.textContent = buttonText(session);
      stop.disabled = !(underWay || session.canResume);
      settings.show(underWay);
      bar.classList.toggle("cw-tl-idle", !underWay);
      const words = problemText(session);
      if (problem.textContent !== words) problem.textContent = words;
      problem.hidden = !words;
      const seen = session.list.shown;
      notice.textContent = stuck && stuck === seen ? stuckText(seen) : noticeText(session.notice);
      notice.hidden = !notice.textContent;
      patience.show(seen, underWay ? session.settings.patience : model.get("patience"));
      table.show(seen);
      showTick();
    };
    let [asked, shown] = [null, session.phase];
    const show = (what) => {
      if (what === "tick") {
        // A hidden page draws nothing; it is drawn anew when it is seen again.
        if (asked === null && !prefersStillness()) {
          asked = requestAnimationFrame(() => {
            asked = null;
            showTick();
          });
        }
        return;
      }
      const { run } = session;
      const judged = what === "epoch" || (session.phase === "finished" && shown !== "finished");
      if (judged) stuck = run?.latest && replay.stuck(run.latest) ? run : null;
      showPhase();
      if (what === "epoch") figure.say(epochSentence(run));
      else if (session.phase !== shown) figure.say(phaseSentence(model, session));
      shown = session.phase;
    };
    figure.dispose(session.subscribe(show));
    figure.dispose(() => cancelAnimationFrame(asked));
    figure.on(main, "click", () => {
      const active = ["loading", "racing", "training"].includes(session.phase);
      put(model, { running: !active });
    });
    figure.on(stop, "click", () => {
      session.stop();
      main.focus(); // the other one cannot be pressed any more
    });
    for (const name of ["reference", "guess"]) {
      figure.watch(name, () => charts.show(replay.place()));
    }
    figure.watch("patience", showPhase);
    return figure.cleanup;
  },
};
