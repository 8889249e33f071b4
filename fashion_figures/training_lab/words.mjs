/** What the training lab says: numbers, names, and one sentence for each state of affairs. */

import { COUNT } from "./backprop.mjs";
import { percent } from "../shared/percent.mjs";

/** What an answer at random costs: ln 10 nats, with ten classes; and how often it is right. */
export const CHANCE = { loss: Math.log(10), accuracy: 0.1 };

const ENGINES = {
  javascript: "plain JavaScript on the processor",
  webgl: "TensorFlow.js on the graphics processor (WebGL)",
  webgpu: "TensorFlow.js on the graphics processor (WebGPU)",
};
const SHORT = { javascript: "plain JavaScript", webgl: "WebGL", webgpu: "WebGPU" };
const MANY = 1000; // from here on, a loss is written with its power of ten

export const count = (number) => Math.round(number).toLocaleString("en-US");
const plural = (number, unit) => `${number} ${unit}${number === 1 ? "" : "s"}`;
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/** Write a loss: 0.432, 12.3, 4.3e6. */
export function lossText(loss, digits = 3) {
  if (!Number.isFinite(loss)) return "–";
  if (loss >= MANY) return loss.toExponential(1).replace("e+", "e");
  return loss.toFixed(loss >= 10 ? 1 : digits);
}

/** Write a learning rate without powers of ten, unless that would be unreadable. */
export function rateText(rate) {
  const plain = rate >= 1e-6 && rate < 1e6;
  return plain ? rate.toLocaleString("en-US", { maximumFractionDigits: 8 }) : String(rate);
}

/** What a run was set to; more than one value where it was changed on the way. */
export function settingsText({ rates, batches }) {
  const then = (values, text) => values.map(text).join(", then ");
  return `rate ${then(rates, rateText)} · batch ${then(batches, count)}`;
}

/** What a run has reached, and with how many images. */
export function resultText({ best, images, ended }) {
  const reached = best ? percent(best.val_accuracy) : "no epoch yet";
  return `${count(images)} images: ${reached}${ended === "nan" ? ", then no number" : ""}`;
}

/** What the main button does in each phase. */
export function buttonText({ phase, problem, run, canResume }) {
  if (phase === "paused") return "Continue";
  if (phase === "failed" && !canResume) return problem.code === "nan" ? "Start again" : "Try again";
  if (canResume) return `Continue after epoch ${run.epochs.length}`;
  if (phase === "idle" || phase === "finished") return run ? "Start another run" : "Start";
  return "Pause";
}

/** How long the epoch will take from here: in seconds, by the pace so far. */
export function secondsLeft({ epochs }, { position, images, rate }, validationImages) {
  const last = epochs.at(-1)?.seconds;
  // Judging an image takes about a third of the time that learning from it does.
  const judging = last ? Math.max(0, last - images / rate) : validationImages / rate / 3;
  return (images - position) / rate + judging;
}

function timeText(seconds) {
  if (seconds >= 90) return `about ${Math.round(seconds / 60)} minutes`;
  return `about ${plural(Math.max(1, Math.round(seconds)), "second")}`;
}

function engineText(model, { progress, rates }) {
  const engine = model.get("engine");
  const pace = progress ? `, ${count(progress.rate)} images a second` : "";
  const others = Object.entries(rates).filter(([name]) => name !== engine);
  const compared = others.map(([name, value]) => `${SHORT[name] ?? name}: ${count(value)}`);
  const also = compared.length ? ` (measured for comparison: ${compared.join(", ")})` : "";
  return `Trains with ${ENGINES[engine] ?? engine}${pace}${also}.`;
}

function invitation(model) {
  const { images, tfjs } = model.get("download");
  const more = tfjs ? ` (${megabytes(tfjs)} more for a graphics processor)` : "";
  const load = images ? `loads ${megabytes(images)} of images${more} and ` : "";
  return (
    `${count(COUNT)} random weights are about to learn ten kinds of garments. Guess how well they ` +
    `will do on images they never saw, then press Start: it ${load}trains on this device; nothing ` +
    "leaves it."
  );
}

/** What goes on, for the reader: two or three sentences. */
export function statusText(model, session) {
  const { phase, progress, run } = session;
  if (phase === "idle") return invitation(model);
  if (phase === "loading") return "Loading the images …";
  if (phase === "racing") {
    const name = SHORT[session.racing];
    return name ? `Measuring how fast ${name} trains …` : "Preparing the training …";
  }
  if (phase === "finished") return `${finishedText(run)} ${guessText(run)}`.trim();
  if (phase === "failed") return "The training has broken off.";
  if (!progress) return `The first batch … ${engineText(model, session)}`;
  const { epoch, position, images } = progress;
  const left = timeText(secondsLeft(run, progress, model.get("validation_images")));
  const place =
    position < images
      ? `${count(position)} of ${count(images)} images`
      : `now judged by ${count(model.get("validation_images"))} validation images`;
  const of = `Epoch ${epoch} of at most ${model.get("max_epochs")}: ${place}`;
  if (phase === "paused") return `Paused. ${of}.`;
  return `${of}, ${left} to its end. ${engineText(model, session)}`;
}

/** How a run has ended, and which weights stay. */
export function finishedText({ name, ended, epochs, bestEpoch, waited }) {
  const last = epochs.length;
  if (!last)
    return `Run ${name} was stopped before its first epoch was complete, so nothing was validated.`;
  const back = waited
    ? `The weights of epoch ${bestEpoch}, the best, are restored.`
    : "Its last weights are its best, and stay.";
  if (ended === "epochs") return `Run ${name}: all ${plural(last, "epoch")} are done. ${back}`;
  if (ended === "stopped") return `Run ${name}: stopped by you after epoch ${last}. ${back}`;
  const span = plural(waited, "epoch");
  return `Run ${name} stopped early after epoch ${last}: no lower validation loss for ${span}. ${back}`;
}

/** What one guessed, beside what came out; "" without a guess or a result. */
export function guessText({ guess, best }) {
  if (guess === null || !best) return "";
  const [guessed, reached] = [guess, best.val_accuracy].map((share) => Math.round(1000 * share));
  const points = (Math.abs(reached - guessed) / 10).toFixed(1);
  const compared =
    reached === guessed
      ? "just as many"
      : `${points} points ${reached > guessed ? "more" : "less"}`;
  return (
    `You guessed ${percent(guess)}; with these weights, it names ${percent(best.val_accuracy)} of ` +
    `the validation images: ${compared}.`
  );
}

/** What went wrong, and the way on. */
export function problemText({ problem, run, canResume }) {
  if (!problem) return "";
  const { code, message, rate } = problem;
  const on = canResume
    ? `The state after epoch ${run.epochs.length} is safe: press “${buttonText({ run, canResume })}”.`
    : "Press “Try again”.";
  if (code === "nan") {
    return (
      `The loss is no longer a number. At the learning rate ${rateText(rate)}, the updates threw the weights ` +
      "so far that the sums became too large for 32-bit numbers, and no later update can mend that. " +
      "Choose a smaller learning rate, and start again."
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
export function noticeText(notice) {
  if (!notice) return "";
  const name = SHORT[notice.name] ?? notice.name;
  return {
    "no-tfjs":
      "This copy of the course comes without TensorFlow.js: it trains in plain JavaScript.",
    "no-worker":
      "The browser refuses a background worker here: the training runs in the page itself, in short slices.",
    returned:
      `A training ended with the page, after epoch ${notice.epoch}. Its curves are still here, its ` +
      "weights are not: the next run begins anew.",
    refused: `${name} cannot train here (${notice.message}); the training does without it.`,
    lost:
      `The graphics processor was lost (${notice.message}). ` +
      "The training goes on in plain JavaScript, from the last weights.",
  }[notice.code];
}

/** A network that no longer reacts, explained. */
export function stuckText({ rates }) {
  return (
    `Every picture gets the same answer: at the rate ${rateText(rates.at(-1))}, the updates threw ` +
    "the weights so far that most units put out 0 for any image. Such a unit has no slope, so no " +
    "update revives it."
  );
}

/** What is announced after an epoch. */
export function epochSentence({ epochs, bestEpoch }) {
  const row = epochs.at(-1);
  const news = bestEpoch === row.epoch ? "lowest so far" : "no new minimum";
  return (
    `Epoch ${row.epoch}: validation accuracy ${percent(row.val_accuracy)}, ` +
    `loss ${lossText(row.val_loss, 2)}, ${news}.`
  );
}

/** What is announced when the phase changes; a problem is announced by itself. */
export function phaseSentence(model, session) {
  const { phase, run } = session;
  if (phase === "training") return `Training with ${ENGINES[model.get("engine")]}.`;
  if (phase === "finished") return `${finishedText(run)} ${guessText(run)}`.trim();
  return { paused: "Paused.", loading: "Loading the images." }[phase] ?? "";
}

/** A chart in words. */
export function chartLabel(name, metric, run) {
  const last = run?.epochs.at(-1);
  if (!last) return `${name} of training and validation: no epoch is complete`;
  const text = metric === "loss" ? (value) => lossText(value) : percent;
  return (
    `${name} of run ${run.name} after epoch ${last.epoch}: training ${text(last[metric])}, ` +
    `validation ${text(last[`val_${metric}`])}; lowest validation loss in epoch ${run.bestEpoch}`
  );
}
