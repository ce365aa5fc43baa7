"""Films of the apps, from a real browser: `python figures/recordings.py`, or with names of apps.

They are made with the helpers of the browser tests (`tests/browser.py`), so they need a chromium, and
ffmpeg. The film of the studio is also written as an animated WebP, which README.md shows.
While an app computes, a picture is taken every few steps and not every tenth of a second, so a film
lasts equally long on every machine, and less long than the run.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

FOLDER = Path(__file__).parent
STILLS = FOLDER.parent / "notebooks/stills"  # beside the stills, so that the site finds them
sys.path.append(str(FOLDER.parent / "tests"))

from browser import CHROMIUM, FLAGS, MISSING, Lab, serve_lab, until, write_notebook  # noqa: E402

FPS = 10  # pictures a second
WINDOW = 1280, 900  # high enough for each app to be seen whole
MARGIN = 6  # pixels below an app
LIMIT = 3_000_000  # bytes of a film
POINTER = """() => {
  const pointer = document.createElement("div");
  pointer.id = "pointer";
  pointer.innerHTML = '<svg width="60" height="60" style="display:block">' +
    '<circle cx="30" cy="30" r="17" fill="#d55e00" fill-opacity="0.45" visibility="hidden"/>' +
    '<path d="M30 30v21l5-5 4 9 4-2-4-9h7z" fill="black" stroke="white" stroke-width="1.5"/></svg>';
  pointer.style = "position:fixed;left:0;top:0;z-index:99999;pointer-events:none";
  document.body.append(pointer);
}"""
MOVE = """([x, y, pressed]) => {
  const pointer = document.getElementById("pointer");
  pointer.style.transform = `translate(${x - 30}px, ${y - 30}px)`;
  pointer.querySelector("circle").setAttribute("visibility", pressed ? "visible" : "hidden");
}"""


class Camera:
    """Uses an app with a pointer that can be seen, and takes pictures meanwhile.

    Args:
        tab: The notebook, whose cells have run.
        app: The selector of the app; all other selectors are looked for in it.

    Attributes:
        tab, page, app: The notebook, Playwright's page, and the app in it.
    """

    def __init__(self, tab: Lab, app: str):
        self.tab, self.page, self.app = tab, tab.page, tab.locator(app)
        self._shots: list[tuple[bytes, dict]] = []
        self._at, self._pressed = (900.0, 500.0), False
        self.app.scroll_into_view_if_needed()
        self.page.evaluate(POINTER)
        self._show()

    @property
    def frames(self) -> list[Image.Image]:
        """The pictures so far, as large as the app was at its largest, and white below it."""
        boxes = [box for _, box in self._shots]
        left, top = (int(min(box[side] for box in boxes)) for side in ("x", "y"))
        wide = int(max(box["width"] for box in boxes))
        frames = []
        for jpeg, box in self._shots:
            frame = Image.new("RGB", (wide, WINDOW[1] - top), "white")
            area = left, top, left + wide, min(int(box["y"] + box["height"]), WINDOW[1])
            frame.paste(Image.open(BytesIO(jpeg)).convert("RGB").crop(area))
            frames.append(frame)
        high = max(_lowest(frame) for frame in frames) + MARGIN
        even = 0, 0, wide // 2 * 2, high // 2 * 2  # the codec wants even numbers
        return [frame.crop(even) for frame in frames]

    def find(self, selector: str) -> Any:
        """The first such element of the app: Playwright's locator."""
        return self.app.locator(selector).first

    def take(self, pictures: int = 1) -> None:
        """Take pictures, a tenth of a second apart or more. What comes to rest is not taken again."""
        new = min(pictures, 3)
        for _ in range(new):
            shot = self.page.screenshot(type="jpeg", quality=95)  # faster than PNG
            self._shots.append((shot, self.app.bounding_box()))
            self.page.wait_for_timeout(1000 / FPS)
        if pictures > new:
            self.page.wait_for_timeout(1000)  # for what the kernel still has to say
            self.take()
            self._shots += [self._shots[-1]] * (pictures - new - 1)

    def go(self, x: float, y: float, pictures: int = 5) -> None:
        """Move the mouse to a place of the window."""
        (x0, y0), self._at = self._at, (x, y)
        for k in range(1, pictures + 1):
            part = k / pictures
            part = part * part * (3 - 2 * part)  # slow at both ends
            self.page.mouse.move(x0 + part * (x - x0), y0 + part * (y - y0))
            self._show(x0 + part * (x - x0), y0 + part * (y - y0))
            self.take()

    def click(self, selector: str, x: float = 0.5, y: float = 0.5) -> None:
        """Click a place in an element, from 0 to 1 across and down."""
        box = self._box(selector)
        self.go(box["x"] + x * box["width"], box["y"] + y * box["height"])
        self._press(True)
        self.take(2)
        self._press(False)

    def choose(self, selector: str, option: str) -> None:
        """Choose from a list. Its open menu is the system's and on no picture."""
        box = self._box(f"{selector} select")
        self.go(box["x"] + box["width"] - 12, box["y"] + box["height"] / 2)
        self._show(pressed=True)
        self.take(2)
        self.find(f"{selector} select").select_option(option)
        self._show(pressed=False)

    def drag(self, selector: str, to: float, pictures: int = 8) -> None:
        """Drag the handle of a slider to a place from 0 to 1."""
        handle, base = self._box(f"{selector} .noUi-handle"), self._box(f"{selector} .noUi-base")
        middle = handle["y"] + handle["height"] / 2
        self.go(handle["x"] + handle["width"] / 2, middle)
        self._press(True)
        self.go(base["x"] + to * base["width"], middle, pictures)
        self._press(False)

    def run(self, to: int, every: int) -> None:
        """Take a picture every few steps of a run, until a step is reached or the run is over."""
        due = self.step() + every if self.step() < to else 0

        def over() -> bool:
            nonlocal due
            now = self.step()
            if now >= due:
                self.take()
                due = now + every
            return now >= to

        until(over, 600, "the run does not go on")

    def step(self) -> int:
        """The step at which the app says it is."""
        found = re.match(r"step (\d+) of", self.find(".nst-progress").inner_text())
        return int(found[1]) if found else 0

    def wait_for(self, words: str) -> None:
        """Take pictures until the status line has these words."""
        until(
            lambda: (self.take(), words in self.find(".nst-status").inner_text())[1],
            300,
            f"the app never said {words!r}",
        )

    def _box(self, selector: str) -> dict:
        element = self.find(selector)
        element.wait_for()
        return element.bounding_box()

    def _press(self, pressed: bool) -> None:
        (self.page.mouse.down if pressed else self.page.mouse.up)()
        self._show(pressed=pressed)

    def _show(self, x: float | None = None, y: float | None = None, pressed=None) -> None:
        """Draw the pointer at a place (where the mouse is), pressed or as it was."""
        self._pressed = self._pressed if pressed is None else pressed
        x, y = self._at if x is None else (x, y)
        self.page.evaluate(MOVE, [x, y, self._pressed])


def feature_explorer(camera: Camera) -> None:
    """One number of a shallow and of a deep layer; channels; the map over the photo."""
    camera.take(8)
    camera.choose(".nst-feature-layer", "relu1_1")
    camera.take(5)
    camera.click(".nst-feature-picture .nst-picture-box", 0.45, 0.4)
    camera.take(10)
    camera.choose(".nst-feature-layer", "relu5_1")
    camera.take(8)
    camera.click(".nst-feature-picture .nst-picture-box", 0.45, 0.4)
    camera.take(14)
    camera.choose(".nst-feature-layer", "relu3_1")
    camera.take(6)
    for _ in range(3):
        camera.click(".nst-feature-less")
        camera.take(5)
    camera.drag(".nst-feature-opacity", 0.7)
    camera.take(15)


def gram_explorer(camera: Camera) -> None:
    """A's telling pairs; shuffled positions; the picture turned; A - B in a deeper layer."""
    camera.take(8)
    camera.click(".nst-gram-view button:nth-of-type(1)")
    camera.take(5)
    camera.click(".nst-gram-matrix .nst-picture-box", 0.3, 0.62)
    camera.take(8)
    for _ in range(3):
        camera.click(".nst-gram-next")
        camera.take(7)
    camera.click(".nst-gram-test button:nth-of-type(2)")
    camera.take(16)
    camera.click(".nst-gram-test button:nth-of-type(4)")
    camera.take(16)
    camera.click(".nst-gram-test button:nth-of-type(1)")
    camera.take(4)
    camera.click(".nst-gram-view button:nth-of-type(3)")
    camera.take(10)
    camera.drag(".nst-gram-layer", 0.75)
    camera.take(16)


def content_lab(camera: Camera) -> None:
    """relu5_1 alone; relu2_1 as well; then from the blurred picture."""
    camera.take(6)
    ticked = camera.app.locator("input[type=checkbox]:checked").count()
    assert ticked == 1, f"{ticked} layers are ticked at first, not one"
    if not camera.find(".nst-lab-relu5_1 input").is_checked():
        camera.click(".nst-lab-relu5_1 input")
        camera.click(".nst-lab-relu4_2 input")
    _paint(camera)
    camera.click(".nst-lab-relu2_1 input")
    _paint(camera)
    camera.click(".nst-lab-relu2_1 input")
    blurred = camera.find(".nst-lab-init option:has-text('blur')").inner_text()
    camera.choose(".nst-lab-init", blurred)
    _paint(camera)
    camera.take(12)


def style_lab(camera: Camera) -> None:
    """All layers, then relu1_1 alone, then relu5_1 alone."""
    layers = [f"relu{block}_1" for block in range(1, 6)]
    camera.take(6)
    for wanted in (layers, layers[:1], layers[4:]):
        for layer in layers:
            box = f".nst-lab-{layer} input"
            if camera.find(box).is_checked() != (layer in wanted):
                camera.click(box)
        _paint(camera)
    camera.take(12)


def _paint(camera: Camera) -> None:
    """A run of a lab, from Start to its picture in the tray."""
    tray = camera.app.locator(".nst-tray .nst-picture-box")
    before = tray.count()
    camera.click(".nst-lab-start")
    until(lambda: camera.step() < 90, 60)  # the run before this one ended at 100
    camera.run(100, 6)
    until(lambda: tray.count() > before, 60)
    camera.take(9)


def transfer_studio(camera: Camera) -> None:
    """Choose, start, pull the style down and push it up again, wipe."""
    camera.take(5)
    camera.click(".nst-content-thumbnails .nst-picture-box", 0.1, 0.25)
    camera.click(".nst-style-thumbnails .nst-picture-box", 0.1, 0.25)
    camera.take(3)
    camera.click(".nst-start")
    camera.run(60, 3)
    camera.drag(".nst-style-weight", 0.17, 5)
    camera.run(camera.step() + 30, 3)
    camera.drag(".nst-style-weight", 0.67, 5)
    camera.run(150, 3)
    camera.wait_for("Done")
    camera.drag(".nst-wipe", 0.8, 12)
    camera.drag(".nst-wipe", 0.0, 12)
    camera.take(10)


def _lowest(frame: Image.Image) -> int:
    """The number of rows of a picture down to the last one that is not white."""
    box = frame.convert("L").point(lambda value: 255 * (value < 230)).getbbox()
    return box[3] if box else 0


class Film(NamedTuple):
    """An app, and what is done with it.

    Attributes:
        app: The expression that makes it.
        selector: Its class.
        play: What is done with it.
    """

    app: str
    selector: str
    play: Callable[[Camera], None]


FILMS = {  # the apps as in playground.ipynb
    "app_features": Film(
        'feature_explorer(photo("coffee", size=192))', ".nst-feature-explorer", feature_explorer
    ),
    "app_gram": Film(
        'gram_explorer(painting("mosaic", size=192), photo("rocket", size=192))',
        ".nst-gram-explorer",
        gram_explorer,
    ),
    "app_content": Film('content_lab(photo("cat", size=192))', ".nst-content-lab", content_lab),
    "app_style": Film('style_lab(painting("night", size=192))', ".nst-style-lab", style_lab),
    "app_studio": Film('transfer_studio("cat", "waves")', ".nst-studio", transfer_studio),
}
IMPORTS = "from nstlib import painting, photo\nfrom nstlib.widgets import *"


def record(browser: Any, film: Film) -> list[Image.Image]:
    """Play a film in a browser, and return its pictures, all of one size."""
    with tempfile.TemporaryDirectory() as place, serve_lab(Path(place)) as server:
        write_notebook(Path(place, "film.ipynb"), [IMPORTS, film.app])
        tab = Lab(browser, server, Path(place), WINDOW).open("film.ipynb")
        tab.run_all(300)
        tab.page.wait_for_timeout(2000)  # pictures load, the layout comes to rest
        camera = Camera(tab, film.selector)
        film.play(camera)
        frames = camera.frames
        tab.close()
    return frames


def write_webm(frames: Sequence[Image.Image], path: Path, quality: int = 38) -> None:
    """Write a WebM (VP9). quality: ffmpeg's crf, from 0 (best) to 63.

    Raises:
        OSError: Without ffmpeg, or if it fails.
    """
    how = ["-c:v", "libvpx-vp9", "-b:v", "0", "-crf", str(quality), "-pix_fmt", "yuv420p"]
    _encode(frames, path, FPS, how)


def write_webp(frames: Sequence[Image.Image], path: Path, width: int = 720) -> None:
    """Write an animated WebP, smaller and with every second picture; it begins again at its end.

    Raises:
        OSError: Without ffmpeg, or if it fails.
    """
    how = ["-vf", f"scale={width}:-2", "-c:v", "libwebp_anim", "-quality", "55", "-loop", "0"]
    _encode(frames[::2], path, FPS / 2, how)


def _encode(frames: Sequence[Image.Image], path: Path, rate: float, how: Sequence[str]) -> None:
    if shutil.which("ffmpeg") is None:
        raise OSError("No ffmpeg here: apt-get install ffmpeg.")
    size = f"{frames[0].width}x{frames[0].height}"
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", size, "-r", str(rate), "-i", "-", *how, "-fflags", "+bitexact", str(path)]
    pixels = b"".join(frame.tobytes() for frame in frames)
    done = subprocess.run(command, input=pixels, stderr=subprocess.PIPE)
    if done.returncode:
        raise OSError(f"ffmpeg fails: {done.stderr.decode().strip()}")


def main() -> None:
    """Write the films."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(FILMS)}")
    parser.add_argument("--to", type=Path, default=STILLS, help="another folder")
    options = parser.parse_args()
    if unknown := set(options.names) - set(FILMS):
        parser.error(f"no such film: {', '.join(sorted(unknown))}")
    if MISSING:
        parser.error(MISSING)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name in options.names or FILMS:
            frames = record(chromium, FILMS[name])
            paths = [options.to / f"{name}.webm"]
            write_webm(frames, paths[0])
            if name == "app_studio":
                paths.append(FOLDER / "studio.webp")
                write_webp(frames, paths[1])
            for path in paths:
                size = path.stat().st_size
                print(
                    f"{path.name:<20}{len(frames) / FPS:>6.1f} s{size / 1000:>8.0f} kB", flush=True
                )
                if size > LIMIT:
                    parser.error(f"{path} is larger than {LIMIT / 1e6:.0f} MB")
        chromium.close()


if __name__ == "__main__":
    main()
