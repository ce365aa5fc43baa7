"""Seconds a step of the live page's engine in Chromium, by backend, beside PyTorch in the same run.

    python nstlib/live/build/bench.py 128 256

All take turns, round after round, so that a busy moment of the machine does not hit one alone. The
seconds of computation count all threads, and change less when other programs need the cores. Without a
GPU, Chromium imitates WebGL on the processor (SwiftShader).
"""

import shutil
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from statistics import median

import psutil
import torch
from playwright.sync_api import Browser, Page, Route, sync_playwright

from nstlib import load_vgg19, painting, photo
from nstlib.images import resize
from nstlib.live import PAGE, page_server
from nstlib.optimize import Step, minimize
from nstlib.style_transfer import picture_losses, transfer_weights

FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
# name: backend, isolated from other pages (which allows threads), steps in a round, rounds
RUNS = {
    "wasm, 1 thread": ("wasm", False, 4, 3),
    "wasm, 2 threads": ("wasm", True, 4, 3),
    "webgl, software": ("webgl", False, 1, 2),
    "cpu": ("cpu", False, 1, 1),
}
ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
HTML, SCRIPT = ({"Content-Type": f"text/{kind}"} for kind in ("html", "javascript"))
# TensorFlow.js takes half as many threads as there are logical cores. It is told of four, to take two.
FOUR = 'Object.defineProperty(navigator, "hardwareConcurrency", { value: 4 });'
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
  return [ready.threads, prepared, performance.now() - begin - prepared];
}
"""
STEP = """
async () => {
  worker.postMessage({ type: "step" });
  await next("step");
}
"""


def answer(headers: dict[str, str], body: str) -> Callable[[Route], None]:
    """A handler of requests that always gives the same answer."""
    return lambda route: route.fulfill(headers=headers, body=body)


def torch_step(size: int) -> Callable[[], Step]:
    """A function that takes one step of Adam by PyTorch."""
    content, style = (resize(image, (size, size)) for image in (photo("cat"), painting("waves")))
    weights = transfer_weights()
    losses = picture_losses(load_vgg19(), content, [(style, 1.0)], weights)
    run = minimize(content, losses, weights, steps=10_000, optimizer="adam")
    next(run)
    return lambda: next(run)


def computed() -> float:
    """Seconds of computation so far, of this process and of the browser's."""
    total = 0.0
    for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
        with suppress(psutil.Error):
            total += sum(process.cpu_times()[:2])
    return total


def timed(step: Callable[[], object]) -> tuple[float, float]:
    """The seconds that a step takes, by the clock and of computation."""
    before, begin = computed(), time.perf_counter()
    step()
    return time.perf_counter() - begin, computed() - before


def tell(text: str) -> None:
    """Print at once, also into a file."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def opened(chromium: Browser, url: str, size: int, name: str, backend: str, isolated: bool) -> Page:
    """A page whose worker is ready for steps."""
    page = chromium.new_page()
    page.set_default_timeout(280_000)
    alone = ISOLATED if isolated else {}
    page.route("**/empty.html", answer(HTML | alone, "<!doctype html>"))
    if isolated:
        worker = (PAGE / "engine/worker.js").read_text(encoding="utf-8") + FOUR
        page.route("**/worker.js", answer(SCRIPT | alone, worker))
    page.goto(f"{url}empty.html")
    threads, targets, first = page.evaluate(OPEN, [url, backend, size, transfer_weights()])
    tell(
        f"  {name}: {threads} threads; targets and first losses {targets / 1e3:.2f} s, "
        f"first step {first / 1e3:.2f} s"
    )
    return page


def measure(chromium: Browser, url: str, size: int) -> None:
    """Print the median seconds a step at one size."""
    steps, pages = {"PyTorch": (torch_step(size), 4, 3)}, []
    for name, (backend, isolated, count, rounds) in RUNS.items():
        if backend == "cpu" and size > 128:
            continue
        page = opened(chromium, url, size, name, backend, isolated)
        pages.append(page)
        steps[name] = (lambda page=page: page.evaluate(STEP)), count, rounds
    seconds = {name: [] for name in steps}
    for number in range(3):
        for name, (step, count, rounds) in steps.items():
            seconds[name] += [timed(step) for _ in range(count)] if number < rounds else []
    for page in pages:
        page.close()
    for name, pairs in seconds.items():
        clock, work = zip(*pairs, strict=True)
        tell(
            f"{size} px, {name}: {median(clock):.3f} s a step ({min(clock):.3f} to {max(clock):.3f}, "
            f"{len(clock)} steps), {median(work):.3f} s of computation"
        )


def main(sizes: Sequence[int]) -> None:
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
