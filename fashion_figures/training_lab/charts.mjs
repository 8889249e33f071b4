/** Learning curves that grow: an SVG with axes, the curves of a training, and a faint other one. */

import { h } from "../shared/kit.mjs";

const [WIDTH, HEIGHT] = [360, 216];
const BOX = { left: 42, right: WIDTH - 10, top: 12, bottom: HEIGHT - 36 };
const MOST_LIVE_POINTS = 400;

/** Make an SVG element. */
function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** Return about `count` round numbers from `low` to `high`, with their decimals. */
function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.ceil(low / step - 1e-9);
  const values = [];
  for (let n = first; n * step <= high + 1e-9; n += 1) values.push(n * step);
  return values.map((value) => ({ value, text: value.toFixed(digits) }));
}

/** Keep every n-th of too many points, and the last. */
function thin(points) {
  const every = Math.ceil(points.length / MOST_LIVE_POINTS);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}

/**
 * Return a sample of a line for a legend.
 *
 * @param {string} kind "training", "validation", "live", "book" or "best"
 * @returns {SVGElement}
 */
export function sample(kind) {
  const picture = svg("svg", {
    viewBox: "0 0 28 12",
    "aria-hidden": "true",
    class: "cw-tl-sample",
  });
  picture.append(svg("line", { x1: 1, x2: 27, y1: 6, y2: 6, class: `cw-tl-line cw-tl-${kind}` }));
  if (kind === "training" || kind === "validation") picture.append(mark(kind, 14, 6));
  return picture;
}

function mark(kind, x, y) {
  const place = { class: `cw-tl-mark cw-tl-${kind}` };
  if (kind === "training") return svg("circle", { cx: x, cy: y, r: 3, ...place });
  return svg("rect", { x: x - 2.8, y: y - 2.8, width: 5.6, height: 5.6, ...place });
}

/**
 * Make a chart.
 *
 * @param {{title: string, metric: "loss" | "accuracy", guess: number}} options `guess` is what
 *   a network without any knowledge reaches; a thin line marks it
 * @returns {{element: HTMLElement, show: (data: object) => void}} `show` takes the `rows` of the
 *   epochs, the `live` points within them, the `book`'s run, `best` and `label`
 */
export function chart({ title, metric, guess }) {
  const picture = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    class: "cw-tl-chart",
  });
  const caption = h("p.cw-tl-title", { text: title, "aria-hidden": "true" });
  const show = (data) => {
    picture.setAttribute("aria-label", data.label);
    const scale = scales(data, metric, guess);
    picture.replaceChildren(
      ...axes(scale),
      ...horizontal(scale, guess),
      ...book(scale, data.book, metric),
      ...best(scale, data.best),
      live(scale, data.live, metric),
      ...curve(scale, data.rows, metric, "training"),
      ...curve(scale, data.rows, `val_${metric}`, "validation"),
    );
  };
  return { element: h("div.cw-tl-panel", {}, caption, picture), show };
}

/** Return functions from epochs and values to places, and the ticks. */
function scales({ rows, live: points, book: run }, metric, guess) {
  const epochs = Math.max(
    5,
    run?.loss?.length ?? 0,
    rows.length,
    Math.ceil(points.at(-1)?.at ?? 0),
  );
  const values = rows.flatMap((row) => [row[metric], row[`val_${metric}`]]);
  values.push(...(run?.[metric] ?? []), ...(run?.[`val_${metric}`] ?? []));
  if (!rows.length) values.push(guess);
  const finite = values.filter(Number.isFinite);
  let [low, high] = [0, 1];
  if (metric === "accuracy") {
    low = Math.min(0.8, Math.floor(10 * Math.min(...finite) - 0.2) / 10);
  } else {
    // A first epoch gone wild must not flatten all others; what is higher sticks to the top.
    const usual = finite.filter((value) => value <= 1.3 * guess);
    high = 1.08 * Math.max(...(usual.length ? usual : finite));
  }
  low = Math.max(0, low);
  const x = (epoch) => BOX.left + ((BOX.right - BOX.left) * epoch) / epochs;
  const y = (value) => {
    const inside = Math.min(high, Math.max(low, value));
    return BOX.bottom - ((BOX.bottom - BOX.top) * (inside - low)) / (high - low);
  };
  const across = ticks(0, epochs, 6).filter(({ value }) => Number.isInteger(value));
  return { x, y, low, high, across, up: ticks(low, high, 5) };
}

function axes({ x, y, across, up }) {
  const parts = [];
  for (const { value, text } of up) {
    const place = { x1: BOX.left, x2: BOX.right, y1: y(value), y2: y(value) };
    parts.push(svg("line", { ...place, class: "cw-tl-grid" }));
    parts.push(words(text, BOX.left - 6, y(value) + 4, "end"));
  }
  for (const { value, text } of across)
    parts.push(words(text, x(value), BOX.bottom + 16, "middle"));
  const floor = { x1: BOX.left, x2: BOX.right, y1: BOX.bottom, y2: BOX.bottom };
  parts.push(svg("line", { ...floor, class: "cw-tl-axis" }));
  parts.push(words("epochs", BOX.right, HEIGHT - 4, "end"));
  return parts;
}

function words(text, x, y, anchor) {
  const element = svg("text", { x, y, "text-anchor": anchor });
  element.textContent = text;
  return element;
}

function horizontal({ y, low, high }, guess) {
  if (guess < low || guess > high) return [];
  const place = { x1: BOX.left, x2: BOX.right, y1: y(guess), y2: y(guess) };
  return [
    svg("line", { ...place, class: "cw-tl-guess" }),
    words("a guess", BOX.right - 2, y(guess) + (y(guess) > BOX.bottom - 16 ? -4 : 13), "end"),
  ];
}

function path(points) {
  return points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

function book({ x, y }, run, metric) {
  return [metric, `val_${metric}`].flatMap((key, i) => {
    const values = run?.[key] ?? [];
    if (!values.length) return [];
    const points = values.map((value, epoch) => [x(epoch + 1), y(value)]);
    return [
      svg("path", { d: path(points), class: `cw-tl-line cw-tl-book ${i ? "cw-tl-val" : ""}` }),
    ];
  });
}

function best({ x }, epoch) {
  if (!epoch) return [];
  const [place, right] = [x(epoch), x(epoch) > WIDTH - 70];
  return [
    svg("line", { x1: place, x2: place, y1: BOX.top, y2: BOX.bottom, class: "cw-tl-best" }),
    words(`best: ${epoch}`, place + (right ? -4 : 4), BOX.top + 8, right ? "end" : "start"),
  ];
}

function live({ x, y }, points, metric) {
  const places = thin(points).map((point) => [x(point.at), y(point[metric])]);
  return svg("path", { d: path(places), class: "cw-tl-line cw-tl-live" });
}

function curve({ x, y }, rows, key, kind) {
  const points = rows.map((row) => [x(row.epoch), y(row[key])]);
  return [
    svg("path", { d: path(points), class: `cw-tl-line cw-tl-${kind}` }),
    ...points.map(([left, top]) => mark(kind, left, top)),
  ];
}
