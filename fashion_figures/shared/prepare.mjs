/**
 * From any picture of a garment to the 28×28 pixels that the network knows.
 *
 * The exact counterpart of `fashion_lib/prediction.py`, which explains the rules: the same steps
 * with the same integers and the same short sums, so that a page and Python give one answer.
 */

import { TOLERANCE, borderPlaces, fitBackground } from "./background.mjs";
import { hidesPixels, readPixels, turnUpright } from "./bitmap.mjs";
import { adviceFor, readHeader, takeWebpOrientation } from "./picture_file.mjs";

/** A picture file may have this many bytes, as in Python. */
export const MAX_BYTES = 25_000_000;

/** A picture may have this many pixels, as in Python. */
export const MAX_PIXELS = 20_000_000;

/**
 * A gray or RGB picture.
 * @typedef {{width: number, height: number, channels: 1 | 3, data: Uint8Array}} Picture
 */

/** Side of the network's input in pixels. */
export const SIZE = 28;

const WORKING_EDGE = 512;
const DUST = 0.0005;

/** A picture cannot be used; the message says why, and what to do. */
export class ImageError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = "ImageError";
  }
}

/**
 * Decode a picture file in the browser: PNG, JPEG, WebP, GIF or BMP; of an animation, the first
 * frame. Sizes are checked before memory is spent, as in `fashion_lib/pictures.py`: the file's
 * before it is read, the width and height of its header before its pixels are decoded.
 *
 * @param {Blob} blob The file. Its name and its stated type are not looked at.
 * @returns {Promise<{width: number, height: number, data: Uint8ClampedArray}>} RGBA pixels,
 *   upright as the file's EXIF tag says, in the file's own colors.
 * @throws {ImageError} If the file is empty, too large, damaged or of another format.
 */
export async function decodePicture(blob) {
  const bytes = await readBytes(blob);
  const type = checkHeader(bytes);
  const orientation = type === "image/webp" ? takeWebpOrientation(bytes) : 1;
  let bitmap;
  try {
    // The type that the header shows: a JPEG named "photo.png" is stated to be a PNG.
    bitmap = await createImageBitmap(new Blob([bytes], { type }), {
      colorSpaceConversion: "none",
      premultiplyAlpha: "none",
    });
  } catch (error) {
    throw damaged(error);
  }
  try {
    checkSize(bitmap.width, bitmap.height); // of what was decoded, whatever the header said
    if (hidesPixels()) {
      throw new ImageError(
        "Your browser does not let this page read a picture's pixels, a protection against " +
          "tracking. Allow this page to read canvas data, or use another browser.",
      );
    }
    return turnUpright(readPixels(bitmap), orientation);
  } finally {
    bitmap.close();
  }
}

/**
 * Turn a picture of one garment into the data set's format.
 *
 * @param {{width: number, height: number, data: Uint8ClampedArray}} image RGBA pixels, as
 *   `decodePicture` or a canvas's `getImageData` return them.
 * @returns {{pixels: Uint8Array, steps: (Picture & {name: string})[]}} The 28 × 28 gray values,
 *   row by row, and the picture after each step, named as `prepare_image` names it. A picture
 *   that is already in the data set's format goes through unchanged.
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
  } else {
    const gray = keep("gray", luma(original));
    const isolated = keep("background made black", blackenBackground(gray));
    const cropped = keep("cropped", crop(isolated));
    const square = keep("fitted into a square", fitSquare(cropped));
    keep("28×28", stretch(areaAverage(square, SIZE, SIZE)));
  }
  return { pixels: steps.at(-1).data, steps };
}

// --- from a file to RGBA -----------------------------------------------------------------------

/** Return a file's bytes; refuse it by its size before reading it. */
async function readBytes(blob) {
  if (blob.size > MAX_BYTES) {
    throw new ImageError(
      `The file is larger than ${MAX_BYTES / 1e6} MB. Save a smaller copy of it: a picture ` +
        "1,000 pixels wide is plenty.",
    );
  }
  if (blob.size === 0) {
    throw new ImageError("The file is empty (0 bytes). Save or download the picture again.");
  }
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (error) {
    throw new ImageError("The file cannot be read. Check that it is still there.", {
      cause: error,
    });
  }
}

/** Return the media type that the header shows; refuse other formats, and too many pixels. */
function checkHeader(bytes) {
  let header;
  try {
    header = readHeader(bytes);
  } catch (error) {
    throw damaged(error);
  }
  if (header === null) {
    throw new ImageError(
      `This is not a readable PNG, JPEG, WebP, GIF or BMP picture. ${adviceFor(bytes)}`,
    );
  }
  checkSize(header.width, header.height);
  return header.type;
}

function damaged(cause) {
  const message =
    "The picture is damaged or incomplete. Open it in a picture viewer and save it again as " +
    "PNG or JPEG.";
  return new ImageError(message, { cause });
}

function checkSize(width, height) {
  if (width === 0 || height === 0) throw new ImageError("The picture is empty: it has no pixels.");
  if (width * height > MAX_PIXELS) {
    const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
    const megapixels = ((width * height) / 1e6).toLocaleString("en-US", digits);
    throw new ImageError(
      `The picture has ${megapixels} megapixels; at most 20 are allowed. Save a smaller copy ` +
        "of it: 1,000 pixels a side are plenty.",
    );
  }
}

// --- from RGBA to a working size ---------------------------------------------------------------

/** Return the gray value on which a partly transparent picture is laid: 0 or 255. */
function chooseBackdrop(rgba) {
  let visible = 0;
  let light = 0;
  for (let n = 0; n < rgba.length; n += 4) {
    if (rgba[n + 3] > 127) {
      visible++;
      light += lumaOf(rgba[n], rgba[n + 1], rgba[n + 2]);
    }
  }
  if (visible === 0) {
    throw new ImageError("The picture is fully transparent. Save it with a visible garment.");
  }
  return light >= 128 * visible ? 0 : 255;
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

/** Rec. 601 luma in integers. */
function lumaOf(red, green, blue) {
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
}

function luma(picture) {
  if (picture.channels === 1) return picture;
  const { width, height, data: rgb } = picture;
  const data = new Uint8Array(width * height);
  for (let n = 0; n < data.length; n++) {
    data[n] = lumaOf(rgb[3 * n], rgb[3 * n + 1], rgb[3 * n + 2]);
  }
  return { width, height, channels: 1, data };
}

/** Return each pixel's distance from the background, 0 within its tolerance. */
function blackenBackground(gray) {
  const { width, height } = gray;
  const { background, deviation } = fitBackground(gray);
  const limit = TOLERANCE + 4 * deviation;
  let count = 0;
  const data = gray.data.map((value, place) => {
    const distance = Math.floor(Math.abs(value - background[place]) + 0.5);
    if (distance <= limit) return 0;
    count++;
    return Math.min(distance, 255);
  });
  if (count < Math.max(1, data.length / 1000)) {
    throw new ImageError(
      "Nothing stands out from the background: the picture is blank, or nearly so. Use " +
        "a picture of one garment, larger and on a plain background of another tone.",
    );
  }
  return { width, height, channels: 1, data };
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
