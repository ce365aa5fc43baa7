"""Who is first at a given loss: the textbook, one scale, coarse to fine, Adam."""

import time
from collections.abc import Sequence
from functools import partial

import torch

from nstlib.bench import options_of
from nstlib.recipes import STYLE_LAYERS, transfer
from nstlib.textbook import STYLE_WEIGHT, pictures, textbook_of
from nstlib.vgg import load_vgg19


def race(
    weights: str = "compact",
    size: int = 128,
    *,
    device: str | torch.device | None = None,
    closures: int = 500,
    coarse: int = 75,
) -> dict[str, list[tuple[float, float]]]:
    """How the loss falls with time, from the same start: {method: [(seconds, loss), …]}.

    The textbook runs for so many closures; the others, at most as many, until they are at its last loss.
    "coarse to fine" begins with `coarse` steps at half the size, whose losses are of another picture and
    are left out; their time counts.
    """
    vgg = load_vgg19(device=device, precision="auto", **options_of(weights))
    content, style = pictures(size, vgg.device)
    options = {"style_weight": STYLE_WEIGHT, "tv_weight": 0.0, "scales": (1.0,)}
    run = partial(transfer, content, style, vgg=vgg, **options)
    vgg(content, STYLE_LAYERS)  # what the first pass takes longer, nobody should pay for
    curves = {"textbook": textbook_of(vgg, content, style).curve(closures)}
    target = curves["textbook"][-1][1]
    for name, optimizer in (("L-BFGS", "lbfgs"), ("Adam", "adam"), ("coarse to fine", "lbfgs")):
        begin, curves[name], start = time.perf_counter(), [], content
        if name == "coarse to fine":
            *_, last = run(scales=(0.5,), steps=coarse)
            start = last.image
        for step in run(init=start, optimizer=optimizer, steps=closures):
            curves[name].append((time.perf_counter() - begin, step.losses["total"]))
            if step.losses["total"] <= target:
                break
    return curves


def time_to(curve: Sequence[tuple[float, float]], loss: float) -> float | None:
    """Seconds until a curve of (seconds, loss) is at `loss` or below; None if it never is."""
    return next((seconds for seconds, value in curve if value <= loss), None)
