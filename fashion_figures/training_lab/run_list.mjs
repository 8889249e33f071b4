/** The runs that a lab has: in its state, and in what a tab remembers while it lives. */

import { put } from "../shared/state.mjs";
import { MOST_RUNS, runsOf } from "./runs.mjs";

/**
 * What a page without a kernel remembers of the runs while its tab lives, so that a tab that
 * the browser had thrown away still has their curves. A kernel remembers by itself.
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
    read: () => attempt(() => runsOf(JSON.parse(sessionStorage.getItem(key)))) ?? [],
    write: (entries) => attempt(() => sessionStorage.setItem(key, JSON.stringify(entries))),
  };
}

export class RunList {
  /** @param {object} model whose state `runs` is read and written */
  constructor(model) {
    this.model = model;
    this.memory = memory(model);
    const known = runsOf(model.get("runs"));
    this.all = known.length ? known : this.memory.read(); // the oldest first
    this.removed = null; // {run, index}: what can be brought back
    this.interrupted = this.newest?.ended === ""; // by the end of its page
    if (this.interrupted) this.newest.ended = "failed";
    if (this.newest) this.publish();
  }

  /** The run that may be under way. */
  get newest() {
    return this.all.at(-1) ?? null;
  }

  /** The run that is shown in color: the one that was asked for, or the newest. */
  get shown() {
    const name = this.model.get("run");
    return this.all.find((run) => run.name === name) ?? this.newest;
  }

  /** Begin another one; what was removed before is gone for good. */
  add(run) {
    this.all = [...this.all, run];
    this.removed = null;
  }

  /** Let the oldest go, where there are too many. */
  prune() {
    this.all = this.all.slice(-MOST_RUNS);
  }

  drop(run) {
    this.all = this.all.filter((other) => other !== run);
  }

  /** Drop a run that `restore` can bring back. */
  remove(run) {
    this.removed = { run, index: this.all.indexOf(run) };
    this.drop(run);
  }

  restore() {
    const { run, index } = this.removed;
    this.removed = null;
    this.all = [...this.all.slice(0, index), run, ...this.all.slice(index)];
  }

  /** Forget all, beyond recall. */
  clear() {
    this.all = [];
    this.removed = null;
  }

  /** Tell the state and the tab's memory which runs there are. */
  publish() {
    const entries = this.all.filter((run) => run.epochs.length).map((run) => run.entry());
    this.telling = true;
    put(this.model, { epochs: this.newest?.epochs ?? [], runs: entries });
    this.telling = false;
    this.memory.write(entries);
  }

  /**
   * Take the runs that Python has set, with the weights of those that are known.
   *
   * @param {?object} busy the run that is under way, which stays
   * @returns {boolean} whether there was anything new
   */
  adopt(busy) {
    if (this.telling) return false;
    const before = this.all;
    const known = new Map(before.map((run) => [run.name, run]));
    const wanted = runsOf(this.model.get("runs")).map((run) => known.get(run.name) ?? run);
    this.all = busy ? [...wanted.filter((run) => run !== busy), busy] : wanted;
    return this.all.length !== before.length || this.all.some((run, n) => run !== before[n]);
  }
}
