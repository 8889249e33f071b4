/**
 * The garments of the map as points: reading them, and who is near, inside or next to whom.
 * Nothing here draws.
 *
 * @typedef {{x: Float32Array, y: Float32Array}} Places of all garments, in any unit that is the
 *   same in both directions
 */

export const PROJECTIONS = ["pixels", "features"];
const STEPS = 65535;

/**
 * Read what Python's `map_bytes` packed; the layout is described there.
 *
 * @param {Uint8Array} bytes
 * @returns {{count: number, columns: number, colors: string[], share: Record<string, number>,
 *   index: Uint16Array, label: Uint8Array, place: Map<number, number>,
 *   planes: Record<string, Places>, picture: Uint8Array}} `index` says which test image a garment
 *   is, `place` which garment a test image is; `planes` have their middle at 0, up is positive
 * @throws {Error} if they are cut off
 */
export function readMap(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
  const { count } = header;
  let at = 4 + size;
  if (bytes.length < at + 11 * count) throw new Error("The map is cut off.");
  const steps = () => {
    const values = Uint16Array.from({ length: count }, (_, n) => view.getUint16(at + 2 * n, true));
    at += 2 * count;
    return values;
  };
  const index = steps();
  const label = bytes.slice(at, at + count);
  at += count;
  const planes = {};
  for (const name of PROJECTIONS) {
    const [x, y] = header.span[name].map((span) =>
      Float32Array.from(steps(), (step) => (step / STEPS - 0.5) * span),
    );
    planes[name] = { x, y };
  }
  const place = new Map();
  for (const [n, image] of index.entries()) place.set(image, n);
  return { ...header, index, label, place, planes, picture: bytes.subarray(at) };
}

/**
 * @param {Places} places
 * @param {number} x
 * @param {number} y
 * @param {(n: number) => boolean} admits
 * @param {number} count how many at most
 * @returns {number[]} the garments nearest to a place, the nearest first
 */
export function nearest({ x, y }, toX, toY, admits, count) {
  const found = [];
  for (let n = 0; n < x.length; n += 1) {
    if (admits(n)) found.push([(x[n] - toX) ** 2 + (y[n] - toY) ** 2, n]);
  }
  return found
    .sort((a, b) => a[0] - b[0] || a[1] - b[1])
    .slice(0, count)
    .map(([, n]) => n);
}

/** @returns {number | null} the garment nearest to a place and not farther than `reach` */
export function under({ x, y }, toX, toY, admits, reach) {
  let [best, distance] = [null, reach ** 2];
  for (let n = 0; n < x.length; n += 1) {
    const here = (x[n] - toX) ** 2 + (y[n] - toY) ** 2;
    if (here <= distance && admits(n)) [best, distance] = [n, here];
  }
  return best;
}

/**
 * @param {Places} places
 * @param {number} from a garment
 * @param {[number, number]} direction one of four
 * @param {(n: number) => boolean} admits
 * @param {number} least the length of the step
 * @returns {number | null} the nearest garment that lies rather in this direction than in the
 *   other three
 */
export function toward({ x, y }, from, [dx, dy], admits, least) {
  let [best, distance] = [null, Number.POSITIVE_INFINITY];
  for (let n = 0; n < x.length; n += 1) {
    const along = (x[n] - x[from]) * dx + (y[n] - y[from]) * dy;
    const across = Math.abs((x[n] - x[from]) * dy) + Math.abs((y[n] - y[from]) * dx);
    const here = Math.hypot(along, across);
    if (along < across || here < least || here >= distance || !admits(n)) continue;
    [best, distance] = [n, here];
  }
  return best;
}

/**
 * @param {Places} places
 * @param {Array<[number, number]>} line closed by itself
 * @param {(n: number) => boolean} admits
 * @returns {number[]} the garments inside of the line, by the rule of even and odd
 */
export function inside({ x, y }, line, admits) {
  const found = [];
  for (let n = 0; n < x.length; n += 1) {
    if (!admits(n)) continue;
    let within = false;
    for (let i = 0, j = line.length - 1; i < line.length; j = i, i += 1) {
      const [[ax, ay], [bx, by]] = [line[i], line[j]];
      const between = ay > y[n] !== by > y[n];
      if (between && x[n] < ((bx - ax) * (y[n] - ay)) / (by - ay) + ax) within = !within;
    }
    if (within) found.push(n);
  }
  return found;
}

/** @returns {number[]} how many of the garments are of each of ten classes */
export function countClasses(label, garments) {
  const counts = new Array(10).fill(0);
  for (const n of garments) counts[label[n]] += 1;
  return counts;
}
