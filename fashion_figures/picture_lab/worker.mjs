/**
 * Runs in a worker: decodes and prepares pictures away from the page, which stays responsive.
 *
 * In: `{ id, blob }`. Out: `{ ready }` once at the start; then for each picture `{ id, stage }`
 * when it is decoded, and `{ id, size, pixels, steps, measures }` or `{ id, error, isPicture }`.
 */

import { ImageError, decodePicture } from "../shared/decode_picture.mjs";
import { preparePixels } from "../shared/prepare.mjs";

/**
 * Whether this browser can read a picture's file and its pixels in a worker. In a page from disk,
 * some give a worker no files.
 */
async function canRead() {
  if (typeof OffscreenCanvas !== "function") return false;
  if (new OffscreenCanvas(1, 1).getContext("2d") === null) return false;
  try {
    return (await new Blob(["?"]).arrayBuffer()).byteLength === 1;
  } catch {
    return false;
  }
}

async function answer({ id, blob }) {
  try {
    const decoded = await decodePicture(blob);
    const { width, height } = decoded.size;
    postMessage({ id, stage: `Preparing ${width} × ${height} pixels…` });
    postMessage({ id, size: decoded.size, ...preparePixels(decoded) });
  } catch (error) {
    postMessage({ id, error: error.message, isPicture: error instanceof ImageError });
  }
}

self.onmessage = (event) => answer(event.data);
canRead().then((ready) => postMessage({ ready }));
