/** Picture and answer side by side: what is at the left can be looked at, drawn, or changed. */

import { h } from "../shared/kit.mjs";
import { cameraView } from "./camera.mjs";
import { drawingView } from "./drawing.mjs";
import { foolView } from "./fool.mjs";

const MODES = { look: "What it sees", draw: "Draw", fool: "Fool the network" };
const MADE_HERE = ["drawing", "edited"];

/**
 * Build the stage.
 *
 * @param {object} figure of `frame`
 * @param {object} lab of `laboratoryOf`
 * @param {object} look of `lookView`
 * @param {HTMLElement} answer what stands beside the picture; a challenge is added
 * @returns {{element: HTMLElement, cameraButton: HTMLElement, show: (state: object) => void,
 *   go: (mode: string) => void, mode: () => string}} `go` takes a key of `MODES`, or "camera"
 */
export function stageView(figure, lab, look, answer) {
  const { editing } = lab;
  const views = {
    look,
    draw: drawingView(figure, {
      take: (drawing) => lab.answer(drawing, "drawing"),
      trace: (image) => lab.trace(image),
      leave() {
        editing.setAside();
        lab.clear();
      },
      clear: () => lab.clear(),
      back: () => lab.state.outputs || editing.bringBack(),
    }),
    fool: foolView(figure, lab),
    camera: cameraView(figure, {
      take: (photo) => lab.answer(photo, "camera"),
      fail: (message) => lab.fail(message),
      leave() {
        if (mode !== "camera") return;
        const hadFocus = element.contains(figure.root.getRootNode().activeElement);
        go("look");
        if (hadFocus) cameraButton.focus();
      },
    }),
  };
  let mode = "look";
  let answers = 0;
  const cameraButton = h("button", { type: "button", text: "Take a photo" });
  figure.on(cameraButton, "click", () => go(mode === "camera" ? "look" : "camera"));
  const buttons = Object.entries(MODES).map(([key, text]) => {
    const button = h("button.cw-small", { type: "button", text });
    figure.on(button, "click", () => go(key));
    return [key, button];
  });
  const surfaces = h("div.cw-pic-surface", {}, ...Object.values(views).map((one) => one.surface));
  const tools = h("div.cw-pic-side", {}, ...Object.values(views).map((one) => one.tools));
  const settle = () => {
    for (const [key, { surface, tools: own }] of Object.entries(views)) {
      surface.hidden = own.hidden = key !== mode;
    }
    views.fool.challenge.hidden = mode !== "fool";
    for (const [key, button] of [...buttons, ["camera", cameraButton]]) {
      button.setAttribute("aria-pressed", String(key === mode));
    }
    figure.root.dataset.mode = mode;
  };
  const go = (next) => {
    if (next === mode) return;
    const left = mode;
    mode = next;
    settle();
    views[left].close?.();
    views[next].open?.();
    if (next === "look") look.show();
  };
  const modes = h(
    "div.cw-joined.cw-pic-modes",
    { role: "group", "aria-label": "What to do with the picture" },
    ...buttons.map(([, button]) => button),
  );
  answer.append(views.fool.challenge);
  const element = h("div.cw-pic-grid", {}, modes, surfaces, answer, tools);
  settle();
  return {
    element,
    cameraButton,
    show(state) {
      if (mode === "look") look.show();
      views.fool.show(state);
      const isNew = state.answers !== answers && state.outputs !== null && !state.isLive;
      answers = state.answers;
      // A picture that came from elsewhere is looked at first.
      if (isNew && mode === "draw" && !MADE_HERE.includes(state.source)) go("look");
    },
    go,
    mode: () => mode,
  };
}
