/**
 * The description of a network: its layers as data, as `fashion_lib/description.py` writes it.
 *
 * It comes with a file that anyone may have made, so everything is checked before it is used.
 */

/**
 * A layer, all of its fields filled in. `shape` is what it puts out: (H, W, C) or (N).
 * @typedef {{name: string, kind: string, inputs: string[], shape: number[], units?: number,
 *   size?: number, stride?: number, padding?: "valid" | "same",
 *   activation?: null | "relu" | "softmax"}} Layer
 */

const WINDOW = ["size", "stride", "padding"];
/** What a layer of each kind has beside its name, its kind and its inputs. */
const FIELDS = {
  convolution: ["units", ...WINDOW, "activation"],
  "max pooling": WINDOW,
  "average pooling": WINDOW,
  "global max pooling": [],
  "global average pooling": [],
  flatten: [],
  dense: ["units", "activation"],
  addition: [],
  relu: [],
  softmax: [],
};
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
const MOST_LAYERS = 500;
const MOST_UNITS = 65_536;
const LONGEST_SIDE = 1024;

/**
 * Read the description of a network.
 *
 * @param {string} text JSON: a table with "name", "input_shape" and "layers".
 * @returns {{name: string, inputShape: number[], layers: Layer[]}} The layers in an order in which
 *   they can be computed; `inputs` are names of earlier ones, or "input" for the image.
 * @throws {Error} If the text is no such description; the message names the layer.
 */
export function readDescription(text) {
  const { name, input_shape: inputShape, layers, ...others } = parse(text);
  refuseUnless(isName(name), `${quoted(name)} is no name for a network.`);
  refuseUnless(Object.keys(others).length === 0, `A network has no ${Object.keys(others)[0]}.`);
  const limits = [LONGEST_SIDE, LONGEST_SIDE, MOST_UNITS];
  refuseUnless(
    Array.isArray(inputShape) &&
      inputShape.length === 3 &&
      limits.every((most, n) => isCount(inputShape[n], most)),
    `An image has height, width and channels, not ${quoted(inputShape)}.`,
  );
  refuseUnless(
    Array.isArray(layers) && layers.length > 0 && layers.length <= MOST_LAYERS,
    `A network has 1 to ${MOST_LAYERS} layers.`,
  );
  return { name, inputShape, layers: connect(layers, inputShape) };
}

function parse(text) {
  let found = null;
  try {
    found = JSON.parse(text);
  } catch {
    // no JSON, or nothing at all
  }
  refuseUnless(isTable(found), "The file does not describe its network.");
  return found;
}

/** Check the layers, fill them in, and follow the shapes from the first to the last. */
function connect(layers, inputShape) {
  const shapes = new Map([["input", inputShape]]);
  const unused = new Set(["input"]);
  let before = "input";
  const connected = layers.map((given) => {
    const layer = readLayer(given, before);
    const about = `Layer ${quoted(layer.name)}`;
    refuseUnless(layer.name !== "input", `${about}: this name is the image's.`);
    refuseUnless(!shapes.has(layer.name), `${about}: an earlier layer has this name too.`);
    for (const name of layer.inputs) {
      refuseUnless(shapes.has(name), `${about}: no earlier layer is named ${quoted(name)}.`);
      unused.delete(name);
    }
    const entering = layer.inputs.map((name) => shapes.get(name));
    const shape = outputShape(layer, entering, about);
    shapes.set(layer.name, shape);
    unused.add(layer.name);
    before = layer.name;
    return { ...layer, shape };
  });
  unused.delete(before); // the network's answer
  refuseUnless(unused.size === 0, `No layer takes what ${quoted([...unused][0])} puts out.`);
  return connected;
}

/** Check the fields of a layer, each by itself, and fill in those that are left out. */
function readLayer(given, before) {
  refuseUnless(isTable(given), `A layer is a table, not ${quoted(given)}.`);
  const { name, kind, inputs = [before], ...own } = given;
  refuseUnless(isName(name), `${quoted(name)} is no name for a layer.`);
  const about = `Layer ${quoted(name)}`;
  refuseUnless(Object.hasOwn(FIELDS, kind), `${about}: unknown kind ${quoted(kind)}.`);
  const known = FIELDS[kind];
  for (const field of Object.keys(own)) {
    refuseUnless(known.includes(field), `${about}: the kind ${quoted(kind)} has no ${field}.`);
  }
  refuseUnless(
    Array.isArray(inputs) && inputs.length > 0 && inputs.every((one) => typeof one === "string"),
    `${about}: its inputs must be names of layers, not ${quoted(inputs)}.`,
  );
  const defaults = {
    stride: kind === "convolution" ? 1 : own.size,
    padding: "valid",
    activation: null,
  };
  const fields = known.map((field) => [field, { ...defaults, ...own }[field]]);
  for (const [field, value] of fields) checkField(kind, field, value, about);
  return { name, kind, inputs, ...Object.fromEntries(fields) };
}

function checkField(kind, field, value, about) {
  const words = { padding: ["valid", "same"], activation: [null, "relu"] }[field];
  if (words) {
    if (field === "activation" && kind === "dense") words.push("softmax");
    const choice = words.map(quoted).join(" or ");
    refuseUnless(words.includes(value), `${about}: ${field} is ${quoted(value)}, not ${choice}.`);
    return;
  }
  const most = field === "units" ? MOST_UNITS : LONGEST_SIDE;
  refuseUnless(
    isCount(value, most),
    `${about}: ${field} must be a whole number from 1 to ${most}, not ${quoted(value)}.`,
  );
}

/** Return what a layer puts out; refuse what it cannot take. */
function outputShape({ kind, size, stride, padding, units }, entering, about) {
  const [shape] = entering;
  const written = entering.map((one) => `(${one})`).join(" and ");
  if (kind === "addition") {
    const areEqual = entering.length > 1 && entering.every((one) => String(one) === String(shape));
    refuseUnless(areEqual, `${about}: adds two or more equal shapes, not ${written}.`);
  } else {
    refuseUnless(entering.length === 1, `${about}: takes one input, not ${entering.length}.`);
  }
  if (kind === "dense" || kind === "softmax") {
    refuseUnless(shape.length === 1, `${about}: takes a vector, not ${written}.`);
  }
  if (kind === "convolution" || kind.endsWith("pooling")) {
    refuseUnless(shape.length === 3, `${about}: takes (rows, columns, channels), not ${written}.`);
  }
  if (kind.startsWith("global")) return [shape[2]];
  if (kind === "flatten") return [shape.reduce((a, b) => a * b)];
  if (kind === "dense") return [units];
  if (!size) return shape;
  const sides = shape.slice(0, 2);
  if (padding === "same") return [...sides.map((n) => Math.ceil(n / stride)), units ?? shape[2]];
  refuseUnless(
    sides.every((n) => size <= n),
    `${about}: a window of ${size} pixels does not fit into ${written}.`,
  );
  return [...sides.map((n) => Math.floor((n - size) / stride) + 1), units ?? shape[2]];
}

/**
 * Return the shapes of a layer's weights by name; there may be none.
 *
 * @param {Layer} layer
 * @param {number[]} shape Of its input.
 * @returns {[string, number[]][]}
 */
export function weightShapes({ name, kind, units, size }, shape) {
  if (!units) return [];
  const sides = kind === "convolution" ? [size, size] : [];
  return [
    [`${name}/kernel`, [...sides, shape.at(-1), units]],
    [`${name}/bias`, [units]],
  ];
}

function refuseUnless(condition, message) {
  if (!condition) throw new Error(message);
}

function isName(value) {
  return typeof value === "string" && NAME.test(value);
}

function isTable(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function isCount(value, most) {
  return Number.isInteger(value) && value >= 1 && value <= most;
}

function quoted(value) {
  return JSON.stringify(value) ?? "nothing";
}
