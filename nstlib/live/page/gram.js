// The panel of Gram matrices: three small multiples, and the maps behind the picked entry.

import { largest, paint, paintDifference, paintVeil } from "./colors.js";
import { entryWords, number, tellingEntry } from "./words.js";

const ROWS = ["picture", "painting"];

function fill(canvas, width, height, write) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const image = new ImageData(width, height);
  write(new Uint32Array(image.data.buffer));
  canvas.getContext("2d").putImageData(image, 0, 0);
}

export class GramPanel {
  /** `root`: the section; `picked(i, j)` is called when the user picks an entry. */
  constructor(root, picked) {
    this.root = root;
    this.picked = picked;
    this.pictures = {}; // what is behind the maps, as ImageData: picture and painting
    this.find = (selector) => root.querySelector(selector);
    for (const box of root.querySelectorAll(".matrix")) {
      box.addEventListener("pointerdown", (event) => this.#at(box, event));
      box.addEventListener("pointermove", (event) => event.buttons && this.#at(box, event));
    }
    this.find(".matrix[tabindex]").addEventListener("keydown", (event) => this.#key(event));
    this.clear(null);
  }

  /**
   * Forget the matrices, which stay on the screen until the next ones come; `entry` is what to pick then, or null
   * for a telling one.
   */
  clear(entry) {
    Object.assign(this, { gram: null, maps: null, entry, layer: null });
  }

  /** A message of the worker with both Gram matrices. */
  show(gram) {
    if (this.layer !== gram.layer) {
      const inside = this.entry?.every((k) => k < gram.channels);
      if (!inside) this.entry = null;
      this.maps = null;
    }
    Object.assign(this, { gram, layer: gram.layer });
    this.root.classList.remove("empty");
    if (this.entry) {
      if (!this.maps) this.picked(...this.entry);
      this.#mark();
      this.#soon();
    } else this.pick_telling();
  }

  /** A message of the worker with the maps of an entry. */
  show_maps(maps) {
    if (maps.layer !== this.layer || maps.i !== this.entry?.[0] || maps.j !== this.entry?.[1]) return;
    this.maps = maps;
    this.#soon();
  }

  /** Pick an entry in which the two pictures differ much. */
  pick_telling() {
    if (this.gram) this.pick(...tellingEntry(this.gram.picture, this.gram.painting, this.gram.channels));
  }

  /** Make links of the numbers of channels, to the atlas at this address. */
  link_channels(atlas) {
    for (const place of this.root.querySelectorAll("[data-channel]")) place.dataset.atlas = atlas;
    this.#mark();
  }

  /** Pick an entry as if by hand. */
  pick(i, j) {
    const most = this.gram ? this.gram.channels - 1 : 511;
    this.entry = [i, j].map((k) => Math.max(0, Math.min(most, k)));
    this.#mark();
    this.#soon();
    this.picked(...this.entry);
  }

  #at(box, event) {
    if (!this.gram) return;
    event.preventDefault();
    const area = box.getBoundingClientRect();
    const place = (at, length) => Math.floor((at / length) * this.gram.channels);
    const here = [place(event.clientY - area.top, area.height), place(event.clientX - area.left, area.width)];
    this.find(".matrix[tabindex]").focus({ preventScroll: true });
    if (String(here) !== String(this.entry)) this.pick(...here);
  }

  #key(event) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = steps[event.key];
    if (!step || !this.entry || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const far = event.shiftKey ? 8 : 1;
    this.pick(this.entry[0] + far * step[0], this.entry[1] + far * step[1]);
  }

  #soon() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.#draw();
    });
  }

  #draw() {
    const { gram, maps } = this;
    if (!gram) return;
    const { channels, picture, painting } = gram;
    const limit = largest(picture, painting);
    for (const [name, values] of [
      ["picture", picture],
      ["painting", painting],
    ])
      fill(this.find(`.matrix.${name} canvas`), channels, channels, (pixels) =>
        paint(pixels, values, { limit, log: true }),
      );
    fill(this.find(".matrix.difference canvas"), channels, channels, (pixels) =>
      paintDifference(pixels, picture, painting, { limit }),
    );
    for (const end of this.root.querySelectorAll(".limit")) end.textContent = number(limit);
    this.find(".size").textContent = `${channels} × ${channels}, logarithmic`;
    this.find(".entry-words").textContent = entryWords(...this.entry, picture, painting, channels);
    if (maps) this.#draw_maps(maps);
  }

  #draw_maps(maps) {
    const limits = ["a", "b", "product"].map((part) => largest(maps.picture[part], maps.painting[part]));
    for (const name of ROWS) {
      const side = maps[name];
      // The worker says the size of the painting's maps; that of the picture's is the message's own.
      const [width, height] = [side.width ?? maps.width, side.height ?? maps.height];
      ["a", "b", "product"].forEach((part, k) =>
        fill(this.find(`.maps.${name} .${part}`), width, height, (pixels) =>
          paint(pixels, side[part], { limit: limits[k] }),
        ),
      );
      const shown = this.pictures[name];
      const where = this.find(`.maps.${name} .where`);
      if (!shown) continue;
      Object.assign(where, { width: shown.width, height: shown.height });
      const pen = where.getContext("2d");
      pen.putImageData(shown, 0, 0);
      const veil = (this.veil ??= document.createElement("canvas"));
      const own = largest(side.product);
      fill(veil, width, height, (pixels) => paintVeil(pixels, side.product, { limit: own }));
      pen.drawImage(veil, 0, 0, where.width, where.height);
    }
  }

  #mark() {
    const { gram, entry } = this;
    if (!gram || !entry) return;
    const [i, j] = entry.map((k) => k / gram.channels);
    for (const box of this.root.querySelectorAll(".matrix")) {
      box.style.setProperty("--row", i);
      box.style.setProperty("--column", j);
      box.style.setProperty("--cell", 1 / gram.channels);
    }
    this.find(".spoken").textContent = `row ${entry[0]}, column ${entry[1]}`;
    for (const [k, channel] of entry.entries())
      for (const place of this.root.querySelectorAll(`[data-channel="${"ij"[k]}"]`)) {
        place.textContent = channel;
        if (place.dataset.atlas) place.href = `${place.dataset.atlas}#${this.layer}/${channel}`;
      }
  }
}
