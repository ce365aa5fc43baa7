"""The apps as a user has them: in JupyterLab and Voilà, in a real browser.

A story is what somebody does and must see. Every story is told to the apps as they are, and then to apps
that have been broken on purpose, each of which must make its story fail, where it should. What has to
happen is waited for in steps of the run, not in seconds: a clock only ends what hangs.
"""

import re
import shutil
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest
from browser import NOTEBOOK, hindrances, needs_chromium, until
from PIL import Image

from nstlib import painting, save_image

pytestmark = [pytest.mark.slow, needs_chromium]

PLAYGROUND = Path(__file__).parents[1] / "notebooks/playground.ipynb"

PATIENCE = 120  # seconds until a wait for what is sure to come gives up
STEPS = 500  # of a run: what was asked for must have happened so many later

# 128 px: a step takes a moment; 5,000 of them: it goes on until somebody stops it.
STUDIO = """
from nstlib.widgets import transfer_studio
studio = transfer_studio("cat", "waves", size=128, device="cpu")
studio.settings.steps.value = 5000
studio
"""


def gap(one, other):
    """The mean difference of two screenshots of an element; its edge may have moved by a pixel."""
    height, width = np.minimum(one.shape, other.shape)[:2]
    return np.abs(one[:height, :width].astype(float) - other[:height, :width]).mean()


def index(tab, app=".nst-studio"):
    """The step at which an app says it is."""
    found = re.match(r"step (\d+) of", tab.text(f"{app} .nst-progress"))
    return int(found[1]) if found else 0


def within_steps(tab, condition, failure, app=".nst-studio"):
    """Wait until the condition holds, while the run makes at most STEPS more steps."""
    begun = index(tab, app)
    until(lambda: condition() or index(tab, app) > begun + STEPS, PATIENCE, failure)
    assert condition(), failure


def begin(tab):
    """Press Start when nothing runs any more, and wait for some steps of the new run."""
    status = ".nst-studio .nst-status"
    if tab.locator(".nst-stop").is_enabled():
        tab.press(".nst-stop")
        until(lambda: "Stopped" in tab.text(status), PATIENCE)
    said = tab.text(status)
    tab.press(".nst-start")
    until(lambda: tab.text(status) != said and index(tab) > 5, PATIENCE)


def start(tab, patience):
    """Start, and the preview changes, and changes again: it is a film, not one picture."""
    shown = tab.pixels(".nst-preview")
    begin(tab)
    for _ in range(3):
        shown = tab.changed(".nst-preview", shown, patience)
    said = index(tab)
    until(lambda: index(tab) > said, PATIENCE)


def steer(tab, patience):
    """The style weight is moved while it runs, and the code that repeats the run knows of it."""
    begin(tab)
    tab.slide(".nst-style-weight", 20)
    said = index(tab)
    until(lambda: index(tab) > said + 5, PATIENCE)
    tab.press(".nst-stop")
    stopped(tab, ".nst-studio")
    tab.press(".nst-show-code")
    until(lambda: "transfer(" in tab.text(".nst-code"), PATIENCE)
    assert "step.weights.update" in tab.text(".nst-code"), "the weights did not move"
    tab.press(".nst-show-code")
    until(lambda: not tab.text(".nst-code").strip(), PATIENCE)


def pause(tab, patience):
    """Paused, the picture stands still; resumed, it goes on."""
    begin(tab)
    tab.press(".nst-pause")
    within_steps(tab, tab.locator(".nst-pause:has-text('Resume')").count, "it was not paused")
    seen = []
    for _ in range(10):
        seen.append(tab.text(".nst-caption"))
        time.sleep(0.1)
    assert len(set(seen)) <= 2, "it was not paused"  # the step under way may still come
    tab.press(".nst-pause")
    until(lambda: tab.text(".nst-caption") != seen[-1], patience, "it did not go on")


def stop(tab, patience):
    """Stop ends the run, says so, and the picture stays."""
    begin(tab)
    tab.press(".nst-stop")
    stopped(tab, ".nst-studio")
    said = tab.text(".nst-caption")
    time.sleep(0.5)
    assert tab.text(".nst-caption") == said


def stopped(tab, app):
    """Wait until an app says that its run was stopped, which one that ends by itself does not say."""
    status = f"{app} .nst-status"
    within_steps(tab, lambda: "Stopped" in tab.text(status), "the run did not stop", app)


def again(tab, patience):
    """A second Start is heeded while the first run goes on: it begins anew."""

    def shown():
        return int(tab.text(".nst-caption").removeprefix("step ").strip() or -1)

    begin(tab)
    until(lambda: index(tab) > 40 and shown() > 40, PATIENCE)
    before = shown()
    tab.press(".nst-start")
    within_steps(tab, lambda: shown() < before, "it did not begin anew")


def upload(tab, patience):
    """A picture of one's own is taken; a broken file is named, and the app lives on."""
    folder = tab.server.folder
    save_image(painting("mosaic", size=64), folder / "mine.png")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    tab.upload(".nst-content-upload", folder / "mine.png")
    until(lambda: "mine.png" in tab.text(".nst-content-chosen"), PATIENCE)
    tab.upload(".nst-content-upload", folder / "broken.png")
    alert = tab.locator(".nst-studio .nst-status [role=alert]")
    until(alert.count, patience, "no word about the broken file")
    assert "mine.png" in tab.text(".nst-content-chosen")
    start(tab, PATIENCE)


def save(tab, patience):
    """Save writes the picture that is seen, to where it says."""
    stop(tab, PATIENCE)
    tab.locator(".nst-save-path input").fill("from_the_browser")
    tab.press(".nst-save")
    path = tab.server.folder / "from_the_browser.png"
    until(lambda: "Saved" in tab.text(".nst-studio .nst-status"), PATIENCE)
    assert path.exists(), "no file was written"
    assert path.name in tab.text(".nst-studio .nst-status")
    # How a browser enlarges is its own affair: both are compared in 24 x 24 pixels.
    shown = Image.fromarray(tab.pixels(".nst-preview .nst-picture-box"))
    with Image.open(path) as saved:
        small = [np.asarray(one.convert("RGB").resize((24, 24)), float) for one in (shown, saved)]
    path.unlink()
    assert np.abs(small[0] - small[1]).mean() < 5


def scrub(tab, patience):
    """The film goes back to the photo, while the run goes on."""
    start(tab, PATIENCE)
    until(lambda: tab.locator(".nst-strip img:visible").count() and index(tab) > 20, PATIENCE)
    before = tab.pixels(".nst-preview")
    tab.slide(".nst-film", key="Home")
    at_first = "the film did not go back"
    within_steps(tab, lambda: tab.text(".nst-caption") == "step 0", at_first)
    first = tab.changed(".nst-preview", before, patience)
    said = index(tab)
    until(lambda: index(tab) > said + 5, PATIENCE)
    assert gap(tab.pixels(".nst-preview"), first) < 0.5
    tab.slide(".nst-film", key="End")
    tab.changed(".nst-preview", first, patience)


def thumbnails(tab, patience):
    """A painting is chosen with the arrow keys, and another with the mouse."""
    tab.locator(".nst-style-thumbnails .nst-picture-box").focus()
    tab.page.keyboard.press("ArrowDown")
    until(lambda: "sunset" in tab.text(".nst-style-chosen"), patience, "the key chose nothing")
    box = tab.locator(".nst-style-thumbnails .nst-picture-box").bounding_box()
    tab.page.mouse.click(box["x"] + 5, box["y"] + 5)
    until(lambda: "night" in tab.text(".nst-style-chosen"), patience, "the mouse chose nothing")


def letters(tab, patience):
    """With the focus on a slider, "b" would put a cell below the app, and "x" cut the app's."""
    begin(tab)
    cells, readout = f"{NOTEBOOK}.content.model.cells.length", ".nst-style-weight .widget-readout"
    before, said = tab.page.evaluate(cells), tab.text(readout)
    tab.slide(".nst-style-weight", key="b")
    tab.slide(".nst-style-weight", key="ArrowDown")  # by when it has come, "b" would have as well
    until(lambda: tab.text(readout) != said, PATIENCE)
    assert tab.page.evaluate(cells) == before, "a letter was a command"
    assert tab.locator(".nst-style-weight .noUi-handle:focus").count() == 1


def wipe(tab, patience):
    """The photo is wiped over the painting, on the browser's side alone."""
    stop(tab, PATIENCE)
    before = tab.pixels(".nst-preview")
    tab.slide(".nst-wipe", key="End")
    after = tab.changed(".nst-preview", before, patience)
    assert gap(after, before) > 10
    tab.slide(".nst-wipe", key="Home")


def code(tab, patience):
    """The code is shown, and it is that of this run."""
    stop(tab, PATIENCE)
    tab.press(".nst-show-code")
    until(lambda: "transfer(" in tab.text(".nst-code"), patience)
    assert "steps=5000" in tab.text(".nst-code")


STORIES = (start, steer, pause, stop, again, upload, save, scrub, thumbnails, letters, wipe, code)


@pytest.fixture
def studio(lab):
    def open_studio(*cells):
        tab = lab("studio.ipynb", [*cells, STUDIO])
        tab.run_all()
        assert not tab.errors()
        tab.locator(".nst-start").wait_for()
        return tab

    return open_studio


def test_the_stories_of_the_studio(studio):
    tab = studio()
    for story in STORIES:
        story(tab, PATIENCE)
        tab.screenshot(f"studio_{story.__name__}")
    assert not tab.errors()
    assert not tab.console


def test_a_closed_tab_leaves_a_run_that_can_be_found_again_and_stopped(studio):
    """The run goes on in the kernel; whoever opens the notebook again has the app and its picture."""
    tab = studio()
    begin(tab)
    tab.page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    left = index(tab)
    tab.page.goto("about:blank")
    tab.open("studio.ipynb")
    tab.locator(".nst-stop").wait_for()
    until(lambda: index(tab) > left, PATIENCE, "the run did not go on")
    tab.press(".nst-stop")
    stopped(tab, ".nst-studio")
    assert index(tab) == int(tab.ask("studio.job.step.index"))
    working = "sum(t.name == 'nstlib job' for t in __import__('threading').enumerate())"
    assert tab.ask(working) == "0"
    assert not tab.errors()


# What is broken, the story that notices it, and at what.
BROKEN = {
    "frozen preview": (
        "from nstlib.widgets.studio.screen import Screen as S; S._show = print",
        start,
        "nst-preview did not change",
    ),
    "stop does nothing": (
        "from nstlib.widgets.job import Job; Job.stop = lambda job: None",
        stop,
        "did not stop",
    ),
    "callback that blocks": (
        "from nstlib.widgets.studio.studio import Studio as S; begin = S.begin\n"
        "S.begin = lambda self: (begin(self), self.job.join())",
        again,
        "did not begin anew",
    ),
    "pause does nothing": (
        "from nstlib.widgets.job import Job; Job.pause = lambda job: None",
        pause,
        "was not paused",
    ),
    "resume does nothing": (
        "from nstlib.widgets.job import Job; Job.resume = lambda job: None",
        pause,
        "did not go on",
    ),
    "dials lead nowhere": (
        "from nstlib.widgets.studio.studio import Studio as S; S._steer = lambda self, change: None",
        steer,
        "the weights did not move",
    ),
    "save only says so": (
        "from nstlib.widgets.studio.studio import Studio as S; S.keep = lambda self: self.say('Saved')",
        save,
        "no file was written",
    ),
    "errors fall through": (
        "from nstlib.widgets.app import App; App.safely = lambda self, handler: handler",
        upload,
        "no word about the broken file",
    ),
    "scrubbing does nothing": (
        "from nstlib.widgets.studio.screen import Screen as S; S._scrub = lambda self, change: None",
        scrub,
        "did not go back",
    ),
    "pictures do not take keys": (
        "from nstlib.widgets.picture import Picture as P; P._esm = P._esm.replace('keydown', 'x')",
        thumbnails,
        "the key chose nothing",
    ),
    "pictures do not take clicks": (
        "from nstlib.widgets.picture import Picture as P; P._esm = P._esm.replace('pointerup', 'x')",
        thumbnails,
        "the mouse chose nothing",
    ),
    "letters are commands": (
        "from nstlib.widgets.picture import Picture as P; P._esm = P._esm.replace('focusin', 'x')",
        letters,
        "a letter was a command",
    ),
    "no second picture to wipe": (
        "from nstlib.widgets.picture import Picture as P; P._esm = P._esm.replace('change:', 'x')",
        wipe,
        "nst-preview did not change",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_studio_is_noticed(studio, name):
    breakage, story, words = BROKEN[name]
    tab = studio(breakage)
    with pytest.raises((AssertionError, TimeoutError), match=words):
        story(tab, 8)


# The other apps, in the notebook that has them all


def pick_entry(tab, patience):
    """A click into the Gram matrix, and the maps, the fields and the sentence are those of the entry."""
    matrix = tab.locator(".nst-gram-explorer .nst-gram-matrix .nst-picture-box")
    matrix.scroll_into_view_if_needed()
    seen = {name: tab.pixels(f".nst-gram-{name}-a") for name in ("map-i", "map-j", "product")}
    said = tab.text(".nst-gram-sentence")
    side = matrix.bounding_box()["width"]
    matrix.click(position={"x": 0.9 * side, "y": 0.3 * side})
    for name, before in seen.items():
        tab.changed(f".nst-gram-{name}-a", before, patience)
    until(lambda: tab.text(".nst-gram-sentence") != said, patience)
    i, j = (tab.locator(f".nst-gram-{name} input").input_value() for name in "ij")
    assert f"[{i}, {j}]" in tab.text(".nst-gram-sentence")
    # The next entry to the right, by the keyboard.
    tab.page.keyboard.press("ArrowRight")
    until(lambda: tab.locator(".nst-gram-j input").input_value() == str(int(j) + 1), patience)


def change_layer(tab, patience):
    """The layer slider is moved by the keyboard, and the matrix is another."""
    matrix = ".nst-gram-explorer .nst-gram-matrix"
    before = tab.pixels(matrix)
    tab.slide(".nst-gram-layer")
    tab.changed(matrix, before, patience)


def see_a_channel(tab, patience):
    """Another channel, and its map; another place, and the frame is elsewhere."""
    before = tab.pixels(".nst-feature-map")
    tab.press(".nst-feature-less")  # the next less active one
    tab.changed(".nst-feature-map", before, patience)
    picture, said = tab.pixels(".nst-feature-picture"), tab.text(".nst-feature-about-place")
    tab.locator(".nst-feature-map .nst-picture-box").click(position={"x": 40, "y": 40})
    tab.changed(".nst-feature-picture", picture, patience)
    until(lambda: tab.text(".nst-feature-about-place") != said, patience)


def rebuild(tab, patience):
    """In both labs a picture grows, and when it is stopped it lies in the tray."""
    for lab in (".nst-content-lab", ".nst-style-lab"):
        steps = tab.locator(f"{lab} .nst-lab-steps input")
        steps.fill("2000")  # more than a machine makes before Stop is pressed
        steps.press("Tab")
        before = tab.pixels(f"{lab} .nst-lab-preview")
        tab.press(f"{lab} .nst-lab-start")
        before = tab.changed(f"{lab} .nst-lab-preview", before, PATIENCE)
        tab.changed(f"{lab} .nst-lab-preview", before, PATIENCE)
        tab.press(f"{lab} .nst-lab-stop")
        stopped(tab, lab)
        tray = tab.locator(f"{lab} .nst-tray img")
        until(tray.count, patience, "nothing in the tray")


def break_the_cell(code):
    """The playground's cells, the first after `code`."""
    cells = [c.source for c in nbformat.read(PLAYGROUND, 4).cells if c.cell_type == "code"]
    return [code, *cells]


def play(server):
    """Put the playground and its stills into the server's folder; the notebook's name."""
    shutil.copy(PLAYGROUND, server.folder)
    shutil.copytree(PLAYGROUND.parent / "stills", server.folder / "stills", dirs_exist_ok=True)
    return PLAYGROUND.name


@pytest.mark.parametrize(
    "viewport", [(1280, 800), pytest.param((1024, 768), marks=pytest.mark.long)]
)
def test_the_playground(lab, lab_server, viewport):
    tab = lab(play(lab_server), viewport=viewport)
    tab.run_all(300)
    assert not tab.errors()
    for story in (pick_entry, change_layer, see_a_channel, rebuild, start):
        story(tab, PATIENCE)
        tab.screenshot(f"playground_{story.__name__}_{viewport[0]}")
    wide = "e => e.scrollWidth > e.clientWidth + 1"
    for app in tab.locator(".nst-app").all():
        assert not app.evaluate(wide), "an app is wider than the page"
    assert not tab.console


@pytest.mark.long
def test_nothing_in_the_apps_keeps_people_out(lab, lab_server, node_modules):
    tab = lab(play(lab_server))
    tab.run_all(300)
    assert not tab.errors()
    assert hindrances(tab.page, node_modules, ".nst-app") == []


BROKEN_ELSEWHERE = {
    "matrix that cannot be picked": (
        "from nstlib.widgets.picture import Picture as P; P._esm = P._esm.replace('pointerup', 'x')",
        pick_entry,
        "nst-gram-map-i-a did not change",
    ),
    "pictures that stay": (
        "from nstlib.widgets.picture import Picture as P; P._esm = P._esm.replace('change:', 'x')",
        change_layer,
        "nst-gram-matrix did not change",
    ),
    "labs whose stop does nothing": (
        "from nstlib.widgets.job import Job; Job.stop = lambda job: None",
        rebuild,
        "did not stop",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("name", BROKEN_ELSEWHERE)
def test_another_broken_app_is_noticed(lab, name):
    breakage, story, words = BROKEN_ELSEWHERE[name]
    tab = lab("broken.ipynb", break_the_cell(breakage))
    tab.run_all(300)
    assert not tab.errors()
    with pytest.raises((AssertionError, TimeoutError), match=words):
        story(tab, 8)


def test_the_studio_in_voila(voila):
    """The same app without the notebook around it."""
    tab = voila("studio.ipynb", [STUDIO])
    tab.locator(".nst-start").wait_for()
    for story in (start, steer, pause, stop):
        story(tab, PATIENCE)
    tab.screenshot("studio_voila")
    assert not tab.errors()
    assert not tab.console
