// The atlas of the network. data.js has made ATLAS; the address says what is shown: #relu3_1/17.
"use strict";

const KINDS = { photo: "photos", painting: "paintings", canvas: "canvases" };
const NETWORKS = ["trained", "formula", "random"];
const CALLED = { trained: "trained", formula: "by formula", random: "random" };
const LAYERS = Object.keys(ATLAS.layers);

let shown = { layer: "", channel: 0 };

/* Pictures */

// A part of a larger picture, as an image of its own. box: [left, top, width, height] in pixels.
function cutout(file, size, box, label, frame = null, pixelated = false) {
  const image = make("image", { href: file, width: size[0], height: size[1] });
  if (pixelated) image.setAttribute("class", "pixels");
  const svg = make("svg", { viewBox: box.join(" "), role: "img", "aria-label": label }, image);
  for (const kind of frame ? ["under", "over"] : []) {
    const [x, y, width, height] = frame;
    svg.append(make("rect", { x, y, width, height, class: `frame ${kind}` }));
  }
  return svg;
}

function rows(count) { return Math.ceil(count / ATLAS.columns); }

// The picture that was painted for a channel; `place` is where it lies on the sprite.
function painted(layer, place, count, label, { network = "trained", frame = null } = {}) {
  const { side } = ATLAS.layers[layer], { columns } = ATLAS;
  const left = (place % columns) * side, top = Math.floor(place / columns) * side;
  const file = network === "trained" ? `${layer}.webp` : `${layer}-${network}.webp`;
  const box = frame && [left + (side - frame) / 2, top + (side - frame) / 2, frame, frame];
  return cutout(file, [columns * side, rows(count) * side], [left, top, side, side], label, box, side <= 48);
}

/* The layers and their channels */

function drawLayers() {
  for (const block of "12345") {
    const some = LAYERS.filter(layer => layer[4] === block);
    part("layers").append(make("span", {}, ...some.map(layer =>
      make("a", { href: `#${layer}/0`, "data-layer": layer }, layer))));
  }
}

function drawLayer() {
  const { layer } = shown, { channels, order, side, field, stride } = ATLAS.layers[layer];
  for (const link of part("layers").querySelectorAll("a")) {
    if (link.dataset.layer === layer) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  part("layer-title").textContent = `${layer}: ${channels.length} channels`;
  const step = stride === 1 ? "every pixel" : `every ${stride} pixels`;
  part("layer-words").textContent =
    `One feature sees ${field} x ${field} pixels, and there is one ${step}. ` +
    "Arrow keys go from channel to channel.";
  const numbers = part("order").value === "alike" ? order : channels.map((_, k) => k);
  part("grid").replaceChildren(...numbers.map(number => {
    const tile = make("button", {
      type: "button", role: "radio", class: side <= 48 ? "tile pixels" : "tile", "data-channel": number,
      "aria-label": `channel ${number}`, "aria-checked": "false", tabindex: -1,
    }, make("span", { "aria-hidden": "true" }, String(number)));
    const column = number % ATLAS.columns, row = Math.floor(number / ATLAS.columns);
    tile.style.backgroundImage = `url(${layer}.webp)`;
    tile.style.backgroundSize = `calc(var(--tile) * ${ATLAS.columns})`;
    tile.style.backgroundPosition = `calc(var(--tile) * ${-column}) calc(var(--tile) * ${-row})`;
    return tile;
  }));
  drawComparison();
}

function drawComparison() {
  const { layer } = shown, { compared, selectivity, channels, formula } = ATLAS.layers[layer];
  const percent = name => `${Math.round(100 * selectivity[name])} %`;
  const rest = channels.length - formula;
  part("compare-title").textContent = `What training changed in ${layer}`;
  part("compare-words").textContent =
    "How much does the direction of stripes matter to a channel? 0 %: it responds to every direction alike; " +
    "100 %: it does not respond at all to stripes that lie across its favorite ones. The median over the channels " +
    `is ${percent("trained")} in the trained network, ${percent("formula")} by formula and ${percent("random")} ` +
    "with random weights." +
    (rest ? ` (The formula writes ${formula} channels of this layer; the other ${rest} are random there.)` : "") +
    (compared.length ? " Below, eight channels painted for each of the three networks." : "");
  part("compare-rows").replaceChildren(...(compared.length ? NETWORKS : []).flatMap(network => [
    make("span", {}, CALLED[network]),
    ...compared.map((channel, place) => {
      const own = network === "trained";
      const label = `painted for channel ${channel} of ${layer}, ${CALLED[network]}`;
      const svg = painted(layer, own ? channel : place, own ? channels.length : compared.length, label, { network });
      if (place % 2) svg.classList.add("wide");
      return svg;
    }),
  ]));
}

/* The card of one channel */

function drawChannel() {
  const { layer, channel } = shown, { channels, side, field, order } = ATLAS.layers[layer];
  const one = channels[channel], name = `${layer}, channel ${channel}`;
  for (const tile of part("grid").children) {
    const chosen = Number(tile.dataset.channel) === channel;
    tile.setAttribute("aria-checked", chosen);
    tile.tabIndex = chosen ? 0 : -1;
  }
  document.title = `${name} - An atlas of the network - nstlib`;
  part("channel-title").textContent = name;
  const line = part("order").value === "alike" ? order : channels.map((_, k) => k);
  const at = line.indexOf(channel), count = channels.length;
  part("back").href = `#${layer}/${line[(at + count - 1) % count]}`;
  part("on").href = `#${layer}/${line[(at + 1) % count]}`;
  part("picture").replaceChildren(painted(layer, channel, count, `The picture painted for ${name}.`,
    { frame: field < side ? field : null }));
  part("say").textContent = one.say;
  part("scale").textContent = `Painted at ${side} x ${side} pixels. ` + (field < side
    ? `The frame shows the ${field} x ${field} pixels that one feature sees.`
    : `One feature sees even more, ${field} x ${field} pixels.`);
  drawCrops(one, layer);
  drawPartners(one, layer);
  part("tuning").replaceChildren(...NETWORKS.map((network, k) => tuned(network, one.tuning[k], layer, channel)));
}

function drawCrops(one, layer) {
  const { field } = ATLAS.layers[layer], whole = part("whole");
  whole.hidden = true;
  part("crops").replaceChildren(...Object.entries(KINDS).map(([kind, kinds]) => {
    const some = one.crops.filter(([source]) => ATLAS.sources[source][0] === kind);
    const row = make("div", { class: "crops" }, make("span", {}, kinds));
    for (const [number, left, top] of some) {
      const [, name, width, height, file] = ATLAS.sources[number];
      const size = Math.max(field, 24), edge = (size - field) / 2;
      const box = [left - edge, top - edge, size, size], frame = [left, top, field, field];
      const called = kind === "canvas" ? `canvas ${name}` : name;
      const label = `Crop of the ${kind} ${name}, ${field} x ${field} pixels at x ${left}, y ${top}.`;
      const button = make("button", { type: "button", "aria-expanded": "false", title: "Show the whole picture" },
        cutout(file, [width, height], box, label, field < size ? frame : null, size < 40), called);
      button.addEventListener("click", () => {
        const open = button.getAttribute("aria-expanded") === "true";
        for (const other of part("crops").querySelectorAll("button")) other.setAttribute("aria-expanded", "false");
        button.setAttribute("aria-expanded", !open);
        whole.hidden = open;
        const alt = `The whole ${kind} ${name}, with a frame around what the feature sees.`;
        whole.replaceChildren(cutout(file, [width, height], [0, 0, width, height], alt, frame));
      });
      row.append(button);
    }
    if (!some.length) row.append(make("span", {}, "none"));
    return row;
  }));
}

function drawPartners(one, layer) {
  const count = ATLAS.layers[layer].channels.length;
  const row = (words, pairs) => make("div", { class: "kin" }, make("span", {}, words), ...pairs.map(([k, value]) =>
    make("a", { href: `#${layer}/${k}` },
      painted(layer, k, count, `The picture painted for channel ${k}.`), String(k), make("br"), value.toFixed(2))));
  part("partners").replaceChildren(...(one.with.length ? [
    row("most often active together with it, with the correlation", one.with),
    row("least often", one.apart),
  ] : [make("p", { class: "small" }, "No picture here activates this channel.")]));
}

// The responses to test stripes as a heat map, and those to plain colors as bars.
function tuned(network, letters, layer, channel) {
  const { turns, periods, colors, levels, ramp } = ATLAS, cell = 10;
  const values = [...letters].map(letter => levels.indexOf(letter));
  const wide = turns.length * cell, high = periods.length * cell, bars = 36;
  const best = values.indexOf(Math.max(...values)), stripes = periods.length * turns.length;
  const most = best < stripes
    ? `stripes of period ${periods[Math.floor(best / turns.length)]} at ${turns[best % turns.length]}°`
    : `plain ${Object.keys(colors)[best - stripes]}`;
  const silent = Math.max(...values) === 0;
  const label = `Tuning of channel ${channel}, ${CALLED[network]}: ` + (silent ? "it stays at 0." : `strongest for ${most}.`);
  const svg = make("svg", { viewBox: `0 0 ${wide} ${high + bars + 6}`, role: "img", "aria-label": label });
  values.slice(0, stripes).forEach((value, k) => svg.append(make("rect", {
    x: (k % turns.length) * cell, y: Math.floor(k / turns.length) * cell, width: cell + .3, height: cell + .3,
    fill: ramp[value],
  })));
  const width = wide / (values.length - stripes);
  Object.values(colors).forEach((color, k) => {
    const height = Math.max(.8, values[stripes + k] / (levels.length - 1) * bars);
    svg.append(make("rect", { x: k * width, y: high + 6 + bars - height, width: width - 1, height, fill: color,
      stroke: "currentColor", "stroke-width": .3 }));
  });
  const random = network === "formula" && channel >= ATLAS.layers[layer].formula;
  const words = CALLED[network] + (random ? " (not written, random)" : silent ? " (stays at 0)" : "");
  return make("figure", {}, svg, make("figcaption", {}, words));
}

/* What the reader does */

function read() {
  const [layer, number] = location.hash.slice(1).split("/");
  const known = Object.hasOwn(ATLAS.layers, layer) ? layer : "relu3_1";
  const count = ATLAS.layers[known].channels.length, channel = Number(number ?? 0);
  const valid = known === layer && Number.isInteger(channel) && channel >= 0 && channel < count;
  const before = shown.layer;
  shown = { layer: known, channel: valid ? channel : 0 };
  if (before !== known) drawLayer();
  drawChannel();
  const grid = part("grid"), tile = grid.querySelector('[aria-checked="true"]');
  if (grid.scrollHeight > grid.clientHeight) grid.scrollTop = tile.offsetTop - grid.clientHeight / 2;
}

function choose(tile) {
  history.replaceState(null, "", `#${shown.layer}/${tile.dataset.channel}`);
  read();
  tile.focus({ preventScroll: true });
  tile.scrollIntoView({ block: "nearest" });
}

part("grid").addEventListener("click", event => {
  const tile = event.target.closest(".tile");
  if (tile) choose(tile);
});
part("grid").addEventListener("keydown", event => {
  const tiles = [...part("grid").children], at = tiles.indexOf(document.activeElement);
  const across = getComputedStyle(part("grid")).gridTemplateColumns.split(" ").length;
  const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, Home: -at, End: tiles.length - 1 - at };
  if (at < 0 || !(event.key in moves)) return;
  event.preventDefault();
  const to = at + moves[event.key];
  if (to >= 0 && to < tiles.length) choose(tiles[to]);
});
part("order").addEventListener("change", () => { drawLayer(); drawChannel(); });
addEventListener("hashchange", () => {
  read();
  // A link in the text below leads up to the card.
  const { top } = part("channel-title").getBoundingClientRect();
  if (top < 0 || top > innerHeight) part("card").scrollIntoView();
});
drawLayers();
read();
