// The parts of the live page that need no page. tests/test_live_page.py runs this beside a copy of the modules.

import assert from "node:assert/strict";
import test from "node:test";

import { TABLES, largest, paint, paintDifference, signedLog } from "./colors.js";
import { curvePath, decades, ticks } from "./curves.js";
import { spread, thinned, wanted } from "./film.js";
import { History } from "./history.js";
import * as settings from "./settings.js";
import { backendWords, entryWords, number, stateWords, tellingEntry } from "./words.js";

const { DEFAULTS, OWN, RANGES, decode, encode, fitted, placeOf, weightAt, weightsOf } = settings;

test("a link gives back the settings", () => {
  const some = {
    ...DEFAULTS,
    ...{ photo: "cat", painting: "waves", size: 384, start: "noise", seed: 7, content: "relu3_1" },
    ...{ alpha: 0.25, beta: 1600, layers: [0, 1, 2.5, 0.1, 3], tv: 0.5, gram: "relu5_1", entry: [3, 120] },
  };
  assert.deepEqual(decode(`#${encode(some)}`), some);
  assert.deepEqual(decode(encode(DEFAULTS)), DEFAULTS);
});

test("every weight that a slider gives survives the link", () => {
  for (const [name, range] of Object.entries(RANGES))
    for (let place = range[0]; place <= range[1] + 1e-9; place += 0.1) {
      const weight = weightAt(place, range);
      assert.equal(decode(encode({ ...DEFAULTS, [name]: weight }))[name], weight);
      assert.ok(Math.abs(placeOf(weight, range) - place) < 0.051, `${weight} at ${place}`);
    }
});

test("the lower end of a slider is no weight at all", () => {
  assert.equal(weightAt(RANGES.beta[0], RANGES.beta), 0);
  assert.equal(placeOf(0, RANGES.beta), RANGES.beta[0]);
  assert.equal(weightAt(2, RANGES.beta), 100);
});

test("a link never names the user's own pictures, and leaves out what is usual", () => {
  assert.equal(encode({ ...DEFAULTS, photo: OWN }), "size=256");
});

test("nonsense in a link is left alone", () => {
  const bad =
    "#photo=own&painting=../secret&size=9999&start=x&seed=-1&seed=1.5&content=conv9_9&alpha=-1&beta=1e9&" +
    "layers=1,2&tv=7&gram=relu4_2&entry=1,2,3&entry=a,b&unknown=1&alpha=";
  assert.deepEqual(decode(bad), DEFAULTS);
  assert.deepEqual(decode("#layers=1,,1,1,1&entry=-1,2"), DEFAULTS);
  assert.deepEqual(decode(""), DEFAULTS);
});

test("decoding does not change the defaults", () => {
  decode("#layers=0,0,0,0,0").layers[0] = 5;
  assert.deepEqual(DEFAULTS.layers, [1, 1, 1, 1, 1]);
});

test("the layers share the style weight", () => {
  const weights = weightsOf({ ...DEFAULTS, beta: 50, layers: [0, 1, 2, 1, 1] });
  assert.equal(weights["style/relu1_1"], 0);
  assert.equal(weights["style/relu3_1"], 20);
  assert.equal(weights["content/relu4_2"], 1);
  assert.equal(weights.tv, 5);
});

test("a picture keeps its ratio, and no side vanishes", () => {
  assert.deepEqual(fitted(640, 427, 256), [256, 171]);
  assert.deepEqual(fitted(2, 1000, 128), [1, 128]);
});

test("a small device begins with a small picture", () => {
  assert.equal(settings.usualSize({ memory: 8, cores: 8, width: 1280 }), 256);
  assert.equal(settings.usualSize({ memory: 2, cores: 8, width: 1280 }), 192);
  assert.equal(settings.usualSize({ width: 390 }), 192);
});

test("the logarithmic scale is odd, monotonic and bounded", () => {
  assert.equal(signedLog(0, 2), 0);
  assert.equal(signedLog(2, 2), 1);
  assert.equal(signedLog(-50, 2), -1);
  let before = -1;
  for (let value = -2; value <= 2; value += 0.01) {
    const here = signedLog(value, 2);
    assert.ok(here >= before);
    assert.ok(Math.abs(here + signedLog(-value, 2)) < 1e-12);
    before = here;
  }
});

test("colors go through the whole table, and no difference is the middle", () => {
  const pixels = new Uint32Array(3);
  paint(pixels, Float32Array.of(0, 0.5, 1), { limit: 1 });
  assert.deepEqual([...pixels], [0, 128, 255].map((k) => TABLES.magma[k]));
  paintDifference(pixels, Float32Array.of(1, 0, 0.5), Float32Array.of(0, 1, 0.5), { limit: 1 });
  assert.deepEqual([...pixels], [255, 0, 128].map((k) => TABLES.berlin[k]));
  assert.equal(largest(Float32Array.of(1, -3), Float32Array.of(NaN, 2)), 3);
  paint(pixels, Float32Array.of(0, 0, 0), { limit: 0 });
  assert.equal(pixels[0], TABLES.magma[0]);
});

test("a film of any length keeps few frames, evenly spread, with the first", () => {
  let [frames, stride] = [[], 1];
  for (let index = 0; index < 3000; index++) {
    if (!wanted(index, stride)) continue;
    ({ frames, stride } = thinned([...frames, { index }], stride, 60));
    assert.ok(frames.length <= 60);
  }
  assert.ok(frames.length > 30);
  assert.equal(frames[0].index, 0);
  frames.forEach((frame, k) => assert.equal(frame.index, k * stride));
});

test("thumbnails have the first and the last frame", () => {
  assert.deepEqual(spread(3, 9), [0, 1, 2]);
  const places = spread(60, 9);
  assert.deepEqual([places[0], places.at(-1), places.length], [0, 59, 9]);
});

test("a curve has gaps where there is no logarithm, few points, and its end", () => {
  const path = curvePath([0, 1, 2, NaN, 4], (k) => k, (value) => value);
  assert.equal(path, "M1.0 1.0L2.0 2.0M4.0 4.0");
  const long = curvePath(Array.from({ length: 5001 }, (_, k) => k + 1), (k) => k, (value) => value, 100);
  assert.ok((long.match(/[ML]/g) ?? []).length <= 102);
  assert.ok(long.endsWith("L5000.0 5001.0"));
});

test("the axis holds all values and has a few round ticks", () => {
  for (const values of [[1e-4, 30], [5, 5.1], [0, NaN], [2e-9, 1e12]]) {
    const [low, high] = decades(values);
    assert.ok(high - low >= 0.5 - 1e-12);
    for (const value of values) if (value > 0) assert.ok(Math.log10(value) >= low && Math.log10(value) <= high);
    const found = ticks(low, high);
    assert.ok(found.length >= 1 && found.length <= 7, `${values}: ${found}`);
  }
});

test("a run's losses are curves of equal length, and whoever waits hears of a step", async () => {
  const history = new History();
  let heard = 0;
  const one = history.reached(1).then(() => heard++);
  history.add({ index: 0, ms: 0, losses: { a: 1 }, total: 1 });
  assert.equal(heard, 0);
  history.add({ index: 1, ms: 100, losses: { a: 0.5, b: 2 }, total: 2.5 });
  await one;
  assert.equal(heard, 1);
  assert.deepEqual(history.curves, { a: [1, 0.5], total: [1, 2.5], b: [NaN, 2] });
  assert.equal(history.pace, 100);
  const late = history.reached(50);
  history.release();
  await late;
});

test("words about entries", () => {
  const [picture, painting] = [Float32Array.of(1, 0, 0, 1), Float32Array.of(4, 4, 4, 4)];
  assert.match(entryWords(0, 1, picture, painting, 2), /G\[0, 1\] is 0 in the picture and 4 in .* same places/);
  assert.match(entryWords(1, 1, picture, painting, 2), /how strongly/);
  assert.match(entryWords(0, 1, picture, Float32Array.of(0, 0, 0, 1), 2), /silent/);
  assert.deepEqual(tellingEntry(picture, painting, 2), [0, 1]);
  assert.deepEqual(tellingEntry(Float32Array.of(1), Float32Array.of(1), 1), [0, 0]);
  assert.equal(number(-0.01234), "−0.0123");
  assert.match(stateWords("paused", 500, 500), /500 steps and paused/);
  assert.match(backendWords("wasm", 2), /WebAssembly in 2 threads/);
  assert.match(backendWords("cpu", 1), /JavaScript\.$/);
});
