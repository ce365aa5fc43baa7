"""What `bench` reads off: time, memory, and how fast the machine can go at all; and its busy job."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import psutil
import torch
from torch.nn.functional import conv2d
from torch.utils.flop_counter import FlopCounterMode


def clock(device: torch.device) -> float:
    """Return the time in seconds, after the device has done all that it was given."""
    # torch's own clock does not wait for a second GPU, nor for Apple's in older versions.
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
    return time.perf_counter()


@contextmanager
def busy_job() -> Iterator[subprocess.Popen]:
    """Keep one core busy with another process during a `with` block."""
    # It also ends by itself, should this process be killed.
    loop = f"import os\nwhile os.getppid() == {os.getpid()}: sum(range(10**6))"
    # Ctrl-C in a terminal reaches it too; its traceback would only confuse.
    with subprocess.Popen([sys.executable, "-c", loop], stderr=subprocess.DEVNULL) as job:
        try:
            yield job
        finally:
            job.kill()


class Peak:
    """How much memory a `with` block takes at most, in `bytes` at its end.

    On CUDA this is what torch allocated. Elsewhere the memory is looked at every two milliseconds.
    `before` is `held_bytes` when the process had computed nothing yet: what is freed later is not always
    given back, and would hide the next peak.
    """

    def __init__(self, device: torch.device, *, before: int):
        self.device, self.before, self.bytes = device, before, 0
        self._over, self._thread = threading.Event(), threading.Thread(target=self._watch)

    def __enter__(self) -> "Peak":
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
        else:
            self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self.device.type == "cuda":
            self.bytes = torch.cuda.max_memory_allocated(self.device) - self.before
        else:
            self._over.set()
            self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.002):
            self.bytes = max(self.bytes, held_bytes(self.device) - self.before)


def held_bytes(device: torch.device) -> int:
    """Return the memory that torch holds on a GPU, or that this process holds where it has none."""
    if device.type == "cuda":
        return torch.cuda.memory_allocated(device)
    if device.type == "mps":
        return torch.mps.current_allocated_memory()
    return psutil.Process().memory_info().rss


@torch.no_grad()
def ceiling(device: torch.device, dtype: torch.dtype, *, seconds: float = 0.5) -> float:
    """Return the operations a second that a device reaches in `dtype`, as it is today.

    It is the faster of a large convolution like those of VGG-19's third block and a large matrix
    product. On CUDA, float32 uses TF32 or not as `load_vgg19` has left it for this process.
    """
    # Imported here, because it writes a warning where CUDA's compiler is installed and no GPU.
    from torch.utils.benchmark import Timer

    image = torch.rand(1, 256, 128, 128, device=device, dtype=dtype)
    kernel = torch.rand(256, 256, 3, 3, device=device, dtype=dtype)
    image, kernel = (t.contiguous(memory_format=torch.channels_last) for t in (image, kernel))
    matrix = torch.rand(2048, 2048, device=device, dtype=dtype)
    time_of, threads, reached = partial(clock, device), torch.get_num_threads(), []
    for call in (lambda: conv2d(image, kernel, padding=1), lambda: matrix @ matrix):
        with FlopCounterMode(display=False) as counter:
            call()
        timer = Timer("call()", timer=time_of, globals={"call": call}, num_threads=threads)
        median = timer.blocked_autorange(min_run_time=seconds).median
        reached.append(counter.get_total_flops() / median)
    return max(reached)
