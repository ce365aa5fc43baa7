"""Progress bars for a run in a terminal or a notebook cell: the only module of the core that prints."""

import warnings
from collections.abc import Iterator, Mapping

from tqdm.auto import tqdm

from nstlib.optimize import RunFailed, Step


def watch(run: Iterator[Step], *, progress: bool = True) -> Iterator[Step]:
    """Show a progress bar with the losses, and pass the Steps of `run` on.

    Args:
        run: What `transfer` or `minimize` returned.
        progress: Whether to show the bar.

    Yields:
        The Steps of `run`, unchanged.
    """
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


def _by_kind(losses: Mapping[str, float]) -> dict[str, str]:
    """The total, and the sums of all "content/…" and all "style/…" losses before their weights."""
    kinds = dict.fromkeys(name.partition("/")[0] for name in losses)
    return {
        kind: f"{sum(v for name, v in losses.items() if name.partition('/')[0] == kind):.3g}"
        for kind in kinds
    }
