"""Watching a run from a terminal or a cell, and leaving other programs their cores meanwhile.

This is the only module of the core that prints.
"""

import os
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import psutil
import torch
from tqdm.auto import tqdm

from nstlib.optimize import RunFailed, Step

CGROUP = Path("/sys/fs/cgroup")


def watch(run: Iterator[Step], *, progress: bool = True) -> Iterator[Step]:
    """Show a progress bar with the losses, and pass the Steps of `run` on.

    The run takes the cores that other programs leave idle (`sharing_cores`).

    Args:
        run: What `transfer` or `minimize` returned.
        progress: Whether to show the bar.

    Yields:
        The Steps of `run`, unchanged.
    """
    bar = None
    try:
        for step in sharing_cores(run):
            if bar is None:
                bar = tqdm(total=step.total, initial=step.index, unit="step", disable=not progress)
            bar.set_postfix(_by_kind(step.losses), refresh=False)
            bar.update(step.index - bar.n)
            yield step
    finally:
        if bar is not None:
            bar.close()


def finish(run: Iterator[Step], *, progress: bool = True) -> Step:
    """Go through all Steps of `run` and return the last one.

    An interrupt (Ctrl-C, or the stop button of Jupyter) means "that is enough": you get the last good
    Step and a warning. The same happens when the run fails.

    Args:
        run: What `transfer` or `minimize` returned.
        progress: Whether to show a bar with the losses.

    Raises:
        ValueError: If the run has no steps.
        KeyboardInterrupt: If it was interrupted before its first step.
    """
    last = None
    try:
        for step in watch(run, progress=progress):
            last = step
    except KeyboardInterrupt:
        if last is None:
            raise
        warnings.warn(f"Interrupted after step {last.index} of {last.total}.", stacklevel=2)
    except RunFailed as failure:
        warnings.warn(str(failure), stacklevel=2)
        last = failure.step
    if last is None:
        raise ValueError("The run has no steps.")
    return last


def sharing_cores(run: Iterator[Step], *, every: float = 0.3) -> Iterator[Step]:
    """Pass the Steps of `run` on, and compute them on as many threads as there are idle cores.

    torch's threads wait for each other by spinning. Where another program needs one of their cores, all
    of them wait for the thread that has none, and one thread less is faster. So the load is looked at
    between two steps, and the number of threads follows it. A sum over more or fewer threads is rounded
    in another way: set the environment variable NSTLIB_THREADS to a number, which is then always taken,
    where runs are to be compared bit by bit.

    Args:
        run: What `transfer` or `minimize` returned.
        every: How often to look, in seconds.

    Yields:
        The Steps of `run`, unchanged. At the end torch has as many threads as before.

    Raises:
        ValueError: For a NSTLIB_THREADS that is no number.
    """
    before = torch.get_num_threads()
    fixed = os.environ.get("NSTLIB_THREADS", "")
    if fixed and not (fixed.isdecimal() and int(fixed)):
        raise ValueError(f"NSTLIB_THREADS is {fixed!r}; give a whole number from 1 up.")
    most = int(fixed) if fixed else min(before, cpu_limit())
    try:
        if most != before:
            torch.set_num_threads(most)
        seen = Load.now()
        for step in run:
            yield step
            load = Load.now()
            if not fixed and load.seconds - seen.seconds >= every:
                threads = idle_cores(seen, load, most)
                if threads != torch.get_num_threads():
                    torch.set_num_threads(threads)
                seen = load
    finally:
        torch.set_num_threads(before)
        if hasattr(run, "close"):
            run.close()


class Load(NamedTuple):
    """What the cores have done so far.

    Attributes:
        seconds: The clock.
        all: Seconds of all cores that were busy, with whatever program.
        own: Those of this process.
    """

    seconds: float
    all: float
    own: float

    @classmethod
    def now(cls) -> "Load":
        """Read the counters of the system."""
        times = psutil.cpu_times()
        idle = times.idle + getattr(times, "iowait", 0)
        guests = getattr(times, "guest", 0) + getattr(times, "guest_nice", 0)  # in `user` already
        return cls(time.monotonic(), sum(times) - idle - guests, time.process_time())


def idle_cores(before: Load, after: Load, most: int) -> int:
    """Return how many threads leave the other programs their cores: from 1 to `most`.

    Args:
        before, after: The load at two moments.
        most: The number of threads on an idle machine.
    """
    others = (after.all - before.all) - (after.own - before.own)
    others /= after.seconds - before.seconds
    return max(1, min(most, round((psutil.cpu_count() or most) - others)))


def cpu_limit() -> int:
    """Return how many cores a container may use (Docker's --cpus, a hub's limit), or all there are."""
    cores = os.cpu_count() or 1
    try:
        quota, period = (CGROUP / "cpu.max").read_text().split()
        return max(1, min(cores, round(int(quota) / int(period))))
    except (OSError, ValueError):  # no such file, or "max"
        return cores


def _by_kind(losses: Mapping[str, float]) -> dict[str, str]:
    """The total, and the sums of all "content/…" and all "style/…" losses before their weights."""
    kinds = dict.fromkeys(name.partition("/")[0] for name in losses)
    return {
        kind: f"{sum(v for name, v in losses.items() if name.partition('/')[0] == kind):.3g}"
        for kind in kinds
    }
