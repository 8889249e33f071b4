/**
 * The images behind a choice, beside the matrix: a page of them at a time, what they have in
 * common, and one of them large. It keeps its height, whatever is chosen.
 */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { h, roving } from "../shared/kit.mjs";
import { probability } from "../shared/percent.mjs";
import { put } from "../shared/state.mjs";
import { largeImage } from "./large.mjs";
import { average, blacken, emptyCanvas, paintPixels, pictureLoader } from "./pictures.mjs";
import { ANY, members, SHORT_NAMES } from "./table.mjs";
import { choiceFacts, choiceName, MARK, SUSPECT, whole } from "./words.mjs";

const PAGE = 12;

/** Make a place for a thumbnail. */
function slot(predictions) {
  const { truth, suspect, answers, probabilities } = predictions;
  const canvas = emptyCanvas();
  const caption = h("span.cw-cx-caption", { "aria-hidden": "true" });
  const button = h("button.cw-cx-image", { type: "button" }, canvas, caption);
  const element = h("li", {}, button);
  const told = (at, image) =>
    `${CLASS_NAMES[answers[at][image]]} ${probability(probabilities[at][image])}`;
  return {
    element,
    button,
    canvas,
    /** Show an image, or none; the caption says what the choice leaves open. */
    show(image, [wantedTruth, wantedAnswer]) {
      element.classList.toggle("cw-cx-empty", image === undefined);
      if (image === undefined) {
        for (const name of ["aria-label", "data-image"]) button.removeAttribute(name);
        return;
      }
      const open = wantedAnswer === ANY ? answers[0] : truth;
      caption.textContent = [wantedTruth, wantedAnswer].includes(ANY)
        ? SHORT_NAMES[open[image]]
        : probability(probabilities[0][image]);
      button.dataset.image = image;
      button.classList.toggle("cw-cx-suspect", suspect[image] === 1);
      button.setAttribute(
        "aria-label",
        `Test image ${image}, labeled ${CLASS_NAMES[truth[image]]}: ${told(0, image)}, then ` +
          `${told(1, image)}${suspect[image] ? "; the label is a suspect" : ""}`,
      );
    },
  };
}

/** Return what an average is worth a look for: up to two groups of images of one true class. */
function comparedGroups(predictions, [truth, answer]) {
  const label = truth === ANY ? answer : truth;
  if (label === ANY) return [];
  const { predicted } = predictions;
  const recognized = members(predictions, label, label);
  const group = (images, start, end = "") => {
    return { images, words: `${start} ${whole(images.length)}${end}` };
  };
  const found = group(recognized, "average of the", " recognized");
  if (truth === ANY) return [found];
  const mistaken = members(predictions, label, ANY).filter((n) => predicted[n] !== label);
  const missed = group(mistaken, "average of the", " not recognized");
  if (answer === ANY || answer === label) return [found, missed];
  return [group(members(predictions, label, answer), "average of these"), found];
}

/** Average images: of the choice, and of what it is worth comparing with. */
function averages(predictions) {
  const places = [0, 1].map(() => {
    const [canvas, words] = [emptyCanvas(), h("span")];
    return { canvas, words, element: h("div", {}, canvas, words) };
  });
  let groups = [];
  return {
    element: h("div.cw-cx-averages", {}, ...places.map((place) => place.element)),
    show(choice) {
      groups = comparedGroups(predictions, choice).filter(({ images }) => images.length > 1);
      places.forEach(({ canvas, element, words }, n) => {
        element.classList.toggle("cw-cx-empty", !groups[n]);
        blacken(canvas);
        if (!groups[n]) return;
        words.textContent = groups[n].words;
      });
    },
    /** The true classes whose pictures it takes. */
    labels: () => groups.map(({ images }) => predictions.truth[images[0]]),
    paint(pixelsOf) {
      groups.forEach(({ images }, n) => {
        paintPixels(places[n].canvas, average(pixelsOf, images));
      });
    },
  };
}

/** Buttons to turn pages, and one that leaves the suspects. */
function pageTurner(figure, turn, filter) {
  const [previous, next] = ["Previous images", "Next images"].map((label, n) =>
    h("button.cw-small", { type: "button", "aria-label": label, text: "‹›"[n] }),
  );
  const place = h("span.cw-quiet");
  const only = h("button.cw-small.cw-cx-only", { type: "button" });
  figure.on(previous, "click", () => turn(-1));
  figure.on(next, "click", () => turn(1));
  figure.on(only, "click", filter);
  return {
    element: h("div.cw-cx-turner", {}, previous, place, next, only),
    place,
    show(page, pages, suspects, suspectsOnly) {
      place.textContent = `Page ${page + 1} of ${pages}`;
      only.textContent = `${MARK} ${suspects === 1 ? "1 suspect" : `${suspects} suspects`}`;
      only.setAttribute("aria-pressed", String(suspectsOnly));
      only.classList.toggle("cw-cx-empty", !suspects);
      for (const one of [previous, place, next]) one.classList.toggle("cw-cx-empty", pages < 2);
      const focused = document.activeElement;
      [previous.disabled, next.disabled] = [page === 0, page === pages - 1];
      if (focused === previous && previous.disabled) next.focus(); // the keyboard's way back
      if (focused === next && next.disabled) previous.focus();
    },
  };
}

/**
 * @param {object} figure
 * @param {object} model
 * @param {object} predictions what `readPredictions` returned
 * @param {number[][]} table
 * @param {object} mine what `ownGarment` returned
 * @returns {{element: HTMLElement, note: HTMLElement, show: (choice: number[], image: number|null) => string}} `show`
 *   returns what is shown, in words; `note` says what a suspect is, while there is one
 */
export function imagePanel(figure, model, predictions, table, mine) {
  const [title, facts] = [h("p.cw-cx-title"), h("p.cw-note.cw-cx-facts")];
  const slots = Array.from({ length: PAGE }, () => slot(predictions));
  const list = h("ul.cw-cx-images", {}, ...slots.map(({ element }) => element));
  const trouble = h("div");
  const means = averages(predictions);
  let [choice, images, shown, page, suspectsOnly, opened] = [[], [], [], 0, false, null];

  const open = (image) => put(model, { image });
  const large = largeImage(figure, predictions, {
    step(by) {
      const next = shown[shown.indexOf(opened) + by];
      if (next !== undefined) open(next);
    },
    close: () => open(null),
  });
  const turner = pageTurner(
    figure,
    (step) => {
      page += step;
      showPage();
      figure.say(turner.place.textContent);
    },
    () => {
      [suspectsOnly, page] = [!suspectsOnly, 0];
      showPage();
    },
  );
  const visible = () => slots.slice(0, shown.length - page * PAGE).map(({ button }) => button);
  const columns = () => getComputedStyle(list).gridTemplateColumns.split(" ").length;
  const settle = roving(figure, list, visible, columns);
  figure.on(list, "click", (event) => {
    const button = event.target.closest("[data-image]");
    if (!button) return;
    button.focus(); // not every browser does: it is where the reader comes back to
    open(Number(button.dataset.image));
  });

  const overview = h("div.cw-cx-overview", {}, list, trouble, turner.element);
  const views = h("div.cw-cx-views", {}, overview, large.element, mine.view);
  const ask = pictureLoader(figure, model, predictions, list, trouble);
  /** Show the page of images, and the large one, if there is one; fetch their pictures. */
  const showPage = () => {
    const isSuspect = (n) => predictions.suspect[n] === 1;
    const suspects = images.filter(isSuspect);
    shown = suspectsOnly ? suspects : images;
    const here = shown.slice(page * PAGE, (page + 1) * PAGE);
    slots.forEach((one, n) => {
      one.show(here[n], choice);
      blacken(one.canvas);
    });
    turner.show(page, Math.ceil(shown.length / PAGE) || 1, suspects.length, suspectsOnly);
    settle();
    ask([...here.map((n) => predictions.truth[n]), ...means.labels()], (pixelsOf) => {
      here.forEach((image, n) => {
        paintPixels(slots[n].canvas, pixelsOf(image));
      });
      means.paint(pixelsOf);
      if (opened !== null) large.paint(pixelsOf(opened));
    });
  };
  /** Show one of the chosen images large, or none. */
  const showLarge = (image) => {
    const before = opened;
    opened = shown.includes(image) ? image : null;
    const inside = views.contains(document.activeElement);
    overview.classList.toggle("cw-cx-empty", opened !== null);
    large.element.classList.toggle("cw-cx-empty", opened === null);
    if (opened === null) {
      if (before !== null && inside) slots[shown.indexOf(before) % PAGE]?.button.focus();
      return null;
    }
    const place = shown.indexOf(opened);
    const words = large.show(opened, place, shown.length);
    page = Math.floor(place / PAGE);
    showPage();
    if (before === null && inside) large.focus();
    return words;
  };
  /** Show the question about the reader's own picture in place of all else, or the choice. */
  const showMine = () => {
    const [question, cell] = [mine.question(), mine.cell()];
    const isAsking = question !== null;
    views.classList.toggle("cw-cx-asking", isAsking);
    means.element.classList.toggle("cw-cx-asking", isAsking);
    mine.thumb.hidden = isAsking || String(cell) !== String(choice);
    told.classList.toggle("cw-cx-has-thumb", !mine.thumb.hidden);
    if (isAsking) {
      [title.textContent, facts.textContent] = ["Your picture", "It is kept in this browser only."];
    } else {
      title.textContent = choice.length ? choiceName(choice) : "Nothing is chosen.";
      facts.textContent = choice.length ? choiceFacts(table, choice) : "";
    }
    return question;
  };
  const told = h("div.cw-cx-told", {}, facts, mine.thumb);
  const all = predictions.suspect.reduce((sum, mark) => sum + mark, 0);
  const note = h("p.cw-note", {
    text: `${MARK} ${SUSPECT} It can be right all the same. There are ${whole(all)} of them.`,
  });
  return {
    element: h("div.cw-cx-panel", {}, title, told, views, means.element),
    note,
    show(newChoice, image) {
      if (String(newChoice) !== String(choice) || !title.textContent) {
        [choice, page, suspectsOnly, opened] = [newChoice, 0, false, null];
        images = choice.length ? members(predictions, ...choice) : [];
        mine.close();
        means.show(choice.length ? choice : [ANY, ANY]);
        showPage();
      }
      const [question, words] = [showMine(), showLarge(image)];
      const seen = opened === null ? images : [opened];
      const isMarked = question === null && seen.some((n) => predictions.suspect[n] === 1);
      note.classList.toggle("cw-cx-empty", !isMarked);
      return question ?? words ?? [title.textContent, facts.textContent].filter(Boolean).join(": ");
    },
  };
}
