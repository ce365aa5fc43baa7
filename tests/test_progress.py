"""Watching and finishing runs, good and bad."""

import pytest
import torch

from nstlib.optimize import RunFailed, Step
from nstlib.progress import finish, watch


def steps(count, then=None):
    for index in range(count):
        yield Step(
            index,
            9,
            torch.full((1, 3, 2, 2), index / 10),
            {"a/1": 2.0, "a/2": 0.5, "total": 1.0 + index},
        )
    if then is not None:
        raise then


def test_watch_passes_every_step_on_and_shows_the_loss(capsys):
    assert [step.index for step in watch(steps(10))] == list(range(10))
    shown = capsys.readouterr().err
    assert "9/9" in shown
    assert "a=2.5" in shown
    assert "total=10" in shown


def test_watch_can_be_silent(capsys):
    assert len(list(watch(steps(10), progress=False))) == 10
    assert capsys.readouterr().err == ""


def test_finish_returns_the_last_step():
    assert finish(steps(10), progress=False).index == 9


def test_an_interrupt_means_enough():
    with pytest.warns(UserWarning, match="Interrupted after step 4 of 9"):
        assert finish(steps(5, KeyboardInterrupt()), progress=False).index == 4


def test_an_interrupt_before_the_first_step_is_an_interrupt():
    with pytest.raises(KeyboardInterrupt):
        finish(steps(0, KeyboardInterrupt()), progress=False)


def test_a_failed_run_gives_its_last_good_step():
    good = Step(2, 9, torch.zeros(1, 3, 2, 2), {"total": 1.0})
    with pytest.warns(UserWarning, match="no longer finite"):
        assert finish(steps(3, RunFailed("no longer finite", good)), progress=False) is good


def test_a_run_without_steps_is_an_error():
    with pytest.raises(ValueError, match="no steps"):
        finish(iter(()), progress=False)
