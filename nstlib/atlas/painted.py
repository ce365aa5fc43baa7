"""Activation maximization: the picture that one channel responds to most strongly.

Erhan and others 2009; the description by Fourier coefficients, the colors and the jitter follow Olah,
Mordvintsev and Schubert 2017, "Feature Visualization". Notebook 01 builds the same step by step.
"""

import math
from collections.abc import Sequence
from operator import index

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from nstlib.vgg import VGG19, checked_layers, receptive_field

# Rows: red, green, blue; columns: brightness and two colors. How the colors of photos go together,
# measured on ImageNet by Olah and others; scaled so that the sigmoid uses most of its range.
COLOR_MIX = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.0, -0.05], [0.27, -0.09, 0.03]])
COLOR_MIX = 1.6 * COLOR_MIX / COLOR_MIX.norm(dim=1).max()


@torch.enable_grad()  # a notebook may be inside torch.no_grad()
def maximize(
    vgg: VGG19,
    layer: str,
    channels: int | Sequence[int],
    *,
    side: int = 96,
    steps: int = 40,
    decay: float = 1.25,
    seed: int = 0,
) -> Tensor:
    """Paint, for each channel, a picture that it responds to strongly at all positions.

    What grows is the mean of the channel's map, as a Gram matrix also takes a mean over positions; so
    the pictures are textures, not single objects. Below zero a tenth of the response counts, because
    a ReLU that stays at 0 would leave no gradient to follow. Before each step the picture is shifted
    (around its edges), turned and scaled a little, so that patterns that fit only one position of the
    pixel grid do not count.

    Args:
        vgg: The network.
        layer: A ReLU, such as "relu3_1".
        channels: One channel or several, counted from 0.
        side: Of the pictures, in pixels.
        steps: Of Adam.
        decay: A wave of frequency f has the strength f^-decay at the same coefficient. In photos it is
            about 1; more makes the pictures smoother.
        seed: Of the start and of the shifts. A channel's picture does not depend on which others are
            painted with it.

    Returns:
        (n, 3, side, side) in [0, 1]; the pictures tile the plane without a seam.

    Raises:
        ValueError: For a layer that is no ReLU of the network, no channel, one that the layer does not
            have, and a side or a number of steps that is too small.
    """
    channels = [index(channel) for channel in np.atleast_1d(channels)]
    _check(vgg, layer, channels, side, steps)
    rng = torch.Generator().manual_seed(seed)
    start = 0.1 * torch.randn(1, 3, side, side // 2 + 1, 2, generator=rng)
    waves = start.repeat(len(channels), 1, 1, 1, 1).to(vgg.device).requires_grad_()
    adam = torch.optim.Adam([waves], lr=0.1)
    rows, convolution = range(len(channels)), layer.replace("relu", "conv")
    for _ in range(steps):
        seen = shaken(_pictures(waves, decay), rng, pixels=max(2, min(8, side // 8)))
        maps = vgg(seen, [convolution])[convolution][rows, channels]
        loss = -F.leaky_relu(maps, 0.1).mean(dim=(1, 2)).sum()
        adam.zero_grad()
        loss.backward()
        adam.step()
    return _pictures(waves, decay).detach()


def shaken(
    pictures: Tensor, rng: Generator, *, pixels: int, turn: float = 0.1, zoom: float = 0.1
) -> Tensor:
    """Shift, turn and scale pictures a little, all in the same way.

    Args:
        pictures: (n, 3, H, W).
        rng: Where the random numbers come from, on the CPU.
        pixels: The largest shift, in either direction.
        turn: The largest angle, in radians.
        zoom: The largest change of size, as a part of it.

    Returns:
        The same shape.
    """
    shift = torch.randint(-pixels, pixels + 1, (2,), generator=rng).tolist()
    a, b = (2 * torch.rand(2, generator=rng) - 1).tolist()
    cos, sin = ((1 + zoom * b) * wave(turn * a) for wave in (math.cos, math.sin))
    matrix = torch.tensor([[cos, -sin, 0], [sin, cos, 0]]).expand(len(pictures), -1, -1)
    grid = F.affine_grid(matrix.to(pictures), pictures.shape, align_corners=False)
    moved = pictures.roll(shift, dims=(2, 3))
    return F.grid_sample(moved, grid, padding_mode="reflection", align_corners=False)


def _pictures(waves: Tensor, decay: float) -> Tensor:
    """Fourier coefficients (n, 3, S, S // 2 + 1, 2) as pictures (n, 3, S, S) in [0, 1]."""
    side = waves.shape[2]
    rows, columns = torch.fft.fftfreq(side), torch.fft.rfftfreq(side)
    # In photos slow waves are the strong ones: scaled like this, all are about as quick to learn.
    gain = (rows[:, None] ** 2 + columns**2).sqrt().clamp(min=1 / side) ** -decay
    gain = (gain / gain.square().mean().sqrt()).to(waves.device)
    planes = torch.fft.irfft2(torch.view_as_complex(waves) * gain, s=(side, side), norm="ortho")
    return torch.einsum("ij,njhw->nihw", COLOR_MIX.to(waves.device), planes).sigmoid()


def _check(vgg: VGG19, layer: str, channels: list[int], side: int, steps: int) -> None:
    checked_layers([layer], [name for name in vgg.layers if name.startswith("relu")])
    count = vgg.get_submodule(layer.replace("relu", "conv")).out_channels
    if not channels:
        raise ValueError("Name at least one channel to paint a picture for.")
    wrong = [channel for channel in channels if not 0 <= channel < count]
    if wrong:
        raise ValueError(f"{layer} has the channels 0 to {count - 1}, and no channel {wrong[0]}.")
    smallest = max(16, receptive_field(layer)[1])
    if side < smallest:
        raise ValueError(f"side must be at least {smallest} pixels for {layer}, not {side}.")
    if steps < 1:
        raise ValueError(f"steps must be at least 1, not {steps}.")
