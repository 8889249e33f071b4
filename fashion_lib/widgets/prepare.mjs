/**
 * From any picture of a garment to the 28×28 pixels that the network knows.
 *
 * The exact counterpart of `fashion_lib/prediction.py`, which explains the rules: the same steps
 * with the same integers and the same short sums, so that a page and Python give one answer.
 */

import {
  ImageError,
  MAX_BYTES,
  MAX_PIXELS,
  checkSize,
  decodePicture,
} from "./picture_file.mjs";

export { ImageError, MAX_BYTES, MAX_PIXELS, decodePicture };

/**
 * A gray or RGB picture.
 * @typedef {{width: number, height: number, channels: 1 | 3, data: Uint8Array}} Picture
 */

/** Side of the network's input in pixels. */
export const SIZE = 28;

const WORKING_EDGE = 512;
const TOLERANCE = 13; // 5 % of 255
const DUST = 0.0005;

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
  const original = dropColorsIfGray(reduce({ width, height, data }, backdrop));
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

/** Average blocks of pixels, if the picture is large, on a backdrop; return RGB. */
function reduce({ width, height, data }, backdrop) {
  const factor = Math.max(1, Math.floor(Math.max(width, height) / WORKING_EDGE));
  const columns = Math.ceil(width / factor);
  const rows = Math.ceil(height / factor);
  const result = new Uint8Array(rows * columns * 3);
  const sums = new Float64Array(columns * 3);
  for (let row = 0; row < rows; row++) {
    const top = row * factor;
    const bottom = Math.min(top + factor, height);
    sums.fill(0);
    for (let y = top; y < bottom; y++) {
      for (let x = 0; x < width; x++) {
        const from = (y * width + x) * 4;
        const to = Math.floor(x / factor) * 3;
        for (let c = 0; c < 3; c++) sums[to + c] += lay(data[from + c], data[from + 3], backdrop);
      }
    }
    for (let n = 0; n < sums.length; n++) {
      const left = Math.floor(n / 3) * factor;
      const area = (bottom - top) * (Math.min(left + factor, width) - left);
      result[row * sums.length + n] = roundedMean(sums[n], area);
    }
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

/** Return where the outermost pixels are: 1 in 50 of the shorter edge, at least 1 thick. */
function borderPlaces(width, height) {
  const thickness = Math.max(1, Math.floor(Math.min(width, height) / 50));
  const places = [];
  for (let y = 0; y < height; y++) {
    const isInside = y >= thickness && y < height - thickness;
    for (let x = 0; x < width; x++) {
      // Inside, jump from the left border to the right one.
      if (isInside && x === thickness) x = Math.max(thickness, width - thickness);
      if (x < width) places.push(y * width + x);
    }
  }
  return places;
}

/** Return the picture's coordinate that runs from -1 to 1 along an edge of `size` pixels. */
function coordinate(index, size) {
  return (2 * index) / Math.max(1, size - 1) - 1;
}

function median(values) {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Fit a plane a + b x + c y to the border's gray values; return it, and the border's median
 * distance. Five times, the border pixels near the plane are chosen and the plane is fitted to
 * them by least squares; a garment that touches the border is thus left out.
 */
function fitBackground({ width, height, data }) {
  const border = borderPlaces(width, height).map((place) => ({
    value: data[place],
    x: coordinate(place % width, width),
    y: coordinate(Math.floor(place / width), height),
  }));
  let plane = [median(border.map((pixel) => pixel.value)), 0, 0];
  const distances = () =>
    border.map(({ value, x, y }) => Math.abs(value - (plane[0] + plane[1] * x + plane[2] * y)));
  for (let round = 0; round < 5; round++) {
    const distance = distances();
    const limit = TOLERANCE + 4 * median(distance);
    plane = leastSquaresPlane(border.filter((_, n) => distance[n] <= limit));
  }
  return { plane, deviation: median(distances()) };
}

/** Solve the normal equations of a plane through pixels { value, x, y }. */
function leastSquaresPlane(pixels) {
  const equations = [0, 1, 2].map(() => [0, 0, 0, 0]); // three unknowns, and the right side
  for (const { value, x, y } of pixels) {
    const terms = [1, x, y];
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) equations[i][j] += terms[i] * terms[j];
      equations[i][3] += terms[i] * value;
    }
  }
  // A picture one pixel high has no slope; this keeps its equations solvable.
  equations[1][1] += 1e-6 * pixels.length;
  equations[2][2] += 1e-6 * pixels.length;
  return solve(equations);
}

/** Gaussian elimination with pivoting on rows of coefficients and a right side. */
function solve(rows) {
  const n = rows.length;
  for (let i = 0; i < n; i++) {
    const rest = rows.slice(i).sort((a, b) => Math.abs(b[i]) - Math.abs(a[i]));
    rows.splice(i, n - i, ...rest);
    for (let k = i + 1; k < n; k++) {
      const factor = rows[k][i] / rows[i][i];
      for (let j = i; j <= n; j++) rows[k][j] -= factor * rows[i][j];
    }
  }
  const solution = new Array(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let sum = rows[i][n];
    for (let j = i + 1; j < n; j++) sum -= rows[i][j] * solution[j];
    solution[i] = sum / rows[i][i];
  }
  return solution;
}

/** Return each pixel's distance from the background, 0 within its tolerance. */
function blackenBackground(gray) {
  const { width, height } = gray;
  const { plane, deviation } = fitBackground(gray);
  const limit = TOLERANCE + 4 * deviation;
  let count = 0;
  const data = gray.data.map((value, place) => {
    const x = coordinate(place % width, width);
    const y = coordinate(Math.floor(place / width), height);
    const background = plane[0] + plane[1] * x + plane[2] * y;
    const distance = Math.floor(Math.abs(value - background) + 0.5);
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
    return values.findIndex((value) => (sum += value) > limit);
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
