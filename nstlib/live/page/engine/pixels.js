// Pictures as numbers: three floats a pixel, in [0, 1], row by row.

/** @typedef {{width: number, height: number, data: Float32Array}} Pixels */

/**
 * Return the pixels of a picture of bytes. Its transparency is left out.
 *
 * @param {{width: number, height: number, data: Uint8ClampedArray}} picture red, green, blue, alpha
 * @returns {Pixels}
 */
export function fromBytes({ width, height, data }) {
  const pixels = new Float32Array(3 * width * height);
  for (let k = 0, at = 0; k < pixels.length; at++) for (let c = 0; c < 3; c++) pixels[k++] = data[4 * at + c] / 255;
  return { width, height, data: pixels };
}

/**
 * Return the picture of bytes of some pixels, rounded.
 *
 * @param {Pixels} pixels
 */
export function toBytes({ width, height, data }) {
  const bytes = new Uint8ClampedArray(4 * width * height);
  for (let k = 0, at = 0; k < data.length; at += 4) {
    for (let c = 0; c < 3; c++) bytes[at + c] = 255 * data[k++];
    bytes[at + 3] = 255;
  }
  return { width, height, data: bytes };
}

/**
 * Draw noise to start from, faint as `noise_like` of nstlib draws it: 0.1 around middle gray.
 *
 * @param {number} seed an integer; the same one gives the same noise in every browser
 * @returns {Pixels}
 */
export function noise(width, height, seed) {
  const random = randomNumbers(seed);
  const data = new Float32Array(3 * width * height);
  for (let k = 0; k < data.length; k++) {
    // Box and Muller: from two even random numbers to one of the bell curve.
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    data[k] = Math.min(1, Math.max(0, 0.5 + 0.1 * normal));
  }
  return { width, height, data };
}

/** Even random numbers in [0, 1), by the generator mulberry32 (T. Ettinger, public domain). */
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Return how much neighboring pixels differ, the mean of dx² + dy², and its gradient.
 *
 * @param {Pixels} pixels
 * @returns {{value: number, gradient: Float32Array}}
 */
export function totalVariation({ width, height, data }) {
  const gradient = new Float32Array(data.length);
  const row = 3 * width;
  let sum = 0;
  const compare = (from, to) => {
    const apart = data[to] - data[from];
    sum += apart * apart;
    gradient[to] += (2 * apart) / data.length;
    gradient[from] -= (2 * apart) / data.length;
  };
  for (let k = 0; k < data.length; k++) {
    if (k % row < row - 3) compare(k, k + 3);
    if (k < row * (height - 1)) compare(k, k + row);
  }
  return { value: sum / data.length, gradient };
}
