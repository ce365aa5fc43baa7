// The guided tours: a card beside the part of the page that it is about, with questions to guess at.

const BESIDE = 14; // pixels between the card and its subject

/** A tour that can be walked through. `drive` lets its stops use the page; `closed` is called at the end. */
export class Guide {
  constructor(card, drive, closed) {
    Object.assign(this, { card, drive, closed, tour: null });
    this.find = (selector) => card.querySelector(selector);
    this.find(".tour-next").addEventListener("click", () => this.#go(1));
    this.find(".tour-back").addEventListener("click", () => this.#go(-1));
    this.find(".tour-close").addEventListener("click", () => this.close());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.tour && !document.querySelector("dialog[open]")) this.close();
    });
    addEventListener("resize", () => this.tour && this.#place());
  }

  /** Begin a tour: {title, stops}. A stop has text, target, and perhaps a question, or a deed. */
  start(tour) {
    if (!this.tour) this.before = document.activeElement;
    Object.assign(this, { tour, at: 0 });
    this.card.hidden = false;
    document.body.classList.add("touring");
    this.#show();
  }

  close() {
    if (!this.tour) return;
    this.tour = null;
    this.#light(null);
    this.card.hidden = true;
    document.body.classList.remove("touring");
    this.before?.focus?.();
    this.closed();
  }

  #go(by) {
    this.at += by;
    if (this.at >= this.tour.stops.length) return this.close();
    this.#show();
  }

  #show() {
    const { title, stops } = this.tour;
    const stop = stops[this.at];
    const last = this.at === stops.length - 1;
    this.find(".tour-where").textContent = `${title} · ${this.at + 1} of ${stops.length}`;
    this.find(".tour-back").disabled = this.at === 0;
    this.find(".tour-next").textContent = last ? "Finish" : "Next";
    this.find(".tour-text").replaceChildren(paragraph(text_of(stop.text, this.drive)));
    this.#links(stop.links ?? []);
    this.#ask(stop);
    this.#light(stop.target);
    this.#place();
    this.find(".tour-answers button, .tour-next:not(:disabled)")?.focus({ preventScroll: true });
    if (!stop.question) this.#act(stop);
  }

  #ask(stop) {
    const answers = this.find(".tour-answers");
    answers.replaceChildren();
    this.find(".tour-reveal").replaceChildren();
    this.find(".tour-next").disabled = Boolean(stop.question);
    if (!stop.question) return;
    this.find(".tour-text").append(paragraph(stop.question, "question"));
    stop.answers.forEach((answer, k) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: answer });
      button.addEventListener("click", () => this.#reveal(stop, k));
      answers.append(button);
    });
  }

  #reveal(stop, guess) {
    [...this.find(".tour-answers").children].forEach((button, k) => {
      button.disabled = true;
      button.setAttribute("aria-pressed", k === guess);
      if (k === stop.right) button.classList.add("right");
    });
    const praise = guess === stop.right ? "Yes. " : "";
    this.find(".tour-reveal").append(paragraph(praise + text_of(stop.reveal, this.drive), "reveal"));
    this.find(".tour-next").disabled = false;
    this.find(".tour-next").focus({ preventScroll: true });
    this.#place();
    this.#act(stop);
  }

  /** Let the page do what the stop is about; the card is busy meanwhile. */
  async #act(stop) {
    const mine = (this.deed = {});
    const busy = (now) => mine === this.deed && this.card.setAttribute("aria-busy", now);
    busy(true);
    try {
      await stop.act?.(this.drive);
    } catch (error) {
      const text = paragraph(`The page could not show this: ${error.message}`);
      if (mine === this.deed) this.find(".tour-text").append(text);
    }
    busy(false);
  }

  #links(links) {
    if (!links.length || !this.drive.inSite) return;
    const line = paragraph("");
    for (const [text, href] of links)
      line.append(Object.assign(document.createElement("a"), { textContent: text, href }));
    this.find(".tour-text").append(line);
  }

  #light(target) {
    document.querySelector(".lit")?.classList.remove("lit");
    this.lit = target ? document.querySelector(target) : null;
    this.lit?.classList.add("lit");
    // In one column the card lies at the bottom, so that its subject has to be at the top.
    const block = innerWidth < 900 ? "start" : "nearest";
    this.lit?.scrollIntoView({ block, behavior: "instant" });
  }

  /** Where the stop wants it, or else below, above or beside its subject, where there is room. */
  #place() {
    const stop = this.tour.stops[this.at];
    const subject = stop.near ? document.querySelector(stop.near) : this.lit;
    if (!subject) return;
    const area = subject.getBoundingClientRect();
    const [wide, tall] = [this.card.offsetWidth, this.card.offsetHeight];
    const [right, bottom] = [document.documentElement.clientWidth, document.documentElement.clientHeight];
    const within = (value, most) => Math.max(8, Math.min(value, most - 8));
    const [x, y] = [within(area.left, right - wide), within(area.bottom - tall, bottom - tall)];
    const places = {
      below: [x, area.bottom + BESIDE, area.bottom + BESIDE + tall < bottom],
      above: [x, area.top - BESIDE - tall, area.top - BESIDE - tall > 0],
      left: [area.left - BESIDE - wide, y, area.left - BESIDE - wide > 0],
      right: [area.right + BESIDE, y, area.right + BESIDE + wide < right],
      over: [x, bottom - tall - 8, true],
    };
    const wish = places[stop.side];
    const [left, top] = wish?.[2] ? wish : Object.values(places).find(([, , fits]) => fits);
    Object.assign(this.card.style, { left: `${left}px`, top: `${top}px` });
  }
}

const text_of = (text, drive) => (typeof text === "function" ? text(drive) : text);

function paragraph(text, className = "") {
  return Object.assign(document.createElement("p"), { textContent: text, className });
}
