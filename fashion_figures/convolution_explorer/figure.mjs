/** The convolution explorer: a window slides, its sums grow into a map. */

import { frame, h } from "../shared/kit.mjs";
import { offerOwnPicture } from "../shared/own_picture.mjs";
import { loadAsset, put, toBytes } from "../shared/state.mjs";
import { board } from "./pictures.mjs";
import { stroke } from "./input.mjs";
import { SIZE, geometry } from "./numbers.mjs";
import { settings, toolbox } from "./settings.mjs";
import { playback } from "./playback.mjs";
import { Walk } from "./walk.mjs";

/** The states that the whole map depends on; row and column only move the window. */
const STATES = ["image", "garment", "kernel", "stride", "padding", "relu"];
const PIXELS = SIZE * SIZE;

function imageOf(model) {
  return toBytes(model.get("image")) ?? new Uint8Array(PIXELS);
}

/** What to try: what the author says, or what goes with this picture and kernel. */
function taskOf(model) {
  const tasks = model.get("tasks");
  const isFirst = model.get("garment") === tasks.garment;
  const isSame = String(model.get("kernel")) === String(model.get("presets")[tasks.kernel]);
  return model.get("task") || (isFirst && isSame ? tasks.first : tasks.any);
}

/** Change stride or padding, and keep the window where it is in the picture. */
function reshape(figure, model, walk, values) {
  const next = { stride: model.get("stride"), padding: model.get("padding"), ...values };
  const shape = geometry(next.stride, next.padding);
  const [row, column] = walk.placeIn(shape);
  put(model, { ...values, row, column });
  figure.say(`The output has ${shape.size} × ${shape.size} sums now.`);
}

export default {
  render({ model, el }) {
    const figure = frame(el, model, "cw-conv");
    const walk = new Walk(model);
    const trouble = h("p.cw-warning", { role: "alert", hidden: true });
    const task = h("span");
    let shown = {};

    /** Show the states and the window's place; return that in words. */
    const show = () => {
      const state = Object.fromEntries(STATES.map((name) => [name, model.get(name)]));
      if (STATES.some((name) => state[name] !== shown[name])) {
        shown = state;
        walk.adopt(geometry(state.stride, state.padding));
        choices.show(state);
        maps.show({ ...state, image: imageOf(model) });
        task.textContent = taskOf(model);
        figure.root.dataset.garment = state.garment ?? "none";
      }
      return maps.place();
    };
    const save = () => model.save_changes();
    const tell = () => {
      save();
      figure.say(show());
    };
    const draw = (image) => {
      model.set("image", image);
      model.set("garment", null);
    };
    /** Turn the input into a sheet to draw on, or back. */
    const useSheet = (on) => {
      if (on === !tools.element.hidden) return;
      tools.element.hidden = !on;
      choices.pencil.setAttribute("aria-pressed", String(on));
      figure.root.classList.toggle("cw-conv-drawing", on);
      way.stop();
      if (on) walk.complete(); // so that every stroke is answered at once
      maps.useSheet(on);
      show();
      if (on) figure.say("Draw on the input; the output follows.");
    };
    const choose = async (garment) => {
      try {
        const all = await loadAsset(model, "garments");
        if (figure.isOver()) return;
        useSheet(false);
        trouble.hidden = true;
        put(model, { image: all.slice(garment * PIXELS, (garment + 1) * PIXELS), garment });
      } catch (error) {
        trouble.textContent = `The pictures could not be loaded: ${error.message}`;
        trouble.hidden = false;
        choices.show(shown); // the list names the picture that is there
      }
    };

    const take = (picture) => {
      useSheet(false);
      trouble.hidden = true;
      put(model, { image: picture.slice(), garment: null });
    };

    const choices = settings(figure, model, {
      choose,
      take,
      reshape(values) {
        way.stop();
        reshape(figure, model, walk, values);
      },
      pencil: () => useSheet(tools.element.hidden),
    });
    const tools = toolbox(figure, {
      draw,
      save,
      close() {
        useSheet(false);
        choices.pencil.focus();
      },
    });
    const maps = board(figure, model, walk, {
      move(row, column) {
        way.stop();
        walk.move(row, column);
      },
      draw: (from, to) => draw(stroke(imageOf(model), from, to, tools.hasInk())),
      done() {
        save();
        again(); // the pen may have moved
      },
    });
    const way = playback(figure, walk, { show, tell });
    figure.body.append(
      h("p.cw-conv-task", {}, h("strong", { text: "Try this: " }), task),
      choices.element,
      trouble,
      tools.element,
      maps.pictures,
      way.element,
      maps.numbers,
      choices.note,
    );
    const again = figure.follow([...STATES, "row", "column"], show);
    figure.watch("task", () => {
      task.textContent = taskOf(model);
    });
    offerOwnPicture(figure, {
      offer: choices.offer,
      shown: () => imageOf(model),
      choose: take,
      leave: () => choose(model.get("tasks").garment),
    });
    return figure.cleanup;
  },
};
