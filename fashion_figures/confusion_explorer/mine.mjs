/** The reader's own garment: what the network says of it, and in which cell it would stand. */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { failure, h, roving } from "../shared/kit.mjs";
import { forward, normalize, readNetwork } from "../shared/network.mjs";
import { followOwnPicture, isSamePicture } from "../shared/own_picture.mjs";
import { paint } from "../shared/paint.mjs";
import { probability } from "../shared/percent.mjs";
import { loadAsset } from "../shared/state.mjs";
import { SHORT_NAMES } from "./table.mjs";
import { emptyCanvas } from "./pictures.mjs";

const QUESTION = "What is it really?";

/**
 * Ask what the kept picture really is. The network is loaded when the reader asks for the first
 * time; what the reader says stays in this view, and ends with the picture.
 *
 * @param {object} figure
 * @param {object} model
 * @param {{choose: (cell: number[]) => void, changed: () => void}} actions `changed` shows the
 *   figure again
 * @returns {{opener: HTMLElement, view: HTMLElement, thumb: HTMLElement, follow: () => void,
 *   close: () => void, cell: () => ?number[], question: () => ?string}} `opener` opens `view`, and
 *   so does `thumb`, which belongs beside the images of the `cell` [true class, answer]; `question`
 *   is what the view asks, null while it is closed; nothing is offered before `follow`
 */
export function ownGarment(figure, model, { choose, changed }) {
  const canvases = [0, 1, 2].map(emptyCanvas);
  const opener = h(
    "button.cw-small.cw-cx-opener",
    { type: "button", hidden: true, title: "Your picture" },
    canvases[0],
    "Your picture",
  );
  const thumb = h("button.cw-cx-thumb", { type: "button", title: "Your picture" }, canvases[1]);
  const says = h("p.cw-cx-says");
  const trouble = h("div");
  const shut = h("button.cw-small", { type: "button", text: "Close" });
  const classes = SHORT_NAMES.map((name) => h("button.cw-small", { type: "button", text: name }));
  const asked = { role: "group", "aria-label": QUESTION };
  const choices = h("div.cw-cx-classes", asked, ...classes);
  const view = h(
    "div.cw-cx-mine",
    { role: "group", "aria-label": "Your picture" },
    canvases[2],
    h("div", {}, says, trouble, shut),
    choices,
  );
  let [kept, network, answer, truth, isOpen] = [null, null, null, null, false];
  const settle = roving(figure, choices, () => classes);

  const show = () => {
    opener.hidden = !kept;
    opener.classList.toggle("cw-cx-yours", truth !== null);
    classes.forEach((button, label) => {
      button.disabled = answer === null;
      button.setAttribute("aria-pressed", String(label === truth));
    });
    const name = answer === null ? "" : `, which the network calls ${CLASS_NAMES[answer]}`;
    thumb.setAttribute("aria-label", `Your picture${name}`);
    changed();
  };
  const open = async () => {
    const picture = kept;
    isOpen = true;
    trouble.replaceChildren();
    if (answer === null) says.textContent = "The network looks at it …";
    show();
    queueMicrotask(() => shut.focus()); // it is shown by then
    if (answer !== null) return;
    const isCurrent = () => !figure.isOver() && picture === kept;
    try {
      network ??= readNetwork(await loadAsset(model, "network-baseline"));
    } catch (error) {
      if (!isCurrent()) return;
      says.textContent = "";
      const message = `The network could not be loaded: ${error.message}`;
      trouble.replaceChildren(failure(figure, message, open));
      return;
    }
    if (!isCurrent()) return;
    const { data } = forward(network, normalize(picture)).get(network.layers.at(-1).name);
    answer = data.indexOf(Math.max(...data));
    const words = `The network says ${CLASS_NAMES[answer]}, ${probability(data[answer])}.`;
    says.textContent = `${words} ${QUESTION}`;
    show();
    settle();
  };
  const close = () => {
    isOpen = false;
    show();
  };
  const leave = () => {
    close();
    opener.focus();
  };
  figure.on(opener, "click", open);
  figure.on(thumb, "click", open);
  figure.on(shut, "click", leave);
  figure.on(view, "keydown", (event) => {
    if (event.key === "Escape") leave();
  });
  for (const [label, button] of classes.entries()) {
    figure.on(button, "click", () => {
      truth = label;
      close();
      choose([truth, answer]);
      queueMicrotask(() => thumb.focus());
    });
  }
  return {
    opener,
    view,
    thumb,
    follow() {
      followOwnPicture(figure, (picture) => {
        if (picture && isSamePicture(picture.pixels, kept)) return;
        const hadFocus = view.contains(document.activeElement);
        [kept, answer, truth, isOpen] = [picture?.pixels ?? null, null, null, false];
        if (kept) for (const canvas of canvases) paint(canvas, kept, 28, 28);
        show();
        if (hadFocus && kept) opener.focus();
      });
    },
    close() {
      if (isOpen) close();
    },
    cell: () => (truth === null ? null : [truth, answer]),
    question: () => (isOpen ? says.textContent : null),
  };
}
