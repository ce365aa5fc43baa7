"""Tensors and arrays as images for a browser. No pyplot, because callbacks may run on any thread."""

from io import BytesIO

import numpy as np
from matplotlib import colormaps
from PIL import Image
from torch import Tensor

from nstlib.images import resize, to_pil


def jpeg(image: Tensor, *, longest: int | None = None, quality: int = 88) -> bytes:
    """Encode an image as a JPEG.

    Args:
        image: (1, 3, H, W) in [0, 1].
        longest: The longer side is reduced to this many pixels; None keeps the size.
        quality: As in Pillow, up to 95.

    Returns:
        The bytes of the file.
    """
    if longest is not None and max(image.shape[2:]) > longest:
        image = resize(image, longest)
    file = BytesIO()
    # Full color resolution, because these pictures are small and colorful and are shown enlarged.
    to_pil(image).save(file, "JPEG", quality=quality, subsampling=0)
    return file.getvalue()


def png(pixels: np.ndarray) -> bytes:
    """Encode pixels (H, W, 3) or (H, W, 4) of uint8 as a PNG, which keeps them exactly."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def colored(values: np.ndarray, *, colors: str, low: float, high: float) -> np.ndarray:
    """Return values (H, W) as pixels (H, W, 3) of uint8.

    Args:
        values: Any numbers; NaN counts as `low`.
        colors: The name of a color map of matplotlib.
        low, high: The values that get its first and its last color.
    """
    scaled = (np.asarray(values, np.float32) - low) / max(high - low, 1e-12)
    return colormaps[colors](np.nan_to_num(scaled).clip(0, 1), bytes=True)[..., :3]


def heat_map(values: np.ndarray) -> np.ndarray:
    """Return a feature map (H, W) from 0 up as pixels (H, W, 3): "magma" from 0 to its maximum."""
    return colored(values, colors="magma", low=0.0, high=float(np.max(values, initial=0.0)))
