/** Where the window is, and which sums it has left behind: what there is before anything is seen. */

import { geometry } from "./numbers.mjs";

/** The window's way over one view's input. Its row and column are states of the model. */
export class Walk {
  constructor(model) {
    this.model = model;
    this.shape = geometry(model.get("stride"), model.get("padding"));
    this.seen = new Uint8Array(this.shape.size ** 2);
    this.reveal(this.position());
  }

  /** The place of the window, inside of the output whatever the state says. */
  place() {
    const last = this.shape.size - 1;
    return ["row", "column"].map((name) => Math.min(last, Math.max(0, this.model.get(name))));
  }

  position() {
    const [row, column] = this.place();
    return row * this.shape.size + column;
  }

  isAtEnd() {
    return this.position() === this.seen.length - 1;
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

  /** Go on to the beginning of the next row, as if the window had come by all of this one. */
  stepRow() {
    const { size } = this.shape;
    const by = size - (this.position() % size);
    this.reveal(Math.min(this.seen.length - 1, this.position() + by));
    this.step(by);
  }

  /** Count all sums up to a position as computed. */
  reveal(position) {
    this.seen.fill(1, 0, position + 1);
  }

  complete() {
    this.seen.fill(1);
  }

  restart() {
    this.seen.fill(0);
    this.move(0, 0);
  }

  /** Adopt another stride or padding; a map that was complete stays so. */
  adopt(shape) {
    const { size, stride } = this.shape;
    const isComplete = this.seen.every(Boolean);
    this.shape = shape;
    if (shape.size !== size) this.seen = new Uint8Array(shape.size ** 2).fill(isComplete ? 1 : 0);
    if (shape.size !== size || shape.stride !== stride) this.reveal(this.position());
  }

  /** Return the place in an output of another shape that keeps the window where it is. */
  placeIn(shape) {
    return this.place().map((place) => {
      const pixel = place * this.shape.stride - this.shape.before;
      const next = Math.round((pixel + shape.before) / shape.stride);
      return Math.min(shape.size - 1, Math.max(0, next));
    });
  }
}
