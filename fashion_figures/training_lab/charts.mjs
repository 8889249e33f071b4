/** Learning curves that grow: an SVG with axes, the run in color, and the others as its ghosts. */

import { percent } from "../shared/percent.mjs";
import { CHANCE, lossText } from "./words.mjs";

const [WIDTH, HEIGHT] = [400, 190];
const BOX = { left: 50, right: WIDTH - 16, top: 10, bottom: HEIGHT - 34 };
const MOST_LIVE_POINTS = 400;
const LINE = 12; // pixels between two names of ghosts
/** The axes stay as they are, so that runs can be compared; what is above sticks to the edge. */
const METRICS = {
  accuracy: { high: 1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], text: (value) => `${100 * value}%` },
  loss: { high: 2.75, ticks: [0, 0.5, 1, 1.5, 2, 2.5], text: (value) => value.toFixed(1) },
};
/** How many epochs the axis shows: it grows in steps, and the first epoch has all of it. */
const SPANS = [1, 2, 3, 4, 6, 8, 10, 15, 20, 25];

const FIRST_SPAN = 5; // before any run

/** Make an SVG element. */
function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

function words(text, x, y, anchor, kind = "") {
  const element = svg("text", { x, y, "text-anchor": anchor, class: kind });
  element.textContent = text;
  return element;
}

function line(kind, x1, y1, x2, y2) {
  return svg("line", { x1, y1, x2, y2, class: kind });
}

/**
 * Return a sample of a line for a legend.
 *
 * @param {string} kind "training", "validation", "live", "ghost" or "book"
 * @returns {SVGElement}
 */
export function sample(kind) {
  const picture = svg("svg", {
    viewBox: "0 0 28 12",
    "aria-hidden": "true",
    class: "cw-tl-sample",
  });
  picture.append(line(`cw-tl-line cw-tl-${kind}`, 1, 6, 27, 6));
  if (kind === "training" || kind === "validation") picture.append(mark(kind, 14, 6));
  return picture;
}

function mark(kind, x, y) {
  const place = { class: `cw-tl-mark cw-tl-${kind}` };
  if (kind === "training") return svg("circle", { cx: x, cy: y, r: 3, ...place });
  return svg("rect", { x: x - 2.8, y: y - 2.8, width: 5.6, height: 5.6, ...place });
}

/** How far a run has come, in epochs. */
const reach = (run) => Math.max(run.epochs.length, run.live.at(-1)?.at ?? 0);

/**
 * How many epochs the charts show. While a run is under way, its own progress decides, so that its
 * first batches make a curve that can be seen; then all runs are shown to their ends.
 *
 * @param {object[]} runs
 * @param {?object} busy the run under way
 * @returns {number}
 */
export function epochSpan(runs, busy) {
  const most = Math.max(...(busy ? [busy] : runs).map(reach), 0);
  const epochs = busy ? most : most || FIRST_SPAN;
  return SPANS.find((span) => span >= epochs - 1e-9) ?? Math.ceil(epochs);
}

/**
 * Make a chart.
 *
 * @param {"accuracy" | "loss"} metric
 * @returns {{picture: SVGElement, show: (data: object) => void,
 *   shareAt: (clientY: number) => number}} `show` takes the `run` in color, its `ghosts`, the
 *   `book`'s run, the `span` in epochs, a `guess`, the `place` that the replay shows, a `label`, and
 *   words that `invite` to guess;
 *   `shareAt` tells how high on the axis a place on the screen is, from 0 to 1
 */
export function chart(metric) {
  const picture = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    class: "cw-tl-chart",
  });
  const show = ({ run, ghosts, book, span, guess, place, label, invite }) => {
    picture.setAttribute("aria-label", label);
    const scale = scaleOf(metric, span);
    picture.replaceChildren(
      ...axes(scale),
      ...level(scale, CHANCE[metric], "cw-tl-chance", "answers at random"),
      ...bookCurves(scale, book),
      ...(invite ? [words(invite, (BOX.left + BOX.right) / 2, HEIGHT / 2 - 10, "middle")] : []),
      ...ghosts.flatMap((ghost) => ghostCurves(scale, ghost)),
      ...ghostNames(scale, ghosts),
      ...(run ? [...moment(scale, run, place), ...curves(scale, run)] : []),
      ...(metric === "accuracy" && guess !== null
        ? level(scale, guess, "cw-tl-guess", `your guess: ${percent(guess)}`, "start")
        : []),
    );
  };
  const shareAt = (clientY) => {
    const { top, height } = picture.getBoundingClientRect();
    const y = ((clientY - top) / height) * HEIGHT;
    return Math.min(1, Math.max(0, (BOX.bottom - y) / (BOX.bottom - BOX.top)));
  };
  return { picture, show, shareAt };
}

function scaleOf(metric, span) {
  const { high, ticks, text } = METRICS[metric];
  const x = (epoch) => BOX.left + ((BOX.right - BOX.left) * epoch) / span;
  const y = (value) => {
    const inside = Math.min(high, Math.max(0, value));
    return BOX.bottom - ((BOX.bottom - BOX.top) * inside) / high;
  };
  return { metric, span, high, ticks, text, x, y };
}

function axes({ span, ticks, text, x, y }) {
  const parts = [];
  for (const value of ticks) {
    parts.push(line("cw-tl-grid", BOX.left, y(value), BOX.right, y(value)));
    parts.push(words(text(value), BOX.left - 6, y(value) + 4, "end"));
  }
  const step = span <= 10 ? 1 : 5;
  for (let epoch = 0; epoch <= span; epoch += step) {
    parts.push(words(String(epoch), x(epoch), BOX.bottom + 15, "middle"));
  }
  parts.push(line("cw-tl-axis", BOX.left, BOX.bottom, BOX.right, BOX.bottom));
  parts.push(words("epochs", (BOX.left + BOX.right) / 2, HEIGHT - 5, "middle"));
  return parts;
}

/** A line across, with its name on it. */
function level({ metric, y }, value, kind, text, anchor = "end") {
  const below = metric === "loss" || value > 0.9;
  return [
    line(kind, BOX.left, y(value), BOX.right, y(value)),
    words(
      text,
      anchor === "end" ? BOX.right - 2 : BOX.left + 4,
      Math.min(y(value) + (below ? 13 : -4), metric === "accuracy" ? BOX.bottom - 18 : HEIGHT),
      anchor,
    ),
  ];
}

function path(kind, points) {
  const d = points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
  return svg("path", { d, class: `cw-tl-line ${kind}` });
}

/** Points [epoch, value] up to the end of the axis; the line that crosses it is cut there. */
function within(points, span) {
  const inside = points.filter(([at]) => at <= span);
  const [before, after] = [points[inside.length - 1], points[inside.length]];
  if (!before || !after) return inside;
  const share = (span - before[0]) / (after[0] - before[0]);
  return [...inside, [span, before[1] + share * (after[1] - before[1])]];
}

/** Keep every n-th of too many points, and the last. */
function thin(points) {
  const every = Math.ceil(points.length / MOST_LIVE_POINTS);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}

const rowsOf = (run, key) => run.epochs.map((row) => [row.epoch, row[key]]);
const liveOf = (run, metric) => thin(run.live).map((point) => [point.at, point[metric]]);

function drawn({ span, x, y }, kind, points) {
  const shown = within(points, span);
  return shown.length
    ? [
        path(
          kind,
          shown.map(([at, value]) => [x(at), y(value)]),
        ),
      ]
    : [];
}

function bookCurves(scale, book) {
  return [scale.metric, `val_${scale.metric}`].flatMap((key, i) => {
    const points = (book?.[key] ?? []).map((value, epoch) => [epoch + 1, value]);
    return drawn(scale, `cw-tl-book ${i ? "cw-tl-val" : ""}`, points);
  });
}

function ghostCurves(scale, run) {
  return [
    ...drawn(scale, "cw-tl-ghost cw-tl-faint", liveOf(run, scale.metric)),
    ...drawn(scale, "cw-tl-ghost cw-tl-val", rowsOf(run, `val_${scale.metric}`)),
  ];
}

/** The ghosts' letters at the ends of their curves, one below the other where these meet. */
function ghostNames(scale, ghosts) {
  const { metric, span, x, y } = scale;
  const ends = ghosts.flatMap((run) => {
    const rows = within(rowsOf(run, `val_${metric}`), span);
    const [at, value] = rows.at(-1) ?? within(liveOf(run, metric), span).at(-1) ?? [];
    if (at === undefined) return [];
    return [{ name: run.name, left: Math.min(x(at) + 4, BOX.right + 4), top: y(value) + 4 }];
  });
  ends.sort((a, b) => a.top - b.top);
  ends.forEach((end, i) => {
    const near = ends.slice(0, i).filter((other) => Math.abs(other.left - end.left) < LINE);
    for (const other of near) end.top = Math.max(end.top, other.top + LINE);
  });
  return ends.map(({ name, left, top }) => words(name, left, top, "start", "cw-tl-letter"));
}

/** The epoch of the lowest validation loss, and the one that the replay shows. */
function moment({ metric, span, x }, run, place) {
  const parts = [];
  const best = run.bestEpoch;
  if (best && best <= span) {
    const right = x(best) > WIDTH - 74;
    parts.push(line("cw-tl-best", x(best), BOX.top, x(best), BOX.bottom));
    const left = x(best) + (right ? -4 : 4);
    // Apart from the names of levels, which stand at the right end, and of what lies beyond.
    const top = metric === "accuracy" ? BOX.bottom - 4 : BOX.top + 8;
    parts.push(words(`best: ${best}`, left, top, right ? "end" : "start"));
  }
  if (place !== null && place <= span) {
    parts.push(line("cw-tl-moment", x(place), BOX.top, x(place), BOX.bottom));
  }
  return parts;
}

function curves(scale, run) {
  const { metric, span, x, y } = scale;
  const [live, training] = [liveOf(run, metric), rowsOf(run, metric)];
  const validation = rowsOf(run, `val_${metric}`);
  const marks = (kind, points) =>
    points.filter(([at]) => at <= span).map(([at, value]) => mark(kind, x(at), y(value)));
  return [
    ...drawn(scale, "cw-tl-live", live),
    ...drawn(scale, "cw-tl-training", training),
    ...marks("training", training),
    ...drawn(scale, "cw-tl-validation", validation),
    ...marks("validation", validation),
    ...beyond(scale, [live, training, validation]),
  ];
}

/** Triangles at the upper edge for values beyond it, and the largest of them in numbers. */
function beyond({ high, span, x }, lines) {
  const peaks = lines.flatMap((points) => peaksOf(within(points, span), high));
  if (!peaks.length) return [];
  const largest = peaks.reduce((a, b) => (b[1] > a[1] ? b : a));
  const left = x(largest[0]);
  const right = left > (BOX.left + BOX.right) / 2;
  const triangles = peaks.map(([at]) => {
    const [tip, top] = [x(at), BOX.top - 7];
    const points = `${tip - 4},${top + 7} ${tip + 4},${top + 7} ${tip},${top}`;
    return svg("polygon", { points, class: "cw-tl-beyond" });
  });
  const text = `up to ${lossText(largest[1])}`;
  const place = left + (right ? -8 : 8);
  return [
    ...triangles,
    words(text, place, BOX.top + 22, right ? "end" : "start", "cw-tl-beyond-name"),
  ];
}

/** The highest point of each stretch of a curve that lies above the axis. */
function peaksOf(points, high) {
  const peaks = [];
  let peak = null;
  for (const point of points) {
    if (point[1] > high) {
      if (!peak || point[1] > peak[1]) peak = point;
    } else {
      if (peak) peaks.push(peak);
      peak = null;
    }
  }
  if (peak) peaks.push(peak);
  return peaks;
}
