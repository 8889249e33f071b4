/**
 * The network walk: one picture through the shipped network, and where every value comes from.
 */

import { frame, h, whenLoaded } from "../shared/kit.mjs";
import { loadAsset, put, toBytes } from "../shared/state.mjs";
import { CLASS_NAMES, forward, normalize } from "../shared/network.mjs";
import { parseSafetensors } from "../shared/safetensors.mjs";
import { decimals, sums } from "./sums.mjs";
import { WALK, byContrast, byContribution, explain, largest, peak, stage } from "./trace.mjs";
import {
  UNITS_IN_A_ROW,
  drawnSize,
  mapChoice,
  overview,
  paintMap,
  pictureChoice,
  pictureView,
  placeBox,
  verdict,
  votes,
} from "./parts.mjs";

const LESSONS = {
  conv1:
    "32 filters slide over the picture. Each is a pattern of 3×3 weights and lights up where the " +
    "picture fits the pattern: along an edge, mostly.",
  pool1:
    "Of every 2×2 window, the largest value stays. The maps halve, and what was found may have " +
    "moved by a pixel.",
  conv2:
    "64 filters look at 3×3 windows of all 32 maps at once. So they can combine edges into parts: " +
    "a corner, a strap, a hem.",
  pool2: "Again the largest of every 2×2 window stays: 64 maps of 5×5.",
  conv3: "64 filters combine parts. One value now depends on most of the picture.",
  pool3:
    "One number is left of each of the 64 maps: how much of its shape is there. That is all the " +
    "dense layers get.",
  dense:
    "512 units, each with 64 weights, mix the 64 numbers. A unit whose sum is below zero is silent.",
  output:
    "Ten units, one for each class, weigh the 512. Softmax turns the ten sums into probabilities.",
};

/** Name a place and its value in words. */
function sentence({ place, found }) {
  const { layer, filter, row, column } = place;
  const value = decimals(found.value);
  if (layer === "output") return `output, ${CLASS_NAMES[filter]}: ${value}`;
  if (layer === "dense") return `dense, unit ${filter}: ${value}`;
  const where = stage(layer).size > 1 ? `, row ${row}, column ${column}` : "";
  return `${layer}, map ${filter}${where}: ${value}`;
}

/** Return where a place stands in the drawing of its map, or of all units. */
function drawnPlace({ layer, filter, row, column }) {
  if (!(layer in UNITS_IN_A_ROW)) return { left: column, top: row, side: 1 };
  const { columns } = drawnSize(layer);
  return { left: filter % columns, top: Math.floor(filter / columns), side: 1 };
}

/** Return the place at a column and a row of the drawing, or the nearest there is. */
function placeAt(place, column, row) {
  const { columns, rows } = drawnSize(place.layer);
  const x = Math.min(columns - 1, Math.max(0, column));
  const y = Math.min(rows - 1, Math.max(0, row));
  if (place.layer in UNITS_IN_A_ROW) return { ...place, filter: y * columns + x };
  return { ...place, row: y, column: x };
}

const PLACE = ["layer", "filter", "row", "column"]; // the states that say where the focus is
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Let pointer and arrow keys move the cursor. */
function steer(figure, { plane, canvas, cursor }, go, current) {
  const point = (event, quiet) => {
    const { place } = current();
    const { columns, rows } = drawnSize(place.layer);
    const area = canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - area.left) / area.width) * columns);
    const row = Math.floor(((event.clientY - area.top) / area.height) * rows);
    go(placeAt(place, column, row), quiet);
  };
  figure.on(plane, "pointerdown", (event) => {
    if (event.button !== 0) return;
    plane.setPointerCapture(event.pointerId);
    point(event, true);
  });
  figure.on(plane, "pointermove", (event) => {
    if (plane.hasPointerCapture(event.pointerId)) point(event, true);
  });
  figure.on(plane, "pointerup", (event) => {
    if (!plane.hasPointerCapture(event.pointerId)) return;
    point(event, false);
    cursor.focus({ preventScroll: true }); // so that arrow keys go on from here
  });
  figure.on(cursor, "keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const { left, top } = drawnPlace(current().place);
    go(placeAt(current().place, left + step[0], top + step[1]));
  });
}

/**
 * The chosen feature map, large, with a cursor that pointer and arrow keys move.
 *
 * @param {object} figure
 * @param {(place: object, quiet?: boolean) => void} go
 * @param {() => object} current the view
 * @param {() => void} back what Enter on the cursor does
 */
function mapView(figure, go, current, back) {
  const canvas = h("canvas", { role: "img" });
  const cursor = h("button.cw-nw-cursor", { type: "button" });
  const plane = h("div.cw-nw-plane", {}, canvas, cursor);
  const words = h("figcaption");
  const element = h("figure", {}, plane, words);
  steer(figure, { plane, canvas, cursor }, go, current);
  figure.on(cursor, "click", (event) => {
    if (event.detail === 0) back(); // a key, not a pointer
  });
  const show = (view) => {
    const { layer, filter } = view.place;
    element.hidden = layer === "output";
    if (element.hidden) return;
    const { columns, rows } = drawnSize(layer);
    paintMap(canvas, view, layer, filter);
    placeBox(cursor, drawnPlace(view.place), columns, rows);
    const units = layer in UNITS_IN_A_ROW;
    canvas.setAttribute(
      "aria-label",
      units ? `All values of ${layer}` : `Feature map ${filter} of ${layer}`,
    );
    cursor.setAttribute("aria-label", `${sentence(view)}. Arrow keys move, Enter walks back.`);
    words.textContent = units
      ? `All ${stage(layer).filters} values of ${layer}, brighter is larger. Point at one.`
      : `Map ${filter} of ${layer}, ${columns}×${rows}, brighter is larger. Point at a value.`;
  };
  return { element, cursor, show };
}

/** Fields for the place as numbers, for who would rather type than point. */
function numberFields(figure, go, current) {
  const fields = ["filter", "row", "column"].map((name) => {
    const input = h("input", { type: "number", min: "0", step: "1" });
    const words = h("span", { text: name });
    figure.on(input, "change", () => {
      const end = Number(input.max);
      const value = Math.min(end, Math.max(0, Math.round(Number(input.value)) || 0));
      input.value = String(value);
      go({ ...current().place, [name]: value });
    });
    return { name, input, words, label: h("label", {}, words, input) };
  });
  const element = h("div.cw-row.cw-nw-fields", {}, ...fields.map(({ label }) => label));
  return {
    element,
    show({ place }) {
      const { size, filters } = stage(place.layer);
      element.hidden = place.layer === "output"; // the bars below are the choice
      for (const { name, input, words, label } of fields) {
        const end = (name === "filter" ? filters : size) - 1;
        if (name === "filter") words.textContent = place.layer === "dense" ? "Unit" : "Map";
        else words.textContent = name === "row" ? "Row" : "Column";
        label.hidden = end === 0;
        input.max = String(end);
        if (input.value !== String(place[name])) input.value = String(place[name]);
      }
    },
  };
}

/** Make the place whole: what is unknown or out of range becomes the strongest. */
function resolve({ layers, orders }, wanted) {
  const { size, filters } = stage(wanted.layer);
  const inside = (value, end) => Number.isInteger(value) && value >= 0 && value < end;
  const filter = inside(wanted.filter, filters) ? wanted.filter : orders[wanted.layer][0];
  const known = inside(wanted.row, size) && inside(wanted.column, size);
  const { row, column } = known ? wanted : peak(layers, wanted.layer, filter);
  return { layer: wanted.layer, filter, row, column };
}

/** Compute every layer for a picture. */
function compute(view, weights, picture) {
  const values = normalize(picture);
  view.picture = picture;
  view.layers = { ...forward(weights, values), picture: values };
  view.limits = Object.fromEntries(WALK.map(({ name }) => [name, largest(view.layers, name)]));
  view.orders = Object.fromEntries(WALK.map(({ name }) => [name, byContrast(view.layers, name)]));
  view.version += 1;
  for (const { name } of WALK) view.chosen[name] = resolve(view, { layer: name });
}

/** The panel about one layer: what it does, its maps, the value and its sum. */
function panel(figure, go, current, again) {
  const title = h("p.cw-nw-title");
  const lesson = h("p");
  const value = h("p.cw-nw-value", {}, h("span"), h("strong"));
  const sum = h("div.cw-nw-sum");
  let walking = false; // whether the reader has come through a contribution
  const maps = mapChoice(figure, (filter) => go({ ...current().place, filter }), again);
  const picture = pictureView();
  const map = mapView(figure, go, current, () => {
    const { terms, from } = current().found;
    const { layer, ...rest } = terms ? byContribution(terms)[0].from : from;
    if (layer !== "picture") go({ layer, ...rest });
  });
  const fields = numberFields(figure, go, current);
  const look = h("div.cw-nw-look", {}, picture.element, map.element, fields.element);
  const parts = [maps, picture, map, fields];
  figure.on(sum, "click", (event) => {
    const button = event.target.closest("[data-go]");
    if (!button) return;
    walking = true;
    go(JSON.parse(button.dataset.go));
  });
  const show = (view) => {
    const { kind, name, filters, size } = stage(view.place.layer);
    const words = kind === "dense" ? "fully connected" : kind;
    title.textContent = `${name}: ${words}, ${size > 1 ? `${filters} maps of ${size}×${size}` : `${filters} values`}`;
    lesson.textContent = LESSONS[name];
    for (const part of parts) part.show(view);
    const [where, number] = value.children;
    [where.textContent, number.textContent] = sentence(view).split(/(?<=: )/);
    number.dataset.value = String(view.found.value);
    sum.replaceChildren(...sums(view, view.found));
    look.classList.toggle("cw-nw-alone", name === "output");
    if (walking) (sum.querySelector("[data-go]") ?? map.cursor).focus(); // Enter again walks on
    walking = false;
  };
  const element = h("div", {}, title, lesson, maps.element, look, value, sum);
  return { element, show };
}

/** Set the figure up, once the weights are there. */
function start(figure, model, weights) {
  const view = { version: 0, chosen: {} }; // `compute` and `show` add what the parts read
  const current = () => view;
  let announce = null; // view -> what to say

  const go = (place, quiet = false) => {
    announce = quiet ? null : sentence;
    put(model, place);
    again();
  };
  const choose = (picture) => {
    announce = verdict;
    put(model, { image: picture, filter: -1, row: -1, column: -1 }); // the strongest of its own
    again();
  };
  const parts = [
    pictureChoice(figure, model, choose),
    overview(figure, (layer) => go({ ...view.chosen[layer] })),
    panel(figure, go, current, () => again()),
    votes(figure, (label) => go({ layer: "output", filter: label, row: 0, column: 0 })),
  ];
  const guide = h("p", {
    text:
      "The picture goes in on the left. Each layer looks at small windows of the layer before it and " +
      "keeps what it finds: edges, then parts, then shapes. The last layer votes. Choose a layer, a map " +
      "and a value to see what made it; the frames show which part of the picture it has seen.",
  });
  const back = h("button.cw-small.cw-primary", {
    type: "button",
    text: "Start at the vote and walk back",
  });
  figure.on(back, "click", () => {
    const { data } = view.layers.output;
    go({ layer: "output", filter: data.indexOf(Math.max(...data)), row: 0, column: 0 });
  });

  const show = () => {
    const picture = toBytes(model.get("image"));
    if (!picture) return;
    const fresh = !view.picture || picture.some((value, n) => value !== view.picture[n]);
    if (fresh) compute(view, weights, picture.slice());
    const wanted = Object.fromEntries(PLACE.map((name) => [name, model.get(name)]));
    view.place = resolve(view, wanted);
    view.chosen[view.place.layer] = view.place;
    view.found = explain(weights, view.layers, view.place);
    for (const part of parts) part.show(view);
    publish(model, view, fresh);
    figure.root.dataset.place = Object.values(view.place).join("/");
    figure.root.dataset.version = String(view.version);
    if (announce) figure.say(announce(view));
    announce = null;
  };

  const [pictures, ...others] = parts.map(({ element }) => element);
  figure.body.replaceChildren(guide, pictures, others[0], h("p", {}, back), ...others.slice(1));
  const again = figure.follow(["image", ...PLACE], show);
}

/** Write back what the kernel, or another view, may want to read. */
function publish(model, { place, layers }, fresh) {
  const changed = Object.entries(place).filter(([name, value]) => model.get(name) !== value);
  const values = Object.fromEntries(changed);
  if (fresh) values.probabilities = [...layers.output.data];
  if (Object.keys(values).length) put(model, values);
}

export default {
  render({ model, el }) {
    const figure = frame(el, model, "cw-nw");
    whenLoaded(
      figure,
      "The network’s weights",
      () => loadAsset(model, "weights"),
      (bytes) => start(figure, model, parseSafetensors(bytes)),
    );
    return figure.cleanup;
  },
};
