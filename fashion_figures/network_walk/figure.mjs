/**
 * The network walk: one picture through a network, and where every value comes from and goes to.
 */

import { frame, h, whenLoaded } from "../shared/kit.mjs";
import { forward, normalize } from "../shared/network.mjs";
import { fieldCenters, receptiveFields } from "../shared/receptive_field.mjs";
import { shownNetwork } from "../shared/shown_network.mjs";
import { put, toBytes } from "../shared/state.mjs";
import { orderOf, rangesOf } from "./answers.mjs";
import { sentence } from "./focus.mjs";
import { overview } from "./overview.mjs";
import { panel } from "./panel.mjs";
import { pictureChoice, verdict, votes } from "./parts.mjs";
import { steps } from "./steps.mjs";
import { storyOf } from "./story.mjs";
import { explain, peak, valueAt, walkOf } from "./trace.mjs";
import { onward, routeTo, suggestion, wayTo } from "./way.mjs";

const PLACE = ["layer", "filter", "row", "column"]; // the states that say where the focus is

/** Make the place whole: what is unknown or out of range becomes the strongest. */
function resolve({ walk, outputs, orders }, wanted) {
  const [first] = orders.keys();
  const layer = orders.has(wanted.layer) ? wanted.layer : first;
  const { size, filters } = walk.stages.get(layer);
  const isInside = (value, end) => Number.isInteger(value) && value >= 0 && value < end;
  const filter = isInside(wanted.filter, filters) ? wanted.filter : orders.get(layer)[0];
  const isKnown = isInside(wanted.row, size) && isInside(wanted.column, size);
  const { row, column } = isKnown ? wanted : peak(walk, outputs, layer, filter);
  return { layer, filter, row, column };
}

/** Whether two places are in one drawing: a feature map, or all units of a layer. */
function isSeenWith({ stages }, place, { layer, filter }) {
  return place.layer === layer && (stages.get(layer).size === 1 || place.filter === filter);
}

/** Compute every layer for a picture. */
function compute(view, picture) {
  const { walk } = view;
  const pixels = normalize(picture);
  view.picture = picture;
  view.outputs = forward(walk.network, pixels);
  view.ranges = rangesOf(walk, pixels);
  const layers = [...walk.stages.keys()].filter((name) => name !== "input");
  const byLayer = (make) => new Map(layers.map((name) => [name, make(name)]));
  view.limits = byLayer((name) => {
    const { data } = view.outputs.get(name);
    const largest = data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    return { largest, isSigned: data.some((value) => value < 0) };
  });
  view.orders = byLayer((name) => orderOf(view, name));
  view.chosen = byLayer((name) => resolve(view, { layer: name }));
  view.way = [];
  view.version += 1;
}

/** Go to the kept place, or only look at the one that the reader points at. */
function focus(view, kept, peeked) {
  const { walk, outputs } = view;
  view.kept = kept;
  view.place = peeked ?? kept;
  view.isPeek = view.place !== kept;
  view.way = wayTo(walk, view.way, kept);
  for (const place of [...view.way, kept]) view.chosen.set(place.layer, place);
  const here = view.way.findIndex((place) => place.layer === kept.layer);
  view.back = view.way[here - 1] ?? suggestion(walk, outputs, explain(walk, outputs, kept));
  view.on = view.way[here + 1] ?? onward(walk, outputs, kept);
  view.value = valueAt(walk, outputs, kept);
  view.found = explain(walk, outputs, view.place);
  view.fields = receptiveFields(walk.network, view.place);
}

/** Set the figure up, once the network is there. */
function start(figure, model, network) {
  const walk = walkOf(network);
  const story = storyOf(walk, typeof model.get("network") === "string");
  const view = { walk, version: 0 }; // `compute` and `focus` add what the parts read
  let [announce, peeked] = [null, null]; // view -> what to say; the place that is pointed at

  const go = (place, quiet = false) => {
    announce = quiet ? null : sentence;
    peeked = null;
    put(model, place);
    again();
  };
  const peek = (place) => {
    peeked = place;
    again();
  };
  const choose = (picture) => {
    announce = verdict;
    peeked = null;
    put(model, { image: picture, filter: -1, row: -1, column: -1 }); // the strongest of its own
    again();
  };
  const enter = (layer) => {
    const known = view.way.find((place) => place.layer === layer);
    const route = known ? [] : routeTo(walk, view.outputs, view.kept, layer);
    for (const place of route.slice(0, -1)) view.way = wayTo(walk, view.way, place);
    const isVote = layer === walk.last.name; // that of the likeliest class, wherever the way leads
    go({ ...(known ?? ((!isVote && route.at(-1)) || view.chosen.get(layer))) });
  };
  const vote = (label) => go({ layer: walk.last.name, filter: label, row: 0, column: 0 });
  const begin = () => {
    const { data } = view.outputs.get(walk.last.name);
    vote(data.indexOf(Math.max(...data)));
  };
  const point = (pixel) => {
    const { size } = walk.stages.get(view.kept.layer);
    if (size === 1) return;
    const { first, step } = fieldCenters(network, view.kept.layer);
    const nearest = (at) => Math.min(size - 1, Math.max(0, Math.round((at - first) / step)));
    go({ ...view.kept, row: nearest(pixel.row), column: nearest(pixel.column) });
  };
  const walking = steps(figure, walk, { go, start: begin });
  const back = () => view.back && go(view.back);
  const actions = { go, peek, back, again: () => again(), settle: () => walking.back.focus() };
  const strip = overview(figure, walk, story.chapters, enter, point);
  const pictures = pictureChoice(figure, model, choose);
  const result = votes(figure, vote);
  const layer = panel(figure, walk, story, actions, () => view, walking.element);
  const parts = [pictures, strip, walking, layer, result];

  const show = () => {
    const picture = toBytes(model.get("image"));
    if (!picture) return;
    const fresh = !view.picture || picture.some((value, n) => value !== view.picture[n]);
    if (fresh) compute(view, picture.slice());
    const kept = resolve(view, Object.fromEntries(PLACE.map((name) => [name, model.get(name)])));
    if (peeked && !isSeenWith(walk, peeked, kept)) peeked = null; // what was pointed at is gone
    focus(view, kept, peeked);
    for (const part of parts) part.show(view);
    publish(model, view, fresh);
    figure.root.dataset.place = Object.values(kept).join("/");
    figure.root.dataset.version = String(view.version);
    if (announce) figure.say(announce(view));
    announce = null;
  };

  layer.element.append(result.element);
  figure.body.replaceChildren(
    h("p", { text: story.guide }),
    pictures.element,
    h("div.cw-nw-top", {}, strip.element, walking.line),
    layer.element,
  );
  const again = figure.follow(["image", ...PLACE], show);
}

/** Write back what the kernel, or another view, may want to read. */
function publish(model, { walk, kept, outputs }, fresh) {
  const changed = Object.entries(kept).filter(([name, value]) => model.get(name) !== value);
  const values = Object.fromEntries(changed);
  if (fresh) values.probabilities = [...outputs.get(walk.last.name).data];
  if (Object.keys(values).length) put(model, values);
}

export default {
  render({ model, el }) {
    const figure = frame(el, model, "cw-nw");
    let shown = figure.part(); // lives until another network is to be shown
    figure.watch("network", () => {
      shown.cleanup();
      delete figure.root.dataset.place;
      shown = figure.part();
      const part = shown;
      whenLoaded(
        part,
        "The network’s weights",
        () => shownNetwork(model),
        (network) => start(part, model, network),
      );
    });
    return figure.cleanup;
  },
};
