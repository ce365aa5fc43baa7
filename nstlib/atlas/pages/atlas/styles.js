// The map of styles. styles-data.js has made STYLES; the address says what is shown:
// #relu3_1/waves:1/waves-night.
"use strict";

const LAYERS = ["all", ...Object.keys(STYLES.maps).filter(layer => layer !== "all")];
const SEEDS = 3; // of each painting, one after the other
const MARGIN = 0.08; // of the map, on each side
const file = name => `sources/painting-${name.replace(":", "-")}.webp`;
const percent = share => `${Math.round(100 * share)} %`;

const PAINTERS = STYLES.paintings.filter(name => !name.includes(":"));

let shown = { layer: "all", name: STYLES.paintings[0], from: PAINTERS[0], to: PAINTERS[1] };

// From the plane of the layer's map to parts of the square that is drawn.
function onSquare(layer) {
  const { points } = STYLES.maps[layer];
  const [xs, ys] = [0, 1].map(axis => points.map(point => point[axis]));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = (1 - 2 * MARGIN) / Math.max(right - left, bottom - top);
  return ([x, y]) => [0.5 + (x - (left + right) / 2) * scale, 0.5 + (y - (top + bottom) / 2) * scale];
}

// The walk that is shown. The data have every walk in one direction only.
function walk() {
  const { from, to } = shown, backward = PAINTERS.indexOf(from) > PAINTERS.indexOf(to);
  const [first, second] = backward ? [to, from] : [from, to];
  const found = STYLES.walks.find(one => one.from === first && one.to === second);
  const between = STYLES.shares.slice(1, -1).map(share => `${first}-${second}-${100 * share}`);
  const turned = list => backward ? [...list].reverse() : list;
  return {
    files: [from, ...turned(between), to],
    mixtures: layer => turned(found.mixtures[layer]),
    results: layer => turned(found.results[layer]),
  };
}

function drawMap() {
  const { layer, from, to } = shown, { points, kept } = STYLES.maps[layer], path = walk();
  const place = onSquare(layer), spots = points.map(place);
  const svg = make("svg", { viewBox: "0 0 1 1", "aria-hidden": "true" });
  for (let k = 0; k < spots.length; k += SEEDS)
    svg.append(make("polygon", { class: "kin-hull", points: spots.slice(k, k + SEEDS).join(" ") }));
  const [begin, end] = [from, to].map(name => spots[STYLES.paintings.indexOf(name)]);
  const mixtures = path.mixtures(layer).map(place), results = path.results(layer).map(place);
  svg.append(make("polyline", { class: "leg", points: [begin, ...mixtures, end].join(" ") }));
  const dot = (kind, [cx, cy]) => make("circle", { class: kind, cx, cy, r: 0.009 });
  svg.append(...mixtures.map(point => dot("mixture", point)), ...results.map(point => dot("result", point)));
  part("map").querySelector("svg")?.remove();
  part("map").append(svg);
  spots.forEach(([x, y], k) => {
    const button = part("map").querySelectorAll(".place")[k];
    button.style.left = `${(100 * x).toFixed(2)}%`;
    button.style.top = `${(100 * y).toFixed(2)}%`;
  });
  const name = layer === "all" ? "all layers" : layer;
  part("kept").textContent = `${name}: this map keeps ${percent(kept)} of the squared distances. ` +
    "Rings: the mixtures of the walk below. Dots: where the pictures painted with them lie.";
}

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
  const { from, to } = shown;
  part("from").value = from;
  part("to").value = to;
  part("strip").replaceChildren(...walk().files.map((file, k) => {
    const share = STYLES.shares[k];
    const words = share % 1 ? `${percent(1 - share)} ${from}, ${percent(share)} ${to}` : `${share ? to : from} alone`;
    const alt = `A photo of an ${STYLES.content}, painted in the style: ${words}.`;
    return make("figure", {}, make("img", { src: `walks/${file}.webp`, alt, width: 192, height: 192 }), make("figcaption", {}, words));
  }));
}

// Between a painter and itself there is no walk: choosing the same painter twice swaps the two.
function go(end, name) {
  const other = end === "from" ? "to" : "from";
  choose({ [end]: name, ...(shown[other] === name ? { [other]: shown[end] } : {}) });
}

function draw() { drawMap(); drawChosen(); drawWalk(); }

function choose(change) {
  shown = { ...shown, ...change };
  history.replaceState(null, "", `#${shown.layer}/${shown.name}/${shown.from}-${shown.to}`);
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
  for (const end of ["from", "to"]) {
    part(end).append(...PAINTERS.map(name => make("option", {}, name)));
    part(end).addEventListener("change", event => go(end, event.target.value));
    part(`walk-${end}`).addEventListener("click", () => go(end, shown.name.split(":")[0]));
  }
  part("map").addEventListener("keydown", event => arrows(event, nearest));
  part("layers").addEventListener("keydown", event => arrows(event, (button, right, down) =>
    right + down > 0 ? button.nextElementSibling : button.previousElementSibling));
  addEventListener("hashchange", read);
  read();
}

function read() {
  const [layer, name, ends] = location.hash.slice(1).split("/"), [from, to] = (ends ?? "").split("-");
  if (LAYERS.includes(layer)) shown.layer = layer;
  if (STYLES.paintings.includes(name)) shown.name = name;
  if (from !== to && PAINTERS.includes(from) && PAINTERS.includes(to)) Object.assign(shown, { from, to });
  draw();
}

begin();
