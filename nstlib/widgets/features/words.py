"""The sentences of the feature explorer about a layer, a channel and a place."""

import math

import numpy as np

from nstlib.vgg import receptive_field
from nstlib.widgets.maps import field


def of_layer(layer: str, shape: tuple[int, int, int], silent: int) -> str:
    """Say how many channels and positions a layer has, and how many of its channels are silent.

    Args:
        layer: Its name.
        shape: (C, H, W).
        silent: The number of channels that are 0 everywhere.
    """
    channels, height, width = shape
    stride = receptive_field(layer)[1]
    pixels = "pixel" if stride == 1 else f"{stride} pixels"
    are = {0: "None of them is", 1: "One of them is"}.get(silent, f"{silent} of them are")
    return (
        f"{layer} has {channels} channels of {width} x {height} positions, one every {pixels}. "
        f"{are} silent for this picture."
    )


def of_channel(values: np.ndarray, rank: int, channels: int) -> str:
    """Say how active a channel is among the others, and what its colors mean.

    Args:
        values: Its map, (H, W).
        rank: 0 for the most active channel.
        channels: How many there are.
    """
    colors = "Black is 0." if values.min() >= 0 else "Red is positive, blue negative, white 0."
    return (
        f"is {_nth(rank + 1)}most active of {channels}: its mean is {np.abs(values).mean():.2g}, its "
        f"largest value {values.max():.2g}. {colors}"
    )


def of_place(
    layer: str,
    channel: int,
    values: np.ndarray,
    place: tuple[int, int],
    size: tuple[int, int],
) -> str:
    """Say what one feature sees, and its value.

    Args:
        layer: Its layer.
        channel: Its channel.
        values: The map of that channel, (H, W).
        place: (row, column) in the map.
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
        answer = f"is {value:.2f}, more than at {_percent(values < value)}"
    return (
        f"{layer} sees {side} x {side} pixels{inside}; here channel {channel} {answer} of the "
        "positions."
    )


def _percent(which: np.ndarray) -> str:
    # Rounded down, because "more than at 100 % of the positions" would include the place itself.
    return f"{math.floor(100 * float(which.mean()))} %"


def _nth(number: int) -> str:
    """ "the ", "the 2nd ", … "the 12th ", before a superlative."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number // 10 % 10 != 1 else 0, "th")
    return "the " if number == 1 else f"the {number}{ending} "
