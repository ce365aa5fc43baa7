"""Which stripes and plain colors a channel responds to: its tuning, a term from neuroscience."""

import colorsys
import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from nstlib.vgg import VGG19

TURNS = tuple(range(0, 180, 15))
"""Directions of the test stripes, in degrees; 0 is vertical stripes, and 90 horizontal ones."""
PERIODS = (3, 4, 6, 8, 12, 16, 24, 32)
"""Widths of a pair of stripes, one light and one dark, in pixels."""
GRAYS = {"black": 0.0, "dark gray": 0.25, "gray": 0.5, "light gray": 0.75, "white": 1.0}
HUES = (
    *("red", "orange", "yellow", "yellow-green", "green", "blue-green"),
    *("cyan", "azure", "blue", "violet", "magenta", "pink"),
)
COLORS: dict[str, tuple[float, float, float]] = {
    name: colorsys.hsv_to_rgb(number / 12, 0.9, 0.9) for number, name in enumerate(HUES)
} | {name: (value,) * 3 for name, value in GRAYS.items()}
"""The plain test pictures: twelve hues and five grays, as (red, green, blue)."""

LITTLE = 0.005  # a smaller part of the strongest response counts as none


def gratings(*, side: int = 128) -> Tensor:
    """Return gray stripes of every period and direction, each at two phases a quarter period apart.

    Args:
        side: Of the pictures, in pixels.

    Returns:
        (len(PERIODS), len(TURNS), 2, 3, side, side), between 0.1 and 0.9.
    """
    ticks = torch.arange(side) - (side - 1) / 2
    down, right = torch.meshgrid(ticks, ticks, indexing="ij")
    found = torch.empty(len(PERIODS), len(TURNS), 2, 3, side, side)
    for i, period in enumerate(PERIODS):
        for j, degrees in enumerate(TURNS):
            turn = math.radians(degrees)
            across = right * math.cos(turn) + down * math.sin(turn)
            for k, phase in enumerate((0, math.pi / 2)):
                found[i, j, k] = 0.5 + 0.4 * torch.cos(2 * math.pi * across / period - phase)
    return found


@torch.no_grad()
def tuning(
    vgg: VGG19, layers: Sequence[str], *, side: int = 128
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the responses of all channels to stripes and to plain colors.

    A response is the mean of the middle of a map, over both phases.

    Args:
        vgg: The network.
        layers: Names of layers.
        side: Of the test pictures, in pixels.

    Returns:
        {layer: (stripes (C, len(PERIODS), len(TURNS)), colors (C, len(COLORS)))}.
    """
    stripes = _responses(vgg, gratings(side=side).flatten(0, 2), layers)
    plain = torch.tensor(list(COLORS.values())).view(-1, 3, 1, 1).expand(-1, -1, side, side)
    colors = _responses(vgg, plain, layers)
    shape = (-1, len(PERIODS), len(TURNS), 2)
    return {
        layer: (values.T.reshape(shape).mean(-1), colors[layer].T)
        for layer, values in stripes.items()
    }


def _responses(vgg: VGG19, pictures: Tensor, layers: Sequence[str]) -> dict[str, np.ndarray]:
    """{layer: (n, C)}: the mean of the middle of each map."""
    found: dict[str, list[Tensor]] = {layer: [] for layer in layers}
    for few in pictures.split(16):
        for layer, maps in vgg(few.to(vgg.device), layers).items():
            edge = maps.shape[2] // 4
            middle = maps[..., edge : maps.shape[2] - edge, edge : maps.shape[3] - edge]
            found[layer].append(middle.mean(dim=(2, 3)).cpu())
    return {layer: torch.cat(values).numpy() for layer, values in found.items()}


def selectivity(stripes: np.ndarray) -> np.ndarray:
    """Return how much more channels respond to their best direction than to the one across it.

    Args:
        stripes: (C, len(PERIODS), len(TURNS)), from `tuning`.

    Returns:
        (C,): (best - across) / (best + across) at the best period, from 0 (every direction alike) to 1;
        NaN for a channel that stays at 0 for all stripes.
    """
    found = []
    for one in stripes:
        period, turn = np.unravel_index(one.argmax(), one.shape)
        best, across = one[period, turn], one[period, (turn + len(TURNS) // 2) % len(TURNS)]
        found.append((best - across) / (best + across) if best > 0 else math.nan)
    return np.array(found)


def in_words(stripes: np.ndarray, colors: np.ndarray) -> str:
    """Say in two or three sentences what one channel responds to among the test pictures.

    Args:
        stripes: (len(PERIODS), len(TURNS)).
        colors: (len(COLORS),).
    """
    most, plain = float(stripes.max()), float(colors.max())
    if most <= 0 and plain <= 0:
        return "It stays at 0 for all test stripes and all plain colors."
    color = list(COLORS)[int(colors.argmax())]
    if plain > most:
        many = np.sort(colors)[-4] > 0.9 * plain
        said = "plain colors, and to many of them equally" if many else f"plain {color}"
        return f"It responds most strongly to {said}. {_compared('The best stripes', most / plain)}"
    period, turn = np.unravel_index(stripes.argmax(), stripes.shape)
    across = float(stripes[period, (turn + len(TURNS) // 2) % len(TURNS)]) / most
    said = f"stripes with a period of {PERIODS[period]} pixels"
    if across > 0.7:
        said += ", in nearly any direction."
    else:
        said = f"{_turned(said, TURNS[turn])}. {_compared('Stripes across them', across)}"
    what = "Plain colors" if plain / most < LITTLE else f"The best of the plain colors, {color},"
    return f"It responds most strongly to {said} {_compared(what, plain / most)}"


def _turned(stripes: str, degrees: int) -> str:
    if degrees in (0, 90):
        return f"{'vertical' if degrees == 0 else 'horizontal'} {stripes}"
    return f"{stripes}, turned clockwise from the vertical by {degrees}°"


def _compared(what: str, share: float) -> str:
    if share < LITTLE:
        return f"{what} leave it at 0."
    return f"{what} {'gets' if what.endswith(',') else 'get'} {100 * share:.0f} % of that response."
