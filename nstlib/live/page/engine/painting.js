// One painting on its way: the pixels, their losses, and the optimizer that moves them.

import { Adam } from "./adam.js";
import { Fault } from "./faults.js";
import { Losses } from "./losses.js";
import { fromBytes, noise, toBytes } from "./pixels.js";

/** The photo, the painting, and the picture that is made of them. `begin` comes before everything else. */
export class Painting {
  /**
   * @param {import("./network.js").Layer[]} layers
   * @param {() => Promise<void>} breathe as for `Losses`
   */
  constructor(layers, breathe) {
    this.layers = layers;
    this.breathe = breathe;
  }

  /** Take the photo and the painting, as bytes of red, green, blue and alpha; what was begun ends. */
  take(content, style) {
    for (const { width, height } of [content, style])
      if (!(width >= 2 && height >= 2))
        throw new Fault("picture", "A picture needs at least 2 x 2 pixels; choose another one.");
    this.losses?.dispose();
    this.pictures = { content: fromBytes(content), style: fromBytes(style) };
    this.losses = new Losses(this.layers, this.pictures.content, this.pictures.style, this.breathe);
    this.evaluation = null;
  }

  /** Go on with another network, on another backend; the tensors of the old one are gone already. */
  move(layers) {
    this.layers = layers;
    const { content, style } = this.pictures ?? {};
    if (content) this.losses = new Losses(layers, content, style, this.breathe);
  }

  /** Whether there is a picture on its way. */
  get begun() {
    return Boolean(this.evaluation);
  }

  /** The size of the picture, which is that of the photo. */
  get size() {
    const { width, height } = this.pictures?.content ?? {};
    return { width, height };
  }

  /**
   * Begin a picture: compute its losses, and do not move it yet.
   *
   * @param {{init: string, picture?: object, seed?: number, rate?: number, weights: Object<string, number>}} plan
   *   init is "content", "noise" or "picture"
   * @param {string|null} watch
   */
  async begin({ init, picture, seed = 0, rate = 0.02, weights }, watch) {
    if (!this.pictures) throw new Fault("picture", "Choose a photo and a painting first.");
    const { width, height, data } = this.pictures.content;
    const starts = {
      content: () => ({ width, height, data: data.slice() }),
      noise: () => noise(width, height, seed),
      picture: () => fromBytes(picture),
    };
    const pixels = starts[init]();
    if (pixels.width !== width || pixels.height !== height)
      throw new Fault("picture", "The picture to start from has another size than the photo; choose the same size.");
    this.pixels = pixels;
    this.weights = weights;
    this.rate = rate;
    this.optimizer = new Adam(rate);
    this.used = null; // the weights of the last update, to which Adam's memory belongs
    this.index = 0;
    this.moved = true; // since it was evaluated last
    await this.#evaluate(watch);
  }

  /**
   * Take other weights. If it is `running`, the gradient by the old ones is used once more, so that no time is
   * lost. With the first gradient by the new ones Adam begins anew, unless all are multiplied by one number: its
   * running means are those of another sum of losses. After a much smaller weight the old, large squares would
   * hold the pixels still for hundreds of steps.
   */
  reweigh(weights, running) {
    this.weights = weights;
    this.stale = !running;
  }

  /** Move the pixels once, and compute the losses of where they are then. */
  async advance(watch) {
    if (!this.moved) {
      if (this.stale) await this.#evaluate(watch);
      this.#adapt(this.evaluation.weights);
      this.used = this.evaluation.weights;
      this.optimizer.step(this.pixels.data, this.evaluation.gradient);
      this.index++;
      this.moved = true;
    }
    await this.#evaluate(watch);
  }

  /** Fit Adam's memory to a gradient by these weights. */
  #adapt(weights) {
    const factor = this.used ? ratio(weights, this.used) : 1;
    if (factor === null) this.optimizer = new Adam(this.rate);
    else this.optimizer.rescale(factor);
  }

  async #evaluate(watch) {
    const { weights } = this;
    const evaluation = await this.losses.evaluate(this.pixels, weights, watch);
    const bad = Object.keys(evaluation.losses).find((name) => !Number.isFinite(evaluation.losses[name]));
    if (bad || !evaluation.gradient.every(Number.isFinite))
      throw new Fault(
        "nan",
        `The run stopped, because the ${bad ? `loss ${bad}` : "gradient"} was no longer a finite number; ` +
          "the last good picture is kept. Try smaller weights.",
      );
    this.evaluation = { ...evaluation, weights };
    this.moved = this.stale = false;
  }

  /** Return the Gram matrices of a layer; see `Losses`. */
  async gram(layer) {
    return { ...(await this.losses.gram(layer, this.pixels)), index: this.index };
  }

  /** Return two feature maps of a layer; see `Losses`. */
  async maps(layer, i, j) {
    return { ...(await this.losses.maps(layer, i, j, this.pixels)), index: this.index };
  }

  /** Return what the page shows of a step. */
  report() {
    const { losses, total } = this.evaluation;
    return { index: this.index, losses, total, image: toBytes(this.pixels) };
  }
}

/** The number c with which weights `a` are c times the weights `b`; null if there is none. */
function ratio(a, b) {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const first = names.find((name) => b[name]);
  const factor = first ? (a[first] ?? 0) / b[first] : 1;
  const fits = (name) => Math.abs((a[name] ?? 0) - factor * (b[name] ?? 0)) <= 1e-9 * Math.abs(a[name] ?? 0);
  return factor > 0 && names.every(fits) ? factor : null;
}
