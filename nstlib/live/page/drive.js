// What the stops of the tours do with the page. A new deed ends the one before it.

const SLOW = 350; // milliseconds a step; on such a machine the tours paint at 128 pixels

export class Drive {
  /** `page`: {settings, history, stage, gram, set, prepare, start, pause, step}. */
  constructor(page) {
    Object.assign(this, { page, inSite: false, asked: 0, slow: false });
  }

  get settings() {
    return this.page.settings;
  }

  /** [width, height] of the picture. */
  get pixels() {
    const { image } = this.page.stage;
    return image ? [image.width, image.height] : [this.settings.size, this.settings.size];
  }

  set(changes) {
    this.page.set(changes);
  }

  /** These settings, and a run that waits at its first picture. */
  async begin(changes) {
    this.stop();
    this.slow ||= this.page.history.pace > SLOW;
    this.page.set(this.slow ? { size: 128, ...changes } : changes);
    await this.page.prepare(false);
    await this.page.history.reached(0);
  }

  /** So many more steps, then a pause. */
  async paint(count) {
    const mine = ++this.asked;
    const end = this.#index + count;
    this.page.start();
    await this.page.history.reached(end);
    if (mine === this.asked) this.page.pause();
  }

  /** So many steps, one by one. */
  async steps(count) {
    const end = this.#index + count;
    for (let k = 0; k < count; k++) this.page.step();
    await this.page.history.reached(end);
  }

  /** Pick the entry in which the two pictures differ most. */
  telling() {
    this.page.gram.pick_telling();
  }

  /** Forget what has been asked for. */
  stop() {
    this.asked++;
    this.page.history.release();
  }

  get #index() {
    return this.page.history.latest?.index ?? 0;
  }
}
