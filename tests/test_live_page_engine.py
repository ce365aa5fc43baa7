"""The engine of the live page, in a real browser: it computes what PyTorch computes, and stays usable."""

import base64
import shutil
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from browser import CHROMIUM, FLAGS, needs_chromium

from nstlib import load_vgg19, painting, photo
from nstlib.images import resize
from nstlib.live import page_server
from nstlib.optimize import evaluate, minimize
from nstlib.style_transfer import picture_losses, transfer_weights

pytestmark = needs_chromium

# A GPU that is computed on the processor: slow, but its shaders are those of any other.
SOFTWARE_GPU = [
    *(flag for flag in FLAGS if flag != "--disable-gpu"),
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--enable-features=Vulkan",
]
LAYERS = [name for name in load_vgg19().layers if name.startswith("relu")]
WEIGHTS = transfer_weights()
TOLERANCE = 1e-3  # of the largest absolute value

# In a page without anything else: a worker, what it has said, and pictures and numbers as base64.
SCRIPT = """
isolated => {
  window.heard = [];
  window.worker = new Worker("engine/worker.js", { type: "module" });
  worker.onmessage = ({ data }) => heard.push(data);
  worker.onerror = (event) => heard.push({ type: "error", kind: "script", message: event.message });
  window.bytes = (text) => Uint8ClampedArray.from(atob(text), (letter) => letter.charCodeAt(0));
  window.text = (array) => {
    const all = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    let letters = "";
    for (let k = 0; k < all.length; k += 8192) letters += String.fromCharCode(...all.subarray(k, k + 8192));
    return btoa(letters);
  };
}
"""


class Engine:
    """A worker in a page of its own, and what it says."""

    def __init__(self, page):
        self.page = page
        self.read = 0  # how much of what it has said has been waited for

    def send(self, **message):
        """Send a message; tensors in it go as pictures of bytes."""
        pictures = {name: self._picture(v) for name, v in message.items() if torch.is_tensor(v)}
        self.page.evaluate(
            """([message, pictures]) => {
              for (const [name, { data, ...size }] of Object.entries(pictures))
                message[name] = { ...size, data: bytes(data) };
              worker.postMessage(message);
            }""",
            [{k: v for k, v in message.items() if k not in pictures}, pictures],
        )

    @staticmethod
    def _picture(image):
        height, width = image.shape[2:]
        rgba = np.full((height, width, 4), 255, np.uint8)
        rgba[..., :3] = (image[0].permute(1, 2, 0) * 255).round().numpy()
        data = base64.b64encode(rgba.tobytes()).decode()
        return {"width": width, "height": height, "data": data}

    def wait(self, kind, *, failing=False):
        """The next message of a kind, after those waited for before; its arrays as tensors."""
        answer = self.page.evaluate(
            """async ([kind, read, failing]) => {
              for (;;) {
                const at = heard.findIndex(({ type }, k) => k >= read && type === kind);
                const wrong = heard.slice(read).find(({ type }) => type === "error");
                if (wrong && !failing) throw new Error(`${wrong.kind}: ${wrong.message}`);
                if (at >= 0) {
                  const plain = (value) =>
                    ArrayBuffer.isView(value) ? { base64: text(value), kind: value.constructor.name }
                      : value?.constructor === Object
                        ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]))
                        : value;
                  return [at + 1, plain(heard[at])];
                }
                await new Promise((resolve) => setTimeout(resolve, 10));
              }
            }""",
            [kind, self.read, failing],
        )
        self.read = answer[0]
        return _arrays(answer[1])

    def types(self):
        """The types of all messages so far, in order."""
        return self.page.evaluate("heard.map(({ type }) => type)")

    def begin(self, content, style, start, weights=WEIGHTS, **more):
        """Begin a run, paused, and wait for its first losses."""
        self.send(type="pictures", content=content, style=style)
        plan = {"init": "picture", "picture": start, "weights": weights, "paused": True, "run": 1}
        self.send(type="start", **(plan | more))
        step = self.wait("step")
        self.wait("state")
        return step

    def inspect(self):
        """The state behind the last step, in full precision; pixels and gradient as images."""
        self.send(type="inspect")
        return self.wait("inspected")


def _arrays(value):
    if isinstance(value, dict) and "base64" in value:
        kinds = {"Float32Array": np.float32, "Uint8ClampedArray": np.uint8}
        raw = bytearray(base64.b64decode(value["base64"]))
        return torch.frombuffer(raw, dtype=torch.from_numpy(np.empty(0, kinds[value["kind"]])).dtype)
    return {k: _arrays(v) for k, v in value.items()} if isinstance(value, dict) else value


def image_of(numbers, size):
    """Numbers in the order of pixels as an image, (1, 3, H, W)."""
    return numbers.view(*size, 3).permute(2, 0, 1)[None]


@pytest.fixture(scope="module")
def chrome():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=SOFTWARE_GPU)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def address():
    server = page_server(0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture
def open_engine(chrome, address):
    """`open_engine("wasm")` loads the engine with that backend: an Engine."""
    pages = []

    def open_with(backend, *, isolated=False, before=lambda page: None, ready=True):
        page = chrome.new_page()
        pages.append(page)
        page.set_default_timeout(300_000)
        alone = {"Cross-Origin-Opener-Policy": "same-origin"}
        alone |= {"Cross-Origin-Embedder-Policy": "require-corp"}
        empty = {"content_type": "text/html", "body": "<!doctype html>"}
        page.route(
            "**/empty.html", lambda route: route.fulfill(**empty, headers=alone if isolated else {})
        )
        before(page)
        page.goto(f"{address}empty.html")
        page.evaluate(SCRIPT)
        engine = Engine(page)
        engine.send(type="load", base=address, backend=backend)
        if ready:
            engine.ready = engine.wait("ready")
        return engine

    yield open_with
    for page in pages:
        page.close()


def small(image, size):
    """A picture whose values are bytes, so that both sides begin with the same numbers."""
    return (resize(image, size) * 255).round().clamp(0, 255) / 255


def pictures(number, size=(45, 38)):
    """Photo, painting (of another size), and where to start; odd sizes, which poolings cut."""
    content, style = (("cat", "waves"), ("astronaut", "night"))[number]
    start = small(photo("coffee"), size)
    return small(photo(content), size), small(painting(style), (41, 52)), start


def truth(content, style, start, weights):
    """What PyTorch says: the losses, and the gradient of their weighted sum on the pixels."""
    losses = picture_losses(load_vgg19(), content, [(style, 1.0)], weights)
    return evaluate(start, losses, weights)


def check(engine, content, style, start, weights):
    engine.begin(content, style, start, weights)
    found = engine.inspect()
    losses, gradient = truth(content, style, start, weights)
    for name in weights:
        assert found["losses"][name] == pytest.approx(losses[name], rel=TOLERANCE), name
    assert found["total"] == pytest.approx(losses["total"], rel=TOLERANCE)
    error = (image_of(found["gradient"], start.shape[2:]) - gradient).abs().max()
    assert error <= TOLERANCE * gradient.abs().max(), list(weights)


BACKENDS = [
    "wasm",
    pytest.param("cpu", marks=pytest.mark.slow),
    pytest.param("webgl", marks=pytest.mark.long),
    pytest.param("webgpu", marks=pytest.mark.long),
]


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("backend", BACKENDS)
def test_losses_and_gradients_of_every_layer_are_those_of_pytorch(open_engine, backend, number):
    engine = open_engine(backend)
    assert [layer["name"] for layer in engine.ready["layers"]] == LAYERS
    shown = pictures(number)
    for layer in LAYERS:
        for name in (f"content/{layer}", f"style/{layer}"):
            check(engine, *shown, {name: 1.0, "tv": 0.0})
    check(engine, *shown, {"content/relu1_1": 0.0, "tv": 1.0})
    check(engine, *shown, WEIGHTS)
