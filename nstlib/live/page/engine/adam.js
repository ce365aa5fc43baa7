// Adam for pixels, as PixelAdam of nstlib/optimizer.py.

const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

/**
 * Adam (Kingma and Ba 2014) for the pixels of one picture, which stay in [0, 1].
 *
 * The gradient is divided by its mean size at the first step, so that epsilon is small beside it in whatever
 * units the loss comes.
 */
export class Adam {
  /** @param {number} rate how far a pixel moves in a step at first */
  constructor(rate) {
    this.rate = rate;
    this.steps = 0;
  }

  /**
   * Move the pixels once, in place.
   *
   * @param {Float32Array} pixels
   * @param {Float32Array} gradient of the same length
   */
  step(pixels, gradient) {
    if (!this.steps++) {
      this.first = new Float32Array(pixels.length); // the running mean of the gradient
      this.second = new Float32Array(pixels.length); // and of its square
      const size = gradient.reduce((sum, value) => sum + Math.abs(value), 0) / gradient.length;
      this.scale = 1 / Math.max(size, 1e-30);
    }
    const { first, second, scale } = this;
    const length = this.rate / (1 - BETA1 ** this.steps);
    const correction = 1 / Math.sqrt(1 - BETA2 ** this.steps);
    for (let k = 0; k < pixels.length; k++) {
      const slope = gradient[k] * scale;
      first[k] += (1 - BETA1) * (slope - first[k]);
      second[k] = BETA2 * second[k] + (1 - BETA2) * slope * slope;
      const moved = pixels[k] - (length * first[k]) / (correction * Math.sqrt(second[k]) + EPSILON);
      pixels[k] = Math.min(1, Math.max(0, moved));
    }
  }

  /** Expect gradients that are `factor` times as long from now on, as if they always had been. */
  rescale(factor) {
    if (this.steps) this.scale /= factor;
  }
}
