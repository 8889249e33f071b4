/** Keep the picture on this device, for the other figures, if the reader wants that. */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { h } from "../shared/kit.mjs";
import {
  followOwnPicture,
  forgetOwnPicture,
  isSamePicture,
  keepOwnPicture,
} from "../shared/own_picture.mjs";

/**
 * @param {object} figure of `frame`
 * @param {object} lab of `laboratoryOf`
 * @returns {{element: HTMLElement, show: (state: object) => void}}
 */
export function keepView(figure, lab) {
  const keep = h("button.cw-small", { type: "button", text: "Keep it for the other figures" });
  const forget = h("button.cw-small", { type: "button", text: "Forget it" });
  const note = h("p.cw-note");
  let [kept, refused] = [null, false];
  const show = () => {
    const { pixels } = lab.state;
    const isThis = isSamePicture(kept?.pixels, pixels);
    keep.hidden = isThis || !pixels;
    forget.hidden = kept === null;
    if (refused) note.textContent = "This browser stores nothing for this page, so it is not kept.";
    else if (isThis) note.textContent = "Kept in this browser only, for the other figures.";
    else if (kept) note.textContent = `A picture is kept in this browser: ${kept.title}.`;
    else note.textContent = "Its 28 × 28 pixels would be stored in this browser, nowhere else.";
  };
  figure.on(keep, "click", () => {
    const { pixels, order } = lab.state;
    refused = !keepOwnPicture({ pixels, title: CLASS_NAMES[order[0]] });
    show();
    figure.say(note.textContent);
    if (keep.hidden) forget.focus();
  });
  figure.on(forget, "click", () => {
    refused = false;
    forgetOwnPicture();
    figure.say("Forgotten.");
    if (!keep.hidden) keep.focus();
  });
  followOwnPicture(figure, (picture) => {
    kept = picture;
    show();
  });
  return { element: h("div.cw-pic-keep", {}, h("div.cw-row", {}, keep, forget), note), show };
}
