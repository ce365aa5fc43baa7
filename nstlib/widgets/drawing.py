"""Tensors and arrays to the bytes that a browser shows. No pyplot: callbacks may run on any thread."""

from io import BytesIO

import numpy as np
from matplotlib import colormaps
from PIL import Image
from torch import Tensor

from nstlib.images import resize, to_pil


def jpeg(image: Tensor, *, longest: int | None = None, quality: int = 88) -> bytes:
    """An image tensor (1, 3, H, W) as the bytes of a JPEG, its longer side at most `longest` pixels."""
    if longest is not None and max(image.shape[2:]) > longest:
        image = resize(image, longest)
    file = BytesIO()
    # Full color resolution: these pictures are small and colorful, and enlarged on the screen.
    to_pil(image).save(file, "JPEG", quality=quality, subsampling=0)
    return file.getvalue()


def png(pixels: np.ndarray) -> bytes:
    """Pixels (H, W, 3) of uint8 as the bytes of a PNG: exact, for what must not blur."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def colored(values: np.ndarray, *, colors: str, low: float, high: float) -> np.ndarray:
    """Values (H, W) as pixels (H, W, 3) of uint8: `low` to `high` over a matplotlib color map."""
    scaled = (np.asarray(values, np.float32) - low) / max(high - low, 1e-12)
    return colormaps[colors](np.nan_to_num(scaled).clip(0, 1), bytes=True)[..., :3]


def heat_map(values: np.ndarray) -> np.ndarray:
    """Values of one feature map (H, W) from 0 up as pixels, "magma" from 0 to their maximum."""
    return colored(values, colors="magma", low=0.0, high=float(np.max(values, initial=0.0)))
