"""The loop: pixels go downhill on a weighted sum of named losses, one `Step` at a time.

The loop knows nothing of networks, styles or screens. Whoever consumes it decides what to show and
when to stop; leaving the `for` loop is all it takes.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

OPTIMIZERS = ("lbfgs", "adam")

# How far one L-BFGS step may move the pixels, as a root mean square over the picture (their range is 1).
# Measured from noise to two shallow Gram matrices, 50 steps: loss 1e-4 with it, 0.7 without.
MAX_MOVE = 0.05


@dataclass(frozen=True)
class Step:
    """Where a run stands after `index` of `total` updates; index 0 is the start.

    image: (1, 3, H, W) in [0, 1], a copy that nobody changes later.
    losses: every term of this image by name, before its weight, and their weighted sum as "total".
    state: call it for what `descend(state=…)` needs to go on from here; valid until the next step.
    """

    index: int
    total: int
    image: Tensor
    losses: dict[str, float]
    state: Callable[[], dict[str, Any]] = field(repr=False, default=dict)


class RunFailed(ValueError):
    """A run cannot go on. `step` is the last good Step, so that nothing made so far is lost."""

    def __init__(self, message: str, step: Step):
        super().__init__(message)
        self.step = step


def descend(
    image: Tensor,
    terms: Callable[[Tensor], Mapping[str, Tensor]],
    weights: Mapping[str, float],
    *,
    steps: int = 200,
    optimizer: str = "lbfgs",
    learning_rate: float | None = None,
    history: int = 20,
    state: Mapping[str, Any] | None = None,
) -> Iterator[Step]:
    """Minimize Σ weights[name] * terms(image)[name] over the pixels of `image`.

    Yields steps + 1 Steps, from the start (index 0) to the end. `terms` maps an image (1, 3, H, W) to
    named scalars. `weights` is read anew at every step, so a caller may change it while the run goes on.
    learning_rate: 1 for L-BFGS and 0.02 (of the pixels' range) for Adam where none is given.
    history: how many past steps L-BFGS remembers; each costs two more copies of the image.
    state: what `Step.state()` gave; the run goes on from there as if it had never stopped.

    Raises ValueError for an argument out of range, RunFailed (with the last good Step) when a loss is
    not finite or memory runs out.
    """
    _check_arguments(steps, optimizer, learning_rate, history, image, state)
    start = state["index"] if state else 0
    # L-BFGS flattens and reshapes its parameter, which needs contiguous memory.
    pixels = (
        (state["pixels"].to(image) if state else image)
        .detach()
        .clone(memory_format=torch.contiguous_format)
    )
    mover = Mover(pixels, optimizer, learning_rate, history, state and state["mover"])
    last = Step(start, steps, pixels.clamp(0, 1), {})

    for index in range(start, steps + 1):
        before, current = pixels.clone(), dict(weights)
        try:
            losses, gradient = evaluate(pixels, terms, current)
            bad = [name for name, value in losses.items() if not abs(value) < float("inf")]
            if bad or not gradient.isfinite().all():
                raise RunFailed(_not_finite(bad[0] if bad else "the gradient", index), last)
            if index < steps:
                mover.move(gradient, current)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise RunFailed(_no_memory(pixels), last) from error

        def state_now(index: int = min(index + 1, steps)) -> dict[str, Any]:
            return {"index": index, "pixels": pixels.clone(), "mover": mover.state()}

        last = Step(index, steps, before.clamp(0, 1), losses, state_now)
        yield last


def is_out_of_memory(error: Exception) -> bool:
    """Whether torch or Python raised `error` for want of memory, on whatever device."""
    # On a GPU torch raises an OutOfMemoryError, on the CPU a RuntimeError like any other.
    known = isinstance(error, (MemoryError, torch.OutOfMemoryError))
    return known or "DefaultCPUAllocator" in str(error)


class Mover:
    """One torch optimizer over one image, told its gradient; changes `pixels` in place."""

    def __init__(self, pixels, name, learning_rate, history, state):
        self.pixels, self.name, self.history = pixels, name, history
        self.learning_rate = learning_rate or {"lbfgs": 1.0, "adam": 0.02}[name]
        self._forget()
        if state:
            self.scale, self.weights = state["scale"], state["weights"]
            self.torch_optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))

    def state(self) -> dict[str, Any]:
        """What a new Mover needs to go on from here, besides the pixels."""
        return {
            "name": self.name,
            "scale": self.scale,
            "weights": self.weights,
            "optimizer": copy.deepcopy(self.torch_optimizer.state_dict()),
        }

    def move(self, gradient: Tensor, weights: dict[str, float]) -> None:
        """Change the pixels by one step; `weights` says whether the loss is still the same."""
        if self.name == "lbfgs" and self.weights not in (None, weights):
            # What L-BFGS has learnt of the curvature belongs to another sum of losses.
            self._forget()
        self.weights = weights
        first, before = self.scale is None, self.pixels.clone()
        if first:
            # Both optimizers have absolute thresholds inside (1e-10 for L-BFGS's curvature, 1e-8 for
            # Adam's epsilon), so a loss in small units would stall in silence. A constant factor on
            # the loss leaves its minimum alone and takes the units away.
            self.scale = 1 / max(gradient.abs().mean().item(), 1e-30)
        self.pixels.grad = gradient * self.scale
        if self.name == "adam":
            self.torch_optimizer.step()
            self.pixels.clamp_(0, 1)
            return
        # torch's first L-BFGS step is lr * gradient / |gradient|₁, next to nothing on a whole picture.
        # Make it 0.01 gray levels in the mean. Pixels are not clamped here: that would falsify the
        # differences that the curvature is estimated from.
        group = self.torch_optimizer.param_groups[0]
        group["lr"] = 0.01 * self.pixels.numel() if first else self.learning_rate
        self.torch_optimizer.step(lambda: 0.0)
        moved = self.pixels - before
        length = moved.square().mean().sqrt().item()
        if length == 0:
            # Rounding can spoil the remembered curvature so far that its direction points uphill;
            # torch then stands still, for good. Start over with the plain gradient.
            self._forget()
        elif length > MAX_MOVE:
            # There is no line search (it would cost a second evaluation a step), and where the loss
            # bends little a full step can be thousands of gray levels long. Shorten it, and correct
            # the step length that torch will take the next curvature from.
            self.torch_optimizer.state[self.pixels]["t"] *= MAX_MOVE / length
            self.pixels.copy_(before + moved * (MAX_MOVE / length))

    def _forget(self) -> None:
        self.scale = self.weights = None
        if self.name == "adam":
            self.torch_optimizer = torch.optim.Adam([self.pixels], lr=self.learning_rate)
        else:
            self.torch_optimizer = torch.optim.LBFGS(
                [self.pixels],
                lr=self.learning_rate,
                max_iter=1,
                history_size=self.history,
                tolerance_grad=0,
                tolerance_change=0,
            )


def evaluate(
    pixels: Tensor, terms: Callable[[Tensor], Mapping[str, Tensor]], weights: Mapping[str, float]
) -> tuple[dict[str, float], Tensor]:
    """All losses as numbers, and the gradient of their weighted sum."""
    with torch.enable_grad():  # the mode is per thread, and a caller's thread may have it off
        image = pixels.detach().requires_grad_()
        named = dict(terms(image))
        unknown = set(weights) ^ set(named)
        if unknown:
            raise ValueError(f"The terms and their weights do not agree on {min(unknown)!r}.")
        total = sum(weights[name] * loss for name, loss in named.items())
    # The network may hand it back with the channels innermost; L-BFGS flattens it.
    gradient = torch.autograd.grad(total, image)[0].contiguous()
    # One transfer for all numbers: on a GPU every single one would wait for the device.
    values = torch.stack([loss.detach() for loss in named.values()] + [total.detach()]).tolist()
    return dict(zip([*named, "total"], values, strict=True)), gradient


def _check_arguments(steps, optimizer, learning_rate, history, image, state) -> None:
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"Unknown optimizer {optimizer!r}: choose 'lbfgs' or 'adam'.")
    if steps < 1:
        raise ValueError(f"steps must be at least 1, not {steps}.")
    if learning_rate is not None and not 0 < learning_rate < float("inf"):
        raise ValueError(f"learning_rate must be above 0, not {learning_rate}.")
    if history < 1:
        raise ValueError(f"history must be at least 1, not {history}.")
    if image.ndim != 4 or not image.is_floating_point():
        raise ValueError(
            f"The image must be a float tensor of shape (1, 3, H, W), "
            f"not {image.dtype} of shape {tuple(image.shape)}."
        )
    if not image.isfinite().all():
        raise ValueError("The image to start from has values that are not finite.")
    if not state:
        return
    if not {"index", "pixels", "mover"} <= set(state):
        raise ValueError("This is not the state of a run; take it from Step.state().")
    if state["pixels"].shape != image.shape:
        raise ValueError(
            f"The saved run is of a picture of shape {tuple(state['pixels'].shape)}, "
            f"not {tuple(image.shape)}; resume it with the same pictures and sizes."
        )
    if state["mover"]["name"] != optimizer:
        raise ValueError("The saved run used the other optimizer; resume it with the same one.")


def _not_finite(name: str, index: int) -> str:
    what = name if name == "the gradient" else f"the loss {name!r}"
    return (
        f"At step {index} {what} is no longer a finite number; the last good picture is kept. "
        "Try a smaller weight for it, a smaller learning rate, or the optimizer 'adam'."
    )


def _no_memory(pixels: Tensor) -> str:
    height, width = pixels.shape[2:]
    return (
        f"There was not enough memory to go on with a picture of {width} x {height} pixels; the last "
        "good picture is kept. Choose a smaller size, a smaller history, or shallower layers."
    )
