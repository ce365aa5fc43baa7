"""Many runs of one recipe: in this thread, in threads, in processes, or on the machines of a cluster.

A cell is the keyword arguments of one run. Cells are worked on by an executor of Python's
`concurrent.futures`, or by one that behaves like it, as Dask's does.
"""

import itertools
import pickle
import secrets
import textwrap
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import tqdm

from nstlib.cells import Call, Network, keys, load, prepare, read, write
from nstlib.job import sentence
from nstlib.optimize import RunFailed, Step

# Picture, losses and error of a cell, in the types that any process can send.
Outcome = tuple[np.ndarray | None, dict[str, float], str]

INTERRUPTED = "Interrupted before this cell was done; with a folder, the same sweep goes on here."


@dataclass(frozen=True)
class Result:
    """What became of one cell.

    arguments: the cell as it was given.
    image: the last picture (1, 3, H, W) in [0, 1], on the CPU; of a run that failed the last good one,
        or None if there was none.
    losses: those of the image, by name.
    error: one sentence, empty where all went well.
    """

    arguments: Mapping[str, Any]
    image: Tensor | None
    losses: dict[str, float]
    error: str = ""


def grid(**axes: Iterable[Any]) -> list[dict[str, Any]]:
    """Every combination of the values, the last name varying fastest, as cells for `sweep`.

    grid(seed=[0, 1], style_weight=[1, 10]) is [{"seed": 0, "style_weight": 1}, …], four cells.
    """
    for name, values in axes.items():
        if isinstance(values, str | Tensor | Mapping) or not isinstance(values, Iterable):
            raise ValueError(f"{name} needs a list of values: write {name}=[…], also for one.")
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def sweep(
    recipe: Callable[..., Iterator[Step]],
    cells: Sequence[Mapping[str, Any]],
    *,
    executor: Executor | None = None,
    folder: str | Path | None = None,
    retries: int = 1,
    progress: bool = True,
) -> list[Result]:
    """Run `recipe(**cell)` for every cell, and return the Results in the order of the cells.

    recipe: `transfer`, another function that returns Steps, or a functools.partial with what all cells
        share. An argument `vgg` may be a name, or a mapping of arguments, for `load_vgg19`: every
        process then loads that network once, instead of having it sent with each cell.
    executor: None works in this thread. A ThreadPoolExecutor, a ProcessPoolExecutor that spawns,
        `dask.distributed.Client(…).get_executor()`: it remains yours, and open. Each run wants all
        cores for itself, and runs side by side slow each other down, so give each its share, as in
        ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn"),
        initializer=torch.set_num_threads, initargs=(1,)). Dask's own workers do that by themselves.
    folder: keeps every finished cell as it comes, and a later sweep takes it from there. A cell is a
        .safetensors file: the float32 "image", in the metadata losses and arguments, and a name made
        of what the picture depends on: the recipe's source, all arguments, pictures and weights. (What
        else a recipe of yours calls or looks up does not count: after a change there, empty it.)
    retries: how often a cell is sent again whose process or machine was lost.

    A run that fails costs its own cell: the Result says why, and the next sweep tries it again.
    Ctrl-C (or Jupyter's stop button) means "that is enough", as for `finish`: what is done comes back,
    cells not begun are canceled, threads stop after their step and processes after their cell.
    To processes arguments travel as pickles, with each cell: 12 bytes for each pixel of a picture.

    Raises ValueError, before anything runs, if cells do not fit the recipe or cannot be sent; OSError
    for weights that cannot be read and a folder that cannot be written.
    """
    _check_executor(executor)
    function, calls = prepare(recipe, cells)
    paths = _paths(folder, function, calls)
    results = [_kept(path, cell) for path, cell in zip(paths, cells, strict=True)]
    stop = threading.Event()
    tasks = {i: _task(executor, calls[i], stop) for i, result in enumerate(results) if not result}
    done = len(cells) - len(tasks)

    with tqdm(total=len(cells), initial=done, unit="cell", disable=not progress) as bar:

        def keep(index: int, outcome: Outcome) -> None:
            results[index] = _result(cells[index], outcome, paths[index])
            bar.update()

        try:
            if executor is None:
                for index, task in tasks.items():
                    keep(index, _work(function, task))
            else:
                _work_elsewhere(executor, function, tasks, retries, keep)
        except KeyboardInterrupt:
            if not any(results):
                raise
        finally:
            stop.set()
    pairs = zip(results, cells, strict=True)
    results = [result or Result(cell, None, {}, INTERRUPTED) for result, cell in pairs]
    _warn_of_failures(results)
    return results


def _check_executor(executor: Executor | None) -> None:
    if executor is not None and not isinstance(executor, Executor):
        raise ValueError(
            f"The executor is a {type(executor).__name__}; give one of concurrent.futures, or of Dask "
            "client.get_executor()."
        )
    # What a fork copies of torch's threads is their locks, not the threads: the first convolution in
    # the child waits for ever.
    context = getattr(executor, "_mp_context", None)
    if context is not None and context.get_start_method() == "fork":
        raise ValueError(
            "These processes are forked, and torch hangs in forked processes; write "
            'ProcessPoolExecutor(…, mp_context=multiprocessing.get_context("spawn")).'
        )


def _paths(folder, function, calls: Sequence[Call]) -> list[Path | None]:
    """Where each cell is kept, if anywhere."""
    if folder is None:
        return [None] * len(calls)
    Path(folder).mkdir(parents=True, exist_ok=True)
    return [Path(folder, f"{key}.safetensors") for key in keys(function, calls)]


def _kept(path: Path | None, cell: Mapping[str, Any]) -> Result | None:
    found = None if path is None else read(path)
    return None if found is None else Result(cell, *found)


def _result(cell: Mapping[str, Any], outcome: Outcome, path: Path | None) -> Result:
    """What came back, kept on disk if all went well."""
    pixels, losses, error = outcome
    # A copy: what comes from another process may be memory that must not be written to.
    image = None if pixels is None else torch.tensor(pixels)
    if path is not None and not error:
        write(path, image, losses, cell)
    return Result(cell, image, losses, error)


def _warn_of_failures(results: Sequence[Result]) -> None:
    failed = [result.error for result in results if result.error]
    if failed:
        count = f"{len(failed)} of {len(results)} cells have no result, the first for this reason: "
        warnings.warn(count + failed[0], stacklevel=3)


def _task(executor: Executor | None, call: Call, stop: threading.Event) -> bytes | tuple:
    """What `_work` needs besides the function, as it is for this process or pickled for others."""
    if executor is None or isinstance(executor, ThreadPoolExecutor):
        return *call, stop
    # Pickled here, because between processes torch would otherwise pass tensors as open files, which
    # are lost with a process that is killed.
    try:
        return pickle.dumps((*call, None))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ValueError(f"The arguments of a cell cannot be sent away: {error}.") from error


def _work(function, task, ticket="") -> Outcome:
    """One cell, wherever that is: picture, losses, error.

    Errors go back as words, because one that holds a Step cannot leave its process.
    """
    last, error = None, ""
    try:
        args, keywords, stop = pickle.loads(task) if isinstance(task, bytes) else task
        if isinstance(keywords.get("vgg"), Network):
            keywords = keywords | {"vgg": load(keywords["vgg"])}
        for step in function(*args, **keywords):
            last = step
            if stop is not None and stop.is_set():
                raise ValueError("The sweep was interrupted.")
        if last is None:
            raise ValueError("The run has no steps.")
    except Exception as failure:
        error = sentence(failure)
        last = failure.step if isinstance(failure, RunFailed) else last
    if last is None:
        return None, {}, error
    return last.image.detach().cpu().float().numpy(), last.losses, error


def _work_elsewhere(executor, function, tasks, retries, keep) -> None:
    """Send all tasks, and keep what comes back as it comes; a task that was lost is sent again."""
    sent: dict[Future, tuple[int, int]] = {}  # which task, and how often it has been sent

    def send(index: int, times: int) -> None:
        try:
            # The ticket tells tries apart: Dask takes equal calls for one, and would answer the second
            # with the failure of the first.
            future = executor.submit(_work, function, tasks[index], secrets.token_hex(8))
        except Exception as error:  # a broken pool takes nothing any more
            future = Future()
            future.set_exception(error)
        sent[future] = index, times

    try:
        for index in tasks:
            send(index, 1)
        while sent:
            # With a timeout, as on Windows nothing interrupts a wait without one.
            for future in wait(sent, timeout=1, return_when=FIRST_COMPLETED).done:
                index, times = sent[future]
                lost = CancelledError() if future.cancelled() else future.exception()
                if isinstance(lost, KeyboardInterrupt):
                    raise lost
                if lost and times <= retries:
                    send(index, times + 1)
                else:
                    keep(index, (None, {}, _lost(lost, times)) if lost else future.result())
                del sent[future]
    except KeyboardInterrupt:
        for future, (index, _) in sent.items():
            if future.done() and not future.cancelled() and not future.exception():
                keep(index, future.result())
        raise
    finally:
        for future in sent:
            future.cancel()


def _lost(error: BaseException, times: int) -> str:
    if isinstance(error, BrokenExecutor):
        return (
            "A process of the pool died, and the pool with it: for want of memory, or because a recipe "
            "that stands in a notebook cannot be imported elsewhere. Make a new executor, and do the "
            "same sweep again; with a folder it goes on where it stopped."
        )
    reason = textwrap.shorten(f"{type(error).__name__}: {error}", 200)
    return f"Sent {times} times, this cell did not come back ({reason})."
