"""The live page: its server, its pure parts, and the page itself in a browser.

Most tests stand on tests/live/mock_worker.js, which says what the engine says, at once and without a
network; those that paint for real are long. What the engine computes is tested in
test_live_page_engine.py.
"""

import functools
import gzip
import http.server
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import HTTPError

import numpy as np
import pytest
from browser import HOST, hindrances, needs_chromium, until
from matplotlib import colormaps
from PIL import Image

from nstlib.__main__ import main
from nstlib.atlas import bundled
from nstlib.live import PAGE, copy_page, page_server
from nstlib.paintings import PAINTINGS
from nstlib.plots import layer_look
from nstlib.style_transfer import STYLE_LAYERS, transfer_weights
from nstlib.vgg import LAYERS
from nstlib.widgets.curves import MARKERS

ROOT = Path(__file__).parents[1]
HERE = Path(__file__).parent / "live"
LIMIT = 2.5e6  # bytes of the whole page, compressed

needs_node = pytest.mark.skipif(not shutil.which("node"), reason="no node here")


# The folder and its server


def test_copy_page_makes_a_folder_that_is_complete(tmp_path):
    folder = copy_page(tmp_path / "a/b")
    weights = folder / "weights/compact.safetensors"
    assert weights.read_bytes() == (ROOT / "nstlib/data/compact.safetensors").read_bytes()
    text = (folder / "index.html").read_text("utf-8")
    for name in re.findall(r'(?:src|href)="([^"#:]+)"', text):
        assert name.startswith("../") or (folder / name).is_file(), name
    for script in folder.glob("*.js"):
        for name in re.findall(r'from "\./([^"]+)"', script.read_text("utf-8")):
            assert (folder / name).is_file(), f"{script.name}: {name}"
    assert copy_page(folder) == folder  # over an older one


def test_copy_page_refuses_a_file(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(NotADirectoryError, match="is a file; name a folder"):
        copy_page(tmp_path / "file")


def test_all_of_the_page_is_small(tmp_path):
    sizes = {
        path.relative_to(tmp_path).as_posix(): len(gzip.compress(path.read_bytes(), mtime=0))
        for path in copy_page(tmp_path).rglob("*")
        if path.is_file()
    }
    assert sum(sizes.values()) <= LIMIT, sorted(sizes.items(), key=lambda pair: -pair[1])[:9]
    assert sum(size for name, size in sizes.items() if name.startswith("pictures/")) <= 350_000


def test_the_page_names_no_address_elsewhere():
    for path in [*PAGE.glob("*.js"), *PAGE.glob("*.css"), *PAGE.glob("*.html")]:
        found = re.findall(r"https?://[^\s\"'`<>)]+", path.read_text("utf-8"))
        assert set(found) <= {"http://www.w3.org/2000/svg"}, path.name


def test_the_samples_are_those_of_the_library():
    names = {path.stem for path in (PAGE / "pictures").glob("*.webp")}
    assert set(PAINTINGS) < names
    for path in (PAGE / "pictures").iterdir():
        with Image.open(path) as picture:
            assert max(picture.size) <= 384


def test_the_wheel_has_the_page_and_not_how_it_is_built():
    setuptools = pytest.importorskip("setuptools", reason="no setuptools here")
    code = (
        "import json; from setuptools import Distribution; d = Distribution(); d.parse_config_files();"
        "d.include_package_data = False; b = d.get_command_obj('build_py'); b.ensure_finalized();"
        "print(json.dumps([b.packages, [f'{p}/{f}' for p, _, _, files in b.data_files for f in files]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    packages, files = json.loads(done.stdout.splitlines()[-1])
    page = {f"nstlib/{p.relative_to(PAGE.parents[1]).as_posix()}" for p in PAGE.rglob("*")}
    assert {name for name in page if Path(ROOT, name).is_file()} <= set(files), setuptools
    assert "nstlib.live" in packages
    assert not any("build" in name for name in packages + files)


@pytest.fixture
def server():
    with page_server(0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://{HOST}:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "text/html"),
        ("app.js?v=1", "text/javascript"),
        ("style.css", "text/css"),
        ("pictures/cat.webp", "image/webp"),
        ("icon.svg", "image/svg+xml"),
        ("weights/compact.safetensors", "application/octet-stream"),
    ],
)
def test_the_server_says_what_a_file_is_and_isolates_the_page(path, kind, server):
    with urllib.request.urlopen(server + path) as answer:
        assert answer.headers.get_content_type() == kind
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        assert answer.read()


@pytest.mark.parametrize("path", ["../__init__.py", "%2e%2e/shell.py", "pictures/", "gone.js"])
def test_the_server_shows_nothing_else(path, server):
    with pytest.raises(HTTPError) as caught:
        urllib.request.urlopen(server + path)
    assert caught.value.code == 404


def test_a_port_in_use_gets_one_sentence(capsys):
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert main(["live", "--no-browser", "--port", port]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"nstlib: Port {port} is not free; choose another")
    assert said.count("\n") == 1
    assert main(["live", "--no-browser", "--port", "70000"]) == 2
    assert "from 0 to 65535" in capsys.readouterr().err


def test_live_to_a_folder(tmp_path, capsys):
    assert main(["live", "--to", str(tmp_path / "stick")]) == 0
    assert (tmp_path / "stick/index.html").is_file()
    assert "http.server --directory" in capsys.readouterr().out
    (tmp_path / "file").touch()
    assert main(["live", "--to", str(tmp_path / "file")]) == 2


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals are other ones there")
def test_live_says_where_the_page_is_and_ctrl_c_ends_it_quietly():
    command = [sys.executable, "-m", "nstlib", "live", "--no-browser", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        address = re.search(r"http://\S+", process.stdout.readline())[0]
        with urllib.request.urlopen(address) as answer:
            assert b"Paint on the page" in answer.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()


# The parts that need no page


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    """The page's modules where Node takes them for modules."""
    folder = tmp_path_factory.mktemp("modules")
    for path in PAGE.glob("*.js"):
        shutil.copy(path, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    return folder


def ask(modules, expression, *names):
    """What an expression is in JavaScript, with everything that the modules export as `m`."""
    imports = ", ".join(f"await import('./{name}.js')" for name in names)
    code = f"const m = Object.assign({{}}, {imports}); console.log(JSON.stringify({expression}))"
    command = ["node", "--input-type=module", "-e", code]
    done = subprocess.run(command, cwd=modules, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_node
def test_the_pure_parts(modules):
    shutil.copy(HERE / "pure.test.mjs", modules)
    done = subprocess.run(
        ["node", "--test"], cwd=modules, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"^# pass (\d+)", done.stdout, re.M)[1]) >= 17


@needs_node
def test_weights_are_those_of_the_library(modules):
    assert ask(modules, "m.weightsOf(m.DEFAULTS)", "settings") == transfer_weights()
    ours = ask(modules, "m.weightsOf({...m.DEFAULTS, beta: 7, tv: 0})", "settings")
    assert ours == pytest.approx(transfer_weights(style_weight=7, tv_weight=0))
    relus = [layer for layer in LAYERS if layer.startswith("relu") and layer <= "relu5_1"]
    assert ask(modules, "m.CONTENT_LAYERS", "settings") == relus
    assert ask(modules, "m.STYLE_LAYERS", "settings") == list(STYLE_LAYERS)
    assert set(ask(modules, "m.PAINTINGS", "settings")) == set(PAINTINGS)


@needs_node
@pytest.mark.parametrize("name", ["magma", "berlin"])
def test_colors_are_those_of_matplotlib(name, modules):
    packed = np.array(ask(modules, f"[...m.TABLES.{name}]", "colors"), dtype=np.uint32)
    ours = np.stack([packed & 255, packed >> 8 & 255, packed >> 16 & 255], -1).astype(int)
    assert (packed >> 24 == 255).all()
    theirs = colormaps[name](np.linspace(0, 1, 256))[:, :3] * 255
    assert np.abs(ours - theirs).max() < 3.5


@needs_node
@pytest.mark.parametrize("layer", STYLE_LAYERS)
def test_curves_look_as_in_the_figures(layer, modules):
    look, wanted = ask(modules, f"m.look('style/{layer}')", "curves"), layer_look(layer)
    assert look["color"] == wanted["color"]
    assert look["marker"] == MARKERS[wanted["marker"]]
    assert look["dash"] == ""
    assert ask(modules, f"m.look('content/{layer}')", "curves")["dash"] != ""


# The page


class Live:
    """A window with the page; `asked` are the requests that went elsewhere, `problems` the errors."""

    def __init__(self, browser, url, viewport, scheme, screenshots):
        self.page = browser.new_page(
            viewport=dict(zip(("width", "height"), viewport, strict=True)),
            color_scheme=scheme,
            accept_downloads=True,
        )
        self.page.set_default_timeout(120_000)
        self.url, self.screenshots, self.problems, self.asked = url, screenshots, [], []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self._listen)
        self.page.context.on("request", self._request)

    def _listen(self, message):
        if message.type == "error":
            self.problems.append(message.text)

    def _request(self, request):
        if not request.url.startswith((self.url, "blob:", "data:")):
            self.asked.append(request.url)

    def open(self, link="#size=128", phase="paused"):
        self.page.goto(self.url + link)
        if phase:
            self.wait(phase)
        return self

    @property
    def phase(self):
        return self.page.evaluate("document.body.dataset.phase")

    def wait(self, phase):
        until(lambda: self.phase == phase, failure=f"the page did not become {phase}")

    def text(self, selector):
        return self.page.inner_text(selector)

    def step(self):
        """The number of the newest step."""
        return int((re.findall(r"step (\d+)", self.text("#badge")) or [0])[0])

    def reach(self, step):
        until(lambda: self.step() >= step, failure=f"step {step} did not come")

    def slide(self, name, value):
        """Move a slider as the keyboard would: with its events."""
        self.page.evaluate(
            "([name, value]) => { const s = document.querySelector(name); s.value = value;"
            "s.dispatchEvent(new Event('input', {bubbles: true})) }",
            [name, value],
        )

    def link(self):
        """The settings in the address, once they are written there."""
        return self.page.evaluate("location.hash")

    def pixels(self, selector):
        """What is drawn on a canvas, (height, width, 4), once the browser has drawn all that it has."""
        code = (
            "async s => { const frame = window.frames_of ?? requestAnimationFrame;"
            "for (const k of [1, 2]) await new Promise(done => frame(done));"
            "const c = document.querySelector(s); const p = c.getContext('2d');"
            "return [c.height, c.width, [...p.getImageData(0, 0, c.width, c.height).data]] }"
        )
        height, width, data = self.page.evaluate(code, selector)
        return np.array(data, dtype=int).reshape(height, width, 4)

    def shot(self, name):
        self.page.screenshot(path=self.screenshots / f"live_{name}.png")


class Mock:
    """Folders and servers of the page with the mock worker, one for each fault."""

    def __init__(self, make_folder, stack):
        self.make_folder, self.stack, self.folders, self.urls = make_folder, stack, {}, {}

    def folder(self, fault="none"):
        if fault not in self.folders:
            folder = self.folders[fault] = copy_page(self.make_folder("page"))
            worker = (HERE / "mock_worker.js").read_text("utf-8")
            assert 'const FAULT = "none"' in worker
            worker = worker.replace('const FAULT = "none"', f'const FAULT = "{fault}"')
            (folder / "engine/worker.js").write_text(worker, "utf-8")
            if fault == "missing":
                (folder / "engine/worker.js").unlink()
        return self.folders[fault]

    def url(self, fault="none"):
        if fault not in self.urls:
            self.urls[fault] = self.stack.enter_context(static_server(self.folder(fault)))
        return self.urls[fault]


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    with ExitStack() as stack:
        yield Mock(tmp_path_factory.mktemp, stack)


@contextmanager
def static_server(folder):
    """A plain static server, as it may stand in front of a stick; its URL."""
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer((HOST, 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{server.server_port}/"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def live(browser, mock, screenshots, tabs):
    """`live(fault=…, viewport=…, scheme=…)` opens a window for the page: a Live."""

    def open_page(fault="none", url=None, viewport=(1280, 800), scheme="light"):
        window = Live(browser, url or mock.url(fault), viewport, scheme, screenshots)
        tabs.callback(window.page.close)
        return window

    return open_page


SIZES = [(1280, 800), (390, 844)]


@pytest.mark.slow
@needs_chromium
@pytest.mark.parametrize("viewport", SIZES, ids=lambda size: str(size[0]))
def test_a_story(viewport, live, tmp_path):
    window = live(viewport=viewport).open()
    page = window.page
    page.locator("#photos .tile").nth(1).click()
    page.locator("#paintings .tile").nth(1).click()
    until(lambda: "photo=cat&painting=waves" in window.link())
    window.wait("paused")
    photo = window.pixels("#picture")
    assert photo.shape[:2] == (85, 128)

    page.click("#run")
    window.reach(8)
    assert window.phase == "running"
    assert page.is_disabled("#step")
    window.slide("[data-dial='beta']", -1)  # no style from now on
    index = window.step()
    window.reach(index + 12)
    page.click("#run")
    window.wait("paused")
    assert "beta=0" in window.link()
    assert re.match(r"Paused after step \d+\.", window.text("#state"))
    painted = window.pixels("#picture")
    assert np.abs(painted - photo).mean() > 1

    box = page.locator(".matrix.picture").bounding_box()
    page.locator(".matrix.picture").click(position={"x": box["width"] / 2, "y": 3})
    until(lambda: re.match(r"G\[[01], 3[12]\]", window.text(".entry-words")))
    until(lambda: re.search(r"entry=[01],3[12]\b", window.link()))
    assert len(np.unique(window.pixels(".maps.picture .a").reshape(-1, 4), axis=0)) > 10

    window.slide("#wipe", 50)
    assert page.locator("#photo-over").is_visible()
    window.slide("#film", 2)
    until(lambda: "film, step" in window.text("#badge"))
    window.slide("#film", 0)
    until(lambda: np.abs(window.pixels("#picture") - photo).mean() < 4)  # as JPEG

    with page.expect_download() as saved:
        page.click("#save")
    assert saved.value.suggested_filename == "cat-waves-000.png"
    saved.value.save_as(tmp_path / "saved.png")
    with Image.open(tmp_path / "saved.png") as picture:
        assert picture.size == (128, 85)
    page.click("#reset")
    until(lambda: window.text("#badge") == "" and window.phase == "paused")
    window.shot(f"story_{viewport[0]}")
    assert window.problems == []
    assert window.asked == []


@pytest.mark.slow
@needs_chromium
def test_all_is_on_one_screen_and_nothing_jumps(live):
    window = live()
    window.page.add_init_script(
        "window.jumps = 0; new PerformanceObserver(list => { for (const e of list.getEntries())"
        "window.jumps += e.value }).observe({type: 'layout-shift', buffered: true})"
    )
    window.open("#size=128&painting=waves")
    window.page.click("#run")
    window.reach(20)
    sizes = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    assert window.page.evaluate(sizes) == [1280, 800]
    assert window.page.evaluate("window.jumps") < 0.005


@pytest.mark.slow
@needs_chromium
@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1600])
def test_nothing_is_wider_than_the_window(width, live):
    window = live(viewport=(width, 900)).open()
    assert window.page.evaluate("document.documentElement.scrollWidth") <= width
    window.shot(f"width_{width}")


@pytest.mark.slow
@needs_chromium
def test_a_link_brings_back_the_settings(live):
    link = (
        "#photo=coffee&painting=dots&size=192&start=noise&content=relu3_1&alpha=0.5&beta=1000"
        "&layers=0,1,2,0.5,3&tv=0.5&gram=relu2_1&entry=3,17"
    )
    window = live().open(link)
    dials = window.page.eval_on_selector_all("[data-dial]", "all => all.map(one => one.value)")
    assert dials == ["-0.3", "3", "0", "1", "2", "0.5", "3", "1"]
    chosen = window.page.eval_on_selector_all(":checked", "all => all.map(one => one.value)")
    assert {"coffee", "dots", "192", "noise", "relu3_1", "relu2_1"} <= set(chosen)
    until(lambda: window.text(".entry-words").startswith("G[3, 17]"))
    window.page.click("#link")
    until(
        lambda: (
            window.page.locator("#link-dialog").is_visible() or "copied" in window.text("#state")
        )
    )
    window.slide("[data-dial='tv']", 2)
    until(lambda: "tv=1&" in window.link())
    window.page.evaluate("location.hash = 'size=128&photo=rocket&tv=1'")  # typed into the address
    until(lambda: window.page.is_checked("#photos [value=rocket]"))
    assert window.page.is_checked("#paintings [value=night]")
    again = live().open(window.link())
    assert (
        again.page.eval_on_selector_all("[data-dial]", "all => all.map(one => one.value)")[-1]
        == "2"
    )


@pytest.mark.slow
@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", SIZES, ids=lambda size: str(size[0]))
def test_nothing_keeps_people_out(viewport, scheme, live, node_modules):
    window = live(viewport=viewport, scheme=scheme).open()
    window.page.click("#step")
    window.reach(1)
    assert hindrances(window.page, node_modules) == []
    window.page.click("[data-tour='gram']")
    window.page.click(".tour-next")
    window.page.click(".tour-next")
    assert hindrances(window.page, node_modules) == []
    window.shot(f"axe_{viewport[0]}_{scheme}")


@pytest.mark.slow
@needs_chromium
def test_the_keyboard_is_enough(live):
    window = live().open()
    page = window.page

    def go_to(selector):
        """Press Tab until an element has the focus."""
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"the Tab key does not lead to {selector}")

    go_to("#photos input")
    page.keyboard.press("ArrowRight")
    until(lambda: "photo=cat" in window.link())
    window.wait("paused")
    go_to("#run")
    page.keyboard.press("Space")
    window.reach(5)
    go_to("[data-dial='beta']")
    page.keyboard.press("ArrowRight")
    until(lambda: "beta=130" in window.link())
    page.keyboard.press("Home")
    until(lambda: "beta=0" in window.link())
    go_to("#layers input")
    page.keyboard.press("ArrowLeft")
    until(lambda: "gram=relu2_1" in window.link())
    until(lambda: "32 × 32" in window.text(".size"))
    go_to(".matrix")
    before = window.text(".entry-words")
    page.keyboard.press("ArrowDown")
    until(lambda: window.text(".entry-words") != before)
    spoken = window.text(".spoken")
    page.keyboard.press("Shift+ArrowRight")
    until(lambda: window.text(".spoken") != spoken)
    page.focus("#photos input:checked")
    go_to("#wipe")
    page.keyboard.press("ArrowRight")
    assert page.locator("#photo-over").is_visible()
    assert window.problems == []


@pytest.mark.slow
@needs_chromium
@pytest.mark.parametrize("inside", [True, False])
def test_within_the_site_it_links_to_the_course_and_to_channels(inside, live, mock, tmp_path):
    if inside:
        (tmp_path / "site").mkdir()
        (tmp_path / "site/index.html").write_text("<title>there</title>")
        shutil.copytree(bundled.PAGES, tmp_path / "atlas")
    shutil.copytree(mock.folder(), tmp_path / ("live" if inside else "else"))
    with static_server(tmp_path) as url:
        window = live(url=f"{url}{'live' if inside else 'else'}/").open("#size=128&entry=3,17")
        until(lambda: "G[3, 17]" in window.text(".entry-words"))
        course, channel = window.page.locator(".course"), window.page.locator("[data-channel=j]")
        if inside:
            until(course.is_visible)
            address = channel.get_attribute("href")
            assert address == "../atlas/index.html#relu3_1/17"
            window.page.click("[data-tour='gram']")
            for _ in range(5):
                answers = window.page.locator(".tour-answers button")
                if answers.count():
                    answers.first.click()
                window.page.click(".tour-next")
            assert window.page.get_attribute(".tour-text a", "href") == "../03_gram.html"
        else:
            assert not course.is_visible()
            assert channel.get_attribute("href") is None
        assert window.problems == []
        if inside:
            window.page.goto(f"{url}live/{address}")
            assert window.text("#channel-title") == "relu3_1, channel 17"


# The tours


@pytest.mark.slow
@needs_chromium
@pytest.mark.parametrize("name", ["pixels", "gram", "ratio"])
@pytest.mark.parametrize("viewport", SIZES, ids=lambda size: str(size[0]))
def test_a_tour_runs_through(name, viewport, live):
    window = live(viewport=viewport).open(f"#size=128&tour={name}")
    page = window.page
    stops = int(re.search(r"of (\d+)", window.text(".tour-where"))[1])
    assert 5 <= stops <= 7
    questions = 0
    for stop in range(1, stops + 1):
        until(lambda stop=stop: f"{stop} of {stops}" in window.text(".tour-where"))
        assert page.locator(".lit").count() == 1
        answers = page.locator(".tour-answers button")
        if answers.count():
            questions += 1
            assert page.is_disabled(".tour-next")
            assert not page.locator(".reveal").count()
            answers.first.click()
            assert page.locator(".tour-answers .right").count() == 1
            assert page.locator(".reveal").is_visible()
        card, lit = page.locator("#tour").bounding_box(), page.locator(".lit").bounding_box()
        width, height = viewport
        assert card["x"] >= 0
        assert card["x"] + card["width"] <= width + 1
        assert card["y"] >= 0
        assert card["y"] + card["height"] <= height + 1
        assert lit["y"] < height
        assert not page.locator(".tour-text", has_text="could not").count()
        window.shot(f"tour_{name}_{stop}_{width}")
        page.click(".tour-next")
    assert questions >= 3
    assert not page.locator("#tour").is_visible()
    assert not page.locator(".lit").count()
    assert window.problems == []


@pytest.mark.slow
@needs_chromium
def test_a_tour_drives_the_page_and_escape_ends_it(live):
    window = live().open("#size=128&painting=waves")
    window.page.click("[data-tour='pixels']")
    until(lambda: "painting" not in window.link())  # it begins with the usual ones
    window.page.click(".tour-next")
    window.page.locator(".tour-answers button").first.click()
    window.reach(1)
    window.page.click(".tour-next")
    window.reach(10)
    window.page.keyboard.press("Escape")
    assert not window.page.locator("#tour").is_visible()
    window.wait("paused")
    focus = "document.activeElement.dataset.tour"
    assert window.page.evaluate(focus) == "pixels"  # the focus is back


# Pictures of the user's


def choose_file(window, kind, path):
    with window.page.expect_file_chooser() as chooser:
        window.page.click(f"#{kind} .open")
    chooser.value.set_files(path)


@pytest.mark.slow
@needs_chromium
def test_own_pictures_come_in_and_stay_out_of_the_link(live, tmp_path):
    Image.new("RGBA", (300, 150), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    window = live().open()
    choose_file(window, "photos", tmp_path / "clear.png")
    until(lambda: window.page.is_checked("#photos [value=own]"))
    until(lambda: window.pixels("#picture").shape[:2] == (64, 128))
    assert (window.pixels("#picture") == 255).all()  # what is transparent lies on white
    window.wait("paused")
    until(lambda: "photo=" not in window.link())
    window.page.evaluate(
        "delete navigator.clipboard; navigator.__proto__.__defineGetter__('clipboard', () => null)"
    )
    window.page.click("#link")
    assert "Your own photo stays on this machine" in window.text("#link-dialog")
    assert window.page.input_value(".link").startswith(window.url)
    window.page.keyboard.press("Escape")
    window.page.locator("#photos .tile").first.click()
    until(lambda: window.pixels("#picture").shape[:2] == (128, 128))
    window.page.locator("#photos .own").click()
    until(lambda: window.pixels("#picture").shape[:2] == (64, 128))
    assert window.problems == []


BROKEN = {
    "no picture": (b"this is no picture", "not a picture that this browser can read"),
    "empty": (b"", "is empty"),
    "cut short": (None, "not a picture that this browser can read"),
    "a thread": ((1000, 3), "too narrow"),
    "one pixel": ((1, 1), "Choose a larger picture"),
}


@pytest.mark.slow
@needs_chromium
@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_picture_gets_a_sentence_and_nothing_is_lost(case, live, tmp_path):
    what, words = BROKEN[case]
    path = tmp_path / "mine.png"
    if isinstance(what, bytes):
        path.write_bytes(what)
    elif what is None:
        Image.effect_noise((200, 200), 50).save(path)
        path.write_bytes(path.read_bytes()[:60])
    else:
        Image.new("RGB", what).save(path)
    window = live().open()
    window.page.click("#step")
    window.reach(1)
    before = window.pixels("#picture")
    choose_file(window, "photos", path)
    until(lambda: words in window.text("#fault"))
    assert (window.pixels("#picture") == before).all()
    assert window.page.is_checked("#photos [value=astronaut]")
    window.page.click("#run")  # and it goes on
    window.reach(4)
    assert window.text("#fault") == ""


@pytest.mark.slow
@needs_chromium
def test_a_picture_may_be_dropped(live, tmp_path):
    window = live().open()
    drop = """async (selector) => {
        const canvas = Object.assign(document.createElement("canvas"), {width: 60, height: 120});
        const blob = await new Promise(done => canvas.toBlob(done));
        const files = new DataTransfer();
        files.items.add(new File([blob], "mine.png", {type: "image/png"}));
        const how = {dataTransfer: files, bubbles: true, cancelable: true};
        document.querySelector(selector).dispatchEvent(new DragEvent("drop", how));
    }"""
    window.page.evaluate(drop, "#paintings legend")
    until(lambda: window.page.is_checked("#paintings [value=own]"))
    assert not window.page.is_checked("#photos [value=own]")
    window.page.evaluate(drop, "#stage")
    until(lambda: window.page.is_checked("#photos [value=own]"))
    until(lambda: window.pixels("#picture").shape[:2] == (128, 64))


@pytest.mark.slow
@needs_chromium
def test_a_camera_that_is_refused_gets_a_sentence(live):
    window = live().open()
    window.page.click("#camera")
    until(lambda: "camera" in window.text("#fault"))
    assert "file" in window.text("#fault")
    assert not window.page.locator("#camera-dialog").is_visible()


@pytest.mark.slow
@needs_chromium
def test_a_picture_from_the_camera(live):
    window = live()
    window.page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => { const c = document.createElement('canvas');"
        "c.width = 80; c.height = 60; const p = c.getContext('2d');"
        "window.painter = setInterval(() => { p.fillStyle = '#3a3'; p.fillRect(0, 0, 80, 60) }, 30);"
        "window.stream = c.captureStream(30); return window.stream }"
    )
    window.open()
    window.page.click("#camera")
    window.page.click("#camera-dialog .main")
    until(lambda: window.page.is_checked("#photos [value=own]"))
    until(lambda: window.pixels("#picture").shape[:2] == (96, 128))
    assert window.page.evaluate("window.stream.getTracks().every(t => t.readyState == 'ended')")


# Broken on purpose

FAULTS = {
    "weights": ("The weights are cut short", "Try again", "broken"),
    "backend": ("neither WebGL nor WebAssembly", "Try again", "broken"),
    "missing": ("did not start: a file is missing", "Try again", "broken"),
    "memory": ("not enough memory", "Go on at 128 pixels", "paused"),
}


@pytest.mark.slow
@needs_chromium
@pytest.mark.parametrize("fault", FAULTS)
def test_what_fails_at_the_start_gets_a_sentence_and_a_way_on(fault, live):
    words, remedy, phase = FAULTS[fault]
    window = live(fault).open("#size=192", phase)
    until(lambda: words in window.text("#fault"))
    assert window.text("#remedy") == remedy
    until(lambda: window.pixels("#picture").shape[0] == 192)  # the photo is there all the same
    assert window.pixels("#picture")[..., :3].std() > 10
    window.page.click("#remedy")
    if fault == "memory":
        window.wait("paused")
        until(lambda: window.pixels("#picture").shape[0] == 128)
        window.page.click("#run")
        window.reach(3)
        assert window.text("#fault") == ""
    else:
        until(lambda: words in window.text("#fault"))


@pytest.mark.slow
@needs_chromium
@pytest.mark.parametrize("fault", ["nan", "lost", "crash"])
def test_what_fails_on_the_way_leaves_the_last_picture(fault, live):
    window = live(fault).open()
    window.page.click("#run")
    words = {"nan": "not a number", "lost": "goes on with the processor", "crash": "has failed"}[
        fault
    ]
    until(lambda: words in window.text("#fault"))
    assert window.pixels("#picture")[..., :3].std() > 10
    if fault == "nan":
        window.page.click("#remedy")
        until(lambda: window.phase == "paused" and window.step() == 0)
    if fault == "crash":
        assert window.phase == "broken"
        window.page.locator("#photos .tile").nth(1).click()
        until(lambda: window.pixels("#picture").shape[0] == 85)
        window.page.click("#remedy")  # it is still there
        window.wait("paused")
        assert window.text("#fault") == ""


@pytest.mark.slow
@needs_chromium
def test_a_sample_that_is_missing_gets_a_sentence(live):
    window = live()
    window.page.route("**/pictures/cat.webp", lambda route: route.abort())
    window.open()
    window.page.click("#run")
    window.page.locator("#photos .tile").nth(1).click()
    until(lambda: "“cat” is missing" in window.text("#fault"))
    index = window.step()
    window.reach(index + 3)  # the run before it goes on
    window.page.click("#run")
    window.wait("paused")
    window.page.locator("#photos .tile").nth(2).click()
    until(lambda: window.text("#fault") == "" and window.pixels("#picture").shape[0] == 85)


@pytest.mark.slow
@needs_chromium
def test_without_a_server_the_page_says_so(browser, tmp_path):
    folder = copy_page(tmp_path)
    page = browser.new_page()
    page.goto((folder / "index.html").as_uri())
    until(lambda: page.locator(".unserved").is_visible())
    assert "python -m nstlib live" in page.inner_text(".unserved")
    page.close()


@pytest.mark.slow
@needs_chromium
def test_without_workers_the_page_says_so(live):
    window = live()
    window.page.add_init_script("window.Worker = undefined")
    window.open(phase="broken")
    assert "cannot compute beside the page" in window.text("#fault")


@pytest.mark.slow
@needs_chromium
def test_a_hidden_tab_paints_on_and_shows_the_newest_picture_later(live):
    window = live().open()
    # A window in the background gets no frames from the browser; here they wait until we let them go.
    window.page.evaluate(
        "() => { window.held = []; window.frames_of = window.requestAnimationFrame;"
        "window.requestAnimationFrame = draw => window.held.push(draw) }"
    )
    before = window.pixels("#picture")
    window.page.click("#run")
    window.reach(15)
    assert (window.pixels("#picture") == before).all()
    assert window.page.evaluate("window.held.length") < 6  # what waits does not pile up
    window.page.click("#run")
    window.wait("paused")
    window.page.evaluate(
        "() => { window.requestAnimationFrame = window.frames_of; window.held.forEach(f => f()) }"
    )
    assert np.abs(window.pixels("#picture") - before).mean() > 1


# With the engine


@pytest.fixture
def real(live, server):
    """`real(viewport=…)` opens a window for the page as it is delivered."""
    return functools.partial(live, url=server)


@pytest.mark.long
@needs_chromium
@pytest.mark.parametrize("viewport", SIZES, ids=lambda size: str(size[0]))
def test_a_story_with_the_engine(viewport, real, tmp_path):
    window = real(viewport=viewport).open("#size=128&photo=cat&painting=waves")
    page = window.page
    photo = window.pixels("#picture")
    until(lambda: window.text(".entry-words").startswith("G["))
    page.click("#run")
    window.reach(12)
    losses = {row: page.inner_text(f"[data-row={row}] .loss") for row in STYLE_LAYERS}
    window.slide("[data-dial='beta']", 4)
    index = window.step()
    window.reach(index + 10)
    page.click("#run")
    window.wait("paused")
    later = {row: page.inner_text(f"[data-row={row}] .loss") for row in STYLE_LAYERS}
    assert all(float(later[row]) < float(losses[row]) for row in STYLE_LAYERS), (losses, later)
    assert np.abs(window.pixels("#picture") - photo).mean() > 10
    page.focus(".matrix[tabindex]")
    before = window.pixels(".maps.picture .product")
    page.keyboard.press("Shift+ArrowDown")
    until(lambda: (window.pixels(".maps.picture .product") != before).any())
    page.locator("#layers label").last.click()
    until(lambda: "128 × 128" in window.text(".size"))
    until(lambda: window.pixels(".maps.picture .product").shape[0] == 85 // 16)
    window.shot(f"engine_{viewport[0]}")
    assert window.problems == []
    assert window.asked == []  # no request to anybody else


@pytest.mark.long
@needs_chromium
def test_a_weight_that_falls_is_felt_at_once(real):
    """Adam's memory of large gradients would hold the picture still for hundreds of steps."""
    window = real().open("#size=128&painting=waves")
    window.page.click("#run")
    window.reach(15)
    content = "[data-row=alpha] .loss"
    before = float(window.text(content))
    window.slide("[data-dial='beta']", 0)
    index = window.step()
    window.reach(index + 22)
    assert float(window.text(content)) < 0.6 * before


@pytest.mark.long
@needs_chromium
def test_weights_cut_short_get_a_sentence(browser, live, tmp_path):
    folder = copy_page(tmp_path / "page")
    weights = folder / "weights/compact.safetensors"
    weights.write_bytes(weights.read_bytes()[:100_000])
    with static_server(folder) as url:
        window = live(url=url).open(phase="broken")
        assert "weights" in window.text("#fault")
        assert window.pixels("#picture")[..., :3].std() > 10
