/** The whole network at a glance: a strip with the picture and all layers, which stays in view. */

import { h, onResize, roving } from "../shared/kit.mjs";
import { drawnPlace, drawnSize, isUnits, paintMap, placeBox, pointed } from "./drawing.mjs";

function thumbnail(attributes) {
  const canvas = h("canvas", attributes);
  const box = h("span.cw-nw-box", { hidden: true });
  return { canvas, box, element: h("span.cw-nw-thumb", {}, canvas, box) };
}

function sizeWords({ size, filters, isVector }) {
  return isVector ? String(filters) : `${size}×${size}×${filters}`;
}

/** The picture, framed where the value in focus has seen it. */
function pictureThumb(figure, walk, point) {
  const { canvas, box, element } = thumbnail({ role: "img" });
  element.classList.add("cw-nw-picture");
  const drawn = drawnSize(walk.stages.get("input"));
  figure.on(element, "click", (event) => point(pointed(event, canvas, drawn)));
  const show = (view) => {
    const field = view.fields.get("input");
    paintMap(canvas, view, "input");
    placeBox(box, field, drawn);
    const size = `${field.isFull ? "" : "some of "}${field.height}×${field.width}`;
    canvas.setAttribute(
      "aria-label",
      `The picture; the value depends on ${size} pixels, from row ` +
        `${field.top}, column ${field.left} on.`,
    );
    element.classList.toggle("cw-nw-pointable", !isUnits(walk.stages.get(view.place.layer)));
  };
  return { element, show };
}

/**
 * The picture and the layers; each layer is a button, and framed where the way goes through it.
 *
 * @param {object} figure
 * @param {object} walk
 * @param {{title: string, names: string[]}[]} chapters
 * @param {(layer: string) => void} choose
 * @param {(pixel: {row: number, column: number}) => void} point
 */
export function overview(figure, walk, chapters, choose, point) {
  const picture = pictureThumb(figure, walk, point);
  const names = chapters.flatMap((chapter) => chapter.names);
  const thumbs = new Map(names.map((name) => [name, thumbnail({ "aria-hidden": "true" })]));
  const button = (name) =>
    h(
      "button.cw-nw-layer",
      { type: "button" },
      thumbs.get(name).element,
      h("span.cw-nw-name", { text: name }),
      h("span.cw-nw-size", { text: sizeWords(walk.stages.get(name)) }),
    );
  const buttons = new Map(names.map((name) => [name, button(name)]));
  const layers = h(
    "div.cw-nw-layers",
    { role: "toolbar", "aria-label": "Layers of the network" },
    ...chapters.map((chapter) => {
      const group = chapter.names.map((name) => buttons.get(name));
      const title = h("span.cw-nw-chapter", { text: chapter.title });
      const stage = h("div.cw-nw-stage", {}, title, h("div.cw-nw-group", {}, ...group));
      stage.style.flexGrow = String(group.length);
      return stage;
    }),
  );
  for (const [name, one] of buttons) figure.on(one, "click", () => choose(name));
  const all = [...buttons.values()];
  const settle = roving(
    figure,
    layers,
    () => all,
    () => all.length,
    (one) => one.click(),
  );
  const fade = () => {
    const hidden = layers.scrollWidth - layers.clientWidth - layers.scrollLeft;
    layers.classList.toggle("cw-nw-before", layers.scrollLeft > 1);
    layers.classList.toggle("cw-nw-after", hidden > 1);
  };
  figure.on(layers, "scroll", fade, { passive: true });
  onResize(figure, layers, fade);
  const show = (view) => {
    picture.show(view);
    const onWay = new Map(view.way.map((place) => [place.layer, place]));
    for (const [name, { canvas, box }] of thumbs) {
      const stage = walk.stages.get(name);
      const isHere = name === view.place.layer;
      const place = isHere ? view.place : onWay.get(name);
      buttons.get(name).setAttribute("aria-pressed", String(isHere));
      paintMap(canvas, view, name, view.chosen.get(name).filter);
      const field = !isHere && !isUnits(stage) && view.fields.get(name);
      placeBox(box, field || (place ? drawnPlace(stage, place) : null), drawnSize(stage));
    }
    const here = buttons.get(view.place.layer);
    settle(here);
    bringIntoView(layers, here);
  };
  return { element: h("div.cw-nw-strip", {}, picture.element, layers), show };
}

/** Scroll a row sideways, and nothing else, until one of its items is in view. */
export function bringIntoView(row, item) {
  const [outer, inner] = [row.getBoundingClientRect(), item.getBoundingClientRect()];
  if (inner.left < outer.left) row.scrollLeft += inner.left - outer.left;
  if (inner.right > outer.right) row.scrollLeft += inner.right - outer.right;
}
