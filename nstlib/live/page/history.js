// The losses of a run, step by step, and who waits for a step.

export class History {
  constructor() {
    this.waiting = new Set();
    this.clear();
  }

  /** Begin anew; whoever waits goes on waiting. */
  clear() {
    this.steps = []; // the numbers of the steps
    this.curves = {}; // {name of a loss: its values, one for each of the steps}; NaN where it was not there
    this.latest = null; // the newest message
    this.pace = 0; // milliseconds a step, smoothed
  }

  /** Take a message of the worker: {index, ms, losses, total}. */
  add(step) {
    const values = { ...step.losses, total: step.total };
    for (const name of new Set([...Object.keys(this.curves), ...Object.keys(values)])) {
      this.curves[name] ??= this.steps.map(() => NaN);
      this.curves[name].push(values[name] ?? NaN);
    }
    this.steps.push(step.index);
    if (step.ms) this.pace = this.pace ? 0.8 * this.pace + 0.2 * step.ms : step.ms;
    this.latest = step;
    for (const one of this.waiting) if (step.index >= one.index) this.#end(one);
  }

  /** Resolves when step `index` has come, or when it cannot come any more. */
  reached(index) {
    return new Promise((resolve) => {
      if (this.latest && this.latest.index >= index) resolve();
      else this.waiting.add({ index, resolve });
    });
  }

  /** Whoever waits for a step need not wait any longer. */
  release() {
    for (const one of this.waiting) this.#end(one);
  }

  #end(one) {
    this.waiting.delete(one);
    one.resolve();
  }
}
