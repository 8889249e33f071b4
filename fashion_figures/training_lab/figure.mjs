/** The training lab: the course's network learns in the page, and early stopping acts. */

import { COUNT } from "./backprop.mjs";
import { frame, h, prefersStillness, uniqueId } from "../shared/kit.mjs";
import { put } from "../shared/state.mjs";
import { chart, sample } from "./charts.mjs";
import { epochTable, kernelPanel, patiencePanel, picturePanel } from "./panels.mjs";
import { sessionOf } from "./session.mjs";

const GUESS = Math.log(10);
const ENGINES = {
  javascript: "plain JavaScript on the processor",
  webgl: "TensorFlow.js on the graphics processor (WebGL)",
  webgpu: "TensorFlow.js on the graphics processor (WebGPU)",
};
const RATES = {
  0.00003: "too small",
  0.0001: "",
  0.0003: "",
  0.001: "right",
  0.003: "",
  0.01: "",
  0.03: "too large",
  0.1: "",
  1: "",
};
const INTRODUCTION =
  "The solid curve is measured on the images that the network learns from, the dashed one on " +
  "images that it never learns from. As long as both losses fall, it learns about clothes. When " +
  "the dashed one turns, it begins to learn its images by heart: then patience runs out, the " +
  "training stops, and the weights of the best epoch come back.";
const count = (number) => Math.round(number).toLocaleString("en-US");
const fixed = (number, digits) =>
  Number.isFinite(number) ? number.toFixed(digits) : "not a number";
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/** Write a learning rate without powers of ten, unless that would be unreadable. */
function rateText(rate) {
  const plain = rate >= 1e-6 && rate < 1e6;
  return plain ? rate.toLocaleString("en-US", { maximumFractionDigits: 8 }) : String(rate);
}

/** A labeled menu for a state; a value that Python set and the menu lacks is added. */
function choice(figure, model, { name, label, values, text }) {
  const id = uniqueId("cw-tl");
  const menu = h("select", { id });
  figure.on(menu, "change", () => put(model, { [name]: JSON.parse(menu.value) }));
  figure.watch(name, (value) => {
    const all = values.includes(value) ? values : [...values, value].sort((a, b) => a - b);
    menu.replaceChildren(
      ...all.map((item) => h("option", { value: JSON.stringify(item), text: text(item) })),
    );
    menu.value = JSON.stringify(value);
  });
  return {
    menu,
    element: h("div.cw-tl-field", {}, h("label.cw-note", { for: id, text: label }), menu),
  };
}

/** The menus; those that cannot act during a training are in `fixed`. */
function settings(figure, model) {
  const make = (name, label, values, text = count) =>
    choice(figure, model, { name, label, values, text });
  const rates = Object.keys(RATES)
    .map(Number)
    .sort((a, b) => a - b);
  const rate = make("learning_rate", "Learning rate", rates, (value) =>
    [rateText(value), RATES[value]].filter(Boolean).join(" "),
  );
  const batch = make("batch_size", "Batch size", [8, 16, 32, 64, 128]);
  const patience = make("patience", "Patience", [1, 2, 3, 5, 10, null], (value) =>
    value === null ? "off" : `${value} epoch${value > 1 ? "s" : ""}`,
  );
  const images = make("images", "Training images", [500, 1000, 2000, 4000]);
  const row = h("div.cw-tl-settings", {}, ...[rate, batch, patience, images].map((f) => f.element));
  return { element: row, fixed: [images.menu] };
}

/** What the main button does in each phase. */
function buttonText(session) {
  const { phase, problem, checkpoint } = session;
  if (phase === "idle") return session.epochs.length ? "Train again" : "Start training";
  if (phase === "paused") return "Continue";
  if (phase === "finished") return "Train again";
  if (phase !== "failed") return "Pause";
  if (problem.code === "nan") return "Start again";
  return checkpoint ? `Continue after epoch ${checkpoint.epoch}` : "Try again";
}

function engineText(model, session) {
  const engine = model.get("engine");
  const rate = session.progress ? ` · ${count(session.progress.rate)} images/s` : "";
  const others = Object.entries(session.rates).filter(([name]) => name !== engine);
  const compared = others.map(([name, value]) => `${name}: ${count(value)}`).join(", ");
  return `${ENGINES[engine] ?? ""}${rate}${compared ? ` (measured for comparison: ${compared})` : ""}`;
}

/** One sentence on what is going on. */
function statusText(model, session) {
  const { phase, progress, finished, epochs } = session;
  const download = model.get("download");
  if (phase === "loading") return "Loading the images …";
  if (phase === "racing") {
    const name = { javascript: "plain JavaScript", webgl: "WebGL", webgpu: "WebGPU" }[
      session.racing
    ];
    return name ? `Measuring how fast ${name} trains …` : "Preparing the training …";
  }
  if (phase === "finished") return finishedText(model, finished);
  if (phase === "failed") return "The training has ended.";
  if (phase === "training" && !progress) return `The first batch … · ${engineText(model, session)}`;
  if (!progress) {
    if (epochs.length) return `An earlier training of ${epochs.length} epochs.`;
    const size = download.images ? ` loads ${megabytes(download.images)} of images and` : "";
    const more = download.tfjs
      ? ` With a graphics processor, it loads ${megabytes(download.tfjs)} of TensorFlow.js, too.`
      : "";
    return `${count(COUNT)} random weights. Start${size} trains them on this device; nothing leaves it.${more}`;
  }
  const { epoch, position, images } = progress;
  const place = position < images ? `${count(position)} of ${count(images)} images` : "validation";
  const state = phase === "paused" ? "Paused in epoch" : "Epoch";
  return `${state} ${epoch} of at most ${model.get("max_epochs")}: ${place} · ${engineText(model, session)}`;
}

function finishedText(model, { reason, epoch, bestEpoch }) {
  const back =
    bestEpoch === epoch
      ? "The last weights are the best, and stay."
      : `The weights of epoch ${bestEpoch}, the best, are restored.`;
  if (reason === "epochs") return `All ${epoch} epochs are done. ${back}`;
  const patience = model.get("patience");
  const span = patience === 1 ? "one epoch" : `${patience} epochs`;
  return `Stopped early after epoch ${epoch}: no lower validation loss for ${span}. ${back}`;
}

/** What went wrong, and the way on. */
function problemText(model, { problem, checkpoint }) {
  if (!problem) return "";
  const { code, message } = problem;
  const on = checkpoint
    ? `The state after epoch ${checkpoint.epoch} is safe: press “Continue after epoch ${checkpoint.epoch}”.`
    : "Press “Try again”.";
  if (code === "nan") {
    const rate = rateText(model.get("learning_rate"));
    return (
      `The loss is no longer a number. At the learning rate ${rate}, the updates threw the weights ` +
      "so far that the sums became too large for 32-bit numbers, and no later update can mend that. " +
      "The best weights so far are restored. Choose a smaller learning rate, and start again."
    );
  }
  if (code === "asset") return `The images could not be loaded (${message}). Press “Try again”.`;
  if (code === "silent") {
    return `The browser has ended the training while the page was away. ${on}`;
  }
  if (/memory|allocation/i.test(message)) {
    return `The browser has no memory left for the training (${message}). Close other tabs, or choose fewer images. ${on}`;
  }
  return `The training has stopped with an error (${message}). ${on}`;
}

/** What the reader should know about how it runs. */
function noticeText(notice) {
  if (!notice) return "";
  const name = { webgl: "WebGL", webgpu: "WebGPU" }[notice.name] ?? notice.name;
  return {
    "no-tfjs":
      "This copy of the course comes without TensorFlow.js: it trains in plain JavaScript.",
    "no-worker":
      "The browser refuses a background worker here: the training runs in the page itself, in short slices.",
    returned:
      `A training ended with the page, after epoch ${notice.epoch}. Its curves are still here, its ` +
      "weights are not: “Train again” begins anew.",
    refused: `${name} cannot train here (${notice.message}); the training does without it.`,
    lost:
      `The graphics processor was lost (${notice.message}). ` +
      "The training goes on in plain JavaScript, from the last weights.",
  }[notice.code];
}

/** A network that no longer reacts, explained. */
function stuckText(model, { epochs }) {
  const rate = rateText(model.get("learning_rate"));
  const near = Math.abs(epochs.at(-1).val_loss - GUESS) < 0.1;
  const price = near
    ? `, and its loss sits near ln 10 = ${GUESS.toFixed(2)}, the price of a guess`
    : "";
  return (
    `The network gives every picture the same answer${price}. At the learning rate ${rate}, the ` +
    "updates threw its weights so far that most units put out 0 whatever the image; such a unit " +
    "has no slope, and no update revives it. Reset, choose a rate ten times smaller, and start again."
  );
}

function legend(figure) {
  const entries = {
    training: "training",
    live: "training, within an epoch",
    validation: "validation",
    book: "the book’s run",
  };
  const items = Object.entries(entries).map(([kind, text]) => h("li", {}, sample(kind), text));
  figure.watch("reference", (reference) => {
    items.at(-1).hidden = !reference?.loss?.length;
  });
  return h("ul.cw-tl-legend", { "aria-label": "Lines in the charts" }, ...items);
}

function chartLabel(name, key, { epochs, bestEpoch }) {
  const last = epochs.at(-1);
  if (!last) return `${name} of training and validation: no epoch is complete`;
  return (
    `${name} after epoch ${last.epoch}: training ${fixed(last[key], 3)}, validation ` +
    `${fixed(last[`val_${key}`], 3)}; lowest validation loss in epoch ${bestEpoch}`
  );
}

/** Two charts and their legend. */
function chartsPanel(figure, model) {
  const loss = chart({ title: "Loss (cross-entropy, nats)", metric: "loss", guess: GUESS });
  const accuracy = chart({ title: "Accuracy (share)", metric: "accuracy", guess: 0.1 });
  const pair = h("div.cw-tl-pair", {}, loss.element, accuracy.element);
  const element = h("div", {}, pair, legend(figure));
  const show = (session) => {
    const shared = {
      rows: session.epochs,
      live: session.live,
      book: model.get("reference"),
      best: session.bestEpoch,
    };
    loss.show({ ...shared, label: chartLabel("Loss", "loss", session) });
    accuracy.show({ ...shared, label: chartLabel("Accuracy", "accuracy", session) });
  };
  return { element, show };
}

function epochSentence(session) {
  const row = session.epochs.at(-1);
  const news = session.bestEpoch === row.epoch ? "the lowest so far" : "no new minimum";
  return (
    `Epoch ${row.epoch}: training loss ${fixed(row.loss, 2)}, validation loss ` +
    `${fixed(row.val_loss, 2)} (${news}), validation accuracy ${(100 * row.val_accuracy).toFixed(1)} %.`
  );
}

export default {
  render({ model, el }) {
    const figure = frame(el, model, "cw-tl");
    const main = h("button.cw-primary", { type: "button" });
    const reset = h("button", { type: "button", text: "Reset" });
    const menus = settings(figure, model);
    const status = h("p.cw-tl-status");
    const bar = h("progress.cw-tl-progress", { max: "1", "aria-label": "Progress of the epoch" });
    const problem = h("p.cw-warning", { role: "alert", hidden: true });
    const notice = h("p.cw-warning.cw-tl-notice", { hidden: true });
    const [charts, patience, table] = [chartsPanel(figure, model), patiencePanel(), epochTable()];
    const [kernels, picture] = [kernelPanel(model), picturePanel(figure, model)];
    figure.body.append(
      h("p", { text: INTRODUCTION }),
      menus.element,
      h("div.cw-row.cw-tl-buttons", {}, main, reset),
      status,
      bar,
      problem,
      notice,
      charts.element,
      patience.element,
      table.element,
      h("div.cw-tl-pair", {}, kernels.element, picture.element),
    );

    let stuck = false;
    const showTick = () => {
      status.textContent = statusText(model, session);
      bar.value = session.progress ? session.progress.position / session.progress.images : 0;
      charts.show(session);
      kernels.show(session.parameters);
      picture.show(session.parameters);
    };
    const showPhase = () => {
      const { phase } = session;
      figure.root.dataset.phase = phase;
      figure.root.dataset.engine = model.get("engine");
      figure.root.dataset.epoch = String(session.epochs.length);
      main.textContent = buttonText(session);
      reset.disabled = phase === "idle" && !session.epochs.length;
      const begun = ["loading", "racing", "training", "paused"].includes(phase);
      for (const menu of menus.fixed) menu.disabled = begun;
      bar.hidden = !begun;
      const words = problemText(model, session);
      if (problem.textContent !== words) problem.textContent = words;
      problem.hidden = !words;
      if (!session.epochs.length) stuck = false;
      notice.textContent = stuck ? stuckText(model, session) : noticeText(session.notice);
      notice.hidden = !notice.textContent;
      patience.show({ ...session, patience: model.get("patience") });
      table.show(session.epochs, session.bestEpoch);
      showTick();
    };
    let [asked, shown] = [null, "idle"];
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
      if (what === "epoch") stuck = picture.stuck(session.parameters);
      showPhase();
      if (what === "epoch") figure.say(`${epochSentence(session)} ${picture.answer()}`);
      else if (session.phase !== shown) figure.say(phaseSentence(model, session));
      shown = session.phase;
    };
    const session = sessionOf(model);
    figure.dispose(session.subscribe(show));
    figure.dispose(() => cancelAnimationFrame(asked));
    figure.on(main, "click", () => {
      const active = ["loading", "racing", "training"].includes(session.phase);
      put(model, { running: !active });
    });
    figure.on(reset, "click", () => session.reset());
    figure.watch("reference", () => charts.show(session));
    figure.watch("patience", showPhase);
    return figure.cleanup;
  },
};

/** What is announced when the phase changes; the problem is announced by itself. */
function phaseSentence(model, session) {
  const { phase } = session;
  if (phase === "training") return `Training with ${ENGINES[model.get("engine")]}.`;
  if (phase === "finished") return finishedText(model, session.finished);
  if (phase === "idle") return "Back at the start: an untrained network.";
  return { paused: "Paused.", loading: "Loading the images.", racing: "" }[phase] ?? "";
}
