"""How much memory a step takes, how much there is, and whether a picture has to go through in tiles."""

import math
from collections.abc import Collection
from itertools import pairwise
from pathlib import Path

import psutil
import torch

from nstlib.vgg import VGG19, receptive_field

SIDES = (2048, 1024, 512)  # of tiles; below, the halos cost more than the tiles themselves
SHARE = 0.8  # of the free memory that a run may plan with; the estimate is one
CGROUP = Path("/sys/fs/cgroup")


def step_bytes(
    vgg: VGG19,
    height: int,
    width: int,
    layers: Collection[str],
    *,
    side: int | None = None,
    history: int = 20,
) -> int:
    """About how many bytes one step on a picture of height x width pixels takes at its peak.

    layers: those that have losses; side: of the tiles, None for the whole picture at once; history: of
    L-BFGS. Measured on a CPU at 1024 pixels it was within a quarter of the truth.
    """
    crop = height * width
    if side is not None:
        size, stride = receptive_field(max(layers, key=vgg.layers.index))
        crop = math.prod(min(length, side + size + stride) for length in (height, width))
    # The picture, its gradient and a few copies of both, and two pictures for each step remembered.
    pixels = 4 * 3 * height * width * (2 * history + 8)
    # Kept for the way back, and on top of it what is in the making at the largest layer, the first.
    number = vgg.precision.itemsize
    kept = number * floats_per_pixel(vgg, layers)
    making = 4 * number * vgg.conv1_1.out_channels
    copies = 0 if number == 4 else 2 * 4 * sum(_floats(vgg, layer) for layer in layers)
    return int(pixels + crop * (kept + making + copies))


def floats_per_pixel(vgg: VGG19, layers: Collection[str]) -> float:
    """How many numbers the network keeps for the way back, for each pixel of the picture.

    The output of every ReLU and every pooling up to the deepest of `layers`: the inputs of the
    convolutions. (What a convolution puts out is let go once its ReLU has seen it.) A convolution that
    repeats the border keeps a copy of its input with a rim, beside the ReLU that keeps its output.
    """
    names = vgg.layers[: 1 + max(map(vgg.layers.index, layers))]
    kept = [name for name in names if not name.startswith("conv")]
    if vgg.conv1_1.padding_mode == "replicate":
        kept += [a for a, b in pairwise(names) if a.startswith("relu") and b.startswith("conv")]
    return sum(_floats(vgg, name) for name in kept)


def free_bytes(device: str | torch.device) -> int | None:
    """Free memory of the device, or None if the system does not report it."""
    device = torch.device(device)
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        # What torch holds and has no use for is free as well.
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    if device.type == "cpu":
        return min(psutil.virtual_memory().available, _left_in_container())
    return None


def choose_side(
    vgg: VGG19, height: int, width: int, layers: Collection[str], *, history: int = 20
) -> int | None:
    """The side of the tiles for a picture of height x width pixels; None if it fits as a whole.

    Raises ValueError with the largest size that would fit, if this one does not even in tiles.
    """
    free = free_bytes(vgg.device)
    if free is None:
        return None
    for side in (None, *SIDES):
        if step_bytes(vgg, height, width, layers, side=side, history=history) <= SHARE * free:
            return side
    need = step_bytes(vgg, height, width, layers, side=SIDES[-1], history=history)
    scale = 1.0
    while scale > 0.01:
        scale *= 0.98
        h, w = int(height * scale), int(width * scale)
        if step_bytes(vgg, h, w, layers, side=SIDES[-1], history=history) <= SHARE * free:
            break
    raise ValueError(
        f"A picture of {width} x {height} pixels needs about {need / 1e9:.1f} GB, and "
        f"{free / 1e9:.1f} GB are free on {vgg.device}: the largest that would fit is {w} x {h} pixels."
    )


def _floats(vgg: VGG19, layer: str) -> float:
    """Numbers of a layer's output for each pixel of the picture."""
    block = layer.removeprefix("conv").removeprefix("relu").removeprefix("pool").partition("_")[0]
    _, stride = receptive_field(layer)
    return vgg.get_submodule(f"conv{block}_1").out_channels / stride**2


def _left_in_container() -> float:
    """What a container's own limit leaves free (Docker, Binder, a cluster's job); else infinity."""
    try:
        limit, used = (int((CGROUP / f"memory.{what}").read_text()) for what in ("max", "current"))
    except (OSError, ValueError):  # no such file, or "max"
        return math.inf
    return limit - used
