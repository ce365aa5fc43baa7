"""The pictures that the compact backbone learns from, and the crops it gets to see of them."""

from collections.abc import Iterator
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from nstlib.images import WRITE_FORMATS, load_image
from nstlib.paintings import painting
from nstlib.paintings.canvases import canvas

# Of scikit-image; not all are among the sample photos of `images.py`.
PHOTO_FILES = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "chelsea.png",
    "coffee.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "retina.jpg",
    "rocket.jpg",
    "ihc.png",
)
PAINTERS = ("night", "mosaic", "waves", "cutpaper", "dots", "woodcut", "marble", "sunset")
PICTURE_SIDE = 256
"""Pixels a side of the pictures that crops are taken from."""


def training_pictures(
    *, canvases: int = 2000, seeds: int = 12, photos: str | Path | None = None, processes: int = 2
) -> Tensor:
    """Return canvases, crops of the sample photos, and paintings: all that the backbone learns from.

    It takes about a tenth of a second for each picture.

    Args:
        canvases: How many to draw.
        seeds: How many of each painting, with seeds from 100 up.
        photos: A folder of pictures to add; crops are cut from those with at least 256 pixels a side.
        processes: How many draw at the same time.

    Returns:
        (N, 256, 256, 3), uint8.

    Raises:
        ValueError: For a folder that has no such pictures.
        OSError: For a folder that cannot be read.
    """
    added = [] if photos is None else _folder_crops(Path(photos))
    with get_context("spawn").Pool(processes) as pool:
        drawn = pool.map(canvas, range(canvases), chunksize=8)
        tasks = [(name, seed) for name in PAINTERS for seed in range(100, 100 + seeds)]
        painted = pool.starmap(_painted, tasks)
    samples = [Path(str(files("skimage")), "data", name) for name in PHOTO_FILES]
    cut = [crop for path in samples for crop in _photo_crops(path)]
    return torch.from_numpy(np.stack([*drawn, *cut, *painted, *added]))


def _bytes(image: Tensor) -> np.ndarray:
    return (image[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)


def _painted(name: str, seed: int) -> np.ndarray:
    return _bytes(painting(name, size=PICTURE_SIDE, seed=seed))


def _photo_crops(path: Path) -> Iterator[np.ndarray]:
    """The four corners of a photo at two sizes, where they are large enough."""
    for size in (512, 320):
        image = _bytes(load_image(path, size=size))
        height, width = image.shape[:2]
        if min(height, width) < PICTURE_SIDE:
            continue
        for y in sorted({0, height - PICTURE_SIDE}):
            for x in sorted({0, width - PICTURE_SIDE}):
                yield image[y : y + PICTURE_SIDE, x : x + PICTURE_SIDE]


def _folder_crops(folder: Path) -> list[np.ndarray]:
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in WRITE_FORMATS)
    crops = [crop for path in paths for crop in _photo_crops(path)]
    if not crops:
        raise ValueError(
            f"The folder {folder} has no picture of at least {PICTURE_SIDE} x {PICTURE_SIDE} pixels "
            f"({', '.join(WRITE_FORMATS)})."
        )
    return crops


def random_crops(pictures: Tensor, size: int, rng: Generator) -> Tensor:
    """Cut a turned, mirrored and scaled crop out of each picture.

    Args:
        pictures: (N, H, W, 3), uint8.
        size: The side of the crops, in pixels.
        rng: Where the random numbers come from.

    Returns:
        (N, 3, size, size) in [0, 1].
    """
    n, whole = len(pictures), pictures.permute(0, 3, 1, 2).float() / 255
    angle = _uniform(rng, -0.4, 0.4, n)
    side = 1.2 * size / whole.shape[-1] * _uniform(rng, -0.5, 0.5, n).exp()
    mirror = _uniform(rng, -1, 1, n).sign()
    shift = _uniform(rng, -1, 1, n, 2) * (1 - side[:, None]).clamp_min(0)
    c, s = side * angle.cos(), side * angle.sin()
    x_row = torch.stack([c * mirror, -s, shift[:, 0]], dim=1)
    y_row = torch.stack([s * mirror, c, shift[:, 1]], dim=1)
    where = F.affine_grid(
        torch.stack([x_row, y_row], dim=1), [n, 3, size, size], align_corners=False
    )
    return F.grid_sample(whole, where, padding_mode="reflection", align_corners=False)


def noisy(crops: Tensor, rng: Generator) -> Tensor:
    """Add noise to 60 % of the crops.

    Args:
        crops: (N, 3, H, W) in [0, 1].
        rng: Where the random numbers come from.

    Returns:
        The same shape, not clamped to [0, 1]; the noise has a standard deviation of up to 0.11.
    """
    n = len(crops)
    strength = 0.11 * _uniform(rng, 0, 1, n, 1, 1, 1)
    strength = strength * (_uniform(rng, 0, 1, n, 1, 1, 1) < 0.6)
    return crops + strength * torch.randn(crops.shape, generator=rng)


def _uniform(rng: Generator, low: float, high: float, *shape: int) -> Tensor:
    return low + (high - low) * torch.rand(shape, generator=rng)
