"""The code that repeats a run of the studio: a few lines of Python that contain every choice."""

import inspect
from collections.abc import Mapping
from typing import Any

from nstlib.style_transfer import transfer

DEFAULTS = {name: p.default for name, p in inspect.signature(transfer).parameters.items()}


def transfer_code(
    content: str,
    style: str,
    arguments: Mapping[str, Any],
    *,
    region: tuple[str, str] | None = None,
    moved: Mapping[int, Mapping[str, float]] | None = None,
    stopped: int | None = None,
    keep_colors: bool = False,
    weights: str = "compact",
    out: str = "painted.png",
) -> str:
    """Return Python code that makes the picture of a run again.

    Args:
        content, style: The expressions that make the two pictures.
        arguments: Those of `transfer`, and "seed" for a start from noise; defaults are left out.
        region: The expression that makes a second style, and the file of the mask inside which it is
            painted.
        moved: {step: {loss: weight}}, the weights that were changed during the run, after that step.
        stopped: The index of the last step, if the run was stopped early.
        keep_colors: Whether the picture gets the colors of the content.
        weights: As in `load_vgg19`.
        out: The file that the code writes.
    """
    chosen = {name: value for name, value in arguments.items() if value != DEFAULTS.get(name)}
    seed = chosen.pop("seed", 0)
    if chosen.get("init") == "noise" and seed:
        chosen["init"] = _Code(f"noise_like(content, seed={seed})")
    simple = not moved and stopped is None
    names = {"save_image", "transfer"}
    pictures = content + style + (region[0] if region else "")
    names |= {name for name in ("load_image", "painting", "photo") if f"{name}(" in pictures}
    names |= {"load_mask"} if region else set()
    names |= {"finish"} if simple else set()
    names |= {"noise_like"} if isinstance(chosen.get("init"), _Code) else set()
    names |= {"resize"} if keep_colors else set()
    names |= {"load_vgg19"} if weights != "compact" else set()
    lines = [f"from nstlib import {', '.join(sorted(names))}"]
    lines += ["from nstlib.images import with_colors_of"] if keep_colors else []
    lines += ["", f"content = {content}", f"style = {style}"]
    styles = "style"
    if region:
        lines += [f"second = {region[0]}"]
        lines += [f"mask = load_mask({region[1]!r}, size=tuple(content.shape[2:]))  # of second"]
        styles = "[style, second]"
        chosen = {"masks": _Code("[None, mask]")} | chosen
    if moved:
        lines += ["moved = {  # after this step: these weights"]
        lines += [f"    {step}: {dict(change)}," for step, change in sorted(moved.items())]
        lines += ["}"]
    if weights != "compact":
        chosen["vgg"] = _Code(f"load_vgg19({weights!r})")
    call = f"transfer({', '.join(filter(None, [f'content, {styles}', _arguments(chosen)]))})"
    if simple:
        lines += [f"step = finish({call})"]
    else:
        lines += [f"for step in {call}:"]
        lines += ["    step.weights.update(moved.get(step.index, {}))"] if moved else []
        if stopped is not None:
            lines += [f"    if step.index == {stopped}:", "        break"]
    image = "step.image"
    if keep_colors:
        # An early stop may leave a picture of a smaller scale.
        lines += ["colors = resize(content, tuple(step.image.shape[2:]))"]
        image = "with_colors_of(step.image.cpu(), colors).clamp(0, 1)"
    return "\n".join([*lines, f"save_image({image}, {out!r})"])


class _Code(str):
    """An expression; unlike a string it is shown without quotes."""

    __repr__ = str.__str__


def _arguments(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())
