/**
 * The map of garments: marks that lie near each other when their pixels, or the network's
 * features, are alike.
 */

import { frame, h, whenLoaded } from "../shared/kit.mjs";
import { loadAsset, put } from "../shared/state.mjs";
import { CLASS_NAMES } from "../shared/classes.mjs";
import { countClasses, nearest, readMap } from "./cloud.mjs";
import { mapView } from "./map.mjs";
import {
  chosenCard,
  commonest,
  garmentWords,
  legend,
  meanCard,
  membersOf,
  whole,
} from "./panel.mjs";
import { readSheet } from "./sheet.mjs";

const [MOST, STEP] = [300, 10]; // garments that the slider and the keys select

const NEAR = {
  pixels: "Near marks have similar pixels.",
  features: "Near marks have similar features.",
};
const percent = (share) => `${Math.round(100 * share)}%`;

/** What the places mean, and how well they part the classes. */
function headline(figure, model, cloud) {
  const buttons = {
    pixels: h("button", { type: "button", text: "By pixels" }),
    features: h("button", { type: "button", text: "By the network’s features" }),
  };
  for (const [projection, button] of Object.entries(buttons)) {
    figure.on(button, "click", () => put(model, { projection }));
  }
  const near = h("p.cw-gm-near");
  const share = h("strong");
  const score = h("p.cw-gm-score", {}, "Nearest of all is of the same class: ", share);
  return {
    element: h(
      "div.cw-gm-head",
      {},
      near,
      h(
        "div.cw-row",
        {},
        h(
          "div.cw-joined",
          { role: "group", "aria-label": "Arrange the garments by" },
          buttons.pixels,
          buttons.features,
        ),
        score,
      ),
    ),
    show({ projection }) {
      near.textContent = `Each mark is one of ${whole(cloud.count)} test images. ${NEAR[projection]}`;
      share.textContent = percent(cloud.share[projection]);
      for (const [name, button] of Object.entries(buttons)) {
        button.setAttribute("aria-pressed", String(name === projection));
      }
    },
  };
}

/** How a group is selected without drawing a line, and with a finger. */
function tools(figure, { take, clear, setLasso, showAll }) {
  const slider = h("input", { type: "range", min: 0, max: MOST, step: STEP, value: 0 });
  const number = h("span.cw-gm-number", { "aria-hidden": "true" });
  const lasso = h("button.cw-small.cw-gm-lasso", {
    type: "button",
    text: "Lasso",
    "aria-pressed": "false",
  });
  const end = h("button.cw-small", { type: "button", text: "Clear selection" });
  const all = h("button.cw-small", { type: "button" });
  figure.on(slider, "input", () => take(Number(slider.value)));
  figure.on(end, "click", clear);
  figure.on(all, "click", showAll);
  figure.on(lasso, "click", () => {
    const on = lasso.getAttribute("aria-pressed") !== "true";
    lasso.setAttribute("aria-pressed", String(on));
    setLasso(on);
  });
  return {
    element: h(
      "div.cw-gm-tools",
      {},
      h("label.cw-gm-nearest", {}, h("span", { text: "Select its nearest" }), slider, number),
      h("div.cw-row", {}, lasso, end, all),
    ),
    show({ circle, selected, shown, chosen }) {
      const count = circle ? selected.size : 0;
      slider.disabled = chosen === null;
      if (Number(slider.value) !== count) slider.value = count;
      slider.setAttribute("aria-valuetext", `${count} garments`);
      number.textContent = count;
      end.disabled = !selected.size;
      all.textContent = shown.every(Boolean) ? "Hide all classes" : "Show all classes";
    },
  };
}

/** Set the figure up, once its data has come. */
function start(figure, model, { cloud, sheet }) {
  let circle = null; // {projection, all}: the selection, if it is the nearest of a garment
  const shownOf = () => CLASS_NAMES.map((_, label) => model.get("classes").includes(label));
  const chosenOf = () => cloud.place.get(model.get("chosen")) ?? null;
  const toImages = (all) => all.map((n) => cloud.index[n]);
  const select = (all, { from = null, before = "" } = {}) => {
    circle = from;
    put(model, { selected: toImages(all) });
    const most = commonest(countClasses(cloud.label, all), all.length);
    const words = all.length ? `${whole(all.length)} garments, ${most}` : "none";
    figure.say(`${before}Selected: ${words}.`);
  };
  /** Select the nearest of the chosen garment. */
  const take = (count, before = "") => {
    const chosen = chosenOf();
    if (chosen === null) return;
    const [projection, shown] = [model.get("projection"), shownOf()];
    const { x, y } = cloud.planes[projection];
    const admits = (n) => shown[cloud.label[n]];
    const all = nearest({ x, y }, x[chosen], y[chosen], admits, count);
    select(all, { from: all.length ? { projection, all } : null, before });
  };
  const clear = () => select([]);
  const actions = {
    choose(n) {
      put(model, { chosen: cloud.index[n] });
      const state = { chosen: n, projection: model.get("projection"), shown: shownOf() };
      const words = garmentWords(cloud, state);
      const told = `${words.name}, ${words.number}: ${words.neighbors}.`;
      if (circle) take(circle.all.length, `${told} `);
      else figure.say(told);
    },
    select,
    grow(steps) {
      const count = (circle?.all.length ?? 0) + steps * STEP;
      take(Math.min(MOST, Math.max(0, count)));
    },
    clear,
  };
  const view = mapView(figure, cloud, sheet, actions);
  const setClasses = (shown) => {
    put(model, { classes: shown.flatMap((on, label) => (on ? [label] : [])) });
  };
  const parts = [
    headline(figure, model, cloud),
    view,
    chosenCard(cloud, sheet),
    meanCard(sheet),
    tools(figure, {
      take,
      clear,
      setLasso: view.setLasso,
      showAll: () => setClasses(new Array(10).fill(!shownOf().every(Boolean))),
    }),
    legend(figure, cloud, (label) => {
      const shown = shownOf();
      shown[label] = !shown[label];
      setClasses(shown);
    }),
  ];
  const [head, map, chosen, mean, controls, classes] = parts.map(({ element }) => element);
  figure.body.replaceChildren(
    head,
    h(
      "div.cw-gm-columns",
      {},
      map,
      h("div.cw-gm-side", {}, h("div.cw-gm-cards", {}, chosen, mean), controls),
      classes,
    ),
    h("p.cw-note", {
      text:
        "Drag around marks to select them (a finger needs the Lasso). The first " +
        `${cloud.count / 10} test images of each class, by their first two principal ` +
        "components: of 784 pixels, or of the 64 numbers that the trained network computes before " +
        "it decides. The pictures are compressed: less sharp than the real ones.",
    }),
  );

  const show = () => {
    const projection = model.get("projection");
    const images = model.get("selected");
    const selected = new Set(images.flatMap((image) => cloud.place.get(image) ?? []));
    const still = circle?.all.length === selected.size && circle.all.every((n) => selected.has(n));
    if (!still) circle = null;
    const ends = still && circle.projection === projection;
    const state = {
      projection,
      selected,
      chosen: chosenOf(),
      shown: shownOf(),
      circle: ends ? [circle.all[0], circle.all.at(-1)] : null,
    };
    state.members = membersOf(cloud, state);
    state.counts = countClasses(cloud.label, state.members);
    for (const part of parts) part.show(state);
    figure.root.dataset.projection = projection;
    figure.root.dataset.selected = selected.size;
  };
  figure.follow(["projection", "chosen", "selected", "classes"], show);
}

export default {
  render({ model, el }) {
    const figure = frame(el, model, "cw-gm");
    const load = async () => {
      const cloud = readMap(await loadAsset(model, "garment-map"));
      return { cloud, sheet: await readSheet(cloud.picture, cloud.columns) };
    };
    whenLoaded(figure, "The map of garments", load, (data) => start(figure, model, data));
    return figure.cleanup;
  },
};
