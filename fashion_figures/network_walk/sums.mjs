/**
 * The arithmetic of one value, as the network walk writes it out: its window, the largest
 * contributions, and a receipt that adds up. Buttons with `data-go` lead to another value.
 */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { h } from "../shared/kit.mjs";
import { signedColor } from "../shared/paint.mjs";
import { drawnSize, placeBox } from "./drawing.mjs";
import {
  colorOf,
  decimals,
  inWords,
  numberTable,
  receipt,
  sign,
  signed,
  square,
} from "./numbers.mjs";
import {
  amount,
  bothSides,
  goButton,
  nameOf,
  pickTerms,
  termList,
  termName,
  those,
} from "./terms.mjs";
import { channel, isMostlyBias } from "./trace.mjs";

const CHOOSE = "Choose one to walk back to it.";
const END = "Here the walk back ends.";

function reluWords(sum) {
  return sum < 0 ? "after relu, cut to zero" : "after relu, unchanged";
}

function note(text) {
  return h("p.cw-note", { text });
}

/** Say so when a sum is what its bias is, more than what its products are. */
function biasNote(found) {
  if (!isMostlyBias(found)) return [];
  const products = found.sum - found.bias;
  const words = found.terms.every(({ sum }) => sum === 0)
    ? "All products are zero: the sum is the bias alone."
    : `Most of this sum is the bias: the products add up to only ${signed(products)}.`;
  return [h("p.cw-nw-bias", { text: words })];
}

/** The shown contributions together, the others, the bias: what adds up to the sum. */
function sumLines(found, shown, things) {
  const rest = found.terms.length - shown.length;
  const sides = [[(term) => term.sum, found]];
  if (found.rival) sides.push([({ other }) => other.sum, found.rival]);
  const listed = sides.map(([of]) => shown.reduce((sum, term) => sum + of(term), 0));
  const others = sides.map(([, { sum, bias }], n) => sum - bias - listed[n]);
  const line = (words, numbers) => [words, ...numbers.map((number) => signed(number))];
  return [
    line(shown.length > 1 ? `these ${shown.length} ${things}s` : `this ${things}`, listed),
    ...(rest ? [line(`the other ${rest} ${things}s`, others)] : []),
    line(
      "bias",
      sides.map(([, { bias }]) => bias),
    ),
  ];
}

/** From the sum to the value: what the layer does last. */
function lastLines(found, stage, { filter }) {
  if (found.logits) return voteLines(found, filter);
  const sum = ["sum", decimals(found.sum)];
  return stage.activation === "relu" ? [sum, [reluWords(found.sum), decimals(found.value)]] : [sum];
}

/** The logit's way through the softmax, and its rival's. */
function voteLines({ logits, rival }, filter) {
  const top = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - top));
  const all = powers.reduce((a, b) => a + b);
  const line = (words, of) => [words, ...(rival ? [filter, rival.filter] : [filter]).map(of)];
  return [
    line("sum, the logit", (label) => decimals(logits[label])),
    line("exp(logit − largest logit)", (label) => powers[label].toPrecision(3)),
    line(`÷ the same, all ${inWords(powers.length)} classes`, () => all.toPrecision(4)),
    line("probability, after softmax", (label) => decimals(powers[label] / all)),
  ];
}

/** A convolution of the picture: few enough numbers to write them all out. */
function pictureConvolution(view, stage, found) {
  const [{ window, kernel, products, sum }] = found.terms;
  const { outside } = found;
  const limit = (values) => Math.max(...values.map(Math.abs));
  const signedTable = (caption, values) => {
    const color = signedColor(limit(values) * 1.3);
    return numberTable(caption, { values, color, digits: 2 });
  };
  const count = inWords(window.length);
  const inside = outside.filter((isOutside) => !isOutside).length;
  const zeros = outside.length - inside;
  const seen = inside > 1 ? `These ${inWords(inside)} pixels are` : "This pixel is";
  return [
    note(`${seen} all that the value has seen: here the walk back ends.${padding(zeros, "input")}`),
    h(
      "div.cw-nw-product",
      {},
      numberTable("Pixels", { values: window, color: colorOf(view, "input"), digits: 2, outside }),
      sign("×"),
      signedTable("Weights", kernel),
      sign("="),
      signedTable("Products", products),
    ),
    receipt([
      [`${count} product${window.length > 1 ? "s together" : ""}`, signed(sum)],
      ["bias of this filter", signed(found.bias)],
      ...lastLines(found, stage, view.place),
    ]),
    ...biasNote(found),
  ];
}

/** Say what stands where a convolution's window leaves its layer. */
function padding(zeros, source) {
  if (!zeros) return "";
  const where = `outside of ${nameOf(source)}`;
  return ` Gray, ${where}: padding, ${zeros > 1 ? `${inWords(zeros)} zeros` : "a zero"}.`;
}

function laterConvolution(view, stage, found) {
  const [source] = stage.sources;
  const picked = pickTerms(view, found);
  const { shown, why } = picked;
  const top = Math.max(...shown.map(({ sum }) => Math.abs(sum))) || 1;
  const light = colorOf(view, source);
  const limit = Math.max(...shown.flatMap((term) => term.kernel.map(Math.abs)));
  const rows = shown.map((term) =>
    goButton(
      term.from,
      square(channel(view.walk, view.outputs, source, term.from.filter), light),
      termName(view, picked, term, `map ${term.from.filter}`),
      square(term.window, light, found.outside),
      sign("×"),
      square(term.kernel, signedColor(limit)),
      sign("="),
      amount(term.sum, top),
    ),
  );
  const isSigned = view.limits.get(source).isSigned;
  const colors = isSigned ? "red is above zero, blue below" : "red adds, blue takes away";
  const zeros = found.outside.filter(Boolean).length;
  return [
    note(
      `${those(picked, found.terms, "map", source)}: map, window, weights (${colors}). ` +
        `${why || CHOOSE}${padding(zeros, source)}`,
    ),
    termList(rows),
    receipt([...sumLines(found, shown, "map"), ...lastLines(found, stage, view.place)]),
    ...biasNote(found),
  ];
}

/** Where a dense layer's value stands in the layer before. */
function whichOf({ stages }, { layer, filter, row, column }) {
  const { isVector, size } = stages.get(layer);
  if (isVector) return `unit ${filter}`;
  const where = `row ${row}, column ${column}`;
  if (layer === "input") return where;
  return size > 1 ? `map ${filter}, ${where}` : `map ${filter}`;
}

function dense(view, stage, found) {
  const [source] = stage.sources;
  const before = view.walk.stages.get(source);
  const picked = pickTerms(view, found);
  const { shown, why } = picked;
  const { rival } = found;
  const names = rival ? [view.place.filter, rival.filter].map((label) => CLASS_NAMES[label]) : [];
  const sides = shown.flatMap((term) => (rival ? [term, term.other] : [term]));
  const top = Math.max(...sides.map(({ sum }) => Math.abs(sum))) || 1;
  const isFar = before.size > 1; // a value needs a row and a column to be found
  const weighed = (term) => [
    h("span.cw-nw-factor", { text: decimals(term.weight, 2) }),
    sign("="),
    amount(term.sum, top),
  ];
  const rows = shown.map((term) =>
    goButton(
      term.from,
      termName(view, picked, term, whichOf(view.walk, term.from), isFar),
      h("span.cw-nw-factor", { text: decimals(term.input, 2) }),
      sign("×"),
      ...(rival ? [bothSides(term, names, top)] : weighed(term)),
    ),
  );
  const thing = before.isVector ? "unit" : isFar ? "value" : "map";
  const isAhead = rival && found.value >= view.outputs.get(stage.name).data[rival.filter];
  const apart = rival && `set ${names[0]} apart from ${names[1]}`;
  const does = rival ? `most ${apart}, the ${isAhead ? "runner-up" : "answer"}` : undefined;
  const start = those(picked, found.terms, "value", source, does);
  return [
    note(
      `${start}, each times its weight${rival ? "s" : ""}. ` +
        (source === "input" ? END : why || CHOOSE),
    ),
    termList(rows),
    receipt(
      [...sumLines(found, shown, thing), ...lastLines(found, stage, view.place)],
      "The sum",
      names,
    ),
    ...biasNote(found),
  ];
}

/** The map that a pooling's window lies in, and where. */
function whereIs({ walk, outputs, place, fields, ...view }, { window, sources: [source] }) {
  const before = walk.stages.get(source);
  if (!window || window >= before.size) return [];
  const box = h("span.cw-nw-box");
  placeBox(box, fields.get(source), drawnSize(before));
  const map = square(channel(walk, outputs, source, place.filter), colorOf(view, source));
  return [h("span.cw-nw-thumb.cw-nw-where", {}, map, box), sign("→")];
}

/** A pooling: the largest of a window, or the mean. */
function pool(view, stage, found) {
  const [source] = stage.sources;
  const side = Math.sqrt(found.window.length);
  const map =
    source === "input" ? "of the picture" : `of map ${view.place.filter} in ${nameOf(source)}`;
  const window = stage.window ? `A ${side}×${side} window ${map}` : `All ${side}×${side} ${map}`;
  const isMean = stage.kind.includes("average");
  const outside = found.outside.some(Boolean)
    ? ` Gray, outside of ${nameOf(source)}, ${isMean ? "does not count" : "is never picked"}.`
    : "";
  const count = inWords(found.count);
  const table = numberTable(stage.window ? "Window" : "Map", {
    values: found.window,
    color: colorOf(view, source),
    digits: 3,
    marked: isMean ? -1 : found.winner,
    outside: found.outside,
  });
  const isFramed = table.matches("table");
  table.classList.add("cw-nw-wide");
  const which = isMean ? "the mean of it is taken" : "the largest value stays";
  return [
    note(
      `${window}; ${!isMean && isFramed ? "the framed value is the largest" : which}.${outside}`,
    ),
    h("div.cw-nw-product", {}, ...whereIs(view, stage), table),
    isMean
      ? receipt(
          [
            [`the ${count} together`, signed(found.sum)],
            [`÷ ${found.count}, the mean`, decimals(found.value)],
          ],
          "The mean",
        )
      : receipt([[`largest of the ${count}`, decimals(found.value)]], "What stays"),
  ];
}

function addition(view, stage, found) {
  const top = Math.max(...found.terms.map((term) => Math.abs(term.sum))) || 1;
  const rows = found.terms.map((term) =>
    goButton(
      term.from,
      h("span.cw-nw-of.cw-nw-far", { text: nameOf(term.from.layer) }),
      amount(term.sum, top),
    ),
  );
  return [
    note(`The values at this place in ${inWords(found.terms.length)} layers, added. ${CHOOSE}`),
    termList(rows),
    receipt([
      ...found.terms.map((term) => [nameOf(term.from.layer), signed(term.sum)]),
      ...lastLines(found, stage, view.place),
    ]),
  ];
}

/** A layer that changes each number by itself, or a softmax. */
function single(view, _stage, found) {
  const [{ from }] = found.terms;
  const source = nameOf(from.layer);
  const rule = found.logits
    ? "Softmax turns it, and those of the other units, into shares of 1."
    : "What is below zero becomes zero.";
  return [
    note(`The value at this place in ${source}. ${rule}`),
    found.logits
      ? receipt(voteLines(found, view.place.filter), "The share")
      : receipt(
          [
            [`value in ${source}`, decimals(found.sum)],
            [reluWords(found.sum), decimals(found.value)],
          ],
          "What stays",
        ),
  ];
}

const WRITTEN = { dense, addition, relu: single, softmax: single };

/**
 * Write out how a value comes about.
 *
 * @param {{walk: object, place: object, outputs: Map<string, object>}} view
 * @param {object} found what `explain` returned
 * @returns {Node[]}
 */
export function sums(view, found) {
  const stage = view.walk.stages.get(view.place.layer);
  if (stage.kind.includes("pooling")) return pool(view, stage, found);
  if (stage.kind !== "convolution") return WRITTEN[stage.kind](view, stage, found);
  const [source] = stage.sources;
  return (source === "input" ? pictureConvolution : laterConvolution)(view, stage, found);
}
