"""JupyterLab and Voilà in a real browser: what the tests of the apps stand on. There are no tests here.

A test asks for the fixture `lab` or `voila`, calls it with the cells of a notebook, and has a Tab:

    tab = lab("app.ipynb", ["from nstlib.widgets import …", "…"])
    tab.run_all()
    before = tab.pixels(".nst-preview")
    tab.press(".nst-start")
    tab.changed(".nst-preview", before)
    assert not tab.errors() and not tab.console

Every control has a class of its own (`widget.add_class("nst-…")`), which is its selector here. A test
that fails leaves a screenshot in the folder that NST_SCREENSHOTS names, or else in pytest's own.
"""

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from PIL import Image

NAMES = (os.environ.get("NST_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if name and (path := shutil.which(name))), None)
MISSING = ""
if CHROMIUM is None:
    MISSING = "no chromium here: apt-get install chromium, or set NST_CHROMIUM"
elif importlib.util.find_spec("playwright") is None:
    MISSING = "no playwright here: pip install '.[test]'"
needs_chromium = pytest.mark.skipif(bool(MISSING), reason=MISSING)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # the same with and without a network
]
HOST, TOKEN = "127.0.0.1", "nst"
VIEWPORT = (1280, 800)
NOTEBOOK = "window.jupyterapp?.shell.currentWidget"  # in the page's JavaScript
VOILA_ERROR = '[data-mime-type="application/vnd.jupyter.stderr"]'


def until(
    function: Callable[[], Any],
    timeout: float = 120,
    failure: str = "nothing came",
    *,
    every: float = 0.1,
) -> Any:
    """Ask `function` every so many seconds until its answer is true; that answer."""
    end = time.monotonic() + timeout
    while not (answer := function()):
        if time.monotonic() > end:
            raise TimeoutError(f"{failure} in {timeout} seconds (last answer: {answer!r})")
        time.sleep(every)
    return answer


def hindrances(page: Any, node_modules: Path, within: str = "body") -> list[str]:
    """What axe finds in a part of a page that keeps people out: each with its element."""
    page.evaluate((node_modules / "axe-core/axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("part => axe.run(part)", within)["violations"]
    grave = [violation for violation in found if violation["impact"] in ("serious", "critical")]
    return [f"{v['id']}: {node['html'][:200]}" for v in grave for node in v["nodes"]]


def write_notebook(path: Path, cells: Sequence[str]) -> None:
    """A notebook of code cells, for the kernel of this environment."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)


@dataclass
class Server:
    """It listens at `url`, serves the files in `folder`, and tells `log` about it."""

    url: str
    folder: Path
    log: Path


@contextmanager
def _serve(folder: Path, *command: str) -> Iterator[Server]:
    """`python -m COMMAND --port=…`, with settings, kernels and caches that are nobody's."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="nst-", ignore_cleanup_errors=True) as place:
        home = Path(place)
        kinds = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
        mine = {f"JUPYTER_{kind}": str(home / kind) for kind in kinds}
        mine |= {name: str(home) for name in ("HOME", "IPYTHONDIR", "JUPYTERLAB_SETTINGS_DIR")}
        mine |= {"JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"), "JUPYTER_PATH": ""}
        news = home / "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
        news.parent.mkdir(parents=True)
        news.write_text('{"fetchNews": "false"}')
        server = Server(f"http://{HOST}:{port}", folder, home / "log.txt")
        with server.log.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command, f"--port={port}", "--no-browser"],
                env=os.environ | mine,
                cwd=folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

        def listens() -> bool:
            if process.poll() is not None:
                raise RuntimeError(f"{command[0]} has ended:\n{server.log.read_text()}")
            with socket.socket() as probe:
                return probe.connect_ex((HOST, port)) == 0

        # A server is not to outlive a pytest that somebody ends: let that be an interrupt.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            until(listens, 120, f"{command[0]} did not start")
            yield server
        finally:
            signal.signal(signal.SIGTERM, before)
            process.terminate()  # it ends its kernels first
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # the kernels notice and end themselves
                process.wait()


def serve_lab(folder: Path) -> AbstractContextManager[Server]:
    """JupyterLab, with the notebooks in `folder`."""
    options = ["--allow-root", f"--ServerApp.ip={HOST}", "--ServerApp.port_retries=0"]
    options += [f"--IdentityProvider.token={TOKEN}", "--LabApp.expose_app_in_browser=True"]
    return _serve(folder, "jupyterlab", *options, f"--ServerApp.root_dir={folder}")


def serve_voila(folder: Path, name: str) -> AbstractContextManager[Server]:
    """Voilà, which runs one notebook anew for everybody who opens the page."""
    # Voilà loads all extensions of JupyterLab that are installed. Those of nbgrader and of Notebook 7
    # only work inside these programs, and fail in the console.
    strangers = ("@jupyter/nbgrader", "@jupyter-notebook/lab-extension")
    denied = [f"--VoilaConfiguration.extension_denylist={name}" for name in strangers]
    options = (f"--Voila.ip={HOST}", "--show_tracebacks=True", *denied)
    return _serve(folder, "voila", name, *options)


class Tab:
    """A window with one page; `page` is Playwright's, `console` lists what went wrong in the browser.

    Elements are named by CSS selectors (or Playwright's locators). All that needs one waits for it.
    """

    def __init__(self, browser: Any, server: Server, screenshots: Path, viewport=VIEWPORT):
        self.server, self.screenshots = server, screenshots
        self.page = browser.new_page(viewport={"width": viewport[0], "height": viewport[1]})
        self.console: list[str] = []
        self.page.set_default_timeout(120_000)  # for what hangs; everything else comes sooner
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.console.append(str(error)))

    def _listen(self, message: Any) -> None:
        source = message.location["url"]
        elsewhere = "Failed to load resource" in message.text and HOST not in source
        if message.type == "error" and not elsewhere:  # Voilà's page asks a CDN, but can do without
            self.console.append(f"{message.text} ({source})")

    def locator(self, selector: Any) -> Any:
        """Playwright's locator."""
        return self.page.locator(selector) if isinstance(selector, str) else selector

    def press(self, selector: Any) -> None:
        """Click a button, once it is visible, enabled and at rest, with all pictures above it loaded."""
        button = self.locator(selector)
        button.scroll_into_view_if_needed()
        self.page.wait_for_function("[...document.images].every(picture => picture.complete)")
        button.click()

    def slide(self, selector: Any, times: int = 1, key: str = "ArrowRight") -> None:
        """Press a key on the handle of a slider."""
        for _ in range(times):
            self.locator(selector).locator(".noUi-handle").first.press(key)

    def upload(self, selector: Any, path: Path) -> None:
        """Choose a file with a FileUpload."""
        with self.page.expect_file_chooser() as chooser:
            self.press(selector)
        chooser.value.set_files(path)

    def text(self, selector: Any) -> str:
        """The visible text of an element."""
        return self.locator(selector).inner_text()

    def pixels(self, selector: Any) -> np.ndarray:
        """What an element looks like: (height, width, 3), 0 to 255."""
        picture = self.locator(selector).screenshot(animations="disabled")
        return np.asarray(Image.open(BytesIO(picture)).convert("RGB"))

    def changed(self, selector: Any, before: np.ndarray, timeout: float = 120) -> np.ndarray:
        """Wait until an element looks different; what it looks like then.

        One pixel more or less at its edges does not count: that is rounding, after it has moved.
        """

        def different() -> list[np.ndarray]:
            now = self.pixels(selector)
            height, width = np.minimum(now.shape, before.shape)[:2]
            resized = np.abs(np.subtract(now.shape, before.shape)).max() > 1
            gap = now[:height, :width].astype(int) - before[:height, :width]
            return [now] if resized or np.abs(gap).mean() > 0.25 else []

        return until(different, timeout, f"{selector} did not change")[0]

    def screenshot(self, name: str) -> Path:
        """Keep a picture of the window as NAME.png."""
        path = self.screenshots / (re.sub(r"[^\w.-]+", "_", name) + ".png")
        self.page.screenshot(path=path)
        return path

    def close(self) -> None:
        """Close the window."""
        self.page.close()


class Lab(Tab):
    """A notebook in JupyterLab, alone in the window."""

    def open(self, name: str) -> "Lab":
        """Open a notebook in the server's folder and wait for its kernel."""
        self.page.goto(f"{self.server.url}/doc/tree/{name}?token={TOKEN}&reset")
        self.page.wait_for_function(f"{NOTEBOOK}?.sessionContext?.session?.kernel")
        self.page.evaluate(f"{NOTEBOOK}.sessionContext.ready")
        return self

    def run_all(self, timeout: float = 300) -> None:
        """Run all cells, up to the first that fails, and wait for the last."""
        run = "jupyterapp.commands.execute('notebook:run-all-cells').then(() => true)"
        late = f"new Promise(end => setTimeout(() => end(false), {1000 * timeout}))"
        if not self.page.evaluate(f"Promise.race([{run}, {late}])"):
            raise TimeoutError(f"the cells were still running after {timeout} seconds")

    def _outputs(self) -> list[dict]:
        cells = f"Array.from({NOTEBOOK}.content.model.cells)"
        return self.page.evaluate(f"{cells}.flatMap(cell => cell.outputs?.toJSON() ?? [])")

    def errors(self) -> list[str]:
        """The errors under the cells, such as "ZeroDivisionError: division by zero"."""
        outputs = self._outputs()
        return [f"{o['ename']}: {o['evalue']}" for o in outputs if o["output_type"] == "error"]

    def outputs(self) -> str:
        """The text under the cells, printed or displayed."""
        texts = [o.get("text") or o.get("data", {}).get("text/plain", "") for o in self._outputs()]
        return "\n".join("".join(text) for text in texts)

    def ask(self, expression: str) -> str:
        """What an expression is in the kernel (its repr), as soon as that is idle."""
        request = f"code => {NOTEBOOK}.sessionContext.session.kernel.requestExecute(code).done"
        code = {"code": "", "silent": True, "user_expressions": {"it": expression}}
        answer = self.page.evaluate(request, code)["content"]["user_expressions"]["it"]
        if answer["status"] == "error":
            raise RuntimeError(f"{answer['ename']}: {answer['evalue']}")
        return answer["data"]["text/plain"]

    def close(self) -> None:
        """Close the window and end the kernel."""
        with suppress(Exception):  # there may be none
            self.page.evaluate(f"{NOTEBOOK}.sessionContext.shutdown()")
        super().close()


class Voila(Tab):
    """A notebook as Voilà shows it: run once, up to the first error, without its code."""

    def open(self) -> "Voila":
        """Open the page and wait for its widgets, or for an error in their place."""
        self.page.goto(self.server.url, timeout=120_000)  # runs the whole notebook first
        self.locator(f".jupyter-widgets, {VOILA_ERROR}").first.wait_for()
        return self

    def errors(self) -> list[str]:
        """The errors on the page (and whatever else went to stderr): the last line of each."""
        return [text.split("\n")[-1] for text in self.locator(VOILA_ERROR).all_inner_texts()]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium. Not one for the whole session: while Playwright is on, `asyncio.run` refuses to work."""
    if MISSING:
        pytest.skip(MISSING)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def lab_server(browser, tmp_path_factory) -> Iterator[Server]:
    """JupyterLab in a new folder."""
    with serve_lab(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory) -> Path:
    """The folder of the screenshots."""
    named = os.environ.get("NST_SCREENSHOTS")
    folder = Path(named).absolute() if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """What pages load from elsewhere, fetched with npm: the folder that NST_NODE_MODULES names."""
    if "NST_NODE_MODULES" not in os.environ:
        pytest.skip("NST_NODE_MODULES names no folder with what pages load; .ci/run makes one")
    return Path(os.environ["NST_NODE_MODULES"]).absolute()


@pytest.fixture
def tabs(request) -> Iterator[ExitStack]:
    """Closes what a test has opened."""
    request.node.tabs = []
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def lab(request, browser, lab_server, screenshots, tabs) -> Callable[..., Lab]:
    """`lab(name, cells=(), viewport=(1280, 800))` opens a notebook in JupyterLab: a Lab.

    With `cells` it is written first; without, it is one that the test has put in `lab_server.folder`.
    """

    def open_lab(name: str, cells: Sequence[str] = (), viewport=VIEWPORT) -> Lab:
        if cells:
            write_notebook(lab_server.folder / name, cells)
        tab = Lab(browser, lab_server, screenshots, viewport)
        tabs.callback(tab.close)
        request.node.tabs.append(tab)
        return tab.open(name)

    return open_lab


@pytest.fixture
def voila(request, browser, screenshots, tabs, tmp_path) -> Callable[..., Voila]:
    """`voila(name, cells=(), viewport=…, folder=tmp_path)` shows a notebook with Voilà: a Voila."""

    def open_voila(name, cells=(), viewport=VIEWPORT, folder: Path = tmp_path) -> Voila:
        if cells:
            write_notebook(folder / name, cells)
        server = tabs.enter_context(serve_voila(folder, name))
        tab = Voila(browser, server, screenshots, viewport)
        tabs.callback(tab.close)
        request.node.tabs.append(tab)
        return tab.open()

    return open_voila


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """With a failure comes what there was to see."""
    report = yield
    if report.when == "call" and report.failed:
        for number, tab in enumerate(getattr(item, "tabs", [])):
            with suppress(Exception):
                shown = tab.screenshot(f"failed_{item.name}_{number}")
                log = tab.server.log.read_text().splitlines()[-20:]
                lines = [f"{shown}\nconsole:", *tab.console, "server:", *log]
                report.sections.append(("browser", "\n".join(lines)))
    return report
