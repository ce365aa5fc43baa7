// What a user can set, and how a link holds it. Nothing here touches the page.

export const STYLE_LAYERS = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"];
export const CONTENT_LAYERS = [
  ...["relu1_1", "relu1_2", "relu2_1", "relu2_2"],
  ...["relu3_1", "relu3_2", "relu3_3", "relu3_4"],
  ...["relu4_1", "relu4_2", "relu4_3", "relu4_4", "relu5_1"],
];
export const PHOTOS = ["astronaut", "cat", "coffee", "rocket", "camera", "retina"];
export const PAINTINGS = [
  ...["night", "waves", "mosaic", "lilies", "sunset"],
  ...["dots", "woodcut", "marble", "cutpaper", "facets"],
];
export const SIZES = [128, 192, 256, 384, 512];
export const TV = [0, 0.5, 1, 2, 5, 10, 20, 50, 100];
export const OWN = "own"; // a picture of the user's, which no link can hold

/** The ends of the logarithmic sliders as powers of ten; at the lower end the weight is 0. */
export const RANGES = { alpha: [-2, 2], beta: [-1, 4] };
const STEP = 0.1;

/** The settings of a first visit. `layers` are factors: 1 each is the even share of `transfer_weights`. */
export const DEFAULTS = {
  photo: "astronaut",
  painting: "night",
  size: 256,
  start: "photo",
  seed: 0,
  content: "relu4_2",
  alpha: 1,
  beta: 100,
  layers: [1, 1, 1, 1, 1],
  tv: 5,
  gram: "relu3_1",
  entry: null,
};

/** The weight of each loss by its name, as `nstlib.style_transfer.transfer_weights` has them. */
export function weightsOf({ content, alpha, beta, layers, tv }) {
  const style = STYLE_LAYERS.map((layer, k) => [`style/${layer}`, (beta * layers[k]) / STYLE_LAYERS.length]);
  return { [`content/${content}`]: alpha, ...Object.fromEntries(style), tv };
}

/** The weight at a place of a logarithmic slider, with two significant digits. */
export function weightAt(place, [low, high]) {
  if (place < low + STEP / 2) return 0;
  return Number((10 ** Math.min(place, high)).toPrecision(2));
}

/** The place of a weight on a logarithmic slider. */
export function placeOf(weight, [low, high]) {
  if (weight <= 0) return low;
  return Math.min(high, Math.max(low + STEP, Math.round(Math.log10(weight) / STEP) * STEP));
}

/** The settings as the part of a link behind "#"; what is as usual, and the user's own files, are left out. */
export function encode(settings) {
  const parts = [];
  for (const [name, usual] of Object.entries(DEFAULTS)) {
    const value = settings[name];
    const text = Array.isArray(value) ? value.join(",") : String(value);
    const same = text === (Array.isArray(usual) ? usual.join(",") : String(usual));
    // The usual size depends on the device, so that a link always names it.
    if (value !== null && value !== OWN && (name === "size" || !same)) parts.push(`${name}=${text}`);
  }
  return parts.join("&");
}

/** The settings in a link, over `base`; what is missing or makes no sense is that of `base`. */
export function decode(hash, base = DEFAULTS) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const settings = { ...base, layers: [...base.layers] };
  const choose = (name, known) => known.includes(given.get(name)) && (settings[name] = given.get(name));
  choose("photo", PHOTOS);
  choose("painting", PAINTINGS);
  choose("start", ["photo", "noise"]);
  choose("content", CONTENT_LAYERS);
  choose("gram", STYLE_LAYERS);
  const number = (name, fits) => {
    const value = Number(given.get(name));
    if (given.get(name)?.trim() && fits(value)) settings[name] = value;
  };
  const within = (low, high) => (value) => value >= low && value <= high;
  number("size", (value) => SIZES.includes(value));
  number("seed", (value) => Number.isInteger(value) && within(0, 2 ** 31 - 1)(value));
  number("alpha", within(0, 10 ** RANGES.alpha[1]));
  number("beta", within(0, 10 ** RANGES.beta[1]));
  number("tv", (value) => TV.includes(value));
  const list = (name) => (given.get(name) ?? "").split(",").map((text) => (text.trim() ? Number(text) : NaN));
  const layers = list("layers");
  if (layers.length === STYLE_LAYERS.length && layers.every(within(0, 3))) settings.layers = layers;
  const entry = list("entry");
  if (entry.length === 2 && entry.every((value) => Number.isInteger(value) && within(0, 511)(value)))
    settings.entry = entry;
  return settings;
}

/** The tour that a link asks for, or null. */
export const tourIn = (hash) => new URLSearchParams(hash.replace(/^#/, "")).get("tour");

/** The size to begin with on a device: {memory in GB, cores, width of the window}, each perhaps undefined. */
export function usualSize({ memory = 8, cores = 4, width = 1280 }) {
  return memory < 4 || cores < 4 || width < 600 ? 192 : 256;
}

/** (width, height) with `side` as the longer one, in the ratio of a picture. */
export function fitted(width, height, side) {
  const scale = side / Math.max(width, height);
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}
