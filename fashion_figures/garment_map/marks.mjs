/** The mark of each class: a shape and a color, so that neither is needed alone. */

/** Half the size of a mark is 1; each is a list of closed lines, in the order of the labels. */
const bar = (w, h) => [
  [
    [-w, -h],
    [w, -h],
    [w, h],
    [-w, h],
  ],
];
const round = (radius) => [
  Array.from({ length: 16 }, (_, i) => [
    radius * Math.cos((i * Math.PI) / 8),
    radius * Math.sin((i * Math.PI) / 8),
  ]),
];
const cross = (turn) => {
  const [a, b] = [1.05, 0.33];
  const line = [
    [-b, -a],
    [b, -a],
    [b, -b],
    [a, -b],
    [a, b],
    [b, b],
    [b, a],
    [-b, a],
    [-b, b],
    [-a, b],
    [-a, -b],
    [-b, -b],
  ];
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  return [line.map(([x, y]) => [c * x - s * y, s * x + c * y])];
};
const SHAPES = [
  [
    [
      [-1, -0.8],
      [1, -0.8],
      [0, 1],
    ],
  ], // T-shirt/top: a triangle that stands on its tip
  bar(0.42, 1.05), // trouser: upright
  bar(0.82, 0.82), // pullover: a square
  [
    [
      [-1, 0.8],
      [1, 0.8],
      [0, -1],
    ],
  ], // dress: a triangle
  [
    [
      [0, -1.1],
      [1.1, 0],
      [0, 1.1],
      [-1.1, 0],
    ],
  ], // coat: a square on its tip
  cross(Math.PI / 4), // sandal
  round(0.95), // shirt
  bar(1.05, 0.42), // sneaker: flat
  [...round(1.05), ...round(0.5)], // bag: a ring
  cross(0), // ankle boot
];

/**
 * Draw the mark of a class.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} label
 * @param {{x: number, y: number, size: number, fill: string, edge: string, line: number}} how
 *   `size` is half of the mark's, `line` the width of its edge
 */
export function drawMark(context, label, { x, y, size, fill, edge, line }) {
  context.beginPath();
  for (const corners of SHAPES[label]) {
    for (const [i, [dx, dy]] of corners.entries()) {
      const [toX, toY] = [x + size * dx, y + size * dy];
      if (i === 0) context.moveTo(toX, toY);
      else context.lineTo(toX, toY);
    }
    context.closePath();
  }
  context.fillStyle = fill;
  context.fill("evenodd");
  if (!line) return;
  context.strokeStyle = edge;
  context.lineWidth = line;
  context.lineJoin = "round";
  context.stroke();
}

/**
 * Make a mark as a picture of its own.
 *
 * @param {number} label
 * @param {{size: number, fill: string, edge: string, line: number}} how
 * @param {number} scale pixels of the screen in one of the page
 * @returns {HTMLCanvasElement} square, the mark in its middle
 */
export function markPicture(label, { size, fill, edge, line }, scale) {
  const canvas = document.createElement("canvas");
  const half = Math.ceil((1.1 * size + line) * scale);
  canvas.width = canvas.height = 2 * half;
  const context = canvas.getContext("2d");
  const how = { x: half, y: half, size: size * scale, fill, edge, line: line * scale };
  drawMark(context, label, how);
  return canvas;
}
