/**
 * What the layers of a network compute, in plain JavaScript.
 *
 * A tensor is `{ shape, data }`: numbers row by row, channels last, as in NumPy and Keras. The
 * value at row y, column x, channel c of an (H, W, C) tensor is `data[(y * W + x) * C + c]`.
 * Every function makes a new tensor and leaves its arguments alone.
 */

/**
 * Row-major numbers and their shape, channels last.
 * @typedef {{shape: number[], data: Float32Array}} Tensor
 */

/**
 * The places that a window takes along one axis: `first` is where it begins, which can be outside
 * of the input; from `start` up to `end` it lies inside.
 * @typedef {{first: number, start: number, end: number}[]} Windows
 */

/**
 * Return the places that a window takes along one axis.
 *
 * @param {number} size Length of the input in pixels.
 * @param {number} window Length of the window.
 * @param {number} stride Step of the window.
 * @param {"valid" | "same"} padding "valid" keeps the window inside the input, "same" lets it
 *   reach outside as far as Keras does.
 * @returns {Windows}
 */
export function windows(size, window, stride = 1, padding = "valid") {
  if (!Number.isInteger(stride) || stride < 1) {
    throw new Error(`The stride must be a whole number of at least 1, not ${stride}.`);
  }
  let [count, before] = [Math.floor((size - window) / stride) + 1, 0];
  if (padding === "same") {
    count = Math.ceil(size / stride);
    const outside = Math.max((count - 1) * stride + window - size, 0);
    before = Math.floor(outside / 2); // an odd one comes last, as in Keras
  } else if (padding !== "valid") {
    throw new Error(`The padding must be "valid" or "same".`);
  } else if (window > size) {
    throw new Error(`A window of ${window} pixels does not fit into ${size}.`);
  }
  return Array.from({ length: count }, (_, n) => {
    const first = n * stride - before;
    return { first, start: Math.max(first, 0), end: Math.min(first + window, size) };
  });
}

/**
 * Return the windows of a convolution or a pooling; a global one has a single large window.
 *
 * @param {{kind: string, size?: number, stride?: number, padding?: "valid" | "same"}} layer
 * @param {number[]} shape Of its input, (H, W, C).
 * @returns {{rows: Windows, columns: Windows}}
 */
export function windowsOf({ kind, size, stride, padding }, [height, width]) {
  const along = (length) =>
    kind.startsWith("global") ? windows(length, length) : windows(length, size, stride, padding);
  return { rows: along(height), columns: along(width) };
}

/**
 * Slide each filter over the input and sum the products: cross-correlation, as in Keras.
 *
 * @param {Tensor} input Shape (H, W, C).
 * @param {Tensor} kernel Shape (kh, kw, C, F): F filters, each as deep as the input.
 * @param {Float32Array | null} bias One number per filter, added to its outputs.
 * @param {{stride?: number, padding?: "valid" | "same"}} options Step of the window in pixels;
 *   with "same", what lies outside of the input counts as zero.
 * @returns {Tensor} Shape (H', W', F).
 */
export function conv2d(input, kernel, bias = null, { stride = 1, padding = "valid" } = {}) {
  const [height, width, channels] = input.shape;
  const [kernelHeight, kernelWidth, kernelChannels, filters] = kernel.shape;
  if (input.shape.length !== 3 || kernel.shape.length !== 4 || channels !== kernelChannels) {
    throw new Error(`An input (${input.shape}) does not go with a kernel (${kernel.shape}).`);
  }
  if (bias && bias.length !== filters) {
    throw new Error(`${filters} filters need as many biases, not ${bias.length}.`);
  }
  const rows = windows(height, kernelHeight, stride, padding);
  const columns = windows(width, kernelWidth, stride, padding);
  const output = new Float32Array(rows.length * columns.length * filters);
  const sums = new Float64Array(filters); // 64 bits, so that rounding does not add up
  let place = 0;
  // Counted loops: with for...of around the innermost ones, Chromium takes half as long again.
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < columns.length; j++) {
      const [row, column] = [rows[i], columns[j]];
      if (bias) sums.set(bias);
      else sums.fill(0);
      for (let y = row.start; y < row.end; y++) {
        for (let x = column.start; x < column.end; x++) {
          const pixel = (y * width + x) * channels;
          const tap = (y - row.first) * kernelWidth + x - column.first;
          addProducts(sums, input.data, pixel, channels, kernel.data, tap * channels * filters);
        }
      }
      output.set(sums, place);
      place += filters;
    }
  }
  return { shape: [rows.length, columns.length, filters], data: output };
}

/**
 * Add the products of `count` inputs with their weights to the sums, one sum for each filter.
 *
 * The filters are the innermost loop because a kernel's last axis is the filters: the weights
 * are read in the order in which they lie in memory, which is what makes it fast.
 */
function addProducts(sums, input, firstInput, count, kernel, firstWeight) {
  const filters = sums.length;
  for (let c = 0; c < count; c++) {
    const value = input[firstInput + c];
    if (value === 0) continue; // zeros add nothing, and after a relu there are many
    const row = firstWeight + c * filters;
    for (let f = 0; f < filters; f++) sums[f] += value * kernel[row + f];
  }
}

/**
 * Keep the largest value of every window, channel by channel.
 *
 * @param {Tensor} input Shape (H, W, C).
 * @param {{rows: Windows, columns: Windows}} places As `windowsOf` returns them; what lies outside
 *   of the input is never the largest.
 * @returns {Tensor} Shape (H', W', C).
 */
export function maxPool(input, places) {
  const found = largestPlaces(input, places);
  const data = new Float32Array(found.length);
  for (let n = 0; n < data.length; n++) data[n] = input.data[found[n]];
  return { shape: [places.rows.length, places.columns.length, input.shape[2]], data };
}

/**
 * Return where in `input.data` the largest value of every window is: of equal ones the first.
 * The gradient needs these places, because it flows back through them alone.
 *
 * @param {Tensor} input Shape (H, W, C).
 * @param {{rows: Windows, columns: Windows}} places
 * @returns {Uint32Array} One for each number of the output.
 */
export function largestPlaces(input, { rows, columns }) {
  const channels = input.shape[2];
  const found = new Uint32Array(rows.length * columns.length * channels);
  let place = 0;
  for (const row of rows) {
    for (const column of columns) {
      findLargest(found.subarray(place, place + channels), input, row, column);
      place += channels;
    }
  }
  return found;
}

/** Find the largest value of a window in each channel. */
function findLargest(found, { shape, data }, row, column) {
  const [width, channels] = [shape[1], shape[2]];
  for (let c = 0; c < channels; c++) {
    let best = (row.start * width + column.start) * channels + c;
    for (let y = row.start; y < row.end; y++) {
      for (let x = column.start; x < column.end; x++) {
        const place = (y * width + x) * channels + c;
        if (data[place] > data[best]) best = place;
      }
    }
    found[c] = best;
  }
}

/**
 * Take the mean of every window, channel by channel.
 *
 * @param {Tensor} input Shape (H, W, C).
 * @param {{rows: Windows, columns: Windows}} places As `windowsOf` returns them; what lies outside
 *   of the input does not count.
 * @returns {Tensor} Shape (H', W', C).
 */
export function averagePool(input, { rows, columns }) {
  const [, width, channels] = input.shape;
  const output = new Float32Array(rows.length * columns.length * channels);
  const sums = new Float64Array(channels);
  let place = 0;
  for (const row of rows) {
    for (const column of columns) {
      sums.fill(0);
      for (let y = row.start; y < row.end; y++) {
        for (let x = column.start; x < column.end; x++) {
          const pixel = (y * width + x) * channels;
          for (let c = 0; c < channels; c++) sums[c] += input.data[pixel + c];
        }
      }
      const count = (row.end - row.start) * (column.end - column.start);
      for (let c = 0; c < channels; c++) output[place++] = sums[c] / count;
    }
  }
  return { shape: [rows.length, columns.length, channels], data: output };
}

/**
 * Take all numbers as one row, in the order in which they are; they are not copied.
 *
 * @param {Tensor} input Any shape.
 * @returns {Tensor} Shape (numbers,).
 */
export function flatten(input) {
  return { shape: [input.data.length], data: input.data };
}

/**
 * Add what several layers put out, number by number.
 *
 * @param {Tensor[]} inputs Of one shape.
 * @returns {Tensor} The same shape.
 */
export function add(inputs) {
  const [{ shape, data }, ...others] = inputs;
  const sums = new Float64Array(data);
  for (const other of others) {
    for (let n = 0; n < sums.length; n++) sums[n] += other.data[n];
  }
  return { shape, data: new Float32Array(sums) };
}

/**
 * Replace negative values by zero.
 *
 * @param {Tensor} input Any shape.
 * @returns {Tensor} The same shape.
 */
export function relu(input) {
  const data = new Float32Array(input.data.length); // zeros
  for (let n = 0; n < data.length; n++) {
    if (input.data[n] > 0) data[n] = input.data[n];
  }
  return { shape: input.shape, data };
}

/**
 * Connect every input with every output: a matrix product and a bias.
 *
 * @param {Tensor} input Shape (inputs,).
 * @param {Tensor} kernel Shape (inputs, outputs).
 * @param {Float32Array | null} bias One number per output.
 * @returns {Tensor} Shape (outputs,).
 */
export function dense(input, kernel, bias = null) {
  const [inputs, outputs] = kernel.shape;
  if (input.data.length !== inputs) {
    throw new Error(`${input.data.length} inputs do not go with a kernel (${kernel.shape}).`);
  }
  const sums = new Float64Array(outputs);
  if (bias) sums.set(bias);
  addProducts(sums, input.data, 0, inputs, kernel.data, 0);
  return { shape: [outputs], data: new Float32Array(sums) };
}

/**
 * Turn logits into probabilities.
 *
 * @param {Tensor} logits Shape (classes,).
 * @returns {Tensor} The same shape; values in [0, 1] that sum to 1.
 */
export function softmax(logits) {
  // Subtracting the largest changes nothing but keeps exp() from overflowing.
  const largest = logits.data.reduce((a, b) => Math.max(a, b));
  const powers = Float64Array.from(logits.data, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b);
  return { shape: logits.shape, data: Float32Array.from(powers, (power) => power / sum) };
}
