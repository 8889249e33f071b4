/** What the two sheets share: following a pointer, and a choice of which one is pressed. */

import { h } from "../shared/kit.mjs";

/**
 * Follow a mouse, a finger or a pen. Places are shares of the canvas, 0 to 1 from left and top.
 *
 * @param {object} figure of `frame`
 * @param {HTMLElement} canvas
 * @param {{begin: (place: [number, number]) => void, go: (place: [number, number]) => void,
 *   end: () => void}} actions
 * @param {() => boolean} [isTaken] whether another pen is down
 */
export function followPointer(figure, canvas, { begin, go, end }, isTaken = () => false) {
  let isDown = false;
  const locate = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  figure.on(canvas, "pointerdown", (event) => {
    if (event.button !== 0 || isDown || isTaken()) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    isDown = true;
    begin(locate(event));
  });
  figure.on(canvas, "pointermove", (event) => {
    if (isDown) go(locate(event));
  });
  for (const type of ["pointerup", "pointercancel"]) {
    figure.on(canvas, type, () => {
      if (!isDown) return;
      isDown = false;
      end();
    });
  }
}

/**
 * Make a row of buttons of which one is pressed: the first, to begin with.
 *
 * @param {object} figure of `frame`
 * @param {string} label
 * @param {Record<string, unknown>} options by what the button says
 * @param {(option: unknown) => void} choose
 * @returns {HTMLElement}
 */
export function choice(figure, label, options, choose) {
  const buttons = Object.keys(options).map((text, n) =>
    h("button.cw-small", { type: "button", text, "aria-pressed": String(n === 0) }),
  );
  for (const button of buttons) {
    figure.on(button, "click", () => {
      for (const one of buttons) one.setAttribute("aria-pressed", String(one === button));
      choose(options[button.textContent]);
    });
  }
  return h("div.cw-joined", { role: "group", "aria-label": label }, ...buttons);
}
