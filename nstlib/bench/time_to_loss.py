"""How soon a given loss is reached: by the textbook, at one scale, coarse to fine, and by Adam."""

import time
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from nstlib.bench.baseline import STYLE_WEIGHT, baseline, pictures
from nstlib.bench.steps import checked_arguments, network
from nstlib.style_transfer import transfer

Curve = Sequence[tuple[float, float]]


def loss_curves(
    weights: str = "compact",
    size: int = 128,
    *,
    device: str | torch.device | None = None,
    closures: int = 500,
    coarse: int = 75,
) -> dict[str, Curve]:
    """Return how the loss falls with time from the same start, the content picture.

    Args:
        weights, device: As in `measure`.
        size: Side of the picture in pixels.
        closures: How many the textbook takes, in float32. The others compute in the precision "auto",
            until they are at its last loss or have taken as many.
        coarse: "coarse to fine" begins with so many steps at half the size. Their losses are of another
            picture and are left out; their time counts.

    Returns:
        {method: [(seconds, loss), …]}.

    Raises:
        ValueError: For an argument out of range or a size too large for the memory.
    """
    if min(closures, coarse) < 1:
        raise ValueError(f"closures and coarse must be at least 1, not {closures} and {coarse}.")
    checked_arguments([weights], [size], ["textbook"], device)
    vgg = network(weights, "textbook", device)
    content, style = pictures(size, vgg.device)
    curves = {"textbook": _baseline_curve(*baseline(vgg, content, style), closures)}
    target = curves["textbook"][-1][1]
    vgg = network(weights, "auto", device)
    options = {"style_weight": STYLE_WEIGHT, "tv_weight": 0.0, "scales": (1.0,)}
    run = partial(transfer, content, style, vgg=vgg, **options)
    next(run())  # the first pass is slower, so it is not timed
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


def _baseline_curve(image: Tensor, closure: Callable[[], Tensor], closures: int) -> Curve:
    closure()  # the first pass is slower, so it is not timed
    optimizer, points, begin = torch.optim.LBFGS([image]), [], time.perf_counter()

    def watched() -> Tensor:
        loss = closure()
        points.append((time.perf_counter() - begin, loss.item()))
        return loss

    while len(points) < closures:
        optimizer.step(watched)
    return points[:closures]


def seconds_to(curve: Curve, loss: float) -> float | None:
    """Return the seconds until a curve of (seconds, loss) is at `loss` or below; None if it never is."""
    return next((seconds for seconds, value in curve if value <= loss), None)
