"""Seeded procedural paintings: the bundled styles, drawn rather than downloaded.

Each painter is one function of (height, width, rng) in `oils` or `prints`. It takes every
chance from that generator and measures lengths in units, the side of a square of the picture's
area; so a painting keeps its composition at every size.
"""

import math

import numpy as np
import torch
from torch import Tensor

from nstlib.oils import dots, facets, lilies, mosaic, night, sunset
from nstlib.prints import cutpaper, marble, waves, woodcut

PAINTINGS = {
    "night": night,
    "mosaic": mosaic,
    "waves": waves,
    "cutpaper": cutpaper,
    "dots": dots,
    "woodcut": woodcut,
    "marble": marble,
    "sunset": sunset,
    "lilies": lilies,
    "facets": facets,
}


def painting(name: str, *, size: int | tuple[int, int] = 512, seed: int = 0) -> Tensor:
    """Paint a picture (1, 3, H, W), RGB in [0, 1].

    name: a key of PAINTINGS. size: side of a square, or (height, width), in pixels, at least
    16. seed: the same seed gives the same picture on one machine, bit by bit, and the same
    composition at every size. Raises ValueError for an unknown name or a size below 16.
    """
    if name not in PAINTINGS:
        raise ValueError(f"There is no painting {name!r}; choose one of {', '.join(PAINTINGS)}.")
    height, width = (size, size) if isinstance(size, int) else size
    if min(height, width) < 16:
        raise ValueError(f"A painting needs at least 16 pixels a side, not {height} x {width}.")
    # painted larger, then averaged down: smooth edges, and detail at every size
    factor = max(2, math.ceil(384 / math.sqrt(height * width)))
    rng = np.random.default_rng([seed, *name.encode()])
    canvas = np.clip(PAINTINGS[name](height * factor, width * factor, rng), 0, 1)
    canvas = canvas.astype(np.float32).reshape(height, factor, -1).mean(1)
    picture = np.clip(canvas.reshape(height, width, factor, 3).mean(2), 0, 1)
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None]
