/**
 * What the confusion explorer says about a choice of [true class, answer].
 */

import { CLASS_NAMES } from "../shared/classes.mjs";
import { percent } from "../shared/percent.mjs";
import { ANY, largestMistakes } from "./table.mjs";

/** Marks a label that the network contradicts, being sure. */
export const MARK = "◆";
export const SUSPECT =
  "The label is a suspect, by a rule of thumb: the network contradicts it with a " +
  "confidence of at least 90%.";

/**
 * @param {number} number
 * @returns {string}
 */
export function whole(number) {
  return number.toLocaleString("en-US");
}

/**
 * Name a choice.
 *
 * @param {number[]} choice
 * @returns {string}
 */
export function choiceName([truth, answer]) {
  if (truth === ANY && answer === ANY) return "All test images";
  if (answer === ANY) return `All labeled ${CLASS_NAMES[truth]}`;
  if (truth === ANY) return `All that were called ${CLASS_NAMES[answer]}`;
  return truth === answer
    ? `${CLASS_NAMES[truth]} recognized`
    : `${CLASS_NAMES[truth]} taken for ${CLASS_NAMES[answer]}`;
}

/** Say whether a cell holds more mistakes than each of the others. */
function isWorst(table, truth, answer) {
  const [first, second] = largestMistakes(table, 2);
  const isFirst = first?.truth === truth && first.answer === answer;
  return isFirst && first.value > (second?.value ?? 0);
}

/** Say how many images a row, a column or all of the table holds, and what comes first. */
function linesFacts(table, truth, answer) {
  const counts = table.flatMap((row, label) => row.map((count, said) => ({ count, label, said })));
  const chosen = counts.filter(
    ({ label, said }) => [ANY, label].includes(truth) && [ANY, said].includes(answer),
  );
  const total = (cells) => cells.reduce((sum, { count }) => sum + count, 0);
  const wrong = total(chosen.filter(({ label, said }) => label !== said));
  const fate =
    truth === ANY && answer !== ANY ? "are something else" : "are taken for something else";
  const order = wrong ? "The surest mistakes first." : "The least sure first.";
  return `${whole(wrong)} of ${whole(total(chosen))} ${fate}. ${order}`;
}

/**
 * Say how many images a choice holds, and in which order they come.
 *
 * @param {number[][]} table
 * @param {number[]} choice
 * @returns {string}
 */
export function choiceFacts(table, [truth, answer]) {
  if (truth === ANY || answer === ANY) return linesFacts(table, truth, answer);
  const count = table[truth][answer];
  const support = table[truth].reduce((a, b) => a + b);
  if (!count) return `None of ${whole(support)}.`;
  const share = `${whole(count)} of ${whole(support)}, or ${percent(count / support)}`;
  const rank = isWorst(table, truth, answer) ? ": the most frequent mistake" : "";
  const order = truth === answer ? " The least sure first." : " The surest first.";
  return `${share}${rank}.${count > 1 ? order : ""}`;
}
