/**
 * Where a layer speaks for a class: Grad-CAM, with hand-written gradients through every kind of
 * layer.
 */

import { largestPlaces, windowsOf } from "./layers.mjs";

/**
 * Show which places of a layer speak for a class: Grad-CAM, after R. R. Selvaraju et al.,
 * "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", 2017.
 *
 * Each channel of the layer is weighted with the mean gradient of the class's logit with
 * respect to it, the weighted channels are added, and what is below zero is dropped.
 *
 * @param {object} network As `readNetwork` returns it.
 * @param {Map<string, Tensor>} outputs What `forward` returned for the image.
 * @param {number} classIndex The class, from 0.
 * @param {string} layerName A layer of shape (H, W, C).
 * @returns {Tensor} Shape (H, W); the largest value is 1, or all are 0 if nothing in the layer
 *   speaks for the class.
 */
export function gradCam(network, outputs, classIndex, layerName) {
  const layer = network.layers.find(({ name }) => name === layerName);
  if (layer?.shape.length !== 3) {
    throw new Error(`Grad-CAM needs a layer with rows and columns, and ${layerName} is none.`);
  }
  const [classes, ...axes] = network.layers.at(-1).shape;
  if (axes.length) throw new Error("Grad-CAM needs a network that ends in one number a class.");
  if (!Number.isInteger(classIndex) || classIndex < 0 || classIndex >= classes) {
    throw new Error(`The class must be a number from 0 to ${classes - 1}, not ${classIndex}.`);
  }
  const gradient = logitGradient(network, outputs, classIndex, layerName);
  const activation = outputs.get(layerName).data;
  const [height, width, channels] = layer.shape;
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

/**
 * Return the gradient of a class's logit with respect to what a layer puts out.
 *
 * It starts behind the last layer with a 1 for the class, and goes back from layer to layer. A
 * layer that several others take gets the sum of what comes from each.
 */
function logitGradient({ layers, weights }, outputs, classIndex, layerName) {
  const last = layers.at(-1);
  const onTheWay = descendants(layers, layerName);
  const gradients = new Map([[last.name, new Float64Array(last.shape[0])]]);
  gradients.get(last.name)[classIndex] = 1;
  for (const layer of [...layers].reverse()) {
    if (layer.name === layerName) break;
    if (!onTheWay.has(layer.name)) continue;
    const output = outputs.get(layer.name);
    const kernel = weights.get(`${layer.name}/kernel`);
    let gradient = gradients.get(layer.name);
    const activation = ACTIVATIONS_BACK[layer.activation ?? layer.kind];
    // The logit is what goes into the last layer's softmax, so the way begins before it.
    if (activation && !(layer === last && activation === throughSoftmax)) {
      gradient = activation(gradient, output);
    }
    for (const name of layer.inputs.filter((input) => onTheWay.has(input))) {
      const through = THROUGH[layer.kind] ?? ((unchanged) => unchanged);
      const part = through(gradient, layer, outputs.get(name), output, kernel);
      gradients.set(name, sum(gradients.get(name), part));
    }
  }
  return gradients.get(layerName);
}

/** Return the names of a layer and of all that depend on it. */
function descendants(layers, layerName) {
  const found = new Set([layerName]);
  for (const { name, inputs } of layers) {
    if (inputs.some((input) => found.has(input))) found.add(name);
  }
  return found;
}

function sum(first, second) {
  return first ? first.map((value, n) => value + second[n]) : second;
}

/** The way back through what a layer does last. */
const ACTIVATIONS_BACK = { relu: throughRelu, softmax: throughSoftmax };

/** The way back through what each kind of layer computes; the others pass it on as it is. */
const THROUGH = {
  convolution: throughConvolution,
  dense: (gradient, _layer, _input, _output, kernel) => throughDense(gradient, kernel),
  "max pooling": throughMaxPool,
  "global max pooling": throughMaxPool,
  "average pooling": throughAveragePool,
  "global average pooling": throughAveragePool,
};

/** A relu passes the gradient on where it let the value through. */
function throughRelu(gradient, output) {
  return gradient.map((value, n) => (output.data[n] > 0 ? value : 0));
}

/** A probability rises with its own logit and falls with every other. */
function throughSoftmax(gradient, output) {
  const mean = dot(gradient, 0, output.data, 0, gradient.length);
  return gradient.map((value, n) => output.data[n] * (value - mean));
}

/** Every input gets the outputs' gradients, each times the weight between the two. */
function throughDense(gradient, kernel) {
  const [inputs, outputs] = kernel.shape;
  const result = new Float64Array(inputs);
  return result.map((_, n) => dot(gradient, 0, kernel.data, n * outputs, outputs));
}

/** A maximum depends only on the largest value of its window, which gets the whole gradient. */
function throughMaxPool(gradient, layer, input) {
  const result = new Float64Array(input.data.length);
  largestPlaces(input, windowsOf(layer, input.shape)).forEach((place, n) => {
    result[place] += gradient[n];
  });
  return result;
}

/** A mean depends on every value of its window alike: each gets its share. */
function throughAveragePool(gradient, layer, input) {
  const [, width, channels] = input.shape;
  const { rows, columns } = windowsOf(layer, input.shape);
  const result = new Float64Array(input.data.length);
  let from = 0;
  for (const row of rows) {
    for (const column of columns) {
      const count = (row.end - row.start) * (column.end - column.start);
      for (let y = row.start; y < row.end; y++) {
        for (let x = column.start; x < column.end; x++) {
          const to = (y * width + x) * channels;
          for (let c = 0; c < channels; c++) result[to + c] += gradient[from + c] / count;
        }
      }
      from += channels;
    }
  }
  return result;
}

/** Every input pixel gets the gradient of every window that it lies in. */
function throughConvolution(gradient, layer, input, _output, kernel) {
  const [, kernelWidth, channels, filters] = kernel.shape;
  const width = input.shape[1];
  const { rows, columns } = windowsOf(layer, input.shape);
  const result = new Float64Array(input.data.length);
  let from = 0;
  // Counted loops for their speed, as in conv2d.
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < columns.length; j++) {
      const [row, column] = [rows[i], columns[j]];
      for (let y = row.start; y < row.end; y++) {
        for (let x = column.start; x < column.end; x++) {
          const to = (y * width + x) * channels;
          const tap = (y - row.first) * kernelWidth + x - column.first;
          for (let c = 0; c < channels; c++) {
            const weight = (tap * channels + c) * filters;
            result[to + c] += dot(gradient, from, kernel.data, weight, filters);
          }
        }
      }
      from += filters;
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
