"""Features of any torch network, read by forward hooks."""

import difflib
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch import Tensor, nn


class _AllSeen(Exception):
    """Ends a forward pass whose remaining layers nobody asked for."""


@contextmanager
def tapped(network: nn.Module, layers: Iterable[str]) -> Iterator[dict[str, Tensor]]:
    """Collect what the named layers of a network put out when it runs inside the `with` block.

    ::

        with tapped(network, ["layer1", "layer3"]) as features:
            network(image)
        features["layer3"].shape

    The pass ends, and with it the block, as soon as every layer has run: write nothing behind the
    call. A layer that runs several times keeps its first output. Other threads may use the network
    meanwhile; their features do not mix with these. An in-place layer right behind a tapped one
    overwrites what was collected.

    Args:
        network: Any module; it is left without hooks.
        layers: Names as `network.named_modules()` lists them, such as "features.0" or "layer1.0.conv2".

    Yields:
        {name: output}, in the order in which the layers run.

    Raises:
        ValueError: If the network has no layer of that name, or did not run it.
    """
    modules = {layer: _module(network, layer) for layer in layers}
    features: dict[str, Tensor] = {}
    this_thread = threading.get_ident()

    def keep_as(layer: str):
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            if threading.get_ident() != this_thread:
                return
            features.setdefault(layer, output)
            if len(features) == len(modules):
                # A new one each time: kept here it would keep, by its traceback, all that the pass made.
                raise _AllSeen(features)

        return hook

    handles = [module.register_forward_hook(keep_as(layer)) for layer, module in modules.items()]
    try:
        yield features
    except _AllSeen as end:
        if end.args[0] is not features:  # that of another `with` around this one
            raise
    finally:
        for handle in handles:
            handle.remove()
    missing = [layer for layer in modules if layer not in features]
    if missing:
        raise ValueError(f"The layer {missing[0]} did not run: call the network inside the block.")


def _module(network: nn.Module, layer: str) -> nn.Module:
    modules = dict(network.named_modules())
    if layer not in modules:
        near = ", ".join(difflib.get_close_matches(str(layer), modules, n=3, cutoff=0.4))
        hint = f"; the nearest names are {near}" if near else ""
        raise ValueError(f"The network has no layer {layer!r}{hint}.")
    return modules[layer]
