/**
 * Get at the pixels of a picture that the browser has decoded, and turn them.
 *
 * A browser gives pixels out only through a canvas. Its canvas keeps colors multiplied by their
 * alpha, so the color of a nearly transparent pixel comes back rounded, and that of an invisible
 * one is lost. Neither matters here: such a pixel is laid on a backdrop, which takes its place.
 */

const TILE = 1024;

/**
 * Copy a bitmap's pixels out, tile by tile: a canvas as large as the picture would be larger
 * than some phones allow.
 *
 * @param {ImageBitmap} bitmap The decoded picture.
 * @param {1 | 8} [factor] Average blocks of so many by so many pixels.
 * @returns {{width: number, height: number, data: Uint8ClampedArray}} RGBA pixels.
 */
export function readPixels(bitmap, factor = 1) {
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.ceil(side / factor));
  const context = makeContext(Math.min(bitmap.width, TILE), Math.min(bitmap.height, TILE));
  const data = new Uint8ClampedArray(width * height * 4);
  for (let top = 0; top < bitmap.height; top += TILE) {
    for (let left = 0; left < bitmap.width; left += TILE) {
      const columns = Math.min(TILE, bitmap.width - left);
      const rows = Math.min(TILE, bitmap.height - top);
      context.clearRect(0, 0, TILE, TILE);
      context.drawImage(bitmap, -left, -top);
      const tile = averaged(context.getImageData(0, 0, columns, rows), factor);
      for (let y = 0; y < tile.height; y++) {
        const row = tile.data.subarray(y * tile.width * 4, (y + 1) * tile.width * 4);
        data.set(row, ((top / factor + y) * width + left / factor) * 4);
      }
    }
  }
  return { width, height, data };
}

/** Average blocks of pixels; those at the right and the bottom may be smaller. */
function averaged(image, factor) {
  if (factor === 1) return image;
  const [width, height] = [image.width, image.height].map((side) => Math.ceil(side / factor));
  const data = new Uint8ClampedArray(width * height * 4);
  for (let n = 0; n < width * height; n++) {
    const [left, top] = [(n % width) * factor, Math.floor(n / width) * factor];
    const right = Math.min(left + factor, image.width);
    const bottom = Math.min(top + factor, image.height);
    for (let c = 0; c < 4; c++) {
      let sum = 0;
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) sum += image.data[(y * image.width + x) * 4 + c];
      }
      data[4 * n + c] = sum / ((right - left) * (bottom - top)); // rounded by the array
    }
  }
  return { width, height, data };
}

/**
 * Return whether the browser answers with noise instead of a canvas's pixels, as some do to
 * keep pages from telling devices apart. A change by a level or two does no harm.
 *
 * @returns {boolean}
 */
export function hidesPixels() {
  const context = makeContext(8, 8);
  const colors = [
    [200, 100, 50],
    [20, 60, 180],
  ]; // two, because an even canvas may be spared
  colors.forEach(([red, green, blue], n) => {
    context.fillStyle = `rgb(${red}, ${green}, ${blue})`;
    context.fillRect(0, 4 * n, 8, 4);
  });
  const { data } = context.getImageData(0, 0, 8, 8);
  return data.some((value, n) => {
    const expected = [...colors[n < data.length / 2 ? 0 : 1], 255][n % 4];
    return Math.abs(value - expected) > 2;
  });
}

function makeContext(width, height) {
  const canvas =
    typeof document === "undefined"
      ? new OffscreenCanvas(width, height) // in a worker
      : Object.assign(document.createElement("canvas"), { width, height });
  // The option keeps the canvas in main memory, where reading is fast and exact.
  return canvas.getContext("2d", { willReadFrequently: true });
}

/** Rec. 601 luma in integers. */
export function lumaOf(red, green, blue) {
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
}

/**
 * Mirror and turn a picture as its EXIF orientation says.
 *
 * @param {{width: number, height: number, data: Uint8ClampedArray}} image RGBA pixels.
 * @param {number} orientation 1 (upright already) to 8.
 * @returns {{width: number, height: number, data: Uint8ClampedArray}} The upright picture.
 */
export function turnUpright({ width, height, data }, orientation) {
  if (orientation === 1) return { width, height, data };
  const isTransposed = orientation >= 5;
  const isMirroredAcross = [2, 3, 7, 8].includes(orientation);
  const isMirroredDown = [3, 4, 6, 7].includes(orientation);
  const [columns, rows] = isTransposed ? [height, width] : [width, height];
  const from = new Uint32Array(data.buffer, data.byteOffset, width * height); // a pixel each
  const to = new Uint32Array(from.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [x, y] = isTransposed ? [row, column] : [column, row];
      const sourceX = isMirroredAcross ? width - 1 - x : x;
      const sourceY = isMirroredDown ? height - 1 - y : y;
      to[row * columns + column] = from[sourceY * width + sourceX];
    }
  }
  return { width: columns, height: rows, data: new Uint8ClampedArray(to.buffer) };
}
