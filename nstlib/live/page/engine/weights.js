// The weights of the network, read from a safetensors file: a JSON header of known length, then the numbers.

import { Fault } from "./faults.js";

const LONGEST = 1_000_000n; // bytes of a header; more means that the file is something else

/**
 * Read all tensors of a safetensors file. They must be of 16 or 32 bits a number, as ours are.
 *
 * @param {ArrayBuffer} buffer the whole file
 * @returns {{bytes: number, metadata: Object<string, string>, tensors: Map<string, {shape: number[], data: Float32Array}>}}
 * @throws {Fault} if the file is cut short, or is something else
 */
export function readSafetensors(buffer) {
  const view = new DataView(buffer);
  const length = buffer.byteLength < 8 ? 0n : view.getBigUint64(0, true);
  if (length === 0n || length > LONGEST) throw unreadable("it has no header of safetensors");
  const start = 8 + Number(length);
  if (start > buffer.byteLength) throw cutShort(buffer.byteLength, start);
  const { __metadata__: metadata = {}, ...entries } = headerOf(new Uint8Array(buffer, 8, Number(length)));
  const ends = Object.values(entries).map(({ data_offsets }) => start + data_offsets[1]);
  if (!ends.length) throw unreadable("there are no tensors in it");
  if (Math.max(...ends) > buffer.byteLength) throw cutShort(buffer.byteLength, Math.max(...ends));
  const tensors = new Map();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(entries)) {
    const [from, to] = data_offsets.map((offset) => start + offset);
    tensors.set(name, { shape, data: numbers(view, dtype, from, to) });
  }
  return { bytes: buffer.byteLength, metadata, tensors };
}

function headerOf(bytes) {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw unreadable("its header is damaged");
  }
}

function unreadable(reason) {
  return new Fault(
    "weights",
    `The file with the network's weights cannot be used, because ${reason}; reload the page.`,
  );
}

function cutShort(...counts) {
  const [bytes, all] = counts.map((count) => count.toLocaleString("en"));
  return new Fault(
    "weights",
    `The file with the network's weights is cut short: ${bytes} of ${all} bytes; reload the page.`,
  );
}

function numbers(view, dtype, from, to) {
  const size = { F16: 2, F32: 4 }[dtype];
  if (!size) throw unreadable(`its numbers are ${dtype}`);
  const read = size === 2 ? (at) => fromHalf(view.getUint16(at, true)) : (at) => view.getFloat32(at, true);
  return Float32Array.from({ length: (to - from) / size }, (_, k) => read(from + size * k));
}

/**
 * Return the number that 16 bits stand for (IEEE 754 binary16). Not all browsers have DataView.getFloat16.
 *
 * @param {number} bits 0 to 65535
 */
export function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
