"""How soon a given loss is reached: by the textbook, at one scale, coarse to fine, and by Adam."""

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from nstlib.bench.baseline import STYLE_WEIGHT, baseline, pictures
from nstlib.bench.steps import checked_arguments, network
from nstlib.style_transfer import transfer
from nstlib.vgg import VGG19

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

    The methods take turns, closure by closure, and each has a clock that stands still meanwhile.

    Args:
        weights, device: As in `measure`.
        size: Side of the picture in pixels.
        closures: How many each method takes, the textbook in float32 and the others in the precision
            "auto". Their curves end where they reach the textbook's last loss.
        coarse: "coarse to fine" begins with so many steps at half the size. Their losses are of another
            picture and are left out; their closures and their time count.

    Returns:
        {method: [(seconds, loss), …]}.

    Raises:
        ValueError: For an argument out of range or a size too large for the memory.
    """
    if not 1 <= coarse <= closures - 2:
        raise ValueError(
            f"coarse must be at least 1 and closures at least 2 more, not {coarse} and {closures}."
        )
    checked_arguments([weights], [size], ["textbook"], device)
    vgg = network(weights, "textbook", device)
    content, style = pictures(size, vgg.device)
    ours = {"style_weight": STYLE_WEIGHT, "tv_weight": 0.0, "scales": (1.0,), "steps": closures}
    run = partial(transfer, content, style, vgg=network(weights, "auto", device), **ours)

    def coarse_to_fine() -> Iterator[float | None]:
        for step in run(scales=(0.5,), steps=coarse):
            start = step.image
            yield None
        yield from (step.losses["total"] for step in run(init=start))

    methods = {
        "textbook": _textbook(vgg, content, style),
        "L-BFGS": (step.losses["total"] for step in run()),
        "Adam": (step.losses["total"] for step in run(optimizer="adam")),
        "coarse to fine": coarse_to_fine(),
    }
    for first in (_textbook(vgg, content, style), run()):
        next(first)  # the first pass is slower, so it is not timed
    curves = taking_turns(methods, closures)
    target = curves["textbook"][-1][1]
    return {
        name: curve if name == "textbook" else until(curve, target)
        for name, curve in curves.items()
    }


def _textbook(vgg: VGG19, content: Tensor, style: Tensor) -> Iterator[float]:
    """The losses of torch's L-BFGS, closure by closure."""
    image, closure = baseline(vgg, content, style)
    optimizer = torch.optim.LBFGS([image], max_iter=1)  # 20 of its steps are one with 20 closures
    while True:
        yield optimizer.step(closure).item()


def taking_turns(methods: Mapping[str, Iterator[float | None]], count: int) -> dict[str, Curve]:
    """Advance all iterators of losses alternately, and return the curve of each.

    Args:
        methods: An iterator for each; None is a loss that is left out, but its time counts.
        count: How often each is advanced.

    Returns:
        {method: [(seconds, loss), …]}, where the seconds are those of the method's own work.
    """
    curves: dict[str, list[tuple[float, float]]] = {name: [] for name in methods}
    clocks, order = dict.fromkeys(methods, 0.0), list(methods)
    for _ in range(count):
        for name in order:
            begin = time.perf_counter()
            loss = next(methods[name])
            clocks[name] += time.perf_counter() - begin
            if loss is not None:
                curves[name].append((clocks[name], loss))
        order.reverse()
    return curves


def until(curve: Curve, loss: float) -> Curve:
    """Return a curve as far as its first point at `loss` or below; all of it if there is none."""
    reached = (number for number, (_, value) in enumerate(curve, 1) if value <= loss)
    return curve[: next(reached, None)]


def seconds_to(curve: Curve, loss: float) -> float | None:
    """Return the seconds until a curve of (seconds, loss) is at `loss` or below; None if it never is."""
    return next((seconds for seconds, value in curve if value <= loss), None)
