/** Values as pixels and colors. */

/**
 * Paint values as gray pixels, one canvas pixel a value; CSS makes them large and sharp.
 *
 * @param {HTMLCanvasElement} canvas gets the size of the picture
 * @param {ArrayLike<number>} values height × width
 * @param {number} width
 * @param {number} height
 * @param {(value: number) => [number, number, number]} [color] value to red, green, blue
 */
export function paint(canvas, values, width, height, color = (v) => [v, v, v]) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  for (let i = 0; i < width * height; i += 1) {
    const [red, green, blue] = color(values[i]);
    picture.data.set([red, green, blue, 255], 4 * i);
  }
  context.putImageData(picture, 0, 0);
}

/**
 * Return a color map for values on both sides of zero: blue below, white at 0, red above.
 * The same ends as the course's plots; safe for color-blind readers.
 *
 * @param {number} limit the value with the full color
 * @returns {(value: number) => [number, number, number]}
 */
export function signedColor(limit) {
  const [low, high] = [
    [33, 102, 172],
    [178, 24, 43],
  ];
  return (value) => {
    const share = Math.min(1, Math.abs(value) / (limit || 1));
    const end = value < 0 ? low : high;
    return end.map((part) => Math.round(255 + (part - 255) * share));
  };
}

/**
 * Return a gray map from 0 (black) to `limit` (white).
 *
 * @param {number} limit
 * @returns {(value: number) => [number, number, number]}
 */
export function grayColor(limit) {
  return (value) => {
    const gray = Math.round(255 * Math.min(1, Math.max(0, value / (limit || 1))));
    return [gray, gray, gray];
  };
}

// From night blue over the book's teal to nearly white: brighter is always larger.
const ACTIVATION = [
  [10, 22, 30],
  [20, 118, 126],
  [240, 250, 236],
];

/**
 * Return a color map for what is never below zero, such as values after ReLU.
 *
 * @param {number} limit the value with the brightest color
 * @returns {(value: number) => [number, number, number]}
 */
export function activationColor(limit) {
  return (value) => {
    const share = Math.min(1, Math.max(0, value / (limit || 1))) ** 0.6 * 2; // small values show, too
    const [low, high] = share < 1 ? ACTIVATION : ACTIVATION.slice(1);
    const part = share < 1 ? share : share - 1;
    return low.map((from, n) => Math.round(from + (high[n] - from) * part));
  };
}

/**
 * Place an element over part of a picture.
 *
 * @param {HTMLElement} element
 * @param {number} left in pixels of the picture
 * @param {number} top
 * @param {number} size rows and columns that it covers
 * @param {number} total rows and columns of the picture
 */
export function cover(element, left, top, size, total) {
  element.style.left = `${(100 * left) / total}%`;
  element.style.top = `${(100 * top) / total}%`;
  element.style.width = `${(100 * size) / total}%`;
  element.style.height = `${(100 * size) / total}%`;
}

/**
 * Color an element, and write on it in black or white, whichever is read better.
 *
 * @param {HTMLElement} element
 * @param {[number, number, number]} color red, green and blue, 0 to 255
 */
export function tint(element, color) {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  element.style.backgroundColor = `rgb(${color.join(" ")})`;
  element.style.color = luminance > 0.179 ? "#000000" : "#ffffff";
}
