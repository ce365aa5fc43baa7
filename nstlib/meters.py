"""What `bench` reads off: time, memory, counted operations, and how fast the machine can go at all."""

import statistics
import threading
import time
from collections.abc import Callable, Collection

import psutil
import torch
from torch import Tensor
from torch.nn.functional import conv2d

from nstlib.tiles import positions
from nstlib.vgg import VGG19


def timed(call: Callable[[], object], seconds: float, device: torch.device) -> list[float]:
    """Seconds of each call, for so many seconds in all, but one call at least."""
    times = []
    while sum(times) < seconds or not times:
        synchronize(device)
        begin = time.perf_counter()
        call()
        synchronize(device)
        times.append(time.perf_counter() - begin)
    return times


def synchronize(device: torch.device) -> None:
    """Wait until a GPU has done what it was told; a CPU has already."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


class Peak:
    """How much memory a `with` block took at most, in bytes: `bytes`, at its end.

    On a GPU what torch allocated. Elsewhere the memory of the process beyond `before`, looked at every
    two milliseconds. `before` is that of the process when it had not computed anything: what is freed
    later is not always given back, and would hide the next peak.
    """

    def __init__(self, device: torch.device, *, before: int):
        self.device, self.before, self.bytes = device, before, 0

    def __enter__(self) -> "Peak":
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
        else:
            self._top, self._over = process_bytes(), threading.Event()
            self._thread = threading.Thread(target=self._watch, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self.device.type == "cuda":
            self._top = torch.cuda.max_memory_allocated(self.device)
        else:
            self._over.set()
            self._thread.join()
        self.bytes = self._top - self.before

    def _watch(self) -> None:
        while not self._over.wait(0.002):
            self._top = max(self._top, process_bytes())


def process_bytes() -> int:
    """The memory that this process holds just now."""
    return psutil.Process().memory_info().rss


def operations(vgg: VGG19, gram_layers: Collection[str], height: int, width: int) -> int:
    """Floating-point operations of a closure, forward and backward, up to the deepest of `gram_layers`.

    A convolution multiplies and adds 9 C_in C_out times a position, and once more on the way back (to
    its input alone: the weights stay); a Gram matrix C² times, and so does its gradient.
    """
    total, channels = 0, 3
    deepest = max(map(vgg.layers.index, gram_layers))
    for name in vgg.layers[: deepest + 1]:
        places = positions(name, height, width)
        if name.startswith("conv"):
            fan_in, channels = channels, vgg.get_submodule(name).out_channels
            total += 2 * 2 * 9 * fan_in * channels * places
        if name in gram_layers:
            total += 2 * 2 * channels**2 * places
    return total


@torch.no_grad()
def ceiling(device: torch.device, dtype: torch.dtype) -> float:
    """Operations a second that this device reaches in `dtype`, as it is today: the faster of a large
    convolution like those of VGG-19's third block and a large matrix product, the median of seven.
    """
    image = torch.rand(1, 256, 128, 128, device=device, dtype=dtype)
    kernel = torch.rand(256, 256, 3, 3, device=device, dtype=dtype)
    image, kernel = (t.contiguous(memory_format=torch.channels_last) for t in (image, kernel))
    matrix = torch.rand(2048, 2048, device=device, dtype=dtype)
    best = 0.0
    for count, call in (
        (2 * 9 * 256 * image.numel(), lambda: conv2d(image, kernel, padding=1)),
        (2 * 2048**3, lambda: matrix @ matrix),
    ):
        call()
        times = [timed(call, 0, device)[0] for _ in range(7)]
        best = max(best, count / statistics.median(times))
    return best


def fill_history(optimizer: torch.optim.LBFGS, pixels: Tensor) -> None:
    """Give L-BFGS, after a few steps, as long a memory as it may have: what each later step costs."""
    state, history = optimizer.state[pixels], optimizer.param_groups[0]["history_size"]
    for name in ("old_dirs", "old_stps"):
        while len(state[name]) < history:
            state[name].append(state[name][0].clone())
    state["ro"].extend(state["ro"][:1] * (history - len(state["ro"])))
