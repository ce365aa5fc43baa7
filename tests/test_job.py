"""The job: a run on a thread. Its runs here are small generators that the test holds the strings of."""

import gc
import subprocess
import sys
import threading
import time
import weakref
from functools import partial

import browser
import pytest
import torch
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from nstlib.optimize import RunFailed, Step
from nstlib.style_transfer import reconstruct_style
from nstlib.vgg import load_vgg19
from nstlib.widgets.job import STATUSES, Job

WAIT = 120  # seconds until a test gives up; nothing here takes one
until = partial(browser.until, timeout=WAIT, every=0.001)


def step(index, total=10**6):
    return Step(index, total, torch.full((1, 3, 2, 2), 0.5), {"total": 1.0 / (index + 1)})


def endless(pause=0.0005):
    for index in range(10**6):
        time.sleep(pause)
        yield step(index)


def short():
    yield from (step(index, 3) for index in range(4))


def failing():
    yield step(0)
    raise ValueError("This picture is of cheese.")


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "nstlib job"]


@pytest.fixture
def job():
    job = Job()
    yield job
    job.stop()
    assert job.join(WAIT)
    assert threads() == []


def test_a_run_to_its_end(job):
    seen, ended = [], []
    assert (job.status, job.step) == ("idle", None)
    job.start(short, on_step=seen.append, on_end=ended.append)
    assert job.join(WAIT)
    assert job.status == "done"
    assert [one.index for one in seen] == [0, 1, 2, 3]
    assert job.step.index == 3
    assert ended == [job]


def test_steps_are_made_on_the_worker_thread(job):
    where = set()

    def make_run():
        where.add(threading.current_thread())
        return short()

    job.start(make_run, on_step=lambda one: where.add(threading.current_thread()))
    job.join(WAIT)
    assert len(where) == 1
    assert where != {threading.main_thread()}


def test_a_paused_run_stands_still_and_goes_on(job):
    seen = []
    job.start(endless, on_step=lambda one: seen.append(one.index))
    until(lambda: len(seen) > 3)
    job.pause()
    assert job.status == "paused"
    held = len(seen)
    time.sleep(0.05)
    assert len(seen) <= held + 1  # the one under way
    job.resume()
    until(lambda: len(seen) > held + 1)


def test_stop_answers_within_one_step(job):
    made = []

    def counted():
        for one in endless():
            made.append(one.index)
            yield one

    job.start(counted)
    until(lambda: len(made) > 3)
    job.stop()
    at_stop = len(made)
    assert job.join(WAIT)
    assert job.status == "stopped"
    assert len(made) <= at_stop + 1
    assert job.step.index == made[-1]


def test_a_paused_run_can_be_stopped(job):
    job.start(endless)
    job.pause()
    job.stop()
    assert job.join(WAIT)
    assert job.status == "stopped"


def test_a_failing_run_keeps_its_last_picture_and_says_one_sentence(job):
    job.start(failing)
    job.join(WAIT)
    assert job.status == "failed"
    assert job.error == "This picture is of cheese."
    assert "in failing" in job.traceback
    assert job.step.index == 0


def test_the_last_good_step_of_a_failed_run_counts(job):
    def diverges():
        yield step(0)
        raise RunFailed("not finite", step(5))

    job.start(diverges)
    job.join(WAIT)
    assert (job.status, job.error, job.step.index) == (
        "failed",
        "At step 5 of 1000000 not finite",
        5,
    )


@pytest.mark.parametrize("error", [KeyError("x"), SystemExit(3), ValueError()])
def test_what_is_not_ours_is_named(job, error):
    def breaks():
        raise error
        yield

    job.start(breaks)
    job.join(WAIT)
    assert job.status == "failed"
    assert type(error).__name__ in job.error


def test_a_callback_that_fails_fails_the_run(job):
    def bad(one):
        raise ValueError("no screen")

    job.start(endless, on_step=bad)
    job.join(WAIT)
    assert (job.status, job.error) == ("failed", "no screen")


def test_a_second_start_replaces_the_first_without_its_last_word(job):
    first, second, ends = [], [], []
    job.start(endless, on_step=first.append, on_end=lambda job: ends.append("first"))
    until(lambda: first)
    job.start(short, on_step=second.append, on_end=lambda job: ends.append("second"))
    held = len(first)
    job.join(WAIT)
    assert job.status == "done"
    assert len(second) == 4
    assert len(first) <= held + 1
    assert ends == ["second"]


def test_two_runs_never_work_at_once(job):
    at_work, most = [], []

    def watched():
        at_work.append(1)
        most.append(len(at_work))
        try:
            yield from endless()
        finally:
            at_work.pop()

    for _ in range(20):
        job.start(watched)
        time.sleep(0.001)
    until(lambda: at_work)
    assert max(most) == 1


def test_a_run_may_start_the_next_from_its_own_end(job):
    left = [3]

    def again(job):
        left[0] -= 1
        if left[0]:
            job.start(short, on_end=again)

    job.start(short, on_end=again)
    until(lambda: left[0] == 0)
    assert job.join(WAIT)
    assert job.status == "done"


def test_join_inside_the_run_does_not_hang(job):
    joined = []
    job.start(short, on_end=lambda job: joined.append(job.join()))
    assert job.join(WAIT)
    assert joined == [False]


def test_join_gives_up_after_its_time(job):
    job.start(endless)
    assert not job.join(0.01)


def test_an_interrupt_while_waiting_stops_the_run(job, monkeypatch):
    job.start(endless)
    until(lambda: job.step)
    real, calls = threading.Thread.join, []

    def interrupted(thread, timeout=None):
        calls.append(timeout)
        if len(calls) == 1:
            raise KeyboardInterrupt
        real(thread, timeout)

    monkeypatch.setattr(threading.Thread, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        job.join()
    assert job.status == "stopped"
    assert job.step is not None


def test_what_a_run_needed_is_let_go(job):
    """Targets, network and the optimizer's memory: all but the last picture."""
    kept = []

    def make_run():
        vgg = load_vgg19("random", width=1 / 16, device="cpu")
        kept.append(weakref.ref(vgg))
        picture = torch.rand(1, 3, 32, 32)
        kept.append(weakref.ref(picture))
        return reconstruct_style(picture, ["relu1_1"], vgg=vgg, steps=10**6)

    for end in ("stop", "replace"):
        job.start(make_run)
        until(lambda: job.step and job.step.index > 1)
        job.stop() if end == "stop" else job.start(short)
        job.join(WAIT)
        gc.collect()
        assert [ref() for ref in kept] == [None] * len(kept)
    assert job.step.state() == {}


@pytest.mark.slow
def test_a_program_can_end_while_a_run_goes_on():
    code = """
import time
from nstlib.widgets.job import Job
from nstlib import photo, transfer
job = Job()
picture = photo("cat", size=48)
job.start(lambda: transfer(picture, picture, steps=10**6))
while job.step is None:
    time.sleep(0.01)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")


class Presses(RuleBasedStateMachine):
    """Any buttons in any order: a legal status, one thread at the most, none in the end."""

    def __init__(self):
        super().__init__()
        self.job, self.ends, self.starts = Job(), [], 0

    @rule(run=st.sampled_from([short, endless, failing]))
    def start(self, run):
        self.starts += 1
        self.job.start(run, on_end=lambda job: self.ends.append(job.status))
        assert self.job.status in ("running", "done", "failed")

    @rule()
    def pause(self):
        before = self.job.status
        self.job.pause()
        if before in ("idle", "stopped", "paused"):
            assert self.job.status == before

    @rule()
    def resume(self):
        self.job.resume()
        assert self.job.status != "paused"

    @rule()
    def stop(self):
        self.job.stop()
        assert self.job.status not in ("running", "paused")

    # No precondition on the status: it changes by itself, and hypothesis wants rules that do not.
    @rule()
    def stop_and_join(self):
        self.job.stop()
        assert self.job.join(WAIT)
        assert self.job.status in ("idle", "done", "stopped", "failed")

    @rule()
    def a_moment(self):
        time.sleep(0.001)

    @invariant()
    def legal(self):
        assert self.job.status in STATUSES
        with self.job._lock:
            assert bool(self.job.error) == (self.job.status == "failed")

    def teardown(self):
        self.job.stop()
        assert self.job.join(WAIT)
        assert self.job.status in ("idle", "done", "stopped", "failed")
        assert len(self.ends) <= self.starts
        assert (self.job.status == "idle") == (self.starts == 0)
        if self.starts:
            assert self.ends
            assert self.ends[-1] == self.job.status
        until(lambda: not threads())


TestPresses = Presses.TestCase
TestPresses.settings = settings(max_examples=200, stateful_step_count=20, deadline=None)
