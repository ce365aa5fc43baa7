// One row for each loss: its line and marker as in the curves, its weight, and what it is now.

import { legendMark } from "./curves.js";
import { CONTENT_LAYERS, RANGES, STYLE_LAYERS, TV, placeOf, weightAt } from "./settings.js";
import { number } from "./words.js";

function made(kind, properties = {}, ...children) {
  const element = Object.assign(document.createElement(kind), properties);
  element.append(...children);
  return element;
}

export class Dials {
  /** `root` gets the rows; `changed({name: value})` is called as the user moves them. */
  constructor(root, changed) {
    this.rows = {};
    const heads = made("div", { className: "dial heads" });
    for (const text of ["", "", "", "weight", "loss"]) heads.append(made("span", { textContent: text }));
    root.append(heads);
    const slider = (name, label, range, text, use) => {
      const input = made("input", { type: "range", ...range });
      const value = made("output");
      const loss = made("span", { className: "loss" });
      const mark = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      mark.setAttribute("aria-hidden", "true");
      const row = made("div", { className: "dial" }, mark, label, input, value, loss);
      row.dataset.row = name;
      root.append(row);
      input.setAttribute("aria-label", text);
      input.dataset.dial = name;
      input.addEventListener("input", () => changed(use(Number(input.value))));
      return (this.rows[name] = { input, value, loss, mark });
    };

    this.content = made("select", { id: "content-layer" });
    this.content.setAttribute("aria-label", "Layer of the content loss");
    for (const layer of CONTENT_LAYERS) this.content.append(made("option", { textContent: layer }));
    this.content.addEventListener("change", () => changed({ content: this.content.value }));
    const log = ([min, max]) => ({ min, max, step: 0.1 });
    const text = (words) => made("span", { textContent: words });
    slider("alpha", this.content, log(RANGES.alpha), "Weight α of the content", (place) => ({
      alpha: weightAt(place, RANGES.alpha),
    }));
    slider("beta", text("β style"), log(RANGES.beta), "Weight β of the style", (place) => ({
      beta: weightAt(place, RANGES.beta),
    }));
    STYLE_LAYERS.forEach((layer, k) =>
      slider(layer, text(layer), { min: 0, max: 3, step: 0.1 }, `Share of ${layer} in the style`, (value) => {
        const layers = [...this.settings.layers];
        layers[k] = value;
        return { layers };
      }),
    );
    slider(
      "tv",
      text("smoothness"),
      { min: 0, max: TV.length - 1, step: 1 },
      "Weight of the total variation",
      (k) => ({
        tv: TV[k],
      }),
    );
    for (const layer of STYLE_LAYERS) legendMark(this.rows[layer].mark, `style/${layer}`);
    legendMark(this.rows.tv.mark, "tv");
  }

  /** Show settings. */
  show(settings) {
    this.settings = settings;
    this.content.value = settings.content;
    legendMark(this.rows.alpha.mark, `content/${settings.content}`);
    this.#place("alpha", placeOf(settings.alpha, RANGES.alpha), settings.alpha, "α ");
    this.#place("beta", placeOf(settings.beta, RANGES.beta), settings.beta, "β ");
    STYLE_LAYERS.forEach((layer, k) => this.#place(layer, settings.layers[k], settings.layers[k], "× "));
    this.#place("tv", TV.indexOf(settings.tv), settings.tv, "");
  }

  #place(name, place, value, sign) {
    const { input, value: output } = this.rows[name];
    if (Number(input.value) !== place) input.value = place;
    output.textContent = sign + number(value);
    input.setAttribute("aria-valuetext", number(value));
  }

  /** Show the losses of a step, {name: value}. */
  losses(losses, { content }) {
    const of = { alpha: `content/${content}`, tv: "tv" };
    for (const layer of STYLE_LAYERS) of[layer] = `style/${layer}`;
    for (const [name, loss] of Object.entries(of)) {
      const value = losses[loss];
      this.rows[name].loss.textContent = value === undefined ? "–" : number(Number(value.toPrecision(2)));
    }
  }
}
