/**
 * The page's side of the trainings: the runs so far, the one under way, its data, and what to do
 * when something fails.
 *
 * A figure can be shown twice; both views show the one session of their model. What the views
 * draw is in the session's properties; they are told when something changed.
 */

import { loadAsset, put } from "../shared/state.mjs";
import { enginesFor } from "./engines.mjs";
import { RunList } from "./run_list.mjs";
import { Run, nextName, startWeights } from "./runs.mjs";
import { workplace } from "./workplace.mjs";

const SILENCE = 10; // seconds that a worker may take to answer after the page comes back
const SMOOTHING = 0.85;
const ACTIVE = ["loading", "racing", "training"];

const sessions = new WeakMap(); // model -> Session

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

class Session {
  constructor(model) {
    this.model = model;
    this.views = new Set();
    this.undo = [];
    this.engine = null; // name of the winner, kept for later trainings
    this.rates = {};
    this.settings = null; // what the newest run was started with
    this.phase = "idle";
    this.list = new RunList(model);
    this.clear();
    if (this.list.interrupted) this.notice = { code: "returned", epoch: this.run.epochs.length };
    this.listen(window, "pagehide", () => this.suspend());
    this.listen(window, "pageshow", (event) => event.persisted && this.wake());
    this.listen(document, "visibilitychange", () => this.seen());
    this.observe("running", () => this.obey());
    this.observe("runs", () => this.adopt());
    for (const name of ["seed", "run", "shown_epoch"]) {
      this.observe(name, () => this.changed("phase"));
    }
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

  /** Is a run under way, if only paused? */
  get underWay() {
    return ACTIVE.includes(this.phase) || this.phase === "paused";
  }

  /** The newest run; while one is under way, that one. */
  get run() {
    return this.list.newest;
  }

  /** The weights of the newest run, or those that a first run will begin with. */
  get parameters() {
    return this.run?.latest ?? startWeights(this.model.get("seed"));
  }

  /** Forget what was said about the last run. */
  clear() {
    this.progress = null;
    this.problem = null; // {code, message}
    this.notice = null; // {code, ...}
  }

  reset() {
    this.dismiss();
    this.phase = "idle";
    this.list.clear();
    this.clear();
    put(this.model, { running: false, engine: "", run: "", shown_epoch: null });
    this.list.publish();
    this.changed("phase");
  }

  /** Take the runs that Python has set. */
  adopt() {
    const newest = this.run;
    if (this.list.adopt(this.underWay ? newest : null)) this.settle(newest);
  }

  /** Remove a run that is not under way; `restore` brings it back. */
  remove(run) {
    const newest = this.run;
    if (this.underWay && run === newest) return;
    this.list.remove(run);
    this.settle(newest);
  }

  restore() {
    const newest = this.run;
    this.list.restore();
    this.settle(newest);
  }

  /** Runs came or went: if the newest did, what was said about it goes, too. */
  settle(before) {
    if (this.run !== before) {
      this.phase = "idle";
      this.clear();
    }
    this.list.publish();
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
    if (this.greeted) this.tell({ type: "pause" });
    else this.stop(); // still loading
  }

  go() {
    if (this.phase === "paused") {
      this.tell({ type: "continue" });
      this.enter("training");
    } else if (this.canResume) {
      this.run.ended = "";
      this.run.live = this.run.live.filter((point) => point.at <= this.run.epochs.length);
      this.begin(this.run.checkpoint);
    } else {
      this.dismiss();
      this.clear();
      this.settings = this.options(); // of this run, whatever is chosen meanwhile
      const get = (name) => this.model.get(name);
      const run = new Run({
        name: nextName(this.run?.name),
        learning_rates: [get("learning_rate")],
        batch_sizes: [get("batch_size")],
        images: get("images"),
        seed: get("seed"),
        guess: get("guess"),
      });
      this.list.add(run);
      put(this.model, { engine: "", running: true, run: "", shown_epoch: null });
      this.begin(null);
    }
  }

  /** Whether the newest run broke off and can go on after its last complete epoch. */
  get canResume() {
    return this.phase === "failed" && this.problem.code !== "nan" && Boolean(this.run?.checkpoint);
  }

  /** End the run here, and keep what it has reached. */
  stop() {
    if (!this.underWay && !this.canResume) return;
    this.dismiss();
    const { run } = this;
    this.clear();
    this.endRun("stopped", run.checkpoint?.best.parameters);
    this.enter(run.begun ? "finished" : "idle");
  }

  /** Note how a run has ended; a run without a single batch leaves no trace. */
  endRun(reason, parameters) {
    const { run } = this;
    run.ended = reason;
    run.latest = parameters ?? run.latest;
    if (reason !== "failed") run.checkpoint = null; // frees what only goes on with it
    if (!run.begun) this.list.drop(run);
    this.list.publish();
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
      const { images, seed } = this.run;
      this.order = {
        type: "begin",
        data,
        checkpoint,
        options: {
          ...this.settings,
          engines: equipped ? engines : ["javascript"],
          seed,
          images,
          validationImages: this.model.get("validation_images"),
          maxEpochs: this.model.get("max_epochs"),
        },
      };
      this.hire(parts);
    } catch (error) {
      if (this.attempt === attempt) this.fail("asset", error.message);
    }
  }

  hire(parts) {
    this.dismiss();
    this.place = workplace(parts, {
      receive: (message) => this.receive(message),
      crashed: (message) => this.fail("worker", message),
      refused: () => {
        this.notice = { code: "no-worker" };
      },
    });
  }

  /** End the worker, whatever it is doing. */
  dismiss() {
    this.attempt = null;
    clearTimeout(this.alarm);
    this.place?.end();
    this.place = null;
    this.greeted = false;
  }

  tell(message) {
    if (this.greeted) this.place.send(message);
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
    this.notice = { code: this.phase === "training" ? "lost" : "refused", name, message };
    this.changed("phase");
  }

  rested() {
    if (this.model.get("running") && !this.suspended) this.tell({ type: "continue" });
    else this.enter("paused");
  }

  progressed(message) {
    if (this.phase === "paused") this.enter("training"); // it was woken meanwhile
    const { live } = this.run;
    if (!this.run.begun) this.list.prune();
    const at = message.epoch - 1 + message.position / message.images;
    const last = live.at(-1) ?? message; // a running mean: single batches jump too much
    const smooth = (key) => last[key] + (1 - SMOOTHING) * (message[key] - last[key]);
    live.push({ at, loss: smooth("loss"), accuracy: smooth("accuracy") });
    this.progress = message;
    this.run.latest = message.parameters;
    this.changed("tick");
  }

  epochEnded({ row, checkpoint }) {
    const { run } = this;
    // After a new start from a checkpoint, rows behind it are repeated.
    run.epochs = [...run.epochs.slice(0, row.epoch - 1), row];
    run.states[row.epoch - 1] = checkpoint.state.parameters;
    run.live = run.live.filter((point) => point.at <= row.epoch);
    run.checkpoint = checkpoint;
    this.list.publish();
    this.changed("epoch");
  }

  finish({ reason, parameters }) {
    this.dismiss();
    this.progress = null;
    this.endRun(reason, parameters);
    this.enter("finished");
  }

  fail(code, message, parameters) {
    this.dismiss();
    this.problem = { code, message, rate: this.run.rates.at(-1) };
    this.progress = null;
    this.endRun(code === "nan" ? "nan" : "failed", code === "nan" ? parameters : null);
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
