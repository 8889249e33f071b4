/**
 * From any picture of a garment to the 28×28 pixels that the network knows.
 *
 * The exact counterpart of `fashion_lib/preparation.py`, which explains the rules: the same steps
 * with the same integers and the same short sums, so that a page and Python give one answer.
 */

import { borderPlaces, exceeded, isolate } from "./background.mjs";
import { lumaOf } from "./bitmap.mjs";
import { ImageError, checkSize } from "./decode_picture.mjs";
import { TOLERANCE, withoutFrame } from "./frame.mjs";

/**
 * A gray or RGB picture.
 * @typedef {{width: number, height: number, channels: 1 | 3, data: Uint8Array}} Picture
 */

/** Side of the network's input in pixels. */
export const SIZE = 28;

const WORKING_EDGE = 512;
const DUST = 0.0005;
const BLANK = 1 / 1000;
const FRAMES = 3;
const ROUGH = 6;
const BUSY = 0.25;
const PIECE = 32;

/**
 * Turn a picture of one garment into the data set's format.
 *
 * @param {{width: number, height: number, data: Uint8ClampedArray}} image RGBA pixels, as
 *   `decodePicture` or a canvas's `getImageData` return them.
 * @returns {{pixels: Uint8Array, steps: (Picture & {name: string})[],
 *   measures: Object<string, number>}} The 28 × 28 gray values, row by row; the picture after each
 *   step, and what was measured on the way, named as `prepare_image` names them. A picture that
 *   is already in the data set's format goes through unchanged.
 * @throws {ImageError} If the picture has no pixels or too many, or if nothing in it stands out.
 */
export function preparePixels({ width, height, data }) {
  checkSize(width, height);
  if (data.length !== width * height * 4) {
    throw new Error(`${width} × ${height} RGBA pixels take ${width * height * 4} numbers.`);
  }
  const backdrop = chooseBackdrop(data);
  const original = dropColorsIfGray(toWorkingSize({ width, height, data }, backdrop));
  const steps = [{ name: "original", ...original }];
  const keep = (name, picture) => {
    steps.push({ name, ...picture });
    return picture;
  };
  if (isInDataFormat(original)) {
    keep("28×28", original);
    return { pixels: original.data, steps, measures: {} };
  }
  const photo = unframed(original);
  if (photo !== original) keep("frame removed", photo);
  const { isolated, measures } = blackenBackground(photo);
  keep("background made black", isolated);
  const cropped = keep("cropped", crop(isolated));
  const square = keep("fitted into a square", fitSquare(cropped));
  const { data: pixels } = keep("28×28", stretch(areaAverage(square, SIZE, SIZE)));
  const found = {
    frame: 1 - (photo.width * photo.height) / (original.width * original.height),
    filled: cropped.data.filter((value) => value > 0).length / cropped.data.length,
    elsewhere: elsewhere(pixels),
    size: Math.max(cropped.width, cropped.height),
    sharpness: sharpness(pixels),
  };
  return { pixels, steps, measures: { ...measures, ...found } };
}

// --- from RGBA to a working size ---------------------------------------------------------------

/** Return the gray value on which a partly transparent picture is laid: 0 or 255. */
function chooseBackdrop(rgba) {
  for (const limit of [127, 0]) {
    let visible = 0;
    let light = 0;
    for (let n = 0; n < rgba.length; n += 4) {
      if (rgba[n + 3] > limit) {
        visible++;
        light += lumaOf(rgba[n], rgba[n + 1], rgba[n + 2]);
      }
    }
    if (visible > 0) return light >= 128 * visible ? 0 : 255;
  }
  throw new ImageError("The picture is fully transparent. Save it with a visible garment.");
}

/** Lay the picture on its backdrop and, if it is large, average blocks of pixels; return RGB. */
function toWorkingSize({ width, height, data }, backdrop) {
  const factor = Math.max(1, Math.floor(Math.max(width, height) / WORKING_EDGE));
  const columns = Math.ceil(width / factor);
  const rows = Math.ceil(height / factor);
  const result = new Uint8Array(rows * columns * 3);
  const sum = [0, 0, 0];
  for (let n = 0; n < rows * columns; n++) {
    const left = (n % columns) * factor;
    const top = Math.floor(n / columns) * factor;
    const right = Math.min(left + factor, width); // the last blocks may be smaller
    const bottom = Math.min(top + factor, height);
    sum.fill(0);
    for (let y = top; y < bottom; y++) {
      for (let from = (y * width + left) * 4; from < (y * width + right) * 4; from += 4) {
        const alpha = data[from + 3];
        for (let c = 0; c < 3; c++) sum[c] += lay(data[from + c], alpha, backdrop);
      }
    }
    const area = (right - left) * (bottom - top);
    for (let c = 0; c < 3; c++) result[3 * n + c] = roundedMean(sum[c], area);
  }
  return { width: columns, height: rows, channels: 3, data: result };
}

/** Lay a value of this alpha on the backdrop, rounded as Pillow does it. */
function lay(value, alpha, backdrop) {
  if (alpha === 255) return value;
  const sum = (value * alpha + backdrop * (255 - alpha) + 128) << 7;
  return ((sum >> 8) + sum) >> 15;
}

/** Return the mean of `area` bytes, rounded as Pillow's `reduce` does it: in fixed point. */
function roundedMean(sum, area) {
  const reciprocal = Math.floor(Math.fround(2 ** 24 / area));
  return Math.floor(((sum + Math.floor(area / 2)) * reciprocal) / 2 ** 24);
}

/** Keep one channel of a picture whose three are equal. */
function dropColorsIfGray(picture) {
  const { width, height, data } = picture;
  for (let n = 0; n < data.length; n += 3) {
    if (data[n] !== data[n + 1] || data[n] !== data[n + 2]) return picture;
  }
  const gray = new Uint8Array(width * height).map((_, n) => data[3 * n]);
  return { width, height, channels: 1, data: gray };
}

// --- from a working size to the data set's format ----------------------------------------------

/** Return whether the picture is 28×28, gray, on black, and not blank. */
function isInDataFormat({ width, height, channels, data }) {
  if (width !== SIZE || height !== SIZE || channels !== 1) return false;
  const last = SIZE - 1;
  const corners = [0, last, last * SIZE, last * SIZE + last].map((place) => data[place]);
  const border = borderPlaces(SIZE, SIZE);
  const mean = border.reduce((sum, place) => sum + data[place], 0) / border.length;
  const range = Math.max(...data) - Math.min(...data);
  return Math.min(...corners) <= 15 && mean < 128 && range > TOLERANCE;
}

/** Return what is inside a frame, if there is one and if that is a photo. */
function unframed(picture) {
  let photo = picture;
  let inside = picture;
  for (let n = 0; n < FRAMES; n++) {
    inside = withoutFrame(inside);
    if (inside === null) break;
    const { isolated, measures } = isolate(inside);
    const isPlain = measures.pattern <= ROUGH && measures.border <= BUSY;
    if (isPlain && !isBlank(isolated)) photo = inside;
  }
  return photo;
}

function isBlank({ data }) {
  const count = data.reduce((sum, value) => sum + (value > 0), 0);
  return count < Math.max(1, data.length * BLANK);
}

/** Return what `isolate` does; refuse a picture in which nothing stands out. */
function blackenBackground(picture) {
  const found = isolate(picture);
  if (isBlank(found.isolated)) {
    throw new ImageError(
      "Nothing stands out from the background: the picture is blank, or nearly so, or the " +
        "background has a strong pattern. Use a picture of one garment, larger and on a plain " +
        "background of another tone.",
    );
  }
  return found;
}

/** Return the share of the light outside the largest piece: pixels that touch one another. */
function elsewhere(pixels) {
  const isWaiting = [...pixels].map((value) => value >= PIECE);
  const pieces = [];
  for (let first = 0; first < pixels.length; first++) {
    if (!isWaiting[first]) continue;
    const edge = [first];
    isWaiting[first] = false;
    let light = 0;
    while (edge.length) {
      const place = edge.pop();
      light += pixels[place];
      for (const near of neighbors(place)) {
        if (!isWaiting[near]) continue;
        isWaiting[near] = false;
        edge.push(near);
      }
    }
    pieces.push(light);
  }
  return 1 - Math.max(...pieces) / pieces.reduce((a, b) => a + b);
}

/** Return the step between neighbors that one in a hundred reaches. */
function sharpness(pixels) {
  const steps = [];
  pixels.forEach((value, place) => {
    if (place % SIZE < SIZE - 1) steps.push(Math.abs(value - pixels[place + 1]));
    if (place + SIZE < pixels.length) steps.push(Math.abs(value - pixels[place + SIZE]));
  });
  return exceeded(Float64Array.from(steps), 100);
}

function neighbors(place) {
  const [x, y] = [place % SIZE, Math.floor(place / SIZE)];
  const found = [];
  for (let row = Math.max(0, y - 1); row <= Math.min(SIZE - 1, y + 1); row++) {
    for (let column = Math.max(0, x - 1); column <= Math.min(SIZE - 1, x + 1); column++) {
      found.push(row * SIZE + column);
    }
  }
  return found;
}

/** Cut off the outer rows and columns that hold next to no light. */
function crop({ width, height, data }) {
  const rowLight = new Float64Array(height);
  const columnLight = new Float64Array(width);
  data.forEach((value, place) => {
    rowLight[Math.floor(place / width)] += value;
    columnLight[place % width] += value;
  });
  const [top, bottom] = extent(rowLight);
  const [left, right] = extent(columnLight);
  const result = new Uint8Array((bottom - top) * (right - left));
  for (let y = top; y < bottom; y++) {
    const row = data.subarray(y * width + left, y * width + right);
    result.set(row, (y - top) * (right - left));
  }
  return { width: right - left, height: bottom - top, channels: 1, data: result };
}

/** Return where `light` is, without the ends that hold together under 0.05 % of it. */
function extent(light) {
  const limit = DUST * light.reduce((a, b) => a + b, 0);
  const darkEnd = (values) => {
    let sum = 0;
    return values.findIndex((value) => {
      sum += value;
      return sum > limit;
    });
  };
  return [darkEnd(light), light.length - darkEnd(light.slice().reverse())];
}

/** Add black on both sides of the shorter edge. */
function fitSquare({ width, height, data }) {
  const edge = Math.max(width, height);
  const top = Math.floor((edge - height + 1) / 2);
  const left = Math.floor((edge - width + 1) / 2);
  const square = new Uint8Array(edge * edge);
  for (let y = 0; y < height; y++) {
    square.set(data.subarray(y * width, (y + 1) * width), (top + y) * edge + left);
  }
  return { width: edge, height: edge, channels: 1, data: square };
}

/**
 * Resize by averaging: each new pixel is the exact mean of the area that it covers.
 * @returns {{width: number, height: number, data: Float64Array}}
 */
function areaAverage(picture, height, width) {
  const rows = overlaps(picture.height, height);
  const columns = overlaps(picture.width, width);
  const data = new Float64Array(height * width);
  const line = new Float64Array(picture.width); // one new row, still as wide as the old ones
  for (let i = 0; i < height; i++) {
    line.fill(0);
    for (const [y, share] of rows[i]) {
      for (let x = 0; x < line.length; x++) line[x] += share * picture.data[y * line.length + x];
    }
    for (let j = 0; j < width; j++) {
      for (const [x, share] of columns[j]) data[i * width + j] += share * line[x];
    }
  }
  return { width, height, data };
}

/** Return for each new cell the old pixels that it covers, as [index, share of the cell]. */
function overlaps(old, count) {
  return Array.from({ length: count }, (_, cell) => {
    const start = (cell * old) / count;
    const end = ((cell + 1) * old) / count;
    const shares = [];
    for (let index = Math.floor(start); index < end; index++) {
      const covered = Math.min(end, index + 1) - Math.max(start, index);
      shares.push([index, (covered * count) / old]);
    }
    return shares;
  });
}

/** Scale so that the brightest pixel is 255, and round. */
function stretch({ width, height, data }) {
  const factor = 255 / Math.max(...data);
  const pixels = Uint8Array.from(data, (value) => Math.floor(value * factor + 0.5));
  return { width, height, channels: 1, data: pixels };
}
