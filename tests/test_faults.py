"""Whatever goes wrong, and when: the last picture is there, its step is true, no thread is left."""

import errno
import itertools
import os
import re
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from nstlib import images, load_image, optimize
from nstlib.__main__ import main
from nstlib.vgg import VGG19
from nstlib.widgets import transfer_studio
from nstlib.widgets.drawing import png

RUN = [
    "transfer",
    "--size",
    "48",
    "--steps",
    "6",
    "--scales",
    "0.5",
    "1",
    "--device",
    "cpu",
    "--quiet",
]
WAIT = 120


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def interrupted(monkeypatch, owner, name, call):
    """Ctrl-C in this call of a function, counted from 0."""
    calls, real = itertools.count(), getattr(owner, name)

    def function(*args, **kwargs):
        if next(calls) == call:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr(owner, name, function)


# (where, which call, the last step that was whole; None before the first). Six steps in two scales: two
# targets, four evaluations, two targets, four evaluations.
MOMENTS = [
    (VGG19, "forward", 0, None),
    (VGG19, "forward", 2, None),
    (VGG19, "forward", 4, 1),
    (VGG19, "forward", 6, 2),
    (VGG19, "forward", 7, 2),
    (VGG19, "forward", 10, 4),
    (torch.autograd, "grad", 0, None),
    (torch.autograd, "grad", 5, 3),
    (torch.optim.LBFGS, "step", 0, None),
    (torch.optim.LBFGS, "step", 3, 2),
    (optimize, "evaluate", 7, 5),
]


@pytest.mark.parametrize(("owner", "name", "call", "step"), MOMENTS)
def test_an_interrupt_leaves_the_last_whole_step(
    monkeypatch, capsys, tmp_path, owner, name, call, step
):
    main([*RUN, "--every", "1", "--out", "whole.png"])
    capsys.readouterr()
    with monkeypatch.context() as patch:
        interrupted(patch, owner, name, call)
        assert main([*RUN, "--out", "cut.png"]) == 130
    said = capsys.readouterr()
    if step is None:
        assert said.err == "nstlib: interrupted.\n"
        assert not Path("cut.png").exists()
        return
    assert said.err == f"nstlib: interrupted after step {step} of 6.\n"
    np.testing.assert_array_equal(load_image("cut.png"), load_image(f"whole-{step:04d}.png"))


def test_an_interrupted_run_goes_on_from_the_step_that_it_said(monkeypatch, capsys):
    main([*RUN, "--out", "whole.png"])
    with monkeypatch.context() as patch:
        interrupted(patch, VGG19, "forward", 10)
        main([*RUN, "--save-state", "run.pt"])
    assert "after step 4 of 6" in capsys.readouterr().err
    assert main([*RUN, "--resume", "run.pt", "--out", "rest.png"]) == 0
    assert Path("rest.png").read_bytes() == Path("whole.png").read_bytes()


def full_disk(monkeypatch, folder):
    """Nothing can be written into this folder any more."""
    real = Path.write_bytes

    def write_bytes(self, data):
        if folder in Path(os.path.realpath(self)).parents:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(self, data)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)


def test_a_full_disk_costs_a_sentence_and_not_the_picture(monkeypatch, capsys, tmp_path):
    main([*RUN, "--out", "a.png"])
    before = Path("a.png").read_bytes()
    capsys.readouterr()
    with monkeypatch.context() as patch:
        full_disk(patch, tmp_path.resolve())
        patch.setattr("tempfile.mkdtemp", lambda prefix: str(tmp_path.parent))
        assert main([*RUN, "--out", "a.png"]) == 2
    said = capsys.readouterr()
    assert "No space left" in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert Path("a.png").read_bytes() == before
    assert not list(tmp_path.glob(".nstlib-*"))
    kept = Path(re.search(r"The picture is at (.*)", said.out)[1])
    assert kept.read_bytes() == before


def test_a_full_disk_on_the_way_does_not_end_the_run(monkeypatch, capsys, tmp_path):
    main([*RUN, "--out", "a.png"])
    before = Path("a.png").read_bytes()
    with monkeypatch.context() as patch:
        full_disk(patch, tmp_path.resolve())
        patch.setattr("tempfile.mkdtemp", lambda prefix: str(tmp_path.parent))
        assert main([*RUN, "--out", "b.png", "--every", "2"]) == 2
    said = capsys.readouterr()
    assert said.err.count("No space left") == 4  # after steps 0, 2 and 4, and at the end
    assert Path(re.findall(r"The picture is at (.*)", said.out)[-1]).read_bytes() == before


def test_a_full_disk_in_the_studio_leaves_the_picture_in_the_app(monkeypatch, tmp_path):
    app = transfer_studio("cat", "waves", size=32, device="cpu")
    app.settings.steps.value = 3
    app.begin()
    assert app.job.join(WAIT)
    with monkeypatch.context() as patch:
        full_disk(patch, tmp_path.resolve())
        app.save.click()
    assert "No space left" in app.status.value
    assert app.job.step.index == 3
    app.save.click()
    assert Path("painted.png").exists()
    app.close()


def half_of_the_photo():
    pixels = np.zeros((340, 512, 3), np.uint8)
    pixels[:170] = 255
    return png(pixels)


class Presses(RuleBasedStateMachine):
    """Any controls of the studio in any order."""

    def __init__(self):
        super().__init__()
        self.app = transfer_studio("cat", "waves", size=32, device="cpu")
        self.app.settings.steps.value = 8

    @rule()
    def start(self):
        self.app.start.click()

    @rule()
    def pause(self):
        self.app.pause.click()

    @rule()
    def stop(self):
        self.app.stop.click()

    @rule(weight=st.sampled_from([0.01, 1.0, 1e4]))
    def steer(self, weight):
        self.app.dials.style.value = weight

    @rule(name=st.sampled_from(["cat", "rocket", "coffee"]))
    def choose(self, name):
        self.app.content.source = name

    @rule(steps=st.sampled_from([3, 8, 2000]))
    def lengthen(self, steps):
        self.app.settings.steps.value = steps

    @rule()
    def keep_colors(self):
        self.app.dials.keep_colors.value = not self.app.dials.keep_colors.value

    @rule(
        mask=st.sampled_from([b"", half_of_the_photo(), png(np.full((340, 512, 3), 255, np.uint8))])
    )
    def paint(self, mask):
        self.app.regions.toggle.value = True  # the brush is in the fold
        self.app.regions.painter.mask = mask

    @rule()
    def unfold(self):
        self.app.regions.toggle.value = not self.app.regions.toggle.value

    @rule()
    def show_the_code(self):
        self.app.show_code.value = not self.app.show_code.value

    @rule()
    def wait(self):
        self.app.job.join(0.05)

    @invariant()
    def nothing_is_out_of_place(self):
        assert "should not have happened" not in self.app.status.value
        step = self.app.job.step
        assert step is None or 0 <= step.index <= step.total

    def teardown(self):
        self.app.stop.click()
        assert self.app.job.join(WAIT)
        assert self.app.regions.finder.join(WAIT)
        assert self.app.job.status in ("idle", "done", "stopped")
        step = self.app.job.step
        if step is not None:
            assert step.image.isfinite().all()
        self.app.close()
        assert not workers()


def workers():
    return [thread for thread in threading.enumerate() if thread.name == "nstlib job"]


Presses.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestTheStudioWithstands = Presses.TestCase
TestTheStudioWithstands.pytestmark = [pytest.mark.slow]


class ManyPresses(Presses):
    """The same, eight times as often."""


ManyPresses.TestCase.settings = settings(max_examples=200, stateful_step_count=20, deadline=None)
TestTheStudioWithstandsMore = ManyPresses.TestCase
TestTheStudioWithstandsMore.pytestmark = [pytest.mark.long]


@pytest.mark.parametrize("kind", [".png", ".jpg"])
def test_a_picture_that_cannot_be_written_halfway_is_not_half_there(monkeypatch, kind):
    images.save_image(torch.zeros(1, 3, 20, 20), f"a{kind}")
    before = Path(f"a{kind}").read_bytes()

    def half(self, data):
        with self.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="Cannot write"):
        images.save_image(torch.ones(1, 3, 20, 20), f"a{kind}")
    assert Path(f"a{kind}").read_bytes() == before
    assert os.listdir() == [f"a{kind}"]
