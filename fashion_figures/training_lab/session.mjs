/**
 * The page's side of a training: its worker, its data, and what to do when either fails.
 *
 * A figure can be shown twice; both views show the one session of their model. What the views
 * draw is in the session's properties; they are told when something changed.
 */

import { Network, SIDE, initialParameters } from "./backprop.mjs";
import { loadAsset, put } from "../shared/state.mjs";
import { Training } from "./core.mjs";
import { enginesFor } from "./engines.mjs";

const SILENCE = 10; // seconds that a worker may take to answer after the page comes back
const SMOOTHING = 0.85;
const ACTIVE = ["loading", "racing", "training"];

const sessions = new WeakMap(); // model -> Session
let judge = null; // the network that answers for pictures, made when first needed

/**
 * Return the one session of a model: two views of a figure show the same training.
 *
 * @param {object} model
 * @returns {Session}
 */
export function sessionOf(model) {
  if (!sessions.has(model)) sessions.set(model, new Session(model));
  return sessions.get(model);
}

/**
 * What a page without a kernel remembers of a training while its tab lives, so that a tab that
 * the browser had thrown away can say what became of it. A kernel remembers by itself.
 */
function memory(model) {
  const key = `training-lab:${location.pathname}`;
  const attempt = (action) => {
    try {
      return model.widget_manager === undefined ? action() : null;
    } catch {
      return null; // storage is full or refused
    }
  };
  return {
    read: () => listOf(attempt(() => JSON.parse(sessionStorage.getItem(key)))),
    write: (rows) => attempt(() => sessionStorage.setItem(key, JSON.stringify(rows))),
    forget: () => attempt(() => sessionStorage.removeItem(key)),
  };
}

function listOf(value) {
  return Array.isArray(value) ? value : [];
}

class Session {
  constructor(model) {
    this.model = model;
    this.views = new Set();
    this.undo = [];
    this.engine = null; // name of the winner, kept for later trainings
    this.rates = {};
    this.memory = memory(model);
    this.clear(listOf(model.get("epochs")));
    this.remember();
    this.listen(window, "pagehide", () => this.suspend());
    this.listen(window, "pageshow", (event) => event.persisted && this.wake());
    this.listen(document, "visibilitychange", () => this.seen());
    this.observe("running", () => this.obey());
    for (const name of ["learning_rate", "batch_size", "patience"]) {
      this.observe(name, () => this.tell({ type: "configure", options: this.options() }));
    }
    this.observe("seed", () => this.phase === "idle" && this.reset());
    this.observe("msg:custom", (content) => content?.type === "reset" && this.reset(), "");
    if (model.get("running")) queueMicrotask(() => this.obey());
  }

  listen(target, type, listener) {
    target.addEventListener(type, listener);
    this.undo.push(() => target.removeEventListener(type, listener));
  }

  observe(name, listener, prefix = "change:") {
    this.model.on(prefix + name, listener);
    this.undo.push(() => this.model.off(prefix + name, listener));
  }

  /**
   * Call a view after every change; the last one that goes ends the training.
   *
   * @param {(what: string) => void} view called with "tick", "epoch" or "phase"
   * @returns {() => void} stops it
   */
  subscribe(view) {
    this.views.add(view);
    return () => {
      this.views.delete(view);
      if (this.views.size === 0) this.close();
    };
  }

  close() {
    for (const action of this.undo.splice(0)) action();
    this.dismiss();
    sessions.delete(this.model);
    if (this.model.get("running")) put(this.model, { running: false });
  }

  changed(what) {
    for (const view of [...this.views]) view(what);
  }

  enter(phase) {
    this.phase = phase;
    const running = ACTIVE.includes(phase);
    if (this.model.get("running") !== running) put(this.model, { running });
    this.changed("phase");
  }

  /** Show what is left of a training that ended with its page. */
  remember() {
    const rows = this.epochs.length ? [] : this.memory.read();
    if (!rows.length) return;
    this.clear(rows);
    this.notice = { code: "returned", epoch: rows.length };
    put(this.model, { epochs: rows });
  }

  /** Forget a training, but not which engine is the fastest. */
  clear(epochs = []) {
    this.phase = "idle";
    this.epochs = epochs;
    const losses = epochs.map((row) => row.val_loss);
    this.bestEpoch = losses.length ? losses.indexOf(Math.min(...losses)) + 1 : 0;
    this.waited = epochs.length - this.bestEpoch;
    this.live = []; // {at: epochs done, loss, accuracy}
    this.progress = null;
    this.finished = null;
    this.problem = null; // {code, message}
    this.notice = null; // {code, ...}
    this.checkpoint = null;
    this.parameters = initialParameters(this.model.get("seed"));
  }

  reset() {
    this.dismiss();
    this.memory.forget();
    this.clear();
    put(this.model, { running: false, epochs: [], engine: "" });
    this.changed("phase");
  }

  options() {
    const get = (name) => this.model.get(name);
    return {
      learningRate: get("learning_rate"),
      batchSize: get("batch_size"),
      patience: get("patience"),
    };
  }

  /** Make the training what the state `running` says. */
  obey() {
    const [wanted, active] = [this.model.get("running"), ACTIVE.includes(this.phase)];
    if (wanted && !active) this.go();
    else if (!wanted && active) this.pause();
  }

  pause() {
    if (this.greeted) {
      this.tell({ type: "pause" });
    } else {
      this.dismiss(); // still loading
      this.enter("idle");
    }
  }

  go() {
    if (this.phase === "paused") {
      this.tell({ type: "continue" });
      this.enter("training");
    } else if (this.checkpoint && this.phase === "failed" && this.problem.code !== "nan") {
      this.begin(this.checkpoint);
    } else {
      this.dismiss();
      this.clear();
      put(this.model, { epochs: [], engine: "", running: true });
      this.begin(null);
    }
  }

  /** Load what is missing, and start a worker. */
  async begin(checkpoint) {
    this.problem = null;
    this.notice = null;
    this.enter("loading");
    const attempt = Symbol("attempt");
    this.attempt = attempt;
    try {
      const backend = this.model.get("backend");
      const known = backend === "auto" && this.engine;
      const engines = known ? [known] : await enginesFor(backend);
      const texts = ["training-worker"];
      if (engines.some((name) => name !== "javascript")) texts.unshift("tfjs");
      const [data, ...parts] = await Promise.all(
        ["training-images", ...texts].map((name) => loadAsset(this.model, name)),
      );
      if (this.attempt !== attempt || this.phase !== "loading") return; // changed meanwhile
      const equipped = parts.every((part) => part.length > 0);
      if (!equipped) this.notice = { code: "no-tfjs" };
      const usable = equipped ? engines : ["javascript"];
      const get = (name) => this.model.get(name);
      this.order = {
        type: "begin",
        data,
        checkpoint,
        options: {
          ...this.options(),
          engines: usable,
          seed: get("seed"),
          images: get("images"),
          validationImages: get("validation_images"),
          maxEpochs: get("max_epochs"),
        },
      };
      this.hire(parts);
    } catch (error) {
      if (this.attempt === attempt) this.fail("asset", error.message);
    }
  }

  /** Start a worker, or go without one where the browser does not let us. */
  hire(parts) {
    this.dismiss();
    const address = URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));
    try {
      const worker = new Worker(address);
      this.worker = worker;
      worker.onmessage = (event) => this.worker === worker && this.receive(event.data);
      worker.onerror = (event) => {
        event.preventDefault();
        if (this.worker === worker) this.crashed(event.message);
      };
      worker.onmessageerror = () => this.worker === worker && this.crashed("a lost message");
    } catch {
      this.stayHere();
    } finally {
      this.release = () => URL.revokeObjectURL(address);
    }
  }

  crashed(message) {
    if (this.greeted) this.fail("worker", message || "the worker ended");
    else this.stayHere();
  }

  /** Train on the page's own thread, in slices so short that the page stays usable. */
  stayHere() {
    this.dismiss();
    this.notice = { code: "no-worker" };
    let gone = false;
    const breathe = () =>
      new Promise((resolve) => {
        setTimeout(() => gone || resolve(), 0); // a training that was dismissed stops here
      });
    const training = new Training((message) => gone || this.receive(message), breathe);
    this.worker = {
      postMessage: (message) => training.receive(message),
      terminate() {
        gone = true;
      },
    };
    this.receive({ type: "hello" });
  }

  /** End the worker, whatever it is doing. */
  dismiss() {
    this.attempt = null;
    clearTimeout(this.alarm);
    this.worker?.terminate();
    this.worker = null;
    this.greeted = false;
    this.release?.();
    this.release = null;
  }

  tell(message) {
    if (this.greeted) this.worker.postMessage(message);
  }

  receive(message) {
    clearTimeout(this.alarm);
    const handlers = {
      hello: () => this.greet(),
      racing: () => this.raced(message),
      engine: () => this.chosen(message),
      fallback: () => this.fellBack(message),
      progress: () => this.progressed(message),
      epoch: () => this.epochEnded(message),
      paused: () => this.rested(),
      finished: () => this.finish(message),
      failed: () => this.fail(message.code, message.message, message.parameters),
      pong: () => {},
    };
    handlers[message.type]?.();
  }

  greet() {
    this.greeted = true;
    this.tell(this.order);
    this.order = null;
    this.release?.();
    this.release = null;
  }

  raced({ name, alone }) {
    this.racing = alone ? null : name;
    this.enter("racing");
  }

  chosen({ name, rates }) {
    this.engine = name;
    if (Object.keys(rates).length) this.rates = rates;
    put(this.model, { engine: name });
    this.enter("training");
  }

  fellBack({ name, message }) {
    const update = this.progress ? this.epochs.length : null;
    this.notice = { code: this.phase === "training" ? "lost" : "refused", name, message, update };
    this.changed("phase");
  }

  rested() {
    if (this.model.get("running") && !this.suspended) this.tell({ type: "continue" });
    else this.enter("paused");
  }

  progressed(message) {
    if (this.phase === "paused") this.enter("training"); // it was woken meanwhile
    const at = message.epoch - 1 + message.position / message.images;
    const last = this.live.at(-1) ?? message; // a running mean: single batches jump too much
    const smooth = (key) => last[key] + (1 - SMOOTHING) * (message[key] - last[key]);
    this.live.push({ at, loss: smooth("loss"), accuracy: smooth("accuracy") });
    this.progress = message;
    this.parameters = message.parameters;
    this.changed("tick");
  }

  epochEnded({ row, bestEpoch, waited, checkpoint }) {
    // After a new start from a checkpoint, rows behind it are repeated.
    this.epochs = [...this.epochs.slice(0, row.epoch - 1), row];
    this.live = this.live.filter((point) => point.at <= row.epoch);
    Object.assign(this, { bestEpoch, waited, checkpoint });
    put(this.model, { epochs: this.epochs });
    this.memory.write(this.epochs);
    this.changed("epoch");
  }

  finish(message) {
    this.dismiss();
    this.memory.forget();
    this.finished = message;
    this.parameters = message.parameters;
    this.enter("finished");
  }

  fail(code, message, parameters) {
    this.dismiss();
    this.problem = { code, message };
    if (code === "nan" && parameters) this.parameters = parameters;
    this.enter("failed");
  }

  /** The page goes away, perhaps to come back from the browser's memory. */
  suspend() {
    this.suspended = this.phase === "training" || this.phase === "racing";
    if (this.suspended) this.tell({ type: "pause" });
  }

  wake() {
    if (!this.suspended) return;
    this.suspended = false;
    this.tell({ type: "continue" });
    this.enter("training");
    this.seen();
  }

  /** The page is looked at again: does the worker still live? */
  seen() {
    if (document.hidden) return;
    this.changed("phase");
    if (!ACTIVE.includes(this.phase) || !this.greeted) return;
    clearTimeout(this.alarm);
    this.alarm = setTimeout(() => this.fail("silent", "no answer"), 1000 * SILENCE);
    this.tell({ type: "ping" });
  }
}

/**
 * Return what a network answers for whole pictures of 28 × 28 pixels.
 *
 * @param {Float32Array} parameters 94,154 numbers
 * @param {Uint8Array[]} pictures 784 gray values each
 * @returns {number[][]} ten probabilities for each
 */
export function answers(parameters, pictures) {
  judge ??= new Network();
  judge.load(parameters);
  const image = new Float32Array(SIDE * SIDE);
  return pictures.map((picture) => {
    for (let y = 0; y < SIDE; y += 1) {
      for (let x = 0; x < SIDE; x += 1) image[y * SIDE + x] = picture[28 * y + x] / 255;
    }
    return [...judge.forward(image)];
  });
}
