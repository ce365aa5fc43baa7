"""Feature maps as pictures, and where in the picture a feature looks. Arrays in, arrays out."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from nstlib.images import MIN_SIDE, load_image, resize, to_pil
from nstlib.vgg import receptive_field
from nstlib.widgets.drawing import colored


def fitted(image: Tensor, size: int, *, multiple: int = 1) -> Tensor:
    """An image (1, 3, H, W) shrunk to a longer side of `size`, on the CPU.

    multiple: both sides are cropped around the center to multiples of it.
    Raises ValueError for what is no image, and for a size too small for the network.
    """
    to_pil(image)  # it says what is wrong
    least = max(MIN_SIDE, multiple)
    if size < least:
        raise ValueError(f"size is {size}; give at least {least} pixels.")
    image = image.detach().cpu().float().clamp(0, 1)
    if max(image.shape[2:]) > size:
        image = resize(image, size)
    height, width = image.shape[2:]
    if min(height, width) < least:
        raise ValueError(
            f"A picture of {width} x {height} pixels is too narrow here: either side needs {least}."
        )
    top, left = height % multiple // 2, width % multiple // 2
    rows, columns = height // multiple * multiple, width // multiple * multiple
    return image[:, :, top : top + rows, left : left + columns].contiguous()


def strength(features: np.ndarray) -> np.ndarray:
    """How active each channel is, (C,): the mean of |features| (C, H, W) over all positions."""
    return np.abs(features).mean((1, 2))


def by_strength(features: np.ndarray) -> np.ndarray:
    """The channels, the most active first; equal ones in their own order."""
    return np.argsort(-strength(features), kind="stable")


def silent(features: np.ndarray) -> int:
    """How many channels of (C, H, W) are 0 at every position."""
    return int((features == 0).all((1, 2)).sum())


def field(layer: str, row: int, column: int, height: int, width: int) -> tuple[int, int, int, int]:
    """What the feature of `layer` at (row, column) sees: (left, top, right, bottom) in pixels.

    The right and bottom ends are not in it. height, width: of the picture; the network sees nothing
    beyond its border, so the field ends there. It is centered on the stride x stride pixels that the
    feature stands for: a convolution widens it by as much on both sides, a pooling joins two such
    squares.
    """
    size, stride = receptive_field(layer)
    margin = (size - stride) // 2  # both are even, or both odd
    return (
        max(column * stride - margin, 0),
        max(row * stride - margin, 0),
        min((column + 1) * stride + margin, width),
        min((row + 1) * stride + margin, height),
    )


def map_pixels(values: np.ndarray) -> np.ndarray:
    """One channel (H, W) as pixels (H, W, 3): "magma" from 0 up, blue to red where there are signs."""
    largest = _largest(values)
    if values.min(initial=0) < 0:
        return colored(values, colors="RdBu_r", low=-largest, high=largest)
    return colored(values, colors="magma", low=0, high=largest)


def overlay(values: np.ndarray) -> np.ndarray:
    """The same for laying over the picture, (H, W, 4): what is near 0 lets the picture through."""
    alpha = (255 * np.abs(values) / _largest(values)).round().astype(np.uint8)
    return np.dstack([map_pixels(values), alpha])


def mosaic(features: np.ndarray, channels: Sequence[int], *, columns: int, side: int) -> Tensor:
    """Maps of some channels in rows, each over its own range and with its number: (1, 3, H, W).

    side: pixels of the longer side of one map, whatever the size of the features.
    """
    height, width = features.shape[1:]
    height, width = (
        max(1, round(side * length / max(height, width))) for length in (height, width)
    )
    rows = -(-len(channels) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(max(9, side // 8))
    for place, channel in enumerate(channels):
        left, top = place % columns * width, place // columns * height
        shown = Image.fromarray(map_pixels(features[channel])).resize((width - 1, height - 1))
        sheet.paste(shown, (left, top))
        box = pen.textbbox((left + 2, top + 1), str(channel), font)
        pen.rectangle((left, top, box[2] + 2, box[3] + 2), "black")
        pen.text((left + 2, top + 1), str(channel), "white", font)
    return load_image(sheet)


def _largest(values: np.ndarray) -> float:
    """The end of a map's range; what is below 1e-9 everywhere is as good as 0."""
    return max(float(np.abs(values).max(initial=0)), 1e-9)
