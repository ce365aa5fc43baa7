"""Many runs of one recipe: in this process, in several, or, through joblib, on a cluster.

A cell is the keyword arguments of one run.
"""

import inspect
import itertools
import secrets
import textwrap
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from joblib import Parallel, delayed
from torch import Tensor
from tqdm.auto import tqdm

from nstlib.optimize import RunFailed, Step, sentence
from nstlib.sweep.cells import key, read, write
from nstlib.vgg import VGG19, load_vgg19

AGAIN = "Do the same sweep again; with a folder it goes on where it stopped."


@dataclass(frozen=True)
class Result:
    """What became of one cell.

    Attributes:
        arguments: The cell as it was given.
        image: The last picture, (1, 3, H, W) in [0, 1], on the CPU; of a run that failed the last good
            one, or None if there was none.
        losses: Those of the image, by name.
        error: One sentence, empty if all went well.
    """

    arguments: Mapping[str, Any]
    image: Tensor | None
    losses: dict[str, float]
    error: str = ""


def grid(**axes: Iterable[Any]) -> list[dict[str, Any]]:
    """Return every combination of the values, the last name varying fastest, as cells for `sweep`.

    grid(seed=[0, 1], style_weight=[1, 10]) is [{"seed": 0, "style_weight": 1}, …], four cells.

    Raises:
        ValueError: For a single value where a list of values is needed.
    """
    for name, values in axes.items():
        if isinstance(values, str | Tensor | Mapping) or not isinstance(values, Iterable):
            raise ValueError(f"{name} needs a list of values: write {name}=[…], also for one.")
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def sweep(
    recipe: Callable[..., Iterator[Step]],
    cells: Sequence[Mapping[str, Any]],
    *,
    folder: str | Path | None = None,
    n_jobs: int = 1,
    progress: bool = True,
) -> list[Result]:
    """Run `recipe(**cell)` for every cell.

    A run that fails costs only its own cell: the Result says why, and the next sweep tries it again.
    Ctrl-C (or Jupyter's stop button) ends the sweep and returns what is done.

    Args:
        recipe: `transfer`, another function that returns Steps, or a functools.partial with what all
            cells share. Its argument `vgg` may be a name, or a mapping of arguments, for `load_vgg19`:
            every process then loads that network once; otherwise it is sent along with each cell.
        cells: The keyword arguments of each run.
        folder: Keeps every finished cell as soon as it is done, and a later sweep takes it from there. A
            cell is a .safetensors file with the float32 "image", and in its metadata the losses and the
            arguments. Its name is a hash of what the picture depends on: the recipe's source, all
            arguments, pictures and weights. (Other code that your recipe calls does not count: empty the
            folder after a change there.)
        n_jobs: How many processes work side by side, as in joblib: 1 is this process alone, -1 is one
            for each core. They share the cores, and every process holds its own network. Inside
            `with joblib.parallel_config(backend="dask"):` the workers of the Dask cluster do the work,
            whatever n_jobs is. (joblib waits forever for a cell that Dask has given up; stop the sweep.)
        progress: Whether to show a bar.

    Returns:
        A Result for each cell, in the order of the cells.

    Raises:
        ValueError: Before anything runs, if a cell does not fit the recipe or a network is unknown.
        OSError: For weights that cannot be read and a folder that cannot be written.
    """
    function, calls = _calls(recipe, cells)
    paths: list[Path | None] = [None] * len(cells)
    if folder is not None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        keys = [key(function, _arguments(function, *call)) for call in calls]
        paths = [Path(folder, f"{one}.safetensors") for one in keys]
    found = [None if path is None else read(path) for path in paths]
    results = [kept and Result(cell, *kept) for cell, kept in zip(cells, found, strict=True)]
    todo = [index for index, result in enumerate(results) if result is None]
    tasks = [delayed(_work)(index, function, *calls[index]) for index in todo]
    # With larger batches a finished cell would wait for the others of its batch.
    outcomes = Parallel(n_jobs, return_as="generator_unordered", batch_size=1)(tasks)

    reason, done = "", len(cells) - len(todo)
    with tqdm(total=len(cells), initial=done, unit="cell", disable=not progress) as bar:
        try:
            for index, pixels, losses, error in outcomes:
                # A copy, because memory from another process may be read-only.
                image = None if pixels is None else torch.tensor(pixels)
                results[index] = Result(cells[index], image, losses, error)
                if paths[index] is not None and not error:
                    write(paths[index], image, losses, cells[index])
                bar.update()
        except KeyboardInterrupt:
            if not any(results):
                raise
            reason = f"The sweep was interrupted before this cell was done. {AGAIN}"
        except OSError:  # the folder is full or gone
            raise
        except Exception as error:  # a worker died, or an argument cannot be sent to it
            words = textwrap.shorten(f"{type(error).__name__}: {error}", 300)
            reason = f"The sweep ended before this cell was done ({words}). {AGAIN}"
    results = [
        result or Result(cell, None, {}, reason)
        for result, cell in zip(results, cells, strict=True)
    ]
    failed = [result.error for result in results if result.error]
    if failed:
        count = f"{len(failed)} of {len(results)} cells were not finished"
        warnings.warn(f"{count}, the first for this reason: {failed[0]}", stacklevel=2)
    return results


def _calls(recipe, cells) -> tuple[Callable[..., Iterator[Step]], list[tuple]]:
    """The function of a recipe, and for each cell its args, keywords and network.

    network: what `_network` takes, if the recipe names its network; else None.
    """
    whole = recipe if isinstance(recipe, partial) else partial(recipe)
    calls, this_sweep = [], secrets.token_hex(8)
    for index, cell in enumerate(cells):
        try:
            keywords = {**whole.keywords, **cell}
            arguments = _arguments(whole.func, whole.args, keywords)
        except TypeError as error:
            name = whole.func.__qualname__
            raise ValueError(f"Cell {index} does not fit {name}: {error}.") from error
        vgg = keywords.get("vgg", arguments.get("vgg", ...))
        vgg = "compact" if vgg is None else vgg  # as in the recipes
        vgg = {"weights": vgg} if isinstance(vgg, str | Path) else vgg
        network = None
        if isinstance(vgg, Mapping):
            network = tuple(sorted(vgg.items())), this_sweep
            _network(*network)  # a wrong name is an error before anything runs
        calls.append((whole.args, keywords, network))
    return whole.func, calls


def _arguments(function, args, keywords, network=None) -> dict[str, Any]:
    """Every argument by name, with the defaults, so that a changed default makes another cell too."""
    keywords = keywords | {"vgg": _network(*network)} if network else keywords
    bound = inspect.signature(function).bind(*args, **keywords)
    bound.apply_defaults()
    return bound.arguments


@lru_cache(maxsize=4)
def _network(options: tuple[tuple[str, Any], ...], sweep: str) -> VGG19:
    """Load a network, once in every process and sweep: by the next one the file may have changed."""
    return load_vgg19(**dict(options))


def _work(
    index, function, args, keywords, network
) -> tuple[int, np.ndarray | None, dict[str, float], str]:
    """Run one cell, and return its number, picture, losses and error.

    Errors go back as words, because one that holds a Step cannot leave its process.
    """
    last, error = None, ""
    try:
        keywords = keywords | {"vgg": _network(*network)} if network else keywords
        for step in function(*args, **keywords):
            last = step
        if last is None:
            raise ValueError("The run has no steps.")
    except Exception as failure:
        error = sentence(failure)
        last = failure.step if isinstance(failure, RunFailed) else last
    if last is None:
        return index, None, {}, error
    return index, last.image.detach().cpu().float().numpy(), last.losses, error
