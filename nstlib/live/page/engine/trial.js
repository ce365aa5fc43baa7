// Which backend computes fastest here, and whether it computes right.

import { abandon, discard, isHardware, start } from "./backends.js";
import { Losses, scoped } from "./losses.js";
import { networkOf } from "./network.js";
import { noise } from "./pixels.js";

const CHECKED = 64; // px: the size at which gradients are compared
const TIMED = 160; // px: and the size at which they are timed
const PATIENCE = 15_000; // ms for all of that on one GPU

const WEIGHTS = Object.fromEntries([
  ["content/relu4_2", 1],
  ...["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"].map((layer) => [`style/${layer}`, 20]),
]);

/**
 * Start the backend that is asked for, or with "auto" the fastest. A GPU is only taken if it is one, if its
 * gradient is that of the processor, and if it is faster: some drivers compute with 16 bits, and some are slow.
 *
 * @param {string} wanted "auto", "webgpu", "webgl", "wasm" or "cpu"
 * @param {string} base the address of the page's folder
 * @param {Map} tensors the weights of the network
 * @returns {Promise<string|null>} its name; null if none works
 */
export async function choose(wanted, base, tensors) {
  if (wanted !== "auto") return (await start(wanted, base)) ? wanted : null;
  const safe = await processor(base);
  let fastest = null; // the GPU to beat
  let least = Infinity;
  let truth = null;
  for (const name of ["webgpu", "webgl"]) {
    if (!(await start(name, base))) continue;
    if (!isHardware()) {
      discard(name);
      continue;
    }
    if (safe && !truth) {
      await start(safe, base);
      truth = await gradient(tensors, CHECKED);
      least = await time(tensors);
      await start(name, base);
    }
    const trial = async () => {
      const found = await gradient(tensors, CHECKED);
      return !truth || agree(found, truth) ? time(tensors) : Infinity;
    };
    try {
      const ms = await Promise.race([trial(), late()]);
      if (ms < least) [fastest, least] = [name, ms];
    } catch {
      abandon(); // and with it all that was left of the trial
    }
  }
  const best = fastest ?? safe;
  for (const name of ["webgpu", "webgl", "wasm", "cpu"]) if (name !== best) discard(name);
  return best && (await start(best, base)) ? best : processor(base);
}

/** Start the fastest backend that needs no GPU. */
export async function processor(base) {
  for (const name of ["wasm", "cpu"]) if (await start(name, base)) return name;
  return null;
}

function late() {
  return new Promise((_, reject) => setTimeout(() => reject(new Error("late")), PATIENCE));
}

/** The gradient of a picture of noise, on the backend that is current. */
function gradient(tensors, size) {
  return scoped(async () => {
    const losses = new Losses(networkOf(tensors), noise(size, size, 1), noise(size, size, 2), async () => {});
    const found = await losses.evaluate(noise(size, size, 3), WEIGHTS);
    losses.dispose();
    return found.gradient;
  });
}

/** How long a gradient takes, in ms, once everything is compiled. */
async function time(tensors) {
  await gradient(tensors, TIMED);
  const begin = performance.now();
  await gradient(tensors, TIMED);
  return performance.now() - begin;
}

/** Whether two gradients are equal up to a thousandth of the largest number in them. */
export function agree(a, b) {
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return a.length === b.length && a.every((value, k) => Math.abs(value - b[k]) <= 1e-3 * largest);
}
