/**
 * The images of a cell of the confusion matrix: a page of thumbnails at a time, painted when
 * they come into view, the pictures of a true class loaded when they are first needed.
 */

import { failure, h, loadAsset, paint } from "./kit.mjs";
import { CLASS_NAMES } from "./cnn.mjs";

const PAGE = 24;
const PIXELS = 28 * 28;
const GRAY_STEPS = 63; // a pixel of the assets has 6 bits
const MARK = "◆";

const SUSPECT = `${MARK} The label is a suspect: the network is at least as sure of its answer as it is, on `
  + "average, of images that bear that answer as their label (confident learning).";

const percent = (share) => `${(share * 100).toFixed(1)}%`;

/** Make the thumbnail of a test image, still without its picture. */
function thumbnail(predictions, image, names) {
  const { truth, predicted, runnerUp, confidence, second, suspect } = predictions;
  const marked = suspect[image] === 1;
  const label = `Test image ${image}, labeled ${CLASS_NAMES[truth[image]]}: `
    + `${CLASS_NAMES[predicted[image]]} ${percent(confidence[image])}, then `
    + `${CLASS_NAMES[runnerUp[image]]} ${percent(second[image])}${marked ? "; the label is a suspect" : ""}`;
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
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    seen();
  }, { rootMargin: "200px" });
  observer.observe(element);
  figure.dispose(() => observer.disconnect());
}

/**
 * @param {object} figure
 * @param {object} model
 * @param {object} predictions what `readPredictions` returned
 * @param {string[]} names the classes, short
 * @returns {{element: HTMLElement, show: (cell: number[], images: number[]) => void}}
 */
export function imageSheet(figure, model, predictions, names) {
  const legend = h("p.cw-cx-legend");
  const list = h("ul.cw-cx-images");
  const trouble = h("div");
  const only = h("button.cw-cx-small", { type: "button" });
  const [previous, next] = ["Previous", "Next"].map((text) => h("button.cw-cx-small", { type: "button", text }));
  const place = h("span");
  const pager = h("div.cw-row", {}, previous, place, next);
  const element = h("div.cw-cx-sheet", {}, h("div.cw-row", {}, only), legend, list, trouble, pager);
  let [cell, images, shown, page] = [null, [], [], 0];
  let [near, alive, suspectsOnly] = [false, true, false];
  figure.dispose(() => {
    alive = false;
  });

  const paintAll = (thumbnails, bytes) => {
    for (const { image, canvas } of thumbnails) {
      const start = predictions.rank[image] * PIXELS;
      paint(canvas, bytes.subarray(start, start + PIXELS), 28, 28, (value) =>
        Array(3).fill(Math.round((value * 255) / GRAY_STEPS)));
    }
    list.dataset.state = "painted";
  };
  const load = (thumbnails) => {
    if (!near || !thumbnails.length) return;
    const name = `test-images-${cell[0]}`;
    const current = () => alive && list.firstChild === thumbnails[0].element;
    list.dataset.state = "loading";
    loadAsset(model, name).then((bytes) => {
      if (current()) paintAll(thumbnails, bytes);
    }).catch((error) => {
      if (!current()) return;
      list.dataset.state = "failed";
      trouble.replaceChildren(failure(
        figure, `The images could not be loaded: ${error.message}`, () => load(thumbnails),
      ));
    });
  };
  let thumbnails = [];
  const draw = () => {
    const suspects = images.filter((image) => predictions.suspect[image] === 1);
    suspectsOnly &&= suspects.length > 0;
    shown = suspectsOnly ? suspects : images;
    const first = page * PAGE;
    thumbnails = shown.slice(first, first + PAGE).map((image) => thumbnail(predictions, image, names));
    list.replaceChildren(...thumbnails.map((one) => one.element));
    trouble.replaceChildren();
    only.hidden = !suspects.length;
    only.textContent = `Only the ${suspects.length} with a suspected label`;
    only.setAttribute("aria-pressed", String(suspectsOnly));
    legend.hidden = !shown.length;
    legend.textContent = "The surest first. Under each picture: the network’s confidence in its answer, and "
      + `its second choice.${suspects.length ? ` ${SUSPECT}` : ""}`;
    pager.hidden = shown.length <= PAGE;
    const last = Math.min(first + PAGE, shown.length);
    place.textContent = `${first + 1} to ${last} of ${shown.length}`;
    previous.disabled = page === 0;
    next.disabled = last === shown.length;
    load(thumbnails);
  };
  const turn = (step) => {
    page += step;
    draw();
    figure.say(`Images ${place.textContent}.`);
  };
  figure.on(previous, "click", () => turn(-1));
  figure.on(next, "click", () => turn(1));
  figure.on(only, "click", () => {
    [suspectsOnly, page] = [!suspectsOnly, 0];
    draw();
  });
  whenNear(figure, element, () => {
    near = true;
    load(thumbnails);
  });
  return {
    element,
    show(newCell, newImages) {
      if (String(newCell) === String(cell)) return;
      [cell, images, page, suspectsOnly] = [newCell, newImages, 0, false];
      draw();
    },
  };
}
