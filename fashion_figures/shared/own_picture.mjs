/**
 * The reader's own garment, kept on this device for the other figures.
 *
 * It is kept only when the reader asks for it, in the browser's storage, and nowhere else. The
 * figures of a page each have a copy of this module, so a change is told by an event of the page;
 * other pages that are open hear of it from the browser.
 */

import { recall, remember } from "./state.mjs";

const KEY = "own-picture";
const EVENT = "fashion-course:own-picture";
const COUNT = 784;

/**
 * A picture in the data set's format.
 * @typedef {{pixels: Uint8Array, title: string}} OwnPicture 784 gray values, row by row; and what
 *   the network took it for when it was kept, or another name
 */

/**
 * @returns {?OwnPicture} null if there is none, or if what is stored is none
 */
export function ownPicture() {
  const kept = recall(KEY);
  if (typeof kept?.pixels !== "string" || typeof kept.title !== "string") return null;
  try {
    const pixels = Uint8Array.from(atob(kept.pixels), (letter) => letter.charCodeAt(0));
    return pixels.length === COUNT ? { pixels, title: kept.title } : null;
  } catch {
    return null; // no base64
  }
}

/**
 * Keep a picture in place of the one before.
 *
 * @param {OwnPicture} picture
 * @returns {boolean} whether it is kept; some browsers refuse to store anything
 * @throws {RangeError} if it does not have 784 pixels
 */
export function keepOwnPicture({ pixels, title }) {
  if (pixels.length !== COUNT) {
    throw new RangeError(`A picture has ${COUNT} pixels, not ${pixels.length}.`);
  }
  remember(KEY, { pixels: btoa(String.fromCharCode(...pixels)), title });
  globalThis.dispatchEvent(new Event(EVENT));
  return ownPicture()?.pixels.every((value, n) => value === pixels[n]) ?? false;
}

/** Forget the picture. */
export function forgetOwnPicture() {
  remember(KEY, undefined);
  globalThis.dispatchEvent(new Event(EVENT));
}

/**
 * @param {?ArrayLike<number>} first
 * @param {?ArrayLike<number>} second
 * @returns {boolean} whether both are there, and have the same pixels
 */
export function isSamePicture(first, second) {
  if (!first || !second || first.length !== second.length) return false;
  for (let n = 0; n < first.length; n += 1) if (first[n] !== second[n]) return false;
  return true;
}

/**
 * Call `show` now and whenever a picture is kept or forgotten, here, in another tab, or on another
 * page before the reader comes back to this one.
 *
 * @param {{on: Function}} figure what `frame` returned; its end is the end of this, too
 * @param {(picture: ?OwnPicture) => void} show
 */
export function followOwnPicture(figure, show) {
  const call = () => show(ownPicture());
  figure.on(globalThis, EVENT, call);
  figure.on(globalThis, "storage", call);
  figure.on(globalThis, "pageshow", call); // a page that comes back has missed what happened
  call();
}

/**
 * Offer the kept picture among those of a figure. While it is shown, the figure follows it: to the
 * next one that is kept, and to one of its own when it is forgotten.
 *
 * @param {{on: Function}} figure what `frame` returned
 * @param {{offer: (pixels: ?Uint8Array) => void, shown: () => ?Uint8Array,
 *   choose: (pixels: Uint8Array) => void, leave: () => void}} pictures `offer` gets null if none is
 *   kept; `shown` returns the picture that the figure shows; `leave` shows one of its own
 */
export function offerOwnPicture(figure, { offer, shown, choose, leave }) {
  let kept = null;
  followOwnPicture(figure, (picture) => {
    const before = kept;
    kept = picture?.pixels ?? null;
    const isLeft = isSamePicture(before, shown()) && !isSamePicture(before, kept);
    offer(kept);
    if (isLeft && kept) choose(kept);
    else if (isLeft) leave();
  });
}
