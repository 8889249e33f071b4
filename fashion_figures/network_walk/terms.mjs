/**
 * The contributions to a value that matter most, each a button that leads to where it comes from,
 * with the one among them that the step back leads to.
 */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { h } from "../shared/kit.mjs";
import { bar, decimals, inWords, sign, signed } from "./numbers.mjs";
import { byContribution, effect } from "./trace.mjs";
import { hasReasons, isSame, suggestion } from "./way.mjs";

const SHOWN_TERMS = 3;

/** @returns {string} what a layer is called in a sentence */
export function nameOf(layer) {
  return layer === "input" ? "the picture" : layer;
}

/**
 * Choose the terms to show: the largest, and the one that the step back leads to.
 *
 * @param {object} view
 * @param {object} found what `explain` returned
 * @returns {{shown: object[], next: ?object, isAdded: boolean, why: string}} `next` is where the
 *   step back leads, `isAdded` says that it is none of the largest, and `why` why it leads there
 */
export function pickTerms(view, found) {
  const { walk, outputs, place, back, isPeek } = view;
  const isOneOfAMap = walk.stages.get(place.layer).kind === "convolution"; // one term for each
  const termAt = (to) =>
    to &&
    found.terms.find(({ from }) =>
      isOneOfAMap ? from.layer === to.layer && from.filter === to.filter : isSame(from, to),
    );
  const ordered = byContribution(found.terms);
  const suggested = termAt(suggestion(walk, outputs, found));
  const next = isPeek ? suggested : (termAt(back) ?? suggested);
  const shown = ordered.slice(0, SHOWN_TERMS);
  const isAdded = Boolean(next) && !shown.includes(next);
  if (isAdded) shown[SHOWN_TERMS - 1] = next;
  const why = next === suggested ? reason(view, found, ordered, next) : "← leads along your way.";
  return { shown, next, isAdded, why };
}

/** Say why the step back leads elsewhere than to the largest; else nothing. */
function reason({ walk, outputs, place }, found, ordered, next) {
  if (!next || next === ordered[0]) return "";
  const isPast = ordered.some(
    (term, n) =>
      n < ordered.indexOf(next) &&
      effect(term) * effect(next) > 0 &&
      !hasReasons(walk, outputs, term.from),
  );
  const does = effect(next) > 0 ? "adds most" : "takes most away";
  const what = found.rival ? `speaks most for ${CLASS_NAMES[place.filter]}` : does;
  return `← leads to what ${what}${isPast ? ", past values that are mostly a bias" : ""}.`;
}

/**
 * Introduce the contributions that are shown.
 *
 * @param {{shown: object[], isAdded: boolean}} picked what `pickTerms` returned
 * @param {object[]} all
 * @param {string} thing
 * @param {string} source the layer before
 * @param {string} [does] what they do
 * @returns {string} the start of a sentence
 */
export function those({ shown, isAdded }, all, thing, source, does = "matter most here") {
  const whole = `${all.length} ${thing}${all.length > 1 ? "s" : ""} of ${nameOf(source)}`;
  if (shown.length < all.length) {
    const count = inWords(shown.length - (isAdded ? 1 : 0));
    return `The ${count} of the ${whole} that ${does}${isAdded ? ", and one more" : ""}`;
  }
  return all.length > 1 ? `The ${whole}, those that ${does} first` : `The ${whole}`;
}

/** Something that leads to another value; behind the picture there is none. */
export function goButton(place, ...children) {
  if (place.layer === "input") return h("div.cw-nw-term", {}, ...children);
  return h("button.cw-nw-term", { type: "button", "data-go": JSON.stringify(place) }, ...children);
}

/** @returns {HTMLElement} the name of a term, and below it what is to be known about it */
export function termName({ walk, outputs }, { next }, term, text, isFar = false) {
  const isBias = term.sum !== 0 && !hasReasons(walk, outputs, term.from);
  const tags = [term === next ? "← back" : "", isBias ? "mostly bias" : ""].filter(Boolean);
  const words = tags.map((tag) => h("small", { text: tag }));
  return h(isFar ? "span.cw-nw-of.cw-nw-far" : "span.cw-nw-of", {}, text, ...words);
}

/** @returns {HTMLElement} a number and its bar */
export function amount(sum, top) {
  return h("span.cw-nw-amount", {}, signed(sum), bar(sum / top));
}

/**
 * What a unit adds to a vote, and to its rival.
 *
 * @param {object} term
 * @param {string[]} names of the two classes
 * @param {number} top the longest bar
 * @returns {HTMLElement}
 */
export function bothSides(term, names, top) {
  const lines = [term, term.other].flatMap(({ weight, sum }, n) => [
    h("span", { text: names[n] }),
    h("span", { text: decimals(weight, 2) }),
    sign("="),
    h("span", { text: signed(sum) }),
    bar(sum / top),
  ]);
  return h("span.cw-nw-both", {}, ...lines);
}

/** @returns {HTMLElement} the rows, for who hears them, too */
export function termList(rows) {
  return h(
    "ol.cw-nw-terms",
    { "aria-label": "Largest contributions" },
    ...rows.map((row) => h("li", {}, row)),
  );
}
