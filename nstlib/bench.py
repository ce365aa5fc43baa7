"""What a step costs here: a benchmark, not a test."""

import statistics
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch

from nstlib.recipes import transfer
from nstlib.vgg import load_vgg19


@dataclass(frozen=True)
class Row:
    """One backbone at one size: the median milliseconds of a step, and of how many."""

    weights: str
    width: float
    size: int
    device: str
    milliseconds: float
    steps: int


def measure(
    weights: Sequence[str] = ("compact", "random:1"),
    sizes: Sequence[int] = (256, 512),
    *,
    device: str | torch.device | None = None,
    steps: int = 10,
) -> Iterator[Row]:
    """Time the default transfer on square pictures of `sizes` pixels, a Row for each backbone and size.

    weights: as `load_vgg19` takes them, and "random:WIDTH" for random weights of a width: the speed of
    VGG-19 at full width ("random:1") is that of ImageNet's, whose weights it does not need.
    steps: how many are timed, after two that are not. A step is one update of the pixels by L-BFGS.
    """
    if steps < 1 or min(sizes, default=0) < 16:
        raise ValueError("A benchmark needs at least 1 step and sizes of at least 16 pixels.")
    for name in weights:
        vgg = load_vgg19(device=device, **_weights_and_width(name))
        for size in sizes:
            noise = torch.rand(2, 1, 3, size, size, generator=torch.Generator().manual_seed(0))
            run = transfer(noise[0], noise[1], vgg=vgg, init="noise", steps=steps + 2)
            times = list(_times(run, vgg.device))[2 : 2 + steps]
            width = vgg.conv1_1.weight.shape[0] / 64
            milliseconds = 1000 * statistics.median(times)
            yield Row(name, width, size, str(vgg.device), milliseconds, len(times))


def table(rows: Iterable[Row]) -> Iterator[str]:
    """The rows as lines of text; the last column compares with the first row of the same size."""
    first: dict[int, float] = {}
    yield (
        f"{'weights':<12}{'width':>6}{'size':>6}  {'device':<8}{'ms/step':>9}{'Mpx/s':>8}{'time':>8}"
    )
    for row in rows:
        ratio = row.milliseconds / first.setdefault(row.size, row.milliseconds)
        speed = row.size**2 / 1e3 / row.milliseconds
        yield (
            f"{row.weights:<12}{row.width:>6g}{row.size:>6}  {row.device:<8}"
            f"{row.milliseconds:>9.1f}{speed:>8.2f}{ratio:>7.2f}x"
        )


def _weights_and_width(name: str) -> dict[str, str | float]:
    kind, colon, width = name.partition(":")
    if kind != "random" or not colon:
        return {"weights": name}
    try:
        return {"weights": kind, "width": float(width)}
    except ValueError:
        raise ValueError(f"{name} is not random:WIDTH with a width such as 0.25.") from None


def _times(run: Iterable, device: torch.device) -> Iterator[float]:
    """Seconds between one Step and the next."""
    previous = None
    for _ in run:
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        now = time.perf_counter()
        if previous is not None:
            yield now - previous
        previous = now
