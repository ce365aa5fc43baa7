"""The loop: pixels go downhill on a weighted sum of named losses, one `Step` at a time.

The loop knows nothing of networks, styles or screens. Whoever consumes it decides what to show and
when to stop; leaving the `for` loop is all it takes.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from nstlib.images import check_image
from nstlib.optimizer import optimizer_maker

Losses = Callable[[Tensor], Mapping[str, Tensor]]

# What torch says where it raises a plain RuntimeError: the CPU's allocator on Linux and Windows, Apple's
# GPU, CUDA outside of torch's own allocator, and the libraries below it.
OUT_OF_MEMORY = (
    "DefaultCPUAllocator",
    "not enough memory",
    "can't allocate memory",
    "out of memory",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_ALLOC_FAILED",
)


@dataclass(frozen=True)
class Step:
    """Where a run stands after `index` of `total` updates; index 0 is the start.

    Attributes:
        image: (1, 3, H, W) in [0, 1], a copy that nobody changes later.
        losses: Every loss of this image by name, before its weight, and their weighted sum as "total".
        weights: The weight of every loss by name. It is read anew at every step: change it in place,
            and the run follows from the next step on.
        state: Call it for what `minimize(state=…)` needs to go on from here; valid until the next step.
    """

    index: int
    total: int
    image: Tensor
    losses: dict[str, float]
    weights: dict[str, float] = field(default_factory=dict)
    state: Callable[[], dict[str, Any]] = field(repr=False, default=dict)


class RunFailed(ValueError):
    """A run cannot go on.

    Attributes:
        step: The last good Step, so that nothing made so far is lost.
        reason: Why, in words, without the number of the step.
        out_of_memory: Whether it was for want of memory.
    """

    def __init__(self, reason: str, step: Step, *, out_of_memory: bool = False):
        super().__init__(f"At step {step.index} of {step.total} {reason}")
        self.reason, self.step, self.out_of_memory = reason, step, out_of_memory


def minimize(
    image: Tensor,
    losses: Losses,
    weights: Mapping[str, float],
    *,
    steps: int = 200,
    optimizer: str | Callable[[list[Tensor]], Optimizer] = "lbfgs",
    state: Mapping[str, Any] | None = None,
) -> Iterator[Step]:
    """Minimize Σ weights[name] * losses(image)[name] over the pixels of `image`.

    Args:
        image: (1, 3, H, W) in [0, 1], to start from; it is not changed.
        losses: Maps an image to its named losses, each a scalar.
        weights: One for each of these names. A copy of them is in every Step, to be changed there.
        steps: How many updates.
        optimizer: "lbfgs", "adam", or a function that makes one of [pixels], such as
            `partial(PixelAdam, lr=0.05)` or a class of `torch.optim`.
        state: What `Step.state()` gave; the run goes on from there as if it had never stopped (on a GPU
            up to rounding, because not all of its kernels add in a fixed order).

    Yields:
        steps + 1 Steps, from the start (index 0, or that of the state) to the end.

    Raises:
        ValueError: At the call, for an argument out of range or a state of another run.
        RunFailed: On the way, if a loss is not finite or memory runs out.
    """
    check_image(image, "The picture to start from")
    if not image.is_floating_point() or not image.isfinite().all():
        raise ValueError("The picture to start from needs finite floats in [0, 1].")
    if steps < 1:
        raise ValueError(f"steps must be at least 1, not {steps}.")
    make = optimizer_maker(optimizer)
    # L-BFGS flattens its parameter, which needs contiguous memory.
    pixels = image.detach().clone(memory_format=torch.contiguous_format)
    mover = make([pixels])
    index, weights = 0, dict(weights)
    if state is not None:
        _check_state(state, pixels, mover, steps)
        index = state["index"]
        pixels.copy_(state["pixels"])
        # A copy, because torch keeps the lists of what it is given.
        mover.load_state_dict(copy.deepcopy(state["optimizer"]))
    return _steps(pixels, losses, weights, mover, index, steps, state and state["weights"])


def _steps(pixels, losses, weights, mover, start, steps, used) -> Iterator[Step]:
    """The loop itself. used: the weights of the last update, to which the optimizer's memory belongs."""

    def state(index: int, used: dict[str, float] | None) -> dict[str, Any]:
        made = {"name": type(mover).__name__, **copy.deepcopy(mover.state_dict())}
        return {"index": index, "pixels": pixels.clone(), "weights": used, "optimizer": made}

    last = Step(start, steps, pixels.clamp(0, 1), {}, weights, partial(state, start, used))
    for index in range(start, steps + 1):
        before, failure, current = pixels.clone(), "", dict(weights)
        try:
            values, gradient = evaluate(pixels, losses, current)
            bad = [name for name, value in values.items() if not abs(value) < float("inf")]
            if bad or not gradient.isfinite().all():
                failure = _not_finite(f"the loss {bad[0]!r}" if bad else "the gradient")
            elif index < steps:
                if used not in (None, current) and hasattr(mover, "forget"):
                    mover.forget()  # the curvature of another sum of losses
                used, pixels.grad = current, gradient
                mover.step(lambda: 0.0)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise RunFailed(no_memory(pixels), last, out_of_memory=True) from error
        if failure:
            raise RunFailed(failure, last)

        resume = partial(state, min(index + 1, steps), used)
        last = Step(index, steps, before.clamp(0, 1), values, weights, resume)
        yield last


def evaluate(
    pixels: Tensor, losses: Losses, weights: Mapping[str, float]
) -> tuple[dict[str, float], Tensor]:
    """Return all losses as numbers, and the gradient of their weighted sum.

    Args:
        pixels: (1, 3, H, W).
        losses: Maps an image to its named losses.
        weights: One for each of these names.

    Returns:
        {name: value} with the weighted sum as "total", and the gradient, (1, 3, H, W).

    Raises:
        ValueError: If losses and weights have different names.
    """
    with torch.enable_grad():  # the mode is per thread, and a caller's thread may have it off
        image = pixels.detach().requires_grad_()
        named = dict(losses(image))
        unknown = set(weights) ^ set(named)
        if unknown:
            raise ValueError(f"The losses and their weights do not agree on {min(unknown)!r}.")
        total = sum(weights[name] * loss for name, loss in named.items())
    # The network may hand it back with the channels innermost; L-BFGS flattens it.
    gradient = torch.autograd.grad(total, image)[0].contiguous()
    # One transfer for all numbers: on a GPU every single one would wait for the device.
    values = torch.stack([loss.detach() for loss in named.values()] + [total.detach()]).tolist()
    return dict(zip([*named, "total"], values, strict=True)), gradient


def _check_state(state: Mapping[str, Any], pixels: Tensor, mover: Optimizer, steps: int) -> None:
    if not {"index", "pixels", "weights", "optimizer"} <= set(state):
        raise ValueError("This is not the state of a run; take it from Step.state().")
    if state["pixels"].shape != pixels.shape:
        raise ValueError(
            f"The saved run is of a picture of shape {tuple(state['pixels'].shape)}, "
            f"not {tuple(pixels.shape)}; resume it with the same pictures and sizes."
        )
    if state["index"] > steps:
        raise ValueError(
            f"The saved run has done {state['index']} steps already, more than {steps}; ask for more."
        )
    if state["optimizer"].get("name") != type(mover).__name__:
        raise ValueError("The saved run used another optimizer; resume it with the same one.")
    saved, own = state["optimizer"]["param_groups"][0], mover.state_dict()["param_groups"][0]
    for name in own.keys() - {"scale", "params"}:
        if saved.get(name) != own[name]:
            raise ValueError(
                f"The optimizer of the saved run had {name} = {saved.get(name)}, not {own[name]}; "
                "resume it with the same one."
            )


def _not_finite(what: str) -> str:
    return (
        f"the run stopped, because {what} was no longer a finite number; the last good picture is kept. "
        "Try a smaller weight for it, a smaller learning rate, or the optimizer 'adam'."
    )


def sentence(error: BaseException) -> str:
    """Return what to tell a user about an error, in one sentence.

    Our own errors (ValueError and OSError) are written for users. For any other error the sentence names
    its type, which helps to report it.
    """
    if isinstance(error, (ValueError, OSError)) and str(error):
        return str(error)
    return f"This should not have happened: {type(error).__name__}: {error}"


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether torch or Python raised `error` for want of memory, on whatever device."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in OUT_OF_MEMORY)


def no_memory(pixels: Tensor) -> str:
    """Return the reason of a run that failed for want of memory."""
    height, width = pixels.shape[2:]
    return (
        f"there was not enough memory to go on with a picture of {width} x {height} pixels; the last "
        "good picture is kept. Choose a smaller size, a smaller history, or shallower layers."
    )
