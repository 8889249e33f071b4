/**
 * Find the frame or the bars around a photo: `fashion_lib/_frame.py`, which explains the rule.
 */

/** How far from the background a pixel may be and still belong to it: 5 % of 255. */
export const TOLERANCE = 13;

const FRAME = 0.9;
const PHOTO = 0.1;
const BLUR = 2;

/**
 * Return a picture without its frame, or null if it has none.
 *
 * @param {import("./prepare.mjs").Picture} picture
 * @returns {?import("./prepare.mjs").Picture}
 */
export function withoutFrame(picture) {
  const { width, height } = picture;
  const sides = ["top", "bottom", "left", "right"].map((name) => new Side(picture, name));
  for (;;) {
    const [top, bottom, left, right] = sides.map(({ run }) => run && run + BLUR);
    const [rows, columns] = [height - top - bottom, width - left - right];
    if (sides.every(({ run }) => run === 0) || rows < 3 || columns < 3) return null;
    const spans = { top: [left, columns], bottom: [left, columns] };
    spans.left = spans.right = [top, rows];
    let isChanged = false;
    for (const side of sides) {
      if (side.run === 0) continue;
      if (side.share(side.run + BLUR, ...spans[side.name]) < PHOTO) continue;
      side.run = 0;
      isChanged = true;
    }
    if (!isChanged) return cutOut(picture, top, left, rows, columns);
  }
}

/** One side of a picture: its lines, from the edge inward. */
class Side {
  constructor(picture, name) {
    this.picture = picture;
    this.name = name;
    const { width, height, channels, data } = picture;
    const isRow = name === "top" || name === "bottom";
    [this.length, this.depth] = isRow ? [width, height] : [height, width];
    this.tone = Array.from({ length: channels }, (_, c) => {
      const line = Uint8Array.from({ length: this.length }, (_, n) => data[this.place(0, n) + c]);
      line.sort();
      const middle = line.length >> 1;
      return line.length % 2 ? line[middle] : Math.floor((line[middle - 1] + line[middle] + 1) / 2);
    });
    this.run = 0;
    while (this.run < this.depth && this.share(this.run, 0, this.length) >= FRAME) this.run++;
  }

  /** Where the n-th pixel of a line starts in the data. */
  place(line, n) {
    const { width, height, channels } = this.picture;
    if (this.name === "top") return (line * width + n) * channels;
    if (this.name === "bottom") return ((height - 1 - line) * width + n) * channels;
    if (this.name === "left") return (n * width + line) * channels;
    return (n * width + width - 1 - line) * channels;
  }

  /** The share of a line's pixels that are of the side's tone. */
  share(line, start, count) {
    const { data } = this.picture;
    let near = 0;
    for (let n = start; n < start + count; n++) {
      const place = this.place(line, n);
      const distance = this.tone.reduce((sum, tone, c) => sum + (data[place + c] - tone) ** 2, 0);
      if (distance <= TOLERANCE ** 2 * this.tone.length) near++;
    }
    return near / count;
  }
}

function cutOut({ width, channels, data }, top, left, rows, columns) {
  const result = new Uint8Array(rows * columns * channels);
  for (let y = 0; y < rows; y++) {
    const start = ((top + y) * width + left) * channels;
    result.set(data.subarray(start, start + columns * channels), y * columns * channels);
  }
  return { width: columns, height: rows, channels, data: result };
}
