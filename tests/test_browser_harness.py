"""The harness of the browser tests, on widgets that are simple enough to be right."""

import sys

import pytest
from browser import needs_chromium, until

pytestmark = [pytest.mark.slow, needs_chromium]

APP = """
import io, sys
import ipywidgets as widgets
from PIL import Image

def picture(level):
    file = io.BytesIO()
    Image.new("RGB", (96, 64), (level, 0, 0)).save(file, "PNG")
    return file.getvalue()

slider = widgets.IntSlider(max=9, continuous_update=False)
button = widgets.Button(description="Go")
upload = widgets.FileUpload()
label = widgets.HTML("nothing yet")
image = widgets.Image(value=picture(0), layout={"width": "96px", "height": "64px"})
controls = {"slider": slider, "button": button, "upload": upload, "label": label, "image": image}
for name, control in controls.items():
    control.add_class("nst-" + name)

def uploaded(change):
    label.value = change.new[0].name + ": " + bytes(change.new[0].content).decode()

slider.observe(lambda change: setattr(image, "value", picture(25 * change.new)), "value")
button.on_click(lambda _: setattr(label, "value", "pressed"))
upload.observe(uploaded, "value")
"""
CELLS = [APP, "print(sys.executable)", "widgets.VBox(list(controls.values()))"]


def use(tab, tmp_path):
    """Every control once; the picture is black and gets redder with the slider."""

    def color(picture):
        inside = picture[2:-2, 2:-2]  # its edges may lie between two pixels of the screen
        assert (inside == inside[0, 0]).all()
        return inside[0, 0].tolist()

    before = tab.pixels(".nst-image")
    assert color(before) == [0, 0, 0]
    assert max(abs(before.shape[0] - 64), abs(before.shape[1] - 96)) <= 1
    tab.slide(".nst-slider", 3)
    until(lambda: color(tab.pixels(".nst-image")) == [75, 0, 0])
    after = tab.changed(".nst-image", before)
    tab.slide(".nst-slider", key="ArrowLeft")
    assert color(tab.changed(".nst-image", after)) == [50, 0, 0]
    tab.press(".nst-button")
    until(lambda: tab.text(".nst-label") == "pressed")
    file = tmp_path / "note.txt"
    file.write_text("hello")
    tab.upload(".nst-upload", file)
    until(lambda: tab.text(".nst-label") == "note.txt: hello")
    assert tab.errors() == tab.console == []


@pytest.mark.parametrize("viewport", [(1280, 800), (1024, 768)])
def test_controls_in_jupyterlab(lab, tmp_path, viewport):
    tab = lab("app.ipynb", CELLS, viewport)
    tab.run_all()
    assert sys.executable in tab.outputs()
    use(tab, tmp_path)
    assert tab.ask("slider.value, upload.value[0].name") == "(2, 'note.txt')"
    assert tuple(tab.page.viewport_size.values()) == viewport


def test_controls_in_voila(voila, tmp_path):
    tab = voila("app.ipynb", CELLS)
    assert sys.executable in tab.text("body")
    use(tab, tmp_path)


def test_errors_are_seen(lab, screenshots):
    tab = lab("errors.ipynb", ["print('before')", "1 / 0", "print('after')"])
    assert tab.errors() == []
    tab.run_all()
    assert tab.errors() == ["ZeroDivisionError: division by zero"]
    assert tab.outputs().startswith("before")
    assert "after" not in tab.outputs()
    with pytest.raises(RuntimeError, match="NameError"):
        tab.ask("nobody")
    words = ".jp-OutputArea >> nth=0"
    with pytest.raises(TimeoutError, match="did not change"):
        tab.changed(words, tab.pixels(words), timeout=0.5)
    tab.page.evaluate("console.error('oh'); setTimeout(() => { throw Error('no') })")
    until(lambda: tab.ask("1") and len(tab.console) == 2)
    assert "oh" in tab.console[0]
    assert "no" in tab.console[1]
    assert tab.screenshot("an error").stat().st_size > 0


def test_cells_that_take_too_long(lab):
    tab = lab("late.ipynb", ["import time; time.sleep(60)"])
    with pytest.raises(TimeoutError, match="still running"):
        tab.run_all(timeout=1)


def test_errors_are_seen_in_voila(voila):
    tab = voila("errors.ipynb", ["1 / 0"])
    assert tab.errors() == ["ZeroDivisionError: division by zero"]
