/** What can be done to 28×28 pixels by hand: paint, shift, turn, count what differs. */

export const SIZE = 28;

/**
 * Paint a square of pixels; what lies beyond the edges is left out.
 *
 * @param {Uint8Array} pixels changed in place
 * @param {{row: number, column: number}} place its middle
 * @param {number} width odd
 * @param {number} value 0 to 255
 */
export function dab(pixels, { row, column }, width, value) {
  const reach = (width - 1) / 2;
  for (let y = Math.max(0, row - reach); y <= Math.min(SIZE - 1, row + reach); y += 1) {
    for (let x = Math.max(0, column - reach); x <= Math.min(SIZE - 1, column + reach); x += 1) {
      pixels[y * SIZE + x] = value;
    }
  }
}

/**
 * Return the places on the way from one to another, the first left out: a quick hand skips some.
 *
 * @param {{row: number, column: number}} from
 * @param {{row: number, column: number}} to
 * @returns {{row: number, column: number}[]}
 */
export function wayTo(from, to) {
  const [down, across] = [to.row - from.row, to.column - from.column];
  const count = Math.max(Math.abs(down), Math.abs(across));
  return Array.from({ length: count }, (_, n) => ({
    row: from.row + Math.round((down * (n + 1)) / count),
    column: from.column + Math.round((across * (n + 1)) / count),
  }));
}

/**
 * Move the picture; what leaves is lost, and black follows.
 *
 * @param {Uint8Array} pixels
 * @param {number} down in pixels
 * @param {number} across in pixels
 * @returns {Uint8Array}
 */
export function shifted(pixels, down, across) {
  return Uint8Array.from(pixels, (_, n) => {
    const [row, column] = [Math.floor(n / SIZE) - down, (n % SIZE) - across];
    const isInside = row >= 0 && row < SIZE && column >= 0 && column < SIZE;
    return isInside ? pixels[row * SIZE + column] : 0;
  });
}

/**
 * Turn the picture clockwise about its middle; between pixels, values change evenly.
 *
 * @param {Uint8Array} pixels
 * @param {number} degrees
 * @returns {Uint8Array}
 */
export function turned(pixels, degrees) {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const middle = (SIZE - 1) / 2;
  const at = (row, column) => {
    const isInside = row >= 0 && row < SIZE && column >= 0 && column < SIZE;
    return isInside ? pixels[row * SIZE + column] : 0;
  };
  return Uint8Array.from(pixels, (_, n) => {
    const [y, x] = [Math.floor(n / SIZE) - middle, (n % SIZE) - middle];
    // Rounded, so that a quarter turn meets the pixels in spite of a cosine of 6e-17.
    const row = Math.round((cos * y - sin * x + middle) * 1e9) / 1e9;
    const column = Math.round((sin * y + cos * x + middle) * 1e9) / 1e9;
    const [top, left] = [Math.floor(row), Math.floor(column)];
    const [low, right] = [row - top, column - left];
    const mixed = (line) => at(line, left) * (1 - right) + at(line, left + 1) * right;
    return Math.floor(mixed(top) * (1 - low) + mixed(top + 1) * low + 0.5);
  });
}

/**
 * @param {Uint8Array} first
 * @param {Uint8Array} second
 * @returns {number} how many pixels differ
 */
export function differing(first, second) {
  return first.reduce((sum, value, n) => sum + (value !== second[n]), 0);
}
