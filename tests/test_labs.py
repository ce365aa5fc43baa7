"""The two labs: their handlers with small runs, the tray, and what is shown of a run."""

import re
import threading
from dataclasses import replace
from functools import partial

import browser
import ipywidgets as widgets
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nstlib.images import load_image, photo
from nstlib.optimize import RunFailed, Step
from nstlib.style_transfer import STYLE_LAYERS, reconstruct_content, reconstruct_style
from nstlib.vgg import load_vgg19
from nstlib.widgets.app import App, descendants
from nstlib.widgets.labs.experiments import content_lab, style_lab
from nstlib.widgets.labs.lab import in_few_words, start_picture
from nstlib.widgets.labs.page import scores
from nstlib.widgets.labs.tray import Tray, captioned_sheet
from nstlib.widgets.picture import Picture

WAIT = 120  # seconds until a test gives up
until = partial(browser.until, timeout=WAIT, every=0.002)
LABS = pytest.mark.parametrize("make", [content_lab, style_lab], ids=["content", "style"])


def words(widget):
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", widget.value)).strip()


def tick(app, *layers):
    for layer, box in app.boxes.items():
        box.value = layer in layers


@pytest.fixture(scope="module")
def vgg():
    return load_vgg19("random", width=1 / 16, device="cpu")


@pytest.fixture(scope="module")
def cat():
    return photo("cat", size=32)


@pytest.fixture
def made():
    apps = []
    yield apps
    for app in apps:
        app.close()
        assert app.job.join(WAIT)
    assert not [thread for thread in threading.enumerate() if thread.name == "nstlib job"]


@pytest.fixture
def lab(vgg, cat, made):
    def new(make=content_lab, **arguments):
        app = make(cat, **{"vgg": vgg, "size": 32} | arguments)
        app.steps.value = 3
        made.append(app)
        return app

    return new


def run(app, *sets):
    app.begin(*sets)
    assert app.job.join(WAIT)
    assert app.job.status == "done", app.job.traceback


# A run


def test_content_is_what_the_recipe_makes(lab, vgg, cat):
    app = lab()
    tick(app, "relu1_1", "relu3_1")
    app.seed.value = 5
    run(app)
    *_, last = reconstruct_content(cat, ["relu1_1", "relu3_1"], vgg=vgg, steps=3, seed=5)
    assert torch.equal(app.job.step.image, last.image)
    assert torch.equal(app.tray.runs[0][0], last.image)
    error = float((last.image - cat).square().mean())
    assert f"PSNR {-10 * np.log10(error):.1f} dB" in words(app.scores)
    assert "SSIM" in words(app.scores)
    assert f"relu3_1 {last.losses['content/relu3_1']:.2g}" in words(app.scores)
    assert "after 3 of 3 steps" in app.curves.value
    assert "content relu1_1" in app.curves.value
    assert app.tray.runs[0][1].startswith("a: relu1_1, relu3_1\n3 steps\nPSNR ")


def test_style_is_what_the_recipe_makes(lab, vgg, cat):
    app = lab(style_lab)
    run(app)
    *_, last = reconstruct_style(cat, STYLE_LAYERS, vgg=vgg, steps=3)
    assert torch.equal(app.job.step.image, last.image)
    for layer in STYLE_LAYERS:
        assert f"{layer} {last.losses[f'style/{layer}']:.2g}" in words(app.scores)
    assert app.tray.runs[0][1] == f"a: relu1_1 to relu5_1\n3 steps\nloss {last.losses['total']:.2g}"


@LABS
def test_the_last_picture_and_numbers_are_shown(lab, make):
    app = lab(make)
    before = app.preview.image
    run(app)
    shown = load_image(app.preview.image)
    assert app.preview.image != before
    assert (shown - app.job.step.image).abs().mean() < 0.05  # it is a JPEG
    assert "after step 3" in app.preview.alt
    assert words(app.progress.label) == "step 3 of 3"
    assert app.progress.bar.value == 1
    assert words(app.status).startswith("Done.")


def test_previews_are_at_most_twelve_a_second(lab):
    app = lab()
    now = [0.0]
    for throttle in (app._frames, app._numbers):
        throttle._clock = lambda: now[0]
    seen, numbers = [], []
    app.preview.observe(lambda change: seen.append(now[0]), "image")
    app.curves.observe(lambda change: numbers.append(now[0]), "value")

    def recipe(layers, **settings):
        for index in range(101):
            now[0] = index / 100
            picture = torch.full((1, 3, 21, 32), index / 100)
            yield Step(index, 100, picture, {"content/relu4_2": 1 / (index + 1), "total": 1.0})

    app._experiment = replace(app._experiment, recipe=recipe)
    run(app)
    assert 10 <= len(seen) <= 13
    assert seen[-1] == 1.0
    assert 3 <= len(numbers) <= 5
    assert numbers[-1] == 1.0


def test_stop_keeps_what_there_is(lab):
    app = lab()
    app.steps.value = 2000
    app.begin()
    assert not app.stop.disabled
    until(lambda: app.job.step and app.job.step.index > 2)
    app.end()
    at_stop = app.job.step.index
    assert app.stop.disabled
    assert app.job.join(WAIT)
    assert app.job.status == "stopped"
    assert app.job.step.index <= at_stop + 1
    assert f"{app.job.step.index} steps" in app.tray.runs[0][1]
    assert words(app.status).startswith("Stopped")
    assert app.stop.disabled


def test_a_second_start_replaces_the_first(lab):
    app = lab()
    app.steps.value = 2000
    app.begin()
    until(lambda: app.job.step)
    tick(app, "relu1_1")
    app.steps.value = 2
    run(app)
    assert [caption.split("\n")[0] for _, caption in app.tray.runs] == ["a: relu1_1"]
    assert len(app._run.history) == 3
    assert words(app.status).startswith("Done.")
    assert app.stop.disabled


@LABS
def test_the_series_is_figure_1(lab, make):
    app, shown = lab(make), []
    for throttle in (app._frames, app._numbers):
        throttle._clock = lambda: 0.0  # so that nothing is due
    app.preview.observe(lambda change: shown.append(change["new"]), "alt")
    app.steps.value = 1
    run(app, app._experiment.series)
    assert sum("after step 1" in alt for alt in shown) == 5
    titles = [caption.split("\n")[0] for _, caption in app.tray.runs]
    assert (
        titles
        == {
            content_lab: [
                f"{letter}: {layer}" for letter, layer in zip("abcde", STYLE_LAYERS, strict=True)
            ],
            style_lab: [
                "a: relu1_1",
                "b: relu1_1, relu2_1",
                "c: relu1_1 to relu3_1",
                "d: relu1_1 to relu4_1",
                "e: relu1_1 to relu5_1",
            ],
        }[make]
    )
    assert app.series.description == "Run a to e"
    assert len({image.sum() for image, _ in app.tray.runs}) == 5


def test_a_series_can_be_stopped_and_what_is_made_is_kept(lab):
    app = lab()
    app.steps.value = 40
    app.begin(app._experiment.series)
    until(lambda: len(app.tray.runs) == 1)
    app.end()
    assert app.job.join(WAIT)
    assert 1 <= len(app.tray.runs) <= 2
    assert words(app.status).startswith("Stopped")


def test_no_layer_ticked_is_said_at_once_and_a_run_goes_on(lab):
    app = lab()
    run(app)
    picture = app.preview.image
    tick(app)
    assert "tick at least one" in words(app.status)
    app.say("")
    app.begin()
    assert "alert" not in app.status.value  # it is no error: there is nothing to report
    assert "tick at least one" in words(app.status)
    assert app.job.status == "done"
    assert app.preview.image == picture
    tick(app, "relu1_1")
    assert "relu1_1" in words(app.status)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ValueError("The picture is of cheese."), "The picture is of cheese."),
        (KeyError(1), "KeyError"),
    ],
)
def test_a_failing_run_keeps_the_last_picture(lab, error, sentence):
    app = lab()
    run(app)

    def failing(layers, **settings):
        yield Step(0, 9, torch.zeros(1, 3, 21, 32), {"content/relu4_2": 1.0, "total": 1.0})
        raise error

    app._experiment = replace(app._experiment, recipe=failing)
    app.begin()
    app.job.join(WAIT)
    assert app.job.status == "failed"
    assert sentence in words(app.status)
    assert 'role="alert"' in app.status.value
    assert load_image(app.preview.image).max() < 0.1
    assert app.stop.disabled
    assert len(app.tray.runs) == 1


def test_a_run_that_fails_before_its_first_step(lab):
    app = lab()
    run(app)
    picture = app.preview.image

    def failing(layers, **settings):
        raise RunFailed("There was no memory.", Step(0, 9, torch.zeros(1, 3, 21, 32), {}))
        yield

    app._experiment = replace(app._experiment, recipe=failing)
    app.begin()
    app.job.join(WAIT)
    assert "There was no memory." in words(app.status)
    assert app.preview.image == picture


def test_what_cannot_be_shown_is_said(lab):
    app = lab()

    def broken(step):
        raise ValueError("The picture is of cheese.")

    app._experiment = replace(app._experiment, measures=broken)
    app.begin()
    app.job.join(WAIT)
    assert words(app.status).startswith("The picture is of cheese.")
    assert app.stop.disabled


def test_closing_ends_the_run_and_adds_nothing(lab):
    app = lab()
    app.steps.value = 2000
    app.begin()
    until(lambda: app.job.step and app.job.step.index > 0)
    before = set(widgets.widget._instances)
    app.close()
    assert app.job.join(WAIT)
    assert set(widgets.widget._instances) <= before
    assert app.tray.runs == []
    assert all(widget.comm is None for widget in descendants(app))


# Where a run starts


@LABS
def test_starts(lab, make, cat):
    app = lab(make)
    for label, init in app.init.options:
        app.init.value = init
        assert app.seed.disabled == (label != "noise")
        run(app)
    captions = [caption for _, caption in app.tray.runs]
    assert "3 steps\n" in captions[0]
    assert "3 steps from gray\n" in captions[1]


def test_start_pictures(cat):
    assert start_picture(cat, "noise") == "noise"
    gray = start_picture(cat, "gray")
    assert gray.shape == cat.shape
    assert (gray == 0.5).all()
    blurred = start_picture(cat, "blurred")
    assert blurred.shape == cat.shape
    assert (blurred.mean((2, 3)) - cat.mean((2, 3))).abs().max() < 0.05
    assert 0 < blurred.diff(dim=3).abs().mean() < cat.diff(dim=3).abs().mean() / 2


# What is shown


@given(st.lists(st.sampled_from([*STYLE_LAYERS, "relu4_2"]), min_size=1, unique=True))
def test_layers_in_few_words_name_no_other_set(layers):
    layers = sorted(layers)
    said = in_few_words(layers)
    if " to " in said:
        first, last = said.split(" to ")
        between = STYLE_LAYERS[STYLE_LAYERS.index(first) : STYLE_LAYERS.index(last) + 1]
        assert list(between) == layers
    else:
        assert said.split(", ") == layers


def test_bars_are_logarithmic():
    losses = {"style/a": 1.0, "style/b": 1e-1, "style/c": 1e-5, "style/d": 0.0, "style/<e>": 70.0}
    shown = scores({"PSNR": "3 dB"}, losses, "E & co")
    widths = [int(width) for width in re.findall(r"height: 9px; width: (\d+)%", shown)]
    assert widths == [100, 80, 0, 0, 100]
    assert "&lt;e&gt;" in shown
    assert "E &amp; co" in shown


@LABS
def test_every_control_has_a_label_a_tooltip_and_a_name(lab, make):
    app = lab(make)
    run(app)
    plain = (widgets.HTML, widgets.Box, widgets.FloatProgress, Picture)
    controls = [w for w in descendants(app) if not isinstance(w, plain)]
    assert len(controls) == len(app.boxes) + 9
    names = [name for w in controls for name in w._dom_classes if name.startswith("nst-")]
    assert len(set(names)) == len(controls)
    for control in controls:
        assert control.description
        assert control.tooltip
    pictures = [w for w in descendants(app) if isinstance(w, Picture)]
    assert len(pictures) == 3
    assert all(picture.alt.endswith(".") for picture in pictures)


# The tray


@pytest.fixture
def tray(cat, made):
    app = App("tray-test")
    made.append(app)
    app.tray = Tray(cat, "out.png", app)
    app.fill(app.tray)
    return app.tray


def test_the_newest_is_last_and_has_the_next_letter(tray):
    for number in range(28):
        tray.add(torch.full((1, 3, 16, 16), number / 28), f"<{number}>\nx")
    captions = [caption for _, caption in tray.runs]
    assert captions[0] == "a: <0>\nx"
    assert captions[25:] == ["z: <25>\nx", "27: <26>\nx", "28: <27>\nx"]
    cards = tray.pictures.children
    assert [card.children[0].alt for card in cards][1] == "b: <1> x."
    assert "&lt;1&gt;" in cards[1].children[1].value
    bright = [float(load_image(card.children[0].image).mean()) for card in cards]
    assert bright == sorted(bright)


def test_clearing_closes_the_widgets(tray):
    assert tray.save.disabled
    before = set(widgets.widget._instances)
    tray.add(torch.rand(1, 3, 16, 16), "x")
    assert not tray.save.disabled
    tray.empty()
    assert set(widgets.widget._instances) == before
    assert tray.runs == []
    assert tray.save.disabled
    assert tray.clear.disabled
    tray.add(torch.rand(1, 3, 16, 16), "x")
    assert tray.runs[0][1] == "a: x"


def test_saving(tray, tmp_path, monkeypatch, cat):
    monkeypatch.chdir(tmp_path)
    picture = torch.rand(1, 3, 21, 32)
    tray.add(picture, "relu1_1")
    assert tray.write().resolve() == tmp_path / "out.png"
    assert words(tray._app.status) == f"Saved {tmp_path / 'out.png'}"
    tray.write()
    assert {file.name for file in tmp_path.iterdir()} == {"out.png", "out-2.png"}
    tray.path.value = "deep/er"
    assert tray.write().name == "er.png"
    with Image.open(tmp_path / "deep/er.png") as saved:
        assert saved.format == "PNG"
        pixels = np.asarray(saved)
    for place, image in enumerate((cat, picture)):
        left = 10 + place * 160
        here = (image[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
        assert (pixels[10:31, left : left + 32] == here).all()


@pytest.mark.parametrize(
    ("path", "said"), [("a.txt", "end it in"), ("/dev/null/x.png", "Cannot write")]
)
def test_saving_where_it_cannot_be(tray, path, said):
    tray.add(torch.rand(1, 3, 16, 16), "x")
    tray.path.value = path
    tray._app.safely(tray.write)()
    assert said in words(tray._app.status)


def test_an_empty_tray_cannot_be_saved(tray):
    with pytest.raises(ValueError, match="tray is empty"):
        tray.write()


def test_a_sheet_has_room_for_its_words():
    images = [torch.zeros(1, 3, 64, 40), torch.zeros(1, 3, 20, 200)]
    made = captioned_sheet(
        images, ["a", "relu1_1, relu2_1, relu3_1, relu4_1, relu4_2, relu5_1\n100 steps"]
    )
    dark = (made[0].mean(0) < 0.5).numpy()
    assert dark[:64, 10:50].sum() == 54 * 40
    assert dark[54:74, 220:420].all()
    assert not dark[-8:].any()
    assert not dark[:, -9:].any()
    below = dark[75:, 220:]
    assert np.flatnonzero(below.any(1)).max() > 30  # several lines


# Bad input


@LABS
@pytest.mark.parametrize(
    ("image", "size", "said"),
    [
        (torch.rand(3, 32, 32), 32, "1, 3, H, W"),
        ("cat", 32, "1, 3, H, W"),
        (torch.rand(1, 3, 32, 32), 15, "size is 15"),
        (torch.rand(1, 3, 320, 20), 32, "too narrow"),
    ],
)
def test_bad_pictures(vgg, make, image, size, said):
    with pytest.raises(ValueError, match=said):
        make(image, vgg=vgg, size=size)


def test_a_short_network(vgg, cat, lab):
    short = load_vgg19("random", width=1 / 16, device="cpu")
    for name in short.layers[short.layers.index("relu3_1") + 1 :]:
        delattr(short, name)
    app = lab(content_lab, vgg=short)
    assert list(app.boxes) == ["relu1_1", "relu2_1", "relu3_1"]
    assert app.boxes["relu3_1"].value
    assert app.series.description == "Run a to c"
    for name in short.layers[1:]:
        delattr(short, name)
    with pytest.raises(ValueError, match="ends at conv1_1"):
        style_lab(cat, vgg=short, size=32)
