"""The engine of the live page, in a real browser: it computes what PyTorch does, and stays usable."""

import base64
import gzip
import json
import re
import shutil
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from browser import CHROMIUM, FLAGS, MISSING

import nstlib
from nstlib import load_vgg19, painting, photo
from nstlib.images import resize
from nstlib.live import PAGE, page_server
from nstlib.losses import gram_matrix
from nstlib.optimize import evaluate, minimize
from nstlib.optimizer import PixelAdam
from nstlib.style_transfer import picture_losses, transfer_weights

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

# Whether the browser has a backend at all.
THERE = {
    "webgl": "Boolean(new OffscreenCanvas(1, 1).getContext('webgl2'))",
    "webgpu": "(async () => Boolean(await navigator.gpu?.requestAdapter()))()",
}
# In a page without anything else: a worker, what it has said, and pictures and numbers as base64.
SCRIPT = """
() => {
  window.heard = [];
  window.worker = new Worker("engine/worker.js", { type: "module" });
  worker.onmessage = ({ data }) => heard.push(data);
  worker.onerror = (event) => heard.push({ type: "error", kind: "script", message: event.message });
  window.bytes = (text) => Uint8ClampedArray.from(atob(text), (letter) => letter.charCodeAt(0));
  window.text = (array) => {
    const all = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    let letters = "";
    for (let k = 0; k < all.length; k += 8192)
      letters += String.fromCharCode(...all.subarray(k, k + 8192));
    return btoa(letters);
  };
}
"""


# Two more messages, which only tests send. inspect: the picture and its gradient in full precision, and
# how many tensors there are; lose: takes the context of WebGL away.
HOOKS = """
import * as tf from "../lib/tf.js";
handlers.inspect = () => {
  const { index, pixels, evaluation } = painting;
  const tensors = tf.engine().memory().numTensors;
  post({ type: "inspected", index, pixels: pixels.data, ...evaluation, tensors });
};
handlers.lose = () => tf.backend().gpgpu.gl.getExtension("WEBGL_lose_context").loseContext();
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
              for (const begin = Date.now(); Date.now() < begin + 200_000; ) {
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
              throw new Error(`no ${kind} after ${heard.map(({ type }) => type)}`);
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
        return torch.frombuffer(
            raw, dtype=torch.from_numpy(np.empty(0, kinds[value["kind"]])).dtype
        )
    return {k: _arrays(v) for k, v in value.items()} if isinstance(value, dict) else value


def image_of(numbers, size):
    """Numbers in the order of pixels as an image, (1, 3, H, W)."""
    return numbers.view(*size, 3).permute(2, 0, 1)[None]


@pytest.fixture(scope="module")
def chrome():
    if MISSING:
        pytest.skip(MISSING)
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
    """`open_engine("wasm")` loads the engine with that backend: an Engine. more: text for its worker."""
    pages = []

    def open_with(backend, *, isolated=False, more="", before=lambda page: None, ready=True):
        page = chrome.new_page()
        pages.append(page)
        page.set_default_timeout(300_000)
        alone = {"Cross-Origin-Opener-Policy": "same-origin"}
        alone |= {"Cross-Origin-Embedder-Policy": "require-corp"}
        empty = {"content_type": "text/html", "body": "<!doctype html>"}
        page.route(
            "**/empty.html", lambda route: route.fulfill(**empty, headers=alone if isolated else {})
        )
        worker = (PAGE / "engine/worker.js").read_text(encoding="utf-8") + HOOKS + more
        script = {"Cross-Origin-Embedder-Policy": "require-corp", "Content-Type": "text/javascript"}
        breaking("**/engine/worker.js", body=worker, headers=script)(page)
        before(page)
        page.goto(f"{address}empty.html")
        page.evaluate(SCRIPT)
        if not page.evaluate(THERE.get(backend, "true")):
            pytest.skip(f"this chromium has no {backend}")
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


def breaking(path, **answer):
    """For `open_engine(before=…)`: requests for a path get this answer."""
    return lambda page: page.route(path, lambda route: route.fulfill(**answer))


BACKENDS = [
    "wasm",
    pytest.param("cpu", marks=pytest.mark.slow),
    pytest.param("webgl", marks=pytest.mark.long),
    pytest.param("webgpu", marks=pytest.mark.long),
]
EVERYTHING = {f"{kind}/{layer}": 1.0 for layer in LAYERS for kind in ("content", "style")}


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("backend", BACKENDS)
def test_losses_and_gradient_are_those_of_pytorch(open_engine, backend, number):
    engine = open_engine(backend)
    assert engine.ready["backend"] == backend
    assert [layer["name"] for layer in engine.ready["layers"]] == LAYERS
    shown = pictures(number)
    check(engine, *shown, EVERYTHING | {"tv": 10.0})
    check(engine, *shown, WEIGHTS)
    check(engine, *shown, {"content/relu1_1": 0.0, "tv": 1.0})


@pytest.mark.long
@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("backend", ["wasm", "cpu", "webgl"])
def test_the_gradient_of_every_single_loss_is_that_of_pytorch(open_engine, backend, number):
    engine, shown = open_engine(backend), pictures(number)
    for name in EVERYTHING:
        check(engine, *shown, {name: 1.0, "tv": 0.0})


@pytest.mark.slow
def test_sums_over_a_larger_picture_are_those_of_pytorch(open_engine):
    check(open_engine("wasm"), *pictures(0, (250, 331)), EVERYTHING | {"tv": 10.0})


@pytest.mark.slow
def test_threads_compute_the_same(open_engine):
    # TensorFlow.js takes half as many threads as there are logical cores. It is told of four.
    cores = 'Object.defineProperty(navigator, "hardwareConcurrency", { value: 4 });'
    engine = open_engine("wasm", isolated=True, more=cores)
    assert engine.ready["threads"] == 2
    check(engine, *pictures(0), WEIGHTS)


def test_adam_goes_the_way_of_nstlib(open_engine):
    content, style, start = pictures(0)
    engine = open_engine("wasm")
    losses = picture_losses(load_vgg19(), content, [(style, 1.0)], WEIGHTS)
    path = minimize(start, losses, WEIGHTS, steps=10, optimizer="adam")
    step = engine.begin(content, style, start)
    for right in path:
        assert step["index"] == right.index
        assert step["total"] == pytest.approx(right.losses["total"], rel=1e-3)
        shown = step["image"]["data"].view(*start.shape[2:], 4)[..., :3].permute(2, 0, 1)[None]
        # Adam goes by the sign of a gradient at first, and rounding decides that of the smallest.
        apart = (shown / 255 - right.image).abs()
        assert apart.mean() < 2e-3
        assert step["losses"].keys() == WEIGHTS.keys()
        if right.index < 10:
            engine.send(type="step")
            step = engine.wait("step")


def test_it_starts_from_the_photo_or_from_noise_and_begins_again(open_engine):
    content, style, _ = pictures(0)
    engine = open_engine("wasm")
    engine.send(type="pictures", content=content, style=style)
    engine.send(type="start", init="content", weights=WEIGHTS, paused=True, run=7)
    first = engine.wait("step")
    assert (first["index"], first["run"], first["losses"]["content/relu4_2"]) == (0, 7, 0)
    engine.send(type="step")
    assert engine.wait("step")["total"] < first["total"]
    engine.send(type="start", init="content", weights=WEIGHTS, paused=True, run=8)
    again = engine.wait("step")
    assert (again["index"], again["run"], again["total"]) == (0, 8, first["total"])
    noise = []
    for seed in (1, 1, 2):
        engine.send(type="start", init="noise", seed=seed, weights=WEIGHTS, paused=True)
        noise.append(engine.wait("step")["image"]["data"])
    assert noise[0].equal(noise[1])
    assert not noise[0].equal(noise[2])
    assert (noise[0].view(-1, 4)[:, :3] / 255).mean().item() == pytest.approx(0.5, abs=0.01)


def test_weights_that_change_in_a_pause_lead_the_next_step(open_engine):
    content, style, start = pictures(1)
    engine = open_engine("wasm")
    engine.begin(content, style, start)
    changed = {"content/relu3_1": 0.5, "style/relu2_2": 7.0, "tv": 0.0}
    engine.send(type="weights", weights=changed)
    engine.send(type="step")
    step = engine.wait("step")
    losses = picture_losses(load_vgg19(), content, [(style, 1.0)], changed)
    path = minimize(start, losses, changed, steps=1, optimizer="adam")
    *_, right = path
    assert step["losses"] == pytest.approx({k: right.losses[k] for k in changed}, rel=1e-3)
    assert step["total"] == pytest.approx(right.losses["total"], rel=1e-3)


def test_adam_begins_anew_with_other_weights_and_only_with_other_ones(open_engine):
    engine = open_engine("wasm")
    engine.begin(*pictures(0))
    moves = []
    for weights in (None, None, WEIGHTS, WEIGHTS | {"style/relu1_1": 0.02}):
        if weights:
            engine.send(type="weights", weights=dict(weights))
        before = engine.inspect()["pixels"]
        engine.send(type="step")
        engine.wait("step")
        after = engine.inspect()["pixels"]
        inside = (before > 0.03) & (before < 0.97)  # where nothing is cut off at 0 or 1
        moves.append((after - before).abs()[inside].quantile(torch.tensor([0.1, 0.9])))
    # Adam's very first step has one length, the rate; those after it have many lengths.
    for move, first in zip(moves, (True, False, False, True), strict=True):
        assert torch.allclose(move, torch.tensor(0.02), atol=1e-5) == first, moves


def test_it_paints_until_it_is_paused_and_follows_the_weights(open_engine):
    engine = open_engine("wasm")
    engine.begin(*pictures(0))
    engine.send(type="resume")
    assert engine.wait("state")["running"]
    for _ in range(3):
        engine.wait("step")
    engine.send(type="weights", weights={"tv": 1.0})
    while set(engine.wait("step")["losses"]) != {"tv"}:
        pass
    engine.send(type="pause")
    assert not engine.wait("state")["running"]
    before = engine.types().count("step")
    engine.inspect()
    assert engine.types().count("step") == before


def test_gram_matrices_and_maps_are_those_of_the_library(open_engine):
    content, style, start = pictures(0)
    engine, vgg = open_engine("wasm"), load_vgg19()
    strength = vgg(start, ["relu3_2"])["relu3_2"].mean((0, 2, 3))
    i, j = strength.topk(2).indices.tolist()
    engine.send(type="watch", layer="relu3_2")
    engine.send(type="entry", layer="relu3_2", i=i, j=j)
    engine.begin(content, style, start)
    engine.read = 0
    for layer, channels in (("relu3_2", 64), ("relu5_1", 128)):
        if layer != "relu3_2":
            engine.send(type="watch", layer=layer)
        gram = engine.wait("gram")
        assert (gram["layer"], gram["channels"], gram["index"]) == (layer, channels, 0)
        for image, name in ((start, "picture"), (style, "painting")):
            right = gram_matrix(vgg(image, [layer])[layer])[0]
            found = gram[name].view(channels, channels)
            assert (found - right).abs().max() < TOLERANCE * right.abs().max()
    engine.send(type="watch", layer="relu3_2")
    engine.send(type="entry", layer="relu3_2", i=i, j=j)
    engine.wait("gram")
    maps = engine.wait("maps")
    assert (maps["i"], maps["j"], maps["width"], maps["height"]) == (i, j, 9, 11)
    for image, name in ((start, "picture"), (style, "painting")):
        features = vgg(image, ["relu3_2"])["relu3_2"][0]
        right = {"a": features[i], "b": features[j], "product": features[i] * features[j]}
        assert (maps[name]["height"], maps[name]["width"]) == features.shape[1:]
        for key, value in right.items():
            assert (maps[name][key].view_as(value) - value).abs().max() < 1e-3 * value.abs().max()


def lead_through(engine, rounds):
    """Everything that makes tensors, again and again; how many there are after each round."""
    content, style, start = pictures(0, (32, 32))
    for number in range(rounds):
        engine.send(type="watch", layer=("relu1_2", "relu4_1")[number % 2])
        engine.send(type="entry", layer=("relu1_2", "relu4_1")[number % 2], i=1, j=2)
        engine.begin(content, style, start)
        for weights in (EVERYTHING, WEIGHTS):
            engine.send(type="weights", weights=weights)
            engine.send(type="step")
            engine.wait("step")
        engine.send(type="watch", layer=None)
        engine.send(type="entry", layer=None)
        engine.begin(content, style, start)
        yield engine.inspect()["tensors"]


def test_no_tensor_is_left_behind(open_engine):
    assert len(set(lead_through(open_engine("wasm"), 3))) == 1


@pytest.mark.long
def test_no_tensor_is_left_behind_in_a_thousand_steps(open_engine):
    engine = open_engine("wasm")
    engine.send(type="watch", layer="relu3_1")
    engine.begin(*pictures(0, (32, 32)))
    before = engine.inspect()["tensors"]
    engine.send(type="resume")
    engine.page.wait_for_function("heard.at(-1).index >= 1000", timeout=280_000)
    engine.send(type="pause")
    assert engine.inspect()["tensors"] == before


FILE = (Path(nstlib.__file__).parent / "data/compact.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"body": FILE[:1_000_000]}, "cut short: 1,000,000 of 1,622,704 bytes"),
        ({"body": FILE[:100]}, "cut short"),
        ({"body": b""}, "no header"),
        ({"body": b"<!doctype html><title>Not found</title>"}, "no header"),
        ({"status": 404}, "answers 404"),
    ],
    ids=["cut short", "cut in the header", "empty", "a page", "missing"],
)
def test_broken_weights_are_a_sentence(open_engine, answer, words):
    engine = open_engine("wasm", before=breaking("**/*.safetensors", **answer), ready=False)
    error = engine.wait("error", failing=True)
    assert error["kind"] == "weights"
    assert words in error["message"]
    engine.page.unroute_all()
    engine.send(type="load", base=engine.page.url.removesuffix("empty.html"), backend="wasm")
    assert engine.wait("ready")["bytes"] == len(FILE)


def test_without_webassembly_it_computes_in_javascript(open_engine):
    engine = open_engine("auto", before=breaking("**/*.wasm", status=404))
    assert engine.ready["backend"] == "cpu"
    check(engine, *pictures(0, (18, 17)), WEIGHTS)


def test_an_imitated_gpu_is_not_chosen(open_engine):
    assert open_engine("auto").ready["backend"] == "wasm"


def patched(**changes):
    """For `open_engine(before=…)`: modules of the engine with other text in them, by their names."""

    def before(page):
        for name, pairs in changes.items():
            text = (PAGE / f"engine/{name}.js").read_text(encoding="utf-8")
            for old, new in pairs.items():
                assert old in text
                text = text.replace(old, new)
            breaking(f"**/{name}.js", body=text, content_type="text/javascript")(page)

    return before


BELIEVED = {"swiftshader|": "nobody|"}  # a GPU of this name is taken for a real one


@pytest.mark.long
@pytest.mark.parametrize("patience", ["1", "200_000"])
def test_a_slow_gpu_is_not_chosen(open_engine, patience):
    trial = {'["webgpu", "webgl"]) {': '["webgl"]) {', "15_000": patience}
    engine = open_engine("auto", before=patched(backends=BELIEVED, trial=trial))
    assert engine.ready["backend"] == "wasm"
    check(engine, *pictures(0), WEIGHTS)


@pytest.mark.long
def test_a_fast_gpu_is_chosen_unless_it_computes_something_else(open_engine):
    trial = {'["webgpu", "webgl"]) {': '["webgl"]) {', "15_000": "200_000"}
    trial |= {"ms < least": "Number.isFinite(ms)", "TIMED = 160": "TIMED = 32"}
    engine = open_engine("auto", before=patched(backends=BELIEVED, trial=trial))
    assert engine.ready["backend"] == "webgl"
    check(engine, *pictures(0), WEIGHTS)
    wrong = trial | {"1e-3 * largest": "1e-12 * largest"}
    engine = open_engine("auto", before=patched(backends=BELIEVED, trial=wrong))
    assert engine.ready["backend"] == "wasm"


def test_faults_are_sentences_and_leave_it_usable(open_engine):
    content, style, start = pictures(0)
    engine = open_engine("wasm")

    def fails(kind):
        error = engine.wait("error", failing=True)
        assert (error["kind"], error["message"][-1]) == (kind, "."), error
        assert not engine.wait("state")["running"]

    engine.send(type="start", init="content", weights=WEIGHTS)  # of nothing
    fails("picture")
    engine.send(type="pictures", content=content[..., :1], style=style)
    fails("picture")
    engine.send(type="pictures", content=content[..., :12], style=style)
    engine.send(type="start", init="content", weights=WEIGHTS)  # too narrow for relu5_1
    fails("picture")
    engine.begin(content, style, start)
    engine.send(type="weights", weights=WEIGHTS | {"style/relu1_1": 1e60})
    engine.send(type="step")
    fails("nan")
    engine.send(type="start", init="content", weights=WEIGHTS | {"style/relu9_9": 1.0})
    fails("picture")
    check(engine, content, style, start, WEIGHTS)


@pytest.mark.long
def test_without_its_gpu_it_goes_on(open_engine):
    content, style, start = pictures(0)
    engine = open_engine("webgl")
    engine.begin(content, style, start)
    engine.send(type="step")
    before = engine.wait("step")
    engine.send(type="lose")
    engine.send(type="resume")
    error = engine.wait("error", failing=True)
    assert error["kind"] == "lost"
    assert engine.wait("ready")["backend"] == "wasm"
    after = engine.wait("step")
    assert after["index"] == before["index"] + 1
    assert after["total"] < before["total"]
    engine.send(type="pause")
    check(engine, content, style, start, WEIGHTS)


needs_node = pytest.mark.skipif(not shutil.which("node"), reason="no node here")


@pytest.fixture
def modules(tmp_path):
    """A folder with the engine's modules, in which Node takes them for modules."""
    for path in (PAGE / "engine").glob("*.js"):
        shutil.copy(path, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    return tmp_path


def node(modules, *arguments, **more):
    done = subprocess.run(
        ["node", *arguments], cwd=modules, capture_output=True, text=True, encoding="utf-8", **more
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_node
def test_the_parts_that_need_no_browser(modules):
    shutil.copy(Path(__file__).parent / "live/engine.test.mjs", modules)
    told = node(modules, "--test")
    assert int(re.search(r"^# pass (\d+)", told, re.M)[1]) >= 9


@needs_node
def test_adam_is_pixel_adam(modules):
    generator = torch.Generator().manual_seed(0)
    pixels = torch.rand(50, generator=generator)
    gradients = torch.randn(30, 50, generator=generator) * 1e-5
    code = """
      import { Adam } from "./adam.js";
      const { pixels, gradients } = JSON.parse(process.argv[1]);
      const [own, adam] = [Float32Array.from(pixels), new Adam(0.05)];
      for (const gradient of gradients) adam.step(own, Float32Array.from(gradient));
      console.log(JSON.stringify([...own]));
    """
    given = json.dumps({"pixels": pixels.tolist(), "gradients": gradients.tolist()})
    found = json.loads(node(modules, "--input-type=module", "-e", code, given))
    optimizer = PixelAdam([pixels], lr=0.05)
    for pixels.grad in gradients:
        optimizer.step()
    assert torch.tensor(found).allclose(pixels, atol=1e-5)


@pytest.mark.slow
@needs_node
def test_the_libraries_are_what_the_lock_gives(tmp_path):
    build = PAGE.parent / "build"
    if not (build / "node_modules/esbuild").exists():
        pytest.skip("no packages here: npm ci --ignore-scripts --prefix nstlib/live/build")
    node(build, "build.mjs", tmp_path)
    built, committed = (
        {path.name: path.read_bytes() for path in folder.iterdir()}
        for folder in (tmp_path, PAGE / "lib")
    )
    assert built.keys() == committed.keys()
    assert [name for name in built if built[name] != committed[name]] == []


def test_code_and_libraries_are_small():
    files = [*(PAGE / "lib").iterdir(), *(PAGE / "engine").iterdir()]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < 550_000
