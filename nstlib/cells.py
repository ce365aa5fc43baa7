"""Cells of a sweep, the arguments of one run each: made ready to travel, told apart, kept in files."""

import hashlib
import inspect
import itertools
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from nstlib.images import write_whole
from nstlib.vgg import load_vgg19

Call = tuple[tuple[Any, ...], dict[str, Any]]  # positional and keyword arguments


class Network(NamedTuple):
    """What to load, and what it must turn out to be: weights of one name may differ elsewhere."""

    options: tuple[tuple[str, Any], ...]
    identity: str


def prepare(
    recipe: Callable[..., Any], cells: Sequence[Mapping[str, Any]]
) -> tuple[Callable[..., Any], list[Call]]:
    """The function of a recipe, and its arguments for each cell, with a Network for a network by name.

    Raises ValueError if a cell does not fit the recipe.
    """
    whole = recipe if isinstance(recipe, partial) else partial(recipe)
    signature, networks, calls = inspect.signature(whole.func), {}, []
    for index, cell in enumerate(cells):
        try:
            keywords = {**whole.keywords, **cell}
            arguments = _bind(signature, whole.args, keywords)
        except TypeError as error:
            raise ValueError(f"Cell {index} does not fit {_name(whole.func)}: {error}.") from error
        vgg = keywords.get("vgg", arguments.get("vgg", ...))
        vgg = "compact" if vgg is None else vgg  # as in the recipes
        if isinstance(vgg, str | Path | Mapping):
            options = vgg if isinstance(vgg, Mapping) else {"weights": vgg}
            options = tuple(sorted(options.items()))
            if options not in networks:
                networks[options] = Network(options, _plain(load_vgg19(**dict(options))))
            keywords["vgg"] = networks[options]
        calls.append((whole.args, keywords))
    return whole.func, calls


_loading = threading.Lock()  # or threads that begin together would load a network each


def load(network: Network) -> nn.Module:
    """The network itself, loaded once in every process."""
    with _loading:
        return _load(network)


@lru_cache(maxsize=4)
def _load(network: Network) -> nn.Module:
    vgg = load_vgg19(**dict(network.options))
    if _plain(vgg) != network.identity:
        raise ValueError(
            f"The network {words(dict(network.options))} has other weights where this cell ran than "
            "where the sweep began; use one version of nstlib and one weights file everywhere."
        )
    return vgg


def keys(function: Callable[..., Any], calls: Sequence[Call]) -> Iterator[str]:
    """File names for cells: the same in every session, others for whatever changes the picture."""
    signature = inspect.signature(function)
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):  # typed into a shell, or not written in Python
        source = ""
    for args, keywords in calls:
        yield identity([_name(function), source, _bind(signature, args, keywords)])


def identity(value: Any) -> str:
    """A short hash, the same for values that make the same picture."""
    return hashlib.sha256(json.dumps(_plain(value)).encode()).hexdigest()[:24]


def _plain(value: Any) -> Any:
    """What JSON can hold: numbers and words as they are, of pixels and weights a hash."""
    if isinstance(value, Network):
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
        return identity([repr(value), dict(tensors)])
    raise ValueError(
        f"A {type(value).__name__} in a cell cannot be told from others; give numbers, words, lists, "
        "pictures or networks."
    )


def words(value: Any) -> str:
    """A value for readers."""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {words(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(words, value))
    if is_picture(value):
        return f"picture of {value.shape[3]} x {value.shape[2]}"
    return type(value).__name__ if isinstance(value, Tensor | nn.Module) else str(value)


def is_picture(value: Any) -> bool:
    """Whether a value is a tensor of four dimensions, as pictures are here."""
    return isinstance(value, Tensor) and value.ndim == 4


def write(
    path: Path, image: Tensor, losses: Mapping[str, float], arguments: Mapping[str, Any]
) -> None:
    """Keep what became of a cell, and for readers its arguments in words."""
    arguments = {name: words(value) for name, value in arguments.items()}
    metadata = {"losses": json.dumps(losses), "arguments": json.dumps(arguments)}
    write_whole(path, save({"image": image}, metadata))


def read(path: Path) -> tuple[Tensor, dict[str, float]] | None:
    """The image and the losses that `write` kept, or None where there is nothing that can be read."""
    try:
        with safe_open(path, framework="pt") as file:
            # A copy, as the tensor may be a view of the file.
            return file.get_tensor("image").clone(), json.loads(file.metadata()["losses"])
    except (OSError, SafetensorError, LookupError, TypeError, ValueError):
        return None


def _bind(signature: inspect.Signature, args, keywords) -> dict[str, Any]:
    """Every argument by name, with the defaults, so that a changed default is another cell too."""
    bound = signature.bind(*args, **keywords)
    bound.apply_defaults()
    return bound.arguments


def _name(function) -> str:
    return f"{function.__module__}.{function.__qualname__}"
