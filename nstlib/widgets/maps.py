"""Feature maps as pictures, and the part of a picture that a feature sees. Arrays in, arrays out."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from nstlib.images import MIN_SIDE, load_image, resize, to_pil
from nstlib.vgg import receptive_field
from nstlib.widgets.drawing import colored


def fitted(image: Tensor, size: int, *, multiple: int = 1) -> Tensor:
    """Shrink an image to a longer side of `size` pixels, on the CPU.

    Args:
        image: (1, 3, H, W) in [0, 1]; a smaller one is not enlarged.
        size: The longer side in pixels, at least 16.
        multiple: Both sides are cropped around the center to multiples of this.

    Returns:
        (1, 3, H', W').

    Raises:
        ValueError: For a tensor that is no image, and for a size too small for the network.
    """
    to_pil(image)  # raises an error that says what is wrong with it
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
    """Return how active each channel of (C, H, W) is: the mean absolute value over positions, (C,)."""
    return np.abs(features).mean((1, 2))


def by_strength(features: np.ndarray) -> np.ndarray:
    """Return the channels of (C, H, W), the most active first; equal ones keep their order."""
    return np.argsort(-strength(features), kind="stable")


def silent(features: np.ndarray) -> int:
    """Return how many channels of (C, H, W) are 0 at every position."""
    return int((features == 0).all((1, 2)).sum())


def field(layer: str, row: int, column: int, height: int, width: int) -> tuple[int, int, int, int]:
    """Return the part of the picture that a feature sees, its receptive field.

    The field is centered on the stride x stride pixels that the feature stands for, because a
    convolution widens it equally on both sides, and a pooling joins neighboring squares. It ends at the
    border of the picture, because there is nothing to see beyond.

    Args:
        layer: The layer of the feature.
        row, column: Its position in the feature map.
        height, width: Of the picture, in pixels.

    Returns:
        (left, top, right, bottom) in pixels; right and bottom are the first ones outside.
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
    """Return a map (H, W) as pixels (H, W, 3): "magma", or blue to red if it has negative values."""
    largest = _largest(values)
    if values.min(initial=0) < 0:
        return colored(values, colors="RdBu_r", low=-largest, high=largest)
    return colored(values, colors="magma", low=0, high=largest)


def overlay(values: np.ndarray) -> np.ndarray:
    """Return `map_pixels` to lay over the picture, (H, W, 4): values near 0 are transparent."""
    alpha = (255 * np.abs(values) / _largest(values)).round().astype(np.uint8)
    return np.dstack([map_pixels(values), alpha])


def mosaic(features: np.ndarray, channels: Sequence[int], *, columns: int, side: int) -> Tensor:
    """Draw the maps of some channels in rows, each over its own range and with its number.

    Args:
        features: (C, H, W).
        channels: Which to draw, in this order.
        columns: How many maps in a row.
        side: The longer side of one map in pixels, whatever the size of the features.

    Returns:
        (1, 3, H', W') in [0, 1].
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
    """The largest absolute value of a map, but at least 1e-9, which is as good as 0."""
    return max(float(np.abs(values).max(initial=0)), 1e-9)
