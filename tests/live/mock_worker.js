// A worker that says what the engine says, without any network: the page's tests stand on it. The picture
// drifts towards the painting's colors, as fast as β / (α + β) allows, and the matrices with it.
//
// tests/test_live_page.py replaces "none" by the kind of trouble that the worker is to make.
const FAULT = "none";
const LAYERS = [
  ...[
    ["relu1_1", 16, 1],
    ["relu2_1", 32, 2],
    ["relu3_1", 64, 4],
    ["relu4_1", 128, 8],
    ["relu5_1", 128, 16],
  ],
].map(([name, channels, stride]) => ({ name, channels, stride }));

let [content, style, image, index, running, run, weights, layer, entry, timer] = [];

const say = (message, ...buffers) => postMessage({ run, ...message }, buffers);
const beta = () =>
  Object.entries(weights).reduce((sum, [name, w]) => sum + (name.startsWith("style") ? w : 0), 0);
const alpha = () => Object.entries(weights).find(([name]) => name.startsWith("content"))[1];
const wave = (a, b) => Math.abs(Math.sin(12.9 * a + 78.2 * b) * 43.7) % 1;

/** How far the picture is on its way from the photo (0) to the painting (1). */
let far = 0;
const goal = () => beta() / (beta() + 20 * alpha() + 1e-9);

function losses() {
  const named = {};
  for (const name of Object.keys(weights)) {
    const k = Number(name.split("relu")[1]?.[0] ?? 1);
    named[name] = name.startsWith("content")
      ? far ** 2
      : name === "tv"
        ? 0.01 + 0.02 * far
        : (1 - far) ** 2 / k + 1e-3;
  }
  return named;
}

function show(ms) {
  const data = new Uint8ClampedArray(content.data);
  for (let k = 0; k < data.length; k += 4)
    for (let c = 0; c < 3; c++) data[k + c] += far * (style.data[(k % style.data.length) + c] - data[k + c]);
  image = { width: content.width, height: content.height, data };
  const named = losses();
  const total = Object.entries(named).reduce((sum, [name, value]) => sum + weights[name] * value, 0);
  const copy = new Uint8ClampedArray(data);
  say({ type: "step", index, ms, losses: named, total, image: { ...image, data: copy } }, copy.buffer);
  if (index % 4 === 0 || !running) details();
}

function details() {
  if (!layer) return;
  const { channels, stride } = LAYERS.find(({ name }) => name === layer);
  const gram = (seed) =>
    Float32Array.from({ length: channels ** 2 }, (_, k) => {
      const [i, j] = [Math.floor(k / channels), k % channels];
      return (
        3 * wave(i, seed) ** 3 * wave(j, seed) ** 3 * (0.5 + wave(i + j, i * j + seed)) + (i === j ? 0.5 : 0)
      );
    });
  const painting = gram(2);
  const photo = gram(1);
  const picture = photo.map((value, k) => value + far * (painting[k] - value));
  say({ type: "gram", layer, channels, picture, painting, index });
  if (entry?.layer !== layer) return;
  const [width, height] = [Math.ceil(content.width / stride), Math.ceil(content.height / stride)];
  const map = (from, k) =>
    Float32Array.from({ length: width * height }, (_, p) => {
      const [x, y] = [(p % width) * stride, Math.floor(p / width) * stride];
      const at = 4 * (Math.min(y, from.height - 1) * from.width + Math.min(x, from.width - 1));
      return Math.max(0, from.data[at + (k % 3)] / 255 - 0.1 * (k % 5));
    });
  const maps = (from) => {
    const [a, b] = [map(from, entry.i), map(from, entry.j)];
    return { a, b, product: a.map((value, k) => value * b[k]), width, height };
  };
  say({
    type: "maps",
    layer,
    i: entry.i,
    j: entry.j,
    width,
    height,
    picture: maps(image),
    painting: maps(style),
    index,
  });
}

function step() {
  index++;
  far += 0.06 * (goal() - far);
  show(40);
  if (FAULT === "nan" && index === 5)
    trouble("nan", "The loss is not a number any more; choose smaller weights.");
  if (FAULT === "lost" && index === 5) {
    say({
      type: "error",
      kind: "lost",
      message: "The graphics card was taken away; it goes on with the processor.",
    });
    say({ type: "ready", backend: "cpu", layers: LAYERS, bytes: 0 });
  }
  if (FAULT === "crash" && index === 5) throw new Error("made to fail");
}

function trouble(kind, message) {
  pace(false);
  say({ type: "error", kind, message });
}

function pace(on) {
  clearInterval(timer);
  running = on;
  if (on) timer = setInterval(step, 40);
  say({ type: "state", running });
}

onmessage = ({ data }) => {
  ({
    load: () => {
      if (FAULT === "weights") return trouble("weights", "The weights are cut short: load the page again.");
      if (FAULT === "backend") return trouble("backend", "This browser has neither WebGL nor WebAssembly.");
      say({ type: "progress", loaded: 1, total: 2 });
      say({ type: "ready", backend: "mock", layers: LAYERS, bytes: 1622704 });
    },
    pictures: () => ([content, style] = [data.content, data.style]),
    start: () => {
      [run, weights, index, far] = [data.run, data.weights, 0, data.init === "noise" ? 0.5 : 0];
      if (FAULT === "memory" && content.width >= 192)
        return trouble("memory", "There is not enough memory for this size.");
      say({ type: "started", width: content.width, height: content.height });
      running = false;
      show(0);
      pace(!data.paused);
    },
    resume: () => pace(true),
    pause: () => pace(false),
    step: () => step(),
    weights: () => (weights = data.weights),
    watch: () => ((layer = data.layer), content && weights && image && details()),
    entry: () => ((entry = data.layer ? data : null), content && image && details()),
  })[data.type]();
};
