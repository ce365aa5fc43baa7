"""The brush of the studio as a user has it: in JupyterLab, with the mouse and with the keys alone.

As in test_browser.py, each story is also told to an app that is broken, and must notice it.
"""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from browser import hindrances, needs_chromium, until
from PIL import Image

pytestmark = [pytest.mark.slow, needs_chromium]

PATIENCE = 120  # seconds until a wait for what is sure to come gives up
STUDIO = """
from nstlib.widgets import transfer_studio
studio = transfer_studio("rocket", "waves", size=96, device="cpu")
studio.settings.steps.value = 4
studio
"""
PHOTO, SAID = ".nst-mask-photo", ".nst-mask-said"
# The next pictures are decoded when `decoding.go()` is called; there is no `decoding` before the first.
SLOW_PICTURES = """() => {
    delete window.decoding;
    const decode = window.createImageBitmap;
    let open;
    const gate = new Promise((resolve) => { open = resolve; });
    window.createImageBitmap = (...picture) => {
        const decoded = gate.then(() => decode(...picture));
        const go = () => {
            window.createImageBitmap = decode;
            open();
            return decoded.then(() => {});
        };
        window.decoding = { go };
        return decoded;
    };
}"""


@pytest.fixture
def studio(lab):
    def open_studio(*cells):
        tab = lab("brush.ipynb", [*cells, STUDIO])
        tab.run_all()
        assert not tab.errors()
        tab.press(".nst-regions")
        loaded = f"document.querySelector('{PHOTO} canvas')?.width > 1"
        tab.page.wait_for_function(loaded)
        until(lambda: "No region" in tab.text(SAID), PATIENCE)
        return tab

    return open_studio


def painted(tab):
    """The mask that Python has, from 0 to 1; None if there is no region."""
    mask = eval(tab.ask("studio.regions.painter.mask"))
    return np.asarray(Image.open(BytesIO(mask)).convert("L")) / 255 if mask else None


def inside(mask, x, y):
    """Whether a place, in fractions of the photo, is in the region."""
    return mask is not None and mask[int(y * mask.shape[0]), int(x * mask.shape[1])] == 1


def places(tab, *fractions):
    """Where in the window some places are that are given in fractions of the photo."""
    tab.locator(PHOTO).scroll_into_view_if_needed()
    area = tab.locator(PHOTO).bounding_box()
    return [(area["x"] + x * area["width"], area["y"] + y * area["height"]) for x, y in fractions]


def drag(tab, start, end):
    """A stroke of the mouse, between two places in fractions of the photo."""
    start, end = places(tab, start, end)
    tab.page.mouse.move(*start)
    tab.page.mouse.down()
    tab.page.mouse.move(*end, steps=8)
    tab.page.mouse.up()


def clear(tab):
    """Begin with an empty region."""
    if tab.locator(".nst-mask-clear").is_enabled():
        tab.press(".nst-mask-clear")
    tab.press(".nst-mask-brush-tool")
    until(lambda: painted(tab) is None, PATIENCE, "the region was not cleared")


def focus(tab):
    """Go to the photo, with the brush in its middle."""
    tab.locator(PHOTO).hover()
    tab.locator(PHOTO).focus()


def mouse(tab, patience):
    """A stroke is seen at once, and Python has it, where it was painted; the eraser takes it away."""
    tab.locator(PHOTO).scroll_into_view_if_needed()
    before = tab.pixels(PHOTO)
    drag(tab, (0.2, 0.5), (0.8, 0.5))
    tab.changed(PHOTO, before, patience)
    until(lambda: painted(tab) is not None, patience, "no mask was sent")
    mask = painted(tab)
    height, width = mask.shape
    assert max(mask.shape) == 512
    assert mask[height // 2, width // 4 : 3 * width // 4].min() == 1
    assert mask[: height // 3].max() == 0
    assert f"{round(100 * mask.mean())} % of the photo: night" in tab.text(SAID)
    tab.press(".nst-mask-eraser")
    drag(tab, (0.5, 0.5), (0.9, 0.5))
    until(lambda: painted(tab)[height // 2, 3 * width // 4] == 0, patience, "nothing was erased")
    assert painted(tab)[height // 2, width // 4] == 1


def undo(tab, patience):
    """Undo and redo go back and forth, and nothing is left to be undone in the end."""
    clear(tab)
    drag(tab, (0.2, 0.3), (0.4, 0.3))
    until(lambda: painted(tab) is not None, PATIENCE)
    one = painted(tab)
    drag(tab, (0.2, 0.7), (0.4, 0.7))
    until(lambda: painted(tab).sum() > 1.5 * one.sum(), PATIENCE)
    two = painted(tab)
    tab.press(".nst-mask-undo")
    until(lambda: np.array_equal(painted(tab), one), patience, "nothing was undone")
    tab.press(".nst-mask-redo")
    until(lambda: np.array_equal(painted(tab), two), patience, "nothing was redone")
    tab.press(".nst-mask-invert")
    until(lambda: np.array_equal(np.round(255 * painted(tab)), np.round(255 - 255 * two)), patience)
    tab.press(".nst-mask-undo")
    until(lambda: np.array_equal(painted(tab), two), patience)


def keys(tab, patience):
    """All of it without a mouse: move, paint a line, erase, another size, fill, undo, redo."""
    clear(tab)
    focus(tab)
    press = tab.page.keyboard.press
    press("Space")
    until(lambda: painted(tab) is not None, patience, "Space painted nothing")
    dot = painted(tab)
    height, width = dot.shape
    assert dot[height // 2, width // 2] == 1
    tab.page.keyboard.down("Space")
    for _ in range(6):
        press("ArrowRight")
    tab.page.keyboard.up("Space")
    until(lambda: painted(tab).sum() > 1.5 * dot.sum(), patience, "the arrows drew no line")
    line = painted(tab)
    press("Shift+Space")
    until(lambda: painted(tab).sum() < line.sum(), patience, "Shift did not erase")
    press("z")
    until(lambda: np.array_equal(painted(tab), line), patience)
    press("z")
    until(lambda: np.array_equal(painted(tab), dot), patience)
    press("y")
    until(lambda: np.array_equal(painted(tab), line), patience)
    size = tab.locator(".nst-mask-size").input_value()
    press("+")
    assert int(tab.locator(".nst-mask-size").input_value()) == int(size) + 1
    press("-")
    assert tab.locator(".nst-mask-size").input_value() == size


def fill(tab, patience):
    """A click fills the sky up to its edges, and F does the same from the keys."""
    until(lambda: "medium" in tab.ask("list(studio.regions.painter.pieces)"), PATIENCE)
    clear(tab)
    tab.press(".nst-mask-fill")

    def filled():
        drag(tab, (0.5, 0.1), (0.5, 0.1))  # in vain while the browser still reads the pieces
        return painted(tab) is not None

    until(filled, patience, "nothing was filled")
    sky = painted(tab)
    height, width = sky.shape
    assert 0.3 < sky.mean() < 0.95
    assert sky[height // 10, width // 2] == 1
    assert sky[-5, width // 2] == 0
    assert set(np.unique(sky)) == {0, 1}
    clear(tab)
    focus(tab)
    for _ in range(20):
        tab.page.keyboard.press("ArrowUp")
    tab.page.keyboard.press("f")
    until(lambda: painted(tab) is not None, patience, "F filled nothing")
    tab.page.keyboard.press("Shift+F")
    until(lambda: painted(tab) is None, patience, "Shift and F took nothing away")


def shortcuts(tab, patience):
    """Keys with Ctrl or Cmd are left to the browser, which searches and zooms, except undo and redo."""
    clear(tab)
    focus(tab)
    taken = """([selector, key, modifier]) => !document.querySelector(selector).dispatchEvent(
        new KeyboardEvent("keydown", {key, [modifier]: true, bubbles: true, cancelable: true}))"""
    for modifier in ("ctrlKey", "metaKey"):
        for key in ("f", "+", "-"):
            here = [PHOTO, key, modifier]
            assert not tab.page.evaluate(taken, here), f"{modifier} {key} is taken"
    tab.page.keyboard.press("Space")
    until(lambda: painted(tab) is not None, PATIENCE)
    tab.page.keyboard.press("Control+z")
    until(lambda: painted(tab) is None, patience, "Ctrl+Z undid nothing")
    tab.page.keyboard.press("Control+y")
    until(lambda: painted(tab) is not None, patience, "Ctrl+Y redid nothing")


def two_fingers(tab, patience):
    """A second finger neither paints nor breaks off the stroke of the first."""
    clear(tab)
    a, b, c, other, far = places(tab, (0.2, 0.2), (0.5, 0.2), (0.8, 0.2), (0.3, 0.8), (0.7, 0.8))
    session = tab.page.context.new_cdp_session(tab.page)

    def touch(kind, *fingers):
        """Tell the browser where the fingers are now; one that is left out has been lifted."""
        points = [{"id": number, "x": x, "y": y} for number, (x, y) in enumerate(fingers)]
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    touch("Start", a)
    touch("Start", a, other)
    touch("Move", b, other)
    touch("Move", b, far)
    touch("Move", b)
    touch("Move", c)
    touch("End")
    until(lambda: painted(tab) is not None, patience, "the finger painted nothing")
    mask = painted(tab)
    assert inside(mask, 0.75, 0.2), "the stroke was broken off"
    assert mask[len(mask) // 2 :].max() == 0, "the second finger painted"


def space_in_a_stroke(tab, patience):
    """Space while the mouse paints begins a stroke of its own; both can be undone."""
    clear(tab)
    a, b, c = places(tab, (0.2, 0.3), (0.4, 0.3), (0.7, 0.3))
    page = tab.page
    page.mouse.move(*a)
    page.mouse.down()
    page.mouse.move(*b, steps=4)
    page.keyboard.down("Space")
    page.mouse.move(*c, steps=4)
    page.keyboard.up("Space")
    page.mouse.up()
    until(lambda: inside(painted(tab), 0.65, 0.3), PATIENCE)
    page.keyboard.press("z")
    until(lambda: not inside(painted(tab), 0.65, 0.3), patience)
    assert inside(painted(tab), 0.3, 0.3)
    page.keyboard.press("z")
    until(lambda: painted(tab) is None, patience, "the stroke of the mouse was not undone")


def erase_all(tab, patience):
    """Where the eraser followed the brush, the soft edges of both leave nothing."""
    clear(tab)
    drag(tab, (0.2, 0.3), (0.8, 0.4))
    until(lambda: painted(tab) is not None, PATIENCE)
    mask = painted(tab)
    tab.press(".nst-mask-eraser")
    drag(tab, (0.2, 0.3), (0.8, 0.4))
    until(lambda: painted(tab) is None, patience, "something was left")
    assert "No region" in tab.text(SAID)
    tab.press(".nst-mask-undo")
    until(lambda: np.array_equal(painted(tab), mask), patience)


def late_region(tab, patience):
    """A region from Python does not wipe what is painted while the browser decodes it."""
    clear(tab)
    drag(tab, (0.2, 0.8), (0.8, 0.8))
    until(lambda: painted(tab) is not None, PATIENCE)
    region = tab.ask("studio.regions.painter.mask")
    start, end = places(tab, (0.2, 0.3), (0.8, 0.3))
    for ended in (False, True):  # whether the stroke has ended and been sent when the region comes
        clear(tab)
        tab.page.evaluate(SLOW_PICTURES)
        tab.ask(f"setattr(studio.regions.painter, 'mask', {region})")
        tab.page.wait_for_function("window.decoding")
        tab.page.mouse.move(*start)
        tab.page.mouse.down()
        tab.page.mouse.move(*end, steps=4)
        if ended:
            tab.page.mouse.up()
            until(lambda: inside(painted(tab), 0.5, 0.3), PATIENCE)
        tab.page.evaluate("decoding.go()")
        tab.page.mouse.up()
        drag(tab, (0.2, 0.6), (0.8, 0.6))
        until(lambda: inside(painted(tab), 0.5, 0.6), patience)
        assert inside(painted(tab), 0.5, 0.3), "the stroke was wiped"


def another_photo(tab, patience):
    """The region goes with its photo, and undo does not bring it back."""
    clear(tab)
    drag(tab, (0.2, 0.3), (0.4, 0.3))
    until(lambda: painted(tab) is not None, PATIENCE)
    photo = tab.pixels(PHOTO)
    tab.locator(".nst-content-thumbnails .nst-picture-box").focus()
    tab.page.keyboard.press("ArrowUp")
    until(lambda: "cleared" in tab.text(".nst-studio .nst-status"), patience)
    tab.changed(PHOTO, photo, patience)
    until(lambda: "No region" in tab.text(SAID), patience, "the region stayed")
    assert tab.locator(".nst-mask-undo").is_disabled()
    assert painted(tab) is None
    tab.page.keyboard.press("ArrowDown")
    until(lambda: "rocket" in tab.text(".nst-content-chosen"), PATIENCE)

    def paints():
        drag(tab, (0.2, 0.3), (0.4, 0.3))  # in vain while the browser still loads the photo
        return painted(tab) is not None

    until(paints, PATIENCE)


def begin(tab):
    """Press Start and wait until the run has ended; what the picture shows."""
    tab.locator(".nst-start").click()
    until(lambda: tab.ask("studio.job.status") == "'done'", PATIENCE)
    return tab.ask("studio.screen.preview.alt")


def run(tab, patience):
    """Painted and started at once: the run has the stroke, and its code makes the same picture."""
    clear(tab)
    size = tab.locator(".nst-mask-size")
    size.fill("40")
    drag(tab, (0.2, 0.3), (0.8, 0.3))
    assert "styles of waves and night" in begin(tab), "the stroke was late"
    tab.press(".nst-show-code")
    until(lambda: "masks=[None, mask]" in tab.text(".nst-code"), patience)
    assert list(Path(tab.server.folder).glob("painted-mask*.png"))
    same = (
        "(lambda n: (exec(studio.code(), n), n['step'].image.equal(studio.job.step.image))[1])({})"
    )
    assert tab.ask(same) == "True"
    tab.press(".nst-show-code")


def run_while_painting(tab, patience):
    """Started while Space is held: the run has the stroke, which ends there."""
    clear(tab)
    tab.locator(".nst-mask-size").fill("40")
    focus(tab)
    tab.page.keyboard.down("Space")
    shown = begin(tab)
    tab.page.keyboard.up("Space")
    assert "styles of waves and night" in shown, "the stroke was late"


STORIES = (
    mouse,
    undo,
    keys,
    shortcuts,
    two_fingers,
    space_in_a_stroke,
    erase_all,
    fill,
    late_region,
    another_photo,
    run,
    run_while_painting,
)


def test_the_stories_of_the_brush(studio):
    tab = studio()
    for story in STORIES:
        story(tab, PATIENCE)
        tab.screenshot(f"brush_{story.__name__}")
    assert not tab.errors()
    assert not tab.console


@pytest.mark.long
def test_nothing_in_the_open_fold_keeps_people_out(studio, node_modules):
    tab = studio()
    drag(tab, (0.2, 0.3), (0.8, 0.3))
    until(lambda: painted(tab) is not None, PATIENCE)
    assert hindrances(tab.page, node_modules, ".nst-app") == []
    tab.press(".nst-mask-fill")
    assert hindrances(tab.page, node_modules, ".nst-app") == []


@pytest.mark.long
def test_a_pen_paints(studio):
    tab = studio()
    session = tab.page.context.new_cdp_session(tab.page)
    start, end = places(tab, (0.2, 0.5), (0.6, 0.5))
    for kind, (x, y) in (("Pressed", start), ("Moved", end), ("Released", end)):
        pen = {"pointerType": "pen", "button": "left", "buttons": 1, "x": x, "y": y}
        session.send("Input.dispatchMouseEvent", {"type": f"mouse{kind}", **pen})
    until(lambda: inside(painted(tab), 0.4, 0.5), PATIENCE, "the pen painted nothing")


@pytest.mark.long
def test_a_region_is_there_after_the_notebook_is_opened_again(studio):
    tab = studio()
    drag(tab, (0.2, 0.3), (0.8, 0.3))
    until(lambda: painted(tab) is not None, PATIENCE)
    mask, said = painted(tab), tab.text(SAID)
    tab.page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    tab.page.goto("about:blank")
    tab.open("brush.ipynb")
    tab.locator(SAID).wait_for()
    until(lambda: tab.text(SAID) == said, PATIENCE, "the region is not on the photo")
    np.testing.assert_array_equal(painted(tab), mask)


# What is broken, the story that notices it, and at what.
PAINTER = "from nstlib.widgets.mask import MaskPainter as P; P._esm = P._esm.replace"
BROKEN = {
    "strokes that stay in the browser": (
        f"{PAINTER}('model.send(', 'void (')",
        mouse,
        "no mask was sent",
    ),
    "an eraser that paints": (f"{PAINTER}('destination-out', 'x')", mouse, "nothing was erased"),
    "undo that does nothing": (
        f"{PAINTER}('to.push(now())', 'return false')",
        undo,
        "nothing was undone",
    ),
    "no keys": (
        f"{PAINTER}('\"keydown\", (event)', '\"x\", (event)')",
        keys,
        "Space painted nothing",
    ),
    "keys that are taken from the browser": (
        f"{PAINTER}('(event.ctrlKey || event.metaKey)', 'false')",
        shortcuts,
        "ctrlKey f is taken",
    ),
    "a brush that follows every finger": (
        f"{PAINTER}('ignored = (event) =>', 'ignored = (event) => false &&')",
        two_fingers,
        "the stroke was broken off|the second finger painted",
    ),
    "a stroke that begins before the other has ended": (
        f"{PAINTER}('end_stroke(); // another one', '// another one')",
        space_in_a_stroke,
        "the stroke of the mouse was not undone",
    ),
    "an eraser that leaves edges": (
        f"{PAINTER}('HALF = 127', 'HALF = -1')",
        erase_all,
        "something was left",
    ),
    "edges that are never found": (
        "from nstlib.widgets.studio.regions import Regions as R; find = R._find\n"
        "R._find = lambda self, image, photo: find(self, image * 0, photo)",
        fill,
        "0.95",
    ),
    "a region from Python that wipes what is painted": (
        f"{PAINTER}('if (late()) return;', '')",
        late_region,
        "the stroke was wiped",
    ),
    "a region that stays with another photo": (
        f"{PAINTER}('photo: kernel.load_photo', 'photo: () => painted.can()[0] || kernel.load_photo()')"
        ".replace('|| load_mask()', '|| 0')",
        another_photo,
        "the region stayed|did not change",
    ),
    "strokes that are sent too late": (
        f"{PAINTER}('edit.end_stroke();\\n    kernel.send();', '')"
        ".replace('PAUSE = 150', 'PAUSE = 9e4')",
        run,
        "the stroke was late",
    ),
    "a stroke that goes on after Start": (
        f"{PAINTER}('edit.end_stroke();\\n    kernel.send();', 'kernel.send();')",
        run_while_painting,
        "the stroke was late",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_brush_is_noticed(studio, name):
    breakage, story, words = BROKEN[name]
    tab = studio(breakage)
    with pytest.raises((AssertionError, TimeoutError), match=words):
        story(tab, 8)
