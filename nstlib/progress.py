"""Watching a run from a terminal or a notebook cell: the one place of the library that prints."""

import warnings
from collections.abc import Iterator, Mapping

from tqdm.auto import tqdm

from nstlib.optimize import RunFailed, Step


def watch(run: Iterator[Step], *, progress: bool = True) -> Iterator[Step]:
    """Pass the Steps of `run` on, with a progress bar that shows the losses."""
    bar = None
    try:
        for step in run:
            if bar is None:
                bar = tqdm(total=step.total, initial=step.index, unit="step", disable=not progress)
            bar.set_postfix(_by_kind(step.losses), refresh=False)
            bar.update(step.index - bar.n)
            yield step
    finally:
        if bar is not None:
            bar.close()


def finish(run: Iterator[Step], *, progress: bool = True) -> Step:
    """Run to the end and return the last Step.

    An interrupt (Ctrl-C, or the stop button of Jupyter) means "that is enough": the last good Step
    comes back, with a warning. So does the last good Step of a run that failed.
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


def _by_kind(losses: Mapping[str, float]) -> dict[str, str]:
    """The total, and the sums of "content/…" and of "style/…" before their weights."""
    kinds = dict.fromkeys(name.partition("/")[0] for name in losses)
    return {
        kind: f"{sum(v for name, v in losses.items() if name.partition('/')[0] == kind):.3g}"
        for kind in kinds
    }
