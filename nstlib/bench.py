"""What a step costs on this machine: a benchmark, not a test.

A step is a closure (forward, losses, backward) and what L-BFGS does with the gradient once its history
is full. Both are measured beside the textbook's, with the operations counted and the machine's own
ceiling measured.
Every method has a process of its own, so that the peak of its memory is its own too.
"""

import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from nstlib.meters import Peak, ceiling, fill_history, operations, process_bytes, timed
from nstlib.optimize import Mover, evaluate
from nstlib.precision import has_bfloat16
from nstlib.recipes import CONTENT_LAYERS, STYLE_LAYERS, transfer_weights
from nstlib.targets import features_of, grams_of, terms_of
from nstlib.textbook import STYLE_WEIGHT, pictures, textbook_of
from nstlib.vgg import VGG19, default_device, load_vgg19

METHODS = ("textbook", "float32", "bfloat16", "tiles")
TILE = 512  # the side for the method "tiles"


@dataclass(frozen=True)
class Row:
    """One method on one backbone at one size (a square picture of size x size pixels).

    closure, optimizer: median seconds. peak: bytes of memory, beyond those before the first step.
    operations: floating-point operations of a closure, counted. ceiling: operations a second of a large
    convolution or matrix product in the same precision. loss: of the first closure. times: how many
    closures were timed.
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

    @property
    def step(self) -> float:
        """Seconds a step."""
        return self.closure + self.optimizer


def measure(
    weights: Sequence[str] = ("random:1", "compact"),
    sizes: Sequence[int] = (256, 512, 1024),
    *,
    methods: Sequence[str] | None = None,
    device: str | torch.device | None = None,
    seconds: float = 2.0,
) -> Iterator[Row]:
    """Measure each method on each backbone at each size, a Row each.

    weights: as `load_vgg19` takes them, and "random:WIDTH" for random weights of a width: the speed of
    VGG-19 at full width ("random:1") is that of ImageNet's, whose weights it does not need.
    methods: some of `METHODS`; by default textbook and float32, and bfloat16 where the device has it.
    seconds: how long to go on with the closures of one Row; the first counts only if it alone took
        longer.
    """
    device = default_device() if device is None else torch.device(device)
    if methods is None:
        methods = METHODS[: 3 if has_bfloat16(device) else 2]
    unknown = set(methods) - set(METHODS)
    if unknown:
        raise ValueError(f"There is no method {min(unknown)!r}: choose of {', '.join(METHODS)}.")
    if min(sizes, default=0) < 32 or seconds <= 0:
        raise ValueError("A benchmark needs sizes of at least 32 pixels and some seconds for each.")
    for name in weights:
        options_of(name)  # says what is wrong with it, before minutes have gone by
        for method in methods:
            # Spawned: a forked copy of torch's threads hangs. Ascending, or a size would hide in the
            # memory that a larger one left behind.
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
                case = (name, method, str(device))
                before = pool.submit(_before, *case).result()
                for size in sorted(sizes):
                    if method != "tiles" or size > TILE:
                        yield pool.submit(_row, *case, size, before, seconds).result()


def options_of(name: str) -> dict[str, str | float]:
    """The arguments of `load_vgg19` for weights by name, of which "random:WIDTH" says two things."""
    kind, colon, width = name.partition(":")
    if kind != "random" or not colon:
        return {"weights": name}
    try:
        return {"weights": kind, "width": float(width)}
    except ValueError:
        raise ValueError(f"{name} is not random:WIDTH with a width such as 0.25.") from None


def _network(weights: str, method: str, device: str) -> VGG19:
    precision = method if method == "bfloat16" else "float32"
    return load_vgg19(device=device, precision=precision, **options_of(weights))


def _before(weights: str, method: str, device: str) -> int:
    """The memory of a process that has its network and has computed next to nothing."""
    vgg = _network(weights, method, device)
    closure, _ = library_run(vgg, *pictures(32, vgg.device))
    closure()
    return torch.cuda.memory_allocated(vgg.device) if vgg.device.type == "cuda" else process_bytes()


def _row(weights: str, method: str, device: str, size: int, before: int, seconds: float) -> Row:
    """One Row, in a process that has measured nothing but smaller sizes of the same."""
    vgg = _network(weights, method, device)
    start = textbook_run if method == "textbook" else library_run
    content, style = pictures(size, vgg.device)
    with Peak(vgg.device, before=before) as peak:
        closure, step = start(vgg, content, style, side=TILE if method == "tiles" else None)
        begin = time.perf_counter()
        loss = closure()
        first = time.perf_counter() - begin
        times = [first] if first > seconds else timed(closure, seconds, vgg.device)
        steps = timed(step, seconds / 4, vgg.device)
    return Row(
        weights=weights,
        width=vgg.conv1_1.out_channels / 64,
        size=size,
        device=str(vgg.device),
        method=method,
        closure=statistics.median(times),
        optimizer=statistics.median(steps),
        peak=peak.bytes,
        operations=operations(vgg, STYLE_LAYERS, size, size),
        ceiling=ceiling(vgg.device, vgg.precision),
        loss=loss,
        times=len(times),
    )


def library_run(
    vgg: VGG19, content: Tensor, style: Tensor, *, side: int | None = None
) -> tuple[Callable[[], float], Callable[[], None]]:
    """A closure of `transfer` at one scale, giving its loss, and a step of its optimizer."""
    weights = transfer_weights(style_weight=STYLE_WEIGHT, tv_weight=0.0)
    targets = features_of(vgg, content, CONTENT_LAYERS, side)
    grams = grams_of(vgg, [style], [1.0], STYLE_LAYERS, side)
    terms = terms_of(vgg, targets, grams, "relative", side)
    mover = Mover(content.clone(), "lbfgs", None, 20, None)
    gradient = torch.rand_like(content)
    for _ in range(3):
        mover.move(torch.rand_like(content), weights)
    fill_history(mover.torch_optimizer, mover.pixels)
    return (
        lambda: evaluate(content, terms, weights)[0]["total"],
        lambda: mover.move(gradient, weights),
    )


def textbook_run(
    vgg: VGG19, content: Tensor, style: Tensor, *, side: None = None
) -> tuple[Callable[[], float], Callable[[], None]]:
    """The same of the textbook."""
    book = textbook_of(vgg, content, style)
    pixels = content.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([pixels], max_iter=1, tolerance_grad=0, tolerance_change=0)

    def step() -> None:
        pixels.grad = torch.rand_like(pixels)
        optimizer.step(lambda: 0.0)

    for _ in range(3):
        step()
    fill_history(optimizer, pixels)
    return lambda: book.closure().item(), step
