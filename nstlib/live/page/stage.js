// The picture in the middle: what the worker has painted, the photo wiped over it, and the film below.
// The worker's pictures are only kept when they come, and drawn when the browser draws.

import { spread } from "./film.js";
import { atMost } from "./rhythm.js";

const THUMBS = 9;

export class Stage {
  /** `parts`: the frame, canvases, ranges and texts, by name; `film`: a Film. */
  constructor(parts, film) {
    Object.assign(this, parts, { filmed: film, image: null, still: null, dirty: false });
    this.pen = this.picture.getContext("2d");
    this.photo_pen = this.photo.getContext("2d");
    this.wipe.addEventListener("input", () => this.#cover());
    this.film.addEventListener("input", () => this.#scrub());
    this.onframe = () => {};
    this.#cover();
  }

  /** Begin anew with a photo, and show it. */
  begin(photo) {
    this.image = photo;
    this.#fit(this.photo, photo);
    this.photo_pen.putImageData(photo, 0, 0);
    this.frame.style.setProperty("--ratio", photo.width / photo.height);
    this.filmed.clear();
    this.live();
    this.#frames_changed();
    this.redraw();
  }

  /** Show a picture of the run, at the browser's next chance. */
  show(image) {
    this.image = image;
    if (!this.still) this.redraw();
  }

  /** Back from the film to what is painted now. */
  live() {
    this.still = null;
    this.film.value = this.film.max;
    this.onframe(null);
  }

  redraw() {
    if (this.dirty) return;
    this.dirty = true;
    requestAnimationFrame(() => {
      this.dirty = false;
      const image = this.still?.image ?? this.image;
      if (!image) return;
      this.#fit(this.picture, image);
      if (image instanceof ImageData) this.pen.putImageData(image, 0, 0);
      else this.pen.drawImage(image, 0, 0);
    });
  }

  /** The film has one more frame, or other ones. */
  frames_changed = atMost(2.5, () => this.#frames_changed());

  #frames_changed() {
    const { frames } = this.filmed;
    this.film.max = Math.max(0, frames.length - 1);
    this.film.disabled = frames.length < 2;
    const place = this.still ? frames.findIndex(({ index }) => index >= this.still.index) : -1;
    this.film.value = place < 0 ? this.film.max : place;
    this.#say_frame();
    const pen = this.strip.getContext("2d");
    const { width, height } = this.strip;
    pen.clearRect(0, 0, width, height);
    const side = width / THUMBS;
    spread(frames.length, THUMBS).forEach((k, place) => {
      const { thumb } = frames[k];
      const scale = Math.max(side / thumb.width, height / thumb.height);
      const [w, h] = [side / scale, height / scale];
      const [x, y] = [(thumb.width - w) / 2, (thumb.height - h) / 2];
      pen.drawImage(thumb, x, y, w, h, place * side, 0, side - 2, height);
    });
  }

  async #scrub() {
    const { frames } = this.filmed;
    const frame = frames[Number(this.film.value)];
    if (!frame || Number(this.film.value) === frames.length - 1) {
      this.live();
      this.#say_frame();
      return this.redraw();
    }
    const still = (this.still = { index: frame.index, image: this.still?.image ?? null });
    this.onframe(frame.index);
    this.#say_frame();
    const image = await createImageBitmap(frame.blob);
    if (this.still === still) {
      still.image = image;
      this.redraw();
    } else image.close();
  }

  #say_frame() {
    const text = this.still ? `step ${this.still.index}` : "now";
    this.film.setAttribute("aria-valuetext", text);
  }

  #cover() {
    const share = Number(this.wipe.value) / 100;
    this.frame.style.setProperty("--wipe", share);
    this.frame.classList.toggle("wiped", share > 0);
    this.wipe.setAttribute("aria-valuetext", `${this.wipe.value} percent of the width shows the photo`);
  }

  #fit(canvas, { width, height }) {
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  }

  /** What is shown as a PNG file. */
  async png() {
    const canvas = document.createElement("canvas");
    this.#fit(canvas, this.picture);
    canvas.getContext("2d").drawImage(this.picture, 0, 0);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }
}
