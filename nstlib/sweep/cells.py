"""Cells of a sweep, the arguments of one run each: told apart, put in words, kept in files."""

import inspect
import json
import pickle
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from nstlib.images import write_whole


def key(function: Callable[..., Any], arguments: Mapping[str, Any]) -> str:
    """Return a name for a call: the same in every session, another for whatever changes the picture."""
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):  # typed into a shell, or not written in Python
        source = ""
    return identity([function.__module__, function.__qualname__, source, arguments])


def identity(value: Any) -> str:
    """Return a hash that is the same for values that make the same picture.

    Raises:
        ValueError: For a value that cannot be pickled, such as a lambda.
    """
    try:
        return joblib.hash(_plain(value))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ValueError(
            f"An argument of a cell cannot be told from others ({error}); give numbers, words, lists, "
            "pictures, networks, or functions that stand in a file."
        ) from error


def _plain(value: Any) -> Any:
    """What `joblib.hash` can tell apart: of a tensor it would hash the address in memory too."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        return int(value)  # style_weight=10.0 is style_weight=10
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Tensor | np.ndarray):
        array = torch.as_tensor(value).detach().cpu().double().numpy()
        return [list(array.shape), joblib.hash(array.ravel())]
    if isinstance(value, nn.Module):
        tensors = {**dict(value.named_parameters()), **dict(value.named_buffers())}
        layers = {name: _settings(layer) for name, layer in value.named_modules()}
        return _plain([layers, tensors])
    return value


def _settings(layer: nn.Module) -> dict[str, Any]:
    """The class and plain attributes of a layer, such as stride, padding_mode, precision."""
    plain = {name: one for name, one in vars(layer).items() if not name.startswith("_")}
    plain.pop("tile", None)  # a matter of memory, not of the picture
    return {"class": f"{type(layer).__module__}.{type(layer).__qualname__}", **plain}


def words(value: Any) -> str:
    """Return a value as readers want it, for labels and metadata."""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {words(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(words, value))
    if isinstance(value, partial):
        return ", ".join(filter(None, map(words, (value.func, value.args, value.keywords))))
    if is_picture(value):
        return f"picture of {value.shape[3]} x {value.shape[2]}"
    if isinstance(value, Tensor | nn.Module):
        return type(value).__name__
    return getattr(value, "__name__", str(value))


def is_picture(value: Any) -> bool:
    """Return whether a value is a tensor of four dimensions, as pictures are here."""
    return isinstance(value, Tensor) and value.ndim == 4


def write(
    path: Path, image: Tensor, losses: Mapping[str, float], arguments: Mapping[str, Any]
) -> None:
    """Keep the image and the losses of a cell, and for readers its arguments in words."""
    arguments = {name: words(value) for name, value in arguments.items()}
    metadata = {"losses": json.dumps(losses), "arguments": json.dumps(arguments)}
    write_whole(path, save({"image": image}, metadata))


def read(path: Path) -> tuple[Tensor, dict[str, float]] | None:
    """Return the image and the losses that `write` kept, or None if there is nothing to be read."""
    try:
        with safe_open(path, framework="pt") as file:
            # A copy, because the tensor may be a view of the file.
            return file.get_tensor("image").clone(), json.loads(file.metadata()["losses"])
    except (OSError, SafetensorError, LookupError, TypeError, ValueError):
        return None
