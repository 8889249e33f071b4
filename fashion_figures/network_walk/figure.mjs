/**
 * The network walk: one picture through a network, and where every value comes from.
 */

import { frame, h, whenLoaded } from "../shared/kit.mjs";
import { forward, normalize } from "../shared/network.mjs";
import { receptiveFields } from "../shared/receptive_field.mjs";
import { shownNetwork } from "../shared/shown_network.mjs";
import { put, toBytes } from "../shared/state.mjs";
import { mapView, numberFields, sentence } from "./focus.mjs";
import { mapChoice, overview } from "./overview.mjs";
import { pictureChoice, pictureView, verdict, votes } from "./parts.mjs";
import { storyOf } from "./story.mjs";
import { sums } from "./sums.mjs";
import { byContrast, byContribution, explain, peak, walkOf } from "./trace.mjs";

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

/** Compute every layer for a picture. */
function compute(view, picture) {
  const { walk } = view;
  view.picture = picture;
  view.outputs = forward(walk.network, normalize(picture));
  const layers = [...walk.stages.keys()].filter((name) => name !== "input");
  const byLayer = (make) => new Map(layers.map((name) => [name, make(name)]));
  view.limits = byLayer((name) => {
    const { data } = view.outputs.get(name);
    const largest = data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    return { largest, isSigned: data.some((value) => value < 0) };
  });
  view.orders = byLayer((name) => byContrast(walk, view.outputs, name));
  view.chosen = byLayer((name) => resolve(view, { layer: name }));
  view.version += 1;
}

/** The panel about one layer: what it does, its maps, the value and its sum. */
function panel(figure, walk, story, go, current, again) {
  const title = h("p.cw-nw-title");
  const lesson = h("p");
  const value = h("p.cw-nw-value", {}, h("span"), h("strong"));
  const sum = h("div.cw-nw-sum");
  let walking = false; // whether the reader has come through a contribution
  const maps = mapChoice(figure, (filter) => go({ ...current().place, filter }), again);
  const picture = pictureView(walk);
  const map = mapView(figure, walk, go, current, () => {
    const { terms, from } = current().found;
    const place = terms ? byContribution(terms)[0].from : from;
    if (place.layer !== "input") go(place);
  });
  const fields = numberFields(figure, walk, go, current);
  const look = h("div.cw-nw-look", {}, picture.element, map.element, fields.element);
  const parts = [maps, picture, map, fields];
  figure.on(sum, "click", (event) => {
    const button = event.target.closest("[data-go]");
    if (!button) return;
    walking = true;
    go(JSON.parse(button.dataset.go));
  });
  const show = (view) => {
    const stage = walk.stages.get(view.place.layer);
    const { kind, name, filters, size } = stage;
    const words = kind === "dense" ? "fully connected" : kind;
    title.textContent = `${name}: ${words}, ${size > 1 ? `${filters} maps of ${size}×${size}` : `${filters} values`}`;
    lesson.textContent = story.lesson(name);
    for (const part of parts) part.show(view);
    const [where, number] = value.children;
    [where.textContent, number.textContent] = sentence(view).split(/(?<=: )/);
    number.dataset.value = String(view.found.value);
    sum.replaceChildren(...sums(view, view.found));
    look.classList.toggle("cw-nw-alone", stage === walk.last);
    if (walking) (sum.querySelector("[data-go]") ?? map.cursor).focus(); // Enter again walks on
    walking = false;
  };
  const element = h("div", {}, title, lesson, maps.element, look, value, sum);
  return { element, show };
}

/** Set the figure up, once the network is there. */
function start(figure, model, network) {
  const walk = walkOf(network);
  const story = storyOf(walk, typeof model.get("network") === "string");
  const view = { walk, version: 0 }; // `compute` and `show` add what the parts read
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
  const vote = (label) => go({ layer: walk.last.name, filter: label, row: 0, column: 0 });
  const parts = [
    pictureChoice(figure, model, choose),
    overview(figure, walk, story.chapters, (layer) => go({ ...view.chosen.get(layer) })),
    panel(figure, walk, story, go, current, () => again()),
    votes(figure, vote),
  ];
  const guide = h("p", { text: story.guide });
  const back = h("button.cw-small.cw-primary", {
    type: "button",
    text: "Start at the vote and walk back",
  });
  figure.on(back, "click", () => {
    const { data } = view.outputs.get(walk.last.name);
    vote(data.indexOf(Math.max(...data)));
  });

  const show = () => {
    const picture = toBytes(model.get("image"));
    if (!picture) return;
    const fresh = !view.picture || picture.some((value, n) => value !== view.picture[n]);
    if (fresh) compute(view, picture.slice());
    view.place = resolve(view, Object.fromEntries(PLACE.map((name) => [name, model.get(name)])));
    view.chosen.set(view.place.layer, view.place);
    view.found = explain(walk, view.outputs, view.place);
    view.fields = receptiveFields(network, view.place);
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
function publish(model, { walk, place, outputs }, fresh) {
  const changed = Object.entries(place).filter(([name, value]) => model.get(name) !== value);
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
