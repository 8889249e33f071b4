/** What the layers of a network are there for, in words that follow from its description. */

import { inWords } from "./numbers.mjs";
import { nameOf } from "./terms.mjs";
import { middleField } from "./trace.mjs";

// What layers of growing fields find after a training with garments, if there are three steps.
const FOUND = ["Edges", "Parts", "Shapes"];

/**
 * Tell what a network does, layer by layer.
 *
 * @param {object} walk as `walkOf` returns it
 * @param {boolean} isTrained whether it is one of the course's, of which is known what it finds
 * @returns {{guide: string, chapters: {title: string, names: string[]}[],
 *   lesson: (name: string) => string}} `chapters` are the layers in groups, from fine to coarse
 *   maps, those without rows and columns last
 */
export function storyOf(walk, isTrained) {
  const groups = groupsOf(walk);
  const maps = groups.filter(({ step }) => step < Infinity).length;
  const findings = isTrained && maps === FOUND.length ? FOUND : [];
  const chapters = groups.map(({ step, names }, n) => {
    const title = step === Infinity ? "Votes" : (findings[n] ?? `Stage ${n + 1}`);
    return { title, names };
  });
  const finding = (name) => findings[chapters.findIndex(({ names }) => names.includes(name))] ?? "";
  return {
    guide: guideOf(walk, findings),
    chapters,
    lesson: (name) =>
      lessonOf(walk, walk.stages.get(name), finding(name)) +
      (name === walk.last.name ? unseen(walk) : ""),
  };
}

/** Group the layers by how many pixels of the picture lie from one of their windows to the next. */
function groupsOf({ stages }) {
  const steps = new Map([["input", 1]]);
  const groups = new Map();
  for (const { name, kind, stride = 1, sources, isVector } of stages.values()) {
    if (name === "input") continue;
    const before = Math.max(...sources.map((source) => steps.get(source)));
    steps.set(name, isVector ? Infinity : before * stride);
    const step = kind.includes("pooling") && !isVector ? before : steps.get(name);
    groups.set(step, [...(groups.get(step) ?? []), name]);
  }
  return [...groups]
    .sort(([first], [second]) => first - second)
    .map(([step, names]) => ({ step, names }));
}

function guideOf({ stages }, findings) {
  const hasWindows = [...stages.values()].some(({ window }) => window);
  const finds = findings.length ? `: ${findings.join(", then ").toLowerCase()}` : "";
  const does = hasWindows
    ? `looks at small windows of the one before${finds}`
    : "weighs what the one before puts out";
  return `Each layer ${does}. The last one votes. Choose a value to see what made it.`;
}

const LESSONS = {
  convolution: convolutionLesson,
  dense: denseLesson,
  addition: (_, { sources }) =>
    `Adds what ${sources.map(nameOf).join(" and ")} put out, number by number.`,
  relu: () => "What is below zero becomes zero; all else stays.",
  softmax: (_, { filters }) => `Softmax turns the ${inWords(filters)} sums into probabilities.`,
};

function lessonOf(walk, stage, finding) {
  return (LESSONS[stage.kind] ?? poolLesson)(walk, stage, finding);
}

function convolutionLesson(walk, stage, finding) {
  const { filters, window, stride, padding, size } = stage;
  const [source] = stage.sources;
  const side = `${window}×${window}`;
  const sentences = [];
  if (source === "input") {
    sentences.push(
      `${filters} filters slide over the picture.`,
      `Each is a pattern of ${side} weights that lights up where the picture fits it.`,
    );
  } else if (finding === "Shapes") {
    sentences.push(`${filters} filters combine parts.`, seenBy(walk, stage));
  } else {
    const maps = walk.stages.get(source).filters;
    sentences.push(
      window > 1
        ? `${filters} filters look at ${side} windows of all ${maps} maps at once.`
        : `${filters} filters mix all ${maps} maps, pixel by pixel.`,
    );
    if (finding === "Parts") {
      sentences.push("So they can combine edges into parts: a corner, a strap, a hem.");
    } else sentences.push(seenBy(walk, stage));
  }
  if (stride > 1) {
    sentences.push(`They move ${inWords(stride)} pixels at a time, so the maps are smaller.`);
  } else if (padding === "same" && window > 1) {
    sentences.push(`Zeros around the maps keep them at ${size}×${size}.`);
  }
  return sentences.join(" ");
}

/** How much of the picture a value in the middle depends on. */
function seenBy(walk, { name }) {
  const { height, width } = middleField(walk, name);
  const [rows, columns] = walk.network.inputShape;
  if (height === rows && width === columns) return "One value can depend on the whole picture.";
  return `One value now depends on ${height}×${width} pixels of the picture.`;
}

/** What part of the picture reaches no vote, and why. */
function unseen({ network, stages, reach }) {
  const { height, width } = reach.get("input");
  const [rows, columns] = network.inputShape;
  if (height === rows && width === columns) return "";
  const droppers = [...stages.values()].filter(
    ({ window, stride, padding, size, sources }) =>
      window && padding === "valid" && (size - 1) * stride + window < stages.get(sources[0]).size,
  );
  const arePools = droppers.every(({ kind }) => kind.endsWith("pooling"));
  const why = arePools ? "pooling drops what does not fit" : "windows that do not fit are dropped";
  return ` Nothing outside of the frame reaches a vote: ${why}.`;
}

function denseLesson(walk, { name, filters, sources, activation }) {
  const { shape } = walk.stages.get(sources[0]);
  const count = shape.reduce((a, b) => a * b);
  if (name === walk.last.name) {
    const words = inWords(filters);
    return (
      `${words.charAt(0).toUpperCase()}${words.slice(1)} units, one for each class, weigh the ` +
      `${count}. Softmax turns the ${words} sums into probabilities.`
    );
  }
  const silent = activation === "relu" ? " A unit whose sum is below zero is silent." : "";
  return `${filters} units, each with ${count} weights, mix the ${count} numbers.${silent}`;
}

function poolLesson(walk, stage, finding) {
  const { name, kind, filters, window, stride, size } = stage;
  const stays = kind.includes("average") ? "mean" : "largest value";
  const stages = [...walk.stages.values()];
  if (size === 1) {
    const which = window ? "" : `: its ${stays}`;
    const shape = finding === "Shapes" ? ": how much of its shape is there" : which;
    const next = stages.filter(({ sources }) => sources.includes(name));
    const all = next.every((one) => one.kind === "dense")
      ? " That is all the dense layers get."
      : "";
    return `One number is left of each of the ${filters} maps${shape}.${all}`;
  }
  const isFirst = stages.find((one) => one.kind === kind) === stage;
  const maps = `${filters} maps of ${size}×${size}`;
  if (!isFirst)
    return `Again the ${stays.split(" ")[0]} of every ${window}×${window} window stays: ${maps}.`;
  const moved =
    window === 2 && stride === 2
      ? "The maps halve, and what was found may have moved by a pixel."
      : `That leaves ${maps}.`;
  return `Of every ${window}×${window} window, the ${stays} stays. ${moved}`;
}
