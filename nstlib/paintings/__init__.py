"""Seeded procedural paintings: the bundled styles, drawn rather than downloaded.

Each painter is one function of (height, width, rng) in `oils` or `paper`. It draws every random number
from that generator and measures lengths in units, the side of a square of the picture's area, so a
painting keeps its composition at every size. `canvases` draws the pictures that the compact network
learned from; both use the tools in `brushes`.
"""

import math
from numbers import Integral

import numpy as np
import torch
from torch import Tensor

from nstlib.paintings.oils import dots, facets, glass_mosaic, lilies, night, sunset
from nstlib.paintings.paper import cutpaper, marble, waves, woodcut

PAINTINGS = {
    "night": night,
    "mosaic": glass_mosaic,
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
    """Paint one of the bundled styles.

    Args:
        name: A key of `PAINTINGS`.
        size: In pixels: an int is the longer side, a pair is (height, width). With an int the painting
            is square. At least 16 on each side.
        seed: The same seed gives the same picture on one machine, bit by bit, and the same composition
            at every size.

    Returns:
        (1, 3, H, W), float32 in [0, 1], on the CPU.

    Raises:
        ValueError: For an unknown name, and for a side below 16.
    """
    if name not in PAINTINGS:
        raise ValueError(f"There is no painting {name!r}; choose one of {', '.join(PAINTINGS)}.")
    height, width = (size, size) if isinstance(size, Integral) else size
    if min(height, width) < 16:
        raise ValueError(f"A painting needs at least 16 pixels a side, not {height} x {width}.")
    # It is painted larger and then averaged down: smooth edges, and detail at every size.
    factor = max(2, math.ceil(384 / math.sqrt(height * width)))
    rng = np.random.default_rng([seed, *name.encode()])
    canvas = np.clip(PAINTINGS[name](height * factor, width * factor, rng), 0, 1)
    canvas = canvas.astype(np.float32).reshape(height, factor, -1).mean(1)
    picture = np.clip(canvas.reshape(height, width, factor, 3).mean(2), 0, 1)
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None]
