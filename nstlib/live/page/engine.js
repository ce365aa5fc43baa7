// The page's end of the worker that computes. README.md of the room lists the messages.

export class Engine {
  /** `heard(message)` is called with everything that the worker says, and with its own failures as "error". */
  constructor(heard) {
    this.heard = heard;
  }

  /** Start a new worker, in place of the one before, and let it load the network. */
  open(backend) {
    this.worker?.terminate();
    this.ready = false;
    const broken = (message) => this.heard({ type: "error", kind: "worker", message });
    try {
      this.worker = new Worker(new URL("engine/worker.js", document.baseURI), { type: "module" });
    } catch {
      return broken(
        "This browser cannot compute beside the page, so that nothing can be painted here. Try another one.",
      );
    }
    const worker = this.worker;
    worker.onmessage = ({ data }) => {
      if (worker !== this.worker) return;
      if (data.type === "ready") this.ready = true;
      this.heard(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (worker !== this.worker) return;
      broken(
        this.ready
          ? `The part of the page that computes has failed${event.message ? ` (${event.message})` : ""}. The last picture is still here.`
          : "The part of the page that computes did not start: a file is missing, or the browser is too old.",
      );
    };
    this.send({ type: "load", base: new URL(".", document.baseURI).href, backend });
  }

  /** Send a message; the buffers of its pictures move to the worker. */
  send(message, ...pictures) {
    this.worker?.postMessage(
      message,
      pictures.map(({ data }) => data.buffer),
    );
  }
}
