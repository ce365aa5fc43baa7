"""Seconds a step of the live page's engine in Chromium, by backend, beside PyTorch in the same run.

    python nstlib/live/build/bench.py 128 256

All take turns, round after round, so that a busy moment of the machine does not hit one alone. Without
a GPU, Chromium imitates WebGL on the processor (SwiftShader).
"""

import shutil
import sys
import threading
import time
from statistics import median

import torch
from playwright.sync_api import sync_playwright

from nstlib import load_vgg19, painting, photo
from nstlib.images import resize
from nstlib.live import page_server
from nstlib.optimize import minimize
from nstlib.style_transfer import picture_losses, transfer_weights

FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
# name: backend, isolated from other pages (which allows threads), steps in a round, rounds
RUNS = {
    "wasm, 1 thread": ("wasm", False, 4, 3),
    "wasm, threads": ("wasm", True, 4, 3),
    "webgl, software": ("webgl", False, 1, 2),
    "cpu": ("cpu", False, 1, 1),
}
ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
OPEN = """
async ([base, backend, size, weights]) => {
  window.heard = [];
  window.worker = new Worker(`${base}engine/worker.js`, { type: "module" });
  worker.onmessage = ({ data }) => heard.push(data);
  window.next = async (kind) => {
    for (;;) {
      const at = heard.findIndex(({ type }) => type === kind || type === "error");
      if (at >= 0 && heard[at].type === "error") throw new Error(heard[at].message);
      if (at >= 0) return heard.splice(0, at + 1).at(-1);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const picture = (name) => fetch(`${base}pictures/${name}.webp`)
    .then((answer) => answer.blob())
    .then((blob) => createImageBitmap(blob, { resizeWidth: size, resizeHeight: size }))
    .then((bitmap) => {
      const context = new OffscreenCanvas(size, size).getContext("2d");
      context.drawImage(bitmap, 0, 0);
      return context.getImageData(0, 0, size, size);
    })
    .then(({ width, height, data }) => ({ width, height, data }));
  worker.postMessage({ type: "load", base, backend });
  const ready = await next("ready");
  worker.postMessage({ type: "pictures", content: await picture("cat"), style: await picture("waves") });
  const begin = performance.now();
  worker.postMessage({ type: "start", init: "content", weights, paused: true, run: 1 });
  await next("step");
  const prepared = performance.now() - begin;
  worker.postMessage({ type: "step" });
  await next("step");
  return [ready.backend, ready.threads, prepared, performance.now() - begin - prepared];
}
"""
STEP = """
async () => {
  worker.postMessage({ type: "step" });
  return (await next("step")).ms;
}
"""


def torch_steps(size):
    """Steps of Adam by PyTorch, without an end; each yields its seconds."""
    content, style = (resize(image, (size, size)) for image in (photo("cat"), painting("waves")))
    weights = transfer_weights()
    losses = picture_losses(load_vgg19(), content, [(style, 1.0)], weights)
    run = minimize(content, losses, weights, steps=10_000, optimizer="adam")
    next(run)
    while True:
        begin = time.perf_counter()
        next(run)
        yield time.perf_counter() - begin


def tell(text):
    """Print at once, also into a file."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def measure(chromium, url, size):
    """Print the median seconds a step at one size."""
    pages, seconds = {}, {name: [] for name in ("PyTorch", *RUNS)}
    for name, (backend, isolated, _, _) in RUNS.items():
        page = chromium.new_page()
        page.set_default_timeout(280_000)
        empty = {"content_type": "text/html", "body": "<!doctype html>"}
        headers = ISOLATED if isolated else {}
        page.route(
            "**/empty.html",
            lambda route, empty=empty, headers=headers: route.fulfill(**empty, headers=headers),
        )
        page.goto(f"{url}empty.html")
        found = page.evaluate(OPEN, [url, backend, size, transfer_weights()])
        pages[name] = page
        tell(
            f"  {name}: {found[0]}, {found[1]} threads; "
            f"targets and first losses {found[2] / 1e3:.2f} s, first step {found[3] / 1e3:.2f} s"
        )
    beside = torch_steps(size)
    next(beside)
    for number in range(3):
        seconds["PyTorch"] += [next(beside) for _ in range(4)]
        for name, (_, _, steps, rounds) in RUNS.items():
            if number < rounds:
                seconds[name] += [pages[name].evaluate(STEP) / 1e3 for _ in range(steps)]
    for page in pages.values():
        page.close()
    for name, all_of_them in seconds.items():
        tell(
            f"{size} px, {name}: {median(all_of_them):.3f} s a step "
            f"({min(all_of_them):.3f} to {max(all_of_them):.3f}, {len(all_of_them)} steps)"
        )


def main(sizes):
    """Measure at these sizes."""
    tell(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads")
    server = page_server(0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for size in sizes:
            measure(chromium, f"http://127.0.0.1:{server.server_port}/", size)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [128, 256])
