/** The ways to give a picture: file, drop, paste, camera, drawing, and the examples. */

import { h, roving } from "../shared/kit.mjs";
import { loadAsset } from "../shared/state.mjs";

const TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp"];
const THUMB = 56;
const PASTE_KEYS = /^Mac/.test(navigator.platform) ? "⌘V" : "Ctrl+V";

/** Whether there is a mouse or the like: only then are a keyboard and a place to drag from likely. */
function hasMouse() {
  return matchMedia("(pointer: fine)").matches;
}

/** Return the first file of a list and the name to show; a picture before anything else. */
function pick(files) {
  const file = [...files].find((one) => one.type.startsWith("image/")) ?? files[0];
  return { file, name: file.name };
}

/** A button that opens the device's own choice of files. */
function fileButton(figure, lab) {
  const input = h("input", { type: "file", accept: TYPES.join(","), hidden: true });
  const button = h("button.cw-primary", { type: "button", text: "Choose a file" });
  figure.on(button, "click", () => input.click());
  figure.on(input, "change", () => {
    if (!input.files.length) return;
    const { file, name } = pick(input.files);
    lab.answer(file, "file", name);
    input.value = ""; // so that the same file can be chosen again
  });
  return [button, input];
}

/** Files that are let go anywhere over the figure. */
function acceptDrops(figure, lab) {
  const { root } = figure;
  let depth = 0; // over how many nested elements the pointer has come
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    root.classList.toggle("cw-pic-over", depth > 0);
  };
  /** Whether it may be a picture; text that is dragged about is left alone. */
  const take = (event) => {
    const { types } = event.dataTransfer;
    if (!types.includes("Files") && !types.includes("text/uri-list")) return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  figure.on(root, "dragenter", (event) => take(event) && mark(1));
  figure.on(root, "dragleave", () => mark(-1));
  figure.on(root, "dragover", (event) => {
    if (take(event)) event.dataTransfer.dropEffect = "copy";
  });
  figure.on(root, "drop", (event) => {
    mark(-depth);
    if (!take(event)) return;
    const { files } = event.dataTransfer;
    if (files.length) {
      const { file, name } = pick(files);
      lab.answer(file, "drop", name);
    } else {
      lab.fail("What you dropped is not a file. Save the picture first, then drop the file.");
    }
  });
}

/** The keys for pasting while the focus is in the figure, and a button where the browser allows one. */
function acceptPastes(figure, lab) {
  const { root } = figure;
  const none = "The clipboard holds no picture. Copy a picture, not its address, and paste again.";
  root.tabIndex = -1; // a click anywhere in the figure gives it the focus
  figure.on(document, "paste", (event) => {
    const focused = root.getRootNode().activeElement;
    if (!root.contains(focused) && !root.contains(event.target)) return;
    event.preventDefault();
    const files = event.clipboardData?.files ?? [];
    if (files.length) lab.answer(pick(files).file, "paste");
    else lab.fail(none);
  });
  if (!navigator.clipboard?.read) return null;
  const button = h("button", { type: "button", text: "Paste" });
  figure.on(button, "click", async () => {
    let items;
    try {
      items = await navigator.clipboard.read();
    } catch {
      const instead = hasMouse() ? `Press ${PASTE_KEYS} instead.` : "Use a file instead.";
      return void lab.fail(`The browser did not let this page read the clipboard. ${instead}`);
    }
    const isPicture = (type) => type.startsWith("image/");
    const item = items.find((one) => one.types.some(isPicture));
    if (item) lab.answer(item.getType(item.types.find(isPicture)), "paste");
    else lab.fail(none);
  });
  return button;
}

/** The course's own drawings, one button each. */
function exampleButtons(figure, model, lab) {
  const buttons = model.get("examples").map(([name, title]) => {
    const canvas = h("canvas", { width: THUMB, height: THUMB, "aria-hidden": "true" });
    const button = h(
      "button.cw-pic-example",
      { type: "button", "aria-label": title, title },
      canvas,
    );
    figure.on(button, "click", () => lab.answerExample(name));
    return button;
  });
  const list = h(
    "div.cw-pic-examples",
    { role: "group", "aria-label": "Example drawings" },
    ...buttons,
  );
  roving(figure, list, () => buttons);
  const mark = ({ source, name }) => {
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(source === "example" && name === button.title));
    }
  };
  figure.dispose(lab.subscribe(mark));
  loadAsset(model, "example-thumbs").then(
    (bytes) => {
      buttons.forEach((button, n) => {
        const context = button.firstChild.getContext("2d");
        const picture = context.createImageData(THUMB, THUMB);
        for (let i = 0; i < THUMB * THUMB; i += 1) {
          const from = 3 * (n * THUMB * THUMB + i);
          picture.data.set([bytes[from], bytes[from + 1], bytes[from + 2], 255], 4 * i);
        }
        context.putImageData(picture, 0, 0);
      });
    },
    () => {
      // Without the small pictures the buttons show their titles.
      for (const button of buttons) button.replaceChildren(button.title);
    },
  );
  return list;
}

/**
 * Build the figure's upper part.
 *
 * @param {object} figure of `frame`
 * @param {object} model
 * @param {object} lab of `laboratoryOf`
 * @param {HTMLElement} cameraButton
 * @returns {HTMLElement}
 */
export function sourcesView(figure, model, lab, cameraButton) {
  const paste = acceptPastes(figure, lab);
  acceptDrops(figure, lab);
  // With a kernel, the state is shared with it.
  const privacy = model.widget_manager
    ? "The picture stays in your browser; its 28 × 28 pixels go to your own notebook."
    : "The picture never leaves your device.";
  const hint = hasMouse() ? `or drop one here, or press ${PASTE_KEYS}` : null;
  return h(
    "div.cw-pic-sources",
    {},
    h(
      "p.cw-pic-lead",
      {},
      "Show the network a garment, or draw one. ",
      h("strong", { text: privacy }),
    ),
    h(
      "div.cw-row",
      {},
      ...fileButton(figure, lab),
      cameraButton,
      paste,
      hint && h("span.cw-note", { text: hint }),
    ),
    exampleButtons(figure, model, lab),
  );
}
