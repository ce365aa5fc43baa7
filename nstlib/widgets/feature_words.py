"""What the feature explorer says of a layer, a channel and a place: numbers in, sentences out."""

import math

import numpy as np

from nstlib.vgg import receptive_field
from nstlib.widgets.maps import field


def of_layer(layer: str, shape: tuple[int, int, int], silent: int) -> str:
    """How many channels and positions a layer has, (C, H, W), and how many channels are silent."""
    channels, height, width = shape
    stride = receptive_field(layer)[1]
    pixels = "pixel" if stride == 1 else f"{stride} pixels"
    are = {0: "None of them is", 1: "One of them is"}.get(silent, f"{silent} of them are")
    return (
        f"{layer} has {channels} channels of {width} x {height} positions, one every {pixels}. "
        f"{are} silent for this picture."
    )


def of_channel(values: np.ndarray, rank: int, channels: int) -> str:
    """Where a channel (H, W) stands among the others (rank 0 is the most active), and its colors."""
    colors = "Black is 0." if values.min() >= 0 else "Red is positive, blue negative, white 0."
    return (
        f"is {_nth(rank + 1)}most active of {channels}: its mean is {np.abs(values).mean():.2g}, its "
        f"largest answer {values.max():.2g}. {colors}"
    )


def of_place(
    layer: str,
    channel: int,
    values: np.ndarray,
    place: tuple[int, int],
    size: tuple[int, int],
) -> str:
    """What the feature at `place` (row, column) of a channel (H, W) sees and answers.

    size: (height, width) of the picture in pixels.
    """
    left, top, right, bottom = field(layer, *place, *size)
    side = receptive_field(layer)[0]
    inside = ""
    if (right - left, bottom - top) != (side, side):
        inside = f" ({right - left} x {bottom - top} of them in the picture)"
    value = float(values[place])
    if value == 0:
        answer = f"is silent, as at {_percent(values == 0)}"
    else:
        answer = f"answers {value:.2f}, more than at {_percent(values < value)}"
    return (
        f"{layer} sees {side} x {side} pixels{inside}; here channel {channel} {answer} of the "
        "positions."
    )


def _percent(which: np.ndarray) -> str:
    # Rounded down: "more than at 100 % of the positions" would count the place itself.
    return f"{math.floor(100 * float(which.mean()))} %"


def _nth(number: int) -> str:
    """ "the ", "the 2nd ", … "the 12th ", before a superlative."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number // 10 % 10 != 1 else 0, "th")
    return "the " if number == 1 else f"the {number}{ending} "
