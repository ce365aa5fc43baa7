"""The studio without a browser: what its handlers do. What a user sees is tested in test_browser.py."""

import threading
import time
from functools import partial
from io import BytesIO

import browser
import ipywidgets as widgets
import numpy as np
import pytest
import torch
from PIL import Image

from nstlib.images import load_image, luminance, photo, save_image
from nstlib.widgets import transfer_studio
from nstlib.widgets.app import descendants
from nstlib.widgets.picture import Picture
from nstlib.widgets.studio import studio as module

WAIT = 120  # seconds until a test gives up
until = partial(browser.until, timeout=WAIT, every=0.005)


@pytest.fixture
def studio(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app = transfer_studio("cat", "waves", size=64, device="cpu")
    app.settings.steps.value = 8
    yield app
    app.close()
    app.job.join(WAIT)
    assert not [thread for thread in threading.enumerate() if thread.name == "nstlib job"]


def long(studio):
    """Start a run that goes on until it is stopped, and wait for its first steps."""
    studio.settings.steps.value = 5000
    studio.begin()
    until(lambda: len(studio._run.history) > 2)


def shown(picture):
    return np.asarray(Image.open(BytesIO(picture.image)).convert("RGB"), dtype=float)


def test_a_run_to_its_end(studio):
    studio.begin()
    assert studio.job.join(WAIT)
    assert (studio.job.status, studio.status.value.count("Done.")) == ("done", 1)
    made = studio.job.step.image
    assert np.abs(shown(studio.screen.preview) - 255 * made[0].permute(1, 2, 0).numpy()).mean() < 8
    assert studio.screen.preview.alt == "cat in the style of waves, after step 8."
    assert "8 of 8" in studio.progress.label.value
    assert "<svg" in studio.curves.value
    assert studio.screen.place.value == studio.screen.place.max
    assert studio.screen.strip.columns == len(studio.screen.strip.names)


def test_the_code_shown_makes_the_same_picture(studio):
    long(studio)
    studio.dials.style.value = 1000
    until(lambda: studio._run.moved)
    studio.dials.layers["relu1_1"].value = 0
    studio.dials.tv.value = 1
    until(lambda: len(studio._run.history) > max(studio._run.moved) + 3)
    studio.end()
    studio.job.join(WAIT)
    code = studio.code()
    assert "moved" in code
    names = {}
    exec(compile(code, "code", "exec"), names)
    assert names["step"].index == studio.job.step.index
    torch.testing.assert_close(names["step"].image, studio.job.step.image, rtol=0, atol=1e-3)


def test_the_code_of_a_whole_run_is_a_single_call(studio):
    studio.settings.init.value = "noise"
    studio.settings.scales.value = (1.0,)
    studio.dials.layers["relu5_1"].value = 0
    studio.dials.keep_colors.value = True
    studio.begin()
    studio.job.join(WAIT)
    code = studio.code()
    assert "finish(transfer(" in code
    assert "for " not in code
    exec(compile(code, "code", "exec"), {})
    kept, saved = studio.keep(), load_image("painted.png")
    assert kept.name == "painted-2.png"  # the code has written painted.png
    assert (load_image(kept) - saved).abs().max() < 2 / 255


def test_code_before_the_first_run_and_with_other_weights():
    app = transfer_studio(weights="random", size=64)
    code = app.code()
    app.close()
    assert "load_vgg19('random')" in code
    compile(code, "code", "exec")


def test_moving_a_weight_counts_from_the_next_step(studio):
    long(studio)
    studio.dials.style.value = 1000
    until(lambda: studio._run.moved)
    (step,) = studio._run.moved
    until(lambda: len(studio._run.history) > step + 2)
    studio.end()
    before, after = (studio._run.history[i] for i in (step, step + 1))
    share = {"content/relu4_2": 1, "tv": 5, "total": 0}
    for losses, weight in ((before, 100), (after, 1000)):
        total = sum(share.get(name, weight / 5) * value for name, value in losses.items())
        assert losses["total"] == pytest.approx(total, rel=1e-4)


def test_every_setting_shows_its_default(studio):
    settings = studio.settings
    for control in settings.children:
        assert getattr(control, "label", "shown"), control.description
    assert settings.arguments()["scales"] is None
    settings.scales.value = (0.5, 1.0)
    assert settings.arguments()["scales"] == (0.5, 1.0)


def test_pause_resume_and_stop(studio):
    long(studio)
    studio.pause_or_resume()
    assert studio.pause.description == "Resume"
    assert not studio.stop.disabled
    held = len(studio._run.history)
    time.sleep(0.1)
    assert len(studio._run.history) <= held + 1  # the one under way
    studio.pause_or_resume()
    assert studio.pause.description == "Pause"
    until(lambda: len(studio._run.history) > held + 1)
    studio.end()
    assert studio.job.join(WAIT)
    assert studio.job.status == "stopped"
    until(lambda: "Stopped" in studio.status.value)
    assert studio.pause.disabled
    assert studio.stop.disabled


def test_a_second_start_replaces_the_first(studio):
    long(studio)
    studio.content.source = "coffee"
    studio.settings.steps.value = 4
    studio.begin()
    assert studio.job.join(WAIT)
    assert studio.job.status == "done"
    assert len(studio._run.history) == 5
    assert studio.screen.preview.alt.startswith("coffee in the style of waves")


def test_a_failing_run_says_one_sentence_and_keeps_the_picture(studio, monkeypatch):
    def fails(content, style, **options):
        run = transfer(content, style, **options)
        yield next(run)
        yield next(run)
        raise ValueError("The <paint> is out.")

    transfer = module.transfer
    monkeypatch.setattr(module, "transfer", fails)
    studio.begin()
    studio.job.join(WAIT)
    assert "The &lt;paint&gt; is out." in studio.status.value
    assert "Traceback" in studio.status.value
    assert studio.job.step.index == 1
    assert studio.keep().exists()


def test_uploads_good_and_broken(studio):
    good = BytesIO()
    Image.new("RGB", (40, 30), "red").save(good, "PNG")

    def upload(name, content):
        file = {"name": name, "content": memoryview(content), "type": "image/png", "size": 1}
        studio.content._take_upload({"new": ({**file},)})

    upload("red.png", good.getvalue())
    assert studio.content.image(32).shape == (1, 3, 24, 32)
    assert "load_image('red.png', size=64)" in studio.code()
    # As the browser sends it, through the guarded handler.
    guarded = studio.safely(lambda change: upload("broken.png", b"not a picture"))
    guarded(None)
    assert 'role="alert"' in studio.status.value
    assert studio.content.name() == "red.png"
    studio.begin()
    studio.job.join(WAIT)
    assert studio.job.status == "done"


def test_paths_good_and_bad(studio):
    save_image(photo("coffee", size=40), "mine.png")
    studio.content.path.value = "mine.png"
    assert studio.content.name() == "mine.png"
    studio.content.path.value = "nowhere.png"
    assert "nowhere.png" in studio.status.value
    assert studio.content.name() == "mine.png"


def test_thumbnails_choose(studio):
    studio.style.thumbnails.cell = [1, 2]
    assert studio.style.source == "sunset" == studio.style.thumbnails.names[7]
    assert studio.style.thumbnails.cell == [1, 2]


def test_a_picture_chosen_after_start_belongs_to_the_next_run(studio, monkeypatch):
    """The worker read what was chosen when it got there; the code named what was chosen at Start."""
    pressed, read = threading.Event(), studio.content.image

    def late(*arguments):
        pressed.wait(WAIT)
        return read(*arguments)

    monkeypatch.setattr(studio.content, "image", late)
    studio.begin()
    monkeypatch.setattr(studio.content, "image", read)
    studio.content.source = "rocket"
    pressed.set()
    assert studio.job.join(WAIT)
    assert torch.equal(studio._run.content, photo("cat", size=64))
    assert "content = photo('cat', size=64)" in studio.code()


def test_what_is_at_an_address_is_fetched_once(studio, tmp_path, monkeypatch):
    path, fetched = tmp_path / "mine.png", []
    save_image(photo("coffee", size=64), path)

    def counted(source, **options):
        fetched.append(source)
        return load_image(source, **options)

    monkeypatch.setattr("nstlib.widgets.studio.chooser.load_image", counted)
    studio.content.path.value = str(path)
    path.unlink()
    studio.begin()
    assert studio.job.join(WAIT)
    assert studio.job.status == "done"
    assert fetched.count(str(path)) == 1


def test_films_are_saved_and_nothing_is_overwritten(studio):
    studio.begin()
    studio.job.join(WAIT)
    for kind in (".gif", ".webp"):
        studio.kind.value = kind
        with Image.open(studio.keep()) as film:
            assert film.n_frames > 1
            assert film.size == studio.job.step.image.shape[:1:-1]
    assert studio.keep().name == "painted-2.webp"


def test_scrubbing_shows_an_earlier_picture_and_stays_there(studio):
    long(studio)
    until(lambda: len(studio._run.film.frames) > 2)
    studio.screen.place.value = 0
    first = studio.screen.preview.image
    assert first == studio._run.film.frames[0][1]
    now = len(studio._run.history)
    until(lambda: len(studio._run.history) > now + 5)
    assert studio.screen.preview.image == first
    studio.screen.place.value = studio.screen.place.max
    until(lambda: studio.screen.preview.image != first)


def test_a_picture_in_the_strip_can_be_picked(studio):
    studio.begin()
    studio.job.join(WAIT)
    studio.screen.strip.cell = [0, 0]
    assert studio.screen.place.value == 0
    assert studio.screen.caption.value == "step 0"


def test_colors_of_the_content_are_kept_on_request(studio):
    studio.begin()
    studio.job.join(WAIT)
    painted = studio.job.step.image
    studio.dials.keep_colors.value = True
    kept = load_image(studio.keep())
    content = studio._run.content
    inside = ((kept > 0.01) & (kept < 0.99)).all(1, keepdim=True)  # where nothing was clamped
    chroma = (kept - luminance(kept)) - (content - luminance(content))
    assert (chroma * inside).abs().max() < 0.01
    assert ((luminance(kept) - luminance(painted)) * inside).abs().max() < 0.01


def test_save_before_the_first_run_says_what_to_do(studio):
    with pytest.raises(ValueError, match="press Start"):
        studio.keep()
    assert studio.save.disabled


def test_every_control_has_a_label_a_description_and_a_class(studio):
    kinds = (widgets.widget_description.DescriptionWidget, widgets.Button, Picture)
    controls = [
        one
        for one in descendants(studio)
        if isinstance(one, kinds) and not isinstance(one, (widgets.HTML, widgets.FloatProgress))
    ]
    assert len(controls) > 25
    for one in controls:
        assert one.alt if isinstance(one, Picture) else one.description, one
        assert any(name.startswith("nst-") for name in one._dom_classes), one
        if one is not studio.screen.preview:
            assert one.tooltip, one


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"content": "no_such_photo"}, "no_such_photo"),
        ({"style": "no_such_style"}, "no_such_style"),
    ],
)
def test_bad_names_are_refused_at_once(arguments, word):
    with pytest.raises((ValueError, OSError), match=word):
        transfer_studio(**arguments)
