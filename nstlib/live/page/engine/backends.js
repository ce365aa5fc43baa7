// Where the tensors are computed: on the GPU by WebGPU or WebGL, on the processor by WebAssembly, or in JavaScript.

import * as tf from "../lib/tf.js";

// Drivers that imitate a GPU on the processor, slower than WebAssembly is there.
const IMITATIONS = /swiftshader|llvmpipe|softpipe|software|basic render/i;

// Bytes: beyond that, textures that are not in use are freed, and not kept for pictures of the same size.
const TEXTURES = 2 ** 29;

const MODULES = {
  webgpu: () => import("../lib/webgpu.js"),
  webgl: () => import("../lib/webgl.js"),
  wasm: () => import("../lib/wasm.js"),
  cpu: () => import("../lib/cpu.js"),
};

/**
 * Make a backend the current one.
 *
 * @param {string} name "webgpu", "webgl", "wasm" or "cpu"
 * @param {string} base the address of the page's folder
 * @returns {Promise<boolean>} whether it works here, with numbers of 32 bits
 */
export async function start(name, base) {
  try {
    if (name === "webgpu" && !(await navigator.gpu?.requestAdapter())) return false;
    const module = await MODULES[name]();
    if (name === "wasm") module.setWasmPaths(`${base}lib/`);
    if (name === "webgl") {
      if (!tf.env().getBool("WEBGL_RENDER_FLOAT32_CAPABLE")) return false;
      tf.env().set("WEBGL_DELETE_TEXTURE_THRESHOLD", TEXTURES);
    }
    return await tf.setBackend(name);
  } catch {
    return false;
  }
}

/** Whether a GPU is behind the current backend, and not a program that imitates one. */
export function isHardware() {
  const backend = tf.backend();
  if (tf.getBackend() === "webgl") {
    const { gl } = backend.gpgpu;
    const info = gl.getExtension("WEBGL_debug_renderer_info");
    return !IMITATIONS.test(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  }
  const { vendor = "", architecture = "", device = "", description = "" } = backend.adapterInfo ?? {};
  return !IMITATIONS.test([vendor, architecture, device, description].join(" "));
}

/** Return a promise that resolves when the current backend loses its device; that of a processor never does. */
export function loss() {
  const backend = tf.backend();
  if (tf.getBackend() === "webgpu") return backend.device.lost;
  if (tf.getBackend() !== "webgl") return new Promise(() => {});
  return new Promise((resolve) => backend.gpgpu.gl.canvas.addEventListener("webglcontextlost", resolve));
}

/**
 * In how many threads the backend "wasm" computes: half as many as there are logical cores, at most 8, and one where
 * the server does not isolate the page.
 */
export async function threadsUsed() {
  return (await MODULES.wasm()).getThreadsCount();
}

/** Free what a backend holds. It can be started again. */
export function discard(name) {
  const engine = tf.engine();
  if (!(name in engine.registry)) return;
  engine.disposeRegisteredKernels(name);
  engine.registry[name].dispose();
  delete engine.registry[name];
}

/** Forget all backends with all their tensors, also one that was lost. */
export function abandon() {
  try {
    tf.engine().reset();
  } catch {
    // A lost device may refuse to be tidied up; nothing of it is used again.
  }
}
