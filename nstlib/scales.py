"""Coarse to fine: one run that goes on at one size after another."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor

from nstlib.images import resize
from nstlib.optimize import Step


def coarse_to_fine(
    stage: Callable[[float, Tensor, int, Any], Iterator[Step]],
    image: Tensor,
    scales: Sequence[float],
    steps: int,
    state: Mapping[str, Any] | None,
) -> Iterator[Step]:
    """Run the stages one after the other as if they were one run.

    stage: makes the run at one scale from the scale, the picture to start with, the number of steps
    and the state to go on from. The steps are shared out evenly.
    """
    ends = [steps * (i + 1) // len(scales) for i in range(len(scales))]
    first = state["stage"] if state else 0
    return _stages(stage, image, scales, ends, first, state)


def halvings(side: int, steps: int, *, smallest: int = 96) -> tuple[float, ...]:
    """…, 1/4, 1/2, 1: a picture of `side` pixels, halved as long as at least `smallest` remain.

    So every run begins at about the same size, where the layers see the painting's large shapes whole,
    and a picture looks alike at 256 and at 1024 pixels. Never more scales than steps.
    """
    count = 1
    while side / 2**count >= smallest and count < steps:
        count += 1
    return tuple(0.5**k for k in reversed(range(count)))


def check_scales(scales: Sequence[float], steps: int) -> None:
    """Raise ValueError for scales out of range, and for fewer steps than scales."""
    if not scales or any(not 0 < scale <= 4 for scale in scales):
        raise ValueError(f"scales must be numbers above 0 and at most 4, not {list(scales)}.")
    if steps < len(scales):
        raise ValueError(f"steps must be at least {len(scales)}, one for each scale, not {steps}.")


def _stages(stage, image, scales, ends, first, state) -> Iterator[Step]:
    for i in range(first, len(scales)):
        begin = ends[i - 1] if i else 0
        run = stage(scales[i], image, ends[i] - begin, state["inner"] if state else None)
        state = None
        for step in run:
            image = step.image
            if step.index == step.total and i + 1 < len(scales):
                break  # the next stage begins with the same picture, resized

            def state_now(step: Step = step, i: int = i) -> dict[str, Any]:
                return {"stage": i, "inner": step.state()}

            yield replace(step, index=begin + step.index, total=ends[-1], state=state_now)


def scaled(image: Tensor, scale: float) -> Tensor:
    """The picture at a fraction of its size."""
    return image if scale == 1 else resize(image, scaled_shape(image.shape, scale)[2:])


def scaled_shape(shape: Sequence[int], scale: float) -> tuple[int, ...]:
    """The shape of the picture at a fraction of its size, at least 16 pixels a side."""
    if scale == 1:
        return tuple(shape)
    return (*shape[:2], *(max(16, round(side * scale)) for side in shape[2:]))
