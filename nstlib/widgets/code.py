"""The code that repeats a run of the studio: a few lines of `nstlib`, every choice in them."""

import inspect
from collections.abc import Mapping
from typing import Any

from nstlib.recipes import transfer

DEFAULTS = {name: p.default for name, p in inspect.signature(transfer).parameters.items()}
WEIGHTS = ("content_layers", "style_layers", "style_weight", "tv_weight")


def transfer_code(
    content: str,
    style: str,
    arguments: Mapping[str, Any],
    *,
    moved: Mapping[int, Mapping[str, float]] | None = None,
    stopped: int | None = None,
    keep_colors: bool = False,
    weights: str = "compact",
    out: str = "painted.png",
) -> str:
    """Python that makes the picture of a run again.

    content, style: the expressions that give the two pictures. arguments: those of `transfer`; defaults
    are left out. moved: {step: {loss: weight}}, the sliders moved while it ran, each after its step.
    stopped: the last step, if the run was stopped before its end. weights: as `load_vgg19` takes them.
    """
    chosen = {name: value for name, value in arguments.items() if value != DEFAULTS[name]}
    simple = not moved and stopped is None
    names = {"save_image", "transfer"}
    names |= {name for name in ("load_image", "painting", "photo") if f"{name}(" in content + style}
    names |= {"finish"} if simple else set()
    names |= {"transfer_weights"} if moved else set()
    names |= {"resize"} if keep_colors else set()
    names |= {"load_vgg19"} if weights != "compact" else set()
    lines = [f"from nstlib import {', '.join(sorted(names))}"]
    lines += ["from nstlib.colors import with_colors_of"] if keep_colors else []
    lines += ["", f"content = {content}", f"style = {style}"]
    first = {name: value for name, value in chosen.items() if name in WEIGHTS}
    if moved:
        lines += [f"weights = transfer_weights({_arguments(first)})"]
        lines += ["moved = {  # after this step: these weights"]
        lines += [f"    {step}: {dict(change)}," for step, change in sorted(moved.items())]
        lines += ["}"]
        chosen = {name: value for name, value in chosen.items() if name not in WEIGHTS}
        chosen["loss_weights"] = _Code("weights")
    if weights != "compact":
        chosen["vgg"] = _Code(f"load_vgg19({weights!r})")
    call = f"transfer({', '.join(filter(None, ['content, style', _arguments(chosen)]))})"
    if simple:
        lines += [f"step = finish({call})"]
    else:
        lines += [f"for step in {call}:"]
        lines += ["    weights |= moved.get(step.index, {})"] if moved else []
        if stopped is not None:
            lines += [f"    if step.index == {stopped}:", "        break"]
    image = "step.image"
    if keep_colors:
        # An early stop may leave a picture of a smaller scale.
        lines += ["colors = resize(content, tuple(step.image.shape[2:]))"]
        image = "with_colors_of(step.image.cpu(), colors).clamp(0, 1)"
    return "\n".join([*lines, f"save_image({image}, {out!r})"])


class _Code(str):
    """An expression, not a text to be quoted."""

    __repr__ = str.__str__


def _arguments(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())
