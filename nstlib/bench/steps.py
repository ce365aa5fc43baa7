"""What a step costs on this machine: a benchmark, not a test.

A step is a closure (forward, losses, backward) and what L-BFGS does with the gradient once its history
is full. Every method runs in a process of its own, so that the peak of its memory is its own too, and
so is its choice of TF32. The methods take turns, so that a machine whose speed drifts is as fast, on
the whole, for one as for the other.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from statistics import median
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from nstlib.bench.baseline import STYLE_WEIGHT, baseline, pictures
from nstlib.bench.meters import Peak, busy_job, ceiling, clock, held_bytes
from nstlib.memory import SHARE, free_bytes, step_bytes
from nstlib.optimize import evaluate
from nstlib.optimizer import PixelLBFGS
from nstlib.progress import sharing_cores
from nstlib.style_transfer import CONTENT_LAYERS, STYLE_LAYERS, picture_losses, transfer_weights
from nstlib.vgg import PRECISIONS, VGG19, has_bfloat16, load_vgg19

METHODS = ("textbook", "float32", "tf32", "bfloat16", "tiles")
TILE = 512  # the side for the method "tiles"
LOSS_WEIGHTS = transfer_weights(style_weight=STYLE_WEIGHT, tv_weight=0.0)

Times = Sequence[tuple[float, float]]  # seconds of a closure and of the optimizer, in each round


@dataclass(frozen=True)
class Row:
    """One method on one network at one size.

    Attributes:
        size: The picture has size x size pixels.
        closure, optimizer: Median seconds of a closure, and of what the optimizer does with it.
        peak: Bytes of memory, beyond those before the first step.
        operations: Floating-point operations of a closure, as torch counts them; in tiles, with those
            of the halos and of the second pass.
        ceiling: Operations a second of a large convolution or matrix product in the same `precision`.
        times: How many closures were timed.
        rounds: Seconds of the step in each round. Rows of the same network, size and `busy` have had
            their first rounds in common, their second, and so on.
        busy: How many other processes wanted a core all the time.
    """

    weights: str
    width: float
    size: int
    device: str
    method: str
    closure: float
    optimizer: float
    peak: int
    operations: int
    ceiling: float
    loss: float
    times: int
    rounds: tuple[float, ...] = ()
    busy: int = 0

    @property
    def step(self) -> float:
        """Seconds a step."""
        return self.closure + self.optimizer

    @property
    def precision(self) -> str:
        """What the convolutions compute in; "float32" is without TF32."""
        return self.method if self.method in PRECISIONS else "float32"


def measure(
    weights: Sequence[str] = ("random:1", "compact"),
    sizes: Sequence[int] = (256, 512, 1024),
    *,
    methods: Sequence[str] | None = None,
    device: str | torch.device | None = None,
    seconds: float = 2.0,
    busy: bool = True,
) -> Iterator[Row]:
    """Measure each method on each network at each size.

    Args:
        weights: As `load_vgg19` takes them, and "random:WIDTH" for random weights of a width.
            ("random:1" is as fast as ImageNet's VGG-19 and needs no download.)
        sizes: Sides of the pictures in pixels. Tiles are measured where the picture is larger than one.
        methods: Some of `METHODS`. None is textbook, float32, tf32 on a CUDA device that has it, and
            bfloat16 where it is fast.
        device: None is CUDA where there is one, and the CPU elsewhere.
        seconds: How much each method of a size computes at least, in the `rounds` that they share.
        busy: Whether to measure the textbook, and the first of the other methods, a second time beside a
            process that keeps one core busy. The textbook keeps its threads; the other takes the cores
            that are left (`sharing_cores`).

    Yields:
        Rows, as soon as they are measured: by network, by size, and in the order of `METHODS`.

    Raises:
        ValueError: At the call, for an argument out of range or a size too large for the memory.
    """
    methods, device = checked_arguments(weights, sizes, methods, device)
    if seconds <= 0:
        raise ValueError(f"A benchmark needs some seconds for each row, not {seconds}.")

    def rows() -> Iterator[Row]:
        for name in weights:
            with ExitStack() as stack:
                # Spawned: a forked copy of torch's threads hangs.
                spawned = partial(ProcessPoolExecutor, 1, mp_context=get_context("spawn"))
                pools = {method: stack.enter_context(spawned()) for method in methods}
                before = {
                    method: pool.submit(_before, name, method, str(device)).result()
                    for method, pool in pools.items()
                }
                # Ascending, or a size would hide in the memory that a larger one left behind.
                for size in sorted(sizes):
                    own = [m for m in methods if m != "tiles" or size > TILE]
                    found = {
                        m: pools[m].submit(_set_up, name, m, str(device), size, before[m]).result()
                        for m in own
                    }
                    quiet = rounds({m: _turns_of(pools[m], _turn) for m in own}, seconds)
                    yield from (_row(found[m], quiet[m]) for m in own)
                    if not busy:
                        continue
                    turns = {
                        m: _turns_of(pools[m], _turn if m == "textbook" else _sharing_turn)
                        for m in own[: 1 + ("textbook" in own)]
                    }
                    with busy_job():
                        beside = rounds(turns, seconds)
                    yield from (replace(_row(found[m], beside[m]), busy=1) for m in turns)

    return rows()


def rounds(
    turns: Mapping[str, Callable[[], tuple[float, float]]], seconds: float
) -> dict[str, Times]:
    """Let all methods have a turn in every round, in an order that is reversed every other round.

    It ends when all have computed for so many seconds, and in at least 5 rounds. A slow method leaves
    after 3 rounds or more, when it has had five times as much.

    Args:
        turns: A function for each method: it computes once, and returns the seconds of two parts.
        seconds: How much each method computes at least.

    Returns:
        What the functions returned, round by round.
    """
    times: dict[str, list[tuple[float, float]]] = {method: [] for method in turns}
    order = list(turns)

    def had(method: str, least: int, seconds: float) -> bool:
        return len(times[method]) >= least and sum(map(sum, times[method])) >= seconds

    while not all(had(m, 5, seconds) or had(m, 3, 5 * seconds) for m in turns):
        for method in order:
            if not had(method, 3, 5 * seconds):
                times[method].append(turns[method]())
        order.reverse()
    return times


def checked_arguments(
    weights: Sequence[str],
    sizes: Sequence[int],
    methods: Sequence[str] | None = None,
    device: str | torch.device | None = None,
) -> tuple[Sequence[str], torch.device]:
    """Return the methods and the device of `measure`, or raise its ValueError."""
    if not weights or min(sizes, default=0) < 32:
        raise ValueError("A benchmark needs weights, and sizes of at least 32 pixels.")
    # In "auto", because the other precisions would change TF32 for the caller's process.
    networks = {name: network(name, "auto", device) for name in weights}
    device = networks[weights[0]].device
    # TF32 and bfloat16 came to CUDA together. A CPU without bfloat16 imitates it, slowly.
    cuda, fast = device.type == "cuda", has_bfloat16(device)
    lacking = {"tf32"} if not cuda else set() if fast else {"tf32", "bfloat16"}
    possible = [m for m in METHODS if m not in lacking]
    if methods is None:
        methods = [m for m in possible if m != "tiles" and (fast or m != "bfloat16")]
    wrong = set(methods) - set(possible)
    if wrong:
        names = ", ".join(possible)
        raise ValueError(f"There is no method {min(wrong)!r} on {device}: choose of {names}.")
    methods = [m for m in METHODS if m in methods]  # each once
    if methods == ["tiles"] and max(sizes) <= TILE:
        raise ValueError(f"Tiles have {TILE} pixels a side: measure them at a larger size.")
    size, layers, free = max(sizes), [*CONTENT_LAYERS, *STYLE_LAYERS], free_bytes(device)
    for name, vgg in networks.items():
        needs, kept = [], []
        for method in methods:
            vgg.precision = torch.bfloat16 if method == "bfloat16" else torch.float32
            history = 100 if method == "textbook" else 20
            tile = TILE if method == "tiles" else None
            needs.append(step_bytes(vgg, size, size, layers, tile=tile, history=history))
            # During the others' turns a process keeps its history, and on a GPU all that it had.
            kept.append(needs[-1] if cuda else 4 * 3 * size**2 * 2 * history)
        need = sum(kept) + max(n - k for n, k in zip(needs, kept, strict=True))
        if need > SHARE * free:
            raise ValueError(
                f"{' and '.join(methods)} on {name} need about {need / 1e9:.1f} GB at {size} x {size} "
                f"pixels, and {free / 1e9:.1f} GB are free on {device}: choose smaller sizes."
            )
    return methods, device


def network(name: str, method: str, device: str | torch.device | None) -> VGG19:
    """Load the network `name` as a method wants it: one of `METHODS`, or "auto" for its precision."""
    kind, colon, width = name.partition(":")
    options = {"weights": name}
    if kind == "random" and colon:
        try:
            options = {"weights": kind, "width": float(width)}
        except ValueError:
            raise ValueError(f"{name} is not random:WIDTH with a width such as 0.25.") from None
    precision = method if method in PRECISIONS else "float32"
    vgg = load_vgg19(device=device, precision=precision, **options)
    return vgg.to(memory_format=torch.contiguous_format) if method == "textbook" else vgg


def _before(name: str, method: str, device: str) -> int:
    """The memory of a process that has its network and has computed next to nothing."""
    vgg = network(name, method, device)
    closure, _ = closure_and_step(vgg, *pictures(32, vgg.device), method=method)
    closure()
    return held_bytes(vgg.device)


# In the process of a method: its turns at the size it is set up for.
_turns: list[Iterator[tuple[float, float]]] = []


def _set_up(name: str, method: str, device: str, size: int, before: int) -> dict[str, Any]:
    """Get this process ready for its turns at a size, and return all of the Row but the times.

    The process has computed nothing but smaller sizes of the same.
    """
    _turns.clear()
    vgg = network(name, method, device)
    content, style = pictures(size, vgg.device)
    with Peak(vgg.device, before=before) as peak:
        closure, step = closure_and_step(vgg, content, style, method=method)
        closure()
        step()
    with FlopCounterMode(display=False) as counter:  # afterwards, because it takes time and memory
        loss = closure()
    _turns.append(_timed(closure, step, vgg.device))
    return {
        "weights": name,
        "width": vgg.conv1_1.out_channels / 64,
        "size": size,
        "device": str(vgg.device),
        "method": method,
        "peak": peak.bytes,
        "operations": counter.get_total_flops(),
        "ceiling": ceiling(vgg.device, vgg.precision),
        "loss": loss,
    }


def _timed(
    closure: Callable[[], float], step: Callable[[], None], device: torch.device
) -> Iterator[tuple[float, float]]:
    while True:
        begin = clock(device)
        closure()
        between = clock(device)
        step()
        yield between - begin, clock(device) - between


def _turn() -> tuple[float, float]:
    """One closure and one step of this process, on all its threads."""
    return next(_turns[0])


def _sharing_turn() -> tuple[float, float]:
    """The same on as many threads as `sharing_cores` finds idle cores, now that the others rest."""

    def work() -> Iterator[tuple[float, float] | None]:
        time.sleep(0.3)
        yield None
        yield _turn()

    *_, seconds = sharing_cores(work(), every=0.2)
    return seconds


def _turns_of(pool: ProcessPoolExecutor, turn: Callable[[], tuple[float, float]]):
    return lambda: pool.submit(turn).result()


def _row(found: Mapping[str, Any], times: Times) -> Row:
    closures, optimizers = zip(*times, strict=True)
    return Row(
        **found,
        closure=median(closures),
        optimizer=median(optimizers),
        times=len(times),
        rounds=tuple(map(sum, times)),
    )


def closure_and_step(
    vgg: VGG19, content: Tensor, style: Tensor, *, method: str = "float32"
) -> tuple[Callable[[], float], Callable[[], None]]:
    """Return a closure, which gives the loss of `content`, and a step of its L-BFGS."""
    pixels = content.clone()
    if method == "textbook":
        _, loss_of = baseline(vgg, content, style)
        once = {"max_iter": 1, "tolerance_grad": 0, "tolerance_change": 0}
        return lambda: loss_of().item(), full_step(torch.optim.LBFGS([pixels], **once), pixels)
    tile = TILE if method == "tiles" else None
    losses = picture_losses(vgg, content, [(style, 1.0)], LOSS_WEIGHTS, tile=tile)
    # A view, because FlopCounterMode fails where a leaf is a module's own input.
    values = partial(evaluate, content, lambda x: losses(x.view_as(x)), LOSS_WEIGHTS)
    return lambda: values()[0]["total"], full_step(PixelLBFGS([pixels]), pixels)


def full_step(optimizer: torch.optim.LBFGS, pixels: Tensor) -> Callable[[], None]:
    """Return a step of L-BFGS along a random gradient, its history already as long as it may be."""

    def step() -> None:
        pixels.grad = torch.rand_like(pixels)
        optimizer.step(lambda: 0.0)

    for _ in range(3):
        step()
    state, history = optimizer.state[pixels], optimizer.param_groups[0]["history_size"]
    for name in ("old_dirs", "old_stps", "ro"):
        state[name] += [state[name][0].clone() for _ in range(history - len(state[name]))]
    return step
