"""Watching and finishing runs, good and bad."""

import threading

import pytest
import torch

from nstlib import progress
from nstlib.optimize import RunFailed, Step
from nstlib.progress import Load, cpu_limit, finish, idle_cores, sharing_cores, watch


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


# Leaving other programs their cores


@pytest.mark.parametrize(
    ("others", "threads"),
    [(0, 4), (0.3, 4), (0.7, 3), (1, 3), (2, 2), (3, 1), (3.9, 1), (40, 1), (-0.2, 4)],
)
def test_other_programs_keep_their_cores(monkeypatch, others, threads):
    monkeypatch.setattr(progress.psutil, "cpu_count", lambda: 4)
    before = Load(seconds=10.0, all=100.0, own=50.0)
    after = Load(seconds=12.0, all=100.0 + 2 * (others + 1.5), own=50.0 + 2 * 1.5)
    assert idle_cores(before, after, most=4) == threads
    assert idle_cores(before, after, most=2) == min(threads, 2)


@pytest.fixture
def four_threads(monkeypatch):
    monkeypatch.delenv("NSTLIB_THREADS")
    monkeypatch.setattr(progress.psutil, "cpu_count", lambda: 4)
    monkeypatch.setattr(progress, "cpu_limit", lambda: 4)
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


def test_the_threads_follow_the_load_and_are_as_before_at_the_end(monkeypatch, four_threads):
    others = iter([0, 0, 2, 2, 3, 3, 0, 0, 0, 0, 0])  # cores, in each second
    seconds, used = 0.0, 0.0

    def now():
        nonlocal seconds, used
        seconds, used = seconds + 1, used + next(others)
        return Load(seconds, used, 0.0)

    monkeypatch.setattr(Load, "now", now)
    seen = [torch.get_num_threads() for _ in sharing_cores(steps(9))]
    assert seen == [4, 4, 2, 2, 1, 1, 4, 4, 4]
    assert torch.get_num_threads() == 4


def test_a_run_that_is_left_or_fails_gives_the_threads_back(monkeypatch, four_threads):
    monkeypatch.setattr(progress, "idle_cores", lambda *_: 1)
    closed = threading.Event()

    def run():
        try:
            yield from steps(5)
        finally:
            closed.set()

    for step in (shared := sharing_cores(run(), every=0)):
        if step.index == 2:
            assert torch.get_num_threads() == 1
            break
    shared.close()
    assert torch.get_num_threads() == 4
    assert closed.is_set()
    with pytest.raises(RuntimeError, match="broken"):
        list(sharing_cores(steps(3, RuntimeError("broken")), every=0))
    assert torch.get_num_threads() == 4


def test_a_fixed_number_of_threads_is_kept(monkeypatch, four_threads):
    monkeypatch.setenv("NSTLIB_THREADS", "3")
    monkeypatch.setattr(progress, "idle_cores", lambda *_: 1)
    assert {torch.get_num_threads() for _ in sharing_cores(steps(4), every=0)} == {3}


def test_threads_that_are_no_number_are_refused(monkeypatch):
    for text in ("many", "0", "-1"):
        monkeypatch.setenv("NSTLIB_THREADS", text)
        with pytest.raises(ValueError, match="give a whole number"):
            list(sharing_cores(steps(2)))


def test_a_look_at_the_load_finds_this_process_at_work():
    before = Load.now()
    while (after := Load.now()).own - before.own < 0.2:
        sum(range(10_000))
    assert after.seconds > before.seconds
    assert after.all >= before.all


@pytest.mark.parametrize(
    ("text", "cores"), [("150000 100000", 2), ("10000 100000", 1), ("max 1", 8)]
)
def test_the_share_of_a_container_counts(tmp_path, monkeypatch, text, cores):
    monkeypatch.setattr(progress, "CGROUP", tmp_path)
    monkeypatch.setattr(progress.os, "cpu_count", lambda: 8)
    assert cpu_limit() == 8
    (tmp_path / "cpu.max").write_text(text)
    assert cpu_limit() == cores
