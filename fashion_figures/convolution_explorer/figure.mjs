/** Figure 1, the convolution explorer: a window slides, its sums grow into a map. */

import { conv2d, relu } from "../shared/cnn.mjs";
import { choice, garmentList, kernelList, labeled, option, player, sizeLine } from "./controls.mjs";
import { frame, h, loadAsset, prefersStillness, put, toBytes } from "../shared/kit.mjs";
import { inputPanel, stroke } from "./input.mjs";
import { SIZE, WINDOW, geometry, showNumber, windowAt } from "./numbers.mjs";
import { outputPanel } from "./output.mjs";
import { sumPanel } from "./sum.mjs";

/** Positions a second. */
const SPEEDS = { slow: 1.5, medium: 15, fast: 150 };

/** The explorer of one view: what it shows follows from the model's state. */
class Explorer {
  constructor(model, el) {
    this.model = model;
    this.figure = frame(el, model, "cw-conv");
    this.shape = geometry(model.get("stride"), model.get("padding"));
    this.seen = new Uint8Array(this.shape.size ** 2);
    this.stale = new Set(); // what has to be shown anew: "shape", "kernel", "map"
    this.queued = false;
    this.drawing = false;
    this.build();
    this.reveal(this.position());
    this.watch();
    this.refresh();
  }

  build() {
    const { figure, model } = this;
    const move = (row, column) => {
      this.play.stop();
      this.move(row, column);
    };
    const done = () => {
      model.save_changes();
      this.later(); // the pen may have moved
    };
    const draw = (from, to) => this.draw(stroke(this.image(), from, to, this.ink));
    this.input = inputPanel(figure, { move, done, draw });
    const point = (place) => this.input.point(place);
    this.output = outputPanel(figure, { move, done, point });
    this.sum = sumPanel(figure, (place, weight) => {
      const kernel = model.get("kernel").map((row) => [...row]);
      kernel[Math.floor(place / WINDOW)][place % WINDOW] = weight;
      put(model, { kernel });
    });
    this.size = sizeLine();
    this.note = h("p.cw-conv-note");
    this.trouble = h("p.cw-warning", { role: "alert", hidden: true });
    figure.body.append(
      h("p.cw-conv-task", {}, h("strong", { text: "Try this: " }), model.get("task")),
      this.settings(),
      this.note,
      this.trouble,
      this.tools(),
      h("div.cw-conv-board", {}, this.input.element, this.output.element),
      this.transport(),
      this.sum.element,
      this.size.element,
    );
  }

  /** The choices above the pictures. */
  settings() {
    const { figure, model } = this;
    this.garments = garmentList(figure, (garment) => this.choose(garment));
    this.kernels = kernelList(figure, model.get("presets"), (name) =>
      put(model, { kernel: model.get("presets")[name].map((row) => [...row]) }),
    );
    this.strides = choice(
      figure,
      "Stride",
      [
        [1, "1"],
        [2, "2"],
        [3, "3"],
      ],
      (stride) => this.reshape({ stride }),
    );
    this.paddings = choice(
      figure,
      "Padding",
      [
        ["valid", "valid"],
        ["same", "same"],
      ],
      (padding) => this.reshape({ padding }),
    );
    this.relu = h("button", { type: "button", text: "ReLU" });
    figure.on(this.relu, "click", () => {
      put(model, { relu: !model.get("relu") });
      figure.say(`ReLU is ${model.get("relu") ? "on: negative sums become 0" : "off"}.`);
    });
    this.pencil = h("button", { type: "button", "aria-pressed": "false", text: "Draw" });
    figure.on(this.pencil, "click", () => this.toggleDrawing(!this.drawing));
    return h(
      "div.cw-conv-settings",
      {},
      h("div.cw-conv-pair", {}, this.garments.element, this.pencil),
      this.kernels.element,
      this.strides.element,
      this.paddings.element,
      this.relu,
    );
  }

  /** The tools for drawing, shown while the reader draws. */
  tools() {
    const { figure } = this;
    this.ink = true;
    const tool = choice(
      figure,
      "Tool",
      [
        [true, "pen"],
        [false, "eraser"],
      ],
      (ink) => {
        this.ink = ink;
      },
    );
    tool.show(true);
    const clear = h("button", { type: "button", text: "Clear the sheet" });
    figure.on(clear, "click", () => {
      this.draw(new Uint8Array(SIZE * SIZE));
      this.model.save_changes();
      figure.say("The sheet is empty.");
    });
    const done = h("button.cw-primary", { type: "button", text: "Done" });
    figure.on(done, "click", () => {
      this.toggleDrawing(false);
      this.pencil.focus();
    });
    const hint = h("p.cw-note.cw-conv-hint", {
      text: "Draw on the input: the output answers to every stroke.",
    });
    this.toolbox = h("div.cw-conv-tools", { hidden: true }, tool.element, clear, done, hint);
    return this.toolbox;
  }

  /** The buttons that move the window. */
  transport() {
    const { figure } = this;
    const button = (text, act) => {
      const element = h("button", { type: "button", text });
      figure.on(element, "click", act);
      return element;
    };
    const speed = h("select", {}, ...Object.keys(SPEEDS).map((name) => option(name, name)));
    speed.value = "medium";
    const still = prefersStillness();
    const positions = () => (still ? 1 : SPEEDS[speed.value]);
    this.play = player(
      figure,
      positions,
      () => this.advance(still),
      (on) => this.played(on),
    );
    this.playButton = button("Play", () => {
      if (!this.play.isRunning() && this.position() === this.seen.length - 1) this.restart();
      this.play.toggle();
    });
    this.playButton.classList.add("cw-primary");
    const step = (by) => {
      this.play.stop();
      this.step(by);
      this.tell();
    };
    return h(
      "div.cw-row.cw-conv-transport",
      {},
      this.playButton,
      button("Step", () => step(1)),
      button("Back", () => step(-1)),
      button("Whole map", () => this.complete()),
      button("Start over", () => {
        this.restart();
        this.tell();
      }),
      still ? null : labeled("Speed", speed),
    );
  }

  watch() {
    const { figure } = this;
    for (const name of ["image", "relu"]) figure.watch(name, () => this.later("map"));
    for (const name of ["stride", "padding"]) figure.watch(name, () => this.later("shape"));
    for (const name of ["row", "column"]) figure.watch(name, () => this.later());
    figure.watch("kernel", () => this.later("kernel"));
    figure.watch("garment", (garment) => {
      this.garments.show(garment);
      figure.root.dataset.garment = garment ?? "none";
    });
    figure.dispose(() => {
      this.gone = true;
    });
  }

  /** Show the state once it is whole: row and column change one after the other. */
  later(what = "place") {
    this.stale.add(what);
    if (this.queued) return;
    this.queued = true;
    queueMicrotask(() => this.refresh());
  }

  /** Show what has changed. */
  refresh() {
    this.queued = false;
    if (this.gone) return;
    if (this.stale.has("shape")) this.resize();
    if (this.stale.has("kernel")) this.weigh();
    if (["shape", "kernel", "map"].some((what) => this.stale.has(what))) this.compute();
    this.stale.clear();
    this.place();
  }

  image() {
    return toBytes(this.model.get("image")) ?? new Uint8Array(SIZE * SIZE);
  }

  /** The place of the window, inside of the output whatever the state says. */
  at() {
    const last = this.shape.size - 1;
    return ["row", "column"].map((name) => Math.min(last, Math.max(0, this.model.get(name))));
  }

  position() {
    const [row, column] = this.at();
    return row * this.shape.size + column;
  }

  isComplete() {
    return this.seen.every(Boolean);
  }

  /** Count all sums up to a position as computed, as if the window had come by. */
  reveal(position) {
    this.seen.fill(1, 0, position + 1);
  }

  /** Adopt another stride or padding. */
  resize() {
    const { model } = this;
    const shape = geometry(model.get("stride"), model.get("padding"));
    const complete = this.isComplete();
    this.strides.show(shape.stride);
    this.paddings.show(model.get("padding"));
    this.size.show(shape);
    if (shape.size !== this.shape.size) {
      this.seen = new Uint8Array(shape.size ** 2).fill(complete ? 1 : 0);
    }
    const changed = shape.size !== this.shape.size || shape.stride !== this.shape.stride;
    this.shape = shape;
    if (changed) this.reveal(this.position());
  }

  /** Show another kernel. */
  weigh() {
    const kernel = this.model.get("kernel");
    const sum = kernel.flat().reduce((total, weight) => total + weight, 0);
    const name = this.kernels.show(kernel);
    this.sum.kernel(kernel.flat());
    this.note.textContent = name
      ? (this.model.get("notes")[name] ?? "")
      : `Your own numbers. They add up to ${showNumber(sum)}.`;
  }

  /** Compute the whole output; what has not been reached yet stays hidden. */
  compute() {
    const { model } = this;
    const kernel = model.get("kernel").flat();
    const options = { stride: this.shape.stride, padding: model.get("padding") };
    const picture = { shape: [SIZE, SIZE, 1], data: Float32Array.from(this.image()) };
    const weights = { shape: [WINDOW, WINDOW, 1, 1], data: Float32Array.from(kernel) };
    const sums = conv2d(picture, weights, null, options);
    const limit = sums.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const values = (model.get("relu") ? relu(sums) : sums).data;
    this.map = { values, size: this.shape.size, limit: limit || 1 };
    this.input.show(this.image(), this.shape);
    this.relu.setAttribute("aria-pressed", String(Boolean(model.get("relu"))));
  }

  /** Put the window where the state says, and write its sum into the output. */
  place() {
    const [row, column] = this.at();
    this.seen[this.position()] = 1;
    const window = windowAt(this.image(), this.shape, row, column);
    const words = `row ${row}, column ${column}`;
    const value = this.sum.show(window, this.map.limit, this.model.get("relu"));
    this.output.show({ ...this.map, seen: this.seen });
    this.output.place(row, column);
    this.input.place(row, column, `${words}, sum ${showNumber(value)}`);
    this.words = `Row ${row}, column ${column}: the sum is ${showNumber(value)}.`;
    const { dataset } = this.figure.root;
    dataset.place = `${row},${column}`;
    dataset.computed = this.seen.reduce((count, one) => count + one, 0);
  }

  /** Tell the kernel and the reader where the window has come to. */
  tell() {
    this.model.save_changes();
    this.refresh();
    this.figure.say(this.words);
  }

  /** Move without telling the kernel yet: `save_changes` follows when the movement ends. */
  move(row, column) {
    this.model.set("row", row);
    this.model.set("column", column);
  }

  step(by) {
    const next = Math.min(this.seen.length - 1, Math.max(0, this.position() + by));
    this.move(Math.floor(next / this.shape.size), next % this.shape.size);
    this.seen[next] = 1;
  }

  /** One step of the player; with less motion, a row at once. */
  advance(whole) {
    const { size } = this.shape;
    const by = whole ? size - (this.position() % size) : 1;
    if (whole) this.reveal(Math.min(this.seen.length - 1, this.position() + by));
    this.step(by);
    return this.position() < this.seen.length - 1;
  }

  played(on) {
    this.playButton.textContent = on ? "Pause" : "Play";
    this.figure.root.dataset.playing = String(on);
    if (on) return;
    this.tell();
    if (this.position() < this.seen.length - 1) return;
    this.figure.say(`The window has come to the end: ${this.seen.length} sums, one map.`);
  }

  complete() {
    this.play.stop();
    this.seen.fill(1);
    this.refresh();
    this.figure.say(`All ${this.seen.length} sums are computed. Point at one to read it.`);
  }

  restart() {
    this.play.stop();
    this.seen.fill(0);
    this.move(0, 0);
    this.refresh();
  }

  /** Change stride or padding, and keep the window where it is in the picture. */
  reshape(values) {
    const { model } = this;
    const shape = geometry(
      values.stride ?? model.get("stride"),
      values.padding ?? model.get("padding"),
    );
    const [row, column] = this.at().map((place) => {
      const pixel = place * this.shape.stride - this.shape.before;
      const next = Math.round((pixel + shape.before) / shape.stride);
      return Math.min(shape.size - 1, Math.max(0, next));
    });
    this.play.stop();
    put(model, { ...values, row, column });
    this.figure.say(`The output has ${shape.size} × ${shape.size} sums now.`);
  }

  async choose(garment) {
    const { model } = this;
    try {
      const all = await loadAsset(model, "garments");
      const image = all.slice(garment * SIZE * SIZE, (garment + 1) * SIZE * SIZE);
      this.toggleDrawing(false);
      this.trouble.hidden = true;
      put(model, { image, garment });
    } catch (error) {
      this.trouble.textContent = `The pictures could not be loaded: ${error.message}`;
      this.trouble.hidden = false;
      this.garments.show(model.get("garment"));
    }
  }

  draw(image) {
    this.model.set("image", image);
    this.model.set("garment", null);
  }

  toggleDrawing(on) {
    if (on === this.drawing) return;
    this.drawing = on;
    this.pencil.setAttribute("aria-pressed", String(on));
    this.toolbox.hidden = !on;
    this.figure.root.classList.toggle("cw-conv-drawing", on);
    this.play.stop();
    if (on) this.seen.fill(1); // so that every stroke is answered at once
    this.input.draw(on);
    this.refresh();
    if (on) this.figure.say("Draw on the input; the output follows.");
  }
}

export default {
  render({ model, el }) {
    return new Explorer(model, el).figure.cleanup;
  },
};
