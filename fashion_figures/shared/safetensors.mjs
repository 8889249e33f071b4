/**
 * Read a safetensors file: the format in which the course ships its network's weights.
 *
 * A file is an 8-byte length N (little-endian), N bytes of JSON that name each array's dtype,
 * shape and place, and then the numbers, one array after the other. There is no code in it, so
 * it is safe to open, unlike a pickle.
 */

/**
 * Row-major numbers and their shape, channels last.
 * @typedef {{shape: number[], data: Float32Array}} Tensor
 */

const LENGTH_BYTES = 8;
const MAX_HEADER_BYTES = 1_000_000;
const FLOAT32_BYTES = 4;

/**
 * Parse a safetensors file of float32 arrays.
 *
 * @param {Uint8Array | ArrayBuffer} bytes The whole file.
 * @returns {{tensors: Map<string, Tensor>, metadata: Object<string, string>}} The arrays by name,
 *   e.g. `"conv1/kernel"` with shape [3, 3, 1, 32], and what the file says about itself.
 * @throws {Error} If the file is cut off or damaged, or holds something other than float32.
 */
export function parseSafetensors(bytes) {
  const file = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  const header = readHeader(file);
  const numbers = file.subarray(LENGTH_BYTES + header.length);
  const { __metadata__: metadata = {}, ...entries } = header.entries;
  if (!isTable(metadata)) throw new Error("The weights file is damaged: its metadata is no table.");
  const tensors = new Map(
    Object.entries(entries).map(([name, entry]) => [name, readTensor(name, entry, numbers)]),
  );
  return { tensors, metadata };
}

function isTable(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Return the JSON header as an object, and how many bytes it takes. */
function readHeader(file) {
  if (file.length < LENGTH_BYTES) {
    throw new Error(`The weights file is cut off: it has ${file.length} bytes.`);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || LENGTH_BYTES + length > file.length) {
    throw new Error("The weights file is cut off, or is not a safetensors file.");
  }
  const text = new TextDecoder().decode(file.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
  let entries;
  try {
    entries = JSON.parse(text);
  } catch (error) {
    throw new Error("The weights file is damaged: its header is not JSON.", { cause: error });
  }
  if (!isTable(entries)) {
    throw new Error("The weights file is damaged: its header is not a table.");
  }
  return { entries, length };
}

/** Copy one array out of the file; refuse it if its header does not fit its numbers. */
function readTensor(name, entry, numbers) {
  const { dtype, shape, data_offsets: offsets } = entry ?? {};
  if (dtype !== "F32") {
    throw new Error(`The weights ${name} are ${dtype}; only float32 (F32) can be read.`);
  }
  const isSize = (value) => Number.isSafeInteger(value) && value >= 0;
  const [start, end] = Array.isArray(offsets) ? offsets : [];
  if (!Array.isArray(shape) || ![...shape, start, end].every(isSize)) {
    throw new Error(`The weights file is damaged: it does not say where ${name} is.`);
  }
  const count = shape.reduce((product, size) => product * size, 1);
  if (end - start !== count * FLOAT32_BYTES) {
    throw new Error(`The weights file is damaged: ${name} does not fill its shape.`);
  }
  if (end > numbers.length) {
    throw new Error(`The weights file is cut off in ${name}. Download it again.`);
  }
  // A copy, because a view would have to start at a multiple of 4 bytes.
  const copy = new Uint8Array(end - start);
  copy.set(numbers.subarray(start, end));
  return { shape, data: new Float32Array(copy.buffer) };
}
