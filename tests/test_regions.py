"""Two styles by region in the studio, without a browser; the brush itself is tested in test_brush.py."""

import os
import threading
from functools import partial
from io import BytesIO

import browser
import numpy as np
import pytest
import torch
from PIL import Image

from nstlib import finish, load_mask, painting, photo, save_image, transfer
from nstlib.widgets import transfer_studio
from nstlib.widgets.drawing import png
from nstlib.widgets.mask import MaskPainter
from nstlib.widgets.studio import regions as module
from nstlib.widgets.studio.code import transfer_code
from nstlib.widgets.studio.regions import PIECES, pieces

WAIT = 120  # seconds until a test gives up
until = partial(browser.until, timeout=WAIT, every=0.005)


@pytest.fixture
def studio(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app = transfer_studio("cat", "waves", size=64, device="cpu")
    app.settings.steps.value = 8
    yield app
    app.close()
    for job in (app.job, app.regions.finder):
        assert job.join(WAIT)


def drawn(rows=slice(0, 200), columns=slice(None), value=255):
    """A mask as the browser sends it for the cat, 512 x 340 pixels."""
    pixels = np.zeros((340, 512, 3), np.uint8)
    pixels[rows, columns] = value
    return png(pixels)


def run(code):
    names = {}
    exec(compile(code, "code", "exec"), names)
    return names["step"]


def test_each_region_gets_its_style_and_the_code_repeats_it_bit_by_bit(studio):
    studio.regions.toggle.value = True
    studio.regions.painter.mask = drawn()
    studio.begin()
    assert studio.job.join(WAIT)
    assert studio.job.status == "done"
    assert studio._run.moved == {}  # the areas are those that transfer multiplied the weights by
    assert studio.screen.preview.alt.startswith("cat in the styles of waves and night")
    assert {"style/relu1_1/1", "style/relu1_1/2"} <= set(studio.job.step.losses)
    code = studio.code()
    assert "masks=[None, mask]" in code
    assert torch.equal(run(code).image, studio.job.step.image)
    assert sorted(os.listdir()) == ["painted-mask.png", "painted.png"]


def test_the_second_style_is_inside(studio):
    studio.regions.toggle.value = True
    studio.regions.painter.mask = drawn()
    studio.begin()
    assert studio.job.join(WAIT)
    content, waves, night = (
        make(name, size=64)
        for make, name in ((photo, "cat"), (painting, "waves"), (painting, "night"))
    )
    mask = load_mask(drawn(), size=(content.shape[2], content.shape[3]))
    by_hand = finish(transfer(content, [night, waves], masks=[mask, None], steps=8), progress=False)
    torch.testing.assert_close(by_hand.image, studio.job.step.image, rtol=0, atol=1e-3)


def test_weights_that_were_moved_count_in_both_regions_and_are_repeated(studio):
    studio.regions.toggle.value = True
    studio.regions.painter.mask = drawn()
    studio.settings.steps.value = 5000
    studio.begin()
    until(lambda: len(studio._run.history) > 2)
    studio.dials.layers["relu1_1"].value = 0
    studio.dials.style.value = 1000
    until(lambda: studio._run.moved)
    until(lambda: len(studio._run.history) > max(studio._run.moved) + 3)
    studio.end()
    studio.job.join(WAIT)
    names = set().union(*studio._run.moved.values())
    assert {f"style/relu1_1/{number}" for number in (1, 2)} <= names
    assert torch.equal(run(studio.code()).image, studio.job.step.image)


def test_the_shown_code_writes_the_mask_once_and_overwrites_nothing(studio, tmp_path):
    studio.regions.toggle.value = True
    studio.path.value = "mine"
    (tmp_path / "mine-mask.png").write_bytes(b"of somebody else")
    studio.regions.painter.mask = first = drawn()
    studio.show_code.value = True
    assert "load_mask('mine-mask-2.png'" in studio.code()
    studio.code()
    assert sorted(os.listdir()) == ["mine-mask-2.png", "mine-mask.png"]
    assert (tmp_path / "mine-mask-2.png").read_bytes() == first
    assert "mine-mask-2.png" in studio.listing.value
    studio.regions.painter.mask = drawn(slice(0, 100))
    assert "load_mask('mine-mask-3.png'" in studio.code()
    studio.regions.painter.mask = b""
    assert "mask" not in studio.code()


def test_a_mask_that_cannot_be_written_is_a_sentence(studio, monkeypatch):
    def refuse(path, data):
        raise OSError("Cannot write: the disk is full; choose another place.")

    studio.regions.toggle.value = True
    studio.regions.painter.mask = drawn()
    monkeypatch.setattr(module, "write_whole", refuse)
    studio.show_code.value = True
    assert "the disk is full" in studio.status.value


def test_without_a_region_it_is_the_plain_run_and_says_so_in_the_open_fold(studio):
    studio.regions.toggle.value = True
    begun = []
    say = studio.say
    studio.say = lambda text: (begun.append(text), say(text))
    studio.begin()
    studio.job.join(WAIT)
    assert any("No region is painted" in text for text in begun)
    assert "Done. No region is painted" in studio.status.value
    assert "style/relu1_1" in studio.job.step.losses
    assert "masks" not in studio.code()


def test_a_region_counts_only_while_its_button_is_down_and_is_kept_meanwhile(studio):
    studio.regions.toggle.value = True
    studio.regions.painter.mask = drawn()
    studio.regions.toggle.value = False
    assert "mask" not in studio.code()
    studio.begin()
    assert studio.job.join(WAIT)
    assert studio.screen.preview.alt.startswith("cat in the style of waves")
    assert "style/relu1_1" in studio.job.step.losses
    assert "mask" not in studio.code()
    studio.regions.toggle.value = True
    studio.begin()
    assert studio.job.join(WAIT)
    assert {"style/relu1_1/1", "style/relu1_1/2"} <= set(studio.job.step.losses)
    assert studio._run.region.mask == drawn()


def test_a_region_of_the_whole_photo_is_refused(studio):
    studio.regions.toggle.value = True
    studio.regions.painter.mask = drawn(slice(None))
    studio.start.click()
    assert "covers the whole photo and leaves nothing for waves" in studio.status.value
    assert studio._run is None


def test_a_region_that_vanishes_in_a_deep_layer_is_refused(studio):
    studio.regions.toggle.value = True
    studio.regions.painter.mask = drawn(slice(0, 20), slice(0, 20))
    studio.begin()
    studio.job.join(WAIT)
    assert studio.job.status == "failed"
    assert "make the region or the picture larger" in studio.status.value
    studio.regions.painter.mask = drawn()
    studio.begin()
    studio.job.join(WAIT)
    assert studio.job.status == "done"


def test_a_region_that_changes_during_a_run_counts_from_the_next(studio):
    studio.regions.toggle.value = True
    studio.regions.painter.mask = drawn()
    studio.settings.steps.value = 5000
    studio.begin()
    until(lambda: len(studio._run.history) > 2)
    assert "counts from the next Start" not in studio.status.value
    studio.regions.painter.mask = drawn(slice(0, 100))
    assert "counts from the next Start" in studio.status.value
    studio.end()
    studio.job.join(WAIT)
    areas = studio._run.areas
    studio.settings.steps.value = 4
    studio.begin()
    studio.job.join(WAIT)
    assert areas[1] == pytest.approx(200 / 340, abs=0.01)
    assert studio._run.areas[1] == pytest.approx(100 / 340, abs=0.01)


def test_another_photo_clears_the_region_and_late_strokes_do_not_count(studio):
    painter = studio.regions.painter
    studio.regions.toggle.value = True
    painter.mask = drawn()
    late = painter.photo
    studio.content.source = "coffee"
    assert painter.mask == b""
    assert "it has been cleared" in studio.status.value
    assert "coffee" in painter.alt
    stroke = [memoryview(drawn())]
    painter._handle_custom_msg({"photo": late}, stroke)
    assert painter.mask == b""
    painter._handle_custom_msg({"photo": painter.photo}, stroke)
    assert painter.mask == drawn()


def test_a_photo_without_a_region_clears_nothing_and_says_nothing(studio):
    said = studio.status.value
    studio.content.source = "coffee"
    assert studio.status.value == said
    assert studio.regions.painter.image == b""  # the fold is closed: nothing is sent


def test_the_photo_to_paint_on_is_as_large_for_a_small_upload(studio):
    save_image(photo("cat", size=48), "small.png")
    studio.content.path.value = "small.png"
    studio.regions.toggle.value = True
    with Image.open(BytesIO(studio.regions.painter.image)) as shown:
        assert max(shown.size) == 512


def test_edges_are_found_on_the_worker_and_sent_for_every_size_of_pieces(studio, monkeypatch):
    on = []

    def found(image, name):
        on.append(threading.current_thread())
        return np.arange(6).reshape(2, 3) * 100

    monkeypatch.setattr(module, "pieces", found)
    studio.regions.toggle.value = True
    assert studio.regions.finder.join(WAIT)
    assert set(studio.regions.painter.pieces) == set(PIECES)
    assert threading.main_thread() not in on
    with Image.open(BytesIO(studio.regions.painter.pieces["small"])) as sent:
        red, green, _ = np.moveaxis(np.asarray(sent, int), -1, 0)
    np.testing.assert_array_equal(red + 256 * green, np.arange(6).reshape(2, 3) * 100)


def test_the_edges_of_the_photo_before_are_not_sent(studio, monkeypatch):
    def late(image, name):
        if image.mean() < 0.001:  # the photo before, which is left alone while this goes on
            pressed.wait(WAIT)
            return np.ones((2, 3), int)
        return np.zeros((2, 3), int)

    pressed = threading.Event()
    monkeypatch.setattr(module, "pieces", late)
    save_image(torch.zeros(1, 3, 40, 60), "black.png")
    studio.content.path.value = "black.png"
    studio.regions.toggle.value = True
    studio.content.source = "coffee"
    pressed.set()
    assert studio.regions.finder.join(WAIT)
    for sent in studio.regions.painter.pieces.values():
        assert np.asarray(Image.open(BytesIO(sent))).max() == 0
    assert set(studio.regions.painter.pieces) == set(PIECES)


def test_edges_that_cannot_be_found_are_a_sentence(studio, monkeypatch):
    def fails(image, name):
        raise ValueError("There are no edges.")

    monkeypatch.setattr(module, "pieces", fails)
    studio.regions.toggle.value = True
    assert studio.regions.finder.join(WAIT)
    assert "There are no edges." in studio.status.value


def test_pieces_end_at_edges():
    image = torch.zeros(1, 3, 60, 80)
    image[:, 0, :, 30:] = 1
    for name in PIECES:
        labels = pieces(image, name)
        assert labels.shape == (60, 80)
        assert labels[30, 5] != labels[30, 70]
        assert len(np.unique(labels[5:-5, 36:])) == 1


def test_the_second_style_is_another_one():
    for style, second in (("waves", "night"), ("night", "waves")):
        app = transfer_studio("cat", style, size=64)
        assert app.regions.second.source == second
        assert (app.regions.painter.inside, app.regions.painter.outside) == (second, style)
        app.style.source = "mosaic"
        assert app.regions.painter.outside == "mosaic"
        app.close()


def test_code_with_a_region_reads_an_upload():
    code = transfer_code(
        "photo('cat')", "painting('waves')", {}, region=("load_image('a.png')", "m.png")
    )
    assert "import finish, load_image, load_mask, painting, photo, save_image, transfer" in code
    assert "transfer(content, [style, second], masks=[None, mask])" in code
    compile(code, "code", "exec")


def test_a_painter_begins_with_nothing():
    painter = MaskPainter()
    assert (painter.mask, painter.pieces, painter.photo) == (b"", {}, 0)
    painter.close()
