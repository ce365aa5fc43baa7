"""Memory: about what a step takes, what is free, and in what tiles a picture fits."""

import math
from collections.abc import Collection, Sequence
from itertools import pairwise
from pathlib import Path

import psutil
import torch

from nstlib.vgg import VGG19, receptive_field

TILES = (
    2048,
    1024,
    512,
    256,
    128,
)  # sides to choose from; below, the halos cost more than the tiles
SHARE = 0.8  # of the free memory that a run may plan with, because the need is an estimate
CGROUP = Path("/sys/fs/cgroup")


def step_bytes(
    vgg: VGG19,
    height: int,
    width: int,
    layers: Collection[str],
    *,
    masked: Collection[str] = (),
    tile: int | None = None,
    history: int = 20,
) -> int:
    """Estimate how many bytes one step on a picture takes at its peak.

    Measured on a CPU at 1024 pixels it was within a quarter of the truth.

    Args:
        height, width: Of the picture, in pixels.
        layers: Those that have losses.
        masked: The layers of the Gram matrices that have a mask, each as often as it has masks.
        tile: The side of the tiles; None for the whole picture at once.
        history: How many past steps the optimizer remembers: 20 for L-BFGS here, 1 for Adam's moments.
    """
    crop = height * width
    if tile is not None:
        size, stride = receptive_field(max(layers, key=vgg.layers.index))
        crop = math.prod(min(length, tile + size + stride) for length in (height, width))
    # The picture, its gradient and a few copies of both, and two pictures for each step remembered.
    pixels = 4 * 3 * height * width * (2 * history + 8)
    # Kept for the way back, and on top of it what is in the making at the largest layer, the first.
    number = vgg.precision.itemsize
    kept = number * floats_per_pixel(vgg, layers)
    making = 4 * number * vgg.conv1_1.out_channels
    copies = 0 if number == 4 else 2 * 4 * sum(_floats(vgg, layer) for layer in layers)
    # Features times their mask, which a masked Gram matrix keeps beside the features.
    copies += 4 * sum(_floats(vgg, layer) for layer in masked)
    return int(pixels + crop * (kept + making + copies))


def floats_per_pixel(vgg: VGG19, layers: Collection[str]) -> float:
    """Return how many numbers the network keeps for the way back, for each pixel of the picture.

    These are the outputs of every ReLU and every pooling up to the deepest of `layers`, the inputs of
    the convolutions. (What a convolution puts out is let go once its ReLU has seen it.) A convolution
    that repeats the border keeps a copy of its input with a rim, beside the ReLU that keeps its output.
    """
    names = vgg.layers[: 1 + max(map(vgg.layers.index, layers))]
    kept = [name for name in names if not name.startswith("conv")]
    if vgg.conv1_1.padding_mode == "replicate":
        kept += [a for a, b in pairwise(names) if a.startswith("relu") and b.startswith("conv")]
    return sum(_floats(vgg, name) for name in kept)


def free_bytes(device: str | torch.device) -> float:
    """Return the free memory of a device; infinity if the system does not report it."""
    device = torch.device(device)
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        # What torch holds and has no use for is free as well.
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    if device.type == "cpu":
        return min(psutil.virtual_memory().available, _left_in_container())
    return math.inf


def fitting_tile(
    vgg: VGG19,
    shapes: Sequence[tuple[int, int]],
    layers: Collection[str],
    *,
    masked: Collection[str] = (),
    history: int = 20,
    tile: int | None = None,
) -> int | None:
    """Return the side of the tiles in which pictures fit into memory; None if they fit as a whole.

    On a CPU this has to be known beforehand, because Linux promises more memory than it has and kills
    the process that believes it.

    Args:
        shapes: (height, width) of the picture that is made and of those it only looks at.
        layers: Those that have losses.
        masked: As in `step_bytes`, of the first of the pictures.
        history: Of the optimizer, which remembers the first of the pictures.
        tile: The largest side allowed; None for any.

    Raises:
        ValueError: If the first picture does not fit even in the smallest tiles, with the largest size
            that would.
    """
    free = free_bytes(vgg.device)

    def need(side: int | None, scale: float = 1.0) -> int:
        first, *others = ((int(h * scale), int(w * scale)) for h, w in shapes)
        whole = step_bytes(vgg, *first, layers, masked=masked, tile=side, history=history)
        return max(whole, *(step_bytes(vgg, *s, layers, tile=side, history=0) for s in others), 0)

    longest = max(max(shape) for shape in shapes)
    sides = [None if tile is None or tile >= longest else tile]
    sides += [side for side in TILES if side < (sides[0] or longest)]
    for side in sides:
        if need(side) <= SHARE * free:
            return side
    scale = 1.0
    while scale > 0.01 and need(sides[-1], scale) > SHARE * free:
        scale *= 0.98
    (height, width), *_ = shapes
    raise ValueError(
        f"A picture of {width} x {height} pixels needs about {need(sides[-1]) / 1e9:.1f} GB, and "
        f"{free / 1e9:.1f} GB are free on {vgg.device}: the largest that would fit is "
        f"{int(width * scale)} x {int(height * scale)} pixels."
    )


def smaller_tile(tile: int | None, longest: int) -> int | None:
    """Return the next smaller side after memory ran out, or None if there is none left to try."""
    return next((side for side in TILES if side < (tile or longest)), None)


def _floats(vgg: VGG19, layer: str) -> float:
    """Numbers of a layer's output for each pixel of the picture."""
    block = layer.removeprefix("conv").removeprefix("relu").removeprefix("pool").partition("_")[0]
    _, stride = receptive_field(layer)
    return vgg.get_submodule(f"conv{block}_1").out_channels / stride**2


def _left_in_container() -> float:
    """What a container's own limit leaves free (Docker, Binder, a cluster's job); else infinity.

    The cache of files that it has read counts as used and is given back on demand, so it is free.
    """
    for folder, limit, used, cache in (
        (CGROUP, "memory.max", "memory.current", "inactive_file"),  # version 2
        (
            CGROUP / "memory",
            "memory.limit_in_bytes",
            "memory.usage_in_bytes",
            "total_inactive_file",
        ),
    ):
        try:
            most, now = (int((folder / name).read_text()) for name in (limit, used))
            lines = (folder / "memory.stat").read_text().split()
            return most - now + int(dict(zip(lines[::2], lines[1::2], strict=True)).get(cache, 0))
        except (OSError, ValueError):  # no such file, or "max"
            continue
    return math.inf
