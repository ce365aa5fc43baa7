// The worker behind the page: it takes messages one after the other, and paints in between. README.md of the room
// lists the messages.

import { abandon, loss, start, threadsUsed } from "./backends.js";
import { download } from "./download.js";
import { Fault, Interrupted, fault } from "./faults.js";
import { networkOf } from "./network.js";
import { Painting } from "./painting.js";
import { choose, processor } from "./trial.js";
import { readSafetensors } from "./weights.js";

const WEIGHTS = "weights/compact.safetensors";
const NOWHERE =
  "This browser lets the page compute neither on the processor nor on the graphics processor; try another one.";
const GONE = "The browser has taken the graphics processor away; the painting goes on without it, more slowly.";
const OFTEN = 250; // ms: while it paints, Gram matrices and maps are not sent more often
const ANEW = ["load", "pictures", "start"]; // what makes a computation useless that has been begun

const inbox = [];
let wake = () => {}; // called when something has come into the inbox
let interrupts = ANEW; // the messages that end what is being computed

let base = ""; // the address of the page's folder
let weights = null;
let backend = null;
let lost = null; // a promise that rejects when the backend loses its device
let painting = null;
let running = false;
let run; // the page's number of the run
let watched = null; // the layer whose Gram matrices are sent
let entry = null; // the entry of it whose maps are sent
let sent = 0; // when they were sent last

self.onmessage = ({ data }) => {
  inbox.push(data);
  wake();
};

const channel = new MessageChannel();

/** Let messages in, and stop if one of them ends what is being computed. */
async function breathe() {
  await new Promise((resolve) => {
    channel.port1.onmessage = resolve;
    channel.port2.postMessage(null);
  });
  if (inbox.some(({ type }) => interrupts.includes(type))) throw new Interrupted();
}

function post(message, buffers = []) {
  self.postMessage({ ...message, run }, buffers);
}

const handlers = {
  async load(message) {
    base = message.base;
    weights ??= readSafetensors(await download(new URL(WEIGHTS, base), post));
    if (backend) abandon(); // loaded again, with another one
    const wanted = message.backend ?? "auto";
    const found = await choose(wanted, base, weights.tensors);
    if (!found) throw new Fault("backend", wanted === "auto" ? NOWHERE : `This browser cannot compute with ${wanted}.`);
    await settle(found);
  },

  pictures({ content, style }) {
    running = false;
    painting.take(content, style);
  },

  async start({ run: number, paused = false, ...plan }) {
    run = number;
    running = false;
    post({ type: "started", ...painting.size });
    await begun(() => painting.begin(plan, watched));
    running = !paused;
    post({ type: "state", running });
  },

  pause() {
    running = false;
    post({ type: "state", running });
  },

  resume() {
    running = Boolean(painting?.begun);
    post({ type: "state", running });
  },

  async step() {
    if (!running && painting?.begun) await advance();
  },

  weights(message) {
    if (painting?.begun) painting.reweigh(message.weights, running);
  },

  async watch({ layer }) {
    watched = layer;
    await postGram();
  },

  async entry({ layer, i, j }) {
    entry = layer ? { layer, i, j } : null;
    await postMaps();
  },
};

/** Make the network on the backend that has been started, and go on with it. */
async function settle(name) {
  backend = name;
  lost = loss().then(() => Promise.reject(new Fault("lost", GONE)));
  lost.catch(() => {}); // whoever computes hears of it too
  const layers = networkOf(weights.tensors);
  if (painting) painting.move(layers);
  else painting = new Painting(layers, breathe);
  post({
    type: "ready",
    backend,
    threads: backend === "wasm" ? await threadsUsed() : 1,
    layers: layers
      .filter(({ name }) => name.startsWith("relu"))
      .map(({ name, channels, stride }) => ({ name, channels, stride })),
    bytes: weights.bytes,
  });
}

/** Do what needs the backend, unless it is lost, before or meanwhile. */
async function computed(work) {
  await Promise.race([lost, null]);
  return Promise.race([lost, work()]);
}

/** Compute the start picture of a run, and send all there is to see of it. */
async function begun(work) {
  await computed(work);
  await postStep(0);
}

async function advance() {
  const begin = performance.now();
  await computed(() => painting.advance(watched));
  await postStep(performance.now() - begin);
}

async function postStep(ms) {
  const step = painting.report();
  post({ type: "step", ms, ...step }, [step.image.data.buffer]);
  if (running && performance.now() - sent < OFTEN) return;
  await postGram();
  await postMaps();
  sent = performance.now();
}

async function postGram() {
  if (!watched || !painting?.begun) return;
  const gram = await computed(() => painting.gram(watched));
  post({ type: "gram", ...gram }, [gram.picture.buffer, gram.painting.buffer]);
}

async function postMaps() {
  if (!entry || !painting?.begun) return;
  const maps = await computed(() => painting.maps(entry.layer, entry.i, entry.j));
  post({ type: "maps", ...maps });
}

/** Say what went wrong, and leave the worker so that it can go on. */
async function fail(error) {
  if (error instanceof Interrupted) return;
  const { kind, message } = fault(error);
  post({ type: "error", kind, message });
  const again = kind === "lost";
  if (!again) {
    running = false;
    post({ type: "state", running });
  }
  if (!again && kind !== "memory") return;
  // What is left of the backend is of no use any more.
  abandon();
  await settle(again || !(await start(backend, base)) ? await processor(base) : backend);
}

/** Do `work`; nothing that happens in it ends the worker. */
async function safely(work) {
  try {
    await work();
  } catch (error) {
    await fail(error).catch((second) => post({ type: "error", ...fault(second) }));
  }
}

/** Handle what comes in, and paint in between. (Not at the top level: there it would keep messages out for ever.) */
async function main() {
  for (;;) {
    while (inbox.length) {
      const message = inbox.shift();
      await safely(() => handlers[message.type]?.(message));
    }
    if (running) {
      interrupts = [...ANEW, "pause"];
      await safely(advance);
      interrupts = ANEW;
      await safely(breathe);
    } else {
      await new Promise((resolve) => (wake = resolve));
    }
  }
}

main();
