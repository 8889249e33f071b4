/**
 * The course's network in plain JavaScript: forward pass, and Grad-CAM by hand-written gradients.
 *
 * A tensor is `{ shape, data }`: numbers row by row, channels last, as in NumPy and Keras. The
 * value at row y, column x, channel c of an (H, W, C) tensor is `data[(y * W + x) * C + c]`.
 * Every function makes a new tensor and leaves its arguments alone.
 */

/**
 * Row-major numbers and their shape, channels last.
 * @typedef {{shape: number[], data: Float32Array}} Tensor
 */

/** The ten classes, in the order of their labels. */
export const CLASS_NAMES = Object.freeze([
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
]);

/** The network's layers in order, with the shape of what leaves them. */
export const LAYERS = Object.freeze([
  { name: "conv1", kind: "convolution", shape: [26, 26, 32] },
  { name: "pool1", kind: "max pooling", shape: [13, 13, 32] },
  { name: "conv2", kind: "convolution", shape: [11, 11, 64] },
  { name: "pool2", kind: "max pooling", shape: [5, 5, 64] },
  { name: "conv3", kind: "convolution", shape: [3, 3, 64] },
  { name: "pool3", kind: "max pooling", shape: [1, 1, 64] },
  { name: "flatten", kind: "flatten", shape: [64] },
  { name: "dense", kind: "dense", shape: [512] },
  { name: "output", kind: "dense", shape: [10] },
]);

/**
 * Turn pixels into what the network takes.
 *
 * @param {Uint8Array | Uint8ClampedArray} pixels Gray values, 0 to 255.
 * @returns {Float32Array} The same divided by 255, so in [0, 1].
 */
export function normalize(pixels) {
  const image = new Float32Array(pixels.length);
  for (let n = 0; n < pixels.length; n++) image[n] = pixels[n] / 255;
  return image;
}

/**
 * Slide each filter over the input and sum the products: cross-correlation, as in Keras.
 *
 * @param {Tensor} input Shape (H, W, C).
 * @param {Tensor} kernel Shape (kh, kw, C, F): F filters, each as deep as the input.
 * @param {Float32Array | null} bias One number per filter, added to its outputs.
 * @param {{stride?: number, padding?: "valid" | "same"}} options Step of the window in pixels;
 *   "valid" keeps the window inside the input, "same" adds zeros around it, as Keras does.
 * @returns {Tensor} Shape (H', W', F).
 */
export function conv2d(input, kernel, bias = null, { stride = 1, padding = "valid" } = {}) {
  const [height, width, channels] = input.shape;
  const [kernelHeight, kernelWidth, kernelChannels, filters] = kernel.shape;
  if (input.shape.length !== 3 || kernel.shape.length !== 4 || channels !== kernelChannels) {
    throw new Error(`An input (${input.shape}) does not go with a kernel (${kernel.shape}).`);
  }
  const rows = windowPositions(height, kernelHeight, stride, padding);
  const columns = windowPositions(width, kernelWidth, stride, padding);
  if (bias && bias.length !== filters) {
    throw new Error(`${filters} filters need as many biases, not ${bias.length}.`);
  }
  const output = new Float32Array(rows.count * columns.count * filters);
  const sums = new Float64Array(filters); // 64 bits, so that rounding does not add up
  let place = 0;
  for (let i = 0; i < rows.count; i++) {
    for (let j = 0; j < columns.count; j++) {
      if (bias) sums.set(bias);
      else sums.fill(0);
      // The window's upper left corner; with padding it can lie outside of the input.
      const top = i * stride - rows.before;
      const left = j * stride - columns.before;
      for (let ky = 0; ky < kernelHeight; ky++) {
        const y = top + ky;
        if (y < 0 || y >= height) continue; // padding: zeros add nothing
        for (let kx = 0; kx < kernelWidth; kx++) {
          const x = left + kx;
          if (x < 0 || x >= width) continue;
          const pixel = (y * width + x) * channels;
          const weight = (ky * kernelWidth + kx) * channels * filters;
          addProducts(sums, input.data, pixel, channels, kernel.data, weight);
        }
      }
      output.set(sums, place);
      place += filters;
    }
  }
  return { shape: [rows.count, columns.count, filters], data: output };
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

/** Return how many positions a window takes along one axis, and the zeros before the first. */
function windowPositions(size, window, stride, padding) {
  if (!Number.isInteger(stride) || stride < 1) {
    throw new Error(`The stride must be a whole number of at least 1, not ${stride}.`);
  }
  if (padding === "same") {
    const count = Math.ceil(size / stride);
    const zeros = Math.max((count - 1) * stride + window - size, 0);
    return { count, before: Math.floor(zeros / 2) }; // an odd zero comes last, as in Keras
  }
  if (padding !== "valid") throw new Error(`The padding must be "valid" or "same".`);
  if (window > size) throw new Error(`A window of ${window} pixels does not fit into ${size}.`);
  return { count: Math.floor((size - window) / stride) + 1, before: 0 };
}

/**
 * Keep the largest value of every window, channel by channel.
 *
 * @param {Tensor} input Shape (H, W, C).
 * @param {number} size Side of the window in pixels.
 * @param {number} stride Step of the window; by default its size, so windows do not overlap.
 * @returns {Tensor} Shape (H', W', C); incomplete windows at the edge are dropped.
 */
export function maxPool2d(input, size = 2, stride = size) {
  const { shape, places } = poolPlaces(input, size, stride);
  const data = new Float32Array(places.length);
  for (let n = 0; n < data.length; n++) data[n] = input.data[places[n]];
  return { shape, data };
}

/**
 * Return where in `input.data` the largest value of every window is: of equal ones the first.
 * The gradient needs these places, because it flows back through them alone.
 */
function poolPlaces(input, size, stride) {
  const [height, width, channels] = input.shape;
  const rows = windowPositions(height, size, stride, "valid").count;
  const columns = windowPositions(width, size, stride, "valid").count;
  const places = new Uint32Array(rows * columns * channels);
  let n = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const corner = (i * stride * width + j * stride) * channels;
      for (let c = 0; c < channels; c++) {
        let best = corner + c;
        for (let dy = 0; dy < size; dy++) {
          for (let dx = 0; dx < size; dx++) {
            const place = corner + (dy * width + dx) * channels + c;
            if (input.data[place] > input.data[best]) best = place;
          }
        }
        places[n++] = best;
      }
    }
  }
  return { shape: [rows, columns, channels], places };
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
  return { shape: [outputs], data: Float32Array.from(sums) };
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

/**
 * Run the network on one image.
 *
 * @param {Object<string, Tensor>} weights As `parseSafetensors` returns them.
 * @param {Float32Array} image 28 × 28 values in [0, 1], as `normalize` returns them.
 * @returns {Object<string, Tensor>} What leaves each layer, by the names in `LAYERS`. The
 *   convolutions' outputs are those after the relu; `output` holds the ten probabilities.
 */
export function forward(weights, image) {
  const layers = {};
  if (image.length !== 28 * 28) throw new Error(`An image has 784 values, not ${image.length}.`);
  let x = { shape: [28, 28, 1], data: image };
  for (const n of [1, 2, 3]) {
    x = relu(conv2d(x, weights[`conv${n}/kernel`], weights[`conv${n}/bias`].data));
    layers[`conv${n}`] = x; // (26, 26, 32), then (11, 11, 64), then (3, 3, 64)
    x = maxPool2d(x);
    layers[`pool${n}`] = x; // (13, 13, 32), then (5, 5, 64), then (1, 1, 64)
  }
  x = { shape: [x.data.length], data: x.data };
  layers.flatten = x; // (64,)
  x = relu(dense(x, weights["dense/kernel"], weights["dense/bias"].data));
  layers.dense = x; // (512,)
  layers.output = softmax(dense(x, weights["output/kernel"], weights["output/bias"].data));
  return layers;
}

/**
 * Show which places of a layer speak for a class: Grad-CAM, after R. R. Selvaraju et al.,
 * "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", 2017.
 *
 * Each channel of the layer is weighted with the mean gradient of the class's logit with
 * respect to it, the weighted channels are added, and what is below zero is dropped.
 *
 * @param {Object<string, Tensor>} weights As `parseSafetensors` returns them.
 * @param {Object<string, Tensor>} layers What `forward` returned for the image.
 * @param {number} classIndex The class, 0 to 9.
 * @param {"conv1" | "conv2" | "conv3"} layerName The layer.
 * @returns {Tensor} Shape (h, w), the layer's height and width; the largest value is 1, or all
 *   are 0 if nothing in the layer speaks for the class.
 */
export function gradCam(weights, layers, classIndex, layerName = "conv2") {
  const gradient = logitGradient(weights, layers, classIndex, layerName);
  const activation = layers[layerName].data;
  const [height, width, channels] = layers[layerName].shape;
  const importance = new Float64Array(channels);
  gradient.forEach((value, n) => {
    importance[n % channels] += value / (height * width);
  });
  const map = new Float64Array(height * width);
  activation.forEach((value, n) => {
    map[Math.floor(n / channels)] += value * importance[n % channels];
  });
  const largest = map.reduce((a, b) => Math.max(a, b), 0);
  const data = Float32Array.from(map, (v) => (largest > 0 ? Math.max(v, 0) / largest : 0));
  return { shape: [height, width], data };
}

/** Return the gradient of a class's logit with respect to a convolution's output. */
function logitGradient(weights, layers, classIndex, layerName) {
  const last = ["conv1", "conv2", "conv3"].indexOf(layerName) + 1;
  if (last === 0) throw new Error(`Grad-CAM needs conv1, conv2 or conv3, not ${layerName}.`);
  const classes = weights["output/kernel"].shape[1];
  if (!Number.isInteger(classIndex) || classIndex < 0 || classIndex >= classes) {
    throw new Error(`The class must be a number from 0 to ${classes - 1}, not ${classIndex}.`);
  }
  // The logit is a weighted sum of the dense layer, so its gradient there is one weight column.
  let gradient = Float64Array.from(
    layers.dense.data,
    (_, n) => weights["output/kernel"].data[n * classes + classIndex],
  );
  gradient = throughRelu(gradient, layers.dense);
  gradient = throughDense(gradient, weights["dense/kernel"]);
  for (let n = 3; ; n--) {
    const convolution = layers[`conv${n}`];
    gradient = throughPool(gradient, convolution);
    if (n === last) return gradient;
    gradient = throughRelu(gradient, convolution);
    const kernel = weights[`conv${n}/kernel`];
    gradient = throughConv(gradient, kernel, convolution, layers[`pool${n - 1}`]);
  }
}

/** A relu passes the gradient on where it let the value through. */
function throughRelu(gradient, output) {
  return gradient.map((value, n) => (output.data[n] > 0 ? value : 0));
}

/** Every input gets the outputs' gradients, each times the weight between the two. */
function throughDense(gradient, kernel) {
  const [inputs, outputs] = kernel.shape;
  const result = new Float64Array(inputs);
  return result.map((_, n) => dot(gradient, 0, kernel.data, n * outputs, outputs));
}

/** A maximum depends only on the largest value of its window, which gets the whole gradient. */
function throughPool(gradient, input) {
  const result = new Float64Array(input.data.length);
  poolPlaces(input, 2, 2).places.forEach((place, n) => {
    result[place] += gradient[n];
  });
  return result;
}

/** Every input pixel gets the gradient of every window that it lies in (stride 1, valid). */
function throughConv(gradient, kernel, output, input) {
  const [kernelHeight, kernelWidth, channels, filters] = kernel.shape;
  const [height, width] = output.shape;
  const inputWidth = input.shape[1];
  const result = new Float64Array(input.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * filters;
      for (let ky = 0; ky < kernelHeight; ky++) {
        for (let kx = 0; kx < kernelWidth; kx++) {
          const to = ((y + ky) * inputWidth + x + kx) * channels;
          const weight = (ky * kernelWidth + kx) * channels * filters;
          for (let c = 0; c < channels; c++) {
            result[to + c] += dot(gradient, from, kernel.data, weight + c * filters, filters);
          }
        }
      }
    }
  }
  return result;
}

/** Sum of products of `count` numbers of each array, from the given places on. */
function dot(a, aStart, b, bStart, count) {
  let sum = 0;
  for (let n = 0; n < count; n++) sum += a[aStart + n] * b[bStart + n];
  return sum;
}
