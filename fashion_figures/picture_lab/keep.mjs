/** Keep the picture on this device, for the other figures, if the reader wants that. */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { h } from "../shared/kit.mjs";
import {
  followOwnPicture,
  forgetOwnPicture,
  isSamePicture,
  keepOwnPicture,
} from "../shared/own_picture.mjs";

/** The chapters whose figures take the kept picture, by number. */
const CHAPTERS = {
  2: "02_convolution",
  3: "03_building_the_cnn",
  4: "04_training",
  5: "05_confusion_matrix",
};

/** Say where the picture is to be seen: with links on a published page, whose host knows the site. */
function whereKept() {
  const { site } = globalThis.courseWidgets ?? {};
  if (!site) return ["Kept in this browser only, for the other figures."];
  const links = Object.entries(CHAPTERS).map(([number, page]) =>
    h("a", { href: `${site}chapters/${page}.html#figure`, text: number }),
  );
  const between = [", ", ", ", " and ", "."];
  return [
    "Kept in this browser only; see it in chapters ",
    ...links.flatMap((link, n) => [link, between[n]]),
  ];
}

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
    else if (isThis) note.replaceChildren(...whereKept());
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
