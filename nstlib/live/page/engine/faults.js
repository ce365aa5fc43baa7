// What can go wrong, and what the page says of it.

/** Something that a sentence for the user says in full. */
export class Fault extends Error {
  /** @param {string} kind "weights", "picture", "nan", "backend" or "lost" */
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

/** A new message has made a computation useless; nobody needs to hear of it. */
export class Interrupted extends Error {}

// What browsers say where memory runs out: Emscripten, JavaScript's arrays, WebGL's textures and WebGPU's buffers.
const MEMORY = /memory|allocat|OOM|texture size|array length|out of bounds/i;

/**
 * Return what the page is told of an error.
 *
 * @param {Error} error
 * @returns {{kind: string, message: string}}
 */
export function fault(error) {
  if (error instanceof Fault) return { kind: error.kind, message: error.message };
  const text = String(error?.message ?? error);
  if (MEMORY.test(text))
    return {
      kind: "memory",
      message: "There was not enough memory for a picture of this size; the last one is kept. Choose a smaller size.",
    };
  return { kind: "internal", message: `The computation failed (${text}); the last picture is kept.` };
}
