/** The buttons that move the window, and the player behind "Play". */

import { h, prefersStillness } from "../shared/kit.mjs";
import { labeled, option } from "./controls.mjs";

/** Positions a second. */
const SPEEDS = { slow: 1.5, medium: 15, fast: 150 };

/**
 * Make the buttons that move the window.
 *
 * @param {object} figure what `frame` returned
 * @param {import("./walk.mjs").Walk} walk
 * @param {{show: () => void, tell: () => void}} actions `show` shows where the window is;
 *   `tell` also tells the kernel and who hears the figure
 * @returns {{element: HTMLElement, stop: () => void}} `stop` ends the playing
 */
export function playback(figure, walk, { show, tell }) {
  const speed = h("select", {}, ...Object.keys(SPEEDS).map((name) => option(name, name)));
  speed.value = "medium";
  const still = prefersStillness();
  const advance = () => {
    if (still) walk.stepRow();
    else walk.step(1);
    return !walk.isAtEnd();
  };
  const changed = (on) => {
    play.textContent = on ? "Pause" : "Play";
    figure.root.dataset.playing = String(on);
    if (on) return;
    tell();
    if (!walk.isAtEnd()) return;
    figure.say(`The window has come to the end: ${walk.seen.length} sums, one map.`);
  };
  const motor = player(figure, () => (still ? 1 : SPEEDS[speed.value]), advance, changed);

  const button = (text, act) => {
    const element = h("button", { type: "button", text });
    figure.on(element, "click", act);
    return element;
  };
  const step = (by) => {
    motor.stop();
    walk.step(by);
    tell();
  };
  const restart = () => {
    motor.stop();
    walk.restart();
    show();
  };
  const play = button("Play", () => {
    if (!motor.isRunning() && walk.isAtEnd()) restart();
    motor.toggle();
  });
  play.classList.add("cw-primary");
  const whole = button("Whole map", () => {
    motor.stop();
    walk.complete();
    show();
    figure.say(`All ${walk.seen.length} sums are computed. Choose one to read it.`);
  });
  const over = button("Start over", () => {
    restart();
    tell();
  });
  const element = h(
    "div.cw-row.cw-conv-playback",
    {},
    play,
    button("Step", () => step(1)),
    button("Back", () => step(-1)),
    still ? null : labeled("Speed", speed),
    whole,
    over,
  );
  return { element, stop: motor.stop };
}

/**
 * Run a step again and again until it returns false.
 *
 * @param {object} figure what `frame` returned
 * @param {() => number} speed steps a second
 * @param {() => boolean} step
 * @param {(running: boolean) => void} changed called after a start and after a stop
 * @returns {{stop: Function, toggle: Function, isRunning: () => boolean}}
 */
function player(figure, speed, step, changed) {
  let running = 0;
  let due = 0;
  let before = 0;
  const tick = (now) => {
    // After a pause of the browser's, go on as if nothing had been.
    due += (Math.min(100, now - before) / 1000) * speed();
    before = now;
    let going = true;
    while (due >= 1 && going) {
      due -= 1;
      going = step();
    }
    if (going) running = requestAnimationFrame(tick);
    else stop();
  };
  const stop = () => {
    if (!running) return;
    cancelAnimationFrame(running);
    running = 0;
    changed(false);
  };
  const start = () => {
    before = performance.now();
    due = 1;
    running = requestAnimationFrame(tick);
    changed(true);
  };
  figure.dispose(() => cancelAnimationFrame(running));
  return { stop, toggle: () => (running ? stop() : start()), isRunning: () => running > 0 };
}
