// Sentences about Gram matrices and runs.

/** A number with up to three digits: 0.0123, 1.5, 240. */
export function number(value) {
  if (!Number.isFinite(value)) return "not a number";
  const text = String(Number(value.toPrecision(3)));
  return (/e/.test(text) ? value.toExponential(1) : text).replace("-", "−");
}

/** How two maps go together, from the cosine of their angle (their correlation about zero). */
export function alike(cosine) {
  if (cosine >= 0.8) return "fire in the same places";
  if (cosine >= 0.5) return "often fire in the same places";
  if (cosine >= 0.2) return "share some of their places";
  return cosine >= 0.02 ? "seldom fire in the same place" : "never fire in the same place";
}

/** What an entry (i, j) means in the picture that is painted, with its Gram matrix, and in the painting. */
export function entryWords(i, j, picture, painting, channels) {
  const [mine, theirs] = [picture, painting].map((gram) => gram[i * channels + j]);
  const of = `G[${i}, ${j}] is ${number(mine)} in the picture and ${number(theirs)} in the painting. `;
  if (i === j) return `${of}The diagonal holds the mean square of one channel: how strongly it fires.`;
  const root = Math.sqrt(painting[i * channels + i] * painting[j * channels + j]);
  if (!(root > 0)) return `${of}One of the two channels is silent in the painting.`;
  return `${of}In the painting the two channels ${alike(theirs / root)}.`;
}

/** A telling entry to begin with: two strong channels whose correlation differs most between the pictures. */
export function tellingEntry(picture, painting, channels) {
  const size = (gram, k) => Math.sqrt(Math.max(0, gram[k * channels + k]));
  const strong = Array.from({ length: channels }, (_, k) => k)
    .sort((a, b) => size(painting, b) * size(picture, b) - size(painting, a) * size(picture, a))
    .slice(0, Math.max(2, Math.round(channels / 3)));
  let [best, most] = [[0, Math.min(1, channels - 1)], -1];
  for (const i of strong)
    for (const j of strong) {
      if (i >= j) continue;
      const cosine = (gram) => gram[i * channels + j] / Math.max(size(gram, i) * size(gram, j), 1e-30);
      const gap = Math.abs(cosine(picture) - cosine(painting)) * Math.sqrt(Math.max(0, cosine(painting)));
      if (gap > most) [best, most] = [[i, j], gap];
    }
  return best;
}

/** Seconds or milliseconds in words. */
export const duration = (ms) => (ms < 950 ? `${Math.round(ms / 10) * 10} ms` : `${(ms / 1000).toFixed(1)} s`);

/** What the page is doing, after `index` steps; at every `most` it has paused by itself. */
export function stateWords(phase, index, most) {
  if (phase === "paused" && index)
    return index % most
      ? `Paused after step ${index}.`
      : `It has made ${index} steps and paused. Press Go on for more.`;
  return {
    loading: "Loading the network (1.6 MB).",
    preparing: "Looking at both pictures.",
    running: "Painting. Move the weights and see what happens.",
    paused: "Ready. Press Start, and move the weights while it paints.",
    broken: "Nothing can be painted at the moment.",
  }[phase];
}

/** Where it computes. */
export function backendWords(backend, threads = 1) {
  const names = { webgpu: "WebGPU", webgl: "WebGL", wasm: "WebAssembly", cpu: "JavaScript" };
  return `Computing with ${names[backend] ?? backend}${threads > 1 ? ` in ${threads} threads` : ""}.`;
}

/** What the picture shows, for those who cannot see it. */
export function pictureWords({ photo, painting }, index) {
  const [shown, style] = [
    photo === "own" ? "your photo" : photo,
    painting === "own" ? "your painting" : painting,
  ];
  return index
    ? `${shown} in the style of ${style}, after ${index} steps`
    : `${shown}, before the first step`;
}
