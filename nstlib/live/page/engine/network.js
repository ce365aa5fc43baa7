// VGG-19 on TensorFlow.js, forward and backward. Tensors have the shape [1, height, width, channels].
//
// The way back is written out, layer by layer, and not left to tf.grad: the gradient of a 3 x 3 convolution is
// a convolution too, and as such it runs on the kernels that are fast, and each layer's features can be freed
// as soon as the way back has passed them.

import * as tf from "../lib/tf.js";
import { Fault } from "./faults.js";

/**
 * One layer: what goes forward, and what comes back.
 *
 * @typedef {Object} Layer
 * @property {string} name such as "relu1_1" (a convolution and its ReLU) or "pool1"
 * @property {number} channels of its features
 * @property {number} stride the pixels between two positions of its features
 * @property {(x: tf.Tensor) => tf.Tensor} forward
 * @property {(slope: tf.Tensor, y: tf.Tensor, x: tf.Tensor) => tf.Tensor} backward from the slope of the loss
 *   with respect to the output y to that with respect to the input x
 */

/**
 * Build the layers from their weights, on the backend that is current.
 *
 * @param {Map<string, {shape: number[], data: Float32Array}>} tensors "conv1_1.weight" [out, in, 3, 3], "conv1_1.bias", …
 * @returns {Layer[]} relu1_1, relu1_2, pool1, relu2_1, … as far as there are weights
 * @throws {Fault} if they are not those of a VGG
 */
export function networkOf(tensors) {
  const names = [...tensors.keys()].filter((name) => /^conv\d_\d\.weight$/.test(name)).sort();
  if (!names.length) throw new Fault("weights", "The file of weights has no convolutions in it.");
  const layers = [];
  let [block, stride] = [1, 1];
  for (const name of names) {
    const number = Number(name[4]);
    if (number > block) {
      stride *= 2;
      layers.push(pooling(`pool${block}`, layers.at(-1).channels, stride));
      block = number;
    }
    const bias = tensors.get(name.replace("weight", "bias"));
    if (!bias) throw new Fault("weights", `The file of weights has ${name} but no bias for it.`);
    layers.push(convolution(name.slice(4, 7), tensors.get(name), bias, stride));
  }
  return layers;
}

/** A 3 x 3 convolution with the values at the border repeated outside, and the ReLU after it. */
function convolution(number, weight, bias, stride) {
  const [outputs, inputs] = weight.shape;
  const [there, back] = filters(weight.data, outputs, inputs);
  const filter = tf.tensor(there, [3, 3, inputs, outputs]);
  const turned = tf.tensor(back, [3, 3, outputs, inputs]);
  const biases = tf.tensor(bias.data, [outputs]);
  return {
    name: `relu${number}`,
    channels: outputs,
    stride,
    // Mirrored about the outer edge of the border: for one pixel that repeats it.
    forward: (x) =>
      tf.fusedConv2d({
        x: tf.mirrorPad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "symmetric"), // prettier-ignore
        filter,
        strides: 1,
        pad: "valid",
        bias: biases,
        activation: "relu",
      }),
    backward: (slope, y) => fold(fold(tf.conv2d(tf.mul(slope, tf.step(y)), turned, 1, 2), 1), 2),
  };
}

/**
 * Return the filters as tfjs wants them, [3, 3, in, out], and for the way back, turned by 180 degrees, [3, 3, out, in].
 */
function filters(data, outputs, inputs) {
  const there = new Float32Array(data.length);
  const back = new Float32Array(data.length);
  let k = 0;
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < inputs; i++)
      for (let at = 0; at < 9; at++) {
        there[(at * inputs + i) * outputs + o] = data[k];
        back[((8 - at) * outputs + o) * inputs + i] = data[k++];
      }
  return [there, back];
}

/** The way back through the padding: what a value outside the border did, its original inside did too. */
function fold(slope, axis) {
  const length = slope.shape[axis];
  const part = (begin, size) => {
    const [begins, sizes] = [[0, 0, 0, 0], [...slope.shape]];
    [begins[axis], sizes[axis]] = [begin, size];
    return tf.slice(slope, begins, sizes);
  };
  // A picture of one row gets both borders folded onto it.
  if (length === 3) return tf.add(tf.add(part(0, 1), part(1, 1)), part(2, 1));
  const [first, last] = [tf.add(part(0, 1), part(1, 1)), tf.add(part(length - 2, 1), part(length - 1, 1))];
  return tf.concat(length > 4 ? [first, part(2, length - 4), last] : [first, last], axis);
}

/** Averages over 2 x 2; an odd last row or column is left out, as in PyTorch. */
function pooling(name, channels, stride) {
  return {
    name,
    channels,
    stride,
    forward: (x) => tf.avgPool(x, 2, 2, "valid"),
    backward: (slope, y, x) => tf.avgPoolGrad(slope, x, 2, 2, "valid"),
  };
}
