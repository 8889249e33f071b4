/**
 * The images of a cell of the confusion matrix: a page of thumbnails at a time, painted when
 * they come into view, the pictures of a true class loaded when they are first needed.
 */

import { failure, h } from "../shared/kit.mjs";
import { loadAsset } from "../shared/state.mjs";
import { paint } from "../shared/paint.mjs";
import { CLASS_NAMES } from "../shared/classes.mjs";

const PAGE = 24;
const PIXELS = 28 * 28;
const GRAY_STEPS = 63; // a pixel of the assets has 6 bits
const MARK = "◆";

const SUSPECT =
  `${MARK} The label is a suspect, by a rule of thumb: the network contradicts it with a ` +
  "confidence of at least 90%. A suspect can be right all the same.";

const percent = (share) => `${(share * 100).toFixed(1)}%`;

/** Make the thumbnail of a test image, still without its picture. */
function thumbnail(predictions, image, names) {
  const { truth, predicted, runnerUp, confidence, second, suspect } = predictions;
  const marked = suspect[image] === 1;
  const label =
    `Test image ${image}, labeled ${CLASS_NAMES[truth[image]]}: ` +
    `${CLASS_NAMES[predicted[image]]} ${percent(confidence[image])}, then ` +
    `${CLASS_NAMES[runnerUp[image]]} ${percent(second[image])}${marked ? "; the label is a suspect" : ""}`;
  const canvas = h("canvas", { role: "img", "aria-label": label, width: 28, height: 28 });
  const line = (tag, text) => h(tag, { "aria-hidden": "true", text });
  return {
    image,
    canvas,
    element: h(
      marked ? "li.cw-cx-suspect" : "li",
      { "data-image": image },
      canvas,
      line("strong", `${marked ? `${MARK} ` : ""}${percent(confidence[image])}`),
      line("span", `${names[runnerUp[image]]} ${percent(second[image])}`),
    ),
  };
}

/** Return an element's watcher that calls `seen` once, when the element is near the screen. */
function whenNear(figure, element, seen) {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      seen();
    },
    { rootMargin: "200px" },
  );
  observer.observe(element);
  figure.dispose(() => observer.disconnect());
}

/** Paint thumbnails from the pictures of their class. */
function paintAll(thumbnails, { rank }, bytes) {
  for (const { image, canvas } of thumbnails) {
    const start = rank[image] * PIXELS;
    paint(canvas, bytes.subarray(start, start + PIXELS), 28, 28, (value) =>
      Array(3).fill(Math.round((value * 255) / GRAY_STEPS)),
    );
  }
}

/** The thumbnails of one page; they get their pictures once they are near the screen. */
function thumbnailList(figure, model, predictions, names) {
  const list = h("ul.cw-cx-images");
  const trouble = h("div");
  const element = h("div", {}, list, trouble);
  let [near, label, thumbnails] = [false, 0, []];
  const load = () => {
    if (!near || !thumbnails.length) return;
    const wanted = thumbnails;
    const current = () => !figure.isOver() && wanted === thumbnails;
    list.dataset.state = "loading";
    loadAsset(model, `test-images-${label}`)
      .then((bytes) => {
        if (!current()) return;
        paintAll(wanted, predictions, bytes);
        list.dataset.state = "painted";
      })
      .catch((error) => {
        if (!current()) return;
        list.dataset.state = "failed";
        trouble.replaceChildren(
          failure(figure, `The images could not be loaded: ${error.message}`, load),
        );
      });
  };
  whenNear(figure, element, () => {
    near = true;
    load();
  });
  const show = (trueLabel, images) => {
    label = trueLabel;
    thumbnails = images.map((image) => thumbnail(predictions, image, names));
    list.replaceChildren(...thumbnails.map((one) => one.element));
    trouble.replaceChildren();
    load();
  };
  return { element, show };
}

/** Buttons to turn pages. */
function pageTurner(figure, turn) {
  const [previous, next] = ["Previous", "Next"].map((text) =>
    h("button.cw-small", { type: "button", text }),
  );
  const place = h("span");
  const element = h("div.cw-row", {}, previous, place, next);
  figure.on(previous, "click", () => turn(-1));
  figure.on(next, "click", () => turn(1));
  const show = (first, count) => {
    const last = Math.min(first + PAGE, count);
    element.hidden = count <= PAGE;
    place.textContent = `${first + 1} to ${last} of ${count}`;
    const ends = [
      [previous, next, first === 0],
      [next, previous, last === count],
    ];
    for (const [button, other, end] of ends) {
      const focused = end && button === document.activeElement;
      button.disabled = end;
      if (focused && !element.hidden) {
        other.disabled = false; // the keyboard's way back must not be lost
        other.focus();
      }
    }
  };
  return { element, place, show };
}

/**
 * @param {object} figure
 * @param {object} model
 * @param {object} predictions what `readPredictions` returned
 * @param {string[]} names the classes, short
 * @returns {{element: HTMLElement, show: (cell: number[], images: number[]) => void}}
 */
export function imageSheet(figure, model, predictions, names) {
  const legend = h("p.cw-note");
  const only = h("button.cw-small", { type: "button" });
  const list = thumbnailList(figure, model, predictions, names);
  let [cell, images, page, suspectsOnly] = [null, [], 0, false];
  const showPage = () => {
    const suspects = images.filter((image) => predictions.suspect[image] === 1);
    const shown = suspectsOnly ? suspects : images;
    const first = page * PAGE;
    list.show(cell[0], shown.slice(first, first + PAGE));
    only.hidden = !suspects.length;
    only.textContent = `Only the ${suspects.length} with a suspected label`;
    only.setAttribute("aria-pressed", String(suspectsOnly));
    legend.hidden = !shown.length;
    legend.textContent =
      "The surest first. Under each picture: the network’s confidence in its answer, and " +
      `its second choice.${suspects.length ? ` ${SUSPECT}` : ""}`;
    pager.show(first, shown.length);
  };
  const pager = pageTurner(figure, (step) => {
    page += step;
    showPage();
    figure.say(`Images ${pager.place.textContent}.`);
  });
  figure.on(only, "click", () => {
    [suspectsOnly, page] = [!suspectsOnly, 0];
    showPage();
  });
  return {
    element: h("div", {}, h("div.cw-row", {}, only), legend, list.element, pager.element),
    show(newCell, newImages) {
      if (String(newCell) === String(cell)) return;
      [cell, images, page, suspectsOnly] = [newCell, newImages, 0, false];
      showPage();
    },
  };
}
