// The page: settings, pictures, worker and panels, and what goes between them.

import { Chooser } from "./chooser.js";
import { surroundings, wire } from "./controls.js";
import { drawCurves } from "./curves.js";
import { Dials } from "./dials.js";
import { Drive } from "./drive.js";
import { Engine } from "./engine.js";
import { Film } from "./film.js";
import { GramPanel } from "./gram.js";
import { History } from "./history.js";
import { Notices } from "./notices.js";
import { PictureError, fromCamera, fromFile, pixels, plain, sample } from "./pictures.js";
import { DEFAULTS, OWN, SIZES, decode, encode, tourIn, usualSize, weightsOf } from "./settings.js";
import { copyLink, download } from "./share.js";
import { Stage } from "./stage.js";
import { atMost } from "./rhythm.js";
import { TOURS } from "./tour_stops.js";
import { Guide } from "./tours.js";
import { backendWords, duration, pictureWords, stateWords } from "./words.js";

const MOST = 500; // steps; then it pauses, so that a forgotten page does not empty a battery
const $ = (id) => document.getElementById(id);
const device = { memory: navigator.deviceMemory, cores: navigator.hardwareConcurrency, width: innerWidth };
const usual = { ...DEFAULTS, size: usualSize(device) };

let settings = decode(location.hash, usual);
let run = 0; // the number of the newest run; what an older one still says is not heard
let wanted = 0; // how many runs have been asked for, also those whose pictures are still loading
let phase = "loading"; // loading, preparing, paused, running, broken
let loaded = false; // whether this worker has been ready before
let go = false; // whether to paint as soon as a run is prepared
const own = {}; // the user's pictures
const history = new History();
const notices = new Notices();
const { say } = notices;

const film = new Film(() => stage.frames_changed());
const stage = new Stage(
  {
    ...{ frame: document.querySelector(".frame"), picture: $("picture"), photo: $("photo-over") },
    ...{ wipe: $("wipe"), film: $("film"), strip: $("strip") },
  },
  film,
);
stage.onframe = () => (badge(), curves_soon());
const gram = new GramPanel($("gram"), (i, j) => {
  settings.entry = [i, j];
  engine.send({ type: "entry", layer: settings.gram, i, j });
  address();
});
const dials = new Dials(document.querySelector(".dials"), (changes) => set(changes));
const engine = new Engine(hear);
// prettier-ignore
const chooser = (kind) =>
  new Chooser($(`${kind}s`), kind, (name) => choose(kind, name), (file) => open(kind, file));
const choosers = { photo: chooser("photo"), painting: chooser("painting") };

// Settings

/** Change settings; those of the pictures begin the run anew, and it paints on if it painted. */
function set(changes) {
  const before = settings;
  settings = { ...settings, ...changes };
  if (changes.gram && changes.gram !== before.gram) {
    settings.entry = changes.entry ?? null;
    gram.clear(settings.entry);
    engine.send({ type: "watch", layer: settings.gram });
  }
  const differs = (name) => String(settings[name]) !== String(before[name]);
  if (["content", "alpha", "beta", "layers", "tv"].some(differs))
    engine.send({ type: "weights", weights: weightsOf(settings) });
  show_settings();
  address();
  if (["photo", "painting", "size", "start", "seed"].some(differs)) return prepare(phase === "running" || go);
}

function show_settings() {
  dials.show(settings);
  for (const kind of ["photo", "painting"]) choosers[kind].show(settings[kind], own[kind]);
  $("size").value = settings.size;
  $("start-from").value = settings.start;
  for (const radio of $("layers").querySelectorAll("input")) radio.checked = radio.value === settings.gram;
}

let writing;
/** The address of the page always has the settings, a little later, because browsers limit how often. */
function address() {
  clearTimeout(writing);
  writing = setTimeout(() => {
    const tour = tourIn(location.hash);
    const hash = encode(settings) + (tour && guide.tour ? `&tour=${tour}` : "");
    window.history.replaceState(null, "", `#${hash}`);
  }, 400);
}

// Pictures

const bitmap_of = (kind) => (settings[kind] === OWN ? own[kind] : sample(settings[kind]));

/** Forget what has gone wrong, unless nothing can be painted until it is put right. */
function clear_fault() {
  if (phase !== "broken") notices.clear();
}

function choose(kind, name) {
  clear_fault();
  return set({ [kind]: name });
}

/** A picture of the user's own, from a file or the camera; a broken one leaves everything as it is. */
async function open(kind, source) {
  clear_fault();
  try {
    const bitmap = source instanceof Blob ? await fromFile(source) : source;
    pixels(bitmap, settings.size); // refused here if it is too narrow
    own[kind] = bitmap;
    settings[kind] = OWN;
    show_settings();
    address();
    await prepare(phase === "running");
  } catch (error) {
    notices.fault(error);
  }
}

/** Begin a run: pictures at their size, targets, first losses; then wait, or paint if `paint`. */
async function prepare(paint = false) {
  const mine = ++wanted;
  go = paint;
  let content, style;
  try {
    const bitmaps = await Promise.all([bitmap_of("photo"), bitmap_of("painting")]);
    if (mine !== wanted) return;
    [content, style] = bitmaps.map((bitmap) => pixels(bitmap, settings.size));
  } catch (error) {
    if (mine === wanted) notices.fault(error);
    return; // and the run before it goes on
  }
  run++;
  history.clear();
  stage.begin(content);
  gram.clear(settings.entry);
  gram.pictures = { picture: content, painting: style };
  curves_soon();
  badge();
  describe();
  if (!engine.ready || phase === "broken") return;
  set_phase("preparing");
  const [a, b] = [plain(content), plain(style)];
  engine.send({ type: "pictures", content: a, style: b }, a, b);
  const init = settings.start === "photo" ? "content" : "noise";
  const how = { seed: settings.seed, rate: 0.02, weights: weightsOf(settings) };
  engine.send({ type: "start", run, init, ...how, paused: !paint });
}

// The worker

function hear(message) {
  if (message.run != null && message.run !== run) return;
  const act = {
    progress: ({ loaded, total }) => ($("loading").value = loaded / Math.max(total, 1)),
    ready: on_ready,
    started: () => set_phase(go ? "running" : "paused"),
    step: on_step,
    gram: (it) => it.layer === settings.gram && gram.show(it),
    maps: (it) => gram.show_maps(it),
    state: ({ running }) => phase !== "broken" && set_phase(running ? "running" : "paused"),
    error: on_error,
  }[message.type];
  act?.(message);
}

function on_ready({ backend, threads }) {
  $("loading").hidden = true;
  document.querySelector(".backend").textContent = backendWords(backend, threads);
  if (loaded) return; // it has changed its backend, and the run goes on
  loaded = true;
  engine.send({ type: "watch", layer: settings.gram });
  prepare(go);
}

function on_step(step) {
  history.add(step);
  if (step.image) {
    const image = new ImageData(step.image.data, step.image.width, step.image.height);
    stage.show(image);
    gram.pictures.picture = image;
    film.add(step.index, image);
  }
  badge();
  curves_soon();
  if (step.index > 0 && step.index % 50 === 0) say(`Step ${step.index}, ${duration(history.pace)} a step.`);
  if (step.index > 0 && step.index % MOST === 0) pause();
}

function on_error({ kind, message }) {
  notices.fault(new PictureError(message));
  if (kind === "lost") return; // the worker goes on by itself
  go = false;
  history.release();
  const lost = ["weights", "backend", "worker"].includes(kind);
  set_phase(lost ? "broken" : "paused");
  if (lost) notices.remedy("Try again", () => load());
  const smaller = SIZES.filter((size) => size < settings.size).at(-1);
  if (kind === "memory" && smaller)
    notices.remedy(`Go on at ${smaller} pixels`, () => set({ size: smaller }));
  if (kind === "nan")
    notices.remedy("Begin again with the usual weights", () => set_usual() ?? prepare(false));
}

function load() {
  loaded = false;
  $("loading").hidden = false;
  $("loading").value = 0;
  set_phase("loading");
  engine.open(new URLSearchParams(location.search).get("backend") ?? "auto");
}

// What the page says

function set_phase(next) {
  const before = phase;
  phase = next;
  const begun = (history.latest?.index ?? 0) > 0;
  $("run").textContent = next === "running" ? "Pause" : begun ? "Go on" : "Start";
  const able = next === "running" || next === "paused";
  for (const id of ["run", "reset"]) $(id).disabled = !able;
  $("step").disabled = next !== "paused";
  $("save").disabled = !stage.image;
  document.body.dataset.phase = next;
  if (next === before) return;
  say(stateWords(next, history.latest?.index ?? 0, MOST));
  describe();
}

function badge() {
  const index = stage.still ? stage.still.index : history.latest?.index;
  const slow = !stage.still && history.pace ? `, ${duration(history.pace)} a step` : "";
  $("badge").textContent = stage.still ? `film, step ${index}` : index ? `step ${index}${slow}` : "";
}

function describe() {
  $("picture").setAttribute("aria-label", pictureWords(settings, history.latest?.index ?? 0));
}

const curves_soon = atMost(5, () => {
  const { steps, curves, latest } = history;
  drawCurves($("curves"), steps, curves, stage.still?.index ?? null);
  const said = Object.entries(curves).map(([name, values]) => `${name} ${values.at(-1)?.toPrecision(2)}`);
  const text = steps.length
    ? `Loss curves after step ${steps.at(-1)}: ${said.join("; ")}`
    : "Loss curves: nothing yet";
  $("curves").setAttribute("aria-label", text);
  dials.losses(latest?.losses ?? {}, settings);
});

// Controls

function start() {
  notices.clear();
  stage.live();
  stage.redraw();
  go = true;
  if (phase === "paused") engine.send({ type: "resume" });
}

function pause() {
  go = false;
  engine.send({ type: "pause" });
}

function step() {
  stage.live();
  engine.send({ type: "step" });
}

function set_usual() {
  const { content, alpha, beta, layers, tv } = DEFAULTS;
  set({ content, alpha, beta, layers, tv });
}

const save = async () => {
  const index = String(stage.still?.index ?? history.latest?.index ?? 0).padStart(3, "0");
  say(download(await stage.png(), `${settings.photo}-${settings.painting}-${index}.png`));
};

const copy_link = async () => say(await copyLink(settings, $("link-dialog")));

async function camera() {
  clear_fault();
  try {
    const picture = await fromCamera($("camera-dialog"));
    if (picture) await open("photo", picture);
  } catch (error) {
    notices.fault(error);
  }
}

// Tours

const drive = new Drive({
  ...{ history, stage, gram, set, prepare, start, pause, step },
  get settings() {
    return settings;
  },
});

const guide = new Guide($("tour"), drive, () => {
  drive.stop();
  if (phase === "running") pause();
  address();
});

function begin_tour() {
  const tour = TOURS[tourIn(location.hash)];
  if (tour) guide.start(tour);
}

document.querySelector(".unserved").remove();
wire({
  ...{ set, step, save, camera, open, copy_link, set_usual },
  run: () => (phase === "running" ? pause() : start()),
  reset: () => (notices.clear(), prepare(false)),
  tour: (name) => guide.start(TOURS[name]),
});
addEventListener("hashchange", () => {
  set(decode(location.hash, usual));
  begin_tour();
});
show_settings();
prepare();
load();
begin_tour();
surroundings().then(({ site, atlas }) => {
  drive.inSite = site;
  document.querySelector(".course").hidden = !site;
  if (atlas) gram.link_channels(atlas);
});
