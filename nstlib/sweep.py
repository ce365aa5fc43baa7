"""Many runs of one recipe: in this thread, in threads, in processes, or on the machines of a cluster.

A cell is the keyword arguments of one run. Cells are worked on by an executor of Python's
`concurrent.futures`, or by one that behaves like it, as Dask's does.
"""

import hashlib
import inspect
import itertools
import json
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
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from matplotlib.figure import Figure
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from tqdm.auto import tqdm

from nstlib.images import to_pil, write_whole
from nstlib.job import sentence
from nstlib.optimize import RunFailed, Step
from nstlib.vgg import load_vgg19


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
    function, calls = _calls(recipe, cells)
    results: list[Result | None] = [None] * len(cells)
    paths: list[Path | None] = [None] * len(cells)
    if folder is not None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        paths = [Path(folder, f"{key}.safetensors") for key in _keys(function, calls)]
        results = [_read(path, cell) for path, cell in zip(paths, cells, strict=True)]
    missing = [index for index, result in enumerate(results) if result is None]
    stop = threading.Event()
    tasks = {index: _task(executor, *calls[index], stop) for index in missing}

    def keep(index: int, image: np.ndarray | None, losses: dict[str, float], error: str) -> None:
        # A copy: what comes from another process may be memory that must not be written to.
        image = None if image is None else torch.tensor(image)
        results[index] = Result(cells[index], image, losses, error)
        if paths[index] is not None and not error:
            _write(paths[index], results[index])
        bar.update()

    done = len(cells) - len(missing)
    with tqdm(total=len(cells), initial=done, unit="cell", disable=not progress) as bar:
        try:
            if executor is None:
                for index, task in tasks.items():
                    keep(index, *_work(function, task))
            else:
                _work_elsewhere(executor, function, tasks, retries, keep)
        except KeyboardInterrupt:
            if not any(results):
                raise
        finally:
            stop.set()
    interrupted = (
        "Interrupted before this cell was done; with a folder, the same sweep goes on here."
    )
    results = [
        result or Result(cells[i], None, {}, interrupted) for i, result in enumerate(results)
    ]
    failed = [result.error for result in results if result.error]
    if failed:
        count = f"{len(failed)} of {len(cells)} cells have no result, the first for this reason: "
        warnings.warn(count + failed[0], stacklevel=2)
    return results


def contact_sheet(
    results: Sequence[Result],
    rows: str | None = None,
    columns: str | None = None,
    *,
    inches: float = 1.9,
) -> Figure:
    """The pictures of a sweep in the order of their grid, with its values on the margins.

    rows, columns: names of arguments, whose values go down and across in the order in which they first
        appear; None for a single row or column. Values that are pictures are shown as pictures.
    inches: the width of one. A cell that failed is a gray panel that says why.

    Raises ValueError if there is nothing to show, or more than one result for a place.
    """
    down, across = _values(results, rows), _values(results, columns)
    places: dict[tuple[str, str], Result] = {}
    for result in results:
        place = tuple(_identity(result.arguments.get(name)) for name in (rows, columns))
        if place in places:
            raise ValueError(
                "Two results belong in one place of the sheet: name the argument in which they differ "
                "as its rows or columns, or choose the results to show."
            )
        places[place] = result

    # Pictures on a margin need a row or a column of their own.
    top, left = (any(map(_is_picture, values.values())) for values in (across, down))
    shapes = [result.image.shape[2:] for result in results if result.image is not None]
    height, width = max(shapes, key=lambda shape: shape[0] / shape[1], default=(1, 1))
    wide, high = inches * (len(across) + left), inches * height / width * (len(down) + top)
    figure = Figure(figsize=(wide + 0.4, high + 0.4), layout="compressed")
    axes = figure.subplots(len(down) + top, len(across) + left, squeeze=False)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    for column, value in enumerate(across.values(), left):
        _draw_label(axes[0, column], columns, value, axes[0, column].set_title)
    for row, value in enumerate(down.values(), top):
        _draw_label(axes[row, 0], rows, value, axes[row, 0].set_ylabel)
    for (row, y), (column, x) in itertools.product(enumerate(down, top), enumerate(across, left)):
        result = places.get((y, x))
        if result is None:
            continue
        if not result.error:
            axes[row, column].imshow(to_pil(result.image), interpolation="lanczos")
            continue
        axes[row, column].imshow(np.full((height, width, 3), 0.85))
        words = textwrap.fill(result.error, round(19 * inches))
        middle = {"ha": "center", "va": "center", "transform": axes[row, column].transAxes}
        axes[row, column].text(0.5, 0.5, words, fontsize=6, in_layout=False, **middle)
    return figure


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


class _Network(NamedTuple):
    """What to load, and what it must turn out to be: weights of one name may differ elsewhere."""

    options: tuple[tuple[str, Any], ...]
    identity: str


_loading = threading.Lock()  # or threads that begin together would load a network each


@lru_cache(maxsize=4)
def _load(network: _Network) -> nn.Module:
    vgg = load_vgg19(**dict(network.options))
    if _plain(vgg) != network.identity:
        raise ValueError(
            f"The network {_text(dict(network.options))} has other weights where this cell ran than "
            "where the sweep began; use one version of nstlib and one weights file everywhere."
        )
    return vgg


def _calls(recipe, cells) -> tuple[Callable, list[tuple[tuple, dict[str, Any]]]]:
    """The function, and for each cell its positional and its keyword arguments."""
    whole = recipe if isinstance(recipe, partial) else partial(recipe)
    signature, networks, calls = inspect.signature(whole.func), {}, []
    for index, cell in enumerate(cells):
        try:
            keywords = {**whole.keywords, **cell}
            bound = signature.bind(*whole.args, **keywords)
        except TypeError as error:
            raise ValueError(f"Cell {index} does not fit {_name(whole.func)}: {error}.") from error
        bound.apply_defaults()
        vgg = keywords.get("vgg", bound.arguments.get("vgg", ...))
        vgg = "compact" if vgg is None else vgg  # as in the recipes
        if isinstance(vgg, str | Path | Mapping):
            options = vgg if isinstance(vgg, Mapping) else {"weights": vgg}
            options = tuple(sorted(options.items()))
            if options not in networks:
                networks[options] = _Network(options, _plain(load_vgg19(**dict(options))))
            keywords["vgg"] = networks[options]
        calls.append((whole.args, keywords))
    return whole.func, calls


def _task(executor, args, keywords, stop) -> bytes | tuple:
    """What `_work` needs besides the function, as it is for this process or pickled for others."""
    if executor is None or isinstance(executor, ThreadPoolExecutor):
        return args, keywords, stop
    # Pickled here, because between processes torch would otherwise pass tensors as open files, which
    # are lost with a process that is killed.
    try:
        return pickle.dumps((args, keywords, None))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ValueError(f"The arguments of a cell cannot be sent away: {error}.") from error


def _work(function, task, ticket="") -> tuple[np.ndarray | None, dict[str, float], str]:
    """One cell, wherever that is: picture, losses, error.

    Errors go back as words, because one that holds a Step cannot leave its process.
    """
    last, error = None, ""
    try:
        args, keywords, stop = pickle.loads(task) if isinstance(task, bytes) else task
        if isinstance(keywords.get("vgg"), _Network):
            with _loading:
                keywords = keywords | {"vgg": _load(keywords["vgg"])}
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
                    keep(index, *((None, {}, _lost(lost, times)) if lost else future.result()))
                del sent[future]
    except KeyboardInterrupt:
        for future, (index, _) in sent.items():
            if future.done() and not future.cancelled() and not future.exception():
                keep(index, *future.result())
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


def _keys(function, calls) -> Iterator[str]:
    """File names for cells: the same in every session, others for whatever changes the picture."""
    signature = inspect.signature(function)
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):  # typed into a shell, or not written in Python
        source = ""
    for args, keywords in calls:
        bound = signature.bind(*args, **keywords)
        bound.apply_defaults()  # so that a changed default is another cell too
        yield _identity([_name(function), source, bound.arguments])


def _identity(value: Any) -> str:
    return hashlib.sha256(json.dumps(_plain(value)).encode()).hexdigest()[:24]


def _plain(value: Any) -> Any:
    """What JSON can hold: numbers and words as they are, of pixels and weights a hash."""
    if isinstance(value, _Network):
        return value.identity
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value  # style_weight=10.0 is style_weight=10
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return sorted([str(key), _plain(one)] for key, one in value.items())
    if isinstance(value, list | tuple | range):
        return [_plain(one) for one in value]
    if isinstance(value, Tensor | np.ndarray):
        array = torch.as_tensor(value).detach().cpu().double().numpy()
        return [*array.shape, hashlib.sha256(array.tobytes()).hexdigest()]
    if isinstance(value, nn.Module):
        # Its repr says which layers, pooling and padding, its buffers how pixels are normalized.
        tensors = itertools.chain(value.named_parameters(), value.named_buffers())
        return _identity([repr(value), dict(tensors)])
    raise ValueError(
        f"A {type(value).__name__} in a cell cannot be told from others; give numbers, words, lists, "
        "pictures or networks."
    )


def _write(path: Path, result: Result) -> None:
    about = {
        "losses": result.losses,
        "arguments": {k: _text(v) for k, v in result.arguments.items()},
    }
    metadata = {key: json.dumps(value) for key, value in about.items()}
    write_whole(path, save({"image": result.image}, metadata))


def _read(path: Path, cell: Mapping[str, Any]) -> Result | None:
    """A finished cell, or None where there is none that can be read."""
    try:
        with safe_open(path, framework="pt") as file:
            # A copy, as the tensor may be a view of the file.
            return Result(
                cell, file.get_tensor("image").clone(), json.loads(file.metadata()["losses"])
            )
    except (OSError, SafetensorError, LookupError, TypeError, ValueError):
        return None


def _values(results: Sequence[Result], name: str | None) -> dict[str, Any]:
    """The values of one argument, each once, by identity."""
    if not results:
        raise ValueError("contact_sheet needs at least one result.")
    names = dict.fromkeys(itertools.chain(*(result.arguments for result in results)))
    if name is not None and not all(name in result.arguments for result in results):
        raise ValueError(f"Not every cell has a {name!r}; the names are {', '.join(names)}.")
    values = [result.arguments.get(name) for result in results]
    return {_identity(value): value for value in values}


def _is_picture(value: Any) -> bool:
    return isinstance(value, Tensor) and value.ndim == 4


def _draw_label(axis, name: str | None, value: Any, write: Callable) -> None:
    if _is_picture(value):
        axis.imshow(to_pil(value), interpolation="lanczos")
        write(name, fontsize=9)
    elif name is not None:
        write(textwrap.fill(f"{name} = {_text(value)}", 26), fontsize=9)


def _text(value: Any) -> str:
    """A value for readers."""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_text(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    if _is_picture(value):
        return f"picture of {value.shape[3]} x {value.shape[2]}"
    return type(value).__name__ if isinstance(value, Tensor | nn.Module) else str(value)


def _name(function) -> str:
    return f"{function.__module__}.{function.__qualname__}"
