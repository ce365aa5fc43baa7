"""Screenshots of the apps and of the live page, in a real browser: `python figures/screenshots.py`.

The apps are those of the playground. All are made with what the browser tests stand on
(`tests/browser.py`), so they need a chromium. With a folder behind the name they go there, and
`--size 1024x768` is a projector's window.
"""

import argparse
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

from PIL import Image

FOLDER = Path(__file__).parent
STILLS = FOLDER.parent / "notebooks/stills"  # beside the notebooks that show them
sys.path.append(str(FOLDER.parent / "tests"))

from browser import CHROMIUM, FLAGS, HOST, MISSING, Lab, serve_lab, until  # noqa: E402

from nstlib.live import page_server  # noqa: E402


def feature_explorer(tab: Lab) -> None:
    """A place in the photo, with its receptive field."""
    tab.press(".nst-feature-strongest")


def gram_explorer(tab: Lab) -> None:
    """The next telling pair."""
    tab.press(".nst-gram-next")


def content_lab(tab: Lab) -> None:
    """The five reconstructions of the paper's Figure 1."""
    tab.press(".nst-content-lab .nst-lab-series")
    until(lambda: tab.locator(".nst-content-lab .nst-tray .nst-picture-box").count() >= 5, 600)


def style_lab(tab: Lab) -> None:
    """The same for styles."""
    tab.press(".nst-style-lab .nst-lab-series")
    until(lambda: tab.locator(".nst-style-lab .nst-tray .nst-picture-box").count() >= 5, 600)


def transfer_studio(tab: Lab) -> None:
    """A run that was steered, to its end."""
    tab.press(".nst-studio .nst-start")
    until(lambda: "step 9" in tab.text(".nst-studio .nst-progress"), 300)
    tab.slide(".nst-style-weight", 3)
    until(lambda: "Done" in tab.text(".nst-studio .nst-status"), 600)
    tab.slide(".nst-wipe", 25)


APPS: dict[str, tuple[Callable[[Lab], None], str]] = {
    "app_features": (feature_explorer, ".nst-feature-explorer"),
    "app_gram": (gram_explorer, ".nst-gram-explorer"),
    "app_content": (content_lab, ".nst-content-lab"),
    "app_style": (style_lab, ".nst-style-lab"),
    "app_studio": (transfer_studio, ".nst-studio"),
}


def live_page(page: Any) -> None:
    """A run of 60 steps, with the photo wiped over it."""
    with page_server(0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page.goto(f"http://{HOST}:{server.server_port}/#photo=cat&painting=waves&size=192")
        page.locator("#run:enabled").click()
        until(lambda: re.match(r"step [6-9]\d", page.inner_text("#badge")), 600)
        page.click("#run")
        page.locator("#wipe").focus()
        for _ in range(3):
            page.keyboard.press("PageUp")
        page.locator("#run").focus()
        page.wait_for_timeout(2000)
        server.shutdown()


PAGES: dict[str, Callable[[Any], None]] = {"live_page": live_page}


def main() -> None:
    """Write a JPEG of each app and page."""
    from playwright.sync_api import sync_playwright

    names = [*APPS, *PAGES]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(names)}")
    parser.add_argument("--to", type=Path, default=STILLS, help="another folder")
    parser.add_argument("--size", default="1280x800", help="of the window")
    options = parser.parse_args()
    if MISSING:
        parser.error(MISSING)
    width, height = map(int, options.size.split("x"))
    names = options.names or names
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        shot = Path(place) / "shot.png"
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        if apps := [name for name in names if name in APPS]:
            shutil.copy(FOLDER.parent / "notebooks/playground.ipynb", place)
            with serve_lab(Path(place)) as server:
                tab = Lab(chromium, server, options.to, (width, height)).open("playground.ipynb")
                tab.run_all(300)
                for name in apps:
                    play, selector = APPS[name]
                    tab.locator(selector).scroll_into_view_if_needed()
                    play(tab)
                    tab.page.wait_for_timeout(2000)
                    tab.locator(selector).screenshot(path=shot)
                    keep(shot, options.to / f"{name}.jpg")
                tab.close()
        for name in (name for name in names if name in PAGES):
            page = chromium.new_page(viewport={"width": width, "height": height})
            PAGES[name](page)
            page.screenshot(path=shot)
            keep(shot, options.to / f"{name}.jpg")
            page.close()
        chromium.close()


def keep(shot: Path, path: Path) -> None:
    """Write a screenshot as a JPEG, and say so."""
    Image.open(shot).convert("RGB").save(path, quality=85)
    print(f"{path.name:<20}{path.stat().st_size / 1000:>6.0f} kB", flush=True)


if __name__ == "__main__":
    main()
