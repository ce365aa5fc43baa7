// The map of styles. styles-data.js has made STYLES; the address says what is shown: #relu3_1/waves:1.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const LAYERS = ["all", ...Object.keys(STYLES.maps).filter(layer => layer !== "all")];
const SEEDS = 3; // of each painting, one after the other
const MARGIN = 0.08; // of the map, on each side
const part = id => document.getElementById(id);
const file = name => `sources/painting-${name.replace(":", "-")}.webp`;
const percent = share => `${Math.round(100 * share)} %`;

let shown = { layer: "all", name: STYLES.paintings[0], walk: 0 };

function make(tag, attributes = {}, ...children) {
  const drawn = ["svg", "polygon", "polyline", "circle"].includes(tag);
  const made = drawn ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// From the plane of the layer's map to parts of the square that is drawn.
function onSquare(layer) {
  const { points } = STYLES.maps[layer];
  const [xs, ys] = [0, 1].map(axis => points.map(point => point[axis]));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = (1 - 2 * MARGIN) / Math.max(right - left, bottom - top);
  return ([x, y]) => [0.5 + (x - (left + right) / 2) * scale, 0.5 + (y - (top + bottom) / 2) * scale];
}

function drawMap() {
  const { layer, walk } = shown, { points, kept } = STYLES.maps[layer];
  const place = onSquare(layer), spots = points.map(place);
  const svg = make("svg", { viewBox: "0 0 1 1", "aria-hidden": "true" });
  for (let k = 0; k < spots.length; k += SEEDS)
    svg.append(make("polygon", { class: "kin-hull", points: spots.slice(k, k + SEEDS).join(" ") }));
  const leg = STYLES.walks[walk];
  const ends = [leg.from, leg.to].map(name => spots[STYLES.paintings.indexOf(name)]);
  svg.append(make("polyline", { class: "leg", points: [ends[0], ...leg.mixtures[layer].map(place), ends[1]].join(" ") }));
  const dot = (kind, [cx, cy]) => make("circle", { class: kind, cx, cy, r: 0.009 });
  svg.append(...leg.mixtures[layer].map(point => dot("mixture", place(point))));
  svg.append(...leg.results[layer].map(point => dot("result", place(point))));
  part("map").querySelector("svg")?.remove();
  part("map").append(svg);
  spots.forEach(([x, y], k) => {
    const button = part("map").querySelectorAll(".place")[k];
    button.style.left = percent2(x);
    button.style.top = percent2(y);
  });
  const name = layer === "all" ? "all layers" : layer;
  part("kept").textContent = `${name}: this map keeps ${percent(kept)} of the squared distances. ` +
    "Rings: the mixtures of the walk below. Dots: where the pictures painted with them lie.";
}

function percent2(share) { return `${(100 * share).toFixed(2)}%`; }

function drawChosen() {
  const { layer, name } = shown, number = STYLES.paintings.indexOf(name);
  part("chosen-title").textContent = name;
  part("chosen").replaceChildren(make("img", { src: file(name), alt: `The bundled painting ${name}, whole.`, width: 256, height: 256 }));
  const far = STYLES.distances[layer][number];
  const near = far.map((value, k) => [value, k]).filter(([, k]) => k !== number).sort((a, b) => a[0] - b[0]).slice(0, 3);
  part("near").replaceChildren(...near.map(([value, k]) => {
    const other = STYLES.paintings[k];
    const button = make("button", { type: "button" },
      make("img", { src: file(other), alt: `The bundled painting ${other}.`, width: 84, height: 84 }), `${other}: ${value.toFixed(2)}`);
    button.addEventListener("click", () => choose({ name: other }));
    return make("li", {}, button);
  }));
  [...part("map").querySelectorAll(".place")].forEach((button, k) => {
    button.setAttribute("aria-checked", k === number);
    button.tabIndex = k === number ? 0 : -1;
  });
  for (const button of part("layers").children) {
    button.setAttribute("aria-checked", button.dataset.layer === layer);
    button.tabIndex = button.dataset.layer === layer ? 0 : -1;
  }
}

function drawWalk() {
  const leg = STYLES.walks[shown.walk];
  part("walks").value = shown.walk;
  part("strip").replaceChildren(...STYLES.shares.map(share => {
    const end = share === 0 ? leg.from : leg.to;
    const picture = share % 1 ? `walks/${leg.from}-${leg.to}-${100 * share}.webp` : `walks/${end}.webp`;
    const words = share % 1 ? `${percent(1 - share)} ${leg.from}, ${percent(share)} ${leg.to}` : `${end} alone`;
    const alt = `A photo of an ${STYLES.content}, painted in the style: ${words}.`;
    return make("figure", {}, make("img", { src: picture, alt, width: 192, height: 192 }), make("figcaption", {}, words));
  }));
  part("walk-words").textContent =
    "On the map above the rings lie where the mixed Gram matrices are, and the dots where those of the painted pictures are. " +
    "The dots lie near the rings, so the pictures have nearly the styles that were asked for, although they also have to keep " +
    "the content of the photo.";
}

function draw() { drawMap(); drawChosen(); drawWalk(); }

function choose(change) {
  shown = { ...shown, ...change };
  history.replaceState(null, "", `#${shown.layer}/${shown.name}`);
  draw();
}

// Arrow keys in a row of buttons, of which one is chosen; on the map they go to the nearest in that direction.
function arrows(event, next) {
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  if (!(event.key in moves) || event.target.getAttribute("role") !== "radio") return;
  event.preventDefault();
  const button = next(event.target, ...moves[event.key]);
  if (button) { button.click(); button.focus(); }
}

function nearest(button, right, down) {
  const middle = one => [parseFloat(one.style.left), parseFloat(one.style.top)];
  const [x, y] = middle(button);
  let best = null, least = Infinity;
  for (const other of part("map").querySelectorAll(".place")) {
    const [dx, dy] = [middle(other)[0] - x, middle(other)[1] - y];
    const along = dx * right + dy * down, aside = Math.abs(dx * down + dy * right);
    if (other !== button && along > 0 && aside <= 2 * along && along + 2 * aside < least) [best, least] = [other, along + 2 * aside];
  }
  return best;
}

function begin() {
  for (const layer of LAYERS) {
    const button = make("button", { type: "button", role: "radio", "data-layer": layer }, layer === "all" ? "all layers" : layer);
    button.addEventListener("click", () => choose({ layer }));
    part("layers").append(button);
  }
  for (const name of STYLES.paintings) {
    const button = make("button", { type: "button", role: "radio", class: "place", "aria-label": `painting ${name}`, title: name });
    button.style.backgroundImage = `url(${file(name)})`;
    button.addEventListener("click", () => choose({ name }));
    part("map").append(button);
  }
  STYLES.walks.forEach((leg, k) => part("walks").append(make("option", { value: k }, `${leg.from} to ${leg.to}`)));
  part("walks").addEventListener("change", event => choose({ walk: Number(event.target.value) }));
  part("map").addEventListener("keydown", event => arrows(event, nearest));
  part("layers").addEventListener("keydown", event => arrows(event, (button, right, down) =>
    right + down > 0 ? button.nextElementSibling : button.previousElementSibling));
  addEventListener("hashchange", read);
  read();
}

function read() {
  const [layer, name] = location.hash.slice(1).split("/");
  if (LAYERS.includes(layer)) shown.layer = layer;
  if (STYLES.paintings.includes(name)) shown.name = name;
  draw();
}

begin();
