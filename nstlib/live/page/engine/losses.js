// How far a picture is from its targets, and the gradient of that on its pixels.
//
// The losses are those of nstlib/losses.py in the convention "relative". F are the features of a layer with N
// channels at M positions, P those of the content picture, G = Fᵀ F / M is the Gram matrix, A that of the painting:
//
//   content  mean of (F - P)² / mean of P²
//   style    mean of (G - A)² / mean of A²
//   tv       mean of dx² + dy² between neighboring pixels

import * as tf from "../lib/tf.js";
import { Fault } from "./faults.js";
import { totalVariation } from "./pixels.js";

const MEAN = 0.45; // what the network was trained with: it sees (x - 0.45) / 0.225
const STD = 0.225;
const SMALLEST = 2 ** -63; // keeps the size of a target off zero, as `_size` of losses.py does

/**
 * Run `work`, and then free all tensors it made that it has not kept. No two of these may overlap.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function scoped(work) {
  const engine = tf.engine();
  const { state } = engine;
  engine.startScope();
  try {
    return await work();
  } finally {
    // It is another if the backend was lost meanwhile, and everything with it.
    if (engine.state === state) engine.endScope();
  }
}

/**
 * @typedef {Object} Evaluation
 * @property {Object<string, number>} losses by name, before their weights
 * @property {number} total their weighted sum
 * @property {Float32Array} gradient of the total on the pixels, in their order
 */

/** The losses of a picture against one photo and one painting. */
export class Losses {
  /**
   * @param {import("./network.js").Layer[]} layers
   * @param {import("./pixels.js").Pixels} content
   * @param {import("./pixels.js").Pixels} style
   * @param {() => Promise<void>} breathe is called after every layer; what it throws ends the computation
   */
  constructor(layers, content, style, breathe) {
    this.layers = layers;
    this.pictures = { content, style };
    this.breathe = breathe;
    this.targets = new Map(); // by name of the loss: the tensor, and its mean square
    this.seen = { layer: null }; // the watched features: of the picture as last evaluated, and of the painting
  }

  /** Free all tensors; the object is of no use afterwards. */
  dispose() {
    for (const { tensor } of this.targets.values()) tensor.dispose();
    this.forget();
  }

  /**
   * Compute all named losses of a picture, and the gradient of their weighted sum.
   *
   * @param {import("./pixels.js").Pixels} picture
   * @param {Object<string, number>} weights by "content/LAYER", "style/LAYER" and "tv"
   * @param {string|null} [watch] a layer whose features are kept for `gram` and `maps`
   * @returns {Promise<Evaluation>}
   */
  async evaluate(picture, weights, watch = null) {
    const names = Object.keys(weights).filter((name) => name !== "tv");
    for (const kind of ["content", "style"]) await this.#aim(kind, names);
    if (watch !== this.seen.layer) this.forget();
    const tv = totalVariation(picture);
    const { values, gradient } = await scoped(() => this.#evaluate(picture, names, weights, watch));
    const losses = Object.fromEntries([...names.map((name) => [name, values.get(name)]), ["tv", tv.value]]);
    const beside = (weights.tv ?? 0) * STD; // `gradient` is that on (x - 0.45) / 0.225
    for (let k = 0; k < gradient.length; k++) gradient[k] = (gradient[k] + beside * tv.gradient[k]) / STD;
    const total = Object.entries(losses).reduce((sum, [name, value]) => sum + (weights[name] ?? 0) * value, 0);
    return { losses, total, gradient };
  }

  async #evaluate(picture, names, weights, watch) {
    const features = await this.#forward(picture, [...names.map(layerOf), ...(watch ? [watch] : [])]);
    const values = []; // one-element tensors, in the order of `order`
    const order = [];
    let slope = null; // of the weighted sum, with respect to the features of the layer
    for (let k = features.length - 1; k > 0; k--) {
      const layer = this.layers[k - 1];
      for (const name of names.filter((name) => layerOf(name) === layer.name)) {
        const [value, own] = tf.tidy(() => this.#loss(name, features[k], weights[name]));
        values.push(value);
        order.push(name);
        slope = slope ? instead([slope, own], () => tf.add(slope, own)) : own;
      }
      if (slope) slope = instead([slope], () => layer.backward(slope, features[k], features[k - 1]));
      if (layer.name === watch) this.#see(watch, features[k]);
      else features[k].dispose();
      await this.breathe();
    }
    // One transfer for everything: each waits for the GPU.
    const parts = slope ? [...values, tf.reshape(slope, [-1])] : values;
    const numbers = parts.length ? await read(tf.concat(parts)) : [];
    const gradient = slope ? numbers.subarray(values.length) : new Float32Array(picture.data.length);
    return { values: new Map(order.map((name, k) => [name, numbers[k]])), gradient };
  }

  /** The value of one loss, and the slope of `weight` times it with respect to the features. */
  #loss(name, features, weight) {
    const { tensor, size } = this.targets.get(name);
    const scale = 1 / (tensor.size * size);
    if (name.startsWith("content/")) {
      const apart = tf.sub(features, tensor);
      return [tf.mul(sumOf(tf.square(apart)), scale), tf.mul(apart, 2 * weight * scale)];
    }
    const apart = tf.sub(gramOf(features), tensor);
    const flat = flatten(features);
    const slope = tf.matMul(flat, tf.mul(apart, (4 * weight * scale) / flat.shape[0]));
    return [tf.mul(sumOf(tf.square(apart)), scale), tf.reshape(slope, features.shape)];
  }

  /** Make the targets of the named losses of one kind, where they are not there yet. */
  async #aim(kind, names) {
    const missing = names.filter((name) => name.startsWith(`${kind}/`) && !this.targets.has(name));
    if (!missing.length) return;
    await scoped(async () => {
      const features = await this.#forward(this.pictures[kind], missing.map(layerOf), missing.map(layerOf));
      for (const name of missing) {
        const of_layer = features[this.#depth(layerOf(name))];
        const tensor = kind === "content" ? of_layer : tf.tidy(() => gramOf(of_layer));
        const [sum] = await read(tf.tidy(() => sumOf(tf.square(tensor))));
        this.targets.set(name, { tensor: tf.keep(tensor), size: Math.max(sum / tensor.size, SMALLEST) });
      }
    });
  }

  /**
   * Return the features of a picture: [the picture itself, first layer, …] up to the deepest layer that is named.
   *
   * @param {string[]} names of layers
   * @param {string[]} [only] where given, the features of all other layers are freed on the way
   */
  async #forward(picture, names, only) {
    const depth = Math.max(0, ...names.map((name) => this.#depth(name)));
    const { width, height } = picture;
    const { stride, name } = this.layers[Math.max(0, depth - 1)];
    if (Math.min(width, height) < stride)
      throw new Fault(
        "picture",
        `A picture of ${width} x ${height} pixels is too small for ${name}, which needs ${stride}.`,
      );
    const input = picture.data.map((value) => (value - MEAN) / STD);
    const features = [tf.tensor(input, [1, height, width, 3])];
    for (let k = 0; k < depth; k++) {
      features.push(tf.tidy(() => this.layers[k].forward(features[k])));
      if (only && !only.includes(this.layers[k - 1]?.name)) features[k].dispose();
      await this.breathe();
    }
    return features;
  }

  #depth(layer) {
    const depth = 1 + this.layers.findIndex(({ name }) => name === layer);
    if (!depth) throw new Fault("picture", `The network has no layer ${layer}.`);
    return depth;
  }

  #see(layer, features) {
    this.seen.picture?.dispose();
    this.seen.layer = layer;
    this.seen.picture = tf.keep(features);
  }

  /** Free the watched features. */
  forget() {
    this.seen.picture?.dispose();
    this.seen.painting?.dispose();
    this.seen = { layer: null };
  }

  /** Have the features of a layer at hand, of the given picture (unless it was evaluated last) and of the painting. */
  async #watch(layer, picture) {
    if (this.seen.layer !== layer) this.forget();
    const features_of = (pixels) => scoped(async () => tf.keep((await this.#forward(pixels, [layer], [layer])).at(-1)));
    if (!this.seen.picture) this.#see(layer, await features_of(picture));
    this.seen.painting ??= await features_of(this.pictures.style);
    return this.seen;
  }

  /** Return the Gram matrices of a layer, of the picture and of the painting, row by row. */
  async gram(layer, pixels) {
    const { picture, painting } = await this.#watch(layer, pixels);
    const of = (features) => read(tf.tidy(() => gramOf(features)));
    return { layer, channels: picture.shape[3], picture: await of(picture), painting: await of(painting) };
  }

  /** Return two feature maps of a layer and their product, of the picture and of the painting. */
  async maps(layer, i, j, pixels) {
    const { picture, painting } = await this.#watch(layer, pixels);
    const of = async (features) => {
      const [, height, width] = features.shape;
      const map = (channel) => read(tf.slice(features, [0, 0, 0, channel], [1, height, width, 1]));
      const [a, b] = [await map(i), await map(j)];
      return { a, b, product: a.map((value, k) => value * b[k]), width, height };
    };
    const here = await of(picture);
    return { layer, i, j, width: here.width, height: here.height, picture: here, painting: await of(painting) };
  }
}

const layerOf = (name) => name.split("/")[1];

/** What `compute` makes of some tensors, which are freed. */
function instead(tensors, compute) {
  const result = tf.tidy(compute);
  for (const tensor of tensors) tensor.dispose();
  return result;
}

/** The features as a matrix, a row for each position. */
function flatten(features) {
  return tf.reshape(features, [-1, features.shape[3]]);
}

/** The Gram matrix of features, divided by the number of positions. */
function gramOf(features) {
  const [, height, width, channels] = features.shape;
  const scale = 1 / (height * width);
  // WebGL has one thread for each entry of a product, too few for a sum over a whole picture: there each row gets
  // its own product. The processor is faster with one product; it has no fast kernel that transposes on the way.
  if (tf.getBackend() === "webgl") {
    const rows = tf.reshape(features, [height, width, channels]);
    return tf.mul(tf.sum(tf.matMul(rows, rows, true), 0), scale);
  }
  const flat = flatten(features);
  return tf.mul(tf.matMul(tf.transpose(flat), flat), scale);
}

/** The sum over all of a tensor, [1], axis by axis: many numbers in one float32 sum would round it. */
function sumOf(tensor) {
  let sum = tensor;
  while (sum.rank > 1) sum = tf.sum(sum, -1);
  return tf.reshape(tensor.rank === 4 ? sum : tf.sum(sum), [1]);
}

/** The numbers of a tensor, which is freed. */
async function read(tensor) {
  const numbers = await tensor.data();
  tensor.dispose();
  return numbers;
}
