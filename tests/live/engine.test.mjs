// The parts of the live page's engine that need no network. tests/test_live_page_engine.py runs this beside a copy
// of the modules.

import assert from "node:assert/strict";
import test from "node:test";

import { Adam } from "./adam.js";
import { Fault, fault } from "./faults.js";
import { fromBytes, noise, toBytes, totalVariation } from "./pixels.js";
import { fromHalf, readSafetensors } from "./weights.js";

/** A safetensors file with such a header (a text, or entries), and so many bytes of numbers. */
function file(header, bytes = 0) {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const buffer = new ArrayBuffer(8 + text.length + bytes);
  new DataView(buffer).setBigUint64(0, BigInt(text.length), true);
  new Uint8Array(buffer, 8).set(text);
  return buffer;
}

/** Reading the file must fail with a sentence that has such words. */
function refuses(buffer, words) {
  assert.throws(() => readSafetensors(buffer), { kind: "weights", message: words });
}

test("tensors of 16 and of 32 bits are read, and the metadata", () => {
  const entries = {
    half: { dtype: "F16", shape: [2], data_offsets: [0, 4] },
    full: { dtype: "F32", shape: [1, 2], data_offsets: [4, 12] },
  };
  const buffer = file({ __metadata__: { padding: "replicate" }, ...entries }, 12);
  const view = new DataView(buffer, buffer.byteLength - 12);
  view.setUint16(0, 0x3c00, true); // 1
  view.setUint16(2, 0xc100, true); // -2.5
  view.setFloat32(4, 0.1, true);
  view.setFloat32(8, -1e-30, true);
  const { metadata, tensors, bytes } = readSafetensors(buffer);
  assert.deepEqual(metadata, { padding: "replicate" });
  assert.deepEqual(tensors.get("half"), { shape: [2], data: Float32Array.of(1, -2.5) });
  assert.deepEqual(tensors.get("full"), { shape: [1, 2], data: Float32Array.of(0.1, -1e-30) });
  assert.equal(bytes, buffer.byteLength);
});

test("16 bits: zero, the smallest, the largest, and what is no number", () => {
  assert.equal(fromHalf(0), 0);
  assert.ok(Object.is(fromHalf(0x8000), -0));
  assert.equal(fromHalf(1), 2 ** -24);
  assert.equal(fromHalf(0x03ff), 1023 * 2 ** -24);
  assert.equal(fromHalf(0x0400), 2 ** -14);
  assert.equal(fromHalf(0x7bff), 65504);
  assert.equal(fromHalf(0xfc00), -Infinity);
  assert.ok(Number.isNaN(fromHalf(0x7e00)));
});

test("a file that is cut short, wherever, is refused with a sentence", () => {
  const whole = file({ a: { dtype: "F16", shape: [8], data_offsets: [0, 16] } }, 16);
  readSafetensors(whole);
  for (let length = 0; length < whole.byteLength; length++) refuses(whole.slice(0, length), /cut short|no header/);
  refuses(whole.slice(0, -1), /cut short: 78 of 79 bytes/);
});

test("something else in place of the weights is refused", () => {
  refuses(new TextEncoder().encode("<!doctype html><title>404</title>").buffer, /no header/);
  refuses(file("{no JSON"), /damaged/);
  refuses(file({ a: { dtype: "F64", shape: [1], data_offsets: [0, 8] } }, 8), /F64/);
  refuses(file({}), /no tensors/);
});

test("bytes become pixels and come back, without their transparency", () => {
  const data = Uint8ClampedArray.from({ length: 4 * 256 }, (_, k) => (k % 4 === 3 ? 7 : k >> 2));
  const pixels = fromBytes({ width: 16, height: 16, data });
  assert.equal(pixels.data.length, 3 * 256);
  assert.ok(Math.abs(pixels.data[3 * 51] - 0.2) < 1e-7);
  assert.deepEqual(
    toBytes(pixels).data,
    data.map((value, k) => (k % 4 === 3 ? 255 : value)),
  );
});

test("noise is that of its seed, faint, and around middle gray", () => {
  const { data } = noise(64, 48, 5);
  assert.deepEqual(data, noise(64, 48, 5).data);
  assert.notDeepEqual(data, noise(64, 48, 6).data);
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const spread = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
  assert.ok(Math.abs(mean - 0.5) < 0.005, `mean ${mean}`);
  assert.ok(Math.abs(spread - 0.1) < 0.005, `spread ${spread}`);
});

test("the gradient of the total variation is that of its differences", () => {
  const pixels = noise(5, 4, 1);
  const { value, gradient } = totalVariation(pixels);
  assert.equal(totalVariation({ width: 3, height: 3, data: new Float32Array(27).fill(0.3) }).value, 0);
  for (let k = 0; k < pixels.data.length; k++) {
    const data = Float64Array.from(pixels.data); // a Float32Array would round the step away
    data[k] += 1e-4;
    const above = totalVariation({ ...pixels, data }).value;
    data[k] -= 2e-4;
    const slope = (above - totalVariation({ ...pixels, data }).value) / 2e-4;
    assert.ok(Math.abs(slope - gradient[k]) < 1e-5, `${slope} and ${gradient[k]}`);
  }
  assert.ok(value > 0);
});

test("Adam goes the same way in other units of the loss", () => {
  const ways = [1, 10].map((factor) => {
    const [adam, pixels] = [new Adam(0.02), Float32Array.of(0.5, 0.4, 0.3)];
    for (let k = 0; k < 8; k++) {
      const unit = k < 4 ? 1 : factor;
      if (k === 4) adam.rescale(factor);
      adam.step(pixels, pixels.map((value, j) => unit * (value - 0.1 * j + 0.05 * Math.sin(k))));
    }
    return pixels;
  });
  ways[0].forEach((value, k) => assert.ok(Math.abs(value - ways[1][k]) < 1e-6));
});

test("Adam's first step is the rate, whatever the units of the loss, and stays in [0, 1]", () => {
  for (const unit of [1e-12, 1, 1e12]) {
    const pixels = Float32Array.of(0.5, 0.5, 0.005, 0.995);
    new Adam(0.02).step(pixels, Float32Array.of(unit, -3 * unit, 2 * unit, -unit));
    for (const [k, right] of [0.48, 0.52, 0, 1].entries()) assert.ok(Math.abs(pixels[k] - right) < 1e-6, `${pixels}`);
  }
});

test("what browsers say of memory becomes a sentence about it", () => {
  assert.equal(fault(new RangeError("Array buffer allocation failed")).kind, "memory");
  assert.equal(fault(new WebAssembly.RuntimeError("memory access out of bounds")).kind, "memory");
  assert.equal(fault(new Fault("nan", "so")).message, "so");
  assert.match(fault(new TypeError("x is undefined")).message, /x is undefined/);
});
