/** How far the reader is with the quizzes: a mark for each chapter, and a way to clear them. */

import { frame, h } from "../shared/kit.mjs";
import { recall, remember } from "../shared/state.mjs";

/**
 * Read what the device has kept of a chapter's quiz.
 *
 * @param {{key: string, questions: number}} chapter
 * @returns {{answered: number, right: number, total: number}}
 */
function readProgress({ key, questions }) {
  const kept = recall(`quiz:${key}`);
  const answered = Object.keys(kept?.answers ?? {}).length;
  const within = (value) => (Number.isInteger(value) ? Math.min(questions, Math.max(0, value)) : 0);
  return { answered: within(answered), right: within(kept?.right), total: questions };
}

function inWords({ answered, right, total }) {
  if (answered === 0) return "not started";
  if (answered < total) return `${answered} of ${total} answered`;
  return right === total
    ? `✓ all ${total} right at the first try`
    : `done, ${right} of ${total} right at the first try`;
}

/** Find the cards of the page that lead to a chapter. */
function cardsOf(chapter) {
  const page = (address) => new URL(address, document.baseURI).href.split("#")[0];
  return [...document.querySelectorAll(".sd-card")].filter((card) =>
    [...card.querySelectorAll("a[href]")].some((link) => page(link.href) === page(chapter.href)),
  );
}

// Firefox counts each file as a site of its own, and keeps what is stored of each apart.
const FROM_DISK =
  "You have opened the pages from a folder: in Firefox, each of them then keeps its answers to " +
  "itself, and this list stays empty.";

export default {
  render({ model, el }) {
    const figure = frame(el, model, "cw-progress");
    const chapters = model.get("chapters");
    const rows = chapters.map((chapter) => {
      const fillBar = h("span.cw-progress-fill");
      const words = h("span");
      const link = h("a", { href: chapter.href, text: chapter.title });
      const bar = h("span.cw-progress-bar", { "aria-hidden": "true" }, fillBar);
      const marks = cardsOf(chapter).map((card) => {
        const mark = h("p.cw-progress-mark");
        figure.dispose(() => mark.remove());
        return { mark, body: card.querySelector(".sd-card-body") ?? card };
      });
      return { chapter, fillBar, words, marks, item: h("li", {}, link, bar, words) };
    });
    const clear = h("button", { type: "button", text: "Clear my answers" });
    const undo = h("button", { type: "button", text: "Undo", hidden: true });
    figure.body.append(
      h("p", { text: model.get("note") }),
      location.protocol === "file:" ? h("p", { text: FROM_DISK }) : "",
      h("ul.cw-progress-list", {}, ...rows.map(({ item }) => item)),
      h("div.cw-row", {}, clear, undo),
    );

    const show = () => {
      let answered = 0;
      for (const { chapter, fillBar, words, marks } of rows) {
        const progress = readProgress(chapter);
        answered += progress.answered;
        fillBar.style.width = `${(100 * progress.answered) / Math.max(1, progress.total)}%`;
        words.textContent = inWords(progress);
        for (const { mark, body } of marks) {
          mark.textContent = `Quiz: ${inWords(progress)}`;
          // Not even hidden where there is nothing to say: the line before it would get a margin.
          if (progress.answered === 0) mark.remove();
          else if (!mark.isConnected) body.append(mark);
        }
      }
      clear.hidden = answered === 0;
      figure.root.dataset.answered = answered;
    };
    let cleared = [];
    figure.on(clear, "click", () => {
      cleared = chapters.map(({ key }) => [`quiz:${key}`, recall(`quiz:${key}`)]);
      for (const [key] of cleared) remember(key, undefined);
      show();
      undo.hidden = false;
      undo.focus();
      figure.say("Your answers are cleared on this device.");
    });
    figure.on(undo, "click", () => {
      for (const [key, value] of cleared) if (value !== null) remember(key, value);
      show();
      undo.hidden = true;
      clear.focus();
      figure.say("Your answers are back.");
    });
    // The reader comes back from a chapter, or answers in another tab.
    figure.on(globalThis, "pageshow", show);
    figure.on(globalThis, "storage", show);
    show();
    return figure.cleanup;
  },
};
