/**
 * The pictures of the test images: loaded by true class when they are first needed, painted, and
 * averaged.
 */

import { failure, h } from "../shared/kit.mjs";
import { loadAsset } from "../shared/state.mjs";
import { paint } from "../shared/paint.mjs";

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const GRAY_STEPS = 63; // a pixel of the assets has 6 bits

/** @returns {HTMLCanvasElement} black, and hidden from who hears the page */
export function emptyCanvas() {
  return h("canvas", { "aria-hidden": "true", width: SIDE, height: SIDE });
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} pixels 784 values, 0 to 63
 */
export function paintPixels(canvas, pixels) {
  paint(canvas, pixels, SIDE, SIDE, (value) =>
    Array(3).fill(Math.round((value * 255) / GRAY_STEPS)),
  );
}

/** @param {HTMLCanvasElement} canvas made black */
export function blacken(canvas) {
  paintPixels(canvas, new Uint8Array(PIXELS));
}

/** Return the mean of some pictures, pixel by pixel. */
export function average(pixelsOf, images) {
  const mean = new Float64Array(PIXELS);
  for (const image of images) {
    const pixels = pixelsOf(image);
    for (let i = 0; i < PIXELS; i += 1) mean[i] += pixels[i] / images.length;
  }
  return mean;
}

/** Call `seen` once, when the element is near the screen. */
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

/**
 * Load what is asked for once `element` is near the screen. Only the last thing asked for is
 * delivered; if it cannot be loaded, `trouble` says so and offers to try again.
 *
 * @param {object} figure
 * @param {object} model
 * @param {object} predictions what `readPredictions` returned
 * @param {HTMLElement} element its `data-state` tells how far it is
 * @param {HTMLElement} trouble
 * @returns {(labels: Iterable<number>, deliver: (pixelsOf: Function) => void) => void} asks for the
 *   pictures of true classes; `pixelsOf(image)` gives the 784 values of one
 */
export function pictureLoader(figure, model, { truth, rank }, element, trouble) {
  let [near, wanted] = [false, null];
  const load = async () => {
    if (!near || !wanted) return;
    const mine = wanted;
    const isCurrent = () => !figure.isOver() && mine === wanted;
    element.dataset.state = "loading";
    const labels = [...mine.labels];
    let pictures = [];
    try {
      pictures = await Promise.all(labels.map((n) => loadAsset(model, `test-images-${n}`)));
    } catch (error) {
      if (!isCurrent()) return;
      element.dataset.state = "failed";
      const message = `The images could not be loaded: ${error.message}`;
      trouble.replaceChildren(failure(figure, message, load));
      return;
    }
    if (!isCurrent()) return;
    mine.deliver((image) => {
      const start = rank[image] * PIXELS;
      return pictures[labels.indexOf(truth[image])].subarray(start, start + PIXELS);
    });
    element.dataset.state = "painted";
  };
  whenNear(figure, element, () => {
    near = true;
    load();
  });
  return (labels, deliver) => {
    wanted = { labels: new Set(labels), deliver };
    trouble.replaceChildren();
    load();
  };
}
